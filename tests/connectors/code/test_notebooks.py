from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.connectors.code.notebooks import Notebook, Place, extract


def notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    return json.dumps(
        {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )


def code(source: Any, **fields: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": [], **fields}


def markdown(source: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source}


def test_the_map_leads_back_to_the_cell_and_the_line_of_the_file() -> None:
    text = notebook(
        markdown(["# Title\n", "print(1)"]),
        code(["import openai\n", "\n", "client = openai.OpenAI()"], id="a1"),
        code(["client.responses.create(\n", "  model='gpt-4o')\n"], id="b2"),
    )
    found = extract(text)
    assert found.source == snapshot("""\
import openai

client = openai.OpenAI()
client.responses.create(
  model='gpt-4o')
""")
    assert [found.place(line) for line in range(1, 6)] == [
        Place(1, "a1", 1, 13),
        Place(1, "a1", 2, 14),
        Place(1, "a1", 3, 15),
        Place(2, "b2", 1, 23),
        Place(2, "b2", 2, 24),
    ]
    rows = text.split("\n")
    assert "client = openai" in rows[15 - 1]
    assert "client.responses" in rows[23 - 1]
    for line in (0, 6):
        with pytest.raises(IndexError):
            found.place(line)


def test_a_source_written_as_one_string_stands_on_one_line_of_the_file() -> None:
    text = notebook(code("a = 1\nb = 2\n", id="x"))
    found = extract(text)
    assert found.source == "a = 1\nb = 2\n"
    line = next(at for at, row in enumerate(text.split("\n"), 1) if "a = 1" in row)
    assert [found.place(1).raw_line, found.place(2).raw_line] == [line, line]


def test_equal_strings_keep_their_own_lines() -> None:
    text = notebook(code(["f()\n"], id="f()\n"), code(["f()\n"], id="b"), code(["f()\n"], id="c"))
    rows = [at for at, row in enumerate(text.split("\n"), 1) if row == '    "f()\\n"']
    assert [cell.raw_lines for cell in extract(text).cells] == [(row,) for row in rows]


def test_the_older_format_has_worksheets_and_input() -> None:
    text = json.dumps(
        {
            "metadata": {"name": ""},
            "nbformat": 3,
            "worksheets": [
                {
                    "cells": [
                        {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "language": "python"}
                    ]
                },
                {"metadata": {}},
                {
                    "cells": [
                        {"cell_type": "heading", "source": "t"},
                        {"cell_type": "code", "input": "z"},
                    ]
                },
            ],
        }
    )
    found = extract(text)
    assert found.source == "x = 1\ny = 2\nz\n"
    assert [(cell.index, cell.first_line) for cell in found.cells] == [(0, 1), (2, 3)]


def test_a_cell_without_an_id_is_named_by_its_digest_and_only_by_that() -> None:
    first, second = extract(notebook(code("f()"))), extract(notebook(markdown("x"), code(["f()"])))
    assert first.cells[0].id == second.cells[0].id == snapshot("19c104134224")


def test_magics_become_python_line_for_line() -> None:
    text = notebook(
        code(
            [
                "%load_ext dotenv\n",
                "!pip install openai \\\n",
                "  anthropic\n",
                "if colab:\n",
                "    !pip install litellm\n",
                "openai?\n",
                "files = !ls\n",
                "%time answer = client.chat.completions.create(\n",
                "    model='gpt-4o', text='''\n",
                "%not a magic\n",
                "!nor this''')\n",
                "share = (answer\n",
                "  % 3)\n",
                "%timeit -n 3 -r 1 ask()\n",
            ]
        ),
        code("%%time\nask()"),
        code("%%bash\ncurl https://example.com | python -c '('"),
        code("await ask()"),
    )
    found = extract(text)
    assert found.source == snapshot("""\
pass  # %load_ext dotenv
pass  # !pip install openai \\
#   anthropic
if colab:
    pass  # !pip install litellm
pass  # openai?
files = None  # !ls
if 1: answer = client.chat.completions.create(
    model='gpt-4o', text='''
%not a magic
!nor this''')
share = (answer
  % 3)
if 1:             ask()
pass  # %%time
ask()
# %%bash
# curl https://example.com | python -c '('
await ask()
""")
    assert found.skipped == ((2, "%%bash"),)
    compile(found.source, "x", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_a_cell_that_is_not_complete_does_not_swallow_the_next() -> None:
    found = extract(notebook(code('x = """never closed'), code("ask()"), code("f(")))
    assert found.source == '# x = """never closed\nask()\n# f(\n'
    assert found.skipped == ((0, "not complete Python"), (2, "not complete Python"))


def test_python_2_and_odd_escapes_are_handed_on_quietly() -> None:
    found = extract(notebook(code("print 'a'"), code("p = '\\d'")))
    assert (found.source, found.skipped) == ("print 'a'\np = '\\d'\n", ())


def test_an_indented_cell_runs_in_the_kernel_and_is_read() -> None:
    assert extract(notebook(code("  if x:\n    ask()"))).source == "if x:\n  ask()\n"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "python3", "language": "python"}}, ""),
        ({"language_info": {"name": "R"}, "kernelspec": {"name": "ir"}}, "r"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"kernelspec": None}, ""),
        ({}, ""),
    ],
)
def test_only_python_kernels(metadata: dict[str, Any], language: str) -> None:
    found = extract(notebook(code("f()"), **metadata))
    assert (found.language, found.source) == (language, "" if language else "f()\n")


