"""Scala expressions to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

from llmaudit.connectors.code.syntax.jvm import Locals, collection, imported, unescape
from llmaudit.connectors.code.syntax.nodes import plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    HOLE,
    Arg,
    Attr,
    Binding,
    Call,
    Either,
    Entry,
    Expr,
    Function,
    Item,
    Mapping,
    Merge,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# How a pattern binds: to what is assigned, to what a loop draws, to something open.
Bound = Literal["assign", "loop", "parameter", "field"]
COMMENTS = ("comment", "block_comment")
# Methods that hand what they stand on, or what it holds, to their function.
_HANDS_ON = re.compile(
    r"^(?:(?:flat|semiflat|eval|par)?[mM]ap\w*|foreach\w*|(?:flat)?[tT]ap|pipe|use|filter\w*"
    r"|collect\w*|fold|(?:par)?[tT]raverse\w*|andThen|onComplete|toRight|exists|bracket\w*)$"
)
# Functions that look something up by its type.
_BY_TYPE = {
    "service",
    "serviceWith",
    "serviceWithZIO",
    "summon",
    "inject",
    "instance",
    "getInstance",
}
_MAPS = re.compile(
    r"^(?:\w+\.)?(?:Map|HashMap|ListMap|TreeMap|Json\.obj|Obj|JObject|Json\.fromFields)$"
)
# Properties that say what the thing does that they stand on, as methods without arguments.
_BARE = {
    "get", "head", "trim", "toString", "build", "builder", "newBuilder", "asJson", "noSpaces",
    "spaces2", "toMap", "asJava", "toList", "toSeq", "toOption", "toJson", "toVector", "some",
    "compactPrint", "prettyPrint",
}  # fmt: skip
# Methods without arguments that send a request (scalaj-http).
_SENDING = {"asString", "asBytes", "asParamMap"}
_EMPTY = {"Map.empty", "Seq.empty", "List.empty", "Vector.empty", "Set.empty"}
_PAIRS = {"->", ":=", "→"}


class Expressions(ABC):
    """Reads expressions; declarations and functions are left to the one who reads those."""

    tree: SourceTree
    locals: Locals
    handed: list[Expr | None]

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def lambda_(self, node: Node, scope: Scope, given: Expr | None) -> Function:
        """Read a function; ``given`` is what its only parameter stands for."""

    @abstractmethod
    def cases(self, node: Node, scope: Scope, given: Expr | None) -> Function:
        """Read a function that is written as cases."""

    @abstractmethod
    def clauses(self, node: Node, value: Expr | None, scope: Scope, kind: Bound) -> list[Expr]:
        """Read cases; what each ends in."""

    @abstractmethod
    def anonymous(self, node: Node, bases: tuple[Expr, ...], scope: Scope) -> None:
        """Read the body of a class without a name."""

    def parts_of(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in node.named_children if child.type not in COMMENTS]

    def identifier(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node).strip("`")
        return Name(*span_of(node), id=self.locals.known(name) or name)

    def inner(self, node: Node, scope: Scope) -> Expr:
        """The first thing inside: parentheses, ``x: T``, ``A with B``."""
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        return found[0] if found else plain(node)

    def wildcard(self, node: Node, scope: Scope) -> Expr:
        """``_`` in a call's arguments: what the call hands to it."""
        given = self.handed[-1] if self.handed else None
        if given is None:
            return plain(node)
        known = self.locals.declare("_", scope)
        scope.bind(known, Binding("loop", given, scope))
        return Name(*span_of(node), id=known)

    def path(self, node: Node, scope: Scope) -> Expr:
        """``a.b.C`` as a type or a pattern."""
        names = [name.strip("`") for name in text_of(node).split(".")]
        whole = imported(names, self.tree, node.start_point[0] + 1, span_of(node))
        found: Expr = Name(*span_of(node), id=names[0])
        for name in names[1:]:
            found = Attr(*span_of(node), value=found, name=name)
        return whole or found

    def generic_type(self, node: Node, scope: Scope) -> Expr:
        """``Option[Client]``: its arguments stay in sight as a key."""
        kind, given = node.child_by_field_name("type"), node.child_by_field_name("type_arguments")
        value = self.expr(kind, scope) if kind is not None else plain(node)
        items = [self.expr(one, scope) for one in self.parts_of(given)] if given is not None else []
        return Item(*span_of(node), value=value, key=Sequence(*span_of(node), items=tuple(items)))

    def field(self, node: Node, scope: Scope) -> Expr:
        """``a.b``."""
        holder, name = node.child_by_field_name("value"), node.child_by_field_name("field")
        if holder is None or name is None:
            return self.inner(node, scope)
        whole = self.in_full(node)
        if whole is not None:
            return whole
        value, known = self.expr(holder, scope), text_of(name).strip("`")
        if known == "stripMargin" and isinstance(value, Str):
            return _without_margin(value)
        empty = text_of(node)
        if empty in _EMPTY:
            return Mapping(*span_of(node)) if empty.startswith("Map") else Sequence(*span_of(node))
        called = node.parent is not None and node.parent.child_by_field_name("function") == node
        found = Attr(*span_of(node), value=value, name=known)
        if known in _BARE and not called:
            return Call(*span_of(node), function=found)
        if known in _SENDING and isinstance(value, Call):
            call = Call(*span_of(node), function=found)
            self.tree.calls[call.start, call.end] = (call, scope)
        return found

    def in_full(self, node: Node) -> Expr | None:
        """A class that is written with its package, as if it were imported."""
        text = "".join(text_of(node).split())
        if not re.fullmatch(r"(?:[a-z]\w*\.){2,}[A-Z]\w*(?:\.\w+)*", text):
            return None
        names = text.split(".")
        if self.locals.known(names[0]) is not None:
            return None
        return imported(names, self.tree, node.start_point[0] + 1, span_of(node))

    def generic_function(self, node: Node, scope: Scope) -> Expr:
        """``client.ask[T]``; ``ZIO.service[Client]`` is a client."""
        function = node.child_by_field_name("function")
        value = self.expr(function, scope) if function is not None else plain(node)
        kind = self.looked_up(node, scope)
        return kind or value

    def looked_up(self, node: Node, scope: Scope) -> Expr | None:
        """What a function is looked up by, as if it were made: ``ZIO.service[Client]``."""
        function, given = (node.child_by_field_name(n) for n in ("function", "type_arguments"))
        name = text_of(function).rpartition(".")[2]
        if name not in _BY_TYPE or given is None or not given.named_children:
            return None
        kind = self.expr(given.named_children[-1], scope)
        return Call(*span_of(node), function=kind.value if isinstance(kind, Item) else kind)

    def call(self, node: Node, scope: Scope) -> Expr:
        """A call; a block or cases after it are the last of its arguments."""
        function = node.child_by_field_name("function")
        given = node.child_by_field_name("arguments")
        if function is None:
            return plain(node)
        callee = self.expr(function, scope)
        named = callee
        while isinstance(named, Call) and isinstance(callee, Call):
            # `option.fold("")(_.text)`
            named = named.function
        handed = named.value if isinstance(named, Attr) and _HANDS_ON.match(named.name) else None
        if function.type == "generic_function":
            handed = self.looked_up(function, scope) or handed
        self.handed.append(handed)
        arguments = self.arguments(given, scope, handed) if given is not None else []
        self.handed.pop()
        last = callee.name if isinstance(callee, Attr) else getattr(callee, "id", "")
        call = Call(*span_of(node), function=callee, arguments=tuple(arguments),
                    new=last[:1].isupper() and not last.isupper())  # fmt: skip
        self.tree.calls[call.start, call.end] = (call, scope)
        if function.type == "generic_function":
            # The engine's span of `client.ask[T](x)` ends before its arguments.
            self.tree.calls[call.start, function.end_byte] = (call, scope)
        return self.collection(call) or call

    def arguments(self, node: Node, scope: Scope, handed: Expr | None = None) -> list[Arg]:
        if node.type in ("lambda_expression", "colon_argument"):
            return [
                Arg(self.lambda_(node, scope, handed), None, "", node.start_byte, node.end_byte)
            ]
        if node.type == "case_block":
            return [Arg(self.cases(node, scope, handed), None, "", node.start_byte, node.end_byte)]
        found: list[Arg] = []
        for child in self.parts_of(node) if node.type != "block" else self.body_of(node):
            name, value = None, child
            if child.type == "assignment_expression":
                left, right = (child.child_by_field_name(n) for n in ("left", "right"))
                if left is None or right is None:
                    continue
                name, value = text_of(left).strip("`"), right
            spread = value.type == "vararg"
            if value.type in ("lambda_expression", "colon_argument"):
                made: Expr = self.lambda_(value, scope, handed)
            elif value.type == "case_block":
                made = self.cases(value, scope, handed)
            else:
                made = self.inner(value, scope) if spread else self.expr(value, scope)
            found.append(Arg(made, name, "*" if spread else "", child.start_byte, child.end_byte))
        return found

    def body_of(self, block: Node) -> list[Node]:
        """A block given as an argument: the function in it, else itself."""
        parts = self.parts_of(block)
        alone = len(parts) == 1 and parts[0].type in ("lambda_expression", "case_block")
        return parts if alone else [block]

    def collection(self, call: Call) -> Expr | None:
        """``Map("a" -> b)``, ``Seq(a)``, ``ujson.Obj("a" -> b)``."""
        name = _dotted(call.function)
        span = (call.start, call.end, call.line, call.end_line, call.column)
        given = [_pair(argument.value) for argument in call.arguments if not argument.spread]
        named = any(argument.name for argument in call.arguments)
        if _MAPS.match(name) and not named:
            if not all(isinstance(one, Mapping) for one in given):
                return None
            entries = [entry for one in given if isinstance(one, Mapping) for entry in one.entries]
            return Mapping(*span, entries=tuple(entries))
        parts = [a.value for a in call.arguments if isinstance(a.value, Call)]
        if name.endswith("MultiPart") and len(parts) == len(call.arguments):
            # `MultiPart(MultiItem("model", "whisper-1"))`
            pairs = [[a.value for a in part.arguments] for part in parts]
            return Mapping(*span, entries=tuple(
                Entry(pair[0], pair[1], pair[0].start, pair[1].end)
                for pair in pairs if len(pair) > 1
            ))  # fmt: skip
        if not name or named or any(isinstance(one, Function) for one in given):
            return None
        return collection(span, name, [a.value for a in call.arguments], new=False)

    def instance(self, node: Node, scope: Scope) -> Expr:
        """``new Client("k")``, ``new Client { ... }``, ``new Client("k") with Logging``."""
        parts = self.parts_of(node)
        first = parts[0] if parts else None
        while first is not None and first.type in ("compound_type", "applied_constructor_type"):
            inside = self.parts_of(first)
            parts = inside + parts[1:]
            first = inside[0] if inside else None
        if first is None:
            return plain(node)
        kind = self.expr(first, scope)
        arguments: list[Arg] = []
        end = first.end_byte
        for child in parts[1:]:
            if child.type == "arguments":
                arguments += self.arguments(child, scope)
                end = child.end_byte
            elif child.type in ("template_body", "with_template_body"):
                self.anonymous(child, (kind,), scope)
        kind = kind.value if isinstance(kind, Item) else kind
        call = Call(*span_of(node), function=kind, arguments=tuple(arguments), new=True)
        self.tree.calls[node.start_byte, end] = (call, scope)
        given = [argument.value for argument in arguments]
        return collection(span_of(node), _dotted(kind), given, new=True) or call

    def infix(self, node: Node, scope: Scope) -> Expr:
        """``a -> b``, ``a + b``, ``a ++ b``, ``client send request``."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        name = text_of(operator)
        if left is None or right is None:
            return plain(node)
        if name == "+":
            return self.sum(node, scope)
        first, second = self.expr(left, scope), self.expr(right, scope)
        if name in _PAIRS:
            entry = Entry(first, second, first.start, second.end)
            return Mapping(*span_of(node), entries=(entry,))
        if name in ("++", "~", "|+|", "deepMerge"):
            return Merge(*span_of(node), parts=(first, second))
        if name in ("orElse", "getOrElse"):
            return Either(*span_of(node), options=(first, second))
        if operator is not None and operator.type == "identifier":
            function = Attr(*span_of(operator), value=first, name=name)
            call = Call(*span_of(node), function=function, arguments=(Arg(second),))
            self.tree.calls[call.start, call.end] = (call, scope)
            return call
        return Expr(*span_of(node), parts=(first, second))

    def sum(self, node: Node, scope: Scope) -> Expr:
        """A long sum nests to the left and is taken apart in a loop."""
        parts: list[Expr] = []
        at: Node | None = node
        while at is not None and at.type == "infix_expression" and self.operator(at) == "+":
            right = at.child_by_field_name("right")
            parts += [self.expr(right, scope)] if right is not None else []
            at = at.child_by_field_name("left")
        parts += [self.expr(at, scope)] if at is not None else []
        if any(isinstance(part, Mapping) for part in parts):
            # `map + ("key" -> value)`
            return Merge(*span_of(node), parts=tuple(reversed(parts)))
        return concatenation(span_of(node), reversed(parts))

    @staticmethod
    def operator(node: Node) -> str:
        return text_of(node.child_by_field_name("operator"))

    def tuple_(self, node: Node, scope: Scope) -> Expr:
        return Sequence(
            *span_of(node), items=tuple(self.expr(c, scope) for c in self.parts_of(node))
        )

    def choice(self, node: Node, scope: Scope) -> Expr:
        """``if`` and ``try``: one of what their branches end in."""
        options: list[Expr] = []
        parts: list[Expr] = []
        condition = node.child_by_field_name("condition")
        for child in self.parts_of(node):
            if child == condition or child.type == "finally_clause":
                parts.append(self.expr(child, scope))
            elif child.type == "catch_clause":
                for cases in child.named_children:
                    options += self.clauses(cases, None, scope, "parameter")
            else:
                options.append(self.expr(child, scope))
        return Either(*span_of(node), options=tuple(options), parts=tuple(parts))

    def match(self, node: Node, scope: Scope) -> Expr:
        held, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        value = self.expr(held, scope) if held is not None else None
        ends = self.clauses(body, value, scope, "assign") if body is not None else []
        parts = (value,) if value is not None else ()
        return Either(*span_of(node), options=tuple(ends), parts=parts)

    def string(self, node: Node, scope: Scope) -> Expr:
        text = text_of(node)
        if text.startswith('"""'):
            return Str(*span_of(node), value=text[3:-3])
        return Str(*span_of(node), value=unescape(text[1:-1]))

    def interpolated(self, node: Node, scope: Scope) -> Expr:
        """``s"a $b ${c.d}"``, ``uri"https://host/$path"``."""
        kind, inside = text_of(node.child_by_field_name("interpolator")), node.named_children[-1]
        data = self.tree.data
        quotes = 3 if text_of(inside).startswith('"""') else 1
        at, shape = inside.start_byte + quotes, ""
        parts: list[Expr] = []
        for child in [c for c in inside.named_children if c.type == "interpolation"]:
            shape += _literal(data[at : child.start_byte], quotes, kind, first=not parts) + HOLE
            held = self.parts_of(child)
            parts.append(self.expr(held[0], scope) if held else plain(child))
            at = child.end_byte
        shape += _literal(data[at : inside.end_byte - quotes], quotes, kind, first=not parts)
        if not parts:
            return Str(*span_of(node), value=shape)
        head = shape.partition(HOLE)[0]
        return Str(*span_of(node), parts=tuple(parts), head=head, shape=shape)


