"""A comment on a pull request: what breaks the policy, who owns it, what to paste.

Everything that was scanned stands in code spans, code blocks or ``<code>``, where neither
markup, links nor mentions of people work.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from llmaudit.formats import Options
from llmaudit.formats.figures import by_level, by_weight, counted
from llmaudit.formats.gaps import gaps, in_cell, sentence
from llmaudit.formats.printable import printable
from llmaudit.model import Asset, Finding, Report

MARK = "<!-- llmaudit -->"
"""The first line: a job finds its earlier comment by it, and replaces that."""

_LONGEST_CELL = 200
_RESERVED = 1_000
_BACKTICKS = re.compile("`+")
_SLASHES = (
    ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".go", ".java", ".kt", ".kts",
    ".scala", ".cs", ".rs", ".swift", ".php", ".vue", ".svelte", ".astro",
)  # fmt: skip


def render(report: Report, options: Options | None = None) -> str:
    """The comment, cut between findings where it would be longer than its place takes."""
    chosen = options or Options()
    assets = {asset.id: asset for asset in report.assets}
    ranked = by_weight(report)
    several = len({f.where.repo for f in ranked if f.where.repo}) > 1
    head = [MARK, f"### llmaudit: {_headline(ranked)}", ""]
    if chosen.gate_sentence:
        head += [_span(chosen.gate_sentence), ""]
    tail = [*_suppressed(report), *_unseen(report, chosen.longest // 8)]
    room = chosen.longest - _RESERVED - _size(head) - _size(tail)
    rows = [_row(finding, assets.get(finding.asset), several=several) for finding in ranked]
    table, shown = _fit(rows, room // 2)
    details, detailed = _fit(
        [_detail(finding, assets.get(finding.asset), several=several) for finding in ranked],
        room - _size(table),
    )
    body: list[str] = []
    if ranked and shown:
        body += ["| level | rule | where | owner |", "|---|---|---|---|", *table, ""]
    if shown < len(ranked):
        body += [f"{counted(len(ranked) - shown, 'more finding')}: see the whole report.", ""]
    if details:
        body += ["**What to change**", "", *details]
    if detailed < shown:
        body += [f"Without details here: {counted(shown - detailed, 'finding')}.", ""]
    return "\n".join([*head, *body, *tail]).rstrip("\n") + "\n"


def _headline(ranked: Sequence[Finding]) -> str:
    if not ranked:
        return "nothing is open"
    return f"{counted(len(ranked), 'open finding')} ({by_level(ranked)})"


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode("utf-8")) + 1 for line in lines)


def _fit(blocks: Sequence[str], room: int) -> tuple[list[str], int]:
    """As many blocks from the front as there is room for."""
    taken: list[str] = []
    for block in blocks:
        room -= _size([block])
        if room < 0:
            break
        taken.append(block)
    return taken, len(taken)


def _place(finding: Finding, *, several: bool) -> str:
    where = finding.where
    cell = in_cell(finding)
    repo = f"{where.repo} " if several and where.repo else ""
    return f"{repo}{where}" + (f" ({cell})" if cell else "")


def _row(finding: Finding, asset: Asset | None, *, several: bool) -> str:
    owner = asset.owner.value if asset else None
    cells = (
        finding.level,
        _cell(finding.rule),
        _cell(_place(finding, several=several)),
        _cell(owner) if owner else "nobody",
    )
    return f"| {' | '.join(cells)} |"


def _detail(finding: Finding, asset: Asset | None, *, several: bool) -> str:
    summary = f"{finding.rule} at {_place(finding, several=several)}"
    lines = [
        "<details>",
        f"<summary><code>{html.escape(printable(_short(summary)))}</code></summary>",
        "",
        _span(finding.message),
        "",
    ]
    if asset is not None:
        owner = asset.owner.value
        if owner:
            by = asset.owner.source or "the report"
            lines += [f"Owner: {_span(owner)}, by {_span(by)}.", ""]
        else:
            lines += ["Owner: nobody is named.", ""]
    if finding.help:
        lines += [f"To mend it: {_span(finding.help)}", ""]
    if asset is not None and (comment := _to_paste(finding, asset)):
        lines += [
            "Or say it in a comment beside the call, with your values:",
            "",
            _block(comment),
            "",
        ]
    lines += [_block(f"llmaudit explain {finding.fingerprint} REPORT"), "", "</details>", ""]
    return "\n".join(lines)


def _to_paste(finding: Finding, asset: Asset) -> str:
    """The comment that names the tags an asset lacks; code only, as nothing else has comments."""
    missing = asset.missing_tags
    path = finding.where.path
    # A notebook's line is one of a JSON file; its cell has Python's comments.
    if not missing or path is None or finding.rule not in ("untagged", "partly-tagged"):
        return ""
    mark = "//" if PurePosixPath(path).suffix in _SLASHES else "#"
    return f"{mark} llmaudit: {' '.join(f'{key}=...' for key in missing)}"


def _suppressed(report: Report) -> list[str]:
    states = Counter(finding.state for finding in report.findings)
    parts = []
    if states["ignored"]:
        parts.append(f"{states['ignored']:,} ignored")
    if states["baseline"]:
        parts.append(f"{states['baseline']:,} in the baseline")
    return [f"Accepted earlier: {', '.join(parts)}.", ""] if parts else []


def _unseen(report: Report, room: int) -> list[str]:
    missed = gaps(report)
    if not missed:
        return []
    lines, shown = _fit([f"- {_span(sentence(line))}" for line in missed], room)
    if shown < len(missed):
        lines.append(f"- and {counted(len(missed) - shown, 'more scope')}")
    title = f"<summary>Not everything was seen: {counted(len(missed), 'scope')}</summary>"
    return ["<details>", title, "", *lines, "", "</details>", ""]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _cell(text: str) -> str:
    """A code span in a table: there, a bar ends the cell even in a span unless it is escaped."""
    return _span(_short(text)).replace("|", "\\|")


def _span(text: str) -> str:
    """A code span, its fence longer than any run of backticks in the text."""
    safe = printable(text) or " "
    longest = max(map(len, _BACKTICKS.findall(safe)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or safe != safe.strip(" ") else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _block(text: str) -> str:
    safe = printable(text)
    longest = max(map(len, _BACKTICKS.findall(safe)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}\n{safe}\n{fence}"
