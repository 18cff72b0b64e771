"""Declared resources of a cloud: a row of the data files says which, and where their tags are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.commands import provider_of_model
from llmaudit.connectors.code.surfaces.containers import bare_image, image_row
from llmaudit.connectors.code.surfaces.findings import Found, Source
from llmaudit.connectors.code.surfaces.nodes import Node, Scalar, Table, texts, walk
from llmaudit.connectors.code.surfaces.tags import map_tags
from llmaudit.connectors.code.surfaces.variables import model_id

_SAGEMAKER = "sagemaker"
_MODEL_MARKS = ("foundation-model/", "inference-profile/", "/models/")


def resource_found(
    file: str,
    type_: str,
    address: str,
    body: Table,
    line: int,
    rule: str,
    source: Source,
    *,
    outer: Table | None = None,
) -> Iterator[Found]:
    """A resource that a row of a data file knows.

    Args:
        file: The data file.
        type_: The resource's type as the file writes it.
        address: What tells it from others of the file.
        body: Its attributes.
        line: Of its declaration.
        rule: The surface.
        outer: Where its kind and its tags stand, if not in the body.
    """
    around = outer or body
    for row in known.resource(file, type_):
        if not _holds(row, around, body):
            continue
        provider = row.provider
        models = _models(row, body)
        if provider == _SAGEMAKER:
            served = _served(body)
            if served is None:
                return
            models = [*models, *served]
        if provider == "azure-openai" and "deployment" in type_.casefold():
            provider = _publisher(body, provider)
        if provider == "unknown":
            provider = provider_of_model(models, source)
        tags_of = around if around.get(row.tags) is not None else body
        tagging, tags = map_tags(tags_of.get(row.tags), row.tags) if row.tags else (None, ())
        yield Found(
            row.kind,
            address,
            line,
            f"{rule}.{type_.casefold().replace('::', '-').replace('/', '-').replace(':', '-')}",
            name=address,
            end_line=max(node.line for _, node in walk(body)),
            provider=provider,
            models=tuple(dict.fromkeys(models)),
            tags=tags,
            tagging=tagging,
            attributes={"resource_type": type_},
        )
        return


def _holds(row: known.Resource, around: Table, body: Table) -> bool:
    for key, accepted in row.when.items():
        allowed = {text.casefold() for text in accepted}
        values = [one.value for holder in (around, body) for one in texts(holder, key)]
        if not any(value is not None and value.casefold() in allowed for value in values):
            return False
    return True


def _models(row: known.Resource, body: Table) -> list[str]:
    found: list[str] = []
    for key in row.models:
        if "." in key:
            node: Node | None = body.get(*key.split("."))
            found += _ids([node] if isinstance(node, Scalar) else [])
        elif key == "name":
            # The model's own block, not the deployment's name.
            for path, table in _named(body, "model"):
                del path
                found += _ids([one for one in [table.get("name")] if isinstance(one, Scalar)])
        else:
            found += _ids(texts(body, key))
    return found


def _named(body: Table, name: str) -> Iterator[tuple[tuple[str, ...], Table]]:
    for path, node in walk(body):
        if path and path[-1] == name and isinstance(node, Table):
            yield path, node


def _ids(values: Iterable[Scalar]) -> list[str]:
    found: list[str] = []
    for one in values:
        text = one.value
        if text is None:
            # Of an address with an open region the model's part may be settled.
            text = one.hint if any(mark in one.hint for mark in _MODEL_MARKS) else ""
        model = model_id(text)
        if model:
            found.append(model)
    return found


def _publisher(body: Table, provider: str) -> str:
    """Azure's own name for a deployment of a model that OpenAI did not make."""
    formats = {one.value for one in texts(body, "format") if one.value}
    return "azure-ai-inference" if formats and "OpenAI" not in formats else provider


def _served(body: Table) -> list[str] | None:
    """Models of a SageMaker model whose image serves language models; None for any other."""
    images = [one.value or one.hint for one in texts(body, "image", "Image")]
    for text in images:
        row = image_row(text.rpartition("/")[2]) or image_row(bare_image(text))
        if row is not None and row.kind == "deployment":
            found = list(texts(body, "HF_MODEL_ID", "OPTION_MODEL_ID", "MODEL_ID"))
            return _ids(found)
    return None
