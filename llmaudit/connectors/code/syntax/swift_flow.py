"""Swift's branches and loops, and the names that they bind."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.swift_changes import Changes
from llmaudit.connectors.code.syntax.swift_expressions import COMMENTS, named_in
from llmaudit.connectors.code.syntax.tree import Binding, Either, Expr, Scope

if TYPE_CHECKING:
    from tree_sitter import Node


class Flow(Changes):
    """Reads conditions, cases, loops and returns."""

    @abstractmethod
    def bind_all(
        self, names: list[Node], value: Expr | None, declared: Expr | None, scope: Scope,
        outside: bool = False,
    ) -> None:  # fmt: skip
        """The names that one pattern binds to one value."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    def choice(self, node: Node, scope: Scope) -> Expr:
        """``if`` and its arms; as an expression one of what they end in."""
        self.locals.open()
        options = self.conditions(node, scope)
        self.locals.close()
        return Either(*span_of(node), options=tuple(options))

    def nested_conditions(self, node: Node, scope: Scope) -> None:
        self.locals.open()
        self.conditions(node, scope)
        self.locals.close()

    def conditions(self, node: Node, scope: Scope) -> list[Expr]:
        """``let x = y, z``, then the blocks; what ``guard`` binds holds after it."""
        names: list[Node] = []
        options: list[Expr] = []
        assigned = binding = False
        for child in node.children:
            if child.type in ("=", ","):
                assigned = child.type == "="
            elif child.type == "value_binding_pattern":
                names, assigned, binding = [], False, True
                names += list(named_in(child))
            elif child.type in ("statements", "if_statement"):
                options.append(self.expr(child, scope))
            elif not child.is_named or child.type in (*COMMENTS, "else"):
                if child.type in COMMENTS:
                    self.comment(child, scope)
            elif assigned:
                value = self.expr(child, scope)
                self.bind_all(names, value, None, scope)
                names, assigned, binding = [], False, False
            elif child.type == "pattern":
                names += list(named_in(child))
            elif child.type == "simple_identifier" and binding:
                names.append(child)
                binding = False
            elif child.type not in ("type_annotation", "where_keyword"):
                self.expr(child, scope)
        return options

    def switch(self, node: Node, scope: Scope) -> Expr:
        """``switch`` and its cases; as an expression one of what they end in."""
        options: list[Expr] = []
        parts: list[Expr] = []
        for child in self.parts_of(node):
            if child.type != "switch_entry":
                parts.append(self.expr(child, scope))
                continue
            self.locals.open()
            for part in self.parts_of(child):
                if part.type == "statements":
                    options.append(self.expr(part, scope))
                elif part.type == "switch_pattern":
                    for name in _bound_in(part):
                        known = self.locals.declare(text_of(name), scope)
                        scope.bind(known, Binding("parameter", None, scope))
                elif part.type != "default_keyword":
                    self.expr(part, scope)
            self.locals.close()
        return Either(*span_of(node), options=tuple(options), parts=tuple(parts))

    def loop(self, node: Node, scope: Scope) -> None:
        self.locals.open()
        collection = node.child_by_field_name("collection")
        item = node.child_by_field_name("item")
        whole = self.expr(collection, scope) if collection is not None else None
        names = list(named_in(item)) if item is not None else []
        for place, name in enumerate(names):
            known = self.locals.declare(text_of(name), scope)
            scope.bind(known, Binding("loop", whole if len(names) == 1 else None, scope))
            if place == 0 and len(names) == 2 and whole is not None:
                self.pairs[known] = whole
        for child in self.parts_of(node):
            if child not in (collection, item):
                self.expr(child, scope)
        self.locals.close()

    def return_(self, node: Node, scope: Scope) -> Expr:
        """``return x``, ``throw x``; a return inside a closure is the closure's."""
        value: Expr = plain(node)
        for child in self.parts_of(node):
            value = self.expr(child, scope)
            if node.children and node.children[0].type == "return":
                function = scope.enclosing("function")
                if function is not None:
                    function.returns.append(self.typed(value, function.result))
        return value


def _bound_in(node: Node) -> list[Node]:
    """The names that a pattern of ``case`` binds with ``let``."""
    found: list[Node] = []
    stack = [node]
    while stack:
        one = stack.pop(0)
        binds = any(child.type == "value_binding_pattern" for child in one.named_children)
        if binds:
            found += [c for c in one.named_children if c.type == "simple_identifier"]
        stack += one.named_children
    return found
