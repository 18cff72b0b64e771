"""Where an object comes from: which SDK's construction, module or annotated parameter.

The rules find the shape of a call; this says whose client it is made on, as far as one file
shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmaudit.connectors.code.scopes import (
    class_attribute,
    dotted,
    entry_of,
    lookup,
    member_of,
)
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Either,
    Expr,
    Function,
    Item,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

_DEPTH = 14
# Languages whose modules are paths, so that a name is told apart from them by a colon.
_PATHS = ("javascript", "go")


@dataclass(frozen=True, slots=True)
class Origin:
    """One place an object may come from.

    Attributes:
        kind: ``call`` (a construction or a function's result), ``module`` (the import
            itself), ``annotation`` (a declared type), ``local`` (a class of this file that
            derives from nothing imported) or ``open`` (a parameter, an unknown name).
        qualified: ``module.name`` of what is called, imported or declared; empty if open.
        call: The construction, and the scope it stands in.
    """

    kind: Literal["call", "module", "annotation", "local", "open"]
    qualified: str = ""
    call: Call | None = None
    scope: Scope | None = None


OPEN = Origin("open")


def qualify(expr: Expr, tree: SourceTree) -> str:
    """``openai.OpenAI`` for what a chain of names means by the file's imports; else empty."""
    chain = dotted(expr)
    if not chain:
        return ""
    head, _, rest = chain.partition(".")
    for entry in tree.imports:
        if entry.local == head:
            if entry.name and tree.language not in _PATHS:
                base = f"{entry.module}.{entry.name}"
            elif entry.name:
                base = f"{entry.module}:{entry.name}"
            elif tree.language not in _PATHS:
                # `import a.b` binds `a`; `import a.b as c` binds the whole.
                base = entry.local if entry.module.split(".")[0] == head else entry.module
            elif tree.language == "go":
                return f"{entry.module}:{rest}" if rest else entry.module
            else:
                base = f"{entry.module}:*"
            return f"{base}.{rest}" if rest else base
    if head[:1].isupper() or tree.language == "python":
        wide = [entry.module for entry in tree.imports if entry.local == "*"]
        if wide and head not in tree.module.bindings:
            # One of these modules brings the name; the catalogue tells which are an SDK's.
            return f"{'|'.join(dict.fromkeys(wide))}:{chain}"
    return ""


def modules_of(qualified: str) -> list[str]:
    """The modules a qualified name may belong to, for the catalogue (a dotted name stays whole)."""
    return qualified.partition(":")[0].split("|")


def module_of(qualified: str) -> str:
    """The module part of a qualified name, for the catalogue (Python's stays dotted)."""
    return qualified.partition(":")[0]


def last_name(qualified: str) -> str:
    """The class or function at the end of a qualified name."""
    return qualified.replace(":", ".").rsplit(".", 1)[-1]


def origins_of(
    expr: Expr, scope: Scope, tree: SourceTree, depth: int = _DEPTH
) -> tuple[Origin, ...]:
    """Every origin of an expression's object, in the order they are met, without repeats."""
    found: dict[Origin | int, Origin] = {}
    for origin in _origins(expr, scope, tree, depth, frozenset()):
        found.setdefault(id(origin.call) if origin.call is not None else origin, origin)
    return tuple(found.values())


