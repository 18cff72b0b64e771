"""Effective tags, owner, environment and business unit of every asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from llmaudit.attribution import codeowners
from llmaudit.attribution.owners import HUMAN, owner_of
from llmaudit.attribution.pathmap import Mapped, Place, path_map
from llmaudit.attribution.registers import PeopleRegister, UnitsRegister, read_registers
from llmaudit.attribution.required import Requirements, requirements
from llmaudit.attribution.status import Known, judge_tags, worst_tagging
from llmaudit.attribution.tags import Candidate, candidates
from llmaudit.bulk import asset_copier
from llmaudit.links import RegisterRow, index_links, match_register, related
from llmaudit.model import Asset, EffectiveTag, Owner, Repository, Unit

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue
    from llmaudit.config import Policy

__all__ = [
    "PeopleRegister",
    "UnitsRegister",
    "attribute",
    "codeowners_problems",
    "read_registers",
]

_DECIDED = (
    "tagging",
    "tags",
    "tag_status",
    "missing_tags",
    "invalid_tags",
    "conflicting_tags",
    "environment",
    "environment_source",
    "owner",
    "unit",
)
_ENVIRONMENT_KEYS = ("environment", "env", "stage")


def attribute(
    assets: Iterable[Asset],
    policy: Policy,
    catalogue: Catalogue,
    *,
    repositories: Sequence[Repository],
    people: PeopleRegister,
    units: UnitsRegister,
    by_tree: bool,
    as_of: date,
) -> tuple[Asset, ...]:
    """Decide who answers for each asset and which tags count for it.

    Args:
        assets: Resolved assets.
        policy: Required tags, path map, trust.
        catalogue: Says which api can carry tags.
        repositories: Scanned trees, with their CODEOWNERS text.
        people: Who works here.
        units: Who answers for a cost centre.
        by_tree: Whether the policy was discovered in the audited tree.
        as_of: The day at which people and cost centres are looked up.

    Returns:
        The assets in the same order, with ``tagging``, ``tags``, ``tag_status``,
        ``missing_tags``, ``invalid_tags``, ``conflicting_tags``, ``environment``,
        ``owner`` and ``unit`` filled.

    Raises:
        ConfigError: The policy's required tags cannot be used as they stand.
    """
    assets = tuple(assets)
    rules = requirements(policy, units, by_tree=by_tree, as_of=as_of)
    mapping = path_map(policy, by_tree=by_tree)
    owned = _code_owners(repositories) if _trusts_codeowners(policy) else {}
    index = index_links(assets)
    known = Known()
    owners: dict[Owner, Owner] = {}
    copied = asset_copier(*_DECIDED)
    attributed: list[Asset] = []
    for asset in assets:
        others = related(asset, index)
        rows = match_register(asset, index, others)
        places = _places(asset)
        mapped = [mapping.at(repo, path) for repo, path in places]
        by_key = candidates(asset, rules, mapped=_mapped_tags(mapped), rows=rows, others=others)
        judged = judge_tags(asset, by_key, rules, catalogue, known)
        environment, source = _environment(asset, judged.tags, rules, rows, others)
        owner = owner_of(
            asset,
            _by_normal_owner(by_key, rules),
            mapped=next((one.owner for one in mapped if one.owner), None),
            code_owners=_first_owners(owned, places) if owned else (),
            rows=rows,
            others=others,
            people=people,
            as_of=as_of,
        )
        if owner.source not in HUMAN:
            # A team owns many assets, which share one record; a person's seat is their own.
            owner = owners.setdefault(owner, owner)
        attributed.append(
            copied(
                asset,
                worst_tagging(asset),
                judged.tags,
                judged.status,
                judged.missing,
                judged.invalid,
                judged.conflicting,
                environment,
                source,
                owner,
                _unit(judged.tags, rules, units, as_of),
            )
        )
    return tuple(attributed)


def codeowners_problems(repositories: Iterable[Repository]) -> tuple[str, ...]:
    """Lines of CODEOWNERS files that GitHub does not honour, one sentence each, sorted."""
    return tuple(
        sorted(
            {
                f"{repository.repo}: {problem}"
                for repository in repositories
                if repository.codeowners is not None
                for problem in codeowners.parse(
                    repository.codeowners, repository.codeowners_path or "CODEOWNERS"
                ).problems
            }
        )
    )


def _trusts_codeowners(policy: Policy) -> bool:
    return policy.owners.codeowners and policy.trust.codeowners


def _code_owners(repositories: Iterable[Repository]) -> dict[str, codeowners.CodeOwners]:
    found: dict[str, codeowners.CodeOwners] = {}
    for repository in sorted(repositories, key=lambda r: (r.repo, r.root)):
        if repository.codeowners is not None and repository.repo not in found:
            found[repository.repo] = codeowners.parse(repository.codeowners)
    return found


def _first_owners(
    owned: Mapping[str, codeowners.CodeOwners], places: Iterable[Place]
) -> tuple[str, ...]:
    for repo, path in places:
        rules = owned.get(repo) if repo else None
        owners = rules.of(path) if rules is not None else ()
        if owners:
            return owners
    return ()


def _mapped_tags(mapped: list[Mapped]) -> Iterable[Candidate]:
    if len(mapped) == 1:
        return mapped[0].tags
    return dict.fromkeys(tag for one in mapped for tag in one.tags)


def _places(asset: Asset) -> list[Place]:
    if len(asset.evidence) == 1:
        only = asset.evidence[0]
        path = only.where.path
        return [] if path is None or only.register else [(only.where.repo, path)]
    found = {
        (evidence.where.repo, evidence.where.path)
        for evidence in asset.evidence
        if evidence.where.path is not None and not evidence.register
    }
    return sorted(
        ((repo, path) for repo, path in found if path is not None),
        key=lambda place: (place[0] or "", place[1]),
    )


def _by_normal_owner(
    by_key: Mapping[str, list[Candidate]], rules: Requirements
) -> Mapping[str, list[Candidate]]:
    key = rules.canonical("owner")
    return {"owner": by_key[key]} if key in by_key else {}


def _environment(
    asset: Asset,
    tags: Mapping[str, EffectiveTag],
    rules: Requirements,
    rows: Iterable[RegisterRow],
    others: Iterable[tuple[int, Asset]],
) -> tuple[str | None, str | None]:
    for key in _ENVIRONMENT_KEYS if tags else ():
        tag = tags.get(rules.canonical(key))
        if tag is not None and tag.value is not None:
            return tag.value, "tag"
    own = sorted(
        (evidence.connector, str(evidence.where), evidence.environment)
        for evidence in asset.evidence
        if evidence.environment and not evidence.register
    )
    if own:
        return own[0][2], own[0][0]
    for _, other in others:
        near = sorted(e.environment for e in other.evidence if e.environment)
        if near:
            return near[0], "related"
    registered = next((row.row.environment for row in rows if row.row.environment), None)
    return registered, "register" if registered else None


def _unit(
    tags: Mapping[str, EffectiveTag], rules: Requirements, units: UnitsRegister, as_of: date
) -> Unit | None:
    if not units.given:
        return None
    tag = tags.get(rules.canonical("cost_center"))
    return units.find(tag.value, as_of) if tag is not None and tag.value is not None else None
