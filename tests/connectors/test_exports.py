# ruff: noqa: E501 - a line of a snapshot is a line of output
from __future__ import annotations

import os
import shutil
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from llmaudit import catalogue
from llmaudit.connectors import Run, exports
from llmaudit.errors import ConfigError, TrustError
from llmaudit.exports import list_schemas
from llmaudit.ledger import Ledger
from llmaudit.model import Coverage, Evidence, Usage
from llmaudit.redact import People

SAMPLES = Path(__file__).parent.parent / "data" / "exports"
HEADER = SAMPLES.joinpath("premium.csv").read_text("utf-8-sig").splitlines()[0]
ROW = '"{day}","{user}","copilot","copilot_premium_request","GPT-5.2","1","requests","0.04","1","0","{net}","False","300","acme",""'


def run_in(root: Path, *, confine: Path | None = None) -> Run:
    return Run(
        root=root,
        confine=confine,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="Acme",
        catalogue=catalogue.load(),
        people=People(b"key"),
    )


def collect(root: Path, *paths: str, confine: Path | None = None):
    ledger = Ledger("exports", "saas")
    things = list(
        exports.collect(exports.Settings(paths=paths), run_in(root, confine=confine), ledger)
    )
    evidence = [t for t in things if isinstance(t, Evidence)]
    usage = [t for t in things if isinstance(t, Usage)]
    return evidence, usage, ledger.lines


def premium(*rows: tuple[str, str, str]) -> str:
    return "\n".join((HEADER, *(ROW.format(day=d, user=u, net=n) for d, u, n in rows))) + "\n"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SAMPLES, tmp_path / "exports")
    return tmp_path


def test_one_line_per_file_sorted(folder):
    evidence, usage, lines = collect(folder, "exports/*")
    assert [
        (line.scope, line.status, line.seen, line.of, str(line.data_through), line.why)
        for line in lines
    ] == snapshot(
        [
            (
                "exports/ai-usage.csv",
                "ok",
                2,
                2,
                "2026-06-02",
                "recognised as github-ai-usage",
            ),
            (
                "exports/chatgpt-credits.csv",
                "ok",
                5,
                5,
                "2026-05-03",
                "recognised as openai-chatgpt-credit-usage",
            ),
            (
                "exports/m365-v1-beta-order.csv",
                "partial",
                3,
                3,
                "2026-10-30",
                "recognised as microsoft-copilot-user-detail; seat holders whose names the vendor conceals: 1",
            ),
            (
                "exports/m365-v1.csv",
                "partial",
                3,
                3,
                "2026-10-30",
                "recognised as microsoft-copilot-user-detail; seat holders whose names the vendor conceals: 1",
            ),
            (
                "exports/m365-v2.csv",
                "ok",
                1,
                1,
                "2026-10-30",
                "recognised as microsoft-copilot-user-detail",
            ),
            (
                "exports/premium-aic.csv",
                "ok",
                1,
                1,
                "2026-03-04",
                "recognised as github-premium-requests",
            ),
            (
                "exports/premium-legacy.csv",
                "ok",
                3,
                3,
                "2025-06-11",
                "recognised as github-premium-legacy",
            ),
            (
                "exports/premium-tokens.csv",
                "ok",
                1,
                1,
                "2026-02-01",
                "recognised as github-premium-requests",
            ),
            (
                "exports/premium.csv",
                "ok",
                4,
                4,
                "2026-03-03",
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
            ),
        ]
    )
    assert {e.connector for e in evidence} == {"exports"}
    assert sorted({u.source for u in usage}) == snapshot(
        [
            "exports:ai-usage.csv",
            "exports:chatgpt-credits.csv",
            "exports:premium-aic.csv",
            "exports:premium-legacy.csv",
            "exports:premium-tokens.csv",
            "exports:premium.csv",
        ]
    )


def test_people_are_pseudonyms_and_no_display_name_is_read(folder):
    evidence, usage, lines = collect(folder, "exports/*")
    text = repr((evidence, usage, lines)).casefold()
    assert "ana@" not in text
    assert "ana acme" not in text
    assert "dc8c64d6ec3a3aa17481d7e5eb5b68a6" not in text
    seat = next(e for e in evidence if e.kind == "seat" and "365" in e.name)
    assert (seat.name, seat.same_as, seat.owner) == snapshot(
        (
            "Microsoft 365 Copilot seat u_661928882a@acme.example.com",
            ("seat:microsoft-365-copilot:u_661928882a@acme.example.com",),
            "u_661928882a@acme.example.com",
        )
    )


def test_one_person_has_one_link_in_every_export_of_an_app(folder):
    evidence, _, _ = collect(folder, "exports/premium*.csv", "exports/ai-usage.csv")
    links = {e.same_as for e in evidence if e.kind == "seat"}
    assert len(links) == 2


def test_every_usage_belongs_to_an_asset_of_the_run(folder):
    evidence, usage, _ = collect(folder, "exports/*")
    links = {link for e in evidence for link in e.same_as}
    assert {u.asset for u in usage} <= links


