"""Tags on the model that a call is given: on the call that makes it, and on its factory.

``generateText({ model: gateway("m", { user }) })`` carries what ``gateway`` was told, and what
``createGateway({ headers })`` was made with.
"""

from __future__ import annotations

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.models import model_makers
from llmaudit.connectors.code.provider import gateway_headers
from llmaudit.connectors.code.rulebook import Attribution, ScanRule
from llmaudit.connectors.code.scopes import function_of
from llmaudit.connectors.code.syntax.tree import Call, Scope
from llmaudit.connectors.code.tagging import TagReading, read_tags
from llmaudit.connectors.code.view import FileView

_NONE = Attribution()


def model_readings(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> list[TagReading]:
    """What the constructions of the model argument say of tags."""
    if _NONE in (rule.made_attribution, rule.factory_attribution):
        return []
    readings: list[TagReading] = []
    headers = gateway_headers("", view)
    for made, origin in model_makers(rule, call, scope, view.tree):
        # A function of this file only hands on what it is told.
        if made is not None and function_of(made, scope) is None:
            table = arguments_of(made, scope, view.tree)
            readings.append(read_tags(table, rule.made_attribution, headers))
        if origin.call is not None and origin.scope is not None and origin.call is not made:
            table = arguments_of(origin.call, origin.scope, view.tree)
            readings.append(read_tags(table, rule.factory_attribution, headers))
    return readings
