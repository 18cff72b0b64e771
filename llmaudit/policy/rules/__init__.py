"""The policy rules, a file per subject; a new rule is its file and one line in `RULES`."""

from llmaudit.policy.rule import Rule
from llmaudit.policy.rules import code, keys, ownership, sanctioning, seats, tags

RULES: tuple[Rule, ...] = (
    tags.UNTAGGED,
    tags.PARTLY_TAGGED,
    tags.INVALID_TAG,
    tags.CONFLICTING_TAG,
    tags.DYNAMIC_TAGS,
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

# Ids of the design whose evidence no connector of this version brings, with the one that will.
PLANNED: dict[str, str] = {
    "ineffective-tag": "the code connector, with each provider's limits on tags",
    "admin-key-in-code": "the search for leaked keys",
    "never-expires": "a key registry with expiry dates",
    "shared-key": "the search for leaked keys",
    "prod-key-in-dev": "the search for leaked keys",
    "retired-key-format": "the search for leaked keys",
    "no-spend-limit": "a provider's admin connector",
    "limit-not-enforced": "a provider's admin connector",
    "no-budget": "budgets",
    "over-budget": "budgets",
    "idle-commitment": "a cloud connector",
    "invoice-only": "expense exports",
    "no-invocation-logging": "a cloud connector",
    "no-output-cap": "the code connector",
}
KNOWN_IDS: frozenset[str] = frozenset({rule.id for rule in RULES} | set(PLANNED))
