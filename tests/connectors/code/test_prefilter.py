"""Which files can hold a match at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.connectors.code.prefilter import Anchor, compile_prefilter

PREFILTER = compile_prefilter(
    {"r": ["Some", ["Pred", ["Idents", ["run"]]]]},
    {"r": ["python"]},
    {"python": ["phi"]},
    {"r": Anchor({"python": ["phi"]})},
)


@pytest.mark.parametrize(
    ("source", "may_match", "imports"),
    [
        ("from phi.agent import Agent\nAgent().run()", True, True),
        ("import os, phi\nphi.run()", True, True),
        ("import phi as p\np.run()", True, True),
        ("try: import phi\nexcept ImportError: pass\nrun()", True, True),
        ("def f(theta, phi): return run(theta, phi)", False, False),
        ("import cmath  # r, phi\nrun()", False, False),
        ("x = 'from phi import Agent'\nrun()", False, False),
        ("from philosophy import run\nrun()", False, False),
        ("import phi\nphi.walk()", False, True),
        ("load('phi').run()", True, False),
    ],
)
def test_python_files_are_candidates_by_their_imports(
    source: str, may_match: bool, imports: bool
) -> None:
    look = PREFILTER.look(source.encode(), "python")
    assert (look.rules == {"r"}, look.imports) == (may_match, imports)


WORDS = ("alpha", "beta", "gamma", "delta", "epsilon")
LEAVES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(
    lambda names: ["Pred", ["Idents", names]]
) | st.just(["Pred", ["Regexp", "any"]])
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(
        st.sampled_from(("And", "Or")), st.lists(inner, min_size=1, max_size=4)
    ).map(list),
    max_leaves=12,
)


def holds(formula: list[Any], words: set[str]) -> bool:
    operator, body = formula
    if operator == "Pred":
        return body[0] != "Idents" or words.issuperset(body[1])
    return (all if operator == "And" else any)(holds(part, words) for part in body)


@given(st.lists(FORMULAS, min_size=1, max_size=6), st.sets(st.sampled_from(WORDS)))
def test_a_rule_is_tried_exactly_where_its_formula_holds(
    formulas: list[list[Any]], words: set[str]
) -> None:
    prefilter = compile_prefilter(
        {f"r{n}": ["Some", formula] for n, formula in enumerate(formulas)},
        {f"r{n}": ["go"] for n in range(len(formulas))},
        {"go": ["none"]},
        {},
    )
    look = prefilter.look(" ".join(sorted(words)).encode(), "go")
    assert look.rules == {f"r{n}" for n, formula in enumerate(formulas) if holds(formula, words)}
