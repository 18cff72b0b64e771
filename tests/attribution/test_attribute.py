"""Effective tags, status, environment, unit: one call of the stage, whole answers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit import catalogue
from llmaudit.attribution import PeopleRegister, attribute, read_registers
from llmaudit.config import Owners, Policy
from llmaudit.errors import ConfigError
from llmaudit.model import (
    Asset,
    EffectiveTag,
    Evidence,
    Location,
    RedactedKey,
    Relation,
    Tag,
    Unit,
)
from llmaudit.redact import People

AS_OF = date(2026, 11, 1)
KNOWN = catalogue.load()
REPO = "github.com/acme/shop"
NO_PEOPLE, NO_UNITS = read_registers(Owners(), Path(), People(b"k"))


def asset(
    name: Any, *evidence: Any, relations: Any = (), kind: Any = None, provider: Any = "openai"
) -> Any:
    links = tuple(dict.fromkeys(link for e in evidence for link in e.same_as))
    return Asset(
        id=name,
        kind=kind or evidence[0].kind,
        name=name,
        evidence=evidence,
        same_as=links,
        relations=(*relations, *(r for e in evidence for r in e.relates)),
        provider=provider,
    )


def call(*tags: Any, tagging: Any = "untagged", path: Any = "svc/app.py", **more: Any) -> Any:
    return Evidence(
        "code",
        "call",
        "chat.completions",
        Location(REPO, path, 12),
        same_as=("call:one",),
        **{"provider": "openai", "api": "chat.completions", "tagging": tagging, **more},
        tags=tags,
    )


def key(*tags: Any, name: Any = "key_1", **more: Any) -> Any:
    return Evidence(
        "litellm",
        "api_key",
        name,
        Location(uri=f"openai://{name}"),
        same_as=(f"key-id:openai:{name}",),
        tags=tags,
        **{"provider": "openai", **more},
    )


def row(named: Any, *tags: Any, number: Any = 2, **more: Any) -> Any:
    return Evidence(
        "registry",
        "api_key",
        named,
        Location(uri=f"file:keys.csv#row={number}"),
        same_as=(f"register:openai:{named}",),
        relates=(Relation("registers", named),),
        tags=tags,
        register=True,
        **{"provider": "openai", **more},
    )


def tag(value: Any, source: Any = "call", name: Any = "team", **more: Any) -> Any:
    return Tag(name, value, source, **more)


def run(
    *assets: Any,
    policy: Any = None,
    units: Any = NO_UNITS,
    by_tree: Any = False,
    repositories: Any = (),
) -> Any:
    settings = Policy.model_validate({"required_tags": {"team": None}} | (policy or {}))
    return attribute(
        assets,
        settings,
        KNOWN,
        repositories=(),
        people=NO_PEOPLE,
        units=units,
        by_tree=by_tree,
        as_of=AS_OF,
    )


def team(*assets: Any, **more: Any) -> Any:
    found = run(*assets, **more)[0]
    return found.tags.get("team"), found.tag_status


PATH_MAP = {"attribution": [{"path": "svc/**", "tags": {"team": "by-path"}}]}
SOURCES = ["call", "client", "comment", "path_map", "related", "register"]
PAIRS = list(itertools.combinations(SOURCES, 2))


def with_sources(values: Any) -> Any:
    """A call whose tag stands at the given sources, with the value each has."""
    direct = [
        tag(value, source)
        for source, value in values.items()
        if source in ("call", "client", "comment")
    ]
    assets = [asset("call-1", call(*direct), relations=(Relation("uses_key", "key-1"),))]
    if "related" in values:
        assets.append(asset("key-1", key(tag(values["related"], "resource"))))
    if "register" in values:
        assets.append(
            asset("row-1", row(f"repository:openai:{REPO}", tag(values["register"], "register")))
        )
    mapped = [{"path": "svc/**", "tags": {"team": values.get("path_map", "")}}]
    return assets, {"attribution": mapped if "path_map" in values else []}


@pytest.mark.parametrize(("higher", "lower"), PAIRS)
def test_the_higher_source_wins_and_says_what_it_overruled(higher, lower):
    assets, policy = with_sources({lower: "low", higher: "high"})

    found, status = team(*assets, policy=policy)

    assert (found.value, found.source, status) == ("high", higher, "conflicting")
    assert [(t.value, t.source) for t in found.overruled] == [("low", lower)]


@pytest.mark.parametrize(("higher", "lower"), PAIRS)
def test_a_repeated_value_is_no_conflict(higher, lower):
    assets, policy = with_sources({lower: "Search", higher: "search"})

    found, status = team(*assets, policy=policy)

    assert (found.value, found.overruled, status) == ("search", (), "complete")


literal_or_not = st.dictionaries(
    st.sampled_from(["call", "client", "comment", "related", "register"]),
    st.sampled_from([None, "search", "unknown"]),
    min_size=1,
)


@given(literal_or_not)
def test_a_literal_fills_whatever_is_dynamic_above_it(values):
    assets, policy = with_sources(values)

    found, status = team(*assets, policy=policy)

    strongest = [values[source] for source in SOURCES if source in values]
    if "search" in strongest:
        assert (found.value, status) == ("search", "complete")
        assert found.source == next(s for s in SOURCES if values.get(s) == "search")
    elif None in strongest:
        assert (found.value, status) == (None, "dynamic")
    else:
        assert (found.value, found.source, status) == (None, "none", "untagged")


@given(st.permutations(range(6)), st.sets(st.integers(0, 5), min_size=1))
def test_the_order_of_evidence_changes_nothing(order, chosen):
    pieces = [
        call(tag("search"), owner="@ana", owner_source="hint"),
        replace(call(tag("ads", "client")), connector="other", environment="prod"),
        replace(call(tag(None, name="cost_center")), connector="third", tagging="dynamic"),
        replace(call(path="lib/a.py"), environment="dev"),
        replace(call(tag("Search", "comment", by_tree=True)), connector="fourth"),
        replace(call(), connector="fifth", owner="@bo", owner_source="key_owner"),
    ]
    kept = [piece for at, piece in enumerate(pieces) if at in chosen]
    shuffled = [pieces[at] for at in order if at in chosen]
    policy = {"required_tags": {"team": None, "cost_center": None}} | PATH_MAP

    one, other = (
        replace(run(asset("call-1", *evidence), policy=policy)[0], evidence=())
        for evidence in (kept, shuffled)
    )

    assert one == other


def test_the_order_of_assets_changes_nothing():
    assets, policy = with_sources({"register": "a", "related": "b"})
    assets.append(asset("row-2", row("key-glob:openai:key_*", tag("c", "register"))))

    found = {
        tuple(sorted((one.id, repr(one)) for one in run(*order, policy=policy)))
        for order in itertools.permutations(assets)
    }

    assert len(found) == 1


REQUIRED = {
    "team": {"values": ["search", "ads"]},
    "cost_center": {"pattern": "(?i)cc-[0-9]{4}", "aliases": ["X-Cost-Center"]},
    "environment": None,
}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], ("untagged", ("team", "cost_center", "environment"), (), ())),
        (
            [("team", "todo"), ("CostCenter", " - ")],
            ("untagged", ("team", "cost_center", "environment"), (), ()),
        ),
        ([("team", "search")], ("partial", ("cost_center", "environment"), (), ())),
        (
            [("Team", "Search"), ("x_cost-center", "CC-1234"), ("environment", "prod")],
            ("complete", (), (), ()),
        ),
        (
            [("team", "sales"), ("costCenter", "CC-12345"), ("environment", "prod")],
            ("invalid", (), ("team", "cost_center"), ()),
        ),
        ([("team", None)], ("dynamic", ("cost_center", "environment"), (), ())),
        ([("team", None), ("team", "search")], ("partial", ("cost_center", "environment"), (), ())),
        ([("*", None), ("team", "search")], ("dynamic", (), (), ())),
        ([("team", "nobody"), ("environment", None)], ("invalid", ("cost_center",), ("team",), ())),
        (
            [("team", "nobody"), ("team", "search"), ("environment", None)],
            ("conflicting", ("cost_center",), ("team",), ("team",)),
        ),
    ],
)
def test_the_status_of_the_tags(tags, expected):
    evidence = call(*(Tag(name, value, "call") for name, value in tags))

    found = run(asset("call-1", evidence), policy={"required_tags": REQUIRED})[0]

    assert (
        found.tag_status,
        found.missing_tags,
        found.invalid_tags,
        found.conflicting_tags,
    ) == expected


def test_a_dynamic_read_without_a_key_may_hold_any_required_key():
    assert team(asset("call-1", call(tagging="dynamic")))[1] == "dynamic"


def test_a_call_that_cannot_carry_tags_is_untaggable_until_another_source_tags_it():
    plain = asset("call-1", call(provider="ollama", api="chat"), provider="ollama")
    router = asset("call-2", call(provider="unknown", api="chat"), provider="unknown")

    assert [one.tag_status for one in run(plain, router)] == ["untaggable", "untagged"]
    assert [one.tag_status for one in run(plain, policy=PATH_MAP)] == ["complete"]


def test_what_has_no_place_for_tags_is_untaggable_until_another_source_tags_it():
    declared = [
        asset(f"{kind}-1", replace(key(), kind=kind, tagging=tagging, same_as=(f"{kind}:x",)))
        for kind, tagging in (("secret", "untaggable"), ("deployment", "untagged"))
    ]

    assert [one.tag_status for one in run(*declared)] == ["untaggable", "untagged"]
    tagged = replace(declared[0].evidence[0], tags=(tag("search", "resource"),))
    assert [one.tag_status for one in run(asset("secret-1", tagged))] == ["complete"]


def test_require_at_call_counts_only_what_stands_at_the_source():
    at_call = {"require_at": "call"} | PATH_MAP

    assert [
        team(asset("call-1", call()), policy=at_call),
        team(asset("call-1", call(tag("by-path", "client"))), policy=at_call),
        team(
            asset("call-1", call(provider="ollama", api="chat"), provider="ollama"),
            policy=at_call,
        )[1],
        team(asset("key-1", key(tag("search", "resource"))), policy=at_call)[1],
    ] == snapshot(
        [
            (
                EffectiveTag(
                    value="by-path", source="path_map", mechanism="attribution", reaches_bill=False
                ),
                "untagged",
            ),
            (
                EffectiveTag(value="by-path", source="client", mechanism="", reaches_bill=False),
                "complete",
            ),
            "complete",
            "complete",
        ]
    )


def test_without_required_tags_the_status_is_what_the_source_says():
    stated = ["tagged", "partial", "untagged", "dynamic", "untaggable"]
    assets = [asset(f"call-{t}", call(tagging=t)) for t in stated]
    worst = asset("call-9", call(tagging="tagged"), call(tagging="untagged"))
    found = run(*assets, worst, asset("key-1", key()), policy={"required_tags": {}})

    assert [(one.tagging, one.tag_status) for one in found] == [
        ("tagged", "complete"),
        ("partial", "partial"),
        ("untagged", "untagged"),
        ("dynamic", "dynamic"),
        ("untaggable", "untaggable"),
        ("untagged", "untagged"),
        (None, None),
    ]


def test_kinds_that_bear_no_tags_and_rows_that_only_name_others_have_no_status():
    kinds = ["sdk", "egress", "expense", "seat", "app", "api_key", "secret"]
    assets = [asset(kind, replace(key(), kind=kind, same_as=())) for kind in kinds]
    rows = [
        asset("glob", row("key-glob:openai:sk-*")),
        asset("exact", replace(row("x"), relates=(), same_as=("key-id:openai:x",))),
    ]

    assert {one.id: one.tag_status for one in run(*assets, *rows)} == snapshot(
        {
            "sdk": None,
            "egress": None,
            "expense": None,
            "seat": "untagged",
            "app": "untagged",
            "api_key": "untagged",
            "secret": "untagged",
            "glob": None,
            "exact": "untagged",
        }
    )


def test_a_discovered_path_map_counts_as_far_as_it_is_trusted():
    distrust = PATH_MAP | {"trust": {"path_map": False}}
    one = asset("call-1", call(tag("by-path", "comment", by_tree=True)))

    assert [
        team(asset("call-1", call()), policy=PATH_MAP),
        team(asset("call-1", call()), policy=PATH_MAP, by_tree=True),
        team(asset("call-1", call()), policy=distrust, by_tree=True),
        team(asset("call-1", call()), policy=distrust)[1],
        team(one, policy=PATH_MAP)[0].by_tree,
        team(one, policy=PATH_MAP, by_tree=True)[0].by_tree,
    ] == snapshot(
        [
            (
                EffectiveTag(
                    value="by-path", source="path_map", mechanism="attribution", reaches_bill=False
                ),
                "complete",
            ),
            (
                EffectiveTag(
                    value="by-path",
                    source="path_map",
                    mechanism="attribution",
                    reaches_bill=False,
                    by_tree=True,
                ),
                "complete",
            ),
            (
                EffectiveTag(
                    value=None,
                    source="none",
                    mechanism="",
                    reaches_bill=None,
                    overruled=(
                        Tag(
                            key="team",
                            value="by-path",
                            source="path_map",
                            mechanism="attribution",
                            reaches_bill=False,
                            by_tree=True,
                        ),
                    ),
                ),
                "untagged",
            ),
            "complete",
            False,
            True,
        ]
    )


def test_the_last_path_rule_decides_each_key():
    rules = [
        {"path": "svc/", "tags": {"team": "svc", "cost_center": "CC-1"}},
        {"path": "svc/app.py", "tags": {"Team": "app"}},
        {"path": "svc/app.py", "repository": "github.com/acme/other", "tags": {"team": "no"}},
    ]
    found = run(asset("call-1", call()), policy={"attribution": rules})[0]

    assert {key: (tag.value, tag.overruled) for key, tag in found.tags.items()} == {
        "team": ("app", ()),
        "cost_center": ("CC-1", ()),
    }


def test_a_value_reaches_the_bill_when_any_source_of_it_does():
    related = asset("key-1", key(tag("search", "resource", reaches_bill=True)))
    uses = (Relation("uses_key", "key-1"),)

    assert [
        team(asset("c", call(tag(value, reaches_bill=False)), relations=uses), related)[0]
        for value in ("search", "ads")
    ] == snapshot(
        [
            EffectiveTag(value="search", source="call", mechanism="", reaches_bill=True),
            EffectiveTag(
                value="ads",
                source="call",
                mechanism="",
                reaches_bill=False,
                overruled=(Tag(key="team", value="search", source="related", reaches_bill=True),),
            ),
        ]
    )


@pytest.mark.parametrize(
    ("named", "matches"),
    [
        ("key-glob:openai:key_*", True),
        ("key-glob:openai:sk-pr*9Qa", True),
        ("key-glob:anthropic:key_*", False),
        ("key:openai:key_1", True),
        ("key:openai:KEY_1", False),
        ("key:openai:sk-pr...x9Qa", True),
        ("key:openai:sk-pr***x9Qa", True),
        ("project:openai:proj_*", True),
        ("project:openai:proj_b", False),
        ("account:openai:org-1", True),
        ("deployment:openai:key_1", False),
        ("seat:openai:key_1", False),
    ],
)
def test_a_register_row_tags_the_keys_it_names(named, matches):
    evidence = key(
        redacted=RedactedKey("openai", "", "sk-pr…x9Qa"), project="proj_a", account="org-1"
    )
    register = row(named, tag("search", "register"), provider=named.split(":")[1])

    found, status = team(asset("key-1", evidence), asset("row-1", register))

    assert (found is not None, status) == (matches, "complete" if matches else "untagged")


def test_a_register_row_names_apps_and_seats_by_their_links():
    seat = replace(key(), kind="seat", same_as=("seat:cursor:u_1@example.com",), provider="cursor")
    rows = [
        asset(f"row-{n}", row(named, tag("search", "register"), provider="cursor"))
        for n, named in enumerate(["app:cursor:Cursor", "seat:cursor:u_2@example.com"])
    ]

    assert [team(asset("seat-1", seat, provider="cursor"), one)[1] for one in rows] == [
        "complete",
        "untagged",
    ]


def test_the_row_that_names_a_key_closest_replaces_wider_ones():
    rows = [
        ("key-glob:openai:key_*", "wide"),
        ("key-glob:openai:key_1*", "close"),
        ("project:openai:proj_a", "project"),
    ]
    assets = [
        asset(f"row-{n}", row(named, tag(value, "register"), number=n))
        for n, (named, value) in enumerate(rows)
    ]
    same = asset("row-9", row("key-glob:openai:*ey_1*", tag("other", "register"), number=9))
    target = asset("key-1", key(project="proj_a"))

    assert team(target, *assets) == snapshot(
        (
            EffectiveTag(value="close", source="register", mechanism="", reaches_bill=None),
            "complete",
        )
    )
    assert (
        team(target, same, asset("row-8", row("key-glob:openai:*ey_1*", tag("x", "register"))))[1]
        == "conflicting"
    )


def test_tags_are_followed_from_a_call_over_its_key_to_the_project():
    project = replace(
        key(tag("search", "resource")), kind="project", same_as=("project:openai:proj_a",)
    )
    assets = [
        asset("call-1", call(), relations=(Relation("uses_key", "key-id:openai:key_1"),)),
        asset("key-1", key(), relations=(Relation("in_project", "proj-1"),)),
        asset("proj-1", project),
    ]

    assert [(one.tags["team"].source, one.tag_status) for one in run(*assets)] == [
        ("related", "complete"),
        ("related", "complete"),
        ("resource", "complete"),
    ]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (call(Tag("Env", "prod", "call"), environment="dev"), ("prod", "tag")),
        (call(Tag("stage", "qa", "comment")), ("qa", "tag")),
        (call(Tag("environment", None, "call"), environment="dev"), ("dev", "code")),
        (call(), ("test", "related")),
    ],
)
def test_the_environment_and_where_it_is_from(evidence, expected):
    found = run(
        asset("call-1", evidence, relations=(Relation("uses_key", "key-1"),)),
        asset("key-1", key(environment="test")),
    )

    assert (found[0].environment, found[0].environment_source) == expected


def test_a_register_row_states_the_environment_of_the_keys_it_names():
    found = run(asset("key-1", key()), asset("r", row("key-glob:openai:*", environment="prod")))

    assert (found[0].environment, found[0].environment_source) == ("prod", "register")


def test_the_cost_centre_gives_the_unit_and_must_be_open(tmp_path):
    (tmp_path / "units.csv").write_text(
        "cost_center,business_unit,finance_owner,valid_to\n"
        "CC-1,Search,bo@example.com,\nCC-2,Closed,,2026-10-31\n"
    )
    people, units = read_registers(Owners(units="units.csv"), tmp_path, People(b"k"))
    assets = [
        asset(f"call-{code}", call(Tag("CostCenter", code, "call")))
        for code in ("cc-1", "CC-2", "CC-3")
    ]
    required = {"cost_center": None, "team": {"values_from": "units.csv"}}

    found = run(*assets, policy={"required_tags": required}, units=units)

    assert people == PeopleRegister()
    assert [(one.unit, one.tag_status, one.invalid_tags) for one in found] == [
        (Unit("Search", "CC-1", finance_owner="bo@example.com"), "partial", ()),
        (None, "invalid", ("cost_center",)),
        (None, "invalid", ("cost_center",)),
    ]


def test_values_from_lists_the_teams(tmp_path):
    (tmp_path / "units.csv").write_text("cost_center,business_unit\nCC-1,Search\n")
    _, units = read_registers(Owners(units="units.csv"), tmp_path, People(b"k"))
    required = {"required_tags": {"team": {"values_from": "units.csv"}}}

    assert [
        team(asset("call-1", call(tag(value))), policy=required, units=units)[1]
        for value in ("search", "Ads")
    ] == ["complete", "invalid"]


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        (
            {"team": {"pattern": "*"}},
            snapshot("""\
policy.required_tags.team.pattern '*' is no regular expression: nothing to repeat at position 0
help: the pattern must match the whole value\
"""),
        ),
        (
            {"team": {"aliases": ["Unit"]}, "unit": None},
            snapshot("""\
policy.required_tags: 'unit' stands for both 'team' and 'unit'
help: remove the alias from one of them\
"""),
        ),
    ],
)
def test_required_tags_that_cannot_be_used_are_refused(required, expected):
    with pytest.raises(ConfigError) as error:
        run(policy={"required_tags": required})

    assert str(error.value) == expected


def test_an_effective_tag_is_whole():
    evidence = call(Tag("X-Team", "search", "client", "default_headers", True))
    policy = {"required_tags": {"team": {"aliases": ["x-team"]}}}

    assert dict(run(asset("call-1", evidence), policy=policy)[0].tags) == {
        "team": EffectiveTag("search", "client", "default_headers", True)
    }
