"""What a key register may hold: its columns, their other spellings, and the shapes of a key."""

from __future__ import annotations

import re

from llmaudit.exports.named import Columns, squeeze
from llmaudit.model import AssetKind

ALIASES: dict[str, tuple[str, ...]] = {
    "provider": ("vendor", "supplier"),
    "key": ("api_key", "key or glob", "key_ref"),
    "key_id": ("api_key_id",),
    "key_glob": ("glob", "pattern"),
    "redacted": ("redacted_key", "redacted_value", "masked", "masked_key", "key_hint"),
    "name": ("key_name", "key_alias", "label", "title"),
    "owner": ("owner_email", "owned_by", "responsible"),
    "team": ("team_name",),
    "cost_center": ("cost_centre", "cc"),
    "environment": ("env", "stage"),
    "sanctioned": ("approved", "allowed"),
    "approved_by": ("approver",),
    "until": ("expires", "expires_on", "expires_at", "expiry", "valid_until", "approved_until"),
    "review_date": ("review", "review_by", "next_review"),
    "reason": ("justification",),
    "project": ("project_id", "workspace"),
    "account": ("account_id",),
    "app": ("application",),
    "repository": ("repo",),
    "scope_kind": (),
    "scope": (),
    "decision": (),
}
# What `llmaudit decide` writes beside them for the person who decides.
FOR_THE_READER = (
    "current",
    "assets",
    "calls",
    "keys",
    "seats",
    "models",
    "cost",
    "amount",
    "currency",
    "example",
)
KEY_COLUMNS = ("key", "key_id", "key_glob", "redacted")
SCOPE_COLUMNS = ("project", "account", "app", "repository")
TAG_COLUMNS = ("team", "cost_center", "environment")
SCOPE_KINDS: dict[str, AssetKind] = {
    "key": "api_key",
    "project": "project",
    "account": "project",
    "repository": "project",
    "app": "app",
    "deployment": "deployment",
    "seat": "seat",
}
COLUMNS = Columns(
    {
        squeeze(spelling): name
        for name, aliases in (*ALIASES.items(), *((n, ()) for n in FOR_THE_READER))
        for spelling in (name, *aliases)
    },
    frozenset((*KEY_COLUMNS, *SCOPE_COLUMNS, "scope")),
    "tag:",
)
YES = frozenset({"yes", "y", "true", "1", "sanctioned"})
NO = frozenset({"no", "n", "false", "0", "shadow"})
_REDACTION = re.compile("\u2026|\\.{2,}|\\*{3,}|\\*{2}(?=[^*?])|x{6,}", re.IGNORECASE)


def key_shape(text: str) -> str:
    """Whether a key cell holds a redacted form, a glob or an id, by the name of its column."""
    if _REDACTION.search(text):
        return "redacted"
    return "key_glob" if "*" in text or "?" in text else "key_id"
