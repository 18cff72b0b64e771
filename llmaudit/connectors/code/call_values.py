"""What a call gives: texts of formats and joins, mappings of builders, values of own functions."""

from __future__ import annotations

from collections.abc import Callable

from llmaudit.connectors.code import builders, idioms
from llmaudit.connectors.code.foundation import foundation_value
from llmaudit.connectors.code.own_classes import components, defaults
from llmaudit.connectors.code.scopes import dotted, function_of
from llmaudit.connectors.code.syntax.strings import format_shape
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Call,
    Expr,
    Function,
    Mapping,
    Name,
    Placed,
    Scope,
    SourceTree,
)
from llmaudit.connectors.code.texts import fill, joined
from llmaudit.connectors.code.value import (
    Blank,
    Opaque,
    Table,
    Text,
    Value,
    choice,
    member,
    merge,
)
from llmaudit.connectors.code.walked import python_method, walked

Read = Callable[[Expr, Scope, int], Value]
# Languages whose objects take their parts by setters.
_OBJECTS = {"java", "kotlin", "scala", "csharp"}
# Of these, those whose factories name their arguments.
_NAMED = {"kotlin", "scala"}
# Of these, those whose objects are mostly filled by their setters.
_FILLED = {"java", "kotlin", "scala"}


def call_value(expr: Call, scope: Scope, tree: SourceTree, read: Read) -> Value:
    """What a call gives, as far as its file and the standard libraries settle it.

    Args:
        read: Reads an expression of the call in a scope; the third argument says how many
            steps further it lies.
    """
    name = dotted(expr.function)
    given = [argument.value for argument in expr.arguments]
    if tree.language == "swift":
        made_of = foundation_value(expr, scope, read)
        if made_of is not None:
            return made_of
    if name == "dict" or name in idioms.COPIES or name == "Object.assign":
        parts: list[Value] = []
        for argument in expr.arguments:
            value = read(argument.value, scope, 1)
            parts.append(Table({argument.name: value}) if argument.name else value)
        return merge(parts)
    if expr.new and name in idioms.HOLDERS:
        held = read(given[0], scope, 1) if given else Table()
        return held if isinstance(held, Table) else Table(open=True)
    if isinstance(expr.function, Attr) and expr.function.name == "copy" and not given:
        return read(expr.function.value, scope, 1)
    if name.rpartition(".")[2] in idioms.FIELDS:
        # A declared field is worth its default.
        first = next((a.value for a in expr.arguments if a.name in (None, "default")), None)
        return read(first, scope, 1) if first else Opaque("call")
    if name in idioms.ENVIRONMENT:
        default = read(given[1], scope, 1) if len(given) > 1 else None
        return Opaque("environment", None if isinstance(default, Blank) else default)
    if name in idioms.FLAGS and len(given) > idioms.FLAGS[name]:
        default = read(given[idioms.FLAGS[name]], scope, 1)
        return Opaque("environment", None if isinstance(default, Blank) else default)
    if name in idioms.PICKS and len(given) > 1:
        return _get(given[0], given[1:], scope, read)
    if name == "URL" and len(given) > 1:
        return joined([read(value, scope, 1) for value in given[1::-1]])
    if name in idioms.JSON and expr.arguments and all(a.name for a in expr.arguments):
        # `JSON.generate(model: "m")`: a hash without its braces.
        return merge(Table({a.name: read(a.value, scope, 1)}) for a in expr.arguments if a.name)
    if (name in idioms.JSON or name in idioms.TEXT) and given:
        text = read(given[0], scope, 1)
        if name in idioms.TYPED_BODIES and len(given) > 1 and _says_nothing(text):
            # `RequestBody.create(JSON, text)`: the media type stands first.
            return read(given[1], scope, 1)
        return text
    if isinstance(expr.function, Attr) and expr.function.name in idioms.WRITERS and given:
        return read(given[0], scope, 1)
    if name.rpartition(".")[2] in idioms.WRAPS.get(tree.language, ()) and len(given) == 1:
        return read(given[0], scope, 1)
    if tree.language == "python" and isinstance(expr.function, Attr):
        of_python = python_method(expr.function, given, scope, read)
        if of_python is not None:
            return of_python
    if name in idioms.JOIN and given:
        return joined([read(value, scope, 1) for value in given])
    if (name in idioms.PRINTF or name in idioms.BRACES) and given:
        return _formatted(given[0], given[1:], name in idioms.BRACES, scope, read)
    if isinstance(expr.function, Attr) and expr.function.name in idioms.FORMATS and given:
        holder = read(expr.function.value, scope, 1)
        if isinstance(holder, Text):
            braces = expr.function.name == "format" and "{" in holder.value
            return _filled(holder.value, given, braces, scope, read)
    pairs = walked(expr, name, scope, read) if tree.language == "python" else None
    if pairs is not None:
        return pairs
    built = _built(expr, scope, tree, read)
    if built is not None:
        return built
    method = expr.function.name if isinstance(expr.function, Attr) else ""
    if isinstance(expr.function, Attr) and method in idioms.SAME:
        return read(expr.function.value, scope, 1)
    if isinstance(expr.function, Attr) and method in idioms.IDS and not given:
        held = read(expr.function.value, scope, 1)
        if isinstance(held, Text) or (isinstance(held, Opaque) and held.symbol):
            return held
    if isinstance(expr.function, Attr) and method in idioms.OR_ELSE and len(given) == 1:
        other, where = given[0], scope
        inner = other.scope if isinstance(other, Function) else None
        if inner is not None and inner.returns:
            # `unwrap_or_else(|_| "m".into())`: what the function gives.
            other, where = inner.returns[-1], inner
        return choice((read(expr.function.value, scope, 1), read(other, where, 1)))
    if method in idioms.EITHER and len(given) == 2:
        return choice(read(value, scope, 1) for value in given)
    if isinstance(expr.function, Attr) and method in idioms.OF and len(given) == 1:
        text = read(given[0], scope, 1)
        if isinstance(text, Text) and dotted(expr.function.value)[:1].isupper():
            return text
    if isinstance(expr.function, Attr) and method in idioms.GETS and given:
        return _get(expr.function.value, given, scope, read)
    defined = function_of(expr, scope)
    if isinstance(expr.function, Function):
        defined = expr.function.scope
    if defined is not None and defined.returns:
        return choice(_returned(value, defined, expr, scope, read) for value in defined.returns)
    called = name.rpartition(".")[2]
    if expr.new and tree.language == "rust" and not any(a.name for a in expr.arguments):
        made = {str(i): read(v, scope, 1) for i, v in enumerate(given)}
        return Table(made, builder=True)
    makes = called[:1].isupper() or expr.new
    if tree.language in _NAMED and name[:1].isupper() and expr.arguments:
        # `Request.simple(model = "m")`
        makes = makes or all(a.name for a in expr.arguments)
    if makes and (
        all(a.name or a.spread for a in expr.arguments) or any(a.name for a in expr.arguments)
    ):
        # A settings object such as GenerateContentConfig(labels=...), a struct literal.
        placed = [a.value for a in expr.arguments if not a.name and not a.spread]
        by_place = {str(i): read(v, scope, 1) for i, v in enumerate(placed)} if expr.new else {}
        fields: list[Value] = [
            Table(by_place),
            *(
                Table({a.name: read(a.value, scope, 1)}) if a.name else read(a.value, scope, 1)
                for a in expr.arguments
                if a.name or a.spread
            ),
        ]
        if not expr.new and placed:
            read_in = [read(v, scope, 1) for v in placed if isinstance(v, Mapping)]
            # What stands without its name is not read, save a mapping of what is named.
            fields += read_in if len(read_in) == len(placed) else [Table(open=True)]
        if tree.language in _OBJECTS:
            fields.insert(0, defaults(expr, scope, read))
        whole = merge(fields)
        # An object whose setters may follow (`new JSONObject().put("model", "m")`).
        settable = expr.new and tree.language in _FILLED
        return Table(whole.entries, whole.open, builder=True) if settable else whole
    filled = _filled_by(expr, scope, tree, read)
    if filled is not None:
        return filled
    if expr.new and tree.language in _OBJECTS and called[:1].isupper():
        # An object whose setters may add to what it is made of.
        made = {str(i): read(v, scope, 1) for i, v in enumerate(given)}
        for place, part in enumerate(components(expr, scope)[: len(given)]):
            made[part] = made[str(place)]
        return Table({**defaults(expr, scope, read).entries, **made}, builder=True)
    if expr.new and tree.language == "php" and called[:1].isupper() and given:
        # `new Gpt(Gpt::GPT_4O)`: what it does with what it is given is its own affair.
        made = {str(i): read(v, scope, 1) for i, v in enumerate(given)}
        return Table(made, open=True)
    only = read(given[0], scope, 1) if len(given) == 1 and isinstance(given[0], Mapping) else None
    if makes and tree.language == "python" and isinstance(only, Table):
        # `LLMConfig({"model": "m"})`, `Headers({...})`
        return only
    return Opaque("call", handed=only if isinstance(only, Table) else None)


