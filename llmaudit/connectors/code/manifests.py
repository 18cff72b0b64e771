"""Dependency manifests and lock files: which packages a tree asks for, and on which line."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from llmaudit.connectors.code import (
    declarations,
    declarations_cargo,
    declarations_dotnet,
    declarations_go,
    declarations_jvm,
    declarations_php,
    declarations_ruby,
    declarations_swift,
    locks_npm,
    locks_python,
)
from llmaudit.connectors.code.declarations import Declared

# Lock files that are named and not read.
LOCK_FILES = frozenset({"bun.lockb", "go.sum"})
_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[^/]*requirements[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in))$"
)
_READERS: dict[str, Callable[[str], Iterator[Declared | str]]] = {
    "cargo.toml": declarations_cargo.cargo_toml,
    "composer.json": declarations_php.composer_json,
    "build.gradle": declarations_jvm.gradle,
    "build.gradle.kts": declarations_jvm.gradle,
    "libs.versions.toml": declarations_jvm.version_catalog,
    "pom.xml": declarations_jvm.pom_xml,
    "deno.json": locks_npm.deno_json,
    "deno.jsonc": locks_npm.deno_json,
    "environment.yaml": declarations.environment,
    "environment.yml": declarations.environment,
    "gemfile": declarations_ruby.gemfile,
    "gems.rb": declarations_ruby.gemfile,
    "go.mod": declarations_go.go_mod,
    "import_map.json": locks_npm.deno_json,
    "packages.config": declarations_dotnet.packages_config,
    "paket.dependencies": declarations_dotnet.paket_dependencies,
    "paket.references": declarations_dotnet.paket_references,
    "package.swift": declarations_swift.package_swift,
    "cartfile": declarations_swift.cartfile,
    "podfile": declarations_swift.podfile,
    "project.pbxproj": declarations_swift.xcode_project,
    "package.json": declarations.package_json,
    "pipfile": declarations.pipfile,
    "pyproject.toml": declarations.pyproject,
    "setup.cfg": declarations.setup_cfg,
    "setup.py": declarations.setup_py,
}
# Lock files that are read: they may be longer than what people write.
_LOCKS: dict[str, Callable[[str], Iterator[Declared | str]]] = {
    "bun.lock": locks_npm.bun_lock,
    "cargo.lock": declarations_cargo.cargo_lock,
    "composer.lock": declarations_php.composer_lock,
    "conda-lock.yaml": locks_python.conda_lock,
    "conda-lock.yml": locks_python.conda_lock,
    "deno.lock": locks_npm.deno_lock,
    "gemfile.lock": declarations_ruby.gemfile_lock,
    "gems.locked": declarations_ruby.gemfile_lock,
    "gradle.lockfile": declarations_jvm.gradle_lockfile,
    "npm-shrinkwrap.json": locks_npm.package_lock,
    "cartfile.resolved": declarations_swift.cartfile_resolved,
    "package.resolved": declarations_swift.package_resolved,
    "podfile.lock": declarations_swift.podfile_lock,
    "packages.lock.json": declarations_dotnet.packages_lock,
    "paket.lock": declarations_dotnet.paket_lock,
    "package-lock.json": locks_npm.package_lock,
    "pdm.lock": locks_python.pdm_lock,
    "pipfile.lock": locks_python.pipfile_lock,
    "pnpm-lock.yaml": locks_npm.pnpm_lock,
    "poetry.lock": locks_python.poetry_lock,
    "pylock.toml": locks_python.pylock,
    "uv.lock": locks_python.uv_lock,
    "yarn.lock": locks_npm.yarn_lock,
}
# Sources that name what they need for the tool that runs them, and builds of any name.
_SUFFIXES: dict[str, Callable[[str], Iterator[Declared | str]]] = {
    ".cs": declarations_dotnet.script,
    ".csproj": declarations_dotnet.msbuild,
    ".csx": declarations_dotnet.script,
    ".fsproj": declarations_dotnet.msbuild,
    ".gemfile": declarations_ruby.gemfile,
    ".gemspec": declarations_ruby.gemspec,
    ".gradle": declarations_jvm.gradle,
    ".java": declarations_jvm.script,
    ".kt": declarations_jvm.script,
    ".kts": declarations_jvm.script,
    ".mill": declarations_jvm.script,
    ".nuspec": declarations_dotnet.nuspec,
    ".props": declarations_dotnet.msbuild,
    ".rb": declarations_ruby.script,
    ".sbt": declarations_jvm.sbt,
    ".sc": declarations_jvm.script,
    ".scala": declarations_jvm.script,
    ".targets": declarations_dotnet.msbuild,
    ".vbproj": declarations_dotnet.msbuild,
}
_PROBLEMS_NAMED = 3


class Manifest(NamedTuple):
    """What one manifest declares, sorted by line, and what of it could not be read."""

    declared: tuple[Declared, ...]
    problems: tuple[str, ...] = ()


def is_manifest(path: str) -> bool:
    """Whether a path is a manifest this version reads."""
    return _reader(path) is not None


def is_lock(path: str) -> bool:
    """Whether a path is a lock file this version reads."""
    name = path.rpartition("/")[2].lower()
    return name in _LOCKS or re.fullmatch(r"pylock\.[\w-]+\.toml", name) is not None


def read_manifest(path: str, text: str) -> Manifest:
    """Read the packages that a manifest declares.

    Args:
        path: The file's path; its name decides how it is read.
        text: The whole file.

    Returns:
        The packages that could be read, even where the rest could not. Files that a
        requirements file names with ``-r`` are manifests of their own and not followed.
    """
    reader = _reader(path)
    if reader is None:
        return Manifest((), ("this kind of manifest is not read",))
    declared: set[Declared] = set()
    problems: list[str] = []
    try:
        for found in reader(text):
            if isinstance(found, Declared):
                declared.add(found)
            else:
                problems.append(found)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"not valid TOML: {error}")
    except json.JSONDecodeError as error:
        problems.append(f"line {error.lineno}: not valid JSON: {error.msg.lower()}")
    except configparser.Error as error:
        problems.append(f"not valid INI: {error.message.splitlines()[0]}")
    except SyntaxError as error:
        problems.append(f"line {error.lineno or 1}: not valid Python: {error.msg}")
    except RecursionError:
        problems.append("nested too deeply")
    except (AttributeError, LookupError, TypeError, ValueError):
        problems.append("well-formed, but not in the form of a manifest of that name")
    if len(problems) > _PROBLEMS_NAMED:
        more = len(problems) - _PROBLEMS_NAMED
        problems = [*problems[:_PROBLEMS_NAMED], f"{more} more lines cannot be read"]
    return Manifest(tuple(sorted(declared)), tuple(problems))


def _reader(path: str) -> Callable[[str], Iterator[Declared | str]] | None:
    name = path.rpartition("/")[2].lower()
    if name in _READERS or name in _LOCKS:
        return _READERS.get(name) or _LOCKS[name]
    suffix = suffix_of(name)
    if suffix in (".txt", ".in") and _REQUIREMENTS.search(path.lower()):
        return declarations.requirements
    if suffix == ".toml" and re.fullmatch(r"pylock\.[\w-]+\.toml", name):
        return locks_python.pylock
    return _SUFFIXES.get(suffix)


def suffix_of(name: str) -> str:
    """The last suffix of a file's name, as pathlib tells it: ``.env`` and ``a.`` have none."""
    dot = name.rfind(".")
    return name[dot:] if 0 < dot < len(name) - 1 else ""
