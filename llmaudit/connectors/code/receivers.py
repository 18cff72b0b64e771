"""What a method stands on, and whether that is an SDK's object."""

from __future__ import annotations

from fnmatch import fnmatchcase

from llmaudit.connectors.code.chains import links_of
from llmaudit.connectors.code.names import last_name, qualify
from llmaudit.connectors.code.origins import TYPED, Origin, origins_of
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.scopes import dotted, follow, lookup
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Call,
    Expr,
    Function,
    Item,
    Merge,
    Name,
    Scope,
    SourceTree,
)
from llmaudit.connectors.code.tagging import at
from llmaudit.connectors.code.values import Blank, Opaque, Table
from llmaudit.connectors.code.view import FileView
from llmaudit.model import Confidence

# Languages whose objects are made in other places than they are used.
ELSEWHERE = ("csharp", "go", "rust", "swift")
# Libraries of mocks, and their functions that are given a call instead of its result.
_MOCKS = ("org.mockito", "io.mockk", "org.easymock", "org.mockito.kotlin", "org.scalamock")
_STUBS = {
    "when", "given", "verify", "expect", "every", "coEvery", "coVerify", "whenever", "doReturn",
    "doThrow", "doAnswer", "doNothing", "lenient", "then", "inOrder", "coJustRun", "justRun",
}  # fmt: skip
# Methods of every object, and of one that keeps a chat's memory.
_OF_ANY = {
    "getClass", "equals", "hashCode", "toString", "evictChatMemory", "getChatMemory", "build",
}  # fmt: skip
# Methods that end a builder, or make an object at once.
_MAKES = {"build", "create", "createAgenticSystem"}


def is_object(function: Expr) -> bool:
    """Whether what is called is a variable, an attribute of the own object or just made."""
    if isinstance(function, Call):
        return True
    if isinstance(function, Attr):
        return isinstance(function.value, Name) and function.value.id in ("self", "this")
    return isinstance(function, Name)


def is_sent(function: Expr) -> bool:
    """Whether a method of a variable or an attribute is called that may be the program's own."""
    return isinstance(function, Attr) and is_held(function) and function.name not in _OF_ANY


def is_held(function: Expr) -> bool:
    """Whether a method stands on a variable, an attribute, or what a getter hands out."""
    holder = function.value if isinstance(function, Attr) else function
    if isinstance(holder, Call):
        return not holder.arguments and isinstance(holder.function, Name)
    return isinstance(holder, Name | Attr)


def receiver_origins(call: Call, scope: Scope, tree: SourceTree) -> tuple[Origin, ...]:
    """Where the object comes from that a call is made on; of a construction, itself."""
    if call.new:
        qualified = qualify(call.function, tree)
        return (Origin("call", qualified, call, scope),) if qualified else ()
    if isinstance(call.function, Attr):
        return origins_of(call.function.value, scope, tree)
    return origins_of(call.function, scope, tree)


# Languages whose namespaces are named as classes are.
_NAMESPACES = ("php",)


def belongs(origin: Origin, rule: ScanRule, view: FileView) -> bool:
    """Whether an origin is an object of the rule's SDKs that has its method."""
    if not origin.qualified or origin.kind == "local":
        return False
    if not any(sdk.id in rule.family for sdk in view.sdks_of(origin.qualified)):
        return False
    if not rule.receivers:
        return True
    if last_name(origin.qualified) == "default":
        return True
    if is_excluded(origin, rule):
        return False
    names = _names_of(origin)
    if view.tree.language in _NAMESPACES:
        # `Vendor.Text.Generator.make`: the class and its method say what it is.
        names = names[-2:]
    if any(fnmatchcase(n, glob) for n in names for glob in rule.receivers):
        return True
    if view.tree.language in TYPED:
        return False
    # A class that only says who runs the model is no receiver itself where types tell it apart:
    # what its methods give is (`new OpenAIClient(key).GetChatClient("m").AsIChatClient()`).
    whole = view.tree.language not in ELSEWHERE or origin.step
    return whole and any(n in rule.providers for n in names)


def _names_of(origin: Origin) -> list[str]:
    """The last name of an origin, then each part of the whole."""
    _, wide, written = origin.qualified.rpartition(":")
    # Of several modules that a name may come from none says what it is.
    parts = written if wide and "|" in origin.qualified else origin.qualified.replace(":", ".")
    return [last_name(origin.qualified), *parts.split(".")]


