"""What Swift's statements set on an object after it was made."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of
from llmaudit.connectors.code.syntax.swift_expressions import Expressions
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
    Entry,
    Expr,
    Item,
    Mapping,
    Name,
    Scope,
    Sequence,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

HEADERS = "headers"
# Properties of a request that hold its headers, and methods that set one of them.
_HEADERS = {"allHTTPHeaderFields", "httpAdditionalHeaders", "headers", "headerFields"}
_SETS = {"setValue", "addValue", "set"}
_ADDS = {"add", "replaceOrAdd", "updateValue", "update"}


class Changes(Expressions):
    """Reads assignments and the statements that set a part of something.

    Attributes:
        pairs: Names that stand for the keys of a dictionary that is gone through.
    """

    pairs: dict[str, Expr]

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("target"), node.child_by_field_name("result")
        if left is None or right is None:
            return plain(node)
        value, target = self.expr(right, scope), self.expr(left, scope)
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type != "=":
            return value
        owner = scope.enclosing("class")
        if isinstance(target, Name):
            self.assign(target.id, value, scope, owner)
        elif isinstance(target, Attr):
            own = isinstance(target.value, Name) and target.value.id == "self"
            if own and owner is not None:
                held = owner.attributes.setdefault(target.name, [])
                held.append(Binding("assign", self.of_declared(value, held), scope))
            else:
                self.change(target.value, (target.name,), value, scope)
        elif isinstance(target, Item):
            self.change_at(target.value, target.key, value, scope)
        return value

    def assign(self, name: str, value: Expr, scope: Scope, owner: Scope | None) -> None:
        """A name in a function is a local or a property of the type around it."""
        home: Scope | None = scope
        while home is not None and name not in home.bindings:
            if home.kind == "class" and name in home.attributes:
                break
            home = home.parent
        if home is not None and home.kind == "class":
            held = home.attributes.setdefault(name, [])
            held.append(Binding("assign", self.of_declared(value, held), scope))
        elif home is not None:
            held = home.bindings[name]
            home.bind(name, Binding("assign", self.of_declared(value, held), scope))
        elif owner is not None:
            owner.attributes.setdefault(name, []).append(Binding("assign", value, scope))
        else:
            scope.bind(name, Binding("assign", value, scope))

    def of_declared(self, value: Expr, held: list[Binding]) -> Expr:
        declared = next((b.annotation for b in held if b.annotation is not None), None)
        return self.typed(value, declared)

    @abstractmethod
    def typed(self, value: Expr, declared: Expr | None) -> Expr:
        """A value that leaves out the type it is declared with."""

    def change_at(self, holder: Expr, key: Expr, value: Expr, scope: Scope) -> None:
        """``body["k"] = v``, ``request.allHTTPHeaderFields?["k"] = v``."""
        if isinstance(holder, Attr) and holder.name in _HEADERS:
            self.header(holder.value, key, value, scope)
            return
        name, home = self.home_of(holder, scope)
        if name:
            home.changes.setdefault(name, []).append(Change(key, value, scope))

    def change(self, holder: Expr, names: tuple[str, ...], value: Expr, scope: Scope) -> None:
        """``request.httpBody = x``; headers go by one name, whoever's request it is."""
        name, home = self.home_of(holder, scope)
        if not name:
            return
        for one in names:
            headers = one in _HEADERS
            key = Str(*_span(value), value=HEADERS if headers else one)
            change = Change(key, value, scope, inside=headers)
            home.changes.setdefault(name, []).append(change)

    def header(self, holder: Expr, key: Expr, value: Expr, scope: Scope) -> None:
        """One header of a request, or all pairs of a dictionary that is gone through."""
        at = key.value if isinstance(key, Attr) and key.name == "key" else key
        whole = self.pairs.get(at.id) if isinstance(at, Name) else None
        entry = Entry(key, value, key.start, value.end)
        given = whole or Mapping(*_span(value), entries=(entry,))
        self.change(holder, (HEADERS,), given, scope)

    def sets(self, call: Call, scope: Scope) -> None:
        """``request.setValue(v, forHTTPHeaderField: k)``, ``request.headers.add(name:value:)``."""
        function = call.function
        if not isinstance(function, Attr) or not call.arguments:
            return
        named = {a.name: a.value for a in call.arguments if a.name}
        first = call.arguments[0].value
        if function.name in _SETS and "forHTTPHeaderField" in named:
            self.header(function.value, named["forHTTPHeaderField"], first, scope)
        elif function.name in _ADDS and "value" in named and "name" in named:
            holder = function.value
            held = isinstance(holder, Attr) and holder.name in _HEADERS
            if held and isinstance(holder, Attr):
                self.header(holder.value, named["name"], named["value"], scope)
            else:
                self.change_at(holder, named["name"], named["value"], scope)
        elif function.name == "updateValue" and "forKey" in named:
            self.change_at(function.value, named["forKey"], first, scope)
        elif function.name == "append" and len(call.arguments) == 1:
            name, home = self.home_of(function.value, scope)
            if name:
                items = Sequence(*_span(first), items=(first,))
                home.changes.setdefault(name, []).append(Change(None, items, scope))
        elif function.name == "merge":
            name, home = self.home_of(function.value, scope)
            if name:
                home.changes.setdefault(name, []).append(Change(None, first, scope))

    def home_of(self, holder: Expr, scope: Scope) -> tuple[str, Scope]:
        """The name something is kept under, and the scope that binds it."""
        owner = scope.enclosing("class")
        if isinstance(holder, Attr) and isinstance(holder.value, Name):
            if holder.value.id == "self" and owner is not None:
                return f"self.{holder.name}", owner
            return "", scope
        if not isinstance(holder, Name):
            return "", scope
        home: Scope | None = scope
        while home is not None and holder.id not in home.bindings:
            if home.kind == "class" and holder.id in home.attributes:
                # Inside one function: another one may set other parts.
                return holder.id, scope
            home = home.parent
        return holder.id, home or scope


def _span(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column


__all__ = ["HEADERS", "Changes", "span_of"]
