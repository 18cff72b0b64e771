"""Verdicts: every condition true, false or unsettled, and the register's word before the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.config import SanctionedEntry
from llmaudit.model import Asset, Evidence, Location, RedactedKey, Relation, Sanction
from llmaudit.sanction import classify

AS_OF = date(2026, 11, 1)
REPO = "github.com/acme/shop"


def asset(asset_id: Any, *evidence: Any, relations: Any = (), **more: Any) -> Any:
    links = tuple(dict.fromkeys(link for e in evidence for link in e.same_as))
    related = (*relations, *(r for e in evidence for r in e.relates))
    known = {"provider": "openai", "kind": evidence[0].kind, "name": asset_id} | more
    return Asset(id=asset_id, evidence=evidence, same_as=links, relations=related, **known)


CALL = Evidence(
    "code",
    "call",
    "chat.completions",
    Location(REPO, "svc/app.py", 12),
    same_as=("call:one",),
    provider="openai",
    sdk="openai-python",
    api="chat.completions",
)
KEY = Evidence(
    "litellm",
    "api_key",
    "search",
    Location(uri="openai://key_1"),
    same_as=("key-id:openai:key_1",),
    provider="openai",
    redacted=RedactedKey("openai", "", "sk-pr…x9Qa"),
    project="proj_a",
    account="org-1",
)
SEAT = replace(
    KEY, kind="seat", name="s", same_as=("seat:cursor:u_1@example.com",), provider="cursor"
)


def call(**more: Any) -> Any:
    return asset("call-1", CALL, **({"models": ("gpt-4o",), "environment": "prod"} | more))


def row(named: Any = "", decision: Any = None, *, number: Any = 2, **more: Any) -> Any:
    return replace(
        KEY,
        connector="registry",
        name=named,
        where=Location(uri=f"file:keys.csv#row={number}"),
        same_as=(f"register:openai:{named}",),
        relates=(Relation("registers", named),) if named else (),
        redacted=None,
        project=None,
        account=None,
        register=True,
        sanction=Sanction(decision, **more) if decision else None,
    )


def judge(one: Any, *entries: Any, others: Any = ()) -> Any:
    found = classify(
        (one, *others), tuple(SanctionedEntry.model_validate(e) for e in entries), AS_OF
    )[0]
    return found.verdict, found.verdict_reason


def verdict(one: Any, *entries: Any, **more: Any) -> Any:
    return judge(one, *entries, **more)[0]


USES_KEY = (Relation("uses_key", "key-1"),)
OPENAI = {"provider": "openai"}


@pytest.mark.parametrize(
    ("one", "entry", "expected"),
    [
        (call(), {}, "sanctioned"),
        (call(provider="anthropic"), {}, "shadow"),
        (call(provider="unknown"), {}, "unknown"),
        (call(provider=None), {}, "unknown"),
        (call(), {"sdk": "OpenAI-*"}, "sanctioned"),
        (call(), {"sdk": "litellm"}, "shadow"),
        (call(), {"app": "*"}, "shadow"),
        (call(), {"models": ["GPT-4o*"]}, "sanctioned"),
        (call(models=("gpt-4o", "o1")), {"models": ["gpt-4o*"]}, "shadow"),
        (call(models=()), {"models": ["gpt-4o*"]}, "unknown"),
        (call(), {"environments": ["prod"]}, "sanctioned"),
        (call(environment="dev"), {"environments": ["prod"]}, "shadow"),
        (call(environment=None), {"environments": ["prod"]}, "unknown"),
        (call(), {"repositories": ["github.com/acme/*"]}, "sanctioned"),
        (call(), {"repositories": ["github.com/other/*"]}, "shadow"),
        (call(), {"paths": ["svc/**"]}, "sanctioned"),
        (call(), {"paths": ["svc/*.js", "lib"]}, "shadow"),
        (call(), {"projects": ["proj_*"]}, "unknown"),
        (call(relations=USES_KEY), {"projects": ["proj_*"]}, "sanctioned"),
        (call(relations=USES_KEY), {"projects": ["proj_b"]}, "shadow"),
        (call(relations=USES_KEY), {"accounts": ["org-1"]}, "sanctioned"),
        (call(relations=USES_KEY), {"keys": ["key_1"]}, "sanctioned"),
        (call(), {"keys": ["key_1"]}, "unknown"),
        (asset("k", KEY), {"keys": ["sk-pr*9Qa"]}, "sanctioned"),
        (asset("k", KEY), {"keys": ["sk-pr***x9Qa"]}, "sanctioned"),
        (asset("k", KEY), {"keys": ["other"]}, "shadow"),
        (asset("k", KEY), {"projects": ["proj_a"]}, "sanctioned"),
        (asset("k", KEY), {"paths": ["svc/**"]}, "unknown"),
        (asset("k", KEY), {"projects": []}, "shadow"),
        (call(), {"until": "2026-11-01"}, "sanctioned"),
        (call(), {"until": "2026-10-31"}, "shadow"),
        (call(environment=None), {"environments": ["prod"], "until": "2026-10-31"}, "shadow"),
        (asset("s", replace(CALL, kind="sdk")), {"models": ["gpt-4o"]}, "unknown"),
        (asset("e", replace(SEAT, kind="expense", same_as=())), {"app": "Cursor"}, "unknown"),
    ],
)
def test_each_condition_is_true_false_or_unsettled(one, entry, expected):
    assert verdict(one, OPENAI | entry, others=(asset("key-1", KEY),)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Cursor", "sanctioned"),
        ("cursor", "sanctioned"),
        ("cur*", "sanctioned"),
        ("Cursor Business", "sanctioned"),
        ("Claude", "shadow"),
    ],
)
def test_a_seat_is_permitted_by_the_name_or_id_of_its_app(name, expected):
    seat = asset("seat-1", SEAT, name="Cursor Business seat u_1@example.com", provider="cursor")

    assert verdict(seat, {"app": name}) == expected


def test_an_app_is_permitted_by_its_name():
    app = replace(SEAT, kind="app", same_as=("app:microsoft-365-copilot",))
    named = asset("app-1", app, name="M365 Copilot", provider="microsoft")

    assert [
        verdict(named, {"app": name})
        for name in ("Microsoft 365 Copilot", "m365 copilot", "GitHub Copilot")
    ] == ["sanctioned", "sanctioned", "shadow"]


@pytest.mark.parametrize(
    ("one", "entries", "expected"),
    [
        (
            call(),
            [{"provider": "mistral"}, OPENAI | {"models": ["gpt-4o"]}],
            snapshot(("sanctioned", "entry 2 (provider openai, model gpt-4o)")),
        ),
        (
            call(),
            [{"provider": "mistral"}, OPENAI | {"models": ["o1", "o3*"]}],
            snapshot(
                (
                    "shadow",
                    "no entry permits it; nearest is entry 2 (provider openai, model o1 or o3*), "
                    "but the model is gpt-4o",
                )
            ),
        ),
        (
            call(),
            [OPENAI | {"projects": ["proj_*"], "models": ["gpt-*"]}],
            snapshot(("unknown", "project: an openai key connector or a register row")),
        ),
        (
            call(models=(), environment=None),
            [OPENAI | {"models": ["o1"], "environments": ["dev"]}],
            snapshot(
                (
                    "unknown",
                    "model: a literal model in the code, or usage by model; "
                    "environment: an environment tag or a register row",
                )
            ),
        ),
        (
            call(),
            [OPENAI | {"until": "2026-10-31", "approved_by": "AI board"}, {"app": "Cursor"}],
            snapshot(("shadow", "expired 2026-10-31: entry 1 (provider openai)")),
        ),
        (
            call(),
            [{"app": "Cursor"}],
            snapshot(
                (
                    "shadow",
                    "no entry permits it; nearest is entry 1 (app Cursor), but this is a call",
                )
            ),
        ),
        (
            call(),
            [],
            snapshot(("shadow", "the list of sanctioned uses is empty: nothing is permitted")),
        ),
        (
            asset("seat-1", SEAT, provider="cursor"),
            [{"provider": "cursor", "projects": ["x"]}],
            snapshot(
                (
                    "shadow",
                    "no entry permits it; nearest is entry 1 (provider cursor, project x), "
                    "but a seat has no project",
                )
            ),
        ),
        (
            call(provider="unknown"),
            [OPENAI | {"accounts": ["1"]}],
            snapshot(
                (
                    "unknown",
                    "provider: a gateways entry for the router; "
                    "account: a provider's account connector or a register row",
                )
            ),
        ),
    ],
)
def test_the_reason_names_what_decided(one, entries, expected):
    assert judge(one, *entries) == expected


def test_without_a_list_nothing_is_decided_but_by_the_register():
    decided = asset("key-1", replace(KEY, sanction=Sanction("sanctioned", "AI board")))

    assert [(a.verdict, a.verdict_reason) for a in classify((call(), decided), None, AS_OF)] == [
        ("unknown", "nothing is decided: run llmaudit decide"),
        ("sanctioned", "decided in openai://key_1"),
    ]


def test_who_approved_and_until_when_stand_on_the_asset():
    entry = SanctionedEntry(provider="openai", approved_by="AI board", until=date(2027, 6, 30))
    found = classify((call(),), (entry,), AS_OF)[0]

    assert (found.approved_by, found.approved_until) == ("AI board", date(2027, 6, 30))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [row("key-glob:openai:key_*", "sanctioned")],
            snapshot(("sanctioned", "decided in file:keys.csv#row=2")),
        ),
        (
            [row("project:openai:proj_a", "shadow", reason="not approved")],
            snapshot(("shadow", "decided shadow in file:keys.csv#row=2: not approved")),
        ),
        (
            [row("key:openai:key_1", "sanctioned", until=date(2026, 10, 31))],
            snapshot(("shadow", "expired 2026-10-31: decided in file:keys.csv#row=2")),
        ),
        (
            [
                row("key:openai:key_1", "sanctioned", until=date(2026, 10, 31)),
                row("account:openai:org-1", "sanctioned", number=3),
            ],
            snapshot(("sanctioned", "decided in file:keys.csv#row=3")),
        ),
        (
            [
                row("key:openai:key_1", "sanctioned"),
                row("key-glob:openai:*", "shadow", number=3),
            ],
            snapshot(("shadow", "decided shadow in file:keys.csv#row=3")),
        ),
        (
            [row("key-glob:anthropic:*", "shadow")],
            snapshot(("sanctioned", "entry 1 (provider openai)")),
        ),
    ],
)
def test_the_registers_decisions_come_before_the_list(rows, expected):
    others = [
        asset(f"row-{n}", replace(one, provider=one.name.split(":")[1]))
        for n, one in enumerate(rows)
    ]

    assert judge(asset("key-1", KEY), OPENAI, others=others) == expected


def test_a_decision_on_a_key_holds_for_the_calls_that_use_it():
    key = asset("key-1", KEY, row(decision="shadow"))

    assert verdict(call(relations=USES_KEY), OPENAI, others=(key,)) == "shadow"


def test_a_decision_on_a_repository_holds_for_its_calls():
    decided = asset("row-1", row(f"repository::{REPO}", "sanctioned"))

    assert verdict(call(), {"provider": "mistral"}, others=(decided,)) == "sanctioned"


def test_rows_of_the_register_are_judged_by_their_own_decision():
    rows = [
        asset("row-1", row("key-glob:openai:*", "sanctioned")),
        asset("row-2", row("key-glob:openai:key_9*")),
    ]

    found = classify(rows, (SanctionedEntry(provider="openai"),), AS_OF)

    assert [(one.verdict, one.verdict_reason) for one in found] == snapshot(
        [("sanctioned", "decided in file:keys.csv#row=2"), ("unknown", "registered, no decision")]
    )


def test_a_key_that_only_the_register_knows_follows_the_decision_that_names_it():
    key = asset("key-1", replace(row(), same_as=KEY.same_as))
    decided = asset("row-1", row("key:openai:key_1", "sanctioned"))

    assert [verdict(key, OPENAI, others=others) for others in [(decided,), ()]] == [
        "sanctioned",
        "unknown",
    ]


conditions = st.fixed_dictionaries(
    {"provider": st.sampled_from(["openai", "mistral"])},
    optional={
        "models": st.just(["gpt-4o"]) | st.just(["o1"]),
        "environments": st.just(["prod"]) | st.just(["dev"]),
        "projects": st.just(["proj_a"]) | st.just(["proj_b"]),
        "until": st.just("2026-10-31") | st.just("2027-01-01"),
    },
)
KNOWN = {"models": ("gpt-4o",), "environment": "prod", "relations": USES_KEY}


@given(st.lists(conditions, max_size=4), st.sets(st.sampled_from(sorted(KNOWN))))
def test_what_is_settled_later_never_turns_a_verdict_but_an_unknown_one(entries, hidden):
    less = call(
        **{"models": (), "environment": None}
        | {name: value for name, value in KNOWN.items() if name not in hidden}
    )
    key = asset("key-1", KEY)

    before = verdict(less, *entries, others=(key,))

    assert before in ("unknown", verdict(call(**KNOWN), *entries, others=(key,)))


@given(
    st.lists(conditions, min_size=1, max_size=4).flatmap(
        lambda entries: st.tuples(st.just(entries), st.permutations(entries))
    )
)
def test_the_order_of_the_entries_never_turns_a_verdict(entries):
    one, other = entries

    assert verdict(call(models=()), *one) == verdict(call(models=()), *other)
