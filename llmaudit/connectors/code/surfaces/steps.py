"""What steps of every kind of pipeline have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llmaudit.connectors.code.surfaces.commands import Run
from llmaudit.connectors.code.surfaces.findings import Found, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table
from llmaudit.connectors.code.surfaces.tags import header_tags
from llmaudit.connectors.code.surfaces.variables import Environment
from llmaudit.connectors.code.tagging import UNTAGGED, TagReading

RULE = "yaml.github-actions"
_LABEL = 60


def symbol_of(*parts: str) -> str:
    """The name of a step: its job and its id, without the characters that a call's key uses."""
    kept = [re.sub(r"[^\w.-]+", "-", part).strip("-")[:_LABEL] for part in parts]
    return ".".join(part for part in kept if part)


def request_tags(scopes: Sequence[Table], source: Source) -> TagReading:
    """What the variables of a step say of tags.

    Claude Code sends ANTHROPIC_CUSTOM_HEADERS with every request; OTEL_RESOURCE_ATTRIBUTES
    label telemetry alone. Source: Claude Code documentation, settings and monitoring.
    """
    weak = ""
    for scope in reversed(scopes):
        headers = scope.get("ANTHROPIC_CUSTOM_HEADERS")
        if isinstance(headers, Scalar) and headers.value != "":
            text = headers.value or ""
            if not text or text.strip().startswith(("$", "{{")):
                return TagReading("dynamic")
            pairs = [line.partition(":") for line in text.splitlines()]
            reading = header_tags(
                [(name.strip(), value.strip()) for name, colon, value in pairs if colon],
                gateway_headers(source),
            )
            if reading.tagging != "untagged":
                return reading
        if scope.text("OTEL_RESOURCE_ATTRIBUTES"):
            weak = "OTEL_RESOURCE_ATTRIBUTES"
    return TagReading("partial", (), weak) if weak else UNTAGGED


def gateway_headers(source: Source) -> dict[str, str]:
    """Tag headers of the configured gateways, with the key each stands for."""
    return {name: key for gateway in source.gateways for name, key in gateway.tag_headers.items()}


def called(
    run: Run,
    script: Scalar,
    symbol: str,
    environment: Environment,
    scopes: Sequence[Table],
    source: Source,
    surface: str,
) -> Found:
    """A command of a script as a call."""
    provider = run.provider
    if provider == "unknown":
        provider = environment.provider or provider
    reading = run.reading
    if reading is None and run.headers:
        reading = header_tags(run.headers, gateway_headers(source))
    if reading is None or reading.tagging == "untagged":
        reading = request_tags(scopes, source) if run.id == "claude-code" else reading or UNTAGGED
    attributes = {"endpoint": run.host} if run.host else {}
    if run.default:
        attributes["model_default"] = run.default
    return Found(
        "call",
        symbol,
        script.line_of(run.line),
        f"yaml.{surface}.{run.id}",
        end_line=script.line_of(run.end_line),
        provider=provider,
        sdk=run.id,
        api=run.api,
        models=run.models,
        symbol=symbol,
        text=run.text,
        tags=reading.tags,
        tagging=reading.tagging,
        weak=reading.weak,
        secrets=tuple(one.key for one in environment.keys if provider in ("unknown", one.provider)),
        attributes=attributes,
    )


def scalars(table: Table, *names: str) -> Iterator[Scalar]:
    """The texts that stand under any of the names, alone or in a list."""
    for name, _, value in table.all():
        if name not in names:
            continue
        for one in [value] if isinstance(value, Scalar) else table.items(name):
            if isinstance(one, Scalar) and one.value:
                yield one
