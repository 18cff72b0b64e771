"""Requests sent by a plain HTTP client: the URL, in the same file, says that it is a model's.

A rule with ``http`` names where its method takes the URL, the body and the headers. What stands
before the call in its chain (``client.post(url).json(body).send()``) and what its client was
made with (a base URL) count as arguments too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.chains import chain_of, whole_chain
from llmaudit.connectors.code.connections import is_client, written_to
from llmaudit.connectors.code.forms import field_of, form_of
from llmaudit.connectors.code.inference import Endpoint, endpoint_of_url, provider_host
from llmaudit.connectors.code.models import read_models
from llmaudit.connectors.code.names import modules_of
from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.provider import gateway_headers
from llmaudit.connectors.code.rulebook import Attribution, Http, ScanRule
from llmaudit.connectors.code.scopes import class_attribute, dotted, follow, function_of
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Attr,
    Call,
    Function,
    Scope,
    Str,
)
from llmaudit.connectors.code.tagging import UNTAGGED, at, read_tags
from llmaudit.connectors.code.texts import fill, joined
from llmaudit.connectors.code.value import (
    Blank,
    Choice,
    Items,
    Opaque,
    Table,
    Text,
    Value,
    merge,
)
from llmaudit.connectors.code.values import value_of
from llmaudit.connectors.code.view import FileView, Found

_BASES = re.compile(
    r"^(?:base_?(?:url|uri|address|path)|api_?base|prefix_?url|base|url|host|0)$", re.IGNORECASE
)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?")
_URL_IN_FILE = re.compile(rb"(?:https?|wss?)://[^\s\"'`<>\\)]+")
_PATH_IN_FILE = re.compile(rb"[\"'`/](/?(?:[\w.${}:-]+/)+[\w.${}:-]+)[\"'`?]")
# Modules whose methods of that name serve, check or mock requests.
_NO_CLIENTS = {
    "@hono/hono", "@koa/router", "@playwright/test", "express", "fastify", "fetch-mock", "hono",
    "itty-router", "koa-router", "msw", "nock", "supertest", "undici/mock",
}  # fmt: skip
# Lists of models, files and states that model servers offer beside their endpoints.
_NO_REQUEST = re.compile(
    r"/(?:models|tags|files|healthz?|version|ps|show|pull|usage|credits|tokenize|batches"
    r"|vector_stores|fine_tuning/jobs)/?(?:\?.*)?$"
)
_READS = {"get", "head", "delete", "options"}
_ASKS = {"messages", "prompt", "input", "inputs", "contents", "query", "texts", "documents"}
# Of these a model is asked that the address names.
_STATES = {"inputs", "contents", "messages"}
# APIs that are sent forms.
_FORMS = ("audio", "images")
# Languages whose clients take address and body in one call.
_SENT_AT_ONCE = {"javascript", "python"}
# Where each provider's body takes attribution, as the catalogue's `tagging` says of its APIs.
_FIELDS = {
    "anthropic": Attribution(weak=("body.metadata.user_id",)),
    "aws-bedrock": Attribution(tag=("body.requestMetadata",)),
    "google-vertex": Attribution(tag=("body.labels",)),
    "google-gemini": Attribution(),
}
_OTHERS = Attribution(
    tag=("body.metadata",), weak=("body.user", "body.safety_identifier", "body.end_user_id")
)


def http_call(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Found | None:
    """The model request that a call of an HTTP client sends; None where it sends none."""
    http = rule.http or Http(())
    if _is_of_this_file(call, scope, view) or _is_no_client(http, call, scope, view):
        return None
    sure = is_client(rule, call, scope, view) if rule.receivers else True
    if sure is False:
        return None
    table = _given(rule, call, scope, view)
    if _only_reads(table) or _gets(http, table):
        return None
    body = _body(rule, table)
    endpoint = _endpoint(rule, call, scope, table, body, view, guess=bool(sure))
    if endpoint is None:
        return None
    models, default = read_models(("model", "model_id", "modelId", "Model", "0.model"), body)
    models = models or endpoint.models
    if not models and _sent_for_callers(rule, table):
        table = _as_callers_give(rule, call, scope, view) or table
        body = _body(rule, table)
        given, default = read_models(("model",), body)
        default = next(iter(given), default)
    default = default or endpoint.default
    if not models and view.tree.language == "swift" and endpoint.api.startswith(_FORMS):
        named = field_of("model", scope, view.tree)
        models, default = read_models(("model",), Table({"model": named}))
    if not models and _handed(rule, table):
        body, default = _by_callers(rule, call, scope, view)
    headers = [v for path in http.headers for v in (at(table, path)[0],) if _readable(v, view)]
    whole = Table({"body": body, **({"headers": _all_headers(headers)} if headers else {})})
    where = _FIELDS.get(endpoint.provider, _OTHERS)
    fields = Attribution(where.tag, where.weak, ("headers",), where.listed)
    tagging = read_tags(whole, fields, gateway_headers(endpoint.host, view))
    if body.open and tagging.tagging == "untagged":
        # What is merged into the body may carry a tag.
        tagging = type(tagging)("dynamic")
    return Found(
        rule, call, scope, endpoint.provider, rule.sdk, models, default,
        "certain" if endpoint.sure else "likely", tagging, UNTAGGED, endpoint.host,
        api=endpoint.api, arguments=whole,
    )  # fmt: skip


def _is_of_this_file(call: Call, scope: Scope, view: FileView) -> bool:
    """Whether what is called is written in this file: the request is what it sends itself."""
    made = function_of(call, scope)
    while made is not None and made.parent is not None:
        made = made.parent
    return made is view.tree.module


def _is_no_client(http: Http, call: Call, scope: Scope, view: FileView) -> bool:
    """Whether the method declares a route or a mock of one instead of sending a request."""
    if not http.routes:
        return False
    if any(isinstance(follow(a.value, scope)[0], Function) for a in call.arguments):
        return True
    receiver = call.function.value if isinstance(call.function, Attr) else call.function
    made = origins_of(receiver, scope, view.tree)
    return any(module in _NO_CLIENTS for o in made for module in modules_of(o.qualified))


def _given(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Table:
    """Everything the request was given.

    That is the chain before the call, its arguments, and what the request object among them was
    made with (``Request(url, body)``).
    """
    arguments = arguments_of(call, scope, view.tree, rule.arguments)
    table = merge([chain_of(call, scope, view.tree), arguments])
    entries = dict(table.entries)
    place = 0
    for argument in call.arguments:
        keys = [argument.name] if argument.name else [str(place)]
        if not argument.name:
            keys += rule.arguments[place : place + 1]
            place += 1
        made, where = follow(argument.value, scope)
        known = entries.get(keys[0] or "")
        if not isinstance(made, Call) or (isinstance(known, Table) and known.builder):
            continue
        requested = dotted(made.function).partition("@")[0].endswith("Request")
        told = isinstance(known, Text) or (isinstance(known, Opaque) and known.text)
        told = told or (isinstance(known, Choice) and Text in map(type, known.options))
        if told and not requested:
            continue
        # A request that is sent as it was begun (`EventSource::new(client.post(url))`).
        begun = view.tree.language == "rust" and isinstance(made.function, Attr)
        steps = (whole_chain if begun else chain_of)(made, where, view.tree)
        inner = merge([steps, arguments_of(made, where, view.tree)])
        if isinstance(known, Table):
            inner = merge([inner, known])
        for key in keys:
            entries[key or ""] = Table(inner.entries)
    http = rule.http or Http(())
    heads = {path.partition(".")[0] for path in (*http.url, *http.body, *http.headers)}
    if "beside" in heads and isinstance(call.function, Attr):
        entries["beside"] = _calls_on(dotted(call.function.value), scope, view)
    if "made" in heads and isinstance(call.function, Attr):
        receiver = origins_of(call.function.value, scope, view.tree)
        made_as = [o for o in receiver if o.call is not None and o.scope is not None]
        for origin in made_as[-1:]:
            if origin.call is not None and origin.scope is not None:
                entries["made"] = arguments_of(origin.call, origin.scope, view.tree)
    if "written" in heads:
        entries["written"] = written_to(call, scope, view)
    if "result" in heads:
        entries["result"] = _calls_on(_bound_to(call, scope), scope, view)
    return Table(entries, table.open)


def _calls_on(name: str, scope: Scope, view: FileView) -> Table:
    """Arguments of the methods that a function calls on a name.

    Each stands under the method: by position, and the second by the first where that is a text
    (``setRequestHeader("X-Team", team)``); a method's only argument is the method's value.
    """
    entries: dict[str, Value] = {}
    function = scope.enclosing("function")
    for call, where in view.tree.calls.values() if name else ():
        if not isinstance(call.function, Attr) or dotted(call.function.value) != name:
            continue
        if where.enclosing("function") is not function:
            continue
        values = [value_of(argument.value, where, view.tree) for argument in call.arguments]
        given: Value = values[0] if len(values) == 1 else Table()
        if len(values) > 1:
            by_place = {str(place): value for place, value in enumerate(values)}
            key = values[0].value if isinstance(values[0], Text) else "0"
            given = Table({key: values[1], **by_place})
        before = entries.get(call.function.name)
        both = isinstance(before, Table) and isinstance(given, Table) and before.entries
        entries[call.function.name] = merge((before, given)) if both and before else given
    return Table(entries)


def _bound_to(call: Call, scope: Scope) -> str:
    """The name that a call's result is kept under."""
    current: Scope | None = scope
    while current is not None:
        for name, bindings in current.bindings.items():
            if any(binding.value is call for binding in bindings):
                return name
        current = current.parent
    return ""


