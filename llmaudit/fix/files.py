"""Files read and replaced without leaving the tree, following a link or losing a permission."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from llmaudit.errors import LlmauditError
from llmaudit.fix.splice import Refused


def read(root: Path, path: str) -> bytes:
    """A regular file below ``root``.

    Raises:
        Refused: It lies elsewhere, is a link or has another name, or cannot be written.
    """
    file = _inside(root, path)
    try:
        if file.stat().st_nlink > 1:
            raise Refused("the file has several names (hard links), and would lose the others")
        if not os.access(file, os.W_OK):
            raise Refused("the file may not be written")
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"the file cannot be read: {error.strerror}") from error


def write(root: Path, path: str, before: bytes, after: bytes) -> None:
    """Replace a file in one step, if it still is what was read.

    Raises:
        LlmauditError: It changed meanwhile, or cannot be written.
    """
    try:
        _unchanged(root, path, before)
        file = _inside(root, path)
        mode = stat.S_IMODE(file.stat().st_mode)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".llmaudit-fix-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(after)
                out.flush()
                os.fsync(out.fileno())
            Path(name).chmod(mode)
            Path(name).replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except Refused as why:
        raise LlmauditError(f"{path} is not written: {why}", "run fix again") from why
    except OSError as error:
        raise LlmauditError(f"{path} cannot be written: {error.strerror}") from error


def _unchanged(root: Path, path: str, before: bytes) -> None:
    if read(root, path) != before:
        raise Refused("the file changed meanwhile")


def _inside(root: Path, path: str) -> Path:
    top = root.resolve()
    file = top / path
    # With a link anywhere on the way, the real path is another one.
    if file.resolve() != file or not file.is_relative_to(top) or not file.is_file():
        raise Refused("the file is a link, or lies outside of the tree")
    return file
