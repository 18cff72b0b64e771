"""What the statements of a Rust function do: names bound, matched, changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.nodes import text_of
from llmaudit.connectors.code.syntax.rust_macros import Macros
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Binding,
    Call,
    Change,
    Either,
    Expr,
    Function,
    Item,
    Name,
    Scope,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = ("function_item", "function_signature_item")
ITEMS = ("struct_item", "enum_item", "union_item", "trait_item")


class Statements(Macros):
    """Reads statements.

    Attributes:
        functions: The functions the statement in hand stands in, the innermost last.
        partial: Types of other files that have methods here.
    """

    functions: list[Scope]
    partial: dict[str, Scope]

    def statements(self, node: Node, scope: Scope) -> Expr | None:
        """The statements of a block; the value of its last expression.

        A second ``let`` of a name begins a scope of its own: what stands before it meant the
        first.
        """
        value: Expr | None = None
        first = scope
        for child in node.named_children:
            value = None
            if child.type == "let_declaration":
                scope = self.let(child, scope)
            elif child.type == "expression_statement":
                found = self.expr(child, scope)
                # An `if` or a `match` that ends a block is its value, and no statement.
                value = None if child.children[-1].type == ";" else found
            elif child.type in (*ITEMS, *FUNCTIONS, "empty_statement"):
                self.expr(child, scope)
            elif "comment" in child.type:
                self.comment(child, scope)
            else:
                value = self.expr(child, scope)
        return in_scope(value, scope, first)

    def block(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, *self.span(node)[:2])
        value = self.statements(node, inner)
        if value is None:
            return self.plain(node)
        return value if not inner.bindings else in_scope(value, inner, scope) or value

    def let(self, node: Node, scope: Scope) -> Scope:
        """``let``; the scope that what follows is read in."""
        pattern = node.child_by_field_name("pattern")
        value, kind = node.child_by_field_name("value"), node.child_by_field_name("type")
        given = self.expr(value, scope) if value is not None else None
        annotation = self.type(kind, scope) if kind is not None else None
        other = node.child_by_field_name("alternative")
        if other is not None:
            self.expr(other, scope)
        if pattern is None:
            return scope
        inner = scope
        if any(text_of(name) in scope.bindings for name in names_of(pattern)):
            inner = Scope("function", "", scope, *self.span(node)[:2])
        self.destructure(pattern, given, annotation, scope, inner)
        return inner

    def variable(self, node: Node, scope: Scope) -> None:
        """A constant, a static, or a ``let`` that stands where no block is read."""
        if node.type == "let_declaration":
            self.let(node, scope)
            return
        value, kind = node.child_by_field_name("value"), node.child_by_field_name("type")
        given = self.expr(value, scope) if value is not None else None
        annotation = self.type(kind, scope) if kind is not None else None
        binding = Binding("assign" if given is not None else "field", given, scope, annotation)
        name = text_of(node.child_by_field_name("name"))
        if scope.kind == "class":
            scope.attributes.setdefault(name, []).append(binding)
        else:
            scope.bind(name, binding)

    def destructure(
        self, pattern: Node, value: Expr | None, annotation: Expr | None, where: Scope, scope: Scope
    ) -> None:
        """Bind the names of a pattern: each a part of the value, or the value itself."""
        kind: Any = "assign" if value is not None else "field"
        if pattern.type in ("identifier", "shorthand_field_identifier"):
            scope.bind(text_of(pattern), Binding(kind, value, where, annotation))
            return
        inner = [c for c in pattern.named_children if "comment" not in c.type]
        if pattern.type == "tuple_pattern" and value is not None:
            for at, child in enumerate(inner):
                key = Str(*self.span(child), value=str(at))
                part = Item(*self.span(child), value=value, key=key, position=at)
                self.destructure(child, part, None, where, scope)
            return
        if pattern.type == "struct_pattern" and value is not None:
            for child in inner:
                label = child.child_by_field_name("name")
                target = child.child_by_field_name("pattern") or label
                if child.type == "field_pattern" and label is not None and target is not None:
                    member = Attr(*self.span(child), value=value, name=text_of(label))
                    self.destructure(target, member, None, where, scope)
            return
        skipped = pattern.child_by_field_name("type")
        for child in inner:
            if child != skipped and child.type != "mutable_specifier":
                self.destructure(child, value, annotation, where, scope)

    def condition(self, node: Node, scope: Scope) -> Expr:
        """``if let Some(x) = value``."""
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        given = self.expr(value, scope) if value is not None else None
        if pattern is not None:
            self.destructure(pattern, given, None, scope, scope)
        return given if given is not None else self.plain(node)

    def match(self, node: Node, scope: Scope) -> Expr:
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        given = self.expr(value, scope) if value is not None else None
        options: list[Expr] = []
        for arm in body.named_children if body is not None else ():
            if arm.type != "match_arm":
                continue
            inner = Scope("function", "", scope, *self.span(arm)[:2])
            pattern = arm.child_by_field_name("pattern")
            if pattern is not None:
                for child in pattern.named_children:
                    plain = child.type in ("identifier", "scoped_identifier")
                    # `Provider::OpenAi` and `OPEN_AI` are compared with, not bound.
                    if not plain or text_of(child)[:1].islower():
                        self.destructure(child, given, None, scope, inner)
            result = arm.child_by_field_name("value")
            if result is not None:
                found = self.expr(result, inner)
                options.append(in_scope(found, inner, scope) or found)
        parts = (given,) if given is not None else ()
        return Either(*self.span(node), options=tuple(options), parts=parts)

    def loop(self, node: Node, scope: Scope) -> None:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        given = self.expr(value, scope) if value is not None else None
        inner = Scope("function", "", scope, *self.span(node)[:2])
        for part, name in _targets(pattern) if pattern is not None else ():
            inner.bind(text_of(name), Binding("loop", given, scope, part=part))
        body = node.child_by_field_name("body")
        if body is not None:
            self.statements(body, inner)

    def return_(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            value = self.expr(child, scope)
            if self.functions:
                found = in_scope(value, scope, self.functions[-1])
                self.functions[-1].returns.append(found or value)

    # -- what changes ----------------------------------------------------------------

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return self.plain(node)
        value = self.expr(right, scope)
        self.give(self.expr(left, scope), Binding("assign", value, scope))
        return value

    def give(self, target: Expr, binding: Binding) -> None:
        """Give a name, a field or an entry one value more."""
        scope = binding.scope
        if isinstance(target, Name):
            self.holder(target.id, scope).bind(target.id, binding)
            return
        key: Expr
        if isinstance(target, Attr):
            key, owner = Str(*place_of(target), value=target.name), target.value
        elif isinstance(target, Item):
            key, owner = target.key, target.value
        else:
            return
        own = scope.enclosing("class")
        if isinstance(owner, Name) and owner.id == "self" and own is not None:
            own.attributes.setdefault(getattr(target, "name", ""), []).append(binding)
        elif isinstance(owner, Name) and binding.value is not None:
            change = Change(key, binding.value, scope)
            self.holder(owner.id, scope).changes.setdefault(owner.id, []).append(change)

    def holder(self, name: str, scope: Scope) -> Scope:
        """The scope whose name is meant."""
        current: Scope | None = scope
        while current is not None:
            if name in current.bindings and current.kind != "class":
                return current
            current = current.parent
        return scope

    def setter(self, function: Expr, arguments: tuple[Arg, ...], scope: Scope) -> None:
        """``map.insert(k, v)`` sets an entry, ``request.model(m)`` a builder's field."""
        if not isinstance(function, Attr) or not isinstance(function.value, Name):
            return
        given = [argument.value for argument in arguments]
        place = place_of(function)
        if function.name == "insert" and len(given) == 2:
            target: Expr = Item(*place, value=function.value, key=given[0])
        elif len(given) == 1 and function.value.id != "self":
            target = Attr(*place, value=function.value, name=function.name)
        else:
            return
        self.give(target, Binding("assign", given[-1], scope))

    def made(self, kind: Expr, arguments: tuple[Arg, ...], scope: Scope) -> None:
        """A struct of this file was made with these fields."""
        owner = self.type_named(kind.id, scope) if isinstance(kind, Name) else None
        if owner is None:
            return
        for argument in arguments:
            if argument.name:
                binding = Binding("assign", argument.value, scope)
                owner.attributes.setdefault(argument.name, []).append(binding)

    def type_named(self, name: str, scope: Scope) -> Scope | None:
        """The type of this file that has the name."""
        current: Scope | None = scope
        while current is not None:
            for binding in current.bindings.get(name, ()):
                if binding.defined is not None and binding.defined.kind == "class":
                    return binding.defined
            current = current.parent
        return self.partial.get(name)


