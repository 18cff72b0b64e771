"""A company's own functions that send model requests, as the configuration names them.

Each becomes a rule beside the shipped ones, and its module an SDK of this run's catalogue, so
that names are followed to it across files as to any other SDK's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmaudit.catalogue import Catalogue, Provider, Sdk
from llmaudit.config import Wrapper
from llmaudit.connectors.code.rulebook import Attribution, ScanRule

_ENGINES = {"javascript": ("javascript", "typescript"), "typescript": ("javascript", "typescript")}
# The catalogue has what these import under the other's name.
_LENDERS = {"typescript": "javascript", "kotlin": "java", "scala": "java"}
# How a method on any object is written, where it is not with a dot.
_METHODS = {"php": ("$C->{0}(...)", "$C::{0}(...)")}
# Both the arguments by name and those of one object that is given first.
_ATTRIBUTION = Attribution(
    tag=("metadata", "tags", "0.metadata", "0.tags"),
    weak=("user", "0.user"),
    headers=("extra_headers", "headers", "0.headers"),
)


def with_wrappers(catalogue: Catalogue, wrappers: Sequence[Wrapper]) -> Catalogue:
    """The catalogue, with the wrappers' modules as SDKs of whom each reaches."""
    if not wrappers:
        return catalogue
    sdks: dict[str, Sdk] = {}
    for wrapper in wrappers:
        known = sdks.get(wrapper.module)
        language = _LENDERS.get(wrapper.language, wrapper.language)
        imports = {**(known.imports if known else {}), language: (wrapper.module,)}
        sdks[wrapper.module] = Sdk(
            wrapper.module, wrapper.provider, True, {}, imports, "the configuration's wrappers"
        )
    own = Provider(
        id="configured", name="Configured wrappers", kind="framework", aliases=(), sources={},
        hosts=(), sdks=tuple(sdks.values()), env_vars=(), key_patterns=(), models=(),
        cloud_models=(), apps=(), merchants=(), tagging=(),
    )  # fmt: skip
    return Catalogue({**catalogue.providers, own.id: own}, catalogue.digest)


def wrapper_rule(number: int, wrapper: Wrapper) -> tuple[ScanRule, dict[str, Any]]:
    """The rule of a wrapper, and what the engine is told of it."""
    name = f"configured.wrapper-{number}"
    languages = _ENGINES.get(wrapper.language, (wrapper.language,))
    holder, _, function = wrapper.name.rpartition(".")
    anchored = ScanRule(
        id=name,
        languages=languages,
        provider=wrapper.provider,
        sdk=wrapper.module,
        api=function,
        tier="anchored",
        role="call",
        path="llmaudit.yaml",
        family=(wrapper.module,),
        attribution=_ATTRIBUTION,
        model=("model", "0.model"),
    )
    if wrapper.language == "python" and not holder:
        rule, patterns = anchored, [f"{wrapper.module}.{function}(...)"]
        methods: tuple[str, ...] = (patterns[0].removesuffix("(...)"),)
    else:
        receivers = (holder.rpartition(".")[2],) if holder else ("*",)
        rule = replace(anchored, tier="shape", open_receivers=(), receivers=receivers)
        patterns = [
            form.format(function) for form in _METHODS.get(wrapper.language, ("$C.{0}(...)",))
        ]
        if not holder and wrapper.language != "go":
            patterns.append(f"{function}(...)")
        methods = (function,)
    entry: dict[str, Any] = {
        "id": name,
        "languages": list(languages),
        "severity": "INFO",
        "message": "configured wrapper",
        "pattern-either": [{"pattern": pattern} for pattern in patterns],
    }
    return replace(rule, methods=methods), entry
