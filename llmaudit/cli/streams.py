"""Standard output carries the answer and nothing else; everything said goes to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """Write to standard output; a reader that has gone away (``| head``) is no error."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        mute_stdout()


def mute_stdout() -> None:
    """Whoever read the output has gone; Python flushes once more at exit, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def answer(text: str) -> None:
    """Write the answer of a command as UTF-8, whatever the locale."""
    with quiet_pipe():
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def say(what: str, text: str) -> None:
    """One line on standard error: ``error: ...``, ``help: ...``, ``warning: ...``."""
    from llmaudit.formats.printable import printable

    shown = printable(text).encode(sys.stderr.encoding or "utf-8", "backslashreplace")
    print(f"{what}: {shown.decode(sys.stderr.encoding or 'utf-8')}", file=sys.stderr)  # noqa: T201
