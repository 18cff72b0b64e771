"""What `fix` would change in a report's calls, and why the others are left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llmaudit import attribution, catalogue
from llmaudit.attribution.required import Requirements, requirements
from llmaudit.catalogue import Catalogue
from llmaudit.config import Policy
from llmaudit.connectors.code import rulebook
from llmaudit.fix import files, javascript, places, python, splice, values
from llmaudit.fix.splice import Refused, Splice
from llmaudit.model import Asset, Evidence, Location, Report
from llmaudit.pipeline import Request

_NOT_OURS = {
    "generated": "the file is generated: tag the call in what generates it",
    "vendored": "the file is somebody else's: tag the call where it is kept",
}
_PYTHON = (".py", ".pyi")
_JAVASCRIPT = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_LONG_LINE = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it was and as it would be, with the calls that are given tags."""

    root: Path
    path: str
    before: bytes
    after: bytes
    calls: int


@dataclass(frozen=True, slots=True)
class Left:
    """A call that lacks tags and is not edited, or not wholly."""

    where: Location
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it, in the order of paths."""

    changes: tuple[Change, ...]
    left: tuple[Left, ...]


@dataclass(slots=True)
class _File:
    """What is gathered for one file."""

    root: Path
    path: str
    data: bytes
    splices: list[Splice] = field(default_factory=list)
    places: list[Location] = field(default_factory=list)


def plan(report: Report, request: Request, given: Mapping[str, str]) -> Plan:
    """Decide every call of a report that was made by ``request``; nothing is written.

    Args:
        report: The calls, attributed.
        request: The configuration, and where paths begin.
        given: Tags that the command line gives.
    """
    policy = request.policy or Policy()
    _, units = attribution.read_registers(policy.owners, request.root, request.people)
    rules = requirements(policy, units, by_tree=request.by_tree, as_of=request.as_of.date())
    known = catalogue.load()
    roots = {one.repo: request.root / one.root for one in report.repositories}
    gathered: dict[tuple[str, str], _File] = {}
    left: list[Left] = []
    for asset, evidence in _calls(report):
        where = evidence.where
        try:
            _one(asset, evidence, rules, policy, known, request, given, roots, gathered, left)
        except Refused as why:
            left.append(Left(where, str(why)))
    changes: list[Change] = []
    for file in gathered.values():
        change = _change(file)
        if change is None:
            left += [Left(where, "the file would no longer parse") for where in file.places]
        elif file.splices:
            changes.append(change)
    return Plan(
        tuple(sorted(changes, key=lambda c: (str(c.root), c.path))),
        tuple(sorted(left, key=lambda one: (one.where.path or "", one.where.line or 0, one.why))),
    )


def _calls(report: Report) -> list[tuple[Asset, Evidence]]:
    return [
        (asset, evidence)
        for asset in report.assets
        if asset.kind == "call"
        for evidence in asset.evidence
        if evidence.kind == "call" and evidence.where.path and evidence.rule
    ]


def _one(
    asset: Asset,
    evidence: Evidence,
    rules: Requirements,
    policy: Policy,
    known: Catalogue,
    request: Request,
    given: Mapping[str, str],
    roots: Mapping[str, Path],
    gathered: dict[tuple[str, str], _File],
    left: list[Left],
) -> None:
    """Gather the splices of one call."""
    where = evidence.where
    wanted = values.wanted(asset, evidence, rules, policy, given)
    if not wanted.tags and not wanted.unknown:
        return
    rule = rulebook.load().rules.get(evidence.rule or "")
    path, repo = where.path or "", where.repo or ""
    if rule is None or repo not in roots:
        raise Refused("it is no call of a program: write the tags where it is declared")
    if asset.context in _NOT_OURS:
        raise Refused(_NOT_OURS[asset.context])
    if evidence.tagging == "dynamic":
        raise Refused("what it is given at run time may hold tags already")
    place = places.find(evidence, rule, wanted.tags, known, request.config.gateways, rules, policy)
    if isinstance(place, str):
        raise Refused(place)
    if wanted.unknown:
        keys = ", ".join(wanted.unknown)
        sentence = (
            f"no value is known for {keys}: give one with --set, or its path under "
            "policy.attribution"
        )
        left.append(Left(where, sentence))
    if not wanted.tags:
        return
    if where.cell is not None or path.endswith(".ipynb"):
        raise Refused("notebooks are not edited: " + _paste(place))
    language = _language(path)
    if language is None:
        raise Refused("files of this language are not edited yet: " + _paste(place))
    file = gathered.get((repo, path))
    if file is None:
        file = _File(roots[repo], path, files.read(roots[repo], path))
        _editable(file.data)
        gathered[repo, path] = file
    if place.requires and not _gives(file.data, where, place.requires):
        raise Refused(
            f"{evidence.provider} refuses {place.path[-1]} without {place.requires}=true, which "
            "also makes it keep the conversation: give both, or tag the project or the key"
        )
    editor = python.edit if language == "python" else javascript.edit
    file.splices += editor(file.data, where, rule, place, path)
    file.places.append(where)


def _gives(data: bytes, where: Location, name: str) -> bool:
    """Whether an argument of a call is literally true."""
    lines = data.decode("utf-8").splitlines()
    first = (where.line or 1) - 1
    text = "\n".join(lines[first : where.end_line or first + 1])
    return re.search(rf"\b{re.escape(name)}[\"']?\s*[=:]\s*true\b", text, re.IGNORECASE) is not None


def _paste(place: places.Place) -> str:
    tags = ", ".join(f"{key}={value}" for key, value in place.tags.items())
    beside = f", and {place.requires}=true beside it" if place.requires else ""
    return f"give {'.'.join(p for p in place.path if not p.isdigit())} the tags {tags}{beside}"


def _language(path: str) -> str | None:
    if path.endswith(_PYTHON):
        return "python"
    return "javascript" if path.endswith(_JAVASCRIPT) else None


def _editable(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("the file is not UTF-8") from error
    lines = data.splitlines()
    if any(len(line) > _LONG_LINE for line in lines) and len(data) > _LONG_LINE * len(lines) // 4:
        raise Refused("the file is minified")


def _change(file: _File) -> Change | None:
    """The file with its splices; None where it would no longer parse."""
    after = splice.apply(file.data, dict.fromkeys(file.splices))
    if file.path.endswith(_PYTHON):
        sound = python.parses(after) or not python.parses(file.data)
    else:
        sound = not javascript.broken(after, file.path) or javascript.broken(file.data, file.path)
    if not sound:
        return None
    return Change(file.root, file.path, file.data, after, len(file.places))
