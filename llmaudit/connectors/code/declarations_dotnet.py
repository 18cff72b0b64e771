"""Manifests of .NET: MSBuild's projects and shared properties, NuGet's and Paket's files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from llmaudit.connectors.code import elements, positions
from llmaudit.connectors.code.declarations import Declared, Found
from llmaudit.connectors.code.elements import Element

_NAME = re.compile(r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*")
# Items that bring a package, and the one that states its version for a whole tree.
_ITEMS = frozenset({"packagereference", "globalpackagereference", "packageversion"})
_PROPERTY = re.compile(r"\$\(([\w.-]+)\)")
# An element of a file that is no XML any more, as people and tools write it.
_LOOSE = re.compile(
    r"<(?P<tag>PackageReference|GlobalPackageReference|PackageVersion|package|dependency)\b"
    r"(?P<attributes>(?:\s+[\w.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))+)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# `#:package OpenAI@2.1.0` of a program in one file, `#r "nuget: OpenAI, 2.1.0"` of a script.
_DIRECTIVE = re.compile(
    r"^[^\S\n]*#(?::package\s+(?P<name>[\w.-]+)(?:@(?P<version>[\w.*+-]+))?"
    r"|r\s+\"nuget:\s*(?P<other>[\w.-]+)(?:\s*,\s*(?P<range>[\w.*+-]+))?\s*\")",
    re.MULTILINE | re.IGNORECASE,
)
_PAKET = re.compile(
    r"\s*(?:nuget|clitool)\s+(?P<name>[\w.-]+)\s*(?P<range>(?:[<>=~!@]+\s*)?\d[\w.*+-]*)?"
)
_PAKET_LOCKED = re.compile(r"(?P<indent> {4}| {6})(?P<name>[\w.-]+)(?: \((?P<version>[^)]*)\))?")
_VERSION = re.compile(r"[\w.+-]{1,100}")


def msbuild(text: str) -> Iterator[Found]:
    """``*.csproj`` and its kin, ``*.props``, ``*.targets``: the packages they name."""
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        # Other tools have files of properties too.
        return
    found, problem = _elements(text)
    if problem:
        yield problem
    properties = {
        one.tag.lower(): one.text
        for one in found
        if one.above and one.above[-1].lower() == "propertygroup"
    }
    for one in found:
        if one.tag.lower() not in _ITEMS:
            continue
        said = _said(one)
        version = said.get("versionoverride") or said.get("version", "")
        names = _filled(said.get("include") or said.get("update", ""), properties)
        for name in filter(None, (part.strip() for part in names.split(";"))):
            yield from _package(one.line, name, _filled(version, properties))


def packages_config(text: str) -> Iterator[Found]:
    """``packages.config``: what a project of the older form has installed."""
    found, problem = _elements(text)
    if problem:
        yield problem
    for one in found:
        if one.tag.lower() == "package":
            said = _said(one)
            yield from _package(one.line, said.get("id", ""), said.get("version", ""))


def nuspec(text: str) -> Iterator[Found]:
    """``*.nuspec``: what a package asks for in turn."""
    found, problem = _elements(text)
    if problem:
        yield problem
    for one in found:
        if one.tag.lower() == "dependency":
            said = _said(one)
            yield from _package(one.line, said.get("id", ""), said.get("version", ""))


def packages_lock(text: str) -> Iterator[Found]:
    """``packages.lock.json``: what each framework's entries call direct."""
    document = json.loads(text)
    breaks, frameworks = positions.breaks(text), document.get("dependencies") or {}
    if not frameworks:
        return
    places = positions.members(text, positions.top(text)["dependencies"])
    for framework, packages in frameworks.items():
        keys = positions.keys(text, places[framework])
        for name, entry in packages.items():
            if entry.get("type") == "Direct":
                line = positions.line(breaks, keys[name])
                yield from _package(line, name, str(entry.get("resolved", "")), locked=True)


def script(text: str) -> Iterator[Found]:
    """Packages that a source names for the tool that runs it."""
    for found in _DIRECTIVE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        name, version = found["name"] or found["other"], found["version"] or found["range"]
        yield from _package(line, name, version or "")


def paket_dependencies(text: str) -> Iterator[Found]:
    """``paket.dependencies``: the packages of NuGet that it asks for."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _PAKET.match(re.sub(r"(?://|#).*$", "", line))
        if found:
            yield from _package(number, found["name"], found["range"] or "")


def paket_references(text: str) -> Iterator[Found]:
    """``paket.references``: the packages that one project takes, without versions."""
    for number, line in enumerate(text.split("\n"), 1):
        name = re.split(r"//|#|\s", line.strip(), maxsplit=1)[0]
        if name.lower() not in ("group", "file:", "github:", "http:", "git:"):
            yield from _package(number, name, "")


def paket_lock(text: str) -> Iterator[Found]:
    """``paket.lock``: packages that no other one asks for; it does not say what the tree does."""
    section = ""
    packages: list[tuple[int, str, str]] = []
    asked: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith(" "):
            section = line.strip()
        found = _PAKET_LOCKED.match(line)
        if found is None or section != "NUGET":
            continue
        if found["indent"] == " " * 6:
            asked.add(found["name"].casefold())
        elif found["version"] is not None:
            packages.append((number, found["name"], found["version"]))
    for number, name, version in packages:
        if name.casefold() not in asked:
            yield from _package(number, name, version, locked=True)


def _elements(text: str) -> tuple[Sequence[Element], str]:
    """The elements of a file; behind a place that is no XML, those that stand alone."""
    found, problem = elements.read(text)
    if not problem:
        return found, ""
    whole = {one.line for one in found}
    for loose in _LOOSE.finditer(text):
        line = text.count("\n", 0, loose.start()) + 1
        if line not in whole:
            pairs = _ATTRIBUTE.findall(loose["attributes"])
            attributes = {key: double or single for key, double, single in pairs}
            found.append(Element(loose["tag"], line, (), attributes))
    return found, problem


def _said(element: Element) -> dict[str, str]:
    """What an element says in attributes and in children, which mean the same."""
    pairs = (*element.parts.items(), *element.attributes.items())
    return {key.lower(): value.strip() for key, value in pairs}


def _filled(text: str, properties: dict[str, str]) -> str:
    """A text with the properties that the file itself states; one left open makes it empty."""
    for _ in range(3):
        text = _PROPERTY.sub(lambda m: properties.get(m[1].lower(), m[0]), text)
    return "" if _PROPERTY.search(text) else text


def _package(line: int, name: str, version: str, *, locked: bool = False) -> Iterator[Declared]:
    # `@(Items)` and other expressions name no package.
    if _NAME.fullmatch(name):
        exact = _VERSION.fullmatch(version) if locked else True
        yield Declared(line, "nuget", name, version if exact else "", locked=locked)
