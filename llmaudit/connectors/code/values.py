"""What an expression's value is, as far as one file settles it.

A value is followed through names, attributes, literal mappings, copies and merges. What the
file does not settle is Opaque and says why, so that "no tag" and "cannot tell" stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from llmaudit.connectors.code.scopes import (
    changes_of,
    class_attribute,
    dotted,
    function_of,
    lookup,
    member_of,
)
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
    Const,
    Either,
    Expr,
    Item,
    Mapping,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

_DEPTH = 12
_OPTIONS = 100
_COPIES = {"dict", "copy", "deepcopy", "copy.copy", "copy.deepcopy", "structuredClone"}
_ENVIRONMENT = {"os.getenv", "os.environ.get", "getenv", "environ.get"}
_JSON = {"json.dumps", "JSON.stringify", "orjson.dumps"}
_TEXT = {"str", "String"}


@dataclass(frozen=True, slots=True)
class Text:
    """A literal string."""

    value: str


@dataclass(frozen=True, slots=True)
class Blank:
    """None, null, undefined or an empty string: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number, a boolean or another literal that is not text."""


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping whose literal keys are known.

    ``open`` is True when something unreadable is merged in, so that a key that is not seen
    may still be there.
    """

    entries: dict[str, Value] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list literal."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Not settled here: ``parameter``, ``environment``, ``import``, ``call``, ``unknown``.

    ``default`` is the value that counts when the caller or the environment gives none;
    ``parts`` are values the expression is made of; ``head`` is known leading text.
    """

    why: str
    default: Value | None = None
    head: str = ""


Value = Text | Blank | Scalar | Table | Items | Choice | Opaque


def value_of(expr: Expr, scope: Scope, tree: SourceTree, depth: int = _DEPTH) -> Value:
    """The expression's value as seen from the scope; each is read once per depth."""
    if depth <= 0 or not tree.step():
        return Opaque("unknown")
    key = (id(expr), id(scope), depth)
    kept = tree.read.get(key)
    if kept is None:
        # The expression is kept beside its value, so that its id stays its own.
        kept = tree.read[key] = (expr, _value(expr, scope, tree, depth))
    found: Value = kept[1]
    return found


