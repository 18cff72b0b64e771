"""Driving the engine: what comes back, and what an unusable engine turns into."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from llmaudit.connectors.code import engine
from llmaudit.errors import EngineError

RULES = [
    {
        "id": "call",
        "languages": ["python", "typescript"],
        "severity": "INFO",
        "message": "m",
        "pattern": "$C.chat.create(...)",
    }
]


def test_offsets_are_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("# é\nc.chat.create(1)\n", encoding="utf-8")
    outcome = engine.run(RULES, [engine.Target(file, "python")])
    assert outcome.matches == {file: (engine.Match("call", 5, 21, 2, False),)}
    assert outcome.troubles == {}


def test_a_broken_span_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_text("const = ;\nc.chat.create(1);\n")
    outcome = engine.run(RULES, [engine.Target(file, "typescript")])
    assert [match.line for match in outcome.matches[file]] == [2]
    assert [(t.kind, t.whole) for t in outcome.troubles[file]] == [("PartialParsing", False)]


def test_a_suppressing_comment_hides_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("c.chat.create(1)  # nosemgrep\n")
    outcome = engine.run(RULES, [engine.Target(file, "python")])
    assert [match.suppressed for match in outcome.matches[file]] == [True]


def test_no_target_starts_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "core", lambda: pytest.fail("the engine was looked for"))
    assert engine.run(RULES, []) == engine.Outcome({}, {})


def test_a_refused_rule_ends_the_run(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    broken = [{**RULES[0], "pattern": "def ((("}]
    with pytest.raises(EngineError, match="rule"):
        engine.run(broken, [engine.Target(file, "python")])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("echo '{}'", "another form"),
        ("""echo '{"results": [], "errors": []}'""", "known call of the self-test"),
        ("echo 'core: cannot run' >&2; exit 7", "ended with code 7: core: cannot run"),
    ],
)
def test_an_incompatible_engine_is_named_with_the_supported_range(
    answer: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "semgrep-core"
    fake.write_text(f"#!/bin/sh\n{answer}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setattr(engine, "core", lambda: (fake, "1.999.0"))
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    with pytest.raises(EngineError) as caught:
        engine.run(RULES, [engine.Target(file, "python")])
    assert said in caught.value.problem
    assert engine.SUPPORTED in caught.value.help


def test_a_version_outside_the_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.core.cache_clear()
    monkeypatch.setattr(engine, "version", lambda _: "1.149.0")
    with pytest.raises(EngineError, match=r"1\.149\.0 is outside the supported range >=1\.150,<2"):
        engine.core()
    engine.core.cache_clear()
