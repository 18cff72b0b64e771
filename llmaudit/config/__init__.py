"""Find, parse and validate llmaudit.yaml."""

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

__all__ = [
    "Config",
    "Gateway",
    "IgnoreEntry",
    "Owners",
    "PathRule",
    "Policy",
    "RequiredTag",
    "RuleSetting",
    "SanctionedEntry",
    "Trust",
    "Wrapper",
]
