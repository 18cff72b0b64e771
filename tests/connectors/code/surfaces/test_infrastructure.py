from __future__ import annotations

from llmaudit.connectors.code.surfaces import inherit_tags
from tests.connectors.code.surfaces.reading import lines, read, shown


def test_terraform_resources_and_their_tags() -> None:
    text = """\
    locals {
      tags = { team = "search", cost_center = "CC-1234" }
    }
    resource "aws_bedrock_inference_profile" "search" {
      name = "search"
      model_source {
        copy_from = "arn:aws:bedrock:${var.region}::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"
      }
      tags = local.tags
    }
    resource "aws_bedrockagent_agent" "support" {
      foundation_model = var.model
      tags             = merge(var.tags, { Team = "support" })
    }
    resource "aws_bedrock_guardrail" "g" {
      tags = var.tags
    }
    resource "azurerm_cognitive_account" "oai" {
      kind = "OpenAI"
    }
    resource "azurerm_cognitive_account" "speech" {
      kind = "SpeechServices"
    }
    resource "azurerm_cognitive_deployment" "gpt" {
      name = "chat"
      model {
        format = "OpenAI"
        name   = "gpt-4o"
      }
    }
    resource "azurerm_cognitive_deployment" "llama" {
      name = "other"
      model {
        format = "Meta"
        name   = "Llama-3.3-70B-Instruct"
      }
    }
    resource "google_vertex_ai_endpoint_with_model_garden_deployment" "g" {
      publisher_model_name = "publishers/google/models/gemma3@gemma-3-1b-it"
    }
    resource "aws_s3_bucket" "b" {
      tags = local.tags
    }
    """
    assert lines("infra/main.tf", text) == [
        "4 deployment aws_bedrock_inference_profile.search | aws-bedrock"
        " | anthropic.claude-3-haiku-20240307-v1:0 | tagged | team=search | cost_center=CC-1234",
        "11 deployment aws_bedrockagent_agent.support | aws-bedrock | tagged | Team=support",
        "15 deployment aws_bedrock_guardrail.g | aws-bedrock | dynamic",
        "18 deployment azurerm_cognitive_account.oai | azure-openai | untagged",
        "24 deployment azurerm_cognitive_deployment.gpt | azure-openai | gpt-4o",
        "31 deployment azurerm_cognitive_deployment.llama | azure-ai-inference"
        " | Llama-3.3-70B-Instruct",
        "38 deployment google_vertex_ai_endpoint_with_model_garden_deployment.g | google-vertex"
        " | gemma3@gemma-3-1b-it",
    ]


def test_terraform_json_variables_secrets_and_containers() -> None:
    json = """\
    {"resource": {"aws_bedrockagent_knowledge_base": {"kb": {
      "knowledge_base_configuration": {"vector_knowledge_base_configuration": {
        "embedding_model_arn": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0"}},
      "tags": {"team": "docs"}}}}}
    """
    assert lines("infra/kb.tf.json", json) == [
        "1 deployment aws_bedrockagent_knowledge_base.kb | aws-bedrock | amazon.titan-embed-text-v2:0"
        " | tagged | team=docs"
    ]
    text = """\
    variable "openai_api_key" { sensitive = true }
    resource "aws_secretsmanager_secret" "k" {
      name = "prod/openai-api-key"
      tags = { team = "search" }
    }
    resource "aws_ssm_parameter" "other" {
      name = "/app/db-password"
    }
    resource "aws_lambda_function" "f" {
      environment {
        variables = {
          ANTHROPIC_API_KEY = var.key
          OPENAI_BASE_URL   = "https://gateway.acme.example/v1"
          MAX_TOKENS        = "100"
        }
      }
    }
    resource "aws_ecs_task_definition" "t" {
      container_definitions = jsonencode([{
        image       = "vllm/vllm-openai:v0.9"
        command     = ["--model", "Qwen/Qwen3-8B"]
        environment = [{ name = "HF_TOKEN", value = var.hf }]
        secrets     = [{ name = "OPENAI_API_KEY", valueFrom = "arn" }]
      }])
    }
    """
    assert lines("app.tf", text) == [
        "1 secret var.openai_api_key | openai",
        "2 secret prod/openai-api-key | openai | tagged | team=search",
        "12 secret ANTHROPIC_API_KEY | anthropic",
        "13 route gateway.acme.example | unknown",
        "19 deployment aws_ecs_task_definition.t | vllm | Qwen/Qwen3-8B | untagged | uses HF_TOKEN"
        " | uses OPENAI_API_KEY",
        "22 secret HF_TOKEN | huggingface | likely",
        "23 secret OPENAI_API_KEY | openai",
    ]


