"""PHP expressions to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import Span, concatenation
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Arg,
    Attr,
    Call,
    Either,
    Entry,
    Expr,
    Import,
    Item,
    Mapping,
    Merge,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
    Way,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_MERGES = {
    "array_merge", "array_merge_recursive", "array_replace", "array_replace_recursive",
    "shortcode_atts",
}  # fmt: skip
# Functions that hand on the array they are given.
_SAME = {"array_filter", "collect", "array_map", "array_values", "http_build_query"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b"}
_SUPERGLOBALS = {"$_ENV", "$_SERVER", "$_GET", "$_POST", "$_REQUEST", "$_SESSION", "$GLOBALS"}


class Expressions(ABC):
    """Reads expressions; statements, classes and closures are left to the one who reads those."""

    tree: SourceTree
    defined: frozenset[str]
    namespace: str
    way: Way = ()

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    @abstractmethod
    def option(self, call: Call, scope: Scope) -> None:
        """Keep what a function sets on a handle."""

    def parts_of(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in node.named_children if child.type != "comment"]

    # -- names -----------------------------------------------------------------------

    def variable(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node)
        if name == "$this":
            name = "this"
        elif name in _SUPERGLOBALS:
            name = name[1:]
        return Name(*span_of(node), id=name, way=self.way)

    def name(self, node: Node, scope: Scope) -> Expr:
        """A constant or a function by its bare name."""
        return Name(*span_of(node), id=text_of(node).lstrip("\\"))

    def type_name(self, node: Node, scope: Scope) -> Expr:
        return self.class_name(node, text_of(node))

    def class_name(self, node: Node, text: str) -> Expr:
        """A class by the name it goes by here; one without an import is told where it is from."""
        span = span_of(node)
        if text in ("self", "static", "parent"):
            return Name(*span, id="self")
        head, _, rest = text.lstrip("\\").partition("\\")
        if not text.startswith("\\"):
            if any(entry.local == head for entry in self.tree.imports):
                return _chain(span, head, rest)
            if not rest and head in self.defined:
                return Name(*span, id=head)
        # Without an import a name means the file's own namespace, or none.
        own = self.namespace if not text.startswith("\\") else ""
        parts = [*own.split("."), head, *rest.split("\\")]
        path = [part for part in parts if part]
        spelled = own or rest or text.startswith("\\")
        local = f"{path[-1]}@{'/'.join(path[:-1])}" if spelled else head
        if not any(entry.local == local for entry in self.tree.imports):
            module, last = ".".join(path[:-1]), path[-1]
            entry = (module, last) if module else (last, "")
            self.tree.imports.append(Import(*entry, local, node.start_point[0] + 1))
        return Name(*span, id=local)

    def scope_name(self, node: Node, scope: Scope) -> Expr:
        """What stands before ``::``."""
        if node.type in ("name", "qualified_name", "relative_scope"):
            return self.class_name(node, text_of(node))
        return self.expr(node, scope)

    # -- access ----------------------------------------------------------------------

    def member(self, node: Node, scope: Scope) -> Expr:
        holder, name = node.child_by_field_name("object"), node.child_by_field_name("name")
        if holder is None or name is None:
            return plain(node)
        return Attr(*span_of(node), value=self.expr(holder, scope), name=text_of(name))

    def static_property(self, node: Node, scope: Scope) -> Expr:
        holder, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if holder is None or name is None:
            return plain(node)
        value = self.scope_name(holder, scope)
        return Attr(*span_of(node), value=value, name=text_of(name).lstrip("$"))

    def class_constant(self, node: Node, scope: Scope) -> Expr:
        named = self.parts_of(node)
        if len(named) < 2:
            return plain(node)
        value, name = self.scope_name(named[0], scope), text_of(named[-1])
        if isinstance(value, Name) and value.id.endswith("RequestOptions"):
            # Guzzle's names of its options: `RequestOptions::JSON` is "json".
            return Str(*span_of(node), value=name.lower())
        return Attr(*span_of(node), value=value, name=name)

    def subscript(self, node: Node, scope: Scope) -> Expr:
        named = self.parts_of(node)
        value = self.expr(named[0], scope) if named else plain(node)
        if len(named) < 2:
            return value
        text = text_of(named[1])
        position = int(text) if text.isdecimal() else None
        key = self.expr(named[1], scope)
        return Item(*span_of(node), value=value, key=key, position=position)

    # -- calls -----------------------------------------------------------------------

    def method_call(self, node: Node, scope: Scope) -> Expr:
        holder, name = node.child_by_field_name("object"), node.child_by_field_name("name")
        if holder is None or name is None:
            return plain(node)
        value = self.expr(holder, scope)
        return self.made(node, value, text_of(name), scope)

    def static_call(self, node: Node, scope: Scope) -> Expr:
        holder, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if holder is None or name is None:
            return plain(node)
        return self.made(node, self.scope_name(holder, scope), text_of(name), scope)

    def made(self, node: Node, value: Expr, name: str, scope: Scope) -> Expr:
        span = _begun(node)
        function = Attr(*span, value=value, name=name)
        arguments = self.arguments(node.child_by_field_name("arguments"), scope)
        call = Call(*span, function=function, arguments=arguments)
        self.tree.calls[call.start, call.end] = (call, scope)
        if name in ("toArray", "toJson", "all", "__toString") and not arguments:
            return value
        return call

    def function_call(self, node: Node, scope: Scope) -> Expr:
        named = node.child_by_field_name("function")
        if named is None:
            return plain(node)
        arguments = self.arguments(node.child_by_field_name("arguments"), scope)
        call = Call(*span_of(node), function=self.expr(named, scope), arguments=arguments)
        self.tree.calls[call.start, call.end] = (call, scope)
        self.option(call, scope)
        name = call.function.id if isinstance(call.function, Name) else ""
        given = [argument.value for argument in arguments]
        if name in _MERGES:
            return Merge(*span_of(node), parts=tuple(given))
        if name == "wp_parse_args" and len(given) > 1:
            # The defaults stand last.
            return Merge(*span_of(node), parts=tuple(reversed(given)))
        if name in _SAME and given:
            return given[-1 if name == "array_map" else 0]
        if name == "compact":
            keys = [value for value in given if isinstance(value, Str) and value.value]
            entries = [
                Entry(
                    key, Name(*span_of(node), id=f"${key.value}", way=self.way), key.start, key.end
                )
                for key in keys
            ]
            return Mapping(*span_of(node), entries=tuple(entries))
        return call

    def construction(self, node: Node, scope: Scope) -> Expr:
        named = self.parts_of(node)
        if not named:
            return plain(node)
        if named[0].type == "anonymous_class":
            return self.expr(named[0], scope)
        kind = (
            self.class_name(named[0], text_of(named[0]))
            if named[0].type in ("name", "qualified_name", "relative_scope")
            else self.expr(named[0], scope)
        )
        given = next((c for c in named if c.type == "arguments"), None)
        arguments = self.arguments(given, scope)
        call = Call(*span_of(node), function=kind, arguments=arguments, new=True)
        self.tree.calls[call.start, call.end] = (call, scope)
        return call

    def arguments(self, node: Node | None, scope: Scope) -> tuple[Arg, ...]:
        found: list[Arg] = []
        for child in node.named_children if node is not None else ():
            if child.type == "comment":
                self.comment(child, scope)
            if child.type not in ("argument", "variadic_unpacking"):
                continue
            name = child.child_by_field_name("name")
            given = [
                c for c in self.parts_of(child) if c != name and c.type != "reference_modifier"
            ]
            if not given:
                continue
            span = (child.start_byte, child.end_byte)
            inner = given[-1]
            if inner.type == "variadic_unpacking" or child.type == "variadic_unpacking":
                held = inner.named_children[-1] if inner.named_children else inner
                found.append(Arg(self.expr(held, scope), spread="**", start=span[0], end=span[1]))
            else:
                value = self.expr(inner, scope)
                found.append(Arg(value, text_of(name) or None, start=span[0], end=span[1]))
        return tuple(found)

    # -- values ----------------------------------------------------------------------

    def array(self, node: Node, scope: Scope) -> Expr:
        entries: list[Entry] = []
        items: list[Expr] = []
        for child in node.named_children:
            if child.type == "comment":
                self.comment(child, scope)
                continue
            named = self.parts_of(child)
            span = (child.start_byte, child.end_byte)
            if not named:
                continue
            if named[0].type == "variadic_unpacking" or child.type == "variadic_unpacking":
                inner = named[0] if named[0].type == "variadic_unpacking" else child
                value = self.expr(inner.named_children[-1], scope)
                entries.append(Entry(None, value, *span))
            elif len(named) > 1:
                entries.append(Entry(self.key(named[0], scope), self.expr(named[-1], scope), *span))
            else:
                items.append(self.expr(named[0], scope))
        if items and not entries:
            return Sequence(*span_of(node), items=tuple(items))
        return Mapping(*span_of(node), entries=tuple(entries))

    def key(self, node: Node, scope: Scope) -> Expr:
        if node.type == "name":
            # `CURLOPT_URL => $url`
            return Str(*span_of(node), value=text_of(node))
        return self.expr(node, scope)

    def string(self, node: Node, scope: Scope) -> Expr:
        text = text_of(node)[1:-1]
        return Str(*span_of(node), value=re.sub(r"\\([\\'])", r"\1", text))

    def interpolated(self, node: Node, scope: Scope) -> Expr:
        return self.pieces(node, node, scope)

    def heredoc(self, node: Node, scope: Scope) -> Expr:
        body = node.child_by_field_name("value")
        if body is None:
            return Str(*span_of(node), value="")
        found = self.pieces(node, body, scope)
        if found.value is not None:
            rows = found.value.removeprefix("\n").split("\n")
            indents = [len(row) - len(row.lstrip()) for row in rows if row.strip()]
            found.value = "\n".join(row[min(indents, default=0) :] for row in rows)
        return found

    def pieces(self, node: Node, body: Node, scope: Scope) -> Str:
        shape = ""
        parts: list[Expr] = []
        at = body.start_byte
        for child in body.named_children:
            if body is not node:
                # The line ends of a heredoc are no part of its pieces.
                shape += self.tree.data[at : child.start_byte].decode("utf-8", "replace")
                at = child.end_byte
            if child.type in ("string_content", "string_value", "nowdoc_string"):
                shape += text_of(child)
            elif child.type == "escape_sequence":
                text = text_of(child)
                shape += _ESCAPES.get(text[1:], text[1:])
            elif child.type != "comment":
                shape += HOLE
                parts.append(self.expr(child, scope))
        if not parts:
            return Str(*span_of(node), value=shape)
        head = shape.partition(HOLE)[0]
        return Str(*span_of(node), parts=tuple(parts), head=head, shape=shape)

    def inside(self, node: Node, scope: Scope) -> Expr:
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        return found[-1] if found else plain(node)

    def cast(self, node: Node, scope: Scope) -> Expr:
        value = node.child_by_field_name("value")
        return self.expr(value, scope) if value is not None else plain(node)

    def ternary(self, node: Node, scope: Scope) -> Expr:
        condition, body, other = (
            node.child_by_field_name(name) for name in ("condition", "body", "alternative")
        )
        asked = self.expr(condition, scope) if condition is not None else plain(node)
        left = self.expr(body, scope) if body is not None else asked
        right = self.expr(other, scope) if other is not None else plain(node)
        # `$a ?: $b` is one or the other, as `$a ?? $b` is.
        return Either(*span_of(node), options=(left, right), parts=(asked,), fallback=body is None)

    def binary(self, node: Node, scope: Scope) -> Expr:
        """``$a . "b"`` as one text, taken apart in a loop: a long one nests to the left."""
        sides: list[Expr] = []
        at: Node | None = node
        while at is not None and at.type == "binary_expression":
            left, right = at.child_by_field_name("left"), at.child_by_field_name("right")
            operator = next((text_of(c) for c in at.children if not c.is_named), "")
            if operator != "." and at is not node:
                break
            if right is not None:
                sides.append(self.expr(right, scope))
            if operator != ".":
                sides += [self.expr(left, scope)] if left is not None else []
                both = tuple(reversed(sides))
                if operator in ("??", "?:"):
                    return Either(*span_of(node), options=both, fallback=True)
                if operator in ("||", "or"):
                    return Either(*span_of(node), options=both)
                if operator == "+":
                    # The first array's entries stand.
                    return Merge(*span_of(node), parts=tuple(reversed(both)))
                return Expr(*span_of(node), parts=both)
            at = left
        if at is not None:
            sides.append(self.expr(at, scope))
        return concatenation(span_of(node), reversed(sides))


def _chain(span: Span, head: str, rest: str) -> Expr:
    found: Expr = Name(*span, id=head)
    for part in rest.split("\\") if rest else ():
        found = Attr(*span, value=found, name=part)
    return found


def _begun(node: Node) -> Span:
    """A call's span as the engine counts it: parentheses before its chain are left out."""
    first = node
    while True:
        inner = first.child_by_field_name("object") or first.child_by_field_name("scope")
        if first.type == "parenthesized_expression" and first.named_children:
            inner = first.named_children[0]
        if inner is None or inner.start_byte > node.end_byte:
            break
        first = inner
        if first.type not in (
            "member_call_expression", "nullsafe_member_call_expression", "scoped_call_expression",
            "member_access_expression", "nullsafe_member_access_expression",
            "parenthesized_expression", "subscript_expression", "scoped_property_access_expression",
        ):  # fmt: skip
            break
    return (
        first.start_byte,
        node.end_byte,
        first.start_point[0] + 1,
        node.end_point[0] + 1,
        first.start_point[1] + 1,
    )
