"""Environment variables and settings: which of them hold a key, an address or a model.

Only names are kept. A key's value is dropped here, except that a whole key, which ought not to
stand in a file at all, is handed on to be reduced to its redacted form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.findings import Found, Source
from llmaudit.connectors.code.surfaces.nodes import Node, Scalar
from llmaudit.model import Confidence
from llmaudit.secrets import keys_in

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

Role = Literal["key", "url", "model"]

LOCAL_HOSTS = frozenset(
    {"localhost", "127.0.0.1", "0.0.0.0", "::1", "host.docker.internal"}  # noqa: S104
)
_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104
_KEY_WORDS = re.compile(r"(?:^|_)(?:API)?_?(?:KEY|KEYS|TOKEN|SECRET|APIKEY|PASSWORD)(?:_|$)")
_URL_WORDS = re.compile(r"(?:^|_)(?:URL|URI|ENDPOINT|HOST|BASE|BASEURL|ADDRESS)(?:_|$)")
_MODEL_WORDS = re.compile(r"(?:^|_)(?:MODEL|MODELS|DEPLOYMENT)(?:_|$)")
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("key", _KEY_WORDS),
    ("url", _URL_WORDS),
    ("model", _MODEL_WORDS),
)
# What follows a known word and makes something else of it: OPENAI_TOKEN_LIMIT.
_OTHER = re.compile(
    r"_(?:LIMIT|COUNT|BUDGET|MAX|USAGE|TIMEOUT|RETRIES|TEMPERATURE|VERSION|ENABLED|PREFIX|LENGTH"
    r"|SIZE|TYPE|PROVIDER|REGION|DIR|CACHE)$"
)
# Heads of the catalogue's variables that stand for more than one product of a vendor.
_WIDE_HEADS = frozenset(
    {"AI_GATEWAY", "AWS", "AWS_BEARER", "CO", "DATABRICKS", "GOOGLE", "HELICONE", "HF",
     "HUGGINGFACE", "HUGGINGFACEHUB", "LANGFUSE", "NVIDIA", "WX", "XAI_MANAGEMENT"}
)  # fmt: skip
# Keys that open other products of the vendor as well.
_SHARED = frozenset(
    {"GOOGLE_API_KEY", "HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "DATABRICKS_API_KEY"}
)
# `${OPENAI_API_BASE:-https://...}` of shells and Compose, `{{ ... }}` of templates, GitHub's
# expressions, Spring's `${NAME:default}`.
_PLACEHOLDER = re.compile(
    r"your|example|placeholder|xxx|changeme|^[\d.]+$|^(?:true|false|null|none)$", re.IGNORECASE
)
_EXPRESSION = re.compile(r"\$\{|\$\(|\{\{|^\$[A-Za-z_]|<%|#\{")
_REFERENCE = re.compile(
    r"^\s*(?:\$\{\{\s*(?:secrets|vars)\.([A-Za-z_][\w-]*)\s*\}\}"
    r"|\$\{?([A-Za-z_]\w*)(?::?[-?][^}]*)?\}?)\s*$"
)
# What a composite action or a job hands on to its steps: it is set, and told, elsewhere.
_HANDED_ON = re.compile(r"^\$\{\{\s*(?:inputs|env|steps|needs|matrix)\.")
_DEFAULT = re.compile(r"^\s*\$\{[A-Za-z_.\-\w]+:-?([^}$]*)\}(.*)$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a variable holds, by its name."""

    role: Role
    provider: str
    certain: bool


