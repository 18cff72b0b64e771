"""Terraform, OpenTofu and Terragrunt, in HCL and in JSON."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.containers import container
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Shared, Source
from llmaudit.connectors.code.surfaces.hcl_nodes import read_hcl
from llmaudit.connectors.code.surfaces.json_nodes import read_json
from llmaudit.connectors.code.surfaces.nodes import Items, Node, Scalar, Table, tables, walk
from llmaudit.connectors.code.surfaces.resources import resource_found
from llmaudit.connectors.code.surfaces.tags import map_tags
from llmaudit.connectors.code.surfaces.variables import Environment, meaning

RULE = "hcl.terraform"
# Resources that keep a secret under a name of their own.
_STORES = {
    "aws_secretsmanager_secret": ("name", "tags"),
    "aws_ssm_parameter": ("name", "tags"),
    "azurerm_key_vault_secret": ("name", "tags"),
    "google_secret_manager_secret": ("secret_id", "labels"),
    "github_actions_secret": ("secret_name", ""),
    "github_actions_organization_secret": ("secret_name", ""),
    "github_dependabot_secret": ("secret_name", ""),
    "gitlab_project_variable": ("key", ""),
    "gitlab_group_variable": ("key", ""),
    "vercel_project_environment_variable": ("key", ""),
    "doppler_secret": ("name", ""),
}
_RESOLVED = 2_000


def read(source: Source) -> Iterator[Said]:
    """Model resources, secrets' names, variables and tags that every resource inherits."""
    json = source.name.endswith(".json")
    document = read_json(source.text) if json else read_hcl(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        _resolve(root)
        for kind, label, name, line, body in _blocks(root):
            if kind == "provider":
                yield from _shared(label, body)
            elif kind == "resource":
                yield from _resource(label, name, line, body, source)
            elif kind == "module":
                type_ = f"module:{body.text('source')}"
                yield from resource_found(
                    "terraform", type_, f"module.{name}", body, line, RULE, source
                )
            elif kind == "variable":
                found = meaning(name, source.catalogue)
                if found is not None and found.role == "key":
                    yield Found(
                        "secret",
                        f"var.{name}",
                        line,
                        f"{RULE}.variable",
                        "repository",
                        provider=found.provider,
                        confidence="certain" if found.certain else "likely",
                        variable=name,
                    )
        yield from _environments(root, source)


def _blocks(root: Table) -> Iterator[tuple[str, str, str, int, Table]]:
    """Kind, type, name, line and body of every block at the top."""
    for kind, _, first in root.entries:
        for table in first.values if isinstance(first, Items) else [first]:
            if not isinstance(table, Table):
                continue
            if kind in ("module", "variable"):
                for name, line, body in table.entries:
                    yield kind, "", name, line, body if isinstance(body, Table) else Table(line)
            elif kind == "provider":
                for label, line, body in table.entries:
                    for one in body.values if isinstance(body, Items) else [body]:
                        if isinstance(one, Table):
                            yield kind, label, "", line, one
            elif kind == "resource":
                for label, _, named in table.entries:
                    if not isinstance(named, Table):
                        continue
                    for name, line, body in named.entries:
                        for one in body.values if isinstance(body, Items) else [body]:
                            if isinstance(one, Table):
                                yield kind, label, name, line, one


def _resource(type_: str, name: str, line: int, body: Table, source: Source) -> Iterator[Found]:
    address = f"{type_}.{name}"
    yield from resource_found("terraform", type_, address, body, line, RULE, source)
    if type_ in _STORES:
        key, tags_key = _STORES[type_]
        stored = body.text(key)
        found = meaning(stored or name, source.catalogue)
        if found is not None and found.role == "key":
            tagging, tags = map_tags(body.get(tags_key), tags_key) if tags_key else (None, ())
            yield Found(
                "secret",
                stored or address,
                line,
                f"{RULE}.{type_}",
                "repository",
                provider=found.provider,
                confidence="certain" if found.certain else "likely",
                variable=stored or name,
                tags=tags,
                tagging=tagging,
                attributes={"resource_type": type_},
            )


def _environments(root: Table, source: Source) -> Iterator[Found]:
    """Variables and images of functions, services and containers, wherever they stand."""
    for path, table in tables(root):
        if isinstance(table.get("image"), Scalar) and path[:1] == ("resource",):
            if path[1:2] == ("aws_sagemaker_model",):
                continue
            body = root.table(*path[:3])
            key = (
                "labels" if body.get("tags") is None and body.get("labels") is not None else "tags"
            )
            labels = (key, body.get(key))
            yield from container(".".join(path[1:3]), table, source, RULE, labels)
        elif path and path[-1] in (
            "variables",
            "environment_variables",
            "app_settings",
            "env_vars",
        ):
            environment = Environment.of(source, f"{RULE}.variable")
            for name, line, value in table.all():
                if isinstance(value, Scalar):
                    environment.add(name, line, value)
            yield from environment.found()
        elif path and path[-1] in ("env", "environment", "set", "set_sensitive", "secret"):
            name_node, held = table.get("name"), table.get("value")
            if isinstance(name_node, Scalar) and name_node.value:
                environment = Environment.of(source, f"{RULE}.variable")
                environment.add(name_node.value, name_node.line, held)
                yield from environment.found()


def _shared(label: str, body: Table) -> Iterator[Shared]:
    for key, inner, prefix in (
        ("default_tags", "tags", "aws"),
        ("default_labels", "", "google"),
    ):
        held = body.get(key)
        if held is None or not label.startswith(prefix):
            continue
        node: Node | None = held.get(inner) if inner and isinstance(held, Table) else held
        tagging, tags = map_tags(node, key)
        if tagging != "untagged":
            yield Shared(f"{prefix}_", tags, tagging == "dynamic")


def _resolve(root: Table) -> None:
    """Put the locals of this file, and what variables are by default, where they are named."""
    named: dict[str, Node] = {}
    for kind, _, table in root.entries:
        if kind == "locals" and isinstance(table, Table):
            for name, _, value in table.entries:
                named[f"local.{name}"] = value
    if not named:
        return
    budget = _RESOLVED
    for _, node in list(walk(root)):
        if isinstance(node, Table):
            for index, (name, line, value) in enumerate(node.entries):
                if isinstance(value, Scalar) and value.value is None and value.hint in named:
                    found = named[value.hint]
                    if found is not node and budget > 0:
                        budget -= 1
                        node.entries[index] = (name, line, found)
