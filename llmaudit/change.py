"""Judge a change: only what it adds or makes worse, against the commit it started from.

Both sides are collected and judged alike, by the policy of today; what stood before, by the
keys of `llmaudit.matching`, is set aside with its reason and stays in the report.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from llmaudit import pipeline
from llmaudit.connectors.code import repository, stored
from llmaudit.errors import LlmauditError, UsageError
from llmaudit.model import Report
from llmaudit.pipeline import Request

# Folders a walk without git leaves out; in a stored tree they are tracked, so they count.
_NAMED = frozenset({"node_modules", "__pycache__"})
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Since:
    """What a change is measured against.

    Attributes:
        root: Top of the repository.
        commit: The merge-base or HEAD; None before the first commit.
        said: What to call it in a sentence.
    """

    root: Path
    commit: str | None
    said: str


def run(request: Request, base: str | None, *, index: str = "") -> tuple[Report, str]:
    """Judge what was changed since the merge-base, or what is staged for the next commit.

    The working tree's files as they are, committed or not, are held against the merge-base;
    what is staged is held against HEAD, whatever the working tree holds. The earlier side is
    read only where something is left to be told new from old.

    Args:
        request: The run; its baseline must be empty.
        base: Branch, tag or commit; None for what is staged.
        index: The index of the commit that is being made, where git has named one.

    Returns:
        The report of the changed side, and what it was measured against.

    Raises:
        LlmauditError: The two sides cannot be told, or the earlier cannot be read.
    """
    root = _root(request)
    if base is None:
        head = stored.commit_of(root, "HEAD")
        said = f"HEAD ({head[:_SHORT]})" if head else "the first commit"
        since = Since(root, head, said)
    else:
        commit = stored.merge_base(root, base)
        since = Since(root, commit, f"{commit[:_SHORT]}, where HEAD left {base}")
    names = [str(e["repository"]) for e in _code(request) if e.get("repository")]
    tree = repository.describe(root, request.repo_name or next(iter(names), None))
    request = dataclasses.replace(request, repo_name=tree.repo)
    if base is not None:
        report = pipeline.run(request)
        _refuse_several(report)
        return _against(since, report, request), since.said
    with _written(root, stored.in_index(root, index)) as folder:
        staged = _at(request, [folder / path for path in _below(request, root)])
        report = _against(since, pipeline.run(staged), request)
    shown = tuple(
        dataclasses.replace(one, root=".", commit=tree.commit, dirty=tree.dirty)
        for one in report.repositories
    )
    return dataclasses.replace(report, repositories=shown), since.said


def _against(since: Since, report: Report, request: Request) -> Report:
    """The report with what stood before set aside."""
    if not any(finding.state == "open" for finding in report.findings):
        return report
    blobs = stored.in_commit(since.root, since.commit) if since.commit else ()
    with _written(since.root, blobs) as folder:
        before = pipeline.run(_at(request, [folder]))
    for line in before.coverage:
        if line.connector == "code" and line.status == "failed":
            raise LlmauditError(f"{since.said} cannot be read: {line.why}", line.fix)
    return pipeline.against(report, before)


def _at(request: Request, paths: Sequence[Path]) -> Request:
    """The request over a tree that was written out, as the repository it came from."""
    excluded: list[object] = []
    for entry in _code(request):
        given = entry.get("exclude", ())
        excluded += given if isinstance(given, list | tuple) else ()
    for path in paths:
        if not path.exists():
            # Nothing of it is stored: an empty folder says so.
            path.mkdir(parents=True)
    code: dict[str, object] = {
        "type": "code",
        "paths": [str(path) for path in (*paths, *_installed(paths))],
        "exclude": excluded,
        "repository": request.repo_name,
        "standalone": True,
    }
    others = (entry for entry in request.entries if entry["type"] != "code")
    return dataclasses.replace(request, entries=(code, *others), baseline=None, progress=False)


def _installed(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        for place in sorted(path.rglob("*")) if path.is_dir() else ():
            if place.name in _NAMED and place.is_dir():
                yield place


def _code(request: Request) -> Iterator[dict[str, object]]:
    return (entry for entry in request.entries if entry["type"] == "code")


def _paths(request: Request) -> Iterator[Path]:
    for entry in _code(request):
        given = entry.get("paths", (".",))
        for path in given if isinstance(given, list | tuple) else (given,):
            yield (request.root / str(path)).resolve()


def _root(request: Request) -> Path:
    """The one repository that all paths are of."""
    roots: set[Path] = set()
    for path in _paths(request):
        root, why = repository.top(path if path.is_dir() else path.parent)
        if root is None:
            raise UsageError(
                f"{path.name or path} is in no git repository, so that no change of it is known",
                why[0] if why else "leave out --diff and --staged",
            )
        roots.add(root)
    if len(roots) != 1:
        raise UsageError(
            f"a change is of one repository, and the paths are of {len(roots)}",
            "give paths of one repository",
        )
    return roots.pop()


def _below(request: Request, root: Path) -> Iterator[Path]:
    return (path.relative_to(root) for path in _paths(request))


def _refuse_several(report: Report) -> None:
    names = sorted({one.root for one in report.repositories})
    if len(names) > 1:
        raise UsageError(
            "a change is of one repository, and others lie below the path: "
            + ", ".join(name for name in names if name != "."),
            "leave them out with exclude, or give a narrower PATH",
        )


@contextmanager
def _written(root: Path, blobs: Sequence[stored.Blob]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as name:
        folder = Path(name).resolve()
        stored.write(root, blobs, folder)
        yield folder
