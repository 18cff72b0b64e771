"""``llmaudit fix``: the missing tags, written where the provider reads them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from llmaudit.cli import options as opt


def fix(
    paths: opt.Paths = None,
    write: Annotated[
        bool, typer.Option("--write", help="Change the files; without it nothing is changed.")
    ] = False,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A tag's value where calls lack it; repeat for several.",
            show_default=False,
        ),
    ] = None,
    config: opt.ConfigFile = None,
    no_config: opt.NoConfig = False,
    policy: opt.PolicySource = None,
    as_of: opt.AsOf = None,
    repo: opt.RepoName = None,
    jobs: opt.Jobs = None,
    quiet: opt.Quiet = False,
) -> None:
    """Write missing tags into calls; print the difference.

    Values come from --set, the path map, CODEOWNERS and the policy. What is not edited is named
    with the reason, and with the key, project or gateway that must carry the tags instead.
    """
    from llmaudit import fix as fixing
    from llmaudit import pipeline
    from llmaudit.cli.request import Choices, build
    from llmaudit.cli.streams import answer, say
    from llmaudit.fix import files
    from llmaudit.fix.unified import unified

    tags = _tags(given or [])
    choices = Choices(
        paths=tuple(paths or ()),
        config=config,
        no_config=no_config,
        policy=policy,
        as_of=as_of,
        repo=repo,
        jobs=jobs,
        quiet=quiet,
        connectors=("code", "registry"),
    )
    request = build(choices, os.environ, Path.cwd())
    found = fixing.plan(pipeline.run(request), request, tags)
    answer("".join(unified(one, terminal=sys.stdout.isatty()) for one in found.changes))
    if write:
        for one in found.changes:
            files.write(one.root, one.path, one.before, one.after)
    if quiet:
        return
    for left in found.left:
        say("left", f"{left.where}: {left.why}")
    calls = sum(one.calls for one in found.changes)
    done = "written" if write else "to write; --write changes the files"
    say("fix", f"{calls} calls in {len(found.changes)} files {done}; {len(found.left)} notes above")


def _tags(given: list[str]) -> dict[str, str]:
    from llmaudit.errors import UsageError

    tags: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (equals and key.strip() and value.strip() and value.isprintable()):
            raise UsageError(f"--set {text!r} is no tag", "write --set team=search")
        tags[key.strip()] = value.strip()
    return tags
