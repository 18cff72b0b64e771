"""What Swift's own library makes of a value: addresses, requests, encoded bodies, payloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmaudit.connectors.code.scopes import attribute_of, dotted, lookup
from llmaudit.connectors.code.syntax.strings import format_shape
from llmaudit.connectors.code.syntax.swift_expressions import IMPLIED
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Expr,
    Name,
    Scope,
    SourceTree,
    Str,
)
from llmaudit.connectors.code.texts import fill, joined
from llmaudit.connectors.code.value import Items, Opaque, Table, Text, Value, choice, member, merge

Read = Callable[[Expr, Scope, int], Value]
# Requests, whose parts are set on them later.
_REQUESTS = {
    "URLRequest", "NSMutableURLRequest", "HTTPClientRequest", "HTTPClient.Request", "URLComponents",
    "NSURLComponents", "URLSessionConfiguration", "ClientRequest",
}  # fmt: skip
# Types made of a text, or of bytes of one, that say no more than it.
_SAME_AS = {
    "URL", "NSURL", "URI", "Data", "NSData", "String", "NSString", "Optional", "ByteBuffer",
    "ByteBufferAllocator", "Substring", "HTTPHeaders", "NSDictionary", "NSMutableDictionary",
    "Dictionary", "AnyEncodable", "AnyCodable", "Secret",
}  # fmt: skip
_BUFFERS = {"Data", "NSMutableData", "ByteBuffer"}
_SAME_LABELS = {
    None,
    "string",
    "data",
    "stringLiteral",
    "bytes",
    "decoding",
    "uniqueKeysWithValues",
}
_ENCODES = {"encode", "encodeAsJSON", "toJSON", "toData"}
# Methods that leave what they stand on as it is.
_KEEPS = {
    "data", "trimmingCharacters", "lowercased", "compactMapValues", "mapValues", "filter",
    "padding", "percentEncoded", "asURL", "asURLRequest", "replacingOccurrences",
    "removingPercentEncoding", "addingPercentEncoding",
}  # fmt: skip
_APPENDS = {"appendingPathComponent", "appending", "appendingPathComponents"}
# Properties of a text or an address that are the same text.
SAME = {
    "absoluteString", "utf8", "utf8CString", "unicodeScalars", "absoluteURL", "description",
    "rawValue", "standardized",
}  # fmt: skip
_SETTINGS = {
    "UserDefaults.standard.string", "UserDefaults.standard.object", "Bundle.main.object",
    "Bundle.main.infoDictionary", "Environment.get", "ProcessInfo.processInfo.environment",
    "NSUbiquitousKeyValueStore.default.string", "getenv",
}  # fmt: skip


def foundation_value(expr: Call, scope: Scope, read: Read) -> Value | None:
    """What a call of the standard library gives; None where it is none of those."""
    name = dotted(expr.function)
    last = name.rpartition(".")[2]
    given = expr.arguments
    first = given[0] if given else None
    if name in _SETTINGS:
        return Opaque("environment")
    if name in _REQUESTS:
        table = Table({a.name or str(n): read(a.value, scope, 1) for n, a in enumerate(given)})
        address = next((a for a in given if a.name in ("url", "string", "uri")), None)
        value = read(address.value, scope, 1) if address is not None else None
        if isinstance(value, Table) and "url" in value.entries:
            table = merge((value, table, Table({"url": value.entries["url"]})))
        elif value is not None:
            table = Table({**table.entries, "url": value})
        return Table(table.entries, builder=True)
    if name == "URI" and any(a.name == "host" for a in given):
        return address_of(Table({a.name or "": read(a.value, scope, 1) for a in given}))
    if name in ("URL", "NSURL") and len(given) > 1 and given[1].name == "relativeTo":
        return joined([read(a.value, scope, 1) for a in given[1::-1]])
    if name == "String" and first is not None and first.name == "format":
        known = read(first.value, scope, 1)
        if isinstance(known, Text):
            shape = format_shape(known.value, braces=False)
            return fill(shape, [read(a.value, scope, 1) for a in given[1:]])
        return Opaque("call")
    if name in _SAME_AS and first is not None and first.name in _SAME_LABELS:
        return read(first.value, scope, 1)
    if name in _BUFFERS and not given:
        # Bytes that parts are appended to.
        return Items(())
    if name == "JSONSerialization.data" and first is not None:
        return read(first.value, scope, 1)
    function = expr.function
    if isinstance(function, Attr):
        found = _method(function, expr, scope, read)
        if found is not None:
            return found
    if first is not None and len(given) == 1:
        payload = _payload(expr, function, first.name, scope, read)
        if payload is not None:
            return payload
    if expr.new and last[:1].isupper():
        return _made_here(expr, scope, read)
    return None


def _method(function: Attr, expr: Call, scope: Scope, read: Read) -> Value | None:
    given = expr.arguments
    first = given[0] if given else None
    implied = isinstance(function.value, Name) and function.value.id == IMPLIED
    if implied:
        return None
    if function.name in _ENCODES and first is not None and first.name is None:
        own = isinstance(function.value, Name) and function.value.id == "self"
        return None if own else read(first.value, scope, 1)
    if function.name in _KEEPS:
        held = read(function.value, scope, 1)
        return held if isinstance(held, Text | Table | Items) or _tells(held) else None
    if function.name in _APPENDS and first is not None:
        if first.name == "queryItems":
            return read(function.value, scope, 1)
        return joined([read(function.value, scope, 1), read(first.value, scope, 1)])
    if function.name == "merging" and first is not None:
        return merge((read(function.value, scope, 1), read(first.value, scope, 1)))
    if function.name == "joined" and first is not None and first.name == "separator":
        held, mark = read(function.value, scope, 1), read(first.value, scope, 1)
        if isinstance(held, Items) and isinstance(mark, Text) and held.values:
            return fill(mark.value.join("\0" for _ in held.values), list(held.values))
    return None


def _tells(value: Value) -> bool:
    return isinstance(value, Opaque) and bool(value.text or value.default or value.symbol)


def _payload(
    expr: Call, function: Expr, label: str | None, scope: Scope, read: Read
) -> Value | None:
    """What an enumeration's case or a raw value is given: ``.custom("m")``, ``M(rawValue: m)``."""
    inner = expr.arguments[0].value
    implied = (
        isinstance(function, Attr)
        and isinstance(function.value, Name)
        and function.value.id == IMPLIED
    )
    if label in ("rawValue", "stringLiteral"):
        return read(inner, scope, 1)
    if label is not None:
        return None
    if implied:
        return read(inner, scope, 1)
    head = dotted(function)
    if not head[:1].isupper() or lookup(head.partition(".")[0], scope) is not None:
        return None
    if isinstance(function, Attr) or isinstance(inner, Str):
        value = read(inner, scope, 1)
        return value if isinstance(value, Text) or _is_defaulted(value) else None
    return None


