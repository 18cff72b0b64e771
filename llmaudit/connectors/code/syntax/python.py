"""Python source to a SourceTree, by tree-sitter: broken code still gives what can be read."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Binding,
    Call,
    Change,
    Comment,
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
    from tree_sitter import Node, Parser

_TRANSPARENT = {"parenthesized_expression", "await", "type"}


@cache
def _parser() -> Parser:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


def parse(data: bytes) -> SourceTree:
    """Read one module.

    Args:
        data: UTF-8 source.
    """
    root = _parser().parse(data).root_node
    tree = SourceTree("python", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).block(root, tree.module)
    return tree


class _Reader:
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.statements: dict[str, Any] = {
            "function_definition": self.function,
            "class_definition": self.class_,
            "assignment": self.assignment,
            "augmented_assignment": self.augmented,
            "named_expression": self.walrus,
            "import_statement": self.import_,
            "import_from_statement": self.import_from,
            "future_import_statement": lambda *_: None,
            "with_item": self.with_item,
            "for_statement": self.loop,
            "for_in_clause": self.loop,
            "return_statement": self.return_,
            "comment": self.comment,
        }

    def block(self, node: Node, scope: Scope) -> None:
        """Read every statement below a node; expressions are read where they stand."""
        for child in node.named_children:
            self.statement(child, scope)

    def statement(self, node: Node, scope: Scope) -> None:
        kind = node.type
        handler = self.statements.get(kind)
        if handler is not None:
            handler(node, scope)
        elif kind in _EXPRESSIONS:
            self.expr(node, scope)
        else:
            self.block(node, scope)

    # -- statements ------------------------------------------------------------------

    def function(self, node: Node, scope: Scope) -> None:
        name = _text(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        scope.bind(name, Binding("function", None, scope, defined=inner))
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)

    def parameters(self, node: Node, scope: Scope) -> None:
        outer = scope.parent or scope
        for child in node.named_children:
            name_node = child.child_by_field_name("name")
            if name_node is None and child.type in ("typed_parameter", "identifier"):
                name_node = child if child.type == "identifier" else child.named_children[0]
            if name_node is None:
                name_node = child.named_children[0] if child.named_children else child
            annotation = child.child_by_field_name("type")
            value = child.child_by_field_name("value")
            scope.bind(
                _text(name_node).lstrip("*"),
                Binding(
                    "parameter",
                    self.expr(value, outer) if value is not None else None,
                    outer,
                    self.expr(annotation, outer) if annotation is not None else None,
                ),
            )

    def class_(self, node: Node, scope: Scope) -> None:
        name = _text(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, node.start_byte, node.end_byte)
        scope.bind(name, Binding("class", None, scope, defined=inner))
        bases = node.child_by_field_name("superclasses")
        if bases is not None:
            inner.bases = tuple(
                self.expr(child, scope)
                for child in bases.named_children
                if child.type not in ("keyword_argument", "comment")
            )
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)

    def assignment(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        note = node.child_by_field_name("type")
        annotation = self.expr(note, scope) if note is not None else None
        if right is not None and right.type == "assignment":
            self.assignment(right, scope)
            last: Node | None = right
            while last is not None and last.type == "assignment":
                last = last.child_by_field_name("right")
            right = last
        value = self.expr(right, scope) if right is not None else None
        if left is not None:
            self.target(left, value, annotation, scope)

    def target(self, left: Node, value: Expr | None, annotation: Expr | None, scope: Scope) -> None:
        kind = left.type
        binding = Binding("assign" if value is not None else "field", value, scope, annotation)
        if kind == "identifier":
            scope.bind(_text(left), binding)
        elif kind == "attribute":
            owner = scope.enclosing("class")
            holder = left.child_by_field_name("object")
            if owner is not None and holder is not None and _text(holder) in ("self", "cls"):
                owner.attributes.setdefault(
                    _text(left.child_by_field_name("attribute")), []
                ).append(binding)
            elif holder is not None:
                self.expr(holder, scope)
        elif kind == "subscript" and value is not None:
            holder = left.child_by_field_name("value")
            key = left.child_by_field_name("subscript")
            if holder is not None and key is not None:
                _place(scope, _text(holder), Change(self.expr(key, scope), value, scope))
        elif kind in ("pattern_list", "tuple_pattern", "list_pattern"):
            targets = left.named_children
            items = value.items if isinstance(value, Sequence) else ()
            for position, child in enumerate(targets):
                matched = items[position] if len(items) == len(targets) else None
                if child.type in ("identifier", "attribute"):
                    self.target(child, matched, None, scope)

    def augmented(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        value = self.expr(right, scope)
        if _text(node.child_by_field_name("operator")) == "|=":
            _place(scope, _text(left), Change(None, value, scope))

    def walrus(self, node: Node, scope: Scope) -> Expr:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return _plain(node)
        expr = self.expr(value, scope)
        scope.bind(_text(name), Binding("assign", expr, scope))
        return expr

    def import_(self, node: Node, scope: Scope) -> None:
        line = node.start_point[0] + 1
        for child in node.named_children:
            if child.type == "aliased_import":
                module = _text(child.child_by_field_name("name"))
                self.tree.imports.append(
                    Import(module, "", _text(child.child_by_field_name("alias")), line)
                )
            elif child.type == "dotted_name":
                module = _text(child)
                self.tree.imports.append(Import(module, "", module.split(".")[0], line))

    def import_from(self, node: Node, scope: Scope) -> None:
        line = node.start_point[0] + 1
        source = node.child_by_field_name("module_name")
        module = _text(source)
        for child in node.named_children:
            if child == source:
                continue
            if child.type == "aliased_import":
                name = _text(child.child_by_field_name("name"))
                alias = _text(child.child_by_field_name("alias"))
                self.tree.imports.append(Import(module, name, alias, line))
            elif child.type == "dotted_name":
                name = _text(child)
                self.tree.imports.append(Import(module, name, name, line))
            elif child.type == "wildcard_import":
                self.tree.imports.append(Import(module, "*", "*", line))

    def with_item(self, node: Node, scope: Scope) -> None:
        value = node.child_by_field_name("value")
        if value is None:
            self.block(node, scope)
        elif value.type == "as_pattern":
            expr = self.expr(value.named_children[0], scope)
            alias = value.child_by_field_name("alias")
            if alias is not None and alias.named_children:
                self.target(alias.named_children[0], expr, None, scope)
        else:
            self.expr(value, scope)

    def loop(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self.expr(right, scope) if right is not None else None
        if left is not None and left.type == "identifier":
            scope.bind(_text(left), Binding("loop", value, scope))
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)
        alternative = node.child_by_field_name("alternative")
        if alternative is not None:
            self.block(alternative, scope)

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in node.named_children:
            value = self.expr(child, scope)
            if function is not None:
                function.returns.append(value)

    def comment(self, node: Node, scope: Scope) -> None:
        before = self.tree.data[: node.start_byte].rpartition(b"\n")[2]
        self.tree.comments.append(
            Comment(_text(node).lstrip("#").strip(), node.start_point[0] + 1, not before.strip())
        )

    # -- expressions -----------------------------------------------------------------

    def expr(self, node: Node, scope: Scope) -> Expr:
        kind = node.type
        if kind in _TRANSPARENT and node.named_children:
            for child in node.named_children[:-1]:
                self.statement(child, scope)
            return self.expr(node.named_children[-1], scope)
        reader = getattr(self, f"_{kind}", None)
        if reader is not None:
            found: Expr = reader(node, scope)
            return found
        if kind == "named_expression":
            return self.walrus(node, scope)
        if kind in ("integer", "float", "true", "false"):
            return Const(*_span(node))
        if kind == "none":
            return Const(*_span(node), blank=True)
        if kind in ("list", "tuple", "set", "expression_list"):
            items = tuple(
                self.expr(child, scope) for child in node.named_children if child.type != "comment"
            )
            return Sequence(*_span(node), items=items)
        parts = []
        for child in node.named_children:
            if child.type in self.statements:
                self.statement(child, scope)
            else:
                parts.append(self.expr(child, scope))
        return Expr(*_span(node), parts=tuple(parts))

    def _identifier(self, node: Node, scope: Scope) -> Expr:
        return Name(*_span(node), id=_text(node))

    def _attribute(self, node: Node, scope: Scope) -> Expr:
        value = node.child_by_field_name("object")
        name = node.child_by_field_name("attribute")
        if value is None or name is None:
            return _plain(node)
        return Attr(*_span(node), value=self.expr(value, scope), name=_text(name))

    def _subscript(self, node: Node, scope: Scope) -> Expr:
        value, key = node.child_by_field_name("value"), node.child_by_field_name("subscript")
        if value is None or key is None:
            return _plain(node)
        return Item(*_span(node), value=self.expr(value, scope), key=self.expr(key, scope))

    def _call(self, node: Node, scope: Scope) -> Expr:
        function, given = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        )
        if function is None or given is None:
            return _plain(node)
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
                            _text(name),
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
        call = Call(*_span(node), function=callee, arguments=tuple(arguments))
        self.tree.calls[call.start, call.end] = (call, scope)
        if isinstance(callee, Attr) and callee.name in ("update", "setdefault") and arguments:
            holder = self.tree.data[callee.value.start : callee.value.end].decode(
                "utf-8", "replace"
            )
            if callee.name == "update":
                for argument in arguments:
                    key = None if argument.name is None else _literal(argument, callee)
                    _place(scope, holder, Change(key, argument.value, scope))
            elif len(arguments) > 1:
                _place(scope, holder, Change(arguments[0].value, arguments[1].value, scope))
        return call

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
        return Mapping(*_span(node), entries=tuple(entries))

    def _string(self, node: Node, scope: Scope) -> Expr:
        parts = tuple(
            self.expr(part, scope)
            for child in node.named_children
            if child.type == "interpolation"
            for part in child.named_children[:1]
        )
        if parts:
            head = next((c for c in node.named_children if c.type == "string_content"), None)
            first = node.named_children[1] if len(node.named_children) > 1 else None
            text = _text(head) if head is not None and head == first else ""
            return Str(*_span(node), parts=parts, head=text)
        return Str(*_span(node), value=_unquote(_text(node)))

    def _concatenated_string(self, node: Node, scope: Scope) -> Expr:
        pieces = [self.expr(c, scope) for c in node.named_children if c.type == "string"]
        values = [piece.value for piece in pieces if isinstance(piece, Str)]
        whole = "".join(v for v in values if v is not None)
        if any(value is None for value in values):
            return Str(*_span(node), parts=tuple(pieces))
        return Str(*_span(node), value=whole)

    def _boolean_operator(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return _plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type == "and":
            return sides[1]
        return Either(*_span(node), options=sides)

    def _conditional_expression(self, node: Node, scope: Scope) -> Expr:
        parts = [self.expr(c, scope) for c in node.named_children if c.type != "comment"]
        if len(parts) != 3:
            return Expr(*_span(node), parts=tuple(parts))
        return Either(*_span(node), options=(parts[0], parts[2]), parts=(parts[1],))

    def _lambda(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            inner.returns.append(self.expr(body, inner))
        return Function(*_span(node), scope=inner)


_EXPRESSIONS = {
    "identifier", "attribute", "subscript", "call", "dictionary", "string",
    "concatenated_string", "boolean_operator", "conditional_expression", "lambda", "await",
    "parenthesized_expression", "list", "tuple", "set", "integer", "float", "true", "false",
    "none", "binary_operator", "comparison_operator", "not_operator", "unary_operator",
    "list_comprehension", "dictionary_comprehension", "set_comprehension",
    "generator_expression", "expression_list", "yield",
}  # fmt: skip


def _text(node: Node | None) -> str:
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", "replace")


def _span(node: Node) -> tuple[int, int, int, int, int]:
    return (
        node.start_byte,
        node.end_byte,
        node.start_point[0] + 1,
        node.end_point[0] + 1,
        node.start_point[1] + 1,
    )


def _plain(node: Node) -> Expr:
    return Expr(*_span(node))


def _literal(argument: Arg, near: Expr) -> Str:
    return Str(near.start, near.end, near.line, near.end_line, near.column, value=argument.name)


def _place(scope: Scope, holder: str, change: Change) -> None:
    """A change is kept where the name is looked up: the class for ``self.x``, else here."""
    owner = scope.enclosing("class") if holder.startswith("self.") else scope
    (owner or scope).changes.setdefault(holder, []).append(change)


def _unquote(text: str) -> str | None:
    """The value of a string literal; None for bytes and for what cannot be read."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None
