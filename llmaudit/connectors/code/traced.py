"""Tags that are set around a call: they reach its trace, and no provider.

A decorator (``@traceable(tags=[...])``), a block (``with propagate_attributes(user_id=u):``), a
callback's wrapper, or a statement of the function the call stands in
(``langfuse.update_current_trace(tags=[...])``). A trace without tags says nothing.

Sources of the names: langsmith 0.4 (run_helpers.py), langfuse 2.60 and 3.x (decorators, client.py),
langchain-core 1 (callbacks/manager.py), opik 1.8, traceloop-sdk 0.4x, openinference-instrumentation
0.1x, weave 0.5x, mlflow 3, lmnr 0.7, openai-agents 0.1x; @langfuse/tracing 4, langsmith 0.3 and
@traceloop/node-server-sdk 0.1x of npm.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.scopes import dotted, function_of
from llmaudit.connectors.code.syntax.tree import Arg, Call, Scope, SourceTree
from llmaudit.connectors.code.tagging import UNTAGGED, TagReading
from llmaudit.connectors.code.value import Blank, Items, Table, Value
from llmaudit.connectors.code.values import value_of

_MODULES = (
    "langsmith", "langfuse", "@langfuse", "opik", "traceloop", "@traceloop", "openinference",
    "@arizeai", "weave", "mlflow", "lmnr", "@lmnr-ai", "langchain", "langchain_core",
    "@langchain", "agents", "@openai/agents", "phoenix", "opentelemetry", "@opentelemetry",
)  # fmt: skip
_TRACE = ("tags", "metadata", "user_id", "session_id", "userId", "sessionId")
# What wraps a function or a block, with the arguments that tag its trace; a number is a place.
_WRAPS: dict[str, tuple[str, ...]] = {
    "traceable": ("tags", "metadata"),
    "track": ("tags", "metadata"),
    "observe": ("tags", "metadata", "user_id", "session_id", "userId", "sessionId"),
    "tracing_context": ("tags", "metadata"),
    "trace_as_chain_group": ("tags", "metadata"),
    "tracing_v2_enabled": ("tags",),
    "trace": ("tags", "metadata", "group_id", "groupId"),
    "withTrace": ("tags", "metadata", "groupId"),
    "propagate_attributes": _TRACE,
    "propagateAttributes": _TRACE,
    "using_attributes": _TRACE,
    "using_metadata": ("metadata", "0"),
    "using_tags": ("tags", "0"),
    "using_user": ("user_id", "0"),
    "using_session": ("session_id", "0"),
    "withAssociationProperties": ("0",),
    "weave.attributes": ("attributes", "0"),
}  # fmt: skip
# What a statement beside the call sets.
_STATES: dict[str, tuple[str, ...]] = {
    "update_current_trace": _TRACE,
    "updateActiveTrace": _TRACE,
    "update_current_observation": ("tags", "user_id", "session_id"),
    "update_trace": _TRACE,
    "updateTrace": _TRACE,
    "set_association_properties": ("properties", "0"),
    "setTraceMetadata": ("0",),
    "set_trace_metadata": ("metadata", "0"),
    "set_trace_user_id": ("user_id", "0"),
    "set_trace_session_id": ("session_id", "0"),
    "langfuse.trace": _TRACE,
    "add_tags": ("tags", "0"),
    "add_metadata": ("metadata", "0"),
}
_HOPS = 2
_SITES = 20


def traced(call: Call, scope: Scope, tree: SourceTree) -> TagReading:
    """What is said of a call's trace around it: partial where tags are set, else untagged."""
    if not any(_is_tracing(entry.module) for entry in tree.imports):
        return UNTAGGED
    name = _said(call, scope, tree, _HOPS)
    return TagReading("partial", weak=name) if name else UNTAGGED


def _said(call: Call, scope: Scope, tree: SourceTree, hops: int) -> str:
    """What says so around a call, or around every call of the function it stands in."""
    name = _said_here(call, scope, tree)
    function = scope.enclosing("function")
    if name or hops <= 0 or function is None or not function.name:
        return name
    callers = [
        (one, spot)
        for one, spot in tree.callers_of(function.name)[:_SITES]
        if spot is not scope and function_of(one, spot) is function
    ]
    said = [_said(one, spot, tree, hops - 1) for one, spot in callers]
    return said[0] if said and all(said) else ""


def _said_here(call: Call, scope: Scope, tree: SourceTree) -> str:
    for around, where in _wrappers(call, scope, tree):
        if _tags(around, where, tree, _WRAPS):
            return dotted(around.function)
    for name in _STATES:
        for one, where in tree.callers_of(name.rpartition(".")[2]):
            inside = where is scope or _encloses(where, scope)
            if inside and _tags(one, where, tree, {name: _STATES[name]}):
                return dotted(one.function)
    return ""


def _wrappers(call: Call, scope: Scope, tree: SourceTree) -> Iterator[tuple[Call, Scope]]:
    """What runs a call inside it: decorators, blocks, and calls with a function around it."""
    current: Scope | None = scope
    while current is not None:
        for one in current.decorators:
            if isinstance(one, Call):
                yield one, current.parent or current
        current = current.parent
    for start, end, expr, where in tree.within:
        if start <= call.start < end and isinstance(expr, Call):
            yield expr, where
    for name in _WRAPS:
        for one, where in tree.callers_of(name.rpartition(".")[2]):
            if one.start < call.start and call.end <= one.end:
                yield one, where


def _tags(call: Call, scope: Scope, tree: SourceTree, known: dict[str, tuple[str, ...]]) -> bool:
    """Whether a call that is known to set a trace's tags is given any."""
    chain = dotted(call.function) or getattr(call.function, "name", "")
    last = chain.rpartition(".")[2]
    paths = known.get(".".join(chain.split(".")[-2:])) or known.get(last, ())
    positional: list[Arg] = [a for a in call.arguments if a.name is None and not a.spread]
    given: list[Value] = []
    for argument in call.arguments:
        place = str(positional.index(argument)) if argument in positional else ""
        if (argument.name or place) in paths:
            given.append(value_of(argument.value, scope, tree))
        elif not argument.name and tree.language != "python":
            # `traceable(f, { tags: [...] })`
            whole = value_of(argument.value, scope, tree)
            entries = whole.entries if isinstance(whole, Table) else {}
            given += [value for key, value in entries.items() if key in paths]
    return any(not _is_empty(value) for value in given)


def _is_empty(value: Value) -> bool:
    if isinstance(value, Table):
        return not value.open and all(isinstance(one, Blank) for one in value.entries.values())
    return isinstance(value, Blank) or (isinstance(value, Items) and not value.values)


def _encloses(outer: Scope, inner: Scope) -> bool:
    current = inner.parent
    while current is not None:
        if current is outer:
            return True
        current = current.parent
    return False


def _is_tracing(module: str) -> bool:
    return any(module == name or module.startswith((f"{name}.", f"{name}/")) for name in _MODULES)
