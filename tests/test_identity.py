from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.identity import (
    CallKey,
    asset_id,
    link_order,
    match_assets,
    parse_call_key,
    resolve,
)
from llmaudit.model import Asset, Evidence, Location, RedactedKey, Relation

REPO = "github.com/acme/shop"
LINKS = [f"key-id:openai:key_{number}" for number in range(12)]


def seen(*links: str, connector: str = "gateway", **rest: Any) -> Evidence:
    fields: dict[str, Any] = {
        "kind": "api_key",
        "name": "bot",
        "where": Location(uri="openai://proj_a"),
        **rest,
    }
    return Evidence(connector=connector, same_as=links, **fields)


def key(form: str, *links: str, org: str = "", provider: str = "openai", **rest: Any) -> Evidence:
    return seen(*links, redacted=RedactedKey(provider, org, form), provider=provider, **rest)


def row(form: str, **rest: Any) -> Evidence:
    fields: dict[str, Any] = {"connector": "registry", "register": True, **rest}
    return key(form, f"register:openai:{form}", **fields)


def call(
    path: str = "svc/app.py",
    *,
    symbol: str = "handler",
    digest: str = "aaa",
    ordinal: int = 1,
    line: int = 1,
    **rest: Any,
) -> Asset:
    link = f"call:{REPO}:{path}#{symbol}:chat.completions:{digest}:{ordinal}"
    (asset,) = resolve(
        [
            Evidence(
                connector="code",
                kind="call",
                name="call",
                where=Location(REPO, path, line),
                same_as=(link,),
                **rest,
            )
        ]
    )
    return asset


def links_of(assets: tuple[Asset, ...]) -> list[tuple[str, ...]]:
    return sorted(asset.same_as for asset in assets)


def test_evidence_of_one_thing_becomes_one_asset() -> None:
    project = seen("project:openai:proj_a", kind="project", name="Search")
    provider = seen(
        "key-id:openai:key_1",
        "key-sha256:" + "0" * 64,
        provider="openai",
        models=("o3", "gpt-4o"),
        relates=(Relation("in_project", "project:openai:proj_a", "project_id"),),
    )
    gateway = seen(
        "key-sha256:" + "0" * 64,
        connector="agent",
        provider="unknown",
        models=("gpt-4o",),
        relates=(Relation("routed_by", "key-glob:openai:key_*"),),
    )
    register = seen(
        "key-id:openai:key_1", connector="a-register", name="Marketing bot", register=True
    )
    key_asset, project_asset = resolve([register, gateway, project, provider])

    assert key_asset == Asset(
        id="key-" + sha256(b"key-id:openai:key_1").hexdigest()[:12],
        kind="api_key",
        name="bot",
        evidence=(gateway, provider, register),
        same_as=("key-id:openai:key_1", "key-sha256:" + "0" * 64),
        relations=(
            Relation("in_project", project_asset.id, "project_id"),
            Relation("routed_by", "key-glob:openai:key_*"),
        ),
        provider="openai",
        models=("gpt-4o", "o3"),
        context="app",
    )
    assert project_asset.evidence == (project,)


def test_a_relation_never_merges() -> None:
    calls = [
        replace(
            call(digest=digest).evidence[0], relates=(Relation("uses_key", "env:OPENAI_API_KEY"),)
        )
        for digest in ("aaa", "bbb")
    ]
    assert len(resolve(calls)) == 2


def test_relations_to_the_asset_itself_are_dropped_and_equal_ones_told_once() -> None:
    to_project = Relation("in_project", "project:openai:p")
    to_itself = Relation("stored_as", "key-id:openai:key_1")
    one = seen("key-id:openai:key_1", relates=(to_project, to_itself))
    other = seen("key-id:openai:key_1", connector="other", relates=(to_project,))
    (asset,) = resolve([one, other])
    assert asset.relations == (to_project,)


