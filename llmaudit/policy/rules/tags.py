"""Rules on tags: is there one, is it whole, is it valid, does it reach the bill."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import TAGGED_KINDS, Broken, Judging, Rule, naming


def _keys(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _how(asset: Asset) -> str:
    """Where this kind of asset can carry a tag."""
    if asset.kind == "call":
        return (
            "pass the tags in the provider's own field (metadata, labels, requestMetadata, a "
            "gateway's tag header), or attribute the path in the policy"
        )
    return "tag it at its provider, or give its row in the key register the missing columns"


def _untagged(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "untagged":
        return None
    missing = asset.missing_tags or judging.required
    lacking = f": it lacks {_keys(missing)}" if missing else ""
    weak = next((e.weak_tag for e in asset.evidence if e.weak_tag), "")
    note = f" ({weak} alone is no cost attribution)" if weak else ""
    return Broken(f"{naming(asset)} carries no tag{lacking}{note}", _how(asset))


def _partly(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "partial":
        return None
    if not judging.required:
        weak = next((e.weak_tag for e in asset.evidence if e.weak_tag), "a weaker field")
        return Broken(
            f"{naming(asset)} carries only {weak}, which no cost report is split by", _how(asset)
        )
    return Broken(f"{naming(asset)} lacks {_keys(asset.missing_tags)}", _how(asset))


def _invalid(asset: Asset, judging: Judging) -> Broken | None:
    if not asset.invalid_tags:
        return None
    said = ", ".join(
        f"{key}={asset.tags[key].value}" if key in asset.tags else key for key in asset.invalid_tags
    )
    return Broken(
        f"{naming(asset)} has a value that the policy does not accept: {said}",
        "write a value the policy lists; a cost centre must be open in units.csv",
    )


def _conflicting(asset: Asset, judging: Judging) -> Broken | None:
    if not asset.conflicting_tags:
        return None
    key = asset.conflicting_tags[0]
    tag = asset.tags[key]
    others = ", ".join(f"{t.value} ({t.source})" for t in tag.overruled if t.value != tag.value)
    return Broken(
        f"{naming(asset)} has two values for {key}: {tag.value} ({tag.source}) and {others}",
        "make the sources agree; the first one counts until then",
    )


def _dynamic(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "dynamic":
        return None
    return Broken(
        f"whether {naming(asset)} carries its tags cannot be read: they are passed in at run time",
        "write the tags where the call or its client is made, or attribute the path in the policy",
    )


def _not_reaching(asset: Asset, judging: Judging) -> Broken | None:
    if asset.tag_status != "complete" or not judging.required:
        return None
    lost = tuple(
        key
        for key in judging.required
        if key in asset.tags and asset.tags[key].reaches_bill is False
    )
    if not lost:
        return None
    return Broken(
        f"{naming(asset)} is tagged, but the provider's bill is not split by {_keys(lost)}",
        "carry the same tag on the key, project or profile that the bill knows",
    )


UNTAGGED = Rule(
    "untagged",
    "Untagged use",
    TAGGED_KINDS,
    "error",
    "Money spent without a tag cannot be charged to anybody: it ends in the shared bill.",
    "`client.chat.completions.create(model=..., messages=...)` without `metadata`.",
    "Pass the required tags in the provider's attribution field, on the client, or give the key, "
    "project or path the tags in the register or the policy.",
    "FinOps Framework, capability Allocation: cost allocation metadata.",
    _untagged,
)
PARTLY_TAGGED = Rule(
    "partly-tagged",
    "Partly tagged use",
    TAGGED_KINDS,
    "warning",
    "A team without a cost centre still cannot be charged; an end-user id says who, not which "
    "budget.",
    '`metadata={"team": "search"}` where `cost_center` is required as well.',
    "Add the missing keys beside the ones that stand.",
    "FinOps Framework KPI: percentage of costs compliant with the tagging policy.",
    _partly,
)
INVALID_TAG = Rule(
    "invalid-tag",
    "Tag value the policy does not accept",
    TAGGED_KINDS,
    "warning",
    "A misspelt team or a closed cost centre books the money where nobody answers for it.",
    '`cost_center: "CC-99"` where the policy wants `CC-` and four digits.',
    "Use a value from the policy's list, its pattern, or an open row of units.csv.",
    "FinOps Framework, capability Allocation: valid values of metadata.",
    _invalid,
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
)
TAG_NOT_REACHING_BILL = Rule(
    "tag-not-reaching-bill",
    "Tag that never reaches the bill",
    TAGGED_KINDS,
    "note",
    "Request metadata is stored with the request, not with the invoice: finance cannot split the "
    "bill by it.",
    "OpenAI `metadata` on a chat completion: the costs endpoint groups by project and key only.",
    "Use one key, project, workspace or inference profile per team, tagged likewise.",
    "llmaudit/catalogue: `reaches_bill` of each provider's tagging, with its source.",
    _not_reaching,
)