def test_money_ties_out_by_source_and_currency(folder):
    _, usage, _ = collect(folder, "exports/*")
    totals: dict[tuple[str, str | None], Decimal] = {}
    for u in usage:
        if u.amount is not None:
            key = (u.source, u.currency)
            totals[key] = totals.get(key, Decimal(0)) + u.amount
    assert {key: str(value) for key, value in sorted(totals.items())} == snapshot(
        {
            ("exports:ai-usage.csv", "USD"): "0.6",
            ("exports:chatgpt-credits.csv", "credits"): "185.25",
            ("exports:premium-aic.csv", "USD"): "0.75",
            ("exports:premium-tokens.csv", "USD"): "0",
            ("exports:premium.csv", "USD"): "4.080094000000003",
        }
    )


def test_the_same_file_twice_counts_once(folder):
    shutil.copy(folder / "exports" / "premium.csv", folder / "exports" / "premium-copy.csv")
    _, usage, lines = collect(folder, "exports/premium.csv", "exports/premium-copy.csv")
    assert [(line.scope, line.status, line.why) for line in lines] == snapshot(
        [
            (
                "exports/premium-copy.csv",
                "ok",
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
            ),
            (
                "exports/premium.csv",
                "skipped",
                "the same bytes as exports/premium-copy.csv, which is counted once",
            ),
        ]
    )
    assert len(usage) == 4


def test_overlapping_exports_are_said(tmp_path):
    (tmp_path / "a.csv").write_text(premium(("2026-03-02", "ana", "1"), ("2026-03-03", "ana", "1")))
    (tmp_path / "b.csv").write_text(premium(("2026-03-03", "ana", "1"), ("2026-03-04", "ana", "1")))
    _, _, lines = collect(tmp_path, "*.csv")
    assert [(line.scope, line.status, line.why, line.fix) for line in lines] == snapshot(
        [
            ("exports/a.csv", "ok", "recognised as github-premium-requests", ""),
            (
                "exports/b.csv",
                "partial",
                "recognised as github-premium-requests; days of a person that also stand in a.csv: 1; their amounts may be counted twice",
                "keep one of this file and a.csv if their periods overlap",
            ),
        ]
    )


def test_patterns_that_find_nothing_and_folders(folder):
    (folder / "exports" / "old").mkdir()
    _, _, lines = collect(folder, "exports/premium.c*", "exports/ol*", "exports", "nothing/*.csv")
    assert [(line.scope, line.status, line.why, line.fix) for line in lines] == snapshot(
        [
            (
                "exports/exports/old",
                "skipped",
                "exports/old is a folder; its files were not read",
                "add exports/old/* to paths",
            ),
            (
                "exports/exports",
                "failed",
                "exports is a folder; its files were not read",
                "add exports/* to paths",
            ),
            (
                "exports/nothing/*.csv",
                "failed",
                "no file matches nothing/*.csv",
                "correct the path, or put the export there; paths start at the configuration's folder",
            ),
            (
                "exports/premium.csv",
                "ok",
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
                "",
            ),
        ]
    )


def test_two_files_of_one_name_keep_apart(folder):
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "p.csv").write_text(premium(("2026-03-02", name, "1")))
    _, usage, lines = collect(folder, "?/p.csv")
    assert [line.scope for line in lines] == ["exports/a/p.csv", "exports/b/p.csv"]
    assert [u.source for u in usage] == ["exports:a/p.csv", "exports:b/p.csv"]


def test_a_discovered_configuration_reads_nothing_outside_its_tree(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "outside.csv").write_text(premium(("2026-03-02", "ana", "1")))
    (tree / "link.csv").symlink_to(tmp_path / "outside.csv")
    evidence, usage, lines = collect(tree, "link.csv", "../outside.csv", confine=tree)
    assert (evidence, usage) == ([], [])
    assert [(line.scope, line.status, line.why) for line in lines] == snapshot(
        [
            (
                "exports/outside.csv",
                "failed",
                "../outside.csv lies outside the audited tree, which a discovered configuration may not read",
            ),
            (
                "exports/link.csv",
                "failed",
                "link.csv lies outside the audited tree, which a discovered configuration may not read",
            ),
        ]
    )


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "dangling.csv").symlink_to("nowhere.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text(HEADER + "\n")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\x00\x01")
    (tmp_path / "strange.csv").write_text("who,what\nana,chat\n")
    os.mkfifo(tmp_path / "pipe.csv")
    evidence, usage, lines = collect(tmp_path, "*.csv")
    assert (evidence, usage) == ([], [])
    assert [(line.scope, line.status, line.why, line.fix) for line in lines] == snapshot(
        [
            (
                "exports/dangling.csv",
                "failed",
                "dangling.csv cannot be read: No such file or directory",
                "check the path and its permissions",
            ),
            (
                "exports/empty.csv",
                "failed",
                "empty.csv is empty",
                "export it again; an export has a header row",
            ),
            (
                "exports/header.csv",
                "empty",
                "recognised as github-premium-requests; it has a header and no rows of data",
                "if there was usage, export again with another period",
            ),
            (
                "exports/picture.csv",
                "failed",
                "picture.csv is not a text file in UTF-8, UTF-16 or Windows-1252",
                "save it as CSV in UTF-8, or export it again",
            ),
            (
                "exports/pipe.csv",
                "failed",
                "pipe.csv is not a regular file",
                "give a file or a copy of it",
            ),
            (
                "exports/strange.csv",
                "failed",
                "strange.csv is no export that is known; its columns are: who, what",
                "no known export has one of them; `llmaudit sources` lists the exports that are known",
            ),
        ]
    )


