"""What was compiled before is used for exactly what it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmaudit import precompiled
from llmaudit.catalogue.load import PROVIDERS
from llmaudit.connectors.code import rulebook

HERE = str(Path(__file__))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(precompiled, "PACKAGED", tmp_path / "packaged")
    return tmp_path


def value(place: Path, digest: str, made: list[object], answer: object) -> object:
    def make() -> object:
        made.append(answer)
        return answer

    return precompiled.precompiled("thing", place, digest, make, HERE)


def test_it_is_made_once_for_each_state_of_its_files(cache: Path) -> None:
    made: list[object] = []
    assert value(cache, "a" * 64, made, {"x": [1]}) == {"x": [1]}
    assert value(cache, "a" * 64, made, "never asked for") == {"x": [1]}
    assert value(cache, "b" * 64, made, "another state") == "another state"
    assert made == [{"x": [1]}, "another state"]
    # Old states leave nothing behind.
    assert len(list(cache.rglob("thing-*.json"))) == 1


def test_what_comes_with_the_package_goes_before_the_cache(cache: Path) -> None:
    made: list[object] = []
    value(cache, "a" * 64, made, "packaged")
    (file,) = cache.rglob("thing-*.json")
    (cache / "packaged").mkdir()
    file.rename(cache / "packaged" / "thing.json")
    assert value(cache, "a" * 64, made, "not asked for") == "packaged"
    # The package's files were edited since: the package is right no longer.
    assert value(cache, "b" * 64, made, "edited") == "edited"
    assert made == ["packaged", "edited"]


def test_it_is_made_again_when_what_makes_it_changes(cache: Path) -> None:
    made: list[object] = []
    source = cache / "maker.py"

    def at(text: str) -> object:
        source.write_text(text)

        def make() -> object:
            made.append(text)
            return text

        return precompiled.precompiled("thing", cache, "a" * 64, make, str(source))

    assert [at("one"), at("one"), at("two")] == ["one", "one", "two"]
    assert made == ["one", "two"]


def test_what_makes_it_may_fail_and_nothing_is_kept(cache: Path) -> None:
    def make() -> object:
        raise ValueError("a broken file")

    with pytest.raises(ValueError, match="a broken file"):
        precompiled.precompiled("thing", cache, "a" * 64, make, HERE)
    assert not list(cache.rglob("*.json"))


def test_the_rules_and_the_catalogue_survive_as_json() -> None:
    top = rulebook.folder()
    files = {p.relative_to(top).as_posix(): p.read_bytes() for p in sorted(top.glob("*/*.yaml"))}
    documents = rulebook._read(files)
    assert json.loads(json.dumps(documents)) == json.loads(json.dumps(documents, default=repr))
    entries = [entry for _, document in documents for entry, _ in document]
    assert json.loads(json.dumps(entries)) == entries
    assert len(list(PROVIDERS.glob("*.yaml"))) > 100
