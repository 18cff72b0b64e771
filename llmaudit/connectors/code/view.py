"""What is known of one file while its matches are judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llmaudit.catalogue import Catalogue, Sdk
from llmaudit.config import Gateway
from llmaudit.connectors.code.inference import Endpoint
from llmaudit.connectors.code.names import modules_of
from llmaudit.connectors.code.origins import Origin
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Call, Scope, SourceTree
from llmaudit.connectors.code.tagging import TagReading
from llmaudit.connectors.code.value import Table
from llmaudit.model import Confidence

# Languages in which another file may bring a file's imports (C#'s global usings).
_GLOBAL_IMPORTS = ("csharp",)


@dataclass(frozen=True, slots=True)
class Found:
    """A call, or a client's construction, with what its file settles about it.

    Attributes:
        model_default: A model that counts only when nothing else is given.
        tagging: What the call's own arguments say; ``client_tags`` what its client's say.
        endpoint: Host of a literal base URL.
        made: Whether the file shows the construction the call is made on.
        also: Other providers the same call may reach.
        arguments: What the call was given.
        api: What the call's own address says instead of its rule; empty where it says nothing.
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
    api: str = ""
    arguments: Table = field(default_factory=Table)


@dataclass(slots=True)
class FileView:
    """One parsed file with the client constructions the rules found in it.

    Attributes:
        others: The views of the repository's other files.
        stated: Inference endpoints that strings of the file name, once they were looked for.
        named: Classes that are one SDK's alone, with it.
        clients: Constructions the engine matched, by their span.
        described: Those it could not see, by the call and the class it turned out to make.
        led: Calls of objects that other files make, by their span, once they were looked for.
        mocked: Spans in which calls only say what a mock does, once they were looked for.
    """

    tree: SourceTree
    catalogue: Catalogue
    gateways: tuple[Gateway, ...] = ()
    classes: Mapping[str, tuple[ScanRule, ...]] = field(default_factory=dict)
    clients: dict[tuple[int, int], Found] = field(default_factory=dict)
    stated: tuple[Endpoint, ...] | None = None
    others: Callable[[SourceTree], FileView | None] | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    described: dict[tuple[int, str], Found] = field(default_factory=dict)
    mocked: tuple[tuple[int, int], ...] | None = None
    led: list[tuple[int, int]] | None = None
    _known: dict[str, tuple[Sdk, ...]] = field(default_factory=dict)
    _imported: tuple[Sdk, ...] | None = None

    def client_of(self, origin: Origin) -> Found | None:
        """The construction an origin stands for, where a rule describes it, in whatever file."""
        if origin.call is None:
            return None
        home = origin.scope.home() if origin.scope is not None else None
        view: FileView | None = self
        if home is not None and home is not self.tree:
            view = self.others(home) if self.others is not None else None
        if view is None:
            return None
        written = view.clients.get((origin.call.start, origin.call.end))
        return written or view.described.get((id(origin.call), origin.qualified))

    def sdks_of(self, qualified: str) -> tuple[Sdk, ...]:
        """SDKs a qualified name may belong to by the catalogue; several where imports are wide."""
        known = self._known.get(qualified)
        if known is None:
            known = self._known[qualified] = self._sdks_of(qualified)
        return known

    def _sdks_of(self, qualified: str) -> tuple[Sdk, ...]:
        modules = modules_of(qualified)
        found = [self.catalogue.imported(self.tree.language, module) for module in modules]
        if self.tree.language in _GLOBAL_IMPORTS and not any(found):
            wanted = self.named.get(re.split(r"[.@]", qualified.rpartition(":")[2])[0])
            found = [sdk for sdk in self.catalogue.sdks if sdk.id == wanted] if wanted else []
        return tuple({sdk.id: sdk for sdk in found if sdk is not None}.values())

    def sdk_of(self, qualified: str, family: tuple[str, ...] = ()) -> Sdk | None:
        """The SDK of a qualified name, one of the family's first."""
        known = self.sdks_of(qualified)
        return next((sdk for sdk in known if sdk.id in family), known[0] if known else None)

    def used(self, family: tuple[str, ...]) -> list[Sdk]:
        """SDKs of that family that the file imports."""
        if self._imported is None:
            self._imported = tuple(
                sdk
                for entry in self.tree.imports
                if not entry.types_only
                for name in (entry.module, f"{entry.module}.{entry.name}")
                for sdk in self.sdks_of(name)
            )
        return [sdk for sdk in self._imported if sdk.id in family]

    def uses(self, family: tuple[str, ...]) -> bool:
        """Whether the file imports an SDK of that family."""
        return bool(self.used(family))
