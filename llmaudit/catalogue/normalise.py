"""Give every piece of evidence the catalogue's own name for its provider."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from llmaudit.catalogue.match import Catalogue
from llmaudit.model import Evidence


def normalise(evidence: Sequence[Evidence], catalogue: Catalogue) -> tuple[Evidence, ...]:
    """Turn provider names into catalogue ids, and fill those that are missing.

    ``unknown`` stays: a router decides. A name the catalogue does not know stays as it was
    written, so that nothing is lost. Evidence that is right already is passed on unchanged.
    """
    names: dict[str | None, str | None] = {"unknown": "unknown"}
    result: list[Evidence] = []
    for entry in evidence:
        given = entry.provider
        if given is None:
            found = _by_links(entry, catalogue)
        else:
            if given not in names:
                names[given] = catalogue.provider_id(given) or given
            found = names[given]
        result.append(entry if found == given else dataclasses.replace(entry, provider=found))
    return tuple(result)


def _by_links(entry: Evidence, catalogue: Catalogue) -> str | None:
    """The provider that a key's form, an application or a model tells."""
    for link in entry.same_as:
        kind, _, rest = link.partition(":")
        if kind in ("app", "seat"):
            app = catalogue.app(rest.partition(":")[0])
            if app is not None:
                return app.provider
    if entry.redacted is not None:
        known = catalogue.redacted(entry.redacted.form)
        if known is not None:
            return known.id
    for model in entry.models:
        known = catalogue.model(model)
        if known is not None:
            return known.id
    return None
