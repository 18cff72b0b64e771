"""GitLab code quality: open findings in a merge request's widget and beside its lines."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from llmaudit.formats import Options
from llmaudit.formats.figures import open_findings
from llmaudit.formats.gaps import NO_FILE, gaps, in_cell, is_broken, sentence, told
from llmaudit.formats.printable import printable
from llmaudit.model import Coverage, Finding, Report

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(report: Report, options: Options | None = None) -> str:  # noqa: ARG001
    """A JSON array with one entry per open finding, then one per thing that was not seen."""
    entries = [_finding(finding) for finding in open_findings(report)]
    entries += [_gap(line) for line in gaps(report)]
    return json.dumps(entries, indent=1, ensure_ascii=True) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    where = finding.where
    cell = in_cell(finding)
    description = told(finding) + (f" ({cell})" if cell else "")
    if finding.help:
        description += f"; help: {printable(finding.help)}"
    begin = max(where.line or 1, 1)
    lines = {"begin": begin}
    if where.end_line is not None and where.end_line >= begin:
        lines["end"] = where.end_line
    return {
        "type": "issue",
        "check_name": f"llmaudit/{printable(finding.rule)}",
        "description": description or "a policy rule is broken",
        "categories": ["Style"],
        "severity": _SEVERITIES[finding.level],
        "fingerprint": printable(finding.fingerprint or finding.asset or finding.rule) or "?",
        "location": {
            "path": _path(where.path),
            "lines": lines,
        },
    }


def _path(path: str | None) -> str:
    shown = printable(path or NO_FILE)
    while shown.startswith("./"):
        shown = shown[2:]
    return shown or NO_FILE


def _gap(line: Coverage) -> dict[str, Any]:
    identity = "\0".join(("coverage", line.connector, line.scope, line.status))
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    remedy = f"; help: {printable(line.fix)}" if line.fix else ""
    return {
        "type": "issue",
        "check_name": "llmaudit/coverage",
        "description": f"not everything was seen: {sentence(line)}{remedy}",
        "categories": ["Bug Risk"],
        "severity": "minor" if is_broken(line) else "info",
        "fingerprint": digest[:16],
        "location": {"path": NO_FILE, "lines": {"begin": 1}},
    }
