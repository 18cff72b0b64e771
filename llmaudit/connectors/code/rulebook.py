"""The scan rules: find the folder, read the YAML, hand the engine what it understands.

A rule file lies at ``rules/<language>/<provider or sdk>.yaml`` and is an ordinary semgrep rule
file. What only llmaudit reads stands in each rule's ``metadata``; see docs/rules-code.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypedDict

from llmaudit.errors import EngineError
from llmaudit.precompiled import digest_of, precompiled

LANGUAGES = (
    "python", "javascript", "typescript", "go", "java", "kotlin", "scala", "csharp", "ruby",
    "php", "rust", "swift", "bash",
)  # fmt: skip
_METADATA = {
    "id", "provider", "sdk", "api", "tier", "role", "family", "arguments", "attribution",
    "model", "providers", "receivers", "distinctive",
    "open_receivers", "telling",
    "asks", "beside", "chain", "elsewhere", "direct", "proxies",
    "weak_models", "own_chain", "client", "commands", "resource", "called", "http", "made",
    "on", "configured_by", "registered_by", "set_up", "unmistakable", "command_line", "literals",
    "client_decides",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the arguments of a call or a client can carry tags, as dotted argument paths.

    Attributes:
        tag: Mappings whose every key is a tag (``metadata``, ``extra_body.metadata``).
        weak: Arguments that are only a weaker attribution (``user``).
        named: Arguments that are each a tag of their own name (a client's ``project``).
        headers: Mappings of request headers; which header is a tag is decided by name.
        listed: Lists whose elements are tags (``tags``).
        open: Mappings that may carry any of these once they cannot be read
            (``extra_body``): unreadable means dynamic.
        through: Arguments made of functions and classes that add headers to a request.
        content: Arguments that are a text where they cannot be read, though a mapping may
            stand there too: unreadable hides no tag.
    """

    tag: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Http:
    """Where a method of an HTTP client takes the parts of its request, as argument paths.

    A path of two joined by ``+`` is their text together (``0.hostname+0.path``). Paths below
    ``beside`` are arguments of methods called on the same name (``beside.open.1``), those below
    ``result`` of methods called on what the call gives (``result.write``).

    Attributes:
        routes: The method also declares a server's routes: with a function among its arguments
            it sends nothing, and a path alone is only an address where the body asks a model.
        once: Several methods of one connection are a single request.
        seen: A value must stand where the URL is given: others have methods of that name too.
    """

    url: tuple[str, ...]
    body: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    routes: bool = False
    once: bool = False
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """What makes a method an SDK's own where its file neither uses the SDK nor makes the object.

    Attributes:
        names: Globs on the receiver's own name, ``!`` excludes; where ``outside`` is set only of
            an object that a module outside of the tree hands out.
        arguments: Names of arguments one of which the call writes, with any receiver but those
            that ``names`` exclude.
        methods: The methods for which that holds; empty for all of the rule's.
        words: Words one of which a file must hold to be looked through for it.
        spread: Arguments that are handed on whole (``**params``) are enough.
    """

    names: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    outside: bool = False
    spread: bool = False


# What calls without an SDK go through.
RAW_HTTP = "raw-http"
COMMAND_LINE = "command-line"