def test_a_sagemaker_model_counts_where_its_image_serves_language_models() -> None:
    text = """\
    resource "aws_sagemaker_model" "llm" {
      primary_container {
        image       = "763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.1"
        environment = { HF_MODEL_ID = "mistralai/Mistral-7B-Instruct-v0.3" }
      }
    }
    resource "aws_sagemaker_model" "trees" {
      primary_container {
        image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/xgboost:1.7"
      }
    }
    """
    found = [one for one in lines("sm.tf", text) if "sagemaker" in one]
    assert found == [
        "1 deployment aws_sagemaker_model.llm | sagemaker | mistralai/Mistral-7B-Instruct-v0.3"
        " | untagged"
    ]


def test_tags_of_the_provider_block_reach_its_resources() -> None:
    provider = 'provider "aws" {\n  default_tags {\n    tags = { team = "search" }\n  }\n}\n'
    agent = (
        'resource "aws_bedrockagent_agent" "a" {\n  foundation_model = "amazon.nova-pro-v1:0"\n}\n'
    )
    shared = [("live", one) for one in read("live/providers.tf", provider).shared]
    found = read("live/agent.tf", agent).found
    here = inherit_tags([("live", one) for one in found], shared)
    assert [shown(one) for one in here] == [
        "1 deployment aws_bedrockagent_agent.a | aws-bedrock | amazon.nova-pro-v1:0 | tagged"
        " | team=search"
    ]
    elsewhere = inherit_tags([("modules/agent", one) for one in found], shared)
    assert [one.tagging for one in elsewhere] == ["dynamic"]
    assert [one.tagging for one in inherit_tags([("live", one) for one in found], [])] == [
        "untagged"
    ]


def test_cloudformation_in_yaml_json_and_sam() -> None:
    text = """\
    AWSTemplateFormatVersion: "2010-09-09"
    Resources:
      Profile:
        Type: AWS::Bedrock::ApplicationInferenceProfile
        Properties:
          InferenceProfileName: !Sub "${AWS::StackName}-search"
          ModelSource:
            CopyFrom: !Sub "arn:aws:bedrock:${AWS::Region}::foundation-model/amazon.nova-lite-v1:0"
          Tags:
            - {Key: team, Value: search}
            - {Key: stage, Value: !Ref Stage}
      Agent:
        Type: AWS::Bedrock::Agent
        Properties:
          FoundationModel: !Ref Model
          Tags: {team: support}
      Ask:
        Type: AWS::Serverless::Function
        Properties:
          Environment:
            Variables:
              OPENAI_API_KEY: !Ref Key
              AZURE_OPENAI_ENDPOINT: https://acme.openai.azure.com/
      Bucket:
        Type: AWS::S3::Bucket
    """
    assert lines("template.yaml", text) == [
        "3 deployment Profile | aws-bedrock | amazon.nova-lite-v1:0 | tagged | team=search"
        " | stage=None",
        "12 deployment Agent | aws-bedrock | tagged | team=support",
        "22 secret OPENAI_API_KEY | openai",
        "23 route acme.openai.azure.com | azure-openai",
    ]
    json = """\
    {"Resources": {"Kb": {"Type": "AWS::Bedrock::KnowledgeBase", "Properties": {
      "KnowledgeBaseConfiguration": {"VectorKnowledgeBaseConfiguration": {
        "EmbeddingModelArn": {"Fn::Join": ["", ["arn:", "x"]]}}}}}}}
    """
    assert lines("cdk.out/App.template.json", json) == ["1 deployment Kb | aws-bedrock | untagged"]


def test_serverless() -> None:
    text = """\
    service: acme
    provider:
      name: aws
      environment:
        OPENAI_API_KEY: ${ssm:/acme/openai}
    functions:
      ask:
        handler: a.b
        environment: {OLLAMA_HOST: "http://10.0.0.5:11434"}
    resources:
      Resources:
        P: {Type: "AWS::Bedrock::Prompt", Properties: {Variants: [{ModelId: amazon.nova-pro-v1:0}]}}
    """
    assert lines("serverless.yml", text) == [
        "5 secret OPENAI_API_KEY | openai",
        "9 route 10.0.0.5 | ollama",
        "12 deployment P | aws-bedrock | amazon.nova-pro-v1:0 | untagged",
    ]