def _is_defaulted(value: Value) -> bool:
    return isinstance(value, Opaque) and value.why == "parameter" and value.default is not None


def _made_here(expr: Call, scope: Scope, read: Read) -> Value | None:
    """An object of a type of this file: its fields by name, and what they are worth otherwise."""
    found = lookup(expr.function.id, scope) if isinstance(expr.function, Name) else None
    made = next((b.defined for b in (found[1] if found else ()) if b.kind == "class"), None)
    if made is None:
        return None
    given = {a.name: read(a.value, scope, 1) for a in expr.arguments if a.name}
    entries: dict[str, Value] = {}
    for name, bindings in made.attributes.items():
        values = [b for b in bindings if b.kind != "field" and b.value is not None]
        if name not in given and values and all(_is_plain(b, made) for b in values):
            entries[name] = choice(read(b.value, b.scope, 2) for b in values if b.value)
    return Table({**entries, **given})


def _is_plain(binding: Binding, made: Scope) -> bool:
    """Whether a field is set where it is declared, and not by who makes the object."""
    return binding.scope is made and not isinstance(binding.value, Call)


def foundation_member(whole: Value, name: str) -> Value | None:
    """A property of a text, an address or a request that says the same."""
    if isinstance(whole, Text) and (name in SAME or name in ("url", "path", "host")):
        return whole
    if isinstance(whole, Opaque) and name in SAME and _tells(whole):
        return whole
    if isinstance(whole, Table) and name in ("url", "string") and name not in whole.entries:
        return address_of(whole)
    return None


def address_of(table: Table) -> Value | None:
    """The address that ``URLComponents`` put together."""
    host, path = member(table, "host"), member(table, "path")
    scheme = table.entries.get("scheme", Text("https"))
    if isinstance(host, Text) and isinstance(scheme, Text):
        begun = Text(f"{scheme.value.removesuffix('://')}://{host.value}")
        return joined([begun, path]) if isinstance(path, Text | Opaque) else begun
    return table.entries.get("url")


def implied_member(name: str, tree: SourceTree) -> tuple[Scope, Sequence[Binding]] | None:
    """The case ``.name`` of the only enumeration of this file that has one with a value."""
    found: list[tuple[Scope, Sequence[Binding]]] = []
    pending = [tree.module]
    while pending:
        scope = pending.pop()
        for bindings in scope.bindings.values():
            for binding in bindings:
                inner = binding.defined
                if inner is not None and inner.kind == "class" and inner.parent is scope:
                    pending.append(inner)
                    held = attribute_of(inner, name)[1] if name in inner.attributes else []
                    if held and all(b.value is not None for b in held):
                        found.append((inner, held))
    return found[0] if len(found) == 1 else None
