"""Each rule: what breaks it, what keeps it, and what the reader is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot

from llmaudit.catalogue import Catalogue, Provider, TagField, Tagging
from llmaudit.model import Asset, Evidence, Owner, Relation, Tag
from tests.policy.assets import (
    AS_OF,
    asset,
    call,
    call_evidence,
    key,
    key_evidence,
    policy,
    redacted,
    row,
    rules_broken,
    seat,
    tag,
    told,
)

REQUIRED = policy(required_tags={"team": None, "cost_center": None})
MISSING_BOTH = ("team", "cost_center")
KNOWN = Catalogue(
    {
        "openai": Provider(
            "openai",
            "OpenAI",
            "provider",
            tagging=(
                Tagging(
                    ("chat.*",),
                    (
                        TagField("user", "call", "weak", False, "docs"),
                        TagField("metadata", "call", "tag", False, "docs"),
                        TagField("default_headers", "client", "tag", None, "docs"),
                        TagField("project", "project", "tag", True, "docs"),
                    ),
                ),
                Tagging(
                    ("embeddings",),
                    (TagField("project", "project", "tag", True, "docs"),),
                    "one project per team",
                ),
            ),
        )
    },
    "test",
)


def test_a_whole_sanctioned_owned_asset_breaks_nothing():
    kept = call(
        tags={"team": tag("search", reaches_bill=True), "cost_center": tag("CC-1")},
        environment="prod",
        verdict="sanctioned",
    )
    assert told(kept, key(also=(row(),)), seat(last_used=AS_OF), policy=REQUIRED) == ""


def test_untagged():
    untagged: dict[str, Any] = {"tag_status": "untagged", "missing_tags": MISSING_BOTH}
    assert [
        told(call(**untagged), policy=REQUIRED),
        told(call(tag_status="untagged", models=(), weak_tag="user")),
        told(call(**untagged, provider="unknown", api=None), policy=REQUIRED),
        told(key(**untagged), policy=REQUIRED),
        told(call(**untagged), policy=policy(required_tags={"team": None}, require_at="call")),
    ] == snapshot(
        [
            """\
error: untagged
the openai chat.completions call of gpt-4o carries no tag: it lacks team,
cost_center
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
            """\
error: untagged
the openai chat.completions call carries no tag (user alone attributes no cost)
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
            """\
error: untagged
the model call of gpt-4o carries no tag: it lacks team, cost_center
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
            """\
error: untagged
the key key_1 carries no tag: it lacks team, cost_center
help: tag it at its provider, or give its row in the key register the missing
columns
""",
            """\
error: untagged
the openai chat.completions call of gpt-4o carries no tag at the call: it lacks
team, cost_center
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
        ]
    )


def test_untagged_names_the_field_of_the_api_where_the_catalogue_is_given():
    calls = (
        call(tag_status="untagged"),
        call(tag_status="untagged", api="embeddings", number=1, line=20),
        call(tag_status="untagged", api="nothing-known", provider="acme", number=2, line=30),
    )
    assert told(*calls, catalogue=KNOWN) == snapshot("""\
error: untagged
the openai chat.completions call of gpt-4o carries no tag
help: pass the tags in metadata on the call or default_headers on the client, or
give its path the tags under policy.attribution

error: untagged
the openai embeddings call of gpt-4o carries no tag
help: such a call has no field for tags: use one project per team, or give its
path the tags under policy.attribution

error: untagged
the acme nothing-known call of gpt-4o carries no tag
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""")


def test_partly_tagged():
    assert [
        told(call(tag_status="partial", missing_tags=("cost_center",)), policy=REQUIRED),
        told(call(tag_status="partial", weak_tag="user")),
        told(call(tag_status="partial")),
    ] == snapshot(
        [
            """\
warning: partly-tagged
the openai chat.completions call of gpt-4o lacks cost_center
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
            """\
warning: partly-tagged
the openai chat.completions call of gpt-4o carries only user, which attributes
no cost
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
            """\
warning: partly-tagged
the openai chat.completions call of gpt-4o carries only a weaker field, which
attributes no cost
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
        ]
    )


def test_invalid_tag():
    invalid = call(
        tag_status="invalid",
        invalid_tags=("team", "cost_center"),
        tags={"cost_center": tag("CC-99"), "team": tag("serach")},
    )
    assert told(invalid, policy=REQUIRED) == snapshot("""\
warning: invalid-tag
the openai chat.completions call of gpt-4o has a tag value that the policy does
not accept: team=serach, cost_center=CC-99
help: write a value the policy lists; a cost centre must be open in units.csv
""")


