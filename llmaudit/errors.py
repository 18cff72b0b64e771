"""Errors a user can act on: what is wrong, where, and how to mend it."""

from __future__ import annotations


class LlmauditError(Exception):
    """Nothing can be concluded; the command ends with exit code 2.

    Args:
        problem: One sentence that says what is wrong and where.
        help: What to do about it, in the imperative; empty when the problem says it all.
    """

    def __init__(self, problem: str, help: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}" if self.help else self.problem


class UsageError(LlmauditError):
    """The command line asks for something that does not exist or cannot be combined."""


class ConfigError(LlmauditError):
    """The configuration, the policy or a file it names cannot be used as it stands."""


class TrustError(ConfigError):
    """A configuration discovered in the audited tree asks for more than the tree may decide."""


class EngineError(LlmauditError):
    """The scan engine is missing, incompatible or failed as a whole."""


class ReportError(LlmauditError):
    """A file given as a report is not a report this version reads."""
