"""What a name is bound to: scopes, class attributes and changes, before any value is read."""

from __future__ import annotations

from dataclasses import replace

from llmaudit.connectors.code.reaching import reaching
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
    Const,
    Either,
    Expr,
    Function,
    Mapping,
    Name,
    Placed,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

_CONSTRUCTORS = ("__init__", "constructor", "init", "initialize", "__construct")
_CALLERS = 20
_RUN = ("to_thread", "run_in_executor", "submit", "run_in_threadpool", "partial")


def dotted(expr: Expr) -> str:
    """``a.b.c`` of a chain of names; empty when the chain holds anything else."""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Attr):
        head = dotted(expr.value)
        return f"{head}.{expr.name}" if head else ""
    return ""


def bound(use: Name, scope: Scope) -> tuple[Scope, list[Binding]] | None:
    """The nearest scope that binds a name, and the bindings that reach where it is used."""
    found = lookup(use.id, scope)
    if found is None:
        return None
    return found[0], reaching(found[1], use, scope, found[0])


def lookup(name: str, scope: Scope) -> tuple[Scope, list[Binding]] | None:
    """The nearest scope that binds a name.

    A class's own names are not seen by its methods, save where the language says so.
    """
    current: Scope | None = scope
    while current is not None:
        if name in current.imported:
            # An import of its own stands before what the file calls by the same name.
            return None
        if (
            name in current.bindings
            and (current.kind != "class" or current is scope or current.implicit)
            and not _stands_in(name, current)
        ):
            return current, current.bindings[name]
        if current.implicit and name in current.attributes:
            return current, current.attributes[name]
        for base in _line(current)[1:] if current.implicit and current.bases else ():
            # An inherited member, which such a language sees by its bare name too.
            if name in base.attributes or name in base.bindings:
                return base, base.attributes.get(name) or base.bindings[name]
        if current.parent is None and current.tree is not None and current.tree.linked is not None:
            return current.tree.linked(name)
        current = current.parent
    return None


def _stands_in(name: str, module: Scope) -> bool:
    """Whether a module only says that a name is nothing until it is imported.

    ``openai = None`` before ``try: import openai``.
    """
    tree = module.tree
    if tree is None or tree.language != "python":
        return False
    values = [binding.value for binding in module.bindings[name]]
    empty = all(isinstance(value, Const) and value.blank for value in values)
    return empty and any(entry.local == name for entry in tree.imports)


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


def class_attribute(name: str, scope: Scope) -> tuple[Scope, list[Binding]]:
    """How ``self.name`` gets its value in the enclosing class and its relatives in this file."""
    owner = scope.enclosing("class")
    return (scope, []) if owner is None else attribute_of(owner, name)


def attribute_of(owner: Scope, name: str) -> tuple[Scope, list[Binding]]:
    """How an object's attribute gets its value: in its class, its bases, else what derives."""
    for candidate in (*_line(owner), *_derived(owner)):
        found = [*candidate.attributes.get(name, ()), *candidate.bindings.get(name, ())]
        if found:
            return candidate, found
    return owner, []


def _line(owner: Scope) -> list[Scope]:
    """A class and its bases in this file, nearest first."""
    line = [owner]
    known = {id(owner)}
    for current in line:
        for base in current.bases:
            known_as = (
                lookup(base.id, current.parent or current) if isinstance(base, Name) else None
            )
            for binding in known_as[1] if known_as else ():
                if binding.defined is not None and id(binding.defined) not in known:
                    known.add(id(binding.defined))
                    line.append(binding.defined)
    return line


def _derived(owner: Scope) -> list[Scope]:
    """Classes beside it in this file that derive from it: they fill in what it leaves open."""
    beside = owner.parent.bindings.values() if owner.parent is not None else ()
    return [
        binding.defined
        for bindings in beside
        for binding in bindings
        if binding.defined is not None
        and binding.defined is not owner
        and binding.defined.kind == "class"
        and any(isinstance(base, Name) and base.id == owner.name for base in binding.defined.bases)
    ]


