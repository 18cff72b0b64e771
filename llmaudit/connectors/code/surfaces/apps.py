"""Applications kept as one file: Dify's DSL, Prompt flow, prompt files that name a model."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.agents import front_matter
from llmaudit.connectors.code.surfaces.commands import provider_of_model
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Source
from llmaudit.connectors.code.surfaces.flows import vendor_of
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table, tables
from llmaudit.connectors.code.surfaces.requests import is_inference
from llmaudit.connectors.code.surfaces.variables import Environment, model_id, settled
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

_PLAIN = {"openai_api_compatible": "unknown", "volcengine_maas": "unknown"}


def is_dify(root: Table) -> bool:
    """Whether a document is an application of Dify."""
    return root.text("kind") == "app" and (
        root.get("workflow") is not None or root.get("model_config") is not None
    )


def read_dify(root: Table, source: Source) -> Iterator[Said]:
    """Nodes of a workflow that run a model, and the model of a plain chat application."""
    app = root.text("app", "name") or source.path.rpartition("/")[2]
    for node in root.items("workflow", "graph", "nodes"):
        data = node.table("data") if isinstance(node, Table) else Table(1)
        name = data.text("title") or (node.text("id") if isinstance(node, Table) else "")
        if data.text("type") == "http-request":
            found = is_inference(data.text("url"), source)
            if found is not None:
                yield _automation("dify.http", app, name, data.line, found[0], "", source)
            continue
        chosen = data.table("model")
        if not chosen.text("name"):
            chosen = data.table("agent_parameters", "model", "value")
        model = chosen.text("name") or chosen.text("model")
        if model and chosen.text("provider"):
            yield _automation(
                "dify", app, name, data.line, _provider(chosen.text("provider")), model, source
            )
    chosen = root.table("model_config", "model")
    if chosen.text("name"):
        provider = _provider(chosen.text("provider"))
        yield _automation("dify", app, "model", chosen.line, provider, chosen.text("name"), source)


def _provider(text: str) -> str:
    """``langgenius/openai/openai`` and ``openai`` are one; the last word tells."""
    last = text.rpartition("/")[2]
    return _PLAIN.get(last) or vendor_of(last) or last or "unknown"


def _automation(
    rule: str, app: str, name: str, line: int, provider: str, model: str, source: Source
) -> Found:
    found = model_id(settled(model)) if model else ""
    if provider == "unknown" and found:
        provider = provider_of_model([found], source)
    return Found(
        "automation",
        name or str(line),
        line,
        rule,
        name=f"{app}: {name}",
        provider=provider,
        models=(found,) if found else (),
        attributes={"workflow": app},
    )


def is_prompt_flow(root: Table, source: Source) -> bool:
    """Whether a document is a flow of Prompt flow."""
    return source.name in ("flow.dag.yaml", "flow.dag.yml") or "promptflow" in root.text("$schema")


def read_prompt_flow(root: Table, source: Source) -> Iterator[Said]:
    """Nodes that run a model: LLM nodes, and tools that are given a connection and a model."""
    flow = source.path.rpartition("/")[0].rpartition("/")[2] or "flow"
    for node in root.items("nodes"):
        if not isinstance(node, Table):
            continue
        inputs = node.table("inputs")
        deployment = inputs.text("deployment_name")
        model = deployment or inputs.text("model")
        connected = node.text("connection") or inputs.text("connection")
        if node.text("type") != "llm" and not (connected and model):
            continue
        provider = "azure-openai" if deployment else "unknown"
        name = node.text("name") or str(node.line)
        yield _automation("prompt-flow", flow, name, node.line, provider, model, source)
    environment = Environment.of(source, "prompt-flow.variable")
    for key, line, value in root.table("environment_variables").all():
        if isinstance(value, Scalar):
            environment.add(key, line, value)
    yield from environment.found()


def read_prompt_file(source: Source) -> Iterator[Said]:
    """``.prompt.yml`` of GitHub Models and ``.prompty``: a prompt with the model it runs on.

    Sources: GitHub Docs, storing prompts in repositories; Prompty specification.
    """
    prompty = source.name.endswith(".prompty")
    document = front_matter(source.text) if prompty else read_yaml(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables[:1]:
        name = root.text("name") or source.path.rpartition("/")[2]
        if not prompty:
            if root.text("model"):
                yield _automation(
                    "github-prompt", name, "prompt", 1, "github-models", root.text("model"), source
                )
            continue
        for path, table in tables(root.table("model")):
            del path
            kind = table.text("type")
            model = table.text("azure_deployment") or table.text("name") or table.text("model")
            if kind or model:
                provider = vendor_of(kind) if kind else "unknown"
                yield _automation(
                    "prompty", name, "prompt", table.line, provider or "unknown", model, source
                )
                break
