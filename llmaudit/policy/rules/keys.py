"""Rules on keys: where they lie, whether they are registered, reviewed and still there."""

from __future__ import annotations

from datetime import date

from llmaudit.model import Asset
from llmaudit.policy.rule import Broken, Judging, Rule, naming

_STALE_DAYS = 90


def _registered(asset: Asset) -> bool:
    return any(e.register for e in asset.evidence)


def _in_code(asset: Asset, judging: Judging) -> Broken | None:
    if not any(e.connector == "code" for e in asset.evidence):
        return None
    return Broken(
        f"{naming(asset)} stands in the code",
        "revoke it, then read it from a secret store or the environment",
    )


def _stale(asset: Asset, judging: Judging) -> Broken | None:
    used = [e.last_used for e in asset.evidence if e.last_used is not None]
    if used and (judging.as_of - max(used)).days > _STALE_DAYS:
        days = (judging.as_of - max(used)).days
        return Broken(
            f"{naming(asset)} was last used {days} days ago, on {max(used)}",
            "revoke it, or say in the register why it is kept",
        )
    for entry in asset.evidence:
        text = entry.attributes.get("review_date", "")
        if text and date.fromisoformat(text) < judging.as_of:
            return Broken(
                f"the review of {naming(asset)} was due on {text}",
                "review it and write the next date into the register",
            )
    return None


def _unregistered(asset: Asset, judging: Judging) -> Broken | None:
    if "registry" not in judging.connectors or _registered(asset):
        return None
    if any(tag.source == "register" for e in asset.evidence for tag in e.tags):
        return None
    if asset.owner.source == "register" or any(
        tag.source == "register" for tag in asset.tags.values()
    ):
        return None
    return Broken(
        f"{naming(asset)} stands in no key register",
        "add a row with its owner, tags and decision, or revoke it",
    )


def _gone(asset: Asset, judging: Judging) -> Broken | None:
    exact = any(link.startswith("key-id:") for link in asset.same_as)
    others = judging.connectors - {"registry", "code", "exports"}
    if not exact or not others or any(not e.register for e in asset.evidence):
        return None
    return Broken(
        f"{naming(asset)} is registered, but its provider no longer lists it",
        "take the row out of the register",
    )


KEY_IN_CODE = Rule(
    "key-in-code",
    "Key in the code",
    ("api_key", "secret"),
    "error",
    "Whoever can read the repository can spend on the key, and history keeps it for ever.",
    '`OpenAI(api_key="sk-...")` with the whole key.',
    "Revoke the key, make a new one, and read it at run time from a secret store.",
    "OWASP Top 10 2021, A07 Identification and Authentication Failures.",
    _in_code,
)
STALE_KEY = Rule(
    "stale-key",
    "Key unused or not reviewed",
    ("api_key", "secret"),
    "warning",
    "A key that nobody uses or reviews can only be misused.",
    "`review_date` in the register lies in the past; or no use for 90 days.",
    "Revoke it, or review it and move the date.",
    "NIST SP 800-57 Part 1 Rev. 5, section 5.3 Cryptoperiods.",
    _stale,
)
UNREGISTERED_KEY = Rule(
    "unregistered-key",
    "Key in no register",
    ("api_key",),
    "warning",
    "A key that the register does not know has no owner who agreed to own it.",
    "A provider lists a key that matches no row by id, hash or redacted form.",
    "Add a row to the register.",
    "docs/connectors/registry.md",
    _unregistered,
)
REGISTERED_BUT_GONE = Rule(
    "registered-but-gone",
    "Registered key that is gone",
    ("api_key",),
    "note",
    "A register with keys that no longer exist stops being believed.",
    "A row with a key id that the provider's own list does not hold.",
    "Remove the row.",
    "docs/connectors/registry.md",
    _gone,
)
