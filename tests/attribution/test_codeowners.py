"""CODEOWNERS as GitHub reads it: every example of its documentation, in our own words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.attribution.codeowners import MAX_BYTES, parse

DOCUMENTED = """\
# the default for everything
*       @default-one @default-two

*.js    @js-owner #an inline comment, @not-an-owner
*.go docs@example.com
*.txt @acme/writers
/build/logs/ @builder
docs/*  docs@example.com
apps/ @app-owner
/docs/ @docs-owner
/scripts/ @docs-owner @app-owner
**/logs @log-owner
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README", ("@default-one", "@default-two")),
        ("deep/down/main.py", ("@default-one", "@default-two")),
        ("index.js", ("@js-owner",)),
        ("web/src/index.js", ("@js-owner",)),
        ("cmd/main.go", ("docs@example.com",)),
        ("notes/todo.txt", ("@acme/writers",)),
        ("build/log", ("@default-one", "@default-two")),
        ("apps/main.py", ("@app-owner",)),
        ("services/apps/deep/main.py", ("@app-owner",)),
        ("docs/getting-started.md", ("@docs-owner",)),
        ("docs/build-app/troubleshooting.md", ("@docs-owner",)),
        ("sub/docs/a.md", ("@default-one", "@default-two")),
        ("scripts/deploy.py", ("@docs-owner", "@app-owner")),
        ("sub/scripts/deploy.py", ("@default-one", "@default-two")),
        ("build/logs/today", ("@log-owner",)),
        ("scripts/logs", ("@log-owner",)),
        ("deeply/nested/logs/today", ("@log-owner",)),
    ],
)
def test_the_documented_file(path, owners):
    assert parse(DOCUMENTED).of(path) == owners


@pytest.mark.parametrize(
    ("text", "path", "owners"),
    [
        ("/build/logs/ @a", "build/logs/deep/today", ("@a",)),
        ("/build/logs/ @a", "sub/build/logs/today", ()),
        ("/build/logs/ @a", "build/logs", ()),
        ("docs/* @a", "docs/getting-started.md", ("@a",)),
        ("docs/* @a", "docs/build-app/troubleshooting.md", ()),
        ("/* @a", "setup.py", ("@a",)),
        ("/* @a", "src/setup.py", ()),
        ("docs/** @a", "docs/build-app/troubleshooting.md", ("@a",)),
        ("docs/** @a", "docs", ()),
        ("/apps/ @a\n/apps/github", "apps/github/main.py", ()),
        ("/apps/ @a\n/apps/github", "apps/main.py", ("@a",)),
        ("/apps/ @a\n/apps/github @b", "apps/github/main.py", ("@b",)),
        ("/apps/ @a\n/apps/github @b", "apps/githubber", ("@a",)),
        ("a/**/z @a", "a/z", ("@a",)),
        ("a/**/z @a", "a/b/c/z/file", ("@a",)),
        ("a*z @a", "a/z", ()),
        ("?.py @a", "x.py", ("@a",)),
        ("?.py @a", "xx.py", ()),
        ("Docs/ @a", "docs/x.md", ()),
        ("my\\ file.md @a", "my file.md", ("@a",)),
        ("\ufeff* @a", "x", ("@a",)),
        ("* @a\r\n", "x", ("@a",)),
        ("* @a # comment by @b", "x", ("@a",)),
    ],
)
def test_one_pattern(text, path, owners):
    assert parse(text).of(path) == owners


def test_lines_github_skips_are_skipped_and_named():
    text = "* @a\n!x.py @b\n\\#x @b\n[ab].py @b\nx.py bo\n/ @b\n"

    read = parse(text, "CODEOWNERS")

    assert [read.of(path) for path in ("x.py", "#x", "a.py")] == [("@a",)] * 3
    assert read.problems == snapshot(
        (
            "CODEOWNERS line 2 is skipped: a pattern cannot be negated with !",
            "CODEOWNERS line 3 is skipped: a leading # cannot be escaped",
            "CODEOWNERS line 4 is skipped: character ranges in [ ] are not supported",
            "CODEOWNERS line 5 is skipped: 'bo' is neither @user, @org/team nor a mail address",
            "CODEOWNERS line 6 is skipped: '/' names no path",
        )
    )


def test_a_file_of_three_megabytes_is_ignored_whole():
    text = "* @acme/search\n#" + "\u00e9" * (MAX_BYTES // 2)

    assert (parse(text).of("x"), parse(text).problems) == (
        (),
        ("CODEOWNERS is not under 3 MB, so GitHub ignores it whole",),
    )
    assert parse(text[: MAX_BYTES // 2]).of("x") == ("@acme/search",)


def test_a_hostile_pattern_cannot_stall_the_run():
    owners = parse(f"{'*a' * 40}b @a\n{'**/a/' * 40}b @a\n")
    start = time.process_time()

    assert owners.of("/".join(["a" * 200] * 20)) == ()
    assert owners.of("/".join(["a"] * 500)) == ()
    assert time.process_time() - start < 1


@given(st.text(max_size=200), st.text(min_size=1, max_size=30))
def test_any_text_is_read(text, path):
    parse(text).of(path)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5).map("/".join))
def test_the_last_matching_line_decides(path):
    lines = ["* @first", "/a/ @second", "b @third", "c/*"]
    expected = next(
        (owners for owners in reversed([parse(line).of(path) for line in lines[:3]]) if owners),
    )
    cleared = parse("c/* @x").of(path) != ()

    assert parse("\n".join(lines)).of(path) == (() if cleared else expected)
