from __future__ import annotations

import json

from tests.connectors.code.surfaces.reading import lines, read


def node(name: str, type_: str, **parameters: object) -> dict[str, object]:
    return {"name": name, "type": type_, "parameters": parameters}


def test_n8n() -> None:
    chain = "@n8n/n8n-nodes-langchain"
    flow = {
        "name": "Triage",
        "nodes": [
            node("Agent", f"{chain}.agent", options={}),
            node("Model", f"{chain}.lmChatOpenAi", model={"__rl": True, "value": "gpt-4o-mini"}),
            node("Azure", f"{chain}.lmChatAzureOpenAi", model="chat"),
            node("Gemini", f"{chain}.lmChatGoogleGemini", modelName="models/gemini-2.5-pro"),
            node("Embed", f"{chain}.embeddingsMistralCloud", model="mistral-embed"),
            node("Say", f"{chain}.openAi", resource="audio"),
            node("Old", "n8n-nodes-base.openAi", model="gpt-3.5-turbo"),
            node("New", f"{chain}.lmChatSomethingElse", model="={{ $json.model }}"),
            node(
                "Http",
                "n8n-nodes-base.httpRequest",
                url="https://api.anthropic.com/v1/messages",
                jsonBody='{"model": "claude-sonnet-4-5"}',
            ),
            node("List", "n8n-nodes-base.httpRequest", url="https://api.openai.com/v1/models"),
            node("Other", "n8n-nodes-base.httpRequest", url="https://api.acme.example/v1/x"),
            node("Slack", "n8n-nodes-base.slack"),
        ],
    }
    text = json.dumps(flow, indent=1)
    found = [line.partition(" ")[2] for line in lines("flows/triage.json", text)]
    assert found == [
        "automation Model | openai | gpt-4o-mini",
        "automation Azure | azure-openai | chat",
        "automation Gemini | google-gemini | gemini-2.5-pro",
        "automation Embed | mistral | mistral-embed",
        "automation Say | openai",
        "automation Old | openai | gpt-3.5-turbo",
        "automation New | unknown",
        "automation Http | anthropic | claude-sonnet-4-5",
    ]
    first = read("flows/triage.json", text).found[0]
    assert (first.name, dict(first.attributes)) == (
        "Triage: Model",
        {"workflow": "Triage", "node_type": f"{chain}.lmChatOpenAi"},
    )


def test_node_red_and_make() -> None:
    flow = [
        {"id": "t", "type": "tab", "label": "Ask"},
        {"id": "a", "type": "http request", "z": "t", "name": "gpt", "url": "https://api.openai.com/v1/responses"},
        {"id": "b", "type": "http request", "z": "t", "url": "https://acme.example/openai"},
    ]  # fmt: skip
    assert lines("flows.json", json.dumps(flow)) == ["1 automation gpt | openai"]
    blueprint = {
        "name": "Answer mail",
        "flow": [
            {"id": 1, "module": "google-email:TriggerNewEmail", "mapper": {}},
            {
                "id": 2,
                "module": "builtin:BasicRouter",
                "routes": [
                    {
                        "flow": [
                            {"id": 3, "module": "openai-gpt-3:CreateCompletion", "mapper": {"model": "gpt-4o"}},
                            {"id": 4, "module": "openai-gpt-3:listModels", "mapper": {}},
                        ]
                    }
                ],
            },
        ],
    }  # fmt: skip
    assert lines("make/blueprint.json", json.dumps(blueprint)) == [
        "1 automation 3 CreateCompletion | openai | gpt-4o"
    ]


def test_flowise_and_langflow() -> None:
    flowise = {
        "nodes": [
            {"id": "chatOpenAI_0", "data": {"name": "chatOpenAI", "category": "Chat Models",
                                            "inputs": {"modelName": "gpt-4o"}}},
            {"id": "llm_0", "data": {"name": "llmAgentflow", "category": "Agent Flows", "inputs": {
                "llmModel": "chatAnthropic", "llmModelConfig": {"modelName": "claude-sonnet-4-5"}}}},
            {"id": "memory_0", "data": {"name": "bufferMemory", "category": "Memory", "inputs": {}}},
        ]
    }  # fmt: skip
    assert lines("chatflow.json", json.dumps(flowise)) == [
        "1 automation chatOpenAI_0 | openai | gpt-4o",
        "1 automation llm_0 | anthropic | claude-sonnet-4-5",
    ]

    def component(id_: str, type_: str, template: dict[str, object]) -> dict[str, object]:
        return {"id": id_, "data": {"type": type_, "node": {"template": template}}}

    langflow = {
        "name": "Docs",
        "data": {
            "nodes": [
                component("OpenAIModel-1", "OpenAIModel", {"model_name": {"value": "gpt-4o"}}),
                component(
                    "Agent-1",
                    "Agent",
                    {"agent_llm": {"value": "Anthropic"}, "model_name": {"value": "claude-x"}},
                ),
                component(
                    "LanguageModelComponent-1",
                    "LanguageModelComponent",
                    {"model": {"value": [{"name": "gemini-x", "provider": "Google"}]}},
                ),
                component("ChatInput-1", "ChatInput", {"input_value": {"value": ""}}),
            ]
        },
    }
    assert lines("docs.json", json.dumps(langflow)) == [
        "1 automation OpenAIModel-1 | openai | gpt-4o",
        "1 automation Agent-1 | anthropic | claude-x",
        "1 automation LanguageModelComponent-1 | google-gemini | gemini-x",
    ]


def test_dify() -> None:
    text = """\
    app: {name: Guide, mode: workflow}
    kind: app
    workflow:
      graph:
        nodes:
          - id: "1"
            data:
              type: llm
              title: Answer
              model: {provider: langgenius/openai/openai, name: gpt-4o-mini}
          - id: "2"
            data: {type: code, title: Cut}
          - id: "3"
            data:
              type: agent
              title: Plan
              agent_parameters: {model: {value: {model: o1-mini, provider: openai}}}
          - id: "4"
            data: {type: http-request, title: Ask, url: "https://openrouter.ai/api/v1/chat/completions"}
    """
    assert lines("guide.yml", text) == [
        "8 automation Answer | openai | gpt-4o-mini",
        "15 automation Plan | openai | o1-mini",
        "19 automation Ask | openrouter",
    ]


def test_prompts_and_prompt_flow() -> None:
    flow = """\
    nodes:
      - name: ask
        type: llm
        connection: acme
        inputs: {deployment_name: gpt-4o}
      - name: cut
        type: python
    environment_variables: {OPENAI_API_KEY: "${acme.key}"}
    """
    assert lines("ask/flow.dag.yaml", flow) == [
        "2 automation ask | azure-openai | gpt-4o",
        "8 secret OPENAI_API_KEY | openai",
    ]
    assert lines("x.prompt.yml", "name: Sum\nmodel: openai/gpt-4o\nmessages: []\n") == [
        "1 automation prompt | github-models | openai/gpt-4o"
    ]
    prompty = """\
    ---
    name: Chat
    model:
      api: chat
      configuration: {type: azure_openai, azure_deployment: gpt-4o}
    ---
    system:
    """
    assert lines("chat.prompty", prompty) == ["5 automation prompt | azure-openai | gpt-4o"]
