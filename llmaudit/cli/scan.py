"""``llmaudit scan`` and ``llmaudit check``: look, and judge."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmaudit.cli import options as opt

if TYPE_CHECKING:
    from llmaudit.cli.change import Changed, Update
    from llmaudit.cli.request import Choices
    from llmaudit.gate import Verdict
    from llmaudit.model import Report
    from llmaudit.pipeline import Request

_PSEUDONYM = re.compile(r"u_[0-9a-f]{10}(?:@|$)")


def scan(
    paths: opt.Paths = None,
    config: opt.ConfigFile = None,
    no_config: opt.NoConfig = False,
    policy: opt.PolicySource = None,
    period: opt.PeriodText = None,
    as_of: opt.AsOf = None,
    output: opt.Outputs = None,
    format: opt.Formats = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit 1 when the policy is broken, as check does.")
    ] = False,
    strict: opt.Strict = False,
    exit_zero: opt.ExitZero = False,
    select: opt.Select = None,
    ignore: opt.Ignore = None,
    baseline: opt.Baseline = None,
    no_ignores: opt.NoIgnores = False,
    repo: opt.RepoName = None,
    offline: opt.Offline = False,
    jobs: opt.Jobs = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    reveal_people: opt.RevealPeople = False,
    csv_dialect: opt.CsvDialect = "standard",
) -> None:
    """Look at all that is configured, and sum it up.

    Without a configuration it looks at the code under PATH.
    """
    from llmaudit.cli.request import Choices

    _look(
        Choices(
            paths=tuple(paths or ()),
            config=config,
            no_config=no_config,
            policy=policy,
            period=period,
            as_of=as_of,
            select=tuple(select or ()),
            ignore=tuple(ignore or ()),
            baseline=baseline,
            no_ignores=no_ignores,
            repo=repo,
            offline=offline,
            jobs=jobs,
            quiet=quiet,
            reveal_people=reveal_people,
        ),
        "scan",
        gated=gate,
        strict=strict,
        exit_zero=exit_zero,
        outputs=output,
        formats=format,
        csv_dialect=csv_dialect,
        list_findings=verbose > 0,
    )


def check(
    paths: opt.Paths = None,
    config: opt.ConfigFile = None,
    no_config: opt.NoConfig = False,
    policy: opt.PolicySource = None,
    all_connectors: Annotated[
        bool,
        typer.Option("--all-connectors", help="Run every configured connector, not code only."),
    ] = False,
    period: opt.PeriodText = None,
    as_of: opt.AsOf = None,
    output: opt.Outputs = None,
    format: opt.Formats = None,
    strict: opt.Strict = False,
    exit_zero: opt.ExitZero = False,
    select: opt.Select = None,
    ignore: opt.Ignore = None,
    baseline: opt.Baseline = None,
    update_baseline: opt.UpdateBaseline = False,
    baseline_may_grow: opt.BaselineMayGrow = False,
    diff: opt.Diff = None,
    staged: opt.Staged = False,
    simulate: opt.Simulate = None,
    no_ignores: opt.NoIgnores = False,
    repo: opt.RepoName = None,
    offline: opt.Offline = False,
    jobs: opt.Jobs = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,  # noqa: ARG001 - findings are listed anyway; main() reads -vv
    reveal_people: opt.RevealPeople = False,
    csv_dialect: opt.CsvDialect = "standard",
) -> None:
    """Judge code by the policy; exit 1 when it is broken.

    Key registers that are configured are read as well, so that the calls of a key get its tags
    and its sanction.
    """
    from llmaudit.cli import change
    from llmaudit.cli.request import Choices

    changed = change.chosen(diff, staged=staged, baseline=baseline)
    update = change.update_of(
        baseline,
        wanted=update_baseline,
        may_grow=baseline_may_grow,
        partial=bool(paths or select or ignore or changed),
    )
    choices = Choices(
        paths=tuple(paths or ()),
        config=config,
        no_config=no_config,
        policy=policy,
        period=period,
        as_of=as_of,
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        baseline=None if update is not None and not update.exists else baseline,
        no_ignores=no_ignores,
        repo=repo,
        offline=offline,
        jobs=jobs,
        quiet=quiet,
        reveal_people=reveal_people,
        connectors=() if all_connectors else ("code", "registry"),
    )
    if simulate is not None:
        raise typer.Exit(
            change.simulated(
                simulate,
                choices,
                partial=bool(paths or changed or update),
                outputs=output,
                formats=format,
                exit_zero=exit_zero,
            )
        )
    _look(
        choices,
        "check",
        changed=changed,
        update=update,
        gated=True,
        strict=strict,
        exit_zero=exit_zero,
        outputs=output,
        formats=format,
        csv_dialect=csv_dialect,
        list_findings=True,
    )


def _look(
    choices: Choices,
    command: Literal["scan", "check"],
    *,
    gated: bool,
    strict: bool,
    exit_zero: bool,
    outputs: list[str] | None,
    formats: list[str] | None,
    csv_dialect: str,
    list_findings: bool,
    changed: Changed | None = None,
    update: Update | None = None,
) -> None:
    from llmaudit import gate, pipeline
    from llmaudit.cli.deliver import STDOUT, deliver, dialect, pairs
    from llmaudit.cli.request import build
    from llmaudit.formats import Options

    wanted = pairs(outputs, formats)
    csv_dialect = dialect(csv_dialect)
    request = build(choices, os.environ, Path.cwd())
    if changed is None:
        report, since = pipeline.run(request), ""
    else:
        from llmaudit import change

        report, since = change.run(
            request, changed.base, index=os.environ.get("GIT_INDEX_FILE", "")
        )
    verdict = gate.decide(
        report,
        request.policy,
        strict=strict,
        exit_zero=exit_zero,
        command=command,
        since=since,
    )
    if update is not None and verdict.exit_code != 2:
        from llmaudit.cli.change import turn

        turn(update, request.baseline, report, quiet=choices.quiet)
    if not any(place == STDOUT for _, place in wanted) and not (outputs and choices.quiet):
        wanted = (*wanted, ("text", STDOUT))
    deliver(
        report,
        wanted,
        Options(
            command=command,
            list_findings=list_findings,
            gate_sentence=_shown(verdict, gated=gated),
            csv_dialect="excel-eu" if csv_dialect == "excel-eu" else "standard",
        ),
    )
    if not any(place == STDOUT and name in ("text", "github") for name, place in wanted):
        _say_failures(report)
    if not choices.quiet:
        _say_pseudonyms(report, request)
    if not gated:
        # Without a gate only coverage can decide the exit code.
        unjudged = dataclasses.replace(report, findings=())
        verdict = gate.decide(
            unjudged, request.policy, strict=strict, exit_zero=exit_zero, command="scan"
        )
    raise typer.Exit(verdict.exit_code)


def _shown(verdict: Verdict, *, gated: bool) -> str:
    """The gate's sentence below a report; a scan without a gate says what check would do."""
    told = "   (check would exit 1)" if verdict.broken and not gated else ""
    return verdict.sentence + told


def _say_failures(report: Report) -> None:
    """What failed, where no answer on standard output tells it."""
    from llmaudit.cli.streams import say

    for line in report.coverage:
        if line.status in ("failed", "denied"):
            say("warning", f"{line.connector} {line.scope}: {line.why}")
            if line.fix:
                say("help", line.fix)


def _say_pseudonyms(report: Report, request: Request) -> None:
    from llmaudit.cli.request import PEOPLE_KEY
    from llmaudit.cli.streams import say

    people = any(
        _PSEUDONYM.match(entry.owner or "") for asset in report.assets for entry in asset.evidence
    )
    if people and not request.people.reveal and not os.environ.get(PEOPLE_KEY):
        say(
            "warning",
            "pseudonyms of people are derived from the organisation's name, so that anybody can "
            f"recompute them: set {PEOPLE_KEY} to a secret of your own",
        )
