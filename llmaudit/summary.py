"""The figures of a report: shares by number, by money and by tokens, each with its denominator.

Counts of different kinds are never added into one share, and money of different currencies or
bases never into one sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal, localcontext
from typing import Any

from llmaudit.model import TAG_STATUSES, Asset, Report, TagStatus, names_others_only

UNATTRIBUTED = "(unattributed)"

_EXACT = Context(prec=400)
_NONE = Decimal(0)
_TAGGABLE: tuple[TagStatus, ...] = tuple(s for s in TAG_STATUSES if s != "untaggable")
# A hint names somebody who was near, not somebody who answers for it.
_OWNERS = {"active": "owned", "hint": "none", "none": "none", "orphaned": "orphaned"}
_OWNER_PARTS = ("owned", "none", "orphaned")
_VERDICTS = ("sanctioned", "shadow", "unknown")
_APART = "not_gated"
_BY_CONTEXT = frozenset({"automation", "call", "deployment", "route", "secret"})

_Part = Callable[[Asset], str]
_Money = tuple[str, str]


def summarise(report: Report) -> dict[str, Any]:
    """The ``summary`` object of the JSON report, computed from the report's other fields.

    What takes part: a call or a declaration in a test, an example, generated or vendored code
    is in ``by_kind`` and ``not_gated`` only, with its money outside the denominators. A register
    row or decision that only names others (a glob, a project) is in ``by_kind`` only; a
    registered key is a key. In every share ``of`` is the denominator and the sum of its
    parts; ``untaggable`` stands outside it. In every ``by_cost`` entry ``total`` is all money
    of that currency and basis: ``of``, what is outside the denominator (``untaggable``, which
    here holds also kinds that bear no tags, or ``not_gated``) and what is on no asset
    (``unattributed``).

    Args:
        report: Its own ``summary`` is not read.

    Returns:
        Text, whole numbers, lists and dicts only; money as plain decimal text.
    """
    things = [asset for asset in report.assets if not names_others_only(asset)]
    gated = [asset for asset in things if is_gated(asset)]
    loose: dict[_Money, Decimal] = defaultdict(lambda: _NONE)
    with localcontext(_EXACT):
        for source in report.spend:
            loose[source.currency, source.basis] += source.unattributed
        return {
            "by_kind": _count(asset.kind for asset in report.assets),
            "by_verdict": _count(asset.verdict for asset in things),
            "by_provider": _count(asset.provider or "unknown" for asset in things),
            "coverage": _count(line.status for line in report.coverage),
            "tags": {
                "by_count": _by_count(gated, _tag_part, _TAGGABLE, ("untaggable",)),
                "by_cost": _by_cost(report.assets, loose, _tag_part, _TAGGABLE, "untaggable"),
                "by_tokens": _by_tokens(report.assets),
                "untagged_at_source": _untagged_at_source(gated),
                "not_reaching_bill": _not_reaching_bill(gated, report.policy.required),
            },
            "owners": {
                "by_count": _by_count(gated, _owner_part, _OWNER_PARTS),
                "by_cost": _by_cost(report.assets, loose, _owner_part, _OWNER_PARTS, _APART),
            },
            "shadow": {
                "by_count": _by_count(gated, _verdict_part, _VERDICTS),
                "by_cost": _by_cost(report.assets, loose, _verdict_part, _VERDICTS, _APART),
            },
            "by_unit": _by_unit(report.assets, loose),
            "not_gated": _count(asset.kind for asset in things if not is_gated(asset)),
        }


def is_gated(asset: Asset) -> bool:
    """Whether an asset counts in shares: what stands in tests, examples and the like does not."""
    return asset.kind not in _BY_CONTEXT or asset.context == "app"


def _counts(asset: Asset) -> bool:
    return is_gated(asset) and not names_others_only(asset)


def _tag_part(asset: Asset) -> str:
    """The part of a tag share an asset falls in; empty for a kind that bears no tags."""
    return asset.tag_status or "" if _counts(asset) else ""


def _owner_part(asset: Asset) -> str:
    return _OWNERS[asset.owner.status] if _counts(asset) else ""


def _verdict_part(asset: Asset) -> str:
    return asset.verdict if _counts(asset) else ""


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _by_count(
    assets: Iterable[Asset], part: _Part, parts: tuple[str, ...], outside: tuple[str, ...] = ()
) -> dict[str, dict[str, int]]:
    """Per kind of asset the denominator, its parts and what stands outside."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for asset in assets:
        name = part(asset)
        if name:
            found[asset.kind][name] += 1
    return {
        kind: {
            "of": sum(counted[name] for name in parts),
            **{name: counted[name] for name in (*parts, *outside)},
        }
        for kind, counted in sorted(found.items())
    }


