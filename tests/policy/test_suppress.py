"""Ignores in the code and in the policy, the baseline, and what the reader is told of them."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.config import Policy
from llmaudit.model import Asset, Finding, Owner, Report
from llmaudit.policy import judge, suppress
from tests.policy.assets import AS_OF, REPO, call, ignore, key, policy, report

PLAIN = policy()
UNTAGGED: dict[str, Any] = {"tag_status": "untagged"}
ENTRY: dict[str, Any] = {"rule": "untagged", "path": "svc/**", "reason": "pilot"}


def states(*assets: Asset, policy: Policy = PLAIN, **more: Any) -> tuple[list[Any], list[str]]:
    """Rule, state, reason and end of each finding, and the warnings."""
    known: dict[str, Any] = {"baseline": None, "by_tree": False, "honour_ignores": True}
    findings, warnings = suppress(
        judge(assets, policy, as_of=AS_OF), assets, policy, as_of=AS_OF, **(known | more)
    )
    told = [
        (f.rule, f.state, *((f.state_reason, f.state_until) if f.state != "open" else ()))
        for f in findings
    ]
    return told, list(warnings)


def shown(*assets: Asset, **more: Any) -> str:
    """What `states` gives, as lines wrapped so that a test can show them whole."""
    told, warnings = states(*assets, **more)
    lines = [" ".join(str(part) for part in one) for one in told]
    return "".join(
        f"{textwrap.fill(line, 88, break_on_hyphens=False)}\n" for line in (*lines, *warnings)
    )


def baseline(*assets: Asset, first_seen: date = date(2026, 3, 1), **changed: Any) -> Report:
    return report(
        *assets,
        findings=tuple(
            replace(finding, first_seen=first_seen, **changed)
            for finding in judge(assets, None, as_of=AS_OF)
        ),
    )


OPEN = [("untagged", "open")]
IGNORED = [("untagged", "ignored", "pilot", None)]
KNOWN = [("untagged", "baseline", "in the baseline", None)]


def test_nothing_set_aside():
    assert states(call(**UNTAGGED)) == (OPEN, [])


def test_an_inline_ignore_with_a_reason_and_an_end_that_lies_ahead():
    until = ignore("untagged", until=AS_OF, reason="pilot until the board meets")
    assert [
        states(call(**UNTAGGED, ignores=(ignore("untagged"),))),
        states(call(**UNTAGGED, ignores=(until,))),
    ] == [
        (IGNORED, []),
        ([("untagged", "ignored", "pilot until the board meets", AS_OF)], []),
    ]


def test_an_inline_ignore_that_does_not_count_is_told():
    bad = (
        ignore("untagged", reason=""),
        ignore("untagged", reason="  "),
        ignore("untagged", problem="until=soon is not a date like 2027-03-31"),
        ignore("untagged", until=date(2026, 10, 31)),
        ignore(problem="it names no rule; write ignore[untagged]"),
        ignore("no-owner"),
        ignore("untaged"),
        ignore("*"),
        ignore("over-budget"),
    )
    assert "".join(shown(call(**UNTAGGED, ignores=(one,))) for one in bad) == snapshot("""\
untagged open
svc/app.py:11: this ignore does not count: it gives no reason
untagged open
svc/app.py:11: this ignore does not count: it gives no reason
untagged open
svc/app.py:11: this ignore does not count: until=soon is not a date like 2027-03-31
untagged open
svc/app.py:11: this ignore of untagged ran out on 2026-10-31
untagged open
svc/app.py:11: this ignore does not count: it names no rule; write ignore[untagged]
untagged open
svc/app.py:11: this ignore of no-owner is needed by no finding of this run: remove it
untagged open
svc/app.py:11: there is no rule 'untaged'; did you mean untagged?
untagged open
svc/app.py:11: there is no rule '*'
untagged open
svc/app.py:11: the ignored rule over-budget has no evidence in this version
""")


def test_one_comment_over_two_calls_is_needed_when_one_of_them_needs_it():
    shared = (ignore("untagged"),)
    assert states(call(**UNTAGGED, ignores=shared), call(number=1, ignores=shared)) == (IGNORED, [])


def test_a_tree_that_is_not_trusted_cannot_ignore():
    distrusting = policy(trust={"inline_ignores": False}, ignores=[ENTRY])
    two = (ignore("untagged"), ignore("shadow", line=9))
    assert [
        shown(call(**UNTAGGED, ignores=two), policy=distrusting),
        shown(call(**UNTAGGED, ignores=two), policy=distrusting, by_tree=True),
        shown(call(**UNTAGGED), policy=policy(ignores=[ENTRY]), by_tree=True),
    ] == snapshot(
        [
            """\
