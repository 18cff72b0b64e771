"""What is known of one file while its matches are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmaudit.catalogue import Catalogue
from llmaudit.config import Gateway
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Call, Scope, SourceTree
from llmaudit.connectors.code.tagging import TagReading
from llmaudit.model import Confidence


@dataclass(frozen=True, slots=True)
class Found:
    """A call, or a client's construction, with what its file settles about it.

    Attributes:
        model_default: A model that counts only when nothing else is given.
        tagging: What the call's own arguments say; ``client_tags`` what its client's say.
        endpoint: Host of a literal base URL.
        made: Whether the file shows the construction the call is made on.
        also: Other providers the same call may reach.
    """

    rule: ScanRule
    call: Call
    scope: Scope
    provider: str
    sdk: str
    models: tuple[str, ...]
    model_default: str
    confidence: Confidence
    tagging: TagReading
    client_tags: TagReading
    endpoint: str = ""
    also: tuple[str, ...] = ()
    made: bool = False


@dataclass(slots=True)
class FileView:
    """One parsed file with the client constructions the rules found in it."""

    tree: SourceTree
    catalogue: Catalogue
    gateways: tuple[Gateway, ...] = ()
    classes: Mapping[str, tuple[ScanRule, ...]] = field(default_factory=dict)
    clients: dict[tuple[int, int], Found] = field(default_factory=dict)

    def sdk_of(self, module: str) -> str | None:
        """Id of the SDK a module belongs to by the catalogue."""
        found = self.catalogue.imported(self.tree.language, module)
        return found.id if found is not None else None

    def uses(self, family: tuple[str, ...]) -> bool:
        """Whether the file imports an SDK of that family."""
        return any(
            self.sdk_of(entry.module) in family
            or (entry.name and self.sdk_of(f"{entry.module}.{entry.name}") in family)
            for entry in self.tree.imports
            if not entry.types_only
        )
