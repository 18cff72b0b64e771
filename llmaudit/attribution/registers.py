"""Who works here (people.csv) and who answers for a cost centre (units.csv)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from llmaudit import config
from llmaudit.attribution.tables import Row, Table, normal_key, read_table
from llmaudit.errors import ConfigError, TrustError
from llmaudit.model import Unit
from llmaudit.redact import People

_PEOPLE_COLUMNS = {
    "person": ("name", "full name"),
    "email": ("mail", "e-mail", "email address"),
    "login": ("username", "user name", "user"),
    "handle": ("github handle", "github login"),
    "status": (),
    "left_on": ("left on", "leaving date", "end date"),
    "team": (),
    "manager": (),
}
_UNIT_COLUMNS = {
    "cost_center": ("cost centre",),
    "business_unit": (),
    "technology_owner": (),
    "finance_owner": (),
    "escalate_to": (),
    "valid_from": (),
    "valid_to": (),
}
_IDENTIFIERS = ("person", "email", "login", "handle")
_ADDRESS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")


@dataclass(frozen=True, slots=True)
class PeopleRegister:
    """Who works here.

    Attributes:
        given: Whether a file was configured; without one nobody is taken for departed.
        last_days: By identifier, folded, the day each of its rows left: None for never,
            ``date.min`` for a row that is left without a date.
        domains: Mail domains the file uses; an address of one of them that is not in the
            file belongs to nobody who works here.
        teams: Names in the column ``team``, folded.
    """

    given: bool = False
    last_days: Mapping[str, tuple[date | None, ...]] = field(default_factory=dict)
    domains: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()

    def departed(self, owner: str, as_of: date) -> bool:
        """Whether an owner value names somebody who no longer works here.

        A team is departed only where the file lists it as left; a login or a name the file
        does not list may be anybody and is taken for active.
        """
        if not self.given:
            return False
        name = _identifier(owner)
        days = self.last_days.get(name)
        if days is not None:
            return all(day is not None and day <= as_of for day in days)
        if name in self.teams:
            return False
        _, at, domain = name.partition("@")
        return bool(at) and domain in self.domains


@dataclass(frozen=True, slots=True)
class Days:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row of units.csv: a unit and the days on which it is valid."""

    unit: Unit
    days: Days
    number: int


@dataclass(frozen=True, slots=True)
class UnitsRegister:
    """Who answers for each cost centre.

    Attributes:
        given: Whether a file was configured; without one every cost centre is accepted.
        rows: Rows by cost centre, folded.
        root: Folder that ``values_from`` starts from; None outside a run.
    """

    given: bool = False
    rows: Mapping[str, tuple[UnitRow, ...]] = field(default_factory=dict)
    root: Path | None = None

    def find(self, cost_center: str, as_of: date) -> Unit | None:
        """The unit of a cost centre on a day; None when unlisted, not yet valid or closed."""
        listed = self.rows.get(cost_center.strip().casefold(), ())
        return next((row.unit for row in listed if as_of in row.days), None)


def read_registers(
    owners: config.Owners, root: Path, people: People
) -> tuple[PeopleRegister, UnitsRegister]:
    """Read people.csv and units.csv as far as they are configured.

    Args:
        owners: ``policy.owners``.
        root: Folder that relative paths start from.
        people: Pseudonyms in force, so that a seat's holder is found as well.

    Raises:
        ConfigError: A file is missing or a row cannot be used; names file, row and column.
    """
    staff = PeopleRegister()
    if owners.people is not None:
        table = read_table(root / owners.people, owners.people, _PEOPLE_COLUMNS)
        staff = _people(table, people)
    units = UnitsRegister(root=root)
    if owners.units is not None:
        table = read_table(root / owners.units, owners.units, _UNIT_COLUMNS)
        units = UnitsRegister(True, _units(table), root)
    return staff, units


