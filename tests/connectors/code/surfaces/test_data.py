"""The data files: each row names its source, its provider is known, its literal is looked for."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.surfaces import known, may_hold
from tests.connectors.code.surfaces.reading import KNOWN


@pytest.mark.parametrize("name", known.FILES)
def test_every_row_has_an_explained_source_and_every_source_a_row(name: str) -> None:
    used = {row.source for row in known.rows(name, known.Row)}
    assert used == set(known.sources(name))
    assert all(known.sources(name).values())


@pytest.mark.parametrize("name", known.FILES)
def test_every_provider_is_one_of_the_catalogue(name: str) -> None:
    named = {getattr(row, "provider", None) for row in known.rows(name, known.Row)}
    for row in known.rows(name, known.Row):
        named |= set(getattr(row, "switches", {}).values())
    assert named - {None, "unknown"} - set(KNOWN.providers) == set()


def test_the_literals_of_every_row_are_looked_for() -> None:
    texts = [uses for row in known.rows("actions", known.Action) for uses in row.uses]
    for row in known.rows("commands", known.Command):
        texts += [f"{name} {sub}" for name in row.programs for sub in row.subcommands or ("-p",)]
    texts += [row.image.replace("*", "x") for row in known.rows("images", known.Image)]
    texts += [row.value for row in known.rows("variables", known.Variable)]
    for name in ("terraform", "cloudformation", "azure", "pulumi", "kubernetes"):
        texts += [row.type.rstrip("*") for row in known.rows(name, known.Resource)]
    missed = [text for text in texts if not may_hold("main.tf", text.encode(), KNOWN)]
    assert missed == []


def test_no_row_is_written_twice() -> None:
    for name in known.FILES:
        rows = [row.model_dump_json() for row in known.rows(name, known.Row)]
        assert len(rows) == len(set(rows)), name
