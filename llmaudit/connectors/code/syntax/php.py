"""PHP source to a SourceTree, by tree-sitter.

Variables keep their ``$``, so that ``$client`` and the class ``Client`` stay apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.nodes import (
    comment_of,
    parser_of,
    plain,
    span_of,
    text_of,
)
from llmaudit.connectors.code.syntax.php_changes import Changes, span
from llmaudit.connectors.code.syntax.tree import (
    NOTHING,
    Binding,
    Const,
    Either,
    Expr,
    Function,
    Import,
    Item,
    Name,
    Scope,
    Sequence,
    SourceTree,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_CLASSES = (
    "class_declaration", "interface_declaration", "trait_declaration", "enum_declaration",
    "anonymous_class",
)  # fmt: skip
_CLOSURES = ("anonymous_function", "anonymous_function_creation_expression", "arrow_function")
_LOOPS = ("for_statement", "while_statement", "do_statement")
# Blocks of a condition, of which one at most is run.
_ARMS = {
    "compound_statement", "colon_block", "else_if_clause", "else_clause", "case_statement",
    "default_statement", "expression_statement", "return_statement", "echo_statement",
}  # fmt: skip
_REST = {"else_clause", "default_statement"}
_SKIPPED = {"comment", "attribute_list", "visibility_modifier", "static_modifier", "text"}
# Functions of PHP and WordPress that a file may write for where there are none.
_STAND_IN = re.compile(r"(?:wp|curl)_|get_option$")
_VAR = re.compile(r"@var\s+(\??[\w\\]+)")


def parse(data: bytes) -> SourceTree:
    """Read one file, the PHP of a page among its text."""
    root = parser_of("tree_sitter_php", "language_php").parse(data).root_node
    tree = SourceTree("php", data, Scope("module", "", None, 0, len(data)))
    tree.broken = root.has_error
    _Reader(tree, _defined(root)).block(root, tree.module)
    return tree


def _defined(root: Node) -> frozenset[str]:
    """Classes that the file defines, wherever it does."""
    found: set[str] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _CLASSES:
            found.add(text_of(node.child_by_field_name("name")))
        stack.extend(node.named_children)
    return frozenset(found)


class _Reader(Changes):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree, defined: frozenset[str]) -> None:
        self.tree = tree
        self.defined = defined
        self.namespace = ""
        self.readers: dict[str, Any] = {
            "namespace_definition": self.namespaced,
            "namespace_use_declaration": self.use,
            "method_declaration": self.function,
            "function_definition": self.function,
            "property_declaration": self.property,
            "const_declaration": self.constants,
            "enum_case": self.case,
            "use_declaration": lambda n, _: plain(n),
            "global_declaration": self.global_,
            "if_statement": self.branches,
            "switch_statement": self.branches,
            "try_statement": self.branches,
            "assignment_expression": self.assignment,
            "reference_assignment_expression": self.assignment,
            "augmented_assignment_expression": self.assignment,
            "foreach_statement": self.loop,
            **dict.fromkeys(_LOOPS, self.repeated),
            "return_statement": self.return_,
            "comment": self.comment,
            "variable_name": self.variable,
            "dynamic_variable_name": lambda n, _: plain(n),
            "name": self.name,
            "qualified_name": self.name,
            "relative_scope": lambda n, _: Name(*span_of(n), id="self"),
            "named_type": self.type_name,
            "member_access_expression": self.member,
            "nullsafe_member_access_expression": self.member,
            "scoped_property_access_expression": self.static_property,
            "class_constant_access_expression": self.class_constant,
            "member_call_expression": self.method_call,
            "nullsafe_member_call_expression": self.method_call,
            "scoped_call_expression": self.static_call,
            "function_call_expression": self.function_call,
            "object_creation_expression": self.construction,
            "subscript_expression": self.subscript,
            "array_creation_expression": self.array,
            "string": self.string,
            "encapsed_string": self.interpolated,
            "heredoc": self.heredoc,
            "nowdoc": self.heredoc,
            "parenthesized_expression": self.inside,
            "error_suppression_expression": self.inside,
            "cast_expression": self.cast,
            "clone_expression": self.inside,
            "conditional_expression": self.ternary,
            "match_expression": self.match,
            "binary_expression": self.binary,
            "integer": lambda n, _: Const(*span_of(n)),
            "float": lambda n, _: Const(*span_of(n)),
            "boolean": lambda n, _: Const(*span_of(n)),
            "null": lambda n, _: Const(*span_of(n), blank=True),
            "text_interpolation": lambda n, _: plain(n),
            **dict.fromkeys(_CLASSES, self.class_),
            **dict.fromkeys(_CLOSURES, self.closure),
        }

    def block(self, node: Node, scope: Scope) -> None:
        """Read every statement below a node."""
        for child in node.named_children:
            self.expr(child, scope)

    def expr(self, node: Node, scope: Scope) -> Expr:
        reader = self.readers.get(node.type)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        return Expr(*span_of(node), parts=tuple(self.expr(c, scope) for c in node.named_children))

    # -- files -----------------------------------------------------------------------

    def namespaced(self, node: Node, scope: Scope) -> None:
        self.namespace = text_of(node.child_by_field_name("name")).replace("\\", ".")
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)

    def use(self, node: Node, scope: Scope) -> None:
        prefix = next((c for c in node.named_children if c.type == "namespace_name"), None)
        head = text_of(prefix).replace("\\", ".")
        stack = list(node.named_children)
        while stack:
            child = stack.pop(0)
            if child.type == "namespace_use_group":
                stack = [*child.named_children, *stack]
            if child.type not in ("namespace_use_clause", "namespace_use_group_clause"):
                continue
            alias = child.child_by_field_name("alias")
            named = [c for c in child.named_children if c != alias and c.type != "comment"]
            if not named:
                continue
            path = text_of(named[0]).strip("\\").replace("\\", ".")
            path = f"{head}.{path}" if head else path
            module, _, last = path.rpartition(".")
            local = text_of(alias) or last
            line = child.start_point[0] + 1
            # `use OpenAI;` names a class of no namespace.
            entry = (module, last) if module else (last, "")
            self.tree.imports.append(Import(*entry, local, line))

    def class_(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, node.start_byte, node.end_byte)
        if name:
            self.tree.module.bind(name, Binding("class", None, scope, defined=inner))
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "base_clause":
                bases += [self.class_name(c, text_of(c)) for c in child.named_children]
        inner.bases = tuple(bases)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)
        return plain(node)

    def property(self, node: Node, scope: Scope) -> None:
        kind = node.child_by_field_name("type")
        declared = self.expr(kind, scope) if kind is not None else self.documented(node, scope)
        for child in node.named_children:
            if child.type != "property_element":
                continue
            value = child.child_by_field_name("default_value")
            made = self.expr(value, scope) if value is not None else None
            name = text_of(child.child_by_field_name("name") or child).lstrip("$")
            blank = isinstance(made, Const) and made.blank
            binding = Binding(
                "assign" if made is not None and not blank else "field",
                None if blank else made,
                scope,
                declared,
            )
            scope.attributes.setdefault(name, []).append(binding)

    def documented(self, node: Node, scope: Scope) -> Expr | None:
        """The type that a comment before a property names."""
        before = node.prev_named_sibling
        match = _VAR.search(text_of(before)) if before is not None else None
        if before is None or before.type != "comment" or match is None:
            return None
        return self.class_name(before, match.group(1).lstrip("?"))

    def constants(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type == "const_element" and len(child.named_children) > 1:
                name, value = child.named_children[0], child.named_children[-1]
                binding = Binding("assign", self.expr(value, scope), scope)
                if scope.kind == "class":
                    scope.attributes.setdefault(text_of(name), []).append(binding)
                else:
                    scope.bind(text_of(name), binding)

    def case(self, node: Node, scope: Scope) -> None:
        value = node.child_by_field_name("value")
        name = text_of(node.child_by_field_name("name"))
        if value is not None:
            binding = Binding("assign", self.expr(value, scope), scope)
            scope.attributes.setdefault(name, []).append(binding)

    # -- functions -------------------------------------------------------------------

    def function(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        if _STAND_IN.match(name) and _where_missing(node):
            # `if (!function_exists("wp_remote_post")) { function wp_remote_post() {} }`
            self.body(node, inner)
            return plain(node)
        result = node.child_by_field_name("return_type")
        inner.result = self.expr(result, scope) if result is not None else None
        scope.bind(name, Binding("function", None, scope, defined=inner))
        self.body(node, inner)
        return plain(node)

    def closure(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.body(node, inner)
        return Function(*span_of(node), scope=inner)

    def body(self, node: Node, inner: Scope) -> None:
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            self.parameter(child, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            value = self.expr(body, inner)
            if body.type != "compound_statement":
                inner.returns.append(value)

    def parameter(self, node: Node, scope: Scope) -> None:
        name, kind = node.child_by_field_name("name"), node.child_by_field_name("type")
        value = node.child_by_field_name("default_value")
        outer = scope.parent or scope
        if name is None:
            return
        default = self.expr(value, outer) if value is not None else None
        declared = self.expr(kind, outer) if kind is not None else None
        at = scope.start
        binding = Binding("parameter", default, outer, declared, at=at, way=self.way)
        scope.bind(text_of(name), binding)
        owner = scope.enclosing("class")
        if node.type == "property_promotion_parameter" and owner is not None:
            owner.attributes.setdefault(text_of(name).lstrip("$"), []).append(binding)

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in node.named_children:
            value = self.expr(child, scope)
            if function is not None and child.type != "comment":
                function.returns.append(value)

    # -- statements ------------------------------------------------------------------

    def global_(self, node: Node, scope: Scope) -> None:
        """Variables of the file, wherever they are set."""
        scope.shared.update(text_of(child) for child in node.named_children)

    def branches(self, node: Node, scope: Scope) -> None:
        """The arms of a condition exclude one another; what ``try`` sets need not be set after."""
        around, arm, whole = self.way, 0, False
        kind = "try" if node.type == "try_statement" else "if"
        children = list(node.named_children)
        if node.type == "switch_statement":
            body = node.child_by_field_name("body")
            children = [c for c in children if c != body]
            children += body.named_children if body is not None else []
        for child in children:
            self.way = around
            if kind == "try" or child.type in _ARMS:
                self.way = (*around, (node.start_byte, arm, kind))
                whole = whole or child.type in _REST
                arm += 1
            self.expr(child, scope)
        self.way = around
        if whole:
            self.tree.arms[node.start_byte] = arm

    def repeated(self, node: Node, scope: Scope) -> None:
        around = self.way
        self.way = (*around, (node.start_byte, 0, "loop"))
        self.block(node, scope)
        self.way = around

    def loop(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        named = [c for c in node.named_children if c != body and c.type != "comment"]
        whole = self.expr(named[0], scope) if named else None
        target = named[-1] if len(named) > 1 else None
        if target is not None and target.type == "pair" and target.named_children:
            target = target.named_children[-1]
        around = self.way
        self.way = (*around, (node.start_byte, 0, "loop"))
        if target is not None and target.type == "variable_name":
            at = node.start_byte
            scope.bind(text_of(target), Binding("loop", whole, scope, at=at, way=self.way))
        elif target is not None and target.type == "list_literal":
            for place, child in enumerate(target.named_children):
                one = Item(*span_of(child), value=_each(whole), position=place)
                self.target(child, one, scope)
        if body is not None:
            self.expr(body, scope)
        self.way = around

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value = self.expr(right, scope)
        operator = next((text_of(c) for c in node.children if not c.is_named), "=")
        if operator in ("=", "??=", "&", "=&"):
            self.target(left, value, scope)
        return value

    def match(self, node: Node, scope: Scope) -> Expr:
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        asked = self.expr(condition, scope) if condition is not None else plain(node)
        options: list[Expr] = []
        for child in body.named_children if body is not None else ():
            value = child.child_by_field_name("return_expression")
            if value is not None:
                options.append(self.expr(value, scope))
        return Either(*span_of(node), options=tuple(options), parts=(asked,))

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|#+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))


def _where_missing(node: Node) -> bool:
    """Whether a function is written only for where nobody else has written it."""
    around = node.parent
    while around is not None and around.type != "if_statement":
        around = around.parent
    condition = around.child_by_field_name("condition") if around is not None else None
    return condition is not None and "function_exists" in text_of(condition)


def _each(whole: Expr | None) -> Expr:
    """One element of a list: what is in sight of it, for a loop that takes it apart."""
    if isinstance(whole, Sequence) and whole.items:
        return Either(*span(whole), options=whole.items)
    return NOTHING
