"""Ask the catalogue: whose host, package, module, model, key, application, merchant is this."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property

from llmaudit.catalogue.facts import App, KeyPattern, Provider, Sdk, TagField, Tagging

_SEPARATORS = {"python": ".", "javascript": "/"}
# A descriptor is a processor's words around the merchant's; these say nothing of who it is.
_PROCESSORS = re.compile(r"^(?:SQ|PAYPAL|PP|CB|POS DEBIT|TST)\b\s*")


class Catalogue:
    """Facts of all providers, indexed for constant-time questions.

    Attributes:
        providers: By id.
        digest: Names the facts it was made of.
    """

    def __init__(self, providers: Mapping[str, Provider], digest: str) -> None:
        self.providers = providers
        self.digest = digest
        self._models: dict[str, Provider | None] = {}
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
    def _hosts(self) -> tuple[dict[str, Provider], list[tuple[re.Pattern[str], Provider]]]:
        exact: dict[str, Provider] = {}
        globs: list[tuple[re.Pattern[str], Provider]] = []
        for provider in self.providers.values():
            for host in provider.hosts:
                if "*" in host:
                    body = "[a-z0-9-]+".join(re.escape(part) for part in host.split("*"))
                    if host.startswith("*."):
                        body = r"(?:[a-z0-9-]+\.)+" + re.escape(host[2:])
                    globs.append((re.compile(body), provider))
                else:
                    exact[host] = provider
        return exact, globs

    def host(self, name: str) -> Provider | None:
        """Provider of a host name: equal to a known one, or below it, label by label."""
        exact, globs = self._hosts
        host = name.casefold().rstrip(".")
        labels = host.split(".")
        for start in range(len(labels) - 1):
            found = exact.get(".".join(labels[start:]))
            if found is not None:
                return found
        return next((provider for glob, provider in globs if glob.fullmatch(host)), None)

    # -- SDKs ------------------------------------------------------------------------

    @cached_property
    def _packages(self) -> dict[tuple[str, str], Sdk]:
        return {
            (ecosystem, _package(ecosystem, name)): sdk
            for sdk in self.sdks
            for ecosystem, names in sdk.packages.items()
            for name in names
        }

    def package(self, ecosystem: str, name: str) -> Sdk | None:
        """SDK of a declared dependency."""
        return self._packages.get((ecosystem, _package(ecosystem, name)))

    @cached_property
    def _imports(self) -> dict[tuple[str, str], Sdk]:
        return {
            (language, module): sdk
            for sdk in self.sdks
            for language, modules in sdk.imports.items()
            for module in modules
        }

    def imported(self, language: str, module: str) -> Sdk | None:
        """SDK of an imported module: the longest known prefix, part by part."""
        separator = _SEPARATORS.get(language, ".")
        parts = module.split(separator)
        for count in range(len(parts), 0, -1):
            found = self._imports.get((language, separator.join(parts[:count])))
            if found is not None:
                return found
        return None

    @cached_property
    def _variables(self) -> dict[str, Provider]:
        return {name: p for p in self.providers.values() for name in p.env_vars}

    def env_var(self, name: str) -> Provider | None:
        """Provider of an environment variable."""
        return self._variables.get(name)

    # -- keys ------------------------------------------------------------------------

    @cached_property
    def _compiled(self) -> tuple[tuple[re.Pattern[str], KeyPattern], ...]:
        return tuple((re.compile(k.pattern), k) for k in self.key_patterns)

    def key(self, secret: str) -> KeyPattern | None:
        """The form of key a whole text has."""
        text = secret.strip()
        return next((k for pattern, k in self._compiled if pattern.fullmatch(text)), None)

    def redacted(self, form: str) -> Provider | None:
        """Provider of a redacted key whose visible head has a distinctive prefix."""
        head = re.split(r"\.{2,}|\*{2,}|\u2026", form.strip(), maxsplit=1)[0]
        for pattern in self.key_patterns:
            if len(pattern.prefix) >= 4 and head.startswith(pattern.prefix):
                return self.providers[pattern.provider]
        return None

    # -- models and applications -----------------------------------------------------

    @cached_property
    def _model_globs(self) -> tuple[tuple[str, Provider], ...]:
        found = [
            (glob.casefold(), provider)
            for provider in self.providers.values()
            for glob in (*provider.models, *(f"*{prefix}*" for prefix in provider.cloud_models))
        ]
        return tuple(sorted(found, key=lambda item: (-len(item[0]), item[0])))

    def model(self, name: str) -> Provider | None:
        """Who publishes a model, by its id."""
        text = name.casefold()
        if text not in self._models:
            self._models[text] = next(
                (provider for glob, provider in self._model_globs if fnmatchcase(text, glob)), None
            )
        return self._models[text]

    @cached_property
    def _apps(self) -> dict[str, App]:
        return {
            _plain(name): app
            for provider in self.providers.values()
            for app in provider.apps
            for name in (app.id, app.name, *app.other_names, *app.oauth_ids)
        }

    def app(self, name: str) -> App | None:
        """An application by id, name or OAuth client id."""
        return self._apps.get(_plain(name))

    @cached_property
    def _merchants(self) -> tuple[tuple[str, Provider], ...]:
        found = [
            (_descriptor(text), provider)
            for provider in self.providers.values()
            for text in provider.merchants
        ]
        return tuple(sorted(found, key=lambda item: (-len(item[0]), item[0])))

    def merchant(self, descriptor: str) -> Provider | None:
        """Provider of a card statement's descriptor.

        A descriptor matches where it begins with the known words; the last of them may be
        cut or glued to a city. A bare product name (CLAUDE, CURSOR, GEMINI) never matches.
        """
        text = _descriptor(descriptor)
        return next((p for known, p in self._merchants if text.startswith(known)), None)

    # -- names and tags --------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, str]:
        """Provider ids by every spelling the catalogue knows."""
        return {
            _plain(name): provider.id
            for provider in self.providers.values()
            for name in (*provider.aliases, provider.name, provider.id)
        }

    def provider_id(self, name: str) -> str | None:
        """Provider id of a name as people and exports write it."""
        return self.names.get(_plain(name))

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

    def _of(self, provider: str, api: str, sdk: str | None) -> Tagging:
        key = (provider, api, sdk or "")
        if key not in self._tagging:
            owner = self._owner_of_sdk.get(sdk or "")
            known = (
                owner
                if owner is not None and owner.kind in ("framework", "gateway") and owner.tagging
                else self.providers.get(provider)
            )
            if known is None:
                known = owner
            self._tagging[key] = next(
                (
                    tagging
                    for tagging in (known.tagging if known is not None else ())
                    if any(fnmatchcase(api, glob) for glob in tagging.apis)
                ),
                Tagging((), ()),
            )
        return self._tagging[key]


def _package(ecosystem: str, name: str) -> str:
    text = name.casefold()
    return re.sub(r"[-_.]+", "-", text) if ecosystem == "pypi" else text


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.casefold())


def _descriptor(text: str) -> str:
    upper = unicodedata.normalize("NFKC", text).upper()
    words = " ".join(re.sub(r"[^A-Z0-9]+", " ", upper).split())
    return _PROCESSORS.sub("", words)
