"""Items put into a bracketed list of a syntax tree; every other byte of the file stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Splice:
    """Bytes that take the place of ``data[start:end]``."""

    start: int
    end: int
    text: bytes


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """Why a call is not edited."""


def apply(data: bytes, splices: Iterable[Splice]) -> bytes:
    """The file with its splices; later places first, so that offsets hold."""
    for splice in sorted(splices, key=lambda s: (s.start, s.end), reverse=True):
        data = data[: splice.start] + splice.text + data[splice.end :]
    return data


def members(brackets: Node) -> list[Node]:
    """What stands between the brackets, without comments."""
    return [child for child in brackets.named_children if "comment" not in child.type]


def append(data: bytes, brackets: Node, items: Sequence[str]) -> list[Splice]:
    """Put items last into brackets, in the manner of those that stand there.

    An item on a line of its own is followed by others of that kind; a comma at the end is kept
    at the end; a comment stays on the line of what it is about.
    """
    written = [item.encode() for item in items]
    standing = members(brackets)
    if not standing:
        at = brackets.children[0].end_byte
        return [Splice(at, at, b", ".join(written))]
    last = standing[-1]
    before = standing[-2].end_byte if len(standing) > 1 else brackets.children[0].end_byte
    gap = data[before : last.start_byte]
    own_line = b"\n" in gap
    separator = b" "
    if own_line:
        line = data.rfind(b"\n", 0, last.start_byte) + 1
        indent = data[line : last.start_byte]
        newline = b"\r\n" if b"\r\n" in gap else b"\n"
        # What stands before the item on its line (a comment of a kind) is not repeated.
        separator = newline + indent[: len(indent) - len(indent.lstrip())]
    body = (b"," + separator).join(written)
    comma, comment = _after(brackets, last)
    if comma is not None:
        at = comment.end_byte if own_line and comment is not None else comma.end_byte
        return [Splice(at, at, separator + body + b",")]
    if own_line and comment is not None:
        end, at = last.end_byte, comment.end_byte
        return [Splice(end, end, b","), Splice(at, at, separator + body)]
    return [Splice(last.end_byte, last.end_byte, b"," + separator + body)]


def _after(brackets: Node, last: Node) -> tuple[Node | None, Node | None]:
    """The comma behind the last item, and the comment that ends its line."""
    comma: Node | None = None
    comment: Node | None = None
    for child in brackets.children:
        if child.start_byte < last.end_byte:
            continue
        if child.type == ",":
            comma = child
        elif "comment" in child.type and child.start_point[0] == last.end_point[0]:
            comment = child
    return comma, comment


def calls_at(
    root: Node, kinds: frozenset[str], line: int, column: int, end_line: int
) -> list[Node]:
    """Calls that span just the lines given and begin at the place, the outermost first."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.start_point[0] + 1 > line or node.end_point[0] + 1 < line:
            continue
        begins = node.start_point == (line - 1, column - 1)
        if begins and node.type in kinds and node.end_point[0] + 1 == end_line:
            found.append(node)
        waiting += node.children
    return sorted(found, key=lambda node: -node.end_byte)


def the_call(found: Sequence[tuple[Node, str]], names: frozenset[str]) -> Node:
    """The one call that a rule means, of calls with the name of what each calls."""
    named = [node for node, name in found if name in names]
    if len(named) == 1:
        return named[0]
    if len(found) == 1 and not named:
        return found[0][0]
    raise Refused("several calls begin at its place, or none does")
