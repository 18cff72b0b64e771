"""One rich Report: several kinds of assets, currencies, states, every coverage status, and
names that try to break out of each format.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from llmaudit.model import (
    Asset,
    Coverage,
    EffectiveTag,
    Evidence,
    Finding,
    InlineIgnore,
    Location,
    Owner,
    Period,
    PolicyInForce,
    RedactedKey,
    Relation,
    Report,
    Repository,
    Sanction,
    SpendSource,
    Tag,
    Unit,
    UsageTotal,
)
from llmaudit.summary import summarise

SEARCH = "github.com/acme/search"
LEGACY = "github.com/acme/legacy"
COMMERCE = Unit("Commerce", "CC-1234", "m.ruiz@example.com", "j.chen@example.com", "@acme/vps")
CLAIMS = Unit("Claims", "CC-2210", "a.roth@example.com", "j.chen@example.com")
HOSTILE_PATH = "svc/\x1b[31m[red]x[/red]\n::set-env name=A::b,c%0A.py"
HOSTILE_NAME = '=HYPERLINK("http://example.com","ChatGPT")'


def usage(
    amount: str | None,
    currency: str | None = "USD",
    *,
    model: str | None = None,
    tokens: int = 0,
    requests: str = "1",
    source: str = "exports:premium.csv",
    **rest: Any,
) -> UsageTotal:
    return UsageTotal(
        month="2026-10",
        model=model,
        charge_kind=rest.get("charge_kind", "inference"),
        requests=Decimal(requests),
        input_tokens=tokens,
        output_tokens=tokens // 4,
        cached_tokens=tokens // 10,
        amount=None if amount is None else Decimal(amount),
        currency=currency,
        basis=rest.get("basis", "billed"),
        source=source,
    )


def place(path: str, line: int, *, repo: str = SEARCH, **rest: Any) -> Location:
    return Location(repo=repo, path=path, line=line, end_line=line + 6, column=5, **rest)


def call(
    number: str,
    where: Location,
    *,
    provider: str = "openai",
    model: str | None = "gpt-4o",
    api: str = "chat.completions",
    sdk: str = "openai-python",
    evidence: dict[str, Any] | None = None,
    **rest: Any,
) -> Asset:
    link = f"call:{where.repo}:{where.path}#handler:{api}:{number * 3}:0"
    models = (model,) if model else ()
    seen = Evidence(
        connector="code",
        kind="call",
        name=f"{provider} {api}",
        where=where,
        same_as=(link,),
        provider=provider,
        sdk=sdk,
        api=api,
        models=models,
        tagging=rest.get("tagging"),
        symbol="handler",
        rule=f"python-{provider}-{api}",
        **(evidence or {}),
    )
    return Asset(
        id=f"call-{number * 3}",
        kind="call",
        name=f"{provider} {api}",
        evidence=(seen,),
        same_as=(link,),
        provider=provider,
        models=models,
        **rest,
    )


def key(number: str, name: str, *, evidence: dict[str, Any] | None = None, **rest: Any) -> Asset:
    link = f"key-id:openai:key_{number}"
    seen = Evidence(
        connector="registry",
        kind="api_key",
        name=name,
        where=Location(uri=f"file:keys.csv#row={number[0]}"),
        same_as=(link, f"key-sha256:{number * 16}"),
        provider="openai",
        register=True,
        redacted=RedactedKey("openai", "Acme", f"sk-pr...{number}"),
        **(evidence or {}),
    )
    return Asset(
        id=f"key-{number * 3}",
        kind="api_key",
        name=name,
        evidence=(seen,),
        same_as=(link,),
        provider="openai",
        **rest,
    )


def seat(number: str, **rest: Any) -> Asset:
    link = f"seat:github-copilot:u_{number}@example.com"
    seen = Evidence(
        connector="exports",
        kind="seat",
        name=f"GitHub Copilot seat u_{number}@example.com",
        where=Location(uri=f"file:exports/premium.csv#row={number[:1]}"),
        same_as=(link,),
        provider="github",
        owner=f"u_{number}@example.com",
        owner_source="seat_holder",
        last_used=rest.pop("last_used", None),
        attributes={"plan": "business", "organization": "acme"},
    )
    return Asset(
        id=f"seat-{number}",
        kind="seat",
        name=seen.name,
        evidence=(seen,),
        same_as=(link,),
        provider="github",
        **rest,
    )


def tag(value: str | None, source: str = "call", **rest: Any) -> EffectiveTag:
    known = {"mechanism": "metadata", "reaches_bill": None, **rest}
    return EffectiveTag(value, source, **known)


def assets() -> tuple[Asset, ...]:
    rank = place("svc/search/rank.py", 88)
    complete = call(
        "3f2a",
        rank,
        evidence={
            "callers": 3,
            "relates": (Relation("uses_key", "env:OPENAI_API_KEY", "reads the variable"),),
            "tags": (Tag("team", "search", "call", "metadata", False, rank),),
            "first_seen": date(2026, 3, 2),
        },
        context="app",
        tagging="tagged",
        tag_status="complete",
        tags={
            "team": tag(
                "search",
                reaches_bill=False,
                overruled=(Tag("team", "ranking", "path_map", by_tree=True),),
            ),
            "cost_center": tag("CC-1234", "comment", reaches_bill=None, by_tree=True),
            "environment": tag("prod", "related", reaches_bill=True),
        },
        environment="prod",
        environment_source="related",
        owner=Owner("@acme/search", "codeowners", "active", ("p.novak@example.com",)),
        unit=COMMERCE,
        verdict="sanctioned",
        verdict_reason="every condition of entry 1 holds",
        approved_by="AI board 2026-09",
        approved_until=date(2027, 6, 30),
        relations=(Relation("uses_key", "key-c003c003c003", "reads the variable"),),
    )
    untagged = call(
        "91bc",
        place("svc/checkout/assist.py", 41),
        evidence={"callers": 5},
        tagging="untagged",
        tag_status="untagged",
        missing_tags=("team", "cost_center", "environment"),
        owner=Owner("p.novak@example.com", "path_map", "orphaned"),
        verdict="shadow",
        verdict_reason="entry 1: environment is not prod",
    )
    hostile = call(
        "c0de",
        place(HOSTILE_PATH, 7),
        provider="anthropic",
        model="claude-\u202esonnet[bold]",
        api="messages",
        sdk="anthropic-python",
        evidence={
            "weak_tag": "user",
            "ignores": (
                InlineIgnore(
                    ("untagged",), date(2026, 12, 31), "demo; \x1b[2J", place(HOSTILE_PATH, 6)
                ),
                InlineIgnore((), None, "", place(HOSTILE_PATH, 9), "no rule named"),
            ),
        },
        tagging="partial",
        tag_status="partial",
        tags={"team": tag("=cmd|' /C calc'!A0", "comment", by_tree=True)},
        missing_tags=("cost_center", "environment"),
        owner=Owner("@acme/search", "codeowners", "active"),
    )
    dynamic = call(
        "d1d1",
        Location(repo=LEGACY, path="nb/Explore.ipynb", line=210, end_line=210, cell=4, cell_line=2),
        provider="unknown",
        model=None,
        api="chain.invoke",
        sdk="langchain",
        evidence={"confidence": "likely"},
        tagging="dynamic",
        tag_status="dynamic",
        tags={"team": tag(None, "call", reaches_bill=None)},
        missing_tags=("cost_center", "environment", "team"),
        owner=Owner("ana@example.com", "hint", "hint"),
    )
    untaggable = call(
        "e3be",
        place("svc/search/index.py", 19),
        model="text-embedding-3-small",
        api="embeddings",
        tagging="untaggable",
        tag_status="untaggable",
        owner=Owner("@acme/search", "codeowners", "active"),
        verdict="sanctioned",
        verdict_reason="every condition of entry 1 holds",
    )
    in_test = call(
        "7e57",
        place("tests/test_rank.py", 12),
        evidence={"callers": 0, "context": "test"},
        context="test",
        tagging="untagged",
        tag_status="untagged",
        missing_tags=("team", "cost_center", "environment"),
    )
    complete_key = key(
        "a001",
        "search prod",
        evidence={
            "project": "proj_search",
            "organization": "org-acme",
            "sanction": Sanction("sanctioned", "AI board", date(2027, 6, 30), "pilot passed"),
            "attributes": {"review_date": "2027-01-31"},
        },
        tag_status="complete",
        tags={
            "team": tag("search", "register", reaches_bill=True),
            "cost_center": tag("CC-1234", "register", reaches_bill=True),
            "environment": tag("prod", "register", reaches_bill=True),
        },
        environment="prod",
        environment_source="tag",
        usage=(
            usage("1250.40", model="gpt-4o", tokens=900_000, requests="4100"),
            usage("31.20", model="gpt-4o-mini", tokens=400_000, requests="3000.5"),
            usage(None, None, model="gpt-4o", tokens=5_000, requests="10"),
        ),
        owner=Owner("@acme/search", "register", "active"),
        unit=COMMERCE,
        verdict="sanctioned",
        approved_by="AI board",
        ambiguous_with=("key-b002b002b002",),
    )
    invalid_key = key(
        "b002",
        "claims batch",
        evidence={"account": "acct-7"},
        tag_status="invalid",
        tags={"cost_center": tag("cc2210", "register", reaches_bill=True)},
        missing_tags=("environment", "team"),
        invalid_tags=("cost_center",),
        usage=(
            usage("310.00", model="gpt-4o", tokens=20_000, requests="70"),
            usage("44.10", "EUR", model="gpt-4o", source="exports:eu.csv"),
            usage("5.25", "EUR", model="gpt-4o", source="exports:eu.csv", basis="estimated"),
        ),
        owner=Owner("p.novak@example.com", "register", "orphaned"),
        unit=CLAIMS,
        verdict="unknown",
        verdict_reason="project: an openai key connector or a register row would settle it",
    )
    shadow_key = key(
        "c003",
        "marketing-bot",
        tag_status="untagged",
        missing_tags=("cost_center", "environment", "team"),
        usage=(usage("1904.10", model="gpt-4o", tokens=1_200_000, requests="9000"),),
        verdict="shadow",
        verdict_reason="no entry permits it; nearest: entry 1, project is not proj_*",
    )
    app_evidence = Evidence(
        connector="exports",
        kind="app",
        name=HOSTILE_NAME,
        where=Location(uri="file:exports/chatgpt.csv"),
        same_as=("app:chatgpt",),
        provider="openai",
    )
    app = Asset(
        id="app-b0b0b0b0b0b0",
        kind="app",
        name=HOSTILE_NAME,
        evidence=(app_evidence,),
        same_as=("app:chatgpt",),
        provider="openai",
        tag_status="conflicting",
        conflicting_tags=("team",),
        missing_tags=(),
        tags={"team": tag("search", "resource", overruled=(Tag("Team", "ads", "register"),))},
        usage=(
            usage("880", "credits", source="exports:chatgpt.csv", charge_kind="credits"),
            usage("-5.5", source="exports:premium.csv", charge_kind="adjustment"),
        ),
        verdict="unknown",
    )
    seats = (
        seat(
            "0123456789",
            last_used=date(2026, 10, 30),
            tag_status="complete",
            tags={"team": tag("claims", "resource", mechanism="cost_center_name")},
            usage=(usage("39.00", charge_kind="seat"),),
            owner=Owner("u_0123456789@example.com", "seat_holder", "active"),
            unit=CLAIMS,
            verdict="sanctioned",
        ),
        seat(
            "abcdef0123",
            last_used=date(2026, 8, 1),
            tag_status="untagged",
            missing_tags=("cost_center", "environment", "team"),
            usage=(usage("19.004", charge_kind="seat"),),
            owner=Owner("u_abcdef0123@example.com", "seat_holder", "orphaned"),
        ),
    )
    sdk_evidence = Evidence(
        connector="code",
        kind="sdk",
        name="langchain",
        where=Location(repo=LEGACY, path="pyproject.toml", line=14, end_line=14),
        same_as=(f"sdk:{LEGACY}:langchain",),
        sdk="langchain",
        models=("gpt-4o", "claude-sonnet-4"),
    )
    sdk = Asset(
        id="sdk-5d5d5d5d5d5d",
        kind="sdk",
        name="langchain",
        evidence=(sdk_evidence,),
        same_as=sdk_evidence.same_as,
        models=sdk_evidence.models,
    )
    every = (
        complete, untagged, hostile, dynamic, untaggable, in_test, complete_key, invalid_key,
        shadow_key, app, *seats, sdk,
    )  # fmt: skip
    return tuple(sorted(every, key=lambda asset: (asset.kind, asset.id)))


def findings(found: tuple[Asset, ...]) -> tuple[Finding, ...]:
    by_id = {asset.id: asset for asset in found}

    def finding(rule: str, level: Any, asset: str, message: str, **rest: Any) -> Finding:
        return Finding(
            rule=rule,
            level=level,
            asset=asset,
            where=by_id[asset].where,
            message=message,
            help=rest.pop("help", ""),
            fingerprint=f"{len(rule):02d}{asset[-12:]}ab",
            **rest,
        )

    lacking = "lacks team, cost_center and environment"
    return (
        finding(
            "untagged",
            "error",
            "call-91bc91bc91bc",
            f"openai chat.completions gpt-4o {lacking}",
            help="pass metadata={'team': ..., 'cost_center': ...}",
            first_seen=date(2026, 11, 1),
        ),
        finding(
            "orphaned-owner",
            "warning",
            "call-91bc91bc91bc",
            "p.novak@example.com left on 2026-09-30",
        ),
        finding(
            "partly-tagged",
            "error",
            "call-c0dec0dec0de",
            "50% of tags\r\n::set-env name=PATH::/evil\x1b[2J [blink]hidden[/blink] %0A::error::x",
            help="add cost_center\n::add-mask::x",
        ),
        finding(
            "dynamic-tags", "note", "call-d1d1d1d1d1d1", "the tags of this call cannot be read"
        ),
        finding(
            "untagged",
            "note",
            "call-7e577e577e57",
            f"openai chat.completions gpt-4o {lacking}",
            state="ignored",
            state_reason="demo code",
            state_until=date(2027, 3, 31),
        ),
        finding(
            "invalid-tag",
            "error",
            "key-b002b002b002",
            "cost_center 'cc2210' does not match ^CC-[0-9]{4}$",
            state="baseline",
            first_seen=date(2026, 9, 1),
        ),
        finding(
            "shadow",
            "error",
            "key-c003c003c003",
            "no entry of the sanctioned list permits this key",
            help="llmaudit decide",
            first_seen=date(2026, 10, 5),
        ),
        finding(
            "no-owner", "warning", "key-c003c003c003", "nobody answers for this key", help="-tag it"
        ),
        finding(
            "conflicting-tag",
            "warning",
            "app-b0b0b0b0b0b0",
            "team is search at the resource, ads in the register",
        ),
        finding(
            "idle-seat",
            "note",
            "seat-abcdef0123",
            "no activity since 2026-08-01",
            help="withdraw the seat",
        ),
    )


def coverage() -> tuple[Coverage, ...]:
    return (
        Coverage(
            "aws",
            "123456789012/us-east-1/bedrock",
            "denied",
            "cloud",
            principal="arn:aws:iam::123456789012:role/LlmAudit",
            why="AccessDenied",
            permission="bedrock:ListInferenceProfiles",
            fix="allow bedrock:ListInferenceProfiles",
        ),
        Coverage("aws", "123456789012/us-west-2/bedrock", "not_offered", "cloud"),
        Coverage(
            "gcp",
            "acme-ml",
            "api_disabled",
            "cloud",
            why="aiplatform is not enabled",
            fix="enable it, or leave the project out",
        ),
        Coverage(
            "code",
            LEGACY,
            "partial",
            "code",
            seen=1201,
            of=1204,
            skipped=2,
            why="3 files could not be parsed",
            counts={"not relevant": 1100, "scanned": 101},
        ),
        Coverage("code", SEARCH, "ok", "code", seen=310, of=310),
        Coverage(
            "openai",
            "org-acme/usage",
            "throttled",
            "keys",
            seen=40,
            why="429 after 5 tries",
            fix="run again later",
        ),
        Coverage("openai", "org-acme/costs", "capped", "keys", seen=10_000, why="page limit"),
        Coverage("registry", "keys.csv", "ok", "keys", seen=3, of=3),
        Coverage("exports", "exports/chatgpt.csv", "ok", "saas", seen=2),
        Coverage("exports", "exports/empty.csv", "empty", "saas"),
        Coverage("exports", "exports/eu.csv", "ok", "saas", seen=2),
        Coverage(
            "exports",
            "exports/\x1b]0;owned\x07[bold]new.csv",
            "failed",
            "saas",
            why="no schema has this header",
            fix="llmaudit sources lists the exports that are read",
        ),
        Coverage(
            "exports",
            "exports/premium.csv",
            "ok",
            "saas",
            seen=7,
            data_through=date(2026, 10, 31),
        ),
        Coverage("exports", "exports/sso.csv", "skipped", "saas", why="--offline was given"),
        Coverage(
            "network",
            "everything",
            "not_configured",
            "saas",
            why="no network log was read: shadow use outside code and keys is not ruled out",
            fix="add a connector of type exports",
        ),
    )


def spend() -> tuple[SpendSource, ...]:
    def source(name: str, currency: str, basis: Any, attributed: str, loose: str) -> SpendSource:
        return SpendSource(
            source=f"exports:{name}",
            currency=currency,
            basis=basis,
            total=Decimal(attributed) + Decimal(loose),
            attributed=Decimal(attributed),
            unattributed=Decimal(loose),
            outside_period=Decimal("12.50"),
            rows=9,
            rows_outside_period=1,
        )

    return (
        source("chatgpt.csv", "credits", "billed", "880", "0"),
        source("eu.csv", "EUR", "billed", "44.10", "3.90"),
        source("eu.csv", "EUR", "estimated", "5.25", "0.75"),
        source("premium.csv", "USD", "billed", "3548.204", "93.20"),
    )


def report() -> Report:
    """The whole report, judged by a policy with a sanctioned list."""
    found = assets()
    return _summarised(
        Report(
            tool_version="0.1.0",
            as_of=datetime(2026, 11, 23, 14, 2, tzinfo=UTC),
            period=Period(date(2026, 10, 1), date(2026, 11, 1)),
            organization="Acme",
            config_digest="9e1d5c2b7a44",
            policy=PolicyInForce(True, ("team", "cost_center", "environment"), 3, "3f9c1a2b7d10"),
            repositories=(
                Repository(LEGACY, ".", None, None),
                Repository(SEARCH, ".", "7c1e9d0a", True, "* @acme/search\n", ".github/CODEOWNERS"),
            ),
            assets=found,
            findings=findings(found),
            coverage=coverage(),
            spend=spend(),
            warnings=("ignore of idle-seat expired on 2026-09-30", "an unused \x1b[5mignore"),
        )
    )


def code_only() -> Report:
    """A run over code alone, without a policy: no money, no keys, nothing decided."""
    whole = report()
    calls = tuple(
        replace(
            asset,
            unit=None,
            owner=Owner(),
            verdict="unknown",
            verdict_reason="nothing is decided: run llmaudit decide",
        )
        for asset in whole.assets
        if asset.kind == "call"
    )
    return _summarised(
        replace(
            whole,
            period=None,
            organization="",
            policy=PolicyInForce(False),
            assets=calls,
            findings=tuple(f for f in whole.findings if f.asset.startswith("call-")),
            coverage=tuple(line for line in whole.coverage if line.scope == SEARCH),
            spend=(),
            warnings=(),
        )
    )


def nothing() -> Report:
    """A run that found nothing at all."""
    return _summarised(replace(code_only(), assets=(), findings=()))


def _summarised(plain: Report) -> Report:
    return replace(plain, summary=summarise(plain))
