"""Rust expressions and types to the language-neutral tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Call,
    Const,
    Either,
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

Span = tuple[int, int, int, int, int]

# Holders from the standard library: what is put in them is what comes out.
_HOLDERS = frozenset(
    {"Arc", "Rc", "Box", "Mutex", "RwLock", "RefCell", "Cell", "OnceCell", "OnceLock", "LazyLock"}
    | {"Lazy", "Pin", "Cow", "ArcSwap", "Some", "Ok", "Data", "State", "Extension"}
)
_HOLDER_TYPES = _HOLDERS | {"Option", "Result", "Vec", "HashMap", "BTreeMap", "DashMap", "Weak"}
_EMPTY_LISTS = ("Vec::new", "VecDeque::new")
_EMPTY_TABLES = ("HashMap::new", "BTreeMap::new", "HeaderMap::new", "Map::new", "IndexMap::new")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}


class Expressions(ABC):
    """Reads expressions; the statements among them are left to the one who reads those.

    Attributes:
        shift: How far the text in hand lies behind the file's: bytes, lines, and columns of
            its first line. Arguments of macros are parsed by themselves.
        macros: How many macros the text in hand stands in.
        owner: The type an ``impl`` belongs to; what ``Self`` means.
    """

    tree: SourceTree
    shift: tuple[int, int, int]
    macros: int
    owner: str

    @abstractmethod
    def expr(self, node: Node, scope: Scope) -> Expr:
        """Read any node."""

    @abstractmethod
    def comment(self, node: Node, scope: Scope) -> None:
        """Keep a comment."""

    @abstractmethod
    def made(self, kind: Expr, arguments: tuple[Arg, ...], scope: Scope) -> None:
        """A struct of this file was made with these fields."""

    @abstractmethod
    def setter(self, function: Expr, arguments: tuple[Arg, ...], scope: Scope) -> None:
        """What a call sets on the object that it stands on."""

    @abstractmethod
    def used(self, root: str, line: int, scope: Scope) -> str:
        """A path begins with a name; a crate where nothing else has it. What it goes by here."""

    def span(self, node: Node) -> Span:
        """A node's place in the file, as an expression begins."""
        offset, rows, columns = self.shift
        row, column = node.start_point
        return (
            node.start_byte + offset,
            node.end_byte + offset,
            row + rows + 1,
            node.end_point[0] + rows + 1,
            column + (columns if row == 0 else 0) + 1,
        )

    def plain(self, node: Node) -> Expr:
        """An expression of which only the place matters."""
        return Expr(*self.span(node))

    # -- names -----------------------------------------------------------------------

    def identifier(self, node: Node, scope: Scope) -> Expr:
        text = text_of(node)
        return Name(*self.span(node), id=self.owner if text == "Self" and self.owner else text)

    def path(self, node: Node, scope: Scope) -> Expr:
        """``a::b::C``, without the generic arguments in it."""
        names = [part for part in re.split(r"\s*::\s*", _without_generics(text_of(node))) if part]
        if not names:
            return self.plain(node)
        if names[0] == "Self" and self.owner:
            names[0] = self.owner
        if len(names) > 1:
            names[0] = self.used(names[0], self.span(node)[2], scope)
        place = self.span(node)
        found: Expr = Name(*place, id=names[0])
        for name in names[1:]:
            found = Attr(*place, value=found, name=name)
        return found

    def field(self, node: Node, scope: Scope) -> Expr:
        value, name = node.child_by_field_name("value"), node.child_by_field_name("field")
        if value is None or name is None:
            return self.plain(node)
        return Attr(*self.span(node), value=self.expr(value, scope), name=text_of(name))

    def generic(self, node: Node, scope: Scope) -> Expr:
        """``call::<T>``: the function without its generic arguments."""
        inner = node.child_by_field_name("function")
        return self.expr(inner, scope) if inner is not None else self.plain(node)

    def index(self, node: Node, scope: Scope) -> Expr:
        parts = [child for child in node.named_children if child.type != "line_comment"]
        if len(parts) != 2:
            return self.plain(node)
        value, key = (self.expr(part, scope) for part in parts)
        return Item(*self.span(node), value=value, key=key)

    # -- calls -----------------------------------------------------------------------

    def call(self, node: Node, scope: Scope) -> Expr:
        function = node.child_by_field_name("function")
        if function is None:
            return self.plain(node)
        given = node.child_by_field_name("arguments")
        parts = [c for c in given.named_children if "comment" not in c.type] if given else []
        callee = self.expr(function, scope)
        arguments = tuple(
            Arg(self.expr(part, scope), None, "", *self.span(part)[:2]) for part in parts
        )
        name = re.sub(r"\s+", "", _without_generics(text_of(function)))
        if name in _EMPTY_LISTS:
            return Sequence(*self.span(node))
        if name in _EMPTY_TABLES:
            return Mapping(*self.span(node))
        if name == "String::new":
            return Str(*self.span(node), value="")
        if len(arguments) == 1 and _holds(name):
            return arguments[0].value
        new = isinstance(callee, Attr) and callee.name == "new" and "::" in name
        if new and isinstance(callee, Attr) and _last(callee.value)[:1].isupper():
            callee = callee.value
        else:
            new = False
            if function.type == "field_expression" and _is_statement(node):
                self.setter(callee, arguments, scope)
        call = Call(*self.span(node), function=callee, arguments=arguments, new=new)
        return self.keep(call, scope)

    def keep(self, call: Call, scope: Scope) -> Call:
        """Note a call, and whether the engine cannot see it."""
        self.tree.calls[call.start, call.end] = (call, scope)
        if self.macros:
            self.tree.unseen.add((call.start, call.end))
        return call

    def struct(self, node: Node, scope: Scope) -> Expr:
        kind, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if kind is None:
            return self.plain(node)
        made = self.type(kind, scope)
        arguments: list[Arg] = []
        for child in body.named_children if body is not None else ():
            span = self.span(child)[:2]
            if child.type == "shorthand_field_initializer" and child.named_children:
                name = child.named_children[-1]
                arguments.append(Arg(self.expr(name, scope), text_of(name), "", *span))
            elif child.type == "field_initializer":
                field, value = (
                    child.child_by_field_name("field"),
                    child.child_by_field_name("value"),
                )
                if value is not None:
                    arguments.append(Arg(self.expr(value, scope), text_of(field), "", *span))
            elif child.type == "base_field_initializer" and child.named_children:
                base = child.named_children[0]
                # `..Default::default()` adds nothing that would be a tag.
                if not re.search(r"\bdefault\(\)$", text_of(base)):
                    arguments.append(Arg(self.expr(base, scope), None, "**", *span))
        self.made(made, tuple(arguments), scope)
        call = Call(*self.span(node), function=made, arguments=tuple(arguments), new=True)
        return self.keep(call, scope)

    def closure(self, node: Node, scope: Scope) -> Expr:
        inner = Scope("function", "", scope, *self.span(node)[:2])
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            self.parameter(child, inner)
        body = node.child_by_field_name("body")
        if body is not None:
            inner.returns.append(self.expr(body, inner))
        return Function(*self.span(node), scope=inner)

    @abstractmethod
    def parameter(self, node: Node, scope: Scope) -> None:
        """Bind a parameter's names."""

    # -- literals --------------------------------------------------------------------

    def string(self, node: Node, scope: Scope) -> Expr:
        return Str(*self.span(node), value=unquote(text_of(node)))

    def constant(self, node: Node, scope: Scope) -> Expr:
        return Const(*self.span(node))

    def array(self, node: Node, scope: Scope) -> Expr:
        items = [c for c in node.named_children if "comment" not in c.type]
        return Sequence(*self.span(node), items=tuple(self.expr(item, scope) for item in items))

    def binary(self, node: Node, scope: Scope) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return self.plain(node)
        sides = (self.expr(left, scope), self.expr(right, scope))
        if text_of(node.child_by_field_name("operator")) == "+":
            return concatenation(self.span(node), sides)
        return Expr(*self.span(node), parts=sides)

    def either(self, node: Node, scope: Scope) -> Expr:
        """``if`` and its ``else`` as the values they are."""
        condition = node.child_by_field_name("condition")
        parts = (self.expr(condition, scope),) if condition is not None else ()
        options = [
            self.expr(found, scope)
            for found in (
                node.child_by_field_name("consequence"),
                node.child_by_field_name("alternative"),
            )
            if found is not None
        ]
        return Either(*self.span(node), options=tuple(options), parts=parts)

    # -- types -----------------------------------------------------------------------

    def type(self, node: Node, scope: Scope) -> Expr:
        """A type as the names that it is made of; a holder is what it holds."""
        kind = node.type
        if kind in ("type_identifier", "identifier", "primitive_type"):
            return self.identifier(node, scope)
        if kind in ("scoped_type_identifier", "scoped_identifier"):
            return self.path(node, scope)
        if kind in ("generic_type", "generic_type_with_turbofish"):
            base = node.child_by_field_name("type")
            given = node.child_by_field_name("type_arguments")
            if base is None:
                return self.plain(node)
            held = [self.type(child, scope) for child in given.named_children] if given else []
            if text_of(base).rpartition("::")[2] in _HOLDER_TYPES:
                return Expr(*self.span(node), parts=tuple(held))
            found = self.type(base, scope)
            if not held:
                return found
            return Item(
                *self.span(node), value=found, key=Expr(*self.span(node), parts=tuple(held))
            )
        inner = [child for child in node.named_children if child.type != "lifetime"]
        inner = [child for child in inner if child.type != "mutable_specifier"]
        if len(inner) == 1:
            return self.type(inner[0], scope)
        return Expr(*self.span(node), parts=tuple(self.type(child, scope) for child in inner))


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _is_statement(node: Node) -> bool:
    """Whether nothing is done with what a call gives."""
    parent = node.parent
    while parent is not None and parent.type in ("try_expression", "await_expression"):
        parent = parent.parent
    return parent is not None and parent.type == "expression_statement"


