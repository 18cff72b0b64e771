"""Options of a shell's HTTP clients as named arguments: url, body, headers, method.

Source of the options: curl 8.15 manual, GNU Wget 1.25 manual, HTTPie 3.2 documentation, Azure CLI
reference: az rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Row
from collections.abc import Set as AbstractSet

from llmaudit.connectors.code.syntax.jq import json_value
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Entry,
    Expr,
    Mapping,
    Name,
    Sequence,
    Str,
)

HTTP_CLIENTS = frozenset({"curl", "wget", "http", "https", "xh", "xhs", "curlie", "az"})
_BODIES = {
    "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json", "--data-urlencode",
    "--post-data", "--body-data", "--raw",
}  # fmt: skip
_FILES = {"--post-file", "--body-file", "-T", "--upload-file"}
_HEADERS = {"-H", "--header"}
_METHODS = {"-X", "--request", "--method"}
_FORMS = {"-F", "--form", "--form-string"}
# Other options that take a value of their own.
_VALUED = {
    "-o", "--output", "-w", "--write-out", "-u", "--user", "-A", "--user-agent", "-e", "--referer",
    "-x", "--proxy", "-m", "--max-time", "--connect-timeout", "--retry", "--retry-delay",
    "--retry-max-time", "-b", "--cookie", "-c", "--cookie-jar", "--cacert", "-E", "--cert",
    "--key", "--resolve", "-D", "--dump-header", "-K", "--config", "--limit-rate", "--timeout",
    "--aws-sigv4", "-r", "--range", "--max-redirs", "--interface", "--stderr", "-y", "-Y", "-z",
    "--oauth2-bearer", "--unix-socket", "--noproxy",
}  # fmt: skip
_VALUED_OF_WGET = {
    "-O", "--output-document", "-t", "--tries", "-o", "-P", "-U", "-a", "-T", "-w", "-e", "-Q",
}  # fmt: skip


def named_options(name: str, words: Row[Expr], stdin: Expr | None) -> tuple[Arg, ...]:
    """The arguments of an HTTP client.

    Args:
        words: Its words without the program.
        stdin: What it is given to read; None where nothing is.
    """
    if name in ("http", "https", "xh", "xhs"):
        return _items(words, stdin)
    if name == "az":
        return _rest(words)
    known = _BODIES | _FILES | _HEADERS | _METHODS | _FORMS | _VALUED | {"--url"}
    if name == "wget":
        known = {option for option in known if option.startswith("--")} | _VALUED_OF_WGET
    found: list[Arg] = []
    headers: list[Expr] = []
    fields: list[Entry] = []
    pending = ""
    sends = False
    for word in words:
        option, value = (pending, word) if pending else _split(word, known)
        pending = ""
        if option and value is None:
            pending = option if option in known else ""
            continue
        if option in _BODIES:
            body = _read(value, stdin) if value is not None else None
            found += [Arg(body, "body")] if body is not None else []
            sends = True
        elif option in _HEADERS and value is not None:
            headers.append(value)
        elif option in _METHODS and value is not None:
            found.append(Arg(value, "method"))
            sends = True
        elif option in _FORMS | _FILES and not (option == "-T" and name == "wget"):
            fields += _field(value) if option in _FORMS else ()
            sends = True
        elif option in ("", "--url") and value is not None:
            found.append(Arg(value, "url"))
    if fields:
        found.append(Arg(Mapping(*_span(fields[0].value), entries=tuple(fields)), "body"))
    if headers:
        found.append(Arg(Sequence(*_span(headers[0]), items=tuple(headers)), "headers"))
    if not sends:
        found.append(Arg(Str(0, 0, 0, 0, 0, value="GET"), "method"))
    return tuple(found)


def _rest(words: Row[Expr]) -> tuple[Arg, ...]:
    """The request that ``az rest`` sends; any other command of ``az`` sends none of its own."""
    texts = [word.value if isinstance(word, Str) else None for word in words]
    if "rest" not in texts[:1]:
        return ()
    found: list[Arg] = []
    for option, value in zip(texts, words[1:], strict=False):
        if option in ("--url", "--uri", "-u"):
            found.append(Arg(value, "url"))
        elif option in ("--body", "-b"):
            found.append(Arg(_read(value, None), "body"))
        elif option in ("--method", "-m"):
            found.append(Arg(value, "method"))
        elif option == "--headers":
            found.append(Arg(Sequence(*_span(value), items=(value,)), "headers"))
    return tuple(found)


def _split(word: Expr, known: AbstractSet[str]) -> tuple[str, Expr | None]:
    """An option and the value that stands in the same word; no option for a plain word."""
    if not isinstance(word, Str):
        return "", word
    text = word.value if word.value is not None else word.head
    if not text.startswith("-") or text == "-":
        return "", word
    if text.startswith("--"):
        option, equals, _ = text.partition("=")
        return option, _after(word, len(option) + 1) if equals else None
    for at, letter in enumerate(text[1:], 1):
        option = f"-{letter}"
        if option in known:
            # `-sSd '...'`, `-XPOST`, `-d"$BODY"`.
            rest = _after(word, at + 1)
            return option, rest
    return text, None


def _after(word: Str, length: int) -> Str | None:
    if word.value is not None:
        text = word.value[length:]
        return Str(*_span(word), value=text) if text else None
    shape = word.shape[length:]
    if not shape:
        return None
    return Str(*_span(word), parts=word.parts, head=word.head[length:], shape=shape)


def _read(value: Expr, stdin: Expr | None) -> Expr:
    """``@-`` is what is piped in, ``@file`` what this script wrote there."""
    if isinstance(value, Str):
        text = value.value if value.value is not None else value.shape
        if text == "@-":
            return stdin if stdin is not None else value
        if text.startswith("@"):
            name = text[1:]
            if value.value is None and len(value.parts) == 1:
                part = value.parts[0]
                name = f"${part.id}" if isinstance(part, Name) else name
            return Name(*_span(value), id=f"@{name}", way=())
    return value


def _field(value: Expr | None) -> Iterator[Entry]:
    """A field of a form: ``-F model=whisper-1``; a file's content is none."""
    text = (value.value or value.head) if isinstance(value, Str) else ""
    name, equals, rest = text.partition("=")
    if isinstance(value, Str) and equals and not rest.startswith(("@", "<")):
        held = _after(value, len(name) + 1) or Str(*_span(value), value="")
        yield Entry(Str(*_span(value), value=name), held, value.start, value.end)


