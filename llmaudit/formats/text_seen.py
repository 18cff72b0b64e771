"""What could not be looked at: every coverage line that is neither ok nor empty."""

from __future__ import annotations

from llmaudit.formats.figures import share
from llmaudit.formats.printable import printable
from llmaudit.formats.text_lines import Block, entry, labelled
from llmaudit.model import Coverage, CoverageStatus, Report

_LABEL = 19
_SEEN = ("ok", "empty")
_ORDER: tuple[CoverageStatus, ...] = (
    "failed",
    "denied",
    "partial",
    "throttled",
    "capped",
    "api_disabled",
    "skipped",
    "not_offered",
    "not_configured",
)


def not_seen(report: Report, width: int) -> Block:
    """The gaps by status; scopes of one connector with the same reason share a line."""
    gaps = [line for line in report.coverage if line.status not in _SEEN]
    total = len(report.coverage)
    if not gaps:
        scopes = f"nothing: {share(total, total, 'scope')} read"
        return [labelled("NOT SEEN", _LABEL, scopes, width)]
    head = f"{share(len(gaps), total, 'scope')}; the figures are a floor"
    lines: Block = [labelled("NOT SEEN", _LABEL, head, width)]
    for status in _ORDER:
        alike: dict[tuple[str, str, str], list[Coverage]] = {}
        for line in gaps:
            if line.status == status:
                alike.setdefault((line.connector, line.why, line.fix), []).append(line)
        for index, group in enumerate(alike.values()):
            label = "" if index else f"  {status.replace('_', ' ')}"
            lines.append(entry(label, _LABEL, _sentence(group), width, label_style="yellow"))
    return lines


def _sentence(group: list[Coverage]) -> str:
    line = group[0]
    # The side itself was never configured: there is no scope to name.
    named = [] if line.status == "not_configured" and line.scope == "everything" else [line.scope]
    place = " ".join([line.connector, *named])
    if len(group) > 1:
        place = f"{place} and {len(group) - 1} more"
    elif line.of is not None and line.seen < line.of:
        place = f"{place}: {share(line.seen, line.of)} seen"
    parts = [part for part in (line.why, line.fix) if part]
    return printable(f"{place}: {'; '.join(parts)}" if parts else place)
