# ruff: noqa: E501 - a line of a snapshot is a line of output
"""What administrators really hand over: re-saved, cut, decorated, packed or broken files."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit import exports
from llmaudit.errors import LlmauditError, TrustError
from llmaudit.exports import files
from llmaudit.model import Usage
from llmaudit.redact import People

from .reading import PREMIUM, SAMPLES, amounts, premium, read, sample

PLAIN = premium("2026-03-02|ana|10|1.50", "2026-03-03|ben|2.5|0.25")
EXPECTED = [
    "2026-03-02 seat:github-copilot:ana 1.50",
    "2026-03-03 seat:github-copilot:ben 0.25",
]


def test_plain():
    assert amounts(read(PLAIN)) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding(encoding):
    assert amounts(read(PLAIN.encode(encoding))) == EXPECTED


def test_utf16_with_tabs_as_excel_saves_it():
    assert amounts(read(PLAIN.replace(",", "\t").encode("utf-16"))) == EXPECTED


def test_windows_1252_is_read_with_a_warning():
    (table,) = exports.tables(PLAIN.replace("acme", "acm\u00e9").encode("cp1252"), "export.csv")
    assert table.note == snapshot(
        "read as Windows-1252, because it is not UTF-8; accented names may be wrong"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter(delimiter):
    text = premium("2026-03-02~ana~10~1.50".replace("~", "|"), delimiter=delimiter)
    assert amounts(read(text)) == EXPECTED[:1]


def test_sep_line():
    reading = read("sep=;\n" + premium("2026-03-02|ana|10|1.50", delimiter=";"))
    assert amounts(reading) == EXPECTED[:1]
    assert str(reading.seats[0].where) == "file:export.csv#row=3"


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_every_newline(newline):
    assert amounts(read(PLAIN.replace("\n", newline).encode())) == EXPECTED


def test_lines_above_the_header_keep_the_row_numbers():
    reading = read("Acme GmbH\nUsage report; confidential\n\n" + PLAIN)
    assert amounts(reading) == EXPECTED
    assert [str(seat.where) for seat in reading.seats] == [
        "file:export.csv#row=5",
        "file:export.csv#row=6",
    ]


def test_a_repeated_column_leaves_the_first_one_in_force():
    lines = PLAIN.splitlines()
    doubled = [lines[0] + ",username"] + [line + ',"somebody-else"' for line in lines[1:]]
    reading = read("\n".join(doubled))
    assert amounts(reading) == EXPECTED


def test_columns_in_another_order_and_case_with_hard_spaces():
    lines = [line.split(",") for line in PLAIN.splitlines()]
    lines[0] = [f"\u00a0{name.upper()} " for name in lines[0]]
    assert amounts(read("\n".join(",".join(reversed(line)) for line in lines))) == EXPECTED


def test_totals_rows_are_dropped_by_rule_and_counted():
    text = premium(
        "2026-03-02|ana|10|1.50",
        "2026-03-03|total-rewards-bot|1|0.25",
        "Total||11|1.75",
        "|||||11||||1.75|||||",
        "||Grand total||||||||1.75||||",
    )
    reading = read(text + "\n\n")
    assert amounts(reading) == [
        "2026-03-02 seat:github-copilot:ana 1.50",
        "2026-03-03 seat:github-copilot:total-rewards-bot 0.25",
    ]
    assert (reading.outcome.rows.all, reading.outcome.rows.totals) == (5, 3)


def test_a_bad_row_costs_only_itself():
    text = premium(
        "2026-03-02|ana|10|1.50",
        "someday|ben|10|9.99",
        "2026-03-03|cid|10|a lot",
        "2026-03-04|dan|10|1E999999999",
        "2026-03-05|eve|10|0.01",
    )
    reading = read(text)
    assert amounts(reading) == [
        "2026-03-02 seat:github-copilot:ana 1.50",
        "2026-03-05 seat:github-copilot:eve 0.01",
    ]
    assert [seat.owner for seat in reading.seats] == ["ana", "ben", "cid", "dan", "eve"]
    assert reading.outcome.problems == snapshot(
        {
            3: "date is not a date such as 2026-10-31",
            4: "net_amount is not a number",
            5: "net_amount is not a number",
        }
    )


def test_a_row_that_has_slipped_out_of_its_columns_is_not_counted():
    lines = premium(
        "2026-03-02|ana|10|1.50", "2026-03-03|ben|10|0.25", "2026-03-04|cid|10|1"
    ).splitlines()
    lines[1] = lines[1].replace('"GPT-5.2"', "GPT-5.2, fast")
    reading = read("\n".join(lines))
    assert amounts(reading) == [EXPECTED[1], "2026-03-04 seat:github-copilot:cid 1"]
    assert reading.outcome.problems == {2: "the row has more cells than the table"}


def test_a_delimiter_at_the_end_of_every_row_does_no_harm():
    lines = premium("2026-03-02|ana|10|1.50", "2026-03-03|ben|2.5|0.25").splitlines()
    assert amounts(read("\n".join([lines[0], lines[1] + ",", lines[2] + ","]))) == EXPECTED


def test_german_numbers_and_dates_of_a_resaved_file():
    text = premium("31.03.2026|ana|10|1.234,56", "01.04.2026|ben|10|1.234", delimiter=";")
    assert amounts(read(text)) == [
        "2026-03-31 seat:github-copilot:ana 1234.56",
        "2026-04-01 seat:github-copilot:ben 1234",
    ]


def test_us_dates_are_decided_by_another_row_of_the_file():
    text = premium("5/1/26|ana|10|1", "5/29/26|ben|10|1")
    assert [u.day for u in read(text).usage] == [date(2026, 5, 1), date(2026, 5, 29)]
    text = premium("5/1/26|ana|10|1", "29/5/26|ben|10|1")
    assert [u.day for u in read(text).usage] == [date(2026, 1, 5), date(2026, 5, 29)]


def test_undecidable_dates_are_said():
    assert read(premium("5/1/26|ana|10|1")).outcome.notes == [
        "dates like 05/01/2026 can be read in two ways and were read month first"
    ]


def test_one_person_in_two_rows_is_one_seat_whatever_the_case():
    reading = read(premium("2026-03-02|Ana|1|1", "2026-03-05|ANA |1|1", "2026-03-01|ana|1|1"))
    (seat,) = reading.seats
    assert (seat.same_as, seat.first_seen, seat.last_used) == (
        ("seat:github-copilot:ana",),
        date(2026, 3, 1),
        date(2026, 3, 5),
    )


def test_header_only_brings_nothing():
    reading = read(PREMIUM + "\n")
    assert (reading.schema, reading.evidence, reading.usage) == ("github-premium-requests", (), ())


def problem(data: bytes | str, name: str = "export.csv") -> str:
    with pytest.raises(LlmauditError) as caught:
        read(data, name)
    return str(caught.value)


def test_unknown_header_lists_columns_and_the_three_nearest():
    assert problem(
        "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
        "discount_amount,net_amount,username,organization,repository,workflow_path,"
        "cost_center_name\n2026-03-02,copilot,x,1,requests,1,1,1,1,ana,acme,,,\n"
    ) == snapshot("""\