@dataclass(frozen=True, slots=True)
class ScanRule:
    """One rule with what llmaudit knows of its matches.

    Attributes:
        tier: ``anchored`` when the pattern itself names the SDK's module, ``shape`` when
            the receiver must still be traced to an SDK.
        role: ``call`` or ``client`` (a construction that a call's receiver may come from).
        family: SDK ids whose clients have this shape; the first is the rule's own.
        model: Argument paths that hold the model, in order.
        arguments: Names of positional arguments, in order.
        distinctive: Arguments that make a shape an SDK's own even without its client in
            sight; empty where no argument does.
        receivers: Globs on the class or function a receiver is made by, where an SDK's
            other objects share the method's name; empty where they do not.
        open_receivers: Globs on the receiver's own name that are enough where the file uses
            the SDK but does not show where the receiver comes from.
        telling: What is enough even where the file does not use the SDK.
        elsewhere: Methods by which an object is given its parts: where this file gives it
            functions of its own, those send the requests and not the object.
        own_chain: The chain of names is the SDK's own even where its arguments are spread.
        commands: Classes one of which the first argument of ``send`` is made of.
        resource: Names after the client (``chat.completions``) that a variable or an
            attribute must stand for, where the call itself does not write them.
        on: Position of the argument that is the object a function of the SDK works on
            (``llms.GenerateFromSinglePrompt(ctx, llm, prompt)``).
        chain: Whether what stands before the call in its chain counts as its arguments
            (``client.prompt().options(o).call()``).
        direct: Whether the receiver must be an object that is held, not what a call gives.
        configured_by: Globs on methods that say, anywhere in the file, which model the receiver
            works with (``builder.AddOpenAIChatCompletion("m", key)``).
        client_decides: Whether the client says who runs the model, whoever made the model that the
            call is given.
        set_up: What gives the SDK's objects the model they work with where they are given none:
            attributes that the file sets (``Settings.llm``), and calls with the arguments that
            hold it (``configure(lm)``); with a dot before it a call on the receiver itself
            (``.add_component(instance,1)``).
        registered_by: Globs on methods that register, anywhere in the file, what a container
            hands out by its type (``services.AddChatClient(...)``).
        command_line: Whether a match is a program of the table of commands, which says what of
            its words makes it a request.
        literals: Words one of which a file must hold, where the engine derives none from the
            pattern.
        unmistakable: Class names that are nobody else's: enough where the file does not show
            the import that brings them (C#'s global usings).
        proxies: Whether what the pattern makes is an object of an interface of the program,
            each of whose methods sends a request.
        called: Whether the SDK's objects are also called as functions are.
        http: For a method of an HTTP client: a match is a call when its URL takes requests.
        asks: Argument paths one of which must be seen (``path~glob``: with a text like that),
            where a method serves other things than models too.
        beside: Globs one of which an imported name of the SDK must fit, where an object may
            hold models or not (a pipeline).
        weak_models: Globs on a model id that is itself a weaker attribution.
        made_attribution, factory_attribution: Where the call that makes the model argument
            (``gateway("m", settings)``), and what that function was made by
            (``createGateway(options)``), can carry tags.
        client_model, client_attribution: The same for the construction a receiver comes
            from, where no client rule of its own describes it.
        providers: Class, module, or first part of a model string, to provider id.
        methods: What the patterns call with any arguments: the names after a client, or a
            function's qualified name.
        tails: The same of chains of calls (``$C.messages().create(...)``), method by method.
    """

    id: str
    languages: tuple[str, ...]
    provider: str
    sdk: str
    api: str
    tier: Literal["anchored", "shape"]
    role: Literal["call", "client"]
    path: str
    family: tuple[str, ...] = ()
    model: tuple[str, ...] = ("model",)
    arguments: tuple[str, ...] = ()
    distinctive: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    open_receivers: tuple[str, ...] = ("*",)
    telling: Telling | None = None
    elsewhere: tuple[str, ...] = ()
    own_chain: bool = False
    commands: tuple[str, ...] = ()
    resource: str = ""
    called: bool = False
    configured_by: tuple[str, ...] = ()
    set_up: tuple[str, ...] = ()
    registered_by: tuple[str, ...] = ()
    unmistakable: tuple[str, ...] = ()
    client_decides: bool = False
    command_line: bool = False
    literals: tuple[str, ...] = ()
    chain: bool = False
    direct: bool = False
    proxies: bool = False
    on: int | None = None
    http: Http | None = None
    asks: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    weak_models: tuple[str, ...] = ()
    attribution: Attribution = Attribution()
    client_model: tuple[str, ...] = ()
    client_attribution: Attribution = Attribution()
    made_attribution: Attribution = Attribution()
    factory_attribution: Attribution = Attribution()
    providers: Mapping[str, str] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    tails: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules, and the same rules as the engine wants them.

    Attributes:
        engine: Rule objects in semgrep's JSON form, without metadata.
        digest: SHA-256 over every rule file's name and bytes.
        classes: Client rules by the class names in their patterns, for declared types.
    """

    rules: Mapping[str, ScanRule]
    engine: tuple[dict[str, Any], ...]
    digest: str
    classes: Mapping[str, tuple[ScanRule, ...]] = field(default_factory=dict)


def folder() -> Path:
    """Where the rules lie: inside the installed package, or beside it in a checkout.

    Raises:
        EngineError: There is no rule at all, so that a scan would read as clean.
    """
    packaged = Path(str(files("llmaudit"))) / "rules"
    found = packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "rules"
    if not any(found.glob("*/*.yaml")):
        raise EngineError(
            "the scan rules are missing from this installation", "install llmaudit again"
        )
    return found


@cache
def load() -> Rulebook:
    """Read every rule file.

    Raises:
        EngineError: A rule file is broken or names something no rule has.
    """
    top = folder()
    files = {
        path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.glob("*/*.yaml"))
    }
    digest = digest_of(files)
    rules: dict[str, ScanRule] = {}
    engine: list[dict[str, Any]] = []
    classes: dict[str, tuple[ScanRule, ...]] = {}
    for name, document in precompiled("rules", top, digest, lambda: _read(files), __file__):
        try:
            for entry, written in document:
                rule = _parse(entry, name, written)
                if rule.id in rules:
                    raise EngineError(f"rule {rule.id} stands in {name} and {rules[rule.id].path}")
                rules[rule.id] = rule
                if rule.role == "client":
                    for made in written["classes"]:
                        classes[made] = (*classes.get(made, ()), rule)
                engine.append({k: v for k, v in entry.items() if k != "metadata"})
        except (KeyError, TypeError, ValueError) as error:
            raise EngineError(f"the rule file {name} cannot be read: {error}") from error
    return Rulebook(rules, tuple(engine), digest, classes)


def _read(files: Mapping[str, bytes]) -> list[tuple[str, list[tuple[dict[str, Any], _Written]]]]:
    """The rules of each file, with the names that their patterns write."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = []
    for name, data in files.items():
        try:
            # The loader is one of PyYAML's safe loaders; the linter cannot see that.
            document = yaml.load(data, Loader=loader)  # noqa: S506
            found.append((name, [(entry, _written(entry)) for entry in document["rules"]]))
        except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise EngineError(f"the rule file {name} cannot be read: {error}") from error
    return found


