"""Go source to a SourceTree, by tree-sitter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmaudit.connectors.code.syntax.go_bindings import Bindings, children_of
from llmaudit.connectors.code.syntax.go_expressions import unquote
from llmaudit.connectors.code.syntax.nodes import comment_of, parser_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Binding,
    Call,
    Const,
    Expr,
    Function,
    Import,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_BLOCKS = (
    "if_statement", "for_statement", "expression_switch_statement", "type_switch_statement",
    "expression_case", "default_case", "type_case", "communication_case", "block",
)  # fmt: skip
_JSON_NAME = re.compile(r"json:\"([^\",]*)")
_FUNCTIONS = ("function_declaration", "method_declaration")
_LITERALS = ("int_literal", "float_literal", "imaginary_literal", "rune_literal", "true", "false")


def parse(data: bytes) -> SourceTree:
    """Read one file.

    Args:
        data: UTF-8 source.
    """
    root = parser_of("tree_sitter_go").parse(data).root_node
    tree = SourceTree("go", data, Scope("module", "", None, 0, len(data)))
    _Reader(tree).file(root)
    return tree


def package_name(path: str) -> str:
    """The name a package most likely has: ``openai`` of ``github.com/o/openai-go/v3``."""
    parts = [part for part in path.split("/") if part]
    while len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]):
        parts.pop()
    last = re.sub(r"\.v\d+$", "", parts[-1]) if parts else ""
    return re.sub(r"^go[-.]|(?:-sdk|-api|-client)?[-.]go$|-sdk$", "", last)


class _Reader(Bindings):
    """Walks the parser's tree: declarations of the file first, then what functions do."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.receiver = ""
        self.functions: list[tuple[Scope, str]] = []
        self.embedded = {}
        self.json_names = {}
        self.partial: dict[str, Scope] = {}
        self.readers: dict[str, Any] = {
            "import_declaration": lambda _n, _s: None,
            "type_declaration": self.types,
            "const_declaration": self.variables,
            "var_declaration": self.variables,
            "short_var_declaration": self.short,
            "assignment_statement": self.assignment,
            "range_clause": self.range,
            "return_statement": self.return_,
            "func_literal": self.literal,
            "comment": self.comment,
            "identifier": self.identifier,
            "package_identifier": self.identifier,
            "selector_expression": self.selector,
            "index_expression": self.index,
            "call_expression": self.call,
            "type_conversion_expression": self.conversion,
            "type_assertion_expression": self.assertion,
            "composite_literal": self.composite,
            "literal_value": self.elided,
            "interpreted_string_literal": self.string,
            "raw_string_literal": self.string,
            "binary_expression": self.binary,
            "unary_expression": self.unary,
            "nil": self.constant,
            **dict.fromkeys(_LITERALS, self.constant),
            **dict.fromkeys(_BLOCKS, self.block),
        }

    def file(self, root: Node) -> None:
        """Read a file: a name may be used before the line that declares it."""
        for node in root.named_children:
            if node.type == "import_declaration":
                self.imports(node)
        for node in root.named_children:
            if node.type == "type_declaration":
                self.types(node, self.tree.module)
        bodies = [
            (node, self.declare(node)) for node in root.named_children if node.type in _FUNCTIONS
        ]
        for node in root.named_children:
            if node.type not in (*_FUNCTIONS, "type_declaration"):
                self.expr(node, self.tree.module)
        for node, inner in bodies:
            self.function(node, inner)

    def expr(self, node: Node, scope: Scope) -> Expr:
        reader = self.readers.get(node.type)
        if reader is not None:
            found = reader(node, scope)
            return found if isinstance(found, Expr) else plain(node)
        if node.type == "parenthesized_expression" and node.named_children:
            return self.expr(node.named_children[-1], scope)
        return Expr(
            *span_of(node), parts=tuple(self.expr(child, scope) for child in node.named_children)
        )

    def comment(self, node: Node, scope: Scope) -> None:
        text = re.sub(r"^(?://+|/\*+)|\*+/$", "", text_of(node)).strip()
        self.tree.comments.append(comment_of(node, self.tree.data, text))

    # -- declarations ----------------------------------------------------------------

    def imports(self, node: Node) -> None:
        for spec in _below(node, "import_spec"):
            path = unquote(text_of(spec.child_by_field_name("path"))) or ""
            alias = text_of(spec.child_by_field_name("name"))
            line = spec.start_point[0] + 1
            if alias == ".":
                self.tree.imports.append(Import(path, "*", "*", line))
            elif alias == "_":
                self.tree.imports.append(Import(path, "", "", line))
            else:
                self.tree.imports.append(Import(path, "", alias or package_name(path), line))

    def types(self, node: Node, scope: Scope) -> None:
        for spec in node.named_children:
            if spec.type == "comment":
                self.comment(spec, scope)
                continue
            name, kind = spec.child_by_field_name("name"), spec.child_by_field_name("type")
            if name is None or kind is None or kind.type != "struct_type":
                continue
            inner = self.struct(text_of(name), scope, spec)
            for field in _below(kind, "field_declaration"):
                self.field(field, inner)

    def struct(self, name: str, scope: Scope, node: Node) -> Scope:
        inner = Scope("class", name, scope, node.start_byte, node.end_byte)
        scope.bind(name, Binding("class", None, scope, defined=inner))
        return inner

    def elsewhere(self, kind: Name, module: Scope, node: Node) -> Scope:
        """A type that another file of the package declares and that has methods here."""
        if kind.id not in self.partial:
            self.partial[kind.id] = Scope(
                "class", kind.id, module, node.start_byte, node.end_byte, bases=(kind,)
            )
        return self.partial[kind.id]

    def field(self, node: Node, owner: Scope) -> None:
        kind = node.child_by_field_name("type")
        if kind is None:
            return
        annotation = self.type(kind, owner)
        names = [text_of(child) for child in node.children_by_field_name("name")]
        if not names:
            # An embedded type: its members are the struct's own.
            if isinstance(annotation, Name):
                owner.bases = (*owner.bases, annotation)
                names = [annotation.id]
            elif isinstance(annotation, Attr):
                self.embedded.setdefault(id(owner), []).append(annotation.name)
                names = [annotation.name]
        written = _JSON_NAME.search(text_of(node.child_by_field_name("tag")))
        for name in names:
            owner.attributes.setdefault(name, []).append(Binding("field", None, owner, annotation))
            if written is not None and written.group(1) not in ("", "-", name):
                self.json_names[id(owner), name] = written.group(1)

    def declare(self, node: Node) -> Scope:
        """The scope of a function or method, and its name where it is declared."""
        module = self.tree.module
        owner, name = module, text_of(node.child_by_field_name("name"))
        receiver = node.child_by_field_name("receiver")
        for parameter in receiver.named_children if receiver is not None else ():
            kind = parameter.child_by_field_name("type")
            held = self.type(kind, module) if kind is not None else None
            if isinstance(held, Name):
                known = [b.defined for b in module.bindings.get(held.id, ()) if b.defined]
                owner = known[0] if known else self.elsewhere(held, module, node)
        inner = Scope("function", name, owner, node.start_byte, node.end_byte)
        binding = Binding("function", None, owner, defined=inner)
        if owner is module:
            module.bind(name, binding)
        else:
            owner.attributes.setdefault(name, []).append(binding)
        return inner

    def function(self, node: Node, inner: Scope) -> None:
        receiver = node.child_by_field_name("receiver")
        self.receiver = next(
            (text_of(p.child_by_field_name("name")) for p in children_of(receiver)), ""
        )
        self.body(node, inner)
        self.receiver = ""

    def literal(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        self.body(node, inner)
        return Function(*span_of(node), scope=inner)

    def body(self, node: Node, inner: Scope) -> None:
        for parameter in children_of(node.child_by_field_name("parameters")):
            self.parameter(parameter, inner, "parameter")
        result = node.child_by_field_name("result")
        named = ""
        if result is not None and result.type == "parameter_list":
            for parameter in result.named_children:
                self.parameter(parameter, inner, "field")
                named = named or text_of(parameter.child_by_field_name("name"))
        body = node.child_by_field_name("body")
        if body is None:
            return
        self.functions.append((inner, named))
        for child in body.named_children:
            self.expr(child, inner)
        self.functions.pop()

    def parameter(self, node: Node, scope: Scope, kind: Any) -> None:
        declared = node.child_by_field_name("type")
        annotation = self.type(declared, scope) if declared is not None else None
        for name in node.children_by_field_name("name"):
            scope.bind(text_of(name), Binding(kind, None, scope, annotation))

    def variables(self, node: Node, scope: Scope) -> None:
        kinds = ("var_spec", "const_spec", "comment")
        for spec in _below(node, *kinds):
            if spec.type == "comment":
                self.comment(spec, scope)
                continue
            declared, given = spec.child_by_field_name("type"), spec.child_by_field_name("value")
            annotation = self.type(declared, scope) if declared is not None else None
            names = [child for child in spec.children_by_field_name("name") if child.is_named]
            values = [self.expr(child, scope) for child in children_of(given)]
            zero = self.zero(declared, annotation) if declared is not None else None
            if not values and zero is not None:
                values = [zero] * len(names)
            self.bind(names, values, scope, annotation, declares=True)

    def zero(self, kind: Node, annotation: Expr | None) -> Expr | None:
        """What a variable without a value holds, where that matters: no text, an empty struct."""
        if text_of(kind) == "string":
            return Str(*span_of(kind), value="")
        if kind.type == "slice_type":
            return Sequence(*span_of(kind))
        struct = annotation is not None and self.struct_named(annotation, self.tree.module)
        if annotation is not None and (struct or kind.type == "qualified_type"):
            return Call(*span_of(kind), function=annotation, new=True)
        return None

    # -- statements ------------------------------------------------------------------

    def block(self, node: Node, scope: Scope) -> None:
        """Blocks have names of their own, and so have the cases of a switch."""
        inner = Scope("function", "", scope, node.start_byte, node.end_byte)
        alias, value = node.child_by_field_name("alias"), node.child_by_field_name("value")
        if node.type == "type_switch_statement" and alias is not None and value is not None:
            self.bind(children_of(alias), [self.expr(value, inner)], inner, declares=True)
        for child in node.named_children:
            self.expr(child, inner)

    def short(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        values = [self.expr(child, scope) for child in children_of(right)]
        self.bind(children_of(left), values, scope, declares=True)

    def assignment(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        targets = children_of(left)
        values = [self.expr(child, scope) for child in children_of(right)]
        if len(targets) == len(values) == 1 and self.appended(targets[0], values[0], scope):
            return
        operator = text_of(node.child_by_field_name("operator"))
        if operator in ("=", ""):
            self.bind(targets, values, scope)

    def range(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self.expr(right, scope) if right is not None else None
        names = children_of(left)
        for position, name in enumerate(names):
            # The first of two names is the index.
            held = value if position == len(names) - 1 else None
            scope.bind(text_of(name), Binding("loop", held, scope))

    def return_(self, node: Node, scope: Scope) -> None:
        function, named = self.functions[-1] if self.functions else (None, "")
        values = [
            self.expr(child, scope) for child in node.named_children for child in children_of(child)
        ]
        if function is None:
            return
        if values:
            function.returns.append(values[0])
        elif named:
            function.returns.append(Name(*span_of(node), id=named))

    def assertion(self, node: Node, scope: Scope) -> Expr:
        operand, kind = node.child_by_field_name("operand"), node.child_by_field_name("type")
        parts = [self.expr(operand, scope)] if operand is not None else []
        if kind is not None:
            parts.append(self.type(kind, scope))
        return Expr(*span_of(node), parts=tuple(parts))

    def unary(self, node: Node, scope: Scope) -> Expr:
        operand = node.child_by_field_name("operand")
        if operand is None:
            return plain(node)
        value = self.expr(operand, scope)
        if text_of(node.child_by_field_name("operator")) in ("&", "*", "<-"):
            return value
        return value if isinstance(value, Const) else Expr(*span_of(node), parts=(value,))


def _below(node: Node, *kinds: str) -> list[Node]:
    """Nodes of these kinds below a node, but not inside one another."""
    found: list[Node] = []
    for child in node.named_children:
        if child.type in kinds:
            found.append(child)
        elif child.type != "comment":
            found += _below(child, *kinds)
    return found
