"""Each question the catalogue answers, with what looks alike and is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit import catalogue

KNOWN = catalogue.load()
HOSTS = [(host, p.id) for p in KNOWN.providers.values() for host in p.hosts]


def named(found: object) -> str | None:
    return getattr(found, "id", None)


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("API.OpenAI.com.", "openai"),
        ("api.openai.com:443", "openai"),
        ("eu.api.openai.com", "openai"),
        ("evilapi.openai.com", None),
        ("api.openai.com.evil.example", None),
        ("myapi.openai.com.example", None),
        ("acme.openai.azure.com", "azure-openai"),
        ("openai.azure.com", None),
        ("acme-openai.azure.com", None),
        ("acme.services.ai.azure.com", "azure-ai-inference"),
        ("models.inference.ai.azure.com", "github-models"),
        ("bedrock-runtime.eu-west-1.amazonaws.com", "aws-bedrock"),
        ("bedrock-runtime.amazonaws.com", None),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "aws-bedrock"),
        ("bedrock-mantle.us-east-1.api.aws", "aws-bedrock"),
        ("s3.eu-west-1.amazonaws.com", None),
        ("aiplatform.googleapis.com", "google-vertex"),
        ("europe-west4-aiplatform.googleapis.com", "google-vertex"),
        ("-aiplatform.googleapis.com", None),
        ("storage.googleapis.com", None),
        ("generativelanguage.googleapis.com", "google-gemini"),
        ("api.eu.residency.elevenlabs.io", "elevenlabs"),
        ("chatgpt.com", "chatgpt"),
        ("claude.ai", "claude"),
        ("claude.ai.example", None),
        ("com", None),
        ("", None),
        ("10.0.0.1", None),
        ("[::1]:80", None),
    ],
)
def test_a_host_matches_by_whole_labels(host, provider):
    assert named(KNOWN.host(host)) == provider


@given(st.sampled_from(HOSTS), st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True))
def test_only_what_lies_below_a_host_belongs_to_it(entry, label):
    host, provider = entry
    concrete = host.replace("*", label)
    assert named(KNOWN.host(concrete)) == provider
    assert KNOWN.host(f"{label}.{concrete}") is not None
    assert KNOWN.host(f"{concrete}.{label}.invalid") is None


@pytest.mark.parametrize(
    ("ecosystem", "name", "sdk"),
    [
        ("pypi", "openai", "openai-python"),
        ("pypi", "Google_GenAI", "google-genai-python"),
        ("pypi", "openai-helper", None),
        ("npm", "openai", "openai-node"),
        ("npm", "@langchain/anything", "langchain-js"),
        ("npm", "@langchain/langgraph", "langgraph-js"),
        ("npm", "@ai-sdk/xai", "vercel-ai"),
        ("npm", "@langchain-x/core", None),
        ("npm", "@aws-sdk/client-s3", None),
        ("go", "github.com/openai/openai-go/v3", "openai-go"),
        ("go", "github.com/openai/openai-go-extra", None),
        ("maven", "dev.langchain4j:langchain4j-open-ai", "langchain4j"),
        ("maven", "dev.langchain4jx:core", None),
        ("nuget", "azure.ai.openai", "azure-openai-dotnet"),
        ("gem", "ruby-openai", "openai-ruby"),
        ("composer", "openai-php/client", "openai-php"),
        ("cargo", "async-openai", "async-openai"),
        ("pypi", "", None),
        ("conda", "openai", None),
    ],
)
def test_a_package_belongs_to_an_sdk(ecosystem, name, sdk):
    assert named(KNOWN.package(ecosystem, name)) == sdk


@pytest.mark.parametrize(
    ("language", "module", "sdk"),
    [
        ("python", "openai.types.chat", "openai-python"),
        ("python", "openai_helper", None),
        ("python", "google.genai.types", "google-genai-python"),
        ("python", "google.generativeai", "google-generativeai"),
        ("python", "google.cloud.storage", None),
        ("python", "google", None),
        ("python", "agents", None),
        ("python", "langchain_anthropic.chat_models", "langchain-python"),
        ("javascript", "openai/resources/chat", "openai-node"),
        ("typescript", "openai", "openai-node"),
        ("javascript", "@ai-sdk/openai", "vercel-ai"),
        ("javascript", "@langchain/langgraph/prebuilt", "langgraph-js"),
        ("javascript", "@langchain/core/prompts", "langchain-js"),
        ("javascript", "ai/rsc", "vercel-ai"),
        ("javascript", "aix", None),
        ("javascript", "./openai", None),
        ("go", "openai", None),
        ("python", "", None),
    ],
)
def test_a_module_belongs_to_the_sdk_of_its_longest_known_prefix(language, module, sdk):
    assert named(KNOWN.imported(language, module)) == sdk


def test_variables_are_known_by_name():
    asked = ["OPENAI_API_KEY", "anthropic_api_key", "AWS_BEARER_TOKEN_BEDROCK", "API_KEY", "HOME"]
    assert [named(KNOWN.env_var(name)) for name in asked] == snapshot(
        ["openai", "anthropic", "aws-bedrock", None, None]
    )


@pytest.mark.parametrize(
    ("form", "provider"),
    [
        ("sk-proj-...x9Qa", "openai"),
        ("sk-svcacct-****x9Qa", "openai"),
        ("sk-ant-api03-R2D…igAA", "anthropic"),
        ("sk-or-v1-...0a1b", "openrouter"),
        ("sk-lf-...0000", "langfuse"),
        ("gsk_...Made", "groq"),
        ("AIza...Made", "google-gemini"),
        ("sk-ant-...igAA", "anthropic"),
        ("sk-ant-api03...igAA", "anthropic"),
        ("sk-or-...0a1b", "openrouter"),
        ("sk-antelope...abcd", None),
        ("AQ.A...Made", "google-gemini"),
        ("bedrock-api-...MDE=", "aws-bedrock"),
        ("sk-...abcd", None),
        ("sk-pr...x9Qa", None),
        ("...abcd", None),
        ("", None),
    ],
)
def test_a_redacted_key_is_told_by_a_distinctive_prefix_only(form, provider):
    assert named(KNOWN.redacted(form)) == provider


@pytest.mark.parametrize(
    ("model", "publisher"),
    [
        ("gpt-4o-mini-2024-07-18", "openai"),
        ("GPT-4o", "openai"),
        ("o3", "openai"),
        ("o3-mini", "openai"),
        ("o365", None),
        ("ft:gpt-4o:acme::abc", "openai"),
        ("openai/gpt-4.1", "openai"),
        ("claude-sonnet-4@20250514", "anthropic"),
        ("anthropic:claude-sonnet-4-5", "anthropic"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "anthropic"),
        ("anthropic.claude-v2", "anthropic"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "aws-bedrock"),
        ("publishers/google/models/gemini-2.5-pro", "google-gemini"),
        ("models/gemini-2.5-flash", "google-gemini"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral"),
        ("accounts/acme/models/own", None),
        ("my-anthropic.claude", None),
        ("gpt4-prod", None),
        ("", None),
    ],
)
def test_a_model_belongs_to_its_publisher(model, publisher):
    assert named(KNOWN.model(model)) == publisher


def test_a_cloud_s_spelling_of_a_model_is_recognised():
    assert [
        KNOWN.cloud_model(name)
        for name in (
            "us.anthropic.claude-v2",
            "amazon.nova-lite-v1:0",
            "claude-v2",
            "gpt-3.5-turbo",
        )
    ] == [True, True, False, False]


def test_an_application_is_known_by_id_name_and_client_id():
    asked = [
        "github-copilot",
        "GitHub Copilot",
        "microsoft 365 copilot",
        "M365 Copilot",
        "ChatGPT Enterprise",
        "e0476654-c1d5-430b-ab80-70cbd947616a",
        "Copilot",
        "",
    ]
    assert {name: named(KNOWN.app(name)) for name in asked} == snapshot(
        {
            "github-copilot": "github-copilot",
            "GitHub Copilot": "github-copilot",
            "microsoft 365 copilot": "microsoft-365-copilot",
            "M365 Copilot": "microsoft-365-copilot",
            "ChatGPT Enterprise": "chatgpt",
            "e0476654-c1d5-430b-ab80-70cbd947616a": "chatgpt",
            "Copilot": None,
            "": None,
        }
    )


@pytest.mark.parametrize(
    ("descriptor", "provider"),
    [
        ("OPENAI *CHATGPT SUBSCR", "chatgpt"),
        ("Openai *chatgpt Subscr", "chatgpt"),
        ("OPENAI *CHATGPT SUBSSAN FRANCISCO CA", "chatgpt"),
        ("\uff2f\uff30\uff25\uff2e\uff21\uff29 *CHATGPT", "chatgpt"),
        ("OPENAI SAN FRANCISCO", "openai"),
        ("ANTHROPIC* CLAUDE SUB SAN FRANCISCO", "claude"),
        ("ANTHROPIC* CLAUDE SU", "claude"),
        ("ANTHROPIC IRELAND", "anthropic"),
        ("CLAUDE.AI SUBSCRIPTIONANTHROPIC.", "claude"),
        ("CURSOR, AI POWERED IDECURSOR.COM NY", "cursor"),
        ("PAYPAL *CURSOR USAGE SEP", "cursor"),
        ("CB MIDJOURNEY INC. FACT 280525 (EN USD 36,00)", "midjourney"),
        ("GITHUB COPILOT", "github-copilot"),
        ("CURSOR", None),
        ("CURSOR CAFE LONDON", None),
        ("CLAUDE", None),
        ("CLAUDE MONET FOUNDATION", None),
        ("GEMINI HOTEL", None),
        ("ANTHROPOLOGIE 0123", None),
        ("OPENAIR CINEMA", None),
        ("GITHUB, INC.", None),
        ("CONSOLIDATED FCY MARKUP FEE OPENAI", None),
        ("IGST-CI@18% OPENAI", None),
        ("", None),
    ],
)
def test_a_merchant_needs_more_than_a_common_word(descriptor, provider):
    assert named(KNOWN.merchant(descriptor)) == provider


@given(st.text(max_size=60))
def test_no_question_fails_on_any_text(text):
    KNOWN.host(text)
    KNOWN.package("npm", text)
    KNOWN.imported("python", text)
    KNOWN.env_var(text)
    KNOWN.key(text)
    KNOWN.redacted(text)
    KNOWN.model(text)
    KNOWN.app(text)
    KNOWN.merchant(text)
    assert KNOWN.tag_fields(text, "chat.completions") == ()


def fields(
    provider: str, api: str, sdk: str | None = None
) -> list[tuple[str, str, str, bool | None]]:
    return [
        (f.field, f.level, f.strength, f.reaches_bill) for f in KNOWN.tag_fields(provider, api, sdk)
    ]


def test_tag_fields_follow_provider_and_api():
    assert {
        f"{provider} {api}": fields(provider, api)
        for provider, api in [
            ("openai", "responses"),
            ("openai", "embeddings"),
            ("openai", "audio.speech"),
            ("azure-openai", "chat.completions"),
            ("anthropic", "messages"),
            ("aws-bedrock", "converse"),
            ("aws-bedrock", "invoke_agent"),
            ("aws-bedrock", "chat.completions"),
            ("google-vertex", "generate_content"),
            ("google-gemini", "generate_content"),
            ("ollama", "chat.completions"),
        ]
    } == snapshot(
        {
            "openai responses": [
                ("metadata", "call", "tag", False),
                ("user", "call", "weak", False),
                ("safety_identifier", "call", "weak", False),
                ("project", "project", "tag", True),
                ("api_key", "key", "tag", True),
            ],
            "openai embeddings": [
                ("user", "call", "weak", False),
                ("project", "project", "tag", True),
                ("api_key", "key", "tag", True),
            ],
            "openai audio.speech": [
                ("project", "project", "tag", True),
                ("api_key", "key", "tag", True),
            ],
            "azure-openai chat.completions": [
                ("metadata", "call", "tag", False),
                ("user", "call", "weak", False),
                ("safety_identifier", "call", "weak", False),
                ("resource tags", "resource", "tag", True),
            ],
            "anthropic messages": [
                ("user_id", "call", "weak", False),
                ("workspace tags", "project", "tag", True),
                ("api_key", "key", "tag", True),
            ],
            "aws-bedrock converse": [
                ("requestMetadata", "call", "tag", False),
                ("modelId", "call", "weak", True),
                ("application inference profile", "resource", "tag", True),
            ],
            "aws-bedrock invoke_agent": [
                ("application inference profile", "resource", "tag", True)
            ],
            "aws-bedrock chat.completions": [
                ("Mantle project tags", "project", "tag", True),
                ("application inference profile", "resource", "tag", True),
            ],
            "google-vertex generate_content": [
                ("labels", "call", "tag", True),
                ("project labels", "project", "tag", True),
            ],
            "google-gemini generate_content": [("project", "project", "tag", True)],
            "ollama chat.completions": [],
        }
    )


def test_limits_come_with_the_field():
    (labels, _) = KNOWN.tag_fields("google-vertex", "generate_content")
    assert labels == snapshot(
        catalogue.TagField(
            field="labels",
            level="call",
            strength="tag",
            reaches_bill=True,
            source="google-docs",
            max_keys=64,
            max_key_length=63,
            max_value_length=63,
            key_pattern="[^\\W\\d_A-Z](?:[^\\WA-Z]|-){0,62}",
            value_pattern="(?:[^\\WA-Z]|-){0,63}",
        )
    )


def test_a_framework_answers_for_its_own_fields():
    for provider in ("openai", "unknown", "anthropic"):
        assert fields(provider, "invoke", "langchain-python") == fields("langchain", "invoke")
        assert fields(provider, "completion", "litellm") == fields("litellm", "completion")
    assert fields("openai", "chat.completions", "openai-python") == fields(
        "openai", "chat.completions"
    )
    assert fields("unknown", "chat.completions") == []


def test_the_nearest_level_is_one_sentence():
    asked = [("openai", "embeddings"), ("anthropic", "messages"), ("ollama", "chat.completions")]
    assert [KNOWN.nearest(*one) for one in asked] == snapshot(
        [
            "one project and key per team: the costs endpoint groups by project_id and api_key_id",
            "one workspace, with its tags, per team: the cost report groups by workspace",
            "a gateway in front of it that reads a tag header; Ollama itself bills nobody",
        ]
    )
    assert KNOWN.nearest("openai", "responses") == ""
