"""Builders and options: setters that add up to a table, as keyword arguments do elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmaudit.connectors.code.value import Blank, Items, Opaque, Table, Text, Value, merge

# What begins a builder on a type's own name, and what ends one.
STARTS = frozenset(
    {"builder", "newBuilder", "new_builder", "Builder", "default", "toBuilder", "factory"}
)
ENDS = frozenset({"build", "Build", "unwrap", "expect", "create_params", "buildUnchecked", "make"})
# Methods of any object that begin one: Jackson, JSON-P.
FACTORIES = frozenset({"createObjectNode", "createObjectBuilder", "putObject", "withObject"})
# Methods of a client that begin what a request is put together from.
SPECS = frozenset({"prompt", "newCall", "openConnection"})
# Objects that a request is put together from.
BASES = frozenset({"basicRequest", "quickRequest", "emptyRequest"})
# Setters whose other arguments say nothing of the first.
_FIRST = frozenset(
    {"uri", "url", "bodyString", "baseUrl", "buildPostRequest", "target", "withBody"}
)
# Setters whose arguments are told by their place: `request(Method::POST, url)`.
_PLACED = frozenset({"request"})
# Setters of one entry, whose key is their first argument.
_ENTRY = frozenset(
    {"put", "add", "addProperty", "set", "append", "putAdditionalProperty", "putIfAbsent"}
    | {"putAdditionalBodyProperty", "accumulate", "putOpt", "fluentPut", "entry"}
)
# Classes that hold names of headers (`HttpHeaders.AUTHORIZATION`).
_HEADERS = re.compile(r"(?:^|\.)(?:Http)?Header(?:s|Names?|Constants)?$", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:with|set|put|add|and|append)(?=[A-Z_])_?", re.IGNORECASE)


def setter_names(name: str) -> tuple[str, ...]:
    """The names a setter's value goes by: its own, and without ``with``, ``set``, ``put``, ``add``.

    ``putMetadata`` is ``metadata`` too, ``WithBaseURL`` is ``baseURL`` too.
    """
    short = _PREFIX.sub("", name)
    if short == name or not short:
        return (name,)
    return (name, short[0].lower() + short[1:])


def with_setter(table: Table, name: str, values: Sequence[Value]) -> Table:
    """The table after one setter: ``model("m")``, ``header("k", "v")``, ``metadata(map)``."""
    if not values:
        return table
    given: Value = values[0]
    if len(values) > 1 and name not in _FIRST:
        key = _named(values[0])
        given = Table({key.value: values[1]}) if isinstance(key, Text) else Items(tuple(values))
        if all(isinstance(one, Table) and not one.builder for one in values):
            # `headers("k" -> "v", "l" -> "w")`
            given = merge(values)
        elif not isinstance(key, Text | Blank) and len(values) == 2 and name not in _PLACED:
            given = Table(open=True)
    added: dict[str, Value] = {}
    if name in _ENTRY and len(values) == 2 and isinstance(given, Table):
        # `node.put("model", "m")`, `metadata.putAdditionalProperty("team", x)`.
        return Table({**table.entries, **given.entries}, table.open or given.open, builder=True)
    for known in setter_names(name):
        before = table.entries.get(known)
        if isinstance(before, Table) and isinstance(given, Table):
            added[known] = merge((before, given))
        else:
            added[known] = given
    return Table({**table.entries, **added}, table.open, builder=True)


def _named(key: Value) -> Value:
    """A key that is a constant of an HTTP library, as the header it names."""
    symbol = key.symbol if isinstance(key, Opaque) else ""
    holder, _, name = symbol.replace(":", ".").rpartition(".")
    return Text(name.replace("_", "-")) if _HEADERS.search(holder) else key


def got(table: Table, name: str) -> Value | None:
    """What a getter hands out: ``model()``, ``getModel()``; None where it holds no such part."""
    short = re.sub(r"^get(?=[A-Z])", "", name)
    return table.entries.get(name) or table.entries.get(short[:1].lower() + short[1:])
