"""Who runs and bills the model: the client's class, its endpoint, else the model's name."""

from __future__ import annotations

import re
from collections import abc
from urllib.parse import urlsplit

from llmaudit.connectors.code.arguments import option_of, spread_out
from llmaudit.connectors.code.chains import links_of, made_of
from llmaudit.connectors.code.inference import behind_gateway
from llmaudit.connectors.code.models import model_makers
from llmaudit.connectors.code.names import keys_of, last_name, qualify
from llmaudit.connectors.code.origins import TYPED, Origin, origins_of
from llmaudit.connectors.code.receivers import is_excluded
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import HOLE, Call, Expr, Mapping, Scope
from llmaudit.connectors.code.tagging import at
from llmaudit.connectors.code.values import Choice, Opaque, Table, Text, Value, value_of
from llmaudit.connectors.code.view import FileView

_ENDPOINTS = (
    "base_url", "azure_endpoint", "endpoint", "endpoint_url", "api_base", "openai_api_base",
    "uri_base",
    "0.baseURL", "0.endpoint", "0.basePath", "0.configuration.baseURL", "0.apiUrl",
    "1.baseURL", "baseURL", "serverURL", "0.BaseURL", "1.HTTPOptions.BaseURL", "1.BaseURL",
    "baseUrl", "endpointOverride", "apiHost", "httpOptions.baseUrl", "openAiApi.baseUrl",
    "openAiApi.0", "restClient.baseUrl", "host.baseUrl", "host.0", "0.host.baseUrl", "0.host.0",
    "baseUri",
)  # fmt: skip
# A crew is made of agents, an agent of a model.
_NESTED = 3
# The same in the construction of a client where addresses are arguments by their place.
_PLACED = {
    "scala": ("coreUrl", "0", "1", "config.baseUrl", "0.baseUrl"),
    "swift": (
        "overrideBaseURL", "configuration.host", "host", "basePath", "configuration.basePath",
    ),
    "csharp": (
        "0", "1", "options.Endpoint", "0.Endpoint", "1.Endpoint", "2.Endpoint", "BaseUrl",
        "0.BaseUrl", "0.BaseDomain", "BaseDomain", "ApiUrlFormat", "HttpEndpoint", "baseUrl",
        "clientOptions.Endpoint", "0.Uri", "httpEndpoint", "baseUri",
    ),
}  # fmt: skip
# Languages whose SDKs name a provider by a constant among a builder's parts.
_BUILT = ("rust",)
# Where an address may stand without its scheme.
_BARE = {"baseUri", "configuration.host", "host"}
_HOST_TOLD = re.compile(rf"https?://[\w.-]*{HOLE}[\w-]*\.[\w-]+\.[\w.-]+(?:[:/]|$)")
# Paths of Azure's own: a client of OpenAI that is given one talks to it.
_DEPLOYMENT = re.compile(r"/openai/deployments/")
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1", "host.docker.internal"}  # noqa: S104
_OLLAMA_PORT = 11434


def with_parts(makers: list[Origin], rule: ScanRule, view: FileView) -> list[Origin]:
    """A chain or agent is made of models: the constructions among its arguments too.

    An executor is made of an agent that is made of a model.
    """
    if not rule.receivers:
        return makers
    found = list(makers)
    seen = {id(origin.call) for origin in makers}
    level = list(makers)
    for _ in range(_NESTED):
        inner = [
            part
            for origin in level
            if origin.call is not None and origin.scope is not None
            for value in _given(origin.call)
            for part in origins_of(value, origin.scope, view.tree)
            if (part.call is not None and id(part.call) not in seen)
            or part.kind == "annotation"
            # A constant of an SDK that is written with its class.
            or (part.kind == "module" and view.tree.language in TYPED)
        ]
        seen.update(id(part.call) for part in inner)
        found += [
            part
            for part in inner
            if (_named(rule, part) or _by_parts(rule, part, view)) and not is_excluded(part, rule)
        ]
        level = inner
    if "embed" in rule.api:
        return found
    # What a chain looks things up with comes after what answers.
    return sorted(found, key=lambda origin: "embed" in last_name(origin.qualified).lower())


