"""Python source to a SourceTree, by tree-sitter: broken code still gives what can be read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.nodes import comment_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.python_expressions import (
    EXPRESSIONS,
    Expressions,
    place_change,
)
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Change,
    Expr,
    Import,
    Item,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


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


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.instead = False
        self.statements: dict[str, Any] = {
            "decorated_definition": self.decorated,
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
            "while_statement": self.while_,
            "if_statement": self.branches,
            "match_statement": self.branches,
            "try_statement": self.try_,
            "return_statement": self.return_,
            "global_statement": self.global_,
            "nonlocal_statement": self.nonlocal_,
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
        elif kind in EXPRESSIONS:
            self.expr(node, scope)
        else:
            self.block(node, scope)

    # -- statements ------------------------------------------------------------------

    def decorated(self, node: Node, scope: Scope) -> None:
        around: list[Expr] = []
        for child in node.named_children:
            if child.type == "decorator" and child.named_children:
                around.append(self.expr(child.named_children[0], scope))
            else:
                self.statement(child, scope)
        inner = node.child_by_field_name("definition")
        name = text_of(inner.child_by_field_name("name")) if inner is not None else ""
        for binding in scope.bindings.get(name, ())[-1:]:
            if binding.defined is not None:
                binding.defined.decorators = tuple(around)

    def function(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        binding = Binding("function", None, scope, None, inner, node.start_byte, self.way)
        self.bind(name, binding, scope)
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inner)
        result = node.child_by_field_name("return_type")
        if result is not None:
            inner.result = self.expr(result, scope)
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
                text_of(name_node).lstrip("*"),
                Binding(
                    "parameter",
                    self.expr(value, outer) if value is not None else None,
                    outer,
                    self.expr(annotation, outer) if annotation is not None else None,
                    at=node.start_byte,
                    way=self.way,
                ),
            )

    def class_(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, node.start_byte, node.end_byte)
        binding = Binding("class", None, scope, None, inner, node.start_byte, self.way)
        self.bind(name, binding, scope)
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
        at = _statement_end(left)
        binding = Binding(
            "assign" if value is not None else "field", value, scope, annotation, None, at, self.way
        )
        if kind == "identifier":
            self.bind(text_of(left), binding, scope)
        elif kind == "attribute":
            owner = scope.enclosing("class")
            holder = left.child_by_field_name("object")
            if owner is not None and holder is not None and text_of(holder) in ("self", "cls"):
                owner.attributes.setdefault(
                    text_of(left.child_by_field_name("attribute")), []
                ).append(binding)
            elif holder is not None:
                held = self.expr(holder, scope)
                name = left.child_by_field_name("attribute")
                if isinstance(held, Name | Attr):
                    self.tree.held.setdefault(text_of(name), []).append((held, binding))
                if value is not None and name is not None:
                    # `settings.model = "m"`: what is set on an object counts like an entry.
                    set_as = Str(*span_of(name), value=text_of(name))
                    change = Change(set_as, value, scope, at=at, way=self.way)
                    place_change(scope, text_of(holder), change)
        elif kind == "subscript" and value is not None:
            holder = left.child_by_field_name("value")
            key = left.child_by_field_name("subscript")
            if holder is not None and key is not None:
                named = self.expr(key, scope)
                change = Change(named, value, scope, at=at, way=self.way)
                place_change(scope, text_of(holder), change)
                self.keep(self.expr(holder, scope), named, binding)
        elif kind in ("pattern_list", "tuple_pattern", "list_pattern"):
            targets = left.named_children
            items = value.items if isinstance(value, Sequence) else ()
            for position, child in enumerate(targets):
                matched = items[position] if len(items) == len(targets) else None
                if matched is None and value is not None and not items:
                    # `client, model = make()`: what is handed back may be a tuple.
                    matched = Item(*span_of(child), value=value, position=position)
                if child.type in ("identifier", "attribute"):
                    self.target(child, matched, None, scope)

    def bind(self, name: str, binding: Binding, scope: Scope) -> None:
        """Bind a name where it lives: in the module where the function says so."""
        home: Scope | None = scope
        if name in scope.shared:
            while home is not None and home.kind != "module":
                home = home.parent
        if self.instead and any(entry.local == name for entry in self.tree.imports):
            # `except ImportError: openai = None`: what stands in for the import is not meant.
            return
        (home or scope).bind(name, binding)

    def global_(self, node: Node, scope: Scope) -> None:
        scope.shared.update(text_of(child) for child in node.named_children)

    def nonlocal_(self, node: Node, scope: Scope) -> None:
        """The name of an enclosing function: what is bound here is bound there."""
        for child in node.named_children:
            name, outer = text_of(child), scope.parent
            while outer is not None and name not in outer.bindings:
                outer = outer.parent
            if outer is not None:
                scope.bindings[name] = outer.bindings[name]

    def augmented(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        value = self.expr(right, scope)
        if text_of(node.child_by_field_name("operator")) == "|=":
            change = Change(None, value, scope, at=node.end_byte, way=self.way)
            place_change(scope, text_of(left), change)

    def walrus(self, node: Node, scope: Scope) -> Expr:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return plain(node)
        expr = self.expr(value, scope)
        binding = Binding("assign", expr, scope, at=node.end_byte, way=self.way)
        self.bind(text_of(name), binding, scope)
        return expr

    def import_(self, node: Node, scope: Scope) -> None:
        known = len(self.tree.imports)
        line = node.start_point[0] + 1
        for child in node.named_children:
            if child.type == "aliased_import":
                module = text_of(child.child_by_field_name("name"))
                self.tree.imports.append(
                    Import(module, "", text_of(child.child_by_field_name("alias")), line)
                )
            elif child.type == "dotted_name":
                module = text_of(child)
                self.tree.imports.append(Import(module, "", module.split(".")[0], line))
        self.imported_by(scope, known)

    def imported_by(self, scope: Scope, known: int) -> None:
        """Names that a function imports itself are not what the module calls so."""
        if scope.kind != "module":
            scope.imported.update(entry.local for entry in self.tree.imports[known:])

    def import_from(self, node: Node, scope: Scope) -> None:
        known = len(self.tree.imports)
        line = node.start_point[0] + 1
        source = node.child_by_field_name("module_name")
        module = text_of(source)
        for child in node.named_children:
            if child == source:
                continue
            if child.type == "aliased_import":
                name = text_of(child.child_by_field_name("name"))
                alias = text_of(child.child_by_field_name("alias"))
                self.tree.imports.append(Import(module, name, alias, line))
            elif child.type == "dotted_name":
                name = text_of(child)
                self.tree.imports.append(Import(module, name, name, line))
            elif child.type == "wildcard_import":
                self.tree.imports.append(Import(module, "*", "*", line))
        self.imported_by(scope, known)

    def with_item(self, node: Node, scope: Scope) -> None:
        value = node.child_by_field_name("value")
        if value is None:
            self.block(node, scope)
            return
        if value.type == "as_pattern":
            expr = self.expr(value.named_children[0], scope)
            alias = value.child_by_field_name("alias")
            if alias is not None and alias.named_children:
                self.target(alias.named_children[0], expr, None, scope)
        else:
            expr = self.expr(value, scope)
        whole = node.parent.parent if node.parent is not None else None
        body = whole.child_by_field_name("body") if whole is not None else None
        if body is not None:
            self.tree.within.append((body.start_byte, body.end_byte, expr, scope))

    def loop(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self.expr(right, scope) if right is not None else None
        around = self.way
        if node.type == "for_statement":
            self.way = (*around, (node.start_byte, 0, "loop"))
        comprehension = node.parent if node.type == "for_in_clause" else None
        at = comprehension.start_byte if comprehension is not None else node.start_byte
        for part, name in _targets(left):
            binding = Binding("loop", value, scope, at=at, way=self.way, part=part)
            scope.bind(text_of(name), binding)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)
        self.way = around
        alternative = node.child_by_field_name("alternative")
        if alternative is not None:
            self.block(alternative, scope)

    def while_(self, node: Node, scope: Scope) -> None:
        around = self.way
        self.way = (*around, (node.start_byte, 0, "loop"))
        self.block(node, scope)
        self.way = around

    def branches(self, node: Node, scope: Scope) -> None:
        """The arms of a condition exclude one another."""
        around, arm, whole = self.way, 0, False
        children = node.named_children
        if node.type == "match_statement":
            inner = node.child_by_field_name("body")
            for child in children:
                if inner is None or child.id != inner.id:
                    self.statement(child, scope)
            children = inner.named_children if inner is not None else []
        for child in children:
            if child.type in ("block", "elif_clause", "else_clause", "case_clause"):
                self.way = (*around, (node.start_byte, arm, "if"))
                whole = whole or child.type == "else_clause"
                arm += 1
            else:
                self.way = around
            self.statement(child, scope)
        self.way = around
        if whole:
            self.tree.arms[node.start_byte] = arm

    def try_(self, node: Node, scope: Scope) -> None:
        """What a block of ``try`` binds need not be bound after it."""
        around = self.way
        for arm, child in enumerate(node.named_children):
            self.way = (*around, (node.start_byte, arm, "try"))
            known, self.instead = self.instead, child.type.startswith("except")
            self.statement(child, scope)
            self.instead = known
        self.way = around

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in node.named_children:
            value = self.expr(child, scope)
            if function is not None:
                function.returns.append(value)

    def comment(self, node: Node, scope: Scope) -> None:
        self.tree.comments.append(
            comment_of(node, self.tree.data, text_of(node).lstrip("#").strip())
        )


def _targets(
    left: Node | None, part: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Node]]:
    """The names that a loop binds, with the place of each in the element (``for a, (b, c) in``)."""
    if left is None:
        return
    if left.type == "identifier":
        yield part, left
    elif left.type in ("pattern_list", "tuple_pattern", "list_pattern"):
        for place, child in enumerate(left.named_children):
            yield from _targets(child, (*part, place))


def _statement_end(target: Node) -> int:
    """Where the assignment of a target ends; of another binding, the target itself."""
    node: Node | None = target
    while node is not None and node.type != "assignment":
        if node.type in ("block", "module", "with_item", "as_pattern"):
            return target.end_byte
        node = node.parent
    return node.end_byte if node is not None else target.end_byte
