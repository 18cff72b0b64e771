"""The data files beside this module: actions, commands, images, resources, nodes, tools.

Every row names its source, as the catalogue's facts do. A new action, image or resource type
is one row in ``data/``, no code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).with_name("data")


class Row(BaseModel):
    """One fact. ``source`` names an entry of the file's ``sources``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str


class Action(Row):
    """An action or orb that a workflow step uses.

    Attributes:
        uses: ``owner/name``, compared without case; below it (``owner/name/part``) too.
        models: Inputs that name a model.
        arguments: Inputs that hold the arguments of a command line.
        settings: Inputs that hold a JSON text with a ``model``.
        model_env: Variables of the step that name a model.
        default: The model where no input names one.
        switches: Inputs that, once true, name who runs the model.
        keys: Inputs that take a key, and the variable it stands for.
        urls: Inputs that take a base URL.
        provider_input: The input that names the provider.
    """

    id: str
    uses: tuple[str, ...]
    provider: str
    api: str = "agent"
    models: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    model_env: tuple[str, ...] = ()
    default: str = ""
    switches: dict[str, str] = {}
    keys: dict[str, str] = {}
    urls: tuple[str, ...] = ()
    provider_input: str = ""


class Command(Row):
    """A program whose call sends a model request.

    Attributes:
        programs: Names under which it is started.
        packages: Names under which ``npx``, ``uvx`` and the like start it.
        subcommands: First words one of which must follow (``exec``); empty where none must.
        not_after: First words after which nothing is sent (``login``).
        flags: Flags one of which must be given; empty where none must.
        bare: Whether the program alone, without a word after it, sends.
        models: Flags that take the model.
        model_word: Position of the word, after the subcommand, that is the model.
        tags: Flags that take tags.
    """

    id: str
    programs: tuple[str, ...]
    packages: tuple[str, ...] = ()
    subcommands: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    bare: bool = False
    provider: str
    api: str = "agent"
    models: tuple[str, ...] = ()
    model_word: int | None = None
    tags: tuple[str, ...] = ()


class Image(Row):
    """A container image that serves models or stands in front of those who do.

    Attributes:
        image: Glob over the image's name without registry host and tag.
        kind: ``deployment`` of a model server, ``route`` of a gateway, ``automation`` of a
            tool that builds or runs flows.
        models: Flags of its command that take the model.
        variables: Environment variables that name the model.
        first_word: Whether the command's first word may be the model (``vllm serve MODEL``).
    """

    image: str
    kind: Literal["deployment", "route", "automation"]
    provider: str
    models: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    first_word: bool = False


class Resource(Row):
    """A resource type of Terraform, CloudFormation, Pulumi, ARM or Kubernetes.

    Attributes:
        type: Its name; a ``*`` at the end stands for the rest.
        provider: Who runs what it declares.
        models: Keys that name a model, at any depth.
        tags: The attribute that carries its tags; empty where it has none.
        when: Keys whose value, compared without case, must be among those given.
    """

    type: str
    provider: str
    kind: Literal["deployment", "route", "secret"] = "deployment"
    models: tuple[str, ...] = ()
    tags: str = ""
    when: dict[str, tuple[str, ...]] = {}


class Variable(Row):
    """An environment variable that the catalogue does not list, and what it holds."""

    value: str
    role: Literal["key", "url", "model"]
    provider: str


class Tool(Row):
    """A coding agent or assistant that is allowed to work on the repository.

    Attributes:
        files: Globs over paths, ``**`` for any number of folders.
        each: Globs of files each of which is an agent of its own, not only the tool's.
        model: Keys that name the model.
        provider: None where the files are read by agents of several vendors.
    """

    id: str
    name: str
    provider: str | None = None
    files: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    model: tuple[str, ...] = ("model",)
    api: str = "agent"


class Vendor(Row):
    """How the node types of automation platforms spell a provider."""

    words: tuple[str, ...]
    provider: str


class Property(Row):
    """A family of settings below one prefix (``spring.ai.openai``)."""

    prefix: str
    provider: str


R = TypeVar("R", bound=Row)

FILES: dict[str, tuple[str, type[Row]]] = {
    "actions": ("actions", Action),
    "commands": ("commands", Command),
    "images": ("images", Image),
    "terraform": ("terraform", Resource),
    "cloudformation": ("cloudformation", Resource),
    "azure": ("azure", Resource),
    "pulumi": ("pulumi", Resource),
    "kubernetes": ("kubernetes", Resource),
    "variables": ("variables", Variable),
    "tools": ("tools", Tool),
    "vendors": ("vendors", Vendor),
    "properties": ("properties", Property),
}


@cache
def _document(name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (FOLDER / f"{name}.yaml").read_bytes()
    # The loader is one of PyYAML's safe ones, which the linter cannot see.
    document: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506
    return document


def sources(name: str) -> dict[str, str]:
    """What the short names of a file's sources stand for."""
    found: dict[str, str] = _document(name)["sources"]
    return found


@cache
def _rows(name: str) -> tuple[Row, ...]:
    section, model = FILES[name]
    return tuple(model.model_validate(row) for row in _document(name)[section])


def rows(name: str, model: type[R]) -> tuple[R, ...]:
    """The rows of a data file, in its order."""
    return tuple(row for row in _rows(name) if isinstance(row, model))


@cache
def actions() -> dict[str, Action]:
    """Actions by ``owner/name``, lower case."""
    return {uses.casefold(): row for row in rows("actions", Action) for uses in row.uses}


@cache
def commands() -> dict[str, tuple[Command, ...]]:
    """Commands by the program's or package's name."""
    found: dict[str, tuple[Command, ...]] = {}
    for row in rows("commands", Command):
        for name in (*row.programs, *row.packages):
            found[name] = (*found.get(name, ()), row)
    return found


def resource(name: str, type_: str) -> Iterator[Resource]:
    """Rows that know a resource type, the most particular first."""
    found = [row for row in rows(name, Resource) if _fits(row.type, type_)]
    yield from sorted(found, key=lambda row: -len(row.type))


def _fits(glob: str, text: str) -> bool:
    glob, text = glob.casefold(), text.casefold()
    return text.startswith(glob[:-1]) if glob.endswith("*") else text == glob