def named_by_given(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> str:
    """The provider that options given to a call, or on the way to it, are those of."""
    given = [Origin("call", "", link, scope) for link in (call, *links_of(call)[0])]
    parts = with_parts(given, rule, view)[len(given) :]
    return next((_named(rule, part) for part in parts), "")


def named_by_arguments(
    rule: ScanRule, call: Call, scope: Scope, view: FileView
) -> tuple[str, tuple[str, ...]]:
    """The provider that a client's constructor, or an option or settings object for it, stands for.

    Returns:
        The provider, empty where none is named, and those that are named only on some way.
    """
    own = _named(rule, Origin("call", qualify(call.function, view.tree)))
    certain: dict[str, None] = {}
    possible: dict[str, None] = {}
    for argument, where in spread_out(call, scope) if rule.providers else ():
        origins = origins_of(argument.value, where, view.tree)
        named = [named for origin in origins if (named := _named(rule, origin))]
        option = option_of(argument.value, where)
        given = [inner.value for inner in option[1]] if option else [argument.value]
        values = [value_of(one, where, view.tree) for one in given]
        symbols = [s for value in values for s in _symbols(value)]
        # `using("anthropic", "claude-x")`
        symbols += [value.value for value in values if isinstance(value, Text)]
        named += [rule.providers[name] for name in symbols if name in rule.providers]
        # The constructor's own package is what counts where nothing else is named.
        named = [name for name in named if name != own]
        (certain if where is scope else possible).update(dict.fromkeys(named))
    first = next(iter(certain), own)
    return first, tuple(p for p in (*certain, *possible) if p != first)


def named_by(rule: ScanRule, qualified: str) -> str:
    """The provider a rule names for a class, function or module; empty where it names none."""
    return next((rule.providers[k] for k in keys_of(qualified) if k in rule.providers), "")


def _named(rule: ScanRule, origin: Origin) -> str:
    return named_by(rule, origin.qualified)


def _by_parts(rule: ScanRule, origin: Origin, view: FileView) -> str:
    """The provider that a constant among a builder's parts stands for (`backend(B::Ollama)`)."""
    if not rule.providers or origin.call is None or origin.scope is None:
        return ""
    if view.tree.language not in _BUILT:
        return ""
    made = made_of(origin.call, origin.scope, view.tree)
    return next((rule.providers[s] for s in _symbols(made) if s in rule.providers), "")


def _symbols(value: Value) -> list[str]:
    """Names of an SDK's constants: the value itself, or fields of a settings object."""
    fields = value.entries.values() if isinstance(value, Table) else (value,)
    options = [o for one in fields for o in (one.options if isinstance(one, Choice) else (one,))]
    return [last_name(o.symbol) for o in options if isinstance(o, Opaque) and o.symbol]


def _given(call: Call) -> list[Expr]:
    """Arguments of a construction, those in an options object among them."""
    given: list[Expr] = []
    for argument in call.arguments:
        if isinstance(argument.value, Mapping):
            given += [entry.value for entry in argument.value.entries]
        elif isinstance(argument.value, Call) and argument.value.new:
            given += [argument.value, *(inner.value for inner in argument.value.arguments)]
        else:
            given.append(argument.value)
    return given


def provider_of(
    rule: ScanRule, makers: list[Origin], origins: tuple[Origin, ...], view: FileView
) -> tuple[str, str, tuple[str, ...]]:
    """Provider, SDK, and the other providers the same call may reach."""
    providers: list[str] = []
    families: list[str] = []
    sdk = rule.sdk
    for origin in [*with_parts(makers, rule, view), *origins]:
        maker = view.client_of(origin)
        # Of several SDKs that a name may come from, the rule's own is meant.
        known = view.sdk_of(origin.qualified, (rule.sdk,))
        if known is None or known.id != rule.sdk:
            known = view.sdk_of(origin.qualified, rule.family)
        if known is not None and known.id in rule.family:
            sdk = known.id
        if maker is not None:
            providers += [maker.provider, *maker.also]
        elif declared := _declared(origin, known.id if known is not None else "", view):
            providers.append(declared)
        elif named := _named(rule, origin) or _by_parts(rule, origin, view):
            providers.append(named)
        elif known is not None and known.id in rule.family and known.id != rule.sdk:
            families.append(known.provider)
    # What an SDK is mostly used for counts only where no construction says more.
    distinct = list(dict.fromkeys(p for p in providers or families if p != "unknown"))
    if not distinct:
        used = {one.id: one for one in view.used(rule.family)}
        if len(used) == 1 and rule.sdk not in used:
            # The receiver is nowhere made: the only SDK of the family in sight is meant.
            only = next(iter(used.values()))
            return only.provider or rule.provider, only.id, ()
        return rule.provider, sdk, ()
    return distinct[0], sdk, tuple(distinct[1:])


def _declared(origin: Origin, sdk: str, view: FileView) -> str:
    """Provider of a class that a type declaration names, by the client rules."""
    if origin.kind != "annotation":
        return ""
    for rule in view.classes.get(last_name(origin.qualified), ()):
        if sdk == rule.sdk or sdk in rule.family:
            return rule.provider
    return ""


def pointed_elsewhere(
    provider: str, makers: list[Origin], arguments: Table, view: FileView
) -> tuple[str, str]:
    """The provider a base URL really names, and the host; unchanged where none is literal."""
    for origin in makers:
        if origin.call is not None and origin.scope is not None:
            table = made_of(origin.call, origin.scope, view.tree)
            placed = () if origin.step else _PLACED.get(view.tree.language, ())
            found, endpoint = endpoint_of(provider, table, view, placed)
            if endpoint:
                return found, endpoint
    return endpoint_of(provider, arguments, view)


def endpoint_of(
    provider: str, arguments: Table, view: FileView, placed: tuple[str, ...] = ()
) -> tuple[str, str]:
    """The provider that a literal endpoint among the arguments names, and its host."""
    for path in (*_ENDPOINTS, *placed):
        value, _ = at(arguments, path)
        options = value.options if isinstance(value, Choice) else (value,)
        # What counts where the environment says nothing comes after what is written.
        defaults = [o.default for o in options if isinstance(o, Opaque) and o.default is not None]
        for option in (*options, *defaults):
            text = (
                option.value
                if isinstance(option, Text)
                else (option.head if isinstance(option, Opaque) else "")
            )
            if isinstance(option, Opaque) and _HOST_TOLD.match(option.text):
                # `https://${resource}.openai.azure.com` ends as the provider's hosts do.
                told = option.text.replace(HOLE, "*")
                text = told if view.catalogue.host(urlsplit(told).hostname or "") else text
            elif (
                isinstance(option, Opaque)
                and (provider, text) == ("openai", "")
                and _DEPLOYMENT.search(option.text)
            ):
                return "azure-openai", ""
            if path in _BARE and "://" not in text:
                # An address may be given without its scheme.
                whole = option.text if isinstance(option, Opaque) else text
                text = f"https://{whole.replace(HOLE, 'x')}" if "." in whole else ""
            if "://" not in text:
                continue
            try:
                address = urlsplit(text)
                host, port = address.hostname or "", address.port
            except ValueError:
                continue
            if option in defaults and view.catalogue.host(host) is None:
                # A server of one's own that stands for a setting names nobody.
                continue
            if not any(host == gateway.host for gateway in view.gateways):
                whole = option.text if isinstance(option, Opaque) else text
                behind = behind_gateway(host, whole.partition("://")[2].partition("/")[2])
                if behind:
                    # Through a gateway: the client's own provider, or the one its address names.
                    through = provider if "helicone" in host or "hcone" in host else behind
                    return through, host
            return _host_provider(host, port, provider, view), host
    return provider, ""


def _host_provider(host: str, port: int | None, provider: str, view: FileView) -> str:
    for gateway in view.gateways:
        if host == gateway.host or host.endswith(f".{gateway.host}"):
            return gateway.provider
    if host in _LOCAL_HOSTS:
        return "ollama" if port == _OLLAMA_PORT or provider == "ollama" else "unknown"
    known = view.catalogue.host(host)
    if known is not None:
        return known.id
    if (
        provider in view.catalogue.providers
        and view.catalogue.providers[provider].kind == "gateway"
    ):
        # A gateway or a server of one's own may stand anywhere.
        return provider
    return provider if not host or "{" in host or host.endswith(".") else "unknown"


def gateway_headers(endpoint: str, view: FileView) -> abc.Mapping[str, str]:
    """Tag headers of the configured gateways a call may go through, with their keys."""
    headers: dict[str, str] = {}
    for gateway in view.gateways:
        if not endpoint or endpoint == gateway.host or endpoint.endswith(f".{gateway.host}"):
            headers |= gateway.tag_headers
    return headers


def by_own_model(
    rule: ScanRule, call: Call, scope: Scope, models: tuple[str, ...], view: FileView
) -> str:
    """Who the model that a call is given names, by its package or its prefix; empty if nobody."""
    for _, origin in model_makers(rule, call, scope, view.tree):
        named = _named(rule, origin)
        if named:
            return pointed_elsewhere(named, [origin], Table(), view)[0]
    for model in models:
        for separator in ("/", ":"):
            prefix, found, _ = model.partition(separator)
            if found and prefix in rule.providers:
                return rule.providers[prefix]
    return ""


def by_model(
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
    named = by_own_model(rule, call, scope, models, view)
    if named:
        return named
    if rule.sdk == "litellm" or rule.receivers:
        for model in models:
            # A cloud's own name for a model tells who published it, not who runs it.
            known = None if view.catalogue.cloud_model(model) else view.catalogue.model(model)
            if known is not None:
                return known.id
    return provider
