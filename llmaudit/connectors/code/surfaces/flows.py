"""Automations that a repository keeps as exported files: n8n, Node-RED, Make, Flowise, Langflow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.commands import provider_of_model
from llmaudit.connectors.code.surfaces.findings import Found, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Items, Node, Scalar, Table
from llmaudit.connectors.code.surfaces.requests import is_inference
from llmaudit.connectors.code.surfaces.variables import model_id, settled

_N8N = "@n8n/n8n-nodes-langchain."
_N8N_MODEL = re.compile(r"^(?:lmChat|lm|embeddings|reranker)(?=[A-Z])")
# Nodes of n8n that send requests of their own; the others (agents, chains) send through the
# model node that is wired to them. Source: n8n-io/n8n, nodes-langchain/nodes/vendors.
_N8N_VENDORS = frozenset(
    {"openAi", "openAiAssistant", "anthropic", "googleGemini", "ollama", "alibabaCloud", "miniMax",
     "moonshot", "qwenCloud", "databricksAiAgent"}
)  # fmt: skip
_MODEL_KEYS = ("modelName", "model", "modelId", "model_name", "model_id", "customModel")
_FLOWISE = frozenset({"Chat Models", "LLMs", "Embeddings"})
_LANGFLOW = re.compile(r"(?:Model|Models|Embeddings?|Component)$|^Agent$|LanguageModel")


@cache
def _vendors() -> tuple[tuple[str, str], ...]:
    found = [
        (word, row.provider) for row in known.rows("vendors", known.Vendor) for word in row.words
    ]
    return tuple(sorted(found, key=lambda pair: (-len(pair[0]), pair[0])))


def vendor_of(name: str) -> str:
    """The provider that a node's type or a provider field spells; empty where none is."""
    text = re.sub(r"[^a-z0-9]", "", name.casefold())
    return next((provider for word, provider in _vendors() if word in text), "")


def _node(
    rule: str, flow: str, name: str, line: int, provider: str, models: list[str], source: Source,
    **attributes: str,
) -> Found:  # fmt: skip
    found = tuple(dict.fromkeys(model for model in models if model))
    return Found(
        "automation",
        name,
        line,
        rule,
        name=f"{flow}: {name}",
        provider=provider or provider_of_model(found, source),
        models=found,
        attributes={"workflow": flow, **attributes},
    )


def flow_name(root: Table, source: Source) -> str:
    """What a flow calls itself, else its file's name."""
    return (root.text("name") or source.path.rpartition("/")[2].partition(".")[0])[:120]


def _texts(table: Table) -> list[str]:
    """Model names in a node's parameters; n8n's resource locators keep them a level deeper."""
    found: list[str] = []
    for key in _MODEL_KEYS:
        held = table.get(key)
        if isinstance(held, Table):
            held = held.get("value")
        if isinstance(held, Scalar) and held.value:
            text = held.value.removeprefix("models/")
            if not text.startswith("="):
                found.append(model_id(settled(text)))
    return [text for text in found if text]


# -- n8n -------------------------------------------------------------------------------


def is_n8n(root: Table) -> bool:
    """Whether a document is a workflow of n8n."""
    return any(
        isinstance(node, Table) and "n8n-nodes" in node.text("type") for node in root.items("nodes")
    )


def read_n8n(root: Table, source: Source) -> Iterator[Said]:
    """Nodes that run a model, and HTTP nodes that call an inference host."""
    flow = flow_name(root, source)
    for node in root.items("nodes"):
        if not isinstance(node, Table) or node.text("disabled") == "true":
            continue
        type_, name = node.text("type"), node.text("name")[:120] or str(node.line)
        parameters = node.table("parameters")
        short = type_.removeprefix(_N8N)
        if type_.startswith(_N8N) and (_N8N_MODEL.match(short) or short in _N8N_VENDORS):
            provider = vendor_of(_N8N_MODEL.sub("", short)) or "unknown"
            yield _node(
                "n8n", flow, name, node.line, provider, _texts(parameters), source, node_type=type_
            )
        elif type_ == "n8n-nodes-base.openAi":
            yield _node(
                "n8n", flow, name, node.line, "openai", _texts(parameters), source, node_type=type_
            )
        elif type_ in ("n8n-nodes-base.httpRequest", f"{_N8N}toolHttpRequest"):
            yield from _http("n8n", flow, name, node, parameters.text("url"), source)


def _http(
    rule: str, flow: str, name: str, node: Table, url: str, source: Source
) -> Iterator[Found]:
    """An HTTP node, only where it calls an inference host."""
    found = is_inference(url.lstrip("="), source) if "://" in url else None
    if found is not None:
        yield _node(
            f"{rule}.http", flow, name, node.line, found[0], _body_models(node), source,
            node_type=node.text("type") or node.text("module"), host=found[1],
        )  # fmt: skip


def _body_models(node: Table) -> list[str]:
    for key in ("jsonBody", "body", "data", "payload"):
        for holder in (node, node.table("parameters"), node.table("mapper")):
            text = holder.text(key)
            match = re.search(r'"model"\s*:\s*"([^"{}$]+)"', text)
            if match:
                return [model_id(match[1])]
    return []


# -- Node-RED, Make ---------------------------------------------------------------------


