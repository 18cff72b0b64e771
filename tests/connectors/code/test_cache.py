"""What is kept between scans: the same answers, without the engine."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llmaudit.connectors.code import cache, engine
from tests.connectors.code.test_collect import calls, scan

CALL = "from openai import OpenAI\nOpenAI().responses.create(model='m')\n"
MATCH = engine.Match("python.openai.responses", 1, 2, 3, suppressed=False)


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))
    monkeypatch.setattr(Path, "home", lambda: folder)
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the files that the engine is given, a list for each time."""
    found: list[list[str]] = []
    real = engine.run

    def run(rules, targets, jobs=1):
        found.append(sorted(target.file.name for target in targets))
        return real(rules, targets, jobs)

    monkeypatch.setattr(engine, "run", run)
    return found


def file_of(store: Path) -> Path:
    (found,) = store.rglob("code-*.sqlite3")
    return found


def test_a_second_scan_says_the_same_without_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text(CALL)
    (tmp_path / "b.ts").write_text(
        "import OpenAI from 'openai';\nnew OpenAI().responses.create({})"
    )
    cold = scan(tmp_path)

    def no_engine(arguments: list[str]) -> str:
        raise AssertionError(arguments)

    monkeypatch.setattr(engine, "_call", no_engine)
    assert scan(tmp_path) == cold
    assert len(calls(cold[0])) == 2


def test_only_what_changed_is_parsed_by_the_engine(tmp_path: Path, asked: list[list[str]]) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(CALL + f"# {name}\n")
    scan(tmp_path)
    (tmp_path / "b.py").write_text("\n" + CALL)
    (tmp_path / "c.py").write_text(CALL + "# c.py\n")
    found = calls(scan(tmp_path)[0])
    assert asked == [["a.py", "b.py"], ["b.py", "c.py"]]
    assert [(call.where.path, call.where.line) for call in found] == [
        ("a.py", 2),
        ("b.py", 3),
        ("c.py", 2),
    ]


def test_the_same_bytes_under_another_name_are_known(
    tmp_path: Path, asked: list[list[str]]
) -> None:
    (tmp_path / "a.py").write_text(CALL)
    scan(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "z.py")
    (call,) = calls(scan(tmp_path)[0])
    assert (call.where.path, asked) == ("z.py", [["a.py"], []])


def test_a_constant_of_another_file_counts_warm_as_cold(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("MODEL = 'one'\n")
    (tmp_path / "a.py").write_text(
        "from openai import OpenAI\nfrom settings import MODEL\n"
        "OpenAI().responses.create(model=MODEL)\n"
    )
    assert calls(scan(tmp_path)[0])[0].models == ("one",)
    (tmp_path / "settings.py").write_text("MODEL = 'two'\n")
    warm = scan(tmp_path)
    assert calls(warm[0])[0].models == ("two",)


def test_a_file_the_engine_could_not_finish_is_never_kept(
    tmp_path: Path, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text(CALL)
    run = engine.run

    def late(rules, targets, jobs=1):
        trouble = engine.Trouble("Timeout", "took too long", None, whole=True)
        run(rules, targets, jobs)
        return engine.Outcome({}, {target.file: (trouble,) for target in targets})

    with monkeypatch.context() as patch:
        patch.setattr(engine, "run", late)
        assert scan(tmp_path)[1][0].status == "partial"
    assert len(calls(scan(tmp_path)[0])) == 1
    assert asked == [["a.py"], ["a.py"]]


@pytest.mark.parametrize(
    "harm", ["garbage", "cut", "other rows", "a folder", "read only", "locked"]
)
def test_a_store_that_cannot_be_used_costs_time_only(
    tmp_path: Path, store: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_PATIENCE", 0.05)
    (tmp_path / "a.py").write_text(CALL)
    cold = scan(tmp_path)
    file = file_of(store)
    other = sqlite3.connect(file)
    if harm == "garbage":
        file.write_bytes(b"\xff\x00garbage" * 500)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:4096])
    elif harm == "other rows":
        other.execute("UPDATE matches SET found = '{\"a\": 1}'")
        other.commit()
    elif harm == "a folder":
        file.unlink()
        file.mkdir()
    elif harm == "read only":
        file.parent.chmod(0o500)
        file.chmod(0o400)
    else:
        other.execute("BEGIN EXCLUSIVE")
    try:
        assert scan(tmp_path) == cold
    finally:
        other.close()
        file.parent.chmod(0o700)
    assert scan(tmp_path) == cold


def test_no_text_of_a_file_gets_into_the_store(tmp_path: Path, store: Path) -> None:
    key = "sk-proj-" + "A1b2C3d4" * 12
    (tmp_path / "a.py").write_text(CALL + f"KEY = '{key}'  # a remark\n")
    scan(tmp_path)
    held = file_of(store).read_bytes()
    assert b"python.openai" in held
    for text in (key, "a remark", "responses.create", tmp_path.name):
        assert text.encode() not in held


def test_scans_at_once_do_not_disturb_each_other(store: Path) -> None:
    def one(number: int) -> bool:
        key = bytes([number]) * 32
        cache.keep({key: (MATCH,)})
        return cache.kept([key]) in ({key: (MATCH,)}, {})

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(40)))
    assert len(cache.kept(bytes([number]) * 32 for number in range(40))) > 0


def test_the_store_is_bounded_and_forgets_what_was_not_asked_for(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_ROWS", 10)
    old = {bytes([number]) * 32: (MATCH,) for number in range(10)}
    cache.keep(old)
    with sqlite3.connect(file_of(store)) as direct:
        direct.execute("UPDATE matches SET used = used - 30")
    recent = list(old)[3:5]
    assert len(cache.kept(recent)) == 2
    cache.keep({b"n" * 32: (MATCH,)})
    left = cache.kept([*old, b"n" * 32])
    assert len(left) == 8
    assert {*recent, b"n" * 32} <= set(left)


def test_the_key_holds_all_that_an_answer_depends_on() -> None:
    keys = [
        cache.key_of(b"x", "python", "a.py", ["r"], "d"),
        cache.key_of(b"y", "python", "a.py", ["r"], "d"),
        cache.key_of(b"x", "typescript", "a.py", ["r"], "d"),
        cache.key_of(b"x", "python", "a.tsx", ["r"], "d"),
        cache.key_of(b"x", "python", "a.py", ["r", "s"], "d"),
        cache.key_of(b"x", "python", "a.py", ["r"], "e"),
    ]
    assert len(set(keys)) == len(keys)
    assert cache.key_of(b"x", "python", "b/c.py", ["r"], "d") == keys[0]
