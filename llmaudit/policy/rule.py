"""What a policy rule is, and what it may know beside the asset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from llmaudit.model import Asset, AssetKind

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

DefaultLevel = Literal["error", "warning", "note", "off"]

CODE_KINDS: tuple[AssetKind, ...] = ("call", "sdk", "automation")
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
# Kinds of which code holds declarations; in tests and examples these break no gate.
DECLARED_KINDS: tuple[AssetKind, ...] = ("deployment", "route", "secret")
OWNED_KINDS: tuple[AssetKind, ...] = (*TAGGED_KINDS, "sdk", "egress", "expense")


@dataclass(frozen=True, slots=True)
class Judging:
    """What a rule may know beside the asset.

    Attributes:
        as_of: The day judged at.
        has_policy: Whether anybody wrote a policy.
        required: Required tag keys, in policy order.
        at_call: Tags must stand at the source where the api can carry them.
        catalogue: Names the field that carries tags, for the help; None gives a general help.
        registered: Ids of the keys a key register names; None where no key register was read.
        listed: Providers of which a connector other than code and registers saw keys.
        last_days: Per application the last day on which any of its seats was used.
    """

    as_of: date
    has_policy: bool = False
    required: tuple[str, ...] = ()
    at_call: bool = False
    catalogue: Catalogue | None = None
    registered: frozenset[str] | None = None
    listed: frozenset[str] = frozenset()
    last_days: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule an asset breaks: what is wrong, and what to do.

    Attributes:
        only_note: It is worth a note whatever the level in force: nothing is wrong yet.
    """

    message: str
    help: str
    only_note: bool = False


def _every(_: Asset) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy rule.

    Attributes:
        id: Kebab-case; the same for every kind of asset.
        kinds: Kinds of asset it applies to.
        level: Level where the policy says nothing.
        why, example, satisfy, source: Its section in docs/rules.md.
        check: None where the asset keeps the rule.
        among: Assets of these kinds that it can speak about: the denominator of a share.
        of_rows: It also judges register rows that only name other assets.
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
    among: Callable[[Asset], bool] = field(default=_every, repr=False)
    of_rows: bool = False


def is_gated(asset: Asset) -> bool:
    """Whether findings on it may break the gate: code outside the application only notes."""
    by_context = asset.kind in CODE_KINDS or asset.kind in DECLARED_KINDS
    return not by_context or asset.context == "app"


def plain(text: str) -> str:
    """Text on one line: what could drive a terminal or reverse its reading is shown as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def naming(asset: Asset) -> str:
    """How a message names an asset: the call's provider, api and model, else kind and name."""
    if asset.kind == "call":
        api = next((e.api for e in asset.evidence if e.api), "model")
        model = f" of {asset.models[0]}" if asset.models else ""
        by = "" if asset.provider in (None, "unknown") else f"{asset.provider} "
        return f"the {by}{api} call{model}"
    kind = "key" if asset.kind == "api_key" else asset.kind
    return f"the {asset.name}" if f" {kind} " in asset.name else f"the {kind} {asset.name}"
