"""Rules on keys: where they lie, whether they are registered, reviewed, used and still there."""

from __future__ import annotations

from datetime import date

from llmaudit.model import Asset, Evidence
from llmaudit.policy.rule import Broken, Judging, Rule, naming

STALE_DAYS = 90

_KEYS = ("api_key", "secret")


def _in_code(asset: Asset, judging: Judging) -> Broken | None:
    place = next((e.where for e in asset.evidence if e.connector == "code" and _is_key(e)), None)
    if place is None:
        return None
    return Broken(
        f"{naming(asset)} stands in the code at {place}",
        "revoke it, then read its successor from a secret store or the environment",
    )


def _is_key(evidence: Evidence) -> bool:
    """Whether code shows the key itself; the name of a variable or a secret is none."""
    return evidence.kind in _KEYS and evidence.attributes.get("seen_as") != "name"


def _reviews_due(asset: Asset, judging: Judging) -> list[date]:
    written = (e.attributes.get("review_date", "") for e in asset.evidence if e.register)
    return [due for text in written if text and (due := date.fromisoformat(text)) < judging.as_of]


def _stale(asset: Asset, judging: Judging) -> Broken | None:
    said: list[str] = []
    used = max((e.last_used for e in asset.evidence if e.last_used), default=None)
    if asset.kind in _KEYS and used is not None and (judging.as_of - used).days > STALE_DAYS:
        said.append(f"was last used {(judging.as_of - used).days} days ago, on {used},")
    due = _reviews_due(asset, judging)
    if due:
        said.append(f"was due for review on {min(due)}")
    if not said:
        return None
    return Broken(
        f"{naming(asset)} {' and '.join(said).rstrip(',')}",
        "write the next review date into its register row, or revoke it"
        if due
        else "revoke it, or say in the register why it is kept",
    )


def _can_be_stale(asset: Asset) -> bool:
    return asset.kind in _KEYS or any("review_date" in e.attributes for e in asset.evidence)


def _unregistered(asset: Asset, judging: Judging) -> Broken | None:
    if judging.registered is None or asset.id in judging.registered:
        return None
    maybe = sorted(judging.registered.intersection(asset.ambiguous_with))
    if maybe:
        return Broken(
            f"{naming(asset)} fits the redacted form in the register as other keys do, so its row "
            "cannot be told",
            "write the key's id into the register instead of its redacted form",
        )
    return Broken(
        f"no row of the key register names {naming(asset)}",
        "add a row with its owner, tags and decision, or revoke the key",
    )


def _seen_elsewhere(asset: Asset) -> bool:
    return any(not e.register for e in asset.evidence)


def _gone(asset: Asset, judging: Judging) -> Broken | None:
    exact = any(link.startswith("key-id:") for link in asset.same_as)
    if not exact or _seen_elsewhere(asset) or asset.provider not in judging.listed:
        return None
    return Broken(
        f"{naming(asset)} is registered, but is not among the keys that were seen at "
        f"{asset.provider}",
        "take the row out of the register; if the key lives, see in the coverage what was not read",
    )


def _has_exact_row(asset: Asset) -> bool:
    return any(e.register for e in asset.evidence) and any(
        link.startswith("key-id:") for link in asset.same_as
    )


KEY_IN_CODE = Rule(
    "key-in-code",
    "Key in the code",
    ("api_key", "secret"),
    "error",
    "Whoever can read the repository can spend on the key, and history keeps it for ever.",
    '`OpenAI(api_key="sk-...")` with the whole key.',
    "Revoke the key, make a new one, and read it at run time from a secret store.",
    "CWE-798: Use of Hard-coded Credentials.",
    _in_code,
)
STALE_KEY = Rule(
    "stale-key",
    "Review date passed, or key unused",
    ("api_key", "secret", "project", "app", "deployment"),
    "warning",
    "A key that nobody uses or reviews can only be misused.",
    "`review_date` in the register lies in the past; or the key was not used for more than "
    f"{STALE_DAYS} days.",
    "Revoke the key, or review it and move the date.",
    "NIST SP 800-57 Part 1 Rev. 5, section 5.3, Cryptoperiods.",
    _stale,
    among=_can_be_stale,
    of_rows=True,
)
UNREGISTERED_KEY = Rule(
    "unregistered-key",
    "Key in no register",
    ("api_key",),
    "warning",
    "A key that the register does not know has no owner who agreed to own it.",
    "A provider lists a key that no row names by id, glob, hash or redacted form. Without a key "
    "register the rule says nothing.",
    "Add a row to the register.",
    "docs/connectors/registry.md",
    _unregistered,
    among=_seen_elsewhere,
)
REGISTERED_BUT_GONE = Rule(
    "registered-but-gone",
    "Registered key that is gone",
    ("api_key",),
    "note",
    "A register full of keys that no longer exist stops being believed.",
    "A row with a key id that is not among the keys its provider lists. Where no connector listed "
    "that provider's keys, the rule says nothing.",
    "Take the row out of the register.",
    "docs/connectors/registry.md",
    _gone,
    among=_has_exact_row,
)
