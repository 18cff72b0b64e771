"""Read a configuration in a test against a small vocabulary of its own."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

from llmaudit.config import Loaded, Vocabulary, load

# A key of the right shape that was never issued.
SECRET = "sk-proj-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2


class Trees(BaseModel, extra="forbid"):
    paths: tuple[str, ...] = (".",)


class Register(BaseModel, extra="forbid"):
    path: str


class Exports(BaseModel, extra="forbid"):
    paths: tuple[str, ...] = Field(min_length=1)
    schemas: str | None = None


class Remote(BaseModel, extra="forbid"):
    """A connector that leaves the machine, as later versions have them."""

    admin_key: str
    base_url: str | None = None
    pages: int = 1


SETTINGS: dict[str, type[BaseModel]] = {
    "code": Trees,
    "registry": Register,
    "exports": Exports,
    "remote": Remote,
}

VOCABULARY = Vocabulary(
    rules=frozenset({"untagged", "shadow", "no-owner", "key-in-code", "stale-key"}),
    connectors={"code": False, "registry": False, "exports": False, "remote": True},
    settings=SETTINGS.__getitem__,
    is_secret=lambda text: SECRET in text,
)


def read(folder: Path, text: str | bytes, name: str = "llmaudit.yaml") -> Loaded:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path, VOCABULARY)
