"""Attribution that stands in the code and does not arrive, by what providers document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from llmaudit.catalogue import Catalogue, Ineffective, TagField
from llmaudit.connectors.code.tagging import FoundTag, TagReading, at
from llmaudit.connectors.code.value import Blank, Table

# Arguments under which a request's own fields may stand.
_HOLDERS = ("", "0.", "1.", "parameters.", "extra_body.", "body.", "config.", "1.config.")


def ineffective(
    catalogue: Catalogue,
    provider: str,
    api: str,
    sdk: str,
    endpoint: str,
    arguments: Table,
    readings: Iterable[TagReading],
) -> tuple[str, ...]:
    """Why attribution of a call does not arrive, a sentence with its source for each.

    Args:
        endpoint: Host the call goes to where it is literal; empty where it is the SDK's own.
        arguments: The call's arguments.
        readings: Tags of the call and of its client.
    """
    tags = [tag for reading in readings for tag in reading.tags]
    fields = catalogue.tag_fields(provider, api, sdk)

    def source(name: str) -> str:
        return catalogue.source(provider, sdk, name)

    found = [
        *(
            f"{text} ({source(name)})"
            for text, name in _dropped(catalogue.ineffective(provider, api, sdk), arguments)
        ),
        *(f"{text} ({source(name)})" for text, name in _beyond_limits(fields, tags)),
        *_elsewhere(catalogue, endpoint, tags),
    ]
    return tuple(dict.fromkeys(found))


def _dropped(forms: Iterable[Ineffective], arguments: Table) -> Iterator[tuple[str, str]]:
    """Arguments that the API has no use for, or takes for something else."""
    for form in forms:
        for holder in _HOLDERS:
            value, _ = at(arguments, f"{holder}{form.field}")
            if isinstance(value, Blank):
                continue
            if form.keys and not (isinstance(value, Table) and set(value.entries) - set(form.keys)):
                continue
            yield f"{form.field}: {form.why}", form.source
            break


def _beyond_limits(
    fields: Iterable[TagField], tags: Iterable[FoundTag]
) -> Iterator[tuple[str, str]]:
    """More keys, or longer or other ones, than the provider's field takes."""
    by_field: dict[str, list[FoundTag]] = defaultdict(list)
    for tag in tags:
        by_field[tag.mechanism.split(" ")[0].rpartition(".")[2]].append(tag)
    for field in fields:
        held, name = by_field.get(field.field, []), field.field
        keys = {tag.key for tag in held}
        if field.max_keys is not None and len(keys) > field.max_keys:
            yield f"{name} takes {field.max_keys} keys, {len(keys)} stand", field.source
        for tag in held:
            value, length = tag.value or "", field.max_key_length
            if length is not None and len(tag.key) > length:
                shown = tag.key[:20]
                yield (
                    f"{name} takes keys of {length} characters: {shown}... is longer",
                    field.source,
                )
            length = field.max_value_length
            if length is not None and len(value) > length:
                yield (
                    f"{name} takes values of {length} characters: {tag.key}'s is longer",
                    field.source,
                )
            if field.key_pattern and not re.fullmatch(field.key_pattern, tag.key):
                yield f"{name} does not take a key such as {tag.key}", field.source
            if value and field.value_pattern and not re.fullmatch(field.value_pattern, value):
                yield f"{name} does not take the value of {tag.key}", field.source


def _elsewhere(catalogue: Catalogue, endpoint: str, tags: Iterable[FoundTag]) -> Iterator[str]:
    """A gateway's header on a call that does not go through that gateway."""
    if not endpoint:
        return
    known = catalogue.host(endpoint)
    for tag in tags:
        header = tag.mechanism.partition(" ")[2].casefold()
        for gateway, field, source in catalogue.gateway_headers if header else ():
            read = fnmatchcase(header, field.field.casefold())
            if read and known is not None and known.id != gateway:
                yield f"{header} is read by {gateway}, but the call goes to {endpoint} ({source})"
