"""Ruby expressions to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Arg,
    Attr,
    Call,
    Either,
    Entry,
    Expr,
    Function,
    Item,
    Mapping,
    Merge,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# Methods that run the block of their first element: what the block's parameter is one of.
EACH = frozenset(
    {"each", "map", "flat_map", "each_with_index", "each_with_object", "filter_map", "collect"}
    | {"find_each", "select", "reject", "index_with", "each_entry"}
)
# Methods that hand on what they are called on, in the form that is sent.
_SAME = frozenset(
    {"freeze", "to_s", "to_sym", "to_json", "to_h", "to_str", "dup", "clone", "compact", "presence"}
    | {"strip", "squish", "chomp", "symbolize_keys", "deep_symbolize_keys", "stringify_keys"}
    | {"with_indifferent_access", "itself", "deep_dup", "compact_blank", "to_a"}
)
_ESCAPES = {"n": "\n", "t": "\t", "s": " ", "r": "\r", "0": "\0", "e": "\x1b", "\n": ""}


@dataclass(frozen=True, slots=True)
class Known:
    """What is told of a file before it is read.

    Attributes:
        classes: Constants that it assigns, and classes that it defines.
        modules: Modules that it opens; they may be another file's.
        heredocs: Where a heredoc's text is, by where its beginning is.
    """

    classes: frozenset[str]
    modules: frozenset[str]
    heredocs: dict[int, Node]

    @classmethod
    def of(cls, root: Node) -> Known:
        """Look through a file once."""
        classes: set[str] = set()
        modules: set[str] = set()
        begun: list[Node] = []
        bodies: list[Node] = []
        stack = [root]
        while stack:
            node = stack.pop()
            name = node.child_by_field_name("name" if node.type != "assignment" else "left")
            if node.type == "class":
                classes.add(text_of(name).rpartition("::")[2])
            elif node.type == "module":
                modules.add(text_of(name).partition("::")[0])
            elif node.type == "assignment" and name is not None and name.type == "constant":
                classes.add(text_of(name))
            elif node.type == "heredoc_beginning":
                begun.append(node)
            elif node.type == "heredoc_body":
                bodies.append(node)
            stack.extend(node.children)
        begun.sort(key=lambda n: n.start_byte)
        bodies.sort(key=lambda n: n.start_byte)
        pairs = zip(begun, bodies, strict=False)
        return cls(
            frozenset(classes), frozenset(modules), {one.start_byte: two for one, two in pairs}
        )


class Expressions(ABC):
    """Reads expressions; the statements among them are left to the one who reads those."""

    tree: SourceTree
    known: Known
    constants: dict[str, int]
    members: dict[tuple[str, str], Node]

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    @abstractmethod
    def closure(self, node: Node, inner: Scope, each: Expr | None = None) -> None:
        """Read a block."""

    @abstractmethod
    def merged(self, holder: Node, value: Expr, scope: Scope) -> None:
        """Keep what is merged into a mapping."""

    @abstractmethod
    def declared(self, call: Call, name: str, scope: Scope) -> None:
        """Keep what a call without a receiver makes known."""

    # -- names -----------------------------------------------------------------------

    def identifier(self, node: Node, scope: Scope) -> Expr:
        return Name(*span_of(node), id=text_of(node))

    def variable(self, node: Node, scope: Scope) -> Expr:
        """``@x`` is an attribute of the object; outside of a class, a variable of the file."""
        name = f"@{text_of(node).lstrip('@')}"
        if scope.enclosing("class") is None:
            return Name(*span_of(node), id=name)
        return Attr(*span_of(node), value=Name(*span_of(node), id="self"), name=name)

    def constant(self, node: Node, scope: Scope) -> Expr:
        return self.root_name(node, text_of(node), "")

    def root_name(self, node: Node, name: str, member: str) -> Name:
        """A constant; one that the file does not define is somebody else's.

        A module may be opened again by who adds to it (``module OpenAI``): its members that
        the file does not define are the original's.
        """
        local = name
        if name in self.known.classes:
            return Name(*span_of(node), id=name)
        if name in self.known.modules:
            if not member or member in self.known.classes or member in self.known.modules:
                return Name(*span_of(node), id=name)
            local = f"::{name}"
        self.constants.setdefault(local, node.start_point[0] + 1)
        return Name(*span_of(node), id=local)

    def resolution(self, node: Node, scope: Scope) -> Expr:
        holder, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if name is None:
            return plain(node)
        if holder is None:
            local = f"::{text_of(name)}"
            self.constants.setdefault(local, node.start_point[0] + 1)
            return Name(*span_of(node), id=local)
        if holder.type == "constant":
            value: Expr = self.root_name(holder, text_of(holder), text_of(name))
        else:
            value = self.expr(holder, scope)
        chain = dotted(value)
        if chain.split(".")[0] in self.constants:
            # `Aws::BedrockRuntime` tells more than `Aws` does.
            self.members.setdefault((chain.removeprefix("::"), text_of(name)), node)
        return Attr(*span_of(node), value=value, name=text_of(name))

    # -- calls -----------------------------------------------------------------------

    def call(self, node: Node, scope: Scope) -> Expr:
        receiver, method = (node.child_by_field_name(name) for name in ("receiver", "method"))
        given = node.child_by_field_name("arguments")
        block = node.child_by_field_name("block")
        name = text_of(method)
        held = self.expr(receiver, scope) if receiver is not None else None
        end = given or method or receiver or node
        span = (
            node.start_byte, end.end_byte,
            node.start_point[0] + 1, end.end_point[0] + 1, node.start_point[1] + 1,
        )  # fmt: skip
        if held is not None and isinstance(held, Name) and held.id == "self" and name == "class":
            return Name(*span, id="self")
        new = name == "new" and receiver is not None and receiver.type in _CONSTANTS
        if held is None:
            function: Expr = Name(*span_of(method), id=name) if method is not None else plain(node)
        elif method is None or new:
            function = held
        else:
            function = Attr(*span[:2], span[2], span[3], span[4], value=held, name=name)
        arguments = self.arguments(given, scope) if given is not None else []
        if block is not None:
            arguments.append(self.block_argument(block, name, held, scope))
        call = Call(*span, function=function, arguments=tuple(arguments), new=new)
        self.tree.calls[call.start, call.end] = (call, scope)
        if receiver is not None and name in ("merge!", "update", "reverse_merge!", "deep_merge!"):
            for argument in arguments:
                key = Str(*span, value=argument.name) if argument.name else None
                if key is None:
                    self.merged(receiver, argument.value, scope)
                else:
                    entry = Entry(key, argument.value, argument.start, argument.end)
                    self.merged(receiver, Mapping(*span, entries=(entry,)), scope)
        if held is None:
            self.declared(call, name, scope)
        if given is None and block is None and held is not None and not new:
            # Read as an attribute is: `client.chat.completions`.
            return held if name in _SAME else function
        if isinstance(function, Attr) and name in ("merge", "reverse_merge", "deep_merge"):
            return Merge(*span, parts=(function.value, *_merged(call)))
        return call

    def block_argument(self, node: Node, name: str, held: Expr | None, scope: Scope) -> Arg:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.closure(node, inner, held if name in EACH else None)
        value = Function(*span_of(node), scope=inner)
        return Arg(value, "&block", start=node.start_byte, end=node.end_byte)

    def arguments(self, node: Node, scope: Scope) -> list[Arg]:
        found: list[Arg] = []
        for child in node.named_children:
            span = (child.start_byte, child.end_byte)
            if child.type == "pair":
                found.append(self.named(child, scope))
            elif child.type == "hash_splat_argument" and child.named_children:
                value = self.expr(child.named_children[0], scope)
                found.append(Arg(value, spread="**", start=span[0], end=span[1]))
            elif child.type == "splat_argument" and child.named_children:
                found.append(Arg(self.expr(child.named_children[0], scope), spread="*"))
            elif child.type == "block_argument":
                parts = [self.expr(c, scope) for c in child.named_children]
                found.append(Arg(Expr(*span_of(child), parts=tuple(parts)), "&block"))
            elif child.type == "comment":
                self.comment(child, scope)
            elif child.type != "heredoc_body":
                found.append(Arg(self.expr(child, scope), start=span[0], end=span[1]))
        return found

    def named(self, node: Node, scope: Scope) -> Arg:
        """``key: value`` or ``"key" => value`` without braces."""
        entry = self.pair(node, scope)
        if isinstance(entry.key, Str) and entry.key.value is not None:
            return Arg(entry.value, entry.key.value, start=entry.start, end=entry.end)
        whole = Mapping(*span_of(node), entries=(entry,))
        return Arg(whole, spread="**", start=entry.start, end=entry.end)

    def pair(self, node: Node, scope: Scope) -> Entry:
        key_node, value_node = (node.child_by_field_name(name) for name in ("key", "value"))
        key = self.expr(key_node, scope) if key_node is not None else plain(node)
        if value_node is not None:
            value = self.expr(value_node, scope)
        else:
            # `model:` alone hands on what goes by that name.
            value = Name(*span_of(node), id=key.value or "" if isinstance(key, Str) else "")
        return Entry(key, value, node.start_byte, node.end_byte)

    # -- values ----------------------------------------------------------------------

    def item(self, node: Node, scope: Scope) -> Expr:
        holder = node.child_by_field_name("object")
        keys = [c for c in node.named_children if c != holder]
        if holder is None or not keys:
            return plain(node)
        return Item(*span_of(node), value=self.expr(holder, scope), key=self.expr(keys[0], scope))

    def hash(self, node: Node, scope: Scope) -> Expr:
        entries: list[Entry] = []
        for child in node.named_children:
            if child.type == "pair":
                entries.append(self.pair(child, scope))
            elif child.type == "hash_splat_argument" and child.named_children:
                value = self.expr(child.named_children[0], scope)
                entries.append(Entry(None, value, child.start_byte, child.end_byte))
            elif child.type == "comment":
                self.comment(child, scope)
        return Mapping(*span_of(node), entries=tuple(entries))

    def array(self, node: Node, scope: Scope) -> Expr:
        items: list[Expr] = []
        for child in node.named_children:
            if child.type == "comment":
                self.comment(child, scope)
            elif child.type != "heredoc_body":
                items.append(self.expr(child, scope))
        return Sequence(*span_of(node), items=tuple(items))

    def string(self, node: Node, scope: Scope) -> Expr:
        raw = text_of(node).startswith(("'", "%q", ":'"))
        return self.text(node, node, scope, raw=raw)

    def heredoc(self, node: Node, scope: Scope) -> Expr:
        body = self.known.heredocs.get(node.start_byte)
        if body is None:
            return plain(node)
        begun = text_of(node)
        found = self.text(node, body, scope, raw="'" in begun)
        if found.value is not None and begun.startswith("<<~"):
            found.value = _dedented(found.value)
        return found

    def text(self, node: Node, body: Node, scope: Scope, *, raw: bool) -> Str:
        shape = ""
        parts: list[Expr] = []
        for child in body.named_children:
            if child.type in ("string_content", "heredoc_content"):
                shape += text_of(child)
            elif child.type == "escape_sequence":
                shape += text_of(child) if raw else _escaped(text_of(child))
            elif child.type == "interpolation":
                shape += HOLE
                inner = [self.expr(c, scope) for c in child.named_children]
                parts.append(inner[-1] if inner else plain(child))
        if parts:
            return Str(
                *span_of(node), parts=tuple(parts), head=shape.partition(HOLE)[0], shape=shape
            )
        return Str(*span_of(node), value=shape)

    def chained(self, node: Node, scope: Scope) -> Expr:
        return concatenation(span_of(node), [self.expr(c, scope) for c in node.named_children])

    def conditional(self, node: Node, scope: Scope) -> Expr:
        names = ("condition", "consequence", "alternative")
        found = [node.child_by_field_name(name) for name in names]
        parts = [self.expr(part, scope) for part in found if part is not None]
        if len(parts) != 3:
            return Expr(*span_of(node), parts=tuple(parts))
        return Either(*span_of(node), options=(parts[1], parts[2]), parts=(parts[0],))

    def binary(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        operator = text_of(node.child_by_field_name("operator"))
        if operator in ("||", "or"):
            return Either(*span_of(node), options=sides)
        if operator in ("&&", "and"):
            return sides[1]
        if operator == "+" and any(isinstance(side, Str) for side in sides):
            return concatenation(span_of(node), sides)
        return Expr(*span_of(node), parts=sides)


_CONSTANTS = ("constant", "scope_resolution")


def mapping_of(call: Call) -> Mapping:
    """A call's named arguments as one mapping."""
    span = (call.start, call.end, call.line, call.end_line, call.column)
    entries = [
        Entry(Str(*span, value=a.name) if a.name is not None else None, a.value, a.start, a.end)
        for a in call.arguments
        if a.name not in (None, "&block") or a.spread == "**"
    ]
    return Mapping(*span, entries=tuple(entries))


def _merged(call: Call) -> list[Expr]:
    """What ``hash.merge(...)`` merges in."""
    given = [a.value for a in call.arguments if a.name is None and not a.spread]
    return [*given, mapping_of(call)]


def _escaped(text: str) -> str:
    return _ESCAPES.get(text[1:], text[1:]) if len(text) == 2 else text


def _dedented(text: str) -> str:
    rows = text.removeprefix("\n").split("\n")
    indents = [len(row) - len(row.lstrip()) for row in rows if row.strip()]
    least = min(indents, default=0)
    return re.sub(r"\s+$", "\n", "\n".join(row[least:] for row in rows))
