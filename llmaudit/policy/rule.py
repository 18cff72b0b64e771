"""What a policy rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from llmaudit.model import Asset, AssetKind

DefaultLevel = Literal["error", "warning", "note", "off"]

CODE_KINDS: tuple[AssetKind, ...] = ("call", "automation")
TAGGED_KINDS: tuple[AssetKind, ...] = (
    "call",
    "automation",
    "api_key",
    "secret",
    "deployment",
    "route",
    "project",
    "app",
    "seat",
)
OWNED_KINDS: tuple[AssetKind, ...] = (*TAGGED_KINDS, "sdk", "egress", "expense")


@dataclass(frozen=True, slots=True)
class Judging:
    """What a rule may know beside the asset.

    Attributes:
        required: Required tag keys, in policy order; empty without a policy.
        sides: Connectors that saw anything, for rules that compare one with another.
    """

    as_of: date
    required: tuple[str, ...] = ()
    connectors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule an asset breaks: what is wrong, and what to do."""

    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy rule.

    Attributes:
        id: Kebab-case; the same for every kind of asset.
        kinds: Kinds of asset it applies to: the denominator of its allowance.
        level: Level where the policy says nothing.
        why, example, satisfy, source: Its section in docs/rules.md.
        check: None where the asset keeps the rule.
    """

    id: str
    title: str
    kinds: tuple[AssetKind, ...]
    level: DefaultLevel
    why: str
    example: str
    satisfy: str
    source: str
    check: Callable[[Asset, Judging], Broken | None] = field(repr=False)


def naming(asset: Asset) -> str:
    """How a message names an asset: the call's model and api, else kind and name."""
    if asset.kind == "call":
        api = next((e.api for e in asset.evidence if e.api), "call")
        model = f" {asset.models[0]}" if asset.models else ""
        return f"the {asset.provider or 'unknown'} {api} call{model}"
    return f"{asset.kind.replace('_', ' ')} {asset.name}"
