from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from inline_snapshot import snapshot

from llmaudit.diff import Diff, compare, render_text, to_json
from llmaudit.identity import asset_id
from llmaudit.model import (
    Asset,
    Coverage,
    Evidence,
    Finding,
    Location,
    Owner,
    PolicyInForce,
    Report,
    Repository,
)

SHOP = "github.com/acme/shop"
CODE = Coverage("code", SHOP, "ok", side="code")


def call(path: str, line: int, digest: str = "aaa", **rest: Any) -> Asset:
    repo = rest.pop("repo", SHOP)
    link = f"call:{repo}:{path}#handler:chat.completions:{digest}:1"
    seen = Evidence(
        "code", "call", f"{path}:handler chat.completions", Location(repo, path, line), (link,)
    )
    fields: dict[str, Any] = {
        "provider": "openai",
        "models": ("gpt-4o",),
        "tag_status": "untagged",
        "verdict": "unknown",
        **rest,
    }
    return Asset(asset_id([link], "call"), "call", seen.name, (seen,), (link,), **fields)


def key(*links: str, connector: str = "registry", **rest: Any) -> Asset:
    seen = Evidence(
        connector, "api_key", "Marketing bot", Location(uri="file:keys.csv#row=2"), links
    )
    return Asset(asset_id(links, "api_key"), "api_key", seen.name, (seen,), links, **rest)


def finding(asset: Asset, rule: str = "untagged", **rest: Any) -> Finding:
    fields: dict[str, Any] = {"level": "error", "message": f"{rule} use", "help": "tag it", **rest}
    return Finding(
        rule, asset=asset.id, where=asset.where, fingerprint=f"{rule}-{asset.id}", **fields
    )


def report(*assets: Asset, findings: tuple[Finding, ...] = (), **rest: Any) -> Report:
    return Report(
        tool_version="1",
        as_of=rest.get("as_of", datetime(2026, 11, 23, 14, 2, tzinfo=UTC)),
        period=None,
        organization="Acme",
        config_digest="",
        policy=PolicyInForce(True),
        repositories=tuple(Repository(repo, ".") for repo in rest.get("repos", (SHOP,))),
        assets=assets,
        findings=findings,
        coverage=rest.get("coverage", (CODE,)),
    )


def test_a_report_has_not_changed_from_itself() -> None:
    one = report(call("a.py", 1), findings=(finding(call("a.py", 1)),))
    diff = compare(one, one)
    assert render_text(diff) == snapshot(
        """\
2026-11-23T14:02:00Z -> 2026-11-23T14:02:00Z
nothing changed
"""
    )
    assert diff == Diff(diff.old_as_of, diff.new_as_of, (), (), (), (), (), ())