def _holds(name: str) -> bool:
    """Whether a function only puts its argument into a holder: ``Arc::new``, ``Some``."""
    *before, last = name.split("::")
    if not before:
        return last in ("Some", "Ok")
    return before[-1] in _HOLDERS and last in ("new", "from", "clone", "pin")


def _without_generics(text: str) -> str:
    """A path without ``::<T>`` and ``<T>``."""
    depth, kept = 0, ""
    for at, char in enumerate(text):
        if char == "<":
            depth += 1
        elif char == ">" and depth and text[at - 1] != "-":
            depth -= 1
        elif not depth:
            kept += char
    return re.sub(r"::(?=::|$)", "", kept)


def unquote(text: str) -> str | None:
    """The value of a string literal; None when it cannot be read."""
    raw = re.fullmatch(r"b?c?r(#*)\"(.*)\"\1", text, re.DOTALL)
    if raw:
        return raw.group(2)
    plain = re.fullmatch(r"[bc]?\"(.*)\"", text, re.DOTALL)
    if not plain:
        return None
    body = re.sub(r"\\\r?\n\s*", "", plain.group(1))

    def char(match: re.Match[str]) -> str:
        found = match.group(1)
        if found[0] == "x":
            return chr(int(found[1:], 16))
        if found[0] == "u":
            code = int(found[2:-1].replace("_", ""), 16)
            return chr(code) if code <= 0x10FFFF else ""
        return _ESCAPES.get(found, found)

    return re.sub(r"\\(x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.)", char, body, flags=re.DOTALL)
