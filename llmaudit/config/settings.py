"""The shape of llmaudit.yaml. Unknown keys are errors everywhere."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from llmaudit.model import Level


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequiredTag(_Strict):
    """One required key: which values it may have and how else it may be spelt."""

    values: tuple[str, ...] | None = None
    pattern: str | None = None
    values_from: str | None = None
    aliases: tuple[str, ...] = ()


def _allowance(text: str | int) -> str:
    value = str(text).strip()
    number = value.removesuffix("%").strip()
    if not number.replace(".", "", 1).isdigit() or (not value.endswith("%") and "." in number):
        raise ValueError(f"{value!r} is neither a count like 3 nor a share like '5%'")
    return value


class RuleSetting(_Strict):
    """The level of a rule and how many open findings it tolerates.

    ``allow`` is a count (``3``) or a share of the assets the rule applies to (``5%``).
    """

    level: Literal["error", "warning", "note", "off"]
    allow: Annotated[str | int, AfterValidator(_allowance)] = "0"


class SanctionedEntry(_Strict):
    """One permitted use: an asset is sanctioned when every stated condition is true."""

    provider: str | None = None
    app: str | None = None
    sdk: str | None = None
    projects: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    repositories: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    until: date | None = None
    approved_by: str = ""
    reason: str = ""

    @model_validator(mode="after")
    def _names_something(self) -> SanctionedEntry:
        if not (self.provider or self.app or self.sdk or self.keys):
            raise ValueError("a sanctioned entry names a provider, an app, an sdk or keys")
        return self


class PathRule(_Strict):
    """Tags and an owner for everything under a path glob."""

    path: str
    repository: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    owner: str | None = None


class Owners(_Strict):
    """Where ownership is read from."""

    codeowners: bool = True
    people: str | None = None
    units: str | None = None


class IgnoreEntry(_Strict):
    """One accepted finding, with a reason and, better, an end."""

    rule: str
    path: str | None = None
    asset: str | None = None
    reason: str
    until: date | None = None
    by: str = ""

    @model_validator(mode="after")
    def _names_a_place(self) -> IgnoreEntry:
        if not (self.path or self.asset):
            raise ValueError("an ignore names a path or an asset")
        return self


class Trust(_Strict):
    """How far the audited tree's own word counts."""

    inline_ignores: bool = True
    codeowners: bool = True
    path_map: bool = True


class Policy(_Strict):
    """What is required, what is permitted and what breaks the gate.

    ``sanctioned`` None means that nothing was decided; an empty list that nothing is
    permitted.
    """

    required_tags: dict[str, RequiredTag] = Field(default_factory=dict)
    require_at: Literal["effective", "call"] = "effective"
    rules: dict[str, RuleSetting] = Field(default_factory=dict)
    never_ignore: tuple[str, ...] = ()
    sanctioned: tuple[SanctionedEntry, ...] | None = None
    attribution: tuple[PathRule, ...] = ()
    owners: Owners = Owners()
    ignores: tuple[IgnoreEntry, ...] = ()
    trust: Trust = Trust()

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        """``team:`` alone and ``untagged: error`` are short for their full forms."""
        if isinstance(data, dict):
            data = dict(data)
            for key in ("required_tags", "rules"):
                if isinstance(data.get(key), dict):
                    data[key] = {
                        name: {"level": value}
                        if key == "rules" and isinstance(value, str)
                        else ({} if value is None else value)
                        for name, value in data[key].items()
                    }
        return data

    def level(self, rule: str, default: Level | Literal["off"]) -> Level | Literal["off"]:
        """The level in force for a rule whose own default is given."""
        setting = self.rules.get(rule)
        return setting.level if setting else default


class Gateway(_Strict):
    """A company's own LLM gateway and the headers it reads tags from."""

    host: str
    provider: str
    tag_headers: dict[str, str] = Field(default_factory=dict)


# Languages in which a function can stand outside of classes and is imported by its name.
_WITH_FUNCTIONS = ("python", "javascript", "typescript", "go")


class Wrapper(_Strict):
    """A company's own function that sends model requests.

    Attributes:
        import_: ``module.function``, ``module.Class.method``; with ``module:function`` the module
            is what stands before the colon (``@acme/llm:complete``).
        language: Of the code that calls it; ``javascript`` and ``typescript`` mean both.
    """

    import_: str = Field(alias="import", pattern=r"^[@\w./-]+(?::[\w.]+)?$")
    provider: str
    language: Literal[
        "python", "javascript", "typescript", "go", "java", "kotlin", "scala", "csharp", "ruby",
        "php", "rust", "swift",
    ] = "python"  # fmt: skip

    @model_validator(mode="after")
    def _names_a_function(self) -> Wrapper:
        if not self.module or not self.name:
            raise ValueError(
                f"{self.import_!r} names no function: write module.function or module:function"
            )
        if "." not in self.name and self.language not in _WITH_FUNCTIONS:
            raise ValueError(
                f"{self.import_!r} names no class: in {self.language} write package.Class.method"
            )
        return self

    @property
    def module(self) -> str:
        """What the code imports."""
        return self._parts[0]

    @property
    def name(self) -> str:
        """The function, or ``Class.method``, within the module."""
        return self._parts[1]

    @property
    def _parts(self) -> tuple[str, str]:
        if ":" in self.import_:
            module, _, name = self.import_.partition(":")
            return module, name
        module, _, function = self.import_.rpartition(".")
        rest, _, holder = module.rpartition(".")
        if rest and holder[:1].isupper():
            return rest, f"{holder}.{function}"
        return module, function


class Config(_Strict):
    """llmaudit.yaml, validated, except that each connector validates its own entry."""

    version: Literal[1] = 1
    organization: str = ""
    policy: Policy | None = None
    gateways: tuple[Gateway, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    exclude: tuple[str, ...] = ()
    connectors: tuple[dict[str, Any], ...] = ()
