"""What the commands of one script say once its variables, files and pipes are followed."""

from __future__ import annotations

from collections.abc import Mapping

from llmaudit.connectors.code.raw_http import http_call
from llmaudit.connectors.code.rulebook import Http, ScanRule
from llmaudit.connectors.code.surfaces.findings import Source
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.tree import Call, Scope
from llmaudit.connectors.code.tagging import TagReading
from llmaudit.connectors.code.value import Choice, Opaque, Text, Value
from llmaudit.connectors.code.values import value_of
from llmaudit.connectors.code.view import FileView, Found

_REQUEST = ScanRule(
    "request", ("bash",), "unknown", "raw-http", "http", "shape", "call", "",
    http=Http(("url",), ("body",), ("headers",)),
)  # fmt: skip
# A script that is longer is not followed.
_LONGEST = 200_000


class Script:
    """A script read as the shell's source is, behind what ran before it in the same job."""

    def __init__(
        self, script: str, source: Source, before: str = "", variables: Mapping[str, str] = {}
    ) -> None:
        """Read it.

        Args:
            before: The scripts of the steps before, for the files they write.
            variables: Those of the environment that are settled.
        """
        lines = [f"{name}={_quoted(text)}\n" for name, text in variables.items()]
        head = "".join((*lines, before, "\n")).encode("utf-8", "replace")
        data = head + script.encode("utf-8", "replace")
        self._offset = len(head)
        if len(data) > _LONGEST:
            data = b""
        tree = parse(data, "bash", source.path)
        self._view = FileView(tree, source.catalogue, source.gateways)

    def request(self, start: int, end: int) -> Found | None:
        """The model request that the HTTP client at a span of the script sends."""
        held = self._at(start, end)
        return None if held is None else http_call(_REQUEST, *held, self._view)

    def words(self, start: int, end: int) -> list[tuple[str, str]]:
        """Per word after a program its text, and the one that counts only by default."""
        held = self._at(start, end)
        if held is None:
            return []
        call, scope = held
        given = [argument.value for argument in call.arguments if not argument.name]
        return [_text(value_of(expr, scope, self._view.tree)) for expr in given]

    def _at(self, start: int, end: int) -> tuple[Call, Scope] | None:
        return self._view.tree.calls.get((start + self._offset, end + self._offset))


def tagged(found: Found | None) -> TagReading | None:
    """The tags of a request that are worth saying; None where it has none."""
    if found is None or found.tagging.tagging == "untagged":
        return None
    return found.tagging


def _text(value: Value) -> tuple[str, str]:
    if isinstance(value, Text):
        return value.value, ""
    if isinstance(value, Choice):
        texts = [one.value for one in value.options if isinstance(one, Text)]
        whole = len(texts) == len(value.options)
        return (texts[0], "") if whole else ("", texts[0] if texts else "")
    if isinstance(value, Opaque) and isinstance(value.default, Text):
        return "", value.default.value
    return "", ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
