"""Who answers for a call: the strongest source that names somebody who still works here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit import catalogue
from llmaudit.attribution import attribute, codeowners_problems, read_registers
from llmaudit.config import Owners, Policy
from llmaudit.model import Asset, Evidence, Location, Owner, OwnerStatus, Relation, Repository, Tag
from llmaudit.redact import People

AS_OF = date(2026, 11, 1)
KNOWN = catalogue.load()
REPO = "github.com/acme/shop"
PSEUDONYMS = People(b"a test's key")
SOURCES = ["tag", "register", "path_map", "codeowners", "related", "key_owner", "hint"]


def build(named: Any) -> Any:
    """A call, a key it uses and a register row, owned as ``named`` says for each source."""
    place = Location(REPO, "svc/app.py", 12)
    call = Evidence(
        "code",
        "call",
        "chat.completions",
        place,
        same_as=("call:one",),
        provider="openai",
        tags=(Tag("Owner", named["tag"], "call"),) if "tag" in named else (),
        owner=named.get("hint"),
        owner_source="hint",
    )
    key = Evidence(
        "litellm",
        "api_key",
        "search",
        Location(uri="openai://key_1"),
        same_as=("key-id:openai:key_1",),
        provider="openai",
        tags=(Tag("owner", named["related"], "resource"),) if "related" in named else (),
        owner=named.get("key_owner"),
        owner_source="key_owner",
    )
    row = Evidence(
        "registry",
        "api_key",
        "shop",
        Location(uri="file:keys.csv#row=2"),
        same_as=("register:openai:shop",),
        relates=(Relation("registers", f"repository:openai:{REPO}"),),
        provider="openai",
        owner=named.get("register"),
        owner_source="register",
        register=True,
    )
    assets = [
        Asset("call-1", "call", "c", (call,), call.same_as, (Relation("uses_key", "key-1"),)),
        Asset("key-1", "api_key", "k", (key,), key.same_as),
        Asset("row-1", "api_key", "r", (row,), row.same_as, row.relates),
    ]
    repository = Repository(REPO, ".", codeowners=f"* {named.get('codeowners', '')}\n")
    rules = [{"path": "**", "owner": named.get("path_map")}]
    return [replace(one, provider="openai") for one in assets], repository, rules


def owner(named: Any, staff: Any = "", by_tree: Any = False, **policy: Any) -> Any:
    assets, repository, rules = build(named)
    people, units = read_registers(Owners(), Path(), PSEUDONYMS)
    if staff:
        people = staff
    return attribute(
        assets,
        Policy.model_validate({"attribution": rules} | policy),
        KNOWN,
        repositories=[repository],
        people=people,
        units=units,
        by_tree=by_tree,
        as_of=AS_OF,
    )[0].owner


@pytest.fixture(scope="module")
def staff(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    left = "".join(f"{name}@example.com,{name},left\n" for name in [*SOURCES, "gone"])
    text = f"email,login,status\nana@example.com,ana,active\n{left}"
    (folder / "people.csv").write_text(text, encoding="utf-8")
    return read_registers(Owners(people="people.csv"), folder, PSEUDONYMS)[0]


@pytest.mark.parametrize("at", range(len(SOURCES)))
def test_the_strongest_source_names_the_owner(at):
    named = {source: f"@{source}" for source in SOURCES[at:]}
    status: OwnerStatus = "hint" if SOURCES[at] == "hint" else "active"

    assert owner(named) == Owner(f"@{SOURCES[at]}", SOURCES[at], status)


@pytest.mark.parametrize("at", range(1, len(SOURCES)))
def test_departed_owners_are_passed_over_for_the_next_living_one(staff, at):
    named = {source: f"@{source}" for source in SOURCES[:at]} | {SOURCES[at]: "@acme/search"}
    status: OwnerStatus = "hint" if SOURCES[at] == "hint" else "active"

    assert owner(named, staff) == Owner(
        "@acme/search", SOURCES[at], status, tuple(f"@{source}" for source in SOURCES[:at])
    )


def test_an_owner_who_left_leaves_an_orphan_when_nobody_lives(staff):
    named = {"register": "@register", "key_owner": "gone@example.com", "hint": "@hint"}

    assert owner(named, staff) == Owner(
        "@register", "register", "orphaned", ("gone@example.com", "@hint")
    )


def test_a_departed_hint_never_owned(staff):
    assert owner({"hint": "@hint"}, staff) == Owner(passed_over=("@hint",))


def test_nobody_owns_what_no_source_names():
    assert owner({"tag": "unknown", "register": " - ", "hint": ""}) == Owner()


def test_a_seat_holder_is_looked_up_by_pseudonym(staff):
    holders = [PSEUDONYMS.name(f"{name}@example.com") for name in ("ana", "gone")]

    assert [owner({"key_owner": holder}, staff) for holder in holders] == [
        Owner(holders[0], "key_owner", "active"),
        Owner(holders[1], "key_owner", "orphaned"),
    ]


def test_of_several_owners_those_who_left_are_passed_over(staff):
    named = {"codeowners": "@gone @ana @acme/search"}

    assert owner(named, staff) == Owner("@ana, @acme/search", "codeowners", "active", ("@gone",))


def test_a_line_without_owners_takes_ownership_away():
    assert owner({"codeowners": ""}) == Owner()


def test_the_trees_own_word_counts_as_far_as_it_is_trusted():
    named = {"path_map": "@path", "codeowners": "@code"}
    distrust = {"path_map": False, "codeowners": False}

    assert [
        owner(named, by_tree=True).source,
        owner(named, by_tree=True, trust={"path_map": False}).source,
        owner(named, by_tree=True, trust=distrust).source,
        owner(named, trust=distrust).source,
        owner({"codeowners": "@code"}, owners={"codeowners": False}).source,
    ] == ["path_map", "codeowners", None, "path_map", None]


@given(st.dictionaries(st.sampled_from(SOURCES), st.sampled_from(["@ana", "@gone", "@x"])))
def test_the_owner_is_never_somebody_who_left_while_another_source_names_the_living(staff, named):
    found = owner(named, staff)

    living = [source for source in SOURCES if named.get(source, "@gone") != "@gone"]
    if living:
        assert (found.value, found.source) == (named[living[0]], living[0])
    else:
        assert found.status == ("orphaned" if set(named) - {"hint"} else "none")


def test_lines_github_skips_are_reported_per_repository():
    repository = Repository(REPO, ".", codeowners="!x @a\n", codeowners_path="docs/CODEOWNERS")

    assert codeowners_problems([repository, Repository("local/x", ".")]) == (
        "github.com/acme/shop: docs/CODEOWNERS line 1 is skipped: "
        "a pattern cannot be negated with !",
    )
