"""YAML as nodes, by the parser's events: nothing is constructed and no alias is expanded."""

from __future__ import annotations

import re

import yaml

from llmaudit.connectors.code.surfaces.nodes import DEPTH, Document, Items, Node, Scalar, Table

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ACTION_LINE = re.compile(r"^[ \t]*(?:-[ \t]+)?\{\{-?[^{}]*-?\}\}[ \t]*$", re.MULTILINE)
# `${{ ... }}` is an expression that the file's own reader knows.
_ACTION = re.compile(r"(?<!\$)\{\{[^{}\n]*\}\}|\{%[^\n]*?%\}|<%[^\n]*?%>")
_PLACEHOLDER = re.compile(r"llmaudit-template-x*")


def read_yaml(text: str, *, templated: bool = False) -> Document:
    """Read a YAML stream.

    Args:
        text: The file.
        templated: Whether template actions (``{{ .Values.image }}``) may stand in it: lines
            that hold nothing else are blanked, the others' values become unsettled.

    Returns:
        The documents up to where the parser gave up, and why it did.
    """
    if templated and ("{{" in text or "<%" in text or "{%" in text):
        text = _ACTION_LINE.sub("", text)
        text = _ACTION.sub(_placeholder, text)
    document = Document()
    # Containers that are open, each with the key that waits for its value.
    stack: list[list[object]] = []
    anchors: dict[str, Node] = {}
    deep = 0

    def add(node: Node) -> None:
        if not stack:
            document.roots.append(node)
            return
        holder, key = stack[-1]
        if isinstance(holder, Items):
            holder.values.append(node)
        elif isinstance(holder, Table):
            if key is None:
                named = node.value or "" if isinstance(node, Scalar) else ""
                stack[-1][1] = (named, node.line)
            elif isinstance(key, tuple):
                holder.entries.append((key[0], key[1], node))
                stack[-1][1] = None

    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                line = _line(event)
                opened: Items | Table = (
                    Items(line) if isinstance(event, yaml.SequenceStartEvent) else Table(line)
                )
                if len(stack) >= DEPTH:
                    deep = deep or line
                else:
                    add(opened)
                if event.anchor:
                    anchors[event.anchor] = opened
                stack.append([opened, None])
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.ScalarEvent):
                scalar = _scalar(event)
                if event.anchor:
                    anchors[event.anchor] = scalar
                add(scalar)
            elif isinstance(event, yaml.AliasEvent):
                add(anchors.get(event.anchor or "", Scalar(None, _line(event))))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        document.problems.append(_said(error))
    if deep:
        document.problems.append(
            f"line {deep}: nested deeper than {DEPTH} levels; what lies deeper is left out"
        )
    return document


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    line = _line(event)
    value = str(event.value)
    if "llmaudit-template-" in value:
        rest = _PLACEHOLDER.sub("", value)
        return Scalar(None, line, hint=rest.strip(" -:/"))
    if event.tag and event.tag.startswith("!") and event.tag not in ("!", "!Sub", "!Join"):
        # `!Ref x` of CloudFormation, `!vault` of Ansible: the text names the value.
        return Scalar(None, line, hint=value if event.tag == "!Ref" else "")
    return Scalar(value, line, block=event.style == "|")


def _placeholder(match: re.Match[str]) -> str:
    """As long as the action, so that no column moves."""
    return "llmaudit-template-".ljust(len(match[0]), "x")


def _said(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "it is not valid YAML"
    where = f"line {mark.line + 1}: " if mark is not None else ""
    return f"{where}{what}; what stands after it is not read"
