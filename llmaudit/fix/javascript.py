"""Tags written into calls of JavaScript and TypeScript."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import parser_of, text_of
from llmaudit.fix import splice
from llmaudit.fix.splice import Refused, Splice

if TYPE_CHECKING:
    from tree_sitter import Node

    from llmaudit.connectors.code.rulebook import ScanRule
    from llmaudit.fix.places import Place
    from llmaudit.model import Location

_CALL = frozenset({"call_expression", "new_expression"})
_AROUND = ("as_expression", "satisfies_expression", "parenthesized_expression")
_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_TYPED = (".ts", ".mts", ".cts")


def edit(data: bytes, where: Location, rule: ScanRule, place: Place, path: str) -> list[Splice]:
    """The splices that give one call its tags.

    Raises:
        Refused: The arguments do not settle where the tags belong.
    """
    root = _root(data, path)
    line, column = where.line or 0, where.column or 0
    found = splice.calls_at(root, _CALL, line, column, where.end_line or line)
    names = frozenset(method.rpartition(".")[2] for method in rule.methods)
    call = splice.the_call([(node, _called(node)) for node in found], names)
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        raise Refused("it is called without parentheses")
    return _in_call(data, arguments, place.path, place.tags)


def broken(data: bytes, path: str) -> bool:
    """Whether the parser finds fault with it."""
    return _root(data, path).has_error


def _root(data: bytes, path: str) -> Node:
    if path.endswith(_TYPED):
        parser = parser_of("tree_sitter_typescript", "language_typescript")
    elif path.endswith(".tsx"):
        parser = parser_of("tree_sitter_typescript", "language_tsx")
    else:
        parser = parser_of("tree_sitter_javascript")
    return parser.parse(data).root_node


def _called(call: Node) -> str:
    node = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if node is not None and node.type == "member_expression":
        node = node.child_by_field_name("property")
    return text_of(node)


def _in_call(
    data: bytes, arguments: Node, path: Sequence[str], tags: Mapping[str, str]
) -> list[Splice]:
    standing = splice.members(arguments)
    if not path[0].isdigit():
        raise Refused("its place for tags is not among its arguments")
    position, rest = int(path[0]), path[1:]
    if any(one.type == "spread_element" for one in standing[: position + 1]):
        raise Refused("its arguments are spread from a list")
    if position < len(standing):
        return _in_value(data, standing[position], ("its argument", *rest), tags)
    if position > len(standing):
        raise Refused("an argument before the one for tags is left out")
    return splice.append(data, arguments, [_literal(rest, tags)])


def _in_value(
    data: bytes, value: Node | None, path: Sequence[str], tags: Mapping[str, str]
) -> list[Splice]:
    name, rest = path[0], path[1:]
    while value is not None and value.type in _AROUND:
        value = value.named_children[0]
    if value is None:
        raise Refused(f"{name} cannot be read")
    if value.type in ("undefined", "null"):
        text = _literal(rest, tags).encode()
        return [Splice(value.start_byte, value.end_byte, text)]
    if value.type != "object":
        raise Refused(f"{name} is {_short(value)}: write the tags where it is made")
    entries: dict[str, Node] = {}
    for member in splice.members(value):
        if member.type == "pair":
            key, held = member.child_by_field_name("key"), member.child_by_field_name("value")
            if key is None or held is None or key.type == "computed_property_name":
                raise Refused(f"{name} holds a computed key, which may be a tag already")
            entries[text_of(key).strip("'\"")] = held
        elif member.type == "shorthand_property_identifier":
            entries[text_of(member)] = member
        elif member.type == "method_definition":
            entries[text_of(member.child_by_field_name("name"))] = member
        else:
            raise Refused(f"{name} holds {_short(member)}, which may be a tag already")
    if rest:
        if rest[0] in entries:
            return _in_value(data, entries[rest[0]], rest, tags)
        return splice.append(data, value, [f"{_key(rest[0])}: {_literal(rest[1:], tags)}"])
    for tag in tags:
        if tag in entries:
            raise Refused(f"{name} has {tag} already, without a value that counts")
    return splice.append(data, value, _pairs(tags))


def _literal(path: Sequence[str], tags: Mapping[str, str]) -> str:
    text = "{ " + ", ".join(_pairs(tags)) + " }"
    for key in reversed(path):
        text = f"{{ {_key(key)}: {text} }}"
    return text


def _pairs(tags: Mapping[str, str]) -> list[str]:
    return [f"{_key(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in tags.items()]


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _short(node: Node) -> str:
    text = " ".join(text_of(node).split())
    return text if len(text) <= 30 and node.type != "string" else f"a {node.type.replace('_', ' ')}"
