"""JUnit XML, which every CI server shows: a test per asset and per scope that was looked at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from llmaudit.formats import Options
from llmaudit.formats.figures import utc
from llmaudit.formats.gaps import in_cell, is_broken, is_cut_short, sentence, told
from llmaudit.formats.printable import printable
from llmaudit.model import Asset, Coverage, Finding, Report

# Of what `printable` lets through, all that XML 1.0 has no place for.
_NOT_XML = re.compile("[\ufffe\uffff]")


def render(report: Report, options: Options | None = None) -> str:  # noqa: ARG001
    """A suite per kind of asset and one for coverage.

    An asset with an open error fails; one whose findings are all accepted is skipped; warnings
    and notes stand in its output. A scope where nothing could be read is an error, not a
    failure: nobody's code is wrong.
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        found[finding.asset].append(finding)
    suites = []
    for kind in sorted({asset.kind for asset in report.assets}):
        suite = ET.Element("testsuite", name=f"llmaudit {kind}")
        for asset in report.assets:
            if asset.kind == kind:
                suite.append(_asset(asset, found[asset.id]))
        suites.append(suite)
    coverage = ET.Element("testsuite", name="llmaudit coverage")
    coverage.extend(_scope(line) for line in report.coverage)
    suites.append(coverage)
    root = ET.Element("testsuites", name="llmaudit")
    stamp = utc(report.as_of).replace(tzinfo=None, microsecond=0).isoformat()
    for suite in suites:
        _count(suite)
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
        suite.set("timestamp", stamp)
        root.append(suite)
    _count(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _count(element: ET.Element) -> None:
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))


def _asset(asset: Asset, findings: Sequence[Finding]) -> ET.Element:
    test = ET.Element("testcase", name=_safe(_name(asset)), classname=_safe(_group(asset)))
    errors = [f for f in findings if f.state == "open" and f.level == "error"]
    others = [f for f in findings if f.state == "open" and f.level != "error"]
    accepted = [f for f in findings if f.state != "open"]
    if errors:
        failure = ET.SubElement(
            test,
            "failure",
            type=_safe(", ".join(dict.fromkeys(f.rule for f in errors))),
            message=_safe(errors[0].message),
        )
        failure.text = _lines(errors, asset)
    elif accepted and not others:
        reasons = dict.fromkeys(f"{f.rule}: {f.state_reason or f.state}" for f in accepted)
        ET.SubElement(test, "skipped", message=_safe("; ".join(reasons)))
    if others:
        ET.SubElement(test, "system-out").text = _lines(others, asset)
    return test


def _name(asset: Asset) -> str:
    where = asset.where
    if where.path is None:
        return asset.name
    name = asset.name.removeprefix(f"{where.path}:")
    return f"{where} {' '.join((name, *asset.models))}"


def _group(asset: Asset) -> str:
    where = asset.where
    return where.path or where.uri or asset.kind


def _lines(findings: Sequence[Finding], asset: Asset) -> str:
    lines = []
    for finding in findings:
        cell = in_cell(finding)
        lines.append(
            f"{finding.level} {finding.rule}: {told(finding)}" + (f" ({cell})" * bool(cell))
        )
        if finding.help:
            lines.append(f"help: {finding.help}")
    if asset.owner.value:
        lines.append(f"owner: {asset.owner.value}")
    lines.append(f"why: llmaudit explain {asset.id} REPORT")
    return "\n".join(map(_safe, lines))


def _scope(line: Coverage) -> ET.Element:
    test = ET.Element(
        "testcase", name=_safe(line.scope), classname=_safe(f"coverage.{line.connector}")
    )
    if line.status in ("ok", "empty"):
        return test
    text = _safe(sentence(line))
    tag = "error" if is_broken(line) else "skipped"
    reason = ET.SubElement(test, tag, message=text, type=line.status)
    if line.fix:
        reason.text = _safe(f"help: {line.fix}")
    if is_cut_short(line):
        ET.SubElement(test, "system-err").text = text
    return test


def _safe(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", printable(text))
