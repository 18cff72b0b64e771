"""Azure Resource Manager templates and Bicep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.bicep_nodes import read_object
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table, tables
from llmaudit.connectors.code.surfaces.resources import resource_found
from llmaudit.connectors.code.surfaces.variables import Environment

_DECLARATION = re.compile(
    r"^[ \t]*(resource|module)\s+(\w+)\s+'([^'\n]+)'\s*(existing\s*)?=", re.MULTILINE
)
_VARIABLE = re.compile(
    r"^\s*(?:(?:'?([A-Z][A-Z0-9_]{4,})'?\s*:)|name\s*:\s*'([A-Z][A-Z0-9_]{4,})'\s*$)"
    r"(?:\s*'([^'$]*)'\s*$)?"
)


def is_template(root: Table) -> bool:
    """Whether a document is an ARM template."""
    return "deploymentTemplate.json" in root.text("$schema")


def read_template(root: Table, source: Source) -> Iterator[Said]:
    """The model resources of an ARM template, and the settings of its applications."""
    for path, table in tables(root):
        type_ = table.text("type")
        if "/" in type_ and table.get("apiVersion") is not None:
            name = _shown(table.text("name")) or type_.rpartition("/")[2]
            address = f"{type_}.{name}"
            yield from resource_found(
                "azure", type_, address, table, table.line, "json.arm", source, outer=table
            )
        elif path and path[-1] == "appSettings" and table.text("name"):
            environment = Environment.of(source, "json.arm.variable")
            value = table.get("value")
            environment.add(table.text("name"), table.line, value)
            yield from environment.found()


def _shown(name: str) -> str:
    """A name as it is written, an expression cut to what it names."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-")[:80]


def read_bicep(source: Source) -> Iterator[Said]:
    """The model resources of a Bicep file, and the accounts that a module is asked for.

    Only declarations whose type, or whose module's parameters, say that they are about models
    are looked into. Modules are not followed, expressions are not evaluated.
    """
    environment = Environment.of(source, "bicep.variable")
    for match in _DECLARATION.finditer(source.text):
        line = source.text.count("\n", 0, match.start(1)) + 1
        kind, name, type_ = match[1], match[2], match[3].partition("@")[0]
        if "existing" in (match[4] or "") or (
            kind == "resource" and next(known.resource("azure", type_), None) is None
        ):
            continue
        body = read_object(source.text, match.end(), line)
        if body is None:
            yield Problem(f"line {line}: the object of {kind} {name} could not be read")
        elif kind == "resource":
            yield from resource_found("azure", type_, name, body, line, "bicep", source, outer=body)
        else:
            yield from _module(name, body.table("params"), line, source)
    for number, text in enumerate(source.text.splitlines(), 1):
        pair = _VARIABLE.match(text)
        if pair:
            value = Scalar(pair[3], number) if pair[3] is not None else None
            environment.add(pair[1] or pair[2], number, value)
    yield from environment.found()


def _module(name: str, params: Table, line: int, source: Source) -> Iterator[Found]:
    """An account and its deployments, where a module is given a kind that serves models.

    Source: Azure Verified Modules, cognitive-services/account: parameters.
    """
    account = "Microsoft.CognitiveServices/accounts"
    if not params.text("kind"):
        return
    found = list(
        resource_found("azure", account, name, params, line, "bicep.module", source, outer=params)
    )
    yield from found
    for item in params.items("deployments") if found else []:
        if isinstance(item, Table) and item.table("model").text("name"):
            deployed = Table(item.line, [*item.entries, ("properties", item.line, item)])
            address = f"{name}/{item.text('name') or item.table('model').text('name')}"
            yield from resource_found(
                "azure", f"{account}/deployments", address, deployed, item.line, "bicep.module",
                source, outer=item,
            )  # fmt: skip
