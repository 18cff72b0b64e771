"""CloudFormation, SAM, synthesised CDK and the Serverless Framework, in YAML and JSON."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.containers import container
from llmaudit.connectors.code.surfaces.findings import Found, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table, tables
from llmaudit.connectors.code.surfaces.resources import resource_found
from llmaudit.connectors.code.surfaces.tags import map_tags
from llmaudit.connectors.code.surfaces.variables import Environment, meaning

RULE = "yaml.cloudformation"


def is_template(root: Table) -> bool:
    """Whether a document is a template: resources that each have a type of AWS."""
    return any(
        isinstance(body, Table) and body.text("Type").startswith(("AWS::", "Custom::"))
        for _, _, body in root.table("Resources").entries
    )


def read_template(root: Table, source: Source, rule: str = RULE) -> Iterator[Said]:
    """The model resources, secrets and environments of a template."""
    for name, line, body in root.table("Resources").entries:
        if not isinstance(body, Table):
            continue
        type_ = body.text("Type")
        properties = body.table("Properties")
        yield from resource_found("cloudformation", type_, name, properties, line, rule, source)
        if type_ in ("AWS::SecretsManager::Secret", "AWS::SSM::Parameter"):
            yield from _secret(name, type_, properties, line, source, rule)
        yield from _environments(name, properties, source, rule)


def _secret(
    name: str, type_: str, properties: Table, line: int, source: Source, rule: str
) -> Iterator[Found]:
    stored = properties.text("Name")
    found = meaning(stored or name, source.catalogue)
    if found is not None and found.role == "key":
        tagging, tags = map_tags(properties.get("Tags"), "Tags")
        yield Found(
            "secret",
            stored or name,
            line,
            f"{rule}.secret",
            "repository",
            provider=found.provider,
            confidence="certain" if found.certain else "likely",
            variable=stored or name,
            tags=tags,
            tagging=tagging,
            attributes={"resource_type": type_},
        )


def _environments(name: str, properties: Table, source: Source, rule: str) -> Iterator[Found]:
    for path, table in tables(properties):
        if path and path[-1] in ("Variables", "EnvironmentVariables"):
            environment = Environment.of(source, f"{rule}.variable")
            for key, line, value in table.all():
                environment.add(key, line, value)
            yield from environment.found()
        elif isinstance(table.get("Image"), Scalar) and path and path[-1] == "ContainerDefinitions":
            # Keys begin with a capital here; otherwise it is a container like any other.
            lower = Table(table.line, [(k[:1].lower() + k[1:], n, v) for k, n, v in table.entries])
            pairs = [
                (item.text("Name"), item.line, item.get("Value") or Scalar(None, item.line))
                for item in table.items("Environment")
                if isinstance(item, Table)
            ]
            handed = [
                (item.text("Name"), item.line, Scalar(None, item.line))
                for item in table.items("Secrets")
                if isinstance(item, Table)
            ]
            lower.entries.append(("env", table.line, Table(table.line, [*pairs, *handed])))
            yield from container(f"{name}.{table.text('Name')}".rstrip("."), lower, source, rule)


def is_task(root: Table) -> bool:
    """Whether a document is a task definition of ECS."""
    return bool(root.items("containerDefinitions")) and bool(root.text("family"))


def read_task(root: Table, source: Source) -> Iterator[Said]:
    """The containers of a task definition. Source: Amazon ECS, task definition parameters."""
    tags = root.get("tags")
    for item in root.items("containerDefinitions"):
        if isinstance(item, Table):
            name = f"{root.text('family')}/{item.text('name')}"
            yield from container(name, item, source, "json.ecs-task", ("tags", tags))


def read_serverless(root: Table, source: Source) -> Iterator[Said]:
    """A service of the Serverless Framework: its resources, and its functions' variables."""
    rule = "yaml.serverless"
    resources = root.get("resources")
    for part in root.items("resources") if resources is not None else []:
        if isinstance(part, Table):
            yield from read_template(part, source, rule)
    for path, table in tables(root):
        if path and path[-1] == "environment" and path[0] in ("provider", "functions"):
            environment = Environment.of(source, f"{rule}.variable")
            for key, line, value in table.all():
                environment.add(key, line, value)
            yield from environment.found()
