"""One parsed file per language behind one shape; a new language is one new adapter."""

from __future__ import annotations

from importlib import import_module

from llmaudit.connectors.code.syntax import javascript
from llmaudit.connectors.code.syntax.tree import SourceTree

__all__ = ["ADAPTERS", "SourceTree", "parse"]

# Modules of this package with ``parse(data) -> SourceTree``, by the engine's name of the language.
ADAPTERS = {
    "bash": "bash",
    "csharp": "csharp",
    "go": "go",
    "java": "java",
    "kotlin": "kotlin",
    "php": "php",
    "python": "python",
    "ruby": "ruby",
    "rust": "rust",
    "scala": "scala",
    "swift": "swift",
}


def parse(data: bytes, analyzer: str, path: str) -> SourceTree:
    """Read one file.

    Args:
        data: UTF-8 source.
        analyzer: The engine's name for its language.
        path: Its path; the suffix tells TSX from TypeScript.

    Returns:
        The tree; broken parts are left out of it.
    """
    if analyzer == "javascript":
        return javascript.parse(data, "javascript")
    if analyzer == "typescript":
        return javascript.parse(data, "tsx" if path.endswith(("x", ".js")) else "typescript")
    adapter = import_module(f"{__name__}.{ADAPTERS[analyzer]}")
    tree: SourceTree = adapter.parse(data)
    return tree