def verdict_on(
    rule: ScanRule,
    name: str,
    origins: tuple[Origin, ...],
    accepted: tuple[Origin, ...],
    arguments: Table,
    view: FileView,
    call: Call,
    scope: Scope,
) -> Confidence | None:
    """How sure it is that a method is the SDK's; None where it is not."""
    if accepted:
        return "certain"
    distinctive = _distinctive(rule, arguments, view)
    if any(o.kind == "local" for o in origins) and not any(o.kind == "open" for o in origins):
        return None
    foreign = [o for o in origins if o.qualified]
    named = any(fnmatchcase(name, glob) for glob in rule.open_receivers)
    sdks = [sdk for o in foreign if (sdk := view.sdk_of(o.qualified, rule.family)) is not None]
    if sdks:
        # Another SDK's object: its own rules say what its methods are. A chain of the SDK's
        # (`prompt | model`) whose other parts are not in sight is one.
        apart = view.tree.language == "python" and any(
            o.kind == "open" or (o.qualified and not view.sdk_of(o.qualified)) for o in origins
        )
        chained = apart and all(sdk.id in rule.family for sdk in sdks)
        told = named or not name or isinstance(follow(stand_of(call.function), scope)[0], Merge)
        return "likely" if chained and rule.receivers and told else None
    # A client that a module outside of the tree hands out counts by its telling name.
    told = bool(rule.receivers) or "*" not in rule.open_receivers
    if view.uses(rule.family) and named and (not foreign or told):
        return None if _of_another(rule, arguments) else "likely"
    if rule.telling is not None and rule.telling.spread and arguments.open:
        return "likely"
    return "likely" if distinctive or _is_told(rule, call, outside=bool(foreign)) else None


def _is_told(rule: ScanRule, call: Call, *, outside: bool) -> bool:
    """Whether the receiver's name or an argument's says that the method is the SDK's."""
    told = rule.telling
    method = call.function.name if isinstance(call.function, Attr) else ""
    if told is None or (told.methods and method not in told.methods):
        return False
    name = name_of(before_method(call.function, rule))
    excluded = [glob[1:] for glob in told.names if glob[0] == "!"]
    if name in ("self", "cls") or any(fnmatchcase(name.lower(), glob) for glob in excluded):
        return False
    if any(argument.name in told.arguments for argument in call.arguments):
        return True
    named = any(fnmatchcase(name.lower(), glob) for glob in told.names)
    return named and (outside or not told.outside)


def is_excluded(origin: Origin, rule: ScanRule) -> bool:
    """Whether a rule says that an object is none of those with its method."""
    globs = [glob[1:] for glob in rule.receivers if glob[0] == "!"]
    return any(fnmatchcase(name, glob) for name in _names_of(origin) for glob in globs)


def unless_excluded(origins: tuple[Origin, ...], rule: ScanRule) -> tuple[Origin, ...]:
    """Without the declared type where a construction says that the object is another one."""
    if any(o.kind == "call" and is_excluded(o, rule) for o in origins):
        return tuple(o for o in origins if o.kind != "annotation")
    return origins


def proxied(origins: tuple[Origin, ...], rule: ScanRule, view: FileView) -> tuple[Origin, ...]:
    """What makes the object of an interface; nothing where it is none that the SDK makes."""
    if any(o.kind == "annotation" and ":" not in o.qualified for o in origins):
        # Declared as something of the SDK: a builder, an agent with rules of its own.
        return ()
    made = [o.call.function for o in origins if o.call is not None]
    if any(isinstance(f, Attr) and f.name in _MAKES for f in made):
        return origins
    declared = [o for o in origins if o.kind in ("local", "annotation")]
    types = {last_name(o.qualified) for o in declared}
    for call, scope in view.tree.calls.values() if types else ():
        if not isinstance(call.function, Attr) or call.function.name not in _MAKES:
            continue
        steps = origins_of(call, scope, view.tree)
        if any(_makes(o, types) and belongs(o, rule, view) for o in steps):
            return steps
    return ()


def _makes(origin: Origin, types: set[str]) -> bool:
    """Whether ``AiServices.create(Assistant.class, model)`` makes one of the types."""
    given = origin.call.arguments[:1] if origin.call is not None else ()
    return any(
        isinstance(one.value, Attr)
        and isinstance(one.value.value, Name)
        and one.value.value.id in types
        for one in given
    )


def before_method(function: Expr, rule: ScanRule) -> Expr:
    """What stands before the names that a rule's pattern writes."""
    names: list[str] = []
    at: Expr = function
    longest: Expr = function.value if isinstance(function, Attr) else function
    while isinstance(at, Attr | Call):
        if isinstance(at, Call):
            at = at.function
            continue
        names.insert(0, at.name)
        at = at.value
        if ".".join(names) in rule.methods or tuple(names) in rule.tails:
            longest = at
    return longest


