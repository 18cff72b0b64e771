"""Assets of an invented company, as the stages before the judge leave them."""

from __future__ import annotations

import textwrap
from datetime import UTC, date, datetime
from typing import Any

from llmaudit.config import Policy
from llmaudit.identity import asset_id
from llmaudit.model import (
    Asset,
    Coverage,
    EffectiveTag,
    Evidence,
    Finding,
    InlineIgnore,
    Location,
    Owner,
    PolicyInForce,
    RedactedKey,
    Relation,
    Report,
)
from llmaudit.policy import in_force, judge, order

AS_OF = date(2026, 11, 1)
REPO = "github.com/acme/shop"
OWNED = Owner("@acme/search", "codeowners", "active")


def asset(*evidence: Evidence, **decided: Any) -> Asset:
    links = tuple(dict.fromkeys(link for e in evidence for link in e.same_as))
    first = evidence[0]
    known: dict[str, Any] = {
        "id": asset_id(links, first.kind),
        "kind": first.kind,
        "name": first.name,
        "provider": first.provider,
        "models": first.models,
        "context": first.context or "app",
        "owner": OWNED,
        "relations": tuple(r for e in evidence for r in e.relates),
    }
    return Asset(evidence=evidence, same_as=links, **(known | decided))


def call_evidence(
    path: str = "svc/app.py", line: int = 12, *, number: int = 0, **more: Any
) -> Evidence:
    known: dict[str, Any] = {
        "same_as": (f"call:{REPO}:{path}#handler:chat.completions:d1:{number}",),
        "provider": "openai",
        "sdk": "openai-python",
        "api": "chat.completions",
        "models": ("gpt-4o",),
    }
    return Evidence("code", "call", path, Location(REPO, path, line), **(known | more))


def call(path: str = "svc/app.py", line: int = 12, *, number: int = 0, **decided: Any) -> Asset:
    seen = {
        name: decided.pop(name)
        for name in ("ignores", "attributes", "weak_tag", "models", "api", "sdk", "provider")
        if name in decided
    }
    known: dict[str, Any] = {"tag_status": "complete"}
    return asset(call_evidence(path, line, number=number, **seen), **(known | decided))


def key_evidence(name: str = "key_1", *, connector: str = "litellm", **more: Any) -> Evidence:
    known: dict[str, Any] = {"same_as": (f"key-id:openai:{name}",), "provider": "openai"}
    return Evidence(connector, "api_key", name, Location(uri=f"openai://{name}"), **(known | more))


def row(named: str = "", *, connector: str = "registry", number: int = 2, **more: Any) -> Evidence:
    """A register row; ``named`` is what its ``registers`` relation names."""
    known: dict[str, Any] = {
        "same_as": (f"register:openai:{named or number}",),
        "relates": (Relation("registers", named),) if named else (),
        "provider": "openai",
        "kind": "api_key",
        "name": f"openai {named.rpartition(':')[2]}" if named else f"row {number}",
        "register": True,
    }
    return Evidence(
        connector=connector, where=Location(uri=f"file:keys.csv#row={number}"), **(known | more)
    )


def key(name: str = "key_1", *, also: tuple[Evidence, ...] = (), **decided: Any) -> Asset:
    seen = {
        field: decided.pop(field)
        for field in ("connector", "last_used", "attributes", "redacted")
        if field in decided
    }
    known: dict[str, Any] = {"tag_status": "complete"}
    return asset(key_evidence(name, **seen), *also, **(known | decided))


def seat(holder: str = "u_1@example.com", app: str = "github-copilot", **decided: Any) -> Asset:
    seen = Evidence(
        "exports",
        "seat",
        f"GitHub Copilot seat {holder}",
        Location(uri="file:exports/seats.csv#row=2"),
        same_as=(f"seat:{app}:{holder}",),
        provider=app,
        last_used=decided.pop("last_used", None),
        attributes=decided.pop("attributes", {}),
    )
    known: dict[str, Any] = {"tag_status": "complete"}
    return asset(seen, **(known | decided))


def tag(value: str | None, source: str = "call", **more: Any) -> EffectiveTag:
    return EffectiveTag(value, source, "metadata", more.pop("reaches_bill", None), **more)


def redacted(form: str) -> RedactedKey:
    return RedactedKey("openai", "", form)


def ignore(*rules: str, line: int = 11, **more: Any) -> InlineIgnore:
    known: dict[str, Any] = {"until": None, "reason": "pilot"}
    return InlineIgnore(rules, where=Location(REPO, "svc/app.py", line), **(known | more))


def policy(**settings: Any) -> Policy:
    return Policy.model_validate(settings)


def found(*assets: Asset, policy: Policy | None = None, **more: Any) -> list[tuple[str, ...]]:
    """Rule, level, message and help of what is judged, in order."""
    findings = sorted(judge(assets, policy, as_of=AS_OF, **more), key=order)
    return [(f.rule, f.level, f.message, f.help) for f in findings]


def told(*assets: Asset, policy: Policy | None = None, **more: Any) -> str:
    """What a reader is told, wrapped so that a test can show it whole."""
    return "\n".join(
        f"{level}: {rule}\n{_wrapped(message)}{_wrapped(f'help: {way_out}')}"
        for rule, level, message, way_out in found(*assets, policy=policy, **more)
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 80, break_long_words=False, break_on_hyphens=False) + "\n"


def rules_broken(*assets: Asset, policy: Policy | None = None, **more: Any) -> list[str]:
    return [rule for rule, *_ in found(*assets, policy=policy, **more)]


def report(
    *assets: Asset,
    findings: tuple[Finding, ...] = (),
    coverage: tuple[Coverage, ...] = (),
    policy: Policy | None = None,
) -> Report:
    return Report(
        tool_version="0",
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="Acme",
        config_digest="",
        policy=in_force(policy) if policy else PolicyInForce(False),
        repositories=(),
        assets=assets,
        findings=findings,
        coverage=coverage,
    )
