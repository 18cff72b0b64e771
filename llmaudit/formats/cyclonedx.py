"""A CycloneDX 1.6 bill of materials of models (ML-BOM), for inventories and SBOM platforms."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from llmaudit.errors import UsageError
from llmaudit.formats import Options
from llmaudit.formats.figures import utc
from llmaudit.formats.printable import printable
from llmaudit.model import Asset, Evidence, Report

if TYPE_CHECKING:
    from cyclonedx.model import Property, XsUri
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.component_evidence import ComponentEvidence
    from cyclonedx.model.service import Service

UNNAMED = "(not named in what was read)"
"""The model of a call whose source does not say which."""

_SPACE = uuid.UUID("6f2b7c54-6a0e-5c1d-9a52-1f0b6a1d2c33")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")
_Seen = Sequence[tuple[Asset, Evidence]]


def render(report: Report, options: Options | None = None) -> str:  # noqa: ARG001
    """Models as components, providers as services, SDKs as libraries, calls as occurrences.

    Raises:
        UsageError: cyclonedx-python-lib is not installed.
    """
    try:
        from cyclonedx.output import make_outputter
        from cyclonedx.schema import OutputFormat, SchemaVersion
    except ImportError as error:
        raise UsageError(
            "the format cyclonedx needs cyclonedx-python-lib",
            "install it with: pip install 'llmaudit[reports]'",
        ) from error
    outputter = make_outputter(_bom(report), OutputFormat.JSON, SchemaVersion.V1_6)
    return outputter.output_as_string(indent=1) + "\n"


def _bom(report: Report) -> Bom:
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType

    models: dict[tuple[str, str], list[tuple[Asset, Evidence]]] = defaultdict(list)
    sdks: dict[str, list[tuple[Asset, Evidence]]] = defaultdict(list)
    providers: dict[str, list[tuple[Asset, Evidence]]] = defaultdict(list)
    for asset in report.assets:
        for entry in asset.evidence:
            provider = printable(entry.provider or asset.provider or "unknown")
            providers[provider].append((asset, entry))
            named = entry.models or ((UNNAMED,) if entry.kind == "call" else ())
            for model in dict.fromkeys(map(printable, named)):
                models[provider, model].append((asset, entry))
            if entry.sdk:
                sdks[printable(entry.sdk)].append((asset, entry))
    whole = Component(
        name=printable(report.organization or _repositories(report) or "llmaudit"),
        type=ComponentType.APPLICATION,
        bom_ref="root",
    )
    bom = Bom(
        serial_number=uuid.uuid5(_SPACE, _identity(report)),
        metadata=BomMetaData(
            timestamp=utc(report.as_of), component=whole, tools=_tool(report.tool_version)
        ),
        components=[
            *(_model(provider, model, seen) for (provider, model), seen in models.items()),
            *(_sdk(name, seen) for name, seen in sdks.items()),
        ],
        services=[_service(name, seen) for name, seen in providers.items()],
        properties=_properties(
            ("config-digest", [report.config_digest]),
            (
                "coverage",
                [f"{line.connector} {line.scope}: {line.status}" for line in report.coverage],
            ),
            ("repository", [repository.repo for repository in report.repositories]),
        ),
    )
    bom.register_dependency(whole, [*bom.components, *bom.services])
    return bom


def _tool(version: str) -> Any:
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository

    tool = Component(
        name="llmaudit", version=printable(version), type=ComponentType.APPLICATION, bom_ref="tool"
    )
    return ToolRepository(components=[tool])


def _model(provider: str, model: str, seen: _Seen) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    ref = f"model:{provider}/{model}"
    return Component(
        name=model,
        group=provider,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=ref,
        evidence=_occurrences(ref, seen),
        properties=_about(seen, ("provider", [provider])),
    )


def _sdk(name: str, seen: _Seen) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    ref = f"sdk:{name}"
    return Component(
        name=name,
        type=ComponentType.LIBRARY,
        bom_ref=ref,
        evidence=_occurrences(ref, seen),
        properties=_about(seen),
    )


def _service(name: str, seen: _Seen) -> Service:
    from cyclonedx.model.service import Service

    # Evidence has no place in a service: where it is called from stands in its properties.
    places = [
        f"{entry.where.repo or ''} {entry.where}".strip()
        for _, entry in seen
        if entry.kind != "call" or not entry.models
    ]
    return Service(
        name=name,
        bom_ref=f"provider:{name}",
        endpoints=_endpoints(seen),
        properties=_about(seen, ("seen-at", places), ("api", [e.api for _, e in seen if e.api])),
    )


def _endpoints(seen: _Seen) -> list[XsUri]:
    """The hosts that what was read names; a provider's usual address is not among them."""
    from cyclonedx.model import XsUri

    hosts = {
        host
        for _, entry in seen
        for key in ("host", "endpoint")
        if _HOST.fullmatch(host := entry.attributes.get(key, ""))
    }
    return [XsUri(f"https://{host}") for host in sorted(hosts)]


def _occurrences(ref: str, seen: _Seen) -> ComponentEvidence:
    from cyclonedx.model.component_evidence import ComponentEvidence, Occurrence

    places = sorted(
        (
            printable(entry.where.path or entry.where.uri or asset.name),
            entry.where.line or 0,
            printable(entry.symbol or ""),
            printable(" ".join(part for part in (asset.id, entry.where.repo, entry.api) if part)),
        )
        for asset, entry in seen
    )
    return ComponentEvidence(
        occurrences=[
            # The library orders occurrences by their reference, and invents one where none is
            # given: the same report would not give the same bytes.
            # The schema knows no column; its offset counts bytes, which are not known.
            Occurrence(
                bom_ref=f"{ref}@{number:06}",
                location=location,
                line=line or None,
                symbol=symbol or None,
                additional_context=context,
            )
            for number, (location, line, symbol, context) in enumerate(places, 1)
        ]
    )


def _about(seen: _Seen, *more: tuple[str, Iterable[str]]) -> list[Property]:
    """Owner, tags and verdict of what uses it, each value once, and how many use it."""
    assets = list({asset.id: asset for asset, _ in seen}.values())
    tags = [
        (f"tag:{printable(key)}", [tag.value])
        for asset in assets
        for key, tag in asset.tags.items()
        if tag.value is not None
    ]
    kinds = sorted({asset.kind for asset in assets})
    return _properties(
        *more,
        *tags,
        *((f"count:{kind}", [str(sum(a.kind == kind for a in assets))]) for kind in kinds),
        ("owner", [asset.owner.value for asset in assets if asset.owner.value]),
        ("verdict", [asset.verdict for asset in assets]),
        ("tag-status", [asset.tag_status for asset in assets if asset.tag_status]),
        ("cost-center", [asset.unit.cost_center for asset in assets if asset.unit]),
        ("environment", [asset.environment for asset in assets if asset.environment]),
    )


def _properties(*named: tuple[str, Iterable[str]]) -> list[Property]:
    from cyclonedx.model import Property

    pairs = {(f"llmaudit:{name}", printable(value)) for name, values in named for value in values}
    return [Property(name=name, value=value) for name, value in sorted(pairs) if value]


def _repositories(report: Report) -> str:
    return ", ".join(repository.repo for repository in report.repositories)


def _identity(report: Report) -> str:
    """What makes two bills the same one: the moment, the configuration, and what was found."""
    parts = [utc(report.as_of).isoformat(), report.config_digest, report.organization]
    parts += [asset.id for asset in report.assets]
    return "\n".join(map(printable, parts))
