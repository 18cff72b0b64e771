"""Calls found in projects that use no LLM: each one is a false positive, the goal is none.

Run from a checkout: ``python benchmarks/no_llm.py FOLDER...``, one folder per project. Prints
calls, CPU seconds and peak memory of each, and every call found with the rule that found it;
ends with 1 where there is one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Run as a script, only its own folder is searched for modules.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measured import measure

GOAL = 0


@dataclass(frozen=True)
class Project:
    """What was found in one project."""

    name: str
    files: int
    calls: tuple[str, ...]
    cpu: float
    memory: float


def scan(folder: Path) -> Project:
    """Scan one project."""
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as scratch:
        report = Path(scratch, "report.json")
        program = str(Path(sys.executable).with_name("llmaudit"))
        command = [program, "scan", "--no-config", "-q", "--format", "json"]
        used = measure([*command, "-o", str(report), str(folder)], dict(os.environ))
        document = json.loads(report.read_text(encoding="utf-8"))
    files = sum(path.is_file() for path in folder.rglob("*") if ".git" not in path.parts)
    return Project(folder.name, files, tuple(calls(document)), used["cpu"], used["memory"])


def calls(document: Mapping[str, Any]) -> Iterator[str]:
    """Every call of a report in a line: where, what was said of it, and by which rule."""
    for asset in document["assets"]:
        for seen in asset["evidence"]:
            if asset["kind"] == "call" and seen["connector"] == "code":
                where = seen["where"]
                said = f"{seen['provider']} {seen['api']} ({seen['rule']}, {seen['confidence']})"
                yield f"{where['path']}:{where['line']}: {said}"


def lines(projects: list[Project]) -> Iterator[str]:
    """The table, the calls and the verdict."""
    width = max(len(project.name) for project in projects)
    yield f"{'project':{width}}  files  calls  CPU s  peak MB"
    for one in projects:
        counts = f"{one.files:5}  {len(one.calls):5}"
        yield f"{one.name:{width}}  {counts}  {one.cpu:5.2f}  {one.memory:7.0f}"
    found = sum(len(project.calls) for project in projects)
    met = "met" if found <= GOAL else "missed"
    yield f"{len(projects)} projects, {found} calls found (goal {GOAL}: {met})"
    for one in projects:
        yield from (f"{one.name}: {call}" for call in one.calls)


def main() -> int:
    """Scan every project that was named."""
    folders = [Path(name) for name in sys.argv[1:]]
    if not folders or not all(folder.is_dir() for folder in folders):
        sys.exit(__doc__)
    scan(folders[0])  # so that the rules are compiled
    projects = [scan(folder) for folder in folders]
    for line in lines(projects):
        print(line)
    return int(any(project.calls for project in projects))


if __name__ == "__main__":
    sys.exit(main())
