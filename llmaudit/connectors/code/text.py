"""Bytes of a source file to text, with every line where it was."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    # UTF-32 comes first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 8_192
_COOKIE = re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_LONG_LINE = 1_000
_SMALLEST_MINIFIED = 20_000


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one file.

    Attributes:
        text: Without a byte order mark; encodes to UTF-8 without loss.
        encoding: What it was read as.
        verbatim: Whether the file's bytes are the text in UTF-8; where not, byte offsets
            count in ``data``, and the engine needs a copy of that.
        notes: What was done to read it.
        minified: Whether no person wrote its lines, so that only its literals say something.
    """

    text: str
    encoding: str = "utf-8"
    verbatim: bool = True
    notes: tuple[str, ...] = ()
    minified: bool = False

    @property
    def data(self) -> bytes:
        """The text in UTF-8."""
        return self.text.encode()


def decode(data: bytes, python: bool = False) -> Text | None:
    """Read bytes as text.

    Args:
        data: A whole file.
        python: Whether a coding comment counts.

    Returns:
        None for binary data.
    """
    encoding, body = _encoding(data, python)
    if encoding is None:
        return None
    notes: list[str] = []
    if encoding == "utf-8":
        try:
            text = body.decode()
        except UnicodeDecodeError:
            # Latin-1 gives every byte a character, so that no line is lost.
            encoding, text = "latin-1", body.decode("latin-1")
            notes.append("that are not UTF-8, read as latin-1")
    else:
        text = body.decode(encoding, "replace").encode("utf-8", "replace").decode()
        notes.append(f"read as {encoding}")
    if "\0" in text:
        text = text.replace("\0", " ")
        notes.append("with NUL characters, read as blanks")
    if "\r" in text and _LONE_RETURN.search(text):
        # Python and JavaScript end a line, and so a comment, here; the engine would not.
        text = _LONE_RETURN.sub("\n", text)
        notes.append("with lone carriage returns, read as line ends")
    return Text(text, encoding, not notes and len(body) == len(data), tuple(notes))


def is_minified(text: str) -> bool:
    """Whether most of a script of some size stands in lines no person would write."""
    if len(text) < _SMALLEST_MINIFIED:
        return False
    return 2 * sum(len(line) for line in text.split("\n") if len(line) > _LONG_LINE) > len(text)


def _encoding(data: bytes, python: bool) -> tuple[str | None, bytes]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    head = data[:_HEAD]
    if b"\0" in head:
        return _with_nul(head), data
    declared = _COOKIE.match(data) if python else None
    if declared:
        try:
            known = codecs.lookup(declared.group(1).decode())
            # Only encodings of text: `rot13` and `zlib` are codecs as well.
            "".encode(known.name)
        except (LookupError, UnicodeError):
            return "utf-8", data
        return known.name, data
    return "utf-8", data


def _with_nul(head: bytes) -> str | None:
    """UTF-16 without a mark has its NULs on one side; a few NULs in UTF-8 are a disguise."""
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    if head.count(0) > 0.01 * len(head):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return None
    return "utf-8"
