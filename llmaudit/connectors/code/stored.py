"""Trees that git stores, a commit's and the index's, written out to be read like any other.

Nothing is checked out: objects are asked for by id and written as they are stored, so that no
filter, hook or attribute of the repository has a say. The names inside a tree object are the
repository's word; one that could lead anywhere else is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmaudit.connectors.code import git
from llmaudit.connectors.code.files import Limits
from llmaudit.errors import LlmauditError

_BATCH_BYTES = 64_000_000
_LARGEST = max(Limits().code, Limits().notebook)
_FETCH = "fetch the whole history: fetch-depth: 0 in a CI checkout, git fetch --unshallow here"


@dataclass(frozen=True, slots=True)
class Blob:
    """One stored file.

    Attributes:
        id: git's id of its content.
        path: Relative to the tree's top.
    """

    id: str
    path: str


def commit_of(root: Path, name: str) -> str | None:
    """Full id of the commit that a name stands for; None where there is none."""
    if not name or name.startswith("-") or "\0" in name:
        return None
    found = git.ask(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return found.decode("ascii", "replace").strip() if found else None


def merge_base(root: Path, base: str) -> str:
    """The commit at which HEAD and ``base`` parted.

    Args:
        root: Top of the working tree.
        base: A branch, tag or commit.

    Raises:
        LlmauditError: There is no such commit, or none in common; says what to fetch.
    """
    head = commit_of(root, "HEAD")
    if head is None:
        raise LlmauditError(
            f"--diff {base}: this branch has no commit yet, so that it has no merge-base",
            "--staged judges what is about to be committed",
        )
    other = commit_of(root, base)
    shallow = git.ask(root, "rev-parse", "--is-shallow-repository") == b"true\n"
    if other is None:
        why = ", and this clone is shallow" if shallow else ""
        near = f"origin/{base}" if commit_of(root, f"origin/{base}") else ""
        fetch = _FETCH if shallow else "fetch it (in a CI checkout: fetch-depth: 0)"
        raise LlmauditError(
            f"--diff {base}: git has no commit of that name{why}",
            f"did you mean {near}?" if near else f"{fetch}, or check the name",
        )
    found = git.ask(root, "merge-base", other, head)
    if found is None:
        if shallow:
            raise LlmauditError(
                f"--diff {base}: this clone is shallow and does not reach the commit at which "
                "HEAD left it",
                _FETCH,
            )
        raise LlmauditError(
            f"--diff {base}: it shares no commit with HEAD", "name a branch that HEAD came from"
        )
    return found.decode("ascii", "replace").strip()


def in_commit(root: Path, commit: str) -> tuple[Blob, ...]:
    """The files of a commit.

    Raises:
        LlmauditError: git cannot list them.
    """
    return _listed(git.ask(root, "ls-tree", "-r", "-z", "--full-tree", commit), commit)


def in_index(root: Path, index: str = "") -> tuple[Blob, ...]:
    """The files of the index; of a file in conflict the side of HEAD.

    Args:
        root: Top of the working tree.
        index: The index of the commit that is being made, where git has named one.

    Raises:
        LlmauditError: git cannot list them.
    """
    return _listed(git.ask(root, "ls-files", "-z", "--stage", "--full-name", index=index), "index")


def write(root: Path, blobs: Sequence[Blob], folder: Path) -> None:
    """Write stored files below a folder.

    Left out is what is not read anyway: files beyond every size limit.

    Raises:
        LlmauditError: The repository lacks an object, or the folder cannot be written.
    """
    wanted = [blob for blob in blobs if _is_safe(blob.path)]
    for batch in _batches(root, wanted):
        data = git.ask(root, "cat-file", "--batch", feed=_ids(batch))
        if data is None:
            raise _incomplete()
        at = 0
        for blob in batch:
            end = data.index(b"\n", at)
            size = int(data[at:end].rsplit(b" ", 1)[1])
            _write(folder / blob.path, data[end + 1 : end + 1 + size])
            at = end + 1 + size + 1


def _listed(output: bytes | None, what: str) -> tuple[Blob, ...]:
    """Regular files: links and submodules are not followed in a working tree either."""
    if output is None:
        raise LlmauditError(f"git cannot list the files of {what}", "run git fsck")
    found: dict[str, tuple[str, str]] = {}
    for entry in git.names(output):
        head, _, path = entry.partition("\t")
        # `<mode> blob <id>` of a tree, `<mode> <id> <stage>` of the index
        fields = head.split(" ")
        if len(fields) != 3 or not fields[0].startswith("100"):
            continue
        is_tree = fields[1] == "blob"
        oid, stage = (fields[2], "0") if is_tree else (fields[1], fields[2])
        # Stage 2 is the side of HEAD, 1 the common ancestor's.
        if path not in found or stage == "2":
            found[path] = oid, stage
    return tuple(Blob(oid, path) for path, (oid, _) in found.items())


def _is_safe(path: str) -> bool:
    parts = path.replace("\\", "/").split("/") if os.name == "nt" else path.split("/")
    return all(part not in ("", ".", "..") and part.casefold() != ".git" for part in parts)


def _batches(root: Path, blobs: Sequence[Blob]) -> Iterator[list[Blob]]:
    """Groups of bounded size, so that a large tree is never in memory at once."""
    answer = git.ask(root, "cat-file", "--batch-check", feed=_ids(blobs)) if blobs else b""
    if answer is None:
        raise _incomplete()
    batch: list[Blob] = []
    total = 0
    for blob, line in zip(blobs, answer.splitlines(), strict=True):
        fields = line.split(b" ")
        if fields[-1] == b"missing":
            raise _incomplete()
        size = int(fields[2])
        if size > _LARGEST:
            continue
        if batch and total + size > _BATCH_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(blob)
        total += size
    if batch:
        yield batch


def _ids(blobs: Sequence[Blob]) -> bytes:
    return "".join(f"{blob.id}\n" for blob in blobs).encode("ascii")


def _incomplete() -> LlmauditError:
    return LlmauditError(
        "this clone lacks files of the commit to compare with",
        "clone without --filter: nothing is fetched while a tree is judged",
    )


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A tree object may name a file twice: the folder is ours, and nothing in it a link.
        file.write_bytes(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return
    except OSError as error:
        raise LlmauditError(
            f"the tree to compare with cannot be written out: {error.strerror}",
            "make room in the folder for temporary files (TMPDIR)",
        ) from error
