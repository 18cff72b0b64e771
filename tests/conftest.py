"""What holds for every test: no network, no settings of the machine, a cache of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import disable_socket

# A deadline would measure how busy the machine is, not what the property says.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    kept = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("LLMAUDIT_", "GIT_")) or name in ("SOURCE_DATE_EPOCH", "NO_COLOR"):
            del os.environ[name]
    os.environ |= {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "SEMGREP_SEND_METRICS": "off",
    }
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(autouse=True)
def _no_network() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
