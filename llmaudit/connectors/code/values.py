"""What an expression's value is, as far as one file settles it.

A value is followed through names, attributes, literal mappings, copies and merges. What the
file does not settle is Opaque and says why, so that "no tag" and "cannot tell" stay apart.
"""

from __future__ import annotations

from llmaudit.connectors.code import builders, idioms
from llmaudit.connectors.code.call_values import call_value
from llmaudit.connectors.code.foundation import foundation_member, implied_member
from llmaudit.connectors.code.names import qualify
from llmaudit.connectors.code.reaching import still_there
from llmaudit.connectors.code.scopes import (
    attribute_change,
    attribute_of,
    bound,
    changes_of,
    class_attribute,
    dotted,
    handed,
    lookup,
    made_by,
    member_of,
    shared,
)
from llmaudit.connectors.code.syntax.jvm import SELF
from llmaudit.connectors.code.syntax.swift_expressions import IMPLIED
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
from llmaudit.connectors.code.texts import fill
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
    element,
    member,
    merge,
)

__all__ = [
    "Blank", "Choice", "Items", "Opaque", "Scalar", "Table", "Text", "Value", "choice", "merge",
    "value_of",
]  # fmt: skip

_DEPTH = 12
_ADDS = {"add", "append", "addAll"}
# Languages whose constants stand in classes that are imported.
_CLASSES = {"java", "kotlin", "scala", "swift", "csharp"}


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
        return _name(expr, scope, tree, depth)
    if isinstance(expr, Attr):
        return _attribute(expr, scope, tree, depth)
    if isinstance(expr, Item):
        return _item(expr, scope, tree, depth)
    if isinstance(expr, Call):
        kept = _kept(expr, tree, depth)
        if kept is not None:
            return kept
        return call_value(expr, scope, tree, lambda e, s, n: value_of(e, s, tree, depth - n))
    if isinstance(expr, Merge):
        found = [value_of(part, scope, tree, depth - 1) for part in expr.parts]
        known = any(isinstance(value, Table) for value in found)
        return merge(found) if known else Opaque("unknown")
    if isinstance(expr, Function) and expr.scope is not None and expr.scope.returns:
        # A lambda that fills a builder (`b -> b.modelId("m")`) stands for what it fills.
        last = expr.scope.returns[-1]
        if isinstance(last, Name) and (last.id == SELF or list(expr.scope.bindings) == [last.id]):
            # `b -> { b.modelId("m"); }`: what its statements set.
            changes = expr.scope.changes.get(last.id, [])
            return (
                _changed(Table(builder=True), changes, tree, depth)
                if changes
                else Opaque("unknown")
            )
        made = value_of(last, expr.scope, tree, depth - 1)
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


def _name(use: Name, scope: Scope, tree: SourceTree, depth: int) -> Value:
    name, found = use.id, bound(use, scope)
    if found is None:
        imported = next((i for i in tree.imports if i.local == name), None)
        if (
            imported is not None
            and name.isupper()
            and (tree.language in _CLASSES or tree.language == "rust")
        ):
            # `import static com.vendor.ChatModel.GPT_4_1`, `use vendor::GPT_4_1`.
            return Opaque("import", symbol=f"{imported.module}.{name}")
        return Opaque("import" if imported else "unknown")
    near = scope if found[0].home() is tree else found[0]
    changes = still_there(changes_of(name, near, found[0]), use, found[1])
    reached = hash((name, *map(id, found[1]), *map(id, changes)))
    key = (reached, id(scope), -depth if tree.by_callers else depth)
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
        value = handed or _changed(choice(options), changes, tree, depth)
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
    # Whether each still holds where it is asked for was looked at too.
    tree.steps += 6 * len(changes)
    for change in changes:
        new = value_of(change.value, change.scope, tree, depth - 1)
        if change.setter in _ADDS and isinstance(value, Opaque):
            # What is added to something unknown says nothing of what it is made of.
            continue
        if change.setter and isinstance(new, Items):
            parts = [builders.with_setter(merge(parts), change.setter, new.values)]
            continue
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
        unsure = len(known) < len(names) or _paired(change.key, change.scope)
        parts.append(Table(dict.fromkeys(known, new), open=unsure))
    return value if len(parts) == 1 and parts[0] is value else merge(parts)


def _paired(key: Expr, scope: Scope) -> bool:
    """Whether a key comes with its value out of a loop over pairs: another mapping's entries."""
    found = bound(key, scope) if isinstance(key, Name) else None
    return any(binding.part for binding in (found[1] if found else ()))


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
        return element(value_of(binding.value, binding.scope, tree, depth - 1), binding.part)
    return Opaque("unknown")


def _handed(name: str, owner: Scope, tree: SourceTree, depth: int) -> Value | None:
    """What this file's callers give a function's parameter; None where none is in sight."""
    found: list[Value] = []
    for value, scope, key in handed(name, owner, tree):
        given = value_of(value, scope, tree, depth - 2)
        found.append(member(given, key) if key else given)
    return choice(found) if found else None


