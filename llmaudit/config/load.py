"""Find llmaudit.yaml, read it, and refuse what it may not say."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from llmaudit.config.document import MAX_BYTES, Document, Loc, parse
from llmaudit.config.problems import first_problem
from llmaudit.config.settings import Config
from llmaudit.errors import ConfigError, TrustError

NAMES = ("llmaudit.yaml", ".llmaudit.yaml")

_REFERENCE = re.compile(r"(?:env|file):")
_SECRET_NAME = re.compile(r"(?i)(?:key|token|secret|password)$")
# Below these, the keys are the user's own words: a tag, a header, a rule.
_FREE_KEYS = frozenset({"tags", "tag_headers", "required_tags", "rules"})
_ENDPOINTS = frozenset({"base_url", "endpoint_url"})
_EXTENSIONS = frozenset({"rules", "schemas"})
_WITH_CONFIG = "pass it with --config if you trust it"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a configuration may name, known to the rooms above this one.

    Attributes:
        rules: Ids of the policy rules.
        connectors: Connector names, and whether each leaves the machine.
        settings: The model of a connector's entry.
        is_secret: Whether a text is or holds a key.
    """

    rules: Collection[str]
    connectors: Mapping[str, bool]
    settings: Callable[[str], type[BaseModel]]
    is_secret: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used.

    Attributes:
        digest: First 12 hex digits of the SHA-256 of the file.
        path: The file; None where it came from elsewhere (a git ref).
        root: Folder that its relative paths start from.
    """

    config: Config
    digest: str
    path: Path | None
    root: Path
    document: Document


def repository_root(start: Path) -> Path | None:
    """The nearest folder at or above ``start`` that has a ``.git``; None without one."""
    start = Path(os.path.abspath(start))  # noqa: PTH100 - Path.resolve would follow links
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def find(start: Path) -> Path | None:
    """The configuration in force in a folder.

    Looks in the folder and in those above it up to the root of its repository, never above
    that; outside a repository only in the folder itself.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 - Path.resolve would follow links
    top = repository_root(start) or start
    for folder in (start, *start.parents):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
        if folder == top:
            break
    return None


