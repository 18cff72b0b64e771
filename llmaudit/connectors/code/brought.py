"""What the callers of the same file hand to the function that a call stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.names import last_name
from llmaudit.connectors.code.origins import Origin, origins_of
from llmaudit.connectors.code.provider import with_parts
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Call, Expr, Scope, SourceTree
from llmaudit.connectors.code.tagging import TagReading, read_tags
from llmaudit.connectors.code.view import FileView


@contextmanager
def _by_callers(tree: SourceTree) -> Iterator[bool]:
    """Parameters stand for what callers give them; False where they do already."""
    if tree.by_callers:
        yield False
        return
    tree.by_callers = True
    try:
        yield True
    finally:
        tree.by_callers = False


def brought(stand: Expr, scope: Scope, view: FileView) -> tuple[Origin, ...]:
    """Where an object comes from that callers hand in; empty where no caller is in sight."""
    with _by_callers(view.tree) as first:
        found = origins_of(stand, scope, view.tree) if first else ()
    return tuple(origin for origin in found if origin.kind != "open")


def brought_parts(makers: list[Origin], rule: ScanRule, view: FileView) -> list[Origin]:
    """The models that callers hand to the functions in which an object is put together.

    Where the object shows one of its own there is nothing to look for.
    """
    if not makers or not rule.receivers or shows_model(makers, rule, view):
        return []
    with _by_callers(view.tree) as first:
        found = with_parts(makers, rule, view) if first else makers
    return [origin for origin in found if origin.call is not None and origin not in makers]


def as_callers_say(
    rule: ScanRule, call: Call, scope: Scope, view: FileView, headers: Mapping[str, str]
) -> TagReading | None:
    """Tags that every caller in this file hands to the function the call stands in."""
    with _by_callers(view.tree) as first:
        if not first:
            return None
        table = arguments_of(call, scope, view.tree, rule.arguments)
        found = read_tags(table, rule.attribution, headers)
    return found if found.tagging == "tagged" else None


def shows_model(makers: list[Origin], rule: ScanRule, view: FileView) -> bool:
    """Whether an object is made by what says whose model it works with, or of that."""
    return any(
        view.client_of(origin) or last_name(origin.qualified) in rule.providers
        for origin in with_parts(makers, rule, view)
    )