def meaning(name: str, catalogue: Catalogue) -> Meaning | None:
    """What a variable of this name holds; None where it is none of a model provider's.

    A known name counts with anything before and after it (``PROD_OPENAI_API_KEY``,
    ``TF_VAR_openai_api_key``), and so does a provider's own word with KEY, URL or MODEL behind
    it (``OPENAI_CHAT_MODEL``), which is only likely.
    """
    if len(name) > 200:
        return None
    if not name.isupper():
        # `openaiApiKey`, `AzureOpenAIEndpoint`: words begin with a capital.
        name = _CAPITALS.sub("_", name.replace("OpenAI", "Openai").replace("OpenAi", "Openai"))
    return _meaning(re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_"), catalogue)


@lru_cache(maxsize=65_536)
def _meaning(name: str, catalogue: Catalogue) -> Meaning | None:
    exact, inside, heads = _names(catalogue)
    if name in exact:
        return exact[name]
    if _OTHER.search(name):
        return None
    found = inside.search(name)
    if found:
        base = exact[found[1]]
        role = _role(name, None) or base.role
        return Meaning(role, base.provider, base.certain and role == base.role)
    headed = heads[0].search(name)
    if headed:
        rest = name[headed.end() :]
        role_of_rest = _role(rest, None)
        if role_of_rest is not None:
            return Meaning(role_of_rest, heads[1][headed[1]], certain=False)
    return None


def _role(text: str, otherwise: Role | None) -> Role | None:
    """The role that the last of its words says."""
    found = [(match.start(), role) for role, words in _WORDS for match in words.finditer(text)]
    return max(found)[1] if found else otherwise


@lru_cache(maxsize=4)
def _names(
    catalogue: Catalogue,
) -> tuple[dict[str, Meaning], re.Pattern[str], tuple[re.Pattern[str], dict[str, str]]]:
    exact: dict[str, Meaning] = {}
    heads: dict[str, str] = {}
    for provider in catalogue.providers.values():
        for name in provider.env_vars:
            role = _role(name, None)
            if role is None or provider.id == "langfuse":
                continue
            exact[name] = Meaning(role, provider.id, name not in _SHARED)
            head = re.sub(r"_?(?:API_?KEY|API_TOKEN|API_BASE|AUTH_TOKEN|BASE_URL|KEY)$", "", name)
            if role == "key" and head != name and head not in _WIDE_HEADS:
                heads.setdefault(head, provider.id)
    for row in known.rows("variables", known.Variable):
        exact.setdefault(row.value, Meaning(row.role, row.provider, certain=True))
    heads["OLLAMA"] = "ollama"
    return exact, _alternatives(exact), (_alternatives(heads), heads)


def _alternatives(
    names: dict[str, object] | dict[str, Meaning] | dict[str, str],
) -> re.Pattern[str]:
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?:^|_)({'|'.join(map(re.escape, ordered))})(?=_|$)")


@dataclass(slots=True)
class Environment:
    """The variables of one scope (a file, a service, a step) and what they hold.

    Attributes:
        rule: The surface they stand in.
        models: Models named, by provider.
    """

    source: Source
    rule: str
    keys: list[Found]
    routes: list[Found]
    models: dict[str, list[str]]

    @classmethod
    def of(cls, source: Source, rule: str) -> Environment:
        """An empty one."""
        return cls(source, rule, [], [], {})

    def add(self, name: str, line: int, value: Node | None, stored: str = "") -> Meaning | None:
        """Read one variable.

        Args:
            name: As it is written.
            line: Of the name.
            value: Its value; None where it comes from elsewhere.
            stored: Name under which a store holds the key, where the file says so.
        """
        found = meaning(name, self.source.catalogue)
        if found is not None:
            self.put(found, name, line, value, stored)
        return found

    def put(
        self, found: Meaning, name: str, line: int, value: Node | None, stored: str = ""
    ) -> None:
        """Read one variable or setting whose meaning is known."""
        text = ""
        if isinstance(value, Scalar):
            text = (value.value or value.hint).strip().strip("\"'")
        if _HANDED_ON.match(text):
            return
        confidence: Confidence = "certain" if found.certain else "likely"
        if found.role == "key":
            exposed = keys_in(text, self.source.catalogue) if text else []
            variable = re.sub(r"[^A-Za-z0-9_.:\-/]", "_", name)
            self.keys.append(
                Found(
                    "secret",
                    stored or referenced(text) or variable,
                    line,
                    self.rule,
                    "repository",
                    provider=found.provider,
                    confidence=confidence,
                    variable=variable,
                    exposed=exposed[0] if exposed else "",
                )
            )
        elif found.role == "url":
            self._route(name, line, text, found)
        elif text and (model := settled(text)) and plausible_model(model):
            self.models.setdefault(found.provider, []).append(model)

    def _route(self, name: str, line: int, text: str, found: Meaning) -> None:
        host, port = host_of(text)
        if host in _ANY_ADDRESS:
            # What a server listens on leads nowhere.
            return
        if not host and not _EXPRESSION.search(text):
            return
        provider = found.provider
        if host:
            provider = provider_of_host(host, port, provider, self.source)
        self.routes.append(
            Found(
                "route",
                host or name,
                line,
                self.rule,
                "repository",
                name=host or f"{name} (set elsewhere)",
                provider=provider,
                confidence="certain" if host else "likely",
                attributes={"variable": name, **({"host": host} if host else {})},
            )
        )

    def found(self) -> Iterator[Found]:
        """The secrets and routes, each with the models named beside it."""
        for one in (*self.keys, *self.routes):
            models = self.models.get(one.provider or "", ())
            yield replace(one, models=tuple(dict.fromkeys(models))) if models else one

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets."""
        return tuple(dict.fromkeys(one.key for one in self.keys))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Keys of the routes."""
        return tuple(dict.fromkeys(one.key for one in self.routes))

    @property
    def provider(self) -> str | None:
        """The provider whose key or address stands here, where there is just one."""
        named = {one.provider for one in (*self.keys, *self.routes)} - {None, "unknown"}
        return next(iter(named)) if len(named) == 1 else None


