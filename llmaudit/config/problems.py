"""What a model refuses, as one sentence with file, line and column."""

from __future__ import annotations

import difflib
import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from llmaudit.config.document import Document, Loc
from llmaudit.errors import ConfigError


def first_problem(
    error: ValidationError, model: type[BaseModel], document: Document, within: Loc = ()
) -> ConfigError:
    """The refusal that stands first in the file; the others are counted.

    Args:
        error: What the model said.
        model: The model; says which keys there are.
        document: Says where things stand.
        within: Path of the document at which the model starts.
    """
    found = sorted(
        (_line(document, (*within, *_written(one, within, document))), number, one)
        for number, one in enumerate(error.errors(include_url=False, include_input=True))
    )
    _, _, first = min(found, key=lambda item: item[:2])
    more = len({line for line, _, _ in found}) - 1
    problem, way_out = _sentence(first, model, document, within)
    if more:
        problem += f" (and {more} more {'problem' if more == 1 else 'problems'})"
    return ConfigError(problem, way_out)


def _line(document: Document, loc: Loc) -> tuple[int, int]:
    place = document.keys.get(loc)
    while place is None:
        place = document.places.get(loc)
        loc = loc[:-1]
    return place.line, place.column


def _written(one: ErrorDetails, within: Loc, document: Document) -> Loc:
    """The part of an error's path that stands in the file; short forms and unions add to it."""
    loc: Loc = one["loc"]
    while loc and (*within, *loc) not in document.places:
        loc = loc[:-1]
    return loc


def _sentence(
    one: ErrorDetails, model: type[BaseModel], document: Document, within: Loc
) -> tuple[str, str]:
    loc = _written(one, within, document)
    at = document.at((*within, *loc))
    place = ".".join(str(part) for part in (*within, *loc)) or "the file"
    match one["type"]:
        case "extra_forbidden":
            known = _keys_at(model, loc[:-1])
            return (
                f"{document.at((*within, *loc), key=True)}: unknown key {str(loc[-1])!r}",
                _did_you_mean(str(loc[-1]), known),
            )
        case "missing":
            absent = str(one["loc"][-1])
            return f"{at}: {absent!r} is missing in {place}", f"add {absent}: to it"
        case "literal_error":
            return f"{at}: {place} is {one['input']!r}", f"write {one['ctx']['expected']}"
        case "value_error":
            return f"{at}: {one['msg'].removeprefix('Value error, ')}", ""
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{at}: {place} is not a mapping", "write keys and values below it"
        case "tuple_type" | "list_type":
            return f"{at}: {place} is not a list", "write it as [a, b], or one - per line"
        case "string_type":
            return f"{at}: {place} is not a text", "write one value"
        case "too_short":
            return f"{at}: {place} is empty", "name at least one"
    return f"{at}: {place}: {one['msg'][:1].lower()}{one['msg'][1:]}", ""


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word.casefold(), known, 1, 0.6)
    listed = f"the keys here are: {', '.join(known)}"
    return f"did you mean {close[0]!r}? {listed}" if close else listed


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys of the model that a path leads to."""
    kind: Any = model
    for part in loc:
        kind = _inner(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            named = {field.alias or name: field for name, field in kind.model_fields.items()}
            kind = named[str(part)].annotation if part in named else None
        else:
            arguments = [one for one in get_args(kind) if one is not Ellipsis]
            kind = arguments[-1] if arguments else None
    kind = _inner(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return sorted(field.alias or name for name, field in kind.model_fields.items())
    return []


def _inner(kind: Any) -> Any:
    """An annotation without ``Annotated`` and ``| None``."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            kind = next(one for one in get_args(kind) if one is not type(None))
        else:
            return kind
