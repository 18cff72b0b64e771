"""What could not be looked at, and where a finding without a file is shown."""

from __future__ import annotations

from llmaudit.formats.printable import printable
from llmaudit.model import Coverage, CoverageStatus, Finding, Report

NO_FILE = "llmaudit.yaml"
"""Where a viewer that knows files only shows a key or a seat: the policy's usual file."""

_SEEN: tuple[CoverageStatus, ...] = ("ok", "empty")
_BROKEN: tuple[CoverageStatus, ...] = ("failed", "denied")
_CUT_SHORT: tuple[CoverageStatus, ...] = ("partial", "throttled", "capped", "api_disabled")


def gaps(report: Report) -> tuple[Coverage, ...]:
    """What was to be read and was not, or not whole.

    A side of evidence that was never configured is no problem of the change under review.
    """
    return tuple(line for line in report.coverage if line.status not in (*_SEEN, "not_configured"))


def is_broken(line: Coverage) -> bool:
    """Whether nothing at all was read there."""
    return line.status in _BROKEN


def is_cut_short(line: Coverage) -> bool:
    """Whether only a part was read there."""
    return line.status in _CUT_SHORT


def sentence(line: Coverage) -> str:
    """Connector, scope, status and why, on one safe line."""
    text = f"{line.connector} {line.scope}: {line.status.replace('_', ' ')}"
    return printable(f"{text}, {line.why}" if line.why else text)


def told(finding: Finding) -> str:
    """The message on one safe line, led by the resource where no file says which is meant."""
    where = finding.where
    message = printable(finding.message)
    if where.path is None and where.uri is not None:
        return f"{printable(where.uri)}: {message}"
    return message


def in_cell(finding: Finding) -> str:
    """``cell 6, line 1`` (both counted from 1) of a notebook; empty elsewhere."""
    where = finding.where
    if where.cell is None:
        return ""
    line = f", line {where.cell_line}" if where.cell_line is not None else ""
    return f"cell {where.cell + 1}{line}"
