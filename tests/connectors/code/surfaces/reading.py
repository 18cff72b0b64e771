"""Read a text as a file of a surface, and say in one line each what was found."""

from __future__ import annotations

import textwrap

from llmaudit import catalogue
from llmaudit.connectors.code.surfaces import Source, Surface, read_surface, surface_of
from llmaudit.connectors.code.surfaces.findings import Found

KNOWN = catalogue.load()


def read(path: str, text: str) -> Surface:
    """The file as its surface reads it; the text is dedented."""
    surface = surface_of(path)
    assert surface is not None, path
    return read_surface(surface[0], Source(path, textwrap.dedent(text), KNOWN))


def shown(one: Found) -> str:
    """A finding in one line: place, kind, key, provider, and what else it has."""
    parts = [f"{one.line} {one.kind} {one.key}", one.provider or "-"]
    parts += [",".join(one.models)] if one.models else []
    parts += [one.tagging] if one.tagging else []
    parts += [f"{tag.key}={tag.value}" for tag in one.tags]
    parts += [f"uses {name}" for name in one.secrets]
    parts += [f"by {host}" for host in one.hosts]
    parts += ["likely"] if one.confidence == "likely" else []
    return " | ".join(parts)


def lines(path: str, text: str) -> list[str]:
    """Everything a file gives, without problems."""
    surface = read(path, text)
    assert surface.problems == []
    return [shown(one) for one in surface.found]
