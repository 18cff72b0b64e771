"""What stands in a Rust macro: its tokens, parsed by themselves where they are expressions.

The parser leaves the arguments of a macro as tokens, and the engine matches nothing in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import parser_of, text_of
from llmaudit.connectors.code.syntax.rust_expressions import Expressions, unquote
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Call,
    Const,
    Entry,
    Expr,
    Mapping,
    Name,
    Scope,
    Sequence,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_NESTED = 20
_BEFORE = b"fn f(){"
_AFTER = b";}"
_TEXTS = frozenset({"format", "format_args", "anyhow", "concat"})
_LISTS = frozenset({"vec", "smallvec", "array"})
_HOLES = re.compile(r"\{\{|\}\}|\{([^{}:]*)(?::[^{}]*)?\}")
_STATIC = re.compile(rb"^\s*(?:pub(?:\([^)]*\))?\s+)?static\s+(?:ref\s+|mut\s+)?")


class Macros(Expressions):
    """Reads macros."""

    def macro(self, node: Node, scope: Scope) -> Expr:
        """``name!(...)``: a text, a list, a mapping, or only what is called in it."""
        name = text_of(node.child_by_field_name("macro")).rpartition("::")[2]
        tokens = next((c for c in node.children if c.type == "token_tree"), None)
        if tokens is None or self.macros > _NESTED:
            return self.plain(node)
        self.macros += 1
        try:
            return self._read(name, node, tokens, scope)
        finally:
            self.macros -= 1

    def _read(self, name: str, node: Node, tokens: Node, scope: Scope) -> Expr:
        if name == "json":
            inner = tokens.children[1:-1]
            return self.json(inner, scope) if inner else Mapping(*self.span(node))
        pieces = _split(tokens, (",",) if name in _TEXTS | _LISTS else (",", ";", "=>"))
        if name in _LISTS:
            # `vec![x; n]` repeats one element.
            pieces = [_split_at(piece, ";")[0] for piece in pieces]
            items = tuple(self._value(piece, scope) for piece in pieces if piece)
            return Sequence(*self.span(node), items=items)
        if name in ("env", "option_env"):
            return Call(*self.span(node), function=Name(*self.span(node), id="env.var"))
        if name in _TEXTS and pieces and pieces[0] and pieces[0][0].type.endswith("string_literal"):
            return self._text(node, pieces, scope)
        found = [self._value(piece, scope) for piece in pieces if piece]
        if name in ("pin", "dbg", "try") and found:
            return found[-1]
        return Expr(*self.span(node), parts=tuple(found))

    # -- texts -----------------------------------------------------------------------

    def _text(self, node: Node, pieces: list[list[Node]], scope: Scope) -> Expr:
        """``format!("{base}/v1/{}", path)``."""
        text = unquote(text_of(pieces[0][0])) or ""
        named: dict[str, Expr] = {}
        given: list[Expr] = []
        for piece in pieces[1:]:
            if len(piece) > 2 and piece[1].type == "=":
                named[text_of(piece[0])] = self._value(piece[2:], scope)
            elif piece:
                given.append(self._value(piece, scope))
        parts: list[Expr] = []

        def hole(match: re.Match[str]) -> str:
            found = match.group(0)
            if found in ("{{", "}}"):
                return found[0]
            name = match.group(1).strip()
            if not name:
                after = sum(1 for part in parts if part in given)
                parts.append(given[after] if after < len(given) else self.plain(node))
            elif name.isdigit():
                at = int(name)
                parts.append(given[at] if at < len(given) else self.plain(node))
            else:
                parts.append(named.get(name) or Name(*self.span(node), id=name))
            return HOLE

        shape = _HOLES.sub(hole, text)
        if not parts:
            return Str(*self.span(node), value=shape)
        head = shape.partition(HOLE)[0]
        return Str(*self.span(node), parts=tuple(parts), head=head, shape=shape)

    # -- JSON ------------------------------------------------------------------------

    def json(self, tokens: list[Node], scope: Scope) -> Expr:
        """The value of ``serde_json::json!``: JSON with expressions in it."""
        if len(tokens) == 1 and tokens[0].type == "token_tree":
            tree = tokens[0]
            opening = tree.children[0].type
            if opening == "{":
                return self._object(tree, scope)
            if opening == "[":
                pieces = _split(tree, (",",))
                items = tuple(self.json(piece, scope) for piece in pieces if piece)
                return Sequence(*self.span(tree), items=items)
        if len(tokens) == 1 and text_of(tokens[0]) == "null":
            return Const(*self.span(tokens[0]), blank=True)
        return self._value(tokens, scope)

    def _object(self, tree: Node, scope: Scope) -> Expr:
        entries: list[Entry] = []
        for piece in _split(tree, (",",)):
            key, value = _split_at(piece, ":")
            if not key or not value:
                continue
            start, end = self.span(key[0])[0], self.span(value[-1])[1]
            entries.append(Entry(self._value(key, scope), self.json(value, scope), start, end))
        return Mapping(*self.span(tree), entries=tuple(entries))

    # -- expressions among the tokens ------------------------------------------------

    def _value(self, tokens: list[Node], scope: Scope) -> Expr:
        """Tokens as an expression, or as the statements of a block."""
        first, last = tokens[0], tokens[-1]
        data = self.text[first.start_byte : last.end_byte]
        static = _STATIC.match(data)
        if static:
            # `static ref CLIENT: Client = ...;` of lazy_static is a `let` by another name.
            data = b"let ".rjust(static.end()) + data[static.end() :]
        outer_text, outer_shift = self.text, self.shift
        offset, rows, columns = outer_shift
        row, column = first.start_point
        self.text = _BEFORE + data + _AFTER
        # Columns of the first line only: the others begin where they do in the file.
        before = (columns if row == 0 else 0) + column
        self.shift = (
            offset + first.start_byte - len(_BEFORE), rows + row, before - len(_BEFORE)
        )  # fmt: skip
        found: Expr | None = None
        try:
            root = parser_of("tree_sitter_rust").parse(self.text).root_node
            function = next((c for c in root.children if c.type == "function_item"), None)
            body = function.child_by_field_name("body") if function is not None else None
            for child in body.named_children if body is not None else ():
                if child.type != "empty_statement":
                    found = self.expr(child, scope)
        finally:
            self.text, self.shift = outer_text, outer_shift
        return found if found is not None else self.plain(first)

    text: bytes


def _split(tree: Node, separators: tuple[str, ...]) -> list[list[Node]]:
    """The tokens between the brackets of a tree, in the pieces that separators make."""
    pieces: list[list[Node]] = [[]]
    for child in tree.children[1:-1]:
        if child.type in separators:
            pieces.append([])
        elif "comment" not in child.type:
            pieces[-1].append(child)
    return pieces


def _split_at(tokens: list[Node], separator: str) -> tuple[list[Node], list[Node]]:
    for at, token in enumerate(tokens):
        if token.type == separator:
            return tokens[:at], tokens[at + 1 :]
    return tokens, []
