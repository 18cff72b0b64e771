"""From a rule's match to a call: whose client it is made on, which model, which tags.

A match of an anchored rule is a call. A match of a shape rule becomes one when its receiver
comes from an SDK of the rule's family, or when its shape is the SDK's own; what is neither is
counted, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from llmaudit.catalogue import Catalogue
from llmaudit.config import Gateway
from llmaudit.connectors.code.origins import Origin, module_of, origins_of, qualify
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Call,
    Expr,
    Item,
    Name,
    Scope,
    SourceTree,
)
from llmaudit.connectors.code.syntax.tree import Mapping as MappingExpr
from llmaudit.connectors.code.tagging import TagReading, at, combine, read_tags
from llmaudit.connectors.code.values import (
    Blank,
    Choice,
    Opaque,
    Table,
    Text,
    Value,
    lookup,
    merge,
    value_of,
)
from llmaudit.model import Confidence

_ENDPOINTS = (
    "base_url", "azure_endpoint", "endpoint", "endpoint_url", "api_base", "openai_api_base",
    "0.baseURL", "0.endpoint", "0.basePath", "0.configuration.baseURL", "0.apiUrl",
    "1.baseURL",
)  # fmt: skip
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1", "host.docker.internal"}  # noqa: S104
_OLLAMA_PORT = 11434


@dataclass(frozen=True, slots=True)
class Found:
    """A call, or a client's construction, with what its file settles about it."""

    rule: ScanRule
    call: Call
    scope: Scope
    provider: str
    sdk: str
    models: tuple[str, ...]
    model_default: str
    confidence: Confidence
    tagging: TagReading
    client_tags: TagReading
    endpoint: str = ""
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class FileView:
    """One parsed file with the client constructions the rules found in it."""

    tree: SourceTree
    catalogue: Catalogue
    gateways: tuple[Gateway, ...] = ()
    clients: dict[tuple[int, int], ScanRule] = field(default_factory=dict)

    def sdk_of(self, module: str) -> str | None:
        """Id of the SDK a module belongs to by the catalogue."""
        found = self.catalogue.imported(self.tree.language, module)
        return found.id if found is not None else None

    def uses(self, family: tuple[str, ...]) -> bool:
        """Whether the file imports an SDK of that family."""
        return any(
            self.sdk_of(entry.module) in family
            or (entry.name and self.sdk_of(f"{entry.module}.{entry.name}") in family)
            for entry in self.tree.imports
            if not entry.types_only
        )


