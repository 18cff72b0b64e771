"""A small language-neutral tree of one source file: expressions, scopes, imports, comments.

Each language's adapter turns its parser's tree into this one, so that following a value, a
client or a tag is written once. Offsets are bytes into the parsed text, lines are 1-based.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(slots=True)
class Expr:
    """An expression; a plain Expr is one whose form does not matter, with its parts."""

    start: int
    end: int
    line: int
    end_line: int
    column: int
    parts: tuple[Expr, ...] = ()


# Some seconds of work at most, and far more than a file that people wrote asks for.
STEPS = 1_000_000

# What may stand before a call in Swift without being a part of it, and how much of it.
_BEFORE = re.compile(rb"(?:\s*(?:try[?!]?|await)\s|[(!\s])*")
_LEAD = 100
# What may be left out of its end: a closure, or the words and the brace that end one.
_AFTER = re.compile(rb"\s*(?:\{.*|(?:in\b)?[\s})]*)", re.DOTALL)

NOTHING: Expr = Expr(0, 0, 0, 0, 0)


# Stands in a `Str.shape` for each part that is not literal.
HOLE = "\0"


@dataclass(slots=True)
class Str(Expr):
    """A string. ``value`` is None when interpolated; ``head`` is the literal text before.

    ``shape`` is the whole text of an interpolated or concatenated string with a HOLE for each
    of its ``parts``, in their order; empty where an adapter does not tell.
    """

    value: str | None = None
    head: str = ""
    shape: str = ""


@dataclass(slots=True)
class Const(Expr):
    """A number, a boolean, or nothing (``None``, ``null``, ``undefined``)."""

    blank: bool = False


# The branches and loops around a place: where each begins, which arm, and whether it is a
# branch (`if`, whose arms exclude each other), a `loop`, or another block.
Way = tuple[tuple[int, int, str], ...]


@dataclass(slots=True)
class Name(Expr):
    """A plain name; ``way`` where the adapter tells it."""

    id: str = ""
    way: Way | None = None


@dataclass(slots=True)
class Attr(Expr):
    """``value.name``."""

    value: Expr = field(default_factory=lambda: NOTHING)
    name: str = ""


@dataclass(slots=True)
class Item(Expr):
    """``value[key]``; ``position`` where the key is a number that stands in the source."""

    value: Expr = field(default_factory=lambda: NOTHING)
    key: Expr = field(default_factory=lambda: NOTHING)
    position: int | None = None


@dataclass(slots=True)
class Arg:
    """One argument. ``spread`` is ``*`` for a sequence, ``**`` for a mapping."""

    value: Expr
    name: str | None = None
    spread: Literal["", "*", "**"] = ""
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Call(Expr):
    """A call or a construction; ``new`` tells constructions apart (``new X(...)``, ``X{...}``).

    A struct literal or an object initializer is a construction with named arguments.
    """

    function: Expr = field(default_factory=lambda: NOTHING)
    arguments: tuple[Arg, ...] = ()
    new: bool = False


@dataclass(slots=True)
class Entry:
    """One entry of a mapping; a key of None is a spread."""

    key: Expr | None
    value: Expr
    start: int
    end: int


@dataclass(slots=True)
class Mapping(Expr):
    """A dict or object literal."""

    entries: tuple[Entry, ...] = ()


@dataclass(slots=True)
class Sequence(Expr):
    """A list, tuple, set or array literal."""

    items: tuple[Expr, ...] = ()


@dataclass(slots=True)
class Either(Expr):
    """One of several values: ``a or b``, ``a ?? b``, a conditional expression.

    ``fallback`` is True where a later one only counts when those before are nothing.
    """

    options: tuple[Expr, ...] = ()
    fallback: bool = False


@dataclass(slots=True)
class Placed(Expr):
    """A value that is read in a scope of its own: what a block inside a function returns."""

    value: Expr = field(default_factory=lambda: NOTHING)
    scope: Scope | None = None


@dataclass(slots=True)
class Merge(Expr):
    """Its ``parts`` put together by an operator (``a | b``): mappings merge, chains join."""


@dataclass(slots=True)
class Function(Expr):
    """A lambda or arrow function; ``scope`` holds its parameters and returns."""

    scope: Scope | None = None


@dataclass(slots=True)
class Binding:
    """One way a name gets a value.

    Attributes:
        kind: ``assign``, ``parameter``, ``function``, ``class``, ``loop`` (an element of the
            value) or ``field`` (a declared attribute without a value).
        value: What is assigned; a parameter's default.
        scope: Where the value's own names are looked up.
        annotation: The declared type, as an expression.
        at: Byte from which on it holds; -1 where the adapter does not tell.
        way: The branches and loops it stands in.
        part: Of a loop's element, the places it is taken out of (``for name, model in ...``).
    """

    kind: Literal["assign", "parameter", "function", "class", "loop", "field"]
    value: Expr | None
    scope: Scope
    annotation: Expr | None = None
    defined: Scope | None = None
    at: int = -1
    way: Way = ()
    part: tuple[int, ...] = ()


@dataclass(slots=True)
class Change:
    """A mapping or an object changed after it was made: one key set, another mapping merged in.

    Without a key a list is added to. ``inside`` means that the value adds to what stands under
    the key already (``request.metadata["k"] = v``). ``setter`` is the method that a statement
    calls on an object or a builder; ``value`` then holds what it is given, as a Sequence.
    """

    key: Expr | None
    value: Expr
    scope: Scope
    inside: bool = False
    at: int = -1
    way: Way = ()
    setter: str = ""


@dataclass(slots=True)
class Scope:
    """A module, class or function, or a block with names of its own.

    Attributes:
        attributes: For a class, what its methods assign to ``self.name`` or ``this.name``.
        tree: For a module, the file it is the top of.
        implicit: Whether a class's members are seen by their bare names (Java, C#, Kotlin).
        bases: For a class, the expressions it derives from.
        returns: For a function, what it returns; ``yields`` what it hands out one by one.
        result: For a function, the declared type of what it gives.
        parameters: For a function, the place of the argument that a name stands for, and the
            key that it is taken out from under; empty where an adapter does not tell.
        labels: For a function, the label an argument is given by, by the parameter's name.
        decorators: What a function is wrapped in where it is defined.
        shared: For a function, names that it binds in the module (``global``).
        imported: For a function or a class, names that it imports itself.
    """

    kind: Literal["module", "class", "function", "block"]
    name: str
    parent: Scope | None
    start: int = 0
    end: int = 0
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    attributes: dict[str, list[Binding]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    bases: tuple[Expr, ...] = ()
    returns: list[Expr] = field(default_factory=list)
    tree: SourceTree | None = None
    yields: tuple[Expr, ...] = ()
    shared: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    decorators: tuple[Expr, ...] = ()
    implicit: bool = False
    result: Expr | None = None
    parameters: dict[str, tuple[int, str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def bind(self, name: str, binding: Binding) -> None:
        """Add one way this scope's name gets a value."""
        self.bindings.setdefault(name, []).append(binding)

    def home(self) -> SourceTree | None:
        """The file this scope stands in."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope.tree

    def enclosing(self, kind: str) -> Scope | None:
        """The nearest scope of that kind, this one included."""
        scope: Scope | None = self
        while scope is not None and scope.kind != kind:
            scope = scope.parent
        return scope

    @property
    def symbol(self) -> str:
        """Dotted names of the enclosing classes and functions; empty for a module."""
        names: list[str] = []
        scope: Scope | None = self
        while scope is not None:
            if scope.kind != "module" and scope.name:
                names.append(scope.name)
            scope = scope.parent
        return ".".join(reversed(names))


@dataclass(frozen=True, slots=True)
class Import:
    """``local`` names ``name`` of ``module``, or the module itself when name is empty.

    A name and local of ``*`` bring every name of the module (``using OpenAI.Chat;``).
    """

    module: str
    name: str
    local: str
    line: int
    types_only: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment's text without its marker, and the lines it stands on."""

    text: str
    line: int
    alone: bool


