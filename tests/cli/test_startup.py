"""A start loads nothing that only a run needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from benchmarks import startup
from llmaudit import __version__

from .running import run


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert startup.imported(*arguments) == ()


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    assert "pydantic" in startup.imported("scan", str(tmp_path / "nowhere"), "--select", "shadow")


def test_the_version(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).out == f"llmaudit {__version__}\n"


def test_the_help(tmp_path: Path) -> None:
    ran = run("--help", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
Usage: llmaudit [OPTIONS] COMMAND [ARGS]...

  Find where a company uses LLMs, who owns each use, what it costs, and what
  is not seen.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  scan     Look at all that is configured, and sum it up.
  check    Judge code by the policy; exit 1 when it is broken.
  fix      Write missing tags into calls; print the difference.
  report   Show a saved report again, in any format.
  diff     Say what changed from one report to another.
  decide   Write the sheet on which uses are decided.
  init     Write a configuration to start from.
  sources  List what can be read, and what it takes.
  explain  Explain a rule, or a finding of REPORT.
  rules    List scan rules, or policy rules.

  Exit codes: 0 done, 1 policy broken, 2 nothing can be concluded, 3 coverage
  incomplete under --strict.
""")
