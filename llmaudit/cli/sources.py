"""``llmaudit sources``: what can be read, what it cannot show, and what it needs."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def sources(
    format: Annotated[
        str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")
    ] = "text",
) -> None:
    """List what can be read, and what it takes.

    Connectors with what they see, cannot see and need, and the exports that are known.
    """
    import json

    from llmaudit.cli.streams import answer
    from llmaudit.errors import UsageError

    if format not in ("text", "json"):
        raise UsageError(f"sources have no format {format!r}", "the formats are: json, text")
    listed = {"connectors": _connectors(), "exports": _exports()}
    answer(
        json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
        if format == "json"
        else _text(listed)
    )


def _connectors() -> list[dict[str, Any]]:
    from llmaudit.connectors import KINDS

    return [
        {
            "type": name,
            "side": kind.side,
            "network": kind.network,
            "sees": kind.sees,
            "cannot_see": kind.cannot_see,
            "permission": kind.permission,
        }
        for name, kind in KINDS.items()
    ]


def _exports() -> list[dict[str, Any]]:
    from llmaudit.exports import list_schemas

    return [
        {
            "id": schema.id,
            "name": schema.name,
            "kind": schema.kind,
            "app": schema.app,
            "where": schema.docs,
        }
        for schema in list_schemas()
    ]


def _text(listed: dict[str, list[dict[str, Any]]]) -> str:
    lines = []
    for one in listed["connectors"]:
        where = "over the network" if one["network"] else "on this machine"
        lines += [
            f"{one['type']} ({one['side']}, {where})",
            f"  sees        {one['sees']}",
            f"  cannot see  {one['cannot_see']}",
            f"  needs       {one['permission']}",
        ]
    lines.append("known exports")
    for one in listed["exports"]:
        lines += [f"  {one['id']}: {one['name']}", f"    {one['where']}"]
    return "\n".join(lines) + "\n"
