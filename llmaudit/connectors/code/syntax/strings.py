"""Strings put together from parts, for every adapter."""

from __future__ import annotations

import re
from collections.abc import Iterable

from llmaudit.connectors.code.syntax.tree import HOLE, Expr, Str

Span = tuple[int, int, int, int, int]
# Verbs of printf, Python's and Rust's `{}`, C#'s `{0}`: each stands for one argument.
_PRINTF = re.compile(r"%(?:%|\([^)]*\)[a-z]|[-+ #0]*\d*(?:\.\d+)?[a-zA-Z@])")
_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}")


def concatenation(span: Span, sides: Iterable[Expr]) -> Str:
    """``a + b``: literal sides become text, the others its holes; nested ones are flattened."""
    shape = ""
    parts: list[Expr] = []
    for side in sides:
        if isinstance(side, Str) and side.value is not None:
            shape += side.value
        elif isinstance(side, Str) and side.shape:
            shape += side.shape
            parts += side.parts
        else:
            shape += HOLE
            parts.append(side)
    if not parts:
        return Str(*span, value=shape)
    return Str(*span, parts=tuple(parts), head=shape.partition(HOLE)[0], shape=shape)


def format_shape(text: str, *, braces: bool) -> str:
    """A format with a HOLE for each argument, of printf or of the kind with braces."""

    def hole(match: re.Match[str]) -> str:
        found = match.group(0)
        return {"%%": "%", "{{": "{", "}}": "}"}.get(found, HOLE)

    return (_BRACES if braces else _PRINTF).sub(hole, text)
