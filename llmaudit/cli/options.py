"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Code to scan; default: what the configuration names, else the current folder.",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config",
        envvar="LLMAUDIT_CONFIG",
        metavar="FILE",
        help="Configuration to use and to trust; default: the nearest llmaudit.yaml of this "
        "repository.",
        show_default=False,
    ),
]
NoConfig = Annotated[
    bool, typer.Option("--no-config", help="Use no configuration, even if one is found.")
]
PolicySource = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="ORG",
        help="The organisation's policy, FILE or git:REF:PATH; a configuration may then only "
        "tighten it.",
        show_default=False,
    ),
]
PeriodText = Annotated[
    str | None,
    typer.Option(
        "--period",
        metavar="PERIOD",
        help="Usage that counts: 2026-10, or START:END with END not included (UTC days).",
        show_default=False,
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="The moment to judge at, ISO 8601; default: SOURCE_DATE_EPOCH, else now.",
        show_default=False,
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write there too (csv: a folder). Repeat it to pair each with a --format in order.",
        show_default=False,
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--format",
        metavar="FORMAT",
        help="text, json, csv, markdown, github, gitlab, sarif, junit or cyclonedx; default: "
        "text to standard output, json to a file.",
        show_default=False,
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 when anything could not be seen.")]
ExitZero = Annotated[
    bool, typer.Option("--exit-zero", help="Exit 0 instead of 1 or 3; never hides 2.")
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="RULE",
        help="Judge by this rule only. May be repeated.",
        show_default=False,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore", metavar="RULE", help="Leave this rule out. May be repeated.", show_default=False
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="An earlier JSON report: what stood in it does not break the policy.",
        show_default=False,
    ),
]
UpdateBaseline = Annotated[
    bool,
    typer.Option(
        "--update-baseline",
        help="Take out of the --baseline what no longer stands; nothing new enters.",
    ),
]
BaselineMayGrow = Annotated[
    bool,
    typer.Option(
        "--baseline-may-grow",
        help="With --update-baseline: take in what is open, too, and make the file if need be.",
    ),
]
Simulate = Annotated[
    str | None,
    typer.Option(
        "--simulate",
        metavar="REPORT",
        help="Scan nothing: which repositories and units of this saved report would turn red "
        "under the policy (text or json).",
        show_default=False,
    ),
]
Diff = Annotated[
    str | None,
    typer.Option(
        "--diff",
        metavar="BASE",
        help="Judge only what was added or made worse since HEAD left this branch or commit.",
        show_default=False,
    ),
]
Staged = Annotated[
    bool,
    typer.Option("--staged", help="Judge only what is staged for the next commit, against HEAD."),
]
NoIgnores = Annotated[bool, typer.Option("--no-ignores", help="Count ignored findings as open.")]
RepoName = Annotated[
    str | None,
    typer.Option(
        "--repo",
        metavar="NAME",
        help="Name of the repository, host/owner/name; default: its remote origin.",
        show_default=False,
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Run no connector that leaves this machine.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        help="Processes that scan at once; default: one per processor.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No warnings and no progress.")]
Verbose = Annotated[
    int,
    typer.Option(
        "-v",
        "--verbose",
        count=True,
        help="List every open finding; -vv adds a traceback to a crash.",
        show_default=False,
    ),
]
RevealPeople = Annotated[
    bool,
    typer.Option(
        "--reveal-people", help="Show people as the sources name them, not under pseudonyms."
    ),
]
CsvDialect = Annotated[
    str,
    typer.Option(
        "--csv-dialect",
        metavar="DIALECT",
        help="standard, or excel-eu: byte order mark, semicolons, decimal commas.",
    ),
]
