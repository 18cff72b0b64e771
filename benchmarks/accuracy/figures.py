"""Shares with their intervals: what a tool found, and how much of what it said is right."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist

from benchmarks.accuracy.scoring import Answer, Scored

Share = dict[str, float | int | None]
Group = dict[str, object]

CLASSES = ("tagged", "partial", "untagged", "dynamic")
SAYS = ("provider", "model", "tagging")
MEASURES = ("recall", "precision", "provider", "model", "tagging", "baseline")
QUANTILE = NormalDist().inv_cdf(0.975)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; nothing is known of no case at all."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, QUANTILE**2 / of
    middle = share + square / 2
    spread = QUANTILE * (share * (1 - share) / of + square / (4 * of)) ** 0.5
    return max(0.0, (middle - spread) / (1 + square)), min(1.0, (middle + spread) / (1 + square))


def share(hits: int, of: int) -> Share:
    """A share with its interval, rounded so that the same run gives the same bytes."""
    low, high = wilson(hits, of)
    return {
        "n": hits,
        "of": of,
        "share": round(hits / of, 4) if of else None,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def figures(scored: Iterable[Scored], says: Iterable[str] = SAYS) -> dict[str, Group]:
    """Every figure of some sets together: ``overall``, then per language, by name.

    Args:
        scored: One entry per set.
        says: What the tool says of a call beside its place.
    """
    scored = list(scored)
    answers = [answer for one in scored for answer in one.answers]
    strays = [stray.language for one in scored for stray in one.strays]
    said = tuple(says)
    groups = {"overall": _group(answers, len(strays), said)}
    for language in sorted({answer.language for answer in answers} | set(strays)):
        inside = [answer for answer in answers if answer.language == language]
        groups[language] = _group(inside, strays.count(language), said)
    return groups


def _group(answers: list[Answer], strays: int, says: tuple[str, ...]) -> Group:
    found = [answer for answer in answers if answer.said is not None]
    settled = [answer for answer in found if answer.settled]
    group: Group = {
        "calls": len(answers),
        "found": len(found),
        "false positives": strays,
        "recall": share(len(found), len(answers)),
        "precision": share(len(found), len(found) + strays),
        "provider": share(sum(answer.provider for answer in found), len(found)),
        "model": share(sum(answer.model for answer in settled), len(settled)),
        "model, settled or not": share(sum(answer.model for answer in found), len(found)),
        "tagging": share(sum(answer.tagging for answer in found), len(found)),
        "baseline": share(sum(answer.right.tagging == "untagged" for answer in found), len(found)),
        "classes": {name: _class(found, name) for name in CLASSES},
    }
    if "provider" not in says:
        group["provider"] = None
    if "model" not in says:
        group["model"] = group["model, settled or not"] = None
    if "tagging" not in says:
        group["tagging"] = group["classes"] = None
    return group


def _class(found: list[Answer], name: str) -> dict[str, Share]:
    """Of the calls labelled so, how many we say so; of those we say so, how many are."""
    labelled = [answer for answer in found if answer.right.tagging == name]
    said = [answer for answer in found if answer.said and answer.said.tagging == name]
    both = sum(answer.tagging for answer in labelled)
    return {"recall": share(both, len(labelled)), "precision": share(both, len(said))}
