"""From the command line's choice of files to a configuration and a policy in force."""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from llmaudit.config import Config, Loaded, Policy, Vocabulary


@dataclass(frozen=True, slots=True)
class InForce:
    """The configuration and policy of a run.

    Attributes:
        confine: Folder outside of which nothing may be read; None for a trusted file.
        by_tree: Whether the path map and the ignores are the audited tree's own word.
        warnings: What the tree asked for in vain.
    """

    config: Config
    policy: Policy | None
    digest: str
    root: Path
    confine: Path | None = None
    by_tree: bool = False
    warnings: tuple[str, ...] = ()


def vocabulary() -> Vocabulary:
    """What a configuration may name in this version."""
    from llmaudit import catalogue, connectors, policy
    from llmaudit.config import Vocabulary
    from llmaudit.secrets import keys_in

    known = catalogue.load()
    return Vocabulary(
        rules=policy.KNOWN_IDS,
        connectors={name: kind.network for name, kind in connectors.KINDS.items()},
        settings=lambda name: connectors.load(name).Settings,
        is_secret=lambda text: bool(keys_in(text, known)),
    )


def in_force(config: str | None, *, no_config: bool, policy: str | None, cwd: Path) -> InForce:
    """Find, load and join the files that were asked for.

    Args:
        config: ``--config``, which is trusted.
        no_config: Look for no configuration.
        policy: ``--policy``, which a configuration may only tighten.
        cwd: Folder from which a configuration is looked for.

    Raises:
        ConfigError: A file cannot be used.
        UsageError: The options contradict each other.
    """
    from llmaudit.config import (
        Config,
        Policy,
        check_trust,
        find,
        load,
        repository_root,
        tighten,
    )
    from llmaudit.policy import RULES

    if config is not None and no_config:
        raise UsageError("--config and --no-config were both given", "give one of them")
    words = vocabulary()
    confine: Path | None = None
    if config is not None:
        tree: Loaded | None = load(Path(config), words)
    else:
        path = None if no_config else find(cwd)
        tree = load(Path(os.path.relpath(path, cwd)), words) if path else None
        if tree is not None:
            confine = repository_root(tree.root) or tree.root
            check_trust(tree, words, confine)
    if policy is None:
        if tree is None:
            return InForce(Config(), None, "", cwd)
        return InForce(
            tree.config,
            tree.config.policy,
            tree.digest,
            tree.root,
            confine,
            confine is not None,
            _without_evidence(tree.config.policy),
        )
    org = _organisation(policy, words, cwd, tree.root if tree else cwd)
    bound = org.config.policy
    if bound is None:
        raise ConfigError(f"{policy} holds no policy", "add policy: to it")
    if tree is None:
        config_in_force, dropped = _shared(org.config, Config(), "")
        return InForce(
            config_in_force, bound, org.digest, cwd, warnings=(*_without_evidence(bound), *dropped)
        )
    name = tree.document.name
    joined, dropped = _shared(org.config, tree.config, name if confine is not None else "")
    result = tighten(
        bound, tree.config.policy or Policy(), name, {rule.id: rule.level for rule in RULES}
    )
    return InForce(
        joined,
        result.policy,
        f"{org.digest}+{tree.digest}",
        tree.root,
        confine,
        result.by_tree and confine is not None and not _values_from(bound),
        (*_without_evidence(result.policy), *dropped, *result.warnings),
    )


def _without_evidence(policy: Policy | None) -> tuple[str, ...]:
    """Rules that the policy sets and that nothing in this version can break."""
    from llmaudit.policy import PLANNED

    return tuple(
        f"the rule {rule} has no evidence in this version; it comes with {PLANNED[rule]}"
        for rule in (policy.rules if policy else ())
        if rule in PLANNED
    )


