"""Every sample configuration runs, and the README shows what its run prints."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.cli.running import UNTAGGED, Ran, run, tree

PROJECT = Path(__file__).resolve().parent.parent
SAMPLES = PROJECT / "sample_configs"
CONFIG = "sample_configs/quickstart.yaml"
COMMAND = ("scan", "--config", CONFIG, "--as-of", "2026-11-23", "--period", "2026-10")


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quickstart in an empty folder, and its report."""
    folder = tmp_path_factory.mktemp("acme")
    shutil.copytree(SAMPLES, folder / "sample_configs")
    return folder


@pytest.fixture(scope="module")
def ran(quickstart: Path) -> Ran:
    return run(*COMMAND, "--format", "text", "-o", "-", "-o", "report.json", cwd=quickstart)


def test_the_readme_shows_the_real_run(ran: Ran) -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    shown = re.search(r"```console\n\$ llmaudit (.*?)\n(.*?)```\n", readme, re.DOTALL)
    assert shown is not None
    assert tuple(shown[1].split()) == COMMAND
    # The last lines name the file a report was saved as; the README's run saved none.
    ours, theirs = (text.partition("\nNext  ")[0] for text in (ran.out, shown[2]))
    assert ours == theirs
    assert ran.code == 0


def test_the_quickstart_shows_every_kind_of_answer(ran: Ran, quickstart: Path) -> None:
    assert ran.code == 0
    report = json.loads((quickstart / "report.json").read_text("utf-8"))
    calls = {
        asset["evidence"][0]["where"]["path"]: (
            asset["verdict"],
            asset["tag_status"],
            asset["owner"]["value"],
            asset["owner"]["status"],
        )
        for asset in report["assets"]
        if asset["kind"] == "call"
    }
    assert calls == snapshot(
        {
            "web/src/chat.ts": ("sanctioned", "complete", "@acme/web", "active"),
            "notebooks/tone.ipynb": ("shadow", "untagged", None, "none"),
            "services/claims/triage.py": (
                "shadow",
                "untaggable",
                "p.novak@example.com",
                "orphaned",
            ),
            "services/search/rank.py": ("sanctioned", "untagged", "@acme/search", "active"),
            "services/claims/extract.py": (
                "sanctioned",
                "complete",
                "p.novak@example.com",
                "orphaned",
            ),
            "services/search/answer.py": ("sanctioned", "complete", "@acme/search", "active"),
        }
    )
    assert {line["status"] for line in report["coverage"]} == {"ok", "not_configured"}
    assert sorted({asset["kind"] for asset in report["assets"]}) == snapshot(
        ["api_key", "app", "call", "seat"]
    )


def test_the_same_input_gives_the_same_bytes(ran: Ran, quickstart: Path) -> None:
    assert ran.code == 0
    first = (quickstart / "report.json").read_bytes()
    run(*COMMAND, "-o", "again.json", "--jobs", "1", cwd=quickstart)
    assert (quickstart / "again.json").read_bytes() == first


@pytest.mark.parametrize("name", ["minimal.yaml", "ci.yaml"])
def test_a_sample_gates_a_tree(tmp_path: Path, name: str) -> None:
    tree(tmp_path, app_py=UNTAGGED)
    shutil.copy(SAMPLES / name, tmp_path / "llmaudit.yaml")
    ended = run("check", cwd=tmp_path)
    assert (ended.code, ended.err) == (1, "")
    assert "POLICY BROKEN   untagged 1\n" in ended.out


def test_the_organisations_sample_binds_a_tree(tmp_path: Path) -> None:
    tree(tmp_path, app_py=UNTAGGED, llmaudit_yaml="policy: {rules: {untagged: off}}\n")
    shutil.copy(SAMPLES / "org.yaml", tmp_path / "org.yml")
    ended = run("check", "--policy", "org.yml", cwd=tmp_path)
    assert ended.code == 1
    assert "llmaudit.yaml: policy.rules.untagged: off was dropped" in " ".join(ended.out.split())


def test_every_sample_is_run_here() -> None:
    assert sorted(path.name for path in SAMPLES.glob("*.yaml")) == [
        "ci.yaml",
        "minimal.yaml",
        "org.yaml",
        "quickstart.yaml",
    ]