def _value(expr: Expr, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if isinstance(expr, Str):
        return _string(expr)
    if isinstance(expr, Const):
        return Blank() if expr.blank else Scalar()
    if isinstance(expr, Mapping):
        return _mapping(expr, scope, tree, depth)
    if isinstance(expr, Sequence):
        return Items(tuple(value_of(item, scope, tree, depth - 1) for item in expr.items))
    if isinstance(expr, Either):
        return choice(value_of(option, scope, tree, depth - 1) for option in expr.options)
    if isinstance(expr, Name):
        return _name(expr.id, scope, tree, depth)
    if isinstance(expr, Attr):
        return _attribute(expr, scope, tree, depth)
    if isinstance(expr, Item):
        return _item(expr, scope, tree, depth)
    if isinstance(expr, Call):
        return _call(expr, scope, tree, depth)
    return Opaque("unknown")


def choice(options: Iterable[Value]) -> Value:
    """One value of several: equal ones fall together, nested choices are flattened."""
    texts: dict[Text, None] = {}
    found: list[Value] = []
    for option in options:
        for one in option.options if isinstance(option, Choice) else (option,):
            if isinstance(one, Text):
                if one in texts:
                    continue
                texts[one] = None
            elif one in found:
                continue
            found.append(one)
            if len(found) > _OPTIONS:
                # So many values settle nothing.
                return Opaque("unknown")
    if not found:
        return Opaque("unknown")
    return found[0] if len(found) == 1 else Choice(tuple(found))


def merge(parts: Iterable[Value]) -> Table:
    """Later mappings over earlier ones; an unreadable one leaves the result open."""
    entries: dict[str, Value] = {}
    unreadable = False
    for part in parts:
        if isinstance(part, Table):
            entries |= part.entries
            unreadable |= part.open
        elif isinstance(part, Choice):
            for option in part.options:
                if isinstance(option, Table):
                    for key, value in option.entries.items():
                        entries[key] = choice((entries[key], value)) if key in entries else value
                    unreadable |= option.open
                elif not isinstance(option, Blank | Scalar):
                    unreadable = True
        elif isinstance(part, Opaque) and isinstance(part.default, Table):
            entries |= part.default.entries
            unreadable = True
        elif not isinstance(part, Blank | Scalar):
            unreadable = True
    return Table(entries, unreadable)


def _string(expr: Str) -> Value:
    if expr.value is None:
        return Opaque("interpolated", head=expr.head)
    return Text(expr.value) if expr.value.strip() else Blank()


def _mapping(expr: Mapping, scope: Scope, tree: SourceTree, depth: int) -> Table:
    parts: list[Value] = []
    for entry in expr.entries:
        value = value_of(entry.value, scope, tree, depth - 1)
        if entry.key is None:
            parts.append(value)
            continue
        key = value_of(entry.key, scope, tree, depth - 1)
        parts.append(Table({key.value: value}) if isinstance(key, Text) else Table(open=True))
    return merge(parts)


def _name(name: str, scope: Scope, tree: SourceTree, depth: int) -> Value:
    found = lookup(name, scope)
    if found is None:
        imported = next((i for i in tree.imports if i.local == name), None)
        return Opaque("import" if imported else "unknown")
    key = (name, id(scope), depth)
    kept = tree.read.get(key)
    if kept is None:
        holder, bindings = found
        value = _changed(
            choice(_bound(binding, tree, depth) for binding in bindings),
            changes_of(name, scope, holder),
            tree,
            depth,
        )
        kept = tree.read[key] = (scope, value)
    known: Value = kept[1]
    return known


def _changed(value: Value, changes: list[Change], tree: SourceTree, depth: int) -> Value:
    if not changes or not isinstance(value, Table | Choice | Opaque):
        return value
    parts: list[Value] = [value]
    for change in changes:
        new = value_of(change.value, change.scope, tree, depth - 1)
        if isinstance(new, Table):
            tree.steps += len(new.entries)
        if change.key is None:
            parts.append(new)
            continue
        key = value_of(change.key, change.scope, tree, depth - 1)
        parts.append(Table({key.value: new}) if isinstance(key, Text) else Table(open=True))
    return merge(parts)


def _bound(binding: Binding, tree: SourceTree, depth: int) -> Value:
    if binding.kind == "assign" and binding.value is not None:
        return value_of(binding.value, binding.scope, tree, depth - 1)
    if binding.kind == "parameter":
        default = value_of(binding.value, binding.scope, tree, depth - 1) if binding.value else None
        return Opaque("parameter", None if isinstance(default, Blank) else default)
    if binding.kind == "loop" and binding.value is not None:
        whole = value_of(binding.value, binding.scope, tree, depth - 1)
        return choice(whole.values) if isinstance(whole, Items) else Opaque("unknown")
    return Opaque("unknown")


def _attribute(expr: Attr, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if isinstance(expr.value, Name) and expr.value.id in ("self", "cls", "this"):
        owner, bindings = class_attribute(expr.name, scope)
        if not bindings:
            return Opaque("attribute")
        values = [b for b in bindings if b.kind != "field"] or bindings
        value = choice(_bound(binding, tree, depth) for binding in values)
        text = dotted(expr)
        return _changed(value, owner.changes.get(text, []), tree, depth)
    members = member_of(expr.value, expr.name, scope)
    if members:
        return choice(_bound(member, tree, depth) for member in members)
    whole = value_of(expr.value, scope, tree, depth - 1)
    return _member(whole, expr.name)


def _item(expr: Item, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if dotted(expr.value) in ("os.environ", "process.env"):
        return Opaque("environment")
    key = value_of(expr.key, scope, tree, depth - 1)
    whole = value_of(expr.value, scope, tree, depth - 1)
    if isinstance(key, Text):
        return _member(whole, key.value)
    if isinstance(whole, Table) and not whole.open and whole.entries:
        return choice(whole.entries.values())
    return Opaque("unknown")


def _member(whole: Value, name: str) -> Value:
    if isinstance(whole, Table):
        if name in whole.entries:
            return whole.entries[name]
        return Opaque("unknown") if whole.open else Blank()
    if isinstance(whole, Choice):
        return choice(_member(option, name) for option in whole.options)
    if isinstance(whole, Opaque):
        inner = _member(whole.default, name) if whole.default else None
        return Opaque(whole.why, None if isinstance(inner, Blank) else inner)
    return Opaque("unknown")


def _call(expr: Call, scope: Scope, tree: SourceTree, depth: int) -> Value:
    name = dotted(expr.function)
    given = [argument.value for argument in expr.arguments]
    if name == "dict" or name in _COPIES or name == "Object.assign":
        parts: list[Value] = []
        for argument in expr.arguments:
            value = value_of(argument.value, scope, tree, depth - 1)
            parts.append(Table({argument.name: value}) if argument.name else value)
        return merge(parts)
    if isinstance(expr.function, Attr) and expr.function.name == "copy" and not given:
        return value_of(expr.function.value, scope, tree, depth - 1)
    if name in _ENVIRONMENT:
        default = value_of(given[1], scope, tree, depth - 1) if len(given) > 1 else None
        return Opaque("environment", None if isinstance(default, Blank) else default)
    if (name in _JSON or name in _TEXT) and given:
        return value_of(given[0], scope, tree, depth - 1)
    if isinstance(expr.function, Attr) and expr.function.name in ("encode", "strip", "toString"):
        return value_of(expr.function.value, scope, tree, depth - 1)
    if isinstance(expr.function, Attr) and expr.function.name == "get" and given:
        return _get(expr, given, scope, tree, depth)
    defined = function_of(expr, scope)
    if defined is not None and defined.returns:
        return choice(value_of(value, defined, tree, depth - 2) for value in defined.returns)
    if name.rpartition(".")[2][:1].isupper() and all(a.name or a.spread for a in expr.arguments):
        # A settings object such as GenerateContentConfig(labels=...).
        return merge(
            Table({a.name: value_of(a.value, scope, tree, depth - 1)})
            if a.name
            else value_of(a.value, scope, tree, depth - 1)
            for a in expr.arguments
        )
    return Opaque("call")


def _get(expr: Call, given: list[Expr], scope: Scope, tree: SourceTree, depth: int) -> Value:
    """``mapping.get(key, default)``."""
    holder = expr.function.value if isinstance(expr.function, Attr) else expr
    whole = value_of(holder, scope, tree, depth - 1)
    key = value_of(given[0], scope, tree, depth - 1)
    default = value_of(given[1], scope, tree, depth - 1) if len(given) > 1 else Blank()
    if isinstance(whole, Table) and isinstance(key, Text):
        if key.value in whole.entries:
            return whole.entries[key.value]
        if not whole.open:
            return default
    return Opaque("unknown", None if isinstance(default, Blank) else default)
