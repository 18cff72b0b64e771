"""Names across files: which file of the repository an import means, and what it binds there.

The engine sees one file at a time. Here the files of one tree stand beside each other: their
paths and what each imports are known from the start, a file is parsed when a name leads into
it, and only as many parsed files are kept as memory allows.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from llmaudit.connectors.code.syntax.tree import Binding, Import, Scope, SourceTree

_KEPT = 150
_HOPS = 4
_FAR = 8
# A file with more imports than people write is generated; the first of them are enough.
_IMPORTS = 400
_SCRIPT = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_STATEMENTS = {
    "python": re.compile(
        r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([^#\n;]*(?:\n[^)\n]*)*?\)|[^#\n;]*)"
        r"|import[ \t]+([\w., \t]+))",
        re.MULTILINE,
    ),
    "javascript": re.compile(
        r"(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*[\"'`]([^\"'`\n]+)[\"'`]"
    ),
    "go": re.compile(r"^\s*(?:import\s+)?(?:[\w.]+\s+)?\"([\w./@~-]+)\"", re.MULTILINE),
}
_FAMILY = {"python": "python", "javascript": "javascript", "typescript": "javascript", "go": "go"}

Parse = Callable[[str], SourceTree | None]


@dataclass(slots=True)
class Project:
    """The files of one tree that imports lead through.

    Attributes:
        parse: Reads and parses the file at a path; None where it cannot be.
        modules: Paths by the last part of the names they are imported by, and by the last two.
        outside: First parts of Python's SDK modules: a file named after one is not meant.
        importers: Files that import each file, once they were asked for.
        specs: What each file imports, as written.
        roots: Of each Go module that a ``go.mod`` of the tree names, its folder.
    """

    parse: Parse
    outside: frozenset[str] = frozenset()
    families: dict[str, str] = field(default_factory=dict)
    modules: dict[tuple[str, ...], list[str]] = field(default_factory=lambda: defaultdict(list))
    specs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    folders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    roots: dict[str, str] = field(default_factory=dict)
    kept: OrderedDict[str, SourceTree | None] = field(default_factory=OrderedDict)
    importers: dict[str, set[str]] | None = None

    def add(self, path: str, analyzer: str, text: str) -> None:
        """Note a file and what it imports; a file of another language is left aside."""
        family = _FAMILY.get(analyzer)
        if family is None or path in self.families:
            return None
        self.families[path] = family
        place = PurePosixPath(path)
        stem = place.name.partition(".")[0] if family == "javascript" else place.stem
        if stem in ("__init__", "index"):
            self._name(family, place.parent.parent.name, place.parent.name, path)
        if family == "go":
            self.folders[place.parent.as_posix()].append(path)
            return self._note(path, family, text)
        self._name(family, place.parent.name, stem, path)
        return self._note(path, family, text)

    def _name(self, family: str, folder: str, name: str, path: str) -> None:
        self.modules[family, name].append(path)
        # Many modules of a large program are named alike (`const`): those in one folder are few.
        self.modules[family, folder, name].append(path)

    def _note(self, path: str, family: str, text: str) -> None:
        found: dict[str, None] = {}
        for match in _STATEMENTS[family].finditer(text):
            if family != "python":
                found[match.group(1)] = None
            elif match.group(3):
                found |= dict.fromkeys(part.split()[0] for part in match.group(3).split(",")
                                       if part.strip())  # fmt: skip
            else:
                module = match.group(1)
                found[module] = None
                dot = "" if module.endswith(".") else "."
                names = re.findall(r"\w+", re.sub(r"#[^\n]*|\bas\s+\w+", "", match.group(2)))
                found |= dict.fromkeys(f"{module}{dot}{name}" for name in names)
            if len(found) > _IMPORTS:
                break
        self.specs[path] = tuple(found)

    # -- which file is meant ---------------------------------------------------------

    def resolve(self, module: str, importer: str) -> tuple[str, ...]:
        """Files a module name means, seen from a file: one, or a Go package's several."""
        family = self.families.get(importer, "")
        if family == "python":
            return self._python(module, importer)
        if family == "javascript":
            return self._javascript(module, importer)
        if family == "go":
            return self._go(module)
        return ()

    def _python(self, module: str, importer: str) -> tuple[str, ...]:
        folder = PurePosixPath(importer).parent
        dots = len(module) - len(module.lstrip("."))
        names = [part for part in module.split(".") if part]
        if dots:
            for _ in range(dots - 1):
                folder = folder.parent
            base = folder.joinpath(*names).as_posix()
            near = (f"{base}.py", f"{base}/__init__.py")
            return tuple(path for path in near if path in self.families)[:1]
        if not names:
            return ()
        if names[0] in self.outside:
            return self._instead_of_sdk(names, importer)
        wanted = "/".join(names)
        found = [
            path
            for path in self.modules.get(("python", *names[-2:]), ())
            if _ends(path.removesuffix(".py").removesuffix("/__init__"), wanted)
        ]
        if len(names) == 1:
            # `import llm` finds what lies beside the program, not a module inside a package.
            found = [
                path
                for path in found
                if PurePosixPath(path).parent == folder
                or f"{PurePosixPath(path).parent.as_posix()}/__init__.py" not in self.families
            ]
        return self._nearest(found, importer)

    def _instead_of_sdk(self, names: list[str], importer: str) -> tuple[str, ...]:
        """A module of the program's own package that has the name of an SDK (``agents.search``).

        Python finds it where the package lies in a folder that programs are started from: one
        that holds the importing file and is no package itself. A file of that name alone is
        taken for one of a package, whose neighbours mean the SDK.
        """
        wanted = "/".join(names)
        if ("python", *names[-2:]) not in self.modules:
            return ()
        folder = importer
        while folder:
            folder = folder.rpartition("/")[0]
            above = f"{folder}/" if folder else ""
            if f"{above}__init__.py" in self.families:
                continue
            base = f"{above}{wanted}"
            near = [f"{base}.py"] if len(names) > 1 else []
            for path in (*near, f"{base}/__init__.py"):
                if path in self.families and path != importer:
                    return (path,)
        return ()

    def _javascript(self, module: str, importer: str) -> tuple[str, ...]:
        if module.startswith("."):
            parts: list[str] = list(PurePosixPath(importer).parent.parts)
            for part in module.split("/"):
                if part == "..":
                    if not parts:
                        return ()
                    parts.pop()
                elif part not in (".", ""):
                    parts.append(part)
            return self._script("/".join(parts))
        # A path alias (`@/lib/llm`, `~/llm`, `$lib/llm`, `src/llm`): its ending decides.
        name = re.sub(r"^(?:[@~#$]/?|src/)", "", module)
        if name == module and not module.startswith("src/"):
            return ()
        *folders, last = name.split("/")
        wanted = re.sub(r"\.\w+$", "", name)
        found = [
            path
            for path in self.modules.get(("javascript", *folders[-1:], last.partition(".")[0]), ())
            if _ends(re.sub(r"(?:/index)?\.\w+$", "", path), wanted)
        ]
        return self._nearest(found, importer)

    def _script(self, base: str) -> tuple[str, ...]:
        stem = re.sub(r"\.(?:[cm]?js|jsx|tsx?)$", "", base)
        for name in (
            base,
            *(f"{stem}{s}" for s in _SCRIPT),
            *(f"{base}/index{s}" for s in _SCRIPT),
        ):
            if name in self.families:
                return (name,)
        return ()

    def _go(self, module: str) -> tuple[str, ...]:
        for root, folder in sorted(self.roots.items(), key=lambda pair: -len(pair[0])):
            if module == root or module.startswith(f"{root}/"):
                inner = PurePosixPath(folder, module.removeprefix(root).strip("/")).as_posix()
                return tuple(self.folders.get(inner, ()))
        parts = module.split("/")
        # Without a `go.mod` the ending decides; one word is too little to tell them apart.
        for start in range(len(parts) - 1) if not self.roots else ():
            folder = "/".join(parts[start:])
            if folder in self.folders:
                # `example.com/app/internal/llm` is the folder internal/llm of its module.
                return tuple(self.folders[folder])
        return ()

    def _nearest(self, found: list[str], importer: str) -> tuple[str, ...]:
        if len(found) <= 1:
            return tuple(found)
        near = PurePosixPath(importer).parent.parts

        def distance(path: str) -> tuple[int, int, str]:
            parts = PurePosixPath(path).parent.parts
            same = next((i for i, (a, b) in enumerate(zip(near, parts, strict=False)) if a != b),
                        min(len(near), len(parts)))  # fmt: skip
            return (-same, len(parts), path)

        return (min(found, key=distance),)

    # -- which files lead to an SDK --------------------------------------------------

    def reaching(self, sources: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Files that import one of the sources, directly or through a few others.

        Args:
            sources: Files with what each stands for (the SDKs it imports).

        Returns:
            What all sources stand for that each file leads to.
        """
        importers = self._importers()
        reached: dict[str, frozenset[str]] = {}
        level = dict(sources)
        for _ in range(_HOPS):
            further: dict[str, frozenset[str]] = {}
            for one, names in level.items():
                for path in importers.get(one, ()):
                    if not names <= reached.get(path, frozenset()):
                        further[path] = further.get(path, frozenset()) | names
            for path, names in further.items():
                reached[path] = reached.get(path, frozenset()) | names
            level = further
        return reached

    def _conftests(self, path: str) -> list[str]:
        """The files that give a test its fixtures, the nearest first."""
        place = PurePosixPath(path)
        if not (place.stem.startswith("test") or place.stem.endswith("_test")):
            return []
        near = [folder.joinpath("conftest.py").as_posix() for folder in place.parents]
        return [one for one in near if one in self.families]

    def importers_of(self, path: str) -> list[str]:
        """Files that import a file, or stand in its Go package."""
        return sorted(self._importers().get(path, set()) - {path})

    def _importers(self) -> dict[str, set[str]]:
        if self.importers is None:
            self.importers = defaultdict(set)
            for path, specs in self.specs.items():
                for spec in specs:
                    for target in self.resolve(spec, path):
                        self.importers[target].add(path)
                for conftest in self._conftests(path):
                    self.importers[conftest].add(path)
                if self.families[path] == "go":
                    for beside in self.folders[PurePosixPath(path).parent.as_posix()]:
                        self.importers[beside].add(path)
        return self.importers

    # -- what a name means there -----------------------------------------------------

    def tree(self, path: str) -> SourceTree | None:
        """The parsed file, linked to the others."""
        if path in self.kept:
            self.kept.move_to_end(path)
            return self.kept[path]
        tree = self.parse(path)
        if tree is not None:
            self.link(tree, path)
        self.kept[path] = tree
        if len(self.kept) > _KEPT:
            self.kept.popitem(last=False)
        return tree

    def link(self, tree: SourceTree, path: str) -> None:
        """Let names of a parsed file lead into the others."""
        known: dict[str, tuple[Scope, list[Binding]] | None] = {}

        def find(name: str) -> tuple[Scope, list[Binding]] | None:
            if name not in known:
                known[name] = None  # Two files that import each other end here.
                known[name] = self._find(tree, path, name, _FAR)
            return known[name]

        def conftests() -> list[SourceTree]:
            found = map(self.tree, self._conftests(path))
            return [other for other in found if other is not None]

        tree.linked = find
        tree.conftests = conftests if tree.language == "python" else None
        tree.path = path

    def _find(
        self, tree: SourceTree, path: str, name: str, hops: int
    ) -> tuple[Scope, list[Binding]] | None:
        if hops <= 0:
            return None
        for entry in tree.imports:
            if entry.local == name:
                found = self._imported(entry, path, hops)
                if found is not None:
                    return found
        for entry in tree.imports:
            if entry.local == "*":
                for target in self.resolve(entry.module, path):
                    found = self._member(target, name, hops)
                    if found is not None:
                        return found
        if self.families.get(path) == "go" and not any(e.local == name for e in tree.imports):
            for beside in self.folders[PurePosixPath(path).parent.as_posix()]:
                other = self.tree(beside) if beside != path else None
                if other is not None and name in other.module.bindings:
                    return other.module, other.module.bindings[name]
        return None

    def _imported(self, entry: Import, path: str, hops: int) -> tuple[Scope, list[Binding]] | None:
        targets = self.resolve(entry.module, path)
        if entry.name and entry.name != "*":
            for target in targets:
                found = self._member(target, entry.name, hops)
                if found is not None:
                    return found
            if self.families.get(path) == "python":
                dot = "" if entry.module.endswith(".") else "."
                targets = self.resolve(f"{entry.module}{dot}{entry.name}", path)
            elif entry.name != "default":
                return None
        scopes = [tree.module for tree in map(self.tree, targets) if tree is not None]
        if not scopes:
            return None
        # The module itself, as something with members.
        return scopes[0], [Binding("class", None, scope, defined=scope) for scope in scopes]

    def _member(self, path: str, name: str, hops: int) -> tuple[Scope, list[Binding]] | None:
        """What a name of another module is bound to, through what that one passes on."""
        tree = self.tree(path)
        if tree is None:
            return None
        if name in tree.module.bindings:
            return tree.module, tree.module.bindings[name]
        return self._find(tree, path, name, hops - 1)


def _ends(path: str, wanted: str) -> bool:
    return path == wanted or path.endswith(f"/{wanted}")
