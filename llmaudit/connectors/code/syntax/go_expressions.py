"""Go expressions and types to the language-neutral tree."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Call,
    Const,
    Entry,
    Expr,
    Item,
    Mapping,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LISTS = ("slice_type", "array_type", "implicit_length_array_type")
# Types that hold others: what they hold is what a name declared with them gives.
_HOLDERS = ("slice_type", "array_type", "map_type", "channel_type")


class Expressions(ABC):
    """Reads expressions; the statements among them are left to the one who reads those."""

    tree: SourceTree

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    @abstractmethod
    def named(self, text: str) -> str:
        """The name as the tree knows it: a method's receiver is ``self``."""

    @abstractmethod
    def promoted(self, holder: Expr, name: str, scope: Scope) -> Expr:
        """What holds a member: the struct itself, or a type embedded in it."""

    @abstractmethod
    def made(self, kind: Expr, arguments: tuple[Arg, ...], scope: Scope) -> tuple[Arg, ...]:
        """A struct of this file was made with these fields; they go by their JSON names too."""

    @abstractmethod
    def setter(self, function: Expr, arguments: tuple[Arg, ...], scope: Scope) -> None:
        """What a call sets on the object that it stands on."""

    def identifier(self, node: Node, scope: Scope) -> Expr:
        return Name(*span_of(node), id=self.named(text_of(node)))

    def selector(self, node: Node, scope: Scope) -> Expr:
        value, name = node.child_by_field_name("operand"), node.child_by_field_name("field")
        if value is None or name is None:
            return plain(node)
        member = text_of(name)
        holder = self.promoted(self.expr(value, scope), member, scope)
        return Attr(*span_of(node), value=holder, name=member)

    def index(self, node: Node, scope: Scope) -> Expr:
        value, key = node.child_by_field_name("operand"), node.child_by_field_name("index")
        if value is None or key is None:
            return plain(node)
        return Item(*span_of(node), value=self.expr(value, scope), key=self.expr(key, scope))

    def call(self, node: Node, scope: Scope) -> Expr:
        function = node.child_by_field_name("function")
        if function is None:
            return plain(node)
        callee = self.expr(function, scope)
        arguments: list[Arg] = []
        given = node.child_by_field_name("arguments")
        for child in given.named_children if given is not None else ():
            if child.type == "comment":
                self.comment(child, scope)
            elif child.type == "variadic_argument" and child.named_children:
                value = self.expr(child.named_children[0], scope)
                arguments.append(Arg(value, None, "*", child.start_byte, child.end_byte))
            elif child.type.endswith("_type") and child.type != "type_identifier":
                # `make([]T, n)`, `new(pkg.T)`.
                arguments.append(Arg(self.type(child, scope)))
            else:
                value = self.expr(child, scope)
                arguments.append(Arg(value, start=child.start_byte, end=child.end_byte))
        kinds = [child.type for child in given.named_children[:1]] if given is not None else []
        if isinstance(callee, Name) and callee.id == "make" and kinds == ["map_type"]:
            return Mapping(*span_of(node))
        if isinstance(callee, Name) and callee.id == "make" and kinds == ["slice_type"]:
            return Sequence(*span_of(node))
        if isinstance(callee, Name) and callee.id == "new" and len(arguments) == 1:
            return self._call(node, arguments[0].value, (), scope, new=True)
        self.setter(callee, tuple(arguments), scope)
        return self._call(node, callee, tuple(arguments), scope)

    def conversion(self, node: Node, scope: Scope) -> Expr:
        """``[]byte(x)`` is what x is; ``New[T](x)`` parses as one and is a call."""
        kind, operand = node.child_by_field_name("type"), node.child_by_field_name("operand")
        if kind is None or operand is None:
            return plain(node)
        value = self.expr(operand, scope)
        if kind.type != "generic_type":
            return value
        argument = Arg(value, start=operand.start_byte, end=operand.end_byte)
        return self._call(node, self.type(kind, scope), (argument,), scope)

    def _call(
        self, node: Node, callee: Expr, arguments: tuple[Arg, ...], scope: Scope, *,
        new: bool = False,
    ) -> Call:  # fmt: skip
        call = Call(*span_of(node), function=callee, arguments=arguments, new=new)
        self.tree.calls[call.start, call.end] = (call, scope)
        return call

    # -- literals --------------------------------------------------------------------

    def composite(self, node: Node, scope: Scope) -> Expr:
        kind, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        if kind is None or body is None:
            return plain(node)
        if kind.type in _LISTS:
            return Sequence(*span_of(node), items=self._items(body, scope))
        if kind.type == "map_type":
            return self._mapping(node, body, scope)
        keys = [
            key.named_children[0]
            for element in body.named_children
            if element.type == "keyed_element"
            for key in element.named_children[:1]
            if key.named_children
        ]
        if keys and any(key.type != "identifier" for key in keys):
            # A map or list under a name of its own: `http.Header{"X-Team": {"search"}}`.
            return self._mapping(node, body, scope)
        made = self.type(kind, scope)
        if keys or not body.named_children:
            arguments = self._fields(body, scope)
            arguments = self.made(made, arguments, scope)
        else:
            arguments = tuple(Arg(item) for item in self._items(body, scope))
        return self._call(node, made, arguments, scope, new=True)

    def elided(self, node: Node, scope: Scope) -> Expr:
        """``{Role: "user"}`` inside a list, whose type stands at the list."""
        elements = [child for child in node.named_children if child.type != "comment"]
        if elements and all(child.type == "keyed_element" for child in elements):
            return self._mapping(node, node, scope)
        return Sequence(*span_of(node), items=self._items(node, scope))

    def _items(self, body: Node, scope: Scope) -> tuple[Expr, ...]:
        items: list[Expr] = []
        for child in body.named_children:
            if child.type == "comment":
                self.comment(child, scope)
            else:
                # An element may have an index before it.
                items.append(self._element(child, scope))
        return tuple(items)

    def _element(self, node: Node, scope: Scope) -> Expr:
        inner = node.named_children[-1] if node.named_children else node
        if node.type == "keyed_element":
            return self._element(inner, scope)
        return self.expr(inner, scope)

    def _fields(self, body: Node, scope: Scope) -> tuple[Arg, ...]:
        arguments: list[Arg] = []
        for child in body.named_children:
            if child.type == "comment":
                self.comment(child, scope)
            elif child.type == "keyed_element" and len(child.named_children) > 1:
                key, value = child.named_children[0], child.named_children[-1]
                given = self._element(value, scope)
                arguments.append(Arg(given, text_of(key), "", child.start_byte, child.end_byte))
        return tuple(arguments)

    def _mapping(self, node: Node, body: Node, scope: Scope) -> Expr:
        entries: list[Entry] = []
        for child in body.named_children:
            if child.type == "comment":
                self.comment(child, scope)
            elif child.type == "keyed_element" and len(child.named_children) > 1:
                first = child.named_children[0]
                inner = first.named_children[0] if first.named_children else first
                key: Expr
                if inner.type == "identifier" and node.type == "literal_value":
                    key = Str(*span_of(inner), value=text_of(inner))
                else:
                    key = self.expr(inner, scope)
                value = self._element(child.named_children[-1], scope)
                entries.append(Entry(key, value, child.start_byte, child.end_byte))
        return Mapping(*span_of(node), entries=tuple(entries))

    def string(self, node: Node, scope: Scope) -> Expr:
        return Str(*span_of(node), value=unquote(text_of(node)))

    def constant(self, node: Node, scope: Scope) -> Expr:
        return Const(*span_of(node), blank=node.type == "nil")

    def binary(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        if text_of(node.child_by_field_name("operator")) != "+":
            return Expr(*span_of(node), parts=sides)
        return concatenation(span_of(node), sides)

    # -- types -----------------------------------------------------------------------

    def type(self, node: Node, scope: Scope) -> Expr:
        """A type as the chain of names that it is; of a list or map what it holds."""
        kind = node.type
        if kind == "type_identifier":
            return Name(*span_of(node), id=text_of(node))
        if kind == "qualified_type":
            package = node.child_by_field_name("package")
            holder = Name(*span_of(package or node), id=text_of(package))
            return Attr(
                *span_of(node), value=holder, name=text_of(node.child_by_field_name("name"))
            )
        if kind in ("pointer_type", "parenthesized_type") and node.named_children:
            return self.type(node.named_children[-1], scope)
        if kind == "generic_type":
            inner = node.child_by_field_name("type")
            return self.type(inner, scope) if inner is not None else plain(node)
        if kind in _HOLDERS and node.named_children:
            return Expr(*span_of(node), parts=(self.type(node.named_children[-1], scope),))
        return plain(node)


def unquote(text: str) -> str | None:
    """The value of a string literal; None when it cannot be read."""
    if len(text) < 2:
        return None
    if text[0] == "`":
        return text[1:-1]
    if "\\" not in text:
        return text[1:-1]
    body = re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", text)
    body = re.sub(r"\\([0-7]{3})", lambda m: f"\\u{int(m[1], 8):04x}", body)
    body = body.replace("\\a", "\\u0007").replace("\\v", "\\u000b").replace("\\'", "'")
    try:
        value = json.loads(body, strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
