"""One run's figures as tables."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.accuracy import tables
from benchmarks.accuracy.cost import verdict
from benchmarks.accuracy.figures import figures
from benchmarks.accuracy.scoring import Answer, Said, Scored, Stray
from benchmarks.measured import MeasureError, measure, median

RIGHT = Said("openai", "gpt-4o", "untagged")
SCORED = Scored(
    answers=(
        Answer("go", "acme/a.go:3", "chat", RIGHT, True, RIGHT, provider=True, model=True),
        Answer("go", "acme/a.go:9", "chat", RIGHT, True),
    ),
    strays=(Stray("php", "acme/a.php:5", RIGHT),),
)
COST = {
    "files": 2,
    "megabytes": 0.1,
    "runs": 3,
    "tools": {
        "llmaudit, cold": {"cpu": 6.5, "memory": 144.4},
        "llmaudit, warm": {"cpu": 2.0, "memory": 150.0},
        "tokentoll": {"cpu": 2.5, "memory": 40.0},
    },
    "ratio": {
        "llmaudit, cold / tokentoll": 2.6,
        "llmaudit, warm / tokentoll": 0.8,
        "llmaudit, cold / airom": 20.0,
    },
}


def test_all_tables_of_a_run():
    own = figures([SCORED])
    other = figures([Scored(SCORED.answers[1:], ())], says=("provider",))
    document = {
        "sets": {"acme": "The set"},
        "tools": {
            "llmaudit": {"version": "1", "sets": {"acme": own}, "together": own},
            "other": {"version": "2", "sets": {"acme": other}, "together": other},
        },
        "cost": COST,
    }
    expected = Path(__file__).with_name("tables.md").read_text("utf-8")
    assert tables.tables(document) == expected


def test_goals_in_one_line():
    assert verdict(COST) == (
        "CPU llmaudit, cold / tokentoll 2.60 (goal 2: missed); "
        "CPU llmaudit, warm / tokentoll 0.80 (goal 2: met); "
        "peak memory 150.00 MB (goal 400 MB: met)"
    )


def test_tables_are_written_between_the_comments():
    page = "before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n"
    expected = "before\n<!-- figures -->\nnew\n<!-- /figures -->\nafter\n"
    assert tables.written(page, "new\n") == expected
    with pytest.raises(ValueError, match="the page holds no"):
        tables.written("no comments", "new\n")


def test_a_command_is_measured():
    code = "import time; data = bytearray(60_000_000); s = time.process_time()\n"
    code += "while time.process_time() - s < 0.2: pass"
    used = measure([sys.executable, "-SEc", code], dict(os.environ))
    assert set(used) == {"cpu", "memory"}
    assert 0.2 <= used["cpu"] < 5
    assert 60 <= used["memory"] < 200


def test_a_command_that_fails_is_no_measurement():
    with pytest.raises(MeasureError, match="did not end as it should"):
        measure([sys.executable, "-SEc", "raise SystemExit(4)"], dict(os.environ))


def test_median_of_each_figure():
    runs = [{"cpu": 1.0, "memory": 9.0}, {"cpu": 3.0, "memory": 7.0}, {"cpu": 2.0, "memory": 8.0}]
    assert median(runs) == {"cpu": 2.0, "memory": 8.0}
