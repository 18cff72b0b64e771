"""Text from audited sources, made safe to show: names, paths and messages may be hostile."""

from __future__ import annotations

import re

# Control characters drive terminals; format characters (bidirectional, invisible) make a name
# look like another; lone surrogates (a file name that is not UTF-8) cannot be encoded at all.
# Spelt out, as the categories of characters differ between versions of Python.
# A line with ``##[`` in it is a command to the runner of a GitHub workflow, wherever it stands;
# ``##vso[`` is one to Azure Pipelines.
_UNSAFE = re.compile(
    "(?<=##)\\[|(?<=##vso)\\[|[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


# ``::name ...::`` is a command to GitHub's runner where it begins a line, as any word may once a
# text is laid out and wrapped.
_COMMAND = re.compile(r":(?=:[A-Za-z-]+(?:\s|::|$))")


def printable(text: str, *, cell: bool = False) -> str:
    r"""The text on one line, every character that cannot be trusted shown as its escape.

    Args:
        text: Anything an audited source may say.
        cell: It goes into a cell of a table, where no line begins: what only a log would take
            for a command stays as it is.

    >>> printable("svc/\x1b[31mapp.py")
    'svc/\\x1b[31mapp.py'
    """
    if text.isascii() and text.isprintable() and "##" not in text and "::" not in text:
        return text
    safe = _UNSAFE.sub(_escaped, text)
    return safe if cell else _COMMAND.sub(_escaped, safe)


def _escaped(found: re.Match[str]) -> str:
    return _escape(ord(found.group()))


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
