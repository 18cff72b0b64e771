"""Which model a call names, as far as its file settles it."""

from __future__ import annotations

import re

from llmaudit.connectors.code.arguments import option_of, spread_out
from llmaudit.connectors.code.builders import setter_names
from llmaudit.connectors.code.constants import NAMED, settled
from llmaudit.connectors.code.names import last_name, qualify
from llmaudit.connectors.code.origins import TYPED, Origin, origins_of
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.scopes import entry_of, follow
from llmaudit.connectors.code.syntax.tree import Attr, Call, Either, Expr, Scope, SourceTree, Str
from llmaudit.connectors.code.tagging import at
from llmaudit.connectors.code.values import Choice, Opaque, Table, Text, Value, value_of
from llmaudit.connectors.code.view import FileView

_WRAPPERS = 4


def models_of(
    rule: ScanRule, call: Call, scope: Scope, arguments: Table, view: FileView
) -> tuple[tuple[str, ...], str]:
    """Model names the call settles, and one that counts only by default."""
    models, default = read_models(rule.model, arguments)
    if models or not rule.providers:
        return models, default
    # `model: openai("gpt-4o")`: the model's own construction holds its name.
    for made, _ in model_makers(rule, call, scope, view.tree):
        for argument in made.arguments[:2] if made is not None else ():
            value = settled(value_of(argument.value, scope, view.tree), view)
            found, fallback = _texts(value)
            if found:
                return found, default
            default = default or fallback
    return (), default


def model_makers(
    rule: ScanRule, call: Call, scope: Scope, tree: SourceTree
) -> list[tuple[Call | None, Origin]]:
    """Calls that make the model argument, with where each comes from."""
    makers: list[tuple[Call | None, Origin]] = []
    for path in rule.model:
        keys = path.split(".")
        for option, where in _options(call, path, scope):
            made, spot = follow(option, where)
            makers += [
                (made if isinstance(made, Call) else None, origin)
                for origin in origins_of(made, spot, tree)
                if origin.qualified
            ]
        if tree.language in TYPED and len(keys) == 1:
            # An SDK's constant tells by its class whose model it is.
            given = [a for i, a in enumerate(call.arguments) if path in (a.name, str(i))]
            makers += [
                (None, origin)
                for argument in given[:1]
                for origin in origins_of(argument.value, scope, tree)
                if origin.qualified
            ]
        if not keys[0].isdigit() or len(keys) != 2 or len(call.arguments) <= int(keys[0]):
            continue
        held, where = entry_of(call.arguments[int(keys[0])].value, keys[1], scope)
        for value, place in _alternatives(held, where):
            inner, spot = _unwrapped(value, place, tree)
            made, _ = follow(inner, spot)
            makers += [
                (made if isinstance(made, Call) else None, origin)
                for origin in origins_of(inner, spot, tree)
                if origin.qualified
            ]
    return [pair for pair in makers if pair[0] is not None] or makers


def _alternatives(held: list[Expr], scope: Scope) -> list[tuple[Expr, Scope]]:
    """The values themselves, or each of several that one of them stands for."""
    found: list[tuple[Expr, Scope]] = []
    for value in held:
        made, where = follow(value, scope)
        if isinstance(made, Either):
            found += [(option, where) for option in made.options]
        else:
            found.append((value, scope))
    return found


def _options(call: Call, path: str, scope: Scope) -> list[tuple[Expr, Scope]]:
    """What an option that the path names is given (``WithModel(model)``)."""
    found: list[tuple[Expr, Scope]] = []
    for argument, where in spread_out(call, scope):
        option = option_of(argument.value, where)
        if option is not None and path in setter_names(option[0]) and option[1]:
            found.append((option[1][0].value, where))
    return found


def _unwrapped(expr: Expr, scope: Scope, tree: SourceTree) -> tuple[Expr, Scope]:
    """The model inside the AI SDK's wrappers: ``wrapLanguageModel``, ``customProvider``."""
    for _ in range(_WRAPPERS):
        made, where = follow(expr, scope)
        if not isinstance(made, Call) or not made.arguments:
            break
        first, function = made.arguments[0].value, made.function
        held: list[Expr] = []
        if last_name(qualify(function, tree)) in ("wrapLanguageModel", "wrapEmbeddingModel"):
            held, where = entry_of(first, "model", where)
        elif isinstance(function, Attr) and isinstance(first, Str) and first.value:
            holder, spot = follow(function.value, where)
            if isinstance(holder, Call) and last_name(qualify(holder.function, tree)) in (
                "customProvider",
                "experimental_customProvider",
            ):
                for argument in holder.arguments[:1]:
                    kept, spot = entry_of(argument.value, f"{function.name}s", spot)
                    held, where = entry_of(kept[0], first.value, spot) if kept else ([], where)
        if len(held) != 1:
            break
        expr, scope = held[0], where
    return expr, scope


def read_models(paths: tuple[str, ...], arguments: Table) -> tuple[tuple[str, ...], str]:
    """Model names at the first of the argument paths that holds any."""
    default = ""
    for asked in paths:
        path, _, form = asked.partition("~")
        value, _ = at(arguments, path)
        found, fallback = _texts(value)
        if form:
            # A text of another form is no model's name: a prompt may stand in the same place.
            found = tuple(text for text in found if re.fullmatch(form, text))
            fallback = fallback if re.fullmatch(form, fallback) else ""
        if found:
            return found, ""
        default = default or fallback
    return (), default


def heads_of(paths: tuple[str, ...], arguments: Table) -> tuple[str, ...]:
    """How model names begin of which only the beginning is literal (``azure/{name}``)."""
    values = [at(arguments, path)[0] for path in paths]
    return tuple(v.head for v in values if isinstance(v, Opaque) and v.head)


def _texts(value: Value) -> tuple[tuple[str, ...], str]:
    if isinstance(value, Text):
        return (value.value,), ""
    if isinstance(value, Choice):
        named = [o for o in value.options if isinstance(o, Opaque) and o.why == NAMED]
        texts = tuple(o.value for o in value.options if isinstance(o, Text))
        texts += tuple(o.text for o in named)
        opaque = any(isinstance(o, Opaque) and o not in named for o in value.options)
        # `argument or "x"`: the literal is only what counts when nothing else is given.
        return ((), texts[0]) if opaque and texts else (texts, "")
    if isinstance(value, Opaque) and value.why == NAMED:
        return (value.text,), ""
    if isinstance(value, Opaque) and value.default is not None:
        found, default = _texts(value.default)
        return (), found[0] if found else default
    return (), ""
