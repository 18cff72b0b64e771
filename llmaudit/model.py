"""The six nouns: Evidence, Usage, Asset, Finding, Coverage, Report.

Every stage takes and returns these. They are frozen, hold no secret and know nothing of
files, networks or output formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, get_args

SCHEMA = "llmaudit.report/1"

AssetKind = Literal[
    "call",
    "sdk",
    "automation",
    "api_key",
    "secret",
    "deployment",
    "route",
    "project",
    "app",
    "seat",
    "egress",
    "expense",
]
Tagging = Literal["tagged", "partial", "untagged", "dynamic", "untaggable"]
TagStatus = Literal[
    "complete", "partial", "untagged", "invalid", "conflicting", "dynamic", "untaggable"
]
Verdict = Literal["sanctioned", "shadow", "unknown"]
Confidence = Literal["certain", "likely"]
Context = Literal["app", "test", "example", "generated", "vendored"]
Level = Literal["error", "warning", "note"]
State = Literal["open", "ignored", "baseline"]
# Why a finding is in state baseline where a change is judged, not an accepted list.
STOOD_BEFORE = "stood before the change"
Basis = Literal["billed", "estimated"]
OwnerStatus = Literal["active", "orphaned", "hint", "none"]
RelationType = Literal[
    "uses_key", "in_project", "routed_by", "stored_as", "declared_in", "deployed_as", "registers"
]
CoverageStatus = Literal[
    "ok",
    "empty",
    "partial",
    "denied",
    "not_offered",
    "api_disabled",
    "throttled",
    "capped",
    "skipped",
    "failed",
    "not_configured",
]

ASSET_KINDS: tuple[AssetKind, ...] = get_args(AssetKind)
TAG_STATUSES: tuple[TagStatus, ...] = get_args(TagStatus)

# One empty mapping for all: there may be hundreds of thousands of pieces of evidence.
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands: a position in a repository's file, or a resource URI.

    Attributes:
        repo: Repository as ``host/owner/name`` or ``local/folder``; None for a URI.
        path: Path relative to the repository's root, with forward slashes.
        line: First line, 1-based. For a notebook the line in the raw file.
        cell: Notebook cell index, 0-based.
        cell_line: Line in that cell, 1-based.
        uri: ``arn:...``, ``openai://proj_a/key_1`` or ``file:exports/seats.csv#row=4``.
    """

    repo: str | None = None
    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    cell: int | None = None
    cell_line: int | None = None
    uri: str | None = None

    def __str__(self) -> str:
        if self.path is None:
            return self.uri or "?"
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Tag:
    """One attribution tag as it was read.

    Attributes:
        key: The key as written at the source (aliases are resolved by attribution).
        value: The literal value; None when the source is dynamic.
        source: Where it stands: call, client, comment, path_map, related, register, resource.
        mechanism: The provider's field or form: ``metadata``, ``extra_headers``, ``labels``.
        reaches_bill: Whether the provider's bill or cost report can be split by it;
            None when unknown.
        by_tree: True when only the audited tree's own word stands behind it (an inline
            comment, a discovered configuration).
    """

    key: str
    value: str | None
    source: str
    mechanism: str = ""
    reaches_bill: bool | None = None
    where: Location | None = None
    by_tree: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed edge that never merges two assets.

    ``to`` is a link in the form of ``same_as`` (``key-id:openai:key_1``), a glob
    (``key-glob:openai:proj-*``) or a plain name (``env:OPENAI_API_KEY``). In a Report it is
    the id of the related asset where one was found.
    """

    type: RelationType
    to: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class RedactedKey:
    """A key as a provider shows it: first and last characters around an ellipsis."""

    provider: str
    organization: str
    form: str


@dataclass(frozen=True, slots=True)
class InlineIgnore:
    """``# llmaudit: ignore[rule] until=YYYY-MM-DD reason`` as it stands beside a call.

    ``until`` is None when absent; ``problem`` says why it cannot be honoured (a date that
    cannot be read, no rule named), empty when it can.
    """

    rules: tuple[str, ...]
    until: date | None
    reason: str
    where: Location
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sanction:
    """A decision a register row or a filled decision sheet carries about what it names.

    ``decision`` is "sanctioned" or "shadow"; an empty cell makes no Sanction.
    """

    decision: Literal["sanctioned", "shadow"]
    approved_by: str = ""
    until: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing one connector saw. Never holds a secret.

    Attributes:
        connector: Name of the connector that saw it.
        kind: The kind of asset it is evidence of.
        name: What a person calls it.
        same_as: Links that mean identity, ``kind:value``. The only input of union-find.
        relates: Typed edges to other things.
        redacted: The key's redacted form, joined only where unique on both sides.
        provider: Catalogue id of who runs and bills the model, ``unknown`` when a router
            decides, None before the catalogue has been asked.
        sdk: Library the call goes through.
        api: Catalogue's api name, such as ``chat.completions``.
        models: Literal model names, in the order they were read.
        tagging: What the source says about tags, policy-free; None where it says nothing.
            Of what code declares, ``untaggable`` where there is no place for tags.
        weak_tag: For ``partial``: the weaker mechanism that stands (``user``, ``X-Title``).
        project, account, organization: Containers the provider names; never identity.
        owner: A human or team this source names as owner. ``owner_source`` is one of tag,
            register, related, key_owner, seat_holder, hint.
        register: True for a row of a key register (its tags and owner rank as register).
        last_used: Last use as the source states it.
        attributes: Allow-listed facts of one connector (seat activity, review date);
            keys and values are text, never content, never a secret.
    """

    connector: str
    kind: AssetKind
    name: str
    where: Location
    same_as: tuple[str, ...] = ()
    relates: tuple[Relation, ...] = ()
    redacted: RedactedKey | None = None
    provider: str | None = None
    sdk: str | None = None
    api: str | None = None
    models: tuple[str, ...] = ()
    confidence: Confidence = "certain"
    tagging: Tagging | None = None
    weak_tag: str = ""
    symbol: str | None = None
    callers: int | None = None
    rule: str | None = None
    context: Context | None = None
    environment: str | None = None
    project: str | None = None
    account: str | None = None
    organization: str | None = None
    tags: tuple[Tag, ...] = ()
    owner: str | None = None
    owner_source: str | None = None
    ignores: tuple[InlineIgnore, ...] = ()
    sanction: Sanction | None = None
    register: bool = False
    first_seen: date | None = None
    last_used: date | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Usage:
    """One measured amount on one UTC day, belonging to at most one asset.

    Attributes:
        source: Connector and scope it was read from (``exports:premium.csv``).
        asset: The most specific ``same_as`` link it belongs to; None means unattributed.
        amount: Money in ``currency`` (ISO 4217, or ``credits`` for a vendor's credits); None
            when the source gives no money.
    """

    source: str
    day: date
    asset: str | None
    provider: str | None = None
    model: str | None = None
    charge_kind: str = "inference"
    requests: Decimal | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    basis: Basis = "billed"


