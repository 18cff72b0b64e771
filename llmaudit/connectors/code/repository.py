"""What a code tree is: its name, commit and owners file, and which files git lists in it."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from llmaudit.connectors.code import git

CODEOWNERS_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_CODEOWNERS_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Tree:
    """One code tree.

    Attributes:
        repo: ``host/owner/name`` of the remote ``origin``, or ``local/<folder>``.
        root: Top of the repository; without git the path itself (a file's folder).
        commit: Full id of HEAD; None without git or before the first commit.
        dirty: Whether tracked content differs from the commit; None where that cannot be
            told without running the tree's own programs. Untracked files do not count.
        codeowners: Text of the CODEOWNERS file that is in force.
        codeowners_path: Its path relative to the root.
        git: Whether git lists the files.
        bare: Whether it is git's own store, without a working tree.
        notes: Sentences for the ledger: how the name was chosen, why git was not used.
    """

    repo: str
    root: Path
    commit: str | None = None
    dirty: bool | None = None
    codeowners: str | None = None
    codeowners_path: str | None = None
    git: bool = False
    bare: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What git lists below a path, each name once, sorted, relative to the root.

    Attributes:
        files: Tracked files (ignored or not), and untracked ones that are not ignored.
        submodules: Tracked links to another repository's commit.
        repositories: Folders that are untracked repositories of their own.
        ignored: How many ignored, untracked entries there are; a folder counts once.
    """

    files: tuple[str, ...]
    submodules: tuple[str, ...]
    repositories: tuple[str, ...]
    ignored: int


def describe(path: Path, name: str | None = None, *, standalone: bool = False) -> Tree:
    """Describe the tree that a path belongs to, without running anything it contains.

    Args:
        path: An existing file or folder.
        name: Repository name that overrules the remote, as a name or a URL.
        standalone: The path is a tree of its own (an export, a copy of another repository),
            whatever repository it lies in.

    Returns:
        The tree; its root is the path itself (a file's folder) where git is of no use.
    """
    place = path.resolve()
    folder = place if place.is_dir() else place.parent
    root, notes = (None, ()) if standalone else top(folder)
    repo, said = _repository_name(root, folder, name)
    owners, owners_path, owners_notes = _codeowners(root or folder)
    commit = _line(git.ask(root, "rev-parse", "--verify", "--quiet", "HEAD")) if root else None
    return Tree(
        repo=repo,
        root=root or folder,
        commit=commit,
        dirty=git.dirty(root) if root and commit else None,
        codeowners=owners,
        codeowners_path=owners_path,
        git=root is not None,
        bare=root is None and _is_bare(folder),
        notes=(*notes, *said, *owners_notes),
    )


def listing(tree: Tree, below: str = "") -> Listing | None:
    """Ask git for the files of a tree.

    Args:
        tree: A tree with ``git``.
        below: Folder or file relative to the root; empty for everything.

    Returns:
        None where git gave no answer.
    """
    where = ("--", f":(literal){below}") if below else ()
    untracked = ("ls-files", "-z", "--others", "--exclude-standard")
    index = git.ask(tree.root, "ls-files", "-z", "--stage", *where)
    others = git.ask(tree.root, *untracked, *where)
    ignored = git.ask(tree.root, *untracked, "--ignored", "--directory", *where)
    if index is None or others is None or ignored is None:
        return None
    files: set[str] = set()
    links: set[str] = set()
    for entry in git.names(index):
        head, _, path = entry.partition("\t")
        (links if head.startswith(git.GITLINK) else files).add(path)
    loose = set(git.names(others))
    nested = {path.rstrip("/") for path in loose if path.endswith("/")}
    files |= {path for path in loose if not path.endswith("/")}
    return Listing(
        tuple(sorted(files)), tuple(sorted(links)), tuple(sorted(nested)), len(git.names(ignored))
    )


def is_ignored(tree: Tree, path: str) -> bool:
    """Whether git ignores an untracked path of the tree."""
    return git.ask(tree.root, "check-ignore", "--quiet", "--", f"./{path}") is not None


def remote_name(url: str) -> str | None:
    """The name ``host/owner/name`` of a remote URL, lower case, without credentials and port.

    Returns:
        ``local/<folder>`` for a remote in the file system, None where the URL names nothing.
    """
    text = "".join(char for char in url.strip() if char.isprintable()).replace("\\", "/")
    text = re.sub(r"^[\w+-]+::", "", text)
    drive = re.match(r"[A-Za-z]:/", text)
    if "://" in text:
        host, path = _split(text)
    elif not drive and re.match(r"(?:[^/]*@)?(?:\[[^\]]+\]|[^/:]+):", text):
        host, _, path = text.rpartition("@")[2].partition(":")
        if host.startswith("["):
            host, _, path = text.rpartition("@")[2].partition("]:")
            host = host[1:]
    else:
        host, path = "", text
    parts = [part for part in path.lower().split("/") if part not in ("", ".", "..", "~")]
    if parts:
        parts[-1] = parts[-1].removesuffix(".git")
    if parts and not parts[-1]:
        parts.pop()
    if not parts:
        return None
    return "/".join((host.lower(), *parts)) if host else f"local/{parts[-1]}"


def _split(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "file":
        return "", rest.partition("?")[0]
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    # urlsplit keeps a broken port inside `port` only; `hostname` is free of it and of users.
    return parts.hostname or "", parts.path


def _repository_name(
    root: Path | None, folder: Path, name: str | None
) -> tuple[str, tuple[str, ...]]:
    if name and name.strip(" /"):
        is_url = "://" in name or re.match(r"[^/]+@[^/]+:", name)
        chosen = remote_name(name) if is_url else None
        return chosen or name.strip(" /").lower().removesuffix(".git"), ()
    urls = git.ask(root, "config", "-z", "--get-all", "remote.origin.url") if root else None
    remote = remote_name(git.names(urls)[0]) if urls and git.names(urls) else None
    # A remote in the file system names a folder of this machine, which two checkouts may share.
    if remote and not remote.startswith("local/"):
        return remote, ()
    shown = _shown((root or folder).name).lower() or "root"
    return f"local/{shown}", (
        f"no remote origin with a host: the repository is called local/{shown}; "
        "--repo host/owner/name gives it a name that other machines share",
    )


def top(folder: Path) -> tuple[Path | None, tuple[str, ...]]:
    """The top of the working tree, found by ourselves: ``core.worktree`` is the tree's word.

    Returns:
        None where git is of no use, and sentences that say why.
    """
    marked = [place for place in (folder, *folder.parents) if os.path.lexists(place / ".git")]
    if not marked:
        return None, ()
    if git.executable() is None:
        return None, (
            "git is not installed: all files below the path were read, ignored or not, and the "
            "repository's name and commit are unknown",
        )
    for place in marked:
        if git.ask(place, "rev-parse", "--git-dir") is not None:
            return place, ()
    return None, ("git cannot read this folder's .git: all files below the path were read",)


def _is_bare(folder: Path) -> bool:
    return all(os.path.lexists(folder / part) for part in ("HEAD", "objects", "refs"))


def _line(output: bytes | None) -> str | None:
    return output.decode("ascii", "replace").strip() or None if output else None


def _shown(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _codeowners(root: Path) -> tuple[str | None, str | None, tuple[str, ...]]:
    for place in CODEOWNERS_PLACES:
        file = root / place
        parents = [root / part for part in Path(place).parents if part != Path()]
        try:
            found = file.lstat()
        except OSError:
            continue
        if any(folder.is_symlink() for folder in parents) or not stat.S_ISREG(found.st_mode):
            return None, None, (f"{place} is not a regular file and was not read",)
        if found.st_size > _CODEOWNERS_BYTES:
            return None, None, (f"{place} is over the size limit and was not read",)
        try:
            data = file.read_bytes()
        except OSError as error:
            return None, None, (f"{place} cannot be read: {error.strerror}",)
        return data.decode("utf-8-sig", "replace"), place, ()
    return None, None, ()
