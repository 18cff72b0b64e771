"""JavaScript, JSX, TypeScript and TSX source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.javascript_expressions import (
    package_of,
    required_module,
    unquote,
)
from llmaudit.connectors.code.syntax.javascript_patterns import Bound, home_of
from llmaudit.connectors.code.syntax.javascript_types import Types, asserted
from llmaudit.connectors.code.syntax.nodes import comment_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.tree import (
    Binding,
    Const,
    Either,
    Expr,
    Function,
    Import,
    Item,
    Mapping,
    Name,
    Placed,
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
    "generator_function", "arrow_function", "method_definition", "abstract_method_signature",
}  # fmt: skip
_BLOCKS = ("statement_block", "for_statement", "switch_body", "catch_clause")
_TYPES_ONLY = {
    "ambient_declaration", "function_signature", "method_signature", "type_parameters",
}  # fmt: skip


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


class _Reader(Types):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.readers: dict[str, Any] = {
            "import_statement": self.import_,
            "export_statement": self.export,
            "variable_declarator": self.declarator,
            "assignment_expression": self.assignment,
            "augmented_assignment_expression": self.assignment,
            "enum_declaration": self.enumeration,
            "interface_declaration": self.interface,
            "type_alias_declaration": self.interface,
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
            "generic_type": self.generic,
            "nested_type_identifier": self.nested_type,
            "this": self.identifier,
            "super": self.identifier,
            "member_expression": self.member,
            "nested_identifier": self.member,
            "subscript_expression": self.subscript,
            "call_expression": self.call,
            "new_expression": self.construction,
            "object": self.object,
            "array": self.array,
            "string": self.string,
            "template_string": self.template,
            "ternary_expression": self.ternary,
            "binary_expression": self.binary,
            **dict.fromkeys(_BLOCKS, self.inner_block),
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
        for clause in node.named_children:
            if clause.type == "import_require_clause":
                # `import OpenAI = require("openai")`.
                loaded = unquote(text_of(clause.child_by_field_name("source"))) or ""
                local = text_of(clause.named_children[0])
                self.add_import(loaded, "default", local, node.start_point[0] + 1, False)
                return
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

    def export(self, node: Node, scope: Scope) -> None:
        """What other files find here: re-exports are imports, a default is bound by that name."""
        source, line = node.child_by_field_name("source"), node.start_point[0] + 1
        module = (unquote(text_of(source)) or "") if source is not None else ""
        value = node.child_by_field_name("value")
        declared = node.child_by_field_name("declaration")
        for child in node.named_children:
            if child.type == "export_clause":
                for item in child.named_children:
                    name = text_of(item.child_by_field_name("name"))
                    alias = text_of(item.child_by_field_name("alias")) or name
                    if module:
                        self.add_import(module, name, alias, line, False)
                    elif alias != name:
                        held = Name(*span_of(item), id=name)
                        scope.bind(alias, Binding("assign", held, scope))
            elif child.type == "namespace_export" and child.named_children:
                self.add_import(module, "", text_of(child.named_children[0]), line, False)
            elif child != source:
                found = self.expr(child, scope)
                if child == value:
                    self.rename(scope, found, "default")
                    scope.bind("default", Binding("assign", found, scope))
        if module and any(child.type == "*" for child in node.children):
            self.add_import(module, "*", "*", line, False)
        named = declared.child_by_field_name("name") if declared is not None else None
        if named is not None and any(child.type == "default" for child in node.children):
            held = Name(*span_of(named), id=text_of(named))
            scope.bind("default", Binding("assign", held, scope))

    def exported(self, name: Node, value: Expr, scope: Scope) -> None:
        """``module.exports = {...}`` and ``exports.name = ...``: what ``require`` gives."""
        holder, text = scope, text_of(name)
        while holder.parent is not None:
            holder = holder.parent
        if text == "module.exports":
            holder.bind("default", Binding("assign", value, scope))
            for entry in value.entries if isinstance(value, Mapping) else ():
                key = entry.key.value if isinstance(entry.key, Str) else None
                if key and key not in holder.bindings:
                    holder.bind(key, Binding("assign", entry.value, scope))
        elif text.startswith(("module.exports.", "exports.")):
            holder.bind(text.rpartition(".")[2], Binding("assign", value, scope))

    def add_import(self, module: str, name: str, local: str, line: int, only: bool) -> None:
        self.tree.imports.append(Import(package_of(module), name, local, line, only))

    def declarator(self, node: Node, scope: Scope) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        required = required_module(value)
        if required is not None and self.require(name, required, node.start_point[0] + 1):
            return
        expr = self.expr(value, scope) if value is not None else None
        home = home_of(node, scope)
        if value is not None and value.type in _FUNCTIONS and name.type == "identifier":
            self.rename(home, expr, text_of(name))
        note = node.child_by_field_name("type") or asserted(value)
        self.bind(name, expr, note, Bound(home, scope))

    def rename(self, scope: Scope, expr: Expr | None, name: str) -> None:
        """``const f = () => ...`` is called f."""
        if isinstance(expr, Function) and expr.scope is not None:
            expr.scope.name = expr.scope.name or name
            scope.bind(name, Binding("function", None, scope, defined=expr.scope))

    def require(self, name: Node, module: str, line: int) -> bool:
        """Whether a loaded module's names could be told."""
        if name.type == "identifier":
            self.add_import(module, "default", text_of(name), line, False)
            return True
        names: list[tuple[str, str]] = []
        for child in name.named_children if name.type == "object_pattern" else ():
            value = child.child_by_field_name("value") or child
            if value.type not in ("identifier", "shorthand_property_identifier_pattern"):
                return False
            names.append((text_of(child.child_by_field_name("key") or child), text_of(value)))
        for key, local in names:
            self.add_import(module, key, local, line, False)
        return bool(names)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value = self.expr(right, scope)
        before: Expr | None = None
        if left.type in ("member_expression", "subscript_expression"):
            before = self.expr(left, scope)
        elif left.type == "identifier":
            before = self.identifier(left, scope)
            self.rename(scope, value if right.type in _FUNCTIONS else None, text_of(left))
        operator = text_of(node.child_by_field_name("operator"))
        if operator in ("??=", "||=") and before is not None:
            self.bind(left, value, None, Bound(None, scope))
            return Either(*span_of(node), options=(before, value), fallback=True)
        if operator:
            return Expr(*span_of(node), parts=(value,))
        self.bind(left, value, None, Bound(None, scope))
        self.exported(left, value, scope)
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

    def inner_block(self, node: Node, scope: Scope) -> None:
        """Statements with names of their own."""
        self.block(node, Scope("block", "", scope, node.start_byte, node.end_byte))

    def loop(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self.expr(right, scope) if right is not None else None
        inner = Scope("block", "", scope, node.start_byte, node.end_byte)
        operator = node.child_by_field_name("operator")
        if left is not None and value is not None and text_of(operator) == "of":
            home = inner if node.child_by_field_name("kind") is not None else None
            self.bind(left, Item(*span_of(left), value=value), None, Bound(home, scope))
        body = node.child_by_field_name("body")
        if body is not None:
            self.expr(body, inner)

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in node.named_children:
            value = self.expr(child, scope)
            if function is not None and child.type != "comment":
                seen_here = Placed(*span_of(child), value=value, scope=scope)
                function.returns.append(seen_here if scope.kind == "block" else value)

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- functions -------------------------------------------------------------------

    def function(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        if name:
            scope.bind(name, Binding("function", None, scope, defined=inner))
        inner.result = self.declared(node.child_by_field_name("return_type"), scope)
        parameters = node.child_by_field_name("parameters")
        single = node.child_by_field_name("parameter")
        children = parameters.named_children if parameters is not None else []
        given = [c for c in children if c.type != "comment"] if single is None else [single]
        for place, child in enumerate(given):
            self.parameter(child, inner, place)
        body = node.child_by_field_name("body")
        if body is not None and body.type == "statement_block":
            self.block(body, inner)
        elif body is not None:
            inner.returns.append(self.expr(body, inner))
        return Function(*span_of(node), scope=inner)