def _shared(org: Config, tree: Config, name: str) -> tuple[Config, tuple[str, ...]]:
    """The tree's configuration with the organisation's name, gateways and wrappers.

    Args:
        org: What binds.
        tree: What was configured for the tree.
        name: What to call the tree's file where it was only discovered; such a file may hide
            nothing from the organisation. Empty for a file that is trusted.

    Returns:
        The configuration in force, and a sentence for each thing that was dropped.
    """
    update: dict[str, object] = {
        "organization": org.organization or tree.organization,
        "gateways": (*org.gateways, *tree.gateways),
        "wrappers": (*org.wrappers, *tree.wrappers),
        "exclude": (*org.exclude, *tree.exclude),
    }
    if not name:
        return tree.model_copy(update=update), ()
    dropped = [f"exclude: {glob}" for glob in tree.exclude]
    dropped += [f"gateways: {gateway.host}" for gateway in tree.gateways]
    connectors: list[dict[str, object]] = []
    for number, entry in enumerate(tree.connectors):
        narrowing = ("paths", "exclude") if entry["type"] == "code" else ()
        dropped += [f"connectors.{number}.{key}" for key in narrowing if key in entry]
        connectors.append({k: v for k, v in entry.items() if k not in narrowing})
    update |= {
        "gateways": org.gateways,
        "exclude": org.exclude,
        "connectors": tuple(connectors),
    }
    why = "under --policy a discovered configuration cannot narrow what is looked at"
    return (
        tree.model_copy(update=update),
        tuple(f"{name}: {what} was dropped: {why}" for what in dropped),
    )


def _organisation(source: str, words: Vocabulary, cwd: Path, root: Path) -> Loaded:
    if re.match(r"[a-z][a-z0-9+.-]*://", source, re.IGNORECASE):
        raise ConfigError(
            "--policy was given an address, and this version reads no policy from the network",
            "download it, compare its SHA-256 with the one you trust, and give the file's path",
        )
    if source.startswith("git:"):
        return _from_git(source, words, cwd)
    from llmaudit.config import load

    return _with_registers_seen_from(load(Path(source), words), root)


def _from_git(source: str, words: Vocabulary, cwd: Path) -> Loaded:
    from llmaudit.config import repository_root, validate
    from llmaudit.config.document import parse
    from llmaudit.connectors.code import git

    _, _, rest = source.partition(":")
    ref, _, path = rest.partition(":")
    top = repository_root(cwd)
    if not ref or not path or ref.startswith("-"):
        raise UsageError(
            f"--policy {source!r} names no file of a git ref", "write git:origin/main:llmaudit.yaml"
        )
    data = git.ask(top, "cat-file", "blob", f"{ref}:{path}") if top else None
    if top is None or data is None:
        raise ConfigError(
            f"git has no {path!r} at {ref!r}",
            "fetch that ref (in a CI checkout: fetch-depth: 0), and check the path",
        )
    loaded = validate(parse(data, source), data, words, root=top, path=None)
    policy = loaded.config.policy
    named = [*_registers(policy)] if policy else []
    if named:
        raise ConfigError(
            f"{source} names {named[0]!r}, and only the policy itself is read from a git ref",
            "give the policy as a file, or leave its people, units and values_from to the tree",
        )
    return loaded


def _registers(policy: Policy) -> list[str]:
    files = [policy.owners.people, policy.owners.units]
    return [name for name in files if name is not None] + _values_from(policy)


def _values_from(policy: Policy) -> list[str]:
    return [tag.values_from for tag in policy.required_tags.values() if tag.values_from]


def _with_registers_seen_from(loaded: Loaded, root: Path) -> Loaded:
    """A run has one folder for relative paths, the tree's; the organisation's start there too.

    They stay relative, so that the digest of the policy is the same on every machine.
    """
    policy = loaded.config.policy
    if policy is None:
        return loaded

    def placed(name: str | None) -> str | None:
        return None if name is None else os.path.relpath(loaded.root / name, root)

    owners = policy.owners.model_copy(
        update={"people": placed(policy.owners.people), "units": placed(policy.owners.units)}
    )
    tags = {
        key: tag.model_copy(update={"values_from": placed(tag.values_from)})
        for key, tag in policy.required_tags.items()
    }
    policy = policy.model_copy(update={"owners": owners, "required_tags": tags})
    return dataclasses.replace(loaded, config=loaded.config.model_copy(update={"policy": policy}))