def test_evidence_without_links_is_told_apart_by_place_and_name() -> None:
    where = Location(REPO, "package.json", 4)
    pieces = [
        Evidence("code", "sdk", "openai", where),
        Evidence("code", "sdk", "anthropic", where),
        Evidence("code", "sdk", "openai", Location(REPO, "package.json", 5)),
        Evidence("code", "sdk", "openai", where),
    ]
    assert links_of(resolve(pieces)) == snapshot(
        [
            ("seen:code:sdk:github.com/acme/shop:package.json:4:None:anthropic",),
            ("seen:code:sdk:github.com/acme/shop:package.json:4:None:openai",),
            ("seen:code:sdk:github.com/acme/shop:package.json:5:None:openai",),
        ]
    )


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((("secret", False), ("api_key", True)), "secret"),
        ((("api_key", True),), "api_key"),
        ((("secret", False), ("api_key", False)), "api_key"),
        ((("project", True), ("app", False)), "app"),
    ],
)
def test_the_kind_is_that_of_what_was_seen_before_what_was_registered(
    kinds: tuple[tuple[str, bool], ...], expected: str
) -> None:
    (asset,) = resolve(
        [seen("key-id:openai:key_1", kind=kind, register=register) for kind, register in kinds]
    )
    assert (asset.kind, asset.id.partition("-")[0]) == (
        expected,
        {"secret": "secret", "api_key": "key", "app": "app"}[expected],
    )


@pytest.mark.parametrize(
    ("contexts", "expected"),
    [
        (("vendored", "test", "example"), "example"),
        (("generated", "test"), "test"),
        (("vendored", "generated"), "generated"),
        (("test", "app"), "app"),
        (("test", None), "test"),
        ((None,), "app"),
    ],
)
def test_the_context_is_the_most_serious_one(contexts: tuple[Any, ...], expected: str) -> None:
    pieces = [
        seen("sdk:r:openai", kind="sdk", where=Location(REPO, f"{n}.py"), context=context)
        for n, context in enumerate(contexts)
    ]
    assert resolve(pieces)[0].context == expected


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ((None, "unknown", "openai"), "openai"),
        (("*", "unknown"), "unknown"),
        ((None, "*"), None),
    ],
)
def test_the_provider_is_the_first_that_names_one(
    providers: tuple[str | None, ...], expected: str | None
) -> None:
    pieces = [seen("app:x", connector=str(n), provider=p) for n, p in enumerate(providers)]
    assert resolve(pieces)[0].provider == expected


def test_links_and_the_id_follow_the_fixed_order_of_kinds() -> None:
    links = ["register:a", "zzz:new", "key-sha256:0", "call:r:p#s:a:d:1", "arn:aws:x", "key-id:o:1"]
    assert sorted(links, key=link_order) == [
        "arn:aws:x",
        "key-id:o:1",
        "key-sha256:0",
        "call:r:p#s:a:d:1",
        "register:a",
        "zzz:new",
    ]
    digest = sha256(b"arn:aws:x").hexdigest()[:12]
    assert asset_id(links, "deployment") == f"dep-{digest}"


# -- redacted forms --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("sk-abc...def", "sk-abc...def", True),
        ("sk-abc…def", "sk-abc****def", True),
        ("sk-...def", "sk-abc...xdef", True),
        ("sk-abc...def", "sk-proj-abc...xdef", False),
        ("sk-a...xdef", "sk-ab...def", False),
        ("sk-abc...def", "sk-abc...deg", False),
        ("sk-abc...", "sk-abc...", False),
        ("sk-abc...ef", "sk-abc...ef", False),
        ("...def", "...def", False),
        ("...cdef", "sk-...cdef", True),
        ("sk-abcdef", "sk-abcdef", False),
        ("sk-abc...12...def", "sk-abc...def", True),
    ],
)
def test_forms_go_together_where_one_shows_a_part_of_the_other(
    one: str, other: str, expected: bool
) -> None:
    for shown, registered in ((one, other), (other, one)):
        provider = key(shown, "key-id:openai:key_1")
        assert len(resolve([provider, row(registered)])) == (1 if expected else 2)


