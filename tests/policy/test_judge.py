"""Levels, selection, fingerprints, order, and the digest of the policy in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.errors import UsageError
from llmaudit.model import Asset, AssetKind, Finding, Location, Owner, PolicyInForce
from llmaudit.policy import KNOWN_IDS, RULES, in_force, judge, nearest_rule, order
from llmaudit.policy.rule import is_gated
from tests.policy.assets import AS_OF, asset, call, call_evidence, found, key, policy, row, seat

UNTAGGED: dict[str, Any] = {"tag_status": "untagged", "missing_tags": ("team",)}
SHADOW: dict[str, Any] = {"verdict": "shadow", "verdict_reason": "no entry permits it"}
MANY = (
    call(**UNTAGGED, owner=Owner()),
    call("svc/b.py", 3, **SHADOW, environment="prod", models=("o1-preview",)),
    call("tests/test_b.py", 9, **UNTAGGED, context="test"),
    key(**UNTAGGED, owner=Owner("p.novak@example.com", "register", "orphaned")),
    key("key_2", also=(row(),)),
    seat(attributes={"activity": "none"}),
)


def levels(*assets: Asset, **more: Any) -> list[tuple[str, str]]:
    return [(rule, level) for rule, level, *_ in found(*assets, **more)]


def test_without_a_policy_only_untagged_and_key_in_code_are_errors():
    assert {rule.id for rule in RULES if rule.level == "error"} == {"untagged", "key-in-code"}
    assert levels(*MANY) == snapshot(
        [
            ("untagged", "error"),
            ("untagged", "error"),
            ("idle-seat", "warning"),
            ("orphaned-owner", "warning"),
            ("unregistered-key", "warning"),
            ("experimental-in-production", "warning"),
            ("shadow", "warning"),
            ("untagged", "note"),
        ]
    )


def test_a_policy_sets_levels_and_switches_rules_off():
    stated = policy(rules={"shadow": "error", "untagged": "note", "idle-seat": "off"})
    assert levels(*MANY, policy=stated) == snapshot(
        [
            ("shadow", "error"),
            ("orphaned-owner", "warning"),
            ("unregistered-key", "warning"),
            ("no-owner", "warning"),
            ("experimental-in-production", "warning"),
            ("untagged", "note"),
            ("untagged", "note"),
            ("untagged", "note"),
        ]
    )


@pytest.mark.parametrize("context", ["test", "example", "generated", "vendored"])
def test_code_outside_the_application_is_noted_whatever_the_policy_says(context):
    raised = policy(rules={"untagged": "error", "no-owner": "error"})
    sdk = asset(
        replace(call_evidence(), kind="sdk", same_as=("sdk:r:litellm",)),
        owner=Owner(),
        context=context,
    )
    one = call(**UNTAGGED, context=context)
    assert levels(one, sdk, policy=raised) == [("no-owner", "note"), ("untagged", "note")]
    off = policy(rules={"untagged": "off"})
    assert levels(one, policy=off) == []


def test_select_and_ignore():
    assert [
        levels(*MANY, select=("shadow", "idle-seat")),
        levels(*MANY, select=("shadow", "untagged"), ignore=("untagged",)),
        levels(*MANY, select=("over-budget",)),
    ] == snapshot([[("idle-seat", "warning"), ("shadow", "warning")], [("shadow", "warning")], []])


@pytest.mark.parametrize("argument", ["select", "ignore"])
def test_a_misspelt_rule_is_refused(argument):
    near: Any = {argument: ("untaged",)}
    far: Any = {argument: ("qqq",)}
    with pytest.raises(UsageError) as refused:
        judge((), None, as_of=AS_OF, **near)
    assert str(refused.value) == "there is no rule 'untaged'\nhelp: did you mean untagged?"
    with pytest.raises(UsageError, match="llmaudit rules list --policy shows them"):
        judge((), None, as_of=AS_OF, **far)


def test_nearest_rule():
    assert [nearest_rule(name) for name in ("no_owner", "shadow-use", "zzz")] == [
        "no-owner",
        "shadow",
        "",
    ]


def test_a_finding_in_full():
    (one,) = judge((seat(attributes={"activity": "none"}),), None, as_of=AS_OF)
    assert one == snapshot(
        Finding(
            rule="idle-seat",
            level="warning",
            asset="seat-caee7af0f2dd",
            where=Location(uri="file:exports/seats.csv#row=2"),
            message="the GitHub Copilot seat u_1@example.com shows no activity in its export",
            help="ask the holder, or take the seat back",
            fingerprint="981f3ba86692d58e",
            first_seen=date(2026, 11, 1),
        )
    )


def test_a_fingerprint_is_of_rule_and_identity_never_of_a_line():
    def prints(*assets: Asset) -> list[str]:
        return [f.fingerprint for f in judge(assets, None, as_of=AS_OF)]

    here, moved = call(**UNTAGGED), call(line=99, **UNTAGGED)
    other, second = call("svc/b.py", **UNTAGGED), call(number=1, **UNTAGGED)
    assert prints(here) == prints(moved) == prints(replace(here, name="x"))
    assert len({*prints(here, other, second), *prints(call(**SHADOW))}) == 4


def test_a_message_is_one_line_that_drives_no_terminal():
    hostile = key(**UNTAGGED, name="\x1b]0;x\x07good\r\nuntagged 0\u202e \x9b2J", owner=Owner())
    findings = judge((hostile,), policy(required_tags={"team": None}), as_of=AS_OF)
    assert [finding.message for finding in findings] == snapshot(
        [
            "the key \\x1b]0;x\\x07good\\r\\nuntagged 0\\u202e \\x9b2J carries no tag: it lacks "
            "team",
            "nobody owns the key \\x1b]0;x\\x07good\\r\\nuntagged 0\\u202e \\x9b2J",
        ]
    )
    assert all(f"{finding.message}{finding.help}".isprintable() for finding in findings)


def test_an_owner_who_was_passed_over_is_noted_whatever_the_policy_says():
    passed = call(owner=Owner("@acme/search", "codeowners", "active", ("p.novak@example.com",)))
    raised = policy(rules={"orphaned-owner": "error"})
    assert levels(passed, policy=raised) == [("orphaned-owner", "note")]
    assert levels(passed, policy=policy(rules={"orphaned-owner": "off"})) == []


def test_a_path_that_is_no_unicode_has_a_fingerprint():
    assert levels(call("svc/\udcff.py", **UNTAGGED)) == [("untagged", "error")]


def test_order_is_level_place_rule():
    (one,) = judge((call(**UNTAGGED),), None, as_of=AS_OF)
    at = one.where
    ordered = [
        one,
        replace(one, rule="zzz"),
        replace(one, where=replace(at, line=100)),
        replace(one, where=replace(at, path="svc/b.py", line=1)),
        replace(one, where=Location(at.repo, uri="svc/c", line=None)),
        replace(one, level="warning", where=Location(uri="file:keys.csv#row=2")),
        replace(one, level="warning"),
        replace(one, level="note"),
    ]
    assert sorted(ordered, key=order) == ordered
    ordered.reverse()
    assert sorted(ordered, key=order) == ordered[::-1]


@given(st.permutations(MANY))
def test_the_order_of_assets_does_not_matter(assets):
    assert sorted(judge(assets, None, as_of=AS_OF), key=order) == sorted(
        judge(MANY, None, as_of=AS_OF), key=order
    )


def test_in_force():
    stated = policy(required_tags={"team": None, "cost_center": None}, sanctioned=[{"sdk": "x"}])
    assert [in_force(None), in_force(stated), in_force(policy(sanctioned=[]))] == snapshot(
        [
            PolicyInForce(in_force=False),
            PolicyInForce(
                in_force=True,
                required=("team", "cost_center"),
                sanctioned_entries=1,
                digest="699488a859df",
            ),
            PolicyInForce(in_force=True, digest="da9ec96282dc"),
        ]
    )


def test_the_digest_is_of_what_the_policy_says_not_of_the_order_it_says_it_in():
    one = policy(rules={"shadow": "error", "untagged": {"level": "note", "allow": "5%"}})
    same = policy(rules={"untagged": {"allow": "5%", "level": "note"}, "shadow": "error"})
    other = policy(rules={"untagged": {"allow": "6%", "level": "note"}, "shadow": "error"})
    assert in_force(one).digest == in_force(same).digest != in_force(other).digest


def test_every_rule_has_an_id_of_its_own():
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.id for rule in RULES} < KNOWN_IDS


def test_what_code_declares_breaks_no_gate_outside_the_application() -> None:
    kinds: tuple[AssetKind, ...] = (
        "call",
        "automation",
        "deployment",
        "route",
        "secret",
        "api_key",
        "app",
    )
    seen = {
        kind: (
            is_gated(asset(replace(call_evidence(), kind=kind, context="example"))),
            is_gated(asset(replace(call_evidence(), kind=kind, context="app"))),
        )
        for kind in kinds
    }
    assert seen == {
        **dict.fromkeys(kinds[:5], (False, True)),
        "api_key": (True, True),
        "app": (True, True),
    }