class _Written(TypedDict):
    """Names in the patterns of a rule: functions, chains of methods, constructed classes."""

    methods: list[str]
    tails: list[tuple[str, ...]]
    classes: list[str]


def _written(entry: dict[str, Any]) -> _Written:
    client = entry["metadata"].get("role") == "client"
    return {
        "methods": list(dict.fromkeys(_methods(entry))),
        "tails": list(dict.fromkeys(_tails(entry))),
        "classes": _class_names(entry) if client else [],
    }


def _parse(entry: dict[str, Any], path: str, written: _Written) -> ScanRule:
    metadata = dict(entry["metadata"])
    unknown = sorted(set(metadata) - _METADATA)
    if unknown:
        raise ValueError(f"rule {entry['id']} has unknown metadata {', '.join(unknown)}")
    if metadata["id"] != entry["id"]:
        raise ValueError(f"rule {entry['id']} calls itself {metadata['id']}")
    languages = tuple(entry["languages"])
    if not set(languages) <= set(LANGUAGES):
        raise ValueError(f"rule {entry['id']} has a language outside {', '.join(LANGUAGES)}")
    sdk = metadata["sdk"]
    return ScanRule(
        id=entry["id"],
        languages=languages,
        provider=metadata["provider"],
        sdk=sdk,
        api=metadata.get("api", "client"),
        tier=metadata["tier"],
        role=metadata.get("role", "call"),
        path=path,
        family=tuple(dict.fromkeys((sdk, *metadata.get("family", ())))),
        model=_paths(metadata.get("model", ("model",))),
        arguments=tuple(metadata.get("arguments", ())),
        distinctive=tuple(metadata.get("distinctive", ())),
        receivers=tuple(metadata.get("receivers", ())),
        open_receivers=tuple(metadata.get("open_receivers", ("*",))),
        telling=_telling(metadata["telling"]) if "telling" in metadata else None,
        elsewhere=tuple(metadata.get("elsewhere", ())),
        asks=tuple(metadata.get("asks", ())),
        beside=tuple(metadata.get("beside", ())),
        weak_models=tuple(metadata.get("weak_models", ())),
        commands=tuple(metadata.get("commands", ())),
        resource=str(metadata.get("resource", "")),
        called=bool(metadata.get("called", False)),
        configured_by=tuple(metadata.get("configured_by", ())),
        set_up=tuple(metadata.get("set_up", ())),
        registered_by=tuple(metadata.get("registered_by", ())),
        unmistakable=tuple(metadata.get("unmistakable", ())),
        client_decides=bool(metadata.get("client_decides", False)),
        command_line=bool(metadata.get("command_line", False)),
        literals=tuple(metadata.get("literals", ())),
        chain=bool(metadata.get("chain", False)),
        direct=bool(metadata.get("direct", False)),
        proxies=bool(metadata.get("proxies", False)),
        http=_http(metadata["http"]) if "http" in metadata else None,
        on=metadata.get("on"),
        own_chain=bool(metadata.get("own_chain", False)),
        attribution=_attribution(metadata),
        client_model=_paths(metadata.get("client", {}).get("model", ())),
        client_attribution=_attribution(metadata.get("client", {})),
        made_attribution=_attribution({"attribution": metadata.get("made", {}).get("model", {})}),
        factory_attribution=_attribution(
            {"attribution": metadata.get("made", {}).get("factory", {})}
        ),
        providers=dict(metadata.get("providers", {})),
        methods=tuple(written["methods"]),
        tails=tuple(map(tuple, written["tails"])),
    )