def _attribute(expr: Attr, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if isinstance(expr.value, Name) and expr.value.id in ("self", "cls", "this"):
        owner, bindings = class_attribute(expr.name, scope)
        if not bindings:
            return Opaque("attribute")
        values = [b for b in bindings if b.kind != "field"] or bindings
        value = choice(_bound(binding, tree, depth) for binding in values)
        if isinstance(value, Blank) and any(b.annotation is not None for b in values):
            # `user: str | None = None`: a field that whoever makes the object may fill.
            return Opaque("attribute")
        text = dotted(expr)
        return _changed(value, owner.changes.get(text, []), tree, depth)
    if dotted(expr.value) in idioms.ENVIRONMENTS:
        return Opaque("environment")
    if isinstance(expr.value, Name) and expr.value.id == IMPLIED:
        return _implied(expr.name, tree, depth)
    told = _set_on(expr, scope, tree, depth) or _shared(expr.value, expr.name, tree, depth)
    if told is not None:
        return told
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
        held = choice(_bound(member, tree, depth) for member in values)
        # Where only a type says what it is, whoever made it may have given something else.
        return held if made is not None or isinstance(held, Opaque) else Opaque("attribute", held)
    whole = value_of(expr.value, scope, tree, depth - 1)
    if isinstance(whole, Text) and expr.name in idioms.IDS:
        # A member of an enumeration.
        return whole
    if isinstance(whole, Opaque) and whole.symbol and expr.name == "value":
        # The text of a member of an SDK's enumeration.
        return whole
    if isinstance(whole, Text) and "://" in whole.value and expr.name in idioms.OF_ADDRESS:
        # The part of an address that is posted to; the whole tells more.
        return whole
    same = foundation_member(whole, expr.name) if tree.language == "swift" else None
    if same is not None:
        return same
    symbol = _symbol(expr, whole, scope, tree)
    return Opaque("import", symbol=symbol) if symbol else member(whole, expr.name)


def _implied(name: str, tree: SourceTree, depth: int) -> Value:
    """``.name`` without its type: a case of this file's, else a constant of what is imported."""
    known = implied_member(name, tree)
    if known is not None:
        return choice(_bound(binding, tree, depth) for binding in known[1])
    modules = dict.fromkeys(i.module for i in tree.imports if i.local == "*")
    return Opaque("import", symbol=f"{'|'.join(modules)}:{name}" if modules else "")


def _set_on(expr: Attr, scope: Scope, tree: SourceTree, depth: int) -> Value | None:
    """What an object's attribute was last set to by a statement of this file (Python)."""
    holder = expr.value
    if tree.language != "python" or not isinstance(holder, Name):
        return None
    found = bound(holder, scope)
    changes = still_there(attribute_change(holder, scope), holder, found[1] if found else [])
    for change in reversed(changes):
        if isinstance(change.key, Str) and change.key.value == expr.name:
            return value_of(change.value, change.scope, tree, depth - 1)
    return None


def _shared(holder: Expr, name: str, tree: SourceTree, depth: int) -> Value | None:
    """What an object from elsewhere holds under a name, where this file gives it anything.

    ``st.session_state.model``; what it is given before there is anything says nothing.
    """
    if tree.language != "python" or not isinstance(holder, Attr):
        return None
    given = [
        _bound(binding, tree, depth)
        for binding in shared(holder, name, tree)
        if id(binding) not in tree.active
    ]
    told = [value for value in given if not isinstance(value, Blank)]
    return choice(told) if told else None


def _kept(call: Call, tree: SourceTree, depth: int) -> Value | None:
    """What ``cl.user_session.get("model")`` hands out again."""
    function, given = call.function, call.arguments
    if not isinstance(function, Attr) or function.name not in idioms.GETS or not given:
        return None
    key = given[0].value
    return (
        _shared(function.value, key.value, tree, depth)
        if isinstance(key, Str) and key.value
        else None
    )


def _symbol(expr: Attr, whole: Value, scope: Scope, tree: SourceTree) -> str:
    """The qualified name of what a module or an imported class holds; else empty."""
    if whole == Opaque("import"):
        return qualify(expr, tree)
    chain = dotted(expr)
    if tree.language in ("rust", "ruby") and isinstance(whole, Opaque) and whole.symbol:
        # `providers::openai::GPT_4O`.
        return qualify(expr, tree)
    named = tree.language in _CLASSES or tree.language == "rust"
    if not named or not isinstance(whole, Opaque) or whole.default:
        return ""
    if not chain[:1].isupper() or lookup(chain.partition(".")[0], scope) is not None:
        return ""
    # `Api.Model.LARGE`, and a class that a wide import brings.
    return qualify(expr, tree) if whole.symbol or whole.why == "unknown" else ""


def _item(expr: Item, scope: Scope, tree: SourceTree, depth: int) -> Value:
    if dotted(expr.value) in idioms.ENVIRONMENTS:
        return Opaque("environment")
    key = value_of(expr.key, scope, tree, depth - 1)
    kept = _shared(expr.value, key.value, tree, depth) if isinstance(key, Text) else None
    if kept is not None:
        return kept
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
