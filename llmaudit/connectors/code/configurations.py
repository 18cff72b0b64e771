"""Files that declare or run a model without being program code, as part of a tree's reading."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors import Run
from llmaudit.connectors.code import surfaces
from llmaudit.connectors.code.candidates import NO_LITERAL, TreeWork
from llmaudit.connectors.code.files import SourceFile
from llmaudit.model import Evidence
from llmaudit.secrets import hider

_PART = "scanned: partly, a configuration could not be read whole"


def take(file: SourceFile, text: str, work: TreeWork, run: Run) -> None:
    """Read one file; what it declares becomes evidence once the whole tree is known."""
    if file.surface != "agent" and not surfaces.may_hold(file.path, text.encode(), run.catalogue):
        work.ends[NO_LITERAL] += 1
        return
    try:
        source = surfaces.Source(file.path, text, run.catalogue, run.gateways)
        read = surfaces.read_surface(file.surface, source)
    except RecursionError:
        work.ends["error: nested too deeply"] += 1
        work.problems.append(f"{file.path}: it is nested too deeply to be read")
        return
    work.problems += [f"{file.path}: {problem}" for problem in read.problems]
    work.surfaces.append((file, read))
    if read.failed:
        work.ends["error: configuration that cannot be read"] += 1
    else:
        work.ends[_PART if read.problems else "scanned: configuration"] += 1


def evidence(work: TreeWork, run: Run) -> Iterator[Evidence]:
    """Evidence of every configuration of a tree; resources inherit their provider's tags."""

    def folder(file: SourceFile) -> str:
        return file.path.rpartition("/")[0]

    hide = hider(run.catalogue)
    shared = [(folder(file), one) for file, read in work.surfaces for one in read.shared]
    for file, read in work.surfaces:
        found = surfaces.inherit_tags(((folder(file), one) for one in read.found), shared)
        context = file.context
        if context == "app" and surfaces.is_template(file.path):
            context = "example"
        place = surfaces.Place(work.tree.repo, file.path, context, hide, read.comments)
        yield from surfaces.to_evidence(found, place, run.catalogue)