def test_conflicting_tag():
    conflicting = call(
        tag_status="conflicting",
        conflicting_tags=MISSING_BOTH,
        tags={
            "team": tag(
                "search",
                overruled=(
                    Tag("team", "ads", "register"),
                    Tag("team", "search", "comment"),
                    Tag("team", None, "client"),
                    Tag("team", "ads", "register"),
                ),
            ),
            "cost_center": tag("CC-1", overruled=(Tag("cost_center", "CC-2", "path_map"),)),
        },
    )
    assert told(conflicting, policy=REQUIRED) == snapshot("""\
warning: conflicting-tag
the sources of the openai chat.completions call of gpt-4o disagree: team is
search (call) and ads (register); cost_center is CC-1 (call) and CC-2 (path_map)
help: make the sources agree; until then the first one counts
""")


def test_dynamic_tags():
    assert told(call(tag_status="dynamic"), policy=REQUIRED) == snapshot("""\
note: dynamic-tags
whether the openai chat.completions call of gpt-4o carries its tags cannot be
read: they are decided at run time
help: write the tags where the call or its client is made, or give its path the
tags under policy.attribution
""")


def test_tag_not_reaching_the_bill():
    tags = {"team": tag("search", reaches_bill=False), "cost_center": tag("CC-1")}
    other = tags | {"project": tag("x", reaches_bill=False)}
    assert [
        told(call(tags=tags), policy=REQUIRED),
        told(call(tags=other, tag_status="partial"), policy=REQUIRED),
        told(call(tags=tags)),
    ] == snapshot(
        [
            """\
note: tag-not-reaching-bill
the openai chat.completions call of gpt-4o is tagged, but its bill cannot be
split by team
help: carry the same tags on the key, project or profile that the bill knows
""",
            """\
warning: partly-tagged
the openai chat.completions call of gpt-4o lacks team, cost_center
help: pass the tags in the provider's own field (metadata, labels,
requestMetadata, a gateway's tag header), or give its path the tags under
policy.attribution
""",
            "",
        ]
    )


def test_untaggable_and_kinds_without_tags_break_no_tag_rule():
    sdk = asset(replace(call_evidence(), kind="sdk", same_as=(f"sdk:{AS_OF}:litellm",)))
    assert told(call(tag_status="untaggable"), sdk, policy=REQUIRED) == ""


def test_no_owner():
    nobody, hinted = Owner(), Owner("ana@example.com", "hint", "hint")
    assert [
        told(call(owner=nobody), policy=REQUIRED),
        told(key(owner=hinted, also=(row(),)), policy=REQUIRED),
        told(call(owner=nobody)),
    ] == snapshot(
        [
            """\
warning: no-owner
nobody owns the openai chat.completions call of gpt-4o
help: name one in CODEOWNERS or under policy.attribution
""",
            """\
warning: no-owner
nobody owns the key key_1; ana@example.com is only a hint
help: name one in the key register or in an owner tag
""",
            "",
        ]
    )


def test_orphaned_owner():
    left = Owner("p.novak@example.com", "register", "orphaned")
    passed = Owner("@acme/search", "codeowners", "active", ("p.novak@example.com",))
    assert [told(call(owner=left)), told(call(owner=passed))] == snapshot(
        [
            """\
warning: orphaned-owner
the owner of the openai chat.completions call of gpt-4o, p.novak@example.com,
has left
help: name somebody who works here (this owner was read from: register)
""",
            """\
note: orphaned-owner
the openai chat.completions call of gpt-4o still names p.novak@example.com, who
has left; @acme/search answers for it (read from: codeowners)
help: name somebody who works here where the departed owner stands
""",
        ]
    )


def test_shadow_and_sanction_expired_never_both():
    assert [
        told(call(verdict="shadow", verdict_reason="no entry permits it; nearest is entry 1")),
        told(
            call(
                verdict="shadow",
                verdict_reason="expired 2026-06-30: entry 1 (provider openai)",
                approved_by="AI board",
                approved_until=date(2026, 6, 30),
            )
        ),
        told(call(verdict="unknown", verdict_reason="expired is a word here")),
    ] == snapshot(
        [
            """\
warning: shadow
the openai chat.completions call of gpt-4o is not a sanctioned use: no entry
permits it; nearest is entry 1
help: have it approved under policy.sanctioned or in the register, or remove it
""",
            """\
warning: sanction-expired
the approval of the openai chat.completions call of gpt-4o, given by AI board,
ended on 2026-06-30: entry 1 (provider openai)
help: renew the approval with a new date, or remove the use
""",
            "",
        ]
    )


