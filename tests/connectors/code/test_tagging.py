"""What arguments say about tags."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.rulebook import Attribution
from llmaudit.connectors.code.tagging import FoundTag, TagReading, combine, read_tags
from llmaudit.connectors.code.values import Blank, Choice, Items, Opaque, Scalar, Table, Text, Value

WHERE = Attribution(
    tag=("metadata", "body.metadata"),
    weak=("user",),
    headers=("headers",),
    listed=("tags",),
    open=("body",),
)


@pytest.mark.parametrize(
    ("arguments", "tagging"),
    [
        ({}, "untagged"),
        ({"model": Text("m")}, "untagged"),
        ({"metadata": Table({"team": Text("a")})}, "tagged"),
        ({"metadata": Table({"team": Opaque("parameter")})}, "tagged"),
        ({"metadata": Table({"user_id": Text("u")})}, "partial"),
        ({"metadata": Table({"user": Text("u"), "team": Text("a")})}, "tagged"),
        ({"metadata": Table({"team": Blank()})}, "untagged"),
        ({"metadata": Table()}, "untagged"),
        ({"metadata": Blank()}, "untagged"),
        ({"metadata": Table(open=True)}, "dynamic"),
        ({"metadata": Opaque("parameter")}, "dynamic"),
        ({"metadata": Choice((Table({"team": Text("a")}), Blank()))}, "tagged"),
        ({"user": Text("u")}, "partial"),
        ({"user": Opaque("parameter")}, "partial"),
        ({"user": Blank()}, "untagged"),
        ({"body": Table({"metadata": Table({"team": Text("a")})})}, "tagged"),
        ({"body": Table({"top_k": Scalar()})}, "untagged"),
        ({"body": Opaque("parameter")}, "dynamic"),
        ({"body": Table({"top_k": Scalar()}, open=True)}, "dynamic"),
        ({"body": Choice((Blank(), Opaque("parameter")))}, "dynamic"),
        ({"headers": Table({"X-Team": Text("a")})}, "tagged"),
        ({"headers": Table({"OpenAI-Project": Text("proj_1")})}, "tagged"),
        ({"headers": Table({"X-Title": Text("a")})}, "partial"),
        ({"headers": Table({"Authorization": Text("a"), "User-Agent": Text("b")})}, "untagged"),
        ({"headers": Opaque("parameter")}, "dynamic"),
        ({"tags": Items((Text("team:search"),))}, "tagged"),
        ({"tags": Items(())}, "untagged"),
        ({"user": Text("u"), "headers": Opaque("parameter")}, "partial"),
    ],
)
def test_tagging_of_arguments(arguments: dict[str, Value], tagging: str) -> None:
    assert read_tags(Table(arguments), WHERE).tagging == tagging


def test_spread_arguments_may_hold_tags() -> None:
    assert read_tags(Table(open=True), WHERE) == TagReading("dynamic")


def test_tags_keep_key_value_and_mechanism() -> None:
    arguments = Table(
        {
            "metadata": Table({"team": Text("search"), "env": Opaque("environment")}),
            "tags": Items((Text("cost:CC-1"),)),
            "headers": Table({"X-Acme-Unit": Text("u1")}),
        }
    )
    reading = read_tags(arguments, WHERE, {"X-Acme-Unit": "business_unit"})
    assert reading.tags == (
        FoundTag("team", "search", "metadata"),
        FoundTag("env", None, "metadata"),
        FoundTag("cost", "CC-1", "tags"),
        FoundTag("business_unit", "u1", "headers X-Acme-Unit"),
    )


def test_the_strongest_statement_of_call_and_client_stands() -> None:
    readings = [TagReading("dynamic"), TagReading("partial", weak="user"), TagReading("untagged")]
    assert combine(readings) == TagReading("partial", weak="user")
    assert combine([]) == TagReading("untagged")
