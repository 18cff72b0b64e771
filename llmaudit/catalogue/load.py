"""Read the provider files: YAML once, then a compiled copy in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from llmaudit import __version__
from llmaudit.cachefolder import cache_folder
from llmaudit.catalogue.facts import App, Ineffective, KeyPattern, Provider, Sdk, TagField, Tagging
from llmaudit.catalogue.match import Catalogue

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
    files = sorted(folder.glob("*.yaml"))
    texts = [file.read_bytes() for file in files]
    digest = hashlib.sha256(__version__.encode())
    for file, text in zip(files, texts, strict=True):
        digest.update(f"\0{file.name}\0{len(text)}\0".encode() + text)
    name = digest.hexdigest()
    if name not in _loaded:
        compiled = _cache_file(folder)
        documents = _kept(compiled, name)
        if documents is None:
            # Pydantic and PyYAML are slow to import, and needed on a cold start only.
            from llmaudit.catalogue.schema import read

            documents = read({f.name: t for f, t in zip(files, texts, strict=True)})
            _keep(compiled, name, documents)
        _loaded[name] = Catalogue({d["id"]: _provider(d) for d in documents}, name)
    return _loaded[name]


def read_provider(file: Path) -> Provider:
    """One provider file, on its own.

    Raises:
        ConfigError: It is broken; the sentence names file and place.
    """
    from llmaudit.catalogue.schema import read

    (document,) = read({file.name: file.read_bytes()})
    return _provider(document)


def _kept(file: Path | None, name: str) -> list[dict[str, Any]] | None:
    """The compiled documents, if they are those of that digest and whole."""
    try:
        head, _, body = file.read_bytes().partition(b"\n") if file else (b"", b"", b"")
    except OSError:
        return None
    if head.decode(errors="replace") != f"{name} {hashlib.sha256(body).hexdigest()}":
        return None
    documents: list[dict[str, Any]] = json.loads(body)
    return documents


def _keep(file: Path | None, name: str, documents: list[dict[str, Any]]) -> None:
    if file is None:
        return
    body = json.dumps(documents, sort_keys=True, separators=(",", ":")).encode()
    head = f"{name} {hashlib.sha256(body).hexdigest()}\n".encode()
    draft: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as handle:
            draft = Path(handle.name)
            handle.write(head + body)
        draft.replace(file)
    except OSError:
        # Without a cache every start reads the YAML; the answers are the same.
        if draft is not None:
            draft.unlink(missing_ok=True)


def _cache_file(folder: Path) -> Path | None:
    """One file per folder of provider files, so that old states leave nothing behind."""
    base = cache_folder()
    try:
        place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    except (OSError, RuntimeError):
        return None
    return base / f"catalogue-{place}.json" if base is not None else None


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
