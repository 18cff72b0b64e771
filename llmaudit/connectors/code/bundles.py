"""Minified scripts: no person wrote their lines, so only their literals are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from llmaudit.catalogue import Catalogue
from llmaudit.connectors.code.files import SourceFile
from llmaudit.model import Evidence, Location

_HOST = re.compile(r"(?:https?|wss?)://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_RUNS = ("provider", "gateway", "cloud")


def hosts_in(
    file: SourceFile, text: str, repo: str, catalogue: Catalogue, hide: Callable[[str], str]
) -> Iterator[Evidence]:
    """A route for each host of a model provider that a bundle names, once."""
    seen: set[str] = set()
    for match in _HOST.finditer(text):
        host = match.group(1).casefold()
        known = catalogue.host(host) if host not in seen else None
        seen.add(host)
        if known is None or known.kind not in _RUNS:
            continue
        yield Evidence(
            connector="code",
            kind="route",
            name=hide(host),
            where=Location(repo=repo, path=file.path, line=text.count("\n", 0, match.start()) + 1),
            same_as=(f"route:{repo}:{hide(host)}",),
            provider=known.id,
            confidence="likely",
            tagging="untaggable",
            context="generated" if file.context == "app" else file.context,
            attributes={"seen_as": "literal of a minified script"},
        )
