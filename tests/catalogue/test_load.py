"""Provider files are refused with one clear sentence, and compiled once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import wrap

import pytest
from inline_snapshot import snapshot

from llmaudit import catalogue
from llmaudit.errors import ConfigError

ACME = """\
id: acme
name: Acme AI
kind: provider
aliases: [acme models]
sources:
  docs: Acme documentation
hosts:
  - {value: api.acme.example, source: docs}
sdks:
  - id: acme-python
    packages: {pypi: [acme-ai]}
    imports: {python: [acme_ai]}
    source: docs
key_patterns:
  - {name: API key, pattern: 'acme_[a-z]{8}', prefix: acme_, kind: api_key, source: docs}
tagging:
  - apis: ['*']
    fields:
      - {field: metadata, level: call, strength: tag, reaches_bill: null, max_keys: 3, source: docs}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    files = tmp_path / "providers"
    files.mkdir()
    (files / "acme.yaml").write_text(ACME)
    return files


def facts(known: catalogue.Catalogue) -> dict[str, catalogue.Provider]:
    return dict(known.providers)


def fresh(folder: Path) -> catalogue.Catalogue:
    """Load as a new process would, with nothing in memory."""
    catalogue.load.__globals__["_loaded"].clear()
    return catalogue.load(folder)


def cache(folder: Path) -> Path:
    (found,) = folder.parent.rglob("catalogue-*.json")
    return found


def test_a_file_becomes_facts(folder):
    known = catalogue.load(folder)
    acme = known.providers["acme"]
    assert acme == catalogue.read_provider(folder / "acme.yaml")
    assert (acme.hosts, acme.sources) == (("api.acme.example",), {"docs": "Acme documentation"})
    assert acme.sdks == (
        catalogue.Sdk(
            "acme-python", "acme", True, {"pypi": ("acme-ai",)}, {"python": ("acme_ai",)}, "docs"
        ),
    )
    assert acme.tagging[0].fields == (
        catalogue.TagField("metadata", "call", "tag", None, "docs", max_keys=3),
    )


@pytest.mark.parametrize("harm", ["cut", "garbage", "other state", "a bit", "gone", "a folder"])
def test_a_damaged_cache_is_made_again(folder, harm):
    first = facts(fresh(folder))
    file = cache(folder)
    whole = file.read_bytes()
    if harm == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif harm == "garbage":
        file.write_bytes(b"\xff\x00" * 40)
    elif harm == "other state":
        file.write_bytes(b"0" + whole[1:])
    elif harm == "a bit":
        file.write_bytes(whole.replace(b"api.acme.example", b"api.evil.example"))
    else:
        file.unlink()
        if harm == "a folder":
            file.mkdir()
    assert facts(fresh(folder)) == first
    if harm != "a folder":
        assert file.read_bytes() == whole
    assert sorted(p.name for p in file.parent.iterdir()) == [file.name]


def test_a_cache_that_cannot_be_written_costs_nothing_else(folder, monkeypatch):
    (folder.parent / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(folder.parent / "file"))
    monkeypatch.setattr(Path, "home", lambda: folder.parent / "file")
    assert list(fresh(folder).providers) == ["acme"]


def test_a_cache_folder_inside_the_audited_tree_is_not_used(folder, monkeypatch):
    # A relative folder would let the tree bring a cache of its own making.
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("XDG_CACHE_HOME", "planted")
    monkeypatch.setenv("LOCALAPPDATA", "planted")
    assert list(fresh(folder).providers) == ["acme"]
    assert not (folder.parent / "planted").exists()


def test_a_changed_file_is_read_again_and_old_states_leave_nothing(folder):
    before = fresh(folder)
    (folder / "acme.yaml").write_text(ACME.replace("Acme AI", "Acme Models AI"))
    after = fresh(folder)
    assert after.providers["acme"].name == "Acme Models AI"
    assert after.digest != before.digest
    assert len(list(folder.parent.rglob("catalogue-*.json"))) == 1


