"""Which reader a file belongs to: its path decides first, then what the document says it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import ahocorasick_rs

from llmaudit.connectors.code.surfaces import (
    agents,
    apps,
    azure,
    cloudformation,
    dockerfile,
    flows,
    gateways,
    known,
    kubernetes,
    makefiles,
    pipelines,
    pulumi,
    settings_files,
    terraform,
    workflows,
)
from llmaudit.connectors.code.surfaces.findings import Problem, Said, Source
from llmaudit.connectors.code.surfaces.json_nodes import read_json
from llmaudit.connectors.code.surfaces.nodes import Items, Table
from llmaudit.connectors.code.surfaces.paths import SETTINGS, VALUES, surface_of
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

Reader = Callable[[Source], Iterator[Said]]


@cache
def _literals(catalogue: Catalogue) -> ahocorasick_rs.BytesAhoCorasick:
    found: set[str] = {
        "n8n-nodes-base.httprequest", '"http request"', "litellm_params", "promptfoo", "ai-proxy",
        "lmchat", "genericnode", "model_provider", "agent_parameters", "model_config", "openai",
        "anthropic", "gemini", "claude", "mistral", "cohere", "ollama", "bedrock", "gpt-", "llama",
        "deepseek", "completion", "embedding", "llm", "cognitiveservices", "huggingface", "vllm",
        "vertex", "inference", "langchain", "flowise", "codex", "copilot", "aider",
    }  # fmt: skip
    for provider in catalogue.providers.values():
        found.update(name.casefold() for name in provider.env_vars)
        for host in provider.hosts:
            longest = max(host.split("*"), key=len).strip(".-")
            if len(longest) > 7 and longest not in ("amazonaws.com", "azure.com", "googleapis.com"):
                found.add(longest.casefold())
    found.update(row.value.casefold() for row in known.rows("variables", known.Variable))
    for row in known.rows("actions", known.Action):
        found.update(uses.casefold() for uses in row.uses)
    for command in known.rows("commands", known.Command):
        found.update(name for name in command.programs if len(name) > 2)
        found.update(f"{name} {sub}" for name in command.programs for sub in command.subcommands)
    for image in known.rows("images", known.Image):
        found.add(max(image.image.split("*"), key=len).strip("/"))
    for file in ("terraform", "cloudformation", "azure", "pulumi", "kubernetes"):
        for one in known.rows(file, known.Resource):
            found.add(
                one.type.casefold().rstrip("*").partition("/")[0]
                if file == "kubernetes"
                else one.type.casefold().rstrip("*")
            )
    return ahocorasick_rs.BytesAhoCorasick(sorted(word.encode() for word in found if len(word) > 2))


# What makes a document one that a reader below knows; without it nothing of it is parsed.
_MARKS = {
    "json": (
        b"n8n-nodes", b"http request", b"openai-gpt-", b"anthropic-claude", b"gemini-ai",
        b"mistral-ai", b"perplexity-ai", b"deepseek-ai", b"customnode", b"agentflow",
        b"genericnode", b"deploymenttemplate.json", b"containerdefinitions", b"litellm_params",
        b"_format_version", b"azure-openai:", b'"groq:', b'"cohere:',
    ),
    "yaml": (
        b"services:", b"kind: app", b"nodes:", b"litellm_params",
        b"providers:", b"targets:", b"_format_version", b"functions:", b"runs-on:",
    ),
}  # fmt: skip


_PAIRS = ((b"apiversion", b"kind"), (b"aws::", b"resources"))


@cache
def _marks(format_: str) -> ahocorasick_rs.BytesAhoCorasick:
    return ahocorasick_rs.BytesAhoCorasick(list(_MARKS[format_]))


def may_hold(path: str, data: bytes, catalogue: Catalogue) -> bool:
    """Whether a file holds the literals without which no reader finds anything.

    Args:
        path: Of the file; what its name does not tell, its content must.
        data: Its bytes.
    """
    if b"\0" in data[:64]:
        # UTF-16: the letters without their other halves.
        data = data.replace(b"\0", b"")
    lower, name = data.lower(), path.lower()
    if surface_of(name) == ("document", False) and not (
        SETTINGS.fullmatch(name) or VALUES.fullmatch(name)
    ):
        format_ = "yaml" if name.endswith((".yaml", ".yml")) else "json"
        if format_ == "json" and not name.endswith((".json", ".jsonc")):
            return False
        # Marks that only count together: an object of Kubernetes, a template of CloudFormation.
        paired = any(one in lower and other in lower for one, other in _PAIRS)
        if not (paired or _marks(format_).find_matches_as_indexes(lower)):
            return False
    return bool(_literals(catalogue).find_matches_as_indexes(lower))


def read(surface: str, source: Source) -> Iterator[Said]:
    """What a file says, by the reader of its surface."""
    yield from READERS[surface](source)


def _document(source: Source) -> Iterator[Said]:
    """A YAML, JSON or TOML file whose path says nothing: the document itself tells."""
    text = source.path.lower()
    json = text.endswith((".json", ".jsonc"))
    if not text.endswith((".json", ".jsonc", ".yaml", ".yml")):
        if SETTINGS.fullmatch(text):
            yield from settings_files.read(source)
        return
    document = read_json(source.text) if json else read_yaml(source.text, templated=True)
    said = [one for root in document.roots for one in _told(root, source)]
    yield from said
    # A broken file counts only where something was read of it: nobody knows what it was.
    for problem in document.problems if said else ():
        yield Problem(problem)


def _told(root: object, source: Source) -> Iterator[Said]:
    if isinstance(root, Items):
        if flows.is_node_red(root):
            yield from flows.read_node_red(root, source)
        return
    if not isinstance(root, Table):
        return
    for is_it, reader in _BY_DOCUMENT:
        if is_it(root):
            yield from reader(root, source)
            return
    if apps.is_prompt_flow(root, source):
        yield from apps.read_prompt_flow(root, source)
    elif VALUES.fullmatch(source.path.lower()):
        yield from kubernetes.read_values(root, source)
    elif SETTINGS.fullmatch(source.path.lower()):
        yield from settings_files.read_table(root, source)


def _compose(source: Source) -> Iterator[Said]:
    document = read_yaml(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        yield from kubernetes.read_compose(root, source)


def _serverless(source: Source) -> Iterator[Said]:
    json = source.name.endswith(".json")
    document = read_json(source.text) if json else read_yaml(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        yield from cloudformation.read_serverless(root, source)


def _kong(root: Table) -> bool:
    return bool(root.text("_format_version")) or root.text("kind") in (
        "KongPlugin",
        "KongClusterPlugin",
    )


def _serverless_like(root: Table) -> bool:
    return root.get("provider", "name") is not None and root.get("functions") is not None


Told = tuple[Callable[[Table], bool], Callable[[Table, Source], Iterator[Said]]]

_BY_DOCUMENT: tuple[Told, ...] = (
    (_kong, gateways.read_kong),
    (kubernetes.is_object, kubernetes.read_object),
    (cloudformation.is_template, cloudformation.read_template),
    (azure.is_template, azure.read_template),
    (cloudformation.is_task, cloudformation.read_task),
    (gateways.is_litellm, gateways.read_litellm),
    (flows.is_n8n, flows.read_n8n),
    (flows.is_flowise, flows.read_flowise),
    (flows.is_langflow, flows.read_langflow),
    (flows.is_make, flows.read_make),
    (apps.is_dify, apps.read_dify),
    (gateways.is_promptfoo, gateways.read_promptfoo),
    (workflows.is_workflow, workflows.read_document),
    (kubernetes.looks_like_compose, kubernetes.read_compose),
    (_serverless_like, cloudformation.read_serverless),
)  # fmt: skip

READERS: dict[str, Reader] = {
    "workflow": workflows.read,
    "pipeline": pipelines.read,
    "makefile": makefiles.read,
    "jenkinsfile": pipelines.read_jenkinsfile,
    "terraform": terraform.read,
    "tfvars": settings_files.read,
    "bicep": azure.read_bicep,
    "compose": _compose,
    "dockerfile": dockerfile.read,
    "serverless": _serverless,
    "pulumi": pulumi.read,
    "dotenv": settings_files.read_dotenv,
    "settings": settings_files.read,
    "prompt": apps.read_prompt_file,
    "devcontainer": agents.read_devcontainer,
    "agent": agents.read,
    "document": _document,
}
