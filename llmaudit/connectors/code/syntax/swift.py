"""Swift source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.jvm import Locals
from llmaudit.connectors.code.syntax.nodes import comment_of, parser_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.swift_expressions import COMMENTS, IMPLIED, TYPES, named_in
from llmaudit.connectors.code.syntax.swift_flow import Flow
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Const,
    Either,
    Expr,
    Function,
    Import,
    Item,
    Name,
    Scope,
    SourceTree,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# What may stand around a type.
_AROUND = ("optional_type", "existential_type", "opaque_type", "tuple_type_item")
# Wrappers whose value a user or a command line sets: what stands in the source is its default.
_SET_OUTSIDE = re.compile(r"^@(?:AppStorage|SceneStorage|Option|Argument|Default|Shared)\b")
# `@Environment(Store.self) var store`: the type stands in the wrapper.
_BY_TYPE = re.compile(r"^@\w+\(\s*([A-Z]\w*)\.self\s*\)")


def parse(data: bytes) -> SourceTree:
    """Read one file; broken parts are left out of the tree."""
    root = parser_of("tree_sitter_swift").parse(data).root_node
    tree = SourceTree("swift", data, Scope("module", "", None, 0, len(data)), broken=root.has_error)
    _Reader(tree).file(root)
    return tree


class _Reader(Flow):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.locals = Locals()
        self.pairs: dict[str, Expr] = {}
        self.types: set[str] = set()
        self.readers: dict[str, Any] = {
            "import_declaration": self.import_,
            "class_declaration": self.class_,
            "protocol_declaration": self.class_,
            "typealias_declaration": self.alias,
            "function_declaration": self.function,
            "protocol_function_declaration": self.function,
            "init_declaration": self.function,
            "deinit_declaration": self.function,
            "subscript_declaration": self.function,
            "property_declaration": self.property,
            "protocol_property_declaration": self.property,
            "enum_entry": self.case,
            "assignment": self.assignment,
            "if_statement": self.choice,
            "guard_statement": self.conditions,
            "while_statement": self.nested_conditions,
            "repeat_while_statement": self.nested_conditions,
            "switch_statement": self.switch,
            "for_statement": self.loop,
            "do_statement": self.nested,
            "catch_block": self.nested,
            "statements": self.nested,
            "control_transfer_statement": self.return_,
            "comment": self.comment,
            "multiline_comment": self.comment,
            "modifiers": lambda n, _: plain(n),
            "simple_identifier": self.identifier,
            "self_expression": lambda n, _: Name(*span_of(n), id="self"),
            "super_expression": lambda n, _: Name(*span_of(n), id="super"),
            "navigation_expression": self.navigation,
            "user_type": self.user_type,
            "call_expression": self.statement,
            "constructor_expression": self.statement,
            "macro_invocation": self.macro,
            "lambda_literal": self.closure,
            "prefix_expression": self.prefix,
            "additive_expression": self.addition,
            "nil_coalescing_expression": self.otherwise,
            "ternary_expression": self.ternary,
            "dictionary_literal": self.dictionary,
            "array_literal": self.array,
            "tuple_expression": self.tuple_,
            "line_string_literal": self.string,
            "multi_line_string_literal": self.string,
            "raw_string_literal": self.string,
            "nil_literal": lambda n, _: Const(*span_of(n), blank=True),
            **dict.fromkeys(
                ("integer_literal", "real_literal", "boolean_literal", "hex_literal"),
                lambda n, _: Const(*span_of(n)),
            ),
            **dict.fromkeys(
                ("try_expression", "await_expression", "postfix_expression", "as_expression",
                 "optional_type", "existential_type", "opaque_type",
                 "directly_assignable_expression"),
                self.inner,
            ),
        }  # fmt: skip

    def file(self, root: Node) -> None:
        """Read a whole file; which types it declares is known before anything is read."""
        stack = [root]
        while stack:
            node = stack.pop()
            if node.type in ("class_declaration", "protocol_declaration") and not _extends(node):
                self.types.add(text_of(node.child_by_field_name("name")))
            if node.type in ("source_file", "class_body", "enum_class_body", "ERROR") or (
                node.type in ("class_declaration", "protocol_declaration")
            ):
                stack += node.named_children
        self.block(root, self.tree.module)

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
        reader = self.readers.get(node.type)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        return Expr(*span_of(node), parts=tuple(self.expr(c, scope) for c in node.named_children))

    # -- statements ------------------------------------------------------------------

    def import_(self, node: Node, scope: Scope) -> None:
        """``import OpenAI``, ``@testable import OpenAI``, ``import class OpenAI.Client``."""
        path = next((c for c in node.named_children if c.type == "identifier"), None)
        if path is None:
            return
        names = text_of(path).replace("`", "").split(".")
        line = node.start_point[0] + 1
        self.tree.imports.append(Import(names[0], "*", "*", line))
        # The module itself goes before a name, where two modules share one.
        if len(names) > 1:
            self.tree.imports.append(Import(names[0], names[-1], names[-1], line))

    def statement(self, node: Node, scope: Scope) -> Expr:
        """A call; what it sets on a variable is kept."""
        value = self.call(node, scope)
        if isinstance(value, Call):
            self.sets(value, scope)
        return value

    def macro(self, node: Node, scope: Scope) -> Expr:
        parts = tuple(self.expr(c, scope) for c in node.named_children)
        return Expr(*span_of(node), parts=parts)

    def property(self, node: Node, scope: Scope) -> None:
        """``let a = x``, ``var a: T { get }``, ``let (a, b) = pair``; several in one."""
        declared, outside = self.wrapper(node)
        names: list[Node] = []
        value: Expr | None = None
        kind: Expr | None = declared
        for place, child in enumerate(node.children):
            field = node.field_name_for_child(place)
            if field == "name" and child.is_named:
                self.bind_all(names, value, kind, scope, outside)
                names, value, kind = list(named_in(child)), None, declared
            elif child.type == "type_annotation":
                kind = self.annotation(child, scope) or kind
            elif field == "value":
                value = self.expr(child, scope)
            elif field == "computed_value" or child.type == "willset_didset_block":
                given = self.accessor(child, scope)
                value = given if field == "computed_value" else value
        self.bind_all(names, value, kind, scope, outside)

    def bind_all(
        self, names: list[Node], value: Expr | None, declared: Expr | None, scope: Scope,
        outside: bool = False,
    ) -> None:  # fmt: skip
        """The names that one pattern binds to one value."""
        for place, node in enumerate(names):
            picked = value
            if value is not None and len(names) > 1:
                picked = Item(*span_of(node), value=value, key=plain(node), position=place)
            elif value is not None:
                picked = self.typed(value, declared)
            self.bind(text_of(node).strip("`"), picked, declared, scope, outside)

    def bind(
        self, name: str, value: Expr | None, declared: Expr | None, scope: Scope,
        outside: bool = False,
    ) -> None:  # fmt: skip
        """A variable of a function or a file, or a property of a type."""
        binding = Binding("assign" if value is not None else "field", value, scope, declared)
        if outside:
            binding = Binding("parameter", value, scope, declared)
        if scope.kind == "class":
            scope.attributes.setdefault(name, []).append(binding)
        elif scope.kind == "module":
            scope.bind(name, binding)
        else:
            scope.bind(self.declare(name, scope, value), binding)

    def declare(self, name: str, scope: Scope, value: Expr | None) -> str:
        """The id of a variable; ``let x = x`` hides the one outside that it is made of."""
        known = self.locals.declare(name, scope)
        inside = {part.id for part in walk(value) if isinstance(part, Name)} if value else set()
        number = 1
        while known in inside or (number > 1 and known in scope.bindings):
            number += 1
            known = f"{name}'{number}"
        self.locals.rename(name, known)
        return known

    def typed(self, value: Expr, declared: Expr | None) -> Expr:
        """``.init(key)`` or ``.shared`` of a declared type, as if the type stood before it."""
        inner = declared.value if isinstance(declared, Item) else declared
        if not isinstance(inner, Name | Attr):
            return value
        if isinstance(value, Either):
            value.options = tuple(self.typed(one, declared) for one in value.options)
        if isinstance(value, Attr) and _is_implied(value.value):
            value.value = inner
        elif isinstance(value, Attr | Call):
            at: Expr = value
            while isinstance(at, Call) or (isinstance(at, Attr) and not _is_implied(at.value)):
                above, at = at, at.function if isinstance(at, Call) else at.value
                if isinstance(at, Attr) and _is_implied(at.value):
                    if at.name == "init" and isinstance(above, Call):
                        above.function = inner
                    else:
                        at.value = inner
                    break
        return value

    def annotation(self, node: Node, scope: Scope) -> Expr | None:
        kind = next((c for c in node.named_children if c.type in TYPES), None)
        return self.type_of(kind, scope) if kind is not None else None

    def type_of(self, node: Node, scope: Scope) -> Expr:
        """A type without what makes it optional, existential or opaque."""
        while node.type in _AROUND or (node.type == "tuple_type" and len(self.parts_of(node)) == 1):
            parts = [c for c in self.parts_of(node) if c.type in (*TYPES, "tuple_type_item")]
            if not parts:
                break
            node = parts[0]
        return self.expr(node, scope)

    def wrapper(self, node: Node) -> tuple[Expr | None, bool]:
        """A type that a property wrapper names, and whether the value is set outside."""
        declared: Expr | None = None
        outside = False
        for child in node.named_children:
            if child.type != "modifiers":
                continue
            for one in child.named_children:
                text = text_of(one)
                outside |= bool(_SET_OUTSIDE.match(text))
                found = _BY_TYPE.match(text)
                if found is not None:
                    declared = Name(*span_of(one), id=found.group(1))
        return declared, outside

    def accessor(self, node: Node, scope: Scope) -> Expr:
        """``{ client }`` and ``get { client }`` as something that is called with nothing."""
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.locals.open()
        for child in self.parts_of(node):
            if child.type == "computed_setter":
                self.body(child, Scope("function", "", scope, child.start_byte, child.end_byte))
            else:
                self.body(child if child.type != "statements" else node, inner)
            if child.type == "statements":
                break
        self.locals.close()
        return Call(*span_of(node), function=Function(*span_of(node), scope=inner))

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- types and functions ---------------------------------------------------------

    def class_(self, node: Node, scope: Scope) -> None:
        """A class, struct, enum, actor or protocol; an extension adds to the type it names."""
        named = node.child_by_field_name("name")
        name = text_of(named).replace("`", "").partition("<")[0]
        known = [b.defined for b in scope.bindings.get(name, ()) if b.defined is not None]
        inner = known[0] if known and known[0].kind == "class" else None
        if inner is None:
            inner = Scope("class", name, scope, node.start_byte, node.end_byte, implicit=True)
            if name in self.types:
                scope.bind(name, Binding("class", None, scope, defined=inner))
            elif named is not None and _extends(node):
                inner.bases = (self.expr(named, scope),)
        bases = [
            self.type_of(kind, scope)
            for child in node.named_children
            if child.type == "inheritance_specifier"
            for kind in child.named_children
            if kind.type in TYPES
        ]
        if not _extends(node):
            inner.bases += tuple(b.value if isinstance(b, Item) else b for b in bases)
        self.locals.open()
        for child in node.named_children:
            if child.type in ("class_body", "enum_class_body", "protocol_body"):
                self.block(child, inner)
        self.locals.close()

    def alias(self, node: Node, scope: Scope) -> None:
        name, kinds = text_of(node.child_by_field_name("name")), self.parts_of(node)[1:]
        meant = [self.type_of(kind, scope) for kind in kinds if kind.type in TYPES]
        if name and meant:
            scope.bind(name, Binding("assign", meant[0], scope))

    def case(self, node: Node, scope: Scope) -> None:
        """``case a, b = "text"``: a case is worth its text, else its name."""
        last = ""
        for place, child in enumerate(node.children):
            field = node.field_name_for_child(place)
            if field == "name" and child.type == "simple_identifier":
                last = text_of(child).strip("`")
            elif field == "raw_value" and last:
                value = self.expr(child, scope)
                scope.attributes.setdefault(last, []).append(Binding("assign", value, scope))

    def function(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name")).strip("`")
        name = name if node.type.endswith("function_declaration") else node.type.partition("_")[0]
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        if node.type.endswith("function_declaration"):
            scope.bind(name, Binding("function", None, scope, defined=inner))
        self.locals.open()
        last: Binding | None = None
        unnamed = 0
        for place, child in enumerate(node.children):
            field = node.field_name_for_child(place)
            if child.type == "parameter":
                last, label = self.parameter(child, inner, scope)
                if last is not None and label[1] == "_":
                    inner.parameters[label[0]] = (unnamed, "")
                    unnamed += 1
                elif last is not None:
                    inner.labels[label[0]] = label[1]
            elif field == "default_value" and last is not None:
                last.value = self.typed(self.expr(child, scope), last.annotation)
            elif field == "name" and child.type in TYPES:
                inner.result = self.type_of(child, scope)
            elif child.type == "computed_property" or field == "body":
                self.body(child, inner)
        self.locals.close()

    def parameter(
        self, node: Node, inner: Scope, outer: Scope
    ) -> tuple[Binding | None, tuple[str, str]]:
        """A parameter, with the id it is bound under and the label it is given by."""
        names = [c for c in node.named_children if c.type == "simple_identifier"]
        kind = next((c for c in node.named_children if c.type in TYPES), None)
        if not names:
            return None, ("", "")
        declared = self.type_of(kind, outer) if kind is not None else None
        binding = Binding("parameter", None, outer, declared)
        name = text_of(names[-1]).strip("`")
        known = self.locals.declare(name, inner)
        inner.bind(known, binding)
        return binding, (known, text_of(names[0]).strip("`"))

    def body(self, node: Node, inner: Scope) -> None:
        """A function's body; a single expression is its result."""
        for child in node.named_children:
            if child.type in COMMENTS:
                self.comment(child, inner)
                continue
            if child.type != "statements":
                continue
            parts = self.parts_of(child)
            for one in child.named_children:
                value = self.expr(one, inner)
                if len(parts) == 1 and one.type not in _NO_VALUE:
                    inner.returns.append(self.typed(value, inner.result))

    def closure(self, node: Node, scope: Scope, each: Expr | None = None) -> Function:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.locals.open()
        kind = next((c for c in node.named_children if c.type == "lambda_function_type"), None)
        listed = [
            one
            for child in (kind.named_children if kind is not None else ())
            if child.type == "lambda_function_type_parameters"
            for one in child.named_children
            if one.type == "lambda_parameter"
        ]
        for place, one in enumerate(listed):
            found, (known, _) = self.parameter(one, inner, scope)
            if found is not None and each is not None and place == 0:
                self.pairs[known] = each
        before = self.pairs.get("$0")
        if each is not None and not listed:
            self.pairs["$0"] = each
        self.body(node, inner)
        if before is not None:
            self.pairs["$0"] = before
        else:
            self.pairs.pop("$0", None)
        self.locals.close()
        return Function(*span_of(node), scope=inner)


_NO_VALUE = (
    *COMMENTS, "property_declaration", "assignment", "control_transfer_statement",
    "for_statement", "while_statement", "guard_statement", "do_statement", "function_declaration",
)  # fmt: skip


def _extends(node: Node) -> bool:
    return any(token.type == "extension" for token in node.children[:3])


def _is_implied(expr: Expr) -> bool:
    return isinstance(expr, Name) and expr.id == IMPLIED
