"""Tags written into calls of Python."""

from __future__ import annotations

import ast
import json
import warnings
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

_CALL = frozenset({"call"})
# Source: langchain_core/runnables/base.py: the methods whose second argument is a config.
_RUNNABLE = frozenset(
    {"invoke", "ainvoke", "stream", "astream", "batch", "abatch", "astream_events", "astream_log"}
)
_POSITIONS = {"invoke": ("input", "config")}


def edit(data: bytes, where: Location, rule: ScanRule, place: Place, path: str) -> list[Splice]:  # noqa: ARG001 - every language is called alike
    """The splices that give one call its tags.

    Raises:
        Refused: The arguments do not settle where the tags belong.
    """
    root = parser_of("tree_sitter_python").parse(data).root_node
    line, column = where.line or 0, where.column or 0
    found = splice.calls_at(root, _CALL, line, column, where.end_line or line)
    names = frozenset(method.rpartition(".")[2] for method in rule.methods)
    call = splice.the_call([(node, _called(node)) for node in found], names)
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        raise Refused("its argument is a generator")
    if _called(call) not in names and any(_last(one) in names for one in splice.members(arguments)):
        raise Refused("the method is handed to another function, whose arguments these are")
    if rule.api == "invoke" and _called(call) not in _RUNNABLE:
        raise Refused(f"{_called(call)} takes no config: call invoke, which does")
    return _in_call(
        data, arguments, place.path, place.tags, _POSITIONS.get(rule.api, rule.arguments)
    )


def parses(data: bytes) -> bool:
    """Whether it is Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _called(call: Node) -> str:
    return _last(call.child_by_field_name("function"))


def _last(node: Node | None) -> str:
    if node is not None and node.type == "attribute":
        node = node.child_by_field_name("attribute")
    return text_of(node) if node is not None and node.type == "identifier" else ""


def _in_call(
    data: bytes,
    arguments: Node,
    path: Sequence[str],
    tags: Mapping[str, str],
    positions: Sequence[str] = (),
) -> list[Splice]:
    standing = splice.members(arguments)
    name = path[0]
    for one in standing:
        if one.type in ("dictionary_splat", "list_splat"):
            raise Refused(f"it is given {_short(one)}, which may hold {name} already")
    if name.isdigit():
        raise Refused("its place for tags is an argument by position")
    keywords = {text_of(one.child_by_field_name("name")): one for one in standing if _keyword(one)}
    by_position = [one for one in standing if not _keyword(one)]
    if name in keywords:
        value = keywords[name].child_by_field_name("value")
        return _in_value(data, value, path, tags)
    if name in positions and positions.index(name) < len(by_position):
        return _in_value(data, by_position[positions.index(name)], path, tags)
    return splice.append(data, arguments, [f"{name}={_literal(path[1:], tags)}"])


def _in_value(
    data: bytes, value: Node | None, path: Sequence[str], tags: Mapping[str, str]
) -> list[Splice]:
    """The tags put into what an argument or a key is given."""
    name, rest = path[0], path[1:]
    if value is None:
        raise Refused(f"{name} cannot be read")
    if value.type == "none":
        text = _literal(rest, tags).encode()
        return [Splice(value.start_byte, value.end_byte, text)]
    if value.type == "call" and rest and _called(value)[:1].isupper():
        arguments = value.child_by_field_name("arguments")
        if arguments is not None and arguments.type == "argument_list":
            return _in_call(data, arguments, rest, tags)
    if value.type != "dictionary":
        raise Refused(f"{name} is {_short(value)}: write the tags where it is made")
    entries: dict[str, Node | None] = {}
    for pair in splice.members(value):
        key = pair.child_by_field_name("key") if pair.type == "pair" else None
        if key is None or key.type != "string":
            raise Refused(f"{name} holds {_short(pair)}, which may be a tag already")
        entries[_content(key)] = pair.child_by_field_name("value")
    if rest:
        if rest[0] in entries:
            return _in_value(data, entries[rest[0]], rest, tags)
        return splice.append(data, value, [f'"{rest[0]}": {_literal(rest[1:], tags)}'])
    for tag in tags:
        if tag in entries:
            raise Refused(f"{name} has {tag} already, without a value that counts")
    return splice.append(data, value, _pairs(tags))


def _keyword(node: Node) -> bool:
    return node.type == "keyword_argument"


def _content(string: Node) -> str:
    return "".join(text_of(c) for c in string.named_children if c.type == "string_content")


def _literal(path: Sequence[str], tags: Mapping[str, str]) -> str:
    text = "{" + ", ".join(_pairs(tags)) + "}"
    for key in reversed(path):
        text = f'{{"{key}": {text}}}'
    return text


def _pairs(tags: Mapping[str, str]) -> list[str]:
    return [f"{_string(key)}: {_string(value)}" for key, value in tags.items()]


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _short(node: Node) -> str:
    text = " ".join(text_of(node).split())
    return text if len(text) <= 30 and node.type != "string" else f"a {node.type.replace('_', ' ')}"
