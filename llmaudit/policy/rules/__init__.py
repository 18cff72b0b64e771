"""The policy rules, a file per subject; a new rule is its record and one line in `RULES`."""

from __future__ import annotations

import difflib

from llmaudit.policy.rule import Rule
from llmaudit.policy.rules import code, keys, ownership, sanctioning, seats, tags

RULES: tuple[Rule, ...] = (
    tags.UNTAGGED,
    tags.PARTLY_TAGGED,
    tags.INVALID_TAG,
    tags.CONFLICTING_TAG,
    tags.DYNAMIC_TAGS,
    tags.INEFFECTIVE_TAG,
    tags.TAG_NOT_REACHING_BILL,
    ownership.NO_OWNER,
    ownership.ORPHANED_OWNER,
    sanctioning.SHADOW,
    sanctioning.SANCTION_EXPIRED,
    sanctioning.EXPERIMENTAL_IN_PRODUCTION,
    keys.KEY_IN_CODE,
    keys.STALE_KEY,
    keys.UNREGISTERED_KEY,
    keys.REGISTERED_BUT_GONE,
    seats.IDLE_SEAT,
    code.HIDDEN_FROM_SCAN,
)

# A policy may name these already: no connector of this version brings their evidence.
PLANNED: dict[str, str] = {
    "admin-key-in-code": "the search for leaked keys",
    "idle-commitment": "a cloud connector",
    "invoice-only": "expense exports",
    "limit-not-enforced": "a provider's admin connector",
    "never-expires": "a key connector that reads expiry dates",
    "no-budget": "budgets",
    "no-invocation-logging": "a cloud connector",
    "no-output-cap": "the code connector, with the limits a call states",
    "no-spend-limit": "a provider's admin connector",
    "over-budget": "budgets",
    "prod-key-in-dev": "the search for leaked keys",
    "retired-key-format": "the search for leaked keys",
    "shared-key": "the search for leaked keys",
}
KNOWN_IDS: frozenset[str] = frozenset({rule.id for rule in RULES} | set(PLANNED))


def nearest_rule(name: str) -> str:
    """The known rule id most like a misspelt one; empty when none is."""
    return next(iter(difflib.get_close_matches(name, sorted(KNOWN_IDS), 1, 0.5)), "")
