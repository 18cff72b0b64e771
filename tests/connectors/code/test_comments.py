"""Inline tags and ignores."""

from __future__ import annotations

from datetime import date

from llmaudit.connectors.code.comments import comments_of, read_comment
from llmaudit.connectors.code.syntax.tree import Comment
from llmaudit.model import InlineIgnore, Location, Tag

HERE = Location(repo="local/x", path="a.py", line=3)


def test_pairs_are_tags_on_the_trees_word() -> None:
    tags, ignores = read_comment('llmaudit: team=search cost_center="CC 1"', HERE)
    assert tags == [
        Tag("team", "search", "comment", "comment", None, HERE, by_tree=True),
        Tag("cost_center", "CC 1", "comment", "comment", None, HERE, by_tree=True),
    ]
    assert ignores == []


def test_an_ignore_needs_rule_and_reason() -> None:
    def one(text: str) -> InlineIgnore:
        return read_comment(text, HERE)[1][0]

    assert one("llmaudit: ignore[untagged, no-owner] until=2027-03-31 demo code") == InlineIgnore(
        ("untagged", "no-owner"), date(2027, 3, 31), "demo code", HERE
    )
    assert one("llmaudit: ignore[untagged]").problem == "it gives no reason"
    assert one("llmaudit: ignore demo").problem == "it names no rule; write ignore[untagged]"
    assert one("llmaudit: ignore[untagged] until=soon x").problem == (
        "until=soon is not a date like 2027-03-31"
    )


def test_other_comments_say_nothing() -> None:
    assert read_comment("team=search", HERE) == ([], [])


def test_comments_on_the_calls_lines_and_alone_above_it_count() -> None:
    comments = [
        Comment("far", 1, alone=True),
        Comment("above", 3, alone=True),
        Comment("just above", 4, alone=True),
        Comment("on it", 6, alone=False),
        Comment("below", 8, alone=True),
    ]
    found = comments_of({c.line: c for c in comments}, 5, 7)
    assert [c.text for c in found] == ["above", "just above", "on it"]
    assert comments_of({4: Comment("of the line before", 4, alone=False)}, 5, 7) == []
