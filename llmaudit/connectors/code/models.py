"""Which model a call names, as far as its file settles it."""

from __future__ import annotations

from llmaudit.connectors.code.arguments import follow
from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Call, Scope, SourceTree, Str
from llmaudit.connectors.code.syntax.tree import Mapping as MappingExpr
from llmaudit.connectors.code.tagging import at
from llmaudit.connectors.code.values import Choice, Opaque, Table, Text, Value, value_of
from llmaudit.connectors.code.view import FileView


def models_of(
    rule: ScanRule, call: Call, scope: Scope, arguments: Table, view: FileView
) -> tuple[tuple[str, ...], str]:
    """Model names the call settles, and one that counts only by default."""
    models, default = read_models(rule.model, arguments)
    if models or not rule.providers:
        return models, default
    # `model: openai("gpt-4o")`: the model's own construction holds its name.
    for made, _ in model_makers(rule, call, scope, view.tree):
        if made.arguments:
            value = value_of(made.arguments[0].value, scope, view.tree)
            found, fallback = _texts(value)
            if found:
                return found, default
            default = default or fallback
    return (), default


def model_makers(
    rule: ScanRule, call: Call, scope: Scope, tree: SourceTree
) -> list[tuple[Call, str]]:
    """Calls that make the model argument, with the module or name each comes from."""
    makers: list[tuple[Call, str]] = []
    for path in rule.model:
        keys = path.split(".")
        if not keys[0].isdigit() or len(keys) != 2 or len(call.arguments) <= int(keys[0]):
            continue
        holder, where = follow(call.arguments[int(keys[0])].value, scope)
        if not isinstance(holder, MappingExpr):
            continue
        for entry in holder.entries:
            if not isinstance(entry.key, Str) or entry.key.value != keys[1]:
                continue
            for origin in origins_of(entry.value, where, tree):
                made, _ = follow(entry.value, where)
                if origin.qualified:
                    makers.append((made if isinstance(made, Call) else call, origin.qualified))
    return [(made, name) for made, name in makers if made is not call] or [
        (Call(0, 0, 0, 0, 0), name) for _, name in makers
    ]


def read_models(paths: tuple[str, ...], arguments: Table) -> tuple[tuple[str, ...], str]:
    """Model names at the first of the argument paths that holds any."""
    default = ""
    for path in paths:
        value, _ = at(arguments, path)
        found, fallback = _texts(value)
        if found:
            return found, ""
        default = default or fallback
    return (), default


def _texts(value: Value) -> tuple[tuple[str, ...], str]:
    if isinstance(value, Text):
        return (value.value,), ""
    if isinstance(value, Choice):
        texts = tuple(o.value for o in value.options if isinstance(o, Text))
        opaque = any(isinstance(o, Opaque) for o in value.options)
        # `argument or "x"`: the literal is only what counts when nothing else is given.
        return ((), texts[0]) if opaque and texts else (texts, "")
    if isinstance(value, Opaque) and value.default is not None:
        found, default = _texts(value.default)
        return (), found[0] if found else default
    return (), ""