def made_by(expr: Expr, scope: Scope, depth: int = 4) -> tuple[list[Scope], Call | None]:
    """Classes of this file that an expression may be an object of, and how one is made."""
    if depth <= 0:
        return [], None
    if isinstance(expr, Placed):
        return made_by(expr.value, expr.scope or scope, depth)
    if isinstance(expr, Call):
        found = bound(expr.function, scope) if isinstance(expr.function, Name) else None
        for binding in found[1] if found else ():
            if binding.defined is not None and binding.defined.kind == "class":
                return [binding.defined], expr
        defined = function_of(expr, scope)
        for value in defined.returns if defined is not None else ():
            made, how = made_by(value, defined or scope, depth - 1)
            if made:
                return made, how
        return [], None
    bindings: list[Binding] = []
    if isinstance(expr, Name):
        found = bound(expr, scope)
        bindings = found[1] if found else []
    elif isinstance(expr, Attr) and isinstance(expr.value, Name):
        own = expr.value.id in ("self", "cls", "this")
        bindings = class_attribute(expr.name, scope)[1] if own else []
    elif isinstance(expr, Either):
        bindings = [Binding("assign", option, scope) for option in expr.options]
    for binding in bindings:
        if binding.value is not None and binding.value is not expr:
            made, how = made_by(binding.value, binding.scope, depth - 1)
            if made:
                return made, how
        if isinstance(binding.annotation, Name):
            declared = lookup(binding.annotation.id, binding.scope)
            made = [b.defined for b in (declared[1] if declared else ()) if b.defined is not None]
            if made and made[0].kind == "class":
                return made, None
    return [], None


def attribute_change(holder: Expr, scope: Scope) -> list[Change]:
    """Changes of the mapping that a chain of names stands for."""
    chain = dotted(holder)
    head = chain.partition(".")[0]
    if head in ("self", "cls", "this"):
        owner = scope.enclosing("class")
        return owner.changes.get(chain, []) if owner is not None else []
    outermost = scope
    while outermost.parent is not None and head not in outermost.bindings:
        outermost = outermost.parent
    return changes_of(chain, scope, outermost) if chain else []


def member_of(value: Expr, name: str, scope: Scope) -> list[Binding]:
    """How ``Class.name`` or ``module.name`` gets its value."""
    found = lookup(value.id, scope) if isinstance(value, Name) else None
    for binding in found[1] if found else ():
        inner = binding.defined
        named = binding.value
        if inner is None and isinstance(named, Name) and named.id != dotted(value):
            # `Config = Settings`: another name of a class.
            same = lookup(named.id, binding.scope)
            inner = next((b.defined for b in (same[1] if same else ()) if b.defined), None)
        if inner is not None and inner.kind != "function":
            members = [*inner.bindings.get(name, ()), *inner.attributes.get(name, ())]
            for base in _line(inner)[1:] if not members and inner.kind == "class" else ():
                members = members or [*base.bindings.get(name, ()), *base.attributes.get(name, ())]
            if not members and inner.tree is not None and inner.tree.linked is not None:
                # What a module passes on from another one.
                passed = inner.tree.linked(name)
                members = passed[1] if passed is not None else []
            if members:
                return members
    return []


def follow(expr: Expr, scope: Scope) -> tuple[Expr, Scope]:
    """The expression that a name or an attribute stands for where exactly one is assigned."""
    for _ in range(4):
        bindings: list[Binding] = []
        if isinstance(expr, Name):
            found = bound(expr, scope)
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


def is_own_method(call: Call, scope: Scope) -> bool:
    """Whether a class of this file defines the method that is called on its object."""
    function = call.function
    if not isinstance(function, Attr):
        return False
    if isinstance(function.value, Name) and function.value.id in ("self", "cls", "this"):
        bindings = class_attribute(function.name, scope)[1]
    else:
        owners, _ = made_by(function.value, scope)
        bindings = [b for owner in owners for b in attribute_of(owner, function.name)[1]]
    return any(b.defined is not None and b.defined.kind == "function" for b in bindings)


