"""Ruby's manifests: ``Gemfile``, ``gems.rb``, ``*.gemspec`` and their lock file; nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.declarations import Declared, Found

_NAME = r"[A-Za-z0-9][\w.-]*"
# A text in quotes or in Ruby's own brackets (`%q<...>`); `.freeze` may stand behind it.
_TEXT = (
    r"(?:[\"']([^\"'\n]*)[\"']|%[qQ]?(?:<([^>\n]*)>|\(([^)\n]*)\)|\[([^\]\n]*)\]|\{([^}\n]*)\}))"
)
_GEM = re.compile(rf"(?:^|[;{{]|\bdo\b|\bthen\b)[^\S\n]*gem[\s(]\s*{_TEXT}", re.MULTILINE)
_SPEC = re.compile(
    rf"\.add_(?:runtime_|development_)?dependency[\s(]+\s*{_TEXT}(?:\.freeze)?", re.MULTILINE
)
_UNWRITTEN = re.compile(r"^\s*gem[\s(]\s*(?:[a-z_]\w*|\"[^\"\n]*#\{)", re.MULTILINE)
_RANGE = re.compile(rf"\s*,\s*\[?\s*{_TEXT}(?:\.freeze)?\s*\]?")
_REQUIREMENT = re.compile(r"(?:(?:~>|[<>]=?|!?=)\s*)?\d[\w.-]*")
_LINE_COMMENT = re.compile(r"(?:^|(?<=\s))#(?![{])[^\n]*", re.MULTILINE)
_BLOCK = re.compile(r"^=begin\b.*?^=end\b|^__END__$.*", re.MULTILINE | re.DOTALL)
_LOCKED = re.compile(rf"(?P<indent> {{2,6}})(?P<name>{_NAME})(?: \((?P<range>[^)]*)\))?!?$")
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7})(?:\s|$)")


def gemfile(text: str) -> Iterator[Found]:
    """``Gemfile`` and ``gems.rb``: gems whose names are written out."""
    plain = _without_comments(text)
    yield from _gems(plain, _GEM)
    for found in _UNWRITTEN.finditer(plain):
        line = plain.count("\n", 0, found.end()) + 1
        yield f"line {line}: a gem whose name is not written out"


def gemspec(text: str) -> Iterator[Found]:
    """``*.gemspec``: what a gem asks for, to run and to be developed."""
    yield from _gems(_without_comments(text), _SPEC)


def script(text: str) -> Iterator[Found]:
    """A script that brings its own Gemfile (``bundler/inline``)."""
    if "bundler/inline" in text:
        yield from _gems(_without_comments(text), _GEM)


def gemfile_lock(text: str) -> Iterator[Found]:
    """``Gemfile.lock``: what the tree and its own gems ask for, in the versions installed."""
    section = ""
    versions: dict[str, tuple[int, str]] = {}
    asked: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        row = line.rstrip()
        if _CONFLICT.match(row):
            yield f"line {number}: a merge that is not finished"
            continue
        if row and not row.startswith(" "):
            section = row
        entry = _LOCKED.match(row)
        if entry is None:
            continue
        name, depth = entry["name"], len(entry["indent"])
        if section == "DEPENDENCIES":
            asked.setdefault(name, number)
        elif depth == 4:
            # A gem with parts for several platforms stands there once for each.
            version = (entry["range"] or "").partition("-")[0]
            versions.setdefault(name, (number, version))
        elif depth == 6 and section == "PATH":
            asked.setdefault(name, number)
    for name, number in asked.items():
        line_, version = versions.get(name, (number, ""))
        yield Declared(line_, "gem", name, version, locked=True)


def _gems(text: str, pattern: re.Pattern[str]) -> Iterator[Declared]:
    for found in pattern.finditer(text):
        name = _text(found)
        if not re.fullmatch(_NAME, name):
            continue
        line = text.count("\n", 0, found.start(found.lastindex or 0)) + 1
        ranges: list[str] = []
        at = found.end()
        while part := _RANGE.match(text, at):
            at = part.end()
            if not _REQUIREMENT.fullmatch(_text(part)):
                break
            ranges.append(_text(part))
        yield Declared(line, "gem", name, ", ".join(ranges))


def _text(found: re.Match[str]) -> str:
    return next((group for group in found.groups() if group is not None), "")


def _without_comments(text: str) -> str:
    """The text with its comments blanked, every line where it stood."""
    plain = _BLOCK.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text.replace("\r\n", "\n"))
    return _LINE_COMMENT.sub("", plain)
