"""Lock files of Poetry, uv, PDM, Pipenv, conda-lock and PEP 751: what the tree itself asks for.

A lock also lists what its packages need in turn; that an SDK came along with one of them is no
use of it. uv and Pipenv say which packages the tree asks for. The others do not: there a package
counts that no other one asks for, and every one where the lock tells no needs at all.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from packaging.utils import canonicalize_name

from llmaudit.connectors.code import positions
from llmaudit.connectors.code.declarations import Declared, Found

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[\w.+!-]{1,100}")
# Where a package of uv's lock stands in the tree itself.
_OWN = ("virtual", "editable", "directory", "path")


def uv_lock(text: str) -> Iterator[Found]:
    """``uv.lock``: what the tree's own packages depend on, their extras and groups included."""
    packages = _packages(tomllib.loads(text), "package")
    own = [p for p in packages if any(key in p.get("source", {}) for key in _OWN)]
    wanted = {
        _plain(dependency.get("name", ""))
        for package in own
        for dependency in (
            *package.get("dependencies", ()),
            *_groups(package.get("optional-dependencies")),
            *_groups(package.get("dev-dependencies")),
        )
    }
    members = {_plain(package.get("name", "")) for package in own}
    lines = _headers(text, "package")
    for line, package in zip(lines, packages, strict=True):
        name = _plain(package.get("name", ""))
        if name in wanted and name not in members:
            yield _locked(line, package)


def _groups(groups: Mapping[str, Sequence[Any]] | None) -> Iterator[Mapping[str, Any]]:
    for dependencies in (groups or {}).values():
        yield from dependencies


def poetry_lock(text: str) -> Iterator[Found]:
    """``poetry.lock``: packages that no other one asks for."""
    packages = _packages(tomllib.loads(text), "package")
    needs = [list(package.get("dependencies", {})) for package in packages]
    yield from _unasked(packages, needs, _headers(text, "package"))


def pdm_lock(text: str) -> Iterator[Found]:
    """``pdm.lock``: packages that no other one asks for."""
    packages = _packages(tomllib.loads(text), "package")
    needs = [
        [match.group() for need in package.get("dependencies", ()) if (match := _NAME.match(need))]
        for package in packages
    ]
    yield from _unasked(packages, needs, _headers(text, "package"))


def pylock(text: str) -> Iterator[Found]:
    """``pylock.toml``: packages that no other one asks for, every one where it tells no needs."""
    packages = _packages(tomllib.loads(text), "packages")
    needs = [
        [str(need.get("name", "")) for need in package.get("dependencies", ())]
        for package in packages
    ]
    yield from _unasked(packages, needs, _headers(text, "packages"))


def pipfile_lock(text: str) -> Iterator[Found]:
    """``Pipfile.lock``: an index stands with the packages that the Pipfile names."""
    document = json.loads(text)
    top, breaks = positions.top(text), positions.breaks(text)
    for section, packages in document.items():
        if section == "_meta" or not isinstance(packages, dict):
            continue
        keys = positions.keys(text, top[section])
        for name, package in packages.items():
            if "index" in package or "git" in package:
                version = str(package.get("version", "")).removeprefix("==")
                line = positions.line(breaks, keys[name])
                yield _locked(line, {"name": name, "version": version})


def conda_lock(text: str) -> Iterator[Found]:
    """``conda-lock.yml``: packages that no other one of their platform asks for."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # The loader is one of PyYAML's safe ones, which the linter cannot see.
        document = yaml.load(text, Loader=loader)  # noqa: S506
    except yaml.YAMLError:
        yield "not valid YAML"
        return
    packages = document.get("package", [])
    needs = [list(package.get("dependencies", {})) for package in packages]
    lines = [
        number
        for number, row in enumerate(text.split("\n"), 1)
        if re.match(r"\s*(?:- )?name:\s", row) and not row.startswith(" " * 6)
    ]
    if len(lines) != len(packages):
        lines = [1] * len(packages)
    yield from _unasked(packages, needs, lines)


def _unasked(
    packages: Sequence[Mapping[str, Any]], needs: Sequence[Iterable[str]], lines: Sequence[int]
) -> Iterator[Found]:
    asked = {_plain(name) for one in needs for name in one}
    for line, package in zip(lines, packages, strict=True):
        if _plain(str(package.get("name", ""))) not in asked:
            yield _locked(line, package)


def _packages(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return list(document.get(key, []))


def _headers(text: str, name: str) -> list[int]:
    """Lines on which the tables of the packages begin, in order."""
    header = re.compile(rf"\[\[{name}\]\]\s*(?:#.*)?$")
    return [number for number, row in enumerate(text.split("\n"), 1) if header.match(row)]


def _plain(name: str) -> str:
    return str(canonicalize_name(name))


def _locked(line: int, package: Mapping[str, Any]) -> Found:
    name, version = str(package.get("name", "")), str(package.get("version", ""))
    if not _NAME.fullmatch(name):
        return f"line {line}: not the name of a package"
    # A package from an address has no version; the address may carry a password.
    return Declared(
        line, "pypi", _plain(name), version if _VERSION.fullmatch(version) else "", locked=True
    )