@pytest.mark.parametrize(
    ("model", "environment", "broken"),
    [
        ("gemini-2.5-pro-preview-06-05", "prod", True),
        ("gemini-2.0-flash-exp", "Production", True),
        ("models/Gemini-EXP-1206", "live", True),
        ("grok-beta", "prod", True),
        ("gemini-2.5-pro-preview-06-05", "staging", False),
        ("gemini-2.5-pro-preview-06-05", None, False),
        ("gpt-4o", "prod", False),
        ("expert-7b", "prod", False),
        ("alphabet-large", "prod", False),
    ],
)
def test_experimental_in_production(model, environment, broken):
    one = call(models=(model,), environment=environment)
    assert rules_broken(one) == (["experimental-in-production"] if broken else [])


def test_experimental_in_production_says_which_and_knows_sdks():
    assert [
        told(call(models=("gpt-4o", "o1-preview"), environment="prod")),
        told(call(sdk="acme-llm-beta", environment="prod")),
    ] == snapshot(
        [
            """\
warning: experimental-in-production
the openai chat.completions call of gpt-4o uses the experimental model
o1-preview in production
help: use a generally available model, or accept this one until a date
""",
            """\
warning: experimental-in-production
the openai chat.completions call of gpt-4o uses the experimental SDK
acme-llm-beta in production
help: use a generally available SDK, or accept this one until a date
""",
        ]
    )


def test_key_in_code():
    code = replace(
        key_evidence("sk-pr...9Qa1", connector="code"), where=call_evidence("svc/x.py", 3).where
    )
    in_test = replace(code, context="test")
    name = replace(code, kind="secret", attributes={"seen_as": "name"})
    assert rules_broken(asset(name)) == []
    assert [
        told(asset(code), policy=policy(), select=("key-in-code",)),
        rules_broken(asset(in_test)),
        rules_broken(key()),
    ] == snapshot(
        [
            """\
error: key-in-code
the key sk-pr...9Qa1 stands in the code at svc/x.py:3
help: revoke it, then read its successor from a secret store or the environment
""",
            ["key-in-code"],
            [],
        ]
    )


def test_stale_key_by_use():
    def last_used(days: int) -> list[str]:
        return rules_broken(key(last_used=AS_OF - timedelta(days=days)))

    assert [last_used(90), last_used(91)] == [[], ["stale-key"]]
    assert rules_broken(seat(last_used=AS_OF - timedelta(days=400))) == []


def test_stale_key_by_review_date():
    def reviewed(on: str, **more: Any) -> Asset:
        return key(also=(row(attributes={"review_date": on}),), **more)

    assert rules_broken(reviewed("2026-11-01")) == []
    assert [
        told(reviewed("2026-10-31")),
        told(reviewed("2026-01-31", last_used=date(2026, 3, 1))),
    ] == snapshot(
        [
            """\
warning: stale-key
the key key_1 was due for review on 2026-10-31
help: write the next review date into its register row, or revoke it
""",
            """\
warning: stale-key
the key key_1 was last used 245 days ago, on 2026-03-01, and was due for review
on 2026-01-31
help: write the next review date into its register row, or revoke it
""",
        ]
    )


def test_a_review_date_of_a_glob_row_is_not_lost():
    glob = row("key-glob:openai:key_*", attributes={"review_date": "2026-10-01"})
    app = row("app:*:chatgpt", kind="app", number=3, attributes={"review_date": "2026-10-01"})
    assert told(asset(glob, owner=Owner(), tag_status="untagged"), asset(app)) == snapshot("""\
warning: stale-key
the key openai key_* was due for review on 2026-10-01
help: write the next review date into its register row, or revoke it

warning: stale-key
the app openai chatgpt was due for review on 2026-10-01
help: write the next review date into its register row, or revoke it
""")


def registered_by(*rows: Evidence, **decided: Any) -> bool:
    """Whether key_1 counts as registered beside a register that names another key."""
    other = key("key_2", also=(row(number=9),))
    registers = [asset(one, owner=Owner()) for one in rows]
    return "unregistered-key" not in rules_broken(key(**decided), other, *registers)


def test_unregistered_key():
    assert told(key(), key("key_2", also=(row(),))) == snapshot("""\
warning: unregistered-key
no row of the key register names the key key_1
help: add a row with its owner, tags and decision, or revoke the key
""")