def allowed_values(
    key: str,
    aliases: tuple[str, ...],
    source: str,
    units: UnitsRegister,
    *,
    by_tree: bool,
    as_of: date,
) -> frozenset[str]:
    """The folded values a required tag may have by its ``values_from`` file.

    They stand in the column named like the tag or one of its aliases; a tag ``team`` without
    such a column takes ``business_unit``. Rows outside ``valid_from`` and ``valid_to`` do
    not count.

    Args:
        key: The required tag.
        aliases: Its other spellings.
        source: The file, relative to the configuration's folder.
        units: Register of the run; knows that folder.
        by_tree: Whether the policy is the audited tree's own word, which may not read
            outside its folder.
        as_of: The day the values are wanted for.

    Raises:
        ConfigError: The file cannot be read or has no such column.
    """
    root = (units.root or Path()).resolve()
    path = (root / source).resolve()
    if by_tree and not path.is_relative_to(root):
        raise TrustError(
            f"policy.required_tags.{key}.values_from {source!r} lies outside the tree",
            "give the configuration explicitly with --config",
        )
    table = read_table(path, source, _UNIT_COLUMNS)
    spelt = {normal_key(column): column for column in table.columns}
    names = [normal_key(name) for name in (key, *aliases)]
    if normal_key(key) == "team":
        names.append("businessunit")
    column = next((spelt[name] for name in names if name in spelt), None)
    if column is None:
        table.require(key)
        raise ConfigError(f"{source} has no column {key!r}")
    return frozenset(
        row.cells[column].casefold()
        for row in table.rows
        if row.cells.get(column) and as_of in _validity(table, row)
    )


def _people(table: Table, people: People) -> PeopleRegister:
    if not any(column in table.columns for column in _IDENTIFIERS):
        table.require("email")
    days: dict[str, list[date | None]] = {}
    domains: set[str] = set()
    teams: set[str] = set()
    for row in table.rows:
        last = _last_day(table, row)
        names = {
            _identifier(row.cells[column]) for column in _IDENTIFIERS if row.cells.get(column)
        } - {""}
        if not names:
            raise table.wrong(
                row,
                next(column for column in _IDENTIFIERS if column in table.columns),
                "the row names nobody",
                "fill one of: person, email, login, handle",
            )
        for name in names | {people.name(name) for name in names}:
            days.setdefault(name, []).append(last)
            _, at, domain = name.partition("@")
            if at and domain and "/" not in domain:
                domains.add(domain)
        if row.cells.get("team"):
            teams.add(_identifier(row.cells["team"]))
    return PeopleRegister(
        True,
        {name: tuple(found) for name, found in days.items()},
        frozenset(domains),
        frozenset(teams),
    )


def _last_day(table: Table, row: Row) -> date | None:
    status = row.cells.get("status", "").casefold()
    if status not in ("", "active", "left"):
        raise table.wrong(
            row, "status", f"{row.cells['status']!r} is not a status", "write active or left"
        )
    left_on = table.day(row, "left_on")
    return date.min if status == "left" else left_on


def _identifier(text: str) -> str:
    address = _ADDRESS.search(text)
    name = (address[1] if address else text).strip().casefold()
    return name if "/" in name else name.removeprefix("@")


def _units(table: Table) -> dict[str, tuple[UnitRow, ...]]:
    table.require("cost_center", "business_unit")
    found: dict[str, list[UnitRow]] = {}
    for row in table.rows:
        cells = row.cells
        code = cells.get("cost_center", "")
        if not code:
            raise table.wrong(row, "cost_center", "the cell is empty", "name the cost centre")
        days = _validity(table, row)
        unit = Unit(
            business_unit=cells.get("business_unit", ""),
            cost_center=code,
            technology_owner=cells.get("technology_owner", ""),
            finance_owner=cells.get("finance_owner", ""),
            escalate_to=cells.get("escalate_to", ""),
        )
        for other in found.get(code.casefold(), ()):
            if days.first <= other.days.last and other.days.first <= days.last:
                raise table.wrong(
                    row,
                    "cost_center",
                    f"{code!r} stands in row {other.number} too, for days that overlap",
                    "end the one (valid_to) before the other starts (valid_from)",
                )
        found.setdefault(code.casefold(), []).append(UnitRow(unit, days, row.number))
    return {code: tuple(entries) for code, entries in found.items()}


def _validity(table: Table, row: Row) -> Days:
    days = Days(table.day(row, "valid_from") or date.min, table.day(row, "valid_to") or date.max)
    if days.first > days.last:
        raise table.wrong(row, "valid_to", f"{days.last} lies before valid_from {days.first}")
    return days
