"""What to mend: the three findings to start with, and the list of all open ones."""

from __future__ import annotations

from collections import Counter

from rich.cells import cell_len
from rich.text import Text

from llmaudit.formats.figures import (
    by_level,
    by_weight,
    callers,
    cost,
    counted,
    lead_currency,
    money,
    open_findings,
)
from llmaudit.formats.printable import printable
from llmaudit.formats.text_lines import LEVEL_STYLES, NOUNS, Block, entry, fit, heading, labelled
from llmaudit.model import STOOD_BEFORE, Asset, Finding, Report

_SHOWN = 3
_LABEL = 19
_HEAD = 11
_WIDE = 100
_LONGEST_PLACE = 60


def fix_first(report: Report, width: int) -> Block:
    """The heaviest finding of each of the three heaviest assets, and how many there are more."""
    ranked = by_weight(report)
    if not ranked:
        return [labelled("FIX FIRST", _LABEL, f"nothing is open{_suppressed(report)}", width)]
    heaviest: dict[str, Finding] = {}
    for finding in ranked:
        heaviest.setdefault(finding.asset, finding)
    shown = list(heaviest.values())[:_SHOWN]
    assets = {asset.id: asset for asset in report.assets}
    currency = lead_currency(report)

    costs = [_cost(assets.get(finding.asset), currency) for finding in shown]
    title = printable(currency) if currency and any(costs) else ""
    cost_width = max(map(cell_len, [title, *costs])) if title else 0
    command_width = max(len(finding.asset) for finding in shown) if width >= _WIDE else 0
    command_title = "llmaudit explain"
    if command_width:
        command_width = max(command_width, len(command_title))
    what_width = width - _LABEL - sum(w + 2 for w in (cost_width, command_width) if w)

    def line(label: str, what: str, amount: str, command: str) -> str:
        cells = [fit(label, _LABEL - 1) + " " + fit(what, what_width)]
        cells += [fit(amount, cost_width, right=True)] if cost_width else []
        cells += [fit(command, command_width)] if command_width else []
        return "  ".join(cells)

    lines = [heading(line("FIX FIRST", "what", title, command_title))]
    for number, (finding, amount) in enumerate(zip(shown, costs, strict=True), 1):
        text = Text(
            line(
                f"  {number} {printable(finding.rule)}",
                _what(finding, assets.get(finding.asset)),
                amount,
                printable(finding.asset),
            )
        )
        text.stylize(LEVEL_STYLES[finding.level], 4, 4 + len(finding.rule))
        lines.append(text)
    if rest := [finding for finding in ranked if finding not in shown]:
        more = f"+ {counted(len(rest), 'more finding')} ({by_level(rest)}){_suppressed(report)}"
        lines.append(entry("", 2, more, width))
    return lines


def finding_list(report: Report, width: int) -> Block:
    """One line per open finding, ``path:line  level  rule  message``, never wrapped."""
    found = open_findings(report)
    if not found:
        return [labelled("FINDINGS", _HEAD, f"none open{_suppressed(report)}", width)]
    head = f"{len(found):,} open: {by_level(found)}{_suppressed(report)}"
    places = [printable(str(finding.where)) for finding in found]
    place_width = min(max(map(cell_len, places)), _LONGEST_PLACE)
    rule_width = max(len(finding.rule) for finding in found)
    lines = [labelled("FINDINGS", _HEAD, head, width)]
    for finding, place in zip(found, places, strict=True):
        # A place is copied into an editor: it may be longer than its column, never shortened.
        line = Text(place + " " * (place_width - cell_len(place)) + "  ")
        line.append(f"{finding.level:<7}", style=LEVEL_STYLES[finding.level])
        line.append(f"  {printable(finding.rule):<{rule_width}}  {printable(finding.message)}")
        lines.append(line)
    lines.append(entry("", 0, "why, and how to mend it: llmaudit explain RULE", width))
    return lines


def _cost(asset: Asset | None, currency: str | None) -> str:
    amount = cost(asset, currency) if asset and currency else None
    return money(amount) if amount else ""


def _what(finding: Finding, asset: Asset | None) -> str:
    if asset is None:
        return printable(str(finding.where))
    if asset.kind == "call":
        parts = [" ".join([str(finding.where), *asset.models[:1]])]
        number = callers(asset)
        parts += [counted(number, "caller")] if number else []
        return printable(", ".join(parts))
    parts = [asset.provider or "", NOUNS[asset.kind], asset.name]
    return printable(" ".join(part for part in parts if part))


def _suppressed(report: Report) -> str:
    states = Counter(
        "before" if finding.state_reason == STOOD_BEFORE else finding.state
        for finding in report.findings
    )
    parts = []
    if states["ignored"]:
        parts.append(f"{states['ignored']:,} ignored")
    if states["baseline"]:
        parts.append(f"{states['baseline']:,} in the baseline")
    if states["before"]:
        parts.append(f"{states['before']:,} {STOOD_BEFORE}")
    return f"; {', '.join(parts)}" if parts else ""
