"""A baseline only shrinks, whatever runs follow each other, and matching survives moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmaudit.config import Policy
from llmaudit.matching import match_assets
from llmaudit.model import Asset, Coverage, CoverageStatus, Report, Repository
from llmaudit.policy import judge, set_aside_earlier, suppress
from llmaudit.ratchet import turn
from tests.policy.assets import AS_OF, REPO, call, report

UNTAGGED: dict[str, Any] = {"tag_status": "untagged"}
NAMES = st.sets(st.sampled_from("abcdefgh"))


def ran(*assets: Asset, against: Report | None = None, status: CoverageStatus = "ok") -> Report:
    findings, _ = suppress(
        judge(assets, None, as_of=AS_OF),
        assets,
        Policy(),
        baseline=against,
        by_tree=False,
        honour_ignores=True,
        as_of=AS_OF,
    )
    line = Coverage("code", "acme", status, side="code")
    made = report(*assets, findings=findings, coverage=(line,))
    return replace(made, repositories=(Repository(REPO, "."),))


def calls(names: set[str], **decided: Any) -> tuple[Asset, ...]:
    return tuple(call(f"{name}.py", **(UNTAGGED | decided)) for name in sorted(names))


def accepted(baseline: Report) -> set[tuple[str, str]]:
    return {(f.rule, f.asset) for f in baseline.findings if f.state != "ignored"}


@given(NAMES, st.lists(NAMES, max_size=5))
def test_a_baseline_only_shrinks(first: set[str], later: list[set[str]]) -> None:
    held = turn(None, ran(*calls(first)), may_grow=True).report
    assert len(held.findings) == len(first)
    for names in later:
        run = ran(*calls(names), against=held)
        after = turn(held, run).report
        # A call whose file was moved keeps its place, so that it is the number that counts.
        assert len(accepted(after)) <= min(len(accepted(held)), len(names))
        assert accepted(after) <= accepted(run)
        held = after


@given(NAMES, NAMES)
def test_what_a_run_did_not_see_whole_is_not_let_go(first: set[str], later: set[str]) -> None:
    held = turn(None, ran(*calls(first)), may_grow=True).report
    run = ran(*calls(later), against=held, status="partial")
    assert len(accepted(turn(held, run).report)) == len(accepted(held))


@given(NAMES, NAMES)
def test_told_to_grow_it_holds_what_is_open(first: set[str], later: set[str]) -> None:
    held = turn(None, ran(*calls(first)), may_grow=True).report
    grown = turn(held, ran(*calls(later), against=held), may_grow=True)
    assert len(grown.report.findings) == len(later)
    again = ran(*calls(later), against=grown.report)
    assert all(finding.state == "baseline" for finding in again.findings)


SITES = st.lists(
    st.tuples(st.sampled_from("pq"), st.sampled_from("fg"), st.sampled_from(["d1", "d2"])),
    max_size=6,
)


def sited(sites: list[tuple[str, str, str]], shift: int = 0) -> tuple[Asset, ...]:
    """Calls at a path, in a symbol, of a text; equal ones are told apart by their ordinal."""
    seen: dict[tuple[str, str, str], int] = {}
    made: list[Asset] = []
    for line, site in enumerate(sites, 1 + shift):
        seen[site] = seen.get(site, 0) + 1
        path, symbol, digest = site
        link = f"call:github.com/acme/shop:{path}.py#{symbol}:chat:{digest}:{seen[site]}"
        base = call(f"{path}.py", **UNTAGGED)
        where = replace(base.where, line=line)
        evidence = tuple(replace(entry, where=where, same_as=(link,)) for entry in base.evidence)
        made.append(replace(base, id=f"call-{link}", same_as=(link,), evidence=evidence))
    return tuple(made)


def opened(before: tuple[Asset, ...], after: tuple[Asset, ...]) -> int:
    findings = set_aside_earlier(judge(after, None, as_of=AS_OF), after, ran(*before))
    return sum(finding.state == "open" for finding in findings)


@given(SITES, st.integers(0, 40))
def test_moving_lines_files_and_functions_adds_nothing(
    sites: list[tuple[str, str, str]], shift: int
) -> None:
    before = sited(sites)
    assert opened(before, sited(sites, shift)) == 0
    assert opened(before, sited([("new", symbol, text) for _, symbol, text in sites])) == 0
    assert opened(before, sited([(path, "renamed", text) for path, _, text in sites])) == 0
    assert opened(before, sited([(path, symbol, "edited") for path, symbol, _ in sites])) == 0
    assert opened(before, sited(sites[1:])) == 0


@given(SITES.filter(bool), st.data())
def test_one_more_call_like_another_is_one_new_one(
    sites: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(sites))
    at = data.draw(st.integers(0, len(sites)))
    assert opened(sited(sites), sited([*sites[:at], again, *sites[at:]])) == 1


@given(SITES, SITES)
def test_a_change_adds_at_least_what_the_number_grew_by(
    before: list[tuple[str, str, str]], after: list[tuple[str, str, str]]
) -> None:
    old, new = sited(before), sited(after)
    assert opened(old, new) >= len(new) - len(old)
    assert len(set(match_assets(old, new).values())) == len(match_assets(old, new))