def _by_cost(
    assets: Iterable[Asset],
    loose: Mapping[_Money, Decimal],
    part: _Part,
    parts: tuple[str, ...],
    outside: str,
) -> list[dict[str, str]]:
    """One entry per currency and basis; what falls in no part counts as ``outside``."""
    found: dict[_Money, dict[str, Decimal]] = {money: {} for money in loose}
    for asset in assets:
        if not asset.usage:
            continue
        name = part(asset) or outside
        for money, amount in _costs(asset):
            entry = found.setdefault(money, {})
            entry[name] = entry.get(name, _NONE) + amount
    entries = []
    for (currency, basis), amounts in sorted(found.items()):
        unattributed = loose.get((currency, basis), _NONE)
        entries.append(
            {
                "currency": currency,
                "basis": basis,
                "total": _text(sum(amounts.values(), unattributed)),
                "of": _text(sum((amounts.get(name, _NONE) for name in parts), _NONE)),
                **{name: _text(amounts.get(name, _NONE)) for name in (*parts, outside)},
                "unattributed": _text(unattributed),
            }
        )
    return entries


def _by_tokens(assets: Iterable[Asset]) -> dict[str, int]:
    """Tokens in and out by tag status; those on no asset stand in no report."""
    found: Counter[str] = Counter()
    for asset in assets:
        if asset.usage:
            found[_tag_part(asset) or "untaggable"] += sum(
                total.input_tokens + total.output_tokens for total in asset.usage
            )
    return {
        "total": sum(found.values()),
        "of": sum(found[name] for name in _TAGGABLE),
        **{name: found[name] for name in (*_TAGGABLE, "untaggable")},
    }


def _untagged_at_source(assets: Iterable[Asset]) -> dict[str, dict[str, int]]:
    """Calls whose source carries no tag, of those that could carry one."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for asset in assets:
        if asset.tagging is not None and asset.tagging != "untaggable":
            found[asset.kind].update(n=int(asset.tagging == "untagged"), of=1)
    return {kind: {"n": c["n"], "of": c["of"]} for kind, c in sorted(found.items())}


def _not_reaching_bill(
    assets: Iterable[Asset], required: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    """Complete assets with a required tag by which the provider's bill cannot be split."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for asset in assets:
        if asset.tag_status == "complete":
            keys = asset.tags.keys() & set(required or asset.tags)
            lost = any(asset.tags[key].reaches_bill is False for key in keys)
            found[asset.kind].update(n=int(lost), of=1)
    return {kind: {"n": c["n"], "of": c["of"]} for kind, c in sorted(found.items())}


def _by_unit(assets: Iterable[Asset], loose: Mapping[_Money, Decimal]) -> list[dict[str, Any]]:
    """Per business unit and cost centre; what has none, and money on no asset, comes last."""
    members: dict[tuple[bool, str, str], list[Asset]] = defaultdict(list)
    for asset in assets:
        unit = asset.unit
        place = (False, unit.business_unit, unit.cost_center) if unit else (True, UNATTRIBUTED, "")
        if _counts(asset) or asset.usage:
            members[place].append(asset)
    if any(loose.values()):
        members.setdefault((True, UNATTRIBUTED, ""), [])
    return [
        _unit_row(place, inside, loose if place[0] else {})
        for place, inside in sorted(members.items(), key=lambda item: item[0])
    ]


def _unit_row(
    place: tuple[bool, str, str], members: list[Asset], loose: Mapping[_Money, Decimal]
) -> dict[str, Any]:
    counted = [asset for asset in members if _counts(asset)]
    units = sorted(
        (asset.unit.technology_owner, asset.unit.finance_owner) for asset in members if asset.unit
    )
    technology, finance = units[0] if units else ("", "")
    cost = {money: [amount, _NONE] for money, amount in loose.items() if amount}
    for asset in members:
        taggable = _tag_part(asset) in _TAGGABLE
        for money, amount in _costs(asset):
            sums = cost.setdefault(money, [_NONE, _NONE])
            sums[0] += amount
            if taggable and asset.tag_status != "complete":
                sums[1] += amount
    return {
        "business_unit": place[1],
        "cost_center": place[2],
        "assets": len(counted),
        "of": sum(asset.tag_status in _TAGGABLE for asset in counted),
        "complete": sum(asset.tag_status == "complete" for asset in counted),
        "no_owner": sum(_OWNERS[asset.owner.status] == "none" for asset in counted),
        "orphaned": sum(asset.owner.status == "orphaned" for asset in counted),
        "shadow": sum(asset.verdict == "shadow" for asset in counted),
        "cost": [
            {
                "currency": currency,
                "basis": basis,
                "amount": _text(amount),
                "incomplete": _text(incomplete),
            }
            for (currency, basis), (amount, incomplete) in sorted(cost.items())
        ],
        "technology_owner": technology,
        "finance_owner": finance,
    }


def _costs(asset: Asset) -> Iterable[tuple[_Money, Decimal]]:
    for total in asset.usage:
        if total.amount is not None and total.currency is not None:
            yield (total.currency, total.basis), total.amount


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
