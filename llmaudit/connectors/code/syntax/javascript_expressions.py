"""JavaScript and TypeScript expressions to the language-neutral tree."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Arg,
    Attr,
    Binding,
    Call,
    Change,
    Const,
    Either,
    Entry,
    Expr,
    Function,
    Import,
    Item,
    Mapping,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node


# Functions that say `this` to the object they stand in; arrow functions do not.
_METHODS = ("function_expression", "generator_function", "function")
# Options of components (Vue) and stores (Pinia): what they hold, and what they do with it.
_STATES = {"data", "state"}
_ACTIONS = {"methods", "actions", "computed", "getters", "watch"}
_EACH = {"map", "forEach", "flatMap", "filter", "find", "some", "every"}
_SOURCED = re.compile(
    r"(?:(?P<registry>npm|jsr):/?|https://(?:esm\.sh|cdn\.skypack\.dev|unpkg\.com|deno\.land/x"
    r"|cdn\.jsdelivr\.net/npm)/(?:v\d+/)?)(?P<name>@[^/@]+/[^/@]+|[^/@]+)(?:@[^/?]+)?"
    r"(?P<rest>/[^?]*)?(?:\?.*)?$"
)


class Expressions(ABC):
    """Reads expressions; the statements among them are left to the one who reads those."""

    tree: SourceTree

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def change(self, holder: str, change: Change, scope: Scope) -> None:
        """Keep a change of the mapping that a chain of names stands for."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    def identifier(self, node: Node, scope: Scope) -> Expr:
        return Name(*span_of(node), id=text_of(node))

    def member(self, node: Node, scope: Scope) -> Expr:
        value, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if value is None or name is None:
            return plain(node)
        if value.type in ("satisfies_expression", "as_expression"):
            # The parser takes the end of a dotted type (`x as A.B.C`) for a member.
            return self.expr(value, scope)
        return Attr(*span_of(node), value=self.expr(value, scope), name=text_of(name))

    def subscript(self, node: Node, scope: Scope) -> Expr:
        value, key = node.child_by_field_name("object"), node.child_by_field_name("index")
        if value is None or key is None:
            return plain(node)
        holder, index = self.expr(value, scope), self.expr(key, scope)
        if isinstance(index, Str) and (index.value or "").isidentifier() and index.value:
            return Attr(*span_of(node), value=holder, name=index.value)
        number = text_of(key) if key.type == "number" else ""
        position = int(number) if number.isdecimal() and len(number) < 7 else None
        return Item(*span_of(node), value=holder, key=index, position=position)

    def call(self, node: Node, scope: Scope) -> Expr:
        return self.invocation(node, node.child_by_field_name("function"), scope, new=False)

    def construction(self, node: Node, scope: Scope) -> Expr:
        return self.invocation(node, node.child_by_field_name("constructor"), scope, new=True)

    def invocation(self, node: Node, function: Node | None, scope: Scope, *, new: bool) -> Expr:
        if function is None:
            return plain(node)
        module = None if new else required_module(node)
        if module is not None:
            # `require("m").default`: the call stands for the module, under a name no code has.
            local = f"require {module}"
            line = node.start_point[0] + 1
            self.tree.imports.append(Import(package_of(module), "default", local, line))
            return Name(*span_of(node), id=local)
        callee = self.expr(function, scope)
        given = node.child_by_field_name("arguments")
        arguments: list[Arg] = []
        if given is not None and given.type == "arguments":
            for child in given.named_children:
                if child.type == "comment":
                    self.comment(child, scope)
                elif child.type == "spread_element" and child.named_children:
                    arguments.append(Arg(self.expr(child.named_children[0], scope), spread="*"))
                else:
                    value = self.expr(child, scope)
                    arguments.append(Arg(value, start=child.start_byte, end=child.end_byte))
        call = Call(*span_of(node), function=callee, arguments=tuple(arguments), new=new)
        self.tree.calls[call.start, call.end] = (call, scope)
        if isinstance(callee, Attr) and arguments:
            self.handed(text_of(function), callee, arguments, scope)
        return call

    def handed(self, name: str, callee: Attr, arguments: list[Arg], scope: Scope) -> None:
        """What a call of the standard library does with what it is given."""
        first = arguments[0].value
        if name == "Object.assign" and isinstance(first, Name | Attr):
            holder = self.tree.data[first.start : first.end].decode("utf-8", "replace")
            for argument in arguments[1:]:
                self.change(holder, Change(None, argument.value, scope), scope)
        elif callee.name in ("append", "set") and len(arguments) == 2:
            # `form.append("model", "m")`, `headers.set("X-Team", team)`.
            at = callee.value
            holder = self.tree.data[at.start : at.end].decode("utf-8", "replace")
            if isinstance(at, Name | Attr):
                self.change(holder, Change(first, arguments[1].value, scope), scope)
        elif callee.name in _EACH and isinstance(first, Function) and first.scope is not None:
            # `["a", "b"].map((model) => ...)`: the parameter is each element in turn.
            name, bindings = next(iter(first.scope.bindings.items()), ("", []))
            if bindings and bindings[0].kind == "parameter" and bindings[0].value is None:
                element = Item(first.start, first.end, first.line, first.end_line, first.column)
                element.value = callee.value
                note = bindings[0].annotation
                first.scope.bindings[name] = [Binding("assign", element, scope, note)]

    def object(self, node: Node, scope: Scope) -> Expr:
        """An object; its methods say ``this`` to it as those of a class do."""
        entries: list[Entry] = []
        owner = Scope("class", "", scope, node.start_byte, node.end_byte)
        for child in node.named_children:
            span = (child.start_byte, child.end_byte)
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    where = owner if value.type in _METHODS else scope
                    entries.append(Entry(self.key(key, scope), self.expr(value, where), *span))
            elif child.type == "shorthand_property_identifier":
                key_expr = Str(*span_of(child), value=text_of(child))
                entries.append(Entry(key_expr, self.expr(child, scope), *span))
            elif child.type == "spread_element" and child.named_children:
                entries.append(Entry(None, self.expr(child.named_children[0], scope), *span))
            elif child.type == "method_definition":
                method = Str(*span_of(child), value=text_of(child.child_by_field_name("name")))
                entries.append(Entry(method, self.expr(child, owner), *span))
            elif child.type == "comment":
                self.comment(child, scope)
        for entry in entries:
            if isinstance(entry.key, Str) and entry.key.value:
                defined = entry.value.scope if isinstance(entry.value, Function) else None
                binding = Binding("assign", entry.value, scope)
                if defined is not None:
                    defined.name = defined.name or entry.key.value
                    binding = Binding("function", None, scope, defined=defined)
                owner.attributes.setdefault(entry.key.value, []).append(binding)
        _share_state(entries, owner)
        return Mapping(*span_of(node), entries=tuple(entries))

    def key(self, node: Node, scope: Scope) -> Expr:
        if node.type == "property_identifier":
            return Str(*span_of(node), value=text_of(node))
        if node.type == "computed_property_name" and node.named_children:
            return self.expr(node.named_children[0], scope)
        return self.expr(node, scope)

    def array(self, node: Node, scope: Scope) -> Expr:
        items = tuple(self.expr(c, scope) for c in node.named_children if c.type != "comment")
        return Sequence(*span_of(node), items=items)

    def string(self, node: Node, scope: Scope) -> Expr:
        return Str(*span_of(node), value=unquote(text_of(node)))

    def template(self, node: Node, scope: Scope) -> Expr:
        parts = tuple(
            self.expr(part, scope)
            for child in node.named_children
            if child.type == "template_substitution"
            for part in child.named_children[:1]
        )
        text = text_of(node)[1:-1]
        if parts:
            shape = "".join(
                HOLE if child.type == "template_substitution" else text_of(child)
                for child in node.named_children
                if child.type in ("template_substitution", "string_fragment", "escape_sequence")
            )
            return Str(*span_of(node), parts=parts, head=shape.partition(HOLE)[0], shape=shape)
        return Str(*span_of(node), value=text)

    def ternary(self, node: Node, scope: Scope) -> Expr:
        names = ("condition", "consequence", "alternative")
        found = [node.child_by_field_name(name) for name in names]
        if any(part is None for part in found):
            return plain(node)
        parts = [self.expr(part, scope) for part in found if part is not None]
        return Either(*span_of(node), options=(parts[1], parts[2]), parts=(parts[0],))

    def binary(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        operator = text_of(node.child_by_field_name("operator"))
        if operator in ("||", "??"):
            return Either(*span_of(node), options=sides, fallback=True)
        if operator == "&&":
            nothing = Const(*span_of(left), blank=True)
            return Either(*span_of(node), options=(nothing, sides[1]), parts=(sides[0],))
        if operator == "+":
            return concatenation(span_of(node), sides)
        return Expr(*span_of(node), parts=sides)


def _share_state(entries: list[Entry], owner: Scope) -> None:
    """In a component's or a store's options, ``this`` has what ``data`` or ``state`` returns."""
    named = {e.key.value: e.value for e in entries if isinstance(e.key, Str) and e.key.value}
    for name in sorted(_STATES & named.keys()):
        made = named[name]
        inside = made.scope if isinstance(made, Function) else None
        for value in inside.returns if inside is not None else ():
            for entry in value.entries if isinstance(value, Mapping) else ():
                if isinstance(entry.key, Str) and entry.key.value and inside is not None:
                    binding = Binding("assign", entry.value, inside)
                    owner.attributes.setdefault(entry.key.value, []).append(binding)
    for name in sorted(_ACTIONS & named.keys()):
        group = named[name]
        for entry in group.entries if isinstance(group, Mapping) else ():
            method = entry.value.scope if isinstance(entry.value, Function) else None
            inner = method.parent if method is not None else None
            if inner is not None and inner.kind == "class":
                for key, bindings in owner.attributes.items():
                    inner.attributes.setdefault(key, bindings)


def package_of(module: str) -> str:
    """The package's plain name where a module is named with its registry, server or version."""
    found = _SOURCED.match(module)
    if found is None:
        return module
    if found["registry"] == "jsr":
        name, rest = found["name"].lstrip("@").replace("/", "__"), found["rest"] or ""
        return f"@jsr/{name}{rest}"
    return found["name"] + (found["rest"] or "")


def unquote(text: str) -> str | None:
    """The value of a string literal; None when it cannot be read."""
    if len(text) < 2:
        return None
    body = text[1:-1]
    if "\\" not in body:
        return body
    try:
        value = json.loads('"' + body.replace("\\'", "'").replace('"', '\\"') + '"')
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def required_module(node: Node | None) -> str | None:
    """The module of ``require("m")`` or ``await import("m")``, else None."""
    while node is not None and node.type in ("await_expression", "parenthesized_expression"):
        node = node.named_children[0] if node.named_children else None
    if node is None or node.type != "call_expression":
        return None
    function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if text_of(function) not in ("require", "import") or given is None or not given.named_children:
        return None
    first = given.named_children[0]
    return unquote(text_of(first)) if first.type == "string" else None
