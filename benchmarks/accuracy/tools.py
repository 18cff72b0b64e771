"""What each tool prints of the calls it found, as the rows that a labelled set's scorer reads.

Every tool is read in the way that is best for it; what was decided for it stands beside its
function. A field that a tool says nothing of is left out of its rows and named in no ``says``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Document = Mapping[str, Any]
Row = dict[str, object]

SAID = {
    "tagged": "yes",
    "partial": "partial",
    "dynamic": "dynamic",
    "untagged": "no",
    "untaggable": "no",
}


def llmaudit(document: Document) -> list[Row]:
    """Every call of a report of ours."""
    from llmaudit import catalogue

    owners = {
        sdk.id: provider.id
        for provider in catalogue.load().providers.values()
        for sdk in provider.sdks
    }
    found: list[Row] = []
    for asset in document["assets"]:
        for seen in asset["evidence"]:
            if asset["kind"] != "call" or seen["connector"] != "code":
                continue
            where, provider = seen["where"], seen["provider"]
            source, _, path = where["path"].partition("/")
            found.append(
                {
                    "source": source,
                    "path": path,
                    "line": where["line"],
                    "cell": where.get("cell"),
                    "cell_line": where.get("cell_line"),
                    # A router's call is labelled with the library it goes through.
                    "provider": owners.get(seen["sdk"], seen["sdk"])
                    if provider == "unknown"
                    else provider,
                    "model": seen.get("model") or "",
                    "tagged": SAID[seen["tagging"]],
                }
            )
    return found


def tokentoll(document: Document, sources: Path) -> list[Row]:
    """Every call of ``tokentoll scan --format json``; a model it only assumes is none."""
    return [
        {
            **_split(Path(call["file_path"]).relative_to(sources)),
            "line": call["line_number"],
            # The scorer knows this vendor by its older name.
            "provider": "zhipu" if call["sdk"] == "zai" else call["sdk"],
            "model": call["model"] or "",
        }
        for call in document["calls"]
    ]


def shadowscan(document: Document, laid_out: Mapping[str, tuple[str, str]]) -> list[Row]:
    """Signs in code of a provider or platform, each place once.

    Its findings are whole projects; the nearest thing to a call is a ``code`` sign in the
    evidence. Imports, variables, hosts, model names and the sign that a client's endpoint is
    set are left out: they stand at no call. It names twelve places of one sign per project and
    three per file, so each file is scanned as a project of its own.

    Args:
        document: Of ``shadowscan code --format json`` over one folder per file.
        laid_out: Source and path of the file in each folder, by the folder's path.
    """
    found: dict[tuple[object, ...], Row] = {}
    for finding in document["findings"]:
        for seen in finding["evidence"]:
            sign, _, name = seen["signal"].partition(":")
            family, _, provider = name.partition(".")
            if sign != "code" or family not in ("provider", "platform"):
                continue
            if provider == "openai-compatible":
                continue
            source, path = laid_out[finding["resource"]]
            line = int(seen["location"].rpartition(":")[2])
            row = {"source": source, "path": path, "line": line, "provider": provider}
            found.setdefault((source, path, line), row)
    return list(found.values())


def in_cells(rows: Sequence[Mapping[str, object]], read: Callable[[Row], str]) -> list[Row]:
    """Rows whose line counts through all code cells of a notebook, with cell and line in it.

    Args:
        rows: Of any files; those of notebooks are changed.
        read: The text of a row's file.
    """
    changed: list[Row] = []
    for row in map(dict, rows):
        if str(row["path"]).endswith(".ipynb"):
            line = row["line"]
            for index, first, lines in _cells(read(row)):
                if isinstance(line, int) and first <= line < first + lines:
                    row = {**row, "cell": index, "cell_line": line - first + 1}
        changed.append(row)
    return changed


def airom(document: Document) -> list[Row]:
    """What its detectors of calls found: those whose name ends in ``call``.

    Its other detectors stand at imports, constructions and names of models. The model is the
    text of the argument, a variable's name included.
    """
    return [
        {
            **_split(Path(seen["location"]["path"])),
            "line": seen["location"]["line"],
            "provider": component.get("provider") or "",
            "model": (seen.get("fields") or {}).get("model", ""),
        }
        for component in document["components"]
        for seen in component.get("evidence", {}).get("occurrences", ())
        if seen["detectorId"].endswith("call")
    ]


def _split(path: Path) -> Row:
    """A path below the sources as source and path in it."""
    return {"source": path.parts[0], "path": "/".join(path.parts[1:])}


def _cells(notebook: str) -> Iterator[tuple[int, int, int]]:
    """Index, first line and number of lines of each code cell, as if they were one file."""
    line = 1
    for index, cell in enumerate(json.loads(notebook)["cells"]):
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).count("\n") + 1
            yield index, line, lines
            line += lines