def test_what_was_added_removed_changed_and_not_looked_at() -> None:
    rank = call("svc/rank.py", 88)
    tagged = replace(
        call("svc/rank.py", 90, "bbb"),
        tag_status="complete",
        verdict="sanctioned",
        provider="azure-openai",
        models=("gpt-4o", "o3"),
        owner=Owner("@acme/search", "codeowners", "active"),
    )
    removed = call("svc/old.py", 3, "ccc")
    unscanned = call("app.py", 7, repo="github.com/acme/legacy")
    registered = key("key-id:openai:key_1", owner=Owner("p.novak", "register", "orphaned"))
    added = call("svc/new.py", 12, tag_status="dynamic", models=())
    old = report(
        rank,
        removed,
        unscanned,
        registered,
        findings=(
            finding(rank),
            finding(removed),
            finding(unscanned),
            finding(registered, "no-owner"),
        ),
        repos=(SHOP, "github.com/acme/legacy"),
        as_of=datetime(2026, 10, 23, 16, 2, tzinfo=timezone(timedelta(hours=2))),
    )
    new = report(
        tagged,
        added,
        findings=(
            finding(added, "dynamic-tags", level="warning"),
            finding(added, "shadow"),
            finding(tagged, "no-output-cap", level="note", state="ignored"),
        ),
    )
    diff = compare(old, new)
    assert [one.was for one in diff.changed] == [rank.id]
    assert render_text(diff) == snapshot("""\
2026-10-23T14:02:00Z -> 2026-11-23T14:02:00Z
1 added, 1 gone, 2 not looked at, 1 changed, 2 new findings, 2 fixed findings

added    call        github.com/acme/shop svc/new.py:12  handler chat.completions: openai, tags dynamic, verdict unknown

gone     call        github.com/acme/shop svc/old.py:3  handler chat.completions: openai gpt-4o, tags untagged, verdict unknown

unseen   api_key     file:keys.csv#row=2  Marketing bot: provider unknown, verdict unknown
unseen   call        github.com/acme/legacy app.py:7  handler chat.completions: openai gpt-4o, tags untagged, verdict unknown

changed  call        github.com/acme/shop svc/rank.py:90  provider openai -> azure-openai; models gpt-4o -> gpt-4o, o3; verdict unknown -> sanctioned; tag_status untagged -> complete; owner none -> @acme/search

new      error       github.com/acme/shop svc/new.py:12  shadow: shadow use
new      warning     github.com/acme/shop svc/new.py:12  dynamic-tags: dynamic-tags use

fixed    error       github.com/acme/shop svc/old.py:3  untagged: untagged use
fixed    error       github.com/acme/shop svc/rank.py:88  untagged: untagged use
""")  # noqa: E501
    assert to_json(diff) == snapshot(
        {
            "schema": "llmaudit.diff/1",
            "old_as_of": "2026-10-23T14:02:00Z",
            "new_as_of": "2026-11-23T14:02:00Z",
            "added": [
                {
                    "id": "call-6265d1cbc563",
                    "kind": "call",
                    "name": "svc/new.py:handler chat.completions",
                    "provider": "openai",
                    "models": [],
                    "verdict": "unknown",
                    "tag_status": "dynamic",
                    "owner": None,
                    "where": {"repo": "github.com/acme/shop", "path": "svc/new.py", "line": 12},
                }
            ],
            "gone": [
                {
                    "id": "call-eb3eeeaf7f65",
                    "kind": "call",
                    "name": "svc/old.py:handler chat.completions",
                    "provider": "openai",
                    "models": ["gpt-4o"],
                    "verdict": "unknown",
                    "tag_status": "untagged",
                    "owner": None,
                    "where": {"repo": "github.com/acme/shop", "path": "svc/old.py", "line": 3},
                }
            ],
            "unseen": [
                {
                    "id": "key-4046e553b6f4",
                    "kind": "api_key",
                    "name": "Marketing bot",
                    "provider": None,
                    "models": [],
                    "verdict": "unknown",
                    "tag_status": None,
                    "owner": "p.novak",
                    "where": {"uri": "file:keys.csv#row=2"},
                },
                {
                    "id": "call-fe519edd9d6d",
                    "kind": "call",
                    "name": "app.py:handler chat.completions",
                    "provider": "openai",
                    "models": ["gpt-4o"],
                    "verdict": "unknown",
                    "tag_status": "untagged",
                    "owner": None,
                    "where": {"repo": "github.com/acme/legacy", "path": "app.py", "line": 7},
                },
            ],
            "changed": [
                {
                    "id": "call-c2f661928192",
                    "kind": "call",
                    "name": "svc/rank.py:handler chat.completions",
                    "provider": "azure-openai",
                    "models": ["gpt-4o", "o3"],
                    "verdict": "sanctioned",
                    "tag_status": "complete",
                    "owner": "@acme/search",
                    "where": {"repo": "github.com/acme/shop", "path": "svc/rank.py", "line": 90},
                    "was": "call-ddd7073d6ed5",
                    "changes": [
                        {"field": "provider", "before": "openai", "after": "azure-openai"},
                        {"field": "models", "before": "gpt-4o", "after": "gpt-4o, o3"},
                        {"field": "verdict", "before": "unknown", "after": "sanctioned"},
                        {"field": "tag_status", "before": "untagged", "after": "complete"},
                        {"field": "owner", "before": None, "after": "@acme/search"},
                    ],
                }
            ],
            "new_findings": [
                {
                    "rule": "shadow",
                    "level": "error",
                    "asset": "call-6265d1cbc563",
                    "where": {"repo": "github.com/acme/shop", "path": "svc/new.py", "line": 12},
                    "message": "shadow use",
                    "help": "tag it",
                    "fingerprint": "shadow-call-6265d1cbc563",
                },
                {
                    "rule": "dynamic-tags",
                    "level": "warning",
                    "asset": "call-6265d1cbc563",
                    "where": {"repo": "github.com/acme/shop", "path": "svc/new.py", "line": 12},
                    "message": "dynamic-tags use",
                    "help": "tag it",
                    "fingerprint": "dynamic-tags-call-6265d1cbc563",
                },
            ],
            "fixed_findings": [
                {
                    "rule": "untagged",
                    "level": "error",
                    "asset": "call-eb3eeeaf7f65",
                    "where": {"repo": "github.com/acme/shop", "path": "svc/old.py", "line": 3},
                    "message": "untagged use",
                    "help": "tag it",
                    "fingerprint": "untagged-call-eb3eeeaf7f65",
                },
                {
                    "rule": "untagged",
                    "level": "error",
                    "asset": "call-ddd7073d6ed5",
                    "where": {"repo": "github.com/acme/shop", "path": "svc/rank.py", "line": 88},
                    "message": "untagged use",
                    "help": "tag it",
                    "fingerprint": "untagged-call-ddd7073d6ed5",
                },
            ],
        }
    )
    assert json.loads(json.dumps(to_json(diff))) == to_json(diff)


