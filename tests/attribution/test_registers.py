from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from inline_snapshot import snapshot

from llmaudit.attribution import read_registers
from llmaudit.attribution.registers import allowed_values
from llmaudit.config import Owners
from llmaudit.errors import ConfigError, TrustError
from llmaudit.model import Unit
from llmaudit.redact import People

AS_OF = date(2026, 11, 1)
PEOPLE = People(b"a test's key")


def staff(folder: Any, text: Any, people: Any = PEOPLE) -> Any:
    (folder / "people.csv").write_text(text, encoding="utf-8")
    return read_registers(Owners(people="people.csv"), folder, people)[0]


def units(folder: Any, text: Any) -> Any:
    (folder / "units.csv").write_text(text, encoding="utf-8")
    return read_registers(Owners(units="units.csv"), folder, PEOPLE)[1]


STAFF = """\
Name,E-Mail,Login,Status,Left On,Team
Ana Ruiz,ana@example.com,ana,active,,search
Bo Li,bo@example.com,bo,left,,search
Cy Day,cy@example.com,@cy,,2026-10-31,search
Di Fox,di@example.com,di,,2026-11-01,search
Ed Orr,ed@example.com,ed,,2026-11-02,search
Flo Ray,flo@example.com,flo,left,2025-01-01,search
Flo Ray,flo@example.com,flo,active,,search
,,@acme/old-team,left,,
"""


@pytest.mark.parametrize(
    ("owner", "departed"),
    [
        ("ana@example.com", False),
        ("Ana Ruiz <ANA@example.com>", False),
        ("@ana", False),
        ("bo@example.com", True),
        ("@bo", True),
        ("Bo Li", True),
        ("@cy", True),
        ("@di", True),
        ("@ed", False),
        ("flo@example.com", False),
        ("@acme/old-team", True),
        ("@acme/search", False),
        ("search", False),
        ("nobody@example.com", True),
        ("nobody@other.example", False),
        ("@nobody", False),
        (PEOPLE.name("ana@example.com"), False),
        (PEOPLE.name("bo@example.com"), True),
        (PEOPLE.name("stranger@example.com"), True),
        ("", False),
    ],
)
def test_who_has_left(tmp_path, owner, departed):
    assert staff(tmp_path, STAFF).departed(owner, AS_OF) is departed


def test_without_a_file_nobody_has_left(tmp_path):
    people, units = read_registers(Owners(), tmp_path, PEOPLE)

    assert (people.departed("bo@example.com", AS_OF), units.given) == (False, False)


