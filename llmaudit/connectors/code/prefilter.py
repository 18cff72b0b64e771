"""Which files can match at all: the engine's own necessary literals, looked for in one pass.

The engine prints for each rule a formula over identifiers that every match must contain. It is
derived from the rules, so it cannot drift from them; a file that satisfies no formula cannot
hold a match and the engine never opens it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import ahocorasick_rs

# A formula is None (no literal is necessary), a literal's index, or (operator, parts).
Formula = Any
# As it is asked: (operator is "And", the literals directly below as a set of bits, other parts).
# A part is one object wherever it stands, so that many rules' imports are looked at once a file.
_Test = tuple[bool, int, tuple[Any, ...]]
# Literals of which one must be there for any of the tests that follow to hold (0: none must).
_Formulas = tuple[tuple[int, tuple[tuple[_Test, tuple[str, ...]], ...]], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a file's literals say of it.

    Attributes:
        rules: Rules of which it may hold a match that counts.
        imports: Whether it names an SDK's module.
        present: The literals it holds, a bit each.
    """

    rules: frozenset[str]
    imports: bool
    present: int


@dataclass(frozen=True, slots=True)
class LanguageFilter:
    """Necessary literals of a language's rules, compiled for one pass over a file's bytes.

    Attributes:
        formulas: The distinct formulas of its rules, with the rules of each.
        imports: The literals an import of an SDK is written with, for files that use an SDK
            without a call in them.
        shapes: The formulas of shapes without what makes them count: enough for a file that
            another one leads to an SDK.
        roots: Of the literals an import in Python may be written with, the package they stand
            for: so short ones (`, phi`) are written elsewhere too.
    """

    formulas: _Formulas
    imports: frozenset[int]
    automaton: ahocorasick_rs.BytesAhoCorasick
    shapes: _Formulas
    roots: Mapping[int, str]

    def look(self, data: bytes) -> Look:
        """What a file's literals say of it."""
        present = {hit[0] for hit in self.automaton.find_matches_as_indexes(data, overlapping=True)}
        if self.roots:
            present = {n for n in present if n not in self.roots or _imports(self.roots[n], data)}
        bits = _bits(present)
        return Look(_satisfied(self.formulas, bits), not present.isdisjoint(self.imports), bits)


@dataclass(frozen=True, slots=True)
class Anchor:
    """What makes a match of a shape a call: an SDK's import, or arguments of its own.

    Attributes:
        modules: Per language, modules one of which the file imports.
        words: Names of arguments that are all written in the file; empty where no
            arguments are enough.
        one_of: Words one of which is enough (hosts and paths that take model requests).
        names: Names of classes one of which is enough beside the modules.
    """

    modules: Mapping[str, Iterable[str]]
    words: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefilter:
    """The filters of all languages, each compiled when a file of it is first looked at.

    Attributes:
        filters: Per language and rule, the engine's ``filter`` value (``["Some", formula]`` or
            "None").
        modules: Per language, the modules of all SDKs.
        anchors: Rule id to what else a file must hold for a match to count; a rule whose
            match counts by itself is absent.
    """

    filters: Mapping[str, Mapping[str, Any]]
    modules: Mapping[str, Iterable[str]]
    anchors: Mapping[str, Anchor]
    made: dict[str, LanguageFilter] = field(default_factory=dict)

    def look(self, data: bytes, language: str) -> Look:
        """What a file's literals say of it."""
        return self._of(language).look(data)

    def shapes_in(self, look: Look, language: str) -> frozenset[str]:
        """Rules whose shape a file may hold, should another file lead it to an SDK."""
        return _satisfied(self._of(language).shapes, look.present)

    def _of(self, language: str) -> LanguageFilter:
        if language not in self.made:
            self.made[language] = _compile(
                language,
                self.filters.get(language, {}),
                self.modules.get(language, ()),
                self.anchors,
            )
        return self.made[language]


