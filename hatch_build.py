"""Compile the catalogue and the scan rules into the package that is built.

The files are those a first run would leave in its cache folder; see ``llmaudit/precompiled.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FIRST_RUN = """
from llmaudit import catalogue
from llmaudit.connectors.code.compiled import compile_rules
compile_rules(catalogue.load().sdks)
"""


class Compile(BuildHookInterface):  # type: ignore[type-arg]
    """The hook of wheels and of editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Do what a first run does, in a process and a cache of its own."""
        target = Path(self.root, "llmaudit", "compiled")
        target.mkdir(exist_ok=True)
        for old in target.glob("*.json"):
            old.unlink()
        with tempfile.TemporaryDirectory(prefix="llmaudit-") as name:
            home = Path(name)
            places = ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME", "USERPROFILE")
            # What an isolated build installed is found through this process's own path.
            modules = os.pathsep.join((self.root, *filter(None, sys.path)))
            subprocess.run(
                [sys.executable, "-c", _FIRST_RUN],
                cwd=self.root,
                env={**os.environ, **dict.fromkeys(places, name), "PYTHONPATH": modules},
                check=True,
            )
            for file in sorted(home.rglob("llmaudit/*-*.json")):
                kind = file.stem.partition("-")[0]
                (target / f"{kind}.json").write_bytes(file.read_bytes())
        build_data["artifacts"].append("/llmaudit/compiled/*.json")
