"""``llmaudit report`` and ``llmaudit diff``: read saved reports."""

from __future__ import annotations

from typing import Annotated

import typer

from llmaudit.cli import options as opt


def report(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A saved JSON report.")],
    output: opt.Outputs = None,
    format: opt.Formats = None,
    verbose: opt.Verbose = 0,
    csv_dialect: opt.CsvDialect = "standard",
) -> None:
    """Show a saved report again, in any format."""
    from llmaudit import report_file
    from llmaudit.cli.deliver import STDOUT, deliver, dialect, pairs
    from llmaudit.formats import Options

    wanted = pairs(output, format) or (("text", STDOUT),)
    csv_dialect = dialect(csv_dialect)
    deliver(
        report_file.load(file),
        wanted,
        Options(
            list_findings=verbose > 0,
            saved_as=file,
            csv_dialect="excel-eu" if csv_dialect == "excel-eu" else "standard",
        ),
    )


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier JSON report.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later JSON report.")],
    format: Annotated[
        str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")
    ] = "text",
) -> None:
    """Say what changed from one report to another."""
    import json

    from llmaudit import report_file
    from llmaudit.cli.streams import answer
    from llmaudit.diff import compare, render_text, to_json
    from llmaudit.errors import UsageError

    if format not in ("text", "json"):
        raise UsageError(f"a diff has no format {format!r}", "the formats are: json, text")
    found = compare(report_file.load(old), report_file.load(new))
    if format == "json":
        answer(json.dumps(to_json(found), indent=2, ensure_ascii=False) + "\n")
    else:
        answer(render_text(found))
