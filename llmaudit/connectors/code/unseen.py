"""Matches in what the engine does not see: the arguments of macros, which it leaves as tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmaudit.connectors.code.engine import Match
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Attr, Call, Expr, SourceTree


def unseen_matches(tree: SourceTree, rules: Iterable[ScanRule]) -> Iterator[Match]:
    """The rules whose patterns fit a call that only the tree holds."""
    if not tree.unseen:
        return
    tails = {
        rule.id: tuple(tuple(method.split(".")) for method in rule.methods) + rule.tails
        for rule in rules
        if tree.language in rule.languages and not rule.commands
    }
    for span in sorted(tree.unseen):
        names = _methods(tree.calls[span][0])
        for rule, known in tails.items():
            if any(names[-len(tail) :] == tail for tail in known if tail):
                yield Match(rule, *span, tree.calls[span][0].line, suppressed=False)


def _methods(call: Call) -> tuple[str, ...]:
    """The names of a chain of methods, the last one first called last."""
    names: list[str] = []
    at: Expr = call.function
    while isinstance(at, Attr | Call):
        if isinstance(at, Attr):
            names.append(at.name)
            at = at.value
        else:
            at = at.function
    return tuple(reversed(names))
