"""One reader per kind of manifest: each yields packages, and sentences on what it cannot read.

A reader lets the errors of the standard parsers through; `manifests.read_manifest` words them.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from llmaudit.connectors.code import positions

Ecosystem = Literal[
    "pypi", "npm", "go", "cargo", "swift", "maven", "nuget", "gem", "composer"
]  # fmt: skip
_NPM_SECTIONS = (
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
)
NPM_NAME = re.compile(r"(?:@[a-z0-9~][\w.~-]*/)?[a-z0-9~][\w.~-]*", re.IGNORECASE)
# `-r requirements.in`, `acme (pyproject.toml)`.
_OF_A_FILE = re.compile(r"^-[rc] |\(|\.(?:in|toml|cfg|py|txt)$")
_DIRECT = re.compile(
    r"(?:-e\s+|--editable[=\s]\s*)?(?P<url>\S+?)#(?:\S*&)?egg=(?P<name>[A-Za-z0-9][\w.-]*)"
)


@dataclass(frozen=True, slots=True, order=True)
class Declared:
    """One package that a manifest asks for.

    Attributes:
        name: Normalised as its registry does.
        specifier: Version range as written; empty where any version does.
        line: 1-based.
        locked: Whether a lock file says it; the specifier is the exact version then.
    """

    line: int
    ecosystem: Ecosystem
    name: str
    specifier: str
    locked: bool = False


Found = Declared | str


def _requirement(line: int, text: str) -> Found:
    """One requirement as pip writes it; direct references keep their URL out of the answer."""
    direct = _DIRECT.match(text)
    if direct:
        return Declared(line, "pypi", canonicalize_name(direct["name"]), "")
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        # The text is not repeated: an index address may carry a password.
        return f"line {line}: not a requirement that can be read"
    return Declared(line, "pypi", canonicalize_name(parsed.name), str(parsed.specifier))


def requirements(text: str, first: int = 1) -> Iterator[Found]:
    """A requirements file, or one entry of a list that stands on line ``first``.

    A compiled file says behind each package what it came with (``# via langchain``): one that
    came with another package is not what the tree asks for.
    """
    pending, start = "", 0
    held: Found | None = None
    via: list[str] = []
    for number, line in enumerate(text.split("\n"), start=first):
        start = start if pending else number
        row = line.rstrip("\r")
        if row.endswith("\\") and not row.lstrip().startswith("#"):
            pending += f"{row[:-1]} "
            continue
        written = pending + row
        pending = ""
        comment = re.search(r"(?:^|\s)#\s*(via\b.*|.*)$", written)
        whole = re.sub(r"(?:^|\s)#.*$", "", written).strip()
        # Options of one requirement (--hash) follow it; other options stand alone.
        whole = re.split(r"\s--[a-z]", whole, maxsplit=1)[0].strip()
        if _DIRECT.match(whole) or (whole and not whole.startswith("-") and not _is_path(whole)):
            if held is not None and _asked_for(via):
                yield held
            held, via = _requirement(start, whole), []
        if comment is not None and (via or comment[1].startswith("via")):
            via.append(comment[1])
    if held is not None and _asked_for(via):
        yield held


def _asked_for(via: Sequence[str]) -> bool:
    """Whether a compiled requirement came with a file of the tree; always where nothing is said."""
    names = [name.strip() for row in via for name in re.sub(r"^via\b", "", row).split(",")]
    told = [name for name in names if name]
    return not told or any(
        re.search(r"^-[rc] |\(|\.(?:in|toml|cfg|py|txt)$", name) for name in told
    )


def _is_path(text: str) -> bool:
    """A local folder, archive or bare address: it names no package of a registry."""
    before_marker = text.split(";")[0].strip()
    if re.match(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@", text):
        return False
    return bool(
        re.match(r"\.{0,2}[/\\]|\.{1,2}$|~[/\\]|[\w+]+:", text)
        or re.search(r"\.(?:whl|zip|tar\.gz)$", before_marker)
    )


def pyproject(text: str) -> Iterator[Found]:
    """``pyproject.toml``: the project, its extras and groups, uv and Poetry."""
    document, rows = tomllib.loads(text), text.split("\n")
    project = document.get("project", {})
    header = _row(rows, r"\[project\]")
    start = _row(rows, r"(?:project\.)?dependencies\s*=", header)
    yield from _listed(rows, start, project.get("dependencies", ()))
    header = _row(rows, r"\[project\.optional-dependencies\]|(?:project\.)?optional-dependencies\b")
    for name, group in project.get("optional-dependencies", {}).items():
        yield from _listed(rows, _row(rows, _key(name), header), group)
    header = _row(rows, r"\[dependency-groups\]|dependency-groups\b")
    for name, group in document.get("dependency-groups", {}).items():
        yield from _listed(rows, _row(rows, _key(name), header), group)
    tools = document.get("tool", {})
    header = _row(rows, r"\[tool\.uv\]")
    start = _row(rows, r"dev-dependencies\s*=", header)
    yield from _listed(rows, start, tools.get("uv", {}).get("dev-dependencies", ()))
    poetry = tools.get("poetry", {})
    for section in ("dependencies", "dev-dependencies"):
        yield from _table(rows, f"tool.poetry.{section}", poetry.get(section, {}))
    for name, group in poetry.get("group", {}).items():
        yield from _table(
            rows, f"tool.poetry.group.{name}.dependencies", group.get("dependencies", {})
        )


def pipfile(text: str) -> Iterator[Found]:
    """``Pipfile``: every category of packages."""
    for section, packages in tomllib.loads(text).items():
        if section not in ("source", "requires", "pipenv", "scripts"):
            yield from _table(text.split("\n"), section, packages)


def _listed(rows: list[str], start: int, wanted: Iterable[object]) -> Iterator[Found]:
    """Requirements written as strings of a TOML list, one after the other from a row on."""
    for requirement in wanted:
        # A dependency group may include another one by a table.
        if isinstance(requirement, str):
            yield _requirement(
                _row(rows, _quoted(requirement), start, anchored=False) + 1, requirement
            )


def _table(rows: list[str], section: str, packages: Mapping[str, Any]) -> Iterator[Found]:
    """Packages written as keys of a TOML table with their versions as values."""
    header = _row(rows, rf"\[{re.escape(section)}[\].]")
    for name, wanted in packages.items():
        if name.lower() == "python":
            continue
        own = _row(rows, rf"{_key(name)}|\[{re.escape(section)}\.[\"']?{re.escape(name)}", header)
        versions = wanted if isinstance(wanted, list) else [wanted]
        version = versions[0].get("version", "") if isinstance(versions[0], dict) else versions[0]
        yield Declared(own + 1, "pypi", canonicalize_name(name), _specifier(version))


def _key(name: str) -> str:
    return rf"[\"']?{re.escape(name)}[\"']?\s*[=.]"


def _quoted(text: str) -> str:
    return "|".join(
        re.escape(form) for form in (f'"{text}"', f"'{text}'", json.dumps(text, ensure_ascii=False))
    )


def _row(rows: list[str], pattern: str, start: int = 0, *, anchored: bool = True) -> int:
    """Index of the first row from ``start`` on that holds a pattern, else ``start`` itself."""
    wanted = re.compile(rf"\s*(?:{pattern})" if anchored else pattern)
    find = wanted.match if anchored else wanted.search
    for at in range(start, len(rows)):
        if find(rows[at]) and not rows[at].lstrip().startswith("#"):
            return at
    return start


def setup_cfg(text: str) -> Iterator[Found]:
    """``setup.cfg``: what setuptools reads of it."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    rows = text.split("\n")
    wanted = [("options", "install_requires"), ("options", "setup_requires")]
    wanted.append(("options", "tests_require"))
    if parser.has_section("options.extras_require"):
        extras = parser.options("options.extras_require")
        wanted += [("options.extras_require", extra) for extra in extras]
    for section, option in wanted:
        start = _row(rows, rf"\[{re.escape(section)}\]")
        start = _row(rows, rf"(?i:{re.escape(option)})\s*[=:]", start)
        for line in parser.get(section, option, fallback="").split("\n"):
            for requirement in filter(None, (part.strip() for part in _split_list(line))):
                yield _requirement(
                    _row(rows, re.escape(requirement), start, anchored=False) + 1, requirement
                )


def _split_list(line: str) -> list[str]:
    """One line of an INI list: one requirement, or several set apart by semicolons."""
    whole = re.sub(r"(?:^|\s)#.*$", "", line).strip()
    try:
        Requirement(whole)
    except InvalidRequirement:
        return whole.split(";") if whole else []
    return [whole]


def setup_py(text: str) -> Iterator[Found]:
    """``setup.py``: the literal parts of its lists; nothing is run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    keywords = ("install_requires", "extras_require", "setup_requires", "tests_require")
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "setup":
            for keyword in call.keywords:
                if keyword.arg in keywords:
                    yield from _literals(keyword.value, keyword.arg, named, 0)


def _literals(
    node: ast.expr, option: str, named: Mapping[str, ast.expr], depth: int
) -> Iterator[Found]:
    """Requirements in the literal parts of an expression of setup.py."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for offset, row in enumerate(node.value.split("\n")):
            if row.strip():
                yield _requirement(node.lineno + offset, row.strip())
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            yield from _literals(element, option, named, depth)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _literals(value, option, named, depth)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _literals(node.left, option, named, depth)
        yield from _literals(node.right, option, named, depth)
    elif isinstance(node, ast.Name) and node.id in named and depth < 9:
        yield from _literals(named[node.id], option, named, depth + 1)
    else:
        yield f"line {node.lineno}: part of {option} is computed when setup.py runs"


def environment(text: str) -> Iterator[Found]:
    """``environment.yml``: packages of conda, by the same names, and of its pip section."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Composing makes no objects and expands no alias.
        top = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        yield f"line {line}: not valid YAML: {error.problem}"
        return
    except yaml.YAMLError:
        yield "not valid YAML"
        return
    for entry in _yaml_list(top, "dependencies"):
        if isinstance(entry, yaml.ScalarNode):
            conda = re.match(r"(?:[\w./-]+::)?([A-Za-z0-9][\w.-]*)\s*(.*)$", entry.value)
            if conda:
                name, specifier = canonicalize_name(conda.group(1)), _specifier(conda.group(2))
                yield Declared(entry.start_mark.line + 1, "pypi", name, specifier)
        for requirement in _yaml_list(entry, "pip"):
            yield from requirements(str(requirement.value), requirement.start_mark.line + 1)


def _yaml_list(node: yaml.Node | None, name: str) -> list[yaml.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return [
        entry
        for key, value in pairs
        if key.value == name and isinstance(value, yaml.SequenceNode)
        for entry in value.value
    ]


def package_json(text: str) -> Iterator[Found]:
    """``package.json``: all four kinds of dependencies, aliases by their real name."""
    document = json.loads(text)
    sections = {name: document.get(name) for name in _NPM_SECTIONS}
    top, breaks = positions.top(text), positions.breaks(text)
    for section, packages in sections.items():
        if not isinstance(packages, dict):
            continue
        keys = positions.keys(text, top[section])
        for name, wanted in packages.items():
            line = positions.line(breaks, keys[name])
            alias = re.fullmatch(r"npm:(@?[^@]+)(?:@(.*))?", str(wanted))
            real, version = (alias[1], alias[2] or "") if alias else (name, wanted)
            if NPM_NAME.fullmatch(real):
                yield Declared(line, "npm", real.lower(), _specifier(version))
            else:
                yield f"line {line}: not the name of a package"


def _specifier(version: object) -> str:
    """A version range as written; an address is left out, for it may carry a password."""
    text = str(version).strip() if isinstance(version, str) else ""
    return "" if "/" in text or "@" in text or len(text) > 100 else text
