"""Ask git about a hostile tree without running anything the tree brings along.

Only questions that never read a file's content from the working tree are safe: ``status``,
``diff-files`` and ``ls-files -m`` would run the clean filters that the tree's own configuration
names, so whether the tree is dirty is worked out here. Hooks, the file system monitor, pagers
and the fetching of missing objects are switched off for every question.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

_GIT_SECONDS = 120
_HASHED_BYTES = 64_000_000
_SKIP_WORKTREE = 1 << 30
GITLINK = "160000"
_SYMLINK = "120000"
_SAFE = (
    "--no-optional-locks",
    "--no-pager",
    # A replacement is another object under the name of the one that was asked for.
    "--no-replace-objects",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.untrackedCache=false"),
    *("-c", f"core.excludesFile={os.devnull}"),
    *("-c", "core.pager=cat"),
)
# `git ls-files --stage --debug -z` writes this for each entry of the index.
_INDEX_ENTRY = re.compile(
    rb"(?P<mode>[0-7]{6}) (?P<oid>[0-9a-f]{40,64}) \d\t(?P<path>[^\0]*)\0"
    rb"\s+ctime: \d+:\d+\n\s+mtime: (?P<seconds>\d+):(?P<nanoseconds>\d+)\n"
    rb"\s+dev: \d+\tino: \d+\n\s+uid: \d+\tgid: \d+\n"
    rb"\s+size: (?P<size>\d+)\tflags: (?P<flags>[0-9a-f]+)\n"
)


def executable() -> str | None:
    """Where git is installed; None where it is not."""
    return shutil.which("git")


def ask(root: Path, *arguments: str, feed: bytes = b"", index: str = "") -> bytes | None:
    """Ask git a question about the repository whose top is ``root``.

    Args:
        root: Folder that holds ``.git``; what the tree says of its own top is overruled.
        arguments: Subcommand and its arguments.
        feed: Bytes for git's standard input.
        index: The index to use in place of the repository's own.

    Returns:
        What git wrote; None when it failed, is missing or took over two minutes.
    """
    program = executable()
    if program is None:
        return None
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {
        **kept,
        "GIT_DIR": str(root / ".git"),
        "GIT_WORK_TREE": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        # A partial clone fetches missing objects through commands its configuration names.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "LC_ALL": "C",
        **({"GIT_INDEX_FILE": index} if index else {}),
    }
    try:
        done = subprocess.run(
            [program, *_SAFE, *arguments],
            cwd=root,
            env=environment,
            input=feed,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def names(output: bytes) -> list[str]:
    """Split what git wrote under ``-z`` into file-system names."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def dirty(root: Path) -> bool | None:
    """Whether tracked content differs from the commit HEAD.

    A file is hashed only where its size or time is not the index's. Moved submodules and
    changed file modes do not count.

    Returns:
        None where only a filter or another conversion by attribute could tell.
    """
    staged = ask(
        root, "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-ext-diff",
        "--ignore-submodules=dirty", "HEAD",
    )  # fmt: skip
    index = ask(root, "ls-files", "-z", "--stage", "--debug")
    place = ask(root, "rev-parse", "--git-path", "index")
    if staged is None or index is None or place is None:
        return None
    if staged:
        return True
    entries = list(_INDEX_ENTRY.finditer(index))
    if sum(len(entry.group()) for entry in entries) != len(index):
        return None
    try:
        written = (root / os.fsdecode(place.rstrip(b"\n"))).stat().st_mtime_ns
    except OSError:
        return None
    states = [_same(root, entry, written) for entry in entries]
    differing = [entry["path"] for entry, same in zip(entries, states, strict=True) if not same]
    if not differing:
        return False
    converted = _converted(root, differing)
    if converted is None or all(path in converted for path in differing):
        return None
    return True


def _same(root: Path, entry: re.Match[bytes], index_written: int) -> bool:
    mode, path = entry["mode"].decode(), root / os.fsdecode(entry["path"])
    if mode == GITLINK or int(entry["flags"], 16) & _SKIP_WORKTREE:
        return True
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) != (mode == _SYMLINK):
            return False
        # An entry as young as the index may have changed within the clock's tick.
        changed = int(entry["seconds"]) * 1_000_000_000 + int(entry["nanoseconds"])
        size_and_time = (found.st_size & 0xFFFFFFFF, found.st_mtime_ns)
        if size_and_time == (int(entry["size"]), changed) and changed < index_written:
            return True
        if mode == _SYMLINK:
            contents: Iterable[bytes] = (os.fsencode(path.readlink()),)
        elif not stat.S_ISREG(found.st_mode) or found.st_size > _HASHED_BYTES:
            return False
        else:
            data = path.read_bytes()
            contents = (data, data.replace(b"\r\n", b"\n"))
    except OSError:
        return False
    oid = entry["oid"].decode()
    return any(_blob_id(content, len(oid)) == oid for content in contents)


def _blob_id(content: bytes, length: int) -> str:
    algorithm = hashlib.sha256 if length == 64 else hashlib.sha1
    return algorithm(b"blob %d\0" % len(content) + content).hexdigest()


def _converted(root: Path, paths: list[bytes]) -> set[bytes] | None:
    """Those of the paths whose stored content is another than the file's, by attribute."""
    attributes = ("filter", "ident", "working-tree-encoding")
    answer = ask(root, "check-attr", "-z", "--stdin", *attributes, feed=b"\0".join(paths) + b"\0")
    if answer is None:
        return None
    fields = answer.split(b"\0")
    return {
        path
        for path, value in zip(fields[0::3], fields[2::3], strict=False)
        if value not in (b"unspecified", b"unset")
    }