def test_a_file_that_is_read_in_part_says_which_rows(tmp_path):
    rows = [("2026-03-02", "ana", "1"), *(("soon", f"u{n}", "2") for n in range(7))]
    (tmp_path / "p.csv").write_text(premium(*rows, ("Total", "", "15")))
    evidence, usage, (line,) = collect(tmp_path, "p.csv")
    assert len(usage) == 1
    assert len([e for e in evidence if e.kind == "seat"]) == 8
    assert line == snapshot(
        Coverage(
            connector="exports",
            scope="exports/p.csv",
            status="partial",
            side="saas",
            seen=1,
            of=9,
            skipped=1,
            data_through=date(2026, 3, 2),
            why="recognised as github-premium-requests; 7 of 9 rows were not read in full: rows 3, 4, 5, 6, 7 and 2 more: date is not a date such as 2026-10-31",
            fix="correct these rows, or export the file again",
            counts={"rows not read in full": 7, "rows read": 1, "rows that are totals": 1},
        )
    )


def test_concealed_holders_are_said(folder):
    _, _, (line,) = collect(folder, "exports/m365-v1.csv")
    assert (line.status, line.why, line.fix) == snapshot(
        (
            "partial",
            "recognised as microsoft-copilot-user-detail; seat holders whose names the vendor conceals: 1",
            "have an administrator show names in reports, then export again",
        )
    )


def test_an_archive_is_one_line_with_every_member(folder):
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.write(folder / "exports" / "premium.csv", "premium.csv")
        archive.writestr("readme.txt", "hello there")
    evidence, _, (line,) = collect(folder, "all.zip")
    assert str(evidence[0].where) == "file:all.zip!premium.csv#row=2"
    assert (line.scope, line.status, line.why) == snapshot(
        (
            "exports/all.zip",
            "partial",
            "recognised as github-premium-requests; all.zip!readme.txt is no export that is known; its columns are: hello there; rows that name nobody and count for the application: 1",
        )
    )


def test_a_key_in_a_cell_or_header_is_not_kept(tmp_path):
    secret = "sk-proj-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2
    text = premium(("2026-03-02", "ana", "1")).replace('"acme"', f'"{secret}"')
    (tmp_path / "p.csv").write_text(text)
    (tmp_path / "q.csv").write_text(f"{secret},name\n")
    things = collect(tmp_path, "*.csv")
    assert secret not in repr(things)
    assert "sk-proj-...Issu" in repr(things)


def test_own_schemas(folder):
    (folder / "schemas").mkdir()
    shipped = next(s for s in list_schemas() if s.id == "github-premium-legacy")
    text = Path(exports.__file__).parent.parent / "exports" / f"{shipped.id}.yaml"
    own = text.read_text().replace("id: github-premium-legacy", "id: acme-legacy")
    own = own.replace("[Timestamp, User,", "[Timestamp, User, Desk,")
    (folder / "schemas" / "acme-legacy.yaml").write_text(own)
    legacy = (folder / "exports" / "premium-legacy.csv").read_text()
    lines = legacy.splitlines()
    desk = "\n".join([lines[0] + ',"Desk"', *(f'{line},"4b"' for line in lines[1:])])
    (folder / "desk.csv").write_text(desk)
    ledger = Ledger("exports", "saas")
    settings = exports.Settings(paths=("desk.csv",), schemas="schemas")
    evidence = list(exports.collect(settings, run_in(folder), ledger))
    assert {e.attributes["export"] for e in evidence if isinstance(e, Evidence)} == {"acme-legacy"}
    with pytest.raises(TrustError):
        list(exports.collect(settings, run_in(folder, confine=folder), ledger))
    (folder / "schemas" / "bad.yaml").write_text(own.replace("kind: usage", "kind: chats"))
    with pytest.raises(ConfigError) as caught:
        list(exports.collect(settings, run_in(folder), ledger))
    assert str(caught.value) == snapshot("""\
export schema bad.yaml: kind: Input should be 'usage' or 'seats'
help: docs/connectors/exports.md describes the shape of a schema\
""")


def test_the_same_input_gives_the_same_output(folder):
    assert collect(folder, "exports/*") == collect(folder, "exports/*")


def test_every_schema_names_an_application_of_the_catalogue():
    known = catalogue.load()
    for schema in list_schemas():
        app = known.app(schema.app)
        assert app is not None, schema.id
        assert (schema.app, schema.app_name, schema.provider) == (app.id, app.name, app.provider)
