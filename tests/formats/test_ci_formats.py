"""What holds for every format that other programs read: schema, same bytes, hostile names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import HealthCheck, given, settings
from lxml import etree

from llmaudit import formats
from llmaudit.model import Asset, Evidence, Finding, Location, Report
from tests.formats import sample
from tests.formats.reports import REPORTS, is_safe

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
NAMES = ("sarif", "gitlab", "junit", "markdown", "cyclonedx", "github")
ATTACKS = (
    "a\n::error file=x::owned",
    "\x1b[2J\x1b]0;t\x07",
    "]]><script>alert(1)</script>",
    "[click](https://evil.example)",
    "](x) ![i](https://evil.example/i.png)",
    "<img src=x onerror=alert(1)>",
    "``` \n# heading",
    "`tick` | cell",
    "@acme/everybody #1",
    "{0} %0A ##[error]x",
    "//host/share/../../etc",
    "\u202ebidi\u2066",
    "\ud800\udcff\ufffe",
    "a b?c=d#e:f%",
)


def rendered(name: str, report: Report) -> str:
    output = formats.render(name, report)
    assert isinstance(output, str)
    return output


def _sarif() -> Callable[[str], None]:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
    return lambda text: validator.validate(json.loads(text))


def _gitlab() -> Callable[[str], None]:
    schema = json.loads((SCHEMAS / "gitlab-code-quality.json").read_text("utf-8"))
    return lambda text: jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def _junit() -> Callable[[str], None]:
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
    return lambda text: schema.assertValid(etree.fromstring(text.encode("utf-8")))


def _cyclonedx() -> Callable[[str], None]:
    validator = JsonStrictValidator(SchemaVersion.V1_6)

    def valid(text: str) -> None:
        error = validator.validate_str(text)
        assert error is None, str(error)

    return valid


VALID = {"sarif": _sarif(), "gitlab": _gitlab(), "junit": _junit(), "cyclonedx": _cyclonedx()}


def hostile(attack: str) -> Report:
    """A report in which everything that is scanned says the same."""
    where = Location(repo=attack, path=attack, line=3, end_line=1, column=0, cell=0, cell_line=1)
    seen = Evidence(
        connector="code", kind="call", name=attack, where=where, provider=attack, sdk=attack,
        api=attack, models=(attack,), symbol=attack,
    )  # fmt: skip
    asset = Asset(
        id="call-1", kind="call", name=attack, evidence=(seen,), same_as=("call:1",),
        provider=attack, models=(attack,), missing_tags=(attack,),
        owner=replace(sample.assets()[0].owner, value=attack, source="codeowners"),
        tags={attack: sample.tag(attack)},
    )  # fmt: skip
    finding = Finding("untagged", "error", "call-1", where, attack, attack, "0123456789abcdef")
    lines = tuple(replace(line, scope=attack, why=attack) for line in sample.coverage())
    return replace(
        sample.nothing(), organization=attack, assets=(asset,), coverage=lines,
        findings=(
            finding,
            replace(finding, fingerprint="1", where=Location(uri=attack)),
            replace(finding, fingerprint="2", state="ignored", state_reason=attack),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("make", [sample.report, sample.code_only, sample.nothing])
def test_each_is_valid_by_its_schema(name: str, make: Callable[[], Report]) -> None:
    VALID[name](rendered(name, make()))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    assert rendered(name, sample.report()) == rendered(name, sample.report())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_names_stay_text(name: str, attack: str) -> None:
    text = rendered(name, hostile(attack))

    text.encode("utf-8")
    assert is_safe(text.replace("\n", ""))
    assert "##[" not in text
    if name in VALID:
        VALID[name](text)
    if name != "github":
        assert not re.search(r"^\s*::\w", text, re.MULTILINE)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(REPORTS)
def test_any_report_is_valid_and_safe(report: Report) -> None:
    for name, valid in VALID.items():
        text = rendered(name, report)
        assert text.isascii() or is_safe(text.replace("\n", "")), name
        valid(text)
    text = rendered("markdown", report)
    assert is_safe(text.replace("\n", ""))


def test_the_schemas_refuse_what_is_wrong() -> None:
    wrong: dict[str, Any] = {
        "sarif": '{"version": "2.1.0"}',
        "gitlab": '[{"description": "x"}]',
        "junit": "<testsuite/>",
        "cyclonedx": '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}',
    }
    for name, text in wrong.items():
        with pytest.raises((jsonschema.ValidationError, etree.DocumentInvalid, AssertionError)):
            VALID[name](text)
