"""Script blocks of Vue, Svelte, Astro and HTML files, each left where it stands.

The engine reads none of these forms. What is no script is blanked, byte for line: the scripts
keep their lines and columns, so that a call's place is the file's own and no map is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Markup = Literal["vue", "svelte", "astro", "html"]
MARKUP: tuple[Markup, ...] = ("vue", "svelte", "astro", "html")
Dialect = Literal["javascript", "typescript", "tsx"]

_NAME = r"[^\s\"'>/=]+"
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)"
    rf"|<script(?P<attributes>(?:\s+{_NAME}(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*(?P<end>/?)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    rf"\s+(?P<name>{_NAME})(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'>]+)))?"
)
_CLOSE = re.compile(r"</script\s*>", re.IGNORECASE)
_FRONT_MATTER = re.compile(
    r"\s*---[^\S\n]*\n(?P<body>.*?)(?:^---[^\S\n]*$|\Z)", re.DOTALL | re.MULTILINE
)
_VISIBLE = re.compile(r"[^\n]")
# What a block says of its language, in `lang` or in the last part of `type`.
_DIALECTS: dict[str, Dialect] = {
    "": "javascript",
    "module": "javascript",
    "js": "javascript",
    "jsx": "javascript",
    "mjs": "javascript",
    "javascript": "javascript",
    "ecmascript": "javascript",
    "babel": "javascript",
    "ts": "typescript",
    "typescript": "typescript",
    "tsx": "tsx",
}
# Blocks that a browser or a framework keeps as data, never as code.
_DATA = re.compile(
    r"json|importmap|speculationrules|template|html|x-|shader|glsl|markdown|plain|xml"
)


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of one file.

    Attributes:
        source: As long as the file, with spaces for everything that is no script.
        dialect: The language that covers all of them.
        skipped: Languages of blocks that are code and cannot be read.
        problem: What is wrong with the file's form; what was closed is read all the same.
    """

    source: str
    dialect: Dialect
    skipped: tuple[str, ...] = ()
    problem: str = ""

    @property
    def analyzer(self) -> str:
        """The engine's name for the dialect."""
        return "javascript" if self.dialect == "javascript" else "typescript"

    @property
    def suffix(self) -> str:
        """How the name of a file in this dialect ends."""
        return {"javascript": ".js", "typescript": ".ts", "tsx": ".tsx"}[self.dialect]


def extract(text: str, markup: Markup) -> Scripts:
    """Take the scripts out of a file.

    Args:
        text: The whole file.
        markup: Its form.
    """
    spans: list[tuple[int, int]] = []
    dialects: set[Dialect] = set()
    skipped: list[str] = []
    problem = ""
    at = 0
    if markup == "astro" and (front := _FRONT_MATTER.match(text)):
        spans.append(front.span("body"))
        dialects.add("typescript")
        at = front.end()
    while found := _TAG.search(text, at):
        at = found.end()
        if found["attributes"] is None or found["end"]:
            continue
        closed = _CLOSE.search(text, at)
        if closed is None:
            problem = f"line {text.count(chr(10), 0, found.start()) + 1}: a script is not closed"
            break
        body, at = (at, closed.start()), closed.end()
        language = _language(found["attributes"])
        if language in _DIALECTS:
            spans.append(body)
            # Astro compiles its scripts as TypeScript, whatever they say.
            dialects.add("typescript" if markup == "astro" else _DIALECTS[language])
        elif not _DATA.search(language):
            skipped.append(language)
    widest: Dialect = next((d for d in ("tsx", "typescript") if d in dialects), "javascript")
    return Scripts(_blanked(text, spans), widest, tuple(skipped), problem)


def _language(attributes: str) -> str:
    """What a script tag says of its language, in lower case."""
    said: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(attributes):
        said[one["name"].lower()] = (one["double"] or one["single"] or one["bare"] or "").lower()
    language = said.get("lang") or said.get("type", "")
    if language in _DIALECTS or _DATA.search(language):
        return language
    return language.partition(";")[0].rpartition("/")[2].strip()


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        # The mark that ends a block ends its last statement too.
        mark = ";" if end < len(text) else ""
        pieces += [_blank(text[at:start]), text[start:end], mark]
        at = end + len(mark)
    pieces.append(_blank(text[at:]))
    return "".join(pieces)


def _blank(text: str) -> str:
    """Spaces for all but the line ends; as many bytes as before, so that columns stay."""
    if text.isascii():
        return _VISIBLE.sub(" ", text)
    return _VISIBLE.sub(lambda found: " " * len(found.group().encode()), text)
