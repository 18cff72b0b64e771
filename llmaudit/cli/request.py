"""From options to one fully stated request."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmaudit.cli import times
from llmaudit.cli.settings import InForce, in_force
from llmaudit.errors import UsageError

if TYPE_CHECKING:
    from llmaudit.model import Report
    from llmaudit.pipeline import Request

PEOPLE_KEY = "LLMAUDIT_PEOPLE_KEY"


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen on the command line, as it was written.

    Attributes:
        connectors: Kinds of connector to run; empty for all of them.
    """

    paths: tuple[str, ...] = ()
    config: str | None = None
    no_config: bool = False
    policy: str | None = None
    period: str | None = None
    as_of: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: str | None = None
    no_ignores: bool = False
    repo: str | None = None
    offline: bool = False
    jobs: int | None = None
    quiet: bool = False
    reveal_people: bool = False
    connectors: tuple[Literal["code", "registry", "exports"], ...] = ()


def build(choices: Choices, environment: Mapping[str, str], cwd: Path) -> Request:
    """Turn choices into a request; what is asked for is checked before any work starts.

    Raises:
        LlmauditError: A path, rule, date or file does not exist or cannot be used.
    """
    from llmaudit.pipeline import Request
    from llmaudit.redact import People

    for path in choices.paths:
        try:
            there = (cwd / path).exists()
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror}", "check its permissions"
            ) from error
        if not there:
            raise UsageError(f"{path} does not exist", "give files or folders that exist")
    moment = times.as_of(choices.as_of, environment)
    days = times.period(choices.period)
    _check_rules((*choices.select, *choices.ignore))
    settings = in_force(choices.config, no_config=choices.no_config, policy=choices.policy, cwd=cwd)
    return Request(
        config=settings.config,
        config_digest=settings.digest,
        policy=settings.policy,
        entries=_entries(settings, choices, cwd),
        root=settings.root,
        as_of=moment,
        people=People(_people_key(environment, settings), choices.reveal_people),
        confine=settings.confine,
        by_tree=settings.by_tree,
        period=days,
        baseline=_baseline(choices.baseline),
        select=choices.select,
        ignore=choices.ignore,
        honour_ignores=not choices.no_ignores,
        offline=choices.offline,
        repo_name=choices.repo,
        jobs=choices.jobs or _processors(),
        progress=sys.stderr.isatty() and not choices.quiet,
        warnings=settings.warnings,
    )


def _entries(settings: InForce, choices: Choices, cwd: Path) -> tuple[dict[str, object], ...]:
    """The connectors to run: those configured, the code ones under the paths that were given."""
    configured: list[dict[str, object]] = [
        entry
        for entry in settings.config.connectors
        if not choices.connectors or entry["type"] in choices.connectors
    ]
    code = [entry for entry in configured if entry["type"] == "code"]
    if choices.paths:
        # The first entry speaks for the others: their paths are what was replaced.
        given = [os.path.abspath(cwd / path) for path in choices.paths]  # noqa: PTH100
        first: dict[str, object] = {**(code[0] if code else {"type": "code"}), "paths": given}
        return (first, *(entry for entry in configured if entry["type"] != "code"))
    if not settings.config.connectors or (choices.connectors and not code):
        return ({"type": "code", "paths": ["."]}, *configured)
    return tuple(configured)


def _check_rules(named: Sequence[str]) -> None:
    from llmaudit.policy import KNOWN_IDS, nearest_rule

    for rule in named:
        if rule not in KNOWN_IDS:
            near = nearest_rule(rule)
            raise UsageError(
                f"there is no rule {rule!r}",
                f"did you mean {near!r}?" if near else "llmaudit rules list --policy lists them",
            )


def _baseline(path: str | None) -> Report | None:
    if path is None:
        return None
    from llmaudit import report_file

    return report_file.load(path)


def _people_key(environment: Mapping[str, str], settings: InForce) -> bytes:
    """The key of the pseudonyms; without one of the user's, anybody can recompute them."""
    given = environment.get(PEOPLE_KEY)
    if given:
        return given.encode()
    name = settings.config.organization.strip().casefold()
    return hashlib.sha256(f"llmaudit people {name}".encode()).digest()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
