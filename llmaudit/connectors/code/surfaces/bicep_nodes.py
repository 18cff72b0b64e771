"""Objects of Bicep as nodes.

Bicep has no parser that runs here. Its objects are simple enough to be read piece by piece:
names and values in braces, one to a line or set apart by commas. Any other expression is not
settled.
"""

from __future__ import annotations

import re

from llmaudit.connectors.code.surfaces.nodes import DEPTH, Items, Node, Scalar, Table

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\'\'\'.*?\'\'\'|'(?:[^'\\\n]|\\.)*'|[{}\[\]():,]|\n|[^\S\n]+"
    r"|[^\s'{}\[\]():,/]+|.",
    re.DOTALL,
)
_MOST = 50_000
_CLOSING = {"{": "}", "[": "]", "(": ")"}


class _Reader:
    """Tokens from a place on, without blanks and comments, each with its line."""

    def __init__(self, text: str, start: int, line: int) -> None:
        self.tokens: list[tuple[str, int]] = []
        self.at = 0
        for match in _TOKEN.finditer(text, start):
            piece = match[0]
            if not (piece.startswith(("//", "/*")) or (piece.isspace() and piece != "\n")):
                self.tokens.append((piece, line))
            line += piece.count("\n")
            if len(self.tokens) >= _MOST:
                break

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def line(self) -> int:
        return self.tokens[min(self.at, len(self.tokens) - 1)][1] if self.tokens else 1

    def skip(self, *marks: str) -> None:
        while self.peek() in marks:
            self.at += 1

    def value(self, depth: int) -> Node:
        line = self.line()
        if depth > DEPTH:
            raise ValueError("nested too deeply")
        if self.peek() == "{":
            return self.object(depth + 1)
        if self.peek() == "[" and not self._is_loop():
            return self.array(depth + 1)
        return self.expression(line)

    def _is_loop(self) -> bool:
        following = [piece for piece, _ in self.tokens[self.at + 1 : self.at + 4] if piece != "\n"]
        return following[:1] == ["for"]

    def object(self, depth: int) -> Table:
        table = Table(self.line())
        self.at += 1
        while True:
            self.skip("\n", ",")
            piece, line = self.peek(), self.line()
            if piece == "}":
                self.at += 1
                return table
            if not piece:
                raise ValueError("no end")
            self.at += 1
            if self.peek() == ":":
                self.at += 1
                table.entries.append((piece.strip("'"), line, self.value(depth)))
            else:
                self.expression(line)

    def array(self, depth: int) -> Items:
        items = Items(self.line())
        self.at += 1
        while True:
            self.skip("\n", ",")
            if self.peek() == "]":
                self.at += 1
                return items
            if not self.peek():
                raise ValueError("no end")
            before = self.at
            items.values.append(self.value(depth))
            if self.at == before:
                self.at += 1

    def expression(self, line: int) -> Scalar:
        """Anything else up to the end of its line; brackets within it belong to it."""
        taken: list[str] = []
        waiting: list[str] = []
        while (piece := self.peek()) and (waiting or piece not in ("\n", ",", "}", "]")):
            if piece in _CLOSING:
                waiting.append(_CLOSING[piece])
            elif waiting and piece == waiting[-1]:
                waiting.pop()
            taken.append(piece)
            self.at += 1
            # A condition may go on in the next line.
            if self.peek() == "\n" and self.at + 1 < len(self.tokens):
                following = self.tokens[self.at + 1][0]
                if following in ("?", "??", ":") or piece in ("?", "??", ":"):
                    self.at += 1
        if len(taken) == 1 and taken[0].startswith("'") and "${" not in taken[0]:
            return Scalar(taken[0].strip("'"), line)
        return Scalar(None, line, hint=" ".join(taken)[:200].strip("'"))


def read_object(text: str, start: int, line: int) -> Table | None:
    """The object that a declaration assigns.

    Args:
        text: The file.
        start: Behind the equals sign.
        line: The line of that.

    Returns:
        None where no object could be read. Of a condition or a loop the object within.
    """
    reader = _Reader(text, start, line)
    waiting = 0
    for piece, _ in reader.tokens[:500]:
        if piece == "(":
            waiting += 1
        elif piece == ")":
            waiting -= 1
        elif piece == "{" and waiting == 0:
            break
        reader.at += 1
    if reader.peek() != "{":
        return None
    try:
        return reader.object(0)
    except ValueError:
        return None
