"""Calls in projects without LLM use are printed with all that is needed to judge them."""

from benchmarks.no_llm import Project, calls, lines


def test_every_call_of_a_report_in_a_line():
    seen = {
        "connector": "code", "provider": "openai", "api": "chat", "rule": "python.openai.chat",
        "confidence": "likely", "where": {"path": "src/a.py", "line": 7},
    }  # fmt: skip
    document = {
        "assets": [
            {"kind": "call", "evidence": [seen, {**seen, "connector": "exports"}]},
            {"kind": "sdk", "evidence": [seen]},
        ]
    }
    assert list(calls(document)) == ["src/a.py:7: openai chat (python.openai.chat, likely)"]


def test_the_table():
    call = "src/a.py:7: openai chat (python.openai.chat, likely)"
    projects = [Project("shop", 12, (), 1.5, 60.0), Project("ledger", 3, (call,), 2.25, 140.2)]
    assert list(lines(projects)) == [
        "project  files  calls  CPU s  peak MB",
        "shop       12      0   1.50       60",
        "ledger      3      1   2.25      140",
        "2 projects, 1 calls found (goal 0: missed)",
        "ledger: src/a.py:7: openai chat (python.openai.chat, likely)",
    ]
    assert list(lines(projects[:1]))[2] == "1 projects, 0 calls found (goal 0: met)"
