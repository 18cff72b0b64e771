"""JavaScript, JSX, TypeScript and TSX source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.javascript_expressions import (
    Expressions,
    required_module,
    unquote,
)
from llmaudit.connectors.code.syntax.nodes import comment_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Change,
    Const,
    Expr,
    Function,
    Import,
    Scope,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_TRANSPARENT = {
    "parenthesized_expression", "await_expression", "as_expression", "satisfies_expression",
    "non_null_expression", "type_assertion", "type_annotation",
}  # fmt: skip
_FUNCTIONS = {
    "function_declaration", "function_expression", "generator_function_declaration",
    "generator_function", "arrow_function", "method_definition", "function_signature",
    "abstract_method_signature", "method_signature",
}  # fmt: skip
_TYPES_ONLY = {"interface_declaration", "type_alias_declaration", "ambient_declaration"}


@cache
def _parser(dialect: str) -> Parser:
    import tree_sitter_javascript
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    language: Callable[[], object] = {
        "javascript": tree_sitter_javascript.language,
        "typescript": tree_sitter_typescript.language_typescript,
        "tsx": tree_sitter_typescript.language_tsx,
    }[dialect]
    return Parser(Language(language()))


def parse(data: bytes, dialect: str) -> SourceTree:
    """Read one module.

    Args:
        data: UTF-8 source.
        dialect: ``javascript`` (which covers JSX), ``typescript`` or ``tsx``.
    """
    root = _parser(dialect).parse(data).root_node
    tree = SourceTree("javascript", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).block(root, tree.module)
    return tree


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.readers: dict[str, Any] = {
            "import_statement": self.import_,
            "variable_declarator": self.declarator,
            "assignment_expression": self.assignment,
            "class_declaration": self.class_,
            "abstract_class_declaration": self.class_,
            "class": self.class_,
            "field_definition": self.field,
            "public_field_definition": self.field,
            "for_in_statement": self.loop,
            "return_statement": self.return_,
            "comment": self.comment,
            "identifier": self.identifier,
            "shorthand_property_identifier": self.identifier,
            "type_identifier": self.identifier,
            "generic_type": lambda n, s: self.expr(n.named_children[0], s),
            "this": self.identifier,
            "super": self.identifier,
            "member_expression": self.member,
            "subscript_expression": self.subscript,
            "call_expression": self.call,
            "new_expression": self.construction,
            "object": self.object,
            "array": self.array,
            "string": self.string,
            "template_string": self.template,
            "ternary_expression": self.ternary,
            "binary_expression": self.binary,
            **dict.fromkeys(_FUNCTIONS, self.function),
            **dict.fromkeys(("number", "true", "false", "regex"), lambda n, _: Const(*span_of(n))),
            **dict.fromkeys(("null", "undefined"), lambda n, _: Const(*span_of(n), blank=True)),
        }

    def block(self, node: Node, scope: Scope) -> None:
        """Read every statement below a node."""
        for child in node.named_children:
            self.expr(child, scope)

    def expr(self, node: Node, scope: Scope) -> Expr:
        kind = node.type
        if kind in _TRANSPARENT and node.named_children:
            values = [c for c in node.named_children if c.type != "comment"]
            if values:
                return self.expr(values[-1 if kind == "type_assertion" else 0], scope)
        if kind in _TYPES_ONLY:
            return plain(node)
        reader = self.readers.get(kind)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        return Expr(
            *span_of(node), parts=tuple(self.expr(child, scope) for child in node.named_children)
        )

    # -- statements ------------------------------------------------------------------

    def import_(self, node: Node, scope: Scope) -> None:
        source = node.child_by_field_name("source")
        if source is None:
            return
        module, line = unquote(text_of(source)) or "", node.start_point[0] + 1
        only = bool(re.match(rb"import\s+type\b", node.text or b""))
        found = False
        for clause in node.named_children:
            if clause.type != "import_clause":
                continue
            for child in clause.named_children:
                found = True
                if child.type == "identifier":
                    self.add_import(module, "default", text_of(child), line, only)
                elif child.type == "namespace_import":
                    self.add_import(module, "", text_of(child.named_children[0]), line, only)
                elif child.type == "named_imports":
                    for item in child.named_children:
                        if item.type == "import_specifier":
                            name = text_of(item.child_by_field_name("name"))
                            alias = text_of(item.child_by_field_name("alias")) or name
                            self.add_import(module, name, alias, line, only)
        if not found:
            self.add_import(module, "", "", line, only)

    def add_import(self, module: str, name: str, local: str, line: int, only: bool) -> None:
        self.tree.imports.append(Import(module, name, local, line, only))

    def declarator(self, node: Node, scope: Scope) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        required = required_module(value)
        if required is not None:
            self.require(name, required, node.start_point[0] + 1)
            return
        note = node.child_by_field_name("type")
        annotation = self.expr(note, scope) if note is not None else None
        expr = self.expr(value, scope) if value is not None else None
        if value is not None and value.type in _FUNCTIONS and name.type == "identifier":
            self.rename(scope, expr, text_of(name))
        self.target(name, expr, annotation, scope)

    def rename(self, scope: Scope, expr: Expr | None, name: str) -> None:
        """``const f = () => ...`` is called f."""
        if isinstance(expr, Function) and expr.scope is not None:
            expr.scope.name = expr.scope.name or name
            scope.bind(name, Binding("function", None, scope, defined=expr.scope))

    def require(self, name: Node, module: str, line: int) -> None:
        if name.type == "identifier":
            self.add_import(module, "default", text_of(name), line, False)
        elif name.type == "object_pattern":
            for child in name.named_children:
                key = child.child_by_field_name("key")
                value = child.child_by_field_name("value")
                local = text_of(value) if value is not None else text_of(child)
                self.add_import(module, text_of(key) or local, local, line, False)

    def target(self, name: Node, value: Expr | None, annotation: Expr | None, scope: Scope) -> None:
        kind = "assign" if value is not None else "field"
        binding = Binding("assign" if kind == "assign" else "field", value, scope, annotation)
        if name.type in ("identifier", "shorthand_property_identifier_pattern"):
            scope.bind(text_of(name), binding)
        elif name.type == "member_expression":
            holder = name.child_by_field_name("object")
            owner = scope.enclosing("class")
            prop = text_of(name.child_by_field_name("property"))
            if holder is not None and holder.type == "this" and owner is not None:
                owner.attributes.setdefault(prop, []).append(binding)
            elif holder is not None and value is not None:
                field = Str(*span_of(name), value=prop.lstrip("#"))
                scope.changes.setdefault(text_of(holder), []).append(Change(field, value, scope))
        elif name.type == "subscript_expression" and value is not None:
            holder, key_node = name.child_by_field_name("object"), name.child_by_field_name("index")
            if holder is not None and key_node is not None:
                change = Change(self.expr(key_node, scope), value, scope)
                scope.changes.setdefault(text_of(holder), []).append(change)
        elif name.type == "object_pattern" and value is not None:
            for child in name.named_children:
                key = child.child_by_field_name("key")
                inner = child.child_by_field_name("value") or child
                if inner.type in ("object_assignment_pattern", "assignment_pattern"):
                    inner = inner.child_by_field_name("left") or inner
                if inner.type == "object_pattern" or inner.type.endswith(
                    ("identifier_pattern", "identifier")
                ):
                    picked = Attr(*span_of(child), value=value, name=text_of(key or inner))
                    self.target(inner, picked, None, scope)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value = self.expr(right, scope)
        if left.type in ("member_expression", "subscript_expression"):
            self.expr(left, scope)
        self.target(left, value, None, scope)
        return value

    def class_(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, node.start_byte, node.end_byte)
        if name:
            scope.bind(name, Binding("class", None, scope, defined=inner))
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "class_heritage":
                for base in child.named_children:
                    if base.type == "extends_clause":
                        value = base.child_by_field_name("value")
                        bases += [self.expr(value, scope)] if value is not None else []
                    elif base.type != "implements_clause":
                        bases.append(self.expr(base, scope))
        inner.bases = tuple(bases)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)
        return plain(node)

    def field(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        value, note = node.child_by_field_name("value"), node.child_by_field_name("type")
        expr = self.expr(value, scope) if value is not None else None
        annotation = self.expr(note, scope) if note is not None else None
        owner = scope.enclosing("class")
        if owner is not None and name is not None:
            self.rename(owner, expr, text_of(name))
            owner.attributes.setdefault(text_of(name), []).append(
                Binding("assign" if expr is not None else "field", expr, scope, annotation)
            )

    def loop(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self.expr(right, scope) if right is not None else None
        if left is not None and left.type == "identifier":
            scope.bind(text_of(left), Binding("loop", value, scope))
        body = node.child_by_field_name("body")
        if body is not None:
            self.expr(body, scope)

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in node.named_children:
            value = self.expr(child, scope)
            if function is not None:
                function.returns.append(value)

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- functions -------------------------------------------------------------------

    def function(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        if name:
            scope.bind(name, Binding("function", None, scope, defined=inner))
        parameters = node.child_by_field_name("parameters")
        single = node.child_by_field_name("parameter")
        for child in (
            [single]
            if single is not None
            else (parameters.named_children if parameters is not None else [])
        ):
            self.parameter(child, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            value = self.expr(body, inner)
            if body.type != "statement_block":
                inner.returns.append(value)
        return Function(*span_of(node), scope=inner)

    def parameter(self, node: Node, scope: Scope) -> None:
        outer = scope.parent or scope
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        note = node.child_by_field_name("type")
        annotation = self.expr(note, outer) if note is not None else None
        default = self.expr(value, outer) if value is not None else None
        if pattern.type == "identifier":
            binding = Binding("parameter", default, outer, annotation)
            scope.bind(text_of(pattern), binding)
            modifiers = {child.type for child in node.children}
            owner = scope.enclosing("class")
            if owner is not None and modifiers & {"accessibility_modifier", "readonly"}:
                # A TypeScript parameter property is an attribute of its class.
                owner.attributes.setdefault(text_of(pattern), []).append(binding)
        elif pattern.type == "object_pattern":
            for child in pattern.named_children:
                inner = child.child_by_field_name("value") or child
                fallback = None
                if child.type == "object_assignment_pattern":
                    inner = child.child_by_field_name("left") or child
                    right = child.child_by_field_name("right")
                    fallback = self.expr(right, outer) if right is not None else None
                scope.bind(text_of(inner), Binding("parameter", fallback, outer))
        elif pattern.type == "rest_pattern" and pattern.named_children:
            scope.bind(text_of(pattern.named_children[0]), Binding("parameter", None, outer))