def test_a_code_only_run_meets_a_full_one() -> None:
    digest = "key-sha256:" + "1" * 64
    full = key("key-id:openai:key_1", digest)
    found = key(digest, connector="code")
    diff = compare(report(full), report(found))
    assert (diff.added, diff.gone, diff.unseen) == ((), (), ())


def test_two_assets_that_turned_out_to_be_one_are_neither_gone_nor_fixed() -> None:
    digest = "key-sha256:" + "1" * 64
    registered, found = key("key-id:openai:key_1"), key(digest, connector="code")
    both = key("key-id:openai:key_1", digest)
    diff = compare(
        report(registered, found, findings=(finding(found, "key-in-code"),)),
        report(both, findings=(finding(both, "key-in-code"),)),
    )
    assert (diff.added, diff.gone, diff.unseen) == ((), (), ())
    assert (diff.new_findings, diff.fixed_findings) == ((), ())


def test_a_second_equal_call_in_a_function_is_added() -> None:
    first = call("a.py", 1)
    link = first.same_as[0].removesuffix("1") + "2"
    second = replace(first, id=asset_id([link], "call"), same_as=(link,))
    diff = compare(report(first), report(first, second, findings=(finding(second),)))
    assert diff.added == (second,)
    assert diff.new_findings == (finding(second),)


@pytest.mark.parametrize(
    ("before", "after", "is_new", "is_fixed"),
    [
        ("open", "open", False, False),
        ("baseline", "open", False, False),
        ("ignored", "open", True, False),
        (None, "open", True, False),
        (None, "ignored", False, False),
        (None, "baseline", False, False),
        ("open", "ignored", False, False),
        ("open", None, False, True),
        ("baseline", None, False, True),
        ("ignored", None, False, False),
    ],
)
def test_which_findings_are_new_or_fixed(
    before: Any, after: Any, is_new: bool, is_fixed: bool
) -> None:
    asset = call("a.py", 1)
    moved = call("b.py", 1)
    old = finding(asset, state=before)
    new = finding(moved, state=after)
    diff = compare(
        report(asset, findings=(old,) if before else ()),
        report(moved, findings=(new,) if after else ()),
    )
    assert diff.new_findings == ((new,) if is_new else ())
    assert diff.fixed_findings == ((old,) if is_fixed else ())


@pytest.mark.parametrize(
    ("status", "seen"),
    [("ok", True), ("empty", True), ("partial", True), ("failed", False), ("capped", False)],
)
def test_what_is_gone_was_looked_for(status: Any, seen: bool) -> None:
    asset = key("key-id:openai:key_1")
    diff = compare(
        report(asset, findings=(finding(asset),)),
        report(coverage=(Coverage("registry", "keys.csv", status), CODE)),
    )
    assert (diff.gone, diff.unseen) == (((asset,), ()) if seen else ((), (asset,)))
    assert bool(diff.fixed_findings) is seen


def test_names_cannot_drive_a_terminal_or_start_a_line() -> None:
    hostile = call("svc/\x1b[31m\n::error ::\u202e.py", 1)
    assert render_text(compare(report(), report(hostile))) == snapshot("""\
2026-11-23T14:02:00Z -> 2026-11-23T14:02:00Z
1 added

added    call        svc/\\x1b[31m\\n::error ::\\u202e.py:1  handler chat.completions: openai gpt-4o, tags untagged, verdict unknown
""")  # noqa: E501


def test_the_order_of_assets_and_findings_does_not_matter() -> None:
    assets = [call("a.py", 9), call("a.py", 1, "bbb"), call("b.py", 1), key("key-id:openai:key_1")]
    findings = tuple(finding(asset, rule) for asset in assets for rule in ("untagged", "shadow"))
    one = compare(report(), report(*assets, findings=findings))
    other = compare(report(), report(*reversed(assets), findings=findings[::-1]))
    assert one == other
    assert [asset.where.line for asset in one.added] == [None, 1, 9, 1]
