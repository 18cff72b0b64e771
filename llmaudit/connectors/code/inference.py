"""Which addresses take model requests: the host says whose, the path which api and which model.

The paths are those of the providers' API references: OpenAI (also served by Azure, vLLM, TGI,
LiteLLM, llama.cpp and most hosts of open models), Anthropic, Google Generative Language and
Vertex AI, Amazon Bedrock and SageMaker runtimes, Cohere, Ollama, Hugging Face, watsonx.ai,
Replicate, Cloudflare Workers AI, DashScope, Qianfan, Databricks, ElevenLabs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from llmaudit.catalogue import Catalogue
from llmaudit.config import Gateway
from llmaudit.connectors.code.syntax.tree import HOLE

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1", "host.docker.internal"}  # noqa: S104
_OLLAMA_PORT = "11434"
_ADDRESS = re.compile(r"(?:(?:https?|wss?)://)?([^/?#]*)([^?#]*)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that takes model requests.

    Attributes:
        provider: Catalogue id; ``unknown`` where only the path tells (a self-hosted server).
        api: As rules name it.
        host: Without port; empty where it is not literal.
        models: Ids of models that stand in the path.
        default: The model that the address names where nothing else is given.
        sure: Whether host or path alone say so; else the body must look like a request too.
    """

    provider: str
    api: str
    host: str = ""
    models: tuple[str, ...] = ()
    sure: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class _Path:
    pattern: re.Pattern[str]
    api: str
    # Who serves this path where the host does not tell.
    provider: str = "unknown"
    # Good on any host; otherwise only on a host of a model provider.
    anywhere: bool = True
    sure: bool = True


def _path(
    pattern: str, api: str, provider: str = "unknown", *, anywhere: bool = True, sure: bool = True
) -> _Path:
    return _Path(re.compile(pattern), api, provider, anywhere, sure)


