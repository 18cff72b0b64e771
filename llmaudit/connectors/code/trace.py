"""From a rule's match to a call: whose client it is made on, which model, which tags.

A match of an anchored rule is a call. A match of a shape rule becomes one when its receiver
comes from an SDK of the rule's family, or when its shape is the SDK's own; what is neither is
counted, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.brought import as_callers_say, brought, brought_parts
from llmaudit.connectors.code.chains import chain_of, made_of
from llmaudit.connectors.code.command_line import command_call
from llmaudit.connectors.code.configured import (
    configured,
    holds_no_model,
    registered,
    set_later,
    set_up,
)
from llmaudit.connectors.code.constants import settled_table
from llmaudit.connectors.code.held import is_called_later
from llmaudit.connectors.code.indirect import handed_on, resource_of, sends, sent
from llmaudit.connectors.code.made import model_readings
from llmaudit.connectors.code.middleware import added_headers
from llmaudit.connectors.code.models import heads_of, models_of, read_models
from llmaudit.connectors.code.names import last_name, qualify
from llmaudit.connectors.code.origins import OPEN, TYPED, Origin, origins_of
from llmaudit.connectors.code.provider import (
    by_model,
    by_own_model,
    endpoint_of,
    gateway_headers,
    named_by,
    named_by_arguments,
    named_by_given,
    pointed_elsewhere,
    provider_of,
    with_parts,
)
from llmaudit.connectors.code.raw_http import http_call
from llmaudit.connectors.code.receivers import (
    ELSEWHERE,
    before_method,
    belongs,
    has_own_parts,
    is_answer,
    is_given,
    is_handed_out,
    is_held,
    is_mocked,
    name_of,
    proxied,
    receiver_origins,
    stand_of,
    typed_otherwise,
    unless_excluded,
    verdict_on,
)
from llmaudit.connectors.code.rulebook import Attribution, ScanRule
from llmaudit.connectors.code.scopes import is_own_method
from llmaudit.connectors.code.syntax.tree import Attr, Call, Expr, Scope
from llmaudit.connectors.code.tagging import (
    UNTAGGED,
    TagReading,
    at,
    combine,
    read_tags,
    with_added,
    without_unread,
)
from llmaudit.connectors.code.values import Choice, Opaque, Table, Text, merge
from llmaudit.connectors.code.view import FileView, Found
from llmaudit.model import Confidence

# Methods that give the client once more, with other headers or another address.
_CHANGED_CLIENT = ("with_options", "copy", "withOptions")
# Steps that are given options of their own.
_CONFIGURES = (*_CHANGED_CLIENT, "bind", "withConfig", "with_config")


def trace(
    rule: ScanRule,
    call: Call,
    scope: Scope,
    view: FileView,
    receiver: tuple[Expr, Scope] | None = None,
) -> Found | None:
    """The call behind a match; None when its receiver is not an SDK's and could be anything.

    Args:
        receiver: What the method stands on where the call does not write it.
    """
    if rule.http is not None:
        return http_call(rule, call, scope, view)
    if rule.command_line:
        return command_call(rule, call, scope, view)
    given = handed_on(call) if receiver is None else call
    if given is None or (given is not call and is_called_later(call, view.tree)):
        return None
    arguments = settled_table(arguments_of(given, scope, view.tree, rule.arguments), view)
    if rule.chain:
        before = settled_table(chain_of(given, scope, view.tree), view)
        arguments = merge((before, arguments))
    if sends(rule, call):
        command = sent(rule, call, scope, view)
        if command is None:
            return None
        arguments = command.arguments
    if not (_asked(rule, arguments) and _beside(rule, view)) or has_own_parts(rule, view):
        return None
    if sends(rule, call) or rule.tier == "anchored":
        origins: tuple[Origin, ...] = ()
        confidence: Confidence = "certain"
    else:
        if not rule.proxies and is_own_method(given, scope):
            return None
        if view.tree.language in TYPED and is_mocked(given, view):
            return None
        held = resource_of(rule, call, scope) if rule.resource else receiver
        if rule.resource and held is None:
            return None
        if (rule.direct or rule.proxies) and not is_held(given.function):
            return None
        origins = (
            origins_of(*held, view.tree) if held else receiver_origins(given, scope, view.tree)
        )
        if view.tree.language in TYPED:
            origins = unless_excluded(origins, rule)
            if any(is_answer(origin, rule) for origin in origins):
                return None
        if rule.proxies:
            origins = proxied(origins, rule, view)
        accepted = tuple(o for o in origins if belongs(o, rule, view))
        if not accepted and view.tree.language == "python" and OPEN in origins:
            stand, where = held or (stand_of(given.function), scope)
            given_in = brought(stand, where, view)
            accepted = tuple(o for o in given_in if belongs(o, rule, view))
            if given_in and all(o.kind == "local" for o in given_in):
                # Every caller hands in an object of a class of this file.
                return None
        name = name_of(receiver[0] if receiver else stand_of(given.function))
        if not accepted and not receiver and typed_otherwise(given, rule, scope, view):
            return None
        seen = origins
        base = before_method(given.function, rule)
        here = any(origin.kind == "local" for origin in origins)
        elsewhere = view.tree.language in ELSEWHERE and not accepted and not here
        if elsewhere and is_handed_out(base, origins):
            # What an object of a class gives that is written elsewhere may be anything.
            seen = (OPEN,)
        verdict = verdict_on(rule, name, seen, accepted, arguments, view, given, scope)
        if verdict is None:
            return None
        origins, confidence = accepted or origins, verdict
    origins += _handed_in(rule, given, scope, view)
    makers = [o for o in origins if o.call is not None and o.scope is not None]
    if rule.chain:
        # The call's own steps are its arguments.
        makers = [o for o in makers if not (o.step and _inside(o.call, given))]
    typed = view.tree.language in (*TYPED, *ELSEWHERE) and rule.tier == "shape"
    if typed and all(origin.step for origin in makers):
        # A parameter of a declared type: what callers of the same file hand in says more.
        stand = receiver[0] if receiver else before_method(given.function, rule)
        given_in = brought(stand, scope, view)
        makers += [o for o in given_in if o.call is not None and belongs(o, rule, view)]
    makers += registered(rule, makers, view)
    for origin in makers:
        _describe(origin, view)
    makers += configured(rule, makers, view)
    makers += brought_parts(makers, rule, view)
    makers += set_up(rule, given, makers, view)
    if holds_no_model(rule, given, makers, view):
        return None
    client = _client(makers, rule, view)
    if not client.models and view.tree.language in ELSEWHERE:
        named, fallback = set_later(stand_of(given.function), scope, rule, view)
        client = replace(client, models=named, default=client.default or fallback)
    provider, sdk, also = provider_of(rule, makers, origins, view)
    if provider == "unknown" and view.tree.language in TYPED:
        provider = named_by_given(rule, given, scope, view) or provider
    provider, endpoint = pointed_elsewhere(provider, makers, arguments, view)
    models, default = models_of(rule, call, scope, arguments, view)
    decided = rule.client_decides and provider != "unknown"
    if rule.provider == "unknown" and rule.providers and not decided:
        # What a call is given goes before what its client was made with.
        provider = by_own_model(rule, call, scope, models, view) or provider
    if not models and not any(is_given(arguments, path) for path in rule.model):
        models, default = client.models, default or client.default
    named = models or heads_of(rule.model, arguments)
    if not endpoint or by_own_model(rule, call, scope, named, view):
        # Whose server a literal address names is not told by who published the model.
        provider = by_model(provider, rule, call, scope, named, view)
    headers = gateway_headers(endpoint, view)
    own = read_tags(arguments, rule.attribution, headers)
    if rule.attribution == Attribution() and not any(a.spread == "**" for a in given.arguments):
        # No argument carries tags, whatever stands in a list that is handed on.
        own = UNTAGGED
    if own.tagging == "dynamic" and rule.attribution.tag:
        own = as_callers_say(rule, given, scope, view, headers) or own
    added = added_headers(given, scope, rule.attribution.through, view.tree)
    own = with_added(own, added, headers)
    if own.tagging != "tagged" and any(
        fnmatchcase(model, glob) for model in models for glob in rule.weak_models
    ):
        own = TagReading("partial", weak="inference profile")
    return Found(
        rule, call, scope, provider, sdk, models, default, confidence, own,
        combine((*client.readings, *model_readings(rule, call, scope, view))), endpoint, also,
        confidence == "certain" and bool(makers or _declared(origins, view)), arguments=arguments,
    )  # fmt: skip


def _declared(origins: tuple[Origin, ...], view: FileView) -> bool:
    """Whether Python's annotation says what an object is that is nowhere made."""
    return view.tree.language == "python" and any(o.kind == "annotation" for o in origins)


