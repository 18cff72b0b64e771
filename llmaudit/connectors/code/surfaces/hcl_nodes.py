"""HCL as nodes: blocks are mappings below their type and labels, as in ``.tf.json``."""

from __future__ import annotations

from functools import cache

import tree_sitter
import tree_sitter_hcl

from llmaudit.connectors.code.surfaces.nodes import DEPTH, Document, Items, Node, Scalar, Table

# Functions whose value is that of their argument, as far as names and texts go.
_TRANSPARENT = frozenset(
    {
        "jsonencode",
        "yamlencode",
        "tomap",
        "tolist",
        "toset",
        "sensitive",
        "nonsensitive",
        "tostring",
    }
)
_HINT = 300
# Blocks that only stand at the top of a file.
_TOP = frozenset({"data", "locals", "module", "output", "provider", "resource", "variable"})


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def read_hcl(text: str) -> Document:
    """Read Terraform, OpenTofu or Terragrunt source; around a break what can be read."""
    data = text.encode("utf-8", "replace")
    root = _parser().parse(data).root_node
    document = Document([Table(1)])
    body = next((child for child in root.named_children if child.type == "body"), None)
    if body is not None:
        document.roots = [_body(body, data, 0)]
    if root.has_error:
        _lift(root, data, document.tables[0])
        document.problems.append(
            f"line {_broken(root)}: it is not valid HCL; what is around it is read"
        )
    return document


def _lift(root: tree_sitter.Node, data: bytes, into: Table) -> None:
    """Behind a bracket that is not closed the parser takes what follows for its content."""
    stack = [(child, 0) for child in root.children]
    while stack:
        node, depth = stack.pop()
        inside = node.type == "block" and depth > 1 and node.named_children
        if inside and _raw(node.named_children[0], data) in _TOP:
            _block(node, data, 1, into)
        elif depth < DEPTH:
            stack += [(child, depth + 1) for child in node.children]
    into.entries.sort(key=lambda entry: entry[1])


def _broken(root: tree_sitter.Node) -> int:
    node = root
    for _ in range(10_000):
        inner = next((c for c in node.children if c.has_error or c.is_missing), None)
        if inner is None or node.is_error:
            break
        node = inner
    return node.start_point[0] + 1


def _body(node: tree_sitter.Node, data: bytes, depth: int) -> Table:
    table = Table(node.start_point[0] + 1)
    if depth > DEPTH:
        return table
    for child in node.named_children:
        line = child.start_point[0] + 1
        if child.type == "attribute" and len(child.named_children) >= 2:
            name, value = child.named_children[0], child.named_children[-1]
            table.entries.append((_raw(name, data), line, _value(value, data, depth + 1)))
        elif child.type == "block":
            _block(child, data, depth, table)
    return table


def _block(node: tree_sitter.Node, data: bytes, depth: int, into: Table) -> None:
    line = node.start_point[0] + 1
    names = [
        _string(part, data)[0] or _raw(part, data).strip('"')
        for part in node.named_children
        if part.type in ("identifier", "string_lit")
    ]
    body = next((part for part in node.named_children if part.type == "body"), None)
    inner = _body(body, data, depth + 1) if body is not None else Table(line)
    inner.line = line
    if names[:1] == ["dynamic"] and len(names) == 2:
        # A dynamic block writes its `content` as a block of its label.
        content = inner.get("content")
        names, inner = names[1:], content if isinstance(content, Table) else inner
    holder = into
    for name in names[:-1]:
        step = Table(line)
        holder.entries.append((name, line, step))
        holder = step
    if names:
        holder.entries.append((names[-1], line, inner))


def _value(node: tree_sitter.Node, data: bytes, depth: int) -> Node:
    line = node.start_point[0] + 1
    if depth > DEPTH:
        return Scalar(None, line)
    if node.type in ("expression", "literal_value", "collection_value") and (
        len(node.named_children) == 1
    ):
        return _value(node.named_children[0], data, depth)
    if node.type == "string_lit":
        return Scalar(_string(node, data)[0], line)
    if node.type == "template_expr":
        value, settled = _string(node, data)
        return Scalar(value, line) if settled else Scalar(None, line, hint=value[:_HINT])
    if node.type in ("numeric_lit", "bool_lit"):
        return Scalar(_raw(node, data), line)
    if node.type == "null_lit":
        return Scalar("", line)
    if node.type == "tuple":
        values = [_value(c, data, depth + 1) for c in node.named_children if c.type == "expression"]
        return Items(line, values)
    if node.type == "object":
        return _object(node, data, depth)
    if node.type == "function_call":
        return _function(node, data, depth)
    return Scalar(None, line, hint=_raw(node, data)[:_HINT])


def _object(node: tree_sitter.Node, data: bytes, depth: int) -> Table:
    table = Table(node.start_point[0] + 1)
    for element in node.named_children:
        parts = [child for child in element.named_children if child.type == "expression"]
        if element.type == "object_elem" and len(parts) == 2:
            key = _value(parts[0], data, depth + 1)
            name = (key.value or key.hint) if isinstance(key, Scalar) else ""
            entry = (name, element.start_point[0] + 1, _value(parts[1], data, depth + 1))
            table.entries.append(entry)
    return table


def _function(node: tree_sitter.Node, data: bytes, depth: int) -> Node:
    line = node.start_point[0] + 1
    name = _raw(node.named_children[0], data)
    arguments = [
        _value(part, data, depth + 1)
        for child in node.named_children
        if child.type == "function_arguments"
        for part in child.named_children
        if part.type == "expression"
    ]
    if name in _TRANSPARENT and arguments:
        return arguments[0]
    if name == "merge":
        merged = Table(line)
        for part in arguments:
            if isinstance(part, Table):
                merged.entries += part.entries
                merged.open |= part.open
            else:
                # Kept under the merge key, so that a local of this file can be put in its place.
                merged.entries.append(("<<", line, part))
                merged.open = True
        return merged
    if name == "concat":
        found: list[Node] = []
        for part in arguments:
            found += part.values if isinstance(part, Items) else [part]
        return Items(line, found)
    return Scalar(None, line, hint=_raw(node, data)[:_HINT])


def _string(node: tree_sitter.Node, data: bytes) -> tuple[str, bool]:
    """The text of a string with its interpolations as written, and whether it has none."""
    settled = True
    parts: list[str] = []
    stack = list(reversed(node.children))
    while stack:
        child = stack.pop()
        if child.type == "template_literal":
            parts.append(_raw(child, data))
        elif child.type in ("template_interpolation", "template_directive"):
            settled = False
            parts.append(_raw(child, data))
        elif child.type in ("quoted_template", "heredoc_template", "string_lit"):
            stack += reversed(child.children)
    return "".join(parts), settled


def _raw(node: tree_sitter.Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")
