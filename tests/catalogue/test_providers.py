"""The provider files as they ship: complete, sourced, and alive."""

from __future__ import annotations

import re

import pytest

from llmaudit import catalogue
from llmaudit.catalogue.load import PROVIDERS
from llmaudit.redact import redacted_form

KNOWN = catalogue.load()
WANTED = [
    "openai",
    "azure-openai",
    "anthropic",
    "aws-bedrock",
    "google-vertex",
    "google-gemini",
    "mistral",
    "cohere",
    "groq",
    "together",
    "fireworks",
    "replicate",
    "huggingface",
    "ollama",
    "vllm",
    "deepseek",
    "xai",
    "perplexity",
    "openrouter",
    "voyage",
    "jina",
    "watsonx",
    "ai21",
    "elevenlabs",
    "cerebras",
    "nvidia",
    "databricks",
    "sagemaker",
    "azure-ai-inference",
    "github-models",
    "github-copilot",
    "microsoft-365-copilot",
    "chatgpt",
    "claude",
    "cursor",
    "litellm",
    "langchain",
    "langgraph",
    "llamaindex",
    "haystack",
    "vercel-ai",
    "portkey",
    "cloudflare-ai-gateway",
    "langfuse",
    "mlflow",
    "dashscope",
    "moonshot",
    "zhipu",
    "sambanova",
    "novita",
    "minimax",
]
# Keys of the right shape that nobody was ever issued.
MADE_UP = {
    ("anthropic", "api key"): "sk-ant-api03-" + "m" * 93 + "AA",
    ("anthropic", "admin key"): "sk-ant-admin01-" + "m" * 93 + "AA",
    ("anthropic", "OAuth token"): "sk-ant-oat01-" + "Madeup_" * 8,
    ("aws-bedrock", "long-term Bedrock key"): "ABSK" + "Madeup" * 20 + "==",
    ("aws-bedrock", "short-term Bedrock key"): "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29tMade",
    ("cerebras", "api key"): "csk-" + "madeup" * 8,
    ("databricks", "access token"): "dapi" + "0a1b" * 8,
    ("fireworks", "api key"): "fw_" + "Madeup" * 4,
    ("google-gemini", "auth key"): "AQ.Ab8RN6" + "Made" * 11,
    ("google-gemini", "standard key"): "AIza" + "Madeu" * 7,
    ("groq", "api key"): "gsk_" + "Made" * 13,
    ("huggingface", "organisation token"): "api_org_" + "Ma" * 17,
    ("huggingface", "user token"): "hf_" + "Ma" * 17,
    ("langfuse", "secret key"): "sk-lf-00000000-0000-4000-8000-000000000000",
    ("minimax", "api key"): "sk-api-" + "M" * 119,
    ("nvidia", "api key"): "nvapi-" + "Madeup" * 11,
    ("openai", "admin key"): "sk-admin-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2,
    ("openai", "legacy user key"): "sk-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2,
    ("openai", "project key"): "sk-proj-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2,
    ("openai", "service account key"): (
        "sk-svcacct-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2
    ),
    ("openrouter", "api key"): "sk-or-v1-" + "0a1b" * 16,
    ("perplexity", "api key"): "pplx-" + "Madeup" * 8,
    ("replicate", "api token"): "r8_" + "M" * 37,
    ("together", "api key"): "tgp_v1_" + "M" * 43,
    ("vercel-ai", "AI Gateway key"): "vck_" + "Madeup" * 9 + "Ma",
    ("xai", "api key"): "xai-" + "Made" * 20,
}


def test_every_wanted_provider_has_a_file():
    assert [name for name in WANTED if name not in KNOWN.providers] == []
    assert {file.stem for file in PROVIDERS.glob("*.yaml")} == set(KNOWN.providers)