untagged ignored pilot None
2 ignores in the code: not counted (trust.inline_ignores is false)
""",
            """\
untagged open
1 ignore of the tree's own configuration: not counted (trust.inline_ignores is false)
2 ignores in the code: not counted (trust.inline_ignores is false)
""",
            "untagged ignored pilot None\n",
        ]
    )


def test_no_ignores_leaves_all_of_them_aside_and_says_nothing_of_them():
    ended = [ENTRY, ENTRY | {"until": "2026-01-01"}]
    told = states(
        call(**UNTAGGED, ignores=(ignore("untagged"), ignore("x"))),
        policy=policy(ignores=ended),
        honour_ignores=False,
    )
    assert told == (OPEN, [])


@pytest.mark.parametrize(
    ("entry", "ignored"),
    [
        ({"path": "svc/**"}, True),
        ({"path": "svc/"}, True),
        ({"path": "app.py"}, True),
        ({"path": "/app.py"}, False),
        ({"path": "svc/*.ts"}, False),
        ({"path": "svc/**", "rule": "un*"}, True),
        ({"path": "svc/**", "rule": "partly-*"}, False),
        ({"path": None, "asset": call().id}, True),
        ({"path": None, "asset": "call-*"}, True),
        ({"path": None, "asset": f"call:{REPO}:svc/*"}, True),
        ({"path": None, "asset": "call-0*"}, False),
        ({"path": "svc/**", "asset": "call-*"}, True),
        ({"path": "lib/**", "asset": "call-*"}, False),
        ({"until": "2026-11-01"}, True),
        ({"until": "2026-10-31"}, False),
        ({"reason": " "}, False),
    ],
)
def test_what_an_ignore_of_the_policy_is_about(entry, ignored):
    told, warnings = states(call(**UNTAGGED), policy=policy(ignores=[ENTRY | entry]))
    assert told[0][1] == ("ignored" if ignored else "open")
    assert bool(warnings) is not ignored


def test_what_has_no_path_is_ignored_by_its_id_only():
    by_path = policy(ignores=[ENTRY | {"path": "**"}])
    by_link = policy(ignores=[ENTRY | {"path": None, "asset": "key-id:openai:key_1"}])
    assert states(key(**UNTAGGED), policy=by_path)[0] == OPEN
    assert states(key(**UNTAGGED), policy=by_link) == (IGNORED, [])


def test_what_is_told_of_ignores_of_the_policy():
    stated = policy(
        ignores=[
            ENTRY,
            ENTRY | {"rule": "shadow", "asset": "call-1"},
            ENTRY | {"until": "2026-10-31", "reason": "old pilot"},
            ENTRY | {"reason": ""},
        ]
    )
    assert shown(call(**UNTAGGED), policy=stated) == snapshot("""\
untagged ignored pilot None
the policy's ignore of untagged on svc/** (old pilot) ran out on 2026-10-31: renew it
with a reason, or remove it
the policy's ignore of untagged on svc/** (no reason) does not count: it gives no reason
the policy's ignore of shadow on svc/** and call-1 (pilot) is needed by no finding of
this run: remove it
""")


def test_never_ignore_holds_against_every_ignore_and_the_baseline():
    strict = policy(never_ignore=["untagged"], ignores=[ENTRY])
    one = call(**UNTAGGED, ignores=(ignore("untagged"),))
    assert shown(one, policy=strict, baseline=baseline(one)) == snapshot("""\
