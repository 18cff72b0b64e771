"""Files that can hold something: what of each is parsed, and how its lines map back."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from llmaudit.catalogue import Catalogue
from llmaudit.connectors.code import cache, engine, files, markup, notebooks, unparsed
from llmaudit.connectors.code.calls import Place
from llmaudit.connectors.code.compiled import Compiled
from llmaudit.connectors.code.files import SourceFile
from llmaudit.connectors.code.link import Project
from llmaudit.connectors.code.prefilter import Look
from llmaudit.connectors.code.repository import Tree
from llmaudit.connectors.code.surfaces import Surface
from llmaudit.connectors.code.syntax import SourceTree, parse
from llmaudit.connectors.code.syntax.tree import Scope as SyntaxScope
from llmaudit.connectors.code.text import Text
from llmaudit.connectors.code.unwritten import calls_an_object
from llmaudit.model import Evidence, Location

NO_LITERAL = "scanned: no literal of a rule"
_ANY = "*"


@dataclass(slots=True)
class Candidate:
    """A file that is parsed: the engine tries ``rules`` on it, if there are any.

    ``look`` tells which further ones to try where another file leads to an SDK.
    ``name`` is its path, or one with the suffix of the language that was taken out of it.
    ``end`` is where it ends in the ledger when nothing of it can be parsed.
    """

    file: SourceFile
    data: bytes
    analyzer: str
    name: str
    on_disk: bool
    rules: frozenset[str] = frozenset()
    look: Look | None = None
    notebook: notebooks.Notebook | None = None
    skipped: tuple[str, ...] = ()
    problem: str = ""
    end: str = ""
    matches: tuple[engine.Match, ...] = ()
    troubles: tuple[engine.Trouble, ...] = ()

    def parsed(self) -> SourceTree | None:
        """Its tree; None where its code is nested too deeply to be followed."""
        try:
            return parse(self.data, self.analyzer, self.name)
        except RecursionError:
            return None


@dataclass(slots=True)
class TreeWork:
    """What is known of one tree while it is read.

    Attributes:
        surfaces: Configurations, with what each declares.
        exporting: Files that import an SDK: names of other files may lead to them.
        linkable: Files that name no SDK, and whose imports may lead to one.
        sources: Files whose names can be followed, by path.
    """

    tree: Tree
    outside: frozenset[str] = frozenset()
    ends: Counter[str] = field(default_factory=Counter)
    pending: list[Candidate] = field(default_factory=list)
    declared: list[Evidence] = field(default_factory=list)
    surfaces: list[tuple[SourceFile, Surface]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    asides: Counter[str] = field(default_factory=Counter)
    exporting: list[str] = field(default_factory=list)
    linkable: list[SourceFile] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    project: Project = field(init=False)

    def __post_init__(self) -> None:
        """Let names lead into this tree's files."""
        self.project = Project(self._parsed, self.outside)

    def _parsed(self, path: str) -> SourceTree | None:
        file = self.sources.get(path)
        text = files.read(file) if file is not None else None
        if file is None or not isinstance(text, Text):
            return None
        item = candidate(file, text)
        return None if item.end else item.parsed()


def candidate(file: SourceFile, text: Text) -> Candidate:
    """What of a file is parsed: all of it, or the code that stands in a document."""
    if file.analyzer in markup.MARKUP:
        scripts = markup.extract(text.text, file.analyzer)
        return Candidate(
            file, scripts.source.encode(), scripts.analyzer, file.path + scripts.suffix, False,
            skipped=tuple(f"scripts left out: {name}" for name in scripts.skipped),
            problem=scripts.problem,
        )  # fmt: skip
    if file.analyzer == "notebook":
        notebook = notebooks.extract(text.text)
        end = "error: notebook that cannot be read" if notebook.problem else ""
        if notebook.language:
            end = f"unsupported: notebook in {notebook.language}"
        return Candidate(
            file, notebook.source.encode(), "python", file.path, False, notebook=notebook,
            skipped=tuple(f"notebook cells left out: {why}" for _, why in notebook.skipped),
            problem=notebook.problem, end=end,
        )  # fmt: skip
    return Candidate(file, text.text.encode(), file.analyzer, file.path, text.verbatim)


