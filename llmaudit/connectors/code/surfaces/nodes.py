"""One tree for YAML, JSON, TOML and HCL: text, lists and mappings, each with its line.

A declaration is data, so it is read as data: nothing is constructed, expanded or run. An alias
of YAML is a reference to the node it names, never a copy of it, and every walk is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

DEPTH = 100
"""How deep a document may be nested; what lies deeper is left out, and said."""
MERGES = 1_000
"""How many mappings a merge key may bring in, one over the other."""


@dataclass(slots=True, eq=False)
class Scalar:
    """One value.

    Attributes:
        value: Its text; None where the file does not settle it (an expression).
        line: First line, 1-based.
        block: Whether the text begins on the line after (``run: |``), line for line.
        hint: What an unsettled value is by default, or ends in; empty where nothing is.
    """

    value: str | None
    line: int
    block: bool = False
    hint: str = ""

    def line_of(self, index: int) -> int:
        """The file's line of the text's line ``index``, from 0."""
        return self.line + 1 + index if self.block else self.line


@dataclass(slots=True, eq=False)
class Items:
    """A list."""

    line: int
    values: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Table:
    """A mapping, in the order in which it is written.

    Attributes:
        entries: Key, line of the key, value. A key may stand twice; the last one counts.
        open: Whether further entries may come from what the file does not settle.
    """

    line: int
    entries: list[tuple[str, int, Node]] = field(default_factory=list)
    open: bool = False

    def get(self, *path: str) -> Node | None:
        """The value at a path of keys; None where there is none."""
        node: Node | None = self
        for key in path:
            if not isinstance(node, Table):
                return None
            node = next((value for name, _, value in reversed(node.all()) if name == key), None)
        return node

    def text(self, *path: str) -> str:
        """The settled text at a path of keys, without blanks around it; else empty."""
        node = self.get(*path)
        return (node.value or "").strip() if isinstance(node, Scalar) else ""

    def table(self, *path: str) -> Table:
        """The mapping at a path of keys; an empty one where there is none."""
        node = self.get(*path)
        return node if isinstance(node, Table) else Table(self.line)

    def items(self, *path: str) -> list[Node]:
        """What the list at a path of keys holds; a single value counts as a list of one."""
        node = self.get(*path)
        if isinstance(node, Items):
            return node.values
        return [node] if isinstance(node, Table | Scalar) else []

    def all(self) -> list[tuple[str, int, Node]]:
        """The entries, those that a merge key (``<<``) brings in first."""
        if not any(name == "<<" for name, _, _ in self.entries):
            return self.entries
        found: list[tuple[str, int, Node]] = []
        self._merged(found, set())
        return found

    def _merged(self, found: list[tuple[str, int, Node]], seen: set[int], deep: int = 0) -> None:
        if id(self) in seen or len(seen) > MERGES or deep > DEPTH:
            return
        seen.add(id(self))
        for name, _, value in self.entries:
            if name == "<<":
                for part in value.values if isinstance(value, Items) else [value]:
                    if isinstance(part, Table):
                        part._merged(found, seen, deep + 1)
        found += [entry for entry in self.entries if entry[0] != "<<"]


Node = Scalar | Items | Table


@dataclass(slots=True)
class Document:
    """What a file was read as.

    Attributes:
        roots: Its documents; one for most formats.
        problems: Sentences on what could not be read, each with its line.
    """

    roots: list[Node] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        """Those of the documents that are mappings."""
        return [root for root in self.roots if isinstance(root, Table)]


def walk(node: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every node below and with its path of keys, in the file's order, each node once.

    A list adds nothing to the path. However often an alias names a node, it is visited once, so
    that a walk is as long as the file.
    """
    seen: set[int] = set()
    stack: list[tuple[tuple[str, ...], Node]] = [((), node)]
    while stack:
        path, one = stack.pop()
        if id(one) in seen or len(path) > DEPTH:
            continue
        seen.add(id(one))
        yield path, one
        if isinstance(one, Table):
            stack += [((*path, name), value) for name, _, value in reversed(one.entries)]
        elif isinstance(one, Items):
            stack += [(path, value) for value in reversed(one.values)]


def tables(node: Node) -> Iterator[tuple[tuple[str, ...], Table]]:
    """Every mapping below and with its path of keys."""
    for path, one in walk(node):
        if isinstance(one, Table):
            yield path, one


def texts(node: Node, *names: str) -> Iterator[Scalar]:
    """Every value whose key is one of the names, at any depth."""
    for path, one in walk(node):
        if isinstance(one, Scalar) and path and path[-1] in names:
            yield one
