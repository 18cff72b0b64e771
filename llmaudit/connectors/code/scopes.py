"""What a name is bound to: scopes, class attributes and changes, before any value is read."""

from __future__ import annotations

from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
    Expr,
    Mapping,
    Name,
    Scope,
    Str,
)


def dotted(expr: Expr) -> str:
    """``a.b.c`` of a chain of names; empty when the chain holds anything else."""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Attr):
        head = dotted(expr.value)
        return f"{head}.{expr.name}" if head else ""
    return ""


def lookup(name: str, scope: Scope) -> tuple[Scope, list[Binding]] | None:
    """The nearest scope that binds a name.

    A class's own names are not seen by its methods, save where the language says so.
    """
    current: Scope | None = scope
    while current is not None:
        if name in current.bindings and (
            current.kind != "class" or current is scope or current.implicit
        ):
            return current, current.bindings[name]
        if current.implicit and name in current.attributes:
            return current, current.attributes[name]
        current = current.parent
    return None


def changes_of(name: str, scope: Scope, holder: Scope) -> list[Change]:
    """Changes of a mapping between a scope and the one that binds its name, outermost first."""
    changes: list[Change] = []
    current: Scope | None = scope
    while current is not None:
        changes = [*current.changes.get(name, ()), *changes]
        if current is holder:
            break
        current = current.parent
    return changes


def class_attribute(
    name: str, scope: Scope, passed: frozenset[int] = frozenset()
) -> tuple[Scope, list[Binding]]:
    """How ``self.name`` gets its value in the enclosing class and its bases in this file."""
    owner = scope.enclosing("class")
    if owner is None:
        return scope, []
    found = [*owner.attributes.get(name, ()), *owner.bindings.get(name, ())]
    if not found and id(owner) not in passed:
        for base in owner.bases:
            bound = lookup(base.id, owner.parent or owner) if isinstance(base, Name) else None
            for binding in bound[1] if bound else ():
                if binding.defined is not None and binding.defined is not owner:
                    return class_attribute(name, binding.defined, passed | {id(owner)})
    return owner, found


def member_of(value: Expr, name: str, scope: Scope) -> list[Binding]:
    """How ``Class.name`` gets its value, for a class of this file."""
    found = lookup(value.id, scope) if isinstance(value, Name) else None
    for binding in found[1] if found else ():
        inner = binding.defined
        if inner is not None and inner.kind == "class":
            members = [*inner.bindings.get(name, ()), *inner.attributes.get(name, ())]
            if members:
                return members
    return []


def follow(expr: Expr, scope: Scope) -> tuple[Expr, Scope]:
    """The expression that a name or an attribute stands for where exactly one is assigned."""
    for _ in range(4):
        bindings: list[Binding] = []
        if isinstance(expr, Name):
            found = lookup(expr.id, scope)
            bindings = found[1] if found else []
        elif isinstance(expr, Attr) and isinstance(expr.value, Name):
            own = expr.value.id in ("self", "cls", "this")
            bindings = (
                class_attribute(expr.name, scope)[1]
                if own
                else member_of(expr.value, expr.name, scope)
            )
        assigned = [b for b in bindings if b.value is not None]
        if len(assigned) != 1 or assigned[0].value is None:
            break
        expr, scope = assigned[0].value, assigned[0].scope
    return expr, scope


def entry_of(holder: Expr, name: str, scope: Scope) -> tuple[list[Expr], Scope]:
    """What a mapping literal holds under a name; under any where the name is empty."""
    mapping, where = follow(holder, scope)
    if not isinstance(mapping, Mapping):
        return [], where
    return [
        entry.value
        for entry in mapping.entries
        if entry.key is not None
        and (not name or (isinstance(entry.key, Str) and entry.key.value == name))
    ], where


def function_of(expr: Call, scope: Scope) -> Scope | None:
    """The function of this file that a call runs, by its name or as a method of its class."""
    bindings: list[Binding] = []
    if isinstance(expr.function, Name):
        found = lookup(expr.function.id, scope)
        bindings = found[1] if found else []
    elif (
        isinstance(expr.function, Attr)
        and isinstance(expr.function.value, Name)
        and expr.function.value.id in ("self", "cls", "this")
    ):
        bindings = class_attribute(expr.function.name, scope)[1]
    for binding in bindings:
        if binding.defined is not None and binding.defined.kind == "function":
            return binding.defined
    return None
