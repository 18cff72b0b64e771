"""SARIF 2.1.0, as GitHub code scanning and other viewers of static analysis take it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from llmaudit.formats import Options, RuleText
from llmaudit.formats.figures import utc
from llmaudit.formats.gaps import NO_FILE, in_cell, is_broken, is_cut_short, sentence, told
from llmaudit.formats.printable import printable
from llmaudit.model import Asset, Coverage, Finding, Location, Report

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub refuses a run with more; the heaviest levels are kept and the rest is counted."""

_LEVELS = ("error", "warning", "note")
_STATES = ("open", "baseline", "ignored")
_LINK = re.compile(r"[\\\[\]]")


def render(report: Report, options: Options | None = None) -> str:
    """One run: findings as results, suppressed ones with their reason, the ledger as notifications.

    Only a scope where nothing could be read makes ``executionSuccessful`` false.
    """
    chosen = options or Options()
    ranked = sorted(report.findings, key=lambda f: (_STATES.index(f.state), _LEVELS.index(f.level)))
    kept = ranked[:MOST_RESULTS]
    used = sorted({finding.rule for finding in kept})
    roots = _roots(report)
    assets = {asset.id: asset for asset in report.assets}
    run = {
        "tool": {
            "driver": {
                "name": "llmaudit",
                "version": report.tool_version,
                "semanticVersion": report.tool_version,
                "rules": [_rule(name, chosen) for name in used],
                "notifications": [{"id": "coverage"}, {"id": "results-left-out"}],
            }
        },
        "automationDetails": {"id": "llmaudit/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            base: {"description": {"text": printable(repo)}} for repo, base in roots.items()
        },
        **_provenance(report, roots),
        "invocations": [
            {
                "executionSuccessful": not any(map(is_broken, report.coverage)),
                "endTimeUtc": utc(report.as_of).isoformat().replace("+00:00", "Z"),
                "toolExecutionNotifications": _notifications(report, len(ranked) - len(kept)),
            }
        ],
        "results": [_result(finding, assets.get(finding.asset), used, roots) for finding in kept],
    }
    document = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _roots(report: Report) -> dict[str, str]:
    """A base of its own for each repository; the only one is ``SRCROOT``, as viewers expect."""
    named = {repository.repo for repository in report.repositories}
    named |= {finding.where.repo for finding in report.findings if finding.where.repo}
    if len(named) <= 1:
        return dict.fromkeys(named or {""}, "SRCROOT")
    return {repo: f"SRCROOT{number}" for number, repo in enumerate(sorted(named), 1)}


def _provenance(report: Report, roots: dict[str, str]) -> dict[str, Any]:
    known = [
        {
            "repositoryUri": f"https://{quote(one.repo)}",
            **({"revisionId": printable(one.commit)} if one.commit else {}),
            "mappedTo": {"uriBaseId": roots[one.repo]},
        }
        for one in report.repositories
        if "." in one.repo.partition("/")[0].strip(".")
    ]
    return {"versionControlProvenance": known} if known else {}


def _rule(name: str, options: Options) -> dict[str, Any]:
    shown = printable(name)
    rule: dict[str, Any] = {"id": shown, "properties": {"tags": ["llm", "cost-attribution"]}}
    text = options.rules.get(name)
    if text is None:
        return rule
    if options.rules_url:
        rule["helpUri"] = f"{options.rules_url}#{quote(name)}"
    return {
        **rule,
        "name": "".join(part.capitalize() for part in shown.split("-")),
        "shortDescription": {"text": text.title},
        "fullDescription": {"text": text.why},
        "help": _help(text),
        "defaultConfiguration": {
            "enabled": text.level != "off",
            **({} if text.level == "off" else {"level": text.level}),
        },
    }


def _help(text: RuleText) -> dict[str, str]:
    parts = {
        "Why": text.why,
        "Example": text.example,
        "How to satisfy": text.satisfy,
        "Source": text.source,
    }
    return {
        "text": "\n".join(f"{label}: {body}" for label, body in parts.items()),
        "markdown": "\n\n".join(f"**{label}**: {body}" for label, body in parts.items()),
    }