def test_a_warm_start_parses_no_yaml_and_imports_no_validator(folder):
    script = (
        "import sys; from pathlib import Path; from llmaudit import catalogue; "
        f"catalogue.load(Path({str(folder)!r})).host('api.acme.example'); "
        "print(sorted({'yaml', 'pydantic'} & set(sys.modules)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["['pydantic', 'yaml']", "[]"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "kind: provider",
            "kind: vendor",
            snapshot(
                [
                    "catalogue file acme.yaml: kind: Input should be 'provider', 'cloud',",
                    "'gateway', 'framework' or 'app'",
                ]
            ),
        ),
        (
            "hosts:",
            "host:",
            snapshot(["catalogue file acme.yaml: host: Extra inputs are not permitted"]),
        ),
        (
            "max_keys: 3",
            "max_key: 3",
            snapshot(
                [
                    "catalogue file acme.yaml: tagging.0.fields.0.max_key: Extra inputs are not",
                    "permitted",
                ]
            ),
        ),
        (
            "api.acme.example, source: docs",
            "api.acme.example",
            snapshot(["catalogue file acme.yaml: hosts.0.source: Field required"]),
        ),
        (
            "api.acme.example, source: docs",
            "api.acme.example, source: blog",
            snapshot(
                [
                    "catalogue file acme.yaml: hosts: api.acme.example names the source 'blog',",
                    "which is not explained",
                ]
            ),
        ),
        (
            "  docs: Acme documentation",
            "  docs: ''",
            snapshot(
                [
                    "catalogue file acme.yaml: hosts: api.acme.example names the source 'docs',",
                    "which is not explained",
                ]
            ),
        ),
        (
            "  docs: Acme",
            "  blog: Acme\n  docs: Acme",
            snapshot(["catalogue file acme.yaml: sources: no fact names 'blog'"]),
        ),
        (
            "id: acme\n",
            "id: other\n",
            snapshot(["catalogue file acme.yaml: id: 'other' is not the name of the file"]),
        ),
        (
            "api.acme.example",
            "https://api.acme.example/v1",
            snapshot(
                [
                    "catalogue file acme.yaml: hosts: 'https://api.acme.example/v1' is not a host",
                    "name or a pattern of one",
                ]
            ),
        ),
        (
            "'acme_[a-z]{8}'",
            "'acme_[a-z{8}'",
            snapshot(
                [
                    "catalogue file acme.yaml: key_patterns: 'acme_[a-z{8}' is no regular",
                    "expression: unterminated character set at position 5",
                ]
            ),
        ),
        (
            "'acme_[a-z]{8}'",
            "'[a-z]{8}'",
            snapshot(
                [
                    "catalogue file acme.yaml: key_patterns: '[a-z]{8}' does not begin with its",
                    "prefix 'acme_'",
                ]
            ),
        ),
        (
            "name: Acme AI",
            "name: [Acme AI",
            snapshot(["catalogue file acme.yaml is not valid YAML from line 3 on"]),
        ),
        (
            "kind: provider",
            "kind: provider\nmodels: [{value: a*b, source: docs}]",
            snapshot(
                [
                    "catalogue file acme.yaml: models: 'a*b' must be lower case, with no * before",
                    "its end",
                ]
            ),
        ),
        (
            "kind: provider",
            "kind: provider\nmerchants: [{value: CURSOR, source: docs}]",
            snapshot(
                [
                    "catalogue file acme.yaml: merchants: 'CURSOR' must be plain upper-case",
                    "words, not a common one",
                ]
            ),
        ),
    ],
)
def test_a_broken_file_is_refused_with_one_sentence(folder, old, new, problem):
    assert ACME.count(old) == 1
    (folder / "acme.yaml").write_text(ACME.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        catalogue.load(folder)
    assert wrap(caught.value.problem, 76) == problem
    assert caught.value.help


@pytest.mark.parametrize("text", ["", "- acme\n", "just words\n"])
def test_a_file_that_holds_no_provider_is_refused(folder, text):
    (folder / "acme.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"catalogue file acme\.yaml: the file: "):
        catalogue.load(folder)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            "hosts: [{value: api.acme.example, source: s}]",
            snapshot(["the catalogue's acme and beta both claim the host api.acme.example"]),
        ),
        (
            "env_vars: [{value: A, source: s}]\naliases: [ACME-models]",
            snapshot(["the catalogue's acme and beta both claim the name acmemodels"]),
        ),
        (
            "sdks: [{id: b, packages: {pypi: [Acme_AI]}, source: s}]",
            snapshot(["the catalogue's acme and beta both claim the pypi package acme-ai"]),
        ),
        (
            "sdks: [{id: b, imports: {python: [acme_ai]}, source: s}]",
            snapshot(["the catalogue's acme and beta both claim the python module acme_ai"]),
        ),
        (
            "sdks: [{id: acme-python, source: s}]",
            snapshot(["the catalogue's acme and beta both claim the sdk acme-python"]),
        ),
    ],
)
def test_two_providers_cannot_claim_the_same(folder, more, problem):
    (folder / "beta.yaml").write_text(
        f"id: beta\nname: Beta\nkind: provider\nsources: {{s: Beta documentation}}\n{more}\n"
    )
    with pytest.raises(ConfigError) as caught:
        catalogue.load(folder)
    assert wrap(caught.value.problem, 76) == problem


def test_the_example_of_the_documentation_is_a_provider_file(folder):
    text = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (folder / "acme.yaml").write_text(example)
    known = catalogue.load(folder)
    assert known.key("acme_" + "madeup00" * 4) == known.key_patterns[0]
    assert known.tag_fields("acme", "responses")[0].max_keys == 16
    assert known.nearest("acme", "embeddings") == "one key per team, listed in the key register"
