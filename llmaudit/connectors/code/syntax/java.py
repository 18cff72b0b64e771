"""Java source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.java_expressions import Expressions
from llmaudit.connectors.code.syntax.jvm import Locals, changes_by, head_of, place_setters
from llmaudit.connectors.code.syntax.nodes import (
    comment_of,
    parser_of,
    plain,
    span_of,
    text_of,
)
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Change,
    Const,
    Either,
    Expr,
    Function,
    Import,
    Item,
    Name,
    Scope,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_CLASSES = (
    "class_declaration", "interface_declaration", "enum_declaration", "record_declaration",
    "annotation_type_declaration",
)  # fmt: skip
_METHODS = ("method_declaration", "constructor_declaration", "compact_constructor_declaration")
_BLOCKS = (
    "block", "constructor_body", "for_statement", "try_statement", "catch_clause",
    "try_with_resources_statement", "switch_block_statement_group", "switch_rule",
    "synchronized_statement", "while_statement", "do_statement",
)  # fmt: skip
_NUMBERS = (
    "decimal_integer_literal", "hex_integer_literal", "octal_integer_literal",
    "binary_integer_literal", "decimal_floating_point_literal", "hex_floating_point_literal",
    "character_literal", "true", "false",
)  # fmt: skip
# `@Value("${name:default}")`, `@ConfigProperty(defaultValue = "default")`.
_PLACEHOLDER = re.compile(r'^@Value\(\s*(?:value\s*=\s*)?"\$\{[^}:]*:([^}]*)\}"\s*\)$')
_DEFAULT = re.compile(r'^@ConfigProperty\(.*\bdefaultValue\s*=\s*"([^"]*)"', re.DOTALL)
# What a builder, or a request that is put together step by step, is begun with.
_BUILDING = re.compile(rb"uilder\(\)$|\.prompt\((?!.*\.(?:call|stream)\()", re.DOTALL)
_INJECTED = re.compile(r"^@(?:Value|ConfigProperty)\b")


def parse(data: bytes) -> SourceTree:
    """Read one compilation unit; broken parts are left out of the tree."""
    root = parser_of("tree_sitter_java").parse(data).root_node
    tree = SourceTree("java", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).block(root, tree.module)
    return tree


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.locals = Locals()
        self.readers: dict[str, Any] = {
            "import_declaration": self.import_,
            "package_declaration": lambda n, _: plain(n),
            "modifiers": lambda n, _: plain(n),
            "field_declaration": self.declaration,
            "constant_declaration": self.declaration,
            "local_variable_declaration": self.declaration,
            "assignment_expression": self.assignment,
            "expression_statement": self.statement,
            "enhanced_for_statement": self.loop,
            "resource": self.resource,
            "catch_formal_parameter": self.caught,
            "instanceof_expression": self.instance,
            "return_statement": self.return_,
            "enum_constant": self.constant,
            "lambda_expression": self.lambda_,
            "switch_expression": self.switch,
            "line_comment": self.comment,
            "block_comment": self.comment,
            "identifier": self.identifier,
            "type_identifier": self.type_name,
            "scoped_type_identifier": self.scoped,
            "scoped_identifier": self.scoped,
            "field_access": self.scoped,
            "generic_type": self.generic,
            "annotated_type": lambda n, s: self.expr(n.named_children[-1], s),
            "this": lambda n, _: Name(*span_of(n), id="this"),
            "super": lambda n, _: Name(*span_of(n), id="super"),
            "method_invocation": self.invocation,
            "object_creation_expression": self.construction,
            "method_reference": self.reference,
            "class_literal": self.class_literal,
            "cast_expression": self.cast,
            "parenthesized_expression": self.inside,
            "binary_expression": self.binary,
            "ternary_expression": self.ternary,
            "array_initializer": self.array,
            "array_creation_expression": self.array,
            "array_access": self.access,
            "string_literal": self.string,
            "null_literal": lambda n, _: Const(*span_of(n), blank=True),
            **dict.fromkeys(_CLASSES, self.class_),
            **dict.fromkeys(_METHODS, self.method),
            **dict.fromkeys(_BLOCKS, self.nested),
            **dict.fromkeys(_NUMBERS, lambda n, _: Const(*span_of(n))),
        }

    def block(self, node: Node, scope: Scope) -> None:
        """Read every statement below a node."""
        for child in node.named_children:
            self.expr(child, scope)

    members = block

    def expr(self, node: Node, scope: Scope) -> Expr:
        reader = self.readers.get(node.type)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        return Expr(*span_of(node), parts=tuple(self.expr(c, scope) for c in node.named_children))

    # -- statements ------------------------------------------------------------------

    def import_(self, node: Node, scope: Scope) -> None:
        named = [c for c in node.named_children if c.type != "asterisk"]
        if not named:
            return
        path, line = "".join(text_of(named[0]).split()), node.start_point[0] + 1
        if len(named) < len(node.named_children):
            self.tree.imports.append(Import(path, "*", "*", line))
        else:
            module, _, name = path.rpartition(".")
            self.tree.imports.append(Import(module, name, name, line))

    def nested(self, node: Node, scope: Scope) -> None:
        self.locals.open()
        self.block(node, scope)
        self.locals.close()

    def statement(self, node: Node, scope: Scope) -> Expr:
        values = [self.expr(child, scope) for child in node.named_children]
        value = values[0] if values else plain(node)
        called = any(child.type == "method_invocation" for child in node.named_children)
        if called and isinstance(value, Call):
            root, setters = changes_by(value, self.builds(head_of(value), scope))
            place_setters(root, setters, scope)
        return value

    def builds(self, root: Expr, scope: Scope) -> bool:
        """Whether a variable is a builder: declared as one, made by one's factory, handed in."""
        name = root.id if isinstance(root, Name) else ""
        if not scope.name and list(scope.bindings) == [name]:
            # The only parameter of a lambda.
            return True
        for binding in scope.bindings.get(name, ()):
            for place in (binding.annotation, binding.value):
                text = self.tree.data[place.start : place.end] if place is not None else b""
                if text.endswith(b"Builder") or _BUILDING.search(text):
                    return True
        return False

    def declaration(self, node: Node, scope: Scope) -> None:
        kind = node.child_by_field_name("type")
        declared = self.declared(kind, scope)
        default = self.injected(node)
        for child in node.named_children:
            if child.type != "variable_declarator":
                continue
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            made = self.expr(value, scope) if value is not None else None
            self.bind(name, made, declared, scope, default)

    def declared(self, kind: Node | None, scope: Scope) -> Expr | None:
        """A declared type; None for ``var``."""
        if kind is None or text_of(kind) == "var":
            return None
        return self.expr(kind, scope)

    def injected(self, node: Node) -> Str | None:
        """The default of a value that a framework sets from its configuration."""
        modifiers = next((c for c in node.named_children if c.type == "modifiers"), None)
        for child in modifiers.named_children if modifiers is not None else ():
            text = text_of(child)
            if _INJECTED.match(text):
                default = _PLACEHOLDER.match(text) or _DEFAULT.match(text)
                return Str(*span_of(child), value=default.group(1) if default else "")
        return None

    def bind(
        self,
        name: Node | None,
        value: Expr | None,
        declared: Expr | None,
        scope: Scope,
        default: Str | None = None,
    ) -> None:
        """A variable of a function, or a field of a class."""
        if name is None:
            return
        binding = Binding("assign" if value is not None else "field", value, scope, declared)
        if default is not None and value is None:
            binding = Binding("parameter", default, scope, declared)
        if scope.kind == "class":
            scope.attributes.setdefault(text_of(name), []).append(binding)
        else:
            scope.bind(self.locals.declare(text_of(name), scope), binding)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value, target = self.expr(right, scope), self.expr(left, scope)
        if text_of(node.child_by_field_name("operator")) != "=":
            return value
        root = head_of(value)
        same = isinstance(root, Name) and isinstance(target, Name) and root.id == target.id
        if same and self.builds(root, scope):
            # `request = request.options(o)` adds to what is there.
            place_setters(*changes_by(value, building=True), scope)
            return value
        binding = Binding("assign", value, scope)
        owner = scope.enclosing("class")
        if isinstance(target, Name):
            home: Scope | None = scope
            while home is not None and target.id not in home.bindings and home is not owner:
                home = home.parent
            if home is not None and home.kind == "class":
                home.attributes.setdefault(target.id, []).append(binding)
            else:
                (home or scope).bind(target.id, binding)
        elif isinstance(target, Attr):
            holder = target.value
            if isinstance(holder, Name) and holder.id == "this" and owner is not None:
                owner.attributes.setdefault(target.name, []).append(binding)
            elif isinstance(holder, Name):
                key = Str(*span_of(left), value=target.name)
                scope.changes.setdefault(holder.id, []).append(Change(key, value, scope))
        elif isinstance(target, Item) and isinstance(target.value, Name):
            change = Change(target.key, value, scope)
            scope.changes.setdefault(target.value.id, []).append(change)
        return value

    def loop(self, node: Node, scope: Scope) -> None:
        value, name = node.child_by_field_name("value"), node.child_by_field_name("name")
        whole = self.expr(value, scope) if value is not None else None
        declared = self.declared(node.child_by_field_name("type"), scope)
        self.locals.open()
        if name is not None:
            known = self.locals.declare(text_of(name), scope)
            scope.bind(known, Binding("loop", whole, scope, declared))
        body = node.child_by_field_name("body")
        if body is not None:
            self.expr(body, scope)
        self.locals.close()

    def resource(self, node: Node, scope: Scope) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        made = self.expr(value, scope) if value is not None else None
        if name is None:
            self.block(node, scope)
        else:
            self.bind(name, made, self.declared(node.child_by_field_name("type"), scope), scope)

    def caught(self, node: Node, scope: Scope) -> None:
        self.bind(node.child_by_field_name("name"), None, plain(node), scope)

    def instance(self, node: Node, scope: Scope) -> Expr:
        left, name = node.child_by_field_name("left"), node.child_by_field_name("name")
        value = self.expr(left, scope) if left is not None else None
        if name is not None:
            self.bind(name, value, self.declared(node.child_by_field_name("right"), scope), scope)
        return Expr(*span_of(node), parts=(value,) if value is not None else ())

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in self.parts_of(node):
            value = self.expr(child, scope)
            if function is not None:
                function.returns.append(value)

    def switch(self, node: Node, scope: Scope) -> Expr:
        """A switch; as an expression it is one of what its arrows give."""
        body = node.child_by_field_name("body")
        condition = node.child_by_field_name("condition")
        asked = self.expr(condition, scope) if condition is not None else plain(node)
        options: list[Expr] = []
        for child in body.named_children if body is not None else ():
            self.locals.open()
            for part in self.parts_of(child):
                value = self.expr(part, scope)
                if part.type == "expression_statement":
                    options.append(value)
            self.locals.close()
        return Either(*span_of(node), options=tuple(options), parts=(asked,))

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- classes and functions -------------------------------------------------------

    def class_(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, node.start_byte, node.end_byte, implicit=True)
        scope.bind(name, Binding("class", None, scope, defined=inner))
        above = node.child_by_field_name("superclass")
        if above is not None and above.named_children:
            base = self.expr(above.named_children[-1], scope)
            inner.bases = (base.value if isinstance(base, Item) else base,)
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            self.parameter(child, inner, scope)
        body = node.child_by_field_name("body")
        if body is not None:
            self.locals.open()
            self.block(body, inner)
            self.locals.close()
        for field in inner.attributes:
            # A method named like a field hands that field out.
            inner.bindings.pop(field, None)

    def constant(self, node: Node, scope: Scope) -> None:
        """A constant of an enum: what it is made of."""
        name = node.child_by_field_name("name")
        function = Name(*span_of(node), id=scope.name)
        made = Call(*span_of(node), function=function, arguments=self.arguments(node, scope))
        made.new = True
        scope.attributes.setdefault(text_of(name), []).append(Binding("assign", made, scope))
        body = node.child_by_field_name("body")
        if body is not None:
            self.initializer(body, scope)

    def method(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        inner.result = self.declared(node.child_by_field_name("type"), scope)
        if node.type == "method_declaration":
            scope.bind(name, Binding("function", None, scope, defined=inner))
        self.locals.open()
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            self.parameter(child, inner, scope)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)
        self.locals.close()

    def parameter(self, node: Node, scope: Scope, outer: Scope) -> None:
        name, kind = node.child_by_field_name("name"), node.child_by_field_name("type")
        if node.type == "spread_parameter":
            kind = next((c for c in node.named_children if c.type != "modifiers"), None)
            last = node.named_children[-1] if node.named_children else None
            name = last.child_by_field_name("name") if last is not None else None
        if name is None:
            return
        binding = Binding("parameter", self.injected(node), outer, self.declared(kind, outer))
        if scope.kind == "class":
            scope.attributes.setdefault(text_of(name), []).append(binding)
        else:
            scope.bind(self.locals.declare(text_of(name), scope), binding)

    def lambda_(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.locals.open()
        parameters = node.child_by_field_name("parameters")
        if parameters is not None and parameters.type == "identifier":
            known = self.locals.declare(text_of(parameters), inner)
            inner.bind(known, Binding("parameter", None, scope))
        elif parameters is not None:
            for child in parameters.named_children:
                if child.type == "identifier":
                    known = self.locals.declare(text_of(child), inner)
                    inner.bind(known, Binding("parameter", None, scope))
                else:
                    self.parameter(child, inner, scope)
        body = node.child_by_field_name("body")
        if body is not None and body.type == "block":
            self.block(body, inner)
            if not inner.returns and len(inner.bindings) == 1:
                # `b -> { b.modelId("m"); }` stands for what it fills.
                (name,) = inner.bindings
                inner.returns.append(Name(*span_of(node), id=name))
        elif body is not None:
            inner.returns.append(self.expr(body, inner))
        self.locals.close()
        return Function(*span_of(node), scope=inner)