# The first that fits counts. A HOLE stands where the file does not settle a part.
_PATHS = (
    _path(r"/deployments/(?P<model>[^/]+)/chat/completions$", "chat.completions", "azure-openai"),
    _path(r"/deployments/(?P<model>[^/]+)/completions$", "completions", "azure-openai"),
    _path(r"/deployments/(?P<model>[^/]+)/embeddings$", "embeddings", "azure-openai"),
    _path(r"/deployments/(?P<model>[^/]+)/images/", "images", "azure-openai"),
    _path(r"/deployments/(?P<model>[^/]+)/audio/speech$", "audio.speech", "azure-openai"),
    _path(r"/deployments/(?P<model>[^/]+)/audio/", "audio.transcriptions", "azure-openai"),
    _path(r"/deployments/(?P<model>[^/]+)/extensions/chat/", "chat.completions", "azure-openai"),
    _path(r"/ml/v\d/(?:deployments/[^/]+/)?text/chat", "chat", "watsonx"),
    _path(r"/ml/v\d/(?:deployments/[^/]+/)?text/generation", "text_generation", "watsonx"),
    _path(r"/ml/v\d/text/(?:embeddings|rerank)", "embeddings", "watsonx"),
    _path(r"/ai_custom/v\d/wenxinworkshop/embeddings/", "embeddings", "qianfan"),
    _path(r"/ai_custom/v\d/wenxinworkshop/", "chat", "qianfan"),
    _path(r"/services/aigc/", "generation", "dashscope"),
    _path(r"/services/embeddings/", "embeddings", "dashscope"),
    _path(r"/ai/run/(?P<model>@?[^?]+)$", "run", "cloudflare-workers-ai"),
    _path(r"/chat/completions/?$", "chat.completions"),
    _path(r"/text/chatcompletion(?:_v2|_pro)?$", "chat.completions", "minimax"),
    _path(r"/engines/(?P<model>[^/]+)/completions$", "completions", "openai"),
    _path(r"/engines/(?P<model>[^/]+)/embeddings$", "embeddings", "openai"),
    _path(r"/v\d+/completions/?$", "completions"),
    _path(r"/completions?/?$", "completions", sure=False),
    _path(r"/v\d+/messages/?$", "messages", "anthropic", sure=False),
    _path(r"/v1/complete$", "completions", "anthropic", sure=False),
    _path(r"/v\d+/responses/?$", "responses", sure=False),
    _path(r"/openai/responses$", "responses", "azure-openai"),
    _path(r"/v\d+/embeddings/?$", "embeddings"),
    _path(r"/embeddings/?$", "embeddings", sure=False),
    _path(r"/images/(?:generations|edits|variations)/?$", "images"),
    _path(r"/audio/(?:speech|generations)/?$", "audio.speech"),
    _path(r"/audio/(?:transcriptions|translations)/?$", "audio.transcriptions"),
    _path(r"/v\d+/videos$", "videos", anywhere=False),
    _path(r"/v\d+/realtime$", "realtime"),
    _path(r"\.GenerativeService\.BidiGenerateContent$", "live", anywhere=False),
    _path(r"/threads/(?:[^/]+/)?runs(?:/[^/]+/submit_tool_outputs)?$", "assistants"),
    _path(r"/models/(?P<model>[^/:]+):(?:stream)?[gG]enerateContent$", "generate_content"),
    _path(r"/models/(?P<model>[^/:]+):(?:batchE|e)mbed(?:Contents?|Text)$", "embeddings"),
    _path(r"/models/(?P<model>[^/:]+):generate(?:Message|Text|Answer|Images)$", "generate_content"),
    _path(r":(?:stream)?[gG]enerateContent$", "generate_content"),
    _path(r":(?:batchE|e)mbedContents?$", "embeddings"),
    _path(
        r"/models/(?P<model>[^/:]+):(?:streamR|r)awPredict$|:(?:streamR|r)awPredict$",
        "raw_predict", "google-vertex",
    ),
    _path(
        r"/models/(?P<model>[^/:]+):(?:serverStreamingP|p|predictLongRunningP)redict$",
        "predict", "google-vertex",
    ),
    _path(r"/endpoints/[^/:]+:(?:rawP|p)redict$", "predict", "google-vertex"),
    _path(r"/model/(?P<model>[^/]+)/(?:invoke(?:-with-response-stream)?)$", "invoke_model",
          "aws-bedrock"),
    _path(r"/model/(?P<model>[^/]+)/converse(?:-stream)?$", "converse", "aws-bedrock"),
    _path(r"/agents/[^/]+/agentAliases/", "invoke_agent", "aws-bedrock", anywhere=False),
    _path(r"/endpoints/(?P<model>[^/]+)/invocations", "invoke_endpoint", "sagemaker"),
    _path(r"/serving-endpoints/(?P<model>[^/]+)/invocations$", "invocations", "databricks"),
    _path(r"/api/generate/?$", "generate", "ollama", sure=False),
    _path(r"/api/chat/?$", "chat", "ollama", sure=False),
    _path(r"/api/embed(?:dings)?/?$", "embeddings", "ollama", sure=False),
    _path(r"/v\d+/models/(?P<model>[^/]+/[^/]+)/predictions$", "predictions", anywhere=False),
    _path(r"/v\d+/(?:deployments/[^/]+/[^/]+/)?predictions$", "predictions", anywhere=False),
    _path(r"/v[12](?:beta)?/chat/?$", "chat", anywhere=False),
    _path(r"/v[12]/generate/?$", "generate", anywhere=False),
    _path(r"/v[12]/(?:embed|embed-multilingual)/?$", "embeddings", anywhere=False),
    _path(r"/v\d/rerank/?$", "rerank"),
    _path(r"/rerank/?$", "rerank", sure=False),
    _path(r"/v\d/(?:classify|summarize)/?$", "generate", anywhere=False),
    _path(r"/v1/fim/completions$", "completions", anywhere=False),
    _path(r"/v1/(?:agents|conversations)(?:/completions)?$", "chat", anywhere=False),
    _path(r"/v1/(?P<model>[^/]+)/complete$", "completions", anywhere=False),
    _path(r"/studio/v1/", "chat", anywhere=False),
    _path(r"/v1/text-to-speech/", "audio.speech", anywhere=False),
    _path(r"/generate_stream/?$", "generate", sure=False),
    _path(r"/generate/?$", "generate", sure=False),
    _path(r"/pipeline/feature-extraction/(?P<model>.+)$", "embeddings", anywhere=False),
    _path(r"/models/(?P<model>[^/]+/[^/:]+)(?:/pipeline/[^/]+)?$", "inference", anywhere=False),
    _path(r"^/inference/?$", "inference", anywhere=False),
)  # fmt: skip
# Segments of a gateway's address, or its hosts, that name the provider behind it.
_BEHIND = {
    "openai": "openai", "anthropic": "anthropic", "azure-openai": "azure-openai",
    "google-ai-studio": "google-gemini", "google-vertex-ai": "google-vertex",
    "workers-ai": "cloudflare-workers-ai", "aws-bedrock": "aws-bedrock", "groq": "groq",
    "mistral": "mistral", "cohere": "cohere", "perplexity-ai": "perplexity",
    "openrouter": "openrouter", "deepseek": "deepseek", "grok": "xai",
    "huggingface": "huggingface", "replicate": "replicate", "cerebras": "cerebras",
    "elevenlabs": "elevenlabs",
    "oai.helicone.ai": "openai", "oai.hconeai.com": "openai",
    "anthropic.helicone.ai": "anthropic", "anthropic.hconeai.com": "anthropic",
    "groq.helicone.ai": "groq", "together.helicone.ai": "together",
    "openrouter.helicone.ai": "openrouter", "deepseek.helicone.ai": "deepseek",
    "fireworks.helicone.ai": "fireworks", "perplexity.helicone.ai": "perplexity",
    "deepinfra.helicone.ai": "deepinfra", "x.helicone.ai": "xai", "mistral.helicone.ai": "mistral",
}  # fmt: skip
# Hosts on which every posted path sends a request.
_ALL_PATHS = {"huggingface"}
# The last part of paths above, for the prefilter: one of them stands in every file with such an
# address that names no provider's host.
WORDS = (
    "chat/completions", "/completion", "/embeddings", "/messages", "/responses", "/embed",
    "enerateContent", "awPredict", "redict", "/api/generate", "/api/chat", "images/generations",
    "images/edits", "audio/", "/realtime", "/runs", "/invocations", "/rerank", "/invoke",
    "/converse", "/generate", "text/generation", "text/chat", "wenxinworkshop", "services/aigc",
    "ai/run/", "chatcompletion", "mbedContent",
)  # fmt: skip


