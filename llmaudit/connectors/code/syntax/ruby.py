"""Ruby source to a SourceTree, by tree-sitter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.scopes import lookup
from llmaudit.connectors.code.syntax.nodes import comment_of, parser_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.ruby_expressions import Expressions, Known, mapping_of
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
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LAST = {
    "parenthesized_statements", "then", "else", "begin_block", "body_statement", "block_body",
    "program", "begin", "ensure", "do",
}  # fmt: skip
_READERS = {"attr_reader", "attr_accessor", "cattr_accessor", "mattr_accessor", "class_attribute"}
# What takes a block as the body of a method of that name; in RSpec, of a value.
_DEFINERS = {"define_method", "let", "let!", "subject", "memoize"}
# Class-level declarations whose value a request of the class takes (HTTParty).
_MACROS = {"base_uri", "headers", "default_params", "default_options"}
_SKIPPED = {"heredoc_body", "comment", "uninterpreted", "empty_statement"}


def parse(data: bytes) -> SourceTree:
    """Read one file.

    Args:
        data: UTF-8 source.
    """
    root = parser_of("tree_sitter_ruby").parse(data).root_node
    tree = SourceTree("ruby", data, Scope("module", "", None, 0, len(data)))
    reader = _Reader(tree, Known.of(root))
    reader.block(root, tree.module)
    tree.imports += [
        Import(name.removeprefix("::"), "", name, line) for name, line in reader.constants.items()
    ]
    tree.imports += [
        Import(holder, name, f"{holder}::{name}", node.start_point[0] + 1)
        for (holder, name), node in reader.members.items()
    ]
    return tree


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree, known: Known) -> None:
        self.tree = tree
        self.known = known
        self.constants: dict[str, int] = {}
        self.members: dict[tuple[str, str], Node] = {}
        self.readers: dict[str, Any] = {
            "class": self.class_,
            "module": self.class_,
            "singleton_class": self.singleton,
            "method": self.method,
            "singleton_method": self.method,
            "assignment": self.assignment,
            "operator_assignment": self.assignment,
            "return": self.return_,
            "if": self.branches,
            "unless": self.branches,
            "elsif": self.branches,
            "case": self.branches,
            "case_match": self.branches,
            "if_modifier": self.modified,
            "unless_modifier": self.modified,
            "rescue_modifier": self.modified,
            "while_modifier": self.modified,
            "until_modifier": self.modified,
            "for": self.loop,
            "comment": self.comment,
            "identifier": self.identifier,
            "constant": self.constant,
            "scope_resolution": self.resolution,
            "instance_variable": self.variable,
            "class_variable": self.variable,
            "global_variable": lambda n, _: Name(*span_of(n), id=text_of(n)),
            "self": lambda n, _: Name(*span_of(n), id="self"),
            "call": self.call,
            "element_reference": self.item,
            "hash": self.hash,
            "array": self.array,
            "string_array": self.array,
            "symbol_array": self.array,
            "string": self.string,
            "bare_string": self.string,
            "bare_symbol": self.string,
            "delimited_symbol": self.string,
            "chained_string": self.chained,
            "heredoc_beginning": self.heredoc,
            "simple_symbol": lambda n, _: Str(*span_of(n), value=text_of(n)[1:]),
            "hash_key_symbol": lambda n, _: Str(*span_of(n), value=text_of(n)),
            "conditional": self.conditional,
            "binary": self.binary,
            "lambda": self.lambda_,
            "integer": lambda n, _: Const(*span_of(n)),
            "float": lambda n, _: Const(*span_of(n)),
            "true": lambda n, _: Const(*span_of(n)),
            "false": lambda n, _: Const(*span_of(n)),
            "nil": lambda n, _: Const(*span_of(n), blank=True),
        }

    def block(self, node: Node, scope: Scope) -> Expr | None:
        """Read every statement below a node; the last one's expression, as Ruby answers it."""
        last: Expr | None = None
        for child in node.named_children:
            if child.type in _SKIPPED:
                if child.type == "comment":
                    self.comment(child, scope)
                continue
            value = self.expr(child, scope)
            if child.type == "identifier" and lookup(text_of(child), scope) is None:
                # A method's name that stands alone is a call of it.
                call = Call(*span_of(child), function=value)
                self.tree.calls[call.start, call.end] = (call, scope)
            if child.type in ("rescue", "else"):
                # What is answered instead of the body's last.
                last = value if last is None else Either(*span_of(node), options=(last, value))
            elif child.type != "ensure":
                last = value
        return last

    def expr(self, node: Node, scope: Scope) -> Expr:
        kind = node.type
        if kind in _LAST:
            return self.block(node, scope) or plain(node)
        reader = self.readers.get(kind)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        parts = tuple(self.expr(c, scope) for c in node.named_children if c.type not in _SKIPPED)
        if kind in ("when", "in_clause", "rescue") and parts:
            return parts[-1]
        return Expr(*span_of(node), parts=parts)

    # -- statements ------------------------------------------------------------------

    def class_(self, node: Node, scope: Scope) -> Expr:
        name_node = node.child_by_field_name("name")
        name = text_of(name_node).rpartition("::")[2]
        # `class A::B` and `class B` inside `module A` are the same to who reads the file.
        inner = Scope("class", name, scope, node.start_byte, node.end_byte, implicit=True)
        scope.bind(name, Binding("class", None, scope, defined=inner))
        base = node.child_by_field_name("superclass")
        if base is not None and base.named_children:
            inner.bases = (self.expr(base.named_children[0], scope),)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)
        return plain(node)

    def singleton(self, node: Node, scope: Scope) -> Expr:
        """``class << self``: its methods are the class's own."""
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)
        return plain(node)

    def method(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        # A method is its class's, whatever block it is written in.
        owner = scope.enclosing("class") or self.tree.module
        owner.bind(name, Binding("function", None, owner, defined=inner))
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            last = self.expr(body, inner)
            if not (inner.returns and inner.returns[-1] is last):
                inner.returns.append(last)
        # `def` answers the method's name, so that `private def x` is no use of it.
        return plain(node)

    def parameters(self, node: Node, scope: Scope, each: Expr | None = None) -> None:
        """Bind parameters; ``each`` is what a block's first one is an element of."""
        outer = scope.parent or scope
        for child in node.named_children:
            name = child.child_by_field_name("name") or child
            value = child.child_by_field_name("value")
            if name.type == "identifier":
                default = self.expr(value, scope) if value is not None else None
                if each is not None:
                    scope.bind(text_of(name), Binding("loop", each, outer))
                    each = None
                else:
                    scope.bind(text_of(name), Binding("parameter", default, scope))
            elif child.type == "destructured_parameter":
                self.parameters(child, scope)

    def return_(self, node: Node, scope: Scope) -> Expr:
        values = [
            self.expr(given, scope) for child in node.named_children for given in _given(child)
        ]
        value = (
            Sequence(*span_of(node), items=tuple(values))
            if len(values) > 1
            else (values[0] if values else Const(*span_of(node), blank=True))
        )
        function = scope
        while function.kind == "function" and not function.name and function.parent is not None:
            # A block's return leaves the method it stands in.
            function = function.parent
        if function.kind == "function":
            function.returns.append(value)
        return value

    def branches(self, node: Node, scope: Scope) -> Expr:
        options: list[Expr] = []
        others: list[Expr] = []
        for child in node.named_children:
            if child.type in ("then", "else", "elsif", "when", "in_clause"):
                options.append(self.expr(child, scope))
            elif child.type not in _SKIPPED:
                others.append(self.expr(child, scope))
        return Either(*span_of(node), options=tuple(options), parts=tuple(others))

    def modified(self, node: Node, scope: Scope) -> Expr:
        """``body if condition``, ``body rescue other``."""
        body = node.child_by_field_name("body")
        value: Expr | None = None
        for child in node.named_children:
            read = self.expr(child, scope)
            if child == body:
                value = read
        return value or plain(node)

    def loop(self, node: Node, scope: Scope) -> None:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        given = value.named_children if value is not None else []
        whole = self.expr(given[0], scope) if given else None
        if pattern is not None and pattern.type == "identifier":
            scope.bind(text_of(pattern), Binding("loop", whole, scope))
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        values = right.type == "right_assignment_list"
        value = self.array(right, scope) if values else self.expr(right, scope)
        operator = text_of(node.child_by_field_name("operator"))
        if left.type in ("element_reference", "call"):
            self.expr(left, scope)
        if left.type == "left_assignment_list":
            for place, child in enumerate(left.named_children):
                if isinstance(value, Sequence) and place < len(value.items):
                    self.target(child, value.items[place], scope)
                else:
                    self.target(child, Item(*span_of(child), value=value), scope)
        elif operator in ("", "||="):
            self.target(left, value, scope)
        elif operator:
            # What is added is not followed.
            self.target(left, Expr(*span_of(right), parts=(value,)), scope)
        return value

    def target(self, left: Node, value: Expr, scope: Scope) -> None:
        kind = left.type
        if kind in ("identifier", "constant", "global_variable"):
            name = text_of(left)
            self.home(name, scope, outermost=kind == "global_variable").bind(
                name, Binding("assign", value, scope)
            )
        elif kind in ("instance_variable", "class_variable"):
            self.attribute(f"@{text_of(left).lstrip('@')}", value, scope)
        elif kind == "call":
            holder = left.child_by_field_name("receiver")
            name = text_of(left.child_by_field_name("method"))
            if holder is not None and holder.type == "self":
                self.attribute(name, value, scope)
            elif holder is not None:
                self.change(holder, Str(*span_of(left), value=name), value, scope)
        elif kind == "element_reference":
            holder = left.child_by_field_name("object")
            keys = [c for c in left.named_children if c != holder]
            if holder is not None and keys:
                self.change(holder, self.expr(keys[0], scope), value, scope)

    def home(self, name: str, scope: Scope, *, outermost: bool = False) -> Scope:
        """Where a variable lives: a block sets those of the method around it."""
        if outermost:
            return self.tree.module
        current: Scope | None = scope
        while current is not None:
            if name in current.bindings:
                return current
            if current.kind != "function" or current.name:
                break
            current = current.parent
        return scope

    def attribute(self, name: str, value: Expr, scope: Scope) -> None:
        owner = scope.enclosing("class")
        binding = Binding("assign", value, scope)
        if owner is not None:
            owner.attributes.setdefault(name, []).append(binding)
        else:
            self.tree.module.bind(name, binding)

    def change(self, holder: Node, key: Expr | None, value: Expr, scope: Scope) -> None:
        """A mapping or an object changed: kept where its name is looked up."""
        text = text_of(holder)
        where = scope
        if text.startswith("@"):
            where = scope.enclosing("class") or self.tree.module
            text = f"self.@{text.lstrip('@')}" if where.kind == "class" else text
        where.changes.setdefault(text, []).append(Change(key, value, scope))

    def comment(self, node: Node, scope: Scope) -> None:
        text = text_of(node).lstrip("#").strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    def lambda_(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        parameters, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        if parameters is not None:
            self.parameters(parameters, inner)
        if body is not None:
            self.closure(body, inner)
        return Function(*span_of(node), scope=inner)

    def closure(self, node: Node, inner: Scope, each: Expr | None = None) -> None:
        """The body of a block, with its parameters."""
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inner, each)
        body = node.child_by_field_name("body")
        if body is not None:
            inner.returns.append(self.expr(body, inner))

    def merged(self, holder: Node, value: Expr, scope: Scope) -> None:
        """``hash.merge!(other)``."""
        self.change(holder, None, value, scope)

    def declared(self, call: Call, name: str, scope: Scope) -> None:
        """What a receiverless call in a class's or a block's body makes known under a name."""
        given = [a for a in call.arguments if a.name is None]
        names = [a.value.value for a in given if isinstance(a.value, Str) and a.value.value]
        block = next((a.value for a in call.arguments if a.name == "&block"), None)
        if name in _READERS and scope.kind == "class":
            for one in names:
                held = Name(*_span(call), id="self")
                variable = Attr(*_span(call), value=held, name=f"@{one}")
                scope.attributes.setdefault(one, []).append(Binding("assign", variable, scope))
        elif name in _DEFINERS and names and isinstance(block, Function):
            scope.bind(names[0], Binding("function", None, scope, defined=block.scope))
        elif name in _MACROS and scope.kind == "class" and call.arguments:
            value = given[0].value if len(call.arguments) == 1 and given else mapping_of(call)
            scope.attributes.setdefault(name, []).append(Binding("assign", value, scope))


def _span(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column


def _given(node: Node) -> list[Node]:
    return list(node.named_children) if node.type == "argument_list" else [node]
