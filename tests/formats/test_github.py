# ruff: noqa: E501 - what a reader sees is wider than the code

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit import formats
from llmaudit.formats.printable import printable
from llmaudit.model import Coverage, Finding, Level, Location, Report
from tests.formats import sample

HOSTILE = st.text(
    st.sampled_from("%:,;=[]#\r\n\x0b\x85\u2028\x1b0A2D5 setnvdmakro") | st.characters(),
    max_size=30,
)


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner makes of a log: it trims each line, and splits name, properties and data."""
    found = []
    for raw in text.split("\n"):
        line = raw.lstrip()
        if not line.startswith("::"):
            assert "##[" not in line
            assert not line
            continue
        head, _, data = line[2:].partition("::")
        name, _, rest = head.partition(" ")
        properties = dict(pair.split("=", 1) for pair in rest.split(",") if "=" in pair)
        plain = {
            key: value.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":")
            .replace("%2C", ",").replace("%25", "%")
            for key, value in properties.items()
        }  # fmt: skip
        data = data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        found.append((name, plain, data))
    return found


def rendered(report: Report) -> str:
    text = formats.render("github", report)
    assert isinstance(text, str)
    return text


def finding(index: int, level: Level = "error", **fields: object) -> Finding:
    plain = Finding(
        rule="untagged",
        level=level,
        asset="call-1",
        where=Location(repo="r", path=f"a{index}.py", line=index + 1, end_line=index + 2),
        message="lacks team",
        help="",
        fingerprint=f"{index:016x}",
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def only(*findings: Finding, coverage: tuple[Coverage, ...] = ()) -> Report:
    return replace(sample.nothing(), findings=findings, coverage=coverage)


def test_annotations_as_the_runner_reads_them() -> None:
    assert rendered(sample.report()).splitlines() == snapshot(
        [
            "::error file=svc/checkout/assist.py,line=41,endLine=47,title=llmaudit untagged::openai chat.completions gpt-4o lacks team, cost_center and environment%0Ahelp: pass metadata={'team': ..., 'cost_center': ...}",
            "::error file=svc/\\x1b[31m[red]x[/red]\\x0a\\x3a%3Aset-env name=A%3A%3Ab%2Cc%250A.py,line=7,endLine=13,title=llmaudit partly-tagged::50%25 of tags\\x0d\\x0a\\x3a:set-env name=PATH::/evil\\x1b[2J [blink]hidden[/blink] %250A\\x3a:error\\x3a:x%0Ahelp: add cost_center\\x0a\\x3a:add-mask\\x3a:x",
            "::error title=llmaudit shadow::file:keys.csv#row=c: no entry of the sanctioned list permits this key%0Ahelp: llmaudit decide",
            "::warning file=svc/checkout/assist.py,line=41,endLine=47,title=llmaudit orphaned-owner::p.novak@example.com left on 2026-09-30",
            "::warning title=llmaudit no-owner::file:keys.csv#row=c: nobody answers for this key%0Ahelp: -tag it",
            "::warning title=llmaudit conflicting-tag::file:exports/chatgpt.csv: team is search at the resource, ads in the register",
            "::warning title=llmaudit could not see everything::aws 123456789012/us-east-1/bedrock: denied, AccessDenied%0Ahelp: allow bedrock:ListInferenceProfiles",
            "::warning title=llmaudit could not see everything::aws 123456789012/us-west-2/bedrock: not offered",
            "::warning title=llmaudit could not see everything::gcp acme-ml: api disabled, aiplatform is not enabled%0Ahelp: enable it, or leave the project out",
            "::warning title=llmaudit could not see everything::code github.com/acme/legacy: partial, 3 files could not be parsed",
            "::warning title=llmaudit could not see everything::openai org-acme/usage: throttled, 429 after 5 tries%0Ahelp: run again later",
            "::warning title=llmaudit could not see everything::openai org-acme/costs: capped, page limit",
            "::warning title=llmaudit could not see everything::exports exports/\\x1b]0;owned\\x07[bold]new.csv: failed, no schema has this header%0Ahelp: llmaudit sources lists the exports that are read",
            "::warning title=llmaudit could not see everything::exports exports/sso.csv: skipped, --offline was given",
            "::notice title=llmaudit::GitHub shows 10 of each kind per step; in the log only: 1 warning",
            "::notice file=nb/Explore.ipynb,line=210,endLine=210,title=llmaudit dynamic-tags::the tags of this call cannot be read (cell 5, line 2)",
            "::notice title=llmaudit idle-seat::file:exports/premium.csv#row=a: no activity since 2026-08-01%0Ahelp: withdraw the seat",
        ]
    )


def test_nothing_open_and_all_seen_is_silent() -> None:
    seen = (Coverage("code", "x", "ok"), Coverage("keys", "everything", "not_configured"))

    assert rendered(only(finding(1, state="baseline"), coverage=seen)) == ""


@settings(max_examples=200, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_nothing_scanned_can_give_the_runner_a_command(
    path: str, message: str, help: str, scope: str
) -> None:
    hostile = finding(3, where=Location(path=path, line=4), message=message, help=help)
    gap = Coverage("code", scope, "failed", why=message, fix=help)
    shown = printable(message) + (f"\nhelp: {printable(help)}" if help else "")

    found = commands(rendered(only(hostile, coverage=(gap,))))

    assert [(name, properties) for name, properties, _ in found] == [
        ("error", {"file": printable(path), "line": "4", "title": "llmaudit untagged"}),
        ("warning", {"title": "llmaudit could not see everything"}),
    ]
    assert found[0][2] == shown


@pytest.mark.parametrize(
    "attack",
    [
        "x\n::set-env name=PATH::/evil",
        "x\r\n::add-mask::y",
        "x%0A::error::y",
        "a.py,title=all good::",
        "##[add-path]/evil",
        "\x1b[2J\u2028::stop-commands::t",
    ],
)
def test_a_known_attack_stays_text(attack: str) -> None:
    report = only(finding(1, where=Location(path=attack, line=1), message=attack))
    (name, properties, data), *others = commands(rendered(report))

    assert (name, others) == ("error", [])
    assert properties == {
        "file": printable(attack), "line": "1", "title": "llmaudit untagged"
    }  # fmt: skip
    assert data == printable(attack)


def test_levels_and_order() -> None:
    report = only(finding(1, "note"), finding(2, "warning"), finding(3, "error"))

    assert [(name, p["file"]) for name, p, _ in commands(rendered(report))] == [
        ("error", "a3.py"),
        ("warning", "a2.py"),
        ("notice", "a1.py"),
    ]


@pytest.mark.parametrize(
    ("errors", "notes", "hidden"),
    [
        (10, 10, None),
        (11, 0, "1 error"),
        (11, 9, "1 error"),
        (11, 10, "1 error, 1 notice"),
        (0, 11, "2 notice"),
    ],
)
def test_what_github_does_not_show_is_counted(errors: int, notes: int, hidden: str | None) -> None:
    report = only(
        *(finding(index) for index in range(errors)),
        *(finding(100 + index, "note") for index in range(notes)),
    )
    found = commands(rendered(report))
    said = [data for _, properties, data in found if properties["title"] == "llmaudit"]

    assert len(found) == errors + notes + (hidden is not None)
    assert said == (
        [f"GitHub shows 10 of each kind per step; in the log only: {hidden}"] if hidden else []
    )
    # It is among the ten notices that are shown.
    shown = [data for name, _, data in found if name == "notice"][:10]
    assert set(said) <= set(shown)
