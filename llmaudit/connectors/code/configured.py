"""What a receiver is set up with away from its construction."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from llmaudit.connectors.code.brought import shows_model
from llmaudit.connectors.code.constants import settled_table
from llmaudit.connectors.code.models import read_models
from llmaudit.connectors.code.names import last_name
from llmaudit.connectors.code.origins import Origin, origins_of
from llmaudit.connectors.code.provider import with_parts
from llmaudit.connectors.code.receivers import belongs, is_excluded
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Call,
    Expr,
    Function,
    Scope,
    SourceTree,
    Str,
)
from llmaudit.connectors.code.value import Table
from llmaudit.connectors.code.values import value_of
from llmaudit.connectors.code.view import FileView

# Languages in which a program registers its objects with a container that hands them out by type.
_CONTAINERS = ("csharp",)
_REGISTERS = ("Add*Singleton", "Add*Scoped", "Add*Transient")


def set_later(
    receiver: Expr, scope: Scope, rule: ScanRule, view: FileView
) -> tuple[tuple[str, ...], str]:
    """The model that a property of the receiver is set to (``client.SelectedModel = "m"``)."""
    held = value_of(receiver, scope, view.tree)
    if not isinstance(held, Table) or not held.entries:
        return (), ""
    named = tuple(path for path in rule.client_model if not path[:1].isdigit())
    return read_models(named, settled_table(held, view))


def registered(rule: ScanRule, makers: Sequence[Origin], view: FileView) -> list[Origin]:
    """What the file registers for whoever asks for a receiver by its type.

    ``services.AddChatClient(s => new OpenAIClient(key).AsChatClient("m"))`` says what the
    handlers of the same file are given.
    """
    if view.tree.language not in _CONTAINERS or makers:
        return []
    found: list[Origin] = []
    for call, scope in view.tree.calls.values():
        if not isinstance(call.function, Attr):
            continue
        name = call.function.name
        own = any(fnmatchcase(name, glob) for glob in rule.registered_by)
        if not own and not any(fnmatchcase(name, glob) for glob in _REGISTERS):
            continue
        found += [
            origin
            for argument in call.arguments
            for value, where in _handed_out(argument.value, scope)
            for origin in origins_of(value, where, view.tree)
            if origin.call is not None and (own or belongs(origin, rule, view))
        ]
    return found


def _handed_out(value: Expr, scope: Scope) -> list[tuple[Expr, Scope]]:
    """The object itself, or what a factory makes."""
    if isinstance(value, Function) and value.scope is not None:
        return [(one, value.scope) for one in value.scope.returns]
    return [(value, scope)]


def configured(rule: ScanRule, makers: Sequence[Origin], view: FileView) -> list[Origin]:
    """Calls that the file configures its receivers with, where those show no model.

    ``builder.AddOpenAIChatCompletion("m", key)`` says what a kernel works with.
    """
    if not rule.configured_by or any(
        view.client_of(origin) or last_name(origin.qualified) in rule.providers for origin in makers
    ):
        return []
    return [
        Origin("call", "", found.call, found.scope)
        for found in view.clients.values()
        if isinstance(found.call.function, Attr)
        and any(fnmatchcase(found.call.function.name, glob) for glob in rule.configured_by)
    ]


def set_up(rule: ScanRule, call: Call, makers: Sequence[Origin], view: FileView) -> list[Origin]:
    """What gives the SDK's objects their model where the call's own show none.

    ``Settings.llm = OpenAI(...)``, ``dspy.configure(lm=lm)``, ``with dspy.context(lm=lm):``,
    ``pipeline.add_component("llm", generator)``. The block around the call counts first, then
    what stands last before it, then what comes next.
    """
    if not rule.set_up or not makers or shows_model(list(makers), rule, view):
        return []
    given = [
        (place, origin)
        for place, value, scope in _given(rule, call, view.tree)
        for origin in origins_of(value, scope, view.tree)
        if origin.call is not None
    ]
    if not given:
        return []
    if _of_parts(rule):
        return [origin for _, origin in given if _sends(origin, rule)]
    before = [place for place, _ in given if place <= call.start]
    best = max(before) if before else min(place for place, _ in given)
    return [origin for place, origin in given if place == best]


def _of_parts(rule: ScanRule) -> bool:
    """Whether a receiver is put together of what it is given, and of nothing else."""
    return bool(rule.set_up) and all(entry.startswith(".") for entry in rule.set_up)


def holds_no_model(rule: ScanRule, call: Call, makers: Sequence[Origin], view: FileView) -> bool:
    """Whether all that a receiver is put together of is the SDK's, and none of it sends requests.

    A pipeline that embeds on the machine itself and writes to a store.
    """
    if not _of_parts(rule) or not rule.beside or not makers:
        return False
    parts = [
        origin
        for _, value, scope in _given(rule, call, view.tree)
        for origin in origins_of(value, scope, view.tree)
    ]
    return (
        bool(parts)
        and all(view.sdk_of(origin.qualified, rule.family) is not None for origin in parts)
        and not any(_sends(origin, rule) for origin in [*parts, *with_parts(parts, rule, view)])
    )


def _sends(origin: Origin, rule: ScanRule) -> bool:
    """Whether a part of a receiver sends requests: a class the rule knows, or of such a name."""
    name = last_name(origin.qualified)
    known = name in rule.providers or any(fnmatchcase(name, glob) for glob in rule.beside)
    return known and not is_excluded(origin, rule)


def _given(rule: ScanRule, call: Call, tree: SourceTree) -> list[tuple[int, Expr, Scope]]:
    """The values that a rule's entries name, with the place from which on each holds."""
    found: list[tuple[int, Expr, Scope]] = []
    blocks = {expr.start: (start, end) for start, end, expr, _ in tree.within}
    function = call.function
    receiver = dotted(function.value) if isinstance(function, Attr) else dotted(function)
    for entry in rule.set_up:
        name, _, listed = entry.rstrip(")").partition("(")
        last = name.rpartition(".")[2]
        if not listed:
            found += _assigned(name.rpartition(".")[0], last, tree)
            continue
        for one, scope in tree.callers_of(last):
            chain = dotted(one.function)
            holder = chain.rpartition(".")[0]
            if name.startswith("."):
                if receiver and holder and holder != receiver:
                    continue
            elif not f".{chain}".endswith(f".{name}"):
                continue
            start, end = blocks.get(one.start, (0, 0))
            if end and not start <= call.start < end:
                continue
            for wanted in listed.split(","):
                values = [
                    argument.value
                    for place, argument in enumerate(one.arguments)
                    if wanted in (argument.name, "" if argument.name else str(place))
                ]
                found += [(one.start, value, scope) for value in values]
    return found


def _assigned(holder: str, name: str, tree: SourceTree) -> list[tuple[int, Expr, Scope]]:
    scopes = {id(scope): scope for _, scope in tree.calls.values()} | {id(tree.module): tree.module}
    return [
        (change.at, change.value, change.scope)
        for scope in scopes.values()
        for chain, changes in scope.changes.items()
        if chain.rpartition(".")[2] == holder
        for change in changes
        if isinstance(change.key, Str) and change.key.value == name
    ]
