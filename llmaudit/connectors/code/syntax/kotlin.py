"""Kotlin source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.jvm import SELF, Locals, changes_by, head_of, place_setters
from llmaudit.connectors.code.syntax.kotlin_expressions import COMMENTS, Expressions
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
    Expr,
    Function,
    Import,
    Item,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = ("user_type", "nullable_type", "function_type", "parenthesized_type", "non_nullable_type")
_VALUES = re.compile(r'^@(?:field:|param:)?Value\(\s*"\\?\$\{[^}:]*:([^}]*)\}"\s*\)$')
_INJECTED = re.compile(r"^@(?:field:|param:)?(?:Value|ConfigProperty)\b")


# An explicit backing field, which the parser does not know: `val state: T` and, on the next
# line, `field = MutableState()`.
_BACKING = re.compile(
    rb"(?m)^([ \t]*(?:\w+[ \t]+)*val[ \t]+\w+[ \t]*:[^=\n]*\n[ \t]+)field(?=\s*=)"
)


def parse(data: bytes) -> SourceTree:
    """Read one file; broken parts are left out of the tree."""
    readable = _BACKING.sub(rb"\1     ", data)
    root = parser_of("tree_sitter_kotlin").parse(readable).root_node
    tree = SourceTree("kotlin", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).block(root, tree.module)
    return tree


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.locals = Locals()
        # Scopes of lambdas whose bare names are the parts of what they fill.
        self.filling: set[int] = set()
        self.readers: dict[str, Any] = {
            "import": self.import_,
            "package_header": lambda n, _: plain(n),
            "modifiers": lambda n, _: plain(n),
            "class_declaration": self.class_,
            "object_declaration": self.class_,
            "companion_object": self.companion,
            "object_literal": self.object_literal,
            "enum_entry": self.constant,
            "function_declaration": self.function,
            "secondary_constructor": self.function,
            "anonymous_function": self.function,
            "anonymous_initializer": self.block,
            "property_declaration": self.property,
            "assignment": self.assignment,
            "for_statement": self.loop,
            "return_expression": self.return_,
            "block": self.nested,
            "lambda_literal": self.lambda_,
            "annotated_lambda": lambda n, s: self.expr(n.named_children[-1], s),
            "line_comment": self.comment,
            "block_comment": self.comment,
            "multiline_comment": self.comment,
            "identifier": self.identifier,
            "simple_identifier": self.identifier,
            "this_expression": self.this,
            "super_expression": lambda n, _: Name(*span_of(n), id="super"),
            "navigation_expression": self.navigation,
            "user_type": self.user_type,
            "call_expression": self.statement,
            "infix_expression": self.infix,
            "binary_expression": self.binary,
            "elvis_expression": self.binary,
            "if_expression": self.choice,
            "when_expression": self.choice,
            "try_expression": self.choice,
            "index_expression": self.index,
            "callable_reference": self.reference,
            "string_literal": self.string,
            "multiline_string_literal": self.string,
            "number_literal": lambda n, _: Const(*span_of(n)),
            "character_literal": lambda n, _: Const(*span_of(n)),
            **dict.fromkeys(
                ("parenthesized_expression", "as_expression", "unary_expression",
                 "nullable_type", "annotated_expression", "labeled_expression"),
                self.inner,
            ),
        }  # fmt: skip

    def block(self, node: Node, scope: Scope) -> None:
        """Read every statement below a node."""
        for child in node.named_children:
            self.expr(child, scope)

    def nested(self, node: Node, scope: Scope) -> Expr:
        """A block of its own; as an expression it is what it ends in."""
        self.locals.open()
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        self.locals.close()
        return found[-1] if found else plain(node)

    def expr(self, node: Node, scope: Scope) -> Expr:
        kind = node.type
        if kind == "identifier" and text_of(node) == "null":
            return Const(*span_of(node), blank=True)
        if kind == "identifier" and text_of(node) in ("true", "false"):
            return Const(*span_of(node))
        reader = self.readers.get(kind)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        return Expr(*span_of(node), parts=tuple(self.expr(c, scope) for c in node.named_children))

    # -- statements ------------------------------------------------------------------

    def import_(self, node: Node, scope: Scope) -> None:
        parts = self.parts_of(node)
        if not parts:
            return
        path, line = "".join(text_of(parts[0]).split()).strip("`"), node.start_point[0] + 1
        if any(token.type == "*" for token in node.children):
            self.tree.imports.append(Import(path, "*", "*", line))
            return
        module, _, name = path.rpartition(".")
        local = text_of(parts[1]) if len(parts) > 1 else name
        self.tree.imports.append(Import(module, name, local, line))

    def statement(self, node: Node, scope: Scope) -> Expr:
        """A call; where it stands alone, what it sets on a variable is kept."""
        value = self.call(node, scope)
        above = node.parent
        alone = above is not None and above.type in ("block", "lambda_literal", "function_body")
        if not alone or not isinstance(value, Call):
            return value
        if isinstance(value.function, Name) and scope.kind == "function" and not scope.name:
            self.set_on_self(value, scope)
        root, setters = changes_by(value, self.builds(head_of(value), scope))
        place_setters(root, setters, scope)
        return value

    def set_on_self(self, call: Call, scope: Scope) -> None:
        """A bare call in a lambda that fills what it is given: ``header("k", "v")``."""
        name = call.function.id if isinstance(call.function, Name) else ""
        given = tuple(a.value for a in call.arguments if not a.spread)
        if name and given and self.locals.known(name) is None:
            items = Sequence(call.start, call.end, call.line, call.end_line, call.column,
                             items=given)  # fmt: skip
            change = Change(None, items, scope, setter=name)
            scope.changes.setdefault(SELF, []).append(change)

    def builds(self, root: Expr, scope: Scope) -> bool:
        """Whether a variable is a builder: declared as one, or made by one's factory."""
        name = root.id if isinstance(root, Name) else ""
        for binding in scope.bindings.get(name, ()):
            for place in (binding.annotation, binding.value):
                text = self.tree.data[place.start : place.end] if place is not None else b""
                if text.endswith(b"Builder") or re.search(rb"uilder\(\)$|\.prompt\(", text):
                    return True
        return False

    def property(self, node: Node, scope: Scope) -> None:
        declared, names, value, default = None, [], None, self.injected(node)
        for child in self.parts_of(node):
            if child.type == "variable_declaration":
                names.append(child)
            elif child.type == "multi_variable_declaration":
                names += [c for c in child.named_children if c.type == "variable_declaration"]
            elif child.type in ("modifiers", "type_parameters", "user_type", "nullable_type"):
                continue
            elif child.type == "property_delegate":
                value = self.delegate(child, scope)
            elif child.type in ("getter", "setter"):
                given = self.accessor(child, scope)
                value = value or (given if child.type == "getter" else None)
            else:
                value = self.expr(child, scope)
        for place, one in enumerate(names):
            name = next((c for c in one.named_children if c.type == "identifier"), None)
            kind = next((c for c in one.named_children if c.type in _TYPES), None)
            declared = self.expr(kind, scope) if kind is not None else None
            picked = value
            if value is not None and len(names) > 1:
                picked = Item(*span_of(one), value=value, position=place)
            if name is not None:
                self.bind(text_of(name).strip("`"), picked, declared, scope, default)

    def bind(
        self, name: str, value: Expr | None, declared: Expr | None, scope: Scope,
        default: Str | None = None,
    ) -> None:  # fmt: skip
        """A variable of a function or a file, or a property of a class."""
        binding = Binding("assign" if value is not None else "field", value, scope, declared)
        if default is not None and value is None:
            binding = Binding("parameter", default, scope, declared)
        if scope.kind == "class":
            scope.attributes.setdefault(name, []).append(binding)
        elif scope.kind == "module":
            scope.bind(name, binding)
        else:
            scope.bind(self.locals.declare(name, scope), binding)

    def injected(self, node: Node) -> Str | None:
        """The default of a value that a framework sets from its configuration."""
        modifiers = next((c for c in node.named_children if c.type == "modifiers"), None)
        for child in modifiers.named_children if modifiers is not None else ():
            text = text_of(child)
            if _INJECTED.match(text):
                default = _VALUES.match(text)
                return Str(*span_of(child), value=default.group(1) if default else "")
        return None

    def delegate(self, node: Node, scope: Scope) -> Expr | None:
        """``by lazy { OpenAI() }`` is what the lambda ends in."""
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        return found[0] if found and isinstance(found[0], Call) else None

    def accessor(self, node: Node, scope: Scope) -> Expr | None:
        """``get() = client`` as something that is called with nothing."""
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.body(node, inner)
        return Call(*span_of(node), function=Function(*span_of(node), scope=inner))

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value, target = self.expr(right, scope), self.expr(left, scope)
        if not any(token.type == "=" for token in node.children):
            return value
        owner = scope.enclosing("class")
        binding = Binding("assign", value, scope)
        key = Str(*span_of(left), value=target.name if isinstance(target, Attr) else "")
        if isinstance(target, Name):
            self.assign(target.id, binding, scope, owner)
        elif isinstance(target, Attr) and isinstance(target.value, Name):
            holder = target.value.id
            lambda_ = scope.kind == "function" and not scope.name
            own = owner is not None and target.name in owner.attributes
            if holder == "this" and lambda_ and (id(scope) in self.filling or not own):
                scope.changes.setdefault(SELF, []).append(Change(key, value, scope))
            elif holder == "this" and owner is not None:
                owner.attributes.setdefault(target.name, []).append(binding)
            else:
                scope.changes.setdefault(holder, []).append(Change(key, value, scope))
        elif isinstance(target, Item) and isinstance(target.value, Name):
            change = Change(target.key, value, scope)
            scope.changes.setdefault(target.value.id, []).append(change)
        return value

    def assign(self, name: str, binding: Binding, scope: Scope, owner: Scope | None) -> None:
        """A name in a function is a local, a property around it, or what a lambda fills."""
        home: Scope | None = scope
        while home is not None and name not in home.bindings and home is not owner:
            home = home.parent
        known = home is not None and (home.kind != "class" or name in home.attributes)
        if id(scope) in self.filling and name not in scope.bindings:
            known = False
        if scope.kind == "function" and not scope.name and not known and binding.value is not None:
            key = Str(*_span(binding.value), value=name)
            change = Change(key, binding.value, scope)
            scope.changes.setdefault(SELF, []).append(change)
        elif home is not None and home.kind == "class":
            home.attributes.setdefault(name, []).append(binding)
        else:
            (home or scope).bind(name, binding)

    def loop(self, node: Node, scope: Scope) -> None:
        parts = self.parts_of(node)
        self.locals.open()
        names = [c for c in parts if c.type == "variable_declaration"]
        rest = [c for c in parts if c.type not in ("variable_declaration", "modifiers")]
        whole = self.expr(rest[0], scope) if rest else None
        for one in names:
            name = next((c for c in one.named_children if c.type == "identifier"), None)
            if name is not None:
                known = self.locals.declare(text_of(name), scope)
                scope.bind(known, Binding("loop", whole, scope))
        for child in rest[1:]:
            self.expr(child, scope)
        self.locals.close()

    def return_(self, node: Node, scope: Scope) -> None:
        function: Scope | None = scope
        while function is not None and not (function.kind == "function" and function.name):
            function = function.parent
        for child in self.parts_of(node):
            value = self.expr(child, scope)
            if function is not None and child.type != "label":
                function.returns.append(value)

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- classes and functions -------------------------------------------------------

    def class_(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name")).strip("`")
        inner = Scope("class", name, scope, node.start_byte, node.end_byte, implicit=True)
        scope.bind(name, Binding("class", None, scope, defined=inner))
        bases: list[Expr] = []
        self.locals.open()
        for child in self.parts_of(node):
            if child.type == "primary_constructor":
                for parameters in child.named_children:
                    for one in parameters.named_children:
                        self.parameter(one, inner, scope)
            elif child.type == "delegation_specifiers":
                for base in child.named_children:
                    kinds = [n for n in _below(base) if n.type == "user_type"]
                    bases += [self.expr(kinds[0], scope)] if kinds else []
                    self.block(base, inner)
        inner.bases = tuple(b.value if isinstance(b, Item) else b for b in bases[:1])
        for child in node.named_children:
            if child.type in ("class_body", "enum_class_body"):
                self.block(child, inner)
        self.locals.close()
        for field in inner.attributes:
            inner.bindings.pop(field, None)

    def companion(self, node: Node, scope: Scope) -> None:
        """Members of a companion are the class's own."""
        for child in node.named_children:
            if child.type == "class_body":
                self.block(child, scope)

    def object_literal(self, node: Node, scope: Scope) -> None:
        inner = Scope("class", "", scope, node.start_byte, node.end_byte, implicit=True)
        for child in node.named_children:
            if child.type == "class_body":
                self.block(child, inner)

    def constant(self, node: Node, scope: Scope) -> None:
        parts = self.parts_of(node)
        if not parts:
            return
        given = [a for c in parts if c.type == "value_arguments" for a in self.arguments(c, scope)]
        function = Name(*span_of(node), id=scope.name)
        made = Call(*span_of(node), function=function, arguments=tuple(given), new=True)
        name = text_of(parts[0])
        scope.attributes.setdefault(name, []).append(Binding("assign", made, scope))
        for child in parts:
            if child.type == "class_body":
                self.object_literal(node, scope)

    def function(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name")).strip("`") or "constructor"
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        if node.type == "function_declaration":
            scope.bind(name, Binding("function", None, scope, defined=inner))
        self.locals.open()
        seen = False
        for child in self.parts_of(node):
            if child.type == "function_value_parameters":
                seen = True
                self.parameters(child, inner, scope)
            elif child.type in _TYPES and seen:
                inner.result = self.expr(child, scope)
        self.body(node, inner)
        self.locals.close()
        return Function(*span_of(node), scope=inner)

    def body(self, node: Node, inner: Scope) -> None:
        """A function's body: a block, or an expression that is its result."""
        for child in node.named_children:
            if child.type == "block":
                self.nested(child, inner)
            elif child.type == "function_body":
                for part in self.parts_of(child):
                    if part.type == "block":
                        self.nested(part, inner)
                    else:
                        inner.returns.append(self.expr(part, inner))

    def parameters(self, node: Node, inner: Scope, outer: Scope) -> None:
        """Parameters, each with the default that follows it."""
        last: Binding | None = None
        for child in self.parts_of(node):
            if child.type == "parameter":
                last = self.parameter(child, inner, outer)
            elif child.type != "parameter_modifiers" and last is not None:
                last.value = self.expr(child, outer)

    def parameter(self, node: Node, inner: Scope, outer: Scope) -> Binding | None:
        name, declared, value = "", None, None
        for child in self.parts_of(node):
            if child.type == "identifier" and not name:
                name = text_of(child).strip("`")
            elif child.type in _TYPES and declared is None:
                declared = self.expr(child, outer)
            elif child.type not in ("modifiers", "parameter_modifiers"):
                value = self.expr(child, outer)
        if not name:
            return None
        binding = Binding("parameter", value or self.injected(node), outer, declared)
        if inner.kind == "class":
            inner.attributes.setdefault(name, []).append(binding)
        else:
            inner.bind(self.locals.declare(name, inner), binding)
        return binding

    def lambda_(
        self, node: Node, scope: Scope, given: Expr | None = None, *,
        fills: bool = False, gives: bool = False,
    ) -> Function:  # fmt: skip
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        if fills:
            self.filling.add(id(inner))
        self.locals.open()
        parts = self.parts_of(node)
        named = [c for c in parts if c.type == "lambda_parameters"]
        names = [n for c in named for n in _below(c) if n.type == "variable_declaration"]
        for one in names:
            name = next((c for c in one.named_children if c.type == "identifier"), None)
            if name is not None:
                self.bind_it(inner, text_of(name), given if len(names) == 1 else None, scope)
        if not named and given is not None:
            self.bind_it(inner, "it", given, scope)
        values = [self.expr(c, inner) for c in parts if c.type != "lambda_parameters"]
        if inner.changes.get(SELF) and not gives:
            # `{ model = "m"; header("k", "v") }` stands for what it fills.
            inner.returns.append(Name(*span_of(node), id=SELF))
        elif values:
            inner.returns.append(values[-1])
        self.locals.close()
        return Function(*span_of(node), scope=inner)


def _below(node: Node) -> list[Node]:
    """A node and everything below it that is no body."""
    found, stack = [], [node]
    while stack:
        one = stack.pop(0)
        found.append(one)
        stack += [c for c in one.named_children if c.type not in (*COMMENTS, "class_body")]
    return found


def _span(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
