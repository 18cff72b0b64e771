"""The published labels follow the published draw and agree with each other."""

from benchmarks.accuracy.labels import draw


def test_the_tables_agree():
    assert draw.problems() == []


def test_the_order_depends_on_the_names_alone():
    rows = [{"draw": "calls", "language": "rust", "repository": f"acme/{i}"} for i in range(6)]
    expected = ["acme/2", "acme/4", "acme/1", "acme/5", "acme/3", "acme/0"]
    assert draw.orders(rows) == {("calls", "rust"): expected}
    assert draw.orders(rows[::-1]) == {("calls", "rust"): expected}