def _literal(data: bytes, quotes: int, kind: str, *, first: bool) -> str:
    """Text between the parts of an interpolated string."""
    text = data.decode("utf-8", "replace").replace("$$", "$")
    if kind == "f" and not first:
        text = re.sub(r"^%[-#+ 0,(]*\d*(?:\.\d+)?[a-zA-Z]", "", text)
    return text if quotes == 3 or kind == "raw" else unescape(text)


def _without_margin(text: Str) -> Str:
    """A text without the bars that its lines begin with."""
    span = (text.start, text.end, text.line, text.end_line, text.column)
    if text.value is not None:
        return Str(*span, value=re.sub(r"(?m)^[ \t]*\|", "", text.value))
    shape = re.sub(r"(?m)^[ \t]*\|", "", text.shape)
    return Str(*span, parts=text.parts, head=shape.partition(HOLE)[0], shape=shape)


def _pair(value: Expr) -> Expr:
    """A pair written as a tuple, as the entry of a map that it is."""
    if isinstance(value, Sequence) and len(value.items) == 2:
        span = (value.start, value.end, value.line, value.end_line, value.column)
        key, held = value.items
        return Mapping(*span, entries=(Entry(key, held, key.start, held.end),))
    return value


def _dotted(function: Expr) -> str:
    """A name, with the object it stands on where that is a plain name."""
    if isinstance(function, Attr) and isinstance(function.value, Name):
        return f"{function.value.id}.{function.name}"
    return function.id if isinstance(function, Name) else ""