export.csv is no export that is known; its columns are: date, product, sku, quantity, unit_type, applied_cost_per_quantity, gross_amount, discount_amount, net_amount, username, organization, repository, workflow_path, cost_center_name
help: nearest: github-premium-requests lacks model, exceeds_quota, total_monthly_quota; github-ai-usage lacks model, total_monthly_quota, aic_quantity, aic_gross_amount\
""")


def test_an_unknown_file_shows_no_cell_that_is_no_column_name():
    assert problem("ana@acme.example.com,1200.50,-,Name of a person\n") == snapshot("""\
export.csv is no export that is known; its columns are: (not a column name), (not a column name), (not a column name), Name of a person
help: no known export has one of them; `llmaudit sources` lists the exports that are known\
""")


def test_empty_file():
    assert problem(b"") == snapshot("""\
export.csv is empty
help: export it again; an export has a header row\
""")
    assert problem(b"\xef\xbb\xbf\n\n,,\n") == problem(b"")


def test_binary_file():
    assert problem(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") == snapshot("""\
export.csv is not a text file in UTF-8, UTF-16 or Windows-1252
help: save it as CSV in UTF-8, or export it again\
""")
    assert problem(bytes(range(1, 256)) * 4) == problem(b"\x89PNG\x00")


def test_old_excel_file():
    assert problem(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600) == snapshot("""\
export.csv is an old or password-protected Excel file
help: save it without a password as .xlsx or CSV\
""")


def test_a_quotation_mark_without_end_keeps_the_rows_above_it():
    reading = read(PLAIN + '"2026-03-04","cid' + "x" * 200_000)
    assert amounts(reading) == EXPECTED
    assert [seat.owner for seat in reading.seats] == ["ana", "ben"]
    assert str(reading.outcome.cut) == snapshot("""\
export.csv cannot be read after row 3: field larger than field limit (131072)
help: look for a quotation mark that is never closed, or export the file again\
""")


def test_a_tie_names_both_schemas():
    schemas = exports.list_schemas()
    twin = next(s for s in schemas if s.id == "github-premium-legacy").model_copy(
        update={"id": "acme-copy"}
    )
    (table,) = exports.tables((SAMPLES / "premium-legacy.csv").read_bytes(), "legacy.csv")
    with pytest.raises(LlmauditError) as caught:
        exports.detect(table, (*schemas, twin), "legacy.csv", "legacy.csv")
    assert str(caught.value) == snapshot("""\
