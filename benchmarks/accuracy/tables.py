"""The figures as Markdown tables, which a terminal and ``docs/evaluation.md`` both show.

``python benchmarks/accuracy/tables.py FIGURES.json [PAGE.md]`` prints the tables of a saved
run, or writes them between the page's two ``figures`` comments.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a script, only its own folder is searched
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.cost import verdict
from benchmarks.accuracy.figures import CLASSES, MEASURES

GOALS = {"recall": 97, "precision": 97, "provider": 97, "model": 95, "tagging": 97}
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
SILENT = "does not say"


def tables(document: Mapping[str, Any]) -> str:
    """Every table of one run."""
    tools = document["tools"]
    own = tools["llmaudit"]
    parts: list[str] = []
    for name, groups in own["sets"].items():
        parts += [f"### {document['sets'][name]}", by_language(groups), by_class(groups)]
        if len(tools) > 1:
            parts += [beside(tools, name), per_language(tools, name)]
    if len(own["sets"]) > 1:
        parts += ["### All of them together", by_language(own["together"])]
        parts += [by_class(own["together"])]
    if cost := document.get("cost"):
        parts += ["### CPU and memory", costs(cost), verdict(cost)]
    return "\n\n".join(parts) + "\n"


def by_language(groups: Mapping[str, Any]) -> str:
    """Our figures, a row per language."""
    rows = [["", "calls", *MEASURES]]
    rows[0][-1] = "always `untagged`"
    rows += [
        [language, str(group["calls"]), *(cell(group[measure]) for measure in MEASURES)]
        for language, group in groups.items()
    ]
    goals = [f"{GOALS[measure]} %" if measure in GOALS else "" for measure in MEASURES]
    return markdown([*rows, ["goal", "", *goals]])


def by_class(groups: Mapping[str, Any]) -> str:
    """How well each word that is said of tags is said."""
    classes = groups["overall"]["classes"]
    rows = [["tagging", "labelled so", "of these said so", "said so", "of these right"]]
    for name in CLASSES:
        recall, precision = classes[name]["recall"], classes[name]["precision"]
        rows.append([name, str(recall["of"]), cell(recall), str(precision["of"]), cell(precision)])
    return markdown(rows)


def beside(tools: Mapping[str, Any], name: str) -> str:
    """All tools on one set."""
    measures = [measure for measure in MEASURES if measure != "baseline"]
    rows = [["tool", "found", "false positives", *measures]]
    for tool, one in tools.items():
        group = one["sets"][name]["overall"]
        counts = [str(group["found"]), str(group["false positives"])]
        rows.append(
            [f"{tool} {one['version']}", *counts, *(cell(group[measure]) for measure in measures)]
        )
    return markdown(rows)


def per_language(tools: Mapping[str, Any], name: str) -> str:
    """Recall and precision of all tools, a row per language."""
    languages = list(tools["llmaudit"]["sets"][name])
    rows = [["recall / precision, %", *tools]]
    for language in languages:
        groups = [one["sets"][name].get(language) for one in tools.values()]
        rows.append([language, *(_both(group) for group in groups)])
    return markdown(rows)


def costs(cost: Mapping[str, Any]) -> str:
    """CPU and memory of all tools."""
    head = f"{cost['files']} files, {cost['megabytes']} MB, median of {cost['runs']}"
    rows = [[head, "CPU seconds", "peak memory, MB"]]
    rows += [
        [name, f"{one['cpu']:.2f}", f"{one['memory']:.0f}"] for name, one in cost["tools"].items()
    ]
    return markdown(rows)


def cell(share: Mapping[str, Any] | None) -> str:
    """A share in percent with its interval, and the counts: ``97.1 % (94-99) 133/137``."""
    if share is None:
        return SILENT
    if share["share"] is None:
        return "none"
    low, high = round(100 * share["low"]), round(100 * share["high"])
    return f"{100 * share['share']:.1f} % ({low}-{high}) {share['n']}/{share['of']}"


def _both(group: Mapping[str, Any] | None) -> str:
    if group is None or not group["found"] + group["false positives"]:
        return "finds none"
    shares = (group["recall"]["share"], group["precision"]["share"])
    return " / ".join("none" if share is None else f"{100 * share:.0f}" for share in shares)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its head, padded so that a terminal shows it straight."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def written(page: str, text: str) -> str:
    """The page with these tables between its two comments."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page holds no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}{END}{after}"


def main() -> None:
    """Print the tables of a saved run, or write them into a page."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    text = tables(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    if len(sys.argv) == 2:
        sys.stdout.write(text)
        return
    page = Path(sys.argv[2])
    page.write_text(written(page.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
