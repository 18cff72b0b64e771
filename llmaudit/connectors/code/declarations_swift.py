"""Swift's manifests: ``Package.swift``, ``Package.resolved``, an Xcode project's packages.

And ``Podfile``, ``Podfile.lock``, ``Cartfile`` and ``Cartfile.resolved``.

A package is named by its address without scheme and ``.git``; a pod by its name after ``pod:``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from llmaudit.connectors.code.declarations import Declared

_PACKAGE = re.compile(
    r"\.package\(\s*(?:name:\s*\"[^\"]*\"\s*,\s*)?url:\s*\"([^\"]+)\"\s*(?:,([^()]*(?:\([^()]*\))?))?"
)
_VERSION = re.compile(r"\"([^\"]+)\"")
_POD = re.compile(r"^\s*pod\s+[\"']([\w.+/-]+)[\"'](?:\s*,\s*[\"']([^\"']*)[\"'])?")
_CARTHAGE = re.compile(r"^\s*(?:github|git)\s+\"([^\"]+)\"(?:\s+(?:[=~><]+\s*)?\"?([\w.+-]+)\"?)?")
_REFERENCE = re.compile(
    r"repositoryURL = \"([^\"]+)\";(?:\s*requirement = \{[^{}]*?[vV]ersion = \"?([\w.+-]+)\"?;)?"
)
_LOCKED = re.compile(r"^  - \"?([\w.+/-]+)(?: \(([^)]*)\))?\"?:?$")


def _name(url: str) -> str:
    """``github.com/owner/name`` of an address; user and password are left out."""
    address = re.sub(r"^[\w.-]+@([\w.-]+):", r"https://\1/", url)
    parts = urlsplit(address)
    return f"{parts.hostname or ''}{parts.path}".removesuffix(".git").strip("/").lower()


def package_swift(text: str) -> Iterator[Declared | str]:
    """``Package.swift``: the literal addresses it depends on; nothing is run."""
    for found in _PACKAGE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        version = _VERSION.search(found.group(2) or "")
        yield Declared(line, "swift", _name(found.group(1)), version.group(1) if version else "")


def package_resolved(text: str) -> Iterator[Declared | str]:
    """``Package.resolved``, versions 1 to 3."""
    document = json.loads(text)
    pins = document.get("pins") or document.get("object", {}).get("pins", ())
    rows = text.split("\n")
    for pin in pins:
        url = str(pin.get("location") or pin.get("repositoryURL") or "")
        line = next((at for at, row in enumerate(rows, 1) if json.dumps(url)[1:-1] in row), 1)
        version = pin.get("state", {}).get("version") or ""
        yield Declared(line, "swift", _name(url), str(version), locked=True)


def xcode_project(text: str) -> Iterator[Declared | str]:
    """``project.pbxproj``: the packages that an Xcode project asks for itself."""
    for found in _REFERENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Declared(line, "swift", _name(found.group(1)), found.group(2) or "")


def cartfile(text: str, *, locked: bool = False) -> Iterator[Declared | str]:
    """``Cartfile``: a name on GitHub or an address."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _CARTHAGE.match(line)
        if found:
            place = found.group(1)
            url = place if "://" in place or "@" in place else f"https://github.com/{place}"
            yield Declared(number, "swift", _name(url), found.group(2) or "", locked=locked)


def cartfile_resolved(text: str) -> Iterator[Declared | str]:
    """``Cartfile.resolved``: the versions that were taken."""
    yield from cartfile(text, locked=True)


def podfile(text: str) -> Iterator[Declared | str]:
    """``Podfile``: its pods, a subspec under the pod's own name."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _POD.match(line)
        if found:
            name = found.group(1).partition("/")[0]
            yield Declared(number, "swift", f"pod:{name}", found.group(2) or "")


def podfile_lock(text: str) -> Iterator[Declared | str]:
    """``Podfile.lock``: the pods that the tree itself asks for, in the versions installed."""
    section = ""
    found: dict[str, tuple[int, str]] = {}
    asked: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith(" "):
            section = line.rstrip(":")
        entry = _LOCKED.match(line)
        if entry is None:
            continue
        name = entry.group(1).partition("/")[0]
        if section == "PODS":
            found.setdefault(name, (number, entry.group(2) or ""))
        elif section == "DEPENDENCIES":
            asked[name] = None
    for name in asked:
        number, version = found.get(name, (1, ""))
        yield Declared(number, "swift", f"pod:{name}", version, locked=True)
