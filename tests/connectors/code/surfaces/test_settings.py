from __future__ import annotations

from tests.connectors.code.surfaces.reading import lines, read


def test_dotenv_names_keys_hosts_and_models_and_no_value() -> None:
    text = """\
    # OPENAI_API_KEY=unused
    export OPENAI_API_KEY="sk-not-shown"
    OPENAI_BASE_URL=https://user:pw@llm.acme.example:8443/v1?x=1
    OPENAI_CHAT_MODEL=gpt-4o # cheap
    OPENAI_MAX_TOKENS=100
    OPENAI_TOKEN_LIMIT=5
    OPENAI_API_VERSION=2
    PROD_ANTHROPIC_API_KEY_2=x
    OLLAMA_HOST=localhost:11434
    LOCAL_OLLAMA_HOST=0.0.0.0:11434
    ANTHROPIC_BASE_URL=
    AZURE_OPENAI_ENDPOINT=https://acme.openai.azure.com/
    GOOGLE_API_KEY=x
    MISTRAL_TOKEN=x
    DATABASE_URL=postgres://x
    """
    assert lines("app/.env.production", text) == [
        "2 secret OPENAI_API_KEY | openai | gpt-4o",
        "3 route llm.acme.example | unknown",
        "8 secret PROD_ANTHROPIC_API_KEY_2 | anthropic",
        "9 route localhost | ollama",
        "12 route acme.openai.azure.com | azure-openai",
        "13 secret GOOGLE_API_KEY | google-gemini | likely",
        "14 secret MISTRAL_TOKEN | mistral | likely",
    ]
    assert "not-shown" not in repr(read("app/.env.production", text).found)
    assert "pw" not in repr(read("app/.env.production", text).found)


def test_names_that_only_look_like_a_dotenv_are_not_one() -> None:
    from llmaudit.connectors.code.surfaces import surface_of

    assert [surface_of(path) for path in ("src/env.ts", "env.md", "a/env.d.ts")] == [None] * 3
    assert [surface_of(path) for path in ("prod.env", ".env.local", ".envrc", "env.example")] == [
        ("dotenv", True)
    ] * 4


def test_settings_of_dotnet_spring_and_streamlit() -> None:
    appsettings = """\
    {
      // the section of the client
      "AzureOpenAI": {"Endpoint": "https://acme.openai.azure.com/", "ApiKey": "", "Deployment": "chat"},
      "Logging": {"LogLevel": {"Default": "Information"}},
      "Ai": {"Anthropic": {"ApiKey": "x", "Model": "claude-sonnet-4-5", "MaxTokens": 10}},
      "Stripe": {"ApiKey": "x"},
    }
    """
    assert lines("src/appsettings.Production.json", appsettings) == [
        "3 secret AzureOpenAI.ApiKey | azure-openai | chat",
        "3 route acme.openai.azure.com | azure-openai | chat",
        "5 secret Ai.Anthropic.ApiKey | anthropic | claude-sonnet-4-5 | likely",
    ]
    spring = """\
    spring:
      ai:
        openai:
          api-key: ${OPENAI_API_KEY}
          base-url: https://llm.acme.example
          chat:
            options:
              model: gpt-4o
        vertex:
          ai:
            gemini:
              project-id: x
      datasource:
        url: jdbc:x
    """
    assert lines("src/main/resources/application.yml", spring) == [
        "4 secret OPENAI_API_KEY | openai | gpt-4o",
        "5 route llm.acme.example | unknown",
    ]
    properties = """\
    # keys
    spring.ai.mistralai.api-key=${MISTRAL_KEY}
    quarkus.langchain4j.ollama.base-url=http://localhost:11434
    spring.datasource.password=x
    """
    assert lines("application-dev.properties", properties) == [
        "2 secret MISTRAL_KEY | mistral",
        "3 route localhost | ollama",
    ]
    toml = '[server]\nport = 1\n[openai]\napi_key = "x"\nmodel = "gpt-4o"\n'
    assert lines(".streamlit/secrets.toml", toml) == ["4 secret openai.api_key | openai | gpt-4o"]


def test_texts_of_a_user_interface_are_no_settings() -> None:
    text = '{"openai": {"api_key": "API key", "model": "Model"}}'
    assert lines("homeassistant/strings.json", text) == []
    assert lines("config/locales/en.yml", "openai: {api_key: API key}") == []


def test_litellm() -> None:
    text = """\
    model_list:
      - model_name: gpt-4o
        litellm_params:
          model: azure/chat
          api_base: https://acme.openai.azure.com
          api_key: os.environ/AZURE_API_KEY
        model_info: {team: search, mode: chat, input_cost_per_token: 0.1}
      - model_name: claude
        litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY}
      - model_name: local
        litellm_params: {model: openai/qwen, api_base: "http://10.0.0.5:8000/v1"}
    general_settings:
      master_key: os.environ/LITELLM_MASTER_KEY
    """
    assert lines("litellm/config.yaml", text) == [
        "2 route gpt-4o | azure-openai | chat | tagged | team=search | uses AZURE_API_KEY",
        "6 secret AZURE_API_KEY | azure-openai",
        "8 route claude | anthropic | claude-sonnet-4-5 | untagged | uses ANTHROPIC_API_KEY",
        "9 secret ANTHROPIC_API_KEY | anthropic",
        "10 route local | unknown | qwen | untagged",
        "13 secret LITELLM_MASTER_KEY | litellm",
    ]


def test_kong_and_promptfoo() -> None:
    kong = """\
    _format_version: "3.0"
    plugins:
      - name: ai-proxy
        config: {route_type: llm/v1/chat, model: {provider: openai, name: gpt-4o}}
      - name: rate-limiting
        config: {model: {provider: openai}}
    """
    assert lines("kong.yaml", kong) == ["4 route plugins.openai | openai | gpt-4o"]
    promptfoo = """\
    prompts: [a.txt]
    providers:
      - openai:gpt-4o
      - id: anthropic:messages:claude-sonnet-4-5
        config: {temperature: 0}
      - file://own.py
    tests: tests.csv
    """
    assert lines("promptfooconfig.yaml", promptfoo) == [
        "3 automation openai:gpt-4o | openai | gpt-4o",
        "4 automation anthropic:messages:claude-sonnet-4-5 | anthropic | claude-sonnet-4-5",
    ]


def test_platforms() -> None:
    render = "services:\n  - envVars:\n      - key: OPENAI_API_KEY\n        sync: false\n"
    assert lines("render.yaml", render) == ["3 secret OPENAI_API_KEY | openai"]
    heroku = '{"env": {"ANTHROPIC_API_KEY": {"description": "x"}}}'
    assert lines("app.json", heroku) == ["1 secret ANTHROPIC_API_KEY | anthropic"]
    wrangler = '[ai]\nbinding = "AI"\n[vars]\nOPENAI_BASE_URL = "https://llm.acme.example"\n'
    assert lines("wrangler.toml", wrangler) == [
        "1 route ai.AI | cloudflare-workers-ai",
        "4 route llm.acme.example | unknown",
    ]
    fly = '[env]\n  OLLAMA_HOST = "http://ollama.internal:11434"\n'
    assert lines("fly.toml", fly) == ["2 route ollama.internal | ollama"]
