"""What is known of an asset, for the conditions of a sanctioned entry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from llmaudit.links import Scope, scopes
from llmaudit.model import Asset, AssetKind

Others = tuple[tuple[int, Asset], ...]
Things = tuple[tuple[str, ...], ...]

KEYS: frozenset[AssetKind] = frozenset({"api_key", "secret"})

_KEY: tuple[Scope, ...] = ("key",)
_APP: tuple[Scope, ...] = ("app",)
_PRODUCTS: frozenset[AssetKind] = frozenset({"app", "seat"})
_MONEY_AND_NETWORK: frozenset[AssetKind] = frozenset({"egress", "expense"})
_NOT_OF_PRODUCTS = frozenset({"sdk", "project", "key", "repository", "path"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an asset, as far as any entry asks for it.

    Attributes:
        provider: Empty when not known.
        values: By condition the things known, each as the names it goes by; every one of
            them must be permitted. No things means that the condition is not settled.
        never: Conditions that cannot hold for this kind of asset, and why.
    """

    provider: str
    values: tuple[tuple[str, Things], ...] = ()
    never: tuple[tuple[str, str], ...] = ()


def slug(text: str) -> str:
    """One spelling for product names and ids: ``Microsoft 365 Copilot`` is an id too."""
    return re.sub(r"[^a-z0-9*?]+", "-", text.casefold()).strip("-")


def facts_of(asset: Asset, others: Others, asked: frozenset[str]) -> Facts:
    """Gather what is known of an asset.

    Args:
        asset: The asset, attributed.
        others: What `links.related` found for it: a call's project is that of its key.
        asked: Names of the conditions that any entry has.
    """
    # Only what some entry asks for is gathered: these facts are also what outcomes are
    # remembered by, and fewer of them are equal for more assets.
    values: dict[str, Iterable[tuple[str, ...]]] = {}
    never: dict[str, str] = {}
    provider = asset.provider if asset.provider not in (None, "unknown") else ""
    if "provider" in asked:
        values["provider"] = [(provider,)] if provider else []
    if "environment" in asked:
        values["environment"] = [(asset.environment,)] if asset.environment else []
    if "sdk" in asked:
        values["sdk"] = {(e.sdk,) for e in asset.evidence if e.sdk}
    if "repository" in asked:
        values["repository"] = {(e.where.repo,) for e in asset.evidence if e.where.repo}
    if "path" in asked:
        values["path"] = {(e.where.path,) for e in asset.evidence if e.where.path}
    if "model" in asked:
        values["model"] = {(model,) for model in _models(asset, others)}
    if asked & {"project", "account"}:
        lies_in = scopes(asset, others, ("project", "account"))
        values["project"] = {(name,) for _, name in lies_in.get("project", ())}
        values["account"] = {(name,) for _, name in lies_in.get("account", ())}
    if "key" in asked:
        values["key"] = _keys(asset, others)
    if "app" in asked:
        values["app"] = _apps(asset)
        if not values["app"] and asset.kind not in _MONEY_AND_NETWORK:
            never["app"] = f"this is {a_kind(asset.kind)}"
    if asset.kind in _PRODUCTS:
        for name in _NOT_OF_PRODUCTS & asked:
            never[name] = f"{a_kind(asset.kind)} has no {name}"
    return Facts(
        provider or "",
        tuple((name, tuple(sorted(values[name]))) for name in sorted(asked & values.keys())),
        tuple(sorted(never.items())),
    )


def _models(asset: Asset, others: Others) -> set[str]:
    models = {*asset.models, *(total.model for total in asset.usage if total.model)}
    if not models:
        models = {m for _, other in others if other.kind == "deployment" for m in other.models}
    return models


def _keys(asset: Asset, others: Others) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for one in (asset, *(other for _, other in others)):
        names = tuple(sorted({name for _, name in scopes(one, wanted=_KEY).get("key", ())}))
        if one.kind in KEYS:
            found.add(names)
        elif one is asset:
            found.update((name,) for name in names)
    return found - {()}


def _apps(asset: Asset) -> list[tuple[str, ...]]:
    names = {slug(app) for _, app in scopes(asset, wanted=_APP).get("app", ())}
    return [tuple(sorted(names))] if names else []


def a_kind(kind: AssetKind) -> str:
    """The kind with its article, for reasons."""
    words = kind.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"