@dataclass(slots=True)
class SourceTree:
    """One parsed file.

    Attributes:
        calls: Every call and the scope it stands in, by its span.
        broken: Whether a part of the file could not be parsed.
        named_modules: Modules of SDKs that the file names in a string, by the name each is
            usually kept under; told by the reader who knows the SDKs.
        read: Values read before, by expression or name, scope and depth; the readers' own.
        arms: For a condition that leaves nothing out, by where it begins: how many arms it has.
        active: Bindings that are being read, so that none is read through itself.
        unseen: Spans of calls in which the engine matches nothing (arguments of macros).
        steps: Steps taken to follow values and origins in this file.
        path: Where the file stands in its repository, once it is linked.
        linked: What an imported name is bound to in another file of the repository, with that
            file's scope; a module is bound as a class whose members are its names.
        conftests: Files whose fixtures this file's tests are given, the nearest first.
        by_callers: Whether a parameter stands for what the file's own callers give it.
        held: What is assigned to attributes of other objects than the own, by the attribute's
            name, with the object.
        sites: Calls by the name of what they call, made when first asked for.
        starts, ends: Spans of the calls by either end, made when first asked for.
        within: Blocks that run inside something (``with``): where each begins and ends, what it
            runs in, and the scope that is read in.
    """

    language: str
    data: bytes
    module: Scope
    imports: list[Import] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    calls: dict[tuple[int, int], tuple[Call, Scope]] = field(default_factory=dict)
    read: dict[tuple[int | str, int, int], tuple[Expr | Scope, Any]] = field(default_factory=dict)
    broken: bool = False
    named_modules: dict[str, str] = field(default_factory=dict)
    arms: dict[int, int] = field(default_factory=dict)
    active: set[int] = field(default_factory=set)
    unseen: set[tuple[int, int]] = field(default_factory=set)
    steps: int = 0
    conftests: Callable[[], list[SourceTree]] | None = None
    by_callers: bool = False
    path: str = ""
    linked: Callable[[str], tuple[Scope, list[Binding]] | None] | None = None
    sites: dict[str, list[tuple[Call, Scope]]] = field(default_factory=dict)
    held: dict[str, list[tuple[Expr, Binding]]] = field(default_factory=dict)
    starts: dict[int, list[int]] = field(default_factory=dict)
    ends: dict[int, list[int]] = field(default_factory=dict)
    within: list[tuple[int, int, Expr, Scope]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let each of the file's scopes find its file."""
        self.module.tree = self

    def step(self) -> bool:
        """Count one step of following values and origins; False once the file has had its due."""
        self.steps += 1
        return self.steps <= STEPS

    @property
    def tangled(self) -> bool:
        """Whether following was given up, so that what is left open may be settled."""
        return self.steps > STEPS

    def callers_of(self, name: str) -> list[tuple[Call, Scope]]:
        """Calls in this file of anything by that name, with the scopes they stand in."""
        if not self.sites:
            for call, scope in self.calls.values():
                function = call.function
                called = function.name if isinstance(function, Attr) else ""
                called = function.id if isinstance(function, Name) else called
                if called:
                    self.sites.setdefault(called, []).append((call, scope))
        return self.sites.get(name, [])

    def call_at(self, start: int, end: int) -> tuple[Call, Scope] | None:
        """The call with that span; else the innermost one that a match's span points into."""
        # The engine leaves the last parenthesis of a construction out of its span in PHP.
        exact = self.calls.get((start, end)) or (
            self.calls.get((start, end + 1)) if self.language == "php" else None
        )
        if exact is not None:
            return exact
        if not self.starts:
            for first, last in self.calls:
                self.starts.setdefault(first, []).append(last)
                self.ends.setdefault(last, []).append(first)
        loosely = self._loosely(start, end) if self.language == "swift" else None
        if loosely is not None:
            return loosely
        inside = [last for last in self.starts.get(start, ()) if last <= end]
        if inside:
            return self.calls[start, max(inside)]
        around = [first for first in self.ends.get(end, ()) if first <= start]
        return self.calls[max(around), end] if around else None

    def _loosely(self, start: int, end: int) -> tuple[Call, Scope] | None:
        """The call a span of Swift points at: the engine draws the borders of some elsewhere.

        ``try await`` and brackets before a call may count as its beginning or not, and a closure
        that ends it is left out, or left without its brace.
        """
        found: list[tuple[int, int]] = []
        for first in range(start - _LEAD, start + _LEAD):
            last = min((last for last in self.starts.get(first, ()) if last >= end), default=-1)
            if last < 0:
                continue
            lead = (min(first, start), max(first, start))
            if _BEFORE.fullmatch(self.data, *lead) and _AFTER.fullmatch(self.data, end, last):
                found.append((first, last))
        return self.calls[min(found, key=lambda span: span[1] - span[0])] if found else None


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything below it."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def children(node: Expr) -> list[Expr]:
    """The direct parts of an expression, in source order."""
    found: list[Expr] = list(node.parts)
    if isinstance(node, Attr):
        found.append(node.value)
    elif isinstance(node, Item):
        found += [node.value, node.key]
    elif isinstance(node, Call):
        found.append(node.function)
        found += [argument.value for argument in node.arguments]
    elif isinstance(node, Mapping):
        for entry in node.entries:
            found += [entry.value] if entry.key is None else [entry.key, entry.value]
    elif isinstance(node, Sequence):
        found += node.items
    elif isinstance(node, Either):
        found += node.options
    elif isinstance(node, Placed):
        found.append(node.value)
    return found
