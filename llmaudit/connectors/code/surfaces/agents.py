"""Coding agents and their MCP servers: what is allowed to work on a repository."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.commands import provider_of_model
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Source
from llmaudit.connectors.code.surfaces.json_nodes import read_json
from llmaudit.connectors.code.surfaces.nodes import Document, Node, Scalar, Table, tables
from llmaudit.connectors.code.surfaces.paths import tool_of
from llmaudit.connectors.code.surfaces.toml_nodes import read_toml
from llmaudit.connectors.code.surfaces.variables import (
    Environment,
    Meaning,
    Role,
    model_id,
    settled,
)
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

_SERVERS = ("mcpServers", "mcp_servers", "servers", "context_servers", "mcp")
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_PLAIN_PAIR = re.compile(r"^([A-Za-z][\w-]*):\s*(.*)$")
_SWITCHES = {
    "CLAUDE_CODE_USE_BEDROCK": "aws-bedrock",
    "CLAUDE_CODE_USE_VERTEX": "google-vertex",
    "CLAUDE_CODE_USE_FOUNDRY": "azure-ai-inference",
}
_SAME = frozenset({"inherit", "default", "auto"})


def read(source: Source) -> Iterator[Said]:
    """The agent a file belongs to: its model, its MCP servers, the variables it is given."""
    known_tool = tool_of(source.path)
    if known_tool is None:
        return
    tool, each = known_tool
    document = _document(source)
    for text in document.problems:
        yield Problem(text)
    root = document.tables[0] if document.tables else Table(1)
    environment = Environment.of(source, f"agent.{tool.id}.variable")
    provider = tool.provider
    for _, table in tables(root):
        for key in ("env", "containerEnv", "environment"):
            for name, line, value in table.table(key).all():
                if name in _SWITCHES and isinstance(value, Scalar) and value.value not in ("", "0"):
                    provider = _SWITCHES[name]
                elif isinstance(value, Scalar):
                    environment.add(name, line, value)
    models = _models(tool, root, environment)
    listed, vendors = _listed(root, environment, source)
    models = [*models, *listed]
    if provider in (None, "unknown"):
        named = vendors or {provider_of_model(models, source)} - {"unknown"}
        provider = next(iter(named)) if len(named) == 1 else provider
    servers = sorted(_servers(root))
    name = _name(root, source) if each else tool.name
    yield Found(
        "automation",
        f"{tool.id}:{name}" if each else tool.id,
        1,
        f"agent.{tool.id}",
        "repository",
        name=f"{tool.name}: {name}" if each else name,
        provider=provider,
        api=None,
        models=tuple(dict.fromkeys(models)),
        secrets=environment.secrets,
        hosts=environment.hosts,
        attributes={"mcp_servers": ";".join(servers)} if servers else {},
    )
    yield from environment.found()


def _document(source: Source) -> Document:
    name = source.name
    if name.endswith((".md", ".mdc", ".prompty")):
        return front_matter(source.text)
    if name.endswith((".json", ".jsonc")) or name == ".roomodes":
        return read_json(source.text)
    if name.endswith(".toml"):
        return read_toml(source.text)
    if name.endswith((".yml", ".yaml")):
        return read_yaml(source.text, templated=True)
    return Document()


def front_matter(text: str) -> Document:
    """The YAML at the head of a Markdown file; none where there is none."""
    match = _FRONT.match(text)
    if match is None:
        return Document()
    # The mark's own line comes first, so that lines keep their number.
    document = read_yaml("\n" + match[1])
    if not document.problems:
        return document
    # Agents' descriptions are written as prose, with colons that YAML would not have.
    lines = enumerate(match[1].splitlines(), 2)
    pairs = [(found, number) for number, line in lines if (found := _PLAIN_PAIR.match(line))]
    entries: list[tuple[str, int, Node]] = [
        (found[1], number, Scalar(found[2].strip().strip("\"'"), number)) for found, number in pairs
    ]
    return Document([Table(2, entries)])


def _name(root: Table, source: Source) -> str:
    stem = source.path.rpartition("/")[2].split(".")[0]
    return (root.text("name") or stem)[:80]


def _models(tool: known.Tool, root: Table, environment: Environment) -> list[str]:
    texts = [root.text(*key.split(".")) for key in tool.model]
    found = [m for text in texts if (m := model_id(settled(text))) and m not in _SAME]
    for named in environment.models.values():
        found += named
    return found


def _listed(root: Table, environment: Environment, source: Source) -> tuple[list[str], set[str]]:
    """Models and providers of lists (``models:`` of Continue, ``model_providers`` of Codex)."""
    models: list[str] = []
    vendors: set[str] = set()
    for item in root.items("models"):
        if not isinstance(item, Table):
            continue
        vendor = item.text("provider")
        provider = (source.catalogue.provider_id(vendor) or "") if vendor else ""
        if provider:
            vendors.add(provider)
        model = model_id(settled(item.text("model")))
        if model:
            models.append(model)
        roles: tuple[tuple[str, Role], ...] = (("apiKey", "key"), ("apiBase", "url"))
        for key, role in roles:
            value = item.get(key)
            if isinstance(value, Scalar) and value.value:
                meant = Meaning(role, provider or "unknown", certain=True)
                name = re.sub(r"\$\{\{\s*secrets\.(\w+)\s*\}\}", r"\1", value.value)
                plain = name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"models.{key}"
                environment.put(meant, plain, value.line, value)
    for name, _, body in root.table("model_providers").all():
        if not isinstance(body, Table):
            continue
        provider = source.catalogue.provider_id(name) or "unknown"
        url = body.get("base_url")
        if isinstance(url, Scalar):
            meant = Meaning("url", provider, certain=True)
            environment.put(meant, f"{name}.base_url", url.line, url)
        named = body.get("env_key")
        if isinstance(named, Scalar) and named.value:
            environment.put(Meaning("key", provider, certain=True), named.value, named.line, None)
        if root.text("model_provider") == name and provider != "unknown":
            vendors.add(provider)
    return models, vendors


def _servers(root: Table) -> set[str]:
    """Names of the MCP servers that a configuration starts or connects to."""
    found: set[str] = set()
    for key in _SERVERS:
        held = root.get(key)
        if isinstance(held, Table):
            inner = held.get("servers")
            held = inner if key == "mcp" and isinstance(inner, Table) else held
            found |= {name for name, _, body in held.entries if isinstance(body, Table)}
        for item in root.items(key) if held is not None and not isinstance(held, Table) else []:
            if isinstance(item, Table) and item.text("name"):
                found.add(item.text("name"))
    return {name[:60] for name in found if ";" not in name}


def read_devcontainer(source: Source) -> Iterator[Said]:
    """Agents that a development container brings along, and the variables it sets.

    Sources: the READMEs of anthropics/devcontainer-features, github/copilot-cli's feature and
    the Ollama feature of the devcontainers community index.
    """
    document = read_json(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        for feature, line, _ in root.table("features").all():
            name = feature.partition("@")[0].rpartition("/")[2].partition(":")[0].casefold()
            for tool in known.rows("tools", known.Tool):
                if name in (tool.id, f"{tool.id}-cli", tool.id.replace("github-", "") + "-cli"):
                    yield Found(
                        "automation", tool.id, line, f"agent.{tool.id}", "repository",
                        name=tool.name, provider=tool.provider, attributes={"feature": feature},
                    )  # fmt: skip
            if name == "ollama":
                yield Found(
                    "deployment", "ollama", line, "devcontainer.feature", provider="ollama",
                    attributes={"feature": feature},
                )  # fmt: skip
        environment = Environment.of(source, "devcontainer.variable")
        for key in ("containerEnv", "remoteEnv", "secrets"):
            for name, line, value in root.table(key).all():
                environment.add(name, line, value)
        yield from environment.found()
