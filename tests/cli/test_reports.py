"""What is made of a saved report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from llmaudit import formats
from tests.formats import sample

from .running import run


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    formats.write(formats.render("json", sample.report()), folder / "new.json")
    formats.write(formats.render("json", sample.nothing()), folder / "old.json")
    return folder


def test_a_saved_report_is_shown_as_it_was(saved: Path) -> None:
    ran = run("report", "new.json", cwd=saved)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == formats.render("text", sample.report(), formats.Options(saved_as="new.json"))
    again = run("report", "new.json", "--format", "json", cwd=saved)
    assert again.out == (saved / "new.json").read_text("utf-8")


def test_tables_go_to_a_folder(saved: Path) -> None:
    ran = run(
        "report", "new.json", "-f", "csv", "-o", "out", "--csv-dialect", "excel-eu", cwd=saved
    )
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert sorted(path.name for path in (saved / "out").iterdir()) == [
        "assets.csv", "findings.csv", "manifest.json", "units.csv",
    ]  # fmt: skip
    assert (saved / "out/assets.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    lost = run("report", "new.json", "-f", "csv", cwd=saved)
    assert (lost.code, lost.err) == snapshot(
        (
            2,
            """\
error: this format is several files and cannot go to standard output
help: name a folder with -o
""",
        )
    )


def test_what_changed(saved: Path) -> None:
    ran = run("diff", "old.json", "new.json", cwd=saved)
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(run("diff", "old.json", "new.json", "-f", "json", cwd=saved).out)
    assert document["schema"] == "llmaudit.diff/1"
    assert len(document["added"]) == len(sample.report().assets)
    assert all(asset.name in ran.out for asset in sample.report().assets if asset.kind == "app")


def test_the_decision_sheet(saved: Path) -> None:
    ran = run("decide", "new.json", "-o", "decisions.csv", cwd=saved)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    sheet = (saved / "decisions.csv").read_text("utf-8")
    assert sheet.splitlines()[0].endswith(",decision,approved_by,until,reason")
    assert run("decide", "new.json", cwd=saved).out == sheet


def test_a_rule_and_an_asset_are_explained(saved: Path) -> None:
    assert run("explain", "untagged", cwd=saved).out.startswith("untagged: ")
    asset = sample.report().assets[0]
    ran = run("explain", asset.id, "new.json", cwd=saved)
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"{asset.id}  {asset.kind}  {asset.name}")
    lost = run("explain", "call-none", "new.json", cwd=saved)
    assert (lost.code, lost.err) == snapshot(
        (
            2,
            """\
error: no assets of the report answer to 'call-none'
help: give a whole asset id or fingerprint from the report
""",
        )
    )
