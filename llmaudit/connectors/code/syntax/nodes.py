"""What every adapter asks of a tree-sitter node."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.tree import Comment, Expr

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_INDENT = 400


@cache
def parser_of(package: str, grammar: str = "language") -> Parser:
    """The parser of a ``tree_sitter_<language>`` package; ``grammar`` is its function's name."""
    from tree_sitter import Language, Parser

    return Parser(Language(getattr(import_module(package), grammar)()))


def text_of(node: Node | None) -> str:
    """The node's source; empty without a node."""
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", "replace")


def span_of(node: Node) -> tuple[int, int, int, int, int]:
    """Byte offsets, first and last line, column, as an Expr begins."""
    row, column = node.start_point
    return node.start_byte, node.end_byte, row + 1, node.end_point[0] + 1, column + 1


def plain(node: Node) -> Expr:
    """An expression of which only the place matters."""
    return Expr(*span_of(node))


def comment_of(node: Node, data: bytes, text: str) -> Comment:
    """A comment, and whether anything stands before it on its line."""
    row, column = node.start_point
    # Only as much as a person indents is read: a long row full of comments holds up nothing.
    alone = column <= _INDENT and not data[node.start_byte - column : node.start_byte].strip()
    return Comment(text, row + 1, alone)
