"""Kubernetes objects, Helm's values and templates, and Docker Compose."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.containers import container, image_found, settled_image
from llmaudit.connectors.code.surfaces.findings import Found, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table, tables
from llmaudit.connectors.code.surfaces.resources import resource_found
from llmaudit.connectors.code.surfaces.tags import map_tags
from llmaudit.connectors.code.surfaces.variables import Environment, meaning, model_id

RULE = "yaml.kubernetes"
# Objects that carry the values of a Helm chart. Sources: Flux, HelmRelease; Argo CD, Helm.
_RELEASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "HelmRelease": (("spec", "values"),),
    "Application": (("spec", "source", "helm", "valuesObject"),),
}
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})


def is_object(root: Table) -> bool:
    """Whether a document is an object of Kubernetes."""
    return bool(root.text("apiVersion") and root.text("kind"))


def read_object(root: Table, source: Source) -> Iterator[Said]:
    """Model servers and gateways, custom resources, secrets by name, variables, routes."""
    kind = root.text("kind")
    if kind in ("List", "ConfigMapList", "SecretList"):
        for item in root.items("items"):
            if isinstance(item, Table):
                yield from read_object(item, source)
        return
    group = root.text("apiVersion").rpartition("/")[0]
    name = root.text("metadata", "name") or "unnamed"
    address = f"{kind}/{name}"
    labels = _labels(root)
    yield from resource_found(
        "kubernetes", f"{group}/{kind}", address, root, root.line, RULE, source,
        outer=Table(root.line, [*root.entries, ("labels", root.line, labels)]),
    )  # fmt: skip
    if kind in ("ConfigMap", "Secret"):
        yield from _data(kind, name, root, source)
        return
    for keys in _RELEASES.get(kind, ()):
        yield from read_values(root.table(*keys), source)
    if kind in ("ExternalSecret", "SealedSecret"):
        yield from _external(name, root, source)
    for path, table in tables(root):
        if path and path[-1] in _CONTAINERS:
            inner = table.text("name")
            full = address if inner in ("", name) else f"{address}/{inner}"
            yield from container(full, table, source, RULE, ("labels", labels))
        elif _is_variable(path, table):
            environment = Environment.of(source, f"{RULE}.variable")
            environment.add(table.text("name"), table.line, table.get("value"))
            yield from environment.found()


def _is_variable(path: tuple[str, ...], table: Table) -> bool:
    """Whether a mapping is a variable outside a container: custom resources keep some."""
    inside = bool(path) and path[-1] in ("env", "environment") and not _CONTAINERS & set(path)
    return inside and bool(table.text("name"))


def _labels(root: Table) -> Table:
    """Labels of the object and of the pods it makes: what cost tools split by."""
    found = Table(root.line)
    for path in (("metadata", "labels"), ("spec", "template", "metadata", "labels")):
        found.entries += root.table(*path).all()
    return found


def _data(kind: str, name: str, root: Table, source: Source) -> Iterator[Found]:
    """Variables in a ConfigMap; of a Secret the names alone."""
    environment = Environment.of(source, f"{RULE}.{kind.lower()}")
    for section in ("data", "stringData"):
        for key, line, value in root.table(section).all():
            scalar = value if isinstance(value, Scalar) else Scalar(None, line)
            if kind == "Secret":
                # Encoded or not, it is the secret itself.
                plain = scalar if section == "stringData" else None
                environment.add(key, line, plain, f"{name}/{key}")
            elif "\n" not in (scalar.value or ""):
                environment.add(key, line, scalar)
    yield from environment.found()


def _external(name: str, root: Table, source: Source) -> Iterator[Found]:
    environment = Environment.of(source, f"{RULE}.secret")
    for item in root.items("spec", "data"):
        if isinstance(item, Table) and item.text("secretKey"):
            key = item.text("secretKey")
            environment.add(key, item.line, None, f"{name}/{key}")
    for key, line, _ in root.table("spec", "encryptedData").all():
        environment.add(key, line, None, f"{name}/{key}")
    yield from environment.found()


def read_values(root: Table, source: Source) -> Iterator[Said]:
    """Helm values, and any other YAML that says which images run with which variables."""
    rule = "yaml.helm-values"
    for path, table in tables(root):
        if any(
            key in table_keys(table)
            for key in ("image", "env", "extraEnv", "envVars", "environment")
        ):
            yield from container(".".join(path) or "values", table, source, rule, ("", None))
        elif table.text("repository") and path:
            # `image: {repository: ...}` is read with its container; vLLM's chart lists models so.
            model = model_id(table.text("modelURL") or table.text("model"))
            environment = Environment.of(source, f"{rule}.variable")
            served = image_found(
                settled_image(Table(table.line, [("image", table.line, table)])),
                ".".join((*path, table.text("name"))).rstrip("."),
                table.line, rule, [], {}, environment,
            )  # fmt: skip
            if served is not None and path[-1] != "image":
                yield dataclasses.replace(served, models=(model,) if model else ())
        if path and path[-1] in ("secrets", "secretEnv", "extraSecretEnv", "apiKeys"):
            yield from _flat(table, source, rule)
    yield from _flat(root, source, rule)


def table_keys(table: Table) -> set[str]:
    """The keys of a mapping."""
    return {name for name, _, _ in table.entries}


def _flat(table: Table, source: Source, rule: str) -> Iterator[Found]:
    environment = Environment.of(source, f"{rule}.variable")
    for key, line, value in table.all():
        if isinstance(value, Scalar) and re.search(r"[A-Z]{3}|[_-]", key):
            environment.add(key, line, value)
    yield from environment.found()


def read_compose(root: Table, source: Source) -> Iterator[Said]:
    """Services of Compose: images, variables, and the models that Compose itself runs."""
    rule = "yaml.compose"
    for name, line, service in root.table("services").all():
        if not isinstance(service, Table):
            continue
        labels = service.get("labels")
        yield from container(name, service, source, rule, ("labels", labels), line=line)
        if service.text("provider", "type") == "model":
            yield from _model(name, service.table("provider", "options"), rule)
    for name, _, model in root.table("models").all():
        if isinstance(model, Table):
            yield from _model(name, model, rule)
    for name, line, _ in root.table("secrets").all():
        found = meaning(name, source.catalogue)
        if found is not None and found.role == "key":
            yield Found(
                "secret", name, line, f"{rule}.secret", "repository", provider=found.provider,
                confidence="certain" if found.certain else "likely", variable=name,
            )  # fmt: skip


def _model(name: str, table: Table, rule: str) -> Iterator[Found]:
    """A model that Docker Model Runner serves. Source: Compose specification, models."""
    model = model_id(table.text("model"))
    if model:
        tagging, tags = map_tags(table.get("labels"), "labels")
        yield Found(
            "deployment", f"models.{name}", table.line, f"{rule}.model", name=name,
            provider="self-hosted", models=(model,), tags=tags,
            tagging="untaggable" if tagging == "untagged" else tagging,
        )  # fmt: skip


def looks_like_compose(root: Table) -> bool:
    """Whether a document is Compose's: services that are built or made of an image."""
    return any(
        isinstance(service, Table)
        and ("image" in table_keys(service) or "build" in table_keys(service))
        for _, _, service in root.table("services").entries
    )
