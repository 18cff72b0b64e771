"""Ask the catalogue: whose host, package, module, model, key, application, merchant is this."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property

from llmaudit.catalogue.facts import (
    App,
    Ineffective,
    KeyPattern,
    Provider,
    Sdk,
    TagField,
    Tagging,
)
from llmaudit.catalogue.hosts import Label, find_host, host_tree

_SEPARATORS = {"javascript": "/", "go": "/"}
# Languages that import another's modules.
_LANGUAGES = {
    "typescript": "javascript", "tsx": "javascript", "jsx": "javascript",
    "kotlin": "java", "scala": "java",
}  # fmt: skip
_NAME_PARTS = {"npm": "/", "go": "/", "maven": ":", "nuget": "."}
# Lines of a statement that stand beside a charge without being one.
_FEES = ("FCY MARKUP FEE", "FOREIGN TRANSACTION FEE", "IGST", "CGST", "SGST")
_NO_TAGGING = Tagging((), ())
# Characters of a key's head that `redact.redacted_form` shows at most.
_SHOWN = 12


class Catalogue:
    """Facts of all providers, indexed so that no question walks through them.

    Attributes:
        providers: By id.
        digest: SHA-256 over the tool's version and the files the facts came from.
    """

    def __init__(self, providers: Mapping[str, Provider], digest: str) -> None:
        self.providers = providers
        self.digest = digest
        self._models: dict[str, Provider | None] = {}
        self._modules: dict[str, tuple[str, ...]] = {}
        self._tagging: dict[tuple[str, str, str], Tagging] = {}

    @cached_property
    def sdks(self) -> tuple[Sdk, ...]:
        """Every SDK, by id."""
        found = [sdk for provider in self.providers.values() for sdk in provider.sdks]
        return tuple(sorted(found, key=lambda sdk: sdk.id))

    @cached_property
    def key_patterns(self) -> tuple[KeyPattern, ...]:
        """Every form of key, longest prefix first, so that the particular one wins."""
        found = [k for provider in self.providers.values() for k in provider.key_patterns]
        return tuple(sorted(found, key=lambda k: (-len(k.prefix), k.provider, k.name)))

    # -- hosts -----------------------------------------------------------------------

    @cached_property
    def _hosts(self) -> Label:
        return host_tree(self.providers.values())

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Every host name of those who run or route models, as the catalogue writes it."""
        kinds = ("provider", "gateway", "cloud")
        return tuple(h for p in self.providers.values() if p.kind in kinds for h in p.hosts)

    def host(self, name: str) -> Provider | None:
        """Provider of a host name: a known one, or one below it, label by label.

        The most particular entry answers. A port is left out of account.
        """
        return find_host(self._hosts, name)

    # -- SDKs ------------------------------------------------------------------------

    @cached_property
    def _packages(self) -> dict[tuple[str, str], Sdk]:
        return {
            (ecosystem, package_name(ecosystem, name)): sdk
            for sdk in self.sdks
            for ecosystem, names in sdk.packages.items()
            for name in names
        }

    def package(self, ecosystem: str, name: str) -> Sdk | None:
        """SDK of a declared dependency.

        Args:
            ecosystem: pypi, npm, go, maven, nuget, gem, composer or cargo.
            name: As the manifest spells it; a Go path may name a package or a major version
                below the module.
        """
        text = package_name(ecosystem, name)
        found = self._packages.get((ecosystem, text))
        separator = _NAME_PARTS.get(ecosystem)
        while found is None and separator is not None and separator in text:
            text = text.rpartition(separator)[0]
            found = self._packages.get((ecosystem, f"{text}{separator}*"))
            if found is None and ecosystem == "go":
                found = self._packages.get((ecosystem, text))
        return found

    @cached_property
    def _imports(self) -> dict[tuple[str, str], Sdk]:
        return {
            (language, module): sdk
            for sdk in self.sdks
            for language, modules in sdk.imports.items()
            for module in modules
        }

    def modules(self, language: str) -> tuple[str, ...]:
        """Every module of an SDK in a language, in the catalogue's order."""
        if language not in self._modules:
            self._modules[language] = tuple(
                module for sdk in self.sdks for module in sdk.imports.get(language, ())
            )
        return self._modules[language]

    def imported(self, language: str, module: str) -> Sdk | None:
        """SDK of an imported module: the longest known prefix, part by part."""
        language = _LANGUAGES.get(language, language)
        separator = _SEPARATORS.get(language, ".")
        while module:
            found = self._imports.get((language, module))
            if found is not None:
                return found
            module = module.rpartition(separator)[0]
        return None

    @cached_property
    def _variables(self) -> dict[str, Provider]:
        return {name: p for p in self.providers.values() for name in p.env_vars}

    def env_var(self, name: str) -> Provider | None:
        """Provider of an environment variable."""
        return self._variables.get(name.strip().upper())

    # -- keys ------------------------------------------------------------------------

    @cached_property
    def _by_prefix(self) -> dict[str, list[tuple[re.Pattern[str], KeyPattern]]]:
        found: dict[str, list[tuple[re.Pattern[str], KeyPattern]]] = {}
        for key in self.key_patterns:
            found.setdefault(key.prefix, []).append((re.compile(key.pattern), key))
        return found

    @cached_property
    def _prefix_lengths(self) -> tuple[int, ...]:
        return tuple(sorted({len(key.prefix) for key in self.key_patterns}, reverse=True))

    def key(self, secret: str) -> KeyPattern | None:
        """The form of key a whole text has."""
        text = secret.strip()
        for length in self._prefix_lengths:
            for pattern, key in self._by_prefix.get(text[:length], ()):
                if pattern.fullmatch(text):
                    return key
        return None

    @cached_property
    def _distinctive(self) -> dict[str, Provider]:
        """Providers by each head of a key that only their keys begin with."""
        shared = {key.prefix for key in self.key_patterns if key.shared}
        owners: dict[str, set[str]] = {}
        for key in self.key_patterns:
            for head in _heads(key.prefix):
                if head not in shared:
                    owners.setdefault(head, set()).add(key.provider)
        return {head: self.providers[min(o)] for head, o in owners.items() if len(o) == 1}

    @cached_property
    def _head_lengths(self) -> tuple[int, ...]:
        return tuple(sorted({len(head) for head in self._distinctive}, reverse=True))

    def redacted(self, form: str) -> Provider | None:
        """Provider of a redacted key whose visible head is distinctive.

        A long prefix may be cut at one of its hyphens (``sk-ant-...``), or where llmaudit's
        own redacted forms end (``sk-ant-api03...``).
        """
        text = form.strip()
        for length in self._head_lengths:
            found = self._distinctive.get(text[:length])
            if found is not None:
                return found
        return None

    # -- models and applications -----------------------------------------------------

    @cached_property
    def _model_ids(self) -> dict[str, Provider]:
        return {glob: p for p in self.providers.values() for glob in p.models}

    @cached_property
    def _model_lengths(self) -> tuple[int, ...]:
        lengths = {len(glob) - 1 for glob in self._model_ids if glob.endswith("*")}
        return tuple(sorted(lengths, reverse=True))

    @cached_property
    def _cloud_prefixes(self) -> dict[str, Provider]:
        return {prefix: p for p in self.providers.values() for prefix in p.cloud_models}

    def model(self, name: str) -> Provider | None:
        """Who publishes a model, by its id.

        Reads ids as clouds and routers write them too: ``us.anthropic.claude-...``,
        ``openai/gpt-4o``, ``publishers/google/models/gemini-...``, ``anthropic:claude-...``.
        """
        text = name.strip().casefold()
        if text not in self._models:
            self._models[text] = next(filter(None, map(self._published, _spellings(text))), None)
        return self._models[text]

    def cloud_model(self, name: str) -> bool:
        """Whether a model's id is a cloud's spelling, so that its publisher does not run it."""
        return self._cloud_publisher(name.strip().casefold().rpartition("/")[2]) is not None

    def _cloud_publisher(self, text: str) -> Provider | None:
        first, _, rest = text.partition(".")
        second = rest.partition(".")[0]
        found = self._cloud_prefixes.get(f"{first}.")
        return found or (self._cloud_prefixes.get(f"{second}.") if "." in rest else None)

    def _published(self, text: str) -> Provider | None:
        found = self._model_ids.get(text) or self._cloud_publisher(text)
        for length in self._model_lengths:
            if found is not None:
                break
            found = self._model_ids.get(f"{text[:length]}*")
        return found

    @cached_property
    def _apps(self) -> dict[str, App]:
        return {
            plain_name(name): app
            for provider in self.providers.values()
            for app in provider.apps
            for name in (app.id, app.name, *app.other_names, *app.oauth_ids)
        }

    def app(self, name: str) -> App | None:
        """An application by id, name or OAuth client id, in any case and spacing."""
        return self._apps.get(plain_name(name))

    @cached_property
    def _merchants(self) -> dict[str, list[tuple[tuple[str, ...], Provider]]]:
        found: dict[str, list[tuple[tuple[str, ...], Provider]]] = {}
        for provider in self.providers.values():
            for text in provider.merchants:
                words = merchant_words(text)
                found.setdefault(words[0], []).append((words, provider))
        for entries in found.values():
            entries.sort(key=lambda entry: (-len(entry[0]), entry[0]))
        return found

    def merchant(self, descriptor: str) -> Provider | None:
        """Provider of a card statement's descriptor; None for fees and taxes on a charge.

        The known words must follow one another as whole words. Only the last of several may
        run on, where a fixed width cut it or glued the city to it. A product's bare name
        (CLAUDE, CURSOR, GEMINI) is never enough.
        """
        words = merchant_words(descriptor)
        if any(fee in " ".join(words) for fee in _FEES):
            return None
        for start, word in enumerate(words):
            for known, provider in self._merchants.get(word, ()):
                if _follows(words[start : start + len(known)], known):
                    return provider
        return None

    # -- names and tags --------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, str]:
        """Provider ids by every spelling the catalogue knows, applications' names last."""
        found = {plain: app.provider for plain, app in self._apps.items()}
        for provider in self.providers.values():
            for name in (*provider.aliases, provider.name, provider.id):
                found[plain_name(name)] = provider.id
        return found

    def provider_id(self, name: str) -> str | None:
        """Provider id of a name as people and exports write it."""
        return self.names.get(plain_name(name))

    @cached_property
    def _owner_of_sdk(self) -> dict[str, Provider]:
        return {sdk.id: p for p in self.providers.values() for sdk in p.sdks}

    def tag_fields(self, provider: str, api: str, sdk: str | None = None) -> tuple[TagField, ...]:
        """Fields that carry attribution for an api.

        A framework's or gateway's SDK (litellm, langchain, vercel-ai) answers for its own.
        """
        return self._of(provider, api, sdk).fields

    def nearest(self, provider: str, api: str, sdk: str | None = None) -> str:
        """The nearest level that works where a call itself carries no tag; else empty."""
        return self._of(provider, api, sdk).nearest

    def ineffective(self, provider: str, api: str, sdk: str) -> tuple[Ineffective, ...]:
        """Forms that look like attribution of an api and do not arrive."""
        return self._of(provider, api, sdk).ineffective

    def source(self, provider: str, sdk: str, name: str) -> str:
        """What the short name of a source stands for in the file of who answers for a call."""
        owner = self._answers(provider, sdk)
        return owner.sources.get(name, name) if owner is not None else name

    @cached_property
    def gateway_headers(self) -> tuple[tuple[str, TagField, str], ...]:
        """Headers only a gateway reads: its id, the field, and the source in full."""
        return tuple(
            (p.id, field, p.sources.get(field.source, field.source))
            for p in self.providers.values()
            if p.kind == "gateway"
            for tagging in p.tagging
            for field in tagging.fields
            if "-" in field.field and field.level in ("call", "client")
        )

    def _answers(self, provider: str, sdk: str | None) -> Provider | None:
        owner = self._owner_of_sdk.get(sdk or "")
        if owner is None or owner.kind not in ("framework", "gateway") or not owner.tagging:
            owner = self.providers.get(provider, owner)
        return owner

    def _of(self, provider: str, api: str, sdk: str | None) -> Tagging:
        key = (provider, api, sdk or "")
        if key not in self._tagging:
            owner = self._answers(provider, sdk)
            self._tagging[key] = next(
                (
                    tagging
                    for tagging in (owner.tagging if owner is not None else ())
                    if any(fnmatchcase(api, glob) for glob in tagging.apis)
                ),
                _NO_TAGGING,
            )
        return self._tagging[key]


