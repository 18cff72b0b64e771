"""Rules on tags: is there one, is it whole, is it valid, does it reach the bill."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import TAGGED_KINDS, Broken, Judging, Rule, naming


def _keys(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _how(asset: Asset, judging: Judging) -> str:
    """Where this asset can carry a tag, by its own api where the catalogue knows it."""
    if asset.kind != "call" and any(e.where.path for e in asset.evidence):
        return f"write the tags where it is declared{_OR_PATH}"
    if asset.kind != "call":
        return "tag it at its provider, or give its row in the key register the missing columns"
    entry = next((e for e in asset.evidence if e.api), None)
    if judging.catalogue is None or entry is None or entry.api is None:
        return _HOW_CALL
    provider = asset.provider or "unknown"
    fields = [
        f"{one.field} on the {one.level}"
        for one in judging.catalogue.tag_fields(provider, entry.api, entry.sdk)
        if one.strength == "tag" and one.level in ("call", "client")
    ]
    if fields:
        return f"pass the tags in {' or '.join(dict.fromkeys(fields))}{_OR_PATH}"
    nearest = judging.catalogue.nearest(provider, entry.api, entry.sdk)
    return f"such a call has no field for tags: use {nearest}{_OR_PATH}" if nearest else _HOW_CALL


_OR_PATH = ", or give its path the tags under policy.attribution"
_HOW_CALL = (
    "pass the tags in the provider's own field (metadata, labels, requestMetadata, a gateway's "
    f"tag header){_OR_PATH}"
)


def _lacking(asset: Asset, judging: Judging) -> tuple[str, str]:
    """The missing keys, and where they are missing."""
    at = " at the call" if judging.at_call and asset.kind == "call" else ""
    return _keys(asset.missing_tags or judging.required), at


def _untagged(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "untagged":
        return None
    missing, at = _lacking(asset, judging)
    lacking = f": it lacks {missing}" if missing else ""
    weak = next((e.weak_tag for e in asset.evidence if e.weak_tag), "")
    note = f" ({weak} alone attributes no cost)" if weak else ""
    return Broken(f"{naming(asset)} carries no tag{at}{lacking}{note}", _how(asset, judging))


def _partly(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "partial":
        return None
    if not judging.required:
        weak = next((e.weak_tag for e in asset.evidence if e.weak_tag), "a weaker field")
        return Broken(
            f"{naming(asset)} carries only {weak}, which attributes no cost", _how(asset, judging)
        )
    missing, at = _lacking(asset, judging)
    return Broken(f"{naming(asset)} lacks {missing}{at}", _how(asset, judging))


def _invalid(asset: Asset, judging: Judging) -> Broken | None:
    if not asset.invalid_tags:
        return None
    said = ", ".join(
        f"{key}={asset.tags[key].value}" if key in asset.tags else key for key in asset.invalid_tags
    )
    return Broken(
        f"{naming(asset)} has a tag value that the policy does not accept: {said}",
        "write a value the policy lists; a cost centre must be open in units.csv",
    )


def _conflicting(asset: Asset, judging: Judging) -> Broken | None:
    if not asset.conflicting_tags:
        return None
    said = "; ".join(f"{key} is {_values(asset, key)}" for key in asset.conflicting_tags)
    return Broken(
        f"the sources of {naming(asset)} disagree: {said}",
        "make the sources agree; until then the first one counts",
    )


def _values(asset: Asset, key: str) -> str:
    tag = asset.tags.get(key)
    if tag is None:
        return "not settled"
    others = dict.fromkeys(
        f"{other.value} ({other.source})"
        for other in tag.overruled
        if other.value not in (None, tag.value)
    )
    return " and ".join((f"{tag.value} ({tag.source})", *others))


def _dynamic(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "dynamic":
        return None
    return Broken(
        f"whether {naming(asset)} carries its tags cannot be read: they are decided at run time",
        f"write the tags where the call or its client is made{_OR_PATH}",
    )


def _ineffective(asset: Asset, judging: Judging) -> Broken | None:
    why = next((text for e in asset.evidence if (text := e.attributes.get("ineffective"))), "")
    if not why:
        return None
    return Broken(f"attribution of {naming(asset)} does not arrive: {why}", _how(asset, judging))


def _not_reaching(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "complete":
        return None
    lost = tuple(
        key
        for key in judging.required
        if key in asset.tags and asset.tags[key].reaches_bill is False
    )
    if not lost:
        return None
    return Broken(
        f"{naming(asset)} is tagged, but its bill cannot be split by {_keys(lost)}",
        "carry the same tags on the key, project or profile that the bill knows",
    )


def _can_be_tagged(asset: Asset) -> bool:
    return asset.tag_status not in (None, "untaggable")


def _is_complete(asset: Asset) -> bool:
    return asset.tag_status == "complete"


UNTAGGED = Rule(
    "untagged",
    "Untagged use",
    TAGGED_KINDS,
    "error",
    "Money spent without a tag cannot be charged to anybody: it ends in the shared bill.",
    "`client.chat.completions.create(model=..., messages=...)` without `metadata`.",
    "Pass the required tags in the provider's attribution field, on the client, or give the key, "
    "project or path the tags in the register or the policy.",
    "FinOps Framework, capability Allocation.",
    _untagged,
    among=_can_be_tagged,
)
PARTLY_TAGGED = Rule(
    "partly-tagged",
    "Partly tagged use",
    TAGGED_KINDS,
    "warning",
    "A team without a cost centre still cannot be charged; an end-user id names a person, not a "
    "budget.",
    '`metadata={"team": "search"}` where `cost_center` is required as well.',
    "Add the missing keys beside the ones that stand.",
    "FinOps Foundation KPI library: share of cost that complies with the tagging policy.",
    _partly,
    among=_can_be_tagged,
)
INVALID_TAG = Rule(
    "invalid-tag",
    "Tag value the policy does not accept",
    TAGGED_KINDS,
    "warning",
    "A misspelt team or a closed cost centre books the money where nobody answers for it.",
    '`cost_center: "CC-99"` where the policy wants `CC-` and four digits.',
    "Use a value from the policy's list, its pattern, or an open row of units.csv.",
    "FinOps Framework, capability Allocation.",
    _invalid,
    among=_can_be_tagged,
)
CONFLICTING_TAG = Rule(
    "conflicting-tag",
    "Sources disagree on a tag",
    TAGGED_KINDS,
    "warning",
    "Two sources name two teams: one of the reports is wrong, and nobody knows which.",
    'The call says `team: "search"`, the key register says `ads`.',
    "Mend the wrong source.",
    "docs/attribution.md",
    _conflicting,
    among=_can_be_tagged,
)
DYNAMIC_TAGS = Rule(
    "dynamic-tags",
    "Tags decided at run time",
    TAGGED_KINDS,
    "note",
    "A spread or a variable may carry tags; from the code alone nobody can say that it does.",
    "`client.chat.completions.create(model=..., messages=..., **kwargs)`.",
    "Write the tags literally, on the call or its client; or attribute the path in the policy.",
    "docs/attribution.md",
    _dynamic,
    among=_can_be_tagged,
)
INEFFECTIVE_TAG = Rule(
    "ineffective-tag",
    "Tag that does not arrive",
    ("call",),
    "warning",
    "A tag in a field that the provider drops or refuses reads like attribution and is none.",
    '`client.embeddings.create(..., extra_body={"metadata": {"team": "search"}})`: the API has no '
    "metadata.",
    "Use the field that the message names, within the provider's limits on keys and values.",
    "docs/catalogue.md: `ineffective` and the limits of each provider's fields, each with its "
    "source.",
    _ineffective,
)
TAG_NOT_REACHING_BILL = Rule(
    "tag-not-reaching-bill",
    "Tag that never reaches the bill",
    TAGGED_KINDS,
    "note",
    "Request metadata is stored with the request, not with the invoice: finance cannot split the "
    "bill by it.",
    "OpenAI `metadata` on a chat completion: the costs endpoint has no grouping by it.",
    "Use one key, project, workspace or inference profile per team, tagged likewise.",
    "docs/catalogue.md: `reaches_bill` of each provider's fields, each with its source.",
    _not_reaching,
    among=_is_complete,
)
