"""Find every file under the given paths and account for each of them exactly once."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pathspec

from llmaudit.connectors.code import kinds, manifests
from llmaudit.connectors.code.kinds import Analyzer
from llmaudit.connectors.code.repository import Tree
from llmaudit.connectors.code.text import Text, decode, is_minified
from llmaudit.connectors.code.walk import Entry, Survey, why
from llmaudit.errors import ConfigError, UsageError
from llmaudit.model import Context

EXCLUDED = "excluded by configuration"
SYMLINK = "symbolic link"
NOT_REGULAR = "not a regular file"
NOT_THERE = "tracked by git, but not in the working tree"
OUTSIDE = "its name leads out of the repository"
TOO_LARGE = "over the size limit"
LARGE_DATA = "data over the size limit, not looked into"
BINARY = "binary"
_LINE_BYTES = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes over which a file is skipped, in bytes.

    Notebooks carry their images along, and lock files what every package needs.
    """

    code: int = 2_000_000
    notebook: int = 20_000_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    r"""A file that can be read for calls or dependencies.

    Attributes:
        path: Relative to the tree's root, with forward slashes; bytes of a name that are not
            UTF-8 are written as ``\xff``.
        absolute: The file itself.
        manifest: Whether it declares dependencies; ``setup.py`` does and is Python too.
        size: In bytes.
        surface: Which declarations a configuration holds.
    """

    tree: Tree
    path: str
    absolute: Path
    analyzer: Analyzer
    context: Context
    size: int
    manifest: bool = False
    surface: str = ""


@dataclass(frozen=True, slots=True)
class Disposition:
    """What became of one file, or of one folder that was left out as a whole.

    Attributes:
        kind: ``candidate`` files are read; the others say why not.
        reason: Why, or the language of an unsupported file.
        file: Set for a candidate.
        text: Set for a candidate.
    """

    tree: Tree
    path: str
    kind: Literal["candidate", "not_relevant", "unsupported", "skipped", "error"]
    reason: str = ""
    file: SourceFile | None = None
    text: Text | None = None

    @property
    def label(self) -> str:
        """Name under which it is counted: ``skipped: minified``, ``unsupported: go``."""
        kind = self.kind.replace("_", " ")
        return f"{kind}: {self.reason}" if self.reason else kind


@dataclass(frozen=True, slots=True)
class Discovery:
    """What lies under the given paths.

    Attributes:
        trees: Every tree a path belongs to or holds, sorted by root.
        ignored: Untracked entries that git ignores, per root; they were not looked at.
        dispositions: One for each entry, sorted by root and path, each read as it is asked
            for.
    """

    trees: tuple[Tree, ...]
    ignored: dict[Path, int]
    dispositions: Iterator[Disposition]


def discover(
    paths: Sequence[Path],
    exclude: Sequence[str] = (),
    limits: Limits = Limits(),
    name: str | None = None,
    *,
    standalone: bool = False,
    may_declare: Callable[[str, bytes], bool] | None = None,
) -> Discovery:
    """Find the files under the paths, as git lists them or by walking where there is no git.

    Repositories inside a folder without git are trees of their own. Overlapping paths are
    counted once. A file named outright is looked at even where git ignores it.

    Args:
        paths: Existing files and folders.
        exclude: Globs in gitignore's form, relative to each tree's root.
        limits: Sizes over which files are skipped.
        name: Name of the repository, in place of that of its remote.
        standalone: Every path is a tree of its own, whatever repository it lies in.
        may_declare: Says of a data file's path and bytes whether a declaration may stand in it;
            where none is given, no file that is only perhaps a configuration is read.

    Raises:
        UsageError: A path does not exist, or one name is given for several repositories.
        ConfigError: A glob cannot be read.
    """
    spec = _spec(exclude)
    survey = Survey(standalone=standalone)
    entries: dict[tuple[Path, str], Entry] = {}
    # Outer folders come first, so that what lies inside them joins their tree.
    places = sorted({_place(path) for path in paths}, key=lambda place: (len(place.parts), place))
    homes = {place: survey.tree_of(place, name) for place in places}
    if name and len({tree.root for tree in homes.values()}) > 1:
        raise UsageError(
            "one repository name is given, and the paths lie in several repositories",
            "scan them one by one, or leave the name out",
        )
    for place, tree in homes.items():
        for entry in survey.below(place, tree):
            entries.setdefault((entry.tree.root, entry.name), entry)
    ordered = [entries[key] for key in sorted(entries)]
    return Discovery(
        tuple(survey.trees[root] for root in sorted(survey.trees)),
        dict(sorted(survey.ignored.items())),
        _decide_all(ordered, spec, limits, may_declare),
    )


