"""A shell's words to the language-neutral tree, and what its text tools write."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence as Row
from functools import cache
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.bash_options import HTTP_CLIENTS
from llmaudit.connectors.code.syntax.jq import object_of
from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation, format_shape
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Call,
    Either,
    Expr,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
    Way,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_DEFAULTS = {":-", "-", ":=", "="}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b", "\\": "\\", "'": "'"}


class Words(ABC):
    """Reads words; commands among them are left to the one who reads those."""

    tree: SourceTree
    way: Way = ()

    @abstractmethod
    def statement(self, node: Node, scope: Scope, stdin: Expr | None) -> Expr | None:
        """Read any statement; what it writes."""

    @property
    def started(self) -> frozenset[str]:
        """Programs that are looked for behind those that start another one."""
        return _started()

    def word(self, node: Node, scope: Scope) -> Expr:
        kind = node.type
        if kind in ("word", "number", "variable_name", "test_operator"):
            return Str(*span_of(node), value=re.sub(r"\\(\n|.)", _unescaped, text_of(node)))
        if kind == "raw_string":
            return Str(*span_of(node), value=text_of(node)[1:-1])
        if kind == "ansi_c_string":
            text = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text_of(node)[2:-1])
            return Str(*span_of(node), value=text)
        if kind in ("string", "translated_string"):
            return self.pieces(node, node.start_byte + 1, node.end_byte - 1, scope)
        if kind == "concatenation":
            return concatenation(span_of(node), [self.word(c, scope) for c in node.named_children])
        if kind == "simple_expansion":
            name = text_of(node)[1:]
            return Name(*span_of(node), id=name, way=self.way)
        if kind == "expansion":
            return self.expansion(node, scope)
        if kind == "command_substitution":
            return self.substitution(node, scope)
        if kind == "array":
            items = tuple(self.word(c, scope) for c in node.named_children if c.type != "comment")
            return Sequence(*span_of(node), items=items)
        return plain(node)

    def pieces(self, node: Node, start: int, end: int, scope: Scope) -> Expr:
        """Text between two offsets with the expansions below a node as its holes."""
        shape = ""
        parts: list[Expr] = []
        at = start
        for child in node.named_children:
            if child.type not in ("simple_expansion", "expansion", "command_substitution",
                                  "arithmetic_expansion"):  # fmt: skip
                continue
            shape += _text(self.tree.data[at : child.start_byte])
            shape += HOLE
            parts.append(self.word(child, scope))
            at = child.end_byte
        shape += _text(self.tree.data[at:end])
        if not parts:
            return Str(*span_of(node), value=shape)
        if shape == HOLE:
            # `"$BODY"` is what the variable is.
            return parts[0]
        head = shape.partition(HOLE)[0]
        return Str(*span_of(node), parts=tuple(parts), head=head, shape=shape)

    def expansion(self, node: Node, scope: Scope) -> Expr:
        """``${NAME}``, ``${NAME:-default}``, ``${NAME%/}``."""
        named = node.named_children
        if not named:
            return plain(node)
        name: Expr = Name(*span_of(node), id=text_of(named[0]), way=self.way)
        if named[0].type == "subscript":
            return plain(node)
        signs = {text_of(child) for child in node.children if not child.is_named}
        if signs & _DEFAULTS and len(named) > 1:
            sides = (name, self.word(named[-1], scope))
            return Either(*span_of(node), options=sides, fallback=True)
        return name

    def elements(self, node: Node, scope: Scope) -> Row[Expr] | None:
        """The items of an array that a word stands for whole; None where it is none."""
        while node.type == "string" and len(node.named_children) == 1:
            node = node.named_children[0]
        if node.type != "expansion" or not node.named_children:
            return None
        subscript = node.named_children[0]
        if subscript.type != "subscript":
            return None
        name = text_of(subscript.child_by_field_name("name"))
        current: Scope | None = scope
        while current is not None:
            for binding in reversed(current.bindings.get(name, ())):
                if isinstance(binding.value, Sequence):
                    return binding.value.items
            current = current.parent
        return None

    def substitution(self, node: Node, scope: Scope) -> Expr:
        """What a command's output stands for, where that is known."""
        written = together([self.statement(child, scope, None) for child in node.named_children])
        return plain(node) if written is None else written

    def heredoc(self, node: Node, scope: Scope) -> Expr:
        start = next((c for c in node.named_children if c.type == "heredoc_start"), None)
        body = next((c for c in node.named_children if c.type == "heredoc_body"), None)
        if body is None:
            return plain(node)
        if text_of(start).startswith(("'", '"', "\\")):
            return Str(*span_of(body), value=text_of(body))
        return self.pieces(body, body.start_byte, body.end_byte, scope)


@cache
def _started() -> frozenset[str]:
    from llmaudit.connectors.code.surfaces import known

    return HTTP_CLIENTS | frozenset(known.commands())


def together(written: Row[Expr | None]) -> Expr | None:
    """What several commands write one after the other: their texts, else the last one's."""
    given = [one for one in written if one is not None]
    texts = [one for one in given if isinstance(one, Str)]
    if len(texts) < 2 or not isinstance(given[-1], Str):
        return given[-1] if given else None
    last = texts[-1]
    span = (last.start, last.end, last.line, last.end_line, last.column)
    return concatenation(span, texts)


def output_of(call: Call, words: Row[Expr], stdin: Expr | None) -> Expr | None:
    """What a command writes: known of those that only hand a text on, and of functions."""
    span = (call.start, call.end, call.line, call.end_line, call.column)
    name = call.function.id if isinstance(call.function, Name) else ""
    if name == "echo":
        given = [word for word in words if not _is_flag(word)]
        spaced: list[Expr] = []
        for word in given:
            spaced += [word] if not spaced else [Str(*span, value=" "), word]
        return concatenation(span, spaced)
    if name == "printf" and words and isinstance(words[0], Str) and words[0].value is not None:
        shape = format_shape(words[0].value, braces=False)
        return Str(*span, parts=tuple(words[1:]), head=shape.partition(HOLE)[0], shape=shape)
    if name in ("cat", "tee", "envsubst") and all(_is_flag(word) for word in words):
        return stdin
    if name == "cat" and len(words) == 1:
        return Name(*span, id=f"@{_literal(words[0])}", way=())
    if name == "jq":
        return object_of(words, span)
    return call


def _is_flag(word: Expr) -> bool:
    return isinstance(word, Str) and bool(re.match(r"-[a-zA-Z]*$", word.value or "x"))


def _literal(word: Expr) -> str:
    return word.value or "" if isinstance(word, Str) else word.id if isinstance(word, Name) else ""


def _text(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return re.sub(r"\\([\"$`\\\n])", lambda m: "" if m[1] == "\n" else m[1], text)


def _unescaped(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]