def test_a_unique_form_joins_a_register_row_with_the_key_it_describes() -> None:
    provider = key("sk-pr...x9Qa", "key-id:openai:key_1", name="bot")
    (asset,) = resolve([row("sk-proj-...x9Qa", name="Marketing bot"), provider])
    assert asset.kind == "api_key"
    assert asset.name == "bot"
    assert asset.same_as == ("key-id:openai:key_1", "register:openai:sk-proj-...x9Qa")
    assert asset.id == asset_id(["key-id:openai:key_1"], "api_key")
    assert asset.ambiguous_with == ()


def test_three_sources_that_each_show_the_key_once_are_one_key() -> None:
    found = key("sk-pr...x9Qa", "key-sha256:" + "1" * 64, connector="code", kind="secret")
    (asset,) = resolve([found, row("sk-...x9Qa"), key("sk-proj-ab...Kx9Qa", "key-id:openai:key_1")])
    assert len(asset.evidence) == 3


def test_a_form_that_fits_two_keys_joins_neither_and_all_say_so() -> None:
    one = key("sk-pr...x9Qa", "key-id:openai:key_1")
    two = key("sk-pr...x9Qa", "key-id:openai:key_2")
    assets = {asset.same_as[0]: asset for asset in resolve([one, two, row("sk-pr...x9Qa")])}
    first, second = assets["key-id:openai:key_1"], assets["key-id:openai:key_2"]
    register = assets["register:openai:sk-pr...x9Qa"]
    assert register.ambiguous_with == tuple(sorted((first.id, second.id)))
    # Two ids of one provider are two keys, so these two are not mistaken for each other.
    assert first.ambiguous_with == second.ambiguous_with == (register.id,)


def test_two_register_rows_that_fit_one_key_join_nothing() -> None:
    provider = key("sk-abcd...x9Qa", "key-id:openai:key_1")
    assets = resolve([provider, row("sk-ab...x9Qa"), row("sk-abc...x9Qa")])
    assert len(assets) == 3
    ids = {asset.id for asset in assets}
    assert {asset.id: set(asset.ambiguous_with) for asset in assets} == {
        asset.id: ids - {asset.id} for asset in assets
    }


def test_a_form_in_the_middle_of_two_that_differ_joins_neither() -> None:
    assets = resolve(
        [
            key("sk-abc...x9Qa", "key-id:openai:key_1", connector="one"),
            key("sk-xyz...x9Qa", "key-sha256:" + "1" * 64, connector="two"),
            row("sk-...x9Qa"),
        ]
    )
    assert sorted(len(asset.ambiguous_with) for asset in assets) == [1, 1, 2]


@pytest.mark.parametrize(
    ("orgs", "assets"),
    [
        (("acme", "acme"), 1),
        (("Acme", "acme"), 1),
        (("acme", ""), 1),
        (("", ""), 1),
        (("acme", "globex"), 2),
    ],
)
def test_forms_are_compared_within_one_organisation(orgs: tuple[str, str], assets: int) -> None:
    provider = key("sk-pr...x9Qa", "key-id:openai:key_1", org=orgs[0])
    assert len(resolve([provider, row("sk-pr...x9Qa", org=orgs[1])])) == assets


def test_a_form_without_an_organisation_fits_any_and_so_may_be_ambiguous() -> None:
    acme = key("sk-pr...x9Qa", "key-id:openai:key_1", org="acme", connector="one")
    globex = key("sk-pr...x9Qa", "key-sha256:" + "1" * 64, org="globex", connector="two")
    assets = resolve([acme, globex, row("sk-pr...x9Qa")])
    assert sorted(len(asset.ambiguous_with) for asset in assets) == [1, 1, 2]


@pytest.mark.parametrize("provider", ["anthropic", "", "*", "unknown"])
def test_forms_are_compared_within_one_known_provider(provider: str) -> None:
    pieces = [
        key(
            "sk-pr...x9Qa",
            "key-id:openai:key_1",
            provider=provider if provider != "anthropic" else "openai",
        ),
        row("sk-pr...x9Qa", provider=provider),
    ]
    assert len(resolve(pieces)) == 2