def _returned(value: Expr, defined: Scope, call: Call, scope: Scope, read: Read) -> Value:
    """What a function of this file returns, its parameters as this call gives them.

    A mapping that it returns is put together of them (``{ ...options, functionId }``).
    """
    where = defined
    if isinstance(value, Placed):
        where = value.scope or defined
        value = value.value
    if not isinstance(value, Mapping) or not defined.parameters:
        return read(value, where, 2)
    parts: list[Value] = []
    for entry in value.entries:
        held = _given(entry.value, defined, call, scope, read) or read(entry.value, where, 2)
        if entry.key is None:
            parts.append(held)
            continue
        key = read(entry.key, where, 2)
        parts.append(Table({key.value: held}) if isinstance(key, Text) else Table(open=True))
    return merge(parts)


def _given(expr: Expr, defined: Scope, call: Call, scope: Scope, read: Read) -> Value | None:
    """What a call gives for a parameter or a field of one; None for anything else."""
    name = dotted(expr)
    head, _, rest = name.partition(".")
    place, key = defined.parameters.get(head, (-1, ""))
    positional = [a.value for a in call.arguments if not a.name and not a.spread]
    if not 0 <= place < len(positional) or len(positional) < len(call.arguments):
        return None
    value = read(positional[place], scope, 1)
    for step in [k for k in (key, *rest.split(".")) if k]:
        value = member(value, step)
    return value


