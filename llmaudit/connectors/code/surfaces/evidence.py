"""Findings of one file to Evidence: identity, relations, tags; keys are reduced here."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmaudit.connectors.code.comments import comments_of, read_comment
from llmaudit.connectors.code.surfaces.findings import Found
from llmaudit.connectors.code.syntax.tree import Comment
from llmaudit.model import Context, Evidence, Location, RedactedKey, Relation, Tag, Tagging
from llmaudit.redact import key_sha256, redacted_form

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

_ATTRIBUTE = 500
_COMMENT = re.compile(r"^(.*?)(?:#|//)\s*(.*\b(?:llmaudit:|nosemgrep).*)$")


@dataclass(frozen=True, slots=True)
class Place:
    """The file that findings are of.

    Attributes:
        hide: Puts whole keys in a text into redacted form.
        comments: Comments that speak to llmaudit or to another scanner, by their line.
    """

    repo: str
    path: str
    context: Context
    hide: Callable[[str], str]
    comments: Mapping[int, Comment] = field(default_factory=dict)


def marked_comments(text: str) -> dict[int, Comment]:
    """The comments of a file that hold tags, ignores or a mark to be passed over."""
    found: dict[int, Comment] = {}
    if "llmaudit:" not in text and "nosemgrep" not in text:
        return found
    for number, line in enumerate(text.splitlines(), 1):
        match = _COMMENT.match(line)
        if match:
            found[number] = Comment(match[2].strip(), number, not match[1].strip())
    return found


def to_evidence(found: Iterable[Found], place: Place, catalogue: Catalogue) -> Iterator[Evidence]:
    """The findings as evidence, in their order."""
    ordinals: Counter[str] = Counter()
    for one in found:
        if one.exposed:
            yield _exposed(one, place, catalogue)
        yield _evidence(one, place, catalogue, ordinals)


def _evidence(one: Found, place: Place, catalogue: Catalogue, ordinals: Counter[str]) -> Evidence:
    hide = place.hide
    where = _where(one, place)
    link = _link(one, place, ordinals)
    tagging, tags = _tags(one, place, where, catalogue)
    attributes = {key: hide(value)[:_ATTRIBUTE] for key, value in one.attributes.items() if value}
    if one.kind == "secret":
        attributes["seen_as"] = "name"
    beside = comments_of(place.comments, one.line, one.end_line or one.line)
    said = [read_comment(hide(comment.text), where) for comment in beside]
    if one.kind == "call" and any("nosemgrep" in comment.text for comment in beside):
        attributes["hidden_by"] = "nosemgrep comment"
    return Evidence(
        connector="code",
        kind=one.kind,
        name=hide(one.name or one.key) if one.kind != "call" else _call_name(one, place),
        where=where,
        same_as=(link,),
        relates=tuple(_relations(one, place)),
        provider=one.provider,
        sdk=one.sdk,
        api=one.api,
        models=tuple(dict.fromkeys(hide(model) for model in one.models)),
        confidence=one.confidence,
        tagging=tagging,
        weak_tag=one.weak if tagging == "partial" else "",
        symbol=hide(one.symbol) or None,
        rule=one.rule,
        context=place.context,
        tags=(*tags, *(tag for found, _ in said for tag in found)),
        ignores=tuple(ignore for _, found in said for ignore in found),
        attributes=attributes,
    )


def _call_name(one: Found, place: Place) -> str:
    return f"{place.path}:{place.hide(one.symbol) or '<file>'} {one.api}"


def _where(one: Found, place: Place) -> Location:
    end = one.end_line if one.end_line and one.end_line >= one.line else None
    return Location(repo=place.repo, path=place.path, line=one.line, end_line=end)


def _link(one: Found, place: Place, ordinals: Counter[str]) -> str:
    key = place.hide(one.key)
    if one.kind == "call":
        # A version, white space and commas leave a call what it is.
        bare = re.sub(r"[\s,]+", "", one.text or one.key)
        digest = hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:12]
        symbol = place.hide(one.symbol)
        stem = f"call:{place.repo}:{place.path}#{symbol}:{one.api}:{digest}"
        ordinals[stem] += 1
        return f"{stem}:{ordinals[stem]}"
    if one.scope == "repository":
        return f"{one.kind}:{place.repo}:{key}"
    return f"{one.kind}:{place.repo}:{place.path}#{key}"


def _relations(one: Found, place: Place) -> Iterator[Relation]:
    if one.kind == "secret" and one.variable:
        yield Relation("stored_as", f"env:{place.hide(one.variable)}")
    for name in one.secrets:
        yield Relation("uses_key", f"secret:{place.repo}:{place.hide(name)}")
    for host in one.hosts:
        yield Relation("routed_by", f"route:{place.repo}:{place.hide(host)}")


def _tags(
    one: Found, place: Place, where: Location, catalogue: Catalogue
) -> tuple[Tagging | None, tuple[Tag, ...]]:
    tagging = one.tagging
    fields = catalogue.tag_fields(one.provider or "", one.api or "", one.sdk)
    if one.kind == "call":
        tagging = tagging or "untagged"
        if tagging == "untagged" and not any(
            field.strength == "tag" and field.level in ("call", "client") for field in fields
        ):
            tagging = "untaggable"
    elif tagging is None:
        tagging = "untaggable"
    source = "call" if one.kind == "call" else "resource"
    bill = {field.reaches_bill for field in fields if field.level == "resource"}
    reaches = bill.pop() if one.kind == "deployment" and len(bill) == 1 else None
    return tagging, tuple(
        Tag(
            place.hide(tag.key),
            tag.value and place.hide(tag.value),
            source,
            tag.mechanism,
            reaches,
            where,
        )
        for tag in one.tags
    )


def _exposed(one: Found, place: Place, catalogue: Catalogue) -> Evidence:
    """A whole key in a file: what is left of it is its digest and its redacted form."""
    form = redacted_form(one.exposed)
    owner = catalogue.redacted(form)
    provider = owner.id if owner is not None else one.provider or ""
    return Evidence(
        connector="code",
        kind="api_key",
        name=form,
        where=_where(one, place),
        same_as=(f"key-sha256:{key_sha256(one.exposed)}",),
        relates=(
            Relation("stored_as", f"env:{place.hide(one.variable)}"),
            Relation("stored_as", f"secret:{place.repo}:{place.hide(one.key)}"),
        ),
        redacted=RedactedKey(provider, "", form),
        provider=provider or None,
        # Only its register or its provider can tag it; here it is to be revoked.
        tagging="untaggable",
        rule=one.rule,
        context=place.context,
    )
