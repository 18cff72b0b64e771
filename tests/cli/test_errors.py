# ruff: noqa: E501 - a line of a snapshot is a line of output
"""Whatever goes wrong is one sentence with a way out, and the right exit code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from .running import LLMAUDIT, POLICY, UNTAGGED, run, tree


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["scan", "nowhere", "src"],
            snapshot("""\
error: nowhere does not exist
help: give files or folders that exist
"""),
        ),
        (
            ["scan", "--foo"],
            snapshot("""\
error: no such option: --foo (Possible options: --format)
help: llmaudit scan --help lists what there is
"""),
        ),
        (
            ["scam"],
            snapshot("""\
error: no such command 'scam'. Did you mean 'scan'?
help: llmaudit --help lists what there is
"""),
        ),
        (
            [],
            snapshot("""\
error: missing command
help: llmaudit --help lists what there is
"""),
        ),
        (
            ["report"],
            snapshot("""\
error: missing argument 'FILE'
help: llmaudit report --help lists what there is
"""),
        ),
        (
            ["scan", "--jobs", "0"],
            snapshot("""\
error: invalid value for '--jobs' / '-j': Input should be greater than or equal to 1
help: llmaudit scan --help lists what there is
"""),
        ),
        (
            ["scan", "--select", "untaged"],
            snapshot("""\
error: there is no rule 'untaged'
help: did you mean 'untagged'?
"""),
        ),
        (
            ["scan", "--period", "october"],
            snapshot("""\
error: --period 'october' is neither a month nor two days
help: write 2026-10, or 2026-10-01:2026-11-01 (the second day is not included)
"""),
        ),
        (
            ["scan", "--period", "2026-10-05:2026-10-05"],
            snapshot("""\
error: --period '2026-10-05:2026-10-05' holds no day
help: the second day is the first that does not count
"""),
        ),
        (
            ["scan", "--as-of", "yesterday"],
            snapshot("""\
error: --as-of 'yesterday' is neither a date nor a time
help: write 2026-11-23 or 2026-11-23T14:02Z
"""),
        ),
        (
            ["scan", "--config", "none.yaml"],
            snapshot("""\
error: none.yaml cannot be read: No such file or directory
help: check the path
"""),
        ),
        (
            ["scan", "--config", "none.yaml", "--no-config"],
            snapshot("""\
error: --config and --no-config were both given
help: give one of them
"""),
        ),
        (
            ["scan", "--format", "pdf"],
            snapshot("""\
error: there is no format 'pdf'
help: the formats are: csv, cyclonedx, github, gitlab, json, junit, markdown, sarif, text
"""),
        ),
        (
            ["scan", "--format", "json", "--format", "text"],
            snapshot("""\
error: 2 formats were given and 0 places to write to
help: give one -o for each --format; - is standard output
"""),
        ),
        (
            ["scan", "-o", "a.json", "-o", "a.json"],
            snapshot("""\
error: two outputs would go to a.json
help: give each its own -o
"""),
        ),
        (
            ["scan", "--csv-dialect", "dos"],
            snapshot("""\
error: there is no CSV dialect 'dos'
help: the dialects are: standard, excel-eu
"""),
        ),
        (
            ["scan", "--baseline", "old.json"],
            snapshot("error: old.json: cannot be read: No such file or directory\n"),
        ),
        (
            ["scan", "--policy", "https://example.com/p.yaml#sha256=00"],
            snapshot("""\
error: --policy was given an address, and this version reads no policy from the network
help: download it, compare its SHA-256 with the one you trust, and give the file's path
"""),
        ),
        (
            ["scan", "--policy", "git:main"],
            snapshot("""\
error: --policy 'git:main' names no file of a git ref
help: write git:origin/main:llmaudit.yaml
"""),
        ),
        (
            ["scan", "--policy", "git:main:llmaudit.yaml"],
            snapshot("""\
error: git has no 'llmaudit.yaml' at 'main'
help: fetch that ref (in a CI checkout: fetch-depth: 0), and check the path
"""),
        ),
        (
            ["report", "nothing.json"],
            snapshot("error: nothing.json: cannot be read: No such file or directory\n"),
        ),
        (
            ["diff", "a.json", "b.json"],
            snapshot("error: a.json: cannot be read: No such file or directory\n"),
        ),
        (
            ["explain", "untaged"],
            snapshot("""\
error: there is no rule 'untaged'
help: did you mean untagged?
"""),
        ),
        (
            ["rules", "list", "--format", "csv"],
            snapshot("""\
error: a list of rules has no format 'csv'
help: the formats are: json, text
"""),
        ),
    ],
    ids=lambda value: " ".join(value) if type(value) is list else "",
)
def test_what_was_asked_for_wrongly_is_named(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    ran = run(*arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == says


def test_a_source_date_that_is_none(tmp_path: Path) -> None:
    ran = run("scan", cwd=tmp_path, env={"SOURCE_DATE_EPOCH": "soon"})
    assert (ran.code, ran.err) == snapshot(
        (
            2,
            """\
error: SOURCE_DATE_EPOCH is 'soon', not a number of seconds
help: set it, or unset it
""",
        )
    )


def test_a_discovered_configuration_is_not_trusted(tmp_path: Path) -> None:
    tree(
        tmp_path,
        llmaudit_yaml="connectors: [{type: registry, path: ../keys.csv}]\n",
        a_py=UNTAGGED,
    )
    ran = run("scan", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            2,
            "",
            """\
error: llmaudit.yaml:1:37: a configuration found in the audited tree reads '../keys.csv', which lies outside the tree
help: pass it with --config if you trust it
""",
        )
    )


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
    said = re.sub(r"line \d+", "line N", ran.err)
    assert (ran.code, ran.out, said) == snapshot(
        (
            2,
            "",
            """\
error: llmaudit failed unexpectedly: ValueError in llmaudit.cli, line N
help: run it again with -vv for the traceback, and report it as a bug
""",
        )
    )


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
    assert ran.err == snapshot("""\
error: \\x1b[31mred does not exist
help: give files or folders that exist
""")


def test_init_never_overwrites(tmp_path: Path) -> None:
    tree(tmp_path, llmaudit_yaml=POLICY)
    ran = run("init", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            2,
            "",
            """\
error: llmaudit.yaml is there already
help: remove it, or name another file
""",
        )
    )
    assert (tmp_path / "llmaudit.yaml").read_text() == POLICY
