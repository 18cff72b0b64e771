"""Names under the given paths: asked of git, or found by walking where there is no git."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from llmaudit.connectors.code import repository
from llmaudit.connectors.code.repository import Tree

SUBMODULE = "git submodule: give its path to scan it"
PACKAGES = "folder of installed packages"
BYTECODE = "folder of compiled Python"
_LEFT_OUT = {"__pycache__": BYTECODE, "node_modules": PACKAGES}


@dataclass(frozen=True, slots=True)
class Entry:
    """One name under a tree's root.

    Attributes:
        name: Relative to the root, with forward slashes, as the file system spells it; a
            folder ends in a slash.
        left_out: Why a folder is not entered.
        failed: Why a folder cannot be read.
    """

    tree: Tree
    name: str
    left_out: str = ""
    failed: str = ""


@dataclass(slots=True)
class Survey:
    """The trees met so far, so that each is described once.

    Attributes:
        trees: By root.
        ignored: Untracked entries that git ignores, by root.
        standalone: Whether every given path is a tree of its own.
    """

    standalone: bool = False
    trees: dict[Path, Tree] = field(default_factory=dict)
    ignored: dict[Path, int] = field(default_factory=dict)

    def tree_of(self, place: Path, name: str | None = None) -> Tree:
        """The tree that a file or folder belongs to, described if it is new."""
        folder = place if place.is_dir() else place.parent
        for outer in (folder, *folder.parents):
            if outer in self.trees:
                return self.trees[outer]
            if os.path.lexists(outer / ".git"):
                break
        tree = repository.describe(folder, name, standalone=self.standalone)
        return self.trees.setdefault(tree.root, tree)

    def below(self, place: Path, tree: Tree) -> Iterator[Entry]:
        """Every name below a path of the tree, or the name of the path itself.

        What is named outright is looked at even where git ignores it.
        """
        if not place.is_dir() or place.is_symlink():
            yield Entry(tree, _relative(place, tree))
            return
        # A list of what is still to do, not recursion: a hostile tree may be thousands deep.
        pending = [(place, tree)]
        while pending:
            folder, owner = pending.pop()
            below = _relative(folder, owner)
            listed = None
            is_top = folder == owner.root or folder == place
            if owner.git and is_top and not (below and repository.is_ignored(owner, below)):
                listed = repository.listing(owner, below)
            if listed is None:
                yield from self._inside(folder, owner, pending, is_top=is_top)
                continue
            self.ignored[owner.root] = max(self.ignored.get(owner.root, 0), listed.ignored)
            for file in listed.files:
                yield Entry(owner, file)
            for link in listed.submodules:
                yield Entry(owner, f"{link}/", left_out=SUBMODULE)
            pending.extend(self._nested(owner.root / inner, owner) for inner in listed.repositories)

    def _nested(self, folder: Path, outer: Tree) -> tuple[Path, Tree]:
        """A folder that has a ``.git`` of its own, and the tree that it belongs to."""
        inner = self.trees.get(folder) or repository.describe(folder)
        if not inner.git or inner.root != folder:
            return folder, outer
        self.trees[folder] = inner
        return folder, inner

    def _inside(
        self, folder: Path, tree: Tree, pending: list[tuple[Path, Tree]], *, is_top: bool
    ) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as found:
                inside = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield Entry(tree, f"{_relative(folder, tree)}/", failed=why(error))
            return
        if not is_top and any(entry.name == "pyvenv.cfg" for entry in inside):
            yield Entry(tree, f"{_relative(folder, tree)}/", left_out=PACKAGES)
            return
        # Texts, not paths: a tree may hold a hundred thousand names.
        base = _relative(folder, tree)
        base = f"{base}/" if base else ""
        for entry in inside:
            if entry.name == ".git":
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield Entry(tree, base + entry.name)
            elif entry.name in _LEFT_OUT:
                yield Entry(tree, f"{base}{entry.name}/", left_out=_LEFT_OUT[entry.name])
            elif os.path.lexists(os.path.join(entry.path, ".git")):
                pending.append(self._nested(folder / entry.name, tree))
            else:
                pending.append((folder / entry.name, tree))


def why(error: OSError) -> str:
    """The operating system's own words for an error, without the path."""
    return (error.strerror or type(error).__name__).lower()


def _relative(place: Path, tree: Tree) -> str:
    below = place.relative_to(tree.root).as_posix()
    return "" if below == "." else below