def _items(words: Row[Expr], stdin: Expr | None) -> tuple[Arg, ...]:
    """HTTPie's: ``http POST url model=gpt-4 n:=1 X-Team:search``."""
    found: list[Arg] = []
    body: list[Entry] = []
    headers: list[Expr] = []
    for word in words:
        text = (word.value or word.head) if isinstance(word, Str) else ""
        if re.fullmatch(r"GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS", text):
            found.append(Arg(word, "method"))
            continue
        if text.startswith("-"):
            continue
        if not any(arg.name == "url" for arg in found):
            found.append(Arg(word, "url"))
            continue
        item = re.match(r"([\w.\[\]-]+?)(:=|=|:)", text)
        if item is None or not isinstance(word, Str):
            continue
        if item[2] == ":":
            headers.append(word)
        else:
            key = Str(*_span(word), value=item[1])
            value: Expr = _after(word, item.end()) or Str(*_span(word), value="")
            if item[2] == ":=" and isinstance(value, Str) and value.value is not None:
                value = json_value(value.value, _span(word))
            body.append(Entry(key, value, word.start, word.end))
    if body:
        whole = Mapping(*_span(body[0].value), entries=tuple(body))
        found.append(Arg(whole, "body"))
    elif stdin is not None:
        found.append(Arg(stdin, "body"))
    elif not any(arg.name == "method" for arg in found):
        found.append(Arg(Str(0, 0, 0, 0, 0, value="GET"), "method"))
    if headers:
        found.append(Arg(Sequence(*_span(headers[0]), items=tuple(headers)), "headers"))
    return tuple(found)


def _span(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