def test_thousands_of_keys_of_one_form_take_no_time() -> None:
    found = [
        key("sk-pr...AAAA", f"key-sha256:{number:064x}", connector="code") for number in range(3000)
    ]
    assets = resolve([*found, row("sk-pr...AAAA")])
    assert len(assets) == 3001
    assert sorted({len(asset.ambiguous_with) for asset in assets}) == [1, 3000]


# -- properties ------------------------------------------------------------------------


@st.composite
def pieces(draw: st.DrawFn) -> list[Evidence]:
    forms = st.sampled_from(["sk-ab...wxyz", "sk-...wxyz", "sk-abc...xyz", "none"])
    evidence = []
    for _ in range(draw(st.integers(0, 9))):
        form = draw(forms)
        evidence.append(
            seen(
                *draw(st.lists(st.sampled_from(LINKS), max_size=2)),
                connector=draw(st.sampled_from(["code", "gateway", "registry"])),
                name=draw(st.sampled_from(["a", "b"])),
                kind=draw(st.sampled_from(["api_key", "secret"])),
                models=tuple(draw(st.lists(st.sampled_from(["m", "n"]), max_size=2))),
                register=draw(st.booleans()),
                provider=draw(st.sampled_from([None, "openai", "unknown"])),
                context=draw(st.sampled_from([None, "app", "test"])),
                relates=tuple(
                    Relation("uses_key", link)
                    for link in draw(st.lists(st.sampled_from(LINKS), max_size=2))
                ),
                redacted=None if form == "none" else RedactedKey("openai", "", form),
                attributes=draw(st.dictionaries(st.sampled_from("xy"), st.just("1"))),
            )
        )
    return evidence


@given(pieces(), st.randoms(use_true_random=False))
def test_the_order_of_evidence_does_not_matter(
    evidence: list[Evidence], chance: random.Random
) -> None:
    shuffled = list(evidence)
    chance.shuffle(shuffled)
    assert resolve(shuffled) == resolve(evidence)


@given(pieces())
def test_resolving_what_was_resolved_changes_nothing(evidence: list[Evidence]) -> None:
    assets = resolve(evidence)
    assert resolve([piece for asset in assets for piece in asset.evidence]) == assets
    assert resolve([*evidence, *evidence]) == assets


@given(pieces())
def test_nothing_is_lost_and_every_id_and_link_stands_once(evidence: list[Evidence]) -> None:
    assets = resolve(evidence)
    kept = [piece for asset in assets for piece in asset.evidence]
    assert all(piece in kept for piece in evidence)
    assert all(piece in evidence for piece in kept)
    links = [link for asset in assets for link in asset.same_as]
    ids = [asset.id for asset in assets]
    assert len(links) == len(set(links))
    assert len(ids) == len(set(ids))
    named = {asset.id: asset for asset in assets}
    for asset in assets:
        assert asset.id not in asset.ambiguous_with
        assert all(asset.id in named[other].ambiguous_with for other in asset.ambiguous_with)
        assert all(relation.to not in links for relation in asset.relations)


@given(pieces())
def test_evidence_of_an_asset_hangs_together_by_shared_links(evidence: list[Evidence]) -> None:
    for asset in resolve([replace(piece, redacted=None) for piece in evidence]):
        reached = {asset.evidence[0].same_as}
        links = set(asset.evidence[0].same_as)
        for _ in asset.evidence:
            reached |= {piece.same_as for piece in asset.evidence if links & set(piece.same_as)}
            links |= {link for own in reached for link in own}
        assert all(piece.same_as in reached for piece in asset.evidence)


