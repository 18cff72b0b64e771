"""Globs over names and over paths, matched in bounded time whatever the pattern.

Patterns and paths come from the audited tree, so a pattern must not be able to stall a run:
a name glob becomes a regular expression of atomic groups, a path glob is walked part by part
and returns to its last ``**`` only.
"""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_WILD = re.compile(r"[*?]")
_DEEP = "**"


def is_glob(text: str) -> bool:
    """Whether the text holds a ``*`` or a ``?``."""
    return _WILD.search(text) is not None


def name_glob(pattern: str, *, fold: bool = True) -> Callable[[str], bool]:
    """Match whole names such as key ids, projects or models.

    Args:
        pattern: ``*`` is any text, ``?`` one character; every other character is itself,
            brackets too, since key ids and model ids may hold them.
        fold: Ignore case.

    Returns:
        A function from a name to whether it matches.
    """
    if fold:
        folded = name_glob(pattern.casefold(), fold=False)
        return lambda text: folded(text.casefold())
    head, star, tail = pattern.partition("*")
    if star and not tail and "?" not in head:
        # Most globs are a prefix; compiling each would cost more than all its matches.
        return lambda text: text.startswith(head)
    match = re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match
    return lambda text: match(text) is not None


@dataclass(frozen=True, slots=True)
class PathGlob:
    """A path pattern split into its parts.

    Attributes:
        parts: ``**``, a literal part, or a compiled part with wildcards.
        head: The literal text every matching path starts with; most paths end here.
    """

    parts: tuple[str | re.Pattern[str], ...]
    head: str = ""

    def matches(self, path: str) -> bool:
        """Whether a file's path, relative to the repository's root, is under the pattern."""
        if not path.startswith(self.head):
            return False
        names = path.split("/")
        parts = self.parts
        at = part = 0
        resume_part, resume_at = -1, 0
        while at < len(names):
            if part < len(parts) and parts[part] == _DEEP:
                resume_part, resume_at = part, at
                part += 1
            elif part < len(parts) and _part_matches(parts[part], names[at]):
                at += 1
                part += 1
            elif resume_part >= 0:
                resume_at += 1
                at, part = resume_at, resume_part + 1
            else:
                return False
        return all(left == _DEEP for left in parts[part:])


def _part_matches(part: str | re.Pattern[str], name: str) -> bool:
    return part == name if isinstance(part, str) else part.match(name) is not None


def path_glob(pattern: str, *, nested_below_star: bool = True) -> PathGlob:
    """Read a path pattern as one line of a ``.gitignore`` (without ``!``).

    A pattern with a slash before its end starts at the repository's root, any other matches
    at every depth. What names a directory holds for everything below it.

    Args:
        pattern: The pattern; ``*``, ``?`` and ``[a-z]`` stay within one part, ``**`` crosses
            parts.
        nested_below_star: Whether ``docs/*`` also holds for files in directories below
            ``docs``, as git reads it. GitHub's CODEOWNERS does not.
    """
    anchored = "/" in pattern.rstrip("/")
    names = [name for name in pattern.split("/") if name]
    parts: list[str | re.Pattern[str]] = [] if anchored else [_DEEP]
    for name in names:
        if name != _DEEP:
            parts.append(_part(name))
        elif not parts or parts[-1] != _DEEP:
            parts.append(_DEEP)
    if names and names[-1] == _DEEP:
        # A final ** stands for at least one part.
        parts.append(_part("*"))
    if pattern.endswith("/"):
        # A directory stands for what is in it: at least one part follows.
        parts += [_DEEP, _part("*")]
    elif nested_below_star or not pattern.endswith("/*"):
        parts.append(_DEEP)
    literal = itertools.takewhile(lambda part: isinstance(part, str) and part != _DEEP, parts)
    return PathGlob(tuple(parts), "/".join(str(part) for part in literal))


def _part(name: str) -> str | re.Pattern[str]:
    return re.compile(fnmatch.translate(name)) if is_glob(name) or "[" in name else name


@dataclass(frozen=True, slots=True)
class GlobIndex(Generic[T]):
    """Items named by exact texts and by globs, found without trying every glob.

    A glob is filed under the literal text before its first wildcard or, where that is
    longer, after its last one; a look-up tries the globs of the affixes the text has.

    Attributes:
        fold: Whether case is ignored.
        exact: Items by the text that names them.
        heads: Globs by literal head; ``tails``: by literal tail.
        head_lengths, tail_lengths: Lengths that occur, ascending, so that few slices are taken.
    """

    fold: bool
    exact: dict[str, tuple[T, ...]]
    heads: dict[str, tuple[tuple[Callable[[str], bool], T], ...]]
    tails: dict[str, tuple[tuple[Callable[[str], bool], T], ...]]
    head_lengths: tuple[int, ...]
    tail_lengths: tuple[int, ...]

    def find(self, text: str) -> Iterator[T]:
        """Every item whose exact text or glob matches, in no order that means anything."""
        folded = text.casefold() if self.fold else text
        yield from self.exact.get(folded, ())
        for length in self.head_lengths:
            if length > len(folded):
                break
            for matches, item in self.heads.get(folded[:length], ()):
                if matches(folded):
                    yield item
        for length in self.tail_lengths:
            if length > len(folded):
                break
            for matches, item in self.tails.get(folded[len(folded) - length :], ()):
                if matches(folded):
                    yield item


def glob_index(items: Iterable[tuple[str, T]], *, fold: bool = True) -> GlobIndex[T]:
    """File items by the text or the glob that names each.

    Args:
        items: Text or glob, and what it names.
        fold: Ignore case.
    """
    exact: dict[str, list[T]] = {}
    heads: dict[str, list[tuple[Callable[[str], bool], T]]] = {}
    tails: dict[str, list[tuple[Callable[[str], bool], T]]] = {}
    for text, item in items:
        folded = text.casefold() if fold else text
        if not is_glob(folded):
            exact.setdefault(folded, []).append(item)
            continue
        pieces = _WILD.split(folded)
        by_head = len(pieces[0]) >= len(pieces[-1])
        place, affix = (heads, pieces[0]) if by_head else (tails, pieces[-1])
        place.setdefault(affix, []).append((name_glob(folded, fold=False), item))
    return GlobIndex(
        fold,
        {text: tuple(found) for text, found in exact.items()},
        {text: tuple(found) for text, found in heads.items()},
        {text: tuple(found) for text, found in tails.items()},
        tuple(sorted({len(text) for text in heads})),
        tuple(sorted({len(text) for text in tails})),
    )
