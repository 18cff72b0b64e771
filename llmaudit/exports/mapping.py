"""Records of an export as Evidence and Usage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from llmaudit.errors import LlmauditError
from llmaudit.exports.detect import Detected
from llmaudit.exports.rows import Record, RowCount, Value, conventions, records
from llmaudit.exports.schema import Schema
from llmaudit.model import Evidence, Location, Tag, Usage
from llmaudit.redact import People

CONNECTOR = "exports"

_MEASURES = ("amount", "requests", "input_tokens", "output_tokens", "cached_tokens")


@dataclass(slots=True)
class Outcome:
    """What reading one table came to, beside the Evidence and Usage.

    Attributes:
        rows: Data rows by what became of them.
        problems: First reason by row that could not be read in full.
        no_person: Rows that name nobody.
        concealed: Seats whose holder the vendor has replaced by a digest.
        days: Days with usage by the link it belongs to.
        notes: What a reader should know of the file.
        last_day: Last day the export speaks of.
        cut: Why the rows end before the file does; None when they do not.
    """

    rows: RowCount = field(default_factory=RowCount)
    problems: dict[int, str] = field(default_factory=dict)
    no_person: int = 0
    concealed: int = 0
    days: set[tuple[date, str]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    last_day: date | None = None
    cut: LlmauditError | None = None


@dataclass(slots=True)
class _Seat:
    where: Location
    holder: str
    concealed: bool
    first_seen: date | None = None
    last_used: date | None = None
    account: str | None = None
    tags: dict[tuple[str, str], Location] = field(default_factory=dict)
    latest: dict[str, tuple[date, Value]] = field(default_factory=dict)
    every: dict[str, set[str]] = field(default_factory=dict)
    ever: dict[str, bool] = field(default_factory=dict)


def read(
    found: Detected,
    uri: str,
    source: str,
    people: People,
    hide: Callable[[str], str],
    outcome: Outcome,
) -> Iterator[Evidence | Usage]:
    """Usage row by row, then one seat per person and one application.

    Args:
        found: The table and its schema.
        uri: Where the table stands, ``file:exports/premium.csv``; rows are added to it.
        source: Name under which its money is tied out.
        people: Turns an identity into a pseudonym.
        hide: Takes secrets out of a text cell.
        outcome: Learns what was left out and why.
    """
    schema = found.schema
    written = conventions(found)
    outcome.notes.extend(written.notes)
    seats: dict[str, _Seat] = {}
    app = f"app:{schema.app}"
    counted = frozenset(
        column.column for role, column in schema.fields.items() if role in ("day", *_MEASURES)
    )
    name = lru_cache(maxsize=4096)(people.name)
    for record in _until_cut(records(found, written, hide, outcome.rows), outcome):
        if record.problems:
            outcome.problems[record.row] = " ".join(next(iter(record.problems.items())))
        if not record.values:
            outcome.problems.setdefault(record.row, "holds nothing that is read")
            continue
        seat_link = _see_person(record, schema, name, seats, uri)
        if seat_link is None:
            outcome.no_person += 1
            if schema.kind == "seats":
                outcome.problems.setdefault(record.row, "names nobody")
        usage = _usage(record, schema, counted, source, seat_link or app)
        if usage is not None:
            outcome.days.add((usage.day, usage.asset or app))
            yield usage
        elif schema.kind == "usage":
            outcome.problems.setdefault(record.row, "has no day and amount that can be counted")
        _see_last_day(record, outcome)
    outcome.concealed = sum(seat.concealed for seat in seats.values())
    for link in sorted(seats):
        yield _seat_evidence(link, seats[link], schema)
    if outcome.rows.all > outcome.rows.totals:
        yield Evidence(
            connector=CONNECTOR,
            kind="app",
            name=schema.app_name,
            where=Location(uri=uri),
            same_as=(app,),
            provider=schema.provider,
            last_used=max((s.last_used for s in seats.values() if s.last_used), default=None),
            attributes={"export": schema.id},
        )


def _until_cut(rows: Iterator[Record], outcome: Outcome) -> Iterator[Record]:
    """The rows up to one that cannot be parsed, so that what stands above it is not lost."""
    try:
        yield from rows
    except LlmauditError as error:
        outcome.cut = error


def _see_last_day(record: Record, outcome: Outcome) -> None:
    for role in ("day", "report_day"):
        seen = record.values.get(role)
        if isinstance(seen, date) and (outcome.last_day is None or seen > outcome.last_day):
            outcome.last_day = seen


def _usage(
    record: Record, schema: Schema, counted: frozenset[str], source: str, asset: str
) -> Usage | None:
    """The row's amounts; None where it has no day, nothing to count or one unreadable amount."""
    values = record.values
    on = values.get("day")
    if not isinstance(on, date) or not counted.isdisjoint(record.problems):
        return None
    if not any(role in values for role in _MEASURES):
        return None
    amount = _decimal(values.get("amount"))
    return Usage(
        source=source,
        day=on,
        asset=asset,
        provider=schema.provider,
        model=_text(values.get("model")),
        charge_kind=_text(values.get("charge_kind")) or "inference",
        requests=_decimal(values.get("requests")),
        input_tokens=_whole(values.get("input_tokens")),
        output_tokens=_whole(values.get("output_tokens")),
        cached_tokens=_whole(values.get("cached_tokens")),
        amount=amount,
        currency=schema.currency if amount is not None else None,
    )


