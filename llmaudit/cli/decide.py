"""``llmaudit decide``: the sheet on which people say what is permitted."""

from __future__ import annotations

from typing import Annotated

import typer


def decide(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="A saved JSON report.")],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
) -> None:
    """Write the sheet on which uses are decided.

    It has one row per use; filled in, it is a register the next run reads.
    """
    from llmaudit import decide as sheet
    from llmaudit import formats, report_file
    from llmaudit.cli.streams import quiet_pipe

    with quiet_pipe():
        formats.write(sheet.render(report_file.load(report)), output)
