"""Annotations on a pull request: GitHub Actions workflow commands, one per line."""

from __future__ import annotations

from collections.abc import Mapping

from llmaudit.formats import Options
from llmaudit.formats.figures import open_findings
from llmaudit.formats.gaps import gaps, in_cell, sentence, told
from llmaudit.formats.printable import printable
from llmaudit.model import Coverage, Finding, Report

SHOWN_PER_COMMAND = 10
"""Annotations of one command that GitHub shows per step; the others stand in the log only."""

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_ORDER = ("error", "warning", "notice")


def render(report: Report, options: Options | None = None) -> str:  # noqa: ARG001
    """One command per open finding and one per thing that could not be looked at.

    Errors come first, as GitHub shows the first ten of each command only; a notice says how
    many it leaves out. A side of evidence that was never configured is no problem of
    the change under review and is not annotated.
    """
    lines = [(_COMMANDS[finding.level], _finding(finding)) for finding in open_findings(report)]
    lines += [("warning", _coverage(line)) for line in gaps(report)]
    by_command = {name: [line for command, line in lines if command == name] for name in _ORDER}
    hidden = {
        name: len(group) - SHOWN_PER_COMMAND
        for name, group in by_command.items()
        if len(group) > SHOWN_PER_COMMAND
    }
    if hidden:
        # It stands before the other notices: the eleventh would itself be left out.
        beyond = len(by_command["notice"]) + 1 - SHOWN_PER_COMMAND
        hidden |= {"notice": beyond} if beyond > 0 else {}
        by_command["notice"].insert(0, _command("notice", {"title": "llmaudit"}, _left_out(hidden)))
    return "".join(f"{line}\n" for name in _ORDER for line in by_command[name])


def _left_out(hidden: Mapping[str, int]) -> str:
    counts = ", ".join(f"{hidden[command]} {command}" for command in _ORDER if command in hidden)
    return f"GitHub shows {SHOWN_PER_COMMAND} of each kind per step; in the log only: {counts}"


def _finding(finding: Finding) -> str:
    where = finding.where
    places: dict[str, str | int | None] = {}
    if where.path is not None:
        places = {"file": where.path, "line": where.line, "endLine": where.end_line}
    message = told(finding)
    if cell := in_cell(finding):
        message = f"{message} ({cell})"
    if finding.help:
        message = f"{message}\nhelp: {printable(finding.help)}"
    return _command(
        _COMMANDS[finding.level], {**places, "title": f"llmaudit {finding.rule}"}, message
    )


def _coverage(line: Coverage) -> str:
    message = sentence(line)
    if line.fix:
        message = f"{message}\nhelp: {printable(line.fix)}"
    return _command("warning", {"title": "llmaudit could not see everything"}, message)


def _command(name: str, properties: Mapping[str, str | int | None], message: str) -> str:
    shown = ",".join(
        f"{key}={_property(printable(str(value)))}"
        for key, value in properties.items()
        if value is not None
    )
    return f"::{name} {shown}::{_data(message)}"


def _data(text: str) -> str:
    """The escapes of a command's message: percent first, or it would escape the others."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