@dataclass(frozen=True, slots=True)
class UsageTotal:
    """Usage of one asset summed over a month, model, charge kind, currency and basis."""

    month: str
    model: str | None
    charge_kind: str
    requests: Decimal
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    amount: Decimal | None
    currency: str | None
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class SpendSource:
    """What one source's money came to, so that every figure can be tied out.

    ``total == attributed + unattributed``; what lies outside the period is counted apart.
    """

    source: str
    currency: str
    basis: Basis
    total: Decimal
    attributed: Decimal
    unattributed: Decimal
    outside_period: Decimal
    rows: int
    rows_outside_period: int


@dataclass(frozen=True, slots=True)
class EffectiveTag:
    """The value that counts for one required key, and what it overruled."""

    value: str | None
    source: str
    mechanism: str
    reaches_bill: bool | None
    overruled: tuple[Tag, ...] = ()
    by_tree: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for an asset. ``value`` is None and ``status`` none when nobody does."""

    value: str | None = None
    source: str | None = None
    status: OwnerStatus = "none"
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """The business unit behind an effective cost centre, and who is accountable."""

    business_unit: str
    cost_center: str
    technology_owner: str = ""
    finance_owner: str = ""
    escalate_to: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """One real thing, made of all evidence of it; later stages fill what they decide."""

    id: str
    kind: AssetKind
    name: str
    evidence: tuple[Evidence, ...]
    same_as: tuple[str, ...]
    relations: tuple[Relation, ...] = ()
    ambiguous_with: tuple[str, ...] = ()
    provider: str | None = None
    models: tuple[str, ...] = ()
    context: Context = "app"
    usage: tuple[UsageTotal, ...] = ()
    tagging: Tagging | None = None
    tags: Mapping[str, EffectiveTag] = field(default_factory=dict)
    tag_status: TagStatus | None = None
    missing_tags: tuple[str, ...] = ()
    invalid_tags: tuple[str, ...] = ()
    conflicting_tags: tuple[str, ...] = ()
    environment: str | None = None
    environment_source: str | None = None
    owner: Owner = Owner()
    unit: Unit | None = None
    verdict: Verdict = "unknown"
    verdict_reason: str = ""
    approved_by: str = ""
    approved_until: date | None = None

    @property
    def where(self) -> Location:
        """Where the asset is shown to a reader: its first evidence's place."""
        return self.evidence[0].where


def names_others_only(asset: Asset) -> bool:
    """Whether an asset is only a register row or decision about what it names."""
    return all(entry.register for entry in asset.evidence) and any(
        relation.type == "registers" for entry in asset.evidence for relation in entry.relates
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken policy rule on one asset. Suppressed ones are kept.

    ``fingerprint`` is the digest of rule and asset identity, never of a line number.
    """

    rule: str
    level: Level
    asset: str
    where: Location
    message: str
    help: str
    fingerprint: str
    state: State = "open"
    state_reason: str = ""
    state_until: date | None = None
    first_seen: date | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one connector looked at in one scope, or why it could not.

    Attributes:
        side: Which of the four sides of evidence: code, cloud, keys or saas.
        seen: Things read; ``of`` the number there are, where known; ``skipped`` those
            left out on purpose.
        counts: Named parts that add up to ``of`` (files scanned, not relevant, ...).
    """

    connector: str
    scope: str
    status: CoverageStatus
    side: str = ""
    seen: int = 0
    of: int | None = None
    skipped: int = 0
    principal: str | None = None
    data_through: date | None = None
    why: str = ""
    permission: str = ""
    fix: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repository:
    """A code tree that was scanned. ``codeowners`` is the file's text, not rendered."""

    repo: str
    root: str
    commit: str | None = None
    dirty: bool | None = None
    codeowners: str | None = None
    codeowners_path: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Whole UTC days, half open: ``start <= day < end``."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """What the report was judged by, enough to read its figures."""

    in_force: bool
    required: tuple[str, ...] = ()
    sanctioned_entries: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a run found, versioned and sorted. Every output is a function of it.

    Attributes:
        summary: Figures computed from the other fields, in the shape of the JSON report.
        warnings: Sentences for the reader that belong to no asset (an unused ignore).
    """

    tool_version: str
    as_of: datetime
    period: Period | None
    organization: str
    config_digest: str
    policy: PolicyInForce
    repositories: tuple[Repository, ...]
    assets: tuple[Asset, ...]
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    spend: tuple[SpendSource, ...] = ()
    warnings: tuple[str, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