def read(file: SourceFile, limits: Limits = Limits()) -> Text | Disposition:
    """Read a file that discovery named a candidate.

    Returns:
        The text, or the disposition that the file ends in because it cannot be used.
    """

    def end(kind: Literal["skipped", "error"], reason: str) -> Disposition:
        return Disposition(file.tree, file.path, kind, reason)

    long = file.analyzer == "notebook" or manifests.is_lock(file.path)
    limit = limits.notebook if long else limits.code
    if file.size > limit:
        return end("skipped", TOO_LARGE)
    try:
        data = _bytes(file.absolute, limit + 1)
    except OSError as error:
        return end("error", why(error))
    if data is None:
        return end("skipped", NOT_REGULAR)
    if len(data) > limit:
        return end("skipped", TOO_LARGE)
    text = decode(data, python=file.analyzer == "python")
    if text is None:
        return end("skipped", BINARY)
    if file.analyzer in ("javascript", "typescript", "html") and is_minified(text.text):
        return replace(text, minified=True)
    return text


def tally(dispositions: Iterable[Disposition]) -> dict[str, int]:
    """Count dispositions by label; the counts add up to their number."""
    return dict(sorted(Counter(one.label for one in dispositions).items()))


def _spec(exclude: Sequence[str]) -> pathspec.GitIgnoreSpec:
    for glob in exclude:
        try:
            pathspec.GitIgnoreSpec.from_lines([glob])
        except ValueError as error:
            raise ConfigError(
                f"the glob {glob!r} in exclude cannot be read", "write it as in a .gitignore file"
            ) from error
    return pathspec.GitIgnoreSpec.from_lines(exclude)


def _place(path: Path) -> Path:
    """Where a given path leads; a link is followed to a folder, never to a file."""
    try:
        place = path.resolve(strict=True)
        return place if place.is_dir() else path.parent.resolve() / path.name
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"there is no file or folder {path}", "give a path that exists and can be read"
        ) from error


def _decide_all(
    entries: Sequence[Entry],
    spec: pathspec.GitIgnoreSpec,
    limits: Limits,
    may_declare: Callable[[str, bytes], bool] | None,
) -> Iterator[Disposition]:
    plain: dict[str, bool] = {}

    def is_plain(folder: str, root: str) -> bool:
        """Whether no link stands on the way from the root to a folder."""
        way: list[str] = []
        while folder != root and folder not in plain:
            way.append(folder)
            folder = os.path.dirname(folder)
        for step in reversed(way):
            plain[step] = plain.get(os.path.dirname(step), True) and not os.path.islink(step)
        return plain[way[0]] if way else plain.get(folder, True)

    for entry in entries:
        yield _decide(entry, spec, limits, is_plain, may_declare)


def _decide(
    entry: Entry,
    spec: pathspec.GitIgnoreSpec,
    limits: Limits,
    is_plain: Callable[[str, str], bool],
    may_declare: Callable[[str, bytes], bool] | None = None,
) -> Disposition:
    # Texts, not paths: most of a large tree's files end here.
    tree, root = entry.tree, os.fspath(entry.tree.root)
    absolute = os.path.join(root, entry.name)
    path = os.fsencode(entry.name).decode("utf-8", "backslashreplace")

    def end(
        kind: Literal["not_relevant", "unsupported", "skipped", "error"], reason: str = ""
    ) -> Disposition:
        return Disposition(tree, path, kind, reason)

    if entry.failed:
        return end("error", entry.failed)
    if entry.name.startswith("/") or ".." in entry.name.split("/"):
        # An index written by hand can hold such a name; git itself never adds one.
        return end("skipped", OUTSIDE)
    if spec.patterns and spec.match_file(path):
        return end("skipped", EXCLUDED)
    if entry.left_out:
        return end("skipped", entry.left_out)
    try:
        if not is_plain(os.path.dirname(absolute), root):
            return end("skipped", SYMLINK)
        found = os.lstat(absolute)
        if stat.S_ISLNK(found.st_mode):
            return end("skipped", SYMLINK)
        if not stat.S_ISREG(found.st_mode):
            return end("skipped", NOT_REGULAR)
        kind = kinds.by_path(path) or kinds.by_first_line(_bytes(absolute, _LINE_BYTES) or b"")
    except (FileNotFoundError, NotADirectoryError) as error:
        return end("skipped", NOT_THERE) if tree.git else end("error", why(error))
    except OSError as error:
        return end("error", why(error))
    if kind.analyzer is None:
        if kind.language:
            return end("unsupported", kind.language)
        return end("not_relevant", kind.reason)
    if not kind.sure:
        if may_declare is None:
            return end("not_relevant")
        if found.st_size > limits.code:
            return end("not_relevant", LARGE_DATA)
        try:
            data = _bytes(absolute, limits.code)
        except OSError as error:
            return end("error", why(error))
        if data is None or not may_declare(path, data):
            return end("not_relevant")
    file = SourceFile(
        tree,
        path,
        Path(absolute),
        kind.analyzer,
        kinds.context_of(path),
        found.st_size,
        kind.manifest,
        kind.surface,
    )
    text = read(file, limits)
    if isinstance(text, Disposition):
        return text
    if file.context != "vendored" and kinds.says_generated(text.text):
        file = replace(file, context="generated")
    return Disposition(tree, path, "candidate", kind.analyzer, file, text)


def _bytes(path: str | Path, limit: int) -> bytes | None:
    """The first bytes of a regular file; None for anything a read could hang on or follow."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        return file.read(limit)
