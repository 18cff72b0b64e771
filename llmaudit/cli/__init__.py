"""The command line. Commands state a request and hand it on; they hold no logic."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from llmaudit import __version__
from llmaudit.cli.decide import decide
from llmaudit.cli.explain import explain
from llmaudit.cli.fix import fix
from llmaudit.cli.init import init
from llmaudit.cli.reports import diff, report
from llmaudit.cli.rules import rules_app
from llmaudit.cli.scan import check, scan
from llmaudit.cli.sources import sources
from llmaudit.cli.streams import answer, mute_stdout, say
from llmaudit.errors import LlmauditError

__all__ = ["app", "main"]

NOTHING_CONCLUDED = 2
# Trees of code are large and live long: looking for rubbish among them ten times as seldom
# spares a tenth of the work and costs no memory that is noticed.
_COLLECT = (50_000, 20, 20)
_INTERRUPTED = 130
_PIPE_CLOSED = 141

app = typer.Typer(
    name="llmaudit",
    epilog="Exit codes: 0 done, 1 policy broken, 2 nothing can be concluded, 3 coverage "
    "incomplete under --strict.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (scan, check, fix, report, diff, decide, init, sources):
    app.command()(command)
app.add_typer(rules_app, name="rules")
app.command()(explain)


def _version(wanted: bool) -> None:
    if wanted:
        answer(f"llmaudit {__version__}\n")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Find where a company uses LLMs, who owns each use, what it costs, and what is not seen."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with its exit code.

    Args:
        arguments: Words after the program's name; those of the process when None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(*_COLLECT)
    code = _run(words)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        mute_stdout()
    sys.exit(code)


def _run(words: list[str]) -> int:
    """Every error becomes an exit code and, where it has something to say, two lines."""
    try:
        # A code of 0 means nothing more than that the command has come to its end.
        code: int = app(words, prog_name="llmaudit", standalone_mode=False) or 0
    except LlmauditError as error:
        _show(error.problem, error.help)
    except typer.TyperException as error:
        _show_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        _show("interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        mute_stdout()
        return _PIPE_CLOSED
    except Exception as error:
        _show_crash(error, words)
    else:
        # typer itself turns an interrupt inside a command into this code.
        if code == _INTERRUPTED:
            _show("interrupted")
        return code
    return NOTHING_CONCLUDED


def _show(problem: str, help: str = "") -> None:
    say("error", problem)
    if help:
        say("help", help)


def _show_usage(error: typer.TyperException) -> None:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "llmaudit"
    problem = error.format_message().rstrip(".")
    _show(problem[:1].lower() + problem[1:], f"{command} --help lists what there is")


def _show_crash(error: Exception, words: list[str]) -> None:
    """One sentence without the error's own text: it may quote what was being read."""
    if _verbosity(words) > 1:
        import traceback

        # The frames alone: the error's own text may quote a key.
        traceback.print_tb(error.__traceback__)
    trace = error.__traceback__
    place = ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("llmaudit"):
            place = f" in {module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    _show(
        f"llmaudit failed unexpectedly: {type(error).__name__}{place}",
        "run it again with -vv for the traceback, and report it as a bug",
    )


def _verbosity(words: list[str]) -> int:
    short = sum(
        word.count("v")
        for word in words
        if word.startswith("-") and set(word[1:]) <= {"v", "q"} and len(word) > 1
    )
    return short + words.count("--verbose")