def load(path: Path, vocabulary: Vocabulary) -> Loaded:
    """Read and validate a configuration.

    Args:
        path: The file; its folder is where its relative paths start from.
        vocabulary: What it may name.

    Raises:
        ConfigError: The file cannot be read or used; names file, line and column.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror or error}", "check the path"
        ) from None
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - links keep their place
    return validate(parse(data, str(path)), data, vocabulary, root=folder, path=path)


def validate(
    document: Document, data: bytes, vocabulary: Vocabulary, *, root: Path, path: Path | None
) -> Loaded:
    """Turn a parsed document into a configuration.

    Raises:
        ConfigError: It holds a literal secret, an unknown key, connector or rule, or a value
            that does not fit; names file, line and column.
    """
    _refuse_secrets(document, vocabulary.is_secret)
    values = dict(document.values)
    if values.get("version") == "1":
        values["version"] = 1
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise first_problem(error, Config, document) from None
    for number, entry in enumerate(config.connectors):
        _check_connector(document, ("connectors", number), entry, vocabulary)
    for loc, rule in _rules_named(config):
        if rule not in vocabulary.rules:
            raise ConfigError(
                f"{document.at(loc, key=loc[1] == 'rules')}: there is no rule {rule!r}",
                nearest(rule, vocabulary.rules) or "llmaudit rules list --policy lists them",
            )
    return Loaded(config, hashlib.sha256(data).hexdigest()[:12], path, root, document)


def nearest(word: str, known: Collection[str]) -> str:
    """``did you mean 'x'?``, or nothing where no known word is near."""
    close = difflib.get_close_matches(word.casefold(), sorted(known), 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def check_trust(loaded: Loaded, vocabulary: Vocabulary, confine: Path) -> None:
    """Refuse what a configuration found in the audited tree may not decide.

    Args:
        loaded: A configuration that was discovered, not named by the user.
        vocabulary: Says which connectors leave the machine.
        confine: Folder outside of which it may not read: the repository's root.

    Raises:
        TrustError: It asks for a network connector, the environment, an endpoint, further
            rules or schemas, or a file outside ``confine``; names the line.
    """
    document = loaded.document
    for number, entry in enumerate(loaded.config.connectors):
        if vocabulary.connectors[entry["type"]]:
            raise _untrusted(
                document,
                ("connectors", number, "type"),
                f"uses the network connector {entry['type']!r}",
            )
    confine = confine.resolve()
    for loc, text in document.texts():
        name = _name(loc)
        if loc[0] == "connectors" and text.startswith("env:"):
            raise _untrusted(document, loc, "reads the environment")
        if name in _ENDPOINTS:
            raise _untrusted(document, loc, "sets an endpoint")
        if name in _EXTENSIONS and loc[0] == "connectors":
            raise _untrusted(document, loc, f"brings its own {name}")
        path = text.removeprefix("file:") if loc[0] == "connectors" else text
        if (path != text or _is_path(loc)) and not _inside(loaded.root / path, confine):
            raise _untrusted(document, loc, f"reads {path!r}, which lies outside the tree")


def _untrusted(document: Document, loc: Loc, what: str) -> TrustError:
    return TrustError(
        f"{document.at(loc)}: a configuration found in the audited tree {what}", _WITH_CONFIG
    )


def _is_path(loc: Loc) -> bool:
    if loc[0] == "connectors":
        return _name(loc) in ("path", "paths")
    return _name(loc) == "values_from" or loc[-2:] in (("owners", "people"), ("owners", "units"))


def _inside(path: Path, confine: Path) -> bool:
    """Whether a path, or what of a glob is certain, stays in the folder once links are resolved."""
    fixed = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        # What follows a star may still climb: `*/../../x`.
        if re.search(r"[*?\[]", part):
            return ".." not in path.parts[len(fixed.parts) :] and _within(fixed, confine)
        fixed /= part
    return _within(fixed, confine)


def _within(path: Path, confine: Path) -> bool:
    try:
        return path.resolve().is_relative_to(confine)
    except (OSError, RuntimeError, ValueError):
        return False


def _name(loc: Loc) -> str:
    """The last key of a path, passing over list indexes."""
    return next((part for part in reversed(loc) if isinstance(part, str)), "")


def _refuse_secrets(document: Document, is_secret: Callable[[str], bool]) -> None:
    for loc, text in document.texts():
        free = any(part in _FREE_KEYS for part in loc[:-1])
        named = isinstance(loc[-1], str) and bool(_SECRET_NAME.search(loc[-1])) and not free
        if _REFERENCE.match(text):
            if loc[0] == "connectors" and not named:
                raise ConfigError(
                    f"{document.at(loc)}: {text.partition(':')[0]}: stands where no secret belongs",
                    "env: and file: are for keys, tokens and passwords; write the value itself",
                )
        elif named or is_secret(text):
            raise ConfigError(
                f"{document.at(loc)}: a literal secret stands in the configuration",
                "write env:NAME or file:PATH in its place, and replace the key: it has been seen",
            )
    for loc in document.keys:
        if is_secret(str(loc[-1])):
            raise ConfigError(
                f"{document.at(loc, key=True)}: a literal secret stands in the configuration",
                "remove it, and replace the key: it has been seen",
            )


def _check_connector(
    document: Document, loc: Loc, entry: Mapping[str, Any], vocabulary: Vocabulary
) -> None:
    known = ", ".join(sorted(vocabulary.connectors))
    kind = entry.get("type")
    if kind is None:
        raise ConfigError(
            f"{document.at(loc)}: a connector has no type", f"the connectors are: {known}"
        )
    if not isinstance(kind, str) or kind not in vocabulary.connectors:
        shown = nearest(str(kind), vocabulary.connectors)
        raise ConfigError(
            f"{document.at((*loc, 'type'))}: there is no connector {kind!r}",
            f"{shown} the connectors are: {known}".strip(),
        )
    model = vocabulary.settings(kind)
    fields = {key: value for key, value in entry.items() if key != "type"}
    try:
        model.model_validate(fields)
    except ValidationError as error:
        raise first_problem(error, model, document, loc) from None


def _rules_named(config: Config) -> Iterator[tuple[Loc, str]]:
    if config.policy is None:
        return
    for rule in config.policy.rules:
        yield ("policy", "rules", rule), rule
    for number, rule in enumerate(config.policy.never_ignore):
        yield ("policy", "never_ignore", number), rule
    for number, entry in enumerate(config.policy.ignores):
        # A glob names several rules, and may name none of this version.
        if not re.search(r"[*?\[]", entry.rule):
            yield ("policy", "ignores", number, "rule"), entry.rule