@pytest.mark.parametrize(
    ("named", "registered"),
    [
        ("key-glob:openai:key_*", True),
        ("key-glob:openai:sk-pr...x9*", True),
        ("key:openai:key_1", True),
        ("key-glob:anthropic:key_*", False),
        ("key-glob:openai:other_*", False),
        ("project:openai:proj_a", False),
    ],
)
def test_a_key_is_registered_by_rows_that_name_the_key_itself(named, registered):
    provider = named.split(":")[1]
    one = row(named, provider=provider)
    assert registered_by(one, redacted=redacted("sk-pr...x9Qa")) is registered


def test_unregistered_key_needs_a_key_register():
    decision = row("key:openai:key_7", same_as=("register:decision:openai:key:key_7",), number=4)
    assert rules_broken(key()) == []
    assert rules_broken(key(), asset(decision)) == []


def test_a_key_whose_row_cannot_be_told_is_said_to_be_ambiguous():
    registered = asset(row(redacted=redacted("sk-...x9Qa")))
    one = key(ambiguous_with=(registered.id,))
    assert told(one, registered, select=("unregistered-key",)) == snapshot("""\
warning: unregistered-key
the key key_1 fits the redacted form in the register as other keys do, so its
row cannot be told
help: write the key's id into the register instead of its redacted form
""")


def test_registered_but_gone():
    gone = asset(row(number=5, same_as=("key-id:openai:key_5",), name="old batch"))
    in_code = key("sk-pr...9Qa1", connector="code", also=(row(),))
    elsewhere = key("key_9", also=(row(),), provider="anthropic")
    listed = key(also=(row(),))
    only = ("registered-but-gone",)
    assert told(gone, listed, select=only) == snapshot("""\
note: registered-but-gone
the key old batch is registered, but is not among the keys that were seen at
openai
help: take the row out of the register; if the key lives, see in the coverage
what was not read
""")
    assert told(gone, select=only) == ""
    assert told(gone, in_code, elsewhere, select=only) == ""
    assert told(asset(row(number=6)), listed, select=only) == ""


def test_idle_seat_counts_to_the_last_day_the_export_speaks_of():
    def idle(days: int, **more: Any) -> list[str]:
        return rules_broken(seat(last_used=AS_OF - timedelta(days=days), **more))

    until = {"report_day": "2026-10-02"}
    assert [
        idle(29, attributes={"report_day": "2026-11-01"}),
        idle(30, attributes={"report_day": "2026-11-01"}),
        idle(59, attributes=until),
        idle(60, attributes=until),
        idle(400),
    ] == [[], ["idle-seat"], [], ["idle-seat"], []]


def test_idle_seat_beside_others_of_the_same_application():
    idle = seat("u_2", last_used=date(2026, 9, 1))
    others = (
        seat("u_3", last_used=date(2026, 10, 1)),
        seat("u_4", app="cursor", last_used=date(2026, 10, 31)),
    )
    assert told(idle, *others) == snapshot("""\
warning: idle-seat
the GitHub Copilot seat u_2 was last used on 2026-09-01, 30 days before its
export ends
help: ask the holder, or take the seat back
""")


def test_a_seat_without_any_activity_is_idle_where_its_export_would_tell():
    assert told(seat(attributes={"activity": "none", "report_day": "2026-10-31"})) == snapshot("""\
warning: idle-seat
the GitHub Copilot seat u_1@example.com shows no activity in its export
help: ask the holder, or take the seat back
""")
    assert told(seat()) == ""


def test_hidden_from_scan():
    assert told(call(attributes={"hidden_by": "nosemgrep comment"})) == snapshot("""\
warning: hidden-from-scan
the openai chat.completions call of gpt-4o is marked to be passed over by
scanners (nosemgrep comment)
help: remove the mark, or accept the finding in the open: llmaudit:
ignore[hidden-from-scan] until=YYYY-MM-DD reason
""")
    assert told(call(attributes={"hidden_by": ""})) == ""


def test_a_row_that_names_others_is_judged_through_what_it_names():
    glob = asset(
        row("key-glob:openai:key_*"),
        owner=Owner(),
        tag_status="untagged",
        verdict="shadow",
        verdict_reason="decided shadow",
    )
    exact = asset(
        row(same_as=("key-id:openai:key_1",)), owner=Owner(), tag_status="untagged", name="key_1"
    )
    assert rules_broken(glob, policy=REQUIRED) == []
    assert rules_broken(exact, policy=REQUIRED) == ["untagged", "no-owner"]


def test_relations_other_than_registers_do_not_hide_a_row():
    used = row(same_as=("key-id:openai:key_1",), relates=(Relation("in_project", "project:a"),))
    assert rules_broken(asset(used, owner=Owner()), policy=REQUIRED) == ["no-owner"]
