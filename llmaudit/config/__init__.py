"""Find, parse and validate llmaudit.yaml."""

from llmaudit.config.load import (
    NAMES,
    Loaded,
    Vocabulary,
    check_trust,
    find,
    load,
    nearest,
    repository_root,
    validate,
)
from llmaudit.config.settings import (
    Config,
    Gateway,
    IgnoreEntry,
    Owners,
    PathRule,
    Policy,
    RequiredTag,
    RuleSetting,
    SanctionedEntry,
    Trust,
    Wrapper,
)
from llmaudit.config.tighten import tighten

__all__ = [
    "NAMES",
    "Config",
    "Gateway",
    "IgnoreEntry",
    "Loaded",
    "Owners",
    "PathRule",
    "Policy",
    "RequiredTag",
    "RuleSetting",
    "SanctionedEntry",
    "Trust",
    "Vocabulary",
    "Wrapper",
    "check_trust",
    "find",
    "load",
    "nearest",
    "repository_root",
    "tighten",
    "validate",
]