def test_a_cost_centre_is_found_while_it_is_valid(tmp_path):
    register = units(
        tmp_path,
        "cost_center;business_unit;technology_owner;finance_owner;escalate_to;valid_from;valid_to\n"
        "CC-1;Old Search;;;;;2026-06-30\n"
        "CC-1;Search;ana@example.com;bo@example.com;cy@example.com;2026-07-01;\n"
        "\n"
        "CC-2;Closed;;;;2020-01-01;2026-10-31\n",
    )

    assert [
        register.find("cc-1 ", date(2026, 6, 30)),
        register.find("CC-1", date(2026, 7, 1)),
        register.find("CC-2", date(2026, 10, 31)),
        register.find("CC-2", date(2026, 11, 1)),
        register.find("CC-3", AS_OF),
    ] == snapshot(
        [
            Unit(business_unit="Old Search", cost_center="CC-1"),
            Unit(
                business_unit="Search",
                cost_center="CC-1",
                technology_owner="ana@example.com",
                finance_owner="bo@example.com",
                escalate_to="cy@example.com",
            ),
            Unit(business_unit="Closed", cost_center="CC-2"),
            None,
            None,
        ]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            snapshot(
                "units.csv is empty\nhelp: start it with the header cost_center,business_unit,"
                "technology_owner,finance_owner,escalate_to,valid_from,valid_to"
            ),
        ),
        (
            "cost centre id,business_unit\nCC-1,Search\n",
            snapshot("""\
units.csv has no column 'cost_center'
help: the nearest header is 'cost centre id'\
"""),
        ),
        (
            "cost_center,business_unit,valid_to\nCC-1,Search,31/12/2026\n",
            snapshot("""\
units.csv row 2, column 'valid_to': '31/12/2026' is not a date
help: write it as YYYY-MM-DD\
"""),
        ),
        (
            "cost_center,business_unit,valid_to\nCC-1,Search,2026-02-30\n",
            snapshot("units.csv row 2, column 'valid_to': there is no day 2026-02-30"),
        ),
        (
            "cost_center,business_unit\n,Search\n",
            snapshot("""\
units.csv row 2, column 'cost_center': the cell is empty
help: name the cost centre\
"""),
        ),
        (
            "cost_center,business_unit\nCC-1,Search\n\ncc-1,Ads\n",
            snapshot("""\
units.csv row 4, column 'cost_center': 'cc-1' stands in row 2 too, for days that overlap
help: end the one (valid_to) before the other starts (valid_from)\
"""),
        ),
        (
            "cost_center,business_unit,valid_from,valid_to\nCC-1,A,2027-01-01,2026-01-01\n",
            snapshot(
                "units.csv row 2, column 'valid_to': 2026-01-01 lies before valid_from 2027-01-01"
            ),
        ),
        (
            "cost_center,business_unit\nCC-1,Search, Ads\n",
            snapshot("""\
units.csv row 2 has 3 cells, the header 2
help: put a cell that holds the delimiter between double quotes ("a, b")\
"""),
        ),
        (
            "cost_center,Cost Centre,business_unit\nCC-1,CC-1,Search\n",
            snapshot("""\
units.csv row 1: the columns 'cost_center' and 'Cost Centre' mean the same
help: keep one of them\
"""),
        ),
    ],
)
def test_what_is_wrong_with_units_is_said_with_its_place(tmp_path, text, expected):
    with pytest.raises(ConfigError) as error:
        units(tmp_path, text)

    assert str(error.value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "emial,status\nana@example.com,active\n",
            snapshot("""\
people.csv has no column 'email'
help: the nearest header is 'emial'\
"""),
        ),
        (
            "email,status\nana@example.com,gone\n",
            snapshot("""\
people.csv row 2, column 'status': 'gone' is not a status
help: write active or left\
"""),
        ),
        (
            "email,left_on\nana@example.com,yesterday\n",
            snapshot("""\
people.csv row 2, column 'left_on': 'yesterday' is not a date
help: write it as YYYY-MM-DD\
"""),
        ),
        (
            "email,status\n,left\n",
            snapshot("""\
people.csv row 2, column 'email': the row names nobody
help: fill one of: person, email, login, handle\
"""),
        ),
    ],
)
def test_what_is_wrong_with_people_is_said_with_its_place(tmp_path, text, expected):
    with pytest.raises(ConfigError) as error:
        staff(tmp_path, text)

    assert str(error.value) == expected


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "latin.csv").write_bytes("email\nren\xe9@example.com\n".encode("latin-1"))

    messages = []
    for name in ("absent.csv", "latin.csv", "."):
        with pytest.raises(ConfigError) as error:
            read_registers(Owners(people=name), tmp_path, PEOPLE)
        messages.append(str(error.value))

    assert messages == snapshot(
        [
            """\
absent.csv cannot be read: No such file or directory
help: paths are relative to the folder of the configuration file\
""",
            """\
latin.csv is not UTF-8 text (byte 9)
help: save it as CSV UTF-8\
""",
            """\
. cannot be read: Is a directory
help: paths are relative to the folder of the configuration file\
""",
        ]
    )


def test_utf_16_and_a_byte_order_mark_are_read(tmp_path):
    text = "email\tstatus\nbo@example.com\tleft\n"
    found = []
    for encoding in ("utf-16", "utf-8-sig"):
        (tmp_path / "people.csv").write_text(text, encoding=encoding)
        people, _ = read_registers(Owners(people="people.csv"), tmp_path, PEOPLE)
        found.append(people.departed("bo@example.com", AS_OF))

    assert found == [True, True]


UNITS = "cost_center,business_unit,valid_to\nCC-1,Search,\nCC-2,Ads,2026-01-01\n"


def test_values_from_takes_the_column_of_the_tag_and_only_valid_rows(tmp_path):
    register = units(tmp_path, UNITS)
    (tmp_path / "teams.csv").write_text("Team,x\nSearch,1\nAds,2\n", encoding="utf-8")

    def values(key: Any, aliases: Any = (), source: Any = "units.csv") -> Any:
        return allowed_values(key, aliases, source, register, by_tree=True, as_of=AS_OF)

    assert values("CostCenter") == {"cc-1"}
    assert values("unit", ("business-unit",)) == {"search"}
    assert values("team") == {"search"}
    assert values("team", (), "teams.csv") == {"search", "ads"}


def test_values_from_without_a_column_or_outside_the_tree_is_refused(tmp_path):
    register = units(tmp_path, UNITS)

    with pytest.raises(ConfigError) as missing:
        allowed_values("costcentr", (), "units.csv", register, by_tree=False, as_of=AS_OF)
    with pytest.raises(TrustError) as outside:
        allowed_values("team", (), "../units.csv", register, by_tree=True, as_of=AS_OF)

    assert [str(missing.value), str(outside.value)] == snapshot(
        [
            """\
units.csv has no column 'costcentr'
help: the nearest header is 'cost_center'\
""",
            """\
policy.required_tags.team.values_from '../units.csv' lies outside the tree
help: give the configuration explicitly with --config\
""",
        ]
    )


def test_a_unit_is_whole(tmp_path):
    assert units(tmp_path, UNITS).find("CC-1", AS_OF) == Unit("Search", "CC-1")
