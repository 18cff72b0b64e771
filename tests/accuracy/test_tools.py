"""The output of each tool becomes the rows that a scorer reads."""

import json
from pathlib import Path

from benchmarks.accuracy import tools


def test_llmaudit():
    where = {"path": "acme/src/a.py", "line": 7, "cell": None, "cell_line": None}
    seen = {"connector": "code", "where": where, "sdk": "litellm", "tagging": "untaggable"}
    document = {
        "assets": [
            {"kind": "call", "evidence": [{**seen, "provider": "unknown", "model": None}]},
            {"kind": "call", "evidence": [{**seen, "provider": "openai", "model": "gpt-4o"}]},
            {"kind": "call", "evidence": [{**seen, "connector": "exports", "provider": "x"}]},
            {"kind": "sdk", "evidence": [{**seen, "provider": "openai"}]},
        ]
    }
    row = {"source": "acme", "path": "src/a.py", "line": 7, "cell": None, "cell_line": None}
    assert tools.llmaudit(document) == [
        {**row, "provider": "litellm", "model": "", "tagged": "no"},
        {**row, "provider": "openai", "model": "gpt-4o", "tagged": "no"},
    ]


def test_tokentoll():
    call = {"file_path": "/sources/acme/src/a.py", "line_number": 4}
    document = {
        "calls": [
            {**call, "sdk": "openai", "model": "gpt-4o", "used_default_model": None},
            {**call, "sdk": "zai", "model": None, "used_default_model": "glm-4"},
        ]
    }
    row = {"source": "acme", "path": "src/a.py", "line": 4}
    assert tools.tokentoll(document, Path("/sources")) == [
        {**row, "provider": "openai", "model": "gpt-4o"},
        {**row, "provider": "zhipu", "model": ""},
    ]


def test_shadowscan():
    signs = [
        ("import:provider.openai", "a.py:1"),
        ("code:provider.openai", "a.py:5"),
        ("code:provider.azure-openai", "a.py:5"),
        ("code:platform.litellm", "a.py:8"),
        ("code:provider.openai-compatible", "a.py:3"),
        ("code:heuristic.memory", "a.py:9"),
        ("corroboration", None),
    ]
    evidence = [{"signal": signal, "location": location} for signal, location in signs]
    document = {"findings": [{"resource": "/scratch/00001", "evidence": evidence}]}
    row = {"source": "acme", "path": "src/a.py"}
    assert tools.shadowscan(document, {"/scratch/00001": ("acme", "src/a.py")}) == [
        {**row, "line": 5, "provider": "openai"},
        {**row, "line": 8, "provider": "litellm"},
    ]


def test_lines_through_all_cells_of_a_notebook():
    cells = [
        {"cell_type": "code", "source": ["a\n", "b"]},
        {"cell_type": "markdown", "source": ["c\n", "d"]},
        {"cell_type": "code", "source": ["e\n", "f"]},
    ]
    rows = [{"path": "n.ipynb", "line": line} for line in (2, 3, 4, 5)]
    rows.append({"path": "a.py", "line": 4})
    assert tools.in_cells(rows, lambda row: json.dumps({"cells": cells})) == [
        {"path": "n.ipynb", "line": 2, "cell": 0, "cell_line": 2},
        {"path": "n.ipynb", "line": 3, "cell": 2, "cell_line": 1},
        {"path": "n.ipynb", "line": 4, "cell": 2, "cell_line": 2},
        {"path": "n.ipynb", "line": 5},
        {"path": "a.py", "line": 4},
    ]


def test_airom():
    place = {"path": "acme/src/a.py", "line": 6}
    seen = [
        {"detectorId": "rules/openai/chat-call", "location": place, "fields": {"model": "m"}},
        {"detectorId": "rules/litellm/call", "location": place},
        {"detectorId": "rules/openai/model-literal", "location": place, "fields": {"model": "m"}},
        {"detectorId": "rules/ollama/import", "location": place},
    ]
    document = {
        "components": [
            {"kind": "library", "provider": "openai", "evidence": {"occurrences": seen}},
            {"kind": "application"},
        ]
    }
    row = {"source": "acme", "path": "src/a.py", "line": 6, "provider": "openai"}
    assert tools.airom(document) == [{**row, "model": "m"}, {**row, "model": ""}]