def endpoint_of_url(
    url: str, catalogue: Catalogue, gateways: tuple[Gateway, ...] = ()
) -> Endpoint | None:
    """What a URL says; None where it takes no model requests as far as it is known.

    Args:
        url: With a HOLE for each part that the file does not settle. A relative one is read
            by its path.
    """
    match = _ADDRESS.match(url.strip())
    if match is None:
        return None
    address, path = match.group(1), unquote(match.group(2))
    if "://" not in url and not url.startswith(HOLE):
        address, path = "", unquote(url.partition("?")[0])
        path = path if path.startswith("/") else f"/{path}"
    host, _, port = address.rpartition("@")[2].partition(":")
    host = host.casefold()
    if HOLE in host:
        # `{region}-aiplatform.googleapis.com` ends as the provider's hosts do.
        host = host.replace(HOLE, "x") if host.strip(HOLE).count(".") > 1 else ""
    gateway = next((g for g in gateways if host in (g.host, *()) or host.endswith(f".{g.host}")),
                   None)  # fmt: skip
    known = catalogue.host(host) if host else None
    provider = gateway.provider if gateway else (known.id if known else "")
    provider = provider if gateway else behind_gateway(host, path) or provider
    local = host in _LOCAL_HOSTS
    for entry in _PATHS:
        found = entry.pattern.search(path)
        if found is None or not (entry.anywhere or provider):
            continue
        named = provider or _by_path(entry, host, local, port)
        sure = entry.sure or bool(provider) or (local and port == _OLLAMA_PORT)
        if sure or not host or local or not known:
            return Endpoint(named, entry.api, _shown(host), _models(found) or _asked(url), sure)
    if provider in _ALL_PATHS and path.strip("/"):
        # A model of no owner: `/models/gpt2`.
        alone = re.fullmatch(r"/models/([^/]+)", path)
        named_alone = (alone[1],) if alone and HOLE not in alone[1] else ()
        return Endpoint(provider, "inference", _shown(host), named_alone)
    runs = known is not None and known.kind in ("provider", "gateway", "cloud")
    if runs and path.endswith(HOLE):
        return Endpoint(provider, "http", _shown(host), (), sure=False)
    return None


def behind_gateway(host: str, path: str) -> str:
    """Who runs the models behind a gateway that passes requests on; empty where it does not say.

    Sources: Cloudflare AI Gateway, provider endpoints; Helicone, integrations by base URL.
    """
    if host == "gateway.ai.cloudflare.com":
        parts = path.strip("/").split("/")
        return _BEHIND.get(parts[3], "") if len(parts) > 3 else ""
    return _BEHIND.get(host, "")


def provider_host(url: str, catalogue: Catalogue) -> str:
    """Id of the provider whose host a URL names; empty where none does."""
    match = _ADDRESS.match(url.strip())
    known = catalogue.host(match.group(1)) if match and "://" in url else None
    return known.id if known is not None else ""


def _by_path(entry: _Path, host: str, local: bool, port: str) -> str:
    if entry.provider == "anthropic" and host:
        return "unknown"
    if local and port == _OLLAMA_PORT:
        return "ollama"
    return entry.provider


def _models(found: re.Match[str]) -> tuple[str, ...]:
    named = found.groupdict().get("model") or ""
    return (named,) if named and HOLE not in named else ()


def _asked(url: str) -> tuple[str, ...]:
    """The model in a query, where sessions over web sockets name it."""
    query = parse_qs(url.partition("?")[2].partition("#")[0])
    return tuple(name for name in query.get("model", ()) if HOLE not in name)


def _shown(host: str) -> str:
    return "" if HOLE in host else host
