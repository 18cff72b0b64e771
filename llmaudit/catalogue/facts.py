"""What the catalogue knows of a provider. Every fact names its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ProviderKind = Literal["provider", "cloud", "gateway", "framework", "app"]
TagLevel = Literal["call", "client", "key", "project", "resource"]


@dataclass(frozen=True, slots=True)
class Sdk:
    """A library requests go through.

    Attributes:
        provider: Who runs the model behind it; ``unknown`` where it reaches several.
        llm_only: False for a general SDK (boto3), whose import alone is no evidence.
        packages: Package names per ecosystem (pypi, npm, go, maven, nuget, gem, composer,
            cargo).
            A name may end in a wildcard (``@langchain/*``, ``dev.langchain4j:*``, ``AutoGen.*``).
        imports: Module prefixes per language (python, javascript).
        constants: Names under which the library's source keeps model ids, and the ids. A name
            ``Model.*`` without an id is the class that holds them.
    """

    id: str
    provider: str
    llm_only: bool
    packages: Mapping[str, tuple[str, ...]]
    imports: Mapping[str, tuple[str, ...]]
    source: str
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """The form of a provider's keys.

    Attributes:
        pattern: Regular expression that a whole key matches.
        prefix: Literal text that every such key begins with.
        retired: The provider no longer accepts or issues this form.
        shared: Other issuers' keys begin with the same prefix, so that a redacted form
            tells nothing.
    """

    provider: str
    name: str
    pattern: str
    prefix: str
    kind: Literal["api_key", "admin_key"]
    retired: bool
    source: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class App:
    """A SaaS application. ``embedded`` is AI inside a product bought for something else."""

    id: str
    name: str
    provider: str
    other_names: tuple[str, ...]
    oauth_ids: tuple[str, ...]
    embedded: bool
    source: str


@dataclass(frozen=True, slots=True)
class TagField:
    """A field that carries attribution.

    Attributes:
        field: The argument's own name, the last part of its path (``metadata``), or what
            the provider calls the container's tags.
        level: Where it is set: per call, on the client, the key, the project or a resource.
        strength: ``tag``, or ``weak`` for what only names an end user or an application.
        reaches_bill: Whether the provider's cost report can be split by it; None unknown.
        max_keys, max_key_length, max_value_length, key_pattern, value_pattern: The
            provider's limits; None where it states none.
        requires: An argument that must be true beside it: without it the provider refuses the
            request.
    """

    field: str
    level: TagLevel
    strength: Literal["tag", "weak"]
    reaches_bill: bool | None
    source: str
    max_keys: int | None = None
    max_key_length: int | None = None
    max_value_length: int | None = None
    key_pattern: str | None = None
    value_pattern: str | None = None
    requires: str | None = None


@dataclass(frozen=True, slots=True)
class Ineffective:
    """A form that looks like attribution and does not arrive.

    Attributes:
        field: The argument's own name.
        why: What becomes of it, in half a sentence.
        keys: For a mapping, the only keys that do arrive; empty where none does.
    """

    field: str
    why: str
    source: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tagging:
    """The fields of the apis that the globs name, and the nearest level that works."""

    apis: tuple[str, ...]
    fields: tuple[TagField, ...]
    nearest: str = ""
    ineffective: tuple[Ineffective, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, cloud, gateway, framework or application.

    Attributes:
        aliases: How people and exports spell it; the name and id need not be repeated.
        sources: What the short names of sources stand for.
        hosts: Host names, each good for itself and what lies below it. ``*`` stands for one
            label or the beginning of one; a leading ``*.`` asks for something below.
        models: Ids of models it publishes, exact or with a ``*`` at the end.
        cloud_models: Prefixes under which clouds list its models (``anthropic.``).
        merchants: Words of card statement descriptors, upper case.
    """

    id: str
    name: str
    kind: ProviderKind
    aliases: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    sdks: tuple[Sdk, ...] = ()
    env_vars: tuple[str, ...] = ()
    key_patterns: tuple[KeyPattern, ...] = ()
    models: tuple[str, ...] = ()
    cloud_models: tuple[str, ...] = ()
    apps: tuple[App, ...] = ()
    merchants: tuple[str, ...] = ()
    tagging: tuple[Tagging, ...] = ()
