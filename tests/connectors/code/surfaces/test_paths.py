from __future__ import annotations

import pytest

from llmaudit.connectors.code.surfaces import is_template, surface_of

PATHS = {
    "workflow": [".github/workflows/a.yml", "x/.gitea/workflows/b.yaml", "tools/action.yaml"],
    "pipeline": [
        ".gitlab-ci.yml", "ci/build.gitlab-ci.yml", ".gitlab/ci/a.yml", ".circleci/config.yml",
        "azure-pipelines.yml", "azure-pipeline-release.yaml", ".azuredevops/a.yml",
        ".azure-pipelines/b.yml", "bitbucket-pipelines.yml", ".drone.yml", ".travis.yml",
        ".woodpecker/a.yml", ".woodpecker.yml", ".buildkite/pipeline.yml",
    ],
    "jenkinsfile": ["Jenkinsfile", "ci/Jenkinsfile.release", "a.jenkinsfile"],
    "terraform": ["main.tf", "a/b.tofu", "x.tf.json", "live/terragrunt.hcl"],
    "tfvars": ["prod.tfvars", "x.auto.tfvars"],
    "bicep": ["infra/main.bicep"],
    "compose": ["docker-compose.yml", "compose.prod.yaml", "x/dev.docker-compose.yml"],
    "dockerfile": ["Dockerfile", "docker/Dockerfile.gpu", "api.dockerfile", "Containerfile"],
    "serverless": ["serverless.yml", "svc/serverless.prod.yaml"],
    "pulumi": ["Pulumi.yaml", "Pulumi.prod.yaml"],
    "dotenv": [".env", "a/.env.local", "env.example", "prod.env", ".envrc", ".dev.vars"],
    "settings": [
        "appsettings.json", "src/appsettings.Dev.json", "local.settings.json", "application.yml",
        "src/main/resources/application-prod.properties", ".streamlit/secrets.toml",
    ],
    "prompt": ["a.prompt.yml", "chat.prompty"],
    "devcontainer": [".devcontainer/devcontainer.json", ".devcontainer.json"],
    "agent": ["CLAUDE.md", "a/AGENTS.md", ".mcp.json", ".claude/agents/a.md", ".cursor/rules/a.mdc"],
}  # fmt: skip


@pytest.mark.parametrize(("surface", "path"), [(s, p) for s, paths in PATHS.items() for p in paths])
def test_paths_that_say_what_a_file_is(surface: str, path: str) -> None:
    assert surface_of(path) == (surface, True)


def test_data_files_are_asked_themselves_and_documents_are_not() -> None:
    assert [surface_of(path) for path in ("a.json", "x/values.yaml", "b.toml", "c.properties")] == [
        ("document", False)
    ] * 4
    assert [surface_of(path) for path in ("README.md", "a.txt", "img.png", "environment.md")] == [
        None
    ] * 4


def test_files_that_only_show_names() -> None:
    assert [
        is_template(p) for p in (".env.example", "env.sample", "a/.env", "config.yml.dist")
    ] == [
        True,
        True,
        False,
        True,
    ]
