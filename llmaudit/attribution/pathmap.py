"""Tags and owners that the policy gives to everything under a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llmaudit.attribution.tables import normal_key
from llmaudit.attribution.tags import RANKS, Candidate
from llmaudit.config import PathRule, Policy
from llmaudit.globs import PathGlob, name_glob, path_glob
from llmaudit.model import Tag

Place = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the path map gives to one place: tags, and an owner where it is trusted."""

    tags: tuple[Candidate, ...]
    owner: str | None


@dataclass(frozen=True, slots=True)
class PathMap:
    """``policy.attribution``, compiled once per run.

    Attributes:
        rules: Pattern, repository test and rule in the order of the policy.
        by_tree: Whether the map is the audited tree's own word.
        trusted: Whether it counts.
    """

    rules: tuple[tuple[PathGlob, Callable[[str], bool] | None, PathRule], ...]
    by_tree: bool
    trusted: bool
    _known: dict[Place, Mapped] = field(default_factory=dict, compare=False, repr=False)

    def at(self, repo: str | None, path: str) -> Mapped:
        """What the map says of a file. For each key, and the owner, the last rule decides."""
        place = (repo, path)
        mapped = self._known.get(place)
        if mapped is None:
            mapped = self._known[place] = self._find(repo, path)
        return mapped

    def _find(self, repo: str | None, path: str) -> Mapped:
        tags: dict[str, tuple[str, str]] = {}
        owner: str | None = None
        for pattern, in_repository, rule in self.rules:
            if in_repository is not None and not (repo and in_repository(repo)):
                continue
            if pattern.matches(path):
                tags |= {normal_key(key): (key, value) for key, value in rule.tags.items()}
                owner = rule.owner or owner
        return Mapped(self._candidates(tags), owner if self.trusted else None)

    def _candidates(self, tags: Mapping[str, tuple[str, str]]) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                RANKS["path_map"],
                (),
                Tag(key, value, "path_map", "attribution", False, by_tree=self.by_tree),
                counts=self.trusted,
            )
            for _, (key, value) in sorted(tags.items())
        )


def path_map(policy: Policy, *, by_tree: bool) -> PathMap:
    """Compile ``policy.attribution``.

    Args:
        policy: The policy in force.
        by_tree: Whether it was discovered in the audited tree; ``trust.path_map`` then says
            whether it counts.
    """
    return PathMap(
        tuple(
            (
                path_glob(rule.path),
                name_glob(rule.repository) if rule.repository is not None else None,
                rule,
            )
            for rule in policy.attribution
        ),
        by_tree,
        policy.trust.path_map or not by_tree,
    )
