"""Whether each use is permitted: sanctioned, shadow, or unknown with what would settle it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from llmaudit.bulk import asset_copier
from llmaudit.config import SanctionedEntry
from llmaudit.facts import KEYS, Facts, Others, Things, facts_of, slug
from llmaudit.globs import is_glob, name_glob, path_glob
from llmaudit.links import LinkIndex, index_links, match_register, related
from llmaudit.model import Asset, AssetKind, Evidence, Sanction, Verdict
from llmaudit.redact import normal_redaction

Matches = Callable[[str], bool]

NOTHING_DECIDED = "nothing is decided: run llmaudit decide"
NOTHING_PERMITTED = "the list of sanctioned uses is empty: nothing is permitted"
NO_DECISION = "registered, no decision"

_COVERING: frozenset[AssetKind] = KEYS | {"project", "deployment", "route"}
_IDENTITY = frozenset({"provider", "app", "sdk"})
_SETTLED_BY = {
    "provider": "a gateways entry for the router",
    "app": "a SaaS admin export",
    "sdk": "a scan of the code that uses it",
    "project": "{a_provider} key connector or a register row",
    "account": "{a_provider} account connector or a register row",
    "key": "{a_provider} key connector or a register row",
    "repository": "a scan of the code that uses it",
    "path": "a scan of the code that uses it",
    "model": "a literal model in the code, or usage by model",
    "environment": "an environment tag or a register row",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an entry.

    Attributes:
        name: ``project``, ``model`` and so on, as reasons call it.
        patterns: As the policy spells them.
        tests: One per pattern.
        known: Answers given before.
    """

    name: str
    patterns: tuple[str, ...]
    tests: tuple[Matches, ...]
    known: dict[Things, str] = field(default_factory=dict, compare=False, repr=False)

    def first_not_permitted(self, things: Things) -> str:
        """A name of the first thing no pattern matches by any of its names; else empty."""
        found = self.known.get(things)
        if found is None:
            found = next((names[0] for names in things if not self._permits(names)), "")
            if self.name != "path":
                # Few distinct values meet many assets, save for paths: remember the others.
                self.known[things] = found
        return found

    def _permits(self, names: tuple[str, ...]) -> bool:
        return any(test(name) for name in names for test in self.tests)


@dataclass(frozen=True, slots=True)
class Entry:
    """One compiled entry of the sanctioned list; ``number`` counts from 1."""

    number: int
    source: SanctionedEntry
    conditions: tuple[Condition, ...]

    def ended(self, as_of: date) -> bool:
        """Whether the approval no longer runs on that day."""
        return self.source.until is not None and self.source.until < as_of

    def __str__(self) -> str:
        named = ", ".join(f"{c.name} {' or '.join(c.patterns)}" for c in self.conditions)
        return f"entry {self.number} ({named})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with its reason and, for permitted and expired uses, who approved it."""

    verdict: Verdict
    reason: str
    approved_by: str = ""
    until: date | None = None


_UNDECIDED = Outcome("unknown", NO_DECISION)


@dataclass(frozen=True, slots=True)
class _Tried:
    """One entry tried on one asset: the conditions that are false, and those not settled."""

    entry: Entry
    false: tuple[tuple[str, str], ...]
    unsettled: tuple[str, ...]
    expired: bool

    def nearness(self) -> tuple[bool, int, int, int]:
        """Sort key: the entry a reader would expect to hold comes first."""
        failed = len(self.false)
        settled = len(self.entry.conditions) - failed - len(self.unsettled)
        wrong_thing = any(name in _IDENTITY for name, _ in self.false)
        return wrong_thing, failed, -settled, self.entry.number


def classify(
    assets: Iterable[Asset], entries: tuple[SanctionedEntry, ...] | None, as_of: date
) -> tuple[Asset, ...]:
    """Judge every asset by the register's decisions, then by the sanctioned list.

    Args:
        assets: Attributed assets (an entry may ask for an environment).
        entries: The policy's list; None where nothing was decided.
        as_of: The day on which an approval must still run.

    Returns:
        The assets in the same order with ``verdict``, ``verdict_reason``, ``approved_by``
        and ``approved_until`` filled.
    """
    assets = tuple(assets)
    permitted = None if entries is None else _compile(entries)
    index = index_links(assets, filed=_decides)
    decided = any(map(_decides, (e for asset in assets for e in asset.evidence)))
    copied = asset_copier("verdict", "verdict_reason", "approved_by", "approved_until")
    judged: list[Asset] = []
    for asset in assets:
        others = related(asset, index)
        outcome = None
        if decided:
            outcome = _by_decisions(_decisions(asset, index, others), as_of)
        if outcome is None and _registered_only(asset):
            outcome = _UNDECIDED
        if outcome is None:
            outcome = _by_list(permitted, asset, others, as_of)
        judged.append(
            copied(asset, outcome.verdict, outcome.reason, outcome.approved_by, outcome.until)
        )
    return tuple(judged)


def _decides(evidence: Evidence) -> bool:
    return evidence.sanction is not None


def _registered_only(asset: Asset) -> bool:
    return all(evidence.register for evidence in asset.evidence)


