"""What the set's own scorer decided is read, and every figure is made from that alone."""

from pathlib import Path

import pytest

from benchmarks.accuracy.figures import figures, share, wilson
from benchmarks.accuracy.run import listed
from benchmarks.accuracy.scoring import Answer, LabelledSet, Said, Scored, Stray, score

SCORER = Path(__file__).with_name("scorer.py")
COLUMNS = (
    "source", "path", "line", "language", "provider", "api", "model", "model_default", "tagged",
    "status", "nb_cell_line",
)  # fmt: skip
CALLS = (
    "acme a.py 3 python openai|azure-openai chat gpt-4o - yes required -",
    "acme a.py 9 python anthropic messages - claude-x no required -",
    "acme a.py 12 python openai embeddings - - dynamic required -",
    "acme a.py 20 python openai moderation - - no optional -",
    "acme b.ipynb 40 notebook openai chat gpt-4o - partial required 2:5",
)
ROWS = (
    {"line": 3, "path": "a.py", "provider": "azure-openai", "model": "gpt-4o", "tagged": "yes"},
    {"line": 3, "path": "a.py", "provider": "openai", "model": "gpt-4o", "tagged": "yes"},
    {"line": 9, "path": "a.py", "provider": "openai", "model": "gpt-4", "tagged": "no"},
    {"line": 20, "path": "a.py", "provider": "openai", "model": "", "tagged": "no"},
    {"line": 30, "path": "a.py", "provider": "groq", "model": "", "tagged": "dynamic"},
    {"line": 40, "path": "b.ipynb", "provider": "openai", "model": "gpt-4", "tagged": "no",
     "cell": 2, "cell_line": 5},
    {"line": 1, "path": "elsewhere.py", "provider": "openai", "model": "", "tagged": "no"},
)  # fmt: skip


@pytest.fixture
def labelled(tmp_path):
    lines = ["\t".join(COLUMNS)]
    lines += [call.replace(" -", " ").replace(" ", "\t") for call in CALLS]
    text = "".join(f"{line}\n" for line in lines)
    (tmp_path / "calls.tsv").write_text(text, encoding="utf-8")
    files = "source\tpath\tlanguage\nacme\ta.py\tpython\nacme\tb.ipynb\tnotebook\n"
    (tmp_path / "files.tsv").write_text(files, encoding="utf-8")
    return LabelledSet("acme", tmp_path, tmp_path)


@pytest.fixture
def scored(labelled):
    return score(SCORER, labelled, [{"source": "acme", **row} for row in ROWS])


def test_the_decisions_of_the_scorer_are_read(scored):
    assert scored == Scored(
        answers=(
            Answer(
                "python", "acme/a.py:3", "chat", Said("openai|azure-openai", "gpt-4o", "tagged"),
                True, Said("azure-openai", "gpt-4o", "tagged"), provider=True, model=True,
            ),
            Answer(
                "python", "acme/a.py:9", "messages", Said("anthropic", "(claude-x)", "untagged"),
                False, Said("openai", "gpt-4", "untagged"), provider=False, model=False,
            ),
            Answer("python", "acme/a.py:12", "embeddings", Said("openai", "", "dynamic"), False),
            Answer(
                "notebook", "acme/b.ipynb:40 (cell 2, line 5)", "chat",
                Said("openai", "gpt-4o", "partial"), True,
                Said("openai", "gpt-4", "untagged"), provider=True, model=False,
            ),
        ),
        strays=(Stray("python", "acme/a.py:30", Said("groq", "", "dynamic")),),
        duplicates=1,
    )  # fmt: skip


def test_a_scorer_of_another_make_is_refused(labelled, tmp_path):
    other = tmp_path / "other.py"
    other.write_text("def main():\n    lab = []\n", encoding="utf-8")
    with pytest.raises(ValueError, match="keeps its matching under other names"):
        score(other, labelled, [])


def test_a_scorer_that_counts_otherwise_is_refused(labelled, tmp_path):
    other = tmp_path / "other.py"
    text = SCORER.read_text("utf-8").replace("({hits}/", "({hits + 1}/")
    other.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="counts otherwise"):
        score(other, labelled, [])


def test_intervals():
    # The textbook's example: 81 of 263.
    assert [round(bound, 4) for bound in wilson(81, 263)] == [0.2553, 0.3662]
    assert wilson(0, 0) == (0.0, 1.0)
    assert share(10, 10) == {"n": 10, "of": 10, "share": 1.0, "low": 0.7225, "high": 1.0}
    assert share(0, 10) == {"n": 0, "of": 10, "share": 0.0, "low": 0.0, "high": 0.2775}
    assert share(0, 0) == {"n": 0, "of": 0, "share": None, "low": 0.0, "high": 1.0}


def test_figures_of_a_language(scored):
    assert figures([scored])["python"] == {
        "calls": 3,
        "found": 2,
        "false positives": 1,
        "recall": share(2, 3),
        "precision": share(2, 3),
        "provider": share(1, 2),
        "model": share(1, 1),
        "model, settled or not": share(1, 2),
        "tagging": share(2, 2),
        "baseline": share(1, 2),
        "classes": {
            "tagged": {"recall": share(1, 1), "precision": share(1, 1)},
            "partial": {"recall": share(0, 0), "precision": share(0, 0)},
            "untagged": {"recall": share(1, 1), "precision": share(1, 1)},
            "dynamic": {"recall": share(0, 0), "precision": share(0, 0)},
        },
    }


def test_sets_are_added_up(scored):
    overall = figures([scored, scored])["overall"]
    assert {key: overall[key] for key in ("calls", "found", "recall", "tagging")} == {
        "calls": 8,
        "found": 6,
        "recall": share(6, 8),
        "tagging": share(4, 6),
    }
    assert overall["classes"] == {
        "tagged": {"recall": share(2, 2), "precision": share(2, 2)},
        "partial": {"recall": share(0, 2), "precision": share(0, 0)},
        "untagged": {"recall": share(2, 2), "precision": share(2, 4)},
        "dynamic": {"recall": share(0, 0), "precision": share(0, 0)},
    }


def test_what_a_tool_does_not_say_is_no_figure(scored):
    overall = figures([scored], says=("provider",))["overall"]
    silent = ("model", "model, settled or not", "tagging", "classes")
    assert {key: overall[key] for key in silent} == dict.fromkeys(silent)
    assert overall["provider"] == share(2, 3)


def test_everything_wrong_is_listed(labelled, scored):
    assert list(listed(labelled, scored)) == [
        "\nacme: 6 misses, false positives and wrong answers",
        "acme/a.py:12: missed: embeddings provider=openai model=- tagging=dynamic",
        "acme/a.py:30: no call: said provider=groq model=- tagging=dynamic",
        "acme/a.py:9: provider: said openai, right is anthropic",
        "acme/a.py:9: model: said gpt-4, right is (claude-x)",
        "acme/b.ipynb:40 (cell 2, line 5): model: said gpt-4, right is gpt-4o",
        "acme/b.ipynb:40 (cell 2, line 5): tagging: said untagged, right is partial",
    ]


def test_the_held_half_is_counted_and_never_listed(labelled, scored):
    held = LabelledSet("held", labelled.labels, labelled.sources, held=True)
    assert list(listed(held, scored)) == [
        "\nheld: 6 misses, false positives and wrong answers",
        "not listed: this half is held back",
    ]
