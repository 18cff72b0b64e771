"""Read a YAML configuration as plain text values that know where they stand.

Scalars stay text, as written, apart from null: an account ``012345678901`` keeps its zero, a
rule's level ``off`` stays ``off``. The models turn text into what their fields ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import yaml

from llmaudit.errors import ConfigError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 50_000

Loc = tuple[str | int, ...]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})


class _Loader(yaml.SafeLoader):
    """Resolves nothing: every plain scalar is text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the shape PyYAML asks for


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a text; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file, parsed but not judged.

    Attributes:
        name: What to call the file in an error.
        values: Mappings, lists, text and None.
        places: Where the value at a path of keys and indexes stands.
        keys: Where the key that ends a path stands.
    """

    name: str
    values: dict[str, Any]
    places: Mapping[Loc, Place]
    keys: Mapping[Loc, Place] = field(default_factory=dict)

    def at(self, loc: Loc, *, key: bool = False) -> str:
        """``file:line:column`` of a value, or of its key; of what holds it where it is absent."""
        if key and loc in self.keys:
            return _at(self.name, self.keys[loc])
        while loc not in self.places:
            loc = loc[:-1]
        return _at(self.name, self.places[loc])

    def texts(self) -> Iterator[tuple[Loc, str]]:
        """Every text value with its path, in the order of the file."""
        return _texts(self.values, ())


def parse(data: bytes, name: str) -> Document:
    """Parse a configuration.

    Args:
        data: The file's bytes, UTF-8 with or without a byte order mark.
        name: What to call the file in an error.

    Raises:
        ConfigError: It is too large, not UTF-8, not YAML, nested too deep, has a key twice, or
            is not one mapping; names line and column.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{name} is larger than 1 MiB", "a configuration is a few kilobytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: the text is not UTF-8", "save it as UTF-8") from None
    try:
        _refuse_deep(text, name)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = _at(name, _place(mark)) if mark else name
        # The parser's own context may quote the line, and with it a secret.
        raise ConfigError(f"{at}: not valid YAML: {error.problem}", "mend the line") from None
    except yaml.YAMLError:
        raise ConfigError(
            f"{name} holds a character that YAML does not allow", "remove control characters"
        ) from None
    if root is None:
        return Document(name, {}, {(): Place(1, 1)})
    reading = _Reading(name)
    values = reading.value(root, ())
    if not isinstance(values, dict):
        raise ConfigError(
            f"{name}: the file is not a mapping of keys to values", "start it with: version: 1"
        )
    return Document(name, values, reading.places, reading.keys)


def _refuse_deep(text: str, name: str) -> None:
    """Look at the parser's events first: composing nodes recurses once per level."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                at = _at(name, _place(event.start_mark))
                raise ConfigError(f"{at}: nested deeper than {MAX_DEPTH} levels", "flatten it")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


@dataclass(slots=True)
class _Reading:
    """Turns nodes into values and remembers where they stood."""

    name: str
    places: dict[Loc, Place] = field(default_factory=dict)
    keys: dict[Loc, Place] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        place = _place(node.start_mark)
        self.places[loc] = place
        # An alias is expanded where it stands: counting what is expanded bounds a bomb.
        if len(self.places) > MAX_VALUES:
            self._refuse(place, f"more than {MAX_VALUES} values", "check the anchors of the file")
        if node.tag not in _TAGS:
            self._refuse(place, "explicit YAML tags are not used here", "write the plain value")
        if isinstance(node, yaml.ScalarNode):
            return None if node.style is None and node.value in _NULLS else node.value
        if id(node) in self.open:
            self._refuse(place, "an anchor contains itself", "write the value out")
        self.open.add(id(node))
        values = (
            self._mapping(node, loc)
            if isinstance(node, yaml.MappingNode)
            else [self.value(item, (*loc, number)) for number, item in enumerate(node.value)]
        )
        self.open.discard(id(node))
        return values

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, item in node.value:
            place = _place(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(place, "a key is not plain text", "write a word before the colon")
            path = (*loc, key.value)
            if key.value in values:
                first = self.keys[path].line
                self._refuse(
                    place, f"the key {key.value!r} stands in line {first} already", "keep one"
                )
            self.keys[path] = place
            values[key.value] = self.value(item, path)
        return values

    def _refuse(self, place: Place, problem: str, help: str) -> NoReturn:
        raise ConfigError(f"{_at(self.name, place)}: {problem}", help)


class _Mark(Protocol):
    """A position as PyYAML and libyaml each have it, counted from 0."""

    line: int
    column: int


def _place(mark: _Mark | None) -> Place:
    if mark is None:
        return Place(1, 1)
    return Place(mark.line + 1, mark.column + 1)


def _at(name: str, place: Place) -> str:
    return f"{name}:{place.line}:{place.column}"


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*loc, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*loc, number))
