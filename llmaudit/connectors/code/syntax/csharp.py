"""C# source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.csharp_expressions import Expressions
from llmaudit.connectors.code.syntax.jvm import Locals
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
    "class_declaration", "struct_declaration", "interface_declaration", "record_declaration",
    "record_struct_declaration", "enum_declaration",
)  # fmt: skip
_METHODS = (
    "method_declaration", "constructor_declaration", "local_function_statement",
    "destructor_declaration", "operator_declaration", "conversion_operator_declaration",
)  # fmt: skip
_BLOCKS = (
    "block", "for_statement", "switch_section", "catch_clause", "using_statement", "lock_statement",
    "fixed_statement", "while_statement", "do_statement", "checked_statement",
)  # fmt: skip
_NUMBERS = ("integer_literal", "real_literal", "boolean_literal", "character_literal")
_SKIPPED = {"attribute_list", "modifier", "comment", "type_parameter_list"}
_SETTER = re.compile(r"(?:Add|Set|With)[A-Z]")
# Methods that put one more thing into a collection or into headers.
_ADDERS = {"Add", "TryAdd", "TryAddWithoutValidation", "Append", "SetRequestHeader"}


def parse(data: bytes) -> SourceTree:
    """Read one compilation unit; broken parts are left out of the tree."""
    root = parser_of("tree_sitter_c_sharp").parse(data).root_node
    tree = SourceTree("csharp", data, Scope("module", "", None, 0, len(data)))
    tree.broken = root.has_error
    # What global usings of other files bring is not told here: any class may be theirs.
    tree.imports.append(Import("", "*", "*", 1, types_only=True))
    _Reader(tree).block(root, tree.module)
    return tree


class _Reader(Expressions):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.locals = Locals()
        self.readers: dict[str, Any] = {
            "using_directive": self.using,
            "namespace_declaration": self.namespace,
            "file_scoped_namespace_declaration": self.namespace,
            "field_declaration": self.field,
            "local_declaration_statement": self.variables,
            "variable_declaration": self.declaration,
            "property_declaration": self.property,
            "enum_member_declaration": lambda n, _: plain(n),
            "indexer_declaration": lambda n, _: plain(n),
            "attribute_list": lambda n, _: plain(n),
            "assignment_expression": self.assignment,
            "expression_statement": self.statement,
            "foreach_statement": self.loop,
            "return_statement": self.return_,
            "arrow_expression_clause": self.arrow,
            "declaration_expression": self.declared_name,
            "declaration_pattern": self.declared_name,
            "lambda_expression": self.lambda_,
            "anonymous_method_expression": self.lambda_,
            "comment": self.comment,
            "identifier": self.identifier,
            "qualified_name": self.qualified,
            "alias_qualified_name": self.qualified,
            "generic_name": self.generic,
            "this": lambda n, _: Name(*span_of(n), id="this"),
            "base": lambda n, _: Name(*span_of(n), id="base"),
            "member_access_expression": self.member,
            "conditional_access_expression": self.conditional_access,
            "element_access_expression": self.element,
            "invocation_expression": self.invocation,
            "object_creation_expression": self.construction,
            "implicit_object_creation_expression": self.construction,
            "anonymous_object_creation_expression": self.anonymous,
            "array_creation_expression": self.array,
            "implicit_array_creation_expression": self.array,
            "collection_expression": self.array,
            "initializer_expression": self.loose_initializer,
            "with_expression": self.with_,
            "cast_expression": self.cast,
            "as_expression": self.cast,
            "parenthesized_expression": self.inside,
            "await_expression": self.inside,
            "postfix_unary_expression": self.inside,
            "checked_expression": self.inside,
            "ref_expression": self.inside,
            "binary_expression": self.binary,
            "conditional_expression": self.ternary,
            "switch_expression": self.switch,
            "string_literal": self.string,
            "verbatim_string_literal": self.string,
            "raw_string_literal": self.string,
            "interpolated_string_expression": self.interpolated,
            "null_literal": lambda n, _: Const(*span_of(n), blank=True),
            "default_expression": lambda n, _: Const(*span_of(n), blank=True),
            **dict.fromkeys(_CLASSES, self.class_),
            **dict.fromkeys(_METHODS, self.method),
            **dict.fromkeys(_BLOCKS, self.nested),
            **dict.fromkeys(_NUMBERS, lambda n, _: Const(*span_of(n))),
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

    def using(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name")
        target = next((c for c in node.named_children if c != name), None)
        path = re.sub(r"\s+|global::|<.*>$", "", text_of(target))
        line = node.start_point[0] + 1
        if not path:
            return
        if name is not None:
            # `using Chat = OpenAI.Chat;` names a namespace or a type.
            self.tree.imports.append(Import(path, "", text_of(name), line))
        elif any(child.type == "static" for child in node.children):
            module, _, last = path.rpartition(".")
            self.tree.imports.append(Import(module, last, last, line))
        else:
            self.tree.imports.append(Import(path, "*", "*", line))

    def namespace(self, node: Node, scope: Scope) -> None:
        """What stands beside a file in its namespace, and in those around it, needs no using."""
        parts = re.sub(r"\s+", "", text_of(node.child_by_field_name("name"))).split(".")
        line = node.start_point[0] + 1
        for length in range(len(parts), 0, -1):
            path = ".".join(parts[:length])
            if not any(e.module == path and e.name == "*" for e in self.tree.imports):
                self.tree.imports.append(Import(path, "*", "*", line, types_only=True))
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, scope)

    def class_(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("class", name, scope, node.start_byte, node.end_byte, implicit=True)
        scope.bind(name, Binding("class", None, scope, defined=inner))
        self.locals.open()
        for child in node.named_children:
            if child.type == "parameter_list":
                # A primary constructor: its parameters are seen by every member.
                for parameter in child.named_children:
                    self.parameter(parameter, inner, scope)
            elif child.type == "base_list":
                named = [c for c in child.named_children if c.type not in _SKIPPED]
                bases = [self.base_of(c, scope) for c in named]
                inner.bases = tuple(b for b in bases if b is not None)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body, inner)
        self.locals.close()

    def base_of(self, node: Node, scope: Scope) -> Expr | None:
        if node.type == "argument_list":
            self.expr(node, scope)
            return None
        if node.type == "primary_constructor_base_type" and node.named_children:
            self.block(node, scope)
            node = node.named_children[0]
        base = self.type_of(node, scope)
        return base.value if isinstance(base, Item) else base

    # -- declarations ----------------------------------------------------------------

    def field(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type == "variable_declaration":
                self.declaration(child, scope)

    def variables(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type not in _SKIPPED:
                self.expr(child, scope)

    def declaration(self, node: Node, scope: Scope) -> None:
        declared = self.type_of(node.child_by_field_name("type"), scope)
        for child in node.named_children:
            if child.type != "variable_declarator":
                continue
            name = child.child_by_field_name("name")
            given = [c for c in child.named_children if c != name and c.type not in _SKIPPED]
            value = self.typed(given[-1], declared, scope) if given else None
            self.bind(text_of(name), value, declared, scope)

    def bind(self, name: str, value: Expr | None, declared: Expr | None, scope: Scope) -> None:
        """A variable of a function, or a field of a class."""
        kind = self.given_type(value)
        binding = Binding(
            "assign" if value is not None else "field", value, scope, declared or kind
        )
        if scope.kind == "class":
            scope.attributes.setdefault(name, []).append(binding)
        elif name and name != "_":
            scope.bind(self.locals.declare(name, scope), binding)

    def property(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        declared = self.type_of(node.child_by_field_name("type"), scope)
        value = node.child_by_field_name("value")
        if value is not None and value.type != "arrow_expression_clause":
            self.bind(name, self.typed(value, declared, scope), declared, scope)
            return
        inner = Scope("function", name, scope, node.start_byte, node.end_byte, result=declared)
        accessors = node.child_by_field_name("accessors")
        self.locals.open()
        if value is not None:
            self.expr(value, inner)
        for accessor in accessors.named_children if accessors is not None else ():
            body = accessor.child_by_field_name("body")
            if body is not None:
                self.expr(body, inner if text_of(accessor).lstrip().startswith("get") else scope)
        self.locals.close()
        if inner.returns:
            scope.bind(name, Binding("function", None, scope, declared, defined=inner))
        else:
            self.bind(name, None, declared, scope)

    def method(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        inner.result = self.type_of(
            node.child_by_field_name("returns") or node.child_by_field_name("type"), scope
        )
        if node.type in ("method_declaration", "local_function_statement"):
            scope.bind(name, Binding("function", None, scope, defined=inner))
        self.locals.open()
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            self.parameter(child, inner, scope)
        for child in node.named_children:
            if child.type == "constructor_initializer":
                self.block(child, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            self.expr(body, inner)
        self.locals.close()

    def parameter(self, node: Node, scope: Scope, outer: Scope) -> None:
        name = node.child_by_field_name("name")
        if node.type == "implicit_parameter":
            name = node
        if name is None:
            return
        kind = node.child_by_field_name("type")
        declared = self.type_of(kind, outer)
        rest = [c for c in node.named_children if c not in (name, kind)]
        given = [c for c in rest if c.type not in _SKIPPED]
        default = self.expr(given[-1], outer) if given else None
        binding = Binding("parameter", default, outer, declared)
        if scope.kind == "class":
            scope.attributes.setdefault(text_of(name), []).append(binding)
        else:
            scope.bind(self.locals.declare(text_of(name), scope), binding)

    def lambda_(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.locals.open()
        parameters = node.child_by_field_name("parameters")
        if parameters is not None and parameters.type == "implicit_parameter":
            self.parameter(parameters, inner, scope)
        elif parameters is not None:
            for child in parameters.named_children:
                self.parameter(child, inner, scope)
        body = node.child_by_field_name("body")
        if body is not None:
            value = self.expr(body, inner)
            if body.type != "block":
                inner.returns.append(value)
            elif not inner.returns and len(inner.bindings) == 1:
                # `options => { options.Model = "m"; }` stands for what it fills.
                (name,) = inner.bindings
                inner.returns.append(Name(*span_of(node), id=name))
        self.locals.close()
        return Function(*span_of(node), scope=inner)

    def declared_name(self, node: Node, scope: Scope) -> Expr:
        """``out var x``, ``is ChatClient x``."""
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            declared = self.type_of(node.child_by_field_name("type"), scope)
            self.bind(text_of(name), None, declared, scope)
            return self.identifier(name, scope)
        return plain(node)

    # -- statements ------------------------------------------------------------------

    def nested(self, node: Node, scope: Scope) -> None:
        self.locals.open()
        self.block(node, scope)
        self.locals.close()

    def return_(self, node: Node, scope: Scope) -> None:
        function = scope.enclosing("function")
        for child in node.named_children:
            if child.type != "comment":
                result = function.result if function is not None else None
                value = self.typed(child, result, scope)
                if function is not None:
                    function.returns.append(value)

    def arrow(self, node: Node, scope: Scope) -> None:
        self.return_(node, scope)

    def loop(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        whole = self.expr(right, scope) if right is not None else None
        declared = self.type_of(node.child_by_field_name("type"), scope)
        self.locals.open()
        if left is not None and left.type == "identifier":
            known = self.locals.declare(text_of(left), scope)
            scope.bind(known, Binding("loop", whole, scope, declared))
        body = node.child_by_field_name("body")
        if body is not None:
            self.expr(body, scope)
        self.locals.close()

    def statement(self, node: Node, scope: Scope) -> Expr:
        values = [self.expr(c, scope) for c in node.named_children if c.type != "comment"]
        value = values[0] if values else plain(node)
        if isinstance(value, Call) and isinstance(value.function, Attr):
            given = [argument.value for argument in value.arguments]
            if value.function.name in _ADDERS and len(given) in (1, 2):
                self.added(value.function.value, given, scope)
            elif _SETTER.match(value.function.name) and given:
                place = self.home(value.function.value, scope)
                if place is not None and place[1] is value.function.value:
                    items = Sequence(*_span(given[0]), items=tuple(given))
                    change = Change(None, items, scope, setter=value.function.name)
                    self.keep(*place, change)
        return value

    def added(self, holder: Expr, given: list[Expr], scope: Scope) -> None:
        """``metadata.Add("k", "v")``, ``request.Headers.Add("k", "v")``, ``list.Add(x)``."""
        span = (given[0].start, given[-1].end, given[0].line, given[-1].end_line, given[0].column)
        if len(given) == 2:
            self.changed(holder, given[0], given[1], scope)
        elif isinstance(holder, Name | Attr):
            place = self.home(holder, scope)
            if place is not None and place[1] == holder:
                change = Change(None, Sequence(*span, items=tuple(given)), scope)
                self.keep(place[0], holder, change)

    def assignment(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        operator = next((text_of(c) for c in node.children if c not in (left, right)), "=")
        target = self.expr(left, scope)
        value = self.typed(right, None, scope)
        if operator not in ("=", "??="):
            return value
        owner = scope.enclosing("class")
        binding = Binding("assign", value, scope, self.given_type(value))
        if left.type == "tuple_expression":
            return value
        if isinstance(target, Name):
            home: Scope | None = scope
            while home is not None and target.id not in home.bindings and home is not owner:
                home = home.parent
            if home is not None and home.kind == "class":
                home.attributes.setdefault(target.id, []).append(binding)
            else:
                (home or scope).bind(target.id, binding)
        elif isinstance(target, Attr):
            if isinstance(target.value, Name) and target.value.id == "this" and owner is not None:
                owner.attributes.setdefault(target.name, []).append(binding)
            else:
                self.changed(target.value, Str(*span_of(left), value=target.name), value, scope)
        elif isinstance(target, Item):
            self.changed(target.value, target.key, value, scope)
        return value

    def changed(self, holder: Expr, key: Expr, value: Expr, scope: Scope) -> None:
        """``options.Model = v``, ``options.Metadata["k"] = v``: kept under the variable's name."""
        place = self.home(holder, scope)
        if place is None:
            return
        home, root = place
        inside = False
        while holder is not root and isinstance(holder, Attr):
            entry = Entry(key, value, key.start, value.end)
            value = Mapping(*_span(value), entries=(entry,))
            key, holder, inside = Str(*_span(holder), value=holder.name), holder.value, True
        if holder is root:
            self.keep(home, root, Change(key, value, scope, inside=inside))

    def home(self, holder: Expr, scope: Scope) -> tuple[Scope, Expr] | None:
        """The scope that binds what a chain begins with, and that beginning."""
        root = holder
        while isinstance(root, Attr) and not (
            isinstance(root.value, Name) and root.value.id == "this"
        ):
            root = root.value
        owner = scope.enclosing("class")
        if isinstance(root, Attr):
            return (owner, root) if owner is not None else None
        if not isinstance(root, Name):
            return None
        home: Scope | None = scope
        while home is not None and root.id not in home.bindings and home is not owner:
            home = home.parent
        return (home or scope, root)

    def keep(self, home: Scope, root: Expr, change: Change) -> None:
        name = root.name if isinstance(root, Attr) else root.id if isinstance(root, Name) else ""
        for key in (name, f"this.{name}") if home.kind == "class" else (name,):
            home.changes.setdefault(key, []).append(change)

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))


def _span(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
