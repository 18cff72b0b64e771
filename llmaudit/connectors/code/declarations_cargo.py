"""Rust's manifests: ``Cargo.toml``, and ``Cargo.lock``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from llmaudit.connectors.code.declarations import Declared

_SECTIONS = ("dependencies", "dev-dependencies", "build-dependencies")


def cargo_toml(text: str) -> Iterator[Declared | str]:
    """``Cargo.toml``: dependencies of the package, the workspace and each target."""
    document, rows = tomllib.loads(text), text.split("\n")
    yield from _sections(document, rows)
    yield from _sections(document.get("workspace", {}), rows)
    for target in document.get("target", {}).values():
        yield from _sections(target, rows)


def _sections(table: Mapping[str, Any], rows: list[str]) -> Iterator[Declared]:
    for section in _SECTIONS:
        for name, wanted in table.get(section, {}).items():
            details = wanted if isinstance(wanted, dict) else {"version": wanted}
            # `openai = { package = "async-openai" }` is used under another name.
            package = str(details.get("package", name))
            yield Declared(_line(rows, name), "cargo", package, str(details.get("version", "")))


def _line(rows: list[str], name: str) -> int:
    key = re.escape(name)
    wanted = re.compile(rf"\s*[\"']?{key}[\"']?\s*[=.]|\s*\[.*dependencies\.[\"']?{key}[\"']?\]")
    return next((at for at, row in enumerate(rows, 1) if wanted.match(row)), 1)


def cargo_lock(text: str) -> Iterator[Declared | str]:
    """``Cargo.lock``: what the tree's own packages, which have no source, ask for."""
    packages = tomllib.loads(text).get("package", ())
    asked = {
        wanted
        for package in packages
        if "source" not in package
        for wanted in package.get("dependencies", ())
    }
    rows = text.split("\n")
    line = 0
    for package in packages:
        name, version = str(package["name"]), str(package.get("version", ""))
        line = next((a for a in range(line, len(rows)) if rows[a] == f'name = "{name}"'), line)
        # A name alone where only one version of it is built.
        if "source" in package and not asked.isdisjoint((name, f"{name} {version}")):
            yield Declared(line + 1, "cargo", name, version, locked=True)
        line += 1
