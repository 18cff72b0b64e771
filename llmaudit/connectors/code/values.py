"""What an expression's value is, as far as one file settles it.

A value is followed through names, attributes, literal mappings, copies and merges. What the
file does not settle is Opaque and says why, so that "no tag" and "cannot tell" stay apart.
"""

from __future__ import annotations

from llmaudit.connectors.code import builders, idioms
from llmaudit.connectors.code.names import qualify
from llmaudit.connectors.code.scopes import (
    attribute_of,
    changes_of,
    class_attribute,
    dotted,
    function_of,
    lookup,
    made_by,
    member_of,
)
from llmaudit.connectors.code.syntax.strings import format_shape
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
    Const,
    Either,
    Expr,
    Function,
    Item,
    Mapping,
    Merge,
    Name,
    Placed,
    Scope,
    Sequence,
    SourceTree,
    Str,
)
from llmaudit.connectors.code.texts import fill, joined
from llmaudit.connectors.code.value import (
    Blank,
    Choice,
    Items,
    Opaque,
    Scalar,
    Table,
    Text,
    Value,
    choice,
    member,
    merge,
)

__all__ = [
    "Blank", "Choice", "Items", "Opaque", "Scalar", "Table", "Text", "Value", "choice", "merge",
    "value_of",
]  # fmt: skip

_DEPTH = 12
_CALLERS = 20
_CONSTRUCTORS = ("__init__", "constructor", "init", "initialize", "__construct")


def value_of(expr: Expr, scope: Scope, tree: SourceTree, depth: int = _DEPTH) -> Value:
    """The expression's value as seen from the scope; each is read once per depth."""
    tree = scope.home() or tree
    if depth <= 0 or not tree.step():
        return Opaque("unknown")
    key = (id(expr), id(scope), -depth if tree.by_callers else depth)
    kept = tree.read.get(key)
    if kept is None:
        # The expression is kept beside its value, so that its id stays its own.
        kept = tree.read[key] = (expr, _value(expr, scope, tree, depth))
    found: Value = kept[1]
    return found


