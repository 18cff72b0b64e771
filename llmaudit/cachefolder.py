"""Where llmaudit keeps what it can always make again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """The user's cache folder for llmaudit; None where there is none that can be trusted.

    A relative path would lie in the working directory, so that an audited tree could bring
    facts or prefilters of its own.
    """
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except (OSError, RuntimeError):
        return None
    return base / "llmaudit" if base.is_absolute() else None
