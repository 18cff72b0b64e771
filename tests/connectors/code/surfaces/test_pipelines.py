from __future__ import annotations

from tests.connectors.code.surfaces.reading import lines


def test_gitlab() -> None:
    text = """\
    variables:
      OPENAI_API_KEY: $OPENAI_API_KEY
    review:
      image: node:22
      services: [ollama/ollama]
      before_script:
        - npm i -g @openai/codex
      script:
        - echo start
        - npx @openai/codex exec --model o4-mini "review"
        - |
          cd app
          ollama run llama3.2 "hi"
    """
    assert lines(".gitlab-ci.yml", text) == [
        "2 secret OPENAI_API_KEY | openai",
        "5 deployment review | ollama",
        "10 call review | openai | o4-mini | untagged | uses OPENAI_API_KEY",
        "13 call review | ollama | llama3.2 | untagged",
    ]


def test_circleci_azure_and_bitbucket() -> None:
    circle = """\
    jobs:
      triage:
        docker: [{image: ollama/ollama:0.5}]
        environment: {OPENAI_BASE_URL: "https://llm.acme.example/v1"}
        steps:
          - run:
              name: ask
              command: llm -m gpt-4o "triage"
    """
    assert lines(".circleci/config.yml", circle) == [
        "3 deployment jobs.triage.docker | ollama",
        "4 route llm.acme.example | unknown",
        "8 call jobs.triage.steps | openai | gpt-4o | untagged",
    ]
    azure = """\
    steps:
    - bash: |
        gemini -p "x"
      env:
        GEMINI_API_KEY: $(geminiKey)
    """
    assert lines("ci/azure-pipelines.yml", azure) == [
        "3 call steps | google-gemini | untagged | uses GEMINI_API_KEY",
        "5 secret GEMINI_API_KEY | google-gemini",
    ]
    bitbucket = (
        "pipelines:\n  default:\n    - step:\n        script:\n          - aider --message x\n"
    )
    assert lines("bitbucket-pipelines.yml", bitbucket) == [
        "5 call pipelines.default.step | unknown | untagged"
    ]


def test_jenkins() -> None:
    text = """\
    pipeline {
      environment {
        OPENAI_API_KEY = credentials('acme-openai')
      }
      stages { stage('x') { steps {
        sh 'make'
        sh \"\"\"
          cd app
          codex exec "x"
        \"\"\"
        sh(script: 'aws bedrock-runtime converse --model-id amazon.nova-lite-v1:0', returnStdout: true)
      } } }
    }
    """
    assert lines("Jenkinsfile", text) == [
        "3 secret acme-openai | openai",
        "9 call  | openai | untagged | uses acme-openai",
        "11 call  | aws-bedrock | amazon.nova-lite-v1:0 | untagged",
    ]
