"""Which of a name's bindings reach the place where it is used: order and branches decide.

An adapter that tells where a binding stands (``at``) and on which way through branches and
loops (``way``) has its names followed by that; every other binding reaches everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmaudit.connectors.code.syntax.tree import Binding, Change, Name, Scope, Way


def reaching(bindings: list[Binding], use: Name, scope: Scope, holder: Scope) -> list[Binding]:
    """The bindings that may still hold where a name is used; all where none is left."""
    if len(bindings) < 2 or use.way is None:
        return bindings
    if scope is not holder:
        if holder.kind != "module" or any(b.at < 0 or b.scope is not holder for b in bindings):
            return bindings
        # A function runs later than it stands there: any may hold, the nearest before it first.
        return sorted(bindings, key=lambda b: (b.at > use.start, abs(use.start - b.at)))
    if any(b.at < 0 or (b.scope is not holder and b.kind != "parameter") for b in bindings):
        return bindings
    before = [b for b in bindings if b.at <= use.start and not _apart(b.way, use.way)]
    later = [b for b in bindings if b.at > use.start and _same_loop(b.way, use.way)]
    tree = holder.home()
    start = _last_certain(before, use.way, tree.arms if tree is not None else {})
    found = [b for b in before if b.at >= start] + later
    return found or bindings


def still_there(changes: list[Change], use: Name, bindings: Sequence[Binding]) -> list[Change]:
    """Changes that were made where the name is used, and since it was bound."""
    if use.way is None:
        return changes
    since = min((b.at for b in bindings), default=-1)
    return [
        c
        for c in changes
        if c.at < 0
        or (
            not _apart(c.way, use.way)
            and (c.at <= use.start or _same_loop(c.way, use.way))
            and (c.at >= since or _same_loop(c.way, use.way))
        )
    ]


def _apart(one: Way, other: Way) -> bool:
    """Whether two places stand in different branches of one condition."""
    arms = {node: arm for node, arm, kind in one if kind == "if"}
    return any(kind == "if" and arms.get(node, arm) != arm for node, arm, kind in other)


def _same_loop(one: Way, other: Way) -> bool:
    """Whether a loop holds both places, so that the later one may come first."""
    return any(kind == "loop" and step in other for step in one for kind in (step[2],))


def _last_certain(bindings: Sequence[Binding], way: Way, arms: dict[int, int]) -> int:
    """From where on the name is bound anew on every way to its use."""
    start = -1
    branches: dict[int, dict[int, int]] = {}
    for binding in bindings:
        if binding.way == way[: len(binding.way)]:
            start = max(start, binding.at)
        elif binding.way[:-1] == way[: len(binding.way) - 1] and binding.way[-1][2] == "if":
            node, arm, _ = binding.way[-1]
            branches.setdefault(node, {})[arm] = binding.at
    for node, bound in branches.items():
        if arms.get(node, 0) == len(bound):
            # Both sides of a condition bind it.
            start = max(start, min(bound.values()))
    return start
