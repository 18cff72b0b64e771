"""Where an object comes from: which SDK's construction, module or annotated parameter.

The rules find the shape of a call; this says whose client it is made on, as far as one file
shows it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Literal

from llmaudit.connectors.code.fixtures import fixture_of, sets_of
from llmaudit.connectors.code.names import annotated, last_name, qualify
from llmaudit.connectors.code.scopes import (
    attribute_of,
    bound,
    class_attribute,
    dotted,
    entry_of,
    filled_in,
    follow,
    handed,
    lookup,
    made_by,
    member_of,
    shared,
)
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Either,
    Expr,
    Function,
    Item,
    Mapping,
    Name,
    Placed,
    Scope,
    Sequence,
    SourceTree,
    Str,
    walk,
)

_DEPTH = 14
# Languages whose types are all declared, imported or of the same package.
TYPED = {"java", "kotlin", "scala"}
_MODULE_LOADERS = {"__import__", "importlib.import_module", "pytest.importorskip"}
# Functions that hand back what they are given, with something added: tracing, retries, a cache.
_WRAPPING = re.compile(
    r"(?:wrap|patch|instrument|trace|track|observe|cached?|with|monitor|memo(?:ize)?|once|lazy)"
    r"(?:_[a-z0-9_]+|[A-Z]\w*)?$|cast$|use(?:Memo|State|Ref|Callback)$|markRaw$|(?:shallowR|r)ef$"
    r"|(?:create)?Instructor$"
)
# The same of the language itself.
_PASSING = {"Proxy", "Object.freeze", "Object.assign", "Promise.resolve"}
# What holds a value in Scala, made with it.
_HOLDING = {
    "Some", "Option", "Right", "Try", "Success", "Future", "Future.successful", "IO", "IO.pure",
    "ZIO.succeed", "ZIO.attempt", "Resource.pure", "Task",
}  # fmt: skip
# Languages in which a method's bare name is a call of it.
_BARE_CALLS = ("ruby", "scala", "csharp")
_OF_PARTS = {"RunnableParallel", "RunnableMap", "RunnableBranch", "RunnableSequence", "assign"}
# Parameters' defaults that a framework fills with what the function they are given makes.
_PROVIDED = {"Depends", "Security", "Provide"}
# Functions of the standard library that hand out one of what they are given.
_PICKS = {"choice", "cycle", "copy", "deepcopy"}
# Methods that hand out what is kept under a name.
_HANDING = ("get", "pop", "setdefault")
_FIELDS = {"Field", "field", "PrivateAttr", "attrib", "ib"}


@dataclass(frozen=True, slots=True)
class Origin:
    """One place an object may come from.

    Attributes:
        kind: ``call`` (a construction or a function's result), ``module`` (the import
            itself), ``annotation`` (a declared type), ``local`` (a class of this file that
            derives from nothing imported) or ``open`` (a parameter, an unknown name).
        qualified: ``module.name`` of what is called, imported or declared; empty if open.
        call: The construction, and the scope it stands in.
        step: Whether the call is a method of what was constructed before.
    """

    kind: Literal["call", "module", "annotation", "local", "open"]
    qualified: str = ""
    call: Call | None = None
    scope: Scope | None = None
    step: bool = False


OPEN = Origin("open")


def origins_of(
    expr: Expr, scope: Scope, tree: SourceTree, depth: int = _DEPTH
) -> tuple[Origin, ...]:
    """Every origin of an expression's object, in the order they are met, without repeats."""
    found: dict[Origin | tuple[int, str], Origin] = {}
    for origin in _origins(expr, scope, tree, depth, frozenset()):
        made = origin.call
        found.setdefault((id(made), origin.qualified) if made is not None else origin, origin)
    return tuple(found.values())


