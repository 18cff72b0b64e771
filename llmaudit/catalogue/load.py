"""Read the provider files: what was compiled of them, the YAML where nobody did it yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmaudit.catalogue.facts import App, Ineffective, KeyPattern, Provider, Sdk, TagField, Tagging
from llmaudit.catalogue.match import Catalogue
from llmaudit.precompiled import digest_of, precompiled

_SCHEMA = str(Path(__file__).with_name("schema.py"))
PROVIDERS = Path(__file__).with_name("providers")

_loaded: dict[str, Catalogue] = {}


def load(folder: Path | None = None) -> Catalogue:
    """The catalogue.

    The YAML is parsed once for each state of the files and version of the tool; later starts
    read what was compiled from it. A cache that is missing, damaged or cannot be written
    costs time, nothing else.

    Args:
        folder: Provider files; None means the ones that come with llmaudit.

    Raises:
        ConfigError: A provider file is broken, or two contradict each other.
    """
    folder = folder or PROVIDERS
    files = {file.name: file.read_bytes() for file in sorted(folder.glob("*.yaml"))}
    name = digest_of(files)
    if name not in _loaded:
        documents = precompiled("catalogue", folder, name, lambda: _read(files), _SCHEMA)
        _loaded[name] = Catalogue({d["id"]: _provider(d) for d in documents}, name)
    return _loaded[name]


def _read(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    # Pydantic and PyYAML are slow to import, and needed on a cold start only.
    from llmaudit.catalogue.schema import read

    return read(files)


def read_provider(file: Path) -> Provider:
    """One provider file, on its own.

    Raises:
        ConfigError: It is broken; the sentence names file and place.
    """
    (document,) = _read({file.name: file.read_bytes()})
    return _provider(document)


def _provider(d: dict[str, Any]) -> Provider:
    def values(section: str) -> tuple[str, ...]:
        return tuple(fact["value"] for fact in d[section])

    return Provider(
        id=d["id"],
        name=d["name"],
        kind=d["kind"],
        aliases=tuple(d["aliases"]),
        sources=d["sources"],
        hosts=values("hosts"),
        sdks=tuple(_sdk(d, s) for s in d["sdks"]),
        env_vars=values("env_vars"),
        key_patterns=tuple(KeyPattern(provider=d["id"], **k) for k in d["key_patterns"]),
        models=values("models"),
        cloud_models=values("cloud_models"),
        apps=tuple(_app(d, a) for a in d["apps"]),
        merchants=values("merchants"),
        tagging=tuple(
            Tagging(
                tuple(t["apis"]),
                tuple(TagField(**f) for f in t["fields"]),
                t["nearest"],
                tuple(Ineffective(**{**f, "keys": tuple(f["keys"])}) for f in t["ineffective"]),
            )
            for t in d["tagging"]
        ),
    )


def _sdk(d: dict[str, Any], s: dict[str, Any]) -> Sdk:
    # A framework reaches whichever provider its caller chose.
    runs = s["provider"] or ("unknown" if d["kind"] == "framework" else d["id"])
    packages = {key: tuple(names) for key, names in s["packages"].items()}
    imports = {key: tuple(names) for key, names in s["imports"].items()}
    return Sdk(s["id"], runs, s["llm_only"], packages, imports, s["source"], s["constants"])


def _app(d: dict[str, Any], a: dict[str, Any]) -> App:
    return App(
        id=a["id"],
        name=a["name"],
        provider=d["id"],
        other_names=tuple(a["other_names"]),
        oauth_ids=tuple(a["oauth_ids"]),
        embedded=a["embedded"],
        source=a["source"],
    )