def trace(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Found | None:
    """The call behind a match; None when its receiver is not an SDK's and could be anything."""
    arguments = arguments_of(call, scope, view.tree, rule.arguments)
    if rule.tier == "anchored":
        origins: tuple[Origin, ...] = ()
        confidence: Confidence = "certain"
    else:
        origins = _receiver_origins(rule, call, scope, view.tree)
        accepted = tuple(o for o in origins if _belongs(o, rule, view))
        verdict = _verdict(rule, call, origins, accepted, arguments, view)
        if verdict is None:
            return None
        origins, confidence = accepted or origins, verdict
    makers = [o for o in origins if o.call is not None and o.scope is not None]
    client = _client(makers, rule, view)
    provider, sdk, also = _provider(rule, makers, origins, view)
    provider, endpoint = _pointed_elsewhere(provider, makers, arguments, view)
    models, default = _models(rule, call, scope, arguments, view)
    if not models:
        models, default = client.models, default or client.default
    provider = _by_model(provider, rule, call, scope, models, view)
    headers = _gateway_headers(endpoint, view)
    own = read_tags(arguments, rule.attribution, headers)
    return Found(
        rule, call, scope, provider, sdk, models, default, confidence, own,
        combine([reading for reading in client.readings]), endpoint, also,
    )  # fmt: skip


def construction(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Found | None:
    """The client behind a client rule's match; None when the name is not the SDK's."""
    qualified = qualify(call.function, view.tree)
    family = {rule.sdk, *rule.family}
    if rule.tier == "shape":
        sources = (
            [module_of(qualified)]
            if qualified
            else [
                module_of(origin.qualified)
                for origin in origins_of(call.function, scope, view.tree)
                if origin.qualified
            ]
        )
        if not any(view.sdk_of(source) in family for source in sources):
            return None
    arguments = arguments_of(call, scope, view.tree, rule.arguments)
    provider, endpoint = _endpoint_of(rule.provider, arguments, view)
    models, default = _models(rule, call, scope, arguments, view)
    reading = read_tags(arguments, rule.attribution, _gateway_headers(endpoint, view))
    return Found(
        rule, call, scope, provider, rule.sdk, models, default, "certain", reading, reading, endpoint
    )


def arguments_of(
    call: Call, scope: Scope, tree: SourceTree, names: tuple[str, ...] = ()
) -> Table:
    """A call's arguments as one table: named ones by name, positional ones by number.

    Where the only argument is a command object (``client.send(new Command({...}))``) its own
    arguments are taken.
    """
    parts: list[Value] = []
    position = 0
    for argument in call.arguments:
        value = value_of(argument.value, scope, tree)
        if argument.spread == "**":
            parts.append(value)
        elif argument.spread == "*":
            parts.append(Table(open=True) if position == 0 else Table())
        elif argument.name is not None:
            parts.append(Table({argument.name: value}))
        else:
            if position == 0 and isinstance(value, Opaque):
                value = _command(argument.value, scope, tree) or value
            key = names[position] if position < len(names) else str(position)
            parts.append(Table({str(position): value, key: value}))
            position += 1
    return merge(parts)


def _command(expr: Expr, scope: Scope, tree: SourceTree) -> Value | None:
    made, where = _follow(expr, scope)
    if isinstance(made, Call) and made.new and made.arguments:
        return value_of(made.arguments[0].value, where, tree)
    return None


def _follow(expr: Expr, scope: Scope) -> tuple[Expr, Scope]:
    """The expression a name stands for where exactly one is assigned to it."""
    for _ in range(4):
        found = lookup(expr.id, scope) if isinstance(expr, Name) else None
        assigned = [b for b in found[1] if b.value is not None] if found else []
        if len(assigned) != 1 or assigned[0].value is None:
            break
        expr, scope = assigned[0].value, assigned[0].scope
    return expr, scope


# -- whose call ------------------------------------------------------------------------


def _receiver_origins(
    rule: ScanRule, call: Call, scope: Scope, tree: SourceTree
) -> tuple[Origin, ...]:
    if call.new:
        qualified = qualify(call.function, tree)
        return (Origin("call", qualified, call, scope),) if qualified else ()
    if isinstance(call.function, Attr):
        return origins_of(call.function.value, scope, tree)
    return origins_of(call.function, scope, tree)


def _belongs(origin: Origin, rule: ScanRule, view: FileView) -> bool:
    if not origin.qualified or origin.kind == "local":
        return False
    known = view.sdk_of(origin.qualified if view.tree.language == "python" else
                        module_of(origin.qualified))
    if known not in rule.family:
        return False
    if not rule.receivers:
        return True
    if _last(origin.qualified) == "default":
        return True
    names = [_last(origin.qualified), *origin.qualified.split(".")]
    return any(fnmatchcase(name, glob) for name in names for glob in rule.receivers)


def _verdict(
    rule: ScanRule,
    call: Call,
    origins: tuple[Origin, ...],
    accepted: tuple[Origin, ...],
    arguments: Table,
    view: FileView,
) -> Confidence | None:
    if accepted:
        return "certain"
    distinctive = _distinctive(rule, arguments)
    if any(o.kind == "local" for o in origins) and not any(o.kind == "open" for o in origins):
        return None
    foreign = [o for o in origins if o.qualified]
    if any(view.sdk_of(o.qualified) for o in foreign):
        # Another SDK's object: its own rules say what its methods are.
        return None
    named = any(fnmatchcase(_receiver_name(call), glob) for glob in rule.open_receivers)
    if view.uses(rule.family) and named and (not foreign or rule.receivers):
        return "likely"
    return "likely" if distinctive else None


def _distinctive(rule: ScanRule, arguments: Table) -> bool:
    if not rule.distinctive:
        return False
    if arguments.open and rule.own_chain:
        return True
    if rule.own_chain and isinstance(arguments.entries.get("0"), Opaque):
        return True
    return all(not isinstance(at(arguments, path)[0], Blank) for path in rule.distinctive)


def _receiver_name(call: Call) -> str:
    function = call.function
    value = function.value if isinstance(function, Attr) else function
    while isinstance(value, Call | Item):
        value = value.function if isinstance(value, Call) else value.value
    if isinstance(value, Attr):
        return value.name
    return value.id if isinstance(value, Name) else ""


def _last(qualified: str) -> str:
    return qualified.replace(":", ".").rsplit(".", 1)[-1]


# -- which client ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Client:
    models: tuple[str, ...] = ()
    default: str = ""
    readings: tuple[TagReading, ...] = ()


def _client(makers: list[Origin], rule: ScanRule, view: FileView) -> _Client:
    models: list[str] = []
    default = ""
    readings: list[TagReading] = []
    for origin in _with_parts(makers, rule, view):
        call, scope = origin.call, origin.scope
        if call is None or scope is None:
            continue
        maker = view.clients.get((call.start, call.end))
        paths = maker.model if maker is not None else rule.client_model
        fields = maker.attribution if maker is not None else rule.client_attribution
        arguments = arguments_of(call, scope, view.tree, maker.arguments if maker else ())
        found, fallback = _read_models(paths, arguments)
        models += [model for model in found if model not in models]
        default = default or fallback
        readings.append(read_tags(arguments, fields, _gateway_headers("", view)))
    return _Client(tuple(models), default, tuple(readings))


def _with_parts(makers: list[Origin], rule: ScanRule, view: FileView) -> list[Origin]:
    """A chain or agent is made of models: the constructions among its arguments too."""
    if not rule.receivers:
        return makers
    found = list(makers)
    for origin in makers:
        if origin.call is None or origin.scope is None:
            continue
        for argument in origin.call.arguments:
            found += [
                part
                for part in origins_of(argument.value, origin.scope, view.tree)
                if part.call is not None and _last(part.qualified) in rule.providers
            ]
    return found


def _provider(
    rule: ScanRule, makers: list[Origin], origins: tuple[Origin, ...], view: FileView
) -> tuple[str, str, tuple[str, ...]]:
    """Provider, SDK, and the other providers the same call may reach."""
    providers: list[str] = []
    sdk = rule.sdk
    for origin in [*_with_parts(makers, rule, view), *origins]:
        span = (origin.call.start, origin.call.end) if origin.call is not None else None
        maker = view.clients.get(span) if span is not None else None
        known = view.catalogue.imported(view.tree.language, _module(origin, view))
        if known is not None and known.id in rule.family:
            sdk = known.id
        if maker is not None:
            providers.append(maker.provider)
        elif _last(origin.qualified) in rule.providers:
            providers.append(rule.providers[_last(origin.qualified)])
        elif module_of(origin.qualified) in rule.providers:
            providers.append(rule.providers[module_of(origin.qualified)])
        elif known is not None and known.id in rule.family and known.id != rule.sdk:
            providers.append(known.provider)
    distinct = list(dict.fromkeys(p for p in providers if p != "unknown"))
    if not distinct:
        return rule.provider, sdk, ()
    return distinct[0], sdk, tuple(distinct[1:])


def _module(origin: Origin, view: FileView) -> str:
    if view.tree.language == "python":
        return origin.qualified
    return module_of(origin.qualified)


def _pointed_elsewhere(
    provider: str, makers: list[Origin], arguments: Table, view: FileView
) -> tuple[str, str]:
    """The provider a base URL really names, and the host; unchanged where none is literal."""
    for origin in makers:
        if origin.call is not None and origin.scope is not None:
            table = arguments_of(origin.call, origin.scope, view.tree)
            found, endpoint = _endpoint_of(provider, table, view)
            if endpoint:
                return found, endpoint
    return _endpoint_of(provider, arguments, view)


def _endpoint_of(provider: str, arguments: Table, view: FileView) -> tuple[str, str]:
    for path in _ENDPOINTS:
        value, _ = at(arguments, path)
        options = value.options if isinstance(value, Choice) else (value,)
        for option in options:
            text = option.value if isinstance(option, Text) else (
                option.head if isinstance(option, Opaque) else ""
            )
            if "://" not in text:
                continue
            try:
                address = urlsplit(text)
                host, port = address.hostname or "", address.port
            except ValueError:
                continue
            return _host_provider(host, port, provider, view), host
    return provider, ""


def _host_provider(host: str, port: int | None, provider: str, view: FileView) -> str:
    for gateway in view.gateways:
        if host == gateway.host or host.endswith(f".{gateway.host}"):
            return gateway.provider
    if host in _LOCAL_HOSTS:
        return "ollama" if port == _OLLAMA_PORT else "unknown"
    known = view.catalogue.host(host)
    if known is not None:
        return known.id
    return provider if not host or "{" in host or host.endswith(".") else "unknown"


def _gateway_headers(endpoint: str, view: FileView) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for gateway in view.gateways:
        if not endpoint or endpoint == gateway.host or endpoint.endswith(f".{gateway.host}"):
            headers |= gateway.tag_headers
    return headers


# -- which model -----------------------------------------------------------------------


def _models(
    rule: ScanRule, call: Call, scope: Scope, arguments: Table, view: FileView
) -> tuple[tuple[str, ...], str]:
    models, default = _read_models(rule.model, arguments)
    if models or not rule.providers:
        return models, default
    # `model: openai("gpt-4o")`: the model's own construction holds its name.
    for made, _ in _model_makers(rule, call, scope, view.tree):
        if made.arguments:
            value = value_of(made.arguments[0].value, scope, view.tree)
            found, fallback = _texts(value)
            if found:
                return found, default
            default = default or fallback
    return (), default


def _model_makers(
    rule: ScanRule, call: Call, scope: Scope, tree: SourceTree
) -> list[tuple[Call, str]]:
    """Calls that make the model argument, with the module or name each comes from."""
    makers: list[tuple[Call, str]] = []
    for path in rule.model:
        keys = path.split(".")
        if not keys[0].isdigit() or len(keys) != 2 or len(call.arguments) <= int(keys[0]):
            continue
        holder, where = _follow(call.arguments[int(keys[0])].value, scope)
        if not isinstance(holder, MappingExpr):
            continue
        for entry in holder.entries:
            if entry.key is None or getattr(entry.key, "value", None) != keys[1]:
                continue
            for origin in origins_of(entry.value, where, tree):
                made, _ = _follow(entry.value, where)
                if origin.qualified:
                    makers.append((made if isinstance(made, Call) else call, origin.qualified))
    return [(made, name) for made, name in makers if made is not call] or [
        (Call(0, 0, 0, 0, 0), name) for _, name in makers
    ]


def _read_models(paths: tuple[str, ...], arguments: Table) -> tuple[tuple[str, ...], str]:
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


def _by_model(
    provider: str,
    rule: ScanRule,
    call: Call,
    scope: Scope,
    models: tuple[str, ...],
    view: FileView,
) -> str:
    """For routers the model says who runs it: its package, its prefix, else its publisher."""
    if provider != "unknown" or not rule.providers:
        return provider
    for _, qualified in _model_makers(rule, call, scope, view.tree):
        if module_of(qualified) in rule.providers:
            return rule.providers[module_of(qualified)]
    for model in models:
        for separator in ("/", ":"):
            prefix, found, _ = model.partition(separator)
            if found and prefix in rule.providers:
                return rule.providers[prefix]
    if rule.sdk == "litellm" or rule.receivers:
        for model in models:
            known = view.catalogue.model(model)
            if known is not None:
                return known.id
    return provider
