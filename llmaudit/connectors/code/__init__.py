"""The code connector: calls, clients, imports and declared dependencies in code trees.

llmaudit finds the files itself, so that each one ends in exactly one line of the ledger; the
engine only parses those that can hold a match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from llmaudit.connectors import Collected, Run
from llmaudit.connectors.code import configurations, declarations_go, files, manifests, surfaces
from llmaudit.connectors.code.account import account, end_of
from llmaudit.connectors.code.bundles import hosts_in
from llmaudit.connectors.code.callers import callers_of
from llmaudit.connectors.code.calls import read_file, view_of
from llmaudit.connectors.code.candidates import (
    NO_LITERAL,
    TreeWork,
    by_link,
    candidate,
    match,
    place_of,
)
from llmaudit.connectors.code.compiled import Compiled, compile_rules
from llmaudit.connectors.code.files import Disposition, SourceFile
from llmaudit.connectors.code.hidden import hiding
from llmaudit.connectors.code.repository import Tree
from llmaudit.connectors.code.syntax import SourceTree, parse
from llmaudit.connectors.code.syntax.tree import Scope as SyntaxScope
from llmaudit.connectors.code.view import FileView
from llmaudit.connectors.code.wrappers import with_wrappers
from llmaudit.ledger import Ledger, Scope
from llmaudit.model import Evidence, Location, Repository
from llmaudit.secrets import hider

_MINIFIED = "scanned: partly, minified: by its literals alone"
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


def collect(settings: Settings, run: Run, ledger: Ledger) -> Iterator[Collected]:
    """Yield the repositories, calls and SDK uses under the configured paths.

    Raises:
        UsageError: A path does not exist.
        EngineError: The engine or the rules cannot be used, so that nothing can be said.
    """
    run = replace(run, catalogue=with_wrappers(run.catalogue, run.wrappers))
    found = files.discover(
        [run.root / path for path in settings.paths],
        (*run.exclude, *settings.exclude),
        name=run.repo_name or settings.repository,
        standalone=settings.standalone,
        may_declare=lambda path, data: surfaces.may_hold(path, data, run.catalogue),
    )
    compiled = compile_rules(
        run.catalogue.sdks,
        run.wrappers,
        [*run.catalogue.hosts, *(gateway.host for gateway in run.gateways)],
    )
    outside = frozenset(
        module.split(".")[0]
        for sdk in run.catalogue.sdks
        for module in sdk.imports.get("python", ())
    )
    work = {tree.root: TreeWork(tree, outside) for tree in found.trees}
    hide = hider(run.catalogue)
    for one in found.dispositions:
        _take(_named(one, hide), work[one.tree.root], compiled, run)
    for one_tree in work.values():
        one_tree.pending += by_link(one_tree, one_tree.exporting, compiled, run.catalogue)
    match([item for tree in work.values() for item in tree.pending], compiled, run.jobs)
    for root, one_tree in sorted(work.items()):
        with ledger.scope(one_tree.tree.repo) as scope:
            yield _repository(one_tree.tree, run.root, hide)
            yield from _evidence(one_tree, compiled, run, scope)
            account(one_tree, scope, found.ignored.get(root, 0))
            # What a parser says of broken code quotes it.
            scope.why = hide(scope.why)


def _named(one: Disposition, hide: Callable[[str], str]) -> Disposition:
    """The disposition, its path free of keys: a file can be named after one."""
    path = hide(one.path)
    if path == one.path:
        return one
    return replace(one, path=path, file=one.file and replace(one.file, path=path))


def _take(one: Disposition, work: TreeWork, compiled: Compiled, run: Run) -> None:
    """Count a file, and keep it where it can hold something."""
    if one.file is None or one.text is None:
        work.ends[one.label] += 1
        if one.kind == "error" or one.reason == files.TOO_LARGE:
            work.problems.append(f"{one.path}: {one.reason}")
        return
    file, text = one.file, one.text.text
    work.asides.update(f"files {note}" for note in one.text.notes)
    if one.text.minified:
        hide = hider(run.catalogue)
        work.declared += hosts_in(file, text, work.tree.repo, run.catalogue, hide)
        work.ends[_MINIFIED] += 1
        work.problems.append(f"{file.path}: minified, so that only its literals are read")
        return
    if file.manifest:
        known = len(work.problems)
        place = PurePosixPath(file.path)
        if place.name == "go.mod" and (root := declarations_go.module_path(text)):
            work.project.roots[root] = place.parent.as_posix()
        work.declared += _declared(file, text, work, run)
        if file.analyzer == "manifest":
            whole = len(work.problems) == known
            work.ends["scanned: manifest" if whole else _PART_OF_MANIFEST] += 1
            return
    if file.analyzer == "configuration":
        configurations.take(file, text, work, run)
        return
    item = candidate(file, one.text)
    work.asides.update(item.skipped)
    if item.problem:
        work.problems.append(f"{file.path}: {item.problem}")
    if item.end:
        work.ends[item.end] += 1
        return
    if item.notebook is None:
        work.sources[file.path] = file
        work.project.add(file.path, item.analyzer, item.data.decode())
    look = compiled.prefilter.look(item.data, item.analyzer)
    item.rules, item.look = look.rules, look
    if look.imports:
        work.exporting.append(file.path)
    if look.rules or look.imports:
        work.pending.append(item)
    elif file.path in work.project.families:
        work.linkable.append(file)
    else:
        work.ends[NO_LITERAL] += 1


def _declared(file: SourceFile, text: str, work: TreeWork, run: Run) -> Iterator[Evidence]:
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


def _evidence(work: TreeWork, compiled: Compiled, run: Run, scope: Scope) -> Iterator[Evidence]:
    calls: list[Evidence] = []
    uses: list[Evidence] = list(work.declared)
    unresolved = 0
    hide = hider(run.catalogue)
    matches = {item.file.path: item.matches for item in work.pending}
    views: dict[str, FileView] = {}

    def others(tree: SourceTree) -> FileView | None:
        path = tree.path
        if path not in matches:
            return None
        known = views.get(path)
        if known is None or known.tree is not tree:
            known = views[path] = view_of(
                tree, matches[path], compiled, run.catalogue, run.gateways, others
            )
        return known

    def count(at: SyntaxScope, tree: SourceTree) -> int | None:
        return callers_of(at, tree, work.project)

    hidden_by = hiding(work.tree.root)
    for item in work.pending:
        linked = item.file.path in work.sources
        place = place_of(
            item,
            work.tree,
            hide,
            hidden_by(item.file.path),
            count if linked else None,
        )
        try:
            tree = work.project.tree(item.file.path) if linked else None
            tree = tree or parse(item.data, item.analyzer, item.name)
            found = read_file(
                tree, item.matches, compiled, place, run.catalogue, run.gateways, others
            )
        except RecursionError:
            work.ends["error: nested too deeply"] += 1
            work.problems.append(f"{item.file.path}: its code is nested too deeply to be followed")
            continue
        calls += found.calls
        uses += [*found.clients, *found.imports]
        unresolved += found.unresolved
        work.ends[end_of(item, found.tangled, work)] += 1
    called = {call.sdk for call in calls}
    for call in calls:
        yield scope.saw(call)
    for one in configurations.evidence(work, run):
        yield scope.saw(one)
    for use in uses:
        # An SDK whose calls were found is told by them.
        if use.sdk not in called:
            yield scope.saw(use)
    if unresolved:
        work.asides["places shaped like a call, but on no SDK's client, left out"] = unresolved


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
