from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from inline_snapshot import snapshot

from llmaudit import formats, report_file
from llmaudit.errors import ReportError
from llmaudit.model import Report
from tests.formats import sample
from tests.formats.reports import REPORTS


def rendered(report: Report) -> str:
    text = formats.render("json", report)
    assert isinstance(text, str)
    return text


def without_codeowners(report: Report) -> Report:
    return replace(
        report,
        repositories=tuple(replace(each, codeowners=None) for each in report.repositories),
    )


@pytest.mark.parametrize("make", [sample.report, sample.code_only, sample.nothing])
def test_a_saved_report_is_read_back_whole(make: Callable[[], Report], tmp_path: Path) -> None:
    report = make()
    path = tmp_path / "report.json"
    formats.write(formats.render("json", report), path)

    assert report_file.load(path) == without_codeowners(report)
    assert rendered(report_file.load(path)) == path.read_text(encoding="utf-8")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(REPORTS)
def test_every_report_is_read_back_whole(report: Report) -> None:
    text = rendered(report)

    assert report_file.parse(text, "r.json") == report
    assert rendered(report_file.parse(text, "r.json")) == text
    text.encode("utf-8")


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("\ufeff" + rendered(sample.nothing()), encoding="utf-8")

    assert report_file.load(path) == without_codeowners(sample.nothing())


def test_model_alone_stands_for_one_model() -> None:
    document = json.loads(rendered(sample.report()))
    first = next(a for a in document["assets"] if a["kind"] == "call")["evidence"][0]

    assert first["model"] == "gpt-4o"
    assert "models" not in first
    call = next(a for a in sample.report().assets if a.kind == "call")
    assert call.evidence[0].models == ("gpt-4o",)


def broken(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(rendered(sample.report()))
    change(document)
    with pytest.raises(ReportError) as caught:
        report_file.parse(json.dumps(document), "last.json")
    assert caught.value.help == "make the report again with llmaudit scan -o"
    return caught.value.problem


def test_what_does_not_fit_is_named_with_its_place() -> None:
    asset = "key-b002b002b002"

    def at(document: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = next(a for a in document["assets"] if a["id"] == asset)
        return found

    assert [
        broken(lambda d: d.update(schema="llmaudit.report/2")),
        broken(lambda d: d.pop("schema")),
        broken(lambda d: d.pop("spend")),
        broken(lambda d: d.update(extra=1)),
        broken(lambda d: d["tool"].pop("version")),
        broken(lambda d: d.update(as_of="yesterday")),
        broken(lambda d: d.update(as_of=None)),
        broken(lambda d: d["period"].update(end="2026-13-01")),
        broken(lambda d: d["period"].update(end="20261101")),
        broken(lambda d: d.update(assets={})),
        broken(lambda d: d.update(summary=[])),
        broken(lambda d: d["assets"].insert(0, "x")),
        broken(lambda d: at(d).pop("verdict")),
        broken(lambda d: at(d).pop("environment")),
        broken(lambda d: at(d).update(verdict="fine")),
        broken(lambda d: at(d)["owner"].update(status=["active"])),
        broken(lambda d: at(d)["usage"][0].update(amount="12 USD")),
        broken(lambda d: at(d)["usage"][0].update(amount="NaN")),
        broken(lambda d: at(d)["usage"][0].update(input_tokens=True)),
        broken(lambda d: at(d)["usage"][0].update(input_tokens=1.5)),
        broken(lambda d: at(d)["evidence"][0].pop("connector")),
        broken(lambda d: at(d)["evidence"][0].pop("model")),
        broken(lambda d: at(d)["evidence"][0].update(secret="x")),
        broken(lambda d: at(d)["evidence"][0].update(where={"path": "a.py"})),
        broken(lambda d: at(d)["evidence"][0].update(register="yes")),
        broken(lambda d: at(d)["tags"].update({"a\x1b[2J": 3})),
        broken(lambda d: d["coverage"][0]["counts"].update(files="3")),
        broken(lambda d: d["findings"][0].update(message=None)),
    ] == snapshot(
        [
            "last.json: has schema 'llmaudit.report/2', this version reads 'llmaudit.report/1'",
            "last.json: is JSON, but not an llmaudit report",
            "last.json: the report lacks 'spend'",
            "last.json: the report has 'extra', which llmaudit.report/1 does not know",
            "last.json: tool lacks 'version'",
            "last.json: as_of is not a time: Invalid isoformat string: 'yesterday'",
            "last.json: as_of is not a time like 2026-11-23T14:02:00Z",
            "last.json: period.end is not a date: month must be in 1..12",
            "last.json: period.end is not a date like 2026-10-31",
            "last.json: assets is not a list",
            "last.json: summary is not an object",
            "last.json: assets[0] is not an object",
            "last.json: assets[1] lacks 'verdict'",
            "last.json: assets[1].environment is no object of a value and its source",
            "last.json: assets[1].verdict is 'fine', not one of sanctioned, shadow, unknown",
            "last.json: assets[1].owner.status is ['active'], not one of active, orphaned, hint, none",  # noqa: E501
            "last.json: assets[1].usage[0].amount is not a decimal number",
            "last.json: assets[1].usage[0].amount is not a decimal number",
            "last.json: assets[1].usage[0].input_tokens is not a whole number",
            "last.json: assets[1].usage[0].input_tokens is not a whole number",
            "last.json: assets[1].evidence[0] lacks 'connector'",
            "last.json: assets[1].evidence[0] lacks 'model'",
            "last.json: assets[1].evidence[0] has 'secret', which llmaudit.report/1 does not know",
            "last.json: assets[1].evidence[0].where lacks 'cell'",
            "last.json: assets[1].evidence[0].register is neither true nor false",
            "last.json: assets[1].tags.'a\\x1b[2J' is not an object",
            "last.json: coverage[0].counts.files is not a whole number",
            "last.json: findings[0].message is not text",
        ]
    )


def test_what_is_no_report_is_said_in_one_sentence(tmp_path: Path) -> None:
    def problem(content: bytes | None) -> str:
        path = tmp_path / "r.json"
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
        with pytest.raises(ReportError) as caught:
            report_file.load(path)
        return caught.value.problem.removeprefix(str(path))

    assert [
        problem(None),
        problem(b""),
        problem(b'{"schema": '),
        problem(b"\xff\xfe{\x00}\x00"),
        problem(b"[1, 2]"),
        problem(b'{"spend": NaN}'),
        problem(b"[" * 200_000),
        problem(b"9" * 5_000),
    ] == snapshot(
        [
            ": cannot be read: No such file or directory",
            ": is not JSON: Expecting value at line 1, column 1",
            ": is not JSON: Expecting value at line 1, column 12",
            ": is not UTF-8 text, so not a JSON report",
            ": is JSON, but not an llmaudit report",
            ": the report holds NaN, which is no number",
            ": is nested too deeply to be a report",
            ": holds a number of too many digits",
        ]
    )


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        report_file.load(tmp_path)
