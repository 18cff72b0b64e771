"""Manifests of Maven, Gradle, sbt, Mill, Scala CLI and JBang."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from llmaudit.connectors.code.declarations import Declared

_DOCTYPE = "a document type declaration is not read"
_CONFIGURATION = (
    r"(?:\w*[iI]mplementation|\w*[aA]pi|\w*[cC]ompileOnly\w*|\w*[rR]untimeOnly|compile|runtime"
    r"|testCompile|provided|kapt\w*|ksp\w*|annotationProcessor|classpath|add|shadow|developmentOnly)"
)
_GRADLE = re.compile(
    _CONFIGURATION
    + r"\b[^\"'\n]*[\"'](?P<group>[\w.-]+):(?P<name>[\w.-]+)(?::(?P<version>[^\"':@]+))?"
)
_GRADLE_MAP = re.compile(
    _CONFIGURATION + r"\b[^\n]*?\bgroup\s*[:=]\s*[\"'](?P<group>[\w.-]+)[\"']"
    r"[^\n]*?\bname\s*[:=]\s*[\"'](?P<name>[\w.-]+)[\"']"
    r"(?:[^\n]*?\bversion\s*[:=]\s*[\"'](?P<version>[^\"']+)[\"'])?"
)
_SBT = re.compile(
    r"\"(?P<group>[\w.-]+)\"\s*%{1,3}\s*\"(?P<name>[\w.-]+)\"\s*%\s*"
    r"(?:\"(?P<version>[^\"]+)\"|[\w.]+)"
)
# `//> using dep com.acme::lib:1.0`, `ivy"com.acme::lib:1.0"`, `//DEPS com.acme:lib:1.0`.
_COORDINATE = r"(?P<group>[\w.-]+):{1,3}(?P<name>[\w.-]+):{1,2}(?P<version>[\w.+-]+)"
_USING = re.compile(r"//>\s*using\s+(?:test\.)?(?:dep|lib)s?\s+[\"`]?" + _COORDINATE)
_MILL = re.compile(r"\b(?:ivy|mvn)\"" + _COORDINATE)
_JBANG = re.compile(r"^//DEPS\s+" + _COORDINATE)
_LOCKED = re.compile(r"^(?P<group>[\w.-]+):(?P<name>[\w.-]+):(?P<version>[\w.+-]+)=")
_HEAD = 200


def pom_xml(text: str) -> Iterator[Declared | str]:
    """``pom.xml``: its dependencies, not those it only manages the version of."""
    reader = _Pom()
    # The text is decoded already, whatever its declaration says.
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = lambda tag, _: reader.start(tag, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        yield f"line {error.lineno}: not valid XML: {expat.ErrorString(error.code)}"
    except _RefusedError:
        yield _DOCTYPE
    for line, group, name, version in reader.found:
        stated = re.sub(r"\$\{([^}]+)\}", lambda m: reader.properties.get(m[1], ""), version)
        group = re.sub(r"\$\{([^}]+)\}", lambda m: reader.properties.get(m[1], ""), group)
        if group and name and not name.endswith("-bom"):
            yield Declared(line, "maven", f"{group}:{name}", stated)


def gradle(text: str) -> Iterator[Declared | str]:
    """``build.gradle`` and ``build.gradle.kts``: what is written as a coordinate."""
    for number, line in enumerate(text.split("\n"), 1):
        row = line.partition("//")[0] if "://" not in line else line
        for found in (*_GRADLE.finditer(row), *_GRADLE_MAP.finditer(row)):
            yield from _coordinate(number, found)


def version_catalog(text: str) -> Iterator[Declared | str]:
    """``libs.versions.toml``: Gradle's version catalog."""
    document = tomllib.loads(text)
    versions: dict[str, Any] = document.get("versions", {})
    for alias, entry in document.get("libraries", {}).items():
        if isinstance(entry, str):
            group, _, rest = entry.partition(":")
            name, _, version = rest.partition(":")
        else:
            module = entry.get("module", "")
            group, _, name = (
                module.partition(":") if module else (entry["group"], "", entry["name"])
            )
            stated = entry.get("version", "")
            reference = stated.get("ref", "") if isinstance(stated, dict) else ""
            version = versions.get(reference, "") if reference else stated
        if not name.endswith("-bom"):
            line = _line_of(text, alias)
            yield Declared(
                line, "maven", f"{group}:{name}", version if isinstance(version, str) else ""
            )


def gradle_lockfile(text: str) -> Iterator[Declared | str]:
    """``gradle.lockfile``: the exact versions of everything that is on a class path."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _LOCKED.match(line)
        if found:
            name = f"{found['group']}:{found['name']}"
            yield Declared(number, "maven", name, found["version"], locked=True)


def sbt(text: str) -> Iterator[Declared | str]:
    """``build.sbt`` and ``project/*.scala``."""
    for number, line in enumerate(text.split("\n"), 1):
        for found in _SBT.finditer(line):
            yield from _coordinate(number, found)


def script(text: str) -> Iterator[Declared | str]:
    """Dependencies that a source file names for the tool that runs it."""
    if "//DEPS" not in text and "using" not in text and 'ivy"' not in text and 'mvn"' not in text:
        return
    for number, line in enumerate(text.split("\n")[:_HEAD], 1):
        for pattern in (_USING, _MILL, _JBANG):
            for found in pattern.finditer(line):
                yield from _coordinate(number, found)


def _coordinate(line: int, found: re.Match[str]) -> Iterator[Declared]:
    if found["name"].endswith("-bom"):
        return
    version = found["version"] or ""
    version = "" if "$" in version else version
    yield Declared(line, "maven", f"{found['group']}:{found['name']}", version)


def _line_of(text: str, key: str) -> int:
    start = max(text.find("[libraries]"), 0)
    pattern = re.compile(rf"^\s*\"?{re.escape(key)}\"?\s*=", re.MULTILINE)
    match = pattern.search(text, start)
    return text.count("\n", 0, match.end()) + 1 if match else 1


class _RefusedError(Exception):
    """The document declares its own type, and so may declare entities."""


class _Pom:
    """What a pom says, read element by element."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.found: list[tuple[int, str, str, str]] = []
        self.properties: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        self.line = 0
        self.characters = ""

    def doctype(self, *_: object) -> None:
        raise _RefusedError

    def start(self, tag: str, line: int) -> None:
        self.path.append(tag.rpartition(":")[2])
        self.characters = ""
        if self.path[-1] == "dependency":
            self.line, self.parts = line, {}

    def text(self, characters: str) -> None:
        self.characters += characters

    def end(self, _: str) -> None:
        tag = self.path.pop()
        value = self.characters.strip()
        above = self.path[-1] if self.path else ""
        if above == "dependency":
            self.parts[tag] = value
        elif above == "properties":
            self.properties[tag] = value
        elif self.path == ["project"] and tag in ("groupId", "version"):
            self.properties[f"project.{tag}"] = value
        if tag == "dependency" and "dependencyManagement" not in self.path:
            get = self.parts.get
            self.found.append(
                (self.line, get("groupId", ""), get("artifactId", ""), get("version", ""))
            )
        self.characters = ""