def _value(expr: Expr, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if isinstance(expr, Str):
        return _string(expr, scope, tree, depth)
    if isinstance(expr, Const):
        return Blank() if expr.blank else Scalar()
    if isinstance(expr, Mapping):
        return _mapping(expr, scope, tree, depth)
    if isinstance(expr, Sequence):
        return Items(tuple(value_of(item, scope, tree, depth - 1) for item in expr.items))
    if isinstance(expr, Placed):
        return value_of(expr.value, expr.scope or scope, tree, depth)
    if isinstance(expr, Either):
        if expr.fallback:
            return _first(expr, scope, tree, depth)
        return choice(value_of(option, scope, tree, depth - 1) for option in expr.options)
    if isinstance(expr, Name):
        return _name(expr.id, scope, tree, depth)
    if isinstance(expr, Attr):
        return _attribute(expr, scope, tree, depth)
    if isinstance(expr, Item):
        return _item(expr, scope, tree, depth)
    if isinstance(expr, Call):
        return _call(expr, scope, tree, depth)
    if isinstance(expr, Merge):
        found = [value_of(part, scope, tree, depth - 1) for part in expr.parts]
        known = any(isinstance(value, Table) for value in found)
        return merge(found) if known else Opaque("unknown")
    if isinstance(expr, Function) and expr.scope is not None and expr.scope.returns:
        # A lambda that fills a builder (`b -> b.modelId("m")`) stands for what it fills.
        made = value_of(expr.scope.returns[-1], expr.scope, tree, depth - 1)
        return made if isinstance(made, Table) else Opaque("unknown")
    return Opaque("unknown")


def _first(expr: Either, scope: Scope, tree: SourceTree, depth: int) -> Value:
    """The first of several values that is certainly something, with those before it."""
    found: list[Value] = []
    for option in expr.options:
        value = value_of(option, scope, tree, depth - 1)
        if not isinstance(value, Blank):
            found.append(value)
        if isinstance(value, Text | Table | Items):
            break
    return choice(found) if found else Blank()


def _string(expr: Str, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if expr.value is not None:
        return Text(expr.value) if expr.value.strip() else Blank()
    if not expr.shape:
        return Opaque("interpolated", text=expr.head)
    return fill(expr.shape, [value_of(part, scope, tree, depth - 1) for part in expr.parts])


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
    key = (name, id(scope), -depth if tree.by_callers else depth)
    kept = tree.read.get(key)
    if kept is None:
        holder, bindings = found
        handed = _handed(name, holder, tree, depth) if tree.by_callers else None
        options = []
        # A declaration without a value says nothing where one is assigned.
        values = [b for b in bindings if b.kind != "field"] or bindings
        for binding in values:
            # `params = {**params, ...}`: the name inside is what it was bound to before.
            if id(binding) not in tree.active:
                tree.active.add(id(binding))
                options.append(_bound(binding, tree, depth))
                tree.active.discard(id(binding))
        near = scope if holder.home() is tree else holder
        value = handed or _changed(choice(options), changes_of(name, near, holder), tree, depth)
        if len(options) < len(values):
            return value
        kept = tree.read[key] = (scope, value)
    known: Value = kept[1]
    return known


def _changed(value: Value, changes: list[Change], tree: SourceTree, depth: int) -> Value:
    if isinstance(value, Items):
        # Only adding to a list says something of all that it holds.
        added = [value_of(c.value, c.scope, tree, depth - 1) for c in changes if c.key is None]
        more = [one for new in added if isinstance(new, Items) for one in new.values]
        return Items((*value.values, *more))
    if not changes or not isinstance(value, Table | Choice | Opaque):
        return value
    parts: list[Value] = [value]
    for change in changes:
        new = value_of(change.value, change.scope, tree, depth - 1)
        if isinstance(new, Table):
            tree.steps += len(new.entries)
        if change.key is None:
            parts += [] if isinstance(new, Items) else [new]
            continue
        key = value_of(change.key, change.scope, tree, depth - 1)
        names = key.options if isinstance(key, Choice) else (key,)
        known = [name.value for name in names if isinstance(name, Text)]
        if change.inside and isinstance(new, Table):
            before = merge(parts)
            new = merge((*(before.entries[k] for k in known if k in before.entries), new))
        parts.append(Table(dict.fromkeys(known, new), open=len(known) < len(names)))
    return merge(parts)


def _bound(binding: Binding, tree: SourceTree, depth: int) -> Value:
    if binding.kind == "assign" and binding.value is not None:
        return value_of(binding.value, binding.scope, tree, depth - 1)
    if binding.kind == "parameter":
        default = value_of(binding.value, binding.scope, tree, depth - 1) if binding.value else None
        return Opaque("parameter", None if isinstance(default, Blank) else default)
    if binding.defined is not None and binding.defined.kind == "function":
        # A property: what it returns is read where no call is written.
        inner = binding.defined
        return choice(value_of(one, inner, tree, depth - 2) for one in inner.returns)
    if binding.kind == "loop" and binding.value is not None:
        whole = value_of(binding.value, binding.scope, tree, depth - 1)
        return choice(whole.values) if isinstance(whole, Items) else Opaque("unknown")
    return Opaque("unknown")


def _handed(name: str, owner: Scope, tree: SourceTree, depth: int) -> Value | None:
    """What this file's callers give a function's parameter; None where none is in sight."""
    called = owner.name
    if called in _CONSTRUCTORS and owner.parent is not None:
        called = owner.parent.name
    names = [n for n, held in owner.bindings.items() if held[0].kind == "parameter"]
    names = [n for n in names if n not in ("self", "cls")]
    if not called or name not in names:
        return None
    found: list[Value] = []
    for call, scope in tree.callers_of(called)[:_CALLERS]:
        by_name = next((a.value for a in call.arguments if a.name == name), None)
        given = [a.value for a in call.arguments if not a.name and not a.spread]
        place = names.index(name)
        value = by_name or (given[place] if place < len(given) else None)
        if value is not None and scope is not owner:
            found.append(value_of(value, scope, tree, depth - 2))
    return choice(found) if found else None


def _attribute(expr: Attr, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if isinstance(expr.value, Name) and expr.value.id in ("self", "cls", "this"):
        owner, bindings = class_attribute(expr.name, scope)
        if not bindings:
            return Opaque("attribute")
        values = [b for b in bindings if b.kind != "field"] or bindings
        value = choice(_bound(binding, tree, depth) for binding in values)
        text = dotted(expr)
        return _changed(value, owner.changes.get(text, []), tree, depth)
    if dotted(expr.value) in idioms.ENVIRONMENTS:
        return Opaque("environment")
    members = member_of(expr.value, expr.name, scope)
    if members:
        return choice(_bound(member, tree, depth) for member in members)
    owners, made = made_by(expr.value, scope)
    given = [a.value for a in made.arguments if a.name == expr.name] if made is not None else []
    if given:
        # `settings = Settings(model="x")`, a class of this file whose fields are its arguments.
        return value_of(given[0], scope, tree, depth - 1)
    members = [b for owner in owners for b in attribute_of(owner, expr.name)[1]]
    if members:
        values = [b for b in members if b.kind != "field"] or members
        return choice(_bound(member, tree, depth) for member in values)
    whole = value_of(expr.value, scope, tree, depth - 1)
    if isinstance(whole, Text) and expr.name == "value":
        # A member of an enumeration.
        return whole
    if whole == Opaque("import"):
        return Opaque("import", symbol=qualify(expr, tree))
    return member(whole, expr.name)


def _item(expr: Item, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if dotted(expr.value) in idioms.ENVIRONMENTS:
        return Opaque("environment")
    key = value_of(expr.key, scope, tree, depth - 1)
    whole = value_of(expr.value, scope, tree, depth - 1)
    if expr.position is not None:
        options = whole.options if isinstance(whole, Choice) else (whole,)
        held = [o.values for o in options if isinstance(o, Items)]
        if held and all(len(values) > expr.position for values in held):
            return choice(values[expr.position] for values in held)
        return Opaque("unknown")
    if isinstance(key, Text):
        return member(whole, key.value)
    if isinstance(whole, Table) and not whole.open and whole.entries:
        return choice(whole.entries.values())
    return choice(whole.values) if isinstance(whole, Items) else Opaque("unknown")


def _call(expr: Call, scope: Scope, tree: SourceTree, depth: int) -> Value:
    name = dotted(expr.function)
    given = [argument.value for argument in expr.arguments]
    if name == "dict" or name in idioms.COPIES or name == "Object.assign":
        parts: list[Value] = []
        for argument in expr.arguments:
            value = value_of(argument.value, scope, tree, depth - 1)
            parts.append(Table({argument.name: value}) if argument.name else value)
        return merge(parts)
    if isinstance(expr.function, Attr) and expr.function.name == "copy" and not given:
        return value_of(expr.function.value, scope, tree, depth - 1)
    if name.rpartition(".")[2] in idioms.FIELDS:
        # A declared field is worth its default.
        first = next((a.value for a in expr.arguments if a.name in (None, "default")), None)
        return value_of(first, scope, tree, depth - 1) if first else Opaque("call")
    if name in idioms.ENVIRONMENT:
        default = value_of(given[1], scope, tree, depth - 1) if len(given) > 1 else None
        return Opaque("environment", None if isinstance(default, Blank) else default)
    if name == "URL" and len(given) > 1:
        return joined([value_of(value, scope, tree, depth - 1) for value in given[1::-1]])
    if (name in idioms.JSON or name in idioms.TEXT) and given:
        return value_of(given[0], scope, tree, depth - 1)
    if name.rpartition(".")[2] in idioms.WRAPS.get(tree.language, ()) and len(given) == 1:
        return value_of(given[0], scope, tree, depth - 1)
    if name in idioms.JOIN and given:
        return joined([value_of(value, scope, tree, depth - 1) for value in given])
    if (name in idioms.PRINTF or name in idioms.BRACES) and given:
        return _formatted(given[0], given[1:], name in idioms.BRACES, scope, tree, depth)
    if isinstance(expr.function, Attr) and expr.function.name in idioms.FORMATS and given:
        holder = value_of(expr.function.value, scope, tree, depth - 1)
        if isinstance(holder, Text):
            braces = expr.function.name == "format" and "{" in holder.value
            return _filled(holder.value, given, braces, scope, tree, depth)
    built = _built(expr, scope, tree, depth)
    if built is not None:
        return built
    if isinstance(expr.function, Attr) and expr.function.name in idioms.SAME:
        return value_of(expr.function.value, scope, tree, depth - 1)
    if isinstance(expr.function, Attr) and expr.function.name == "get" and given:
        return _get(expr, given, scope, tree, depth)
    defined = function_of(expr, scope)
    if isinstance(expr.function, Function):
        defined = expr.function.scope
    if defined is not None and defined.returns:
        return choice(value_of(value, defined, tree, depth - 2) for value in defined.returns)
    called = name.rpartition(".")[2]
    if (called[:1].isupper() or expr.new) and (
        all(a.name or a.spread for a in expr.arguments)
        or (expr.new and any(a.name for a in expr.arguments))
    ):
        # A settings object such as GenerateContentConfig(labels=...), a struct literal.
        return merge(
            Table({a.name: value_of(a.value, scope, tree, depth - 1)})
            if a.name
            else value_of(a.value, scope, tree, depth - 1)
            for a in expr.arguments
            if a.name or a.spread
        )
    return Opaque("call")


def _built(expr: Call, scope: Scope, tree: SourceTree, depth: int) -> Table | None:
    """What a builder's chain of setters adds up to; None where the call is no part of one."""
    function = expr.function
    given = [argument.value for argument in expr.arguments]
    last = dotted(function).rpartition(".")[2]
    if last[:1].isupper() and last.endswith(("Builder", "Args")) and not expr.arguments:
        return Table(builder=True)
    if not isinstance(function, Attr):
        return None
    head = dotted(function.value).rpartition(".")[2]
    if function.name in builders.STARTS and head[:1].isupper():
        return Table(builder=True)
    if isinstance(function.value, Name) and _fills(function.value.id, scope):
        holder: Value = Table(builder=True)
    elif isinstance(function.value, Call | Name | Attr):
        holder = value_of(function.value, scope, tree, depth - 1)
    else:
        return None
    if not isinstance(holder, Table) or not holder.builder:
        return None
    if function.name in builders.ENDS:
        return holder
    values = [value_of(value, scope, tree, depth - 1) for value in given]
    return builders.with_setter(holder, function.name, values)


def _fills(name: str, scope: Scope) -> bool:
    """Whether a name is the only parameter of the lambda it is used in."""
    bindings = scope.bindings.get(name, ())
    return (
        scope.kind == "function"
        and not scope.name
        and len(scope.bindings) == 1
        and any(binding.kind == "parameter" and binding.value is None for binding in bindings)
    )


def _formatted(
    text: Expr, given: list[Expr], braces: bool, scope: Scope, tree: SourceTree, depth: int
) -> Value:
    known = value_of(text, scope, tree, depth - 1)
    if not isinstance(known, Text):
        return Opaque("call")
    return _filled(known.value, given, braces, scope, tree, depth)


def _filled(
    text: str, given: list[Expr], braces: bool, scope: Scope, tree: SourceTree, depth: int
) -> Value:
    shape = format_shape(text, braces=braces)
    return fill(shape, [value_of(value, scope, tree, depth - 1) for value in given])


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
