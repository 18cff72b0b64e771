"""Calls whose method is not written where it is called.

A function or a method that a name stands for (``create = client.messages.create``), one that is
handed to something that runs it (``to_thread(client.messages.create, ...)``), a resource that is
kept (``chat = client.chat``), and a function of a module that an attribute holds
(``self.litellm.completion(...)``). The engine matches what is written; this reads the rest of the
same rules' patterns in the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.indirect import RUNNERS
from llmaudit.connectors.code.names import last_name, qualify
from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.scopes import bound, class_attribute
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Binding,
    Call,
    Either,
    Expr,
    Name,
    Scope,
    SourceTree,
)
from llmaudit.connectors.code.tagging import at
from llmaudit.connectors.code.values import Blank

_SELF = ("self", "cls", "this")
_HOPS = 3
_CHAINS = 8


@dataclass(frozen=True, slots=True)
class Methods:
    """The methods and functions of rules, by the name they end in.

    Attributes:
        tails: Names after a client, with their rules, the longest first.
        functions: Qualified names of functions, with their rules.
        lasts: What these names end in.
    """

    tails: Mapping[str, tuple[tuple[tuple[str, ...], ScanRule], ...]] = field(default_factory=dict)
    functions: Mapping[str, ScanRule] = field(default_factory=dict)
    lasts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """A call as if its method were written in it.

    Attributes:
        receiver: What the method stands on, and where; None for a module's function.
        method: What the rule calls: names after a client, or a function's qualified name.
    """

    rule: ScanRule
    call: Call
    scope: Scope
    receiver: tuple[Expr, Scope] | None
    method: str


@dataclass(frozen=True, slots=True)
class _Chain:
    """A chain of names: each with the expression it stands on, and what it all starts from.

    ``given`` are arguments it has already (``partial(client.messages.create, model="m")``).
    """

    links: tuple[tuple[str, Expr, Scope], ...]
    root: Expr
    scope: Scope
    hops: int = 0
    given: tuple[Arg, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.links)


def methods_of(rules: Iterable[ScanRule], language: str) -> Methods:
    """What the rules of a language call, as their patterns write it."""
    tails: dict[str, list[tuple[tuple[str, ...], ScanRule]]] = {}
    functions: dict[str, ScanRule] = {}
    for rule in rules:
        if language not in rule.languages or rule.role != "call" or rule.resource or rule.commands:
            continue
        for method in rule.methods:
            names = tuple(method.split("."))
            if rule.tier == "anchored":
                functions.setdefault(method, rule)
            else:
                tails.setdefault(names[-1], []).append((names, rule))
    lasts = frozenset(name.rpartition(".")[2] for name in functions)
    ordered = {
        last: tuple(sorted(found, key=lambda pair: (-len(pair[0]), pair[1].id)))
        for last, found in tails.items()
    }
    return Methods(ordered, functions, lasts)


def held_calls(tree: SourceTree, methods: Methods) -> Iterator[Held]:
    """Every call of the tree whose method is held elsewhere; several where rules compete."""
    for call, scope in list(tree.calls.values()):
        function = call.function
        if isinstance(function, Name | Attr) and not passes_all_on(call):
            plain = b"getattr" not in tree.data[function.start : function.end]
            for chain in _chains(function, scope, _HOPS):
                written = chain.hops == 0 and plain
                yield from _matching(chain, call, scope, tree, methods, written=written)
        for argument in function.arguments if isinstance(function, Call) else ():
            # `retry(client.messages.create)(model="m", ...)`
            if not isinstance(argument.value, Name | Attr) or passes_all_on(call):
                continue
            for chain in _chains(argument.value, scope, _HOPS):
                for held in _matching(chain, call, scope, tree, methods):
                    if _asks(held, tree):
                        yield held
        if not _may_run(call):
            continue
        for position, argument in enumerate(call.arguments):
            if argument.name is not None or not isinstance(argument.value, Name | Attr):
                continue
            given = replace(call, function=argument.value, arguments=call.arguments[position + 1 :])
            for chain in _chains(argument.value, scope, _HOPS):
                for held in _matching(chain, given, scope, tree, methods):
                    if _runs(call, held, tree):
                        yield held


def _may_run(call: Call) -> bool:
    """Whether a function may run a method among its arguments: see `_runs`."""
    return _called_name(call) in RUNNERS or any(argument.name for argument in call.arguments)


def is_called_later(call: Call, tree: SourceTree) -> bool:
    """Whether a partial function is kept under a name that the file calls."""
    scope: Scope | None = tree.calls.get((call.start, call.end), (call, tree.module))[1]
    while scope is not None:
        for name, bindings in scope.bindings.items():
            if any(binding.value is call for binding in bindings) and tree.callers_of(name):
                return True
        scope = scope.parent
    return False


def passes_all_on(call: Call) -> bool:
    """``original(*args, **kwargs)``: what stands in a method's place, such as a tracer."""
    return [argument.spread for argument in call.arguments] == ["*", "**"]


