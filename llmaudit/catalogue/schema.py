"""The shape of a provider file, and what makes a set of them contradict itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llmaudit.catalogue.facts import ProviderKind, TagLevel
from llmaudit.catalogue.match import merchant_words, package_name, plain_name
from llmaudit.errors import ConfigError

_HELP = "docs/catalogue.md describes the shape of a provider file"
_HOST = re.compile(r"(?:\*\.)?(?:\*?[a-z0-9-]*\.)+[a-z]+")
# Words that a card statement may hold for reasons of their own.
_COMMON_WORDS = frozenset(
    {"CLAUDE", "COPILOT", "CURSOR", "GEMINI", "GROK", "JASPER", "META", "NOTION", "OTTER", "POE"}
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Fact(_Strict):
    value: str = Field(min_length=1)
    source: str


class _Sdk(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    provider: str = ""
    llm_only: bool = True
    packages: dict[
        Literal["pypi", "npm", "go", "maven", "nuget", "gem", "composer", "cargo", "swift"],
        list[str],
    ] = {}
    imports: dict[
        Literal["python", "javascript", "go", "java", "csharp", "ruby", "php", "rust", "swift"],
        list[str],
    ] = {}
    constants: dict[str, str] = {}
    source: str


class _KeyPattern(_Strict):
    name: str
    pattern: str
    prefix: str = Field(min_length=2)
    kind: Literal["api_key", "admin_key"]
    retired: bool = False
    shared: bool = False
    source: str


class _App(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str
    other_names: list[str] = []
    oauth_ids: list[str] = []
    embedded: bool = False
    source: str


class _TagField(_Strict):
    field: str
    level: TagLevel
    strength: Literal["tag", "weak"]
    reaches_bill: bool | None
    max_keys: int | None = Field(default=None, gt=0)
    max_key_length: int | None = Field(default=None, gt=0)
    max_value_length: int | None = Field(default=None, gt=0)
    key_pattern: str | None = None
    value_pattern: str | None = None
    requires: str | None = None
    source: str


class _Ineffective(_Strict):
    field: str
    why: str
    source: str
    keys: list[str] = []


class _Tagging(_Strict):
    apis: list[str] = Field(min_length=1)
    fields: list[_TagField] = []
    ineffective: list[_Ineffective] = []
    nearest: str = ""


class _Provider(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str
    kind: ProviderKind
    aliases: list[str] = []
    sources: dict[str, str]
    hosts: list[_Fact] = []
    sdks: list[_Sdk] = []
    env_vars: list[_Fact] = []
    key_patterns: list[_KeyPattern] = []
    models: list[_Fact] = []
    cloud_models: list[_Fact] = []
    apps: list[_App] = []
    merchants: list[_Fact] = []
    tagging: list[_Tagging] = []

    def facts(
        self,
    ) -> Iterator[tuple[str, _Fact | _Sdk | _KeyPattern | _App | _TagField | _Ineffective]]:
        """Every fact that must name its source, with its section."""
        for section in (
            "hosts",
            "sdks",
            "env_vars",
            "key_patterns",
            "models",
            "cloud_models",
            "apps",
            "merchants",
        ):
            for fact in getattr(self, section):
                yield section, fact
        for tagging in self.tagging:
            for field in tagging.fields:
                yield "tagging", field
            for form in tagging.ineffective:
                yield "tagging", form


def read(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Parse and check provider files.

    Args:
        files: Their content by name.

    Returns:
        One plain document per file, every key present, sorted by id.

    Raises:
        ConfigError: A file is broken or two contradict each other; the sentence says where.
    """
    providers = [_parse(name, text) for name, text in sorted(files.items())]
    _refuse_overlaps(providers)
    return [provider.model_dump() for provider in providers]


