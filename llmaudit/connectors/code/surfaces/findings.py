"""What a declaration says: one small finding per thing, before it becomes evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from llmaudit.connectors.code.tagging import FoundTag
from llmaudit.model import Confidence, Tagging

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue
    from llmaudit.config import Gateway

Kind = Literal["call", "deployment", "route", "secret", "automation"]
Scope = Literal["file", "repository"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a file declares or runs.

    Attributes:
        kind: What it is evidence of.
        key: What tells it from others of its kind: a resource's address, a step, a variable.
        line: Where it stands.
        rule: The surface and the row that knows it: ``github-actions.claude-code-action``.
        scope: Whether the key is the repository's (a secret's name, a host) or the file's.
        name: What a person calls it; the key where empty.
        text: Of a call, what its identity is the digest of.
        secrets: Names of the secrets it uses.
        hosts: Hosts it is routed by.
        variable: Of a secret, the variable it is handed over in.
        exposed: Of a secret, the key itself where the file holds it; reduced to its redacted
            form and digest at the edge, and never kept.
        shared_tags: Tags that a provider block gives every resource below it.
    """

    kind: Kind
    key: str
    line: int
    rule: str
    scope: Scope = "file"
    name: str = ""
    end_line: int | None = None
    provider: str | None = None
    sdk: str | None = None
    api: str | None = None
    models: tuple[str, ...] = ()
    confidence: Confidence = "certain"
    symbol: str = ""
    text: str = ""
    tags: tuple[FoundTag, ...] = ()
    tagging: Tagging | None = None
    weak: str = ""
    secrets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    variable: str = ""
    exposed: str = field(default="", repr=False)
    attributes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Shared:
    """Tags that a provider's block gives every resource of it (``default_tags``)."""

    prefix: str
    tags: tuple[FoundTag, ...]
    dynamic: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence on what of a file was not read; ``whole`` where nothing was."""

    text: str
    whole: bool = False


Said = Found | Shared | Problem


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and what readers may ask."""

    path: str
    text: str
    catalogue: Catalogue
    gateways: tuple[Gateway, ...] = ()

    @property
    def name(self) -> str:
        """The file's own name, lower case."""
        return self.path.rpartition("/")[2].lower()
