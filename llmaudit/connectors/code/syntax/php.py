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
from llmaudit.connectors.code.syntax.php_expressions import Expressions
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
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
    from tree_sitter import Node

_CLASSES = (
    "class_declaration", "interface_declaration", "trait_declaration", "enum_declaration",
    "anonymous_class",
)  # fmt: skip
_CLOSURES = ("anonymous_function", "anonymous_function_creation_expression", "arrow_function")
_SKIPPED = {"comment", "attribute_list", "visibility_modifier", "static_modifier", "text"}
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


class _Reader(Expressions):
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
            "global_declaration": lambda n, _: plain(n),
            "assignment_expression": self.assignment,
            "reference_assignment_expression": self.assignment,
            "augmented_assignment_expression": self.assignment,
            "foreach_statement": self.loop,
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
        binding = Binding("parameter", default, outer, declared)
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

    def loop(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        named = [c for c in node.named_children if c != body and c.type != "comment"]
        whole = self.expr(named[0], scope) if named else None
        target = named[-1] if len(named) > 1 else None
        if target is not None and target.type == "pair" and target.named_children:
            target = target.named_children[-1]
        if target is not None and target.type == "variable_name":
            scope.bind(text_of(target), Binding("loop", whole, scope))
        if body is not None:
            self.expr(body, scope)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value = self.expr(right, scope)
        operator = next((text_of(c) for c in node.children if not c.is_named), "=")
        if operator in ("=", "??=", "&", "=&"):
            self.target(left, value, scope)
        return value

    def target(self, left: Node, value: Expr, scope: Scope) -> None:
        binding = Binding("assign", value, scope)
        owner = scope.enclosing("class")
        if left.type == "variable_name":
            self.home(text_of(left), scope).bind(text_of(left), binding)
        elif left.type in ("list_literal", "array_creation_expression"):
            for place, child in enumerate(left.named_children):
                inner = (
                    child.named_children[-1] if child.type == "array_element_initializer" else child
                )
                self.target(inner, Item(*span_of(child), value=value, position=place), scope)
        elif left.type in ("member_access_expression", "scoped_property_access_expression"):
            whole = self.expr(left, scope)
            if not isinstance(whole, Attr):
                return
            own = isinstance(whole.value, Name) and whole.value.id in ("this", "self")
            if own and owner is not None:
                owner.attributes.setdefault(whole.name, []).append(binding)
            else:
                key = Str(*span_of(left), value=whole.name)
                self.changed(whole.value, key, value, scope)
        elif left.type == "subscript_expression":
            named = left.named_children
            holder = self.expr(named[0], scope) if named else plain(left)
            if len(named) > 1:
                self.changed(holder, self.expr(named[1], scope), value, scope)
            else:
                self.changed(holder, None, Sequence(*span_of(left), items=(value,)), scope)

    def home(self, name: str, scope: Scope) -> Scope:
        """Where a variable lives: a closure may set those of the function around it."""
        current: Scope | None = scope
        while current is not None and current.kind == "function" and not current.name:
            if name in current.bindings:
                return current
            current = current.parent
        if current is not None and current.kind == "function" and name in current.bindings:
            return current
        return scope

    def changed(self, holder: Expr, key: Expr | None, value: Expr, scope: Scope) -> None:
        """``$data["k"] = v``, ``$data["metadata"]["k"] = v``: kept under the variable's name."""
        inside = False
        while isinstance(holder, Item | Attr) and not self.own(holder):
            outer = (
                holder.key if isinstance(holder, Item) else Str(*_span(holder), value=holder.name)
            )
            if key is not None:
                value = Mapping(*_span(value), entries=(Entry(key, value, key.start, value.end),))
            key, inside, holder = outer, True, holder.value
        if isinstance(holder, Name):
            self.keep(holder.id, Change(key, value, scope, inside=inside), scope)
        elif isinstance(holder, Attr):
            owner = scope.enclosing("class") or self.tree.module
            change = Change(key, value, scope, inside=inside)
            for own in ("this", "self"):
                owner.changes.setdefault(f"{own}.{holder.name}", []).append(change)

    def own(self, holder: Expr) -> bool:
        return (
            isinstance(holder, Attr)
            and isinstance(holder.value, Name)
            and holder.value.id in ("this", "self")
        )

    def keep(self, name: str, change: Change, scope: Scope) -> None:
        self.home(name, scope).changes.setdefault(name, []).append(change)

    def option(self, call: Call, scope: Scope) -> None:
        """``curl_setopt($handle, CURLOPT_URL, $url)``, ``curl_setopt_array($handle, [...])``."""
        name = call.function.id if isinstance(call.function, Name) else ""
        given = [argument.value for argument in call.arguments]
        if name == "curl_setopt" and len(given) > 2:
            key = given[1]
            if isinstance(key, Name):
                key = Str(*_span(key), value=key.id)
            self.changed(given[0], key, given[2], scope)
        elif name == "curl_setopt_array" and len(given) > 1:
            self.changed(given[0], None, given[1], scope)
        elif name == "define" and len(given) > 1:
            name = given[0].value or "" if isinstance(given[0], Str) else ""
            if name:
                self.tree.module.bind(name, Binding("assign", given[1], scope))

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


def _span(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