def _methods(entry: object) -> Iterator[str]:
    """Names that the patterns of a rule call with ``(...)``."""
    for pattern in _patterns(entry):
        found = re.fullmatch(r"(?:\$[A-Z]+\.)?(\w+(?:\.\w+)*)\(\.\.\.\)", pattern)
        if found:
            yield found.group(1)


def _tails(entry: object) -> Iterator[tuple[str, ...]]:
    """Methods that the patterns of a rule call one after the other on a receiver."""
    for pattern in _patterns(entry):
        if re.fullmatch(r"\$[A-Z]+(?:\??\.\w+\((?:\.\.\.)?\))+", pattern):
            yield tuple(re.findall(r"\.(\w+)\(", pattern))


def _patterns(entry: object) -> Iterator[str]:
    if isinstance(entry, list):
        for part in entry:
            yield from _patterns(part)
    elif isinstance(entry, dict):
        for key in ("pattern", "pattern-either", "patterns"):
            yield from _patterns(entry.get(key))
    elif isinstance(entry, str):
        yield entry


def _paths(written: Iterable[object]) -> tuple[str, ...]:
    """Argument paths; ``0.1`` reads as a number where it is written without quotes."""
    return tuple(map(str, written))


def _http(entry: dict[str, Any]) -> Http:
    paths = {key: _paths(entry.get(key, ())) for key in ("url", "body", "headers")}
    unknown = sorted(set(entry) - {*paths, "routes", "seen", "once"})
    if unknown:
        raise ValueError(f"http has unknown parts {', '.join(unknown)}")
    return Http(
        paths["url"],
        paths["body"],
        paths["headers"],
        routes=bool(entry.get("routes", False)),
        seen=bool(entry.get("seen", False)),
        once=bool(entry.get("once", False)),
    )


def _telling(entry: dict[str, Any]) -> Telling:
    lists = ("names", "arguments", "methods", "words")
    unknown = sorted(set(entry) - {*lists, "outside", "spread"})
    if unknown:
        raise ValueError(f"telling has unknown parts {', '.join(unknown)}")
    names, arguments, methods, words = (_paths(entry.get(key, ())) for key in lists)
    return Telling(
        names,
        arguments,
        methods,
        words,
        outside=bool(entry.get("outside", False)),
        spread=bool(entry.get("spread", False)),
    )


def _class_names(entry: dict[str, Any]) -> list[str]:
    """Class names that the patterns of a client rule construct, each once."""
    patterns = [item["pattern"] for item in entry["pattern-either"]]
    found = [re.match(r"(?:new )?(?:[\w$]+\.)*([A-Z]\w*)\(\.\.\.\)$", text) for text in patterns]
    return list(dict.fromkeys(match.group(1) for match in found if match))


def _attribution(metadata: dict[str, Any]) -> Attribution:
    return Attribution(
        **{key: _paths(value) for key, value in metadata.get("attribution", {}).items()}
    )
