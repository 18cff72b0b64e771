"""A start loads nothing that only a run needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from benchmarks import startup
from llmaudit import __version__

from .running import run


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["rules", "list", "--help"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert startup.imported(*arguments) == ()


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    assert "pydantic" in startup.imported("scan", str(tmp_path / "nowhere"), "--select", "shadow")


def test_the_version(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).out == f"llmaudit {__version__}\n"


def test_the_help(tmp_path: Path) -> None:
    ran = run("--help", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot()
