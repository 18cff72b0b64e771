"""Matches of one file to Evidence: place, identity, tags, comments."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import abc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from llmaudit.catalogue import Catalogue
from llmaudit.config import Gateway
from llmaudit.connectors.code.comments import comments_of, read_comment
from llmaudit.connectors.code.compiled import Compiled
from llmaudit.connectors.code.connections import once_each
from llmaudit.connectors.code.engine import Match
from llmaudit.connectors.code.ineffective import ineffective
from llmaudit.connectors.code.syntax.tree import (
    Call,
    Comment,
    Expr,
    Mapping,
    Scope,
    SourceTree,
    Str,
)
from llmaudit.connectors.code.tagging import FoundTag, combine
from llmaudit.connectors.code.trace import construction, trace
from llmaudit.connectors.code.traced import traced
from llmaudit.connectors.code.unseen import unseen_matches
from llmaudit.connectors.code.unwritten import called_in, held_in, rank, safely_called
from llmaudit.connectors.code.view import FileView, Found
from llmaudit.model import Context, Evidence, Location, Tag, Tagging

# A quoted text that may name a module.
_QUOTED = re.compile(rb"""(?<=["'])[A-Za-z_][\w.\-]*(?=["'])""")


@dataclass(frozen=True, slots=True)
class Place:
    """How lines of the parsed text relate to the file a reader opens.

    Attributes:
        locate: From a line of the parsed text to the Location in the file.
        cell: From a line to the notebook cell's lasting name; empty outside notebooks.
        hide: Puts whole keys in a text into redacted form.
        hidden_by: The ignore file of the tree that leaves this file out; empty where none does.
        callers: From the scope of a call to how many places stand behind its function.
    """

    repo: str
    path: str
    context: Context
    locate: Callable[[int], Location]
    cell: Callable[[int], str]
    hide: Callable[[str], str]
    hidden_by: str = ""
    callers: Callable[[Scope, SourceTree], int | None] | None = None


@dataclass(slots=True)
class FileResult:
    """What one file gave; ``tangled`` where following its values was given up."""

    calls: list[Evidence] = field(default_factory=list)
    clients: list[Evidence] = field(default_factory=list)
    imports: list[Evidence] = field(default_factory=list)
    unresolved: int = 0
    tangled: bool = False


def read_file(
    tree: SourceTree,
    matches: Sequence[Match],
    compiled: Compiled,
    place: Place,
    catalogue: Catalogue,
    gateways: tuple[Gateway, ...],
    others: Callable[[SourceTree], FileView | None] | None = None,
) -> FileResult:
    """Everything one parsed file gives: calls, clients and imports of SDKs.

    Args:
        others: The views of the repository's other files.
    """
    rules = compiled.rules
    spoken = compiled.of(tree.language)
    matches = [*matches, *unseen_matches(tree, spoken)]
    view = view_of(tree, matches, compiled, catalogue, gateways, others)
    result = FileResult(imports=list(_imports(view, place)))
    result.clients = [_client(found, place) for _, found in sorted(view.clients.items())]
    sites: dict[tuple[int, int], tuple[Found, bool]] = {}
    refused: set[tuple[int, int]] = set()
    for match in matches:
        rule = rules[match.rule]
        site = tree.call_at(match.start, match.end)
        if rule.role != "call" or rule.proxies or site is None:
            continue
        span = (site[0].start, site[0].end)
        found = trace(rule, *site, view)
        if found is None:
            if not rule.commands and not rule.resource and rule.open_receivers:
                refused.add(span)
        elif span not in sites or rank(found) < rank(sites[span][0]):
            sites[span] = (found, match.suppressed)
    for found in held_in(view, compiled, sites):
        sites[found.call.start, found.call.end] = (found, False)
    for found in called_in(view, spoken, set(sites)):
        sites[found.call.start, found.call.end] = (found, False)
    for found in safely_called(view, spoken, set(sites)):
        sites[found.call.start, found.call.end] = (found, False)
    kept = {id(found) for found in once_each(found for found, _ in sites.values())}
    sites = {span: site for span, site in sites.items() if id(site[0]) in kept}
    result.unresolved = len(refused - set(sites))
    comments = {comment.line: comment for comment in tree.comments}
    result.tangled = tree.tangled
    result.calls = _number(
        [
            _call(found, hidden, view, place, comments)
            for _, (found, hidden) in sorted(sites.items())
        ]
    )
    return result


def _named_modules(tree: SourceTree, catalogue: Catalogue) -> dict[str, str]:
    """SDKs' modules that a file names in a string, by the name each is usually kept under."""
    if tree.language != "python":
        return {}
    written = {found.decode("ascii") for found in _QUOTED.findall(tree.data)}
    return {
        module.replace(".", "_"): module
        for module in catalogue.modules("python")
        if module in written
    }


def view_of(
    tree: SourceTree,
    matches: Sequence[Match],
    compiled: Compiled,
    catalogue: Catalogue,
    gateways: tuple[Gateway, ...],
    others: Callable[[SourceTree], FileView | None] | None = None,
) -> FileView:
    """One file with the clients that the rules found in it."""
    view = FileView(tree, catalogue, gateways, compiled.classes, others=others)
    view.named = compiled.named
    tree.named_modules = _named_modules(tree, catalogue)
    for match in matches:
        rule = compiled.rules[match.rule]
        site = tree.call_at(match.start, match.end)
        if rule.role == "client" and site is not None:
            found = construction(rule, *site, view)
            # The more particular rule of two (vertexai=True) stands later in its file.
            if found is not None:
                view.clients[site[0].start, site[0].end] = found
    return view


def _call(
    found: Found, hidden: bool, view: FileView, place: Place, comments: abc.Mapping[int, Comment]
) -> Evidence:
    call, rule = found.call, found.rule
    where = _where(call, place)
    cell = place.cell(call.line)
    symbol = ".".join(part for part in (cell, found.scope.symbol) if part)
    reading = combine([found.tagging, found.client_tags, traced(call, found.scope, view.tree)])
    if reading.tagging == "partial" and found.tagging.tagging == "dynamic":
        # What is merged into the call may say more than the header of its client does.
        reading = dataclasses.replace(reading, tagging="dynamic")
    api = found.api or rule.api
    api_fields = view.catalogue.tag_fields(found.provider, api, found.sdk)
    comment_tags: list[Tag] = []
    ignores = []
    for comment in comments_of(comments, call.line, call.end_line):
        tags, accepted = read_comment(place.hide(comment.text), place.locate(comment.line))
        comment_tags += tags
        ignores += accepted
    reaches = {f.field: f.reaches_bill for f in api_fields}

    def tag(entry: FoundTag, source: str) -> Tag:
        field_name = entry.mechanism.split(" ")[0].rsplit(".", 1)[-1]
        return Tag(
            place.hide(entry.key),
            entry.value and place.hide(entry.value),
            source,
            place.hide(entry.mechanism),
            reaches.get(field_name),
            where,
        )

    tagging: Tagging = reading.tagging
    if tagging == "untagged" and not any(
        f.strength == "tag" and f.level in ("call", "client") for f in api_fields
    ):
        tagging = "untaggable"
    attributes = {
        key: place.hide(value)
        for key, value in (
            ("model_default", found.model_default),
            ("endpoint", found.endpoint),
            ("also_providers", ";".join(found.also)),
            ("hidden_by", "nosemgrep comment" if hidden else place.hidden_by),
            ("ineffective", "; ".join(_ineffective(found, api, view))),
            ("digest", _digest(found, view.tree)),
        )
        if value
    }
    return Evidence(
        connector="code",
        kind="call",
        name=f"{place.path}:{symbol or '<module>'} {api}",
        where=where,
        provider=found.provider,
        sdk=found.sdk,
        api=api,
        models=tuple(place.hide(model) for model in found.models),
        confidence=found.confidence,
        tagging=tagging,
        weak_tag=reading.weak if tagging == "partial" else "",
        symbol=symbol or None,
        callers=place.callers(found.scope, view.tree) if place.callers else None,
        rule=rule.id,
        context=place.context,
        tags=(
            *(tag(entry, "call") for entry in found.tagging.tags),
            *(tag(entry, "client") for entry in found.client_tags.tags),
            *comment_tags,
        ),
        ignores=tuple(ignores),
        attributes=attributes,
    )


def _ineffective(found: Found, api: str, view: FileView) -> tuple[str, ...]:
    return ineffective(
        view.catalogue, found.provider, api, found.sdk, found.endpoint, found.arguments,
        (found.tagging, found.client_tags),
    )  # fmt: skip


def _number(calls: Iterable[Evidence]) -> list[Evidence]:
    """Give each call its key: equal calls of one symbol are told apart by their order."""
    seen: dict[str, int] = {}
    numbered: list[Evidence] = []
    for call in calls:
        attributes = dict(call.attributes)
        digest = attributes.pop("digest")
        stem = f"call:{call.where.repo}:{call.where.path}#{call.symbol or ''}:{call.api}:{digest}"
        seen[stem] = seen.get(stem, 0) + 1
        numbered.append(
            dataclasses.replace(call, same_as=(f"{stem}:{seen[stem]}",), attributes=attributes)
        )
    return numbered


def _client(found: Found, place: Place) -> Evidence:
    where = _where(found.call, place)
    return Evidence(
        connector="code",
        kind="sdk",
        name=found.sdk,
        where=where,
        same_as=(f"sdk:{place.repo}:{found.sdk}",),
        provider=found.provider,
        sdk=found.sdk,
        models=tuple(place.hide(model) for model in found.models),
        symbol=found.scope.symbol or None,
        rule=found.rule.id,
        context=place.context,
        attributes={"seen_as": "client"},
    )


def _imports(view: FileView, place: Place) -> Iterable[Evidence]:
    seen: set[str] = set()
    for entry in view.tree.imports:
        if entry.types_only:
            continue
        known = view.sdk_of(entry.module) or view.sdk_of(f"{entry.module}.{entry.name}")
        if known is None or not known.llm_only or known.id in seen:
            continue
        seen.add(known.id)
        yield Evidence(
            connector="code",
            kind="sdk",
            name=known.id,
            where=place.locate(entry.line),
            same_as=(f"sdk:{place.repo}:{known.id}",),
            provider=known.provider,
            sdk=known.id,
            context=place.context,
            attributes={"seen_as": "import"},
        )


def _where(call: Call, place: Place) -> Location:
    first, last = place.locate(call.line), place.locate(call.end_line)
    return Location(
        repo=place.repo,
        path=place.path,
        line=first.line,
        end_line=last.line,
        column=call.column,
        cell=first.cell,
        cell_line=first.cell_line,
    )


def _digest(found: Found, tree: SourceTree) -> str:
    """Digest of the call's text without its tag arguments, white space and commas.

    Adding a tag, reformatting or moving the call leaves it as it is.
    """
    spans: list[tuple[int, int]] = []
    fields = found.rule.attribution
    for path in (*fields.tag, *fields.listed, *fields.headers, *fields.weak, *fields.named):
        span = _argument_span(found.call, path.split("."))
        if span is not None:
            spans.append(span)
    text = bytearray(tree.data[found.call.start : found.call.end])
    for start, end in sorted(spans, reverse=True):
        del text[start - found.call.start : end - found.call.start]
    return hashlib.sha256(re.sub(rb"[\s,]+", b"", bytes(text))).hexdigest()[:12]


def _argument_span(call: Call, path: list[str]) -> tuple[int, int] | None:
    position = 0
    holder: Expr | None = None
    span: tuple[int, int] | None = None
    for argument in call.arguments:
        if argument.spread:
            continue
        if argument.name == path[0] or (argument.name is None and str(position) == path[0]):
            holder, span = argument.value, (argument.start, argument.end)
        position += argument.name is None
    for key in path[1:]:
        if not isinstance(holder, Mapping):
            return None
        for entry in holder.entries:
            if isinstance(entry.key, Str) and entry.key.value == key:
                holder, span = entry.value, (entry.start, entry.end)
                break
        else:
            return None
    return span
