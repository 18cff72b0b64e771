"""Recipes of Make and just: shell commands below a target, with the file's own variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.commands import commands_in
from llmaudit.connectors.code.surfaces.findings import Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar
from llmaudit.connectors.code.surfaces.steps import called, symbol_of
from llmaudit.connectors.code.surfaces.variables import Environment

_RULE = "make"
_ASSIGNED = re.compile(
    r"(?:(?:export|override)\s+)*([A-Za-z_]\w*)\s*(\?=|:{1,3}=|=)\s*(.*?)\s*(?:(?<!\\)#.*)?$"
)
_TARGET = re.compile(r"([\w.%/$({@-][^=#]*?)\s*:(?![=:]=?[^:]*$)")
_VARIABLE = re.compile(r"\$[({]([A-Za-z_]\w*)[)}]|\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def read(source: Source) -> Iterator[Said]:
    """The commands of the recipes, and the variables that hold a key or an address."""
    environment = Environment.of(source, f"{_RULE}.variable")
    variables: list[str] = []
    recipes: list[tuple[str, int, list[str]]] = []
    target, within = "", False
    for number, line in enumerate(source.text.splitlines(), 1):
        indented = line[:1] in ("\t", " ") and bool(line.strip())
        if within and (indented or _continues(recipes)):
            recipes[-1][2].append(_shell(line))
            continue
        if not line.strip():
            if within:
                recipes[-1][2].append("")
            continue
        within = False
        assigned = None if indented else _ASSIGNED.match(line)
        if assigned:
            name, sign, value = assigned.groups()
            value = value.strip("'\"")
            variables.append(_default(name, value) if sign == "?=" else _set(name, value))
            environment.add(name, number, Scalar("" if "$" in value else value, number))
            continue
        named = None if indented or line.startswith("#") else _TARGET.match(line)
        if named:
            target = named[1].split()[0].lstrip("@")
            recipes.append((target, number, []))
            within = True
    before = "\n".join(variables) + "\n"
    for target, first, lines in recipes:
        text = "\n".join(lines)
        # The recipe begins on the line after its target.
        script = Scalar(text, first, block=True)
        for run in commands_in(text, source, before):
            yield called(run, script, symbol_of(target), environment, [], source, _RULE)
    yield from environment.found()


def _continues(recipes: list[tuple[str, int, list[str]]]) -> bool:
    """Whether the line before ends in a backslash."""
    return bool(recipes and recipes[-1][2] and recipes[-1][2][-1].endswith("\\"))


def _shell(line: str) -> str:
    """A line of a recipe as the shell sees it."""
    text = re.sub(r"^\s*[@+-]*\s*", "", line)
    text = _VARIABLE.sub(lambda m: f"${{{m[1] or m[2]}}}", text)
    return text.replace("$$", "$")


def _set(name: str, value: str) -> str:
    return f'{name}="{_inside(value)}"'


def _default(name: str, value: str) -> str:
    return f'{name}="${{{name}:-{_inside(value)}}}"'


def _inside(value: str) -> str:
    text = _VARIABLE.sub(lambda m: f"${{{m[1] or m[2]}}}", value)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "")
