"""Exit codes and the one sentence: allowances, shares, coverage, and what beats what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.config import Policy
from llmaudit.gate import Verdict, decide
from llmaudit.model import Asset, Coverage, CoverageStatus, Owner, Report
from llmaudit.policy import judge, order
from tests.policy.assets import AS_OF, asset, call, key, policy, report, row

UNTAGGED: dict[str, Any] = {"tag_status": "untagged"}
OK = Coverage("code", ".", "ok", side="code", seen=3)
EVERYTHING_ERROR = dict.fromkeys(("untagged", "no-owner", "shadow"), "error")


def calls(number: int, start: int = 0, **decided: Any) -> list[Asset]:
    return [call(f"svc/m{at}.py", **decided) for at in range(start, start + number)]


def ruled(
    *assets: Asset, policy: Policy | None = None, coverage: tuple[Coverage, ...] = (OK,)
) -> Report:
    findings = sorted(judge(assets, policy, as_of=AS_OF), key=order)
    return report(*assets, findings=tuple(findings), coverage=coverage, policy=policy)


def gate(*assets: Asset, policy: Policy | None = None, **more: Any) -> Verdict:
    coverage = more.pop("coverage", (OK,))
    return decide(ruled(*assets, policy=policy, coverage=coverage), policy, **more)


def line(status: CoverageStatus, connector: str = "exports", **more: Any) -> Coverage:
    return Coverage(connector, f"{connector}/{status}", status, why="it was so", **more)


def test_broken_without_a_policy():
    nobody = Owner()
    assert gate(*calls(2, **UNTAGGED), *calls(1, start=2, owner=nobody)) == snapshot(
        Verdict(
            exit_code=1,
            sentence="POLICY BROKEN   untagged 2 (no policy: the default rules)",
            broken=("untagged",),
        )
    )


def test_broken_by_several_rules_in_the_order_of_the_rules():
    stated = policy(rules=EVERYTHING_ERROR | {"no-owner": {"level": "error", "allow": "5%"}})
    assets = (
        *calls(31, verdict="shadow", verdict_reason="no entry permits it"),
        *calls(19, start=31, **UNTAGGED, owner=Owner()),
        *calls(93, start=50),
    )
    assert gate(*assets, policy=stated) == snapshot(
        Verdict(
            exit_code=1,
            sentence="POLICY BROKEN   untagged 19, no-owner 19 of 143 calls (13.3 %) > 5 %, "
            "shadow 31",
            broken=("untagged", "no-owner", "shadow"),
        )
    )


def test_holds():
    warned = policy(rules={"untagged": "warning", "no-owner": "note"})
    assert [
        gate(*calls(2)),
        gate(*calls(2), policy=policy()),
        gate(*calls(2, **UNTAGGED), *calls(1, start=2, owner=Owner()), policy=warned),
        gate(),
    ] == snapshot(
        [
            Verdict(
                exit_code=0,
                sentence="policy holds: no open error (no policy: the default rules)",
            ),
            Verdict(exit_code=0, sentence="policy holds: no open error"),
            Verdict(exit_code=0, sentence="policy holds: no open error, 2 warnings, 1 note"),
            Verdict(
                exit_code=0,
                sentence="policy holds: nothing was found to judge (no policy: the default rules)",
            ),
        ]
    )


@pytest.mark.parametrize(("number", "code"), [(2, 0), (3, 0), (4, 1)])
def test_an_allowed_count(number, code):
    stated = policy(rules={"untagged": {"level": "error", "allow": 3}})
    assert gate(*calls(number, **UNTAGGED), policy=stated).exit_code == code


def test_an_allowed_count_is_told():
    stated = policy(rules={"untagged": {"level": "error", "allow": 3}})
    assert [
        gate(*calls(number, **UNTAGGED), policy=stated).sentence for number in (3, 4)
    ] == snapshot(["policy holds: untagged 3 of 3 allowed", "POLICY BROKEN   untagged 4 > 3"])


@pytest.mark.parametrize(
    ("number", "of", "allow", "code"),
    [
        (1, 20, "5%", 0),
        (2, 20, "5%", 1),
        (1, 19, "5%", 1),
        (1, 8, "12.5 %", 0),
        (1, 1, "100%", 0),
        (1, 100, "0%", 1),
        (1, 3, "33.3%", 1),
    ],
)
def test_an_allowed_share_is_exact(number, of, allow, code):
    stated = policy(rules={"untagged": {"level": "error", "allow": allow}})
    assets = (*calls(number, **UNTAGGED), *calls(of - number, start=number))
    assert gate(*assets, policy=stated).exit_code == code


def test_a_share_is_never_taken_over_several_kinds():
    stated = policy(rules={"untagged": {"level": "error", "allow": "10%"}})
    many = calls(18)
    assert [
        gate(*many, *calls(1, start=18, **UNTAGGED), key(**UNTAGGED), policy=stated),
        gate(*many, *calls(5, start=18, **UNTAGGED), key(**UNTAGGED), policy=stated),
        gate(*many, *calls(1, start=18, **UNTAGGED), policy=stated),
    ] == snapshot(
        [
            Verdict(
                exit_code=1,
                sentence="POLICY BROKEN   untagged 1 of 1 keys (100.0 %) > 10 %",
                broken=("untagged",),
            ),
            Verdict(
                exit_code=1,
                sentence="POLICY BROKEN   untagged 1 of 1 keys (100.0 %) > 10 % and 5 of 23 calls "
                "(21.7 %) > 10 %",
                broken=("untagged",),
            ),
            Verdict(exit_code=0, sentence="policy holds: untagged 1 of 19 calls (5.3 %) <= 10 %"),
        ]
    )


def test_a_denominator_leaves_out_what_the_rule_cannot_speak_about():
    stated = policy(
        required_tags={"team": None}, rules={"untagged": {"level": "error", "allow": "0%"}}
    )
    beside = (
        *calls(50, start=10, tag_status="untaggable"),
        *calls(50, start=60, context="test"),
        asset(replace(row("key-glob:openai:*"), kind="call"), tag_status=None),
    )
    assert gate(*calls(1, **UNTAGGED), *calls(3, start=1), *beside, policy=stated) == snapshot(
        Verdict(
            exit_code=1,
            sentence="POLICY BROKEN   untagged 1 of 4 calls (25.0 %) > 0 %",
            broken=("untagged",),
        )
    )


def test_code_outside_the_application_never_breaks_the_gate():
    assert gate(*calls(3, **UNTAGGED, context="example")).exit_code == 0


@pytest.mark.parametrize("state", ["ignored", "baseline"])
def test_what_was_set_aside_does_not_count_but_is_told(state):
    seen = ruled(*calls(2, **UNTAGGED))
    set_aside = replace(seen, findings=tuple(replace(f, state=state) for f in seen.findings))
    words = {"ignored": "2 ignored", "baseline": "2 in the baseline"}[state]
    assert decide(set_aside, policy()) == Verdict(0, f"policy holds: no open error, {words}")


def test_a_rule_of_another_version_is_not_lost():
    seen = ruled(*calls(1, **UNTAGGED))
    other = replace(seen, findings=tuple(replace(f, rule="no-budget") for f in seen.findings))
    share = policy(rules={"no-budget": {"level": "error", "allow": "5%"}})
    assert [decide(other, None), decide(other, share)] == snapshot(
        [
            Verdict(
                exit_code=1,
                sentence="POLICY BROKEN   no-budget 1 (no policy: the default rules)",
                broken=("no-budget",),
            ),
            Verdict(
                exit_code=1,
                sentence="POLICY BROKEN   no-budget 1 of 1 calls (100.0 %) > 5 %",
                broken=("no-budget",),
            ),
        ]
    )


@pytest.mark.parametrize("status", ["partial", "denied", "failed", "throttled", "capped"])
def test_strict_wants_coverage_to_be_complete(status):
    coverage = (OK, line(status))
    assert gate(*calls(1), coverage=coverage).exit_code == 0
    assert gate(*calls(1), coverage=coverage, strict=True) == Verdict(
        3,
        f"coverage is incomplete: 1 of 2 scopes (1 {status}); the policy holds for what was seen",
    )


@pytest.mark.parametrize(
    "status", ["ok", "empty", "skipped", "not_offered", "api_disabled", "not_configured"]
)
def test_strict_is_content_with_what_was_left_out_knowingly(status):
    assert gate(*calls(1), coverage=(OK, line(status)), strict=True).exit_code == 0


def test_nothing_can_be_concluded_where_the_code_of_a_check_was_not_read():
    lost = (OK, line("failed", "code"))
    assert [
        gate(*calls(1), coverage=lost),
        gate(*calls(1), coverage=lost, command="scan"),
        gate(*calls(1), coverage=(line("failed", "registry"),)),
    ] == snapshot(
        [
            Verdict(exit_code=2, sentence="nothing can be concluded: code code/failed: it was so"),
            Verdict(
                exit_code=0,
                sentence="policy holds: no open error (no policy: the default rules)",
            ),
            Verdict(
                exit_code=0,
                sentence="policy holds: no open error (no policy: the default rules)",
            ),
        ]
    )


def test_two_beats_one_beats_three_and_exit_zero_hides_one_and_three():
    lost, thin = (line("failed", "code"),), (OK, line("denied"))
    bad = calls(1, **UNTAGGED)

    def codes(*assets: Asset, **more: Any) -> list[int]:
        return [gate(*assets, **more, exit_zero=zero).exit_code for zero in (False, True)]

    assert {
        "lost and broken": codes(*bad, coverage=lost, strict=True),
        "broken and thin": codes(*bad, coverage=thin, strict=True),
        "thin": codes(*calls(1), coverage=thin, strict=True),
        "holds": codes(*calls(1)),
    } == {
        "lost and broken": [2, 2],
        "broken and thin": [1, 0],
        "thin": [3, 0],
        "holds": [0, 0],
    }


def test_exit_zero_says_all_the_same_what_is_broken():
    told, hidden = (gate(*calls(1, **UNTAGGED), exit_zero=zero) for zero in (False, True))
    assert replace(hidden, exit_code=1) == told


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 100), st.sampled_from(["", "%"]))
def test_the_gate_breaks_exactly_beyond_the_allowance(bad, good, allow, unit):
    stated = policy(rules={"untagged": {"level": "error", "allow": f"{allow}{unit}"}})
    verdict = gate(*calls(bad, **UNTAGGED), *calls(good, start=bad), policy=stated)
    beyond = bad * 100 > allow * (bad + good) if unit else bad > allow
    assert (verdict.exit_code, bool(verdict.broken)) == (int(beyond), beyond)
