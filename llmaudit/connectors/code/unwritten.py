"""Calls that the rules' patterns do not write, found in the tree after the engine's matches."""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Iterable
from dataclasses import replace

from llmaudit.connectors.code.compiled import Compiled
from llmaudit.connectors.code.held import held_calls, passes_all_on
from llmaudit.connectors.code.receivers import (
    ends_in,
    is_object,
    is_sent,
    receiver_origins,
)
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.syntax.tree import Attr
from llmaudit.connectors.code.trace import trace
from llmaudit.connectors.code.view import FileView, Found

_CALLED = re.compile(
    rb"\b\w*(?:agent|llm|chain|model|chat|bot|crew|predict|program|swarm|assistant)\w*\(",
    re.IGNORECASE,
)


def held_in(
    view: FileView, compiled: Compiled, sites: abc.Mapping[tuple[int, int], tuple[Found, bool]]
) -> list[Found]:
    """Calls whose method a name stands for: what is written in full goes before them."""
    found: dict[tuple[int, int], Found] = {}
    for held in held_calls(view.tree, compiled.methods(view.tree.language)):
        span = (held.call.start, held.call.end)
        if span in sites:
            # `chat.completions.create` is more than `completions.create`.
            rule = sites[span][0].rule
            longer = any(held.method.endswith(f".{method}") for method in rule.methods)
            if rule.resource or not longer:
                continue
        traced = trace(held.rule, held.call, held.scope, view, held.receiver)
        # Of several functions that a name may stand for, the one whose provider is known.
        if traced is not None and (span not in found or found[span].provider == "unknown"):
            found[span] = traced
    return list(found.values())


def called_in(
    view: FileView, rules: Iterable[ScanRule], seen: set[tuple[int, int]]
) -> Iterable[Found]:
    """Calls that no name of a method shows.

    These are an SDK's object called itself (``llm(messages)``), and an object that the SDK makes
    of an interface written here (``assistant.answer(text)``).
    """
    language = view.tree.language
    rules = [r for r in rules if (r.called or r.proxies) and language in r.languages]
    for rule in rules:
        spans: Iterable[tuple[int, int]] = view.tree.calls
        if not view.uses(rule.family):
            if language != "python" or not rule.called:
                continue
            spans = view.led if view.led is not None else _made_elsewhere(view)
        for span in spans:
            call, scope = view.tree.calls[span]
            if span in seen or not (is_object if rule.called else is_sent)(call.function):
                continue
            if passes_all_on(call):
                continue
            receiver = (call.function, scope) if rule.called else None
            found = trace(rule, call, scope, view, receiver)
            if found is not None and found.made:
                yield found


def calls_an_object(data: bytes, analyzer: str) -> bool:
    """Whether a file calls something as a function that goes by the name of a model or an agent."""
    return analyzer == "python" and _CALLED.search(data) is not None


def _made_elsewhere(view: FileView) -> list[tuple[int, int]]:
    """Calls of an SDK's object that another file of the tree makes."""
    view.led = [
        span
        for span, (call, scope) in view.tree.calls.items()
        if is_object(call.function)
        and any(
            o.scope is not None and o.scope.home() is not view.tree and view.sdks_of(o.qualified)
            for o in receiver_origins(replace(call, new=False), scope, view.tree)
        )
    ]
    return view.led


def safely_called(
    view: FileView, rules: Iterable[ScanRule], seen: set[tuple[int, int]]
) -> Iterable[Found]:
    """Kotlin's safe calls (``client?.chat()?.create(p)``), which no pattern writes."""
    if view.tree.language != "kotlin" or b"?." not in view.tree.data:
        return
    tails: dict[str, list[tuple[tuple[str, ...], ScanRule]]] = {}
    for rule in rules:
        if "kotlin" in rule.languages and rule.role == "call" and not rule.proxies:
            for tail in rule.tails:
                tails.setdefault(tail[-1], []).append((tail, rule))
    for span, (call, scope) in view.tree.calls.items():
        function = call.function
        text = view.tree.data[call.start : function.end]
        if span in seen or not isinstance(function, Attr) or b"?." not in text:
            continue
        fit = [rule for tail, rule in tails.get(function.name, ()) if ends_in(call, tail)]
        found = [one for rule in fit if (one := trace(rule, call, scope, view)) is not None]
        if found:
            yield min(found, key=rank)


def rank(found: Found) -> tuple[bool, bool, str]:
    """What one of several rules that see the same call is preferred by."""
    return (
        found.confidence != "certain",
        bool(found.rule.receivers) or found.sdk != found.rule.sdk,
        found.rule.id,
    )
