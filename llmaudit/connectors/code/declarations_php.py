"""PHP's manifests: ``composer.json`` and ``composer.lock``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from llmaudit.connectors.code import positions
from llmaudit.connectors.code.declarations import Declared, Found

_NAME = re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*", re.IGNORECASE)
_VERSION = re.compile(r"v?([\w.+-]{1,100})")
_SECTIONS = ("require", "require-dev")


def composer_json(text: str) -> Iterator[Found]:
    """``composer.json``: what it requires; PHP itself and its extensions are no packages."""
    document = json.loads(text)
    # PHP writes an empty map as an empty list.
    required = {section: document.get(section) or {} for section in _SECTIONS}
    top, breaks = positions.top(text), positions.breaks(text)
    for section, wanted in required.items():
        places = positions.keys(text, top[section]) if wanted else {}
        for name, constraint in wanted.items():
            if _NAME.fullmatch(name):
                line = positions.line(breaks, places[name])
                yield Declared(line, "composer", name.lower(), str(constraint))


def composer_lock(text: str) -> Iterator[Found]:
    """``composer.lock``: packages that no other one asks for; the tree's own needs it omits."""
    document = json.loads(text)
    sections = [section for section in ("packages", "packages-dev") if document.get(section)]
    top, breaks = positions.top(text), positions.breaks(text)
    packages = [
        (package, at)
        for section in sections
        for package, at in zip(document[section], positions.items(text, top[section]), strict=True)
    ]
    asked = {need.lower() for package, _ in packages for need in package.get("require") or ()}
    for package, at in packages:
        name = str(package["name"]).lower()
        if name in asked or not _NAME.fullmatch(name):
            continue
        version = _VERSION.fullmatch(str(package.get("version", "")))
        line = positions.line(breaks, positions.keys(text, at)["name"])
        yield Declared(line, "composer", name, version[1] if version else "", locked=True)
