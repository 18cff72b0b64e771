"""Who owns a path by a CODEOWNERS file, read exactly as GitHub reads it.

The matcher is our own: the published parsers read ``[ ]`` and ``!`` that GitHub skips, take
names in an inline comment for owners, and compile to expressions that a hostile pattern can
stall.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llmaudit.globs import PathGlob, path_glob

MAX_BYTES = 3 * 1024 * 1024

_OWNER = re.compile(r"@[A-Za-z0-9][\w-]*(?:/[\w.-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+", re.ASCII)
_TOKEN = re.compile(r"(?:\\.|[^\s\\])+|\\")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: a pattern and the owners it gives; no owners take ownership away."""

    pattern: PathGlob
    owners: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """A CODEOWNERS file, compiled once per repository.

    Attributes:
        rules: Lines in the order of the file; the last that matches decides.
        problems: One sentence per line (or file) that GitHub does not honour.
    """

    rules: tuple[Rule, ...]
    problems: tuple[str, ...] = ()
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _below: dict[str, tuple[Rule, ...]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, path: str) -> tuple[str, ...]:
        """Owners of a path relative to the repository's root; empty when it has none."""
        owners = self._known.get(path)
        if owners is None:
            owners = self._known[path] = self._find(path)
        return owners

    def _find(self, path: str) -> tuple[str, ...]:
        folder = "/".join(path.split("/", 2)[:2])
        rules = self._below.get(folder)
        if rules is None:
            # A large file has one line per directory: keep those that can reach this one.
            rules = self._below[folder] = tuple(
                rule
                for rule in reversed(self.rules)
                if rule.pattern.head.startswith(folder) or folder.startswith(rule.pattern.head)
            )
        for rule in rules:
            if path.startswith(rule.pattern.head) and rule.pattern.matches(path):
                return rule.owners
        return ()


def parse(text: str, name: str = "CODEOWNERS") -> CodeOwners:
    """Read a CODEOWNERS file.

    Args:
        text: The file's text.
        name: How the file is called in ``problems``.

    Returns:
        Its rules. A line GitHub skips is skipped and named in ``problems``; a file GitHub
        does not load has no rules.
    """
    if len(text) >= MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) >= MAX_BYTES:
        return CodeOwners((), (f"{name} is not under 3 MB, so GitHub ignores it whole",))
    rules: list[Rule] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        tokens = _without_comment(_TOKEN.findall(line.lstrip("\ufeff")))
        if not tokens:
            continue
        pattern, *owners = tokens
        problem = _problem(pattern, owners)
        if problem:
            problems.append(f"{name} line {number} is skipped: {problem}")
            continue
        compiled = path_glob(_ESCAPED.sub(_literal, pattern), nested_below_star=False)
        rules.append(Rule(compiled, tuple(dict.fromkeys(owners)), number))
    return CodeOwners(tuple(rules), tuple(problems))


def _literal(escaped: re.Match[str]) -> str:
    return f"[{escaped[1]}]" if escaped[1] in "*?" else escaped[1]


def _without_comment(tokens: list[str]) -> list[str]:
    comment = next((at for at, token in enumerate(tokens) if token.startswith("#")), None)
    return tokens if comment is None else tokens[:comment]


def _problem(pattern: str, owners: list[str]) -> str:
    if pattern.startswith("!"):
        return "a pattern cannot be negated with !"
    if pattern.startswith("\\#"):
        return "a leading # cannot be escaped"
    if "[" in pattern or "]" in pattern:
        return "character ranges in [ ] are not supported"
    if not pattern.strip("/"):
        return f"{pattern!r} names no path"
    wrong = next((owner for owner in owners if not _OWNER.fullmatch(owner)), None)
    return f"{wrong!r} is neither @user, @org/team nor a mail address" if wrong else ""