untagged open
svc/app.py:12: untagged cannot be ignored (policy.never_ignore)
""")
    (finding,), _ = suppress(
        judge((one,), strict, as_of=AS_OF),
        (one,),
        strict,
        baseline=baseline(one),
        by_tree=False,
        honour_ignores=True,
        as_of=AS_OF,
    )
    assert finding.first_seen == date(2026, 3, 1)


def test_a_baseline_knows_what_was_open_there():
    old = call(**UNTAGGED)
    assert states(old, baseline=baseline(old)) == (KNOWN, [])
    assert states(old, baseline=baseline(old, state="baseline")) == (KNOWN, [])
    assert states(old, baseline=baseline(old, state="ignored")) == (OPEN, [])
    assert states(old, baseline=baseline(call())) == (OPEN, [])


def test_a_baseline_follows_edited_and_moved_calls_but_not_a_second_one():
    old = call(**UNTAGGED)

    def renamed(part: str, other: str) -> Asset:
        (link,) = old.same_as
        return replace(old, id="call-new", same_as=(link.replace(part, other),))

    edited, moved = renamed(":d1:", ":d2:"), renamed("svc/app.py", "lib/api.py")
    elsewhere = replace(moved, same_as=(moved.same_as[0].replace("#handler", "#other"),))
    second = call(number=1, line=20, **UNTAGGED)
    known = baseline(old)
    assert states(edited, baseline=known)[0] == KNOWN
    assert states(moved, baseline=known)[0] == KNOWN
    assert states(elsewhere, baseline=known)[0] == OPEN
    assert states(old, second, baseline=known)[0] == [*KNOWN, *OPEN]


def test_an_ignore_comes_before_the_baseline():
    one = call(**UNTAGGED, ignores=(ignore("untagged"),))
    assert states(one, baseline=baseline(one)) == (IGNORED, [])


def test_first_seen_is_kept_from_the_baseline_whatever_the_state():
    one = call(**UNTAGGED)

    def first_seen(known: Report | None, policy: Policy = PLAIN) -> date | None:
        (finding,), _ = suppress(
            judge((one,), policy, as_of=AS_OF),
            (one,),
            policy,
            baseline=known,
            by_tree=False,
            honour_ignores=True,
            as_of=AS_OF,
        )
        return finding.first_seen

    assert [
        first_seen(None),
        first_seen(baseline(one)),
        first_seen(baseline(one), policy(ignores=[ENTRY])),
        first_seen(baseline(one, state="ignored")),
        first_seen(report(one, findings=(replace(judged(one), first_seen=None),))),
    ] == [AS_OF, date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1), AS_OF]


def judged(one: Asset) -> Finding:
    (finding,) = judge((one,), None, as_of=AS_OF)
    return finding


def test_a_baseline_that_has_lost_its_assets_is_matched_by_fingerprint():
    one = call(**UNTAGGED)
    assert states(one, baseline=replace(baseline(one), assets=()))[0] == KNOWN


def test_a_note_does_not_stand_for_what_has_become_worse():
    example = call("examples/a.py", **UNTAGGED, context="example")
    moved = call("svc/a.py", **UNTAGGED)
    passed = call(owner=Owner("@acme/search", "codeowners", "active", ("p.novak@example.com",)))
    orphaned = call(owner=Owner("p.novak@example.com", "register", "orphaned"))
    assert [
        states(moved, baseline=baseline(example))[0],
        states(call("demo/a.py", **UNTAGGED, context="example"), baseline=baseline(example))[0],
        states(example, baseline=baseline(moved))[0],
        states(orphaned, baseline=baseline(passed))[0],
        states(orphaned, baseline=baseline(orphaned))[0],
    ] == snapshot(
        [
            [("untagged", "open")],
            [("untagged", "baseline", "in the baseline", None)],
            [("untagged", "baseline", "in the baseline", None)],
            [("orphaned-owner", "open")],
            [("orphaned-owner", "baseline", "in the baseline", None)],
        ]
    )


def test_a_note_stands_for_the_same_thing_when_only_the_policy_has_become_stricter():
    dynamic = call(tag_status="dynamic")
    raised = policy(rules={"dynamic-tags": "error"})
    assert states(dynamic, policy=raised, baseline=baseline(dynamic))[0] == [
        ("dynamic-tags", "baseline", "in the baseline", None)
    ]


MIXED = (
    call(**UNTAGGED, ignores=(ignore("untagged", line=3), ignore("shadow", line=2))),
    call("svc/b.py", **UNTAGGED, ignores=(ignore("untagged", until=date(2026, 1, 1), line=7),)),
    call("lib/c.py", **UNTAGGED),
    key(**UNTAGGED),
)


@given(st.permutations(MIXED))
def test_findings_keep_their_order_and_warnings_do_not_depend_on_it(assets):
    stated = policy(ignores=[ENTRY, ENTRY | {"path": "old/**"}], trust={"inline_ignores": True})
    judged = judge(assets, stated, as_of=AS_OF)
    findings, warnings = suppress(
        judged,
        assets,
        stated,
        baseline=None,
        by_tree=False,
        honour_ignores=True,
        as_of=AS_OF,
    )
    assert [f.fingerprint for f in findings] == [f.fingerprint for f in judged]
    assert set(warnings) == set(states(*MIXED, policy=stated)[1])
    assert list(warnings) == states(*MIXED, policy=stated)[1]
