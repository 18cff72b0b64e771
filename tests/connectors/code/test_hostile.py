"""Files made to break or hold up the scan: each ends in its own line, none ends the run."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from llmaudit.connectors.code import origins, values
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.tree import STEPS, Attr, Call, Scope, SourceTree
from tests.connectors.code.test_collect import CALL, calls, scan

DEEP = 2_000
PYTHON = "from openai import OpenAI\nc = OpenAI()\n"
SENT = 'c.chat.completions.create(model="gpt-4o", messages=[])\n'


def last_call(source: str, analyzer: str = "python") -> tuple[Call, Scope, SourceTree]:
    """The last call of a source, with what is needed to follow it."""
    tree = parse(source.encode(), analyzer, "a.py" if analyzer == "python" else "a.ts")
    call, scope = tree.calls[max(tree.calls)]
    return call, scope, tree


def test_code_nested_too_deeply_is_an_error_of_its_file_alone(tmp_path: Path) -> None:
    deep = PYTHON + SENT + f"x = {'[' * DEEP}{']' * DEEP}\n"
    (tmp_path / "deep.py").write_text(deep)
    (tmp_path / "app.py").write_text(CALL)
    cell = {"cell_type": "code", "source": deep, "metadata": {}, "outputs": []}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "deep.ipynb").write_text(json.dumps(book))
    nested = "const x = " + "[\n" * DEEP + "]\n" * DEEP
    script = f'import OpenAI from "openai";\nconst c = new OpenAI();\n{nested}'
    (tmp_path / "deep.ts").write_text(script + 'c.responses.create({ model: "x", input: "" });\n')
    evidence, lines = scan(tmp_path)
    assert [call.where.path for call in calls(evidence)] == ["app.py"]
    line = lines[0]
    assert line.status == "partial"
    assert line.counts == {"error: nested too deeply": 3, "scanned": 1}
    assert (line.seen, line.of, line.skipped) == (1, 4, 3)
    assert "deep.py: its code is nested too deeply to be followed" in line.why


def test_classes_that_derive_from_each_other_are_left(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        PYTHON + "class A(B): pass\nclass B(A):\n"
        "  def f(self): return self.x.chat.completions.create(model=self.m, messages=[])\n"
        "A().chat.completions.create(model=A.m, messages=[])\n" + SENT
    )
    evidence, lines = scan(tmp_path)
    assert [call.where.line for call in calls(evidence)][-1:] == [7]
    assert lines[0].status in ("ok", "empty")


@pytest.mark.parametrize(
    "source",
    [
        PYTHON + "a = b\nb = a\nb.f(a)\n",
        PYTHON + "a = a or b\nb = b or a\n" * 30 + "a.f(a)\n",
        PYTHON + "d = {}\n" + "d['k'] = d\nd.update(d)\n" * 300 + "c.f(d)\n",
        PYTHON + "v0 = {}\n"
        + "".join(f"v{i} = {{**v{i - 1}, 'a': v{i - 1}, 'b': v{i - 1}}}\n" for i in range(1, 40))
        + "c.f(v39)\n",
        PYTHON + "".join(f"m = 'x{i}'\n" for i in range(20_000)) + "c.f(m)\n",
        PYTHON + "".join(
            f"def f{i}(a):\n  if a: return f{(i + 1) % 30}(a)\n"
            f"  return f{(i + 2) % 30}(a) or f{(i + 3) % 30}(a)\n"
            for i in range(30)
        ) + "f0(1).f(f0(2))\n",
    ],
    ids=["alias", "either", "self-update", "merges", "bindings", "functions"],
)  # fmt: skip
def test_following_a_tangle_ends(source: str) -> None:
    call, scope, tree = last_call(source)
    start = time.process_time()
    for argument in call.arguments:
        values.value_of(argument.value, scope, tree)
    if isinstance(call.function, Attr):
        origins.origins_of(call.function.value, scope, tree)
    assert time.process_time() - start < 8
    assert tree.steps <= STEPS + 100_000


def test_a_file_whose_values_were_given_up_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmaudit.connectors.code.syntax.tree.STEPS", 5)
    (tmp_path / "app.py").write_text(CALL)
    _, lines = scan(tmp_path)
    assert lines[0].status == "partial"
    assert lines[0].counts == {"scanned: partly, values were not followed to the end": 1}


def test_so_many_values_settle_nothing() -> None:
    source = "".join(f"if a: m = 'x{i}'\n" for i in range(101)) + "f(m)\n"
    call, scope, tree = last_call(source)
    assert values.value_of(call.arguments[0].value, scope, tree) == values.Opaque("unknown")


def test_a_match_whose_ends_are_a_calls_finds_it_among_many() -> None:
    tree = parse(("f(a)\n" * 5_000).encode(), "python", "a.py")
    start = time.process_time()
    found = [tree.call_at(at, at + 5) for at in range(0, 25_000, 5)]
    assert time.process_time() - start < 2
    assert [one[0].start for one in found if one] == list(range(0, 25_000, 5))


@pytest.mark.parametrize("type_", ["A", "A.B", "A.B.C", "A.B.C.D"])
@pytest.mark.parametrize("word", ["as", "satisfies"])
def test_a_dotted_type_is_no_member_of_its_value(word: str, type_: str) -> None:
    call, scope, tree = last_call(f'f({{ model: "x" }} {word} {type_});', "typescript")
    found = values.value_of(call.arguments[0].value, scope, tree)
    assert found == values.Table({"model": values.Text("x")})


def test_comments_in_one_long_row_are_read_in_time() -> None:
    source = "x = 1;/* a */" * 30_000 + "\n  // alone\n"
    start = time.process_time()
    comments = parse(source.encode(), "javascript", "a.js").comments
    assert time.process_time() - start < 5
    assert [(c.text, c.alone) for c in comments[-2:]] == [("a", False), ("alone", True)]
