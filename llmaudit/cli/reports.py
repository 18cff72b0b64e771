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
    output: opt.Outputs = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="text or json tell all that changed; any other format shows what is new as a "
            "report.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say what changed from one report to another."""
    import json

    from llmaudit import formats, report_file
    from llmaudit.cli.deliver import STDOUT, deliver, pairs
    from llmaudit.cli.streams import quiet_pipe
    from llmaudit.diff import compare, only_new, render_text, to_json

    wanted = pairs(output, format) or (("text", STDOUT),)
    earlier, later = report_file.load(old), report_file.load(new)
    found = compare(earlier, later)
    others = [(name, place) for name, place in wanted if name not in ("text", "json")]
    if others:
        deliver(only_new(later, found), others, formats.Options(saved_as=new))
    for name, place in wanted:
        if name == "json":
            text = json.dumps(to_json(found), indent=2, ensure_ascii=False) + "\n"
        elif name == "text":
            text = render_text(found)
        else:
            continue
        with quiet_pipe():
            formats.write(text, place)
