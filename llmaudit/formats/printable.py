"""Text from audited sources, made safe to show: names, paths and messages may be hostile."""

from __future__ import annotations

import re

# Control characters drive terminals; format characters (bidirectional, invisible) make a name
# look like another; lone surrogates (a file name that is not UTF-8) cannot be encoded at all.
# Spelt out, as the categories of characters differ between versions of Python.
# A line with ``##[`` in it is a command to the runner of a GitHub workflow, wherever it stands.
_UNSAFE = re.compile(
    "(?<=##)\\[|[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    r"""The text on one line, every character that cannot be trusted shown as its escape.

    >>> printable("svc/\x1b[31mapp.py")
    'svc/\\x1b[31mapp.py'
    """
    if text.isascii() and text.isprintable() and "##[" not in text:
        return text
    return _UNSAFE.sub(lambda found: _escape(ord(found.group())), text)


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
