"""Which files can hold a match at all."""

from __future__ import annotations

import pytest

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
