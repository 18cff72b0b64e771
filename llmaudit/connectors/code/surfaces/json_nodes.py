"""JSON, with comments and trailing commas as editors write it, as nodes."""

from __future__ import annotations

import json
from functools import cache

import tree_sitter
import tree_sitter_javascript

from llmaudit.connectors.code.surfaces.nodes import DEPTH, Document, Items, Node, Scalar, Table

# A JavaScript grammar reads JSON, its comments and its trailing commas alike; the bracket
# makes an object of what would be a block of statements.
_OPEN = b"("


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


def read_json(text: str) -> Document:
    """Read a JSON text; of a broken one what stands before and around the break."""
    document = Document()
    data = _OPEN + text.encode("utf-8", "replace") + b"\n)"
    root = _parser().parse(data).root_node
    found = _first(root)
    if found is None:
        document.problems.append("it holds no JSON object or list")
        return document
    deep: list[int] = []
    document.roots.append(_node(found, data, 0, deep))
    if deep:
        document.problems.append(
            f"line {deep[0]}: nested deeper than {DEPTH} levels; what lies deeper is left out"
        )
    if root.has_error:
        line = _broken(root)
        document.problems.append(f"line {line}: it is not valid JSON; what is around it is read")
    return document


def _first(root: tree_sitter.Node) -> tree_sitter.Node | None:
    stack = [root]
    for _ in range(50):
        if not stack:
            break
        node = stack.pop(0)
        if node.type in ("object", "array"):
            return node
        stack += node.named_children[:20]
    return None


def _broken(root: tree_sitter.Node) -> int:
    """The line of the first error, found on the way down."""
    node = root
    for _ in range(10_000):
        inner = next(
            (child for child in node.children if child.has_error or child.is_missing), None
        )
        if inner is None:
            break
        node = inner
        if node.is_error or node.is_missing:
            break
    return node.start_point[0] + 1


def _node(node: tree_sitter.Node, data: bytes, depth: int, deep: list[int]) -> Node:
    line = node.start_point[0] + 1
    if depth >= DEPTH:
        deep.append(line)
        return Scalar(None, line)
    if node.type == "object":
        table = Table(line)
        for pair in node.named_children:
            if pair.type != "pair":
                continue
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                table.entries.append(
                    (_text(key, data), key.start_point[0] + 1, _node(value, data, depth + 1, deep))
                )
        return table
    if node.type == "array":
        return Items(
            line,
            [
                _node(child, data, depth + 1, deep)
                for child in node.named_children
                if child.type not in ("comment", "ERROR")
            ],
        )
    if node.type in ("string", "number", "true", "false"):
        return Scalar(_text(node, data), line)
    return Scalar("" if node.type == "null" else None, line)


def _text(node: tree_sitter.Node, data: bytes) -> str:
    raw = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
    if node.type != "string":
        return raw
    if raw.startswith("'"):
        return raw[1:-1]
    try:
        # JSON of editors may hold raw tabs in a string.
        return str(json.loads(raw, strict=False))
    except ValueError:
        return raw[1:-1]
