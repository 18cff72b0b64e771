"""Pulumi programs in YAML, and the configuration of any Pulumi stack."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.findings import Problem, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Table, tables
from llmaudit.connectors.code.surfaces.resources import resource_found
from llmaudit.connectors.code.surfaces.variables import Environment
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

RULE = "yaml.pulumi"


def read(source: Source) -> Iterator[Said]:
    """Declared resources, and configuration keys by name (``secure`` values are not read)."""
    document = read_yaml(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        for name, line, body in root.table("resources").all():
            if isinstance(body, Table):
                properties = body.table("properties")
                yield from resource_found(
                    "pulumi", body.text("type"), name, properties, line, RULE, source
                )
        environment = Environment.of(source, f"{RULE}.variable")
        for key, line, value in root.table("config").all():
            environment.add(key.rpartition(":")[2], line, value)
        for path, table in tables(root.table("resources")):
            if path and path[-1] in ("variables", "environment", "envs"):
                for key, line, value in table.all():
                    environment.add(key, line, value)
        yield from environment.found()
