"""What a value is once it was followed: a text, a table, a choice, or not settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from llmaudit.connectors.code.syntax.tree import HOLE

_OPTIONS = 100


@dataclass(frozen=True, slots=True)
class Text:
    """A literal string."""

    value: str


@dataclass(frozen=True, slots=True)
class Blank:
    """None, null, undefined or an empty string: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number, a boolean or another literal that is not text."""


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping whose literal keys are known.

    ``open`` is True when something unreadable is merged in, so that a key that is not seen
    may still be there. ``builder`` is True while setters of a builder still add to it.
    """

    entries: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    builder: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list literal."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Not settled here: ``parameter``, ``environment``, ``import``, ``call``, ``unknown``.

    ``default`` is the value that counts when the caller or the environment gives none;
    ``text`` is what is known of an interpolated text, with a HOLE for each part that is not;
    ``symbol`` the qualified name of what is imported (``example.com/ai:ModelLarge``);
    ``handed`` the mapping that the function was given whose result this is.
    """

    why: str
    default: Value | None = None
    text: str = ""
    symbol: str = ""
    handed: Table | None = None

    @property
    def head(self) -> str:
        """The known leading text."""
        return self.text.partition(HOLE)[0]


Value = Text | Blank | Scalar | Table | Items | Choice | Opaque


def choice(options: Iterable[Value]) -> Value:
    """One value of several: equal ones fall together, nested choices are flattened."""
    texts: dict[Text, None] = {}
    found: list[Value] = []
    for option in options:
        for one in option.options if isinstance(option, Choice) else (option,):
            if isinstance(one, Text):
                if one in texts:
                    continue
                texts[one] = None
            elif one in found:
                continue
            found.append(one)
            if len(found) > _OPTIONS:
                # So many values settle nothing.
                return Opaque("unknown")
    if not found:
        return Opaque("unknown")
    return found[0] if len(found) == 1 else Choice(tuple(found))


def merge(parts: Iterable[Value]) -> Table:
    """Later mappings over earlier ones; an unreadable one leaves the result open."""
    entries: dict[str, Value] = {}
    unreadable = building = False
    for part in parts:
        if isinstance(part, Table):
            entries |= part.entries
            unreadable |= part.open
            building |= part.builder
        elif isinstance(part, Choice):
            for option in part.options:
                if isinstance(option, Table):
                    for key, value in option.entries.items():
                        entries[key] = choice((entries[key], value)) if key in entries else value
                    unreadable |= option.open
                elif not isinstance(option, Blank | Scalar):
                    unreadable = True
        elif isinstance(part, Opaque) and isinstance(part.default, Table):
            entries |= part.default.entries
            unreadable = True
        elif not isinstance(part, Blank | Scalar):
            unreadable = True
    return Table(entries, unreadable, building)


def member(whole: Value, name: str) -> Value:
    """What a value holds under a name."""
    if isinstance(whole, Table):
        if name in whole.entries:
            return whole.entries[name]
        return Opaque("unknown") if whole.open else Blank()
    if isinstance(whole, Choice):
        return choice(member(option, name) for option in whole.options)
    if isinstance(whole, Opaque):
        inner = member(whole.default, name) if whole.default else None
        return Opaque(whole.why, None if isinstance(inner, Blank) else inner)
    return Opaque("unknown")


def element(whole: Value, part: tuple[int, ...] = ()) -> Value:
    """What a loop over a value takes out of it: any of its elements, or a part of each."""
    if isinstance(whole, Choice):
        return choice(element(option, part) for option in whole.options)
    if isinstance(whole, Table) and not whole.open and not whole.builder and whole.entries:
        whole = Items(tuple(Text(key) for key in whole.entries))
    if not isinstance(whole, Items):
        return Opaque("unknown")
    found: list[Value] = list(whole.values)
    for place in part:
        held = [one.values for one in found if isinstance(one, Items)]
        if len(held) < len(found) or any(len(values) <= place for values in held):
            return Opaque("unknown")
        found = [values[place] for values in held]
    return choice(found)


def pairs(whole: Value) -> Items | None:
    """The entries of a mapping as pairs; None where not all of them are known."""
    if not isinstance(whole, Table) or whole.open or whole.builder:
        return None
    return Items(tuple(Items((Text(key), value)) for key, value in whole.entries.items()))
