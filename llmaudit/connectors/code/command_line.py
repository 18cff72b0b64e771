"""A vendor's program that a script runs to send a request: ``claude -p``, ``ollama run``.

Which programs send, and which of their flags name the model, is one table with the steps of
pipelines: ``surfaces/data/commands.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Row
from dataclasses import replace

from llmaudit.connectors.code.constants import settled
from llmaudit.connectors.code.models import read_models
from llmaudit.connectors.code.rulebook import Attribution, ScanRule
from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.commands import follows, plain_words, sends
from llmaudit.connectors.code.syntax.tree import Call, Expr, Name, Scope, Str
from llmaudit.connectors.code.tagging import UNTAGGED, read_tags
from llmaudit.connectors.code.value import Opaque, Table, Text, Value
from llmaudit.connectors.code.values import value_of
from llmaudit.connectors.code.view import FileView, Found

_STDIN = "<stdin>"
_PAIR = re.compile(r"""["']?([\w.:/+@-]+)["']?\s*[=:]\s*["']?([^"',{}]+)""")
# Programs that talk with a person where they are given nothing to say.
_TALKING = {"ollama": 2}


def command_call(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> Found | None:
    """The request that a command line sends; None where it sends none."""
    program = call.function.id if isinstance(call.function, Name) else ""
    given = [argument.value for argument in call.arguments if argument.name is None]
    words = [_written(expr) for expr in given]
    fed = any(argument.name == _STDIN for argument in call.arguments)
    for row in known.commands().get(program, ()):
        if not sends(row, words) and not (fed and not row.flags and not row.subcommands):
            continue
        if not fed and len(plain_words(words)) <= _TALKING.get(row.id, -1):
            continue
        values = [value_of(e, scope, view.tree) for e in _after(row.models, given, words)]
        values += [value_of(e, scope, view.tree) for e in _word(row, given, words)]
        table = Table({str(place): settled(value, view) for place, value in enumerate(values)})
        models, default = read_models(tuple(table.entries), table)
        provider = row.provider
        if provider == "unknown":
            provider = _by_model(models, view)
        tags = [_pairs(value_of(e, scope, view.tree)) for e in _after(row.tags, given, words)]
        held = Table(dict(zip(row.tags, tags, strict=False)))
        tagging = read_tags(held, Attribution(tag=row.tags))
        return Found(
            rule, call, scope, provider, rule.sdk, models, default, "certain",
            tagging, UNTAGGED, api=row.api,
        )  # fmt: skip
    return None


def _written(expr: Expr) -> str:
    """A word as it stands in the script; what it expands to is left open."""
    if isinstance(expr, Str):
        return expr.value if expr.value is not None else expr.shape or "$"
    return "$"


def _after(flags: Row[str], given: list[Expr], words: list[str]) -> Iterator[Expr]:
    """What is given to one of the flags."""
    for place, word in enumerate(words):
        flag, equals, _ = word.partition("=")
        if flag not in flags:
            continue
        expr = given[place]
        if equals and isinstance(expr, Str):
            length = len(flag) + 1
            value = expr.value[length:] if expr.value is not None else None
            yield replace(expr, value=value, head=expr.head[length:], shape=expr.shape[length:])
        elif not equals and place + 1 < len(given):
            yield given[place + 1]


def _word(row: known.Command, given: list[Expr], words: list[str]) -> Iterator[Expr]:
    """The word after the subcommand that is the model."""
    if row.model_word is None:
        return
    plain = [place for place, word in enumerate(words) if not word.startswith("-")]
    shown = [words[place] for place in plain]
    after = next((at for s in row.subcommands if (at := follows(shown, s.split()))), 0)
    if after + row.model_word < len(plain):
        yield given[plain[after + row.model_word]]


def _pairs(value: Value) -> Value:
    """A map as the AWS CLI takes it: JSON, or ``team=search,env=prod``."""
    if not isinstance(value, Text):
        return value
    pairs = _PAIR.findall(value.value)
    return Table({key: Text(text) for key, text in pairs}) if pairs else Opaque("unknown")


def _by_model(models: tuple[str, ...], view: FileView) -> str:
    """Who runs a model that a program of many providers was given: its prefix, else its maker."""
    for model in models:
        head, slash, _ = model.partition("/")
        named = view.catalogue.provider_id(head) if slash else None
        if named is not None:
            return named
        known_model = None if view.catalogue.cloud_model(model) else view.catalogue.model(model)
        if known_model is not None:
            return known_model.id
    return "unknown"