def test_arm_and_bicep() -> None:
    arm = """\
    {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
     "resources": [
      {"type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "oai",
       "kind": "OpenAI", "tags": {"team": "search"}},
      {"type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01",
       "name": "[concat('oai', '/gpt')]", "properties": {"model": {"format": "OpenAI", "name": "gpt-4o"}}}]}
    """
    assert lines("azuredeploy.json", arm) == [
        "3 deployment Microsoft.CognitiveServices/accounts.oai | azure-openai | tagged | team=search",
        "5 deployment Microsoft.CognitiveServices/accounts/deployments.concat-oai-gpt | azure-openai"
        " | gpt-4o",
    ]
    bicep = """\
    param tags object
    resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
      name: 'oai'
      kind: 'OpenAI' // not speech
      tags: union(tags, {
        team: 'search'
      })
    }
    resource old 'Microsoft.CognitiveServices/accounts@2024-10-01' existing = { name: 'x' }
    resource site 'Microsoft.Web/sites@2023-01-01' = {
      name: 'a'
      properties: { siteConfig: { appSettings: [
        { name: 'A', value: 'b' }
        {
          name: 'OPENAI_API_KEY'
          value: key
        }
      ] } }
    }
    resource gpt 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = if (deploy) {
      parent: account
      name: 'chat'
      properties: {
        model: {
          format: 'OpenAI'
          name: 'gpt-4o-mini'
        }
      }
    }
    module ai 'br/public:avm/res/cognitive-services/account:0.7.0' = {
      name: 'ai'
      params: {
        kind: 'AIServices'
        tags: { team: 'docs' }
        deployments: [
          {
            name: 'chat'
            model: { format: 'OpenAI', name: 'gpt-4.1', version: '1' }
          }
        ]
      }
    }
    """
    assert lines("infra/main.bicep", bicep) == [
        "2 deployment account | azure-openai | dynamic",
        "15 secret OPENAI_API_KEY | openai",
        "20 deployment gpt | azure-openai | gpt-4o-mini",
        "30 deployment ai | azure-ai-inference | tagged | team=docs",
        "36 deployment ai/chat | azure-openai | gpt-4.1",
    ]