def import_literals(language: str, module: str) -> tuple[str, ...]:
    """The ways an import of a module is written; one of them stands in every file that has one."""
    if language == "python":
        root = module.split(".")[0]
        return (f"import {root}", f"from {root}", f", {root}")
    separator = {"rust": "::", "php": "\\", "ruby": "::"}.get(language)
    if separator is not None:
        return (module.replace(".", separator),)
    if language not in ("javascript", "typescript"):
        return (module,)
    if module.startswith("@jsr/"):
        name = module.removeprefix("@jsr/").replace("__", "/")
        return (f"jsr:@{name}", f"jsr:/@{name}", module)
    # Also from a registry or a server by name (`npm:openai@4`, `https://esm.sh/openai@4`).
    named = tuple(f"{mark}{module}{end}" for mark in ":/" for end in "@\"'`")
    return named + tuple(f"{quote}{module}{end}" for quote in "\"'`" for end in (quote, "/"))


def compile_prefilter(
    filters: Mapping[str, Any],
    languages: Mapping[str, Sequence[str]],
    modules: Mapping[str, Iterable[str]],
    anchors: Mapping[str, Anchor],
) -> Prefilter:
    """Build the prefilter.

    Args:
        filters: Rule id to the engine's ``filter`` value.
        languages: Rule id to the languages it runs on.
        modules: Per language, the modules of all SDKs.
        anchors: Rule id to what else a file must hold.
    """
    found: dict[str, dict[str, Any]] = {}
    for rule in sorted(filters):
        for language in languages[rule]:
            found.setdefault(language, {})[rule] = filters[rule]
    return Prefilter(found, modules, anchors)


def _compile(
    language: str,
    filters: Mapping[str, Any],
    modules: Iterable[str],
    anchors: Mapping[str, Anchor],
) -> LanguageFilter:
    index: dict[bytes, int] = {}
    same: dict[Formula, Formula] = {}

    def number(literal: str) -> int:
        return index.setdefault(literal.encode(), len(index))

    def shared(formula: Formula) -> Formula:
        """The formula itself, one object for all that are equal."""
        return same.setdefault(formula, formula)

    def written(names: Iterable[str], *, named: bool = False) -> Formula:
        names = tuple(names)
        forms = {form for name in names for form in import_literals(language, name)}
        if named and language == "python":
            # A module that is loaded by its name.
            forms |= {f"{quote}{name}{quote}" for name in names for quote in "\"'"}
        return shared(("Or", tuple(number(form) for form in sorted(forms))))

    def convert(node: Any) -> Formula:
        operator, body = node[0], node[1]
        if operator in ("And", "Or"):
            return shared((operator, tuple(convert(part) for part in body)))
        if operator == "Pred" and body[0] == "Idents":
            return shared(("And", tuple(number(name) for name in body[1])))
        # A regular expression predicate is not evaluated here: the file stays a candidate.
        return None

    def anchored(anchor: Anchor, formula: Formula) -> Formula:
        options = [written(anchor.modules.get(language, ()), named=True)]
        if anchor.one_of:
            options.append(("Or", tuple(number(word) for word in anchor.one_of)))
        if anchor.names:
            options.append(("Or", tuple(number(word) for word in anchor.names)))
        if anchor.words:
            options.append(("And", tuple(number(word) for word in anchor.words)))
        return shared(("And", (shared(("Or", tuple(options))), formula)))

    formulas: dict[Formula, list[str]] = {}
    shapes: dict[Formula, list[str]] = {}
    for rule, value in filters.items():
        formula = convert(value[1]) if isinstance(value, list) and value[0] == "Some" else None
        anchor = anchors.get(rule)
        if anchor is not None and not anchor.one_of:
            shapes.setdefault(formula, []).append(rule)
        needed = formula if anchor is None else anchored(anchor, formula)
        formulas.setdefault(needed, []).append(rule)
    imports = frozenset(written(modules)[1])
    literals = tuple(index)
    tests: dict[int, _Test] = {}
    rare = _Rarity(literals)
    return LanguageFilter(
        _by_formula(formulas, tests, rare),
        imports,
        ahocorasick_rs.BytesAhoCorasick(list(literals)),
        _by_formula(shapes, tests, rare),
        {number(form): form.rpartition(" ")[2] for form in _forms(literals)}
        if language == "python"
        else {},
    )


