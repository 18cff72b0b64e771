"""Calls that do not stand on their client: a command sent, a method handed on, a resource kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.names import last_name, qualify
from llmaudit.connectors.code.origins import Origin, origins_of
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.scopes import bound, class_attribute, dotted, follow
from llmaudit.connectors.code.syntax.tree import Attr, Binding, Call, Expr, Name, Scope
from llmaudit.connectors.code.values import Opaque, Table, value_of
from llmaudit.connectors.code.view import FileView

# Functions of the standard library, anyio and Starlette that run the function they are given.
RUNNERS = {
    "to_thread", "run_in_executor", "submit", "run_in_threadpool", "run_sync", "partial",
    "call_soon", "call_soon_threadsafe", "run_sync_in_executor", "map", "imap",
    "starmap", "apply_async", "call_with_retry", "run_in_thread",
}  # fmt: skip


_SELF = ("self", "cls", "this")
_HOPS = 2


@dataclass(frozen=True, slots=True)
class Sent:
    """A command object that a client sends, and the table of its arguments."""

    origin: Origin
    arguments: Table


def sent(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Sent | None:
    """The command of ``client.send(command)`` if it is one of the rule's."""
    for argument in call.arguments[:1]:
        for origin in origins_of(argument.value, scope, view.tree):
            known = any(sdk.id in rule.family for sdk in view.sdks_of(origin.qualified))
            if not known or last_name(origin.qualified) not in rule.commands:
                continue
            if origin.call is None or origin.scope is None:
                return Sent(origin, Table(open=True))
            given = origin.call.arguments[:1]
            values = [value_of(one.value, origin.scope, view.tree) for one in given]
            return Sent(origin, Table({"0": values[0] if values else Opaque("unknown")}))
        made, where = follow(argument.value, scope)
        # A class that a helper of the file hands out after a lazy import.
        if isinstance(made, Call) and made.new and view.uses(rule.family):
            name = dotted(made.function).rpartition(".")[2]
            if name in rule.commands and not qualify(made.function, view.tree):
                table = arguments_of(made, where, view.tree)
                return Sent(Origin("call", name, made, where), table)
    return None


def sends(rule: ScanRule, call: Call) -> bool:
    """Whether a rule of commands met ``send`` and not a method of its own."""
    function = call.function
    return bool(rule.commands) and isinstance(function, Attr) and function.name == "send"


def handed_on(call: Call) -> Call | None:
    """The call that ``asyncio.to_thread(client.x.create, ...)`` makes; itself where it is none.

    None stands for a function that takes the method without running it.
    """
    given = [a for a in call.arguments if isinstance(a.value, Attr) and a.name is None]
    function = next((a for a in given if _is_method(a.value)), None)
    name = call.function
    if function is None or (isinstance(name, Attr) and _is_method(name)):
        return call
    called = name.name if isinstance(name, Attr) else name.id if isinstance(name, Name) else ""
    if called not in RUNNERS:
        return None
    at = call.arguments.index(function)
    return replace(call, function=function.value, arguments=call.arguments[at + 1 :])


def _is_method(expr: Expr) -> bool:
    return isinstance(expr, Attr) and expr.name in ("create", "parse", "converse", "invoke_model")


def resource_of(rule: ScanRule, call: Call, scope: Scope) -> tuple[Expr, Scope] | None:
    """What the receiver stands for if that ends in the rule's resource."""
    function = call.function
    if not isinstance(function, Attr):
        return None
    wanted = rule.resource.split(".")
    for binding in _bindings(function.value, scope, _HOPS):
        if binding.value is not None and _names(binding.value)[-len(wanted) :] == wanted:
            return binding.value, binding.scope
    return None


def _bindings(expr: Expr, scope: Scope, hops: int) -> list[Binding]:
    """What a name or an own attribute is bound to, through other such names."""
    bindings: list[Binding] = []
    if isinstance(expr, Name):
        found = bound(expr, scope)
        bindings = found[1] if found else []
    elif isinstance(expr, Attr) and isinstance(expr.value, Name) and expr.value.id in _SELF:
        bindings = class_attribute(expr.name, scope)[1]
    further = [
        more
        for binding in bindings
        if hops and isinstance(binding.value, Name | Attr)
        for more in _bindings(binding.value, binding.scope, hops - 1)
    ]
    return [*bindings, *further]


def _names(expr: Expr) -> list[str]:
    names: list[str] = []
    while isinstance(expr, Attr | Call):
        if isinstance(expr, Call):
            # `client.chat().completions()`, as some languages write what others name.
            if expr.arguments or not isinstance(expr.function, Attr):
                break
            expr = expr.function
        names.append(expr.name)
        expr = expr.value
    return names[::-1]
