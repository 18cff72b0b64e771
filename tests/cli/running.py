"""Run the installed command as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LLMAUDIT = Path(sys.executable).with_name("llmaudit")
AS_OF = "2026-11-23"

UNTAGGED = """\
from openai import OpenAI

client = OpenAI()


def answer(question):
    return client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": question}]
    )
"""
TAGGED = UNTAGGED.replace(
    "\n    )", ',\n        metadata={"team": "search", "cost_center": "CC-1001"},\n    )'
).replace("}],\n    ", "}],\n    ")
POLICY = """\
version: 1
policy:
  required_tags: {team:, cost_center:}
  rules: {untagged: error, no-owner: off}
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def run(
    *arguments: str,
    cwd: Path,
    env: dict[str, str] | None = None,
    command: tuple[str, ...] = (str(LLMAUDIT),),
) -> Ran:
    """Run the command; what it printed, with the folder it ran in taken out."""
    done = subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Ran(
        done.returncode,
        done.stdout.decode(),
        done.stderr.decode().replace(str(cwd.resolve()), "<here>"),
    )


def tree(folder: Path, **files: str) -> Path:
    """Write files; a double underscore in a name stands for a slash, the last one for a dot."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