def _decisions(asset: Asset, index: LinkIndex, others: Others) -> list[tuple[Sanction, str]]:
    found = [(e.sanction, str(e.where)) for e in asset.evidence if e.sanction]
    if any(relation.type == "registers" for relation in asset.relations):
        # A row that names others is not itself one of them.
        return found
    rows = match_register(asset, index, others)
    found += [(r.row.sanction, str(r.row.where)) for r in rows if r.rank and r.row.sanction]
    for _, other in others:
        if other.kind in _COVERING:
            found += [(e.sanction, str(e.where)) for e in other.evidence if e.sanction]
    return found


def _by_decisions(found: list[tuple[Sanction, str]], as_of: date) -> Outcome | None:
    """The register's word: a shadow decision beats an approval, a running one an expired one."""
    for sanction, place in found:
        if sanction.decision == "shadow":
            why = f": {sanction.reason}" if sanction.reason else ""
            return Outcome("shadow", f"decided shadow in {place}{why}", sanction.approved_by)
    for sanction, place in found:
        if sanction.until is None or sanction.until >= as_of:
            return Outcome(
                "sanctioned", f"decided in {place}", sanction.approved_by, sanction.until
            )
    for sanction, place in found:
        return Outcome(
            "shadow",
            f"expired {sanction.until}: decided in {place}",
            sanction.approved_by,
            sanction.until,
        )
    return None


@dataclass(frozen=True, slots=True)
class _Permitted:
    """The compiled list; assets of which the same is known get the same outcome once."""

    entries: tuple[Entry, ...]
    asked: frozenset[str]
    known: dict[Facts, Outcome] = field(default_factory=dict)


def _compile(entries: Iterable[SanctionedEntry]) -> _Permitted:
    compiled = tuple(
        Entry(number, entry, tuple(_conditions(entry)))
        for number, entry in enumerate(entries, start=1)
    )
    return _Permitted(compiled, frozenset(c.name for e in compiled for c in e.conditions))


def _conditions(entry: SanctionedEntry) -> Iterator[Condition]:
    stated: tuple[tuple[str, tuple[str, ...] | None], ...] = (
        ("provider", (entry.provider,) if entry.provider else None),
        ("app", (entry.app,) if entry.app else None),
        ("sdk", (entry.sdk,) if entry.sdk else None),
        ("project", entry.projects),
        ("account", entry.accounts),
        ("key", entry.keys),
        ("repository", entry.repositories),
        ("path", entry.paths),
        ("model", entry.models),
        ("environment", entry.environments),
    )
    for name, patterns in stated:
        if patterns is not None:
            yield Condition(name, patterns, tuple(_test(name, text) for text in patterns))


def _test(name: str, pattern: str) -> Matches:
    if name == "path":
        return path_glob(pattern).matches
    if name == "app":
        return name_glob(slug(pattern))
    if name == "key":
        return name_glob(pattern if is_glob(pattern) else normal_redaction(pattern), fold=False)
    return name_glob(pattern)


def _by_list(permitted: _Permitted | None, asset: Asset, others: Others, as_of: date) -> Outcome:
    if permitted is None:
        return Outcome("unknown", NOTHING_DECIDED)
    if not permitted.entries:
        return Outcome("shadow", NOTHING_PERMITTED)
    facts = facts_of(asset, others, permitted.asked)
    outcome = permitted.known.get(facts)
    if outcome is None:
        outcome = permitted.known[facts] = _judge(facts, permitted.entries, as_of)
    return outcome


def _judge(facts: Facts, entries: tuple[Entry, ...], as_of: date) -> Outcome:
    values, never = dict(facts.values), dict(facts.never)
    tried = sorted(
        (_try(entry, values, never, entry.ended(as_of)) for entry in entries),
        key=_Tried.nearness,
    )
    possible = [one for one in tried if not one.false and not one.expired]
    for one in possible:
        if not one.unsettled:
            source = one.entry.source
            return Outcome("sanctioned", str(one.entry), source.approved_by, source.until)
    if possible:
        return Outcome("unknown", _settling(possible[0], facts))
    nearest = tried[0]
    source = nearest.entry.source
    if not nearest.false:
        return Outcome(
            "shadow",
            f"expired {source.until}: {nearest.entry}",
            source.approved_by,
            source.until,
        )
    return Outcome(
        "shadow", f"no entry permits it; nearest is {nearest.entry}, but {nearest.false[0][1]}"
    )


def _try(
    entry: Entry, values: Mapping[str, Things], never: Mapping[str, str], expired: bool
) -> _Tried:
    false: list[tuple[str, str]] = []
    unsettled: list[str] = []
    for condition in entry.conditions:
        name = condition.name
        things = values.get(name, ())
        if name in never:
            false.append((name, never[name]))
        elif not things:
            unsettled.append(name)
        else:
            other = condition.first_not_permitted(things)
            if other:
                false.append((name, f"the {name} is {other}"))
    return _Tried(entry, tuple(false), tuple(unsettled), expired)


def _settling(one: _Tried, facts: Facts) -> str:
    provider = facts.provider or "provider's"
    article = "an" if provider[0] in "aeiou" else "a"
    return "; ".join(
        f"{name}: {_SETTLED_BY[name].format(a_provider=f'{article} {provider}')}"
        for name in one.unsettled
    )
