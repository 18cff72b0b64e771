"""Containers, wherever they are declared: their image, their variables, their command."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.findings import Found, Source
from llmaudit.connectors.code.surfaces.nodes import Items, Node, Scalar, Table
from llmaudit.connectors.code.surfaces.tags import map_tags
from llmaudit.connectors.code.surfaces.variables import Environment, model_id, settled

_REGISTRY = re.compile(r"^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?|localhost(?::\d+)?)/")
_NO_MODEL = ("serve", "server", "run", "start", "bash", "sh", "python", "python3", "vllm")
_SPAN = 200
_KUBERNETES = "yaml.kubernetes"


def container(
    name: str,
    table: Table,
    source: Source,
    rule: str,
    labels: tuple[str, Node | None] = ("", None),
    image: str = "",
    line: int = 0,
) -> Iterator[Found]:
    """What one container declares: a model server or gateway, secrets, routes.

    Args:
        name: Of the service or workload it is.
        table: Its mapping, with ``image``, ``env`` or ``environment``, ``command``, ``args``.
        rule: The surface.
        labels: The mechanism that its labels are, and the labels.
        image: Its image, where it is not the mapping's own text.
        line: Where it is named; its mapping's first line where 0.
    """
    environment = Environment.of(source, f"{rule}.variable")
    values = _environment(table, environment)
    served = image_found(
        image or settled_image(table),
        name,
        line or table.line,
        rule,
        _words(table),
        values,
        environment,
    )
    if served is not None:
        mechanism, held = labels
        tagging, tags = map_tags(held, mechanism) if mechanism else (None, ())
        if tagging == "untagged" and mechanism == "labels" and rule != _KUBERNETES:
            # Bills are split by the labels of workloads in a cluster, not by Docker's.
            tagging = None
        yield dataclasses.replace(served, tags=tags, tagging=tagging)
    yield from environment.found()


def image_found(
    image: str,
    name: str,
    line: int,
    rule: str,
    words: list[str],
    values: dict[str, str],
    environment: Environment,
) -> Found | None:
    """A container whose image serves models or stands in front of those who do."""
    row = image_row(image)
    if row is None:
        return None
    models = _models(row, words, values)
    if row.provider == "nvidia":
        models = models or [bare_image(image).removeprefix("nim/")]
    return Found(
        row.kind,
        name or bare_image(image),
        line,
        f"{rule}.image",
        provider=row.provider,
        models=tuple(dict.fromkeys(models)),
        secrets=environment.secrets,
        hosts=environment.hosts if row.kind != "deployment" else (),
        attributes={"image": image.partition("@")[0]},
    )


def settled_image(table: Table) -> str:
    """The image of a container: one text, or Helm's repository and tag."""
    held = table.get("image")
    if isinstance(held, Table):
        parts = [settled(held.text("registry")), settled(held.text("repository"))]
        return "/".join(part for part in parts if part)
    text = held.value or held.hint if isinstance(held, Scalar) else ""
    found = settled(text)
    if not found and text:
        # `vllm/vllm-openai:${TAG}`: only the version is open.
        head = re.match(r"^([a-z0-9./_-]+):?[^/]*$", text)
        found = head[1] if head else ""
    return found


@lru_cache(maxsize=4096)
def image_row(image: str) -> known.Image | None:
    """The row that knows an image."""
    name = bare_image(image)
    if not name:
        return None
    return next(
        (row for row in known.rows("images", known.Image) if fnmatchcase(name, row.image)), None
    )


def bare_image(image: str) -> str:
    """An image's name without registry host, tag and digest, lower case."""
    text = image.strip().strip("\"'").casefold().partition("@")[0]
    text = _REGISTRY.sub("", text)
    head, slash, last = text.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _environment(table: Table, environment: Environment) -> dict[str, str]:
    """Read a container's variables; return those that are settled, for what an image asks."""
    values: dict[str, str] = {}

    def take(name: str, line: int, value: Node | None, stored: str = "") -> None:
        environment.add(name, line, value, stored)
        text = settled(value.value or "") if isinstance(value, Scalar) else ""
        if text:
            values[name] = text

    for key in ("env", "environment", "extraEnv", "extraEnvVars", "envVars"):
        held = table.get(key)
        if isinstance(held, Table):
            for name, line, value in held.all():
                if isinstance(value, Table):
                    take(name, line, value.get("value"), _stored(value))
                else:
                    take(name, line, value)
        elif isinstance(held, Items):
            for item in held.values:
                if isinstance(item, Scalar) and item.value:
                    name, _, text = item.value.partition("=")
                    take(name.strip(), item.line, Scalar(text, item.line))
                elif isinstance(item, Table) and item.text("name"):
                    take(item.text("name"), item.line, item.get("value"), _stored(item))
    for item in table.items("secrets"):
        # ECS: {name, valueFrom}.
        if isinstance(item, Table) and item.text("name") and item.get("valueFrom") is not None:
            take(item.text("name"), item.line, None)
    return values


def _stored(item: Table) -> str:
    """``secret/key`` of a reference to a Kubernetes Secret."""
    for path in (("valueFrom", "secretKeyRef"), ("secretKeyRef",)):
        name, key = item.text(*path, "name"), item.text(*path, "key")
        if name and key:
            return f"{name}/{key}"
    return ""


def _words(table: Table) -> list[str]:
    found: list[str] = []
    for key in ("entrypoint", "command", "args", "extraArgs", "vllmConfig.extraArgs"):
        held = table.get(key)
        if isinstance(held, Scalar) and held.value:
            try:
                found += shlex.split(held.value[:10_000])
            except ValueError:
                found += held.value.split()
        elif isinstance(held, Items):
            for item in held.values[:_SPAN]:
                if isinstance(item, Scalar):
                    found.append(item.value or "")
    # A shell's one argument is a command line of its own.
    if len(found) > 2 and found[0].rpartition("/")[2] in ("bash", "sh") and " " in found[-1]:
        found = found[-1].split()
    return found


def _models(row: known.Image, words: list[str], values: dict[str, str]) -> list[str]:
    found: list[str] = []
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in row.models:
            text = value if equals else words[index + 1] if index + 1 < len(words) else ""
            found.append(model_id(settled(text)))
    if row.first_word and not any(found):
        plain = [word for word in words if word not in _NO_MODEL]
        if plain and not plain[0].startswith(("-", "/")):
            found.append(model_id(settled(plain[0])))
    found += [model_id(values.get(name, "")) for name in row.variables]
    return [model for model in found if model]
