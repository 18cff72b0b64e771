"""``llmaudit explain``: why a rule is there, and why a finding is one."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    name: Annotated[
        str,
        typer.Argument(metavar="RULE|FINDING", help="A rule's id; a finding or asset of REPORT."),
    ],
    report: Annotated[
        str | None,
        typer.Argument(metavar="[REPORT]", help="A saved JSON report.", show_default=False),
    ] = None,
) -> None:
    """Explain a rule, or a finding of REPORT.

    A finding or an asset is explained by the chain that leads to it.
    """
    from llmaudit import policy, report_file
    from llmaudit.cli.streams import answer

    if report is None or name in policy.KNOWN_IDS:
        answer(policy.explain(name))
    else:
        answer(policy.explain_finding(report_file.load(report), name))
