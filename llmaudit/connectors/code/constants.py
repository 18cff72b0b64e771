"""Constants of an SDK that stand for a model's name (``openai.GPT4o``), as the model they name."""

from __future__ import annotations

import dataclasses
import re

from llmaudit.connectors.code.names import last_name
from llmaudit.connectors.code.syntax.tree import HOLE
from llmaudit.connectors.code.value import Choice, Items, Opaque, Table, Text, Value, choice
from llmaudit.connectors.code.view import FileView

# A constant that this version of the catalogue does not know: its own name is what is known.
NAMED = "constant"
# Languages whose SDKs make constants of model ids by capitals and underlines alone.
_SPELLED = {"java", "kotlin", "scala", "rust"}
# Languages whose imports bring every class of a namespace, the program's own among them.
_WIDE = {"csharp"}
# Scala's SDKs made from a specification keep the model's own id as the constant's name.
_QUOTED = re.compile(r"[.:]([A-Za-z][A-Za-z0-9]*(?:-[\w.]+)+)$")


def settled(value: Value, view: FileView, depth: int = 6) -> Value:
    """The value with the SDKs' constants in it read.

    A constant the catalogue does not know stays unsettled, with its name as its text.
    """
    if isinstance(value, Opaque):
        return _constant(value, view)
    if depth <= 0:
        return value
    if isinstance(value, Table):
        entries = {key: settled(one, view, depth - 1) for key, one in value.entries.items()}
        return dataclasses.replace(value, entries=entries)
    if isinstance(value, Items):
        return Items(tuple(settled(one, view, depth - 1) for one in value.values))
    if isinstance(value, Choice):
        return choice(settled(one, view, depth - 1) for one in value.options)
    return value


def settled_table(table: Table, view: FileView) -> Table:
    """The same for a table of arguments."""
    found = settled(table, view)
    return found if isinstance(found, Table) else table


def _constant(value: Opaque, view: FileView) -> Value:
    if value.default is not None:
        return dataclasses.replace(value, default=settled(value.default, view))
    sdks = view.sdks_of(value.symbol) if value.symbol else ()
    if not sdks:
        return value
    quoted = _QUOTED.search(value.symbol) if view.tree.language == "scala" else None
    if quoted:
        return Text(quoted.group(1).lower())
    name = last_name(value.symbol)
    # Where imports are wide, the one that has a constant of that name.
    known = next((sdk.constants[name] for sdk in sdks if sdk.constants.get(name)), None)
    if known is None and view.tree.language in _WIDE:
        holder = f"{last_name(value.symbol.rpartition('.')[0])}.*"
        if not any(holder in sdk.constants for sdk in sdks):
            return value
    plain = "_" in name or re.fullmatch(r"O\d", name)
    if known is None and plain and view.tree.language in _SPELLED:
        known = spelled(name)
    if known and HOLE in value.text:
        # `"us." + ModelId.name`
        known = value.text.replace(HOLE, known)
    return Text(known) if known else Opaque(NAMED, text=name, symbol=value.symbol)


def spelled(name: str) -> str:
    """The id that a constant in capitals is made from: ``GPT_4_1_MINI`` of ``gpt-4.1-mini``."""
    text = name.lower().strip("_").replace("_", "-")
    text = re.sub(r"^gpt(?=\d)", "gpt-", text)
    text = re.sub(r"^gpt-4-o(?=-|$)", "gpt-4o", text)
    if re.match(r"gpt-|gemini-", text):
        text = re.sub(r"(?<=\d)-(?=\d(?:-|$))", ".", text, count=1)
    return text