def _filled_by(expr: Call, scope: Scope, tree: SourceTree, read: Read) -> Table | None:
    """What a trailing lambda fills (``chatCompletionRequest { model = ModelId("m") }``)."""
    last = expr.arguments[-1].value if expr.arguments else None
    if tree.language != "kotlin" or not isinstance(last, Function):
        return None
    given = read(last, scope, 1)
    if not isinstance(given, Table):
        return None
    named = [Table({a.name: read(a.value, scope, 1)}) for a in expr.arguments[:-1] if a.name]
    return merge((*named, Table(given.entries, given.open, builder=True)))


def _says_nothing(value: Value) -> bool:
    return isinstance(value, Opaque) and not value.text and value.default is None


def _built(expr: Call, scope: Scope, tree: SourceTree, read: Read) -> Value | None:
    """What a builder's chain of setters adds up to; None where the call is no part of one."""
    last = dotted(expr.function).rpartition(".")[2]
    if last[:1].isupper() and last.endswith(("Builder", "Args")) and not expr.arguments:
        return Table(builder=True)
    links: list[Call] = []
    at: Expr = expr
    holder: Value | None = None
    while isinstance(at, Call) and isinstance(at.function, Attr):
        if links and function_of(at, scope) is not None:
            break
        links.append(at)
        if _starts(at.function):
            holder = Table(builder=True)
            break
        at = at.function.value
    if not links:
        return None
    if holder is None and isinstance(at, Name) and _fills(at.id, scope):
        holder = Table(builder=True)
    if holder is None and isinstance(at, Name) and at.id in builders.BASES:
        holder = Table(builder=True)
    if holder is None and isinstance(at, Call | Name | Attr):
        holder = read(at, scope, 1)
    for link in reversed(links):
        name = link.function.name if isinstance(link.function, Attr) else ""
        if not isinstance(holder, Table) or not holder.builder:
            holder = None
            if _begins(name, tree) and isinstance(link.function, Attr):
                # What it is begun on may be an address: `url.openConnection()`.
                before = read(link.function.value, scope, 1)
                told = isinstance(before, Text | Opaque)
                holder = Table({"start": before} if told else {}, builder=True)
        if name in idioms.WRITERS and link.arguments:
            # `gson.toJson(request).toRequestBody(json)`
            made = read(link.arguments[0].value, scope, 1)
            holder = (
                Table(made.entries, made.open, builder=True) if isinstance(made, Table) else None
            )
            continue
        if not isinstance(holder, Table) or name in builders.ENDS or name in idioms.SAME:
            continue
        if any(a.name for a in link.arguments):
            # `request.copy(user = "u")`
            named = [Table({a.name: read(a.value, scope, 1)}) for a in link.arguments if a.name]
            holder = Table(merge((holder, *named)).entries, holder.open, builder=True)
            continue
        values = [read(a.value, scope, 1) for a in link.arguments]
        if name == "apply" and len(values) == 1 and isinstance(values[0], Table):
            # `Request.builder().apply { model("m") }`
            holder = Table(merge((holder, values[0])).entries, holder.open, builder=True)
            continue
        held = None if values else builders.got(holder, name)
        holder = builders.with_setter(holder, name, values) if held is None else held
    return holder


