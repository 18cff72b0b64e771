"""Where a call's api takes tags, by the rule that found the call and the catalogue's facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmaudit.attribution.required import Requirements
from llmaudit.catalogue import Catalogue
from llmaudit.catalogue.facts import TagField
from llmaudit.config import Policy
from llmaudit.config.settings import Gateway
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.fix.values import anything
from llmaudit.model import Evidence


@dataclass(frozen=True, slots=True)
class Place:
    """A mapping among a call's arguments.

    Attributes:
        path: Argument names and keys that lead to it; numbers are positions.
        tags: What it is to hold, spelt as the provider wants it.
        requires: An argument that must be true beside it.
    """

    path: tuple[str, ...]
    tags: Mapping[str, str]
    requires: str | None = None


def find(
    evidence: Evidence,
    rule: ScanRule,
    tags: Mapping[str, str],
    known: Catalogue,
    gateways: Sequence[Gateway],
    rules: Requirements,
    policy: Policy,
) -> Place | str:
    """The place for a call's tags; a text says why there is none, and what carries them then."""
    provider, api = evidence.provider or "unknown", evidence.api or ""
    fields = {
        field.field.casefold(): field
        for field in known.tag_fields(provider, api, evidence.sdk)
        if field.level == "call" and field.strength == "tag"
    }
    for path in _of_sdk(rule.attribution.tag, evidence.sdk or ""):
        field = fields.get(path.rpartition(".")[2].casefold())
        if field is not None:
            fitted = _fitted(tags, field, rules, policy)
            if isinstance(fitted, str):
                return fitted
            return Place(tuple(path.split(".")), fitted, field.requires)
    headers = _headers(provider, tags, gateways, rules)
    if headers and rule.attribution.headers:
        return Place(tuple(rule.attribution.headers[0].split(".")), headers)
    nearest = known.nearest(provider, api, evidence.sdk)
    if nearest:
        return f"{provider} {api} has no field for tags on the call: use {nearest}"
    if provider == "unknown":
        return "who answers the call is not settled by the code, so its field for tags is not known"
    return f"no field for tags on the call is known of {provider} {api}: use a key of its own"


def _of_sdk(paths: Sequence[str], sdk: str) -> Sequence[str]:
    """Those of a rule's places that the SDK has, where the rule is for several SDKs.

    Vertex AI's SDK takes ``labels`` itself (vertexai/generative_models), the Gen AI SDK in its
    ``config`` (google/genai/types.py).
    """
    if sdk.startswith("vertexai"):
        return [path for path in paths if "config" not in path.split(".")]
    if sdk.startswith("google-genai"):
        return [path for path in paths if "config" in path.split(".")]
    return paths


def _headers(
    provider: str, tags: Mapping[str, str], gateways: Sequence[Gateway], rules: Requirements
) -> dict[str, str]:
    """The tags as headers of the one configured gateway that the provider's calls go through."""
    through = [g for g in gateways if g.provider == provider and g.tag_headers]
    if len({tuple(sorted(g.tag_headers.items())) for g in through}) != 1:
        return {}
    named = {rules.canonical(key): header for header, key in through[0].tag_headers.items()}
    return {named[key]: value for key, value in tags.items()} if tags.keys() <= named.keys() else {}


def _fitted(
    tags: Mapping[str, str], field: TagField, rules: Requirements, policy: Policy
) -> dict[str, str] | str:
    """The tags within the field's limits, by another spelling where only that one fits."""
    fitted: dict[str, str] = {}
    for key, value in tags.items():
        required = policy.required_tags.get(key)
        spellings = (key, *(required.aliases if required else ()))
        name = next((s for s in spellings if _fits(s, field.key_pattern, field.max_key_length)), "")
        if not name:
            return f"{field.field} takes no key like {key!r}: give it an alias that fits"
        accepted = rules.accepts.get(key, anything)
        values = (value, *((value.lower(),) if accepted(value.lower()) else ()))
        text = next(
            (v for v in values if _fits(v, field.value_pattern, field.max_value_length)), None
        )
        if text is None:
            return f"{field.field} takes no value like {value!r} ({key}), by the provider's limits"
        fitted[name] = text
    if field.max_keys is not None and len(fitted) > field.max_keys:
        return f"{field.field} takes {field.max_keys} keys, {len(fitted)} are required"
    return fitted


def _fits(text: str, pattern: str | None, longest: int | None) -> bool:
    if longest is not None and len(text) > longest:
        return False
    return pattern is None or re.fullmatch(pattern, text) is not None
