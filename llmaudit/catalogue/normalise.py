"""Give every piece of evidence the catalogue's own name for its provider."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from llmaudit.catalogue.match import Catalogue
from llmaudit.model import Evidence, RedactedKey


def normalise(evidence: Sequence[Evidence], catalogue: Catalogue) -> tuple[Evidence, ...]:
    """Turn provider names into catalogue ids, and fill those that are missing.

    A redacted key's provider is treated alike, since keys are joined within one provider.
    ``unknown`` stays: a router decides. A name the catalogue does not know stays as it was
    written, so that nothing is lost. Evidence that is right already is passed on as it is.
    """
    names = {"unknown": "unknown", "": ""}

    def known(name: str) -> str:
        if name not in names:
            names[name] = catalogue.provider_id(name) or name
        return names[name]

    result: list[Evidence] = []
    for piece in evidence:
        given, key = piece.provider, piece.redacted
        found = known(given) if given else _told(piece, catalogue, known)
        if key is not None:
            owner = known(key.provider) or (found if found not in (None, "unknown") else "")
            if owner and owner != key.provider:
                key = RedactedKey(owner, key.organization, key.form)
        if found == given and key is piece.redacted:
            result.append(piece)
        else:
            result.append(dataclasses.replace(piece, provider=found, redacted=key))
    return tuple(result)


def _told(piece: Evidence, catalogue: Catalogue, known: Callable[[str], str]) -> str | None:
    """The provider that a key, an application, a host or a model tells, in this order.

    A model spelt as a cloud spells it tells who published it, not who runs it.
    """
    if piece.redacted is not None:
        provider = catalogue.redacted(piece.redacted.form)
        if piece.redacted.provider or provider is not None:
            return known(piece.redacted.provider) or (provider.id if provider else None)
    hosts = [piece.attributes[name] for name in ("host", "endpoint") if name in piece.attributes]
    for link in piece.same_as:
        kind, _, rest = link.partition(":")
        if kind in ("app", "seat"):
            app = catalogue.app(rest.partition(":")[0])
            if app is not None:
                return app.provider
        elif kind == "egress":
            hosts.append(rest)
    for host in hosts:
        provider = catalogue.host(host)
        if provider is not None:
            return provider.id
    for model in piece.models:
        provider = catalogue.model(model)
        if provider is not None and not catalogue.cloud_model(model):
            return provider.id
    return None