def _runs(call: Call, held: Held, tree: SourceTree) -> bool:
    """Whether a function runs the method it is given: it is known to, or has its arguments."""
    if _called_name(call) == "partial" and is_called_later(call, tree):
        return False
    if _called_name(call) in RUNNERS:
        return True
    return _asks(held, tree)


def _asks(held: Held, tree: SourceTree) -> bool:
    """Whether a call has the arguments of the method that it may be one of."""
    wanted = held.rule.distinctive
    table = arguments_of(held.call, held.scope, tree)
    return bool(wanted) and all(not isinstance(at(table, path)[0], Blank) for path in wanted)


def _matching(
    chain: _Chain,
    call: Call,
    scope: Scope,
    tree: SourceTree,
    methods: Methods,
    *,
    written: bool = False,
) -> Iterator[Held]:
    """The rules whose method a chain of names ends in; what is written is the engine's."""
    if chain.given:
        call = replace(call, arguments=(*chain.given, *call.arguments))
    names = chain.names
    last = names[-1] if names else getattr(chain.root, "id", "")
    for tail, rule in methods.tails.get(last, ()) if not written else ():
        if len(names) >= len(tail) and names[-len(tail) :] == tail:
            _, receiver, where = chain.links[-len(tail)]
            yield Held(rule, call, scope, (receiver, where), ".".join(tail))
    qualified = "" if names else qualify(chain.root, tree)
    imported = last_name(qualified)
    if ":" in qualified and imported != last:
        # `import { generateText as ask }`: the rule knows the function by its own name.
        for tail, rule in methods.tails.get(imported, ()):
            if len(tail) == 1:
                yield Held(rule, call, scope, (chain.root, chain.scope), imported)
    if not names:
        if not written and qualified in methods.functions:
            yield Held(methods.functions[qualified], call, scope, None, qualified)
        return
    if last not in methods.lasts:
        return
    # What the function's own name stands on: the module, or what holds it.
    _, holder, where = chain.links[-1]
    if written and qualify(holder, tree):
        return
    for origin in origins_of(holder, where, tree):
        name = f"{origin.qualified}.{last}"
        if origin.kind == "module" and name in methods.functions:
            yield Held(methods.functions[name], call, scope, None, name)


def _unbound(expr: Expr | None) -> tuple[Expr | None, tuple[Arg, ...]]:
    """The method that ``method.bind(object)`` hands out, or ``partial(method, model="m")``."""
    if isinstance(expr, Call) and isinstance(expr.function, Attr) and expr.function.name == "bind":
        return expr.function.value, ()
    if isinstance(expr, Call) and expr.arguments and _called_name(expr) == "partial":
        return expr.arguments[0].value, expr.arguments[1:]
    return expr, ()


def _called_name(call: Call) -> str:
    function = call.function
    return function.name if isinstance(function, Attr) else getattr(function, "id", "")


def _chains(expr: Expr, scope: Scope, hops: int) -> list[_Chain]:
    """What a chain of names stands for, through names and attributes that are bound to others."""
    found = [_chain(expr, scope)]
    for chain in found:
        if chain.hops < hops and len(found) < _CHAINS:
            found += _further(chain)
    return found[:_CHAINS]


def _chain(expr: Expr, scope: Scope) -> _Chain:
    links: list[tuple[str, Expr, Scope]] = []
    root = expr
    while isinstance(root, Attr):
        links.append((root.name, root.value, scope))
        root = root.value
    return _Chain(tuple(reversed(links)), root, scope)


def _further(chain: _Chain) -> list[_Chain]:
    """The same chain with its first name replaced by the chains of names bound to it."""
    root, links, scope = chain.root, chain.links, chain.scope
    if not isinstance(root, Name):
        return []
    bindings: list[Binding] = []
    if root.id in _SELF and links:
        bindings = class_attribute(links[0][0], scope)[1]
        links = links[1:]
    elif root.id not in _SELF:
        found = bound(root, scope)
        bindings = found[1] if found else []
    further: list[_Chain] = []
    for binding in bindings:
        value = binding.value
        options = value.options if isinstance(value, Either) else (value,)
        for given in options:
            option, before = _unbound(given)
            if isinstance(option, Name | Attr):
                start = _chain(option, binding.scope)
                whole = (*start.links, *links)
                held = (*before, *chain.given)
                further.append(_Chain(whole, start.root, start.scope, chain.hops + 1, held))
    return further
