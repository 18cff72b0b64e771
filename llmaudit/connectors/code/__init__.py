"""The code connector: calls, clients, imports and declared dependencies in code trees.

llmaudit finds the files itself, so that each one ends in exactly one line of the ledger; the
engine only parses those that can hold a match.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from llmaudit.connectors import Collected, Run
from llmaudit.connectors.code import engine, files, manifests, markup, notebooks
from llmaudit.connectors.code.calls import Place, read_file
from llmaudit.connectors.code.compiled import Compiled, compile_rules
from llmaudit.connectors.code.files import Disposition, SourceFile
from llmaudit.connectors.code.repository import Tree
from llmaudit.connectors.code.syntax import parse
from llmaudit.ledger import Ledger, Scope
from llmaudit.model import Evidence, Location, Repository
from llmaudit.secrets import hider

_PART_OF_MANIFEST = "scanned: partly, a manifest could not be read whole"


class Settings(BaseModel):
    """``{type: code, paths: [...]}`` in the configuration.

    Attributes:
        paths: Files and folders, relative to the configuration.
        exclude: Globs in gitignore's form; what they leave out stands in the ledger.
        repository: Name in place of the remote's (``host/owner/name``).
        standalone: Each path is a tree of its own (an export, a copy of another repository),
            whatever repository it lies in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    repository: str | None = None
    standalone: bool = False


@dataclass(slots=True)
class _Pending:
    """A file that is parsed: the engine looks at it when ``may_match`` is True.

    ``name`` is its path, or one with the suffix of the language that was taken out of it.
    """

    file: SourceFile
    data: bytes
    analyzer: str
    name: str
    on_disk: bool
    may_match: bool
    notebook: notebooks.Notebook | None = None
    matches: tuple[engine.Match, ...] = ()
    troubles: tuple[engine.Trouble, ...] = ()


@dataclass(slots=True)
class _TreeWork:
    """What is known of one tree while it is read."""

    tree: Tree
    ends: Counter[str] = field(default_factory=Counter)
    pending: list[_Pending] = field(default_factory=list)
    declared: list[Evidence] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    asides: Counter[str] = field(default_factory=Counter)


def collect(settings: Settings, run: Run, ledger: Ledger) -> Iterator[Collected]:
    """Yield the repositories, calls and SDK uses under the configured paths.

    Raises:
        UsageError: A path does not exist.
        EngineError: The engine or the rules cannot be used, so that nothing can be said.
    """
    found = files.discover(
        [run.root / path for path in settings.paths],
        (*run.exclude, *settings.exclude),
        name=run.repo_name or settings.repository,
        standalone=settings.standalone,
    )
    compiled = compile_rules(
        run.catalogue.sdks,
        run.wrappers,
        [*run.catalogue.hosts, *(gateway.host for gateway in run.gateways)],
    )
    work = {tree.root: _TreeWork(tree) for tree in found.trees}
    hide = hider(run.catalogue)
    for one in found.dispositions:
        _take(_named(one, hide), work[one.tree.root], compiled, run)
    _match([item for tree in work.values() for item in tree.pending], compiled, run.jobs)
    for root, one_tree in sorted(work.items()):
        with ledger.scope(one_tree.tree.repo) as scope:
            yield _repository(one_tree.tree, run.root, hide)
            yield from _evidence(one_tree, compiled, run, scope)
            _account(one_tree, scope, found.ignored.get(root, 0))
            # What a parser says of broken code quotes it.
            scope.why = hide(scope.why)


def _named(one: Disposition, hide: Callable[[str], str]) -> Disposition:
    """The disposition, its path free of keys: a file can be named after one."""
    path = hide(one.path)
    if path == one.path:
        return one
    return replace(one, path=path, file=one.file and replace(one.file, path=path))