def package_name(ecosystem: str, name: str) -> str:
    """A package's name in the one spelling its ecosystem treats as equal."""
    text = name.strip().casefold()
    return re.sub(r"[-_.]+", "-", text) if ecosystem == "pypi" else text


def plain_name(name: str) -> str:
    """Letters and digits of a name, so that case, spaces and punctuation do not matter."""
    return "".join(char for char in name.casefold() if char.isalnum())


def merchant_words(text: str) -> tuple[str, ...]:
    """Words of a card statement's descriptor, upper case, without punctuation."""
    upper = unicodedata.normalize("NFKC", text).upper()
    return tuple(re.sub(r"[^A-Z0-9]+", " ", upper).split())


def _heads(prefix: str) -> Iterator[str]:
    """A prefix and the beginnings of it that are still long enough to tell something."""
    yield prefix
    if len(prefix) > _SHOWN:
        yield prefix[:_SHOWN]
    cuts = [at for at, char in enumerate(prefix, 1) if char in "-_"]
    yield from (prefix[:at] for at in cuts[1:])


def _spellings(model: str) -> Iterator[str]:
    yield model
    if "/" in model:
        model = model.rpartition("/")[2]
        yield model
    if ":" in model:
        yield model.partition(":")[2]


def _follows(words: tuple[str, ...], known: tuple[str, ...]) -> bool:
    if len(known) == 1 or len(words) < len(known):
        return words == known
    return words[:-1] == known[:-1] and words[-1].startswith(known[-1])