def elements_of(expr: Expr, scope: Scope, depth: int = 4) -> list[tuple[Expr, Scope]] | None:
    """What a list of this file holds, also what is added to it; None where that is not all."""
    if isinstance(expr, Sequence):
        return [(item, scope) for item in expr.items]
    bindings: list[Binding] = []
    if isinstance(expr, Name):
        found = bound(expr, scope)
        bindings = found[1] if found else []
    elif isinstance(expr, Attr) and isinstance(expr.value, Name):
        own = expr.value.id in ("self", "cls", "this")
        bindings = class_attribute(expr.name, scope)[1] if own else []
        bindings = [b for b in bindings if b.kind != "field"]
    elif isinstance(expr, Call):
        made = function_of(expr, scope)
        bindings = [Binding("assign", one, made) for one in made.returns] if made else []
    parts: list[tuple[Expr, Scope]] = [
        (b.value, b.scope) for b in bindings if b.kind == "assign" and b.value is not None
    ]
    if depth <= 0 or not parts or len(parts) < len(bindings):
        return None
    parts += [(c.value, c.scope) for c in attribute_change(expr, scope) if c.key is None]
    held = [elements_of(one, where, depth - 1) for one, where in parts]
    if any(elements is None for elements in held):
        return None
    return [pair for elements in held if elements for pair in elements]


def handed(name: str, owner: Scope, tree: SourceTree) -> list[tuple[Expr, Scope, str]]:
    """What this file's callers give a function's parameter, and the key it is taken out of."""
    called = owner.name
    if called in _CONSTRUCTORS and owner.parent is not None:
        called = owner.parent.name
    names = [n for n, held in owner.bindings.items() if held[0].kind == "parameter"]
    names = [n for n in names if n not in ("self", "cls")]
    if not called or name not in names:
        return []
    place, key = owner.parameters.get(name, (names.index(name), ""))
    found: list[tuple[Expr, Scope, str]] = []
    calls = [*tree.callers_of(called)[:_CALLERS], *_run_by_others(called, tree)]
    for call, scope in calls:
        label = owner.labels.get(name, name)
        by_name = next((a.value for a in call.arguments if a.name == label), None)
        given = [a.value for a in call.arguments if not a.name and not a.spread]
        value = by_name or (given[place] if place < len(given) else None)
        if value is not None and scope is not owner:
            found.append((value, scope, key))
    return found


def _run_by_others(called: str, tree: SourceTree) -> list[tuple[Call, Scope]]:
    """Calls of a function that another one makes: ``asyncio.to_thread(function, argument)``."""
    found: list[tuple[Call, Scope]] = []
    for runner in _RUN:
        for call, scope in tree.callers_of(runner)[:_CALLERS]:
            for place, argument in enumerate(call.arguments):
                if dotted(argument.value).rpartition(".")[2] == called and not argument.name:
                    rest = call.arguments[place + 1 :]
                    found.append((replace(call, function=argument.value, arguments=rest), scope))
    return found


def shared(holder: Expr, name: str, tree: SourceTree) -> list[Binding]:
    """What a shared object is given under a name anywhere in the file (``app.state.client = x``).

    It goes by several names (``request.app.state``): the last of them must be the same.
    """
    last = _last_part(holder)
    return [b for other, b in tree.held.get(name, ()) if last and _last_part(other) == last]


def _last_part(expr: Expr) -> str:
    return expr.name if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def filled_in(holder: Expr, name: str, scope: Scope) -> list[Change]:
    """What a mapping is given later under a name; under any where the name is empty."""
    return [
        change
        for change in attribute_change(holder, scope)
        if change.key is not None and _is_named(change.key, name)
    ]


def _is_named(key: Expr, name: str) -> bool:
    """Whether a key may be that name: it is, or cannot be read."""
    return not name or not isinstance(key, Str) or key.value in (name, None)


def function_of(expr: Call, scope: Scope) -> Scope | None:
    """The function of this file that a call runs, by its name or as a method of its class."""
    bindings: list[Binding] = []
    if isinstance(expr.function, Name):
        found = bound(expr.function, scope)
        bindings = found[1] if found else []
    elif (
        isinstance(expr.function, Attr)
        and isinstance(expr.function.value, Name)
        and expr.function.value.id in ("self", "cls", "this")
    ):
        bindings = class_attribute(expr.function.name, scope)[1]
    elif isinstance(expr.function, Attr):
        bindings = member_of(expr.function.value, expr.function.name, scope)
    elif isinstance(expr.function, Function):
        return expr.function.scope
    for binding in bindings:
        if binding.defined is not None and binding.defined.kind == "function":
            return binding.defined
    return None