def _inside(inner: Call | None, outer: Call) -> bool:
    return inner is not None and outer.start <= inner.start and inner.end <= outer.end


def _handed_in(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> tuple[Origin, ...]:
    """Where the model comes from that a function of the SDK is given as an argument."""
    if rule.on is None or rule.on >= len(call.arguments):
        return ()
    found = origins_of(call.arguments[rule.on].value, scope, view.tree)
    return tuple(o for o in found if any(s.id in rule.family for s in view.sdks_of(o.qualified)))


def _construct(call: Call, scope: Scope, rule: ScanRule, view: FileView) -> Table:
    if view.tree.language in TYPED:
        return made_of(call, scope, view.tree)
    return arguments_of(call, scope, view.tree, rule.arguments)


def _as_written(arguments: Table, view: FileView) -> Table:
    """A construction's arguments without what is merged into them (``Client(**options)``).

    Keys, addresses and time limits are handed on so; what would carry a tag is named.
    """
    return replace(arguments, open=False) if view.tree.language == "python" else arguments


def construction(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Found | None:
    """The client behind a client rule's match; None when the name is not the SDK's."""
    qualified = qualify(call.function, view.tree)
    family = {rule.sdk, *rule.family}
    provider, sdk_id = rule.provider, rule.sdk
    if rule.tier == "shape":
        sources = (
            [qualified]
            if qualified
            else [
                origin.qualified
                for origin in origins_of(call.function, scope, view.tree)
                if origin.qualified
            ]
        )
        known = [sdk for source in sources for sdk in view.sdks_of(source)]
        sdks = [sdk for sdk in known if sdk.id in family]
        if not sdks:
            return None
        if not qualified and rule.sdk not in {sdk.id for sdk in sdks}:
            # The same method on another SDK's object: that SDK says who runs the model.
            known_runs = [sdk for sdk in sdks if sdk.provider not in ("", "unknown")] or sdks
            provider, sdk_id = known_runs[0].provider or rule.provider, sdks[0].id
        if not qualified:
            named_here = (named_by(rule, source) for source in sources)
            provider = next(filter(None, named_here), provider)
    arguments = settled_table(_construct(call, scope, rule, view), view)
    named, also = named_by_arguments(rule, call, scope, view)
    provider, endpoint = endpoint_of(named or provider, arguments, view)
    models, default = models_of(rule, call, scope, arguments, view)
    provider = by_model(provider, rule, call, scope, models, view)
    headers = gateway_headers(endpoint, view)
    reading = read_tags(_as_written(arguments, view), rule.attribution, headers)
    added = added_headers(call, scope, rule.attribution.through, view.tree)
    reading = with_added(reading, added, headers)
    reading = combine((reading, *model_readings(rule, call, scope, view)))
    return Found(
        rule,
        call,
        scope,
        provider,
        sdk_id,
        models,
        default,
        "certain",
        reading,
        reading,
        endpoint,
        also,
    )


def _asked(rule: ScanRule, arguments: Table) -> bool:
    """Whether the arguments are what a model is asked with, where the method takes others too."""
    if not rule.asks or arguments.open:
        return True
    for asked in rule.asks:
        path, _, glob = asked.partition("~")
        value, _ = at(arguments, path)
        options = value.options if isinstance(value, Choice) else (value,)
        texts = [
            o.value if isinstance(o, Text) else o.text
            for o in options
            if isinstance(o, Text | Opaque)
        ]
        if any(fnmatchcase(text, glob) for text in texts) if glob else is_given(arguments, path):
            return True
    return False


def _beside(rule: ScanRule, view: FileView) -> bool:
    """Whether the file imports what a rule's container must hold to send requests."""
    return not rule.beside or any(
        fnmatchcase(entry.name or entry.module, glob)
        for entry in view.tree.imports
        for glob in rule.beside
        if view.sdk_of(entry.module, rule.family) is not None
    )


def _describe(origin: Origin, view: FileView) -> None:
    """Read a construction whose class only a name or an attribute stood for in the source."""
    if origin.call is None or origin.scope is None or view.client_of(origin) is not None:
        return
    function = origin.call.function
    if origin.step and not (isinstance(function, Attr) and function.name in _CHANGED_CLIENT):
        return
    for rule in view.classes.get(last_name(origin.qualified), ()):
        if any(sdk.id == rule.sdk for sdk in view.sdks_of(origin.qualified)):
            made = construction(rule, origin.call, origin.scope, view)
            if made is not None:
                view.described[id(origin.call), origin.qualified] = made
                return


@dataclass(frozen=True, slots=True)
class _Client:
    models: tuple[str, ...] = ()
    default: str = ""
    readings: tuple[TagReading, ...] = ()


def _no_options(call: Call, scope: Scope, view: FileView) -> list[str]:
    """Positions of a construction's arguments that are objects of an SDK, or of a step's all.

    ``prompt.pipe(model)`` and ``loadQAStuffChain(llm)`` are given no options that could hide a
    tag; ``model.withConfig(config)`` is. A function's options are not the first of several.
    """
    function = call.function
    if isinstance(function, Attr) and not call.new and function.name not in _CONFIGURES:
        return [str(place) for place in range(len(call.arguments))]
    return [
        str(place)
        for place, argument in enumerate(call.arguments)
        if (place == 0 and not call.new and len(call.arguments) > 1)
        or any(
            origin.kind == "call" and view.sdks_of(origin.qualified)
            for origin in origins_of(argument.value, scope, view.tree)
        )
    ]


def _client(makers: list[Origin], rule: ScanRule, view: FileView) -> _Client:
    models: list[str] = []
    default = ""
    readings: list[TagReading] = []
    for origin in with_parts(makers, rule, view):
        call, scope = origin.call, origin.scope
        if call is None or scope is None:
            continue
        known = view.client_of(origin)
        if known is not None:
            found, fallback, reading = known.models, known.model_default, known.client_tags
        if known is None or not (found or fallback):
            arguments = settled_table(made_of(call, scope, view.tree), view)
            if isinstance(call.function, Attr) and call.function.name == "with_config":
                # `chain.with_config({"tags": [...]})`: its argument is the config itself.
                config = arguments.entries.get("config", arguments.entries.get("0", Table()))
                arguments = merge((config, arguments))
            arguments = without_unread(arguments, _no_options(call, scope, view))
            # What a client rule says nothing of is read where the rule names an option for it.
            named = tuple(path for path in rule.client_model if not path[0].isdigit())
            # Of a function of somebody else's no position says anything.
            sdks = view.tree.language != "python" or view.sdks_of(origin.qualified)
            paths = rule.client_model if known is None and sdks else named
            found, fallback = read_models(paths, arguments)
        if known is None:
            written = _as_written(arguments, view)
            reading = read_tags(written, rule.client_attribution, gateway_headers("", view))
        models += [model for model in found if model not in models]
        default = default or fallback
        readings.append(reading)
    return _Client(tuple(models), default, tuple(readings))
