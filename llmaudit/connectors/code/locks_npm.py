"""Lock files of npm, Yarn, pnpm, Bun and Deno: the packages that the tree itself asks for.

A lock also lists what its packages need in turn; that an SDK came along with one of them is no
use of it. npm from version 7 on, Yarn from 2 on, pnpm, Bun and Deno say which packages the tree
asks for. npm's first form and Yarn 1 do not: there a package counts that no other one asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from llmaudit.connectors.code import positions
from llmaudit.connectors.code.declarations import NPM_NAME, Declared, Found

_SECTIONS = ("dependencies", "devDependencies", "optionalDependencies")
_NOISE = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_YARN_HEADER = re.compile(r"^(?P<wanted>\"?[@\w].*):[^\S\n]*$", re.MULTILINE)
_YARN_VERSION = re.compile(r'^ {2}version:? "?([^"\s]+)', re.MULTILINE)
_YARN_NEED = re.compile(r'^ {4}"?((?:@[^"\s@/]+/)?[^"\s@/]+)"? "?([^"\n]+?)"?$', re.MULTILINE)
_DENO = re.compile(r"(npm|jsr):/?(@[^/@]+/[^/@]+|[^/@]+)(?:@([^/]+))?(?:/.*)?")


def package_lock(text: str) -> Iterator[Found]:
    """``package-lock.json`` and ``npm-shrinkwrap.json``, all three forms."""
    document = json.loads(text)
    breaks = positions.breaks(text)
    packages = document.get("packages")
    if packages is None:
        yield from _first_form(text, document.get("dependencies") or {}, breaks)
        return
    places = positions.keys(text, positions.top(text)["packages"])
    for folder, entry in packages.items():
        if "node_modules" in folder.split("/"):
            continue
        for name in _wanted(entry):
            key = f"{folder}/node_modules/{name}"
            if not folder or key not in packages:
                key = f"node_modules/{name}"
            if key not in packages or packages[key].get("link"):
                continue
            found = packages[key]
            yield _locked(
                positions.line(breaks, places[key]),
                str(found.get("name", name)),
                str(found.get("version", "")),
            )


def _first_form(text: str, packages: Mapping[str, Any], breaks: list[int]) -> Iterator[Found]:
    needed = {
        name
        for _, entry in _nested(packages)
        for name in (*entry.get("requires", {}), *entry.get("dependencies", {}))
    }
    places = positions.keys(text, positions.top(text)["dependencies"]) if packages else {}
    for name, entry in packages.items():
        if name not in needed:
            line = positions.line(breaks, places[name])
            yield _locked(line, name, str(entry.get("version", "")))


def _nested(packages: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    waiting = list(packages.items())
    while waiting:
        name, entry = waiting.pop()
        yield name, entry
        waiting += entry.get("dependencies", {}).items()


def yarn_lock(text: str) -> Iterator[Found]:
    """``yarn.lock`` of Yarn 1 and of its successors."""
    breaks = positions.breaks(text)
    # One entry: the ranges it answers, its text, its line.
    entries: list[tuple[list[str], str, int]] = []
    headers = list(_YARN_HEADER.finditer(text))
    for at, header in enumerate(headers):
        end = headers[at + 1].start() if at + 1 < len(headers) else len(text)
        ranges = [one.strip().strip('"') for one in header["wanted"].split(",")]
        entries.append((ranges, text[header.end() : end], positions.line(breaks, header.start())))
    if "__metadata:" in text:
        yield from _berry(entries)
        return
    needed = {f"{name}@{wanted}" for _, body, _ in entries for name, wanted in _needs(body)}
    for ranges, body, line in entries:
        free = next((one for one in ranges if one not in needed), None)
        if free is not None:
            name, wanted = _at_sign(free)
            alias = wanted.startswith("npm:")
            yield _locked(line, _at_sign(wanted[4:])[0] if alias else name, _version(body))


def _needs(body: str) -> list[tuple[str, str]]:
    """What an entry of Yarn 1 asks for in turn."""
    return [(name, wanted) for name, wanted in _YARN_NEED.findall(body)]


def _berry(entries: list[tuple[list[str], str, int]]) -> Iterator[Found]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    known = {one: (body, line) for ranges, body, line in entries for one in ranges}
    for ranges, body, _ in entries:
        if not any("@workspace:" in one for one in ranges):
            continue
        # The loader is one of PyYAML's safe loaders; the linter cannot see that.
        wanted = (yaml.load(body, Loader=loader) or {}).get("dependencies") or {}  # noqa: S506
        for name, spec in wanted.items():
            forms = (f"{name}@{spec}", f"{name}@npm:{spec}")
            found = next((known[form] for form in forms if form in known), None)
            if found is not None and not str(spec).startswith("workspace:"):
                alias = re.match(r"npm:(@?[^@]+)@", str(spec))
                yield _locked(found[1], alias[1] if alias else name, _version(found[0]))


def _version(body: str) -> str:
    found = _YARN_VERSION.search(body)
    return found[1] if found else ""


def pnpm_lock(text: str) -> Iterator[Found]:
    """``pnpm-lock.yaml``: what its importers ask for; the packages below them are not read."""
    head = re.split(r"^(?:packages|snapshots):", text, maxsplit=1, flags=re.MULTILINE)[0]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Composing makes no objects and expands no alias.
        top = yaml.compose(head, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield f"line {mark.line + 1 if mark else 1}: not valid YAML"
        return
    importers = _member(top, "importers")
    projects = [top] if importers is None else [value for _, value in _pairs(importers)]
    for project in projects:
        for section in _SECTIONS:
            for key, value in _pairs(_member(project, section)):
                held = _member(value, "version") or value
                version = str(held.value) if isinstance(held, yaml.ScalarNode) else ""
                if version.startswith(("link:", "file:", "workspace:")):
                    continue
                # Peers stand in brackets, in older forms behind a low line.
                version = re.split(r"[(_]", version, maxsplit=1)[0]
                alias = re.fullmatch(r"/?(@?[^@/]+(?:/[^@/]+)?)[@/]([\d.].*)", version)
                name, exact = (alias[1], alias[2]) if alias else (str(key.value), version)
                yield _locked(key.start_mark.line + 1, name, exact)


def _member(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _pairs(node) if key.value == name), None)


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []


def bun_lock(text: str) -> Iterator[Found]:
    """``bun.lock``: JSON with commas at the end of its lists."""
    plain = _without_comments(text)
    document = json.loads(plain)
    breaks = positions.breaks(plain)
    packages = document.get("packages") or {}
    places = positions.keys(plain, positions.top(plain)["packages"]) if packages else {}
    for workspace in (document.get("workspaces") or {}).values():
        for name in _wanted(workspace):
            nested = f"{workspace.get('name', '')}/{name}"
            key = nested if nested in packages else name
            if key not in packages:
                continue
            real, version = _at_sign(str(packages[key][0]))
            if not version.startswith(("workspace:", "file:", "link:")):
                yield _locked(positions.line(breaks, places[key]), real, version)


def deno_lock(text: str) -> Iterator[Found]:
    """``deno.lock``: what its workspace and ``package.json`` ask for."""
    document = json.loads(text)
    held = document.get("packages")
    specifiers = document.get("specifiers") or (held or {}).get("specifiers") or {}
    workspace = document.get("workspace") or {}
    wanted: list[str] = []
    for one in (workspace, *(workspace.get("members") or {}).values()):
        wanted += one.get("dependencies") or []
        wanted += (one.get("packageJson") or {}).get("dependencies") or []
    for specifier in wanted:
        found = _DENO.fullmatch(specifier)
        if found is None:
            continue
        resolved = str(specifiers.get(specifier, ""))
        # Peers stand behind a low line; older locks repeat the name before the version.
        version = resolved.partition("_")[0].rpartition("@")[2]
        at = text.find(json.dumps(specifier))
        line = text.count("\n", 0, max(at, 0)) + 1
        yield _locked(line, _npm_name(found[1], found[2]), version)


def deno_json(text: str) -> Iterator[Found]:
    """``deno.json``, ``deno.jsonc`` and import maps: what names stand for in the tree."""
    plain = _without_comments(text)
    document = json.loads(plain)
    imports = document.get("imports") or {}
    breaks = positions.breaks(plain)
    places = positions.keys(plain, positions.top(plain)["imports"]) if imports else {}
    for name, wanted in imports.items():
        found = _DENO.fullmatch(str(wanted)) or _hosted(str(wanted))
        if found is not None:
            line = positions.line(breaks, places[name])
            yield Declared(line, "npm", _npm_name(found[1], found[2]), found[3] or "")


def _npm_name(registry: str, name: str) -> str:
    """A package's name on npm; JSR's packages have one there too."""
    if registry == "jsr":
        return f"@jsr/{name.lstrip('@').replace('/', '__')}".lower()
    return name.lower()


def _hosted(address: str) -> re.Match[str] | None:
    """A package of npm that a server of modules hands out."""
    return re.match(
        r"https://(?:esm\.sh|cdn\.skypack\.dev|cdn\.jsdelivr\.net|unpkg\.com)/(npm/|)"
        r"(@[^/@]+/[^/@]+|[^/@?]+)(?:@([^/?]+))?",
        address,
    )


def _wanted(entry: Mapping[str, Any]) -> list[str]:
    return [name for section in _SECTIONS for name in entry.get(section) or {}]


def _at_sign(text: str) -> tuple[str, str]:
    """A name, which may begin with the sign, and what stands behind the next one."""
    name, _, rest = text[1:].partition("@")
    return text[:1] + name, rest


def _without_comments(text: str) -> str:
    """JSON with comments and last commas as plain JSON, every value where it stood."""

    def keep(found: re.Match[str]) -> str:
        return found[1] or re.sub(r"[^\n]", " ", found[0])

    return _LAST_COMMA.sub(keep, _NOISE.sub(keep, text))


def _locked(line: int, name: str, version: str) -> Found:
    if not NPM_NAME.fullmatch(name):
        return f"line {line}: not the name of a package"
    # A package from an address has no version; the address may carry a password.
    plain = version if re.fullmatch(r"[\w.+-]{1,100}", version) else ""
    return Declared(line, "npm", name.lower(), plain, locked=True)