def _all_headers(headers: list[Value]) -> Value:
    """Headers of a client, of a request and of its block, as one."""
    return headers[0] if len(headers) == 1 else merge(reversed(headers))


def _readable(value: Value, view: FileView) -> bool:
    if isinstance(value, Text):
        # Lines of headers, as PHP's stream contexts take them.
        return ":" in value.value
    if isinstance(value, Opaque):
        # Headers that somebody else makes, whole, may hold anything.
        made = value.why in ("call", "import") and view.tree.language in _SENT_AT_ONCE
        return made or value.why == "parameter"
    return isinstance(value, Table | Items | Choice)


def _only_reads(table: Table) -> bool:
    """Whether a literal method says that nothing is posted."""
    for path in (
        "method", "requestMethod", "1.method", "0.method", "0", "0.0", "0.1", "for.httpMethod",
        "with.httpMethod",
    ):  # fmt: skip
        value, _ = at(table, path)
        if isinstance(value, Text) and value.value.lower() in _READS:
            return True
        # A constant of the standard library: `http.MethodGet`.
        name = value.symbol.rpartition(":")[2] if isinstance(value, Opaque) else ""
        if name.startswith("Method") and name.removeprefix("Method").lower() in _READS:
            return True
    return False


def _gets(http: Http, table: Table) -> bool:
    """Whether a chain that could begin with ``post(url)`` begins with ``get(url)``."""
    begun = "post" in http.url and "post" not in table.entries
    return begun and not {"get", "head", "delete"}.isdisjoint(table.entries)


