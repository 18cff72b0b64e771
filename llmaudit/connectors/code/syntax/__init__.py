"""One parsed file per language behind one shape; a new language is one new adapter."""

from __future__ import annotations

from llmaudit.connectors.code.syntax import javascript, python
from llmaudit.connectors.code.syntax.tree import SourceTree

__all__ = ["SourceTree", "parse"]


def parse(data: bytes, analyzer: str, path: str) -> SourceTree:
    """Read one file.

    Args:
        data: UTF-8 source.
        analyzer: The engine's name for its language.
        path: Its path; the suffix tells TSX from TypeScript.

    Returns:
        The tree; broken parts are left out of it.
    """
    if analyzer == "python":
        return python.parse(data)
    if analyzer == "javascript":
        return javascript.parse(data, "javascript")
    return javascript.parse(data, "tsx" if path.endswith(("x", ".js")) else "typescript")