legacy.csv fits acme-copy and github-premium-legacy equally well
help: keep the name the vendor gave the file, or remove one of the two schemas\
""")


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def opened(data: bytes) -> list[str]:
    return [
        f"{table.name}: {table.problem.problem if table.problem else 'opened'}"
        for table in exports.tables(data, "export.zip")
    ]


def test_zip_and_gzip():
    assert amounts(read(zipped({"report.csv": PLAIN}))) == EXPECTED
    assert amounts(read(gzip.compress(PLAIN.encode()))) == EXPECTED


def test_zip_members_that_are_not_opened():
    data = zipped(
        {
            "a.csv": PLAIN,
            "../../etc/b.csv": PLAIN,
            "/c.csv": PLAIN,
            "d.zip": zipped({"e.csv": PLAIN}),
            "f.png": b"\x89PNG\x00",
            "__MACOSX/._a.csv": b"\x00",
        }
    )
    assert opened(data) == snapshot(
        [
            "../../etc/b.csv: export.zip holds a file whose name leads outside the archive; it is not opened",
            "/c.csv: export.zip holds a file whose name leads outside the archive; it is not opened",
            "a.csv: opened",
            "d.zip: export.zip!d.zip is packed once more; archives inside archives are not opened",
            "f.png: export.zip!f.png is not a text file in UTF-8, UTF-16 or Windows-1252",
        ]
    )


def test_zip_bomb_by_ratio_and_by_size(monkeypatch):
    assert opened(zipped({"a.csv": b"0" * 4_000_000})) == snapshot(
        [
            "a.csv: export.zip!a.csv unpacks to more than 200 times its size, like a decompression bomb"
        ]
    )
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    two = zipped({"a.csv": "a,b\n" * 150, "b.csv": "a,b\n" * 150})
    assert opened(two) == snapshot(
        [
            "a.csv: opened",
            "b.csv: export.zip!b.csv unpacks to more than the rest of its archive leaves room for",
        ]
    )


def test_gzip_bomb_and_damaged_gzip():
    assert problem(gzip.compress(b"0" * 4_000_000), "a.csv.gz") == snapshot("""\
a.csv.gz unpacks to more than 200 times its size, like a decompression bomb
help: unpack it yourself and give the files one by one\
""")
    assert problem(gzip.compress(PLAIN.encode())[:40], "a.csv.gz") == snapshot("""\
a.csv.gz is a damaged gzip file
help: download the export again\
""")


def test_too_many_members():
    data = zipped({f"{n}.csv": "x" for n in range(201)})
    assert problem(data, "export.zip") == snapshot("""\
export.zip holds 201 files; at most 200 are opened
help: unpack it and give the files that matter\
""")


def test_damaged_zip():
    assert problem(b"PK\x03\x04" + b"\x00" * 50, "export.zip") == snapshot("""\
export.zip is a damaged ZIP file
help: download the export again\
""")


def workbook(sheets: dict[str, tuple[str, str]]) -> bytes:
    """A minimal workbook: sheet name to (state, sheet data)."""
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" state="{state}" r:id="r{i}"/>'
        for i, (name, (state, _)) in enumerate(sheets.items(), 1)
    )
    related = "".join(
        f'<Relationship Id="r{i}" Type="{rel}/worksheet" Target="worksheets/s{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    members: dict[str, bytes | str] = {
        "xl/workbook.xml": f'<workbook {ns} xmlns:r="{rel}"><sheets>{listed}</sheets></workbook>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{related}</Relationships>',
    }
    for i, (_, data) in enumerate(sheets.values(), 1):
        members[f"xl/worksheets/s{i}.xml"] = (
            f"<worksheet {ns}><sheetData>{data}</sheetData></worksheet>"
        )
    return zipped(members)


def sheet_of(text: str, first_row: int = 1) -> str:
    rows = []
    for number, line in enumerate(text.splitlines(), first_row):
        cells = "".join(
            f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{cell.strip(chr(34))}</t></is></c>'
            for i, cell in enumerate(line.split(","))
        )
        rows.append(f'<row r="{number}">{cells}</row>')
    return "".join(rows)


def test_every_visible_sheet_of_a_workbook():
    book = workbook(
        {
            "Usage": ("visible", sheet_of(PLAIN, first_row=3)),
            "Draft": ("hidden", sheet_of(PLAIN)),
            "Notes": ("visible", sheet_of("hello,there")),
        }
    )
    tables = list(exports.tables(book, "export.xlsx"))
    assert [table.name for table in tables] == ["Usage", "Notes"]
    found = exports.detect(tables[0], exports.list_schemas(), "export.xlsx", "export.xlsx!Usage")
    assert [number for number, _ in found.data()] == [4, 5]
    assert found.header_row == 3
    outcome = exports.Outcome()
    things = exports.read(
        found, "file:export.xlsx!Usage", "exports:export.xlsx", People(b"", True), str, outcome
    )
    assert [f"{u.day} {u.asset} {u.amount}" for u in things if isinstance(u, Usage)] == EXPECTED


def test_cells_of_a_workbook_that_a_spreadsheet_has_typed():
    typed = [2026, date(2026, 5, 29), datetime(2026, 5, 29, 6, 30), 0.25, 3.0, True, 9.4e-05, ""]
    assert [files.cell_text(cell) for cell in typed] == [
        "2026",
        "2026-05-29",
        "2026-05-29T06:30:00",
        "0.25",
        "3",
        "True",
        "9.4e-05",
        "",
    ]


def test_a_workbook_of_two_far_cells_is_refused():
    far = '<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>'
    assert problem(workbook({"Far": ("visible", far)}), "far.xlsx") == snapshot("""\
