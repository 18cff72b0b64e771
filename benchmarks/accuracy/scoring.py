"""Ask a labelled set's own scorer which finding answers which label.

Matching is the scorer's alone: its ``main`` is run as it is, and what it decided is read from
its frame when it returns. The sums made from that are held against the line it prints.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

Row = Mapping[str, Any]

DECIDED = ("lab", "finds", "rm", "fps", "dup", "files")
PRINTED = re.compile(r"RECALL.*?\((\d+)/(\d+)\).*?PRECISION.*?\((\d+)/(\d+)\)")
CLASSES = {"yes": "tagged", "partial": "partial", "no": "untagged", "dynamic": "dynamic"}


@dataclass(frozen=True)
class LabelledSet:
    """One labelled set.

    Attributes:
        name: What it is called in tables.
        labels: Folder of ``calls.tsv files.tsv clients.tsv``.
        sources: Folder of the source trees, one folder per source.
        held: Held back from whoever writes rules: its figures are printed, never its rows.
    """

    name: str
    labels: Path
    sources: Path
    held: bool = False


@dataclass(frozen=True)
class Said:
    """What a tool said, or the label says is right, of one call."""

    provider: str
    model: str
    tagging: str


@dataclass(frozen=True)
class Answer:
    """A call that must be found, and what became of it.

    Attributes:
        language: As the set names it.
        place: ``source/path:line``, with cell and line in it for a notebook.
        api: As the label names it.
        right: What the label accepts: alternatives are separated by ``|``, and a model that
            may be left out stands in parentheses.
        settled: Whether the file settles the model.
        said: What the tool said; None for a call that it missed.
        provider: Whether the scorer takes the provider.
        model: Whether the scorer takes the model.
    """

    language: str
    place: str
    api: str
    right: Said
    settled: bool
    said: Said | None = None
    provider: bool = False
    model: bool = False

    @property
    def tagging(self) -> bool:
        """Whether the tagging is the label's own word: the strict measure."""
        return self.said is not None and self.said.tagging == self.right.tagging


@dataclass(frozen=True)
class Stray:
    """A finding where no call is labelled: a false positive."""

    language: str
    place: str
    said: Said


@dataclass(frozen=True)
class Scored:
    """What the scorer made of one tool's findings in one set."""

    answers: tuple[Answer, ...]
    strays: tuple[Stray, ...]
    duplicates: int = 0


def score(scorer: Path, labelled: LabelledSet, rows: Sequence[Row]) -> Scored:
    """Run the scorer over a tool's findings and read what it decided.

    Raises:
        ValueError: The scorer is of another make, or our sums differ from its own.
    """
    module = _loaded(scorer)
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as folder:
        findings = Path(folder, "findings.jsonl")
        findings.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        command = [str(scorer), str(findings), "--corpus", str(labelled.labels)]
        kept, printed = _decisions(module, command)
    if missing := [name for name in DECIDED if name not in kept]:
        raise ValueError(f"{scorer} keeps its matching under other names: no {missing}")
    scored = _read(module, kept)
    sums = re.search(PRINTED, printed)
    hits = sum(answer.said is not None for answer in scored.answers)
    ours = (hits, len(scored.answers), hits, hits + len(scored.strays))
    if sums is None or tuple(map(int, sums.groups())) != ours:
        raise ValueError(f"{scorer} counts otherwise than {ours}:\n{printed[:400]}")
    return scored


@functools.cache
def _loaded(scorer: Path) -> ModuleType:
    """The scorer as a module."""
    spec = importlib.util.spec_from_file_location("labelled_set_scorer", scorer)
    if spec is None or spec.loader is None:
        raise ValueError(f"{scorer} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _decisions(module: ModuleType, command: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Run ``main`` with these arguments: its names when it returns, and what it printed."""
    kept: dict[str, Any] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is module.main.__code__:
            kept.update(frame.f_locals)

    arguments, profile = sys.argv, sys.getprofile()
    sys.argv = list(command)
    sys.setprofile(watch)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            module.main()
    finally:
        sys.setprofile(profile)
        sys.argv = arguments
    return kept, printed.getvalue()


def _read(module: ModuleType, kept: Mapping[str, Any]) -> Scored:
    """The scorer's decisions in the words of this module."""
    language = {key: str(row["language"]) for key, row in kept["files"].items()}
    answers = [
        _answer(
            module, row, kept["finds"][kept["rm"][row["i"]]] if row["i"] in kept["rm"] else None
        )
        for row in kept["lab"]
        if row["status"] == "required"
    ]
    strays = [
        Stray(language[row["source"], row["path"]], _place(row), _said(module.tag, row))
        for row in (kept["finds"][index] for index in kept["fps"])
    ]
    return Scored(tuple(answers), tuple(strays), len(kept["dup"]))


def _answer(module: ModuleType, label: Row, found: Row | None) -> Answer:
    models = [one for one in label["model"].split("|") if one]
    defaults = [one for one in label["model_default"].split("|") if one]
    right = Said(
        label["provider"],
        "|".join(models) or (f"({'|'.join(defaults)})" if defaults else ""),
        CLASSES[label["tagged"]],
    )
    place = _place({**label, **_cell(label.get("nb_cell_line"))})
    answer = Answer(label["language"], place, label["api"], right, bool(models))
    if found is None:
        return answer
    accepted = {module.prov(one) for one in label["provider"].split("|")}
    return replace(
        answer,
        said=_said(module.tag, found),
        provider=module.prov(found.get("provider")) in accepted,
        model=bool(module.model_ok(found.get("model"), models, defaults)),
    )


def _cell(place: str | None) -> dict[str, int]:
    """``cell:line`` of a label in the form of a finding."""
    if not place:
        return {}
    cell, line = place.split(":")
    return {"cell": int(cell), "cell_line": int(line)}


def _said(tag: Callable[[object], str], row: Row) -> Said:
    said = tag(row.get("tagged"))
    return Said(
        str(row.get("provider") or ""), str(row.get("model") or ""), CLASSES.get(said, "unknown")
    )


def _place(row: Row) -> str:
    place = f"{row['source']}/{row['path']}:{row['line']}"
    if row.get("cell") is None:
        return place
    return f"{place} (cell {row['cell']}, line {row.get('cell_line')})"