def test_at_least_thirty_providers_are_known_by_more_than_their_name():
    telling = [
        provider.id
        for provider in KNOWN.providers.values()
        if provider.hosts or provider.sdks or provider.env_vars or provider.key_patterns
    ]
    assert len(telling) >= 30
    silent = set(KNOWN.providers) - set(telling)
    assert {name for name in silent if not KNOWN.providers[name].apps} == set()


def test_no_pattern_of_a_key_is_dead_and_none_takes_another_provider_s_key():
    answers = {text: KNOWN.key(text) for text in MADE_UP.values()}
    assert {
        text: (found.provider, found.name) if found else None for text, found in answers.items()
    } == {text: place for place, text in MADE_UP.items()}
    assert {(key.provider, key.name) for key in KNOWN.key_patterns} == set(MADE_UP)


@pytest.mark.parametrize("text", MADE_UP.values())
def test_a_key_cut_short_or_inside_a_sentence_is_none(text):
    assert KNOWN.key(text[:12]) is None
    assert KNOWN.key(f"the key is {text}") is None
    assert KNOWN.key(f"  {text}\n") is KNOWN.key(text)


@pytest.mark.parametrize(("place", "text"), MADE_UP.items())
def test_llmaudit_s_own_redacted_form_of_a_key_tells_its_provider(place, text):
    found = KNOWN.redacted(redacted_form(text))
    shared = next(key.shared for key in KNOWN.key_patterns if (key.provider, key.name) == place)
    assert (found.id if found else None) == (None if shared else place[0])


def test_admin_keys_and_retired_forms_are_marked():
    assert {(key.provider, key.name) for key in KNOWN.key_patterns if key.kind == "admin_key"} == {
        ("openai", "admin key"),
        ("anthropic", "admin key"),
    }
    assert [key.prefix for key in KNOWN.key_patterns if key.retired] == ["AIza"]


def test_every_sdk_names_a_package_and_a_known_provider():
    for sdk in KNOWN.sdks:
        assert sdk.packages, sdk.id
        assert sdk.provider in {*KNOWN.providers, "unknown"}, sdk.id


def test_the_sdks_that_rules_and_manifests_speak_of_are_there():
    wanted = [
        "openai-python",
        "openai-node",
        "anthropic-python",
        "anthropic-node",
        "boto3",
        "aws-sdk-js",
        "google-genai-python",
        "google-genai-node",
        "google-generativeai",
        "google-generative-ai-node",
        "vertexai-python",
        "vertexai-node",
        "litellm",
        "langchain-python",
        "langchain-js",
        "langgraph-python",
        "llamaindex-python",
        "vercel-ai",
        "azure-ai-inference-python",
        "azure-openai-node",
        "cohere-python",
        "mistral-python",
        "groq-python",
        "together-python",
        "replicate-python",
        "ollama-python",
        "huggingface-hub",
    ]
    assert set(wanted) - {sdk.id for sdk in KNOWN.sdks} == set()
    general = {sdk.id for sdk in KNOWN.sdks if not sdk.llm_only}
    assert {"boto3", "huggingface-hub"} <= general
    assert "openai-python" not in general


def test_a_call_without_a_tag_field_is_told_the_nearest_level():
    for provider in KNOWN.providers.values():
        for tagging in provider.tagging:
            carries = any(
                f.strength == "tag" and f.level in ("call", "client") for f in tagging.fields
            )
            assert carries or tagging.nearest, f"{provider.id} {tagging.apis}"
            assert not tagging.nearest.endswith("."), provider.id


def test_limits_on_keys_and_values_agree_with_each_other():
    for provider in KNOWN.providers.values():
        for field in (f for tagging in provider.tagging for f in tagging.fields):
            if field.key_pattern and field.max_key_length:
                assert re.fullmatch(field.key_pattern, "a" * field.max_key_length)
                assert not re.fullmatch(field.key_pattern, "a" * (field.max_key_length + 1))
            if field.value_pattern and field.max_value_length:
                assert re.fullmatch(field.value_pattern, "a" * field.max_value_length)
                assert not re.fullmatch(field.value_pattern, "a" * (field.max_value_length + 1))
