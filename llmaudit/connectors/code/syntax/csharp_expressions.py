"""C# expressions to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.jvm import Locals, unescape
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
    Import,
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

_SKIPPED = {"comment", "attribute_list", "modifier"}
_MAPS = re.compile(r"(?:Sorted|Concurrent|ReadOnly|Immutable|Frozen)?Dictionary$|JsonObject$"
                   r"|Collection$|Headers$|KernelArguments$|RouteValueDictionary$")  # fmt: skip
_LISTS = re.compile(r"(?:^|Hash|Sorted)(?:List|Set|Collection|Queue|Stack|Array)$|ChatHistory$")
# Generic methods that give an object of the type they name.
_GETTERS = {
    "GetService", "GetRequiredService", "GetKeyedService", "GetRequiredKeyedService", "Resolve",
    "CreateInstance", "GetAIService",
}  # fmt: skip


class Expressions(ABC):
    """Reads expressions; statements, classes and lambdas are left to the one who reads those."""

    tree: SourceTree
    locals: Locals

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    def parts_of(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in node.named_children if child.type not in _SKIPPED]

    # -- names and types -------------------------------------------------------------

    def identifier(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node).lstrip("@")
        return Name(*span_of(node), id=self.locals.known(name) or name)

    def type_of(self, node: Node | None, scope: Scope) -> Expr | None:
        """A declared type; None for ``var`` and where there is none."""
        if node is None or node.type in ("implicit_type", "predefined_type"):
            return None
        if node.type == "identifier":
            return Name(*span_of(node), id=text_of(node))
        if node.type in ("nullable_type", "array_type", "ref_type", "pointer_type"):
            return self.type_of(node.child_by_field_name("type"), scope)
        if node.type in ("qualified_name", "alias_qualified_name"):
            return self.qualified(node, scope)
        if node.type == "generic_name":
            return self.generic(node, scope)
        return plain(node)

    def qualified(self, node: Node, scope: Scope) -> Expr:
        """``OpenAI.Chat.ChatClient`` in a type's place, as if its namespace were imported."""
        text = re.sub(r"\s+|global::|<.*", "", text_of(node))
        head, _, rest = text.partition(".")
        if any(entry.local == head for entry in self.tree.imports) or not rest:
            found: Expr = Name(*span_of(node), id=head)
            for part in rest.split(".") if rest else ():
                found = Attr(*span_of(node), value=found, name=part)
            return found
        module, _, name = text.rpartition(".")
        local = f"{name}@{module}".replace(".", "/")
        if not any(entry.local == local for entry in self.tree.imports):
            line = node.start_point[0] + 1
            self.tree.imports.append(Import(module, name, local, line))
        return Name(*span_of(node), id=local)

    def generic(self, node: Node, scope: Scope) -> Expr:
        """``Task<ChatClient>``: the arguments stay in sight as a key."""
        named = self.parts_of(node)
        if not named:
            return plain(node)
        base = Name(*span_of(named[0]), id=text_of(named[0]))
        items = [self.type_of(n, scope) for n in (named[1].named_children if named[1:] else ())]
        kept = tuple(item for item in items if item is not None)
        if not kept:
            return base
        return Item(*span_of(node), value=base, key=Sequence(*span_of(node), items=kept))

    def given_type(self, value: Expr | None) -> Expr | None:
        """The type that ``services.GetRequiredService<T>()`` is of."""
        if isinstance(value, Call) and isinstance(value.function, Function):
            return value.function.scope.result if value.function.scope is not None else None
        return None

    def typed(self, node: Node, declared: Expr | None, scope: Scope) -> Expr:
        """A value whose type is declared where it goes: ``ChatClient c = new("m")``."""
        while node.type in ("parenthesized_expression", "await_expression"):
            inner = self.parts_of(node)
            if not inner:
                return plain(node)
            node = inner[0]
        if node.type == "implicit_object_creation_expression":
            kind = declared.value if isinstance(declared, Item) else declared
            return self.construction(node, scope, kind)
        if node.type == "initializer_expression":
            return self.loose_initializer(node, scope)
        return self.expr(node, scope)

    # -- access ----------------------------------------------------------------------

    def member(self, node: Node, scope: Scope) -> Expr:
        holder, name = node.child_by_field_name("expression"), node.child_by_field_name("name")
        if name is None:
            return plain(node)
        if holder is None:
            # `this` and `base` are no named nodes here.
            first = node.children[0]
            value: Expr = Name(*span_of(first), id=text_of(first))
        elif holder.type == "predefined_type":
            value = Name(*span_of(holder), id=text_of(holder))
        else:
            value = self.expr(holder, scope)
        return Attr(*span_of(node), value=value, name=_plain_name(name))

    def conditional_access(self, node: Node, scope: Scope) -> Expr:
        """``client?.Chat``, ``list?[0]``."""
        held = node.child_by_field_name("condition")
        rest = [c for c in self.parts_of(node) if c != held]
        if held is None or not rest:
            return plain(node)
        return self.bound(rest[0], self.expr(held, scope), scope)

    def bound(self, node: Node, held: Expr, scope: Scope) -> Expr:
        """What stands after ``?.``, on what stands before it."""
        if node.type == "member_binding_expression":
            name = node.child_by_field_name("name")
            return Attr(*_from(held, node), value=held, name=_plain_name(name) if name else "")
        if node.type == "member_access_expression":
            inner, name = node.child_by_field_name("expression"), node.child_by_field_name("name")
            value = self.bound(inner, held, scope) if inner is not None else held
            return Attr(*_from(held, node), value=value, name=_plain_name(name) if name else "")
        if node.type == "invocation_expression":
            function = node.child_by_field_name("function")
            callee = self.bound(function, held, scope) if function is not None else held
            arguments = self.arguments(node.child_by_field_name("arguments"), scope)
            call = Call(*_from(held, node), function=callee, arguments=arguments)
            self.tree.calls[call.start, call.end] = (call, scope)
            return call
        return Expr(*_from(held, node), parts=(held, self.expr(node, scope)))

    def element(self, node: Node, scope: Scope) -> Expr:
        holder = node.child_by_field_name("expression")
        subscript = node.child_by_field_name("subscript")
        keys = self.arguments(subscript, scope)
        if holder is None or not keys:
            return plain(node)
        text = text_of(subscript).strip("[] ")
        position = int(text) if text.isdecimal() else None
        return Item(
            *span_of(node), value=self.expr(holder, scope), key=keys[0].value, position=position
        )

    # -- calls -----------------------------------------------------------------------

    def invocation(self, node: Node, scope: Scope) -> Expr:
        function = node.child_by_field_name("function")
        if function is None:
            return plain(node)
        arguments = self.arguments(node.child_by_field_name("arguments"), scope)
        callee = (
            Name(*span_of(function), id=_plain_name(function))
            if function.type == "generic_name"
            else self.expr(function, scope)
        )
        call = Call(*span_of(node), function=callee, arguments=arguments)
        self.tree.calls[call.start, call.end] = (call, scope)
        given = self.asked_for(function, scope)
        if given is not None:
            inner = Scope("function", "", scope, node.start_byte, node.end_byte, result=given)
            made = Function(*span_of(function), scope=inner, parts=(callee,))
            return Call(*span_of(node), function=made, arguments=arguments)
        return call

    def asked_for(self, function: Node, scope: Scope) -> Expr | None:
        """The type that a generic getter of services names."""
        name = function.child_by_field_name("name") or function
        while name.type == "member_binding_expression":
            name = name.child_by_field_name("name") or name.children[-1]
        if name.type != "generic_name" or _plain_name(name) not in _GETTERS:
            return None
        types = [c for c in name.named_children if c.type == "type_argument_list"]
        return self.type_of(types[0].named_children[0], scope) if types else None

    def arguments(self, node: Node | None, scope: Scope) -> tuple[Arg, ...]:
        found: list[Arg] = []
        for child in node.named_children if node is not None else ():
            if child.type == "comment":
                self.comment(child, scope)
            if child.type != "argument":
                continue
            name = child.child_by_field_name("name")
            given = [c for c in self.parts_of(child) if c != name]
            if given:
                value = self.typed(given[-1], None, scope)
                spelled = text_of(name) if name is not None else None
                found.append(Arg(value, spelled, start=child.start_byte, end=child.end_byte))
        return tuple(found)

    def construction(self, node: Node, scope: Scope, declared: Expr | None = None) -> Expr:
        kind = node.child_by_field_name("type")
        made_of = self.type_of(kind, scope) or declared or plain(node)
        if isinstance(made_of, Item):
            made_of = made_of.value
        lists = [c for c in node.named_children if c.type == "argument_list"]
        arguments = self.arguments(lists[0] if lists else None, scope)
        inside = next((c for c in node.named_children if c.type == "initializer_expression"), None)
        set_ = self.initializer(inside, scope) if inside is not None else []
        name = made_of.id.partition("@")[0] if isinstance(made_of, Name) else ""
        name = made_of.name if isinstance(made_of, Attr) else name
        call = Call(*span_of(node), function=made_of, arguments=(*arguments, *set_), new=True)
        self.tree.calls[call.start, call.end] = (call, scope)
        if _MAPS.search(name):
            first = [Entry(None, a.value, a.start, a.end) for a in arguments if not a.name]
            keyed = self.keyed(inside, scope) if inside is not None else []
            named = [Entry(Str(*span_of(node), value=a.name), a.value, a.start, a.end)
                     for a in set_ if a.name]  # fmt: skip
            return Mapping(*span_of(node), entries=(*first[:1], *keyed, *named))
        if _LISTS.search(name) and inside is not None:
            return self.array(inside, scope)
        if not name and inside is not None and (keyed := self.keyed(inside, scope)):
            # `Metadata = new() { ["team"] = "search" }`: the property's type is not written.
            return Mapping(*span_of(node), entries=tuple(keyed))
        return call

    def initializer(self, node: Node, scope: Scope) -> list[Arg]:
        """``{ A = 1, B = { ["k"] = "v" } }`` after a construction, as named arguments."""
        found: list[Arg] = []
        for child in node.named_children:
            left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
            if child.type == "comment":
                self.comment(child, scope)
            elif left is not None and right is not None and left.type == "identifier":
                value = self.typed(right, None, scope)
                found.append(Arg(value, text_of(left), start=child.start_byte, end=child.end_byte))
        return found

    def keyed(self, node: Node, scope: Scope) -> list[Entry]:
        """``{ ["k"] = "v", { "k", "v" } }``."""
        found: list[Entry] = []
        for child in node.named_children:
            span = (child.start_byte, child.end_byte)
            left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
            if left is not None and left.type == "element_binding_expression" and right is not None:
                keys = self.arguments(left, scope)
                value = self.typed(right, None, scope)
                found += [Entry(keys[0].value, value, *span)] if keys else []
            elif child.type == "initializer_expression":
                pair = [self.typed(c, None, scope) for c in self.parts_of(child)]
                found += [Entry(pair[0], pair[1], *span)] if len(pair) == 2 else []
        return found

    def loose_initializer(self, node: Node, scope: Scope) -> Expr:
        """Braces without a type: a mapping where keys stand in them, else a list."""
        pairs = self.keyed(node, scope)
        if pairs:
            return Mapping(*span_of(node), entries=tuple(pairs))
        named = self.initializer(node, scope)
        if named:
            entries = [Entry(Str(*span_of(node), value=a.name), a.value, a.start, a.end)
                       for a in named]  # fmt: skip
            return Mapping(*span_of(node), entries=tuple(entries))
        return self.array(node, scope)

    def anonymous(self, node: Node, scope: Scope) -> Expr:
        """``new { model = "m", messages }``."""
        entries: list[Entry] = []
        named: Node | None = None
        for at, child in enumerate(node.children):
            if child.type == "comment":
                self.comment(child, scope)
            if not child.is_named or child.type == "comment":
                continue
            follows = node.children[at + 1].type if at + 1 < len(node.children) else ""
            if follows == "=":
                named = child
                continue
            value = self.typed(child, None, scope)
            label = text_of(named) if named is not None else _plain_name(child).rpartition(".")[2]
            start = (named or child).start_byte
            key = Str(*span_of(named or child), value=label.lstrip("@"))
            entries.append(Entry(key, value, start, child.end_byte))
            named = None
        return Mapping(*span_of(node), entries=tuple(entries))

    def array(self, node: Node, scope: Scope) -> Expr:
        if node.type in ("array_creation_expression", "implicit_array_creation_expression"):
            inner = next(
                (c for c in node.named_children if c.type == "initializer_expression"), None
            )
            return self.array(inner, scope) if inner is not None else plain(node)
        items: list[Expr] = []
        for child in self.parts_of(node):
            while (
                child.type in ("collection_element", "expression_element") and child.named_children
            ):
                child = child.named_children[0]
            items.append(self.typed(child, None, scope))
        return Sequence(*span_of(node), items=tuple(items))

    def with_(self, node: Node, scope: Scope) -> Expr:
        """``options with { Model = "m" }``."""
        named = self.parts_of(node)
        parts = [self.expr(named[0], scope)] if named else []
        for child in named[1:]:
            pair = self.parts_of(child)
            if child.type == "with_initializer" and len(pair) == 2:
                key = Str(*span_of(pair[0]), value=text_of(pair[0]))
                value = self.typed(pair[1], None, scope)
                entry = Entry(key, value, child.start_byte, child.end_byte)
                parts.append(Mapping(*span_of(child), entries=(entry,)))
        return Merge(*span_of(node), parts=tuple(parts))

    def cast(self, node: Node, scope: Scope) -> Expr:
        value = node.child_by_field_name("value") or node.child_by_field_name("left")
        return self.expr(value, scope) if value is not None else plain(node)

    def inside(self, node: Node, scope: Scope) -> Expr:
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        return found[0] if found else plain(node)

    # -- values ----------------------------------------------------------------------

    def binary(self, node: Node, scope: Scope) -> Expr:
        """``a + b`` as one text; ``a ?? b`` as one of two. Long ones nest to the left."""
        sides: list[Expr] = []
        at: Node | None = node
        while at is not None and at.type == "binary_expression":
            left, right = at.child_by_field_name("left"), at.child_by_field_name("right")
            operator = text_of(at.child_by_field_name("operator")) or next(
                (text_of(c) for c in at.children if not c.is_named), ""
            )
            if right is not None:
                sides.append(self.typed(right, None, scope))
            if operator != "+":
                sides += [self.typed(left, None, scope)] if left is not None else []
                both = tuple(reversed(sides))
                if operator == "??" and at is node:
                    return Either(*span_of(node), options=both, fallback=True)
                return Expr(*span_of(node), parts=both)
            at = left
        if at is not None:
            sides.append(self.typed(at, None, scope))
        return concatenation(span_of(node), reversed(sides))

    def ternary(self, node: Node, scope: Scope) -> Expr:
        names = ("condition", "consequence", "alternative")
        found = [node.child_by_field_name(name) for name in names]
        parts = [self.typed(part, None, scope) for part in found if part is not None]
        if len(parts) != len(names):
            return Expr(*span_of(node), parts=tuple(parts))
        return Either(*span_of(node), options=(parts[1], parts[2]), parts=(parts[0],))

    def switch(self, node: Node, scope: Scope) -> Expr:
        options: list[Expr] = []
        asked: list[Expr] = []
        for child in self.parts_of(node):
            if child.type == "switch_expression_arm":
                read = [self.typed(c, None, scope) for c in self.parts_of(child)]
                options += read[-1:]
            else:
                asked.append(self.expr(child, scope))
        return Either(*span_of(node), options=tuple(options), parts=tuple(asked))

    def string(self, node: Node, scope: Scope) -> Expr:
        text = text_of(node)
        if node.type == "verbatim_string_literal":
            return Str(*span_of(node), value=text[2:-1].replace('""', '"'))
        if node.type == "raw_string_literal":
            return Str(*span_of(node), value=text.strip('"').strip())
        text = text.removesuffix("u8")
        return Str(*span_of(node), value=unescape(text[1:-1]))

    def interpolated(self, node: Node, scope: Scope) -> Expr:
        begun = text_of(node)[:4]
        braces = max(begun.count("$"), 1)
        shape = ""
        parts: list[Expr] = []
        for child in node.named_children:
            if child.type in ("string_content", "escape_sequence"):
                text = text_of(child)
                if braces == 1 and '"""' not in text_of(node)[:5]:
                    text = text.replace("{{", "{").replace("}}", "}")
                shape += text if "@" in begun else unescape(text)
            elif child.type == "interpolation":
                inner = [c for c in child.named_children
                         if c.type not in ("interpolation_brace", "interpolation_format_clause",
                                           "interpolation_alignment_clause")]  # fmt: skip
                shape += HOLE
                parts.append(self.typed(inner[0], None, scope) if inner else plain(child))
        if not parts:
            return Str(*span_of(node), value=shape)
        head = shape.partition(HOLE)[0]
        return Str(*span_of(node), parts=tuple(parts), head=head, shape=shape)


def _plain_name(node: Node) -> str:
    """A name without its type arguments."""
    return text_of(node).partition("<")[0].strip().lstrip("@")


def _from(held: Expr, node: Node) -> tuple[int, int, int, int, int]:
    return held.start, node.end_byte, held.line, node.end_point[0] + 1, held.column
