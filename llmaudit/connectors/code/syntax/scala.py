"""Scala source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.jvm import Locals, changes_by, head_of, place_setters
from llmaudit.connectors.code.syntax.nodes import comment_of, parser_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.scala_expressions import Bound, Expressions
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

_STATEMENTS = {"block", "indented_block", "template_body", "compilation_unit", "case_clause"}
# Extractors of what a value may hold (`case Right(client) =>`).
_HOLDS = {"Some", "Right", "Success", "Ok", "Valid", "Succeeded"}


def parse(data: bytes) -> SourceTree:
    """Read one file; broken parts are left out of the tree."""
    root = parser_of("tree_sitter_scala").parse(data).root_node
    tree = SourceTree("scala", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).block(root, tree.module)
    return tree


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.locals = Locals()
        # What `_` stands for in the arguments of the calls around it.
        self.handed: list[Expr | None] = []
        self.readers: dict[str, Any] = {
            "package_clause": self.package,
            "import_declaration": self.import_,
            "modifiers": lambda n, _: plain(n),
            "annotation": lambda n, _: plain(n),
            "end_marker": lambda n, _: plain(n),
            "template_body": self.block,
            "with_template_body": self.block,
            "class_definition": self.class_,
            "object_definition": self.class_,
            "package_object": self.class_,
            "trait_definition": self.class_,
            "enum_definition": self.class_,
            "simple_enum_case": self.constant,
            "full_enum_case": self.constant,
            "function_definition": self.function,
            "function_declaration": self.function,
            "given_definition": self.given,
            "val_definition": self.value,
            "var_definition": self.value,
            "val_declaration": self.declared,
            "var_declaration": self.declared,
            "assignment_expression": self.assignment,
            "for_expression": self.loop,
            "return_expression": self.return_,
            "block": self.nested,
            "indented_block": self.nested,
            "case_block": lambda n, s: self.cases(n, s, None),
            "lambda_expression": lambda n, s: self.lambda_(n, s, None),
            "comment": self.comment,
            "block_comment": self.comment,
            "identifier": self.identifier,
            "type_identifier": self.identifier,
            "operator_identifier": self.identifier,
            "wildcard": self.wildcard,
            "field_expression": self.field,
            "stable_identifier": self.path,
            "stable_type_identifier": self.path,
            "generic_type": self.generic_type,
            "generic_function": self.generic_function,
            "call_expression": self.statement,
            "instance_expression": self.instance,
            "infix_expression": self.infix,
            "tuple_expression": self.tuple_,
            "if_expression": self.choice,
            "match_expression": self.match,
            "try_expression": self.choice,
            "string": self.string,
            "interpolated_string_expression": self.interpolated,
            "null_literal": lambda n, _: Const(*span_of(n), blank=True),
            **dict.fromkeys(
                ("integer_literal", "floating_point_literal", "boolean_literal",
                 "character_literal", "unit"),
                lambda n, _: Const(*span_of(n)),
            ),
            **dict.fromkeys(
                ("parenthesized_expression", "ascription_expression", "prefix_expression",
                 "postfix_expression", "lazy_parameter_type", "repeated_parameter_type",
                 "compound_type", "infix_type", "applied_constructor_type", "annotated_type"),
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
        if kind == "identifier" and text_of(node) == "None":
            return Const(*span_of(node), blank=True)
        if kind == "identifier" and text_of(node) == "Nil":
            return Sequence(*span_of(node))
        reader = self.readers.get(kind)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        return Expr(*span_of(node), parts=tuple(self.expr(c, scope) for c in node.named_children))

    # -- statements ------------------------------------------------------------------

    def package(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)

    def import_(self, node: Node, scope: Scope) -> None:
        """``a.b.C``, ``a.b.{C, D => E}``, ``a.b._``, several with commas between them."""
        path: list[str] = []
        closed = False
        for child in node.children:
            if child.type == "identifier":
                path.append(text_of(child).strip("`"))
                closed = False
            elif child.type == "namespace_selectors":
                for one in child.named_children:
                    self.imported(path, one)
                closed = True
            elif child.type in ("namespace_wildcard", "as_renamed_identifier"):
                self.imported(path, child)
                closed = True
            elif child.type == ",":
                self.import_path(path, closed, node)
                path, closed = [], False
        self.import_path(path, closed, node)

    def import_path(self, path: list[str], closed: bool, node: Node) -> None:
        if not closed and len(path) > 1:
            line = node.start_point[0] + 1
            module = self.module_of(path[:-1])
            self.tree.imports.append(Import(module, path[-1], path[-1], line))

    def imported(self, path: list[str], node: Node) -> None:
        """One selector of an import."""
        line = node.start_point[0] + 1
        name = text_of(node.child_by_field_name("name") or node).strip("`")
        local = text_of(node.child_by_field_name("alias")).strip("`") or name
        if node.type == "namespace_wildcard":
            name = local = "*"
        if local != "_":
            self.tree.imports.append(Import(self.module_of(path), name, local, line))

    def module_of(self, path: list[str]) -> str:
        """An import's package; one that an import before it brought is written out."""
        known = next((i for i in self.tree.imports if path and i.local == path[0]), None)
        whole = [known.module, known.name, *path[1:]] if known is not None else path
        return ".".join(part for part in whole if part != "_root_")

    def statement(self, node: Node, scope: Scope) -> Expr:
        """A call; where it stands alone, what it sets on a variable is kept."""
        value = self.call(node, scope)
        if node.parent is not None and node.parent.type in _STATEMENTS and isinstance(value, Call):
            root, setters = changes_by(value, self.builds(head_of(value), scope))
            place_setters(root, setters, scope)
        return value

    def builds(self, root: Expr, scope: Scope) -> bool:
        """Whether a variable is a builder: declared as one, or made by one's factory."""
        name = root.id if isinstance(root, Name) else ""
        for binding in scope.bindings.get(name, ()):
            for place in (binding.annotation, binding.value):
                text = self.tree.data[place.start : place.end] if place is not None else b""
                if text.endswith(b"Builder") or re.search(rb"uilder(?:\(\))?$", text):
                    return True
        return False

    def value(self, node: Node, scope: Scope) -> None:
        """``val x: T = v``, ``val (a, b) = v``, ``val Right(x) = v``, ``var x: T = _``."""
        pattern = node.child_by_field_name("pattern")
        kind, given = node.child_by_field_name("type"), node.child_by_field_name("value")
        declared = self.expr(kind, scope) if kind is not None else None
        unset = given is None or given.type == "wildcard"
        value = None if unset or given is None else self.expr(given, scope)
        if pattern is not None:
            self.pattern(pattern, value, scope, "field" if value is None else "assign", declared)

    def declared(self, node: Node, scope: Scope) -> None:
        """``val x: T`` without a value."""
        kind = node.child_by_field_name("type")
        declared = self.expr(kind, scope) if kind is not None else None
        for child in node.children_by_field_name("name"):
            self.bind(text_of(child).strip("`"), Binding("field", None, scope, declared), scope)

    def bind(self, name: str, binding: Binding, scope: Scope) -> None:
        """A variable of a function or a file, or a member of a class."""
        if scope.kind == "class":
            scope.attributes.setdefault(name, []).append(binding)
        elif scope.kind == "module":
            scope.bind(name, binding)
        else:
            scope.bind(self.locals.declare(name, scope), binding)

    def pattern(
        self,
        node: Node,
        value: Expr | None,
        scope: Scope,
        kind: Bound,
        declared: Expr | None = None,
    ) -> None:
        """Bind the names of a pattern to what it is matched with."""
        if node.type == "identifiers":
            for child in node.named_children:
                self.pattern(child, value, scope, kind, declared)
        elif node.type == "identifier":
            name = text_of(node).strip("`")
            known: Bound = kind if value is not None or kind == "field" else "parameter"
            self.bind(name, Binding(known, value, scope, declared), scope)
        elif node.type == "typed_pattern":
            inner, of = node.child_by_field_name("pattern"), node.child_by_field_name("type")
            given = self.expr(of, scope) if of is not None else declared
            if inner is not None:
                self.pattern(inner, value, scope, kind, given)
        elif node.type == "case_class_pattern":
            inside = node.children_by_field_name("pattern")
            held = text_of(node.child_by_field_name("type")) in _HOLDS and len(inside) == 1
            for child in inside:
                self.pattern(child, value if held else None, scope, kind)
        elif node.type == "tuple_pattern":
            for place, child in enumerate(node.named_children):
                part = value and Item(*span_of(child), value=value, position=place)
                self.pattern(child, part, scope, kind)
        elif node.type == "capture_pattern":
            name_node, inner = node.child_by_field_name("name"), node.named_children[-1]
            if name_node is not None:
                self.pattern(name_node, value, scope, kind, declared)
            self.pattern(inner, value, scope, kind, declared)
        elif node.type not in ("string", "wildcard", "stable_identifier"):
            for child in node.named_children:
                self.pattern(child, None, scope, kind)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        value = self.expr(right, scope)
        owner = scope.enclosing("class")
        binding = Binding("assign", value, scope)
        if left.type == "call_expression":
            # `map("key") = value`
            held, key = self.indexed(left, scope)
            if held and key is not None:
                scope.changes.setdefault(held, []).append(Change(key, value, scope))
            return value
        target = self.expr(left, scope)
        if isinstance(target, Name):
            home: Scope | None = scope
            while home is not None and target.id not in home.bindings and home is not owner:
                home = home.parent
            if home is not None and home.kind == "class":
                home.attributes.setdefault(target.id, []).append(binding)
            else:
                (home or scope).bind(target.id, binding)
        elif isinstance(target, Attr) and isinstance(target.value, Name):
            if target.value.id == "this" and owner is not None:
                owner.attributes.setdefault(target.name, []).append(binding)
            else:
                change = Change(Str(*span_of(left), value=target.name), value, scope)
                scope.changes.setdefault(target.value.id, []).append(change)
        return value

    def indexed(self, node: Node, scope: Scope) -> tuple[str, Expr | None]:
        function = node.child_by_field_name("function")
        given = node.child_by_field_name("arguments")
        holder = self.expr(function, scope) if function is not None else None
        keys = [self.expr(c, scope) for c in self.parts_of(given)] if given is not None else []
        return (holder.id if isinstance(holder, Name) else "", keys[0] if keys else None)

    def loop(self, node: Node, scope: Scope) -> Expr:
        """``for { a <- client.ask(); b = a.text } yield b``."""
        self.locals.open()
        last: Expr = plain(node)
        for child in self.parts_of(node):
            if child.type != "enumerators":
                last = self.expr(child, scope)
                continue
            for one in self.parts_of(child):
                parts = self.parts_of(one)
                draws = any(token.type in ("<-", "case") for token in one.children)
                if len(parts) < 2:
                    self.block(one, scope)
                    continue
                value = self.expr(parts[1], scope)
                self.pattern(parts[0], value, scope, "loop" if draws else "assign")
                for rest in parts[2:]:
                    self.expr(rest, scope)
        self.locals.close()
        return last

    def return_(self, node: Node, scope: Scope) -> None:
        function: Scope | None = scope
        while function is not None and not (function.kind == "function" and function.name):
            function = function.parent
        for child in self.parts_of(node):
            value = self.expr(child, scope)
            if function is not None:
                function.returns.append(value)

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- classes and functions -------------------------------------------------------

    def class_(self, node: Node, scope: Scope) -> None:
        """A class, a trait, an object or an enumeration; a companion shares its class's scope."""
        name = text_of(node.child_by_field_name("name")).strip("`")
        known = [b.defined for b in scope.bindings.get(name, ()) if b.kind == "class"]
        inner = next((one for one in known if one is not None), None)
        if inner is None:
            inner = Scope("class", name, scope, node.start_byte, node.end_byte, implicit=True)
            scope.bind(name, Binding("class", None, scope, defined=inner))
        self.locals.open()
        for parameters in node.children_by_field_name("class_parameters"):
            for one in parameters.named_children:
                self.parameter(one, inner, scope)
        extended = node.child_by_field_name("extend")
        bases: list[Expr] = []
        for child in extended.named_children if extended is not None else ():
            if child.type == "arguments":
                self.arguments(child, inner)
            else:
                base = self.expr(child, scope)
                bases.append(base.value if isinstance(base, Item) else base)
        inner.bases = inner.bases or tuple(bases)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)
        self.locals.close()

    def constant(self, node: Node, scope: Scope) -> None:
        """A case of an enumeration, made with what it hands its class."""
        name = text_of(node.child_by_field_name("name")).strip("`")
        extended = node.child_by_field_name("extend")
        given = [c for c in (extended.named_children if extended is not None else ())
                 if c.type == "arguments"]  # fmt: skip
        arguments = [a for one in given for a in self.arguments(one, scope)]
        function = Name(*span_of(node), id=scope.name)
        made = Call(*span_of(node), function=function, arguments=tuple(arguments), new=True)
        scope.attributes.setdefault(name, []).append(Binding("assign", made, scope))

    def anonymous(self, node: Node, bases: tuple[Expr, ...], scope: Scope) -> None:
        inner = Scope("class", "", scope, node.start_byte, node.end_byte, implicit=True)
        inner.bases = bases
        self.block(node, inner)

    def function(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node.child_by_field_name("name")).strip("`")
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        scope.bind(name, Binding("function", None, scope, defined=inner))
        self.locals.open()
        for parameters in node.children_by_field_name("parameters"):
            for one in parameters.named_children:
                if one.type == "parameter":
                    self.parameter(one, inner, scope)
        result = node.child_by_field_name("return_type")
        if result is not None:
            inner.result = self.expr(result, scope)
        body = node.child_by_field_name("body")
        if body is not None:
            inner.returns.append(self.expr(body, inner))
        self.locals.close()
        return Function(*span_of(node), scope=inner)

    def given(self, node: Node, scope: Scope) -> None:
        """``given client: Client = Client()``."""
        name = text_of(node.child_by_field_name("name")).strip("`")
        kind, body = node.child_by_field_name("return_type"), node.child_by_field_name("body")
        declared = self.expr(kind, scope) if kind is not None else None
        value = self.expr(body, scope) if body is not None else None
        if name:
            self.bind(name, Binding("assign" if value else "field", value, scope, declared), scope)

    def parameter(self, node: Node, inner: Scope, outer: Scope) -> None:
        name = text_of(node.child_by_field_name("name")).strip("`")
        kind = node.child_by_field_name("type")
        default = node.child_by_field_name("default_value")
        declared = self.expr(kind, outer) if kind is not None else None
        value = self.expr(default, outer) if default is not None else None
        if not name:
            return
        binding = Binding("parameter", value, outer, declared)
        if inner.kind == "class":
            inner.attributes.setdefault(name, []).append(binding)
        else:
            inner.bind(self.locals.declare(name, inner), binding)

    def lambda_(self, node: Node, scope: Scope, given: Expr | None) -> Function:
        """``x => ...``, ``(x: T, y) => ...``, ``: x =>`` and what is indented below it."""
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.locals.open()
        first = node.child_by_field_name("parameters") or node.child_by_field_name("lambda_start")
        names = [first] if first is not None and first.type == "identifier" else []
        if first is not None and not names:
            names = [c for c in first.named_children if c.type in ("binding", "identifier")]
        for one in names:
            name = text_of(one.child_by_field_name("name") or one).strip("`")
            kind = one.child_by_field_name("type")
            declared = self.expr(kind, scope) if kind is not None else None
            held = given if len(names) == 1 else None
            binding = Binding("loop" if held else "parameter", held, scope, declared)
            inner.bind(self.locals.declare(name, inner), binding)
        values = [self.expr(c, inner) for c in self.parts_of(node) if c != first]
        inner.returns += values[-1:]
        self.locals.close()
        return Function(*span_of(node), scope=inner)

    def cases(self, node: Node, scope: Scope, given: Expr | None) -> Function:
        """``{ case Right(x) => ... }`` as a function."""
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        inner.returns += self.clauses(node, given, inner, "loop")
        return Function(*span_of(node), scope=inner)

    def clauses(self, node: Node, value: Expr | None, scope: Scope, kind: Bound) -> list[Expr]:
        """What each case ends in; the names of its pattern stand for what is matched."""
        ends: list[Expr] = []
        for clause in (c for c in node.named_children if c.type == "case_clause"):
            self.locals.open()
            pattern, body = clause.child_by_field_name("pattern"), None
            if pattern is not None:
                self.pattern(pattern, value, scope, kind)
            for child in self.parts_of(clause):
                if child != pattern:
                    body = self.expr(child, scope)
            ends += [body] if body is not None else []
            self.locals.close()
        return ends
