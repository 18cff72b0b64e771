"""What names, fields and entries of a Go file are given, and which structs they hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.go_expressions import Expressions
from llmaudit.connectors.code.syntax.nodes import text_of
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Binding,
    Call,
    Change,
    Either,
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


_FLAG_PARTS = 3
_SETTER = re.compile(r"Set[A-Z]")


class Bindings(Expressions):
    """Knows the structs that the file declares, and gives names their values.

    Attributes:
        receiver: The name a method gives the struct it belongs to.
        embedded: Per struct, the fields that hold a type embedded from another package.
        json_names: Per struct and field, the name it has as JSON where that is another.
    """

    receiver: str
    embedded: dict[int, list[str]]
    json_names: dict[tuple[int, str], str]

    def named(self, text: str) -> str:
        """The name as the tree knows it: a method's receiver is ``self``."""
        return "self" if text and text == self.receiver else text

    def made(self, kind: Expr, arguments: tuple[Arg, ...], scope: Scope) -> tuple[Arg, ...]:
        """A struct of this file was made with these fields; they go by their JSON names too."""
        owner = self.struct_named(kind, scope)
        if owner is None:
            return arguments
        named: list[Arg] = []
        for argument in arguments:
            binding = Binding("assign", argument.value, scope)
            owner.attributes.setdefault(argument.name or "", []).append(binding)
            other = self.json_names.get((id(owner), argument.name or ""))
            named += [replace(argument, name=other)] if other else []
        return (*arguments, *named)

    def promoted(self, holder: Expr, name: str, scope: Scope) -> Expr:
        """What holds a member: the struct itself, or a type embedded in it."""
        owner = self.struct_of(holder, scope)
        if owner is None or name in owner.attributes:
            return holder
        found = [
            Attr(*span(holder), value=holder, name=field)
            for field in self.embedded.get(id(owner), ())
        ]
        if len(found) > 1:
            return Either(*span(holder), options=tuple(found))
        return found[0] if found else holder

    def struct_of(self, expr: Expr, scope: Scope) -> Scope | None:
        """The struct of this file that a name holds."""
        if not isinstance(expr, Name):
            return None
        if expr.id == "self" and self.receiver:
            return scope.enclosing("class")
        current: Scope | None = scope
        while current is not None:
            for binding in current.bindings.get(expr.id, ()):
                made = binding.value
                kind = made.function if isinstance(made, Call) and made.new else binding.annotation
                if kind is not None:
                    return self.struct_named(kind, scope)
            current = current.parent
        return None

    def struct_named(self, kind: Expr, scope: Scope) -> Scope | None:
        """The struct of this file that a type names."""
        current: Scope | None = scope
        while current is not None and isinstance(kind, Name):
            for binding in current.bindings.get(kind.id, ()):
                if binding.defined is not None and binding.defined.kind == "class":
                    return binding.defined
            current = current.parent
        return None

    # -- names -----------------------------------------------------------------------

    def appended(self, target: Node, value: Expr, scope: Scope) -> bool:
        """``xs = append(xs, a)`` adds to a list."""
        if not isinstance(value, Call) or not value.arguments or target.type != "identifier":
            return False
        name, first = self.named(text_of(target)), value.arguments[0].value
        if not isinstance(value.function, Name) or value.function.id != "append":
            return False
        if not isinstance(first, Name) or first.id != name:
            return False
        rest = value.arguments[1:]
        added: Expr = Sequence(*span(value), items=tuple(argument.value for argument in rest))
        if len(rest) == 1 and rest[0].spread:
            added = rest[0].value
        holder = self.holder(name, scope, declares=False)
        holder.changes.setdefault(name, []).append(Change(None, added, scope))
        return True

    def bind(
        self, targets: list[Node], values: list[Expr], scope: Scope,
        annotation: Expr | None = None, *, declares: bool = False,
    ) -> None:  # fmt: skip
        """Give names their values: one each, or the first of them what a call returns."""
        for position, target in enumerate(targets):
            value = values[position] if position < len(values) else None
            kind: Any = "assign" if value is not None else "field"
            binding = Binding(kind, value, scope, annotation)
            if target.type == "identifier":
                self.holder(text_of(target), scope, declares=declares).bind(
                    self.named(text_of(target)), binding
                )
            elif value is not None:
                self.change(self.expr(target, scope), binding)

    def give(self, target: Expr, binding: Binding) -> None:
        """Give a name, a field or an entry one value more."""
        if isinstance(target, Name):
            self.holder(target.id, binding.scope, declares=False).bind(target.id, binding)
        else:
            self.change(target, binding)

    def holder(self, name: str, scope: Scope, *, declares: bool) -> Scope:
        """The scope whose name an assignment means."""
        current: Scope | None = None if declares else scope
        while current is not None:
            if name in current.bindings and current.kind != "class":
                return current
            current = current.parent
        return scope

    def change(self, target: Expr, binding: Binding) -> None:
        """``s.client = v`` sets a field, ``m["k"] = v`` an entry, at any depth."""
        path: list[Expr] = []
        while not isinstance(target, Name):
            if isinstance(target, Attr):
                path.insert(0, Str(*span(target), value=target.name))
                target = target.value
            elif isinstance(target, Item):
                path.insert(0, target.key)
                target = target.value
            else:
                return
        if not path or binding.value is None:
            return
        first, scope = path[0], binding.scope
        value = _under(path[1:], binding.value)
        owner = self.struct_of(target, scope)
        if owner is not None and isinstance(first, Str) and first.value:
            if len(path) == 1:
                owner.attributes.setdefault(first.value, []).append(binding)
            elif target.id == "self":
                below = _under(path[2:], binding.value)
                held = Change(path[1], below, scope, inside=len(path) > 2)
                owner.changes.setdefault(f"self.{first.value}", []).append(held)
        keys = [first]
        if owner is not None and isinstance(first, Str):
            other = self.json_names.get((id(owner), first.value or ""))
            keys += [Str(*span(first), value=other)] if other else []
        holder = self.holder(target.id, scope, declares=False)
        for key in keys:
            change = Change(key, value, scope, inside=len(path) > 1)
            holder.changes.setdefault(target.id, []).append(change)

    def setter(self, function: Expr, arguments: tuple[Arg, ...], scope: Scope) -> None:
        """``req.Header.Set("k", v)`` sets an entry, ``req.SetBody(v)`` a field.

        ``flags.StringVar(&m, "model", "x", "")`` gives a variable what ``flag.String`` gives.
        """
        if not isinstance(function, Attr):
            return
        given = [argument.value for argument in arguments]
        if function.name in ("StringVar", "StringVarP") and len(given) > _FLAG_PARTS:
            place = span(function)
            flag = Attr(*place, value=Name(*place, id="flag"), name="String")
            shown = (arguments[1], arguments[-2])
            made = Call(*place, function=flag, arguments=shown)
            self.give(given[0], Binding("assign", made, scope))
            return
        target: Expr
        if function.name in ("Set", "Add") and len(given) == 2:
            target = Item(*span(function), value=function.value, key=given[0])
        elif _SETTER.match(function.name) and len(given) == 1:
            name = function.name[3].lower() + function.name[4:]
            target = Attr(*span(function), value=function.value, name=name)
        else:
            return
        self.change(target, Binding("assign", given[-1], scope))


def children_of(node: Node | None) -> list[Node]:
    """The parts of a node, without the comments among them."""
    return [] if node is None else [c for c in node.named_children if c.type != "comment"]


def _under(path: list[Expr], value: Expr) -> Expr:
    """A value as it stands in mappings under a path of keys."""
    for key in reversed(path):
        entry = Entry(key, value, value.start, value.end)
        value = Mapping(*span(value), entries=(entry,))
    return value


def span(expr: Expr) -> tuple[int, int, int, int, int]:
    """The place of an expression, as another begins."""
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