def _body(rule: ScanRule, table: Table) -> Table:
    """The body as a table, a literal JSON text read; empty where the file does not settle it."""
    for path in rule.http.body if rule.http else ():
        for value in _options(at(table, path)[0]):
            if isinstance(value, Table):
                return value
            if isinstance(value, Items) and (form := form_of(value)).entries:
                return form
            if isinstance(value, Text):
                read = _from_json(value.value)
                if read is not None:
                    return read
            if isinstance(value, Opaque) and '"' in value.text:
                return _with_defaults(_from_fragment(value.text), value.default)
            if isinstance(value, Opaque) and isinstance(value.default, Table):
                return Table(value.default.entries)
    return Table()


def _with_defaults(table: Table, default: Value | None) -> Table:
    """A body of which some values are known by default."""
    text = default.value if isinstance(default, Text) else getattr(default, "text", "")
    known = _from_fragment(text).entries if text else {}
    entries = {
        key: Opaque("unknown", known[key])
        if isinstance(value, Opaque) and isinstance(known.get(key), Text)
        else value
        for key, value in table.entries.items()
    }
    return Table(entries, table.open)


def _handed(rule: ScanRule, table: Table) -> bool:
    """Whether the body is what the function is called with, whole."""
    bodies = (at(table, path)[0] for path in (rule.http.body if rule.http else ()))
    first = next((value for value in bodies if not isinstance(value, Blank)), None)
    return isinstance(first, Opaque) and first.why == "parameter"