def by_link(
    work: TreeWork, exporting: Sequence[str], compiled: Compiled, catalogue: Catalogue
) -> Iterator[Candidate]:
    """Candidates that name no SDK but import a file of the tree that leads to one.

    Args:
        exporting: Paths of the files that import an SDK.
    """
    sources = {path: sdks for path in exporting if (sdks := _sdks(path, work, catalogue))}
    reached = work.project.reaching(sources) if sources else {}

    def shapes(look: Look, item: Candidate) -> frozenset[str]:
        known = reached[item.file.path]
        found = compiled.prefilter.shapes_in(look, item.analyzer)
        # Of a rule no SDK of which is imported on the way there can be no object.
        return frozenset(
            rule
            for rule in found
            if _ANY in known
            or compiled.rules[rule].telling is not None
            or not known.isdisjoint(compiled.rules[rule].family)
        )

    for item in work.pending:
        if item.file.path in reached and item.look is not None:
            item.rules |= shapes(item.look, item)
    for file in work.linkable:
        text = files.read(file) if file.path in reached else None
        linked = candidate(file, text) if isinstance(text, Text) else None
        if linked is not None and not linked.end:
            linked.rules = shapes(compiled.prefilter.look(linked.data, linked.analyzer), linked)
            if linked.rules or calls_an_object(linked.data, linked.analyzer):
                yield linked
                continue
        work.ends[NO_LITERAL] += 1


def _sdks(path: str, work: TreeWork, catalogue: Catalogue) -> frozenset[str]:
    """The SDKs a file imports; any, where its imports as written do not tell."""
    language = work.project.families.get(path, "")
    specs = work.project.specs.get(path, ())
    found = frozenset(
        sdk.id for spec in specs if (sdk := catalogue.imported(language, spec)) is not None
    )
    if language == "javascript" and not any(":" in spec for spec in specs):
        # Its package stands in a string that is no import (`provider: "openai"`).
        return found
    return found or frozenset((_ANY,))


def match(pending: Sequence[Candidate], compiled: Compiled, jobs: int) -> None:
    """Leave with each candidate what the engine finds in it, or found in the same bytes before.

    The engine runs once over every tree's candidates; not at all where each was kept.
    """
    keys = {
        id(item): cache.key_of(item.data, item.analyzer, item.name, item.rules, compiled.digest)
        for item in pending
        if item.rules
    }
    known = cache.kept(keys.values())
    new: dict[bytes, tuple[engine.Match, ...]] = {}
    wanted: list[Candidate] = []
    for item in pending:
        if item.rules and (found := known.get(keys[id(item)])) is not None:
            item.matches = found
        elif item.rules:
            wanted.append(item)
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as name:
        targets: dict[Path, Candidate] = {}
        for number, item in enumerate(wanted):
            path = item.file.absolute
            if not item.on_disk or not _plain(path):
                path = Path(name, f"{number}{Path(item.name).suffix or '.txt'}")
                path.write_bytes(item.data)
            targets[path] = item
        outcome = engine.run(
            compiled.engine,
            [engine.Target(path, item.analyzer, item.rules) for path, item in targets.items()],
            jobs,
        )
        for path, item in targets.items():
            item.troubles = outcome.troubles.get(path, ())
            item.matches = outcome.matches.get(path, ())
            if item.troubles:
                if item.analyzer in unparsed.LANGUAGES:
                    _reread(item, compiled)
            elif _holds(path, item.data):
                new[keys[id(item)]] = item.matches
    cache.keep(new)


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file still holds what was read of it before the engine read it."""
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _reread(item: Candidate, compiled: Compiled) -> None:
    """Look through a file once more that the engine could not parse whole."""
    tree = item.parsed()
    if tree is not None:
        written = compiled.written(item.analyzer)
        item.matches = unparsed.matches_in(tree, written, item.matches)
        item.troubles = item.troubles if tree.broken else ()


def _plain(path: Path) -> bool:
    """Whether a path survives the way through the engine's JSON and back."""
    try:
        return str(path).encode().decode().isprintable()
    except UnicodeError:
        return False


def place_of(
    item: Candidate,
    tree: Tree,
    hide: Callable[[str], str],
    hidden_by: str = "",
    callers: Callable[[SyntaxScope, SourceTree], int | None] | None = None,
) -> Place:
    """How lines of what was parsed relate to the file a reader opens."""
    file, notebook = item.file, item.notebook

    def locate(line: int) -> Location:
        if notebook is None:
            return Location(repo=tree.repo, path=file.path, line=line)
        spot = notebook.place(line)
        return Location(
            repo=tree.repo,
            path=file.path,
            line=spot.raw_line,
            cell=spot.cell,
            cell_line=spot.cell_line,
        )

    def cell(line: int) -> str:
        return notebook.place(line).cell_id if notebook is not None else ""

    return Place(tree.repo, file.path, file.context, locate, cell, hide, hidden_by, callers)