def _origins(
    expr: Expr, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    tree = scope.home() or tree
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
    if isinstance(expr, Placed):
        return _origins(expr.value, expr.scope or scope, tree, depth, seen)
    if isinstance(expr, Item):
        if expr.position is not None:
            held, where = follow(expr.value, scope)
            if isinstance(held, Sequence) and expr.position < len(held.items):
                return _origins(held.items[expr.position], where, tree, depth - 1, seen)
        key = expr.key.value if isinstance(expr.key, Str) else None
        held_here = _from_entry(expr.value, key or "", scope, tree, depth, seen)
        held_here = held_here or _from_shared(expr.value, key or "", tree, depth, seen)
        return held_here or _origins(expr.value, scope, tree, depth - 1, seen)
    parts: tuple[Expr, ...] = expr.parts
    if isinstance(expr, Either):
        parts = expr.options
    elif isinstance(expr, Sequence):
        parts = expr.items
    elif isinstance(expr, Function):
        parts = ()
    return [o for part in parts for o in _origins(part, scope, tree, depth - 1, seen)]


def _from_entry(
    holder: Expr, name: str, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """Origins of what a mapping of this file holds under a name, or under any."""
    held, where = entry_of(holder, name, scope)
    made = [o for one in held for o in _origins(one, where, tree, depth - 1, seen)]
    for change in filled_in(holder, name, scope) if not held else ():
        made += _origins(change.value, change.scope, tree, depth - 1, seen)
    return made


def _from_call(
    expr: Call, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    name = dotted(expr.function)
    qualified = "__import__" if name == "__import__" else qualify(expr.function, tree)
    if tree.language == "scala" and name in _HOLDING:
        # The language's own, whatever a wide import may bring.
        qualified = ""
    if isinstance(expr.function, Attr) and expr.function.name in _HANDING and expr.arguments:
        # `cl.user_session.get("chain")`, `st.session_state.get("client")`
        key = expr.arguments[0].value
        held_as = (key.value or "") if isinstance(key, Str) else ""
        kept = _from_shared(expr.function.value, held_as, tree, depth, seen)
        if kept:
            return kept
    if qualified and not _shadowed(expr.function, scope):
        return _from_imported(qualified, expr, scope, tree, depth, seen)
    if name in _PASSING or (tree.language == "scala" and name in _HOLDING):
        given = [argument.value for argument in expr.arguments]
        return [o for one in given for o in _origins(one, scope, tree, depth - 1, seen)] or [OPEN]
    if isinstance(expr.function, Function) and expr.function.scope is not None:
        return _from_definition(expr.function.scope, expr, scope, tree, depth, seen)
    if isinstance(expr.function, Name):
        found = bound(expr.function, scope)
        for binding in found[1] if found else ():
            if binding.defined is not None:
                return _from_definition(binding.defined, expr, scope, tree, depth, seen)
        if found and tree.language == "python":
            return _called(_from_name(expr.function, scope, tree, depth, seen), expr, scope)
        if found:
            return _called(_from_bindings(found[1], tree, depth, seen), expr, scope)
    if isinstance(expr.function, Attr):
        return _from_method(expr, expr.function, scope, tree, depth, seen)
    if isinstance(expr.function, Function) and expr.function.scope is not None:
        inner = expr.function.scope
        return [
            o for one in inner.returns for o in _origins(one, inner, tree, depth - 1, seen)
        ] or [OPEN]
    if isinstance(expr.function, Call | Either):
        # `make()()`, `(A if x else B)(...)`.
        return _called(_origins(expr.function, scope, tree, depth - 1, seen), expr, scope)
    return [OPEN]


def _called(made: list[Origin], expr: Call, scope: Scope) -> list[Origin]:
    """What calling gives: of a class or function that only a name stood for, its result."""
    return [
        Origin("call", o.qualified, expr, scope) if o.kind == "module" and o.qualified else o
        for o in made
    ]


def _from_imported(
    qualified: str, expr: Call, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """What a function or class of another module gives."""
    name = last_name(qualified)
    given = [argument.value for argument in expr.arguments]
    if qualified in _MODULE_LOADERS and given and isinstance(given[0], Str) and given[0].value:
        return [Origin("module", given[0].value)]
    made = [Origin("call", qualified, expr, scope)]
    local = dotted(expr.function).rpartition(".")[2]
    wraps = qualified.startswith("instructor.") or any(
        _WRAPPING.match(called) for called in {local or name, name}
    )
    if name in _OF_PARTS or wraps:
        for value in given:
            if isinstance(value, Function) and value.scope is not None:
                made += _from_definition(value.scope, expr, scope, tree, depth, seen)
                continue
            # `Instructor({ client: new OpenAI() })`.
            held = entry_of(value, "client", scope)[0] if isinstance(value, Mapping) else []
            for one in held or [value]:
                made += _origins(one, scope, tree, depth - 1, seen)
    if given and name in _PROVIDED:
        # `Depends(get_client)`: what the function gives.
        call = Call(*_place(given[0]), function=given[0])
        return _from_call(call, scope, tree, depth - 1, seen)
    if name in _PICKS:
        return [o for one in given for o in _origins(one, scope, tree, depth - 1, seen)] or [OPEN]
    for argument in expr.arguments:
        if argument.name == "default_factory":
            # A field of a dataclass or a model: what its factory makes.
            call = Call(*_place(argument.value), function=argument.value)
            made = _from_call(call, scope, tree, depth - 1, seen)
        elif argument.name == "default" and name in _FIELDS:
            made = _origins(argument.value, scope, tree, depth - 1, seen) or [OPEN]
    if name in _FIELDS and made[0].call is expr:
        return [OPEN]
    return made


def _from_method(
    expr: Call, function: Attr, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """What a method gives: one of this file what it returns, another what it stands on."""
    own = isinstance(function.value, Name) and function.value.id in ("self", "cls", "this")
    if own:
        bindings = class_attribute(function.name, scope)[1]
    else:
        made_of, _ = made_by(function.value, scope)
        bindings = [b for owner in made_of for b in attribute_of(owner, function.name)[1]]
        if not bindings and isinstance(function.value, Name):
            bindings = member_of(function.value, function.name, scope)
        for entry in () if bindings else entry_of(function.value, function.name, scope)[0]:
            if isinstance(entry, Function) and entry.scope is not None:
                bindings.append(Binding("function", None, scope, defined=entry.scope))
    made = [
        origin
        for binding in bindings
        if binding.defined is not None
        for origin in _from_definition(binding.defined, expr, scope, tree, depth, seen)
    ]
    if made:
        return made
    if function.name in (*_HANDING, "values", "items"):
        key = expr.arguments[0].value if expr.arguments else None
        name = (key.value or "") if isinstance(key, Str) else ""
        held = _from_entry(function.value, name, scope, tree, depth, seen)
        if held:
            return held
    # `client.with_options(...)`, `prompt.pipe(model)`, `model.bind_tools(...)`.
    # A chain of setters is one step, however long.
    deeper = depth if isinstance(function.value, Call) else depth - 1
    found_in = _origins(function.value, scope, tree, deeper, seen)
    if tree.language in TYPED:
        # What a class gives that is written elsewhere is open.
        found_in = [OPEN if origin.kind == "local" else origin for origin in found_in]
    # What the method returns may be the thing a rule knows (`getGenerativeModel(...)`), so
    # the step stands before the construction it starts from.
    steps: dict[str, bool] = {}
    for origin in found_in:
        if origin.kind == "module" and tree.language == "python":
            # The module itself was held in a name: what is called stands in it.
            steps[f"{origin.qualified}.{function.name}"] = False
        elif origin.kind != "open" and origin.qualified:
            steps[origin.qualified] = True
    made_here = [Origin("call", name, expr, scope, step) for name, step in steps.items()]
    found_in = [*made_here, *found_in]
    if function.name in ("pipe", "bind", "assign", "with_fallbacks"):
        for argument in expr.arguments:
            found_in += _origins(argument.value, scope, tree, depth - 1, seen)
    return found_in or [OPEN]


def _from_definition(
    defined: Scope, call: Call, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """What calling a function or class of this file gives."""
    tree = defined.home() or tree
    if depth <= 0 or defined.kind == "module":
        return [OPEN]
    if defined.kind == "function":
        made = [
            origin
            for value in (*defined.returns, *defined.yields)
            for origin in _origins(value, defined, tree, depth - 2, seen)
        ]
        if defined.result is not None and all(origin.kind == "open" for origin in made):
            made = _declared(defined.result, defined, tree)
        return made or [OPEN]
    derived: list[Origin] = []
    for base in defined.bases:
        qualified = qualify(base, tree)
        if qualified and not _says_nothing(qualified, tree):
            derived.append(Origin("call", qualified, call, scope))
        elif isinstance(base, Name):
            found = lookup(base.id, defined.parent or defined)
            for binding in found[1] if found else ():
                if binding.defined is not None and binding.defined is not defined:
                    inner = binding.defined
                    derived += _from_definition(inner, call, scope, tree, depth - 2, seen)
    known = [origin for origin in derived if origin.kind != "local"]
    return known or derived[:1] or [Origin("local", defined.name)]


def _from_name(
    expr: Name, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    found = bound(expr, scope)
    if found is not None and tree.language in _BARE_CALLS:
        return _from_members(found[1], tree, depth, seen) or [OPEN]
    if found is not None and tree.by_callers:
        given = [
            origin
            for value, where, _ in handed(expr.id, found[0], tree)
            for origin in _origins(value, where, tree, depth - 2, seen)
        ]
        if given:
            return given
    if found is not None and tree.language == "python" and _is_bare(found[1]):
        given = _from_tests(expr.id, found[0], tree, depth, seen)
        if given:
            return given
    if found is not None:
        return _from_bindings(found[1], tree, depth, seen)
    if expr.id in ("super", "this") and tree.language in TYPED:
        owner = scope.enclosing("class")
        bases = [qualify(base, tree) for base in owner.bases] if owner is not None else []
        return [Origin("annotation", base) for base in bases if base] or [OPEN]
    qualified = qualify(expr, tree)
    return [Origin("module", qualified)] if qualified else [OPEN]


def _is_bare(bindings: list[Binding]) -> bool:
    """Whether a name is a parameter of which nothing is written."""
    one = bindings[0] if len(bindings) == 1 else None
    return one is not None and one.kind == "parameter" and not (one.value or one.annotation)


def _from_tests(
    name: str, test: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """Origins of what pytest gives a parameter of a test or of another fixture."""
    made: list[Origin] = []
    for value in sets_of(name, test):
        made += _origins(value, test.parent or test, tree, depth - 1, seen)
    fixture = fixture_of(name, test, tree)
    home = fixture.home() if fixture is not None else None
    for value in (*fixture.returns, *fixture.yields) if fixture is not None else ():
        made += _origins(value, fixture or test, home or tree, depth - 2, seen)
    return [origin for origin in made if origin.kind != "open"]


def _from_attribute(
    expr: Attr, scope: Scope, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    if isinstance(expr.value, Name) and expr.value.id in ("self", "cls", "this"):
        bindings = class_attribute(expr.name, scope)[1]
        if not bindings and expr.name in tree.named_modules:
            # A module that is loaded by its name and kept: `self.openai.OpenAI()`.
            return [Origin("module", tree.named_modules[expr.name])]
        return _from_members(bindings, tree, depth, seen) or [OPEN]
    members = member_of(expr.value, expr.name, scope)
    if not members:
        owners, _ = made_by(expr.value, scope)
        members = [b for owner in owners for b in attribute_of(owner, expr.name)[1]]
    else:
        owners = []
    if members:
        made = _from_members(members, tree, depth, seen)
        if made or any(_declared_elsewhere(member) for member in members):
            return made or [OPEN]
        # What is written here in full is no SDK's.
        return [Origin("local", owner.name) for owner in owners[:1]]
    held = _from_entry(expr.value, expr.name, scope, tree, depth, seen)
    if held:
        return held
    kept = _from_shared(expr.value, expr.name, tree, depth, seen)
    if kept:
        return kept
    head = expr
    while isinstance(head, Attr) and isinstance(head.value, Attr):
        head = head.value
    qualified = "" if _is_shared(expr.value, tree) else qualify(expr, tree)
    if qualified and isinstance(head.value, Name) and lookup(head.value.id, scope) is None:
        return [Origin("module", qualified)]
    return [
        Origin("module", f"{o.qualified}.{expr.name}")
        if o.kind == "module" and tree.language == "python"
        else o
        for o in _origins(expr.value, scope, tree, depth - 1, seen)
    ]


def _from_shared(
    holder: Expr, name: str, tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """Origins of what a shared object is given anywhere in the file (``app.state.client = x``)."""
    return [
        origin
        for binding in shared(holder, name, tree)
        for origin in _from_bindings([binding], tree, depth, seen)
        if origin.qualified
    ]


def _is_shared(expr: Expr, tree: SourceTree) -> bool:
    """Whether a part of a chain of names is what a shared object was given."""
    while isinstance(expr, Attr):
        if shared(expr.value, expr.name, tree):
            return True
        expr = expr.value
    return False


def _from_members(
    bindings: list[Binding], tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    """Origins of an object's attribute: assigned, declared, or made by a property."""
    made: list[Origin] = []
    for binding in bindings:
        if binding.defined is not None and binding.defined.kind == "function":
            # A property, or a memoised accessor.
            given: list[Origin] = []
            for value in (*binding.defined.returns, *binding.defined.yields):
                given += _origins(value, binding.defined, tree, depth - 2, seen)
            note = binding.annotation or binding.defined.result
            if note is not None and all(o.kind == "open" for o in given):
                given = _declared(note, binding.scope, tree)
            made += given
        elif binding.defined is not None:
            made.append(Origin("local", binding.defined.name))
        else:
            made += _from_bindings([binding], tree, depth, seen)
    return made


def _declared_elsewhere(binding: Binding) -> bool:
    """Whether a declared type is neither imported by name nor a class of this file."""
    if not isinstance(binding.annotation, Name):
        return False
    found = lookup(binding.annotation.id, binding.scope)
    return not any(b.defined is not None for b in (found[1] if found else ()))


def _from_bindings(
    bindings: list[Binding], tree: SourceTree, depth: int, seen: frozenset[int]
) -> list[Origin]:
    made: list[Origin] = []
    for binding in bindings:
        if binding.value is not None:
            made += _origins(binding.value, binding.scope, tree, depth - 1, seen)
        if binding.annotation is not None:
            home = binding.scope.home() or tree
            made += _declared(binding.annotation, binding.scope, home)
        elif binding.defined is not None and binding.defined.kind == "class":
            made += _of_class(binding.defined, "module", binding.defined.home() or tree)
        elif binding.value is None or binding.kind == "parameter":
            made += [*_wrapped(binding, tree), OPEN]
    return made


def _says_nothing(base: str, tree: SourceTree) -> bool:
    """Whether a base class leaves a class the program's own (``Protocol``, ``BaseModel``)."""
    head = base.partition(".")[0]
    return tree.language == "python" and (head == "pydantic" or head in sys.stdlib_module_names)


def _of_class(
    written: Scope, kind: Literal["module", "annotation"], tree: SourceTree
) -> list[Origin]:
    """A class of this file itself: what it derives from, else its own."""
    bases = [name for base in written.bases if (name := qualify(base, tree))]
    bases = [name for name in bases if not _says_nothing(name, tree)]
    return [Origin(kind, name) for name in bases] or [Origin("local", written.name)]


def _declared(annotation: Expr, scope: Scope, tree: SourceTree) -> list[Origin]:
    """Origins of what a declared type says."""
    text = (annotation.value or "") if isinstance(annotation, Str) else ""
    if tree.language == "python" and text.isidentifier():
        # `chain: "Pipeline"`: a class of this repository as much as without the quotes.
        annotation = Name(*_place(annotation), id=text)
    if tree.language in (*TYPED, "python") and isinstance(annotation, Name):
        known = lookup(annotation.id, scope)
        written = next((b.defined for b in (known[1] if known else ()) if b.defined), None)
        if written is not None and written.kind == "class":
            return _of_class(written, "annotation", tree)
        alias = next((b for b in (known[1] if known else ()) if b.value is not None), None)
        if alias is not None and alias.value is not None and tree.language == "python":
            # `Client = Annotated[OpenAI, Depends(get_client)]`
            return _declared_as(alias.value, alias.scope, tree)
    found = [Origin("annotation", name) for name in annotated(annotation, tree)]
    if not found and tree.language in TYPED:
        # A type that no import brings stands beside this file.
        found = [Origin("local", dotted(annotation))]
    return found


def _declared_as(note: Expr, scope: Scope, tree: SourceTree) -> list[Origin]:
    """Origins of what the name of a type stands for."""
    home = scope.home() or tree
    found = [Origin("annotation", name) for name in annotated(note, home)]
    made = [one for one in walk(note) if isinstance(one, Call)]
    return [*found, *(o for one in made for o in _origins(one, scope, home, 6, frozenset()))]


def _wrapped(binding: Binding, tree: SourceTree) -> list[Origin]:
    """What a function of this file is wrapped in where it is defined (``@openai.call("m")``)."""
    around = binding.defined.decorators if binding.defined is not None else ()
    calls = [one if isinstance(one, Call) else Call(*_place(one), function=one) for one in around]
    names = [qualify(call.function, tree) for call in calls]
    return [
        Origin("call", name, call, binding.scope)
        for call, name in zip(calls, names, strict=True)
        if name
    ]


def _place(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column


def _shadowed(function: Expr, scope: Scope) -> bool:
    """Whether the chain's first name is bound locally, so that the import is not meant."""
    while isinstance(function, Attr):
        function = function.value
    return isinstance(function, Name) and lookup(function.id, scope) is not None