def _take(one: Disposition, work: _TreeWork, compiled: Compiled, run: Run) -> None:
    """Count a file, and keep it where it can hold something."""
    if one.file is None or one.text is None:
        work.ends[one.label] += 1
        if one.kind == "error" or one.reason in (files.TOO_LARGE, files.MINIFIED):
            work.problems.append(f"{one.path}: {one.reason}")
        return
    file, text, on_disk = one.file, one.text.text, one.text.verbatim
    work.asides.update(f"files {note}" for note in one.text.notes)
    if file.manifest:
        known = len(work.problems)
        work.declared += _declared(file, text, work, run)
        if file.analyzer == "manifest":
            whole = len(work.problems) == known
            work.ends["scanned: manifest" if whole else _PART_OF_MANIFEST] += 1
            return
    notebook = None
    analyzer: str = file.analyzer
    name = file.path
    if file.analyzer in markup.MARKUP:
        scripts = markup.extract(text, file.analyzer)
        text, on_disk, analyzer = scripts.source, False, scripts.analyzer
        name += scripts.suffix
        work.asides.update(f"scripts left out: {language}" for language in scripts.skipped)
        if scripts.problem:
            work.problems.append(f"{file.path}: {scripts.problem}")
    elif file.analyzer == "notebook":
        notebook = notebooks.extract(text)
        if notebook.problem:
            work.ends["error: notebook that cannot be read"] += 1
            work.problems.append(f"{file.path}: {notebook.problem}")
            return
        if notebook.language:
            work.ends[f"unsupported: notebook in {notebook.language}"] += 1
            return
        text, on_disk, analyzer = notebook.source, False, "python"
        work.asides.update(f"notebook cells left out: {why}" for _, why in notebook.skipped)
    data = text.encode()
    may_match, imports = compiled.prefilter.look(data, analyzer)
    if may_match or imports:
        work.pending.append(_Pending(file, data, analyzer, name, on_disk, may_match, notebook))
    else:
        work.ends["scanned: no literal of a rule"] += 1


def _declared(file: SourceFile, text: str, work: _TreeWork, run: Run) -> Iterator[Evidence]:
    manifest = manifests.read_manifest(file.path, text)
    work.problems += [f"{file.path}: {problem}" for problem in manifest.problems]
    for entry in manifest.declared:
        sdk = run.catalogue.package(entry.ecosystem, entry.name)
        if sdk is None or not sdk.llm_only:
            continue
        yield Evidence(
            connector="code",
            kind="sdk",
            name=sdk.id,
            where=Location(repo=work.tree.repo, path=file.path, line=entry.line),
            same_as=(f"sdk:{work.tree.repo}:{sdk.id}",),
            provider=sdk.provider,
            sdk=sdk.id,
            context=file.context,
            attributes={
                "seen_as": "locked" if entry.locked else "dependency",
                **({"version": entry.specifier} if entry.specifier else {}),
            },
        )


def _match(pending: Sequence[_Pending], compiled: Compiled, jobs: int) -> None:
    """Run the engine once over every tree's candidates."""
    wanted = [item for item in pending if item.may_match]
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as name:
        targets: dict[Path, _Pending] = {}
        for number, item in enumerate(wanted):
            path = item.file.absolute
            if not item.on_disk or not _plain(path):
                path = Path(name, f"{number}{Path(item.name).suffix or '.txt'}")
                path.write_bytes(item.data)
            targets[path] = item
        outcome = engine.run(
            compiled.engine,
            [engine.Target(path, item.analyzer) for path, item in targets.items()],
            jobs,
        )
        for path, item in targets.items():
            item.troubles = outcome.troubles.get(path, ())
            item.matches = outcome.matches.get(path, ())


def _plain(path: Path) -> bool:
    """Whether a path survives the way through the engine's JSON and back."""
    try:
        return str(path).encode().decode().isprintable()
    except UnicodeError:
        return False


def _evidence(work: _TreeWork, compiled: Compiled, run: Run, scope: Scope) -> Iterator[Evidence]:
    calls: list[Evidence] = []
    uses: list[Evidence] = list(work.declared)
    unresolved = 0
    hide = hider(run.catalogue)
    for item in work.pending:
        place = _place(item, work.tree, hide)
        try:
            tree = parse(item.data, item.analyzer, item.name)
            found = read_file(tree, item.matches, compiled, place, run.catalogue, run.gateways)
        except RecursionError:
            work.ends["error: nested too deeply"] += 1
            work.problems.append(f"{item.file.path}: its code is nested too deeply to be followed")
            continue
        calls += found.calls
        uses += [*found.clients, *found.imports]
        unresolved += found.unresolved
        work.ends[_end(item, found.tangled, work)] += 1
    called = {call.sdk for call in calls}
    for call in calls:
        yield scope.saw(call)
    for use in uses:
        # An SDK whose calls were found is told by them.
        if use.sdk not in called:
            yield scope.saw(use)
    if unresolved:
        work.asides["places shaped like a call, but on no SDK's client, left out"] = unresolved


