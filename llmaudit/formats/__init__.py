"""Output formats: each module has one `render(report, options)`, a pure function of the Report.

`NAMES` is the registry: a new format is one new module and one line here. A format that is one
document returns text, a format that is several files returns a mapping of file name to text.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from llmaudit.errors import UsageError
from llmaudit.model import Report

NAMES: dict[str, str] = {
    "text": "llmaudit.formats.text",
    "json": "llmaudit.formats.json",
    "csv": "llmaudit.formats.csv",
    "github": "llmaudit.formats.github",
    "sarif": "llmaudit.formats.sarif",
    "gitlab": "llmaudit.formats.gitlab",
    "junit": "llmaudit.formats.junit",
    "markdown": "llmaudit.formats.markdown",
    "cyclonedx": "llmaudit.formats.cyclonedx",
}
LONGEST_COMMENT = 65_536
"""Characters that GitHub takes in one comment; bytes are counted, which are never fewer."""

Rendered = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a reader is told of a policy rule, as docs/rules.md has it."""

    title: str
    level: str
    why: str
    example: str
    satisfy: str
    source: str


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader may choose about an output; a format ignores what it has no use for.

    Attributes:
        command: ``scan`` shows the summary and leads with money, ``check`` shows the findings
            and leads with calls (text).
        width: Columns of the terminal (text).
        color: Whether escape sequences for colour may be written (text); see `wants_color`.
        list_findings: Add one line per open finding after the summary (text).
        gate_sentence: The gate's verdict, shown at the end (text).
        saved_as: Name of the saved report, for the commands suggested at the end (text).
        csv_dialect: ``standard``, or ``excel-eu`` for a byte order mark, semicolons and
            decimal commas (csv).
        rules: Texts of the policy rules by id; without them a rule has its id only (sarif).
        rules_url: Address of docs/rules.md where the project names one (sarif).
        longest: Bytes that the place shown at can take (markdown).
    """

    command: Literal["scan", "check"] = "scan"
    width: int = 100
    color: bool = False
    list_findings: bool = False
    gate_sentence: str = ""
    saved_as: str = ""
    csv_dialect: Literal["standard", "excel-eu"] = "standard"
    rules: Mapping[str, RuleText] = field(default_factory=dict)
    rules_url: str = ""
    longest: int = LONGEST_COMMENT


def render(name: str, report: Report, options: Options | None = None) -> Rendered:
    """The report in the named format.

    Args:
        name: A key of `NAMES`.
        report: What to show; nothing else is read.
        options: The reader's choices; the defaults where None.

    Returns:
        The text, or file names with their texts for a format of several files.

    Raises:
        UsageError: There is no format of that name.
    """
    if name not in NAMES:
        raise UsageError(
            f"there is no format {name!r}", f"the formats are: {', '.join(sorted(NAMES))}"
        )
    module: Any = import_module(NAMES[name])
    rendered: Rendered = module.render(report, options or Options())
    return rendered


def write(output: Rendered, path: str | Path) -> None:
    """Write an output so that a failure leaves what stood there before as it was.

    Each file is written beside its target and renamed over it; of several files none is
    renamed before all are written.

    Args:
        output: What `render` returned.
        path: A file; ``-`` for standard output; a folder (made where missing) for several
            files.

    Raises:
        UsageError: Several files were to go to standard output or to a file, or the path
            cannot be written.
    """
    if str(path) == "-":
        _to_stdout(output)
        return
    target = Path(path)
    if isinstance(output, str):
        if target.is_dir():
            raise UsageError(f"{path} is a folder", "name a file to write to")
        texts = {target: output}
    else:
        if target.exists() and not target.is_dir():
            raise UsageError(
                f"{path} is a file, but this format is several files", "name a folder with -o"
            )
        texts = {target / name: text for name, text in output.items()}
    try:
        _replace_all(texts)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}", "name another place with -o"
        ) from error


def wants_color(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether colour is welcome: on a terminal, unless NO_COLOR is set or TERM is ``dumb``."""
    return is_terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _to_stdout(output: Rendered) -> None:
    if not isinstance(output, str):
        raise UsageError(
            "this format is several files and cannot go to standard output",
            "name a folder with -o",
        )
    # Bytes, so that the same report gives the same bytes whatever encoding the locale names.
    sys.stdout.flush()
    sys.stdout.buffer.write(output.encode("utf-8"))
    sys.stdout.buffer.flush()


def _replace_all(texts: Mapping[Path, str]) -> None:
    written: list[tuple[Path, Path]] = []
    try:
        for target, text in texts.items():
            # A link keeps pointing where it points; its target is what is replaced.
            place = target.resolve()
            if place.is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{target.name} is a folder")
            if place.exists() and not place.is_file():
                # A device or a pipe (`-o /dev/null`) is written to, never replaced by a file.
                with place.open("wb") as stream:
                    stream.write(text.encode("utf-8"))
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            written.append((Path(name), place))
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode("utf-8"))
            _give_usual_mode(Path(name), place)
        for temporary, place in written:
            temporary.replace(place)
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)


def _give_usual_mode(temporary: Path, place: Path) -> None:
    """A temporary file is private; the report keeps its mode, or gets what the umask allows."""
    try:
        mode = place.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0o077)
        os.umask(umask)
        mode = 0o666 & ~umask
    temporary.chmod(mode)