def _result(
    finding: Finding, asset: Asset | None, used: Sequence[str], roots: dict[str, str]
) -> dict[str, Any]:
    cell = in_cell(finding)
    message = told(finding) + (f" ({cell})" if cell else "")
    if finding.help:
        message += f"\nhelp: {printable(finding.help)}"
    owner = asset.owner.value if asset else None
    properties = {
        "asset": finding.asset,
        "state": finding.state,
        **({"provider": printable(asset.provider)} if asset and asset.provider else {}),
        **({"models": [printable(m) for m in asset.models]} if asset and asset.models else {}),
        **({"owner": printable(owner)} if owner else {}),
        **({"cell": finding.where.cell} if finding.where.cell is not None else {}),
        **({"cellLine": finding.where.cell_line} if finding.where.cell_line is not None else {}),
    }
    result: dict[str, Any] = {
        "ruleId": printable(finding.rule),
        "ruleIndex": used.index(finding.rule),
        "level": finding.level,
        "message": {"text": _no_links(message)},
        "locations": [_location(finding.where, roots)],
        # GitHub follows an alert by the first; the second is ours, for whoever joins reports.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{printable(finding.fingerprint)}:1",
            "llmaudit/v1": printable(finding.fingerprint),
        },
        "properties": {key: value for key, value in properties.items() if value is not None},
    }
    if finding.state != "open":
        result["suppressions"] = [_suppression(finding, asset)]
    return result


def _no_links(text: str) -> str:
    """A message may hold links as ``[text](target)``; one in a file's name must not become one."""
    return _LINK.sub(r"\\\g<0>", text) if "](" in text else text


def _location(where: Location, roots: dict[str, str]) -> dict[str, Any]:
    region: dict[str, int] = {"startLine": max(where.line or 1, 1)}
    if where.end_line is not None and where.end_line >= region["startLine"]:
        region["endLine"] = where.end_line
    if where.column is not None and where.column >= 1 and where.line:
        region["startColumn"] = where.column
    base = roots.get(where.repo or "") or next(iter(roots.values()))
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {
                "uri": NO_FILE if where.path is None else _uri(where.path),
                "uriBaseId": base,
            },
            "region": region,
        }
    }
    if where.path is None and where.uri:
        location["logicalLocations"] = [
            {"fullyQualifiedName": printable(where.uri), "kind": "resource"}
        ]
    return location


def _uri(path: str) -> str:
    """The path as a relative reference; a name that is not UTF-8 keeps its bytes."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "surrogatepass")
    # Two slashes at the front would make the first folder a host.
    return quote(raw, safe="/").lstrip("/") or "."


def _suppression(finding: Finding, asset: Asset | None) -> dict[str, Any]:
    in_source = finding.state == "ignored" and any(
        ignore.reason == finding.state_reason and finding.rule in ignore.rules
        for entry in (asset.evidence if asset else ())
        for ignore in entry.ignores
    )
    reason = finding.state_reason or "in the baseline"
    until = f" (until {finding.state_until.isoformat()})" if finding.state_until else ""
    return {
        "kind": "inSource" if in_source else "external",
        "status": "accepted",
        "justification": f"{printable(reason)}{until}",
    }


def _notifications(report: Report, left_out: int) -> list[dict[str, Any]]:
    said = [
        {
            "descriptor": {"id": "coverage"},
            "level": _weight(line),
            "message": {"text": _no_links(sentence(line) + _remedy(line))},
            "properties": {"status": line.status, "seen": line.seen, "of": line.of},
        }
        for line in report.coverage
    ]
    if left_out:
        said.append(
            {
                "descriptor": {"id": "results-left-out"},
                "level": "warning",
                "message": {
                    "text": f"{left_out} findings are not in this file: a run holds at most "
                    f"{MOST_RESULTS}; the json and csv formats have all"
                },
            }
        )
    return said


def _remedy(line: Coverage) -> str:
    return f"\nhelp: {printable(line.fix)}" if line.fix else ""


def _weight(line: Coverage) -> str:
    if is_broken(line):
        return "error"
    if is_cut_short(line):
        return "warning"
    return "none" if line.status in ("ok", "empty") else "note"
