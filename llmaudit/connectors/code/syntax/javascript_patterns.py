"""What JavaScript and TypeScript bind names to: patterns, parameters, assignments."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmaudit.connectors.code.syntax.javascript_expressions import Expressions
from llmaudit.connectors.code.syntax.nodes import span_of, text_of
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Change,
    Either,
    Expr,
    Item,
    Scope,
    Sequence,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = ("identifier", "shorthand_property_identifier_pattern")


@dataclass(frozen=True, slots=True)
class Bound:
    """How the names of a pattern are bound.

    Attributes:
        home: The scope they are bound in; None where it is the nearest one that has the name.
        scope: Where values are looked up.
        kind: For a parameter the value is only its default.
    """

    home: Scope | None
    scope: Scope
    kind: Literal["assign", "parameter"] = "assign"


class Patterns(Expressions):
    """Binds names, the value followed into each place of a pattern."""

    @abstractmethod
    def declared(self, node: Node | None, scope: Scope) -> Expr | None:
        """Read a type annotation."""

    def bind(self, target: Node, value: Expr | None, note: Node | None, how: Bound) -> None:
        """Bind every name of a pattern, or change what a member stands for."""
        kind = target.type
        if kind in _NAMES:
            self.bind_name(text_of(target), value, self.declared(note, how.scope), how)
        elif kind == "object_pattern":
            self.bind_object(target, value, note, how)
        elif kind == "array_pattern":
            self.bind_array(target, value, how)
        elif kind in ("assignment_pattern", "object_assignment_pattern"):
            left, right = target.child_by_field_name("left"), target.child_by_field_name("right")
            if left is not None and right is not None:
                default = self.expr(right, how.scope)
                if value is not None and how.kind == "assign":
                    default = Either(*span_of(target), options=(value, default), fallback=True)
                self.bind(left, default, note, how)
        elif kind == "rest_pattern" and target.named_children:
            # What is left over of a mapping may hold whatever it held.
            self.bind(target.named_children[0], value, None, how)
        elif kind == "member_expression" and value is not None:
            self.bind_member(target, value, self.declared(note, how.scope), how.scope)
        elif kind == "subscript_expression" and value is not None:
            holder, key = target.child_by_field_name("object"), target.child_by_field_name("index")
            if holder is not None and key is not None:
                change = Change(self.expr(key, how.scope), value, how.scope)
                self.change(text_of(holder), change, how.scope)

    def bind_name(self, name: str, value: Expr | None, note: Expr | None, how: Bound) -> None:
        kind: Literal["assign", "parameter", "field"] = how.kind
        if kind == "assign" and value is None:
            kind = "field"
        home = how.home or _binder(name, how.scope)
        home.bind(name, Binding(kind, value, how.scope, note))

    def bind_object(self, node: Node, value: Expr | None, note: Node | None, how: Bound) -> None:
        for child in node.named_children:
            if child.type == "rest_pattern":
                self.bind(child, value, None, how)
                continue
            key = child.child_by_field_name("key") or child.child_by_field_name("left") or child
            name = text_of(key).strip("'\"")
            inner = child.child_by_field_name("value") or child
            picked = value and Attr(*span_of(child), value=value, name=name)
            if inner.type in (*_NAMES, "object_pattern", "array_pattern") or inner.type.endswith(
                "assignment_pattern"
            ):
                self.bind(inner, picked, _property_type(note, name), how)

    def bind_array(self, node: Node, value: Expr | None, how: Bound) -> None:
        for position, child in enumerate(_places(node)):
            if child is None:
                continue
            if isinstance(value, Sequence) and position < len(value.items):
                picked: Expr | None = value.items[position]
            else:
                picked = value and Item(*span_of(child), value=value, position=position)
            self.bind(child, picked, None, how)

    def bind_member(self, node: Node, value: Expr, note: Expr | None, scope: Scope) -> None:
        holder, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if holder is None or name is None:
            return
        owner = scope.enclosing("class")
        if holder.type == "this" and owner is not None:
            binding = Binding("assign", value, scope, note)
            owner.attributes.setdefault(text_of(name), []).append(binding)
            return
        field = Str(*span_of(node), value=text_of(name).lstrip("#"))
        self.change(text_of(holder), Change(field, value, scope), scope)

    def change(self, holder: str, change: Change, scope: Scope) -> None:
        """Keep a change with the scope that binds what is changed, if this function does."""
        home = _function(scope)
        head = holder.partition(".")[0]
        owner = scope.enclosing("class")
        if head == "this" and owner is not None:
            home = owner
        binder: Scope | None = scope
        while binder is not None and head not in binder.bindings:
            binder = binder.parent
        if binder is not None and _function(binder) is home:
            home = binder
        home.changes.setdefault(holder, []).append(change)

    def parameter(self, node: Node, scope: Scope, place: int) -> None:
        """Bind one parameter of a function; its default is read outside."""
        outer = scope.parent or scope
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        note = node.child_by_field_name("type")
        default = self.expr(value, outer) if value is not None else None
        if pattern.type == "rest_pattern":
            default = None
        self.bind(pattern, default, note, Bound(scope, outer, "parameter"))
        scope.parameters.update({n: (place, key) for n, key in _taken(pattern)})
        owner = scope.enclosing("class")
        modifiers = {child.type for child in node.children}
        if owner is not None and modifiers & {"accessibility_modifier", "readonly"}:
            # A TypeScript parameter property is an attribute of its class.
            name = text_of(pattern)
            owner.attributes.setdefault(name, []).extend(scope.bindings.get(name, ())[-1:])


def _taken(pattern: Node) -> list[tuple[str, str]]:
    """Names that a parameter binds, each with the key it is taken out from under."""
    if pattern.type == "identifier":
        return [(text_of(pattern), "")]
    taken: list[tuple[str, str]] = []
    for child in pattern.named_children if pattern.type == "object_pattern" else ():
        key = child.child_by_field_name("key") or child.child_by_field_name("left") or child
        inner = child.child_by_field_name("value") or key
        inner = inner.child_by_field_name("left") or inner
        if inner.type in _NAMES:
            taken.append((text_of(inner), text_of(key)))
    return taken


def home_of(node: Node, scope: Scope) -> Scope:
    """Where a declaration binds: `var` in its function, `let` and `const` in their block."""
    lexical = node.parent is None or node.parent.type != "variable_declaration"
    return scope if lexical else _function(scope)


def _function(scope: Scope) -> Scope:
    while scope.kind == "block" and scope.parent is not None:
        scope = scope.parent
    return scope


def _binder(name: str, scope: Scope) -> Scope:
    """The nearest scope that has a name; the module where none does."""
    current: Scope | None = scope
    outermost = scope
    while current is not None:
        if name in current.bindings and current.kind != "class":
            return current
        outermost, current = current, current.parent
    return outermost


def _places(node: Node) -> list[Node | None]:
    """The elements of an array pattern; None for one that is passed over."""
    places: list[Node | None] = []
    waiting: Node | None = None
    for child in node.children[1:]:
        if child.type in (",", "]"):
            places.append(waiting)
            waiting = None
        elif child.is_named and child.type != "comment":
            waiting = child
    return places


def _property_type(note: Node | None, name: str) -> Node | None:
    """The type that an object type written out gives a property."""
    if note is None:
        return None
    inner = note.named_children[0] if note.type == "type_annotation" else note
    for child in inner.named_children if inner.type == "object_type" else ():
        if text_of(child.child_by_field_name("name")) == name:
            return child.child_by_field_name("type")
    return None
