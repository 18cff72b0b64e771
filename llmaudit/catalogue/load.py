"""Read the provider files: YAML once, then a compiled copy in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from llmaudit import __version__
from llmaudit.catalogue.facts import App, KeyPattern, Provider, Sdk, TagField, Tagging
from llmaudit.catalogue.match import Catalogue
from llmaudit.errors import ConfigError

PROVIDERS = Path(__file__).with_name("providers")
_KEYS = {
    "": {"id", "name", "kind", "aliases", "sources", "hosts", "sdks", "env_vars", "key_patterns",
         "models", "cloud_models", "apps", "merchants", "tagging"},
    "hosts": {"value", "source"},
    "env_vars": {"value", "source"},
    "models": {"value", "source"},
    "cloud_models": {"value", "source"},
    "merchants": {"value", "source"},
    "sdks": {"id", "provider", "llm_only", "packages", "imports", "source"},
    "key_patterns": {"name", "pattern", "prefix", "kind", "retired", "source"},
    "apps": {"id", "name", "other_names", "oauth_ids", "embedded", "source"},
    "tagging": {"apis", "fields", "nearest"},
    "fields": {"field", "level", "strength", "reaches_bill", "max_keys", "max_key_length",
               "max_value_length", "key_pattern", "value_pattern", "source"},
}  # fmt: skip
_KINDS = {"provider", "cloud", "gateway", "framework", "app"}


def load(folder: Path | None = None) -> Catalogue:
    """The catalogue.

    Args:
        folder: Provider files; None means the ones that come with llmaudit.

    Raises:
        ConfigError: A provider file is broken, or two contradict each other.
    """
    return _load(folder or PROVIDERS)


@cache
def _load(folder: Path) -> Catalogue:
    files = sorted(folder.glob("*.yaml"))
    digest = hashlib.sha256(__version__.encode())
    for file in files:
        data = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(data)}\0".encode() + data)
    name = digest.hexdigest()[:16]
    documents = _kept(name, len(files)) or _keep(name, [_read(file) for file in files])
    return Catalogue({d["id"]: _provider(d) for d in documents}, name)


def read_provider(file: Path) -> Provider:
    """One provider file.

    Raises:
        ConfigError: It is broken; the sentence names file and place.
    """
    return _provider(_read(file))


def _kept(name: str, count: int) -> list[dict[str, Any]] | None:
    try:
        documents = json.loads(_cache_file(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Never made, or damaged: the YAML is read instead.
        return None
    return documents if isinstance(documents, list) and len(documents) == count else None


def _keep(name: str, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    file = _cache_file(name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, delete=False, encoding="utf-8"
        ) as draft:
            json.dump(documents, draft, sort_keys=True)
        Path(draft.name).replace(file)
    except OSError:
        # A cache that cannot be written costs time on every start, nothing else.
        return documents
    return documents


def _cache_file(name: str) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    folder = Path(base) if base else Path.home() / ".cache"
    return folder / "llmaudit" / f"catalogue-{name}.json"


def _read(file: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # The loader is one of PyYAML's safe loaders; the linter cannot see that.
        document = yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ConfigError(f"{file.name} is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{file.name} does not hold a provider", "see docs/catalogue.md")
    _check(document, file.name)
    return document


def _check(document: dict[str, Any], name: str) -> None:
    """Refuse unknown keys, missing names and facts without a source that is explained."""

    def refuse(problem: str) -> ConfigError:
        return ConfigError(f"{name}: {problem}", "see docs/catalogue.md")

    for key in ("id", "name", "kind", "sources"):
        if not document.get(key):
            raise refuse(f"{key} is missing")
    if document["id"] != name.removesuffix(".yaml"):
        raise refuse(f"the id is {document['id']}, unlike the file's name")
    if document["kind"] not in _KINDS:
        raise refuse(f"kind {document['kind']} is none of {', '.join(sorted(_KINDS))}")
    used: set[str] = set()

    def look(section: str, facts: list[dict[str, Any]]) -> None:
        for fact in facts:
            unknown = sorted(set(fact) - _KEYS[section])
            if unknown:
                raise refuse(f"{section} has the unknown key {unknown[0]}")
            if "fields" in fact:
                look("fields", fact["fields"])
            elif section != "tagging":
                source = str(fact.get("source"))
                if source not in document["sources"]:
                    raise refuse(f"a fact of {section} names no explained source: {fact}")
                used.add(source)

    unknown = sorted(set(document) - _KEYS[""])
    if unknown:
        raise refuse(f"unknown key {unknown[0]}")
    for section in _KEYS:
        if section not in ("", "fields"):
            look(section, document.get(section, []))
    unneeded = sorted(set(document["sources"]) - used)
    if unneeded:
        raise refuse(f"no fact names the source {unneeded[0]}")


def _provider(d: dict[str, Any]) -> Provider:
    def values(section: str) -> tuple[str, ...]:
        return tuple(fact["value"] for fact in d.get(section, ()))

    def names(table: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
        return {key: tuple(value) for key, value in table.items()}

    return Provider(
        id=d["id"],
        name=d["name"],
        kind=d["kind"],
        aliases=tuple(d.get("aliases", ())),
        sources=d["sources"],
        hosts=values("hosts"),
        sdks=tuple(
            Sdk(
                s["id"],
                s.get("provider", d["id"]),
                s.get("llm_only", True),
                names(s.get("packages", {})),
                names(s.get("imports", {})),
                s["source"],
            )
            for s in d.get("sdks", ())
        ),
        env_vars=values("env_vars"),
        key_patterns=tuple(
            KeyPattern(
                d["id"], k["name"], k["pattern"], k["prefix"], k["kind"],
                k.get("retired", False), k["source"],
            )
            for k in d.get("key_patterns", ())
        ),
        models=values("models"),
        cloud_models=values("cloud_models"),
        apps=tuple(
            App(
                a["id"], a["name"], d["id"], tuple(a.get("other_names", ())),
                tuple(a.get("oauth_ids", ())), a.get("embedded", False), a["source"],
            )
            for a in d.get("apps", ())
        ),
        merchants=values("merchants"),
        tagging=tuple(
            Tagging(
                tuple(t["apis"]), tuple(TagField(**f) for f in t["fields"]), t.get("nearest", "")
            )
            for t in d.get("tagging", ())
        ),
    )  # fmt: skip