def is_handed_out(held: Expr, origins: tuple[Origin, ...]) -> bool:
    """Whether an object is what another one gives: a method's result, a property."""
    inside = isinstance(held, Attr) and not (
        isinstance(held.value, Name) and held.value.id in ("self", "this")
    )
    return inside or any(origin.step for origin in origins)


def is_answer(origin: Origin, rule: ScanRule) -> bool:
    """Whether an object is what the rule's own method gave, and so no client any more."""
    if not origin.step or origin.call is None:
        return False
    sending = {tail[-1] for tail in rule.tails}
    links = (origin.call, *links_of(origin.call)[0])
    return any(isinstance(link.function, Attr) and link.function.name in sending for link in links)


def is_mocked(call: Call, view: FileView) -> bool:
    """Whether a call only says what a mock does (``when(client.ask(any()))``, ``every { }``)."""
    if view.mocked is None:
        mocks = any(entry.module.startswith(_MOCKS) for entry in view.tree.imports)
        calls = [one for one, _ in view.tree.calls.values()] if mocks else []
        view.mocked = tuple(
            (one.start, one.end)
            for one in calls
            if dotted(one.function).removeprefix("BDD").removeprefix("Mockito.") in _STUBS
        )
    links = (call, *links_of(call)[0])
    stubs = [one for one in links if isinstance(one.function, Name | Attr) and _stubs(one)]
    inside = any(start <= call.start and call.end <= end for start, end in view.mocked)
    return bool(view.mocked) and (inside or bool(stubs))


def _stubs(call: Call) -> bool:
    """``verify(client).ask()``, ``doReturn(x).when(client).ask()``."""
    function = call.function
    name = function.name if isinstance(function, Attr) else getattr(function, "id", "")
    return name in _STUBS


def typed_otherwise(call: Call, rule: ScanRule, scope: Scope, view: FileView) -> bool:
    """Whether a variable's declared type says that it is no SDK's client.

    What a method of such an object gives may still be one (``services.openai().chat()``).
    """
    if view.tree.language not in TYPED:
        return False
    at: Expr = call
    tail = next((tail for tail in rule.tails if ends_in(call, tail)), ())
    for _ in tail:
        at = at.function.value if isinstance(at, Call) and isinstance(at.function, Attr) else at
    if not tail or isinstance(at, Call):
        return False
    return any(o.qualified for o in origins_of(at, scope, view.tree))


def ends_in(call: Expr, tail: tuple[str, ...]) -> bool:
    """Whether a chain of calls ends in those methods."""
    for name in reversed(tail):
        if not isinstance(call, Call) or not isinstance(call.function, Attr):
            return False
        if call.function.name != name:
            return False
        call = call.function.value
    return True


def _distinctive(rule: ScanRule, arguments: Table, view: FileView) -> bool:
    if not rule.distinctive:
        return False
    if arguments.open and rule.own_chain:
        return True
    given_whole = view.tree.language != "python" and rule.own_chain
    if given_whole and isinstance(arguments.entries.get("0"), Opaque):
        return True
    return all(not isinstance(at(arguments, path)[0], Blank) for path in rule.distinctive)


def _of_another(rule: ScanRule, arguments: Table) -> bool:
    """Whether all arguments can be read and none is one that the SDK's method takes."""
    if not rule.distinctive or rule.own_chain or arguments.open:
        return False
    read = [at(arguments, path) for path in rule.distinctive]
    return all(isinstance(value, Blank) and not hidden for value, hidden in read)


def has_own_parts(rule: ScanRule, view: FileView) -> bool:
    """Whether the file gives objects of the rule functions or methods of its own to run."""
    return any(
        isinstance(argument.value, Function)
        or (isinstance(argument.value, Attr) and name_of(argument.value.value) in ("self", "cls"))
        or (isinstance(argument.value, Name) and _is_written_here(argument.value, scope, view))
        for method in rule.elsewhere
        for call, scope in view.tree.callers_of(method)
        for argument in call.arguments
    )


def _is_written_here(name: Name, scope: Scope, view: FileView) -> bool:
    found = lookup(name.id, scope)
    return any(
        b.defined is not None and b.defined.kind == "function" and b.defined.home() is view.tree
        for b in (found[1] if found else ())
    )


def stand_of(function: Expr) -> Expr:
    """What a method stands on; a function that is called stands on itself."""
    return function.value if isinstance(function, Attr) else function


def name_of(value: Expr) -> str:
    """The name that an object goes by where it is used."""
    while isinstance(value, Call | Item):
        value = value.function if isinstance(value, Call) else value.value
    if isinstance(value, Attr):
        return value.name
    return value.id if isinstance(value, Name) else ""


def is_given(arguments: Table, path: str) -> bool:
    """Whether anything stands at an argument path."""
    return not isinstance(at(arguments, path)[0], Blank)
