"""Texts put together: interpolation, formats, parts of an address."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from llmaudit.connectors.code.syntax.tree import HOLE
from llmaudit.connectors.code.value import Blank, Choice, Items, Opaque, Text, Value, choice

_PRODUCT = 16


def fill(shape: str, values: Sequence[Value]) -> Value:
    """The text of a shape whose holes hold the values, as far as they are settled."""
    if len(values) == shape.count(HOLE) and values and not shape.strip(HOLE):
        lists = [value.values for value in values if isinstance(value, Items)]
        if len(lists) == len(values):
            return Items(tuple(item for items in lists for item in items))
    pieces = shape.split(HOLE)
    known: list[tuple[str, ...]] = []
    partly: list[str] = []
    by_default: list[str | None] = []
    for value in [*values, *([Opaque("unknown")] * len(pieces))][: len(pieces) - 1]:
        texts = _texts(value)
        known.append(texts)
        if len(texts) == 1:
            partly.append(texts[0])
            by_default.append(texts[0])
        else:
            partly.append(value.text or HOLE if isinstance(value, Opaque) else HOLE)
            by_default.append(texts[0] if texts else _default(value))
    if all(known):
        ways = list(product(*known)) if len(known) < _PRODUCT else []
        if 0 < len(ways) <= _PRODUCT:
            return choice(_text(_woven(pieces, way)) for way in ways)
    symbols = [one.symbol for one in values if isinstance(one, Opaque) and one.symbol]
    # One constant of an SDK among known texts is still settled when the SDK is known.
    symbol = symbols[0] if symbols and partly.count(HOLE) == 1 == len(symbols) else ""
    fallback: Value | None = None
    if None not in by_default:
        fallback = _text(_woven(pieces, [text or "" for text in by_default]))
    elif any(text and one == HOLE for text, one in zip(by_default, partly, strict=True)):
        # Some of its parts are known by default.
        whole = [
            one if text is None else text for text, one in zip(by_default, partly, strict=True)
        ]
        fallback = Opaque("interpolated", None, _woven(pieces, whole))
    return Opaque(
        "interpolated",
        None if isinstance(fallback, Blank) else fallback,
        _woven(pieces, partly),
        symbol=symbol,
    )


def joined(parts: Sequence[Value]) -> Value:
    """Parts of an address or a path, one slash between each two."""
    if len(parts) == 1:
        return parts[0]
    trimmed: list[Value] = []
    for at, part in enumerate(parts):
        if isinstance(part, Text):
            text = part.value if at == 0 else part.value.lstrip("/")
            trimmed.append(Text(text.rstrip("/") if at < len(parts) - 1 else text))
        else:
            trimmed.append(part)
    return fill("/".join(HOLE for _ in parts), trimmed)


def _woven(pieces: Sequence[str], texts: Sequence[str]) -> str:
    woven = pieces[0]
    for text, piece in zip(texts, pieces[1:], strict=True):
        woven += text + piece
    return woven


def _text(text: str) -> Value:
    return Text(text) if text.strip() else Blank()


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, Text):
        return (value.value,)
    if isinstance(value, Blank):
        return ("",)
    if isinstance(value, Choice) and all(isinstance(o, Text) for o in value.options):
        return tuple(o.value for o in value.options if isinstance(o, Text))
    return ()


def _default(value: Value) -> str | None:
    if isinstance(value, Opaque) and isinstance(value.default, Text):
        return value.default.value
    if isinstance(value, Choice):
        return next((o.value for o in value.options if isinstance(o, Text)), None)
    return None