def _forms(literals: Iterable[bytes]) -> list[str]:
    """The literals that are the beginning of an import in Python."""
    texts = [literal.decode() for literal in literals]
    return [text for text in texts if re.fullmatch(r"(?:import|from|,) \w+", text)]


def _imports(root: str, data: bytes) -> bool:
    """Whether Python code imports a package, and does not only hold its name."""
    return _import_of(root).search(data) is not None


@cache
def _import_of(root: str) -> re.Pattern[bytes]:
    name = re.escape(root.encode())
    return re.compile(
        rb"(?:^|[;:])[ \t]*(?:from[ \t]+%s\b|import[ \t]+[^\n;#]*?\b%s\b)" % (name, name),
        re.MULTILINE,
    )


def _by_formula(
    found: Mapping[Formula, Sequence[str]], tests: dict[int, _Test], rare: _Rarity
) -> _Formulas:
    """The tests, under what one look refuses most of them by: the package they all ask for."""
    grouped: dict[int, list[tuple[_Test, tuple[str, ...]]]] = {}
    for formula, named in found.items():
        test = _test(formula, tests)
        clause = max(_clauses(test, rare), key=rare.of, default=0)
        grouped.setdefault(clause, []).append((test, tuple(named)))
    return tuple((clause, tuple(group)) for clause, group in grouped.items())


@dataclass(frozen=True, slots=True)
class _Rarity:
    """How seldom one of several literals stands in a file, by the length of the shortest."""

    literals: Sequence[bytes]
    known: dict[int, int] = field(default_factory=dict)

    def of(self, clause: int) -> tuple[int, int]:
        """The rarer the larger; one order for all that are alike."""
        if clause not in self.known:
            self.known[clause] = min(
                len(self.literals[one.bit_length() - 1]) for one in _each(clause)
            )
        return self.known[clause], -clause


def _clauses(test: _Test, rare: _Rarity) -> list[int]:
    """Sets of literals of each of which one must be there for the test to hold."""
    every, literals, parts = test
    if every:
        inner = [clause for part in parts for clause in _clauses(part, rare)]
        return inner + list(_each(literals))
    for part in parts:
        several = _clauses(part, rare)
        if not several:
            return []
        literals |= max(several, key=rare.of)
    return [literals] if literals else []


def _each(literals: int) -> Iterator[int]:
    """Each literal of a set alone."""
    while literals:
        lowest = literals & -literals
        yield lowest
        literals ^= lowest


def _test(formula: Formula, tests: dict[int, _Test]) -> _Test:
    """The formula with the literals of each part put together."""
    known = tests.get(id(formula))
    if known is not None:
        return known
    if formula is None:
        made: _Test = (True, 0, ())
    elif isinstance(formula, int):
        made = (True, 1 << formula, ())
    else:
        every = formula[0] == "And"
        literals = 0
        parts: list[_Test] = []
        for part in formula[1]:
            test = _test(part, tests)
            alone = test[1] and not test[1] & (test[1] - 1) and not test[2]
            if alone or test[0] is every:
                # One literal, or the same operator once more.
                literals |= test[1]
                parts += test[2]
            else:
                parts.append(test)
        made = (every, literals, tuple(parts))
    tests[id(formula)] = made
    return made


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def _satisfied(formulas: _Formulas, present: int) -> frozenset[str]:
    known: dict[int, bool] = {}
    return frozenset(
        rule
        for clause, tests in formulas
        if not clause or present & clause
        for test, rules in tests
        if _holds(test, present, known)
        for rule in rules
    )


def _holds(test: _Test, present: int, known: dict[int, bool]) -> bool:
    every, literals, parts = test
    common = present & literals
    if every:
        if common != literals:
            return False
    elif common:
        return True
    for part in parts:
        found = known.get(id(part))
        if found is None:
            found = known[id(part)] = _holds(part, present, known)
        if found is not every:
            return found
    return every
