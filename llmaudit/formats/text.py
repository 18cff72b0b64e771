"""The report as a person reads it in a terminal: one screen for a scan, a list for a check."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

from rich.console import Console
from rich.text import Text

from llmaudit.formats import Options
from llmaudit.formats.figures import EXACT, NONE, counted, lead_currency, money, share, utc
from llmaudit.formats.printable import printable
from llmaudit.formats.text_findings import finding_list, fix_first
from llmaudit.formats.text_lines import NO_BREAK, NOUNS, Block, entry, heading, labelled
from llmaudit.formats.text_seen import not_seen
from llmaudit.formats.text_tags import tag_tables
from llmaudit.formats.text_units import unit_table
from llmaudit.model import Report

_HEAD = 11


def render(report: Report, options: Options | None = None) -> str:
    """The report as text, coloured only where the options say so."""
    with localcontext(EXACT):
        return _render(report, options or Options())


def _render(report: Report, chosen: Options) -> str:
    width = max(chosen.width, 40)
    blocks = [[_title(report, width)]]
    if chosen.command == "check":
        blocks += [[_calls(report, width)], finding_list(report, width)]
    else:
        blocks += [
            [*_inventory(report, width), *_spend(report, width)],
            *tag_tables(report, width),
            unit_table(report, width),
            fix_first(report, width),
        ]
        if chosen.list_findings:
            blocks.append(finding_list(report, width))
    blocks += [not_seen(report, width), _warnings(report, width)]
    blocks.append(_gate(chosen.gate_sentence, width) + _next(report, chosen))
    return _printed(blocks, chosen)


def _printed(blocks: Iterable[Block], options: Options) -> str:
    stream = io.StringIO()
    # An empty environment: what is shown depends on the report and the options alone.
    console = Console(
        file=stream,
        width=options.width,
        color_system="standard" if options.color else None,
        force_terminal=options.color,
        no_color=not options.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for index, block in enumerate(block for block in blocks if block):
        if index:
            console.print()
        for line in block:
            line.rstrip()
            console.print(line, soft_wrap=True)
    # A line that begins with ``::`` is a command to the runner of a GitHub workflow.
    return re.sub(r"(?m)^([^\S\n]*)::", r"\1\\x3a:", stream.getvalue())


def _title(report: Report, width: int) -> Text:
    parts = [printable(report.organization)] if report.organization else []
    parts.append("LLM audit")
    if report.period:
        last_day = report.period.end - timedelta(days=1)
        parts.append(f"usage {report.period.start} to {last_day} UTC")
    parts.append(f"as of {utc(report.as_of):%Y-%m-%d %H:%MZ}")
    parts.append(
        f"policy {printable(report.policy.digest[:7])}" if report.policy.in_force else "no policy"
    )
    body = f"{NO_BREAK}· ".join(part.replace(" ", NO_BREAK) for part in parts)
    return entry("", 0, body, width, style="bold")


def _inventory(report: Report, width: int) -> list[Text]:
    summary = report.summary
    kinds: Mapping[str, int] = summary.get("by_kind", {})
    if not kinds:
        return [labelled("INVENTORY", _HEAD, "none found", width)]
    named = ", ".join(counted(kinds[kind], noun) for kind, noun in NOUNS.items() if kinds.get(kind))
    by_count: Mapping[str, Mapping[str, int]] = summary.get("tags", {}).get("by_count", {})
    untaggable = sum(counts.get("untaggable", 0) for counts in by_count.values())
    first = f"{counted(sum(kinds.values()), 'asset')}: {named}"
    if untaggable:
        first += f" | {untaggable:,} not taggable"
    verdicts: Mapping[str, int] = summary.get("by_verdict", {})
    second = ", ".join(
        f"{name} {verdicts[name]:,}"
        for name in ("sanctioned", "shadow", "unknown")
        if verdicts.get(name)
    )
    apart: Mapping[str, int] = summary.get("not_gated", {})
    if in_tests := [counted(apart[k], noun) for k, noun in NOUNS.items() if apart.get(k)]:
        second += f" | in test or example code, in no share: {', '.join(in_tests)}"
    return [
        labelled("INVENTORY", _HEAD, first, width),
        entry("", _HEAD, second, width),
    ]


def _spend(report: Report, width: int) -> list[Text]:
    """One line per currency; no line adds two of them, nor billed to estimated money."""
    if not report.spend:
        missing = "no source gives money; a connector of type exports would bring it"
        return [labelled("SPEND", _HEAD, missing, width)]
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: NONE))
    for source in report.spend:
        amounts = sums[source.currency]
        amounts[source.basis] += source.total
        amounts["loose"] += source.unattributed if source.basis == "billed" else NONE
        amounts["outside"] += source.outside_period if source.basis == "billed" else NONE
    lines = []
    lead = lead_currency(report)
    ordered = sorted(sums.items(), key=lambda item: (item[0] != lead, item[0]))
    for index, (currency, amounts) in enumerate(ordered):
        name = printable(currency)
        parts = [f"{money(amounts['billed'])} {name} billed"] if "billed" in amounts else []
        for key, words in (
            ("estimated", "estimated, not added"),
            ("loose", "on no asset"),
            ("outside", "outside the period, left out"),
        ):
            if amounts.get(key):
                parts.append(f"{words}: {money(amounts[key])} {name}")
        lines.append(labelled("" if index else "SPEND", _HEAD, _parted(parts), width))
    return lines


def _parted(parts: list[str]) -> str:
    """Parts set apart by a bar, none of them broken over two lines."""
    return " | ".join(part.replace(" ", NO_BREAK) for part in parts)


def _calls(report: Report, width: int) -> Text:
    counts: Mapping[str, Any] = report.summary.get("tags", {}).get("by_count", {}).get("call", {})
    statuses = ("complete", "partial", "untagged", "invalid", "conflicting", "dynamic")
    taggable = sum(counts.get(status, 0) for status in statuses)
    parts = []
    if taggable:
        parts.append(f"{share(counts.get('complete', 0), taggable)} with complete tags")
        incomplete = [f"{s} {counts[s]:,}" for s in statuses[1:] if counts.get(s)]
        parts += [", ".join(incomplete)] if incomplete else []
    if counts.get("untaggable"):
        parts.append(f"{counts['untaggable']:,} not taggable")
    if in_tests := report.summary.get("not_gated", {}).get("call", 0):
        parts.append(f"in test or example code: {in_tests:,}")
    return labelled("CALLS", _HEAD, " | ".join(parts) or "none found", width)


def _warnings(report: Report, width: int) -> Block:
    return [
        labelled("" if index else "WARNINGS", _HEAD, printable(sentence), width)
        for index, sentence in enumerate(report.warnings)
    ]


def _gate(sentence: str, width: int) -> Block:
    if not sentence:
        return []
    shown = printable(sentence)
    verdict = "POLICY BROKEN"
    if not shown.startswith(verdict):
        return [entry("", 0, shown, width, style="bold")]
    body = shown.removeprefix(verdict).strip()
    return [entry(verdict, len(verdict) + 3, body, width, label_style="bold red")]


def _next(report: Report, options: Options) -> Block:
    if options.command == "check" or not report.assets:
        return []
    name = printable(options.saved_as) or "report.json"
    commands = [] if options.saved_as else [f"llmaudit scan -o {name}"]
    commands += [
        f"llmaudit report {name} --format csv -o out/",
        f"llmaudit decide {name} -o decisions.csv",
    ]
    lines: list[Text] = []
    for part in _fitted(commands, options.width - 6):
        lines.append(Text.assemble(heading("Next  ") if not lines else Text(" " * 6), part))
    return lines


def _fitted(commands: list[str], width: int) -> list[str]:
    """Commands side by side where they fit, each whole so that it can be copied."""
    lines = [commands[0]]
    for command in commands[1:]:
        joined = f"{lines[-1]}   |   {command}"
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(command)
    return lines
