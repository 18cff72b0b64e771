"""What a call's own arguments say about tags: tagged, partial, untagged or dynamic.

Policy-free: which keys a company requires is decided later. A key stands when its value
reaches an attribution field; an empty value is no tag; what the file cannot settle is dynamic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from llmaudit.connectors.code.rulebook import Attribution
from llmaudit.connectors.code.values import Blank, Choice, Items, Opaque, Table, Text, Value
from llmaudit.model import Tagging

# No API takes as many; a table of data that stands in a tag's place is not copied to every call.
_TAGS = 200
_TEXTS = ("environment", "interpolated")
# A value that the program makes elsewhere stands all the same; one it is handed may be none.
_MADE = ("call", "import")
# Header names that carry attribution, and names that only identify an application or a user.
# Sources: OpenAI API reference (OpenAI-Project), Helicone custom properties, Portkey metadata,
# Cloudflare AI Gateway custom metadata, LiteLLM request tags, OpenRouter app attribution,
# Google Cloud system parameters (x-goog-user-project is a quota entity).
_TAG_HEADER = re.compile(
    r"openai-project|helicone-property-|x-portkey-metadata|cf-aig-metadata|x-litellm-tags"
    r"|(?:^|[-_])(?:team|project|cost[-_]?cent(?:er|re)|department|business[-_]?unit|owner|tags?"
    r"|metadata|application[-_]?id)(?:$|[-_])",
    re.IGNORECASE,
)
_WEAK_HEADER = re.compile(
    r"^(?:x-(?:openrouter-)?title|http-referer|referer|x-goog-user-project|helicone-user-id"
    r"|helicone-session-(?:id|name|path)|(?:x-portkey-)?trace[-_]id"
    r"|editor-version|editor-plugin-version|copilot-integration-id"
    r"|x-(?:end-)?user(?:-id)?|x-app(?:-name|-title)?)$",
    re.IGNORECASE,
)
# Keys that name the end user, or with Langfuse and LiteLLM the trace that a call belongs to.
_USER = re.compile(
    r"^(?:(?:langfuse_|trace_)?(?:end[-_]?)?user(?:[-_]?(?:id|name))?|langfuse_session_id"
    r"|(?:existing_)?trace_(?:id|name)|generation_(?:id|name))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundTag:
    """One tag at the source; ``value`` is None when the file does not settle it."""

    key: str
    value: str | None
    mechanism: str


@dataclass(frozen=True, slots=True)
class TagReading:
    """What one set of arguments says, and the tags it holds."""

    tagging: Tagging
    tags: tuple[FoundTag, ...] = ()
    weak: str = ""


UNTAGGED = TagReading("untagged")


def read_tags(
    arguments: Table, where: Attribution, headers: Mapping[str, str] | None = None
) -> TagReading:
    """Read the tags of one call's or one client's arguments.

    Args:
        arguments: Arguments by name, positional ones as ``"0"``, ``"1"``.
        where: The argument paths that can carry tags.
        headers: A gateway's own tag headers and the key each stands for.
    """
    arguments = without_unread(arguments, where.content)
    tags: list[FoundTag] = []
    weak: list[str] = []
    unclear, merged = arguments.open, False
    for path in where.tag:
        value, hidden = at(arguments, path)
        unclear |= hidden
        found, dynamic = _entries(value, path)
        tags += found
        unclear |= dynamic
    for path in where.listed:
        value, hidden = at(arguments, path)
        unclear |= hidden
        found, dynamic = _listed(value, path)
        tags += found
        unclear |= dynamic
    for path in where.headers:
        value, hidden = at(arguments, path)
        unclear |= hidden
        found, names, dynamic = _headers(value, path, headers or {})
        tags += found
        weak += names
        unclear |= dynamic
        # `{ ...settings.headers, "X-Title": t }`: what is merged in may say more than the rest.
        merged |= dynamic and bool(names)
    for path in where.named:
        value, hidden = at(arguments, path)
        unclear |= hidden
        if not isinstance(value, Blank):
            tags.append(FoundTag(path.rpartition(".")[2], _text(value), path))
    for path in where.weak:
        value, hidden = at(arguments, path)
        unclear |= hidden
        if not isinstance(value, Blank) or (hidden and _handed(arguments, path)):
            weak.append(path)
    for path in where.open:
        value, hidden = at(arguments, path.removesuffix(".*"))
        within = value.entries.values() if isinstance(value, Table) else ()
        inner = path.endswith(".*") and any(_unread(one) for one in within)
        unclear |= hidden or _unread(value) or inner
    if tags and all(_USER.match(tag.key) for tag in tags):
        # A mapping that only names the end user says as little as a field for it.
        return TagReading("partial", tuple(dict.fromkeys(tags))[:_TAGS], tags[0].key)
    if tags:
        return TagReading("tagged", tuple(dict.fromkeys(tags))[:_TAGS], weak[0] if weak else "")
    if weak:
        return TagReading("dynamic" if merged else "partial", (), weak[0])
    return TagReading("dynamic") if unclear else UNTAGGED


def without_unread(arguments: Table, names: Iterable[str]) -> Table:
    """The arguments without those of the names that cannot be read."""
    left_out = {name for name in names if _says_nothing(arguments.entries.get(name))}
    kept = {key: value for key, value in arguments.entries.items() if key not in left_out}
    return Table(kept, arguments.open, arguments.builder) if left_out else arguments


def _says_nothing(value: Value | None) -> bool:
    """Whether nothing is read of a value, on whatever way it comes."""
    if isinstance(value, Choice):
        return all(_says_nothing(option) for option in value.options)
    return isinstance(value, Opaque) or (isinstance(value, Table) and not value.entries)


def _handed(arguments: Table, path: str) -> bool:
    """Whether a helper that makes the mapping on the way is given a value of that name.

    ``telemetry: createTelemetry({ functionId: "chat" })`` names the function.
    """
    keys = path.split(".")
    for place in range(1, len(keys)):
        value, _ = at(arguments, ".".join(keys[:place]))
        if isinstance(value, Opaque) and value.handed is not None:
            return not isinstance(at(value.handed, ".".join(keys[place:]))[0], Blank)
    return False


def _unread(value: Value) -> bool:
    """Whether a mapping may hold more than what is read of it."""
    if isinstance(value, Choice):
        return any(_unread(option) for option in value.options)
    return isinstance(value, Opaque) or (isinstance(value, Table) and value.open)


def with_added(
    reading: TagReading, added: Table, headers: Mapping[str, str] | None = None
) -> TagReading:
    """A reading with the headers that middleware adds."""
    if not added.entries:
        return reading
    more = read_tags(Table({"headers": added}), Attribution(headers=("headers",)), headers)
    return combine([reading, more])


def combine(readings: Sequence[TagReading]) -> TagReading:
    """The call's reading and its client's as one: the strongest statement stands."""
    order: tuple[Tagging, ...] = ("tagged", "partial", "dynamic", "untagged")
    stated = {reading.tagging for reading in readings}
    best = next((tagging for tagging in order if tagging in stated), order[-1])
    tags = tuple(dict.fromkeys(tag for reading in readings for tag in reading.tags))
    return TagReading(best, tags, next((r.weak for r in readings if r.weak), ""))


def at(table: Table, path: str) -> tuple[Value, bool]:
    """The value at a dotted path, a list's by number; Blank when absent.

    The flag: something may hide it.
    """
    value: Value = table
    keys = path.split(".")
    for position, key in enumerate(keys):
        if isinstance(value, Choice):
            tables = [option for option in value.options if isinstance(option, Table)]
            value = tables[0] if tables else value.options[0]
        if isinstance(value, Table):
            if key in value.entries:
                value = value.entries[key]
                continue
            return Blank(), value.open and position > 0
        if isinstance(value, Items) and key.isdigit() and int(key) < len(value.values):
            value = value.values[int(key)]
            continue
        # A variable of the environment and an interpolation are texts: they hide no mapping.
        return Blank(), isinstance(value, Opaque) and value.why not in _TEXTS
    return value, False


def _entries(value: Value, path: str) -> tuple[list[FoundTag], bool]:
    if isinstance(value, Table):
        found = [
            FoundTag(key, _text(entry), path)
            for key, entry in islice(value.entries.items(), _TAGS)
            if not isinstance(entry, Blank)
        ]
        return found, value.open and not found
    if isinstance(value, Choice):
        found = []
        for option in value.options:
            found += _entries(option, path)[0]
        return found, not found
    if isinstance(value, Opaque):
        if value.why in _MADE:
            return [FoundTag(path.rpartition(".")[2], None, path)], False
        return [], True
    return [], False


def _listed(value: Value, path: str) -> tuple[list[FoundTag], bool]:
    if isinstance(value, Items):
        found: list[FoundTag] = []
        for item in value.values:
            text = _text(item)
            if isinstance(item, Blank):
                continue
            key, separator, rest = (text or "").partition(":")
            found.append(
                FoundTag(key.strip(), rest.strip(), path)
                if separator
                else FoundTag(text or "tag", text, path)
            )
        return found, False
    return [], isinstance(value, Opaque | Choice)


def _headers(
    value: Value, path: str, own: Mapping[str, str]
) -> tuple[list[FoundTag], list[str], bool]:
    lowered = {name.casefold(): key for name, key in own.items()}
    found: list[FoundTag] = []
    weak: list[str] = []
    unclear = isinstance(value, Opaque)
    for given in value.options if isinstance(value, Choice) else (value,):
        table = _header_lines(given)
        if isinstance(table, Opaque):
            unclear = True
        if not isinstance(table, Table):
            continue
        unclear |= table.open
        for name, entry in table.entries.items():
            if isinstance(entry, Blank):
                continue
            key = lowered.get(name.casefold())
            if key is None and _WEAK_HEADER.search(name):
                weak.append(name)
            elif key is not None or _TAG_HEADER.search(name):
                found.append(FoundTag(key or name, _text(entry), f"{path} {name}"))
    return found, weak, unclear


def _header_lines(value: Value) -> Value:
    """Headers written as lines, in a list or one below the other, as a table."""
    if isinstance(value, Text | Items):
        lines = value.value.splitlines() if isinstance(value, Text) else value.values
        entries: dict[str, Value] = {}
        for line in lines:
            written = line if isinstance(line, str) else getattr(line, "value", "")
            known = written or getattr(line, "text", "")
            name, colon, rest = known.partition(":")
            if colon and name.strip():
                entries[name.strip()] = Text(rest.strip()) if written else Opaque("unknown")
        return Table(entries)
    return value


def _text(value: Value) -> str | None:
    return value.value if isinstance(value, Text) else None
