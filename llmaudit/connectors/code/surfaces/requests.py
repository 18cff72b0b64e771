"""Addresses that a model answers at, and what a request to one says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from llmaudit.connectors.code.surfaces.findings import Source
from llmaudit.connectors.code.surfaces.variables import (
    plausible_model,
    provider_of_host,
    settled,
)

# Paths at which a model answers, on a host of a provider.
_INFERENCE = re.compile(
    r"completions?|messages|responses|embed|rerank|converse|invoke|predict|generat|/chat|/infer"
    r"|/ask|/ocr|/threads/(?:[^/]+/)?runs|/run/"
    r"|speech|transcri|translat|/images?/|/videos?/|/text-to-|/classify|/answer",
    re.IGNORECASE,
)
# What such a path may hold and still only list, count or keep things.
_NO_INFERENCE = re.compile(
    r"/(?:models|files|batches|fine[_-]tun\w*|vector_stores|assistants|organization|usage|pull)"
    r"(?:/[\w.-]*)?$|count_tokens|/threads(?:/[^/]+/messages)?$"
)
_BY_NAME = {
    "huggingface": re.compile(r"/models/"),
    "fal": re.compile(r"^/(?!.*/requests?/)[\w-]+/"),
}
# Paths that only model servers have, on a host that nobody knows.
_SERVER = re.compile(
    r"/v1/(?:chat/completions|completions|messages|embeddings|responses|rerank|images/generations"
    r"|audio/(?:speech|transcriptions))$|/api/(?:generate|chat|embed|embeddings)$"
    r"|/openai/deployments/[^/]+/(?:chat/completions|completions|embeddings)$"
)


def is_inference(url: str, source: Source) -> tuple[str, str] | None:
    """Provider and host of an address that a model answers at; None for any other.

    On a known host the path must be one at which models answer, not one that only lists or
    keeps things; an unknown host counts where only model servers have such a path.
    """
    text = settled(url) or url
    try:
        address = urlsplit(text if "://" in text else f"https://{text}")
        host, port = address.hostname or "", address.port
    except ValueError:
        return None
    path = address.path
    found = source.catalogue.host(host) if host else None
    if found is not None and found.kind in ("provider", "cloud", "gateway"):
        # Hugging Face and fal serve a model at its own name.
        by_name = _BY_NAME.get(found.id)
        if by_name is not None and by_name.search(path):
            return found.id, host
        if not _INFERENCE.search(path) or _NO_INFERENCE.search(path):
            return None
        return found.id, host
    if _SERVER.search(path):
        if "/openai/deployments/" in path:
            return "azure-openai", host if re.fullmatch(r"[\w.-]+", host) else ""
        if path.startswith("/api/") and port != 11434:
            return None
        known_name = bool(re.fullmatch(r"[a-z0-9.-]+", host))
        provider = provider_of_host(host, port, "unknown", source) if known_name else "unknown"
        return provider, host if known_name else ""
    return None


def api_of(url: str) -> str:
    """The catalogue's name of the api that an address belongs to."""
    for mark, api in (
        ("chat/completions", "chat.completions"), ("/responses", "responses"),
        ("/messages", "messages"), ("embed", "embeddings"), ("generateContent", "generate_content"),
        ("/images/", "images"), ("/audio/", "audio"), ("rerank", "rerank"),
        ("/converse", "converse"), ("/invoke", "invoke_model"), ("/completions", "completions"),
    ):  # fmt: skip
        if mark in url:
            return api
    return "chat.completions"


def models_in(rest: Sequence[str], url: str) -> tuple[str, ...]:
    """Models that a request's address or its body names."""
    for pattern in (r"/deployments/([\w.-]+)/", r"/model/([\w.:-]+)/", r"/models/([\w.-]+):"):
        named = re.search(pattern, url)
        if named:
            return (named[1],)
    for word in rest:
        if '"model"' not in word:
            continue
        try:
            body = json.loads(word)
        except ValueError:
            named = re.search(r'"model"\s*:\s*"([^"$]+)"', word)
            model = named[1] if named else ""
        else:
            model = str(body.get("model", "")) if isinstance(body, dict) else ""
        if plausible_model(model):
            return (model,)
    return ()