def in_scope(value: Expr | None, scope: Scope, seen_from: Scope) -> Expr | None:
    """A value whose names stand in an inner scope, as something that the outer one can read."""
    if value is None or scope is seen_from:
        return value
    inner = Scope("function", "", scope, value.start, value.end, returns=[value])
    place = place_of(value)
    return Call(*place, function=Function(*place, scope=inner))


def names_of(pattern: Node) -> list[Node]:
    """The names that a pattern binds."""
    if pattern.type in ("identifier", "shorthand_field_identifier"):
        return [pattern]
    if pattern.type in ("scoped_identifier", "mutable_specifier", "type_identifier"):
        return []
    skipped = pattern.child_by_field_name("type")
    return [
        name for child in pattern.named_children if child != skipped for name in names_of(child)
    ]


def place_of(expr: Expr) -> tuple[int, int, int, int, int]:
    """The place of an expression, as another begins."""
    return expr.start, expr.end, expr.line, expr.end_line, expr.column


def _targets(pattern: Node, part: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Node]]:
    """The names that a loop binds, with the place of each in the element (``for (a, _) in``)."""
    if pattern.type in ("reference_pattern", "ref_pattern") and pattern.named_children:
        yield from _targets(pattern.named_children[-1], part)
    elif pattern.type == "tuple_pattern":
        place = 0
        for child in pattern.children:
            place += child.type == ","
            if child.is_named:
                yield from _targets(child, (*part, place))
    else:
        yield from ((part, name) for name in names_of(pattern))
