"""Shell source to a SourceTree, by tree-sitter: each command is a call of its program.

A call stands under the span of its program's word, which the rules' patterns look for. Options of
HTTP clients become named arguments; every other command keeps its words in their order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.bash_nested import script_of
from llmaudit.connectors.code.syntax.bash_options import HTTP_CLIENTS, named_options
from llmaudit.connectors.code.syntax.bash_programs import program_name
from llmaudit.connectors.code.syntax.bash_words import Words, output_of, together
from llmaudit.connectors.code.syntax.nodes import comment_of, parser_of, plain, span_of, text_of
from llmaudit.connectors.code.syntax.strings import concatenation
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Binding,
    Call,
    Either,
    Expr,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# Programs that start another one: what follows their own options is the command.
_STARTERS = {
    "sudo", "time", "env", "nohup", "exec", "command", "timeout", "xargs", "nice", "stdbuf",
    "docker", "podman", "kubectl", "npx", "bunx", "uvx", "pipx", "uv", "poetry", "watch", "retry",
    "ionice", "setsid", "script", "caffeinate", "doas", "chronic", "parallel", "ssh",
    "docker-compose",
}  # fmt: skip
STDIN = "<stdin>"
_NESTING = 3


def parse(data: bytes) -> SourceTree:
    """Read one script, or a piece of one that stands in another file."""
    root = parser_of("tree_sitter_bash").parse(data).root_node
    tree = SourceTree("bash", data, Scope("module", "", None, 0, len(data)))
    tree.broken = root.has_error
    reader = _Reader(tree, tree.module, _functions(root))
    reader.statements(root, tree.module)
    return tree


def _functions(root: Node) -> frozenset[str]:
    found: set[str] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "function_definition":
            found.add(text_of(node.child_by_field_name("name")))
        stack.extend(node.named_children)
    return frozenset(found)


class _Reader(Words):
    """Walks the parser's tree once, filling the SourceTree."""

    def __init__(
        self, tree: SourceTree, module: Scope, functions: frozenset[str], depth: int = 0
    ) -> None:
        self.tree = tree
        self.module = module
        self.functions = functions
        self.depth = depth
        self.way = ()

    def assigned(self, node: Node, value: Expr, scope: Scope) -> Binding:
        """What a name is given here; in a script inside a word order says nothing."""
        at = -1 if self.depth else node.end_byte
        return Binding("assign", value, scope, at=at, way=self.way)

    def statements(self, node: Node, scope: Scope) -> Expr | None:
        """Read everything below a node; what its commands write, as far as it is known."""
        return together([self.statement(child, scope, None) for child in node.named_children])

    def statement(self, node: Node, scope: Scope, stdin: Expr | None) -> Expr | None:
        kind = node.type
        if kind == "command":
            return self.command(node, scope, stdin)
        if kind == "comment":
            text = text_of(node).lstrip("#").strip()
            self.tree.comments.append(comment_of(node, self.tree.data, text))
        elif kind == "variable_assignment":
            self.assignment(node, scope)
        elif kind == "declaration_command":
            for child in node.named_children:
                if child.type == "variable_assignment":
                    self.assignment(child, scope, local=text_of(node).startswith("local"))
        elif kind == "pipeline":
            for child in node.named_children:
                stdin = self.statement(child, scope, stdin) or plain(child)
            return stdin
        elif kind == "redirected_statement":
            return self.redirected(node, scope, stdin)
        elif kind == "function_definition":
            self.function(node, scope)
        elif kind in ("for_statement", "select_statement"):
            self.loop(node, scope)
        elif kind in ("heredoc_body", "heredoc_start", "heredoc_end"):
            return None
        elif kind in ("if_statement", "case_statement"):
            return self.branches(node, scope, stdin)
        elif kind in ("while_statement", "c_style_for_statement"):
            around = self.way
            self.way = (*around, (node.start_byte, 0, "loop"))
            written = together([self.statement(c, scope, stdin) for c in node.named_children])
            self.way = around
            return written
        else:
            return together([self.statement(c, scope, stdin) for c in node.named_children])
        return None

    def branches(self, node: Node, scope: Scope, stdin: Expr | None) -> Expr | None:
        first: list[Expr | None] = []
        others: list[Expr] = []
        around, arm = self.way, 0
        for place, child in enumerate(node.named_children):
            other = child.type in ("elif_clause", "else_clause", "case_item")
            # The first child is what is asked.
            arm += other
            self.way = (*around, (node.start_byte, arm, "if")) if place else around
            found = self.statement(child, scope, stdin)
            self.way = around
            if child.type == "else_clause":
                self.tree.arms[node.start_byte] = arm + 1
            if not other:
                first.append(found)
            elif found is not None:
                others.append(found)
        written = together(first)
        options = (*((written,) if written is not None else ()), *others)
        if len(options) < 2:
            return next(iter(options), None)
        return Either(*span_of(node), options=options)

    def redirected(self, node: Node, scope: Scope, stdin: Expr | None) -> Expr | None:
        body = node.child_by_field_name("body")
        given, target, after = stdin, None, None
        for child in node.named_children:
            if child.type == "heredoc_redirect":
                given = self.heredoc(child, scope)
                after = next((c for c in child.named_children if c.type == "pipeline"), after)
                after = next((c for c in child.named_children if c.type == "command"), after)
                target = next(
                    (c for c in child.named_children if c.type == "file_redirect"), target
                )
            elif child.type == "herestring_redirect" and child.named_children:
                given = self.word(child.named_children[0], scope)
            elif child.type == "file_redirect":
                target, given = self.file(child, given, target)
        written = self.statement(body, scope, given) if body is not None else given
        if target is not None and written is not None:
            name = text_of(target.child_by_field_name("destination")).strip("\"'")
            scope.bind(f"@{name}", self.assigned(node, written, scope))
        if after is not None:
            return self.statement(after, scope, written or plain(node))
        return written

    def file(
        self, node: Node, given: Expr | None, target: Node | None
    ) -> tuple[Node | None, Expr | None]:
        """Where a redirection writes to, or what is read from."""
        sign = next((text_of(c) for c in node.children if not c.is_named), "")
        descriptor = node.child_by_field_name("descriptor")
        if sign == "<":
            return target, given or plain(node)
        if sign in (">", ">|") and (descriptor is None or text_of(descriptor) == "1"):
            return node, given
        return target, given

    def function(self, node: Node, scope: Scope) -> None:
        name = text_of(node.child_by_field_name("name"))
        inner = Scope("function", name, scope, node.start_byte, node.end_byte)
        scope.bind(name, Binding("function", None, scope, defined=inner))
        for number in range(1, 10):
            inner.bind(str(number), Binding("parameter", None, scope))
        body = node.child_by_field_name("body")
        if body is not None:
            written = self.statements(body, inner)
            if written is not None:
                inner.returns.append(written)

    def loop(self, node: Node, scope: Scope) -> None:
        variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        named = [c for c in node.named_children if c not in (variable, body)]
        items = tuple(self.word(c, scope) for c in named)
        if variable is not None:
            whole = Sequence(*span_of(node), items=items)
            at = -1 if self.depth else node.start_byte
            binding = Binding("loop", whole, scope, at=at, way=self.way)
            scope.bind(text_of(variable), binding)
        around = self.way
        self.way = (*around, (node.start_byte, 0, "loop"))
        if body is not None:
            self.statements(body, scope)
        self.way = around

    def assignment(self, node: Node, scope: Scope, *, local: bool = False) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        made = self.word(value, scope) if value is not None else Str(*span_of(node), value="")
        # Only what is declared local is a function's own; what it sets is first seen by itself.
        known = text_of(name)
        home = scope if scope.kind == "function" else self.module
        shared = not local and home is not self.module and known not in home.bindings
        before = home.bindings.get(known)
        if before and "+=" in {text_of(child) for child in node.children if not child.is_named}:
            whole = before[-1].value
            if isinstance(made, Sequence) and isinstance(whole, Sequence):
                added: Expr = Sequence(*span_of(node), items=(*whole.items, *made.items))
            else:
                added = concatenation(
                    span_of(node), [whole or Name(*span_of(node), id=known), made]
                )
            before[-1] = replace(before[-1], kind="assign", value=added, scope=scope)
            return
        home.bind(known, self.assigned(node, made, scope))
        if shared:
            self.module.bind(known, Binding("assign", made, scope))

    # -- commands --------------------------------------------------------------------

    def command(self, node: Node, scope: Scope, stdin: Expr | None) -> Expr | None:
        words: list[tuple[Node, Expr]] = []
        for child in node.named_children:
            if child.type == "variable_assignment":
                continue
            if child.type == "herestring_redirect" and child.named_children:
                stdin = self.word(child.named_children[0], scope)
            elif child.type == "heredoc_redirect":
                stdin = self.heredoc(child, scope)
            elif child.type == "file_redirect":
                if next((text_of(c) for c in child.children if not c.is_named), "") == "<":
                    stdin = stdin or plain(child)
            else:
                inner = child
                if child.type == "command_name" and child.named_children:
                    inner = child.named_children[0]
                words.append((inner, self.word(inner, scope)))
        if not words:
            return None
        self.nested([node for node, _ in words], scope)
        at = self.program(words)
        program = words[at][0]
        name = program_name(text_of(program).strip("\"'"))
        rest = [expr for _, expr in self.spread(words[at + 1 :], scope)]
        arguments = (
            named_options(name, rest, stdin)
            if name in HTTP_CLIENTS
            else tuple(Arg(expr, start=expr.start, end=expr.end) for expr in rest)
        )
        if stdin is not None and name not in HTTP_CLIENTS:
            arguments = (*arguments, Arg(stdin, STDIN))
        function = Name(*span_of(program), id=name)
        call = Call(*span_of(node), function=function, arguments=arguments)
        own = name in self.functions
        key = (node.start_byte, node.end_byte) if own else (program.start_byte, program.end_byte)
        self.tree.calls[key] = (call, scope)
        return output_of(call, rest, stdin)

    def nested(self, words: list[Node], scope: Scope) -> None:
        """Read a script that one of the words holds, with the variables that are set here."""
        script = script_of(words, self.tree.data) if self.depth < _NESTING else None
        if script is None:
            return
        tree = SourceTree("bash", script.data, Scope("module", "", None, 0, len(script.data)))
        reader = _Reader(tree, self.module, self.functions, self.depth + 1)
        reader.statements(parser_of("tree_sitter_bash").parse(script.data).root_node, scope)
        for key, (call, inner) in tree.calls.items():
            moved, place = script.moved(call, key)
            self.tree.calls[place] = (moved, inner)

    def program(self, words: list[tuple[Node, Expr]]) -> int:
        """Where the program stands, behind ``sudo``, ``docker exec`` and the like."""
        first = text_of(words[0][0]).rpartition("/")[2]
        if first not in _STARTERS:
            return 0
        for at, (node, _) in enumerate(words[1:], 1):
            if program_name(text_of(node).strip("\"'")) in self.started:
                return at
        return 0

    def spread(self, words: list[tuple[Node, Expr]], scope: Scope) -> list[tuple[Node, Expr]]:
        """The words, those of an array (``"${ARGS[@]}"``) one by one."""
        found: list[tuple[Node, Expr]] = []
        for node, expr in words:
            items = self.elements(node, scope)
            if items is None:
                found.append((node, expr))
            else:
                found += [(node, item) for item in items]
        return found


__all__ = ["STDIN", "parse"]