def is_node_red(root: Node) -> bool:
    """Whether a document is a flow of Node-RED: a list of nodes that name their tab."""
    return isinstance(root, Items) and any(
        isinstance(node, Table) and node.text("type") and node.get("z") is not None
        for node in root.values
    )


def read_node_red(root: Items, source: Source) -> Iterator[Said]:
    """HTTP request nodes to inference hosts; vendors' own node types are not known here."""
    tabs = {
        node.text("id"): node.text("label")
        for node in root.values
        if isinstance(node, Table) and node.text("type") == "tab"
    }
    for node in root.values:
        if isinstance(node, Table) and node.text("type") == "http request":
            flow = tabs.get(node.text("z"), "") or source.path.rpartition("/")[2]
            name = node.text("name") or node.text("id")
            yield from _http("node-red", flow, name, node, node.text("url"), source)


def is_make(root: Table) -> bool:
    """Whether a document is a blueprint of Make."""
    return any(
        isinstance(node, Table) and ":" in node.text("module") for node in root.items("flow")
    )


def read_make(root: Table, source: Source) -> Iterator[Said]:
    """Modules of a model's provider, and HTTP modules that call an inference host.

    Source: Make's help centre, blueprints; module names as exported (``openai-gpt-3:...``).
    """
    flow = flow_name(root, source)
    stack: list[Node] = list(reversed(root.items("flow")))
    while stack:
        node = stack.pop()
        if not isinstance(node, Table):
            continue
        for route in node.items("routes"):
            if isinstance(route, Table):
                stack += reversed(route.items("flow"))
        app, colon, action = node.text("module").partition(":")
        if not colon:
            continue
        mapper = node.table("mapper")
        name = (
            f"{node.text('id') or node.line} {node.text('metadata', 'designer', 'name') or action}"
        )
        if app == "http":
            yield from _http("make", flow, name, node, mapper.text("url"), source)
        elif app in ("openai-gpt-3", "openai-gpt-4", "anthropic-claude", "gemini-ai", "mistral-ai",
                     "azure-openai", "perplexity-ai", "deepseek-ai", "groq", "cohere"):  # fmt: skip
            if re.search(r"list|get|upload|delete|watch|cancel", action, re.IGNORECASE):
                continue
            yield _node(
                "make", flow, name, node.line, vendor_of(app) or "unknown", _texts(mapper), source,
                node_type=node.text("module"),
            )  # fmt: skip


# -- Flowise, Langflow --------------------------------------------------------------------


def is_flowise(root: Table) -> bool:
    """Whether a document is a flow of Flowise: nodes whose data names a category."""
    return any(
        isinstance(node, Table) and node.text("data", "category") and node.text("data", "name")
        for node in root.items("nodes")
    )


def read_flowise(root: Table, source: Source) -> Iterator[Said]:
    """Model nodes of a flow, and the models that agent-flow nodes are given."""
    flow = flow_name(root, source)
    for node in root.items("nodes"):
        if not isinstance(node, Table):
            continue
        data = node.table("data")
        type_, inputs = data.text("name"), data.table("inputs")
        name = node.text("id") or data.text("id") or type_
        if data.text("category") in _FLOWISE:
            yield _node(
                "flowise", flow, name, node.line, vendor_of(type_) or "unknown", _texts(inputs),
                source, node_type=type_,
            )  # fmt: skip
            continue
        for key, _, value in inputs.all():
            # `llmModel: chatOpenAI` with `llmModelConfig: {modelName: ...}` beside it.
            config = inputs.get(f"{key}Config")
            if key.endswith("Model") and isinstance(value, Scalar) and isinstance(config, Table):
                yield _node(
                    "flowise", flow, name, node.line, vendor_of(value.value or "") or "unknown",
                    _texts(config), source, node_type=value.value or type_,
                )  # fmt: skip


def is_langflow(root: Table) -> bool:
    """Whether a document is a flow of Langflow: nodes with a component's template."""
    return any(
        isinstance(node, Table) and isinstance(node.get("data", "node", "template"), Table)
        for node in root.items("data", "nodes")
    )


def read_langflow(root: Table, source: Source) -> Iterator[Said]:
    """Components that run a model: model, embedding and agent components."""
    flow = flow_name(root, source)
    for node in root.items("data", "nodes"):
        if not isinstance(node, Table):
            continue
        type_, template = node.text("data", "type"), node.table("data", "node", "template")
        held = {key: _value(template.get(key)) for key in (*_MODEL_KEYS, "provider", "agent_llm")}
        vendor = held["agent_llm"] or held["provider"] or _first(template, "provider") or type_
        chosen = _first(template, "name")
        named = chosen or any(held.values()) or vendor_of(type_)
        if not _LANGFLOW.search(type_) or not named:
            continue
        if not any(template.get(key) is not None for key in (*_MODEL_KEYS, "agent_llm")):
            continue
        models = [held[key] for key in _MODEL_KEYS if held[key]] or [chosen]
        yield _node(
            "langflow", flow, node.text("id") or type_, node.line, vendor_of(vendor) or "unknown",
            [model_id(model) for model in models], source, node_type=type_,
        )  # fmt: skip


def _value(field: Node | None) -> str:
    return settled(field.text("value")) if isinstance(field, Table) else ""


def _first(template: Table, key: str) -> str:
    """Newer exports choose a model as ``[{name, provider}]``."""
    chosen = template.table("model").items("value")
    return chosen[0].text(key) if chosen and isinstance(chosen[0], Table) else ""
