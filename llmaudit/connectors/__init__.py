"""The connectors: one file each, listed here, imported only when a configuration names them.

A connector is a module with two names:

* ``Settings``: a pydantic model (``extra="forbid"``) of its entry in ``connectors:``;
* ``collect(settings, run, ledger)``: yields Evidence, Usage and Repository, and names every
  scope it looked at to the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from llmaudit.errors import ConfigError
from llmaudit.ledger import Ledger
from llmaudit.model import Evidence, Period, Repository, Usage
from llmaudit.redact import People

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue
    from llmaudit.config import Gateway, Wrapper

Collected = Evidence | Usage | Repository


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a connector without importing it.

    Attributes:
        side: Side of evidence it fills: code, cloud, keys or saas.
        network: Whether it leaves the machine; a discovered configuration may not use it.
        sees: One line for ``llmaudit sources``.
        cannot_see: One line for ``llmaudit sources``.
        permission: The least permission it needs.
    """

    module: str
    side: str
    network: bool
    sees: str
    cannot_see: str
    permission: str


KINDS: dict[str, Kind] = {
    "code": Kind(
        "llmaudit.connectors.code",
        "code",
        False,
        "LLM calls, clients, SDK imports and dependency manifests in repositories; models, secrets'"
        " names, agents and automations that configuration declares",
        "calls made at run time by code outside the given paths",
        "read access to the working tree",
    ),
    "registry": Kind(
        "llmaudit.connectors.registry",
        "keys",
        False,
        "registered keys, their owners, tags and decisions (CSV or YAML)",
        "keys nobody registered",
        "read access to the file",
    ),
    "exports": Kind(
        "llmaudit.connectors.exports",
        "saas",
        False,
        "AI seats, usage and cost in SaaS admin exports",
        "products whose export was not supplied",
        "read access to the files; the export itself needs the vendor's admin role",
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What every connector may know of the run it is part of.

    Attributes:
        root: Folder that relative paths in the configuration start from.
        confine: Folder no connector may read outside of (a discovered configuration);
            None where an explicit configuration is trusted.
        as_of: The only clock.
        jobs: Processes or threads a connector may use.
    """

    root: Path
    confine: Path | None
    as_of: datetime
    period: Period | None
    organization: str
    catalogue: Catalogue
    people: People
    gateways: tuple[Gateway, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    exclude: tuple[str, ...] = ()
    repo_name: str | None = None
    jobs: int = 1
    progress: bool = False


class Connector(Protocol):
    """The two names a connector module has."""

    Settings: type[Any]

    def collect(self, settings: Any, run: Run, ledger: Ledger) -> Iterator[Collected]:
        """Yield what was seen; the ledger learns what was not."""


def load(name: str) -> Connector:
    """Import the connector of that name.

    Raises:
        ConfigError: There is no connector of that name.
    """
    if name not in KINDS:
        raise ConfigError(
            f"there is no connector {name!r}", f"the connectors are: {', '.join(sorted(KINDS))}"
        )
    module: Any = import_module(KINDS[name].module)
    connector: Connector = module
    return connector
