"""Whatever goes wrong is one sentence with a way out, and the right exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from .running import LLMAUDIT, POLICY, UNTAGGED, run, tree


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "nowhere", "src"], snapshot()),
        (["scan", "--foo"], snapshot()),
        (["scam"], snapshot()),
        ([], snapshot()),
        (["report"], snapshot()),
        (["scan", "--jobs", "0"], snapshot()),
        (["scan", "--select", "untaged"], snapshot()),
        (["scan", "--period", "october"], snapshot()),
        (["scan", "--period", "2026-10-05:2026-10-05"], snapshot()),
        (["scan", "--as-of", "yesterday"], snapshot()),
        (["scan", "--config", "none.yaml"], snapshot()),
        (["scan", "--config", "none.yaml", "--no-config"], snapshot()),
        (["scan", "--format", "pdf"], snapshot()),
        (["scan", "--format", "json", "--format", "text"], snapshot()),
        (["scan", "-o", "a.json", "-o", "a.json"], snapshot()),
        (["scan", "--csv-dialect", "dos"], snapshot()),
        (["scan", "--baseline", "old.json"], snapshot()),
        (["scan", "--policy", "https://example.com/p.yaml#sha256=00"], snapshot()),
        (["scan", "--policy", "git:main"], snapshot()),
        (["scan", "--policy", "git:main:llmaudit.yaml"], snapshot()),
        (["report", "nothing.json"], snapshot()),
        (["diff", "a.json", "b.json"], snapshot()),
        (["explain", "untaged"], snapshot()),
        (["rules", "list", "--format", "csv"], snapshot()),
    ],
    ids=" ".join,
)
def test_what_was_asked_for_wrongly_is_named(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    ran = run(*arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == says


def test_a_source_date_that_is_none(tmp_path: Path) -> None:
    ran = run("scan", cwd=tmp_path, env={"SOURCE_DATE_EPOCH": "soon"})
    assert (ran.code, ran.err) == snapshot()


def test_a_discovered_configuration_is_not_trusted(tmp_path: Path) -> None:
    tree(
        tmp_path,
        llmaudit_yaml="connectors: [{type: registry, path: ../keys.csv}]\n",
        a_py=UNTAGGED,
    )
    ran = run("scan", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == snapshot()


def program(body: str) -> tuple[str, ...]:
    """The command line with one more command, which does what a bug would do."""
    text = (
        "from llmaudit.cli import app, main\n"
        "@app.command()\n"
        f"def fail(verbose: int = 0):\n    {body}\n"
        "import sys\nmain(sys.argv[1:])\n"
    )
    return (sys.executable, "-c", text)


def test_a_bug_is_one_sentence_without_what_was_being_read(tmp_path: Path) -> None:
    ran = run("fail", cwd=tmp_path, command=program("raise ValueError('sk-proj-canary')"))
    assert (ran.code, ran.out, ran.err) == snapshot()


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    ran = run("fail", cwd=tmp_path, command=program("raise KeyboardInterrupt"))
    assert (ran.code, ran.out, ran.err) == (130, "", "error: interrupted\n")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [LLMAUDIT, "rules", "list", "--format", "json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_a_hostile_name_cannot_drive_the_terminal(tmp_path: Path) -> None:
    ran = run("scan", "\x1b[31mred", cwd=tmp_path)
    assert ran.err == snapshot()


def test_init_never_overwrites(tmp_path: Path) -> None:
    tree(tmp_path, llmaudit_yaml=POLICY)
    ran = run("init", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == snapshot()
    assert (tmp_path / "llmaudit.yaml").read_text() == POLICY
