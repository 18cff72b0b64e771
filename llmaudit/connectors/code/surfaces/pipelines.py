"""Pipelines other than GitHub's: GitLab, CircleCI, Azure, Bitbucket, Drone, Buildkite, Jenkins.

Their shapes differ, their vocabulary does not: a script stands under one of a few keys, and so
do the variables. A step is read wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.commands import commands_in
from llmaudit.connectors.code.surfaces.containers import container
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Source
from llmaudit.connectors.code.surfaces.json_nodes import read_json
from llmaudit.connectors.code.surfaces.nodes import Items, Scalar, Table, tables
from llmaudit.connectors.code.surfaces.steps import called, scalars, symbol_of
from llmaudit.connectors.code.surfaces.variables import Environment
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

_SCRIPTS = (
    "script", "before_script", "after_script", "commands", "command", "run", "bash", "powershell",
    "pwsh", "inlineScript", "cmds", "cmd", "after-script",
)  # fmt: skip
_VARIABLES = ("variables", "environment", "env", "global")
_GROOVY_SHELL = re.compile(
    r"\b(?:sh|bat|powershell|pwsh)\b[\s(]*(?:(?:\w+\s*:\s*[^,'\"]+,\s*)*script\s*:\s*)?"
    r"(\"\"\"|'''|\"|')(.*?)(?<!\\)\1",
    re.DOTALL,
)
_GROOVY_VARIABLE = re.compile(
    r"^\s*([A-Za-z_]\w*)\s*=\s*(?:credentials\(\s*['\"]([^'\"]+)['\"]\s*\)|['\"]([^'\"]*)['\"])",
    re.MULTILINE,
)
_GROOVY_BINDING = re.compile(
    r"credentialsId\s*:\s*['\"]([^'\"]+)['\"]\s*,\s*variable\s*:\s*['\"](\w+)['\"]"
)


def surface_of(path: str) -> str:
    """Whose pipeline a path is."""
    text = path.lower()
    for mark, name in (
        ("gitlab", "gitlab-ci"), ("circleci", "circleci"), ("azure", "azure-pipelines"),
        ("bitbucket", "bitbucket-pipelines"), ("drone", "drone"), ("woodpecker", "woodpecker"),
        ("buildkite", "buildkite"), ("travis", "travis-ci"),
        ("cloudbuild", "cloud-build"), ("jenkins", "jenkins"), ("taskfile", "taskfile"),
    ):  # fmt: skip
        if mark in text:
            return name
    return "pipeline"


def read(source: Source) -> Iterator[Said]:
    """Steps of a pipeline that run a model, and the variables they are given."""
    surface = surface_of(source.path)
    json = source.name.endswith(".json")
    document = read_json(source.text) if json else read_yaml(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        whole = Environment.of(source, f"yaml.{surface}.variable")
        scopes: list[Table] = []
        for _, table in tables(root):
            scopes += _variables(table, whole)
        for path, table in tables(root):
            symbol = symbol_of(*path[:3])
            for script in scalars(table, *_SCRIPTS):
                for run in commands_in(script.value or "", source, "", settled_in(scopes)):
                    yield called(run, script, symbol, whole, scopes, source, surface)
            for beside in table.items("services"):
                if isinstance(beside, Scalar) and beside.value:
                    image = Table(beside.line, [("image", beside.line, beside)])
                    yield from container(symbol, image, source, f"yaml.{surface}")
            if isinstance(table.get("image"), Scalar):
                yield from container(symbol, table, source, f"yaml.{surface}")
        yield from whole.found()


def settled_in(scopes: list[Table]) -> dict[str, str]:
    """Variables of a pipeline whose value stands in it."""
    return {
        name: value.value
        for scope in scopes
        for name, _, value in scope.all()
        if isinstance(value, Scalar) and value.value and "$" not in value.value
        if name.isidentifier()
    }


def _variables(table: Table, whole: Environment) -> list[Table]:
    """Read the variables that stand in a mapping; return the mappings they stand in."""
    found: list[Table] = []
    for name in _VARIABLES:
        held = table.get(name)
        if isinstance(held, Table):
            found.append(held)
            for key, line, value in held.all():
                if isinstance(value, Scalar):
                    whole.add(key, line, value)
                elif isinstance(value, Table) and isinstance(value.get("value"), Scalar):
                    inner = value.get("value")
                    whole.add(key, line, inner)
        elif isinstance(held, Items):
            for item in held.values:
                if isinstance(item, Table) and item.text("name"):
                    inner = item.get("value")
                    whole.add(item.text("name"), item.line, inner)
                elif isinstance(item, Scalar) and item.value and "=" in item.value:
                    key, _, text = item.value.partition("=")
                    whole.add(key.strip(), item.line, Scalar(text, item.line))
    return found


def read_jenkinsfile(source: Source) -> Iterator[Said]:
    """The shell steps and the environment of a Jenkinsfile; its Groovy is not read."""
    environment = Environment.of(source, "groovy.jenkins.variable")
    for match in _GROOVY_VARIABLE.finditer(source.text):
        line = source.text.count("\n", 0, match.start(1)) + 1
        environment.add(match[1], line, Scalar(match[3] or "", line), stored=match[2] or "")
    for match in _GROOVY_BINDING.finditer(source.text):
        line = source.text.count("\n", 0, match.start()) + 1
        environment.add(match[2], line, None, stored=match[1])
    for match in _GROOVY_SHELL.finditer(source.text):
        line = source.text.count("\n", 0, match.start(2)) + 1
        # The text's first line is that of the quotation mark itself.
        script = Scalar(match[2], line - 1, block=True)
        for run in commands_in(match[2], source):
            found: Found = called(run, script, "", environment, [], source, "jenkins")
            yield found
    yield from environment.found()
