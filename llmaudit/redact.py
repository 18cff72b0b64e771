"""Reduce keys and people at the connector's edge, before anything enters the model."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

_VISIBLE = 4


def key_sha256(secret: str) -> str:
    """SHA-256 of the whole key as lower-case hex, as LiteLLM and OpenRouter record it."""
    return hashlib.sha256(secret.strip().encode()).hexdigest()


def redacted_form(secret: str) -> str:
    """First and last characters of a key around an ellipsis (``sk-pr...x9Qa``).

    A key shorter than 16 characters shows its prefix only, so that no guessable part
    remains.
    """
    text = secret.strip()
    if len(text) < 16:
        return f"{text[:2]}..."
    head = re.match(r"[A-Za-z]+[-_](?:[a-z0-9]+[-_])*", text)
    shown = min(max(len(head.group(0)) if head else 0, _VISIBLE), 12)
    return f"{text[:shown]}...{text[-_VISIBLE:]}"


def normal_redaction(form: str) -> str:
    """One spelling for redacted forms: any run of dots, stars or an ellipsis is ``...``."""
    return re.sub(r"(?:\u2026|\*{2,}|\.{2,}|x{6,})+", "...", form.strip())


@dataclass(frozen=True, slots=True)
class People:
    """Turns a person's identifier into a stable pseudonym that keeps the mail domain.

    Args:
        key: HMAC key the user holds; whoever lacks it cannot recompute a pseudonym.
        reveal: Leave identifiers as they are.
    """

    key: bytes
    reveal: bool = False

    def name(self, identifier: str) -> str:
        """The pseudonym ``u_<10 hex>@domain`` of a mail address, ``u_<10 hex>`` of a login."""
        text = identifier.strip().casefold()
        if self.reveal or not text:
            return text
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:10]
        _, at, domain = text.partition("@")
        return f"u_{digest}@{domain}" if at else f"u_{digest}"
