"""The rules with their prefilter, compiled once per rule set and engine and kept on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmaudit.catalogue import Sdk
from llmaudit.config import Wrapper
from llmaudit.connectors.code import engine, rulebook
from llmaudit.connectors.code.held import Methods, methods_of
from llmaudit.connectors.code.inference import WORDS
from llmaudit.connectors.code.prefilter import Anchor, Prefilter, compile_prefilter
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.unparsed import Written, written_of
from llmaudit.connectors.code.wrappers import wrapper_rule
from llmaudit.precompiled import digest_of, precompiled


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything a scan needs to know of its rules; ``named`` has SDKs of unmistakable classes."""

    rules: dict[str, ScanRule]
    engine: tuple[dict[str, Any], ...]
    prefilter: Prefilter
    digest: str
    classes: Mapping[str, tuple[ScanRule, ...]]
    named: Mapping[str, str] = field(default_factory=dict)
    known: dict[str, Methods] = field(default_factory=dict)
    patterns: dict[str, dict[str, list[Written]]] = field(default_factory=dict)
    spoken: dict[str, tuple[ScanRule, ...]] = field(default_factory=dict)

    def of(self, language: str) -> tuple[ScanRule, ...]:
        """The rules of a language, made when first asked for."""
        if language not in self.spoken:
            self.spoken[language] = tuple(
                rule for rule in self.rules.values() if language in rule.languages
            )
        return self.spoken[language]

    def written(self, language: str) -> dict[str, list[Written]]:
        """The rules' simple patterns of a language, made when first asked for."""
        if language not in self.patterns:
            self.patterns[language] = written_of(self.engine, language)
        return self.patterns[language]

    def methods(self, language: str) -> Methods:
        """What the rules of a language call, made when first asked for."""
        if language not in self.known:
            self.known[language] = methods_of(self.of(language), language)
        return self.known[language]


def compile_rules(
    sdks: Sequence[Sdk], wrappers: Sequence[Wrapper] = (), hosts: Sequence[str] = ()
) -> Compiled:
    """The rules in force, those of the configuration's wrappers included.

    Args:
        sdks: The catalogue's SDKs; files that import one are read for their imports.
        wrappers: A company's own functions that send requests.
        hosts: Host names that take model requests, for the rules of plain HTTP clients.

    Raises:
        EngineError: The rules or the engine cannot be used.
    """
    book = rulebook.load()
    own = [wrapper_rule(number, wrapper) for number, wrapper in enumerate(wrappers, 1)]
    rules = {**book.rules, **{rule.id: rule for rule, _ in own}}
    entries = (*book.engine, *(entry for _, entry in own))
    filters = _filters(book.engine, book.digest)
    if own:
        filters = {**filters, **engine.necessary_literals([entry for _, entry in own])}
    modules = {sdk.id: _modules(sdk) for sdk in sdks}
    prefilter = compile_prefilter(
        filters,
        {rule.id: rule.languages for rule in rules.values()},
        _merged(modules[sdk.id] for sdk in sdks if sdk.llm_only),
        {
            rule.id: Anchor(
                _merged(modules[name] for name in rule.family if name in modules),
                tuple(path.rpartition(".")[2] for path in rule.distinctive),
                names=(*rule.unmistakable, *(rule.telling.words if rule.telling else ())),
            )
            for rule in rules.values()
            if rule.tier == "shape" and not rule.own_chain and rule.http is None
        }
        | {
            rule.id: Anchor({}, one_of=(*WORDS, *(host.strip("*.") for host in hosts)))
            for rule in rules.values()
            if rule.http is not None
        }
        | {rule.id: Anchor({}, one_of=rule.literals) for rule in rules.values() if rule.literals},
    )
    named = {name: rule.sdk for rule in rules.values() for name in rule.unmistakable}
    digest = book.digest
    if own:
        digest = digest_of({"rules": digest.encode(), "own": repr(own).encode()})
    return Compiled(rules, entries, prefilter, digest, book.classes, named)


def _modules(sdk: Sdk) -> dict[str, tuple[str, ...]]:
    """Modules per engine language; some languages import what another one does."""
    found = dict(sdk.imports)
    for language, lender in (
        ("typescript", "javascript"), ("kotlin", "java"), ("scala", "java"),
    ):  # fmt: skip
        if lender in found:
            found[language] = (*found.get(language, ()), *found[lender])
    return found


def _merged(tables: Iterable[Mapping[str, tuple[str, ...]]]) -> dict[str, set[str]]:
    merged: dict[str, set[str]] = {}
    for table in tables:
        for language, names in table.items():
            merged.setdefault(language, set()).update(names)
    return merged


def _filters(entries: tuple[dict[str, Any], ...], digest: str) -> dict[str, Any]:
    """The engine's formulas, from where they were compiled before."""
    found: dict[str, Any] = precompiled(
        "prefilter",
        rulebook.folder(),
        digest_of({"rules": digest.encode(), "engine": engine.core()[1].encode()}),
        lambda: engine.necessary_literals(entries),
        engine.__file__,
    )
    return found