def _end(item: _Pending, tangled: bool, work: _TreeWork) -> str:
    whole = [trouble for trouble in item.troubles if trouble.whole]
    if whole:
        work.problems.append(f"{item.file.path}: {whole[0].kind}: {whole[0].message}")
        return f"error: {whole[0].kind}"
    if item.troubles:
        first = item.troubles[0]
        work.problems.append(f"{item.file.path}:{first.line or 1}: {first.message}")
        return "scanned: partly, a span could not be parsed"
    if tangled:
        work.problems.append(
            f"{item.file.path}: its values are too tangled to be followed to the end"
        )
        return "scanned: partly, values were not followed to the end"
    return "scanned"


def _place(item: _Pending, tree: Tree, hide: Callable[[str], str]) -> Place:
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

    return Place(tree.repo, file.path, file.context, locate, cell, hide)


def _repository(tree: Tree, start: Path, hide: Callable[[str], str]) -> Repository:
    """The tree as the report names it: relative to where the run started, never a machine's."""
    start = start.resolve()
    inside = tree.root.is_relative_to(start)
    return Repository(
        repo=tree.repo,
        root=tree.root.relative_to(start).as_posix() if inside else tree.root.name,
        commit=tree.commit,
        dirty=tree.dirty,
        codeowners=tree.codeowners and hide(tree.codeowners),
        codeowners_path=tree.codeowners_path,
    )


def _shown(root: Path, base: Path) -> str:
    """A tree's root as seen from the run's; of one that lies elsewhere the name alone.

    No path of the machine enters a report.
    """
    if root.is_relative_to(base) or base.is_relative_to(root):
        return Path(os.path.relpath(root, base)).as_posix()
    return root.name or "root"


def _account(work: _TreeWork, scope: Scope, ignored: int) -> None:
    """Write the tree's files into its ledger line: the counts add up to ``of``."""
    ends = work.ends
    scope.of = sum(ends.values())
    scope.seen = sum(count for label, count in ends.items() if label.startswith("scanned"))
    scope.skipped = scope.of - scope.seen
    scope.counts = dict(ends)
    if ignored:
        work.asides["untracked entries that git ignores, not looked at"] = ignored
    broken = sum(
        count
        for label, count in ends.items()
        if label.startswith(("error", "scanned: partly", "skipped: over", "skipped: minified"))
    )
    unsupported = sum(c for label, c in ends.items() if label.startswith("unsupported"))
    if work.tree.bare and not scope.seen:
        scope.end(
            "skipped",
            "this is a bare git repository: it holds no files to read",
            fix="check it out, and give the checkout",
        )
    elif not scope.of:
        scope.end("empty", "there is no file", fix="give a path that holds code")
    elif broken or work.problems:
        examples = "; ".join(sorted(work.problems)[:3])
        scope.end(
            "partial",
            f"{max(broken, len(work.problems))} of {scope.of} files could not be read whole"
            + (f": {examples}" if examples else ""),
            fix="mend or exclude these files",
        )
    elif unsupported:
        scope.end(
            "partial",
            f"{unsupported} of {scope.of} files are in languages this version does not scan: "
            + ", ".join(sorted({k.partition(": ")[2] for k in ends if k.startswith("unsupp")})),
            fix="exclude them if they hold no calls",
        )
    elif not scope.seen and (left := sorted(k for k in ends if k.startswith("skipped"))):
        scope.end(
            "skipped",
            f"none of {scope.of} files was read: "
            + ", ".join(f"{label.partition(': ')[2]} {ends[label]}" for label in left),
            fix="give the files themselves, or take back what excludes them",
        )
    else:
        scope.end("ok", "")
    asides = [f"{text}: {count}" for text, count in sorted(work.asides.items())]
    scope.why = "; ".join(part for part in (scope.why, *asides, *work.tree.notes) if part)