far.xlsx has a sheet that spans 1048576 rows by 16384 columns; at most 5000000 cells are read
help: save the sheet as CSV\
""")


def test_a_damaged_workbook():
    assert problem(zipped({"xl/workbook.xml": "<workbook"}), "bad.xlsx") == snapshot("""\
bad.xlsx is a damaged workbook
help: open it in a spreadsheet program and save it again, or as CSV\
""")


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "tree").mkdir()
    inside = tmp_path / "tree" / "a.csv"
    inside.write_text(PLAIN)
    (tmp_path / "outside.csv").write_text(PLAIN)
    (tmp_path / "tree" / "link.csv").symlink_to(tmp_path / "outside.csv")
    (tmp_path / "tree" / "loop.csv").symlink_to("loop.csv")
    tree = tmp_path / "tree"

    def refused(name: str, cap: int = 10_000) -> str:
        with pytest.raises(LlmauditError) as caught:
            exports.read_bytes(tree / name, name, tree, cap)
        return str(caught.value)

    assert exports.read_bytes(inside, "a.csv", tree) == PLAIN.encode()
    assert exports.read_bytes(tree / "link.csv", "link.csv", None) == PLAIN.encode()
    assert refused("missing.csv") == snapshot("""\
missing.csv cannot be read: No such file or directory
help: check the path and its permissions\
""")
    assert refused("link.csv") == snapshot("""\
link.csv lies outside the audited tree, which a discovered configuration may not read
help: pass the configuration with --config, or copy the file into the tree\
""")
    assert refused("../outside.csv").startswith("../outside.csv lies outside the audited tree")
    assert refused("loop.csv").startswith("loop.csv cannot be read: ")
    assert refused(".") == snapshot("""\
. is a folder
help: name its files: ./*\
""")
    inside.write_bytes(b"x" * (1024 * 1024 + 1))
    assert refused("a.csv", cap=1024 * 1024) == snapshot("""\
a.csv is larger than 1 MiB, the most that is read of one file
help: export a shorter period, or split the file\
""")
    with pytest.raises(TrustError):
        exports.read_bytes(tree / "link.csv", "link.csv", tree)


def test_money_is_exact():
    text = premium(*(f"2026-03-02|u{n}|1|0.1" for n in range(10)))
    assert sum((u.amount or Decimal(0) for u in read(text).usage), Decimal(0)) == Decimal("1.0")


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_raise_a_clear_error(data):
    with pytest.raises(LlmauditError) as caught:
        read(data)
    assert caught.value.problem


@settings(max_examples=40)
@given(st.lists(st.text(max_size=12), min_size=15, max_size=15))
def test_no_row_stops_the_rows_after_it(cells):
    out = io.StringIO()
    import csv

    writer = csv.writer(out)
    writer.writerow(cells)
    text = premium("2026-03-02|ana|10|1.50").rstrip("\n") + "\n" + out.getvalue()
    text += premium("2026-03-03|ben|2.5|0.25").splitlines()[1] + "\n"
    if "\x00" in text:
        return
    reading = read(text)
    assert {"2026-03-02", "2026-03-03"} <= {str(u.day) for u in reading.usage}


def test_samples_have_no_unread_column():
    for path in sorted(SAMPLES.glob("*.csv")):
        (table,) = exports.tables(path.read_bytes(), path.name)
        found = exports.detect(table, exports.list_schemas(), path.name, path.name)
        assert (path.name, found.unread) == (path.name, ())
        assert sample(path.name).outcome.problems == {}
