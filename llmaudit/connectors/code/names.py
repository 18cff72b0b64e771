"""What names mean by a file's imports: qualified names, and those in a declared type."""

from __future__ import annotations

import re

from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.swift_expressions import IMPLIED
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Expr,
    Item,
    Name,
    Sequence,
    SourceTree,
    Str,
)

# Languages whose modules are paths, so that a name is told apart from them by a colon.
_PATHS = ("javascript", "go")


def qualify(expr: Expr, tree: SourceTree) -> str:
    """``openai.OpenAI`` for what a chain of names means by the file's imports; else empty."""
    chain = dotted(expr)
    if not chain:
        return ""
    head, _, rest = chain.partition(".")
    if head == IMPLIED and tree.language == "swift":
        # `.vertexAI()`: a member of a type that one of the modules brings.
        modules = dict.fromkeys(entry.module for entry in tree.imports if entry.local == "*")
        return f"{'|'.join(modules)}:{rest}" if modules else ""
    if tree.language == "kotlin" and rest and head[:1].isupper():
        head, rest = _extension(head, rest, tree)
    for entry in tree.imports:
        if entry.local == head:
            if entry.name and tree.language not in _PATHS:
                base = f"{entry.module}.{entry.name}"
            elif entry.name:
                base = f"{entry.module}:{entry.name}"
            elif tree.language not in _PATHS:
                # `import a.b` binds `a`; `import a.b as c` binds the whole.
                base = entry.local if entry.module.split(".")[0] == head else entry.module
            elif tree.language == "go":
                return f"{entry.module}:{rest}" if rest else entry.module
            else:
                base = f"{entry.module}:*"
            return f"{base}.{rest}" if rest else base
    if head[:1].isupper() or tree.language == "python":
        wide = [entry.module for entry in tree.imports if entry.local == "*"]
        if wide and head not in tree.module.bindings:
            # One of these modules brings the name; the catalogue tells which are an SDK's.
            return f"{'|'.join(dict.fromkeys(wide))}:{chain}"
    return ""


def _extension(head: str, rest: str, tree: SourceTree) -> tuple[str, str]:
    """A name without the class it is called on, where another module adds it (``Firebase.ai``).

    A member of the class needs no import, an extension has one of its own. What is imported
    from another vendor is an extension of something else.
    """
    name, _, after = rest.partition(".")
    home = next((entry.module for entry in tree.imports if entry.local == head), "")
    added = home and any(
        entry.local == name and entry.module.startswith(f"{home}.") for entry in tree.imports
    )
    return (name, after) if added and name[:1].islower() else (head, rest)


def modules_of(qualified: str) -> list[str]:
    """The modules a qualified name may belong to, for the catalogue (a dotted name stays whole)."""
    return qualified.partition(":")[0].split("|")


def module_of(qualified: str) -> str:
    """The module part of a qualified name, for the catalogue (Python's stays dotted)."""
    return qualified.partition(":")[0]


def last_name(qualified: str) -> str:
    """The class or function at the end of a qualified name."""
    return qualified.replace(":", ".").rsplit(".", 1)[-1]


def keys_of(qualified: str) -> tuple[str, ...]:
    """What a rule may name it by: its last name, its module, that without Go's major version.

    Then each class on the way to it, by its path and by its name, and each package around it, the
    innermost first.
    """
    module = module_of(qualified)
    parts = qualified.replace(":", ".").split(".")
    classes = [part for part in reversed(parts) if part[:1].isupper()]
    around = [".".join(parts[:end]) for end in range(len(parts) - 1, 1, -1)]
    if "/" in module or "|" in module:
        around = []
    return (
        last_name(qualified),
        module,
        re.sub(r"/v\d+(?=/|$)", "", module),
        *(path for path in around if path.rpartition(".")[2][:1].isupper()),
        *classes,
        *around,
    )


def annotated(annotation: Expr, tree: SourceTree) -> list[str]:
    """Qualified names in a declared type, also inside ``Optional[...]`` and unions."""
    if isinstance(annotation, Str) and annotation.value:
        # `"Optional[Client]"`, `"Client | None"`: every name that an import explains.
        names = re.findall(r"[A-Za-z_][\w.]*", annotation.value)
        return [q for q in (qualify(chain_of(name), tree) for name in names) if q]
    qualified = qualify(annotation, tree)
    if qualified:
        return [qualified]
    parts: list[Expr] = list(annotation.parts)
    if isinstance(annotation, Item):
        parts = [annotation.value, annotation.key]
    elif isinstance(annotation, Sequence):
        parts = list(annotation.items)
    return [name for part in parts for name in annotated(part, tree)]


def chain_of(text: str) -> Expr:
    """The expression that ``a.b.c`` is written with."""
    head, *rest = text.split(".")
    expr: Expr = Name(0, 0, 0, 0, 0, id=head)
    for name in rest:
        expr = Attr(0, 0, 0, 0, 0, value=expr, name=name)
    return expr
