"""Python expressions to the language-neutral tree."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation, format_shape
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

# A text on one line without an escape: its value is what stands between the quotes.
_PLAIN = re.compile(
    r"""[uUrRfF]*(?:"([^"\\\n\r\0]*)"|'([^'\\\n\r\0]*)')""",
)
_TRANSPARENT = {"parenthesized_expression", "await", "type"}
EXPRESSIONS = {
    "identifier", "attribute", "subscript", "call", "dictionary", "string",
    "concatenated_string", "boolean_operator", "conditional_expression", "lambda", "await",
    "parenthesized_expression", "list", "tuple", "set", "integer", "float", "true", "false",
    "none", "binary_operator", "comparison_operator", "not_operator", "unary_operator",
    "list_comprehension", "dictionary_comprehension", "set_comprehension",
    "generator_expression", "expression_list", "yield",
}  # fmt: skip


class Expressions(ABC):
    """Reads expressions; the statements among them are left to the one who reads those."""

    tree: SourceTree
    statements: dict[str, Any]
    way: Way = ()

    @abstractmethod
    def statement(self, node: Node, scope: Scope) -> None:
        """Read what is not an expression."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    @abstractmethod
    def walrus(self, node: Node, scope: Scope) -> Expr:
        """Bind a name within an expression."""

    @abstractmethod
    def parameters(self, node: Node, scope: Scope) -> None:
        """Bind a function's parameters."""

    def expr(self, node: Node, scope: Scope) -> Expr:
        kind = node.type
        if kind in _TRANSPARENT and node.named_children:
            for child in node.named_children[:-1]:
                self.statement(child, scope)
            return self.expr(node.named_children[-1], scope)
        around = self.way
        if kind.endswith("_comprehension") or kind == "generator_expression":
            # Its names are bound before what it is made of is read, and are its own.
            self.way = (*around, (node.start_byte, 0, "loop"))
        try:
            return self.read(node, kind, scope)
        finally:
            self.way = around

    def read(self, node: Node, kind: str, scope: Scope) -> Expr:
        """Read an expression by its kind."""
        reader = getattr(self, f"_{kind}", None)
        if reader is not None:
            found: Expr = reader(node, scope)
            return found
        if kind == "named_expression":
            return self.walrus(node, scope)
        if kind in ("integer", "float", "true", "false"):
            return Const(*span_of(node))
        if kind == "none":
            return Const(*span_of(node), blank=True)
        if kind in ("list", "tuple", "set", "expression_list"):
            items = tuple(
                self.expr(child, scope) for child in node.named_children if child.type != "comment"
            )
            return Sequence(*span_of(node), items=items)
        parts = []
        for child in node.named_children:
            if child.type in self.statements:
                self.statement(child, scope)
            else:
                parts.append(self.expr(child, scope))
        return Expr(*span_of(node), parts=tuple(parts))

    def _identifier(self, node: Node, scope: Scope) -> Expr:
        return Name(*span_of(node), id=text_of(node), way=self.way)

    def _attribute(self, node: Node, scope: Scope) -> Expr:
        value = node.child_by_field_name("object")
        name = node.child_by_field_name("attribute")
        if value is None or name is None:
            return plain(node)
        return Attr(*span_of(node), value=self.expr(value, scope), name=text_of(name))

    def _subscript(self, node: Node, scope: Scope) -> Expr:
        value, key = node.child_by_field_name("value"), node.child_by_field_name("subscript")
        if value is None or key is None:
            return plain(node)
        position = int(text_of(key)) if key.type == "integer" and text_of(key).isdigit() else None
        return Item(
            *span_of(node),
            value=self.expr(value, scope),
            key=self.expr(key, scope),
            position=position,
        )

    def _dictionary_comprehension(self, node: Node, scope: Scope) -> Expr:
        clauses = [c for c in node.named_children if c.type != "pair"]
        for child in clauses:
            self.statement(child, scope)
        pair = next((c for c in node.named_children if c.type == "pair"), None)
        key = pair.child_by_field_name("key") if pair is not None else None
        value = pair.child_by_field_name("value") if pair is not None else None
        if pair is None or key is None or value is None:
            return plain(node)
        made = self.expr(value, scope)
        kept = _filtered(clauses, text_of(key))
        if kept is None:
            # Which keys it has is not read; what is made of the values is.
            return Expr(*span_of(node), parts=(made,))
        entry = Entry(None, self.expr(kept, scope), pair.start_byte, pair.end_byte)
        return Mapping(*span_of(node), entries=(entry,))

    def _yield(self, node: Node, scope: Scope) -> Expr:
        parts = tuple(self.expr(c, scope) for c in node.named_children if c.type != "comment")
        function = scope.enclosing("function")
        if function is not None:
            function.yields += parts
        return Expr(*span_of(node), parts=parts)

    def _call(self, node: Node, scope: Scope) -> Expr:
        function, given = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        )
        if function is None or given is None:
            return plain(node)
        callee = self.expr(function, scope)
        arguments: list[Arg] = []
        children = given.named_children if given.type == "argument_list" else [given]
        for child in children:
            if child.type == "comment":
                self.comment(child, scope)
            elif child.type == "keyword_argument":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and value is not None:
                    arguments.append(
                        Arg(
                            self.expr(value, scope),
                            text_of(name),
                            start=child.start_byte,
                            end=child.end_byte,
                        )
                    )
            elif child.type in ("list_splat", "dictionary_splat") and child.named_children:
                arguments.append(
                    Arg(
                        self.expr(child.named_children[0], scope),
                        spread="*" if child.type == "list_splat" else "**",
                    )
                )
            else:
                given_value = self.expr(child, scope)
                arguments.append(Arg(given_value, start=child.start_byte, end=child.end_byte))
        if isinstance(callee, Name) and callee.id == "getattr" and len(arguments) > 1:
            named = arguments[1].value
            if isinstance(named, Str) and named.value:
                return Attr(*span_of(node), value=arguments[0].value, name=named.value)
        call = Call(*span_of(node), function=callee, arguments=tuple(arguments))
        self.tree.calls[call.start, call.end] = (call, scope)
        self.set_by_call(call, scope)
        if isinstance(callee, Attr) and callee.name in ("set", "setdefault") and len(arguments) > 1:
            # `cl.user_session.set("chain", chain)`: what another handler asks for by its name.
            kept = Binding("assign", arguments[1].value, scope, at=call.end, way=self.way)
            self.keep(callee.value, arguments[0].value, kept)
        if isinstance(callee, Attr) and callee.name in ("update", "setdefault") and arguments:
            holder = self.tree.data[callee.value.start : callee.value.end].decode(
                "utf-8", "replace"
            )
            if callee.name == "update":
                for argument in arguments:
                    key = None if argument.name is None else _literal(argument, callee)
                    change = Change(key, argument.value, scope, at=call.end, way=self.way)
                    place_change(scope, holder, change)
            elif len(arguments) > 1:
                change = Change(
                    arguments[0].value, arguments[1].value, scope, at=call.end, way=self.way
                )
                place_change(scope, holder, change)
        return call

    def keep(self, holder: Expr, key: Expr, binding: Binding) -> None:
        """Note what an object from elsewhere is given under a name (``st.session_state["k"]``)."""
        if not isinstance(key, Str) or not key.value or not isinstance(holder, Attr):
            return
        if not (isinstance(holder.value, Name) and holder.value.id in ("self", "cls")):
            self.tree.held.setdefault(key.value, []).append((holder, binding))

    def set_by_call(self, call: Call, scope: Scope) -> None:
        """``setattr(self, "name", value)``, ``object.__setattr__(self, "name", value)``."""
        function, given = call.function, [argument.value for argument in call.arguments]
        named = function.id if isinstance(function, Name) else getattr(function, "name", "")
        owner = scope.enclosing("class")
        if named not in ("setattr", "__setattr__") or owner is None or len(given) != 3:
            return
        holder, name, value = given
        if (
            isinstance(holder, Name)
            and holder.id == "self"
            and isinstance(name, Str)
            and name.value
        ):
            owner.attributes.setdefault(name.value, []).append(Binding("assign", value, scope))

    def _dictionary(self, node: Node, scope: Scope) -> Expr:
        entries: list[Entry] = []
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    entries.append(
                        Entry(
                            self.expr(key, scope),
                            self.expr(value, scope),
                            child.start_byte,
                            child.end_byte,
                        )
                    )
            elif child.type == "dictionary_splat" and child.named_children:
                value = child.named_children[0]
                entries.append(
                    Entry(None, self.expr(value, scope), child.start_byte, child.end_byte)
                )
            elif child.type == "comment":
                self.comment(child, scope)
        return Mapping(*span_of(node), entries=tuple(entries))

    def _string(self, node: Node, scope: Scope) -> Expr:
        parts = tuple(
            self.expr(part, scope)
            for child in node.named_children
            if child.type == "interpolation"
            for part in child.named_children[:1]
        )
        if parts:
            shape = "".join(
                HOLE if child.type == "interpolation" else text_of(child)
                for child in node.named_children
                if child.type in ("interpolation", "string_content")
            )
            return Str(*span_of(node), parts=parts, head=shape.partition(HOLE)[0], shape=shape)
        return Str(*span_of(node), value=_unquote(text_of(node)))

    def _concatenated_string(self, node: Node, scope: Scope) -> Expr:
        pieces = [self.expr(c, scope) for c in node.named_children if c.type == "string"]
        return concatenation(span_of(node), pieces)

    def _binary_operator(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        operator = text_of(node.child_by_field_name("operator"))
        if operator == "+":
            return concatenation(span_of(node), sides)
        if operator == "|":
            return Merge(*span_of(node), parts=sides)
        if operator == "%" and isinstance(sides[0], Str) and sides[0].value is not None:
            shape = format_shape(sides[0].value, braces=False)
            parts = sides[1].items if isinstance(sides[1], Sequence) else sides[1:]
            if parts and shape.count(HOLE) == len(parts):
                return Str(*span_of(node), parts=tuple(parts), shape=shape)
        return Expr(*span_of(node), parts=sides)

    def _boolean_operator(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type == "and":
            return sides[1]
        return Either(*span_of(node), options=sides)

    def _conditional_expression(self, node: Node, scope: Scope) -> Expr:
        parts = [self.expr(c, scope) for c in node.named_children if c.type != "comment"]
        if len(parts) != 3:
            return Expr(*span_of(node), parts=tuple(parts))
        return Either(*span_of(node), options=(parts[0], parts[2]), parts=(parts[1],))

    def _lambda(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            inner.returns.append(self.expr(body, inner))
        return Function(*span_of(node), scope=inner)


def _literal(argument: Arg, near: Expr) -> Str:
    return Str(near.start, near.end, near.line, near.end_line, near.column, value=argument.name)


def _filtered(clauses: list[Node], key: str) -> Node | None:
    """The mapping of ``{k: ... for k, v in mapping.items() if ...}``: no key is new in it."""
    loops = [clause for clause in clauses if clause.type == "for_in_clause"]
    if len(loops) != 1:
        return None
    left, right = loops[0].child_by_field_name("left"), loops[0].child_by_field_name("right")
    if left is None or right is None or right.type != "call":
        return None
    names = [text_of(child) for child in left.named_children]
    function, given = right.child_by_field_name("function"), right.child_by_field_name("arguments")
    if function is None or function.type != "attribute" or (given and given.named_children):
        return None
    if text_of(function.child_by_field_name("attribute")) != "items" or names[:1] != [key]:
        return None
    return function.child_by_field_name("object")


def place_change(scope: Scope, holder: str, change: Change) -> None:
    """A change is kept where the name is looked up: the class for ``self.x``, else here."""
    owner = scope.enclosing("class") if holder.startswith("self.") else scope
    (owner or scope).changes.setdefault(holder, []).append(change)


def _unquote(text: str) -> str | None:
    """The value of a string literal; None for bytes and for what cannot be read."""
    plain_text = _PLAIN.fullmatch(text)
    if plain_text is not None:
        return plain_text[1] if plain_text[1] is not None else plain_text[2]
    prefix = re.match(r"[A-Za-z]*", text)
    if prefix is not None and "f" in prefix[0].lower():
        # Nothing is filled in: an `f` before a plain text.
        text = re.sub("[fF]", "", prefix[0]) + text[prefix.end() :]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None
