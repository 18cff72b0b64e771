"""The columns stand in the documentation, in their order, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llmaudit.formats.csv_assets import asset_columns
from llmaudit.formats.csv_findings import FINDING_COLUMNS
from llmaudit.formats.csv_units import UNIT_COLUMNS
from llmaudit.formats.text import render
from tests.formats import sample

DOCS = Path(__file__).parents[2] / "docs" / "formats"


def documented(table: str) -> tuple[str, ...]:
    section = (DOCS / "csv.md").read_text(encoding="utf-8").partition(f"\n## {table}\n")[2]
    return tuple(re.findall(r"^\| `([^`]+)` \|", section.partition("\n## ")[0], re.MULTILINE))


def test_the_columns_are_documented_in_their_order() -> None:
    required = sample.report().policy.required
    assets = [
        column
        for name in documented("assets.csv")
        for column in ([f"x_Tag_{key}" for key in required] if "<key>" in name else [name])
    ]

    assert tuple(assets) == asset_columns(sample.report())
    assert documented("findings.csv") == FINDING_COLUMNS
    assert documented("units.csv") == UNIT_COLUMNS


@pytest.mark.parametrize("name", ["INVENTORY", "SPEND", "BUSINESS UNIT", "FIX FIRST", "NOT SEEN"])
def test_the_blocks_of_the_summary_are_documented(name: str) -> None:
    assert f"\n{name}" in render(sample.report())
    assert f"| {name} |" in (DOCS / "text.md").read_text(encoding="utf-8")


def test_the_documented_schema_is_where_the_link_says() -> None:
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((\.\./[^)]+)\)", text)

    assert links == ["../../llmaudit/formats/report.schema.json"]
    assert (DOCS / links[0]).is_file()
