"""What PHP's statements set: variables, keys of arrays, properties, options of handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.php_expressions import Expressions
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


class Changes(Expressions):
    """Keeps what is assigned, under the name it is looked up by."""

    def target(self, left: Node, value: Expr, scope: Scope) -> None:
        at = max(left.end_byte, value.end)
        binding = Binding("assign", value, scope, at=at, way=self.way)
        owner = scope.enclosing("class")
        if left.type == "variable_name":
            self.home(text_of(left), scope).bind(text_of(left), binding)
        elif left.type in ("list_literal", "array_creation_expression"):
            for place, child in enumerate(left.named_children):
                inner = (
                    child.named_children[-1] if child.type == "array_element_initializer" else child
                )
                self.target(inner, Item(*span_of(child), value=value, position=place), scope)
        elif left.type in ("member_access_expression", "scoped_property_access_expression"):
            whole = self.expr(left, scope)
            if not isinstance(whole, Attr):
                return
            own = isinstance(whole.value, Name) and whole.value.id in ("this", "self")
            if own and owner is not None:
                owner.attributes.setdefault(whole.name, []).append(binding)
            else:
                key = Str(*span_of(left), value=whole.name)
                self.changed(whole.value, key, value, scope)
        elif left.type == "subscript_expression":
            named = left.named_children
            holder = self.expr(named[0], scope) if named else plain(left)
            self.begun(named[0] if named else left, scope)
            if len(named) > 1:
                self.changed(holder, self.expr(named[1], scope), value, scope)
            else:
                self.changed(holder, None, Sequence(*span_of(left), items=(value,)), scope)

    def home(self, name: str, scope: Scope) -> Scope:
        """Where a variable lives: a closure may set those of the function around it."""
        if name in scope.shared:
            return self.tree.module
        current: Scope | None = scope
        while current is not None and current.kind == "function" and not current.name:
            if name in current.bindings:
                return current
            current = current.parent
        if current is not None and current.kind == "function" and name in current.bindings:
            return current
        return scope

    def changed(self, holder: Expr, key: Expr | None, value: Expr, scope: Scope) -> None:
        """``$data["k"] = v``, ``$data["metadata"]["k"] = v``: kept under the variable's name."""
        inside = False
        while isinstance(holder, Item | Attr) and not self.own(holder):
            outer = (
                holder.key if isinstance(holder, Item) else Str(*span(holder), value=holder.name)
            )
            if key is not None:
                value = Mapping(*span(value), entries=(Entry(key, value, key.start, value.end),))
            key, inside, holder = outer, True, holder.value
        if isinstance(holder, Name):
            at = max(value.end, holder.end)
            change = Change(key, value, scope, inside=inside, at=at, way=self.way)
            self.keep(holder.id, change, scope)
        elif isinstance(holder, Attr):
            owner = scope.enclosing("class") or self.tree.module
            change = Change(key, value, scope, inside=inside)
            for own in ("this", "self"):
                owner.changes.setdefault(f"{own}.{holder.name}", []).append(change)

    def begun(self, node: Node, scope: Scope) -> None:
        """``$data["k"] = v`` of a variable that nothing was given yet makes an array of it."""
        while node.type == "subscript_expression" and node.named_children:
            node = node.named_children[0]
        name = text_of(node)
        if node.type != "variable_name" or name in scope.shared or name == "$this":
            return
        home = self.home(name, scope)
        if name not in home.bindings:
            empty = Mapping(*span_of(node))
            at = node.start_byte
            home.bind(name, Binding("assign", empty, scope, at=at, way=self.way))

    def own(self, holder: Expr) -> bool:
        return (
            isinstance(holder, Attr)
            and isinstance(holder.value, Name)
            and holder.value.id in ("this", "self")
        )

    def keep(self, name: str, change: Change, scope: Scope) -> None:
        self.home(name, scope).changes.setdefault(name, []).append(change)

    def option(self, call: Call, scope: Scope) -> None:
        """``curl_setopt($handle, CURLOPT_URL, $url)``, ``curl_setopt_array($handle, [...])``."""
        name = call.function.id if isinstance(call.function, Name) else ""
        given = [argument.value for argument in call.arguments]
        if name == "curl_setopt" and len(given) > 2:
            key = given[1]
            if isinstance(key, Name):
                key = Str(*span(key), value=key.id)
            self.changed(given[0], key, given[2], scope)
        elif name == "curl_setopt_array" and len(given) > 1:
            self.changed(given[0], None, given[1], scope)
        elif name == "define" and len(given) > 1:
            name = given[0].value or "" if isinstance(given[0], Str) else ""
            if name:
                self.tree.module.bind(name, Binding("assign", given[1], scope))


def span(expr: Expr) -> tuple[int, int, int, int, int]:
    """Where an expression stands, for one that is made of it."""
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
