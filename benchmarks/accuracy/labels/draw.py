"""Draw the projects of the labelled set, the same way on every machine.

Run ``python benchmarks/accuracy/labels/draw.py`` to print the order in which the candidates of
``candidates.tsv`` are taken, one list per draw and language, and ``--check`` to hold
``drawn.tsv``, ``open/`` and ``held/`` to that order and to each other.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).parent
SEED = "llmaudit labelled calls, 1"
HALVES = ("open", "held")
PASSED = "passed"

Row = dict[str, str]
Stratum = tuple[str, str]


def table(name: str) -> list[Row]:
    """The rows of one of the tab-separated files beside this one."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\"))


def orders(candidates: list[Row]) -> dict[Stratum, list[str]]:
    """Per draw and language the candidates in the order in which they are taken.

    The names are sorted first, so that the order depends on which names there are and on the
    seed, not on how the candidate list happens to be written down.
    """
    frame: defaultdict[Stratum, set[str]] = defaultdict(set)
    for row in candidates:
        frame[row["draw"], row["language"]].add(row["repository"])
    drawn: dict[Stratum, list[str]] = {}
    for stratum, names in sorted(frame.items()):
        order = sorted(names, key=lambda name: (name.lower(), name))
        random.Random(": ".join((SEED, *stratum))).shuffle(order)
        drawn[stratum] = order
    return drawn


def problems() -> list[str]:
    """What in the published tables breaks the draw's own rules."""
    wrong: list[str] = []
    taken: defaultdict[Stratum, list[Row]] = defaultdict(list)
    for row in table("drawn.tsv"):
        taken[row["draw"], row["language"]].append(row)
    order = orders(table("candidates.tsv"))
    for stratum, rows in taken.items():
        if [row["repository"] for row in rows] != order.get(stratum, [])[: len(rows)]:
            wrong.append(f"{stratum}: drawn.tsv does not follow the draw")
        kept = [row for row in rows if row["half"] != PASSED]
        for place, row in enumerate(kept):
            if row["half"] != HALVES[place % 2]:
                wrong.append(f"{stratum} {row['repository']}: kept projects alternate, open first")
        wrong += [
            f"{stratum} {row['repository']}: passed over without a reason"
            for row in rows
            if row["half"] == PASSED and not row["why_passed"]
        ]
    for half in HALVES:
        wrong += _half_problems(half, [row for rows in taken.values() for row in rows])
    return wrong


def _half_problems(half: str, drawn: list[Row]) -> list[str]:
    """What in one half's three tables disagrees with the draw or with each other."""
    sources, files, calls = (table(f"{half}/{name}.tsv") for name in ("sources", "files", "calls"))
    wrong: list[str] = []
    here = {(row["repository"], row["commit"]) for row in drawn if row["half"] == half}
    if here != {(row["name"], row["version_or_commit"]) for row in sources}:
        wrong.append(f"{half}: sources.tsv is not what was drawn for this half")
    named = {row["id"] for row in sources}
    wrong += [
        f"{half}: {row['path']} is of {row['source']}, which sources.tsv lacks"
        for row in files
        if row["source"] not in named
    ]
    counted = Counter((row["source"], row["path"], row["status"]) for row in calls)
    for row in files:
        told = (int(row["n_calls"]), int(row["n_optional"]))
        where = (row["source"], row["path"])
        found = (counted.pop((*where, "required"), 0), counted.pop((*where, "optional"), 0))
        if told != found:
            wrong.append(f"{half}: {'/'.join(where)} has {found} calls, files.tsv says {told}")
    wrong += [f"{half}: a call in {source}/{path}, no such file" for source, path, _ in counted]
    return wrong


def main() -> None:
    """Print the draw, or check the tables against it."""
    if sys.argv[1:] == ["--check"]:
        found = problems()
        sys.exit("\n".join(found) if found else 0)
    for (draw, language), names in orders(table("candidates.tsv")).items():
        for place, name in enumerate(names, start=1):
            print(draw, language, place, name, sep="\t")


if __name__ == "__main__":
    main()