def referenced(text: str) -> str:
    """The name of the secret or variable that a value is nothing but a reference to."""
    match = _REFERENCE.match(text)
    return (match[1] or match[2]) if match else ""


def settled(text: str) -> str:
    """A value without expressions; of ``${NAME:-default}`` the default; else empty."""
    default = _DEFAULT.match(text)
    if default:
        text = default[1] + default[2]
    text = text.strip().strip("\"'")
    return "" if _EXPRESSION.search(text) else text


def host_of(text: str) -> tuple[str, int | None]:
    """Host and port of an address, where they are settled; never its path or credentials."""
    text = settled(text) or text
    head = re.match(r"^[a-z][a-z0-9+.-]*://", text, re.IGNORECASE)
    if not head:
        text = f"//{text}" if re.fullmatch(r"[\w.-]+(?::\d+)?(?:/.*)?", text) else ""
    try:
        address = urlsplit(text)
        host, port = address.hostname or "", address.port
    except ValueError:
        return "", None
    if not head and "." not in host and host not in LOCAL_HOSTS and port is None:
        return "", None
    return ("", None) if not re.fullmatch(r"[a-z0-9][a-z0-9._:-]*", host) else (host, port)


def provider_of_host(host: str, port: int | None, otherwise: str, source: Source) -> str:
    """Who answers at a host: a configured gateway, a known provider, else nobody knows."""
    for gateway in source.gateways:
        if host == gateway.host or host.endswith(f".{gateway.host}"):
            return gateway.provider
    known_host = source.catalogue.host(host)
    if known_host is not None:
        return known_host.id
    if port == 11434 or otherwise == "ollama":
        return "ollama"
    return "unknown"


def plausible_model(text: str) -> bool:
    """Whether a text can be the name of a model: one word, no placeholder, no address."""
    return bool(
        re.fullmatch(r"[A-Za-z0-9][\w.:/@+\-]{0,150}", text)
        and "://" not in text
        and not _PLACEHOLDER.search(text)
    )


def model_id(text: str) -> str:
    """A model's id out of an ARN or a resource path; empty where it is not settled."""
    for mark in ("foundation-model/", "inference-profile/", "/models/"):
        if mark in text:
            text = text.rpartition(mark)[2]
            break
    # Where model servers fetch a model from; `s3://` and the like name a place, not a model.
    text = re.sub(r"^(?:hf|ollama|huggingface)://", "", text.strip())
    return text if text and not _EXPRESSION.search(text) and plausible_model(text) else ""
