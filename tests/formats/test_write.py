from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from llmaudit import formats
from llmaudit.errors import UsageError
from llmaudit.formats import Options
from tests.formats import sample


def left(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted(folder.iterdir()) if p.is_file()}


def test_every_format_renders_every_report() -> None:
    for name, module in formats.NAMES.items():
        assert callable(import_module(module).render)
        for report in (sample.report(), sample.code_only(), sample.nothing()):
            output = formats.render(name, report)
            assert isinstance(output, str if name != "csv" else Mapping)
            assert formats.render(name, report, Options()) == output


def test_an_unknown_format_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        formats.render("yaml", sample.nothing())

    assert str(caught.value) == (
        "there is no format 'yaml'\n"
        "help: the formats are: csv, cyclonedx, github, gitlab, json, junit, markdown, sarif, text"
    )


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("last week")
    path.chmod(0o640)
    formats.write("this week\n", path)

    assert left(tmp_path) == {"report.json": "this week\n"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_line_ends_and_characters_are_written_as_rendered(tmp_path: Path) -> None:
    formats.write("\ufeffa;\u00e9\nb\n", tmp_path / "x.csv")

    assert (tmp_path / "x.csv").read_bytes() == b"\xef\xbb\xbfa;\xc3\xa9\nb\n"


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    formats.write("new", tmp_path / "link.json")

    assert (tmp_path / "link.json").is_symlink()
    assert left(tmp_path) == {"link.json": "new", "real.json": "new"}


def test_several_files_go_to_a_folder_made_for_them(tmp_path: Path) -> None:
    formats.write({"a.csv": "1", "b.csv": "2"}, tmp_path / "out" / "csv")

    assert left(tmp_path / "out" / "csv") == {"a.csv": "1", "b.csv": "2"}


def test_a_failure_leaves_all_that_stood_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("last week")
    (tmp_path / "b.csv").mkdir()

    with pytest.raises(UsageError, match=r"cannot be written: b\.csv is a folder"):
        formats.write({"a.csv": "this week", "b.csv": "this week"}, tmp_path)
    with pytest.raises(UnicodeEncodeError):
        formats.write("\ud800", tmp_path / "a.csv")

    assert left(tmp_path) == {"a.csv": "last week"}


def test_places_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(UsageError, match="is a folder"):
        formats.write("text", tmp_path)
    with pytest.raises(UsageError, match="is a file, but this format is several files"):
        formats.write({"a.csv": "1"}, tmp_path / "file")
    with pytest.raises(UsageError, match="cannot be written"):
        formats.write("text", tmp_path / "file" / "report.json")
    with pytest.raises(UsageError, match="cannot go to standard output"):
        formats.write({"a.csv": "1"}, "-")


def test_a_dash_is_standard_output_in_utf8(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    formats.write("caf\u00e9\n", "-")

    assert capfdbinary.readouterr().out == b"caf\xc3\xa9\n"


def test_colour_is_for_terminals_that_want_it() -> None:
    assert formats.wants_color({}, is_terminal=True)
    assert not formats.wants_color({}, is_terminal=False)
    assert not formats.wants_color({"NO_COLOR": "1"}, is_terminal=True)
    assert formats.wants_color({"NO_COLOR": ""}, is_terminal=True)
    assert not formats.wants_color({"TERM": "dumb"}, is_terminal=True)


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")))
    read: list[str] = []
    reader.start()
    formats.write("{}\n", pipe)
    reader.join(10)
    assert read == ["{}\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