# -- call keys and matching ------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "call:github.com/acme/shop:svc/app.py#Bot.ask:chat.completions:9f86d081884c:2",
            CallKey(
                "github.com/acme/shop",
                "svc/app.py",
                "Bot.ask",
                "chat.completions",
                "9f86d081884c",
                2,
            ),
        ),
        ("call:local/app:C#/a:b.py#:x:d:1", CallKey("local/app", "C#/a:b.py", "", "x", "d", 1)),
        (
            "call:r:web/chat.ts#Chat.#ask:x:d:1",
            CallKey("r", "web/chat.ts", "Chat.#ask", "x", "d", 1),
        ),
        ("call:r:Ask.cs#Bot::Ask:x:d:1", CallKey("r", "Ask.cs", "Bot::Ask", "x", "d", 1)),
    ],
)
def test_a_call_key_is_taken_apart(link: str, expected: CallKey) -> None:
    assert parse_call_key(link) == expected


@pytest.mark.parametrize(
    "link", ["key-id:openai:key_1", "call:r:app.py:x:d:1", "call:r:app.py#s:x:d:one", ""]
)
def test_what_is_no_call_key_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a call"):
        parse_call_key(link)


def test_assets_match_on_any_link_in_common() -> None:
    (code_only,) = resolve([seen("key-sha256:" + "1" * 64)])
    (full,) = resolve([seen("key-id:openai:key_1", "key-sha256:" + "1" * 64)])
    assert code_only.id != full.id
    assert match_assets([code_only], [full]) == {full.id: code_only.id}


def test_a_second_equal_call_in_the_same_function_is_new() -> None:
    old = call()
    second = call(ordinal=2, line=9)
    assert match_assets([old], [old, second]) == {old.id: old.id}


def test_an_edited_call_is_the_one_it_was() -> None:
    old, edited = call(digest="aaa"), call(digest="bbb", line=7)
    assert match_assets([old], [edited]) == {edited.id: old.id}


def test_of_two_new_calls_in_a_function_one_is_the_edited_one() -> None:
    old = call(digest="aaa", line=5)
    first, second = call(digest="bbb", line=5), call(digest="ccc", line=9)
    assert match_assets([old], [second, first]) == {first.id: old.id}


def test_a_call_is_followed_into_a_renamed_file_but_not_when_edited_too() -> None:
    old = call("svc/app.py", digest="aaa")
    moved, other = call("svc/main.py", digest="aaa"), call("svc/main.py", digest="bbb")
    assert match_assets([old], [moved, other]) == {moved.id: old.id}
    assert match_assets([old], [other]) == {}


def test_an_edit_in_place_goes_before_a_move() -> None:
    old = call("svc/app.py", digest="aaa")
    edited, copied = call("svc/app.py", digest="bbb"), call("svc/copy.py", digest="aaa")
    assert match_assets([old], [edited, copied]) == {edited.id: old.id}


def test_calls_of_different_functions_or_repositories_are_not_one() -> None:
    old = call(symbol="ask")
    assert match_assets([old], [call(symbol="answer", digest="bbb")]) == {}
    elsewhere = old.same_as[0].replace("acme/shop", "acme/other")
    (other,) = resolve([replace(old.evidence[0], same_as=(elsewhere,))])
    assert match_assets([old], [other]) == {}


CALLS = st.lists(
    st.builds(
        call,
        st.sampled_from(["a.py", "b.py"]),
        symbol=st.sampled_from(["f", "g"]),
        digest=st.sampled_from(["aaa", "bbb"]),
        ordinal=st.integers(1, 2),
        line=st.integers(1, 3),
        first_seen=st.just(date(2026, 10, 1)),
    ),
    max_size=6,
    unique_by=lambda asset: asset.id,
)


@given(CALLS, CALLS, st.randoms(use_true_random=False))
def test_calls_are_matched_one_to_one_whatever_their_order(
    old: list[Asset], new: list[Asset], chance: random.Random
) -> None:
    matched = match_assets(old, new)
    assert len(set(matched.values())) == len(matched)
    assert match_assets(old, old) == {asset.id: asset.id for asset in old}
    for assets in (old, new):
        chance.shuffle(assets)
    assert match_assets(old, new) == matched
