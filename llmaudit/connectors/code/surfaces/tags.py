"""Tags of declared things: tag maps of resources, labels of objects, headers of requests."""

from __future__ import annotations

from collections.abc import Iterable

from llmaudit.connectors.code.rulebook import Attribution
from llmaudit.connectors.code.surfaces.nodes import Node, Scalar, Table
from llmaudit.connectors.code.tagging import FoundTag, TagReading, read_tags
from llmaudit.connectors.code.value import Opaque, Text, Value
from llmaudit.connectors.code.value import Table as Arguments
from llmaudit.model import Tagging

_MOST = 200
_HEADERS = Attribution(headers=("headers",))
# Labels that a tool writes for itself attribute nothing.
_OWN_LABELS = ("app.kubernetes.io/", "helm.sh/", "kubernetes.io/", "k8s.io/", "com.docker.compose.")
# Labels by which an object is found and selected; nobody splits a bill by them.
_NAMING_LABELS = frozenset(
    {"app", "chart", "component", "heritage", "k8s-app", "model", "name", "release", "tier"}
    | {"version"}
)


def map_tags(node: Node | None, mechanism: str) -> tuple[Tagging, tuple[FoundTag, ...]]:
    """The tags of a resource, and what that makes of it.

    Reads a mapping (``{Team = "search"}``), a list of pairs (``[{Key: Team, Value: search}]``)
    and labels written as text (``["team=search"]``). An empty value is no tag; what the file
    does not settle may be one.
    """
    if node is None:
        return "untagged", ()
    if isinstance(node, Scalar):
        return ("untagged" if node.value == "" else "dynamic"), ()
    found: list[FoundTag] = []
    dynamic = False
    if isinstance(node, Table):
        dynamic = node.open
        for key, _, value in node.all():
            if key == "<<":
                dynamic = True
            elif isinstance(value, Scalar):
                _add(found, key, value, mechanism)
    else:
        for item in node.values:
            pair = _pair(item)
            if pair is None:
                dynamic = dynamic or (isinstance(item, Scalar) and item.value is None)
            else:
                _add(found, pair[0], pair[1], mechanism)
    if found:
        return "tagged", tuple(dict.fromkeys(found))[:_MOST]
    return ("dynamic" if dynamic else "untagged"), ()


def _pair(item: Node) -> tuple[str, Scalar] | None:
    if isinstance(item, Table):
        for name, content in (("Key", "Value"), ("key", "value"), ("name", "value")):
            value = item.get(content)
            if item.text(name) and isinstance(value, Scalar):
                return item.text(name), value
    if isinstance(item, Scalar) and item.value and "=" in item.value:
        key, _, value_text = item.value.partition("=")
        return key, Scalar(value_text, item.line)
    return None


def _add(found: list[FoundTag], key: str, value: Scalar, mechanism: str) -> None:
    key = key.strip()
    own = key.startswith(_OWN_LABELS) or (mechanism == "labels" and key in _NAMING_LABELS)
    if not key or value.value == "" or own:
        return
    text = value.value
    if text is not None and ("${" in text or "{{" in text or "#{" in text):
        text = None
    found.append(FoundTag(key, text, mechanism))


def header_tags(headers: Iterable[tuple[str, str]], own: dict[str, str]) -> TagReading:
    """What request headers say, by the same names that count in code.

    Args:
        headers: Names and values as written.
        own: A configured gateway's tag headers and the key each stands for.
    """
    entries: dict[str, Value] = {
        name: Opaque("expression") if "$" in value or "{{" in value else Text(value)
        for name, value in headers
        if value
    }
    return read_tags(Arguments({"headers": Arguments(entries)}), _HEADERS, own)
