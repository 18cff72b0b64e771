"""Files of names and values: ``.env``, application settings, properties, key files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Source
from llmaudit.connectors.code.surfaces.json_nodes import read_json
from llmaudit.connectors.code.surfaces.nodes import Document, Scalar, Table, walk
from llmaudit.connectors.code.surfaces.toml_nodes import read_pairs, read_toml
from llmaudit.connectors.code.surfaces.variables import Environment, Meaning, Role, meaning
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

_LINE = re.compile(r"^\s*(?:export\s+|set\s+)?([A-Za-z_][\w.\-]*)\s*[=:]\s*(.*)$")
_COMMENTED = re.compile(r"^\s*#\s?([A-Z][A-Z0-9_]{5,})\s*=")
_KEYS = frozenset(
    {"apikey", "key", "token", "accesstoken", "secret", "secretkey", "apitoken", "authtoken"}
)
_URLS = frozenset(
    {"baseurl", "endpoint", "url", "host", "apibase", "apiurl", "baseuri", "address", "apihost"}
)
_MODELS = re.compile(r"(?:model|modelid|modelname|deployment|deploymentname|deploymentid)$")
# Words that name more than a model's provider where they stand as a section.
_WIDE = frozenset({"google", "vertex", "nvidia", "databricks", "replicate", "groq", "jina", "xai"})


def read_dotenv(source: Source) -> Iterator[Said]:
    """Variables of a ``.env`` file; of ``# NAME=`` comments the name alone."""
    environment = Environment.of(source, "dotenv.variable")
    for number, line in enumerate(source.text.splitlines(), 1):
        pair = _LINE.match(line)
        if pair:
            value = re.sub(r"\s+#.*$", "", pair[2]).strip().strip("\"'")
            environment.add(pair[1], number, Scalar(value, number))
    yield from environment.found()


def read(source: Source) -> Iterator[Said]:
    """Settings of an application: known names, known families, sections of a provider."""
    document = _document(source)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        yield from read_table(root, source)


def _document(source: Source) -> Document:
    name = source.name
    if name.endswith((".json", ".jsonc", ".json5")):
        return read_json(source.text)
    if name.endswith(".toml"):
        return read_toml(source.text)
    if name.endswith((".yaml", ".yml")):
        return read_yaml(source.text, templated=True)
    return read_pairs(source.text)


def read_table(root: Table, source: Source, rule: str = "settings") -> Iterator[Said]:
    """The settings in a mapping, at any depth."""
    environment = Environment.of(source, f"{rule}.variable")
    for path, table in walk(root):
        if not isinstance(table, Table):
            continue
        for name_key in ("key", "name"):
            # `envVars: [{key: NAME, sync: false}]` of Render, `[{name: NAME, value: x}]`.
            named = table.text(name_key)
            if re.fullmatch(r"[A-Z][A-Z0-9_]{4,}", named):
                environment.add(named, table.line, table.get("value"))
        for key, line, value in table.all():
            if isinstance(value, Table) and path and path[-1] == "env" and key.isupper():
                environment.add(key, line, value.get("value"))
            if not isinstance(value, Scalar):
                continue
            full = (*path, *_split(key))
            found = meaning(key, source.catalogue) if _like_a_variable(key) else None
            found = found or setting(full, source.catalogue)
            if found is not None:
                name = key if _like_a_variable(key) and not path else ".".join(full)
                environment.put(found, name, line, value)
    if source.name.startswith("wrangler.") and root.text("ai", "binding"):
        # Source: Cloudflare Workers AI documentation, bindings.
        yield Found(
            "route", f"ai.{root.text('ai', 'binding')}", root.table("ai").line,
            f"{rule}.workers-ai", name="Workers AI binding", provider="cloudflare-workers-ai",
        )  # fmt: skip
    yield from environment.found()


def _like_a_variable(key: str) -> bool:
    """Whether a key is written as a variable: ``OPENAI_API_KEY``, ``openai_api_key``."""
    return bool(re.fullmatch(r"[A-Z][A-Z0-9_]{4,}|[a-z0-9]+(?:_[a-z0-9]+){1,6}", key))


def _split(key: str) -> list[str]:
    return [part for part in re.split(r"[.:]|__", key) if part]


def setting(path: tuple[str, ...], catalogue: Catalogue) -> Meaning | None:
    """What a setting at a path of keys holds; None where no provider is named on the way."""
    if len(path) < 2 or len(path) > 12:
        return None
    role = _role(path[-1], path[-2])
    if role is None:
        return None
    dotted = re.sub(r"[^a-z0-9]+", ".", ".".join(path).casefold())
    for prefix, provider in _families():
        if dotted.startswith(f"{prefix}.") or f".{prefix}." in dotted:
            return Meaning(role, provider, certain=True)
    for part in reversed(path[:-1]):
        provider = _sections(catalogue).get(re.sub(r"[^a-z0-9]", "", part.casefold()), "")
        if provider:
            return Meaning(role, provider, certain=False)
    return None


def _role(key: str, before: str) -> Role | None:
    word = re.sub(r"[^a-z0-9]", "", key.casefold())
    if word in _KEYS:
        return "key"
    if word in _URLS:
        return "url"
    if _MODELS.search(word):
        return "model"
    if word in ("name", "id") and re.sub(r"[^a-z]", "", before.casefold()) == "model":
        return "model"
    return None


@lru_cache(maxsize=1)
def _families() -> tuple[tuple[str, str], ...]:
    found = [
        (re.sub(r"[^a-z0-9]+", ".", row.prefix.casefold()), row.provider)
        for row in known.rows("properties", known.Property)
    ]
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=4)
def _sections(catalogue: Catalogue) -> dict[str, str]:
    """Providers by the word that names their section."""
    found: dict[str, str] = {}
    for row in known.rows("vendors", known.Vendor):
        for word in row.words:
            if word not in _WIDE:
                found[word] = row.provider
    return {word: provider for word, provider in found.items() if catalogue.providers.get(provider)}
