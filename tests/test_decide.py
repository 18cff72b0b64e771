"""The decision sheet: its rows, its safety, and that the filled sheet settles what was open."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from llmaudit import catalogue
from llmaudit.connectors import Run, registry
from llmaudit.decide import COLUMNS, TO_FILL, render, rows, write
from llmaudit.errors import UsageError
from llmaudit.identity import resolve
from llmaudit.ledger import Ledger
from llmaudit.model import Asset, Evidence, Location, UsageTotal
from llmaudit.redact import People
from llmaudit.sanction import classify
from tests.policy.assets import (
    asset,
    call,
    call_evidence,
    key,
    key_evidence,
    redacted,
    report,
    row,
    seat,
)

DAY = date(2026, 11, 1)


def usage(amount: str | None, currency: str = "USD", **more: Any) -> UsageTotal:
    known: dict[str, Any] = {
        "month": "2026-10",
        "model": "gpt-4o",
        "charge_kind": "inference",
        "requests": Decimal(1),
        "input_tokens": 0,
        "output_tokens": 0,
        "cached_tokens": 0,
        "amount": None if amount is None else Decimal(amount),
        "currency": currency,
        "basis": "billed",
        "source": "exports:a.csv",
    }
    return UsageTotal(**(known | more))


def project_call(number: int, **more: Any) -> Asset:
    return asset(call_evidence(f"svc/p{number}.py", project="proj_a", **more), verdict="sanctioned")


APP = asset(
    Evidence(
        "exports",
        "app",
        "GitHub Copilot",
        Location(uri="file:exports/seats.csv"),
        same_as=("app:github-copilot",),
        provider="github-copilot",
    )
)
WHOLE = report(
    call(verdict="shadow", usage=(usage("12.30"), usage("4", "credits"), usage(None))),
    call("svc/b.py", models=("gpt-4o-mini", "o1"), usage=(usage("0.70"),)),
    call("svc/c.py", provider="anthropic", api="messages", models=(), verdict="sanctioned"),
    call("svc/d.py", provider="unknown", models=tuple(f"m{n}" for n in range(8))),
    project_call(1),
    project_call(2, account="acct_1"),
    asset(call_evidence("svc/e.py", account="acct_1", provider=None), verdict="shadow"),
    key(usage=(usage("1E+3"), usage("5.5", basis="estimated"), usage("-0.5", "EUR"))),
    asset(key_evidence("marketing", same_as=("key-sha256:ab",), redacted=redacted("sk-…x9Qa"))),
    asset(row("key-glob:openai:key_*"), verdict="sanctioned"),
    asset(row(same_as=("key-id:openai:key_5",), name="old batch"), verdict="unknown"),
    APP,
    seat("u_1"),
    seat("u_2", verdict="shadow"),
    asset(
        Evidence(
            "cards", "expense", "OPENAI *CHATGPT", Location(uri="file:cards.csv#row=3"), ("x:1",)
        )
    ),
)


def test_rows():
    shown = "".join(
        f"{' '.join(one[name] for name in COLUMNS[:4])}\n"
        f"  {' | '.join(one[name] for name in COLUMNS[4:-4])}\n"
        for one in rows(WHOLE)
    )
    assert shown == snapshot("""\
github-copilot app github-copilot unknown; shadow
  3 | 0 | 0 | 2 |  |  | file:exports/seats.csv
openai key key_1 unknown
  1 | 0 | 1 | 0 |  | -0.5 EUR; 1000 USD; 5.5 USD estimated | openai://key_1
openai key key_5 unknown
  1 | 0 | 1 | 0 |  |  | file:keys.csv#row=2
openai key sk-...x9Qa unknown
  1 | 0 | 1 | 0 |  |  | openai://marketing
openai repository github.com/acme/shop unknown; shadow
  2 | 2 | 0 | 0 | gpt-4o; gpt-4o-mini; o1 | 13.00 USD; 4 credits | svc/app.py:12
unknown repository github.com/acme/shop unknown
  1 | 1 | 0 | 0 | m0; m1; m2; m3; m4; and 3 more |  | svc/d.py:12
unknown account acct_1 shadow
  1 | 1 | 0 | 0 | gpt-4o |  | svc/e.py:12
anthropic repository github.com/acme/shop sanctioned
  1 | 1 | 0 | 0 |  |  | svc/c.py:12
openai project proj_a sanctioned
  2 | 2 | 0 | 0 | gpt-4o |  | svc/p1.py:12
