"""Java expressions to the language-neutral tree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.jvm import (
    Locals,
    collection,
    imported,
    text_block,
    unescape,
)
from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Call,
    Either,
    Entry,
    Expr,
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

_COMMENTS = ("line_comment", "block_comment")


class Expressions(ABC):
    """Reads expressions; statements, classes and lambdas are left to the one who reads those."""

    tree: SourceTree
    locals: Locals

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def members(self, node: Node, scope: Scope) -> None:
        """Read the body of an anonymous class."""

    def parts_of(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in node.named_children if child.type not in _COMMENTS]

    def identifier(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node)
        return Name(*span_of(node), id=self.locals.known(name) or name)

    def type_name(self, node: Node, scope: Scope) -> Expr:
        return Name(*span_of(node), id=text_of(node))

    def scoped(self, node: Node, scope: Scope) -> Expr:
        """``a.b.C`` as a type or an expression."""
        text = "".join(text_of(node).split())
        if text.replace(".", "").replace("_", "").isalnum():
            parts = text.split(".")
            if self.locals.known(parts[0]) is None:
                line = node.start_point[0] + 1
                whole = imported(parts, self.tree, line, span_of(node))
                if whole is not None:
                    return whole
        named = self.parts_of(node)
        if node.type == "field_access":
            holder, name = node.child_by_field_name("object"), node.child_by_field_name("field")
        else:
            named = [n for n in named if n.type != "marker_annotation"]
            holder, name = (named[0], named[-1]) if len(named) > 1 else (None, None)
        if holder is None or name is None:
            return plain(node)
        if name.type == "this":
            return Name(*span_of(node), id="this")
        return Attr(*span_of(node), value=self.expr(holder, scope), name=text_of(name))

    def generic(self, node: Node, scope: Scope) -> Expr:
        """``Map<String, Client>``: the arguments stay in sight as a key."""
        named = self.parts_of(node)
        if not named:
            return plain(node)
        base = self.expr(named[0], scope)
        inner = named[1] if len(named) > 1 else None
        items = [self.expr(n, scope) for n in self.parts_of(inner)] if inner is not None else []
        if not items:
            return base
        return Item(*span_of(node), value=base, key=Sequence(*span_of(node), items=tuple(items)))

    def invocation(self, node: Node, scope: Scope) -> Expr:
        name, holder = node.child_by_field_name("name"), node.child_by_field_name("object")
        if name is None:
            return plain(node)
        function: Expr = Name(*span_of(name), id=text_of(name))
        if holder is not None:
            span = (*span_of(node)[:1], name.end_byte, holder.start_point[0] + 1,
                    name.end_point[0] + 1, holder.start_point[1] + 1)  # fmt: skip
            function = Attr(*span, value=self.expr(holder, scope), name=text_of(name))
        arguments = self.arguments(node, scope)
        call = Call(*span_of(node), function=function, arguments=arguments)
        self.tree.calls[call.start, call.end] = (call, scope)
        plain_name = f"{text_of(holder)}.{text_of(name)}" if holder is not None else text_of(name)
        made = collection(span_of(node), plain_name, [a.value for a in arguments], new=False)
        return made or call

    def arguments(self, node: Node, scope: Scope) -> tuple[Arg, ...]:
        given = node.child_by_field_name("arguments")
        if given is None:
            return ()
        return tuple(
            Arg(self.expr(child, scope), start=child.start_byte, end=child.end_byte)
            for child in self.parts_of(given)
        )

    def construction(self, node: Node, scope: Scope) -> Expr:
        kind = node.child_by_field_name("type")
        if kind is None:
            return plain(node)
        made_of = self.expr(kind, scope)
        if isinstance(made_of, Item):
            made_of = made_of.value
        arguments = self.arguments(node, scope)
        call = Call(*span_of(node), function=made_of, arguments=arguments, new=True)
        self.tree.calls[call.start, call.end] = (call, scope)
        body = next((c for c in node.named_children if c.type == "class_body"), None)
        name = text_of(kind).partition("<")[0]
        made = collection(span_of(node), name, [a.value for a in arguments], new=True)
        if body is not None:
            put = self.initializer(body, scope)
            if isinstance(made, Mapping):
                return Mapping(*span_of(node), entries=(*made.entries, *put))
        return made or call

    def initializer(self, body: Node, scope: Scope) -> list[Entry]:
        """``new HashMap<>() {{ put("k", v); }}``: what the inner block puts; else its members."""
        inner = Scope("class", "", scope, body.start_byte, body.end_byte, implicit=True)
        before = set(self.tree.calls)
        self.members(body, inner)
        entries: list[Entry] = []
        for span, (call, where) in list(self.tree.calls.items()):
            if span in before or where is not inner or not isinstance(call.function, Name):
                continue
            given = [argument.value for argument in call.arguments]
            if call.function.id == "put" and len(given) == 2:
                entries.append(Entry(given[0], given[1], given[0].start, given[1].end))
        return entries

    def cast(self, node: Node, scope: Scope) -> Expr:
        value = node.child_by_field_name("value")
        return self.expr(value, scope) if value is not None else plain(node)

    def inside(self, node: Node, scope: Scope) -> Expr:
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        return found[0] if found else plain(node)

    def binary(self, node: Node, scope: Scope) -> Expr:
        """``a + b + c`` as one text; a long one nests to the left and is taken apart in a loop."""
        sides: list[Expr] = []
        at: Node | None = node
        while at is not None and at.type == "binary_expression":
            right = at.child_by_field_name("right")
            if right is not None:
                sides.append(self.expr(right, scope))
            operator = text_of(at.child_by_field_name("operator"))
            at = at.child_by_field_name("left")
            if operator != "+":
                if at is not None:
                    sides.append(self.expr(at, scope))
                return Expr(*span_of(node), parts=tuple(reversed(sides)))
        if at is not None:
            sides.append(self.expr(at, scope))
        return concatenation(span_of(node), reversed(sides))

    def ternary(self, node: Node, scope: Scope) -> Expr:
        names = ("condition", "consequence", "alternative")
        found = [node.child_by_field_name(name) for name in names]
        parts = [self.expr(part, scope) for part in found if part is not None]
        if len(parts) != len(names):
            return Expr(*span_of(node), parts=tuple(parts))
        return Either(*span_of(node), options=(parts[1], parts[2]), parts=(parts[0],))

    def array(self, node: Node, scope: Scope) -> Expr:
        if node.type == "array_creation_expression":
            value = node.child_by_field_name("value")
            return self.expr(value, scope) if value is not None else plain(node)
        items = tuple(self.expr(child, scope) for child in self.parts_of(node))
        return Sequence(*span_of(node), items=items)

    def access(self, node: Node, scope: Scope) -> Expr:
        value, key = node.child_by_field_name("array"), node.child_by_field_name("index")
        if value is None or key is None:
            return plain(node)
        return Item(*span_of(node), value=self.expr(value, scope), key=self.expr(key, scope))

    def reference(self, node: Node, scope: Scope) -> Expr:
        """``client::send``."""
        named = self.parts_of(node)
        if len(named) < 2:
            return plain(node)
        value = self.expr(named[0], scope)
        return Attr(*span_of(node), value=value, name=text_of(named[-1]))

    def class_literal(self, node: Node, scope: Scope) -> Expr:
        named = self.parts_of(node)
        if not named:
            return plain(node)
        return Attr(*span_of(node), value=self.expr(named[0], scope), name="class")

    def string(self, node: Node, scope: Scope) -> Expr:
        text = text_of(node)
        if text.startswith('"""'):
            return Str(*span_of(node), value=text_block(text[3:-3]))
        return Str(*span_of(node), value=unescape(text[1:-1]))
