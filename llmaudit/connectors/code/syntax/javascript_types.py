"""What JavaScript's typed dialect declares: enumerations, interfaces, the names of types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.javascript_patterns import Patterns
from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.tree import Attr, Binding, Expr, Item, Scope

if TYPE_CHECKING:
    from tree_sitter import Node

# Bodies of interfaces and of type aliases, in the grammar's versions.
_FORMS = ("interface_body", "object_type")


class Types(Patterns):
    """Reads what is declared of the forms of values."""

    def declared(self, node: Node | None, scope: Scope) -> Expr | None:
        return self.expr(node, scope) if node is not None else None

    def enumeration(self, node: Node, scope: Scope) -> None:
        inner = Scope("class", text_of(node.child_by_field_name("name")), scope)
        scope.bind(inner.name, Binding("class", None, scope, defined=inner))
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if child.type == "enum_assignment" and name is not None and value is not None:
                binding = Binding("assign", self.expr(value, scope), scope)
                inner.bind(text_of(name).strip("'\""), binding)

    def interface(self, node: Node, scope: Scope) -> None:
        """A declared form: what the fields of such an object are."""
        inner = Scope("class", text_of(node.child_by_field_name("name")), scope)
        body = node.child_by_field_name("body") or node.child_by_field_name("value")
        fields = [] if body is None else body.named_children
        for child in fields if body is not None and body.type.startswith(_FORMS) else ():
            name, note = child.child_by_field_name("name"), child.child_by_field_name("type")
            if child.type == "property_signature" and name is not None and note is not None:
                binding = Binding("field", None, scope, self.declared(note, scope))
                inner.attributes.setdefault(text_of(name), []).append(binding)
            elif child.type == "method_signature" and name is not None:
                method = Scope("function", text_of(name), inner)
                method.result = self.declared(child.child_by_field_name("return_type"), scope)
                binding = Binding("function", None, scope, defined=method)
                inner.attributes.setdefault(method.name, []).append(binding)
        if inner.attributes:
            scope.bind(inner.name, Binding("class", None, scope, defined=inner))

    def generic(self, node: Node, scope: Scope) -> Expr:
        """``Promise<OpenAI>``."""
        held, *given = [self.expr(child, scope) for child in node.named_children]
        key = Expr(*span_of(node), parts=tuple(given))
        return Item(*span_of(node), value=held, key=key)

    def nested_type(self, node: Node, scope: Scope) -> Expr:
        """``vscode.ChatRequest``."""
        holder, name = node.child_by_field_name("module"), node.child_by_field_name("name")
        if holder is None or name is None:
            return plain(node)
        return Attr(*span_of(node), value=self.expr(holder, scope), name=text_of(name))


def asserted(node: Node | None) -> Node | None:
    """The type that a value is taken for (``x as OpenAI``)."""
    if node is None or node.type not in ("as_expression", "satisfies_expression"):
        return None
    return node.named_children[1] if len(node.named_children) > 1 else None
