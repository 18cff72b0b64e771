"""How many places stand behind a wrapper: the calls of the function that sends a request."""

from __future__ import annotations

from llmaudit.connectors.code.link import Project
from llmaudit.connectors.code.scopes import (
    attribute_of,
    class_attribute,
    lookup,
    made_by,
    member_of,
)
from llmaudit.connectors.code.syntax.tree import Attr, Binding, Call, Name, Scope, SourceTree

# A module that more files than this import is too common for its callers to be counted.
_IMPORTERS = 150
_SELF = ("self", "cls", "this")


def callers_of(scope: Scope, tree: SourceTree, project: Project) -> int | None:
    """Calls of the named function around a scope, in its file and in those that import it.

    Returns:
        Their number as far as names lead to the function; None outside of any function, and
        where too many files import its module.
    """
    function = scope.enclosing("function")
    while function is not None and not function.name:
        function = function.parent.enclosing("function") if function.parent is not None else None
    if function is None:
        return None
    importers = project.importers_of(tree.path)
    if len(importers) > _IMPORTERS:
        return None
    count = _sites(function, tree)
    for path in importers:
        other = project.tree(path)
        if other is not None:
            count += _sites(function, other)
    return count


def _sites(function: Scope, tree: SourceTree) -> int:
    names = {function.name}
    if function.name in ("__init__", "__call__", "constructor") and function.parent is not None:
        names.add(function.parent.name)
    return sum(
        _means(call, scope, function)
        for name in names
        for call, scope in tree.callers_of(name)
        if not _inside(scope, function)
    )


def _inside(scope: Scope, function: Scope) -> bool:
    """Whether a scope lies in the function itself: a function that calls itself is no caller."""
    at: Scope | None = scope
    while at is not None:
        if at is function:
            return True
        at = at.parent
    return False


def _means(call: Call, scope: Scope, function: Scope) -> bool:
    called = call.function
    bindings: list[Binding] = []
    if isinstance(called, Name):
        found = lookup(called.id, scope)
        bindings = found[1] if found else []
    elif isinstance(called, Attr) and isinstance(called.value, Name) and called.value.id in _SELF:
        bindings = class_attribute(called.name, scope)[1]
    elif isinstance(called, Attr):
        owners, _ = made_by(called.value, scope)
        bindings = [b for owner in owners for b in attribute_of(owner, called.name)[1]]
        bindings = bindings or member_of(called.value, called.name, scope)
    wanted = (_path(function), function.start)
    return any(
        binding.defined is not None and (_path(binding.defined), binding.defined.start) == wanted
        for binding in bindings
    )


def _path(scope: Scope) -> str:
    home = scope.home()
    return home.path if home is not None else ""