""")


def test_what_is_to_be_filled_is_empty_and_every_column_is_there():
    for one in rows(WHOLE):
        assert tuple(one) == COLUMNS
        assert {one[name] for name in TO_FILL} == {""}


def test_the_sheet_does_not_depend_on_the_order_of_assets():
    assert render(replace(WHOLE, assets=WHOLE.assets[::-1])) == render(WHOLE)


def test_the_sheet_of_nothing():
    assert render(report()) == ",".join(COLUMNS) + "\n"


def test_the_example_is_the_first_place_by_line_not_by_text():
    (one,) = rows(report(call(line=10), call(line=6, number=1)))
    assert one["example"] == "svc/app.py:6"


def test_a_name_cannot_become_a_formula_or_a_glob():
    bad = report(
        asset(call_evidence(project='=HYPERLINK("http://example.com")')),
        asset(call_evidence("svc/b.py", project="@acme")),
        asset(call_evidence("svc/c.py", project="\uff0b1")),
        asset(call_evidence("svc/d.py", project="*")),
    )
    sheet = list(csv.DictReader(io.StringIO(render(bad))))
    assert [one["scope"] for one in sheet] == [
        '\'=HYPERLINK("http://example.com")',
        "?",
        "'@acme",
        "'\uff0b1",
    ]


def decided_by(filled: str, seen: list[Evidence], folder: Path) -> set[str]:
    """Ids of the assets that a filled sheet, read back as a register, sanctions."""
    (folder / "filled.csv").write_text(filled, "utf-8", newline="")
    run = Run(
        root=folder,
        confine=None,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="Acme",
        catalogue=catalogue.load(),
        people=People(b"key"),
    )
    ledger = Ledger("registry", "keys")
    read = list(registry.collect(registry.Settings(path="filled.csv"), run, ledger))
    assert [(line.status, line.seen) for line in ledger.lines] == [("ok", 1)]
    assets = resolve([*seen, *(one for one in read if isinstance(one, Evidence))])
    return {one.id for one in classify(assets, None, DAY) if one.verdict == "sanctioned"}


def test_each_filled_row_settles_what_it_counted(tmp_path):
    seen = [e for one in WHOLE.assets for e in one.evidence if e.kind != "expense"]
    sheet = replace(WHOLE, assets=resolve(seen))
    providers = {one.id: one.provider for one in sheet.assets}
    told: dict[str, tuple[int, int]] = {}
    for one in rows(sheet):
        if one["provider"] == "unknown":
            continue
        stream = io.StringIO()
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerow(one | {"decision": "sanctioned"})
        decided = decided_by(stream.getvalue(), seen, tmp_path) & providers.keys()
        assert {providers[each] for each in decided} == {one["provider"]}
        name = " ".join(one[column] for column in COLUMNS[:3])
        told[name] = (int(one["assets"]), len(decided))
    # A repository holds the calls that lie in a project as well.
    assert told == {
        "anthropic repository github.com/acme/shop": (1, 1),
        "github-copilot app github-copilot": (3, 3),
        "openai key key_1": (1, 1),
        "openai key key_5": (1, 1),
        "openai key sk-...x9Qa": (1, 1),
        "openai project proj_a": (2, 2),
        "openai repository github.com/acme/shop": (2, 4),
    }


def test_write_replaces_an_empty_sheet_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "decisions.csv"
    write(report(), path)
    write(WHOLE, path)
    assert path.read_text("utf-8") == render(WHOLE)
    assert [one.name for one in tmp_path.iterdir()] == ["decisions.csv"]
    assert path.stat().st_mode & 0o444


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace(",,,\n", ",sanctioned,,,\n", 1),
        lambda text: text.replace(",", ";"),
        lambda text: "something else\n",
        lambda text: text.encode("utf-16"),
        lambda text: b"\xff\xfe\x00",
        lambda text: "",
    ],
    ids=["filled", "other delimiter", "no sheet", "utf-16", "binary", "empty file"],
)
def test_write_never_costs_somebody_their_work(tmp_path: Path, edit: Any):
    path = tmp_path / "decisions.csv"
    held = edit(render(WHOLE))
    path.write_bytes(held if isinstance(held, bytes) else held.encode())
    before = path.read_bytes()
    with pytest.raises(UsageError) as refused:
        write(WHOLE, path)
    assert str(refused.value) == (
        f"{path} exists and is no empty decision sheet: its decisions would be lost\n"
        "help: name another file with -o, or move this one away"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["missing/decisions.csv", "."])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(
        UsageError, match=r"cannot be written: .*\nhelp: name another place with -o"
    ):
        write(WHOLE, tmp_path / name)
