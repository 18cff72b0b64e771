"""What a receiver is set up with away from its construction."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from llmaudit.connectors.code.constants import settled_table
from llmaudit.connectors.code.models import read_models
from llmaudit.connectors.code.names import last_name
from llmaudit.connectors.code.origins import Origin
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Attr, Expr, Scope
from llmaudit.connectors.code.value import Table
from llmaudit.connectors.code.values import value_of
from llmaudit.connectors.code.view import FileView


def set_later(
    receiver: Expr, scope: Scope, rule: ScanRule, view: FileView
) -> tuple[tuple[str, ...], str]:
    """The model that a property of the receiver is set to (``client.SelectedModel = "m"``)."""
    held = value_of(receiver, scope, view.tree)
    if not isinstance(held, Table) or not held.entries:
        return (), ""
    named = tuple(path for path in rule.client_model if not path[:1].isdigit())
    return read_models(named, settled_table(held, view))


def configured(rule: ScanRule, makers: Sequence[Origin], view: FileView) -> list[Origin]:
    """Calls that the file configures its receivers with, where those show no model.

    ``builder.AddOpenAIChatCompletion("m", key)`` says what a kernel works with.
    """
    if not rule.configured_by or any(
        view.client_of(origin) or last_name(origin.qualified) in rule.providers for origin in makers
    ):
        return []
    return [
        Origin("call", "", found.call, found.scope)
        for found in view.clients.values()
        if isinstance(found.call.function, Attr)
        and any(fnmatchcase(found.call.function.name, glob) for glob in rule.configured_by)
    ]
