"""Swift expressions to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Arg,
    Attr,
    Call,
    Either,
    Entry,
    Expr,
    Function,
    Item,
    Mapping,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from llmaudit.connectors.code.syntax.jvm import Locals

COMMENTS = ("comment", "multiline_comment")
TYPES = (
    "user_type", "optional_type", "array_type", "dictionary_type", "tuple_type", "function_type",
    "existential_type", "opaque_type", "protocol_composition_type", "metatype",
)  # fmt: skip
# What a member stands on that is written without its type: `.gpt4`, `.init(model: m)`.
IMPLIED = "@"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
# Functions that hand each pair of a dictionary to their closure.
_EACH = {"forEach", "map", "compactMap", "reduce"}


class Expressions(ABC):
    """Reads expressions; declarations and closures are left to the one who reads those."""

    tree: SourceTree
    locals: Locals

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def closure(self, node: Node, scope: Scope, each: Expr | None = None) -> Function:
        """Read a closure; ``each`` is the dictionary whose pairs it is given."""

    def parts_of(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in node.named_children if child.type not in COMMENTS]

    def identifier(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node).strip("`")
        if name == "Self":
            # The own type: its static members are the object's class's.
            return Name(*span_of(node), id="self")
        return Name(*span_of(node), id=self.locals.known(name) or name)

    def inner(self, node: Node, scope: Scope) -> Expr:
        """What stands inside: ``try``, ``await``, ``x!``, ``x as T``, an optional type."""
        for name in ("expr", "target", "wrapped"):
            inside = node.child_by_field_name(name)
            if inside is not None:
                found = self.expr(inside, scope)
                for child in self.parts_of(node):
                    if child != inside and child.type not in TYPES:
                        self.expr(child, scope)
                return found
        found_in = [self.expr(child, scope) for child in self.parts_of(node)]
        return found_in[0] if found_in else plain(node)

    def prefix(self, node: Node, scope: Scope) -> Expr:
        """``.member``, ``&value``, ``-1``."""
        target = node.child_by_field_name("target")
        if target is None:
            return plain(node)
        if any(token.type == "." for token in node.children):
            base = Name(*span_of(node), id=IMPLIED)
            return Attr(*span_of(node), value=base, name=text_of(target).strip("`"))
        if any(token.type == "&" for token in node.children):
            return self.expr(target, scope)
        return Expr(*span_of(node), parts=(self.expr(target, scope),))

    def navigation(self, node: Node, scope: Scope) -> Expr:
        """``a.b``, ``a?.b``, ``pair.0``."""
        target, suffix = node.child_by_field_name("target"), node.child_by_field_name("suffix")
        if target is None or suffix is None:
            return self.inner(node, scope)
        value = self.expr(target, scope)
        name = text_of(suffix.child_by_field_name("suffix") or suffix).lstrip(".").strip("`")
        if name == "self":
            return value
        if name.isdigit():
            return Item(*span_of(node), value=value, key=plain(node), position=int(name))
        return Attr(*span_of(node), value=value, name=name)

    def user_type(self, node: Node, scope: Scope) -> Expr:
        """``A.B<T>``: its arguments stay in sight as a key."""
        found: Expr | None = None
        for child in node.named_children:
            if child.type == "type_identifier":
                name = text_of(child).strip("`")
                found = (
                    Name(*span_of(node), id=name)
                    if found is None
                    else Attr(*span_of(node), value=found, name=name)
                )
        items = [
            self.expr(one, scope)
            for child in node.named_children
            if child.type == "type_arguments"
            for one in self.parts_of(child)
        ]
        if found is None or not items:
            return found or plain(node)
        return Item(*span_of(node), value=found, key=Sequence(*span_of(node), items=tuple(items)))

    def call(self, node: Node, scope: Scope) -> Expr:
        """A call, a construction or a subscript; trailing closures are its last arguments."""
        parts = self.parts_of(node)
        suffix = next((p for p in parts if p.type in ("call_suffix", "constructor_suffix")), None)
        if suffix is None or not parts:
            return self.inner(node, scope)
        callee = self.expr(parts[0], scope)
        before: tuple[Arg, ...] = ()
        inner = self.tree.calls.get((parts[0].start_byte, parts[0].end_byte))
        if inner is not None and inner[0] is callee and not _in_brackets(suffix):
            # `session.dataTask(with: request) { ... }`: the parser may see two calls.
            del self.tree.calls[callee.start, callee.end]
            callee, before = inner[0].function, inner[0].arguments
        if parts[0].type in ("dictionary_type", "array_type"):
            kind = Mapping if parts[0].type == "dictionary_type" else Sequence
            return kind(*span_of(node))
        arguments: list[Arg] = list(before)
        label: str | None = None
        each = callee.value if isinstance(callee, Attr) and callee.name in _EACH else None
        for child in self.parts_of(suffix):
            if child.type == "value_arguments":
                if child.children and child.children[0].type == "[":
                    return self.subscript(node, callee, child, scope)
                arguments += self.arguments(child, scope)
            elif child.type == "lambda_literal":
                made = self.closure(child, scope, each)
                arguments.append(Arg(made, label, "", child.start_byte, child.end_byte))
                label = None
            elif child.type == "simple_identifier":
                label = text_of(child)
        if isinstance(callee, Name) and callee.id in ("defer", "do"):
            return Expr(*span_of(node), parts=tuple(a.value for a in arguments))
        if isinstance(callee, Item):
            # `Answer<Text>(...)`
            callee = callee.value
        if isinstance(callee, Attr) and callee.name == "init" and _is_type(callee.value):
            # `Client.init(key)`
            callee = callee.value
        last = callee.name if isinstance(callee, Attr) else getattr(callee, "id", "")
        new = last == "init" or (last[:1].isupper() and not isinstance(callee, Call))
        call = Call(*span_of(node), function=callee, arguments=tuple(arguments), new=new)
        self.tree.calls[call.start, call.end] = (call, scope)
        return call

    def subscript(self, node: Node, holder: Expr, given: Node, scope: Scope) -> Expr:
        keys = [argument.value for argument in self.arguments(given, scope)]
        if not keys:
            return holder
        digits = text_of(given).strip("[] ")
        position = int(digits) if digits.isdecimal() and len(digits) < 4 else None
        return Item(*span_of(node), value=holder, key=keys[0], position=position)

    def arguments(self, node: Node, scope: Scope) -> list[Arg]:
        found: list[Arg] = []
        for child in self.parts_of(node):
            if child.type != "value_argument":
                continue
            value = child.child_by_field_name("value")
            label = child.child_by_field_name("name")
            if value is None:
                continue
            name = text_of(label).strip("`") if label is not None else None
            read = self.expr(value, scope)
            found.append(Arg(read, name, "", child.start_byte, child.end_byte))
        return found

    def dictionary(self, node: Node, scope: Scope) -> Expr:
        entries: list[Entry] = []
        key: Expr | None = None
        for name, child in _fields(node):
            if name == "key":
                key = self.expr(child, scope)
            elif name == "value" and key is not None:
                value = self.expr(child, scope)
                entries.append(Entry(key, value, key.start, value.end))
                key = None
        return Mapping(*span_of(node), entries=tuple(entries))

    def array(self, node: Node, scope: Scope) -> Expr:
        items = tuple(self.expr(child, scope) for child in self.parts_of(node))
        return Sequence(*span_of(node), items=items)

    def tuple_(self, node: Node, scope: Scope) -> Expr:
        """Parentheses, or several values."""
        values = [self.expr(c, scope) for name, c in _fields(node) if name == "value"]
        if not values:
            values = [self.expr(child, scope) for child in self.parts_of(node)]
        return values[0] if len(values) == 1 else Sequence(*span_of(node), items=tuple(values))

    def addition(self, node: Node, scope: Scope) -> Expr:
        """``a + b``; a long sum nests to the left and is taken apart in a loop."""
        parts: list[Expr] = []
        at: Node | None = node
        while at is not None and at.type == "additive_expression" and self.adds(at):
            right = at.child_by_field_name("rhs")
            parts += [self.expr(right, scope)] if right is not None else []
            at = at.child_by_field_name("lhs")
        if at is None or at == node:
            inside = tuple(self.expr(child, scope) for child in self.parts_of(node))
            return Expr(*span_of(node), parts=inside)
        parts.append(self.expr(at, scope))
        return concatenation(span_of(node), reversed(parts))

    @staticmethod
    def adds(node: Node) -> bool:
        return text_of(node.child_by_field_name("op")) == "+"

    def otherwise(self, node: Node, scope: Scope) -> Expr:
        """``a ?? b``."""
        first, other = node.child_by_field_name("value"), node.child_by_field_name("if_nil")
        options = tuple(self.expr(one, scope) for one in (first, other) if one is not None)
        return Either(*span_of(node), options=options, fallback=True)

    def ternary(self, node: Node, scope: Scope) -> Expr:
        sides = [node.child_by_field_name(name) for name in ("if_true", "if_false")]
        condition = node.child_by_field_name("condition")
        parts = (self.expr(condition, scope),) if condition is not None else ()
        options = tuple(self.expr(side, scope) for side in sides if side is not None)
        return Either(*span_of(node), options=options, parts=parts)

    def string(self, node: Node, scope: Scope) -> Expr:
        """A text with its parts that are expressions."""
        raw = node.type == "raw_string_literal"
        shape, parts = "", []
        for child in node.children[1:-1] if not raw else node.children:
            if child.type in ("interpolated_expression", "raw_str_interpolation"):
                parts.append(self.filling(child, scope))
                shape += HOLE
                continue
            # A quote inside a text of several lines is a token of its own.
            if not child.is_named and child.type.strip('"'):
                continue
            text = text_of(child)
            shape += text if raw else _unescape(text) if child.type == "str_escaped_char" else text
        if raw:
            marks = re.match(r'#*"*', shape)
            shape = shape[marks.end() :] if marks else shape
            shape = re.sub(r'"+#*$', "", shape)
        if node.type == "multi_line_string_literal":
            shape = "\n".join(line.strip() for line in shape.strip("\n").split("\n")).strip("\n")
        if not parts:
            return Str(*span_of(node), value=shape)
        head = shape.partition(HOLE)[0]
        return Str(*span_of(node), parts=tuple(parts), head=head, shape=shape)

    def filling(self, node: Node, scope: Scope) -> Expr:
        """What stands in the brackets of an interpolation."""
        inside = next((c for c in node.named_children if c.type == "interpolated_expression"), node)
        value = inside.child_by_field_name("value")
        return self.expr(value, scope) if value is not None else plain(node)


def _unescape(text: str) -> str:
    point = re.fullmatch(r"\\u\{([0-9a-fA-F]{1,6})\}", text)
    if point is not None:
        number = int(point.group(1), 16)
        return chr(number) if number < 0x110000 else ""
    return _ESCAPES.get(text[1:], text[1:])


def _fields(node: Node) -> Iterator[tuple[str | None, Node]]:
    """The named children with the field each stands in."""
    for place, child in enumerate(node.children):
        if child.is_named and child.type not in COMMENTS:
            yield node.field_name_for_child(place), child


def _in_brackets(suffix: Node) -> bool:
    """Whether a call's arguments stand in brackets, so that no closure alone follows."""
    return any(child.type == "value_arguments" for child in suffix.named_children)


def _is_type(expr: Expr) -> bool:
    last = expr.name if isinstance(expr, Attr) else getattr(expr, "id", "")
    return last[:1].isupper()


def named_in(node: Node) -> Iterator[Node]:
    """The names that a pattern binds, in their order."""
    if node.type == "simple_identifier":
        yield node
        return
    for child in node.named_children:
        if child.type not in TYPES:
            yield from named_in(child)


__all__ = ["COMMENTS", "IMPLIED", "TYPES", "Expressions", "named_in"]