def test_a_cell_of_another_language_is_skipped() -> None:
    found = extract(notebook(code("SELECT '", metadata={"vscode": {"languageId": "sql"}})))
    assert (found.source, found.skipped) == ("# SELECT '\n", ((0, "sql"),))


_OTHER_FORM = "valid JSON, but not in the form of a notebook"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ('{"cells": [\n}', "line 2: not valid JSON: expecting value"),
        ("[1, 2]", _OTHER_FORM),
        ("{}", _OTHER_FORM),
        ('{"cells": 3}', _OTHER_FORM),
        ('{"cells": [{"cell_type": "code", "source": [1]}]}', _OTHER_FORM),
        ('{"cells": ' + "[" * 100_000, "its JSON is nested too deeply"),
    ],
)  # fmt: skip
def test_a_broken_notebook_gets_one_sentence(text: str, problem: str) -> None:
    assert extract(text) == Notebook(problem=problem)


def test_half_of_a_surrogate_pair_can_be_handed_on_as_utf8() -> None:
    assert extract('{"cells": [{"cell_type": "code", "source": "x = 1 # \\ud83d"}]}').source == (
        "x = 1 # ?\n"
    )


_WORDS = st.lists(st.sampled_from(["a", "é", "\n", "\r\n", " ", "#", '"', "\\", "\u2028"])).map(
    "".join
)


@given(
    st.lists(st.tuples(st.sampled_from(["code", "markdown"]), st.lists(_WORDS) | _WORDS)),
    st.sampled_from([None, 1]),
)
def test_every_line_of_the_source_has_one_place_and_every_cell_all_its_lines(
    cells: list[tuple[str, list[str] | str]], indent: int | None
) -> None:
    found = extract(
        json.dumps({"cells": [{"cell_type": k, "source": s} for k, s in cells]}, indent=indent)
    )
    lines = found.source.split("\n")[:-1]
    places = [found.place(line) for line in range(1, len(lines) + 1)]
    expected = []
    for index, (kind, source) in enumerate(cells):
        whole = "".join(source).replace("\r\n", "\n").replace("\r", "\n")
        count = len(whole.removesuffix("\n").split("\n")) if whole else 0
        expected += [(index, line + 1) for line in range(count)] if kind == "code" else []
    assert [(place.cell, place.cell_line) for place in places] == expected


def test_a_cell_with_a_stray_quote_does_not_spoil_the_others() -> None:
    book = extract(
        json.dumps(
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "metadata": {},
                        "source": ['x = FT_MODEL_ARN"\n', "y = 1"],
                    },
                    {"cell_type": "code", "metadata": {}, "source": "z = 2"},
                ],
                "metadata": {},
                "nbformat": 4,
                "nbformat_minor": 4,
            }
        )
    )
    assert book.skipped == ((0, "not complete Python"),)
    assert book.source.splitlines()[-1] == "z = 2"


def test_languages_that_hold_python_are_read() -> None:
    book = {
        "cells": [{"cell_type": "code", "metadata": {}, "source": "z = 2"}],
        "metadata": {"kernelspec": {"name": "coconut", "language": "coconut"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    assert extract(json.dumps(book)).source == "z = 2\n"
