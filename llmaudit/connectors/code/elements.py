"""The elements of an XML document, by a parser that reads no entity and fetches nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

_DOCTYPE = "a document type declaration is not read"


@dataclass(slots=True)
class Element:
    """One element.

    Attributes:
        tag: Without the prefix of a name space.
        line: 1-based, of the start tag.
        above: The tags around it, the outermost first.
        attributes: As written.
        text: What stands directly in it.
        parts: The text of its children by tag; the last of equal tags counts.
    """

    tag: str
    line: int
    above: tuple[str, ...]
    attributes: dict[str, str]
    text: str = ""
    parts: dict[str, str] = field(default_factory=dict)


class _RefusedError(Exception):
    """The document declares its own type, and so may declare entities."""


def read(text: str) -> tuple[list[Element], str]:
    """Every element that is closed, by its end, and what could not be read of the rest."""
    done: list[Element] = []
    open_: list[Element] = []
    # The text is decoded already, whatever its declaration says.
    parser = expat.ParserCreate("utf-8")

    def start(tag: str, attributes: dict[str, str]) -> None:
        above = (*open_[-1].above, open_[-1].tag) if open_ else ()
        name = tag.rpartition(":")[2]
        open_.append(Element(name, parser.CurrentLineNumber, above, attributes))

    def end(_: str) -> None:
        element = open_.pop()
        element.text = element.text.strip()
        if open_:
            open_[-1].parts[element.tag] = element.text
        done.append(element)

    def characters(found: str) -> None:
        if open_:
            open_[-1].text += found

    def doctype(*_: object) -> None:
        raise _RefusedError

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.buffer_text = True
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return done, f"line {error.lineno}: not valid XML: {expat.ErrorString(error.code)}"
    except _RefusedError:
        return done, _DOCTYPE
    return done, ""
