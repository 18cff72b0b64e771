"""The fast ways of the stages do what the plain ones do."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from llmaudit.bulk import asset_copier, collector_paused
from llmaudit.model import Asset, Evidence, Location, Owner


def test_a_copy_equals_that_of_replace() -> None:
    seen = Evidence("code", "call", "a call", Location("github.com/acme/a", "a.py", 1))
    asset = Asset("call-1", "call", "a call", (seen,), ("call:x",), provider="openai")
    owner = Owner("@acme/search", "tag", "active")

    copied = asset_copier("verdict", "owner", "missing_tags")(asset, "shadow", owner, ("team",))

    assert copied == replace(asset, verdict="shadow", owner=owner, missing_tags=("team",))
    assert asset.owner == Owner()


def test_a_copier_of_no_field_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        asset_copier("colour")


def test_a_value_too_few_is_refused() -> None:
    asset = Asset("call-1", "call", "a call", (), ())
    with pytest.raises(ValueError, match="shorter"):
        asset_copier("verdict", "verdict_reason")(asset, "shadow")


def _failing() -> None:
    with collector_paused():
        raise KeyError(gc.isenabled())


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_as_it_was_after_an_error(before: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if before else gc.disable)()
        with pytest.raises(KeyError, match="False"):
            _failing()
        assert gc.isenabled() is before
    finally:
        (gc.enable if was else gc.disable)()
