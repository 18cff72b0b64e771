"""Kotlin expressions to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.jvm import (
    SELF,
    Locals,
    collection,
    imported,
    unescape,
)
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
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

COMMENTS = ("line_comment", "block_comment", "multiline_comment")
# Functions that hand what they stand on to their lambda.
_HANDS_ON = {"let", "also", "use", "run", "apply", "takeIf", "onEach"}
# Properties of a connection whose getters send the request.
_SENDING = {"responseCode", "inputStream"}
# Functions whose lambda runs for itself: what it sets stands around it.
_RUNS = re.compile(
    r"^(?:launch|async|run\w*|with\w*|coroutineScope|supervisorScope|lazy|remember\w*|repeat"
    r"|\w*Effect|synchronized|thread|flow|try\w*|check|require|let|also|apply|use|forEach\w*"
    r"|map\w*|filter\w*|on[A-Z]\w*|collect\w*|catch|measure\w*|test|transaction)$"
)
# Functions that give what their lambda ends in.
_GIVES = {
    "let", "run", "with", "use", "lazy", "runBlocking", "withContext", "runCatching", "async",
    "synchronized", "coroutineScope", "withTimeout", "withTimeoutOrNull",
}  # fmt: skip
_MAPS = {"mapOf", "mutableMapOf", "hashMapOf", "linkedMapOf", "sortedMapOf"}


class Expressions(ABC):
    """Reads expressions; declarations and lambdas are left to the one who reads those."""

    tree: SourceTree
    locals: Locals

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def lambda_(
        self, node: Node, scope: Scope, given: Expr | None = None, *,
        fills: bool = False, gives: bool = False,
    ) -> Function:  # fmt: skip
        """Read a lambda.

        Args:
            given: What its parameter stands for, where that is known.
            fills: Whether what it sets are the parts of what it is called on.
            gives: Whether its result is what it ends in, whatever it sets.
        """

    def parts_of(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in node.named_children if child.type not in COMMENTS]

    def identifier(self, node: Node, scope: Scope) -> Expr:
        name = text_of(node).strip("`")
        return Name(*span_of(node), id=self.locals.known(name) or name)

    def inner(self, node: Node, scope: Scope) -> Expr:
        """The first thing inside: parentheses, ``!!``, ``as T``, a nullable type."""
        found = [self.expr(child, scope) for child in self.parts_of(node)]
        return found[0] if found else plain(node)

    def this(self, node: Node, scope: Scope) -> Expr:
        return Name(*span_of(node), id="this")

    def navigation(self, node: Node, scope: Scope) -> Expr:
        """``a.b``, ``a?.b``, ``A::b``."""
        parts = self.parts_of(node)
        if len(parts) < 2:
            return self.inner(node, scope)
        whole = self.in_full(node)
        if whole is not None:
            return whole
        name = text_of(parts[-1]).strip("`")
        if text_of(parts[0]) == "Companion":
            # Members of a companion are the class's own.
            return Name(*span_of(node), id=name)
        value = self.expr(parts[0], scope)
        if name == "Companion":
            return value
        found = Attr(*span_of(node), value=value, name=name)
        if found.name in _SENDING:
            # `connection.responseCode`: a getter that sends the request.
            call = Call(*span_of(node), function=found)
            self.tree.calls[call.start, call.end] = (call, scope)
        return found

    def in_full(self, node: Node) -> Expr | None:
        """A class that is written with its package, as if it were imported."""
        text = "".join(text_of(node).split())
        if not re.fullmatch(r"[a-z]\w*(?:\.\w+){2,}", text):
            return None
        names = text.split(".")
        if self.locals.known(names[0]) is not None:
            return None
        return imported(names, self.tree, node.start_point[0] + 1, span_of(node))

    def user_type(self, node: Node, scope: Scope) -> Expr:
        """``a.b.Client<T>``: its arguments stay in sight as a key."""
        names = [text_of(child) for child in node.named_children if child.type == "identifier"]
        found: Expr | None = None
        if len(names) > 1:
            found = imported(names, self.tree, node.start_point[0] + 1, span_of(node))
        if found is None and names:
            found = Name(*span_of(node), id=names[0])
            for name in names[1:]:
                found = Attr(*span_of(node), value=found, name=name)
        inner = [child for child in node.named_children if child.type == "type_arguments"]
        items = [self.expr(one, scope) for child in inner for one in self.parts_of(child)]
        if found is None or not items:
            return found or plain(node)
        return Item(*span_of(node), value=found, key=Sequence(*span_of(node), items=tuple(items)))

    def call(self, node: Node, scope: Scope) -> Expr:
        """A call or a construction; a trailing lambda is the last of its arguments."""
        parts = self.parts_of(node)
        if not parts:
            return plain(node)
        function, *given = parts
        arguments: list[Arg] = []
        if function.type == "call_expression" and given and given[0].type == "annotated_lambda":
            # `client.post(url) { ... }`: the parser sees two calls, the language one.
            before = self.expr(function, scope)
            known = self.tree.calls.pop((function.start_byte, function.end_byte), None)
            if known is not None:
                callee, arguments = known[0].function, list(known[0].arguments)
            else:
                callee = before
        else:
            callee = self.expr(function, scope)
        last = callee.name if isinstance(callee, Attr) else getattr(callee, "id", "")
        handed = callee.value if isinstance(callee, Attr) and callee.name in _HANDS_ON else None
        for child in given:
            if child.type == "value_arguments":
                arguments += self.arguments(child, scope)
            elif child.type in ("annotated_lambda", "lambda_literal"):
                body = child if child.type == "lambda_literal" else child.named_children[-1]
                gives = last in _GIVES
                made = self.lambda_(body, scope, handed, fills=_fills(callee), gives=gives)
                arguments.append(Arg(made, start=child.start_byte, end=child.end_byte))
        call = Call(*span_of(node), function=callee, arguments=tuple(arguments),
                    new=last[:1].isupper() and not last.isupper())  # fmt: skip
        self.tree.calls[call.start, call.end] = (call, scope)
        if last in _GIVES and arguments and isinstance(arguments[-1].value, Function):
            # Its lambda is called there and then.
            return Call(*span_of(node), function=arguments[-1].value)
        return self.collection(call) or call

    def arguments(self, node: Node, scope: Scope) -> list[Arg]:
        found: list[Arg] = []
        for child in self.parts_of(node):
            parts = self.parts_of(child)
            if not parts:
                continue
            named = any(token.type == "=" for token in child.children)
            spread = any(token.type in ("*", "spread_operator") for token in child.children)
            name = text_of(parts[0]).strip("`") if named and len(parts) > 1 else None
            value = self.expr(parts[-1], scope)
            found.append(Arg(value, name, "*" if spread else "", child.start_byte, child.end_byte))
        return found

    def collection(self, call: Call) -> Expr | None:
        """``mapOf("a" to b)``, ``listOf(a)``."""
        name = call.function.id if isinstance(call.function, Name) else ""
        span = (call.start, call.end, call.line, call.end_line, call.column)
        given = [argument.value for argument in call.arguments if not argument.spread]
        if name in _MAPS and all(isinstance(one, Mapping) for one in given):
            entries = [entry for one in given if isinstance(one, Mapping) for entry in one.entries]
            return Mapping(*span, entries=tuple(entries))
        if not name or any(isinstance(one, Function) for one in given):
            return None
        return collection(span, name, given, new=call.new)

    def infix(self, node: Node, scope: Scope) -> Expr:
        """``a to b`` is an entry of a map."""
        parts = self.parts_of(node)
        found = [self.expr(part, scope) for part in parts]
        if len(found) == 3 and text_of(parts[1]) == "to":
            entry = Entry(found[0], found[2], found[0].start, found[2].end)
            return Mapping(*span_of(node), entries=(entry,))
        return Expr(*span_of(node), parts=tuple(found))

    def binary(self, node: Node, scope: Scope) -> Expr:
        """``a + b``, ``a ?: b``; a long sum nests to the left and is taken apart in a loop."""
        operator = text_of(node.child_by_field_name("operator")) or self.operator(node)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return plain(node)
        if operator != "+":
            sides = (self.expr(left, scope), self.expr(right, scope))
            if operator == "?:":
                return Either(*span_of(node), options=sides)
            return Expr(*span_of(node), parts=sides)
        parts = [self.expr(right, scope)]
        at: Node | None = left
        while at is not None and at.type == "binary_expression" and self.operator(at) == "+":
            right = at.child_by_field_name("right")
            parts += [self.expr(right, scope)] if right is not None else []
            at = at.child_by_field_name("left")
        parts += [self.expr(at, scope)] if at is not None else []
        return concatenation(span_of(node), reversed(parts))

    @staticmethod
    def operator(node: Node) -> str:
        return next((text_of(child) for child in node.children if not child.is_named), "")

    def choice(self, node: Node, scope: Scope) -> Expr:
        """``if``, ``when`` and ``try``: one of what their branches end in."""
        condition = node.child_by_field_name("condition")
        options: list[Expr] = []
        parts: list[Expr] = []
        for child in self.parts_of(node):
            self.locals.open()
            if (condition is not None and child == condition) or child.type == "when_subject":
                parts.append(self.expr(child, scope))
            elif child.type in ("when_entry", "catch_block", "finally_block", "else_branch"):
                inside = self.parts_of(child)
                tested = child.child_by_field_name("condition")
                values = [self.expr(part, scope) for part in inside]
                if inside and inside[-1] != tested and child.type != "finally_block":
                    options.append(values[-1])
            else:
                options.append(self.expr(child, scope))
            self.locals.close()
        return Either(*span_of(node), options=tuple(options), parts=tuple(parts))

    def index(self, node: Node, scope: Scope) -> Expr:
        parts = [self.expr(child, scope) for child in self.parts_of(node)]
        if len(parts) < 2:
            return parts[0] if parts else plain(node)
        return Item(*span_of(node), value=parts[0], key=parts[1])

    def string(self, node: Node, scope: Scope) -> Expr:
        """A text with its ``$name`` and ``${expression}`` parts."""
        raw = node.type == "multiline_string_literal"
        shape, parts = "", []
        dollar = escaped = False
        for child in node.named_children:
            if child.type == "interpolation":
                inside = self.parts_of(child)
                parts.append(self.expr(inside[0], scope) if inside else plain(child))
                shape += HOLE
                continue
            text = text_of(child)
            if text == "$" and child.type == "string_content":
                dollar = True
                continue
            name = re.match(r"[A-Za-z_]\w*", text) if dollar else None
            if name is not None:
                known = self.locals.known(name.group(0)) or name.group(0)
                parts.append(Name(*span_of(child), id=known))
                shape += HOLE
                text = text[name.end() :]
            elif dollar:
                shape += "$"
            dollar = False
            if escaped and re.match(r"[0-9a-fA-F]{4}", text):
                # The parser cuts `\\u0062` in two.
                text = chr(int(text[:4], 16)) + text[4:]
            escaped = text == "\\u" and not raw
            shape += "" if escaped else text if raw else unescape(text)
        if raw:
            shape = "\n".join(line.strip() for line in shape.strip("\n").split("\n"))
        if not parts:
            return Str(*span_of(node), value=shape)
        head = shape.partition(HOLE)[0]
        return Str(*span_of(node), parts=tuple(parts), head=head, shape=shape)

    def reference(self, node: Node, scope: Scope) -> Expr:
        """``client::send``, ``::send``."""
        parts = self.parts_of(node)
        if not parts:
            return plain(node)
        if len(parts) == 1:
            return Name(*span_of(node), id=text_of(parts[0]))
        value = self.expr(parts[0], scope)
        return Attr(*span_of(node), value=value, name=text_of(parts[-1]))

    def bind_it(self, inner: Scope, parameter: str, given: Expr | None, outer: Scope) -> None:
        """What a lambda's parameter stands for."""
        known = self.locals.declare(parameter, inner)
        kind = "assign" if given is not None else "parameter"
        inner.bind(known, Binding("assign" if kind == "assign" else "parameter", given, outer))


def _fills(function: Expr) -> bool:
    """Whether a trailing lambda fills what a function makes: ``chatCompletionRequest { }``."""
    return isinstance(function, Name) and not _RUNS.match(function.id)


__all__ = ["COMMENTS", "SELF", "Expressions"]
