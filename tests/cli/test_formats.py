"""Every format from the commands that write one, and the page of a GitHub job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmaudit import formats
from tests.formats import sample

from .running import run


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    formats.write(formats.render("json", sample.report()), tmp_path / "new.json")
    formats.write(formats.render("json", sample.nothing()), tmp_path / "old.json")
    return tmp_path


def test_several_formats_at_once(saved: Path) -> None:
    ran = run(
        "report", "new.json", "-f", "sarif", "-o", "a.sarif", "-f", "gitlab", "-o", "b.json",
        "-f", "junit", "-o", "c.xml", "-f", "cyclonedx", "-o", "d.json", "-f", "markdown",
        cwd=saved,
    )  # fmt: skip

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == formats.render("markdown", sample.report())
    rule = json.loads((saved / "a.sarif").read_text())["runs"][0]["tool"]["driver"]["rules"][-1]
    assert rule["id"] == "untagged"
    assert rule["help"]["markdown"].startswith("**Why**: Money spent without a tag")
    assert (saved / "c.xml").read_text() == formats.render("junit", sample.report())
    assert (saved / "d.json").read_text() == formats.render("cyclonedx", sample.report())


def test_a_diff_in_a_format_holds_what_is_new(saved: Path) -> None:
    same = run("diff", "new.json", "new.json", "-f", "gitlab", cwd=saved)
    more = run("diff", "old.json", "new.json", "-f", "gitlab", cwd=saved)

    names = [
        [e["check_name"] for e in json.loads(ran.out) if e["check_name"] != "llmaudit/coverage"]
        for ran in (same, more)
    ]
    assert (len(names[0]), len(names[1])) == (0, 8)


def test_the_job_summary_is_added_to_what_the_step_wrote(saved: Path) -> None:
    page = saved / "summary.md"
    page.write_text("# mine\n")
    ran = run(
        "report", "new.json", "-f", "github", cwd=saved, env={"GITHUB_STEP_SUMMARY": str(page)}
    )

    assert ran.out == formats.render("github", sample.report())
    assert page.read_text() == "# mine\n" + str(formats.render("markdown", sample.report()))


def test_a_full_or_missing_page_is_only_a_warning(saved: Path) -> None:
    page = saved / "summary.md"
    page.write_text("x" * 1024 * 1024)
    full = run(
        "report", "new.json", "-f", "github", cwd=saved, env={"GITHUB_STEP_SUMMARY": str(page)}
    )
    lost = run(
        "report", "new.json", "-f", "github", cwd=saved, env={"GITHUB_STEP_SUMMARY": str(saved)}
    )

    assert (full.code, lost.code) == (0, 0)
    assert "the job summary of this step is full" in full.err
    assert "the job summary cannot be written" in lost.err
    assert page.stat().st_size == 1024 * 1024