def test_kubernetes() -> None:
    text = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: llm
      labels: {app: llm, team: search}
    spec:
      template:
        spec:
          containers:
            - name: vllm
              image: vllm/vllm-openai:v0.9
              args: ["--model=Qwen/Qwen3-8B"]
              env:
                - name: HF_TOKEN
                  valueFrom: {secretKeyRef: {name: hf, key: token}}
            - name: app
              image: acme/app
              env:
                - {name: OPENAI_BASE_URL, value: "http://llm.acme.svc:8000/v1"}
                - {name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: llm, key: openai}}}
    ---
    apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata: {name: qwen}
    spec: {predictor: {model: {modelFormat: {name: huggingface}, storageUri: "hf://Qwen/Qwen3"}}}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: keys}
    stringData: {ANTHROPIC_API_KEY: abc}
    ---
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: proxy}
    spec: {values: {proxy: {image: {repository: ghcr.io/berriai/litellm, tag: main}}}}
    """
    assert lines("deploy/all.yaml", text) == [
        "10 deployment Deployment/llm/vllm | vllm | Qwen/Qwen3-8B | tagged | team=search"
        " | uses hf/token",
        "14 secret hf/token | huggingface | likely",
        "19 route llm.acme.svc | unknown",
        "20 secret llm/openai | openai",
        "22 deployment InferenceService/qwen | self-hosted | Qwen/Qwen3 | untagged",
        "30 secret keys/ANTHROPIC_API_KEY | anthropic",
        "35 route proxy | litellm",
    ]


def test_helm_values_and_templates() -> None:
    values = """\
    ollama:
      image: {repository: ollama/ollama, tag: "0.5"}
    app:
      env:
        OPENAI_API_KEY: ""
    models:
      - name: qwen
        repository: lmcache/vllm-openai
        modelURL: Qwen/Qwen3-8B
    """
    assert lines("charts/app/values-prod.yaml", values) == [
        "2 deployment ollama | ollama",
        "5 secret OPENAI_API_KEY | openai",
        "7 deployment models.qwen | vllm | Qwen/Qwen3-8B",
    ]
    template = """\
    {{- if .Values.enabled }}
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: {{ include "x" . }}
    spec:
      template:
        spec:
          containers:
            - name: tgi
              image: "ghcr.io/huggingface/text-generation-inference:{{ .Values.tag }}"
              args: [--model-id, {{ .Values.model | quote }}]
              env:
                {{- range .Values.env }}
                - name: {{ .name }}
                {{- end }}
                - name: OPENAI_API_KEY
                  value: {{ .Values.key }}
    {{- end }}
    """
    assert lines("charts/app/templates/deploy.yaml", template) == [
        "10 deployment Deployment/unnamed/tgi | self-hosted | untagged | uses OPENAI_API_KEY",
        "17 secret OPENAI_API_KEY | openai",
    ]


def test_compose_and_dockerfile() -> None:
    compose = """\
    x-env: &env
      OPENAI_API_KEY: ${OPENAI_API_KEY:?}
    services:
      proxy:
        image: ghcr.io/berriai/litellm:main
        environment:
          <<: *env
          LITELLM_MASTER_KEY: sk-1234
        labels: ["team=search", "com.docker.compose.x=y"]
      llm:
        image: ollama/ollama:${TAG:-latest}
      app:
        build: .
        environment:
          - OLLAMA_BASE_URL=http://llm:11434
          - OPENAI_MODEL=gpt-4o
        models: [smol]
    models:
      smol:
        model: ai/smollm2
    """
    assert lines("docker-compose.yml", compose) == [
        "2 secret OPENAI_API_KEY | openai",
        "4 route proxy | litellm | tagged | team=search | uses OPENAI_API_KEY"
        " | uses LITELLM_MASTER_KEY",
        "8 secret LITELLM_MASTER_KEY | litellm",
        "10 deployment llm | ollama",
        "15 route llm | ollama",
        "20 deployment models.smol | self-hosted | ai/smollm2 | untaggable",
    ]
    dockerfile = """\
    ARG BASE=vllm/vllm-openai
    FROM ${BASE}:v0.9
    ARG OPENAI_API_KEY
    ENV OPENAI_BASE_URL=https://llm.acme.example/v1 \\
        # a remark
        LOG=1
    RUN apt-get update && \\
        claude -p "hi"
    CMD ["--model", "Qwen/Qwen3-8B"]
    """
    assert lines("docker/Dockerfile.gpu", dockerfile) == [
        "2 deployment docker/Dockerfile.gpu | vllm | Qwen/Qwen3-8B | uses OPENAI_API_KEY",
        "3 secret OPENAI_API_KEY | openai",
        "4 route llm.acme.example | unknown",
        "8 call  | anthropic | untagged",
    ]


def test_pulumi() -> None:
    text = """\
    name: acme
    config:
      acme:openaiApiKey: {secure: AAA}
    resources:
      profile:
        type: aws:bedrock:InferenceProfile
        properties:
          modelSource: {copyFrom: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"}
          tags: {team: search}
    """
    assert lines("Pulumi.yaml", text) == [
        "3 secret openaiApiKey | openai",
        "5 deployment profile | aws-bedrock | amazon.nova-lite-v1:0 | tagged | team=search",
    ]


def test_modules_of_the_registry() -> None:
    text = """\
    module "bedrock" {
      source           = "aws-ia/bedrock/aws"
      foundation_model = "anthropic.claude-3-haiku-20240307-v1:0"
      tags             = { team = "search" }
    }
    module "vpc" {
      source = "terraform-aws-modules/vpc/aws"
    }
    """
    assert lines("main.tf", text) == [
        "1 deployment module.bedrock | aws-bedrock | anthropic.claude-3-haiku-20240307-v1:0 | tagged"
        " | team=search"
    ]


def test_a_task_definition() -> None:
    text = """\
    {"family": "ask", "tags": [{"key": "team", "value": "search"}], "containerDefinitions": [
      {"name": "llm", "image": "vllm/vllm-openai", "command": ["--model", "Qwen/Qwen3-8B"]},
      {"name": "app", "image": "acme/app", "secrets": [{"name": "OPENAI_API_KEY", "valueFrom": "x"}]}]}
    """
    assert lines("ecs/task.json", text) == [
        "2 deployment ask/llm | vllm | Qwen/Qwen3-8B | tagged | team=search",
        "3 secret OPENAI_API_KEY | openai",
    ]
