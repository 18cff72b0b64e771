"""Rust source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.nodes import comment_of, parser_of, text_of
from llmaudit.connectors.code.syntax.rust_statements import (
    FUNCTIONS,
    ITEMS,
    Statements,
    names_of,
    place_of,
)
from llmaudit.connectors.code.syntax.tree import (
    Binding,
    Call,
    Expr,
    Import,
    Name,
    Scope,
    SourceTree,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_TRANSPARENT = (
    "await_expression", "try_expression", "reference_expression", "parenthesized_expression",
    "unary_expression", "unsafe_block", "async_block", "expression_statement", "else_clause",
    "type_cast_expression", "const_block", "try_block", "labeled_expression",
)  # fmt: skip
_LITERALS = (
    "integer_literal", "float_literal", "boolean_literal", "char_literal", "negative_literal",
)  # fmt: skip
_OWN = ("crate", "self", "super", "Self", "std", "core", "alloc")


def parse(data: bytes) -> SourceTree:
    """Read one file.

    Args:
        data: UTF-8 source.
    """
    root = parser_of("tree_sitter_rust").parse(data).root_node
    tree = SourceTree("rust", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).file(root)
    return tree


class _Reader(Statements):
    """Walks the parser's tree: declarations of the file first, then what functions do."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.text = tree.data
        self.shift = (0, 0, 0)
        self.macros = 0
        self.owner = ""
        self.functions: list[Scope] = []
        self.partial: dict[str, Scope] = {}
        self.readers: dict[str, Any] = {
            "use_declaration": lambda _n, _s: None,
            "const_item": self.variable,
            "static_item": self.variable,
            "let_declaration": self.variable,
            "let_condition": self.condition,
            "mod_item": self.module,
            "impl_item": self.implementation,
            "assignment_expression": self.assignment,
            "return_expression": self.return_,
            "block": self.block,
            "if_expression": self.either,
            "match_expression": self.match,
            "for_expression": self.loop,
            "closure_expression": self.closure,
            "macro_invocation": self.macro,
            "macro_definition": lambda _n, _s: None,
            "attribute_item": lambda _n, _s: None,
            "inner_attribute_item": lambda _n, _s: None,
            "line_comment": self.comment,
            "block_comment": self.comment,
            "identifier": self.identifier,
            "self": self.identifier,
            "type_identifier": self.identifier,
            "shorthand_field_identifier": self.identifier,
            "scoped_identifier": self.path,
            "scoped_type_identifier": self.path,
            "generic_function": self.generic,
            "field_expression": self.field,
            "index_expression": self.index,
            "call_expression": self.call,
            "struct_expression": self.struct,
            "array_expression": self.array,
            "tuple_expression": self.array,
            "string_literal": self.string,
            "raw_string_literal": self.string,
            "binary_expression": self.binary,
            **dict.fromkeys(_LITERALS, self.constant),
            **dict.fromkeys(FUNCTIONS, self.function),
            **dict.fromkeys(ITEMS, self.item),
        }

    def file(self, root: Node) -> None:
        """Read a file: a name may be used before the line that declares it."""
        self.declare(root)
        for node in root.named_children:
            self.expr(node, self.tree.module)

    def declare(self, root: Node) -> None:
        """Imports, types and functions of a file or a module in it."""
        module = self.tree.module
        for node in root.named_children:
            if node.type == "use_declaration":
                argument = node.child_by_field_name("argument")
                if argument is not None:
                    self.use(argument, "", node.start_point[0] + 1)
            elif node.type == "extern_crate_declaration":
                name = text_of(node.child_by_field_name("name"))
                alias = text_of(node.child_by_field_name("alias")) or name
                self.tree.imports.append(Import(name, "", alias, node.start_point[0] + 1))
            elif node.type in ITEMS:
                self.struct_item(node, module)
            elif node.type in FUNCTIONS:
                self.named(node, module)
            elif node.type == "mod_item" and (body := node.child_by_field_name("body")) is not None:
                self.declare(body)
        for node in root.named_children:
            if node.type == "impl_item":
                self.methods(node)

    def expr(self, node: Node, scope: Scope) -> Expr:
        reader = self.readers.get(node.type)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else self.plain(node)
        if node.type in _TRANSPARENT:
            inner = [c for c in node.named_children if "comment" not in c.type]
            if node.type == "type_cast_expression":
                inner = inner[:1]
            if inner:
                return self.expr(inner[-1], scope)
        return Expr(
            *self.span(node),
            parts=tuple(self.expr(child, scope) for child in node.named_children),
        )

    def comment(self, node: Node, scope: Scope) -> None:
        if not self.macros:
            text = re.sub(r"^(?://[/!]*|/\*[*!]*)|\*+/$", "", text_of(node)).strip()
            self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- declarations ----------------------------------------------------------------

    def use(self, node: Node, before: str, line: int) -> None:
        """``use a::{b, c::D as E, f::*}``."""
        kind = node.type
        if kind == "use_list":
            for child in node.named_children:
                self.use(child, before, line)
            return
        if kind == "scoped_use_list":
            path = _joined(before, text_of(node.child_by_field_name("path")))
            listed = node.child_by_field_name("list")
            if listed is not None:
                self.use(listed, path, line)
            return
        if kind == "use_wildcard":
            path = _joined(before, text_of(node).removesuffix("*").rstrip(": "))
            self.tree.imports.append(Import(path, "*", "*", line))
            return
        alias = text_of(node.child_by_field_name("alias")) if kind == "use_as_clause" else ""
        target = node.child_by_field_name("path") if kind == "use_as_clause" else node
        whole = before if kind == "self" else _joined(before, text_of(target))
        module, _, name = whole.rpartition(".")
        if not module:
            self.tree.imports.append(Import(whole, "", alias or whole, line))
        else:
            self.tree.imports.append(Import(module, name, alias or name, line))

    def used(self, root: str, line: int, scope: Scope) -> str:
        """What the beginning of a path is: never a variable, even where one has its name."""
        if root in _OWN or not root[:1].islower() or root in self.tree.module.bindings:
            return root
        known = next((entry for entry in self.tree.imports if entry.local == root), None)
        if known is None:
            known = Import(root, "", root, line)
            self.tree.imports.append(known)
        if not _is_variable(root, scope):
            return root
        path = f"{root}::"
        if not any(entry.local == path for entry in self.tree.imports):
            self.tree.imports.append(replace(known, local=path))
        return path

    def struct_item(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, *self.span(node)[:2])
        scope.bind(name, Binding("class", None, scope, defined=inner))
        body = node.child_by_field_name("body")
        for field in body.named_children if body is not None else ():
            kind = field.child_by_field_name("type")
            if field.type == "field_declaration" and kind is not None:
                label = text_of(field.child_by_field_name("name"))
                binding = Binding("field", None, inner, self.type(kind, inner))
                inner.attributes.setdefault(label, []).append(binding)
            elif field.type in FUNCTIONS:
                self.named(field, inner)

    def item(self, node: Node, scope: Scope) -> None:
        """A struct or a trait: what the latter's methods do."""
        if scope is not self.tree.module:
            self.struct_item(node, scope)
        body = node.child_by_field_name("body")
        name = text_of(node.child_by_field_name("name"))
        owner = self.type_named(name, scope)
        if node.type == "trait_item" and body is not None and owner is not None:
            self.members(body, owner)

    def named(self, node: Node, owner: Scope) -> Scope:
        """The scope of a function, known by its name where it is declared."""
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, owner, *self.span(node)[:2])
        binding = Binding("function", None, owner, defined=inner)
        if owner.kind == "class":
            owner.attributes.setdefault(name, []).append(binding)
        else:
            owner.bind(name, binding)
        return inner

    def owner_of(self, node: Node) -> Scope:
        """The type that an ``impl`` belongs to."""
        kind = node.child_by_field_name("type")
        name = re.sub(r"<.*", "", text_of(kind), flags=re.DOTALL).rpartition("::")[2].strip("& ")
        known = self.type_named(name, self.tree.module)
        if known is not None:
            return known
        return self.partial.setdefault(
            name, Scope("class", name, self.tree.module, *self.span(node)[:2])
        )

    def methods(self, node: Node) -> None:
        owner, body = self.owner_of(node), node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            if child.type == "function_item":
                self.named(child, owner)

    def module(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            self.expr(child, scope)

    def implementation(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        owner = self.owner_of(node)
        if body is not None:
            self.members(body, owner)

    def members(self, body: Node, owner: Scope) -> None:
        outer, self.owner = self.owner, owner.name
        for child in body.named_children:
            self.expr(child, owner)
        self.owner = outer

    def function(self, node: Node, scope: Scope) -> None:
        start = self.span(node)[0]
        name = text_of(node.child_by_field_name("name"))
        known = [*scope.attributes.get(name, ()), *scope.bindings.get(name, ())]
        inner = next((b.defined for b in known if b.defined and b.defined.start == start), None)
        inner = inner or self.named(node, scope)
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            self.parameter(child, inner)
        body = node.child_by_field_name("body")
        if body is None:
            return
        self.functions.append(inner)
        value = self.statements(body, inner)
        if isinstance(value, Name) and value.id == "self" and self.owner:
            # A method that hands its object on.
            made = Name(*place_of(value), id=self.owner)
            value = Call(*place_of(value), function=made, new=True)
        if value is not None:
            inner.returns.append(value)
        self.functions.pop()

    def parameter(self, node: Node, scope: Scope) -> None:
        if node.type in ("self_parameter", "attribute_item"):
            return
        pattern = node.child_by_field_name("pattern") or node
        kind = node.child_by_field_name("type")
        annotation = self.type(kind, scope) if kind is not None else None
        for name in names_of(pattern):
            scope.bind(text_of(name), Binding("parameter", None, scope, annotation))


def _is_variable(name: str, scope: Scope) -> bool:
    current: Scope | None = scope
    while current is not None and current.kind == "function":
        if name in current.bindings:
            return True
        current = current.parent
    return False


def _joined(before: str, path: str) -> str:
    names = re.sub(r"\s*::\s*", ".", path).strip(".")
    return f"{before}.{names}" if before and names else before or names
