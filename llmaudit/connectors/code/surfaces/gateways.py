"""Gateways and evaluations that are configured by a file: LiteLLM, Kong, promptfoo."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.commands import provider_of_model
from llmaudit.connectors.code.surfaces.findings import Found, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table, tables
from llmaudit.connectors.code.surfaces.tags import map_tags
from llmaudit.connectors.code.surfaces.variables import (
    Environment,
    Meaning,
    host_of,
    meaning,
    model_id,
    provider_of_host,
    settled,
)

# Keys of a model's `model_info` that a company adds to tell whose route it is.
_ATTRIBUTION = re.compile(
    r"team|owner|cost|project|department|environment|business|unit", re.IGNORECASE
)
_COSTS = re.compile(r"cost_per|_cost$|^(?:input|output)_", re.IGNORECASE)


def is_litellm(root: Table) -> bool:
    """Whether a document is a LiteLLM proxy configuration."""
    return any(
        isinstance(item, Table) and item.get("litellm_params") is not None
        for item in root.items("model_list")
    )


def read_litellm(root: Table, source: Source) -> Iterator[Said]:
    """One route per model name; the keys it is given, by the names of their variables."""
    rule = "yaml.litellm"
    for item in root.items("model_list"):
        if not isinstance(item, Table):
            continue
        params = item.table("litellm_params")
        model = settled(params.text("model"))
        head, slash, rest = model.partition("/")
        provider = provider_of_model([model], source) if model else "unknown"
        host, port = host_of(params.text("api_base"))
        if host:
            provider = provider_of_host(host, port, provider, source)
            if provider == "unknown" and slash and head in ("azure", "ollama", "ollama_chat"):
                provider = provider_of_model([model], source)
        environment = Environment.of(source, f"{rule}.variable")
        for key, line, value in params.all():
            if isinstance(value, Scalar) and re.search(r"key|token|secret", key):
                _key(key, line, value, provider, environment)
        yield from environment.found()
        name = item.text("model_name") or model or str(item.line)
        held = Table(
            item.line,
            [
                (key, line, value)
                for key, line, value in item.table("model_info").all()
                if _ATTRIBUTION.search(key) and not _COSTS.search(key)
            ],
        )
        tagging, tags = map_tags(held, "model_info")
        shown = rest if slash and source.catalogue.provider_id(head) else model
        yield Found(
            "route", name, item.line, f"{rule}.model", name=name, provider=provider,
            models=(shown,) if model_id(shown) else (), tags=tags, tagging=tagging,
            secrets=environment.secrets, attributes={"host": host} if host else {},
        )  # fmt: skip
    environment = Environment.of(source, f"{rule}.variable")
    for section in ("general_settings", "litellm_settings", "environment_variables"):
        for key, line, value in root.table(section).all():
            if isinstance(value, Scalar):
                if key == "master_key":
                    _key(key, line, value, "litellm", environment)
                else:
                    environment.add(key, line, value)
    yield from environment.found()


def _key(key: str, line: int, value: Scalar, provider: str, environment: Environment) -> None:
    """A key setting: ``os.environ/NAME`` names its variable."""
    text = (value.value or "").strip()
    named = text.removeprefix("os.environ/") if text.startswith("os.environ/") else ""
    if named:
        found = meaning(named, environment.source.catalogue)
        role = Meaning("key", found.provider if found is not None else provider, certain=True)
        environment.put(role, named, line, None)
    elif key in ("api_key", "master_key"):
        environment.put(Meaning("key", provider, certain=True), f"litellm.{key}", line, value)


def read_kong(root: Table, source: Source) -> Iterator[Said]:
    """Kong's AI proxy plugins, in its declarative configuration and as KongPlugin objects.

    Source: Kong documentation, AI Proxy plugin.
    """
    for path, table in tables(root):
        plugin = table.text("name") or table.text("plugin")
        if not (plugin.startswith("ai-proxy") or table.text("plugin").startswith("ai-proxy")):
            continue
        for inner, model in tables(table.table("config")):
            if inner and inner[-1] == "model" and model.text("provider"):
                vendor = model.text("provider")
                provider = source.catalogue.provider_id(vendor) or vendor
                name = model_id(settled(model.text("name")))
                key = f"{'.'.join(path) or 'plugin'}.{vendor}"
                yield Found(
                    "route", key, model.line, "yaml.kong.ai-proxy",
                    name=f"ai-proxy {vendor}", provider=provider, models=(name,) if name else (),
                )  # fmt: skip


def is_promptfoo(root: Table) -> bool:
    """Whether a document is a promptfoo configuration."""
    return bool(root.items("providers") or root.items("targets")) and (
        root.get("tests") is not None
        or root.get("prompts") is not None
        or root.get("redteam") is not None
    )


def read_promptfoo(root: Table, source: Source) -> Iterator[Said]:
    """An evaluation that runs models: one automation per provider it names."""
    rule = "yaml.promptfoo"
    for key in ("providers", "targets"):
        for item in root.items(key):
            text = item.value or "" if isinstance(item, Scalar) else ""
            if isinstance(item, Table):
                text = item.text("id")
                if not text and item.entries:
                    text = item.entries[0][0]
            vendor, colon, rest = text.partition(":")
            if not colon or vendor in ("file", "exec", "python", "http", "https", "package"):
                continue
            provider = source.catalogue.provider_id(vendor)
            model = model_id(rest.rpartition(":")[2] if vendor != "bedrock" else rest)
            if provider is None:
                provider = provider_of_model([model], source)
            yield Found(
                "automation", text, item.line, rule, name=f"promptfoo {text}", provider=provider,
                models=(model,) if model else (),
            )  # fmt: skip
    environment = Environment.of(source, f"{rule}.variable")
    for name, line, value in root.table("env").all():
        if isinstance(value, Scalar):
            environment.add(name, line, value)
    yield from environment.found()