def _decimal(value: Value | None) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _whole(value: Value | None) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None


def _see_person(
    record: Record,
    schema: Schema,
    name: Callable[[str], str],
    seats: dict[str, _Seat],
    uri: str,
) -> str | None:
    identity = _text(record.values.get("person"))
    if identity is None:
        return None
    holder = name(identity)
    link = f"seat:{schema.app}:{holder}"
    where = Location(uri=f"{uri}#row={record.row}")
    seat = seats.get(link)
    if seat is None:
        concealed = schema.concealed is not None and schema.concealed.match(identity) is not None
        seat = seats[link] = _Seat(where, holder, concealed)
    _see_activity(record, seat)
    for key in schema.tags:
        if text := _text(record.values.get(f"tag:{key}")):
            seat.tags.setdefault((key, text), where)
    _see_attributes(record, schema, seat)
    return link


def _see_activity(record: Record, seat: _Seat) -> None:
    for role in ("day", "last_activity"):
        on = record.values.get(role)
        if isinstance(on, date):
            seat.last_used = max(on, seat.last_used or on)
            if role == "day":
                seat.first_seen = min(on, seat.first_seen or on)
    seat.account = seat.account or _text(record.values.get("account"))


def _see_attributes(record: Record, schema: Schema, seat: _Seat) -> None:
    on = record.values.get("day") or record.values.get("report_day")
    reported = on if isinstance(on, date) else date.min
    if schema.kind == "seats" and reported > date.min:
        _keep_latest(seat, "report_day", reported, reported)
    for key, column in schema.attributes.items():
        value = record.values.get(f"attribute:{key}")
        if value is None:
            continue
        if column.keep == "all":
            seat.every.setdefault(key, set()).add(_shown(value))
        elif column.keep == "any":
            seat.ever[key] = seat.ever.get(key, False) or value is True
        else:
            _keep_latest(seat, key, reported, value)


def _keep_latest(seat: _Seat, key: str, reported: date, value: Value) -> None:
    """Rows of one day that differ give the greater text, so that their order never matters."""
    known = seat.latest.get(key)
    if known is None or (reported, _shown(value)) > (known[0], _shown(known[1])):
        seat.latest[key] = (reported, value)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def _seat_evidence(link: str, seat: _Seat, schema: Schema) -> Evidence:
    attributes = {
        **{key: _shown(value) for key, (_, value) in seat.latest.items()},
        **{key: "; ".join(sorted(values)) for key, values in seat.every.items()},
        **{key: _shown(value) for key, value in seat.ever.items()},
        "activity": "seen" if seat.last_used else "none",
        "export": schema.id,
        "holder": "concealed" if seat.concealed else "named",
    }
    if seat.last_used:
        attributes["last_activity"] = seat.last_used.isoformat()
    return Evidence(
        connector=CONNECTOR,
        kind="seat",
        name=f"{schema.app_name} seat {seat.holder}",
        where=seat.where,
        same_as=(link,),
        provider=schema.provider,
        account=seat.account,
        tags=tuple(
            Tag(
                key,
                value,
                source="resource",
                mechanism=schema.tags[key].column,
                reaches_bill=schema.tags[key].reaches_bill,
                where=where,
            )
            for (key, value), where in sorted(seat.tags.items(), key=lambda item: item[0])
        ),
        # A digest names nobody who could answer for the seat.
        owner=None if seat.concealed else seat.holder,
        owner_source=None if seat.concealed else "seat_holder",
        first_seen=seat.first_seen,
        last_used=seat.last_used,
        attributes=dict(sorted(attributes.items())),
    )
