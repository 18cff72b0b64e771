"""Expressions of a workflow (``${{ env.MODEL || 'x' }}``), as far as its file settles them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llmaudit.connectors.code.surfaces.nodes import Scalar, Table

_WHOLE = re.compile(r"\$\{\{(.*)\}\}", re.DOTALL)
_NAME = re.compile(r"(env|inputs|matrix|github\.event\.inputs)\.([\w-]+)")
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Given:
    """What expressions of a step may stand for.

    Attributes:
        root: The workflow.
        job: The job, for its matrix.
        scopes: The variables, the nearest last.
    """

    root: Table
    job: Table = field(default_factory=lambda: Table(0, []))
    scopes: tuple[Table, ...] = ()

    def of_job(self, job: Table) -> Given:
        """The same in one of the jobs."""
        return replace(self, job=job)

    def of_step(self, scopes: Sequence[Table]) -> Given:
        """The same with the variables of a step."""
        return replace(self, scopes=tuple(scopes))

    def variables(self) -> dict[str, str]:
        """The variables that are settled, for a script that is run with them."""
        found: dict[str, str] = {}
        for scope in self.scopes:
            for name, _, value in scope.all():
                texts, _ = self.worth(value.value or "") if isinstance(value, Scalar) else ((), "")
                if len(texts) == 1 and "${{" not in texts[0] and name.isidentifier():
                    found[name] = texts[0]
        return found

    def worth(self, text: str, depth: int = _DEPTH) -> tuple[tuple[str, ...], str]:
        """The texts a value stands for, and the one that counts where nothing else is given.

        ``a && 'x' || 'y'`` is one of its texts.
        """
        whole = _WHOLE.fullmatch(text.strip())
        if whole is None or "${{" in whole[1]:
            return ((text,), "") if text else ((), "")
        if depth <= 0:
            return (), ""
        found: list[str] = []
        fallback, open_ = "", False
        for part in whole[1].split("||"):
            value = part.rpartition("&&")[2].strip().strip("()").strip()
            literal, name = _TEXT.fullmatch(value), _NAME.fullmatch(value)
            texts: tuple[str, ...] = ()
            default = ""
            if literal:
                texts = (literal[1].replace("''", "'"),)
            elif name:
                texts, default = self._named(name[1], name[2], depth)
            if texts and not open_:
                found += texts
            fallback = fallback or default or (texts[0] if texts and open_ else "")
            open_ = open_ or not texts
            if literal and "&&" not in part:
                break
        return tuple(dict.fromkeys(found)), "" if found else fallback

    def _named(self, kind: str, name: str, depth: int) -> tuple[tuple[str, ...], str]:
        if kind == "env":
            for scope in reversed(self.scopes):
                text = scope.text(name)
                if text:
                    return self.worth(text, depth - 1)
            return (), ""
        if kind == "matrix":
            matrix = self.job.table("strategy").table("matrix")
            texts = [i.value for i in matrix.items(name) if isinstance(i, Scalar) and i.value]
            more = [one for one in matrix.items("include") if isinstance(one, Table)]
            texts += [text for one in more if (text := one.text(name))]
            return tuple(dict.fromkeys(texts)), ""
        # A call of the workflow gives its inputs; without one its defaults count.
        for inputs in self._inputs():
            default = inputs.table(name).text("default")
            if default:
                return (), default
        return (), ""

    def _inputs(self) -> list[Table]:
        triggers = [self.root.table(key) for key in ("on", "True", "true")]
        kinds = ("workflow_call", "workflow_dispatch")
        found = [one.table(kind).table("inputs") for one in triggers for kind in kinds]
        return [*found, self.root.table("inputs")]
