"""What an asset is linked to: related assets, the scopes it lies in, the register rows on it.

Tags, owners, environments and sanctions all follow the same links, so they are followed here
once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from llmaudit.globs import GlobIndex, glob_index, is_glob
from llmaudit.model import Asset, Evidence
from llmaudit.redact import normal_redaction

Scope = Literal["key", "deployment", "seat", "app", "project", "account", "repository"]

SCOPES: tuple[Scope, ...] = (
    "key",
    "deployment",
    "seat",
    "app",
    "project",
    "account",
    "repository",
)
HOPS = 3

_SPELLINGS: dict[str, Scope] = {
    "key-id": "key",
    "key-glob": "key",
    **{scope: scope for scope in SCOPES},
}
_ANY_PROVIDER = frozenset({"", "*"})
_LINKS_INTO: dict[Scope, tuple[str, ...]] = {
    "key": ("key-id:",),
    "project": ("project:",),
    "app": ("app:", "seat:"),
    "seat": ("seat:",),
    "deployment": ("deployment:",),
}


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register row (or a filled decision) as seen from an asset that it names.

    Attributes:
        rank: How closely it names the asset, lower is closer: ``(scope, glob, -literal)``,
            the scopes in the order of `SCOPES`, an exact name before a glob, a longer glob
            before a shorter one. A row about the asset itself has rank ``()``.
        row: The evidence.
        register: Id of the asset the row is evidence of.
    """

    rank: tuple[int, ...]
    row: Evidence
    register: str


@dataclass(frozen=True, slots=True)
class LinkIndex:
    """Assets by what relations name, and register rows by the scope that they name."""

    targets: Mapping[str, Asset]
    rows: Mapping[tuple[Scope, str], GlobIndex[RegisterRow]]
    scopes: frozenset[Scope]


def _every_row(_: Evidence) -> bool:
    return True


def index_links(
    assets: Iterable[Asset], *, filed: Callable[[Evidence], bool] = _every_row
) -> LinkIndex:
    """Index all assets of a run once, in time linear in their number.

    Args:
        assets: All assets of the run.
        filed: Which register rows to file; a stage that reads one kind of row asks for no
            other, so that most assets need no look-up.
    """
    assets = tuple(assets)
    named = {relation.to for asset in assets for relation in asset.relations}
    targets: dict[str, Asset] = {}
    rows: dict[tuple[Scope, str], list[tuple[str, RegisterRow]]] = {}
    for asset in assets:
        for link in (asset.id, *asset.same_as):
            if link in named:
                targets.setdefault(link, asset)
        for evidence in asset.evidence:
            if not evidence.register or not evidence.relates or not filed(evidence):
                continue
            for relation in evidence.relates:
                if relation.type == "registers":
                    _file(rows, relation.to, asset, evidence)
    return LinkIndex(
        targets,
        # Key ids and redacted forms that differ in case are different keys.
        {place: glob_index(named, fold=place[0] != "key") for place, named in rows.items()},
        frozenset(scope for scope, _ in rows),
    )


def _file(
    rows: dict[tuple[Scope, str], list[tuple[str, RegisterRow]]],
    named: str,
    asset: Asset,
    evidence: Evidence,
) -> None:
    kind, _, rest = named.partition(":")
    scope = _SPELLINGS.get(kind)
    if scope is None:
        return
    provider, colon, text = rest.partition(":")
    if not colon:
        provider, text = "", rest
    provider = (evidence.provider or provider).casefold()
    if scope == "key" and kind != "key-glob":
        text = normal_redaction(text)
    glob = is_glob(text)
    literal = len(text.replace("*", "").replace("?", ""))
    rank = (SCOPES.index(scope), int(glob), -literal if glob else 0)
    rows.setdefault((scope, "" if provider in _ANY_PROVIDER else provider), []).append(
        (text, RegisterRow(rank, evidence, asset.id))
    )


def related(asset: Asset, index: LinkIndex) -> tuple[tuple[int, Asset], ...]:
    """Assets reached over relations, nearest first, each with its number of hops (1 to 3).

    What a register row names is not followed: a row is about the asset, not a part of it.
    """
    if not any(relation.to in index.targets for relation in asset.relations):
        return ()
    seen = {asset.id}
    found: list[tuple[int, Asset]] = []
    edge = [asset]
    for hops in range(1, HOPS + 1):
        following: dict[str, Asset] = {}
        for start in edge:
            for relation in start.relations:
                other = index.targets.get(relation.to)
                if other is not None and other.id not in seen and relation.type != "registers":
                    following[other.id] = other
        seen.update(following)
        edge = [following[key] for key in sorted(following)]
        found += [(hops, other) for other in edge]
        if not edge:
            break
    return tuple(found)