def _parse(name: str, text: bytes) -> _Provider:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # The loader is one of PyYAML's safe ones, which the linter cannot see.
        document = yaml.load(text, Loader=loader)  # noqa: S506
        provider = _Provider.model_validate(document)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" from line {mark.line + 1} on" if mark is not None else ""
        raise ConfigError(f"catalogue file {name} is not valid YAML{where}", _HELP) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(f"catalogue file {name}: {place}: {first['msg']}", _HELP) from error
    for problem in _problems(provider, name):
        raise ConfigError(f"catalogue file {name}: {problem}", _HELP)
    return provider


def _problems(provider: _Provider, name: str) -> Iterator[str]:
    """What a file says that cannot be so, first things first."""
    if f"{provider.id}.yaml" != name:
        yield f"id: {provider.id!r} is not the name of the file"
    used = set()
    for section, fact in provider.facts():
        used.add(fact.source)
        if not provider.sources.get(fact.source):
            label = getattr(fact, "value", None) or getattr(fact, "id", None) or "a fact"
            yield f"{section}: {label} names the source {fact.source!r}, which is not explained"
    for source in sorted(set(provider.sources) - used):
        yield f"sources: no fact names {source!r}"
    for host in provider.hosts:
        if not _HOST.fullmatch(host.value):
            yield f"hosts: {host.value!r} is not a host name or a pattern of one"
    for model in provider.models:
        if "*" in model.value[:-1] or model.value != model.value.lower():
            yield f"models: {model.value!r} must be lower case, with no * before its end"
    for prefix in provider.cloud_models:
        if not re.fullmatch(r"[a-z0-9]+\.", prefix.value):
            yield f"cloud_models: {prefix.value!r} is not one word and a dot"
    for merchant in provider.merchants:
        words = merchant_words(merchant.value)
        if " ".join(words) != merchant.value or (len(words) == 1 and words[0] in _COMMON_WORDS):
            yield f"merchants: {merchant.value!r} must be plain upper-case words, not a common one"
    yield from _dead_patterns(provider)


def _dead_patterns(provider: _Provider) -> Iterator[str]:
    patterns = [("key_patterns", key.pattern) for key in provider.key_patterns]
    for tagging in provider.tagging:
        for field in tagging.fields:
            limits = (field.key_pattern, field.value_pattern)
            patterns += [("tagging", pattern) for pattern in limits if pattern is not None]
    for section, pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{section}: {pattern!r} is no regular expression: {error}"
    for key in provider.key_patterns:
        if not key.pattern.replace("\\.", ".").startswith(key.prefix):
            yield f"key_patterns: {key.pattern!r} does not begin with its prefix {key.prefix!r}"


def _refuse_overlaps(providers: Iterable[_Provider]) -> None:
    """Refuse a name that two providers claim: which one answered would be chance."""
    claims: dict[tuple[str, str], str] = {}
    for provider in providers:
        for claim in dict.fromkeys(_claims(provider)):
            other = claims.setdefault(claim, provider.id)
            if other != provider.id:
                raise ConfigError(
                    f"the catalogue's {other} and {provider.id} both claim the {claim[0]} "
                    f"{claim[1]}",
                    "take it out of one of the two files",
                )


def _claims(provider: _Provider) -> Iterator[tuple[str, str]]:
    sections: tuple[tuple[str, list[_Fact], Callable[[str], str]], ...] = (
        ("host", provider.hosts, str),
        ("variable", provider.env_vars, str),
        ("model", provider.models, str),
        ("cloud prefix", provider.cloud_models, str),
        ("merchant", provider.merchants, str),
    )
    for what, facts, spelling in sections:
        for fact in facts:
            yield what, spelling(fact.value)
    for name in (provider.id, provider.name, *provider.aliases):
        yield "name", plain_name(name)
    for sdk in provider.sdks:
        yield "sdk", sdk.id
        for ecosystem, names in sdk.packages.items():
            for name in names:
                yield f"{ecosystem} package", package_name(ecosystem, name)
        for language, modules in sdk.imports.items():
            for module in modules:
                yield f"{language} module", module
    for key in provider.key_patterns:
        yield "key pattern", key.pattern
    for app in provider.apps:
        for name in (app.id, app.name, *app.other_names, *app.oauth_ids):
            yield "application", plain_name(name)
