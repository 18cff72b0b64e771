"""Globs against slower oracles: git's own semantics for paths, a plain scan for the index."""

from __future__ import annotations

import fnmatch

import pathspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmaudit.globs import glob_index, name_glob, path_glob

names = st.text("ab[.", min_size=1, max_size=5)
globs = st.text("ab[.*?", min_size=1, max_size=5)
paths = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=4).map("/".join)
parts = st.lists(st.sampled_from(["a", "b", "*", "a*", "?", "**", "[ab]"]), min_size=1, max_size=4)
path_patterns = st.tuples(st.sampled_from(["", "/"]), parts, st.sampled_from(["", "/"])).map(
    lambda pieces: pieces[0] + "/".join(pieces[1]) + pieces[2]
)


@given(globs, names)
def test_a_name_glob_matches_whole_names_with_brackets_as_themselves(pattern, name):
    expected = fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))

    assert name_glob(pattern, fold=False)(name) == expected
    assert name_glob(pattern.upper())(name) == expected


@given(path_patterns, paths)
def test_a_path_glob_matches_what_git_would_ignore(pattern, path):
    # git check-ignore holds a/**/ for what lies in a directory below a, pathspec for all in a.
    assume(not pattern.endswith("**/"))
    oracle = pathspec.GitIgnoreSpec.from_lines([pattern])

    assert path_glob(pattern).matches(path) == oracle.match_file(path)


@given(st.lists(globs, max_size=8), names)
def test_the_index_finds_what_trying_every_glob_finds(patterns, name):
    items = [(pattern, at) for at, pattern in enumerate(patterns)]
    expected = [at for pattern, at in items if name_glob(pattern)(name)]

    assert sorted(glob_index(items).find(name)) == expected
    assert sorted(glob_index(items).find(name.upper())) == expected
    assert sorted(glob_index(items, fold=False).find(name)) == expected
    assert [*glob_index([("A*", 0)], fold=False).find("ab")] == []


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("services/search/**", "services/search/a/b.py", True),
        ("services/search/**", "services/searching/a.py", False),
        ("services/search", "services/search/a/b.py", True),
        ("*.ipynb", "deep/down/x.ipynb", True),
        ("**", "any/thing", True),
        ("a/**/", "a/a", False),
        ("a/**/", "a/b/c", True),
        ("**/", "r", False),
        ("**/", "a/a", True),
    ],
)
def test_patterns_as_they_stand_in_a_policy(pattern, path, expected):
    assert path_glob(pattern).matches(path) is expected