def scopes(
    asset: Asset,
    others: Iterable[tuple[int, Asset]] = (),
    wanted: Collection[Scope] = SCOPES,
) -> dict[Scope, frozenset[tuple[str, str]]]:
    """What an asset lies in, as far as it is known.

    Args:
        asset: The asset.
        others: What `related` found for it: a call lies in the project of its key.
        wanted: Scopes to gather.

    Returns:
        For each wanted scope the pairs of provider (``""`` when none) and name; a key is named by
        its id and by its redacted form. A scope of which nothing is known is absent.
    """
    found: dict[Scope, set[tuple[str, str]]] = {scope: set() for scope in wanted}
    prefixes = _prefixes(frozenset(wanted))
    of_projects, of_accounts = "project" in found, "account" in found
    of_keys = "key" in found
    for one in (asset, *(other for _, other in others)):
        provider = (one.provider or "").casefold()
        for evidence in one.evidence:
            own = evidence.provider.casefold() if evidence.provider else provider
            if of_projects and evidence.project:
                found["project"].add((own, evidence.project))
            if of_accounts and evidence.account:
                found["account"].add((own, evidence.account))
            if of_keys and evidence.redacted is not None:
                found["key"].add((own, normal_redaction(evidence.redacted.form)))
        for scope, name in _links_of(one, provider, prefixes):
            if scope in found:
                found[scope].add(name)
    if "repository" in found:
        own = (asset.provider or "").casefold()
        repositories = (evidence.where.repo for evidence in asset.evidence)
        found["repository"].update((own, repo) for repo in repositories if repo)
    return {scope: frozenset(names) for scope, names in found.items() if names}


@lru_cache(maxsize=64)
def _prefixes(wanted: frozenset[Scope]) -> tuple[str, ...]:
    return tuple(sorted({prefix for scope in wanted for prefix in _LINKS_INTO.get(scope, ())}))


def _links_of(
    one: Asset, provider: str, prefixes: tuple[str, ...]
) -> Iterator[tuple[Scope, tuple[str, str]]]:
    # Most links and relations are of kinds that lead into no wanted scope.
    for link in one.same_as:
        if link.startswith(prefixes):
            yield from _named_by(link, provider)
    for relation in one.relations:
        if relation.to.startswith(prefixes) and relation.type in ("in_project", "uses_key"):
            yield from _named_by(relation.to, provider)
    kind = one.kind
    if kind == "app":
        yield "app", (provider, one.name)
    elif kind == "seat" and " seat " in one.name:
        # A seat is called after its product: "<product> seat <holder>".
        yield "app", (provider, one.name.rpartition(" seat ")[0])
    if kind == "seat" or kind == "deployment":
        yield kind, (provider, one.id)
        yield kind, (provider, one.name)


def _named_by(link: str, provider: str) -> Iterator[tuple[Scope, tuple[str, str]]]:
    kind, _, rest = link.partition(":")
    if kind == "key-id" or kind == "project":
        owner, colon, name = rest.partition(":")
        yield _SPELLINGS[kind], ((owner.casefold(), name) if colon else (provider, rest))
    elif kind == "app" or kind == "deployment":
        yield _SPELLINGS[kind], (provider, rest)
    elif kind == "seat":
        app, _, holder = rest.partition(":")
        yield "app", (provider, app)
        yield "seat", (provider, rest)
        yield "seat", (provider, holder)


def match_register(
    asset: Asset, index: LinkIndex, others: Iterable[tuple[int, Asset]]
) -> tuple[RegisterRow, ...]:
    """The register rows that speak about an asset, the closest first.

    Args:
        asset: The asset.
        index: Of all assets of the run.
        others: What `related` found for the asset.

    Returns:
        Its own rows (joined by identity), then those whose ``registers`` relation names its
        key, deployment, seat, app, project, account or repository.
    """
    rows = [RegisterRow((), evidence, asset.id) for evidence in asset.evidence if evidence.register]
    if index.scopes:
        known = scopes(asset, others, index.scopes)
        own = (asset.provider or "").casefold()
        for scope in known:
            for provider, name in known[scope]:
                for key in {provider, own, ""}:
                    filed = index.rows.get((scope, key))
                    if filed is not None:
                        rows += [row for row in filed.find(name) if row.register != asset.id]
    if len(rows) < 2:
        return tuple(rows)
    unique = {id(row.row): row for row in sorted(rows, key=lambda r: r.rank, reverse=True)}
    return tuple(sorted(unique.values(), key=_closest_first))


def _closest_first(row: RegisterRow) -> tuple[tuple[int, ...], str, str, str]:
    return row.rank, str(row.row.where), row.row.name, row.register