def _sent_for_callers(rule: ScanRule, table: Table) -> bool:
    """Whether the request itself is what the function is called with."""
    heads = {
        path.partition(".")[0] for path in (rule.http.body if rule.http else ()) if "." in path
    }
    held = [table.entries[head] for head in heads if head in table.entries]
    return bool(held) and all(isinstance(v, Opaque) and v.why == "parameter" for v in held)


def _as_callers_give(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Table | None:
    """What this file's own callers send through the function; None where none is in sight."""
    if view.tree.by_callers:
        return None
    view.tree.by_callers = True
    try:
        table = _given(rule, call, scope, view)
    finally:
        view.tree.by_callers = False
    return None if _sent_for_callers(rule, table) else table


def _by_callers(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> tuple[Table, str]:
    """The body that this file's own callers hand in; what others hand in may hold anything."""
    if view.tree.by_callers:
        return Table(open=True), ""
    view.tree.by_callers = True
    try:
        body = _body(rule, _given(rule, call, scope, view))
    finally:
        view.tree.by_callers = False
    models, default = read_models(("model",), body)
    return (body, next(iter(models), default)) if body.entries else (Table(open=True), "")


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if isinstance(value, Choice) else (value,)


def _from_json(text: str) -> Table | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _from_fragment(text) if '"' in text else None
    found = _value(document)
    return found if isinstance(found, Table) else None


def _value(thing: object) -> Value:
    if isinstance(thing, dict):
        return Table({str(key): _value(value) for key, value in thing.items()})
    if isinstance(thing, str) and thing:
        return Text(thing)
    return Opaque("unknown")


def _from_fragment(text: str) -> Table:
    """The pairs of texts in a JSON text with holes, where it is no valid JSON."""
    pairs = re.findall(r'\\?"(\w+)\\?"\s*:\s*(\\?"([^"\\]*)\\?"|[\[{])', text)
    entries: dict[str, Value] = {}
    for key, _, value in pairs:
        settled = value and HOLE not in value
        entries.setdefault(key, Text(value) if settled else Opaque("unknown"))
    return Table(entries)


def _endpoint(
    rule: ScanRule,
    call: Call,
    scope: Scope,
    table: Table,
    body: Table,
    view: FileView,
    *,
    guess: bool,
) -> Endpoint | None:
    urls = _urls(rule, call, scope, table, view)
    asks = not _ASKS.isdisjoint(body.entries)
    found = [endpoint_of_url(url, view.catalogue, view.gateways) for url in urls]
    paths = rule.http.body if rule.http else ()
    sends = any(not isinstance(at(table, path)[0], Blank) for path in paths)
    names = "model" in body.entries or "inputs" in body.entries
    fit = [
        one
        for one, url in zip(found, urls, strict=True)
        if (
            one is not None
            # On a provider's host whose path is not settled, what is sent is most likely a request.
            and (one.sure or asks or (sends and one.api == "http"))
            # The address of an own server is as likely: only what names a model asks one.
            and (one.host or not _own_server(rule, one, url) or (asks and names))
        )
        or (one is not None and _is_spoken_of(one, call, table, view))
    ]
    if fit:
        # A literal host says more than a path behind a setting.
        best = min(fit, key=lambda one: (one.provider == "unknown", not one.sure))
        others = [o.models[0] for o in fit if o.models and (o.api, o.host) == (best.api, best.host)]
        return best if best.models else replace(best, default=next(iter(others), ""))
    if not guess or any(_settled(url) for url in urls):
        return None
    states = "model" in body.entries or not _STATES.isdisjoint(body.entries)
    at_once = view.tree.language in _SENT_AT_ONCE
    if (body.entries and not body.open and not (asks and states)) or (
        at_once and not (asks and states) and (not sends or _is_configured(rule, table))
    ):
        # A webhook, a download: what is sent is no request of a model.
        return None
    if rule.http is not None and rule.http.seen and not _addressed(rule.http, table):
        return None
    # The URL comes from a setting, a helper or a caller: the file's only endpoint is meant.
    stated = list(_stated(view))
    one_way = len({(one.provider, one.host) for one in stated}) == 1 and stated[0].sure
    if one_way and (asks or stated[0].provider != "unknown"):
        one = stated[0]
        apis = {each.api for each in stated}
        return Endpoint(one.provider, one.api if len(apis) == 1 else "http", one.host, (), False)
    return None


def _is_spoken_of(endpoint: Endpoint, call: Call, table: Table, view: FileView) -> bool:
    """Whether the call names the vendor whose path it is, or has a header of that vendor's."""
    headers, _ = at(table, "headers")
    if endpoint.api == "messages" and isinstance(headers, Table):
        return "anthropic-version" in headers.entries
    named = view.tree.data[call.start : call.end].lower()
    return endpoint.provider == "ollama" and b"ollama" in named


def _is_configured(rule: ScanRule, table: Table) -> bool:
    """Whether nothing is known of the URL but that a caller or the environment gives it."""
    values = [
        option
        for path in (rule.http.url if rule.http else ())
        for option in _options(at(table, path)[0])
        if isinstance(option, Text | Opaque)
    ]
    return bool(values) and all(
        isinstance(value, Opaque) and value.why in ("environment", "parameter") and not value.text
        for value in values
    )


def _addressed(http: Http, table: Table) -> bool:
    """Whether anything stands where the method takes its URL."""
    return any(not isinstance(at(table, path)[0], Blank) for path in http.url)


def _own_server(rule: ScanRule, endpoint: Endpoint, url: str) -> bool:
    """Whether a path without a host may as well be a route of the application itself."""
    relative = "://" not in url and not url.startswith(HOLE)
    routes = rule.http is not None and rule.http.routes
    return relative if endpoint.sure and not routes else not endpoint.sure or relative


def _settled(url: str) -> bool:
    """Whether a URL names the whole of its path, or a path that takes no request.

    A path alone is the application's own where it is no endpoint's.
    """
    return bool(_NO_REQUEST.search(url)) or HOLE not in url.partition("?")[0]


def _urls(rule: ScanRule, call: Call, scope: Scope, table: Table, view: FileView) -> list[str]:
    """What the URL can be, the most likely first: with the client's base, then by callers."""
    given: list[Value] = []
    for path in rule.http.url if rule.http else ():
        if "+" in path:
            given += _together(table, path)
            continue
        value, _ = at(table, path)
        given += [v for v in _options(value) if isinstance(v, Text | Opaque)]
    urls = list(_texts(given))
    urls += [url for url in _by_default(call, scope, view) if url not in urls]
    unsettled = any(isinstance(v, Opaque) for v in given) and not any(map(_settled, urls))
    if unsettled and not view.tree.by_callers:
        view.tree.by_callers = True
        try:
            handed = _urls(rule, call, scope, _given(rule, call, scope, view), view)
        finally:
            view.tree.by_callers = False
        urls += [url for url in handed if url not in urls]
    relative = [url for url in urls if "://" not in url and not url.startswith(HOLE)]
    if relative:
        bases = list(_bases(call, scope, view))
        for base in bases:
            for url in relative:
                whole = joined((Text(base), Text(url)))
                urls += list(_texts([whole]))
    return urls


def _by_default(call: Call, scope: Scope, view: FileView) -> Iterator[str]:
    """An address with what its parameters are where a caller gives none."""
    for argument in call.arguments:
        made, where = follow(argument.value, scope)
        if not isinstance(made, Str) or made.shape.count(HOLE) != len(made.parts):
            continue
        parts = [value_of(part, where, view.tree) for part in made.parts]
        if any(isinstance(part, Opaque) and isinstance(part.default, Text) for part in parts):
            whole = [p.default if isinstance(p, Opaque) and p.default else p for p in parts]
            yield from _texts([fill(made.shape, whole)])


def _together(table: Table, path: str) -> list[Value]:
    """A host and its path, or a base and what follows it."""
    first, second = (at(table, part)[0] for part in path.split("+"))
    if isinstance(first, Blank) or isinstance(second, Blank):
        return []
    whole = joined((first, second))
    text = whole.value if isinstance(whole, Text) else getattr(whole, "text", "")
    if "://" not in text and not text.startswith(HOLE):
        whole = (
            fill(f"https://{HOLE}", (whole,))
            if isinstance(whole, Text)
            else Opaque("interpolated", None, f"https://{text}")
        )
    return [whole]


def _texts(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Text):
            yield value.value
        elif isinstance(value, Opaque):
            if value.text.strip(HOLE):
                yield value.text
            if isinstance(value.default, Text):
                yield value.default.value
            elif isinstance(value.default, Opaque) and value.default.text.strip(HOLE):
                yield value.default.text
            elif isinstance(value.default, Choice):
                yield from _texts(value.default.options)


def _bases(call: Call, scope: Scope, view: FileView) -> Iterator[str]:
    """Base URLs of the client's construction, or that a class declares of itself."""
    if not isinstance(call.function, Attr) or dotted(call.function.value) in ("self", "this"):
        for binding in class_attribute("base_uri", scope)[1]:
            held = value_of(binding.value, binding.scope, view.tree) if binding.value else None
            for url in _texts(_options(held)) if held is not None else ():
                yield url if "://" in url else f"https://{url}"
    if not isinstance(call.function, Attr):
        return
    tables = [value_of(call.function.value, scope, view.tree)] + [
        arguments_of(origin.call, origin.scope, view.tree)
        for origin in origins_of(call.function.value, scope, view.tree)
        if origin.call is not None and origin.scope is not None
    ]
    for made in tables:
        if not isinstance(made, Table):
            continue
        for table in (made, *(v for v in made.entries.values() if isinstance(v, Table))):
            for key, value in table.entries.items():
                if _BASES.match(key):
                    for url in _texts(_options(value)):
                        if "://" in url:
                            yield url
                        elif _HOST.fullmatch(url):
                            # `HTTPSConnection("api.vendor.com")`.
                            yield f"https://{url}"


def _stated(view: FileView) -> Iterator[Endpoint]:
    """Every inference endpoint that a string of the file names."""
    if view.stated is None:
        found: dict[Endpoint, None] = {}
        hosts: set[str] = set()
        for match in _URL_IN_FILE.finditer(view.tree.data):
            url = _with_holes(match.group(0).decode("utf-8", "replace"))
            endpoint = endpoint_of_url(url, view.catalogue, view.gateways)
            if endpoint is not None:
                found[endpoint] = None
            elif provider := provider_host(url, view.catalogue):
                hosts.add(provider)
        if not found and len(hosts) < 2:
            for match in _PATH_IN_FILE.finditer(view.tree.data):
                path = _with_holes(match.group(1).decode("utf-8", "replace"))
                endpoint = endpoint_of_url(path, view.catalogue, view.gateways)
                if endpoint is not None and endpoint.sure:
                    provider = next(iter(hosts), endpoint.provider)
                    found[Endpoint(provider, endpoint.api)] = None
        view.stated = tuple(found)
    yield from view.stated


def _with_holes(text: str) -> str:
    """A URL as written in a source, its interpolations and verbs as holes."""
    return re.sub(r"\$?\{[^{}]*\}|%[sdv@]|\$\w+|#\{[^{}]*\}|\\\([^()]*\)", HOLE, text)