def _origins(
    expr: Expr, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    if depth <= 0 or id(expr) in seen or not tree.step():
        return []
    seen = seen | {id(expr)}
    if isinstance(expr, Call):
        return _from_call(expr, scope, tree, depth, seen)
    if isinstance(expr, Name):
        return _from_name(expr, scope, tree, depth, seen)
    if isinstance(expr, Attr):
        return _from_attribute(expr, scope, tree, depth, seen)
    if isinstance(expr, Str):
        return []
    if isinstance(expr, Item):
        key = expr.key.value if isinstance(expr.key, Str) else None
        held, where = entry_of(expr.value, key or "", scope)
        if held:
            return [o for one in held for o in _origins(one, where, tree, depth - 1, seen)]
        return _origins(expr.value, scope, tree, depth - 1, seen)
    parts: tuple[Expr, ...] = expr.parts
    if isinstance(expr, Either):
        parts = expr.options
    elif isinstance(expr, Sequence):
        parts = expr.items
    elif isinstance(expr, Function):
        parts = ()
    return [o for part in parts for o in _origins(part, scope, tree, depth - 1, seen)]


def _from_call(
    expr: Call, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    qualified = qualify(expr.function, tree)
    if qualified and not _shadowed(expr.function, scope):
        found_here = [Origin("call", qualified, expr, scope)]
        if last_name(qualified) in ("RunnableParallel", "RunnableMap"):
            for argument in expr.arguments:
                found_here += _origins(argument.value, scope, tree, depth - 1, seen)
        return found_here
    if isinstance(expr.function, Name):
        found = lookup(expr.function.id, scope)
        for binding in found[1] if found else ():
            if binding.defined is not None:
                return _from_definition(binding.defined, expr, scope, tree, depth, seen)
        if found:
            return _from_bindings(found[1], tree, depth, seen)
    if isinstance(expr.function, Attr):
        if isinstance(expr.function.value, Name) and expr.function.value.id in ("self", "this"):
            _, bindings = class_attribute(expr.function.name, scope)
            made = [
                origin
                for binding in bindings
                if binding.defined is not None
                for origin in _from_definition(binding.defined, expr, scope, tree, depth, seen)
            ]
            if made:
                return made
        # `client.with_options(...)`, `prompt.pipe(model)`, `model.bind_tools(...)`.
        found_in = _origins(expr.function.value, scope, tree, depth - 1, seen)
        # What the method returns may be the thing a rule knows (`getGenerativeModel(...)`), so
        # the step stands before the construction it starts from.
        steps = {o.qualified: None for o in found_in if o.kind != "open" and o.qualified}
        found_in = [*(Origin("call", name, expr, scope) for name in steps), *found_in]
        if expr.function.name in ("pipe", "bind", "assign", "with_fallbacks"):
            for argument in expr.arguments:
                found_in += _origins(argument.value, scope, tree, depth - 1, seen)
        return found_in or [OPEN]
    return [OPEN]


def _from_definition(
    defined: Scope, call: Call, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """What calling a function or class of this file gives."""
    if depth <= 0:
        return [OPEN]
    if defined.kind == "function":
        made = [
            origin
            for value in defined.returns
            for origin in _origins(value, defined, tree, depth - 2, seen)
        ]
        return made or [OPEN]
    for base in defined.bases:
        qualified = qualify(base, tree)
        if qualified:
            return [Origin("call", qualified, call, scope)]
        if isinstance(base, Name):
            found = lookup(base.id, defined.parent or defined)
            for binding in found[1] if found else ():
                if binding.defined is not None and binding.defined is not defined:
                    return _from_definition(binding.defined, call, scope, tree, depth - 2, seen)
    return [Origin("local", defined.name)]


def _from_name(
    expr: Name, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    found = lookup(expr.id, scope)
    if found is not None:
        return _from_bindings(found[1], tree, depth, seen)
    qualified = qualify(expr, tree)
    return [Origin("module", qualified)] if qualified else [OPEN]


def _from_attribute(
    expr: Attr, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    if isinstance(expr.value, Name) and expr.value.id in ("self", "cls", "this"):
        _, bindings = class_attribute(expr.name, scope)
        made: list[Origin] = []
        for binding in bindings:
            if binding.defined is not None and binding.defined.kind == "function":
                # A property, or a memoised accessor.
                for value in binding.defined.returns:
                    made += _origins(value, binding.defined, tree, depth - 2, seen)
            else:
                made += _from_bindings([binding], tree, depth, seen)
        return made or [OPEN]
    members = member_of(expr.value, expr.name, scope)
    if members:
        return _from_bindings(members, tree, depth, seen)
    held, where = entry_of(expr.value, expr.name, scope)
    if held:
        return [o for one in held for o in _origins(one, where, tree, depth - 1, seen)]
    head = expr
    while isinstance(head, Attr) and isinstance(head.value, Attr):
        head = head.value
    qualified = qualify(expr, tree)
    if qualified and isinstance(head.value, Name) and lookup(head.value.id, scope) is None:
        return [Origin("module", qualified)]
    return _origins(expr.value, scope, tree, depth - 1, seen)


def _from_bindings(
    bindings: list[Binding], tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    made: list[Origin] = []
    for binding in bindings:
        if binding.value is not None:
            made += _origins(binding.value, binding.scope, tree, depth - 1, seen)
        if binding.annotation is not None:
            made += [Origin("annotation", name) for name in _annotated(binding.annotation, tree)]
        elif binding.value is None or binding.kind == "parameter":
            made.append(OPEN)
    return made


def _annotated(annotation: Expr, tree: SourceTree) -> list[str]:
    """Qualified names in a declared type, also inside ``Optional[...]`` and unions."""
    if isinstance(annotation, Str) and annotation.value:
        head = annotation.value.strip("'\" ").split("|")[0].strip()
        name = Name(0, 0, 0, 0, 0, id=head)
        return [q for q in (qualify(name, tree),) if q]
    qualified = qualify(annotation, tree)
    if qualified:
        return [qualified]
    parts: list[Expr] = list(annotation.parts)
    if isinstance(annotation, Item):
        parts = [annotation.value, annotation.key]
    elif isinstance(annotation, Sequence):
        parts = list(annotation.items)
    return [name for part in parts for name in _annotated(part, tree)]


def _shadowed(function: Expr, scope: Scope) -> bool:
    """Whether the chain's first name is bound locally, so that the import is not meant."""
    while isinstance(function, Attr):
        function = function.value
    return isinstance(function, Name) and lookup(function.id, scope) is not None