def _begins(name: str, tree: SourceTree) -> bool:
    """Whether a client's method begins what a request is put together from."""
    return name in builders.SPECS and tree.language in _OBJECTS


def _starts(function: Attr) -> bool:
    """Whether a call begins a builder: ``Request.builder()``, ``mapper.createObjectNode()``."""
    head = dotted(function.value).rpartition(".")[2]
    if function.name in builders.FACTORIES:
        return True
    starts = function.name in builders.STARTS or head.endswith("Builder")
    return starts and head[:1].isupper()


def _fills(name: str, scope: Scope) -> bool:
    """Whether a name is the only parameter of the lambda it is used in."""
    bindings = scope.bindings.get(name, ())
    return (
        scope.kind == "function"
        and not scope.name
        and len(scope.bindings) == 1
        and any(binding.kind == "parameter" and binding.value is None for binding in bindings)
    )


def _formatted(text: Expr, given: list[Expr], braces: bool, scope: Scope, read: Read) -> Value:
    known = read(text, scope, 1)
    if not isinstance(known, Text):
        return Opaque("call")
    return _filled(known.value, given, braces, scope, read)


def _filled(text: str, given: list[Expr], braces: bool, scope: Scope, read: Read) -> Value:
    shape = format_shape(text, braces=braces)
    return fill(shape, [read(value, scope, 1) for value in given])


def _get(holder: Expr, given: list[Expr], scope: Scope, read: Read) -> Value:
    """``mapping.get(key, default)``."""
    whole = read(holder, scope, 1)
    key = read(given[0], scope, 1)
    default = read(given[1], scope, 1) if len(given) > 1 else Blank()
    if isinstance(whole, Table) and isinstance(key, Text):
        if key.value in whole.entries:
            return whole.entries[key.value]
        if not whole.open:
            return default
    if isinstance(whole, Table) and not whole.open and whole.entries:
        # Which of them is asked for is not settled.
        values = list(whole.entries.values())
        return choice(values if isinstance(default, Blank) else [*values, default])
    return Opaque("unknown", None if isinstance(default, Blank) else default)
