"""What is installed is whole, and what CI runs is what the README says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parent.parent


def _normal(name: str) -> str:
    return name.replace("_", "-").lower()


def test_the_wheel_is_told_to_carry_the_rules_without_their_fixtures() -> None:
    # .ci/run builds one and compares every name in it; a test cannot, as building needs a registry.
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"] == {
        "only-include": ["llmaudit", "rules"],
        "exclude": ["/rules/**/*.py"],
        "sources": {"rules": "llmaudit/rules"},
        "hooks": {"custom": {"require-runtime-dependencies": True}},
    }
    assert len(list((PROJECT / "rules").glob("*/*.yaml"))) > 10


def test_the_licence_is_whole() -> None:
    text = (PROJECT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_pins_cover_every_dependency_and_name_no_host() -> None:
    text = (PROJECT / "requirements/ci.txt").read_text("utf-8")
    pinned = {
        name.replace("_", "-").lower() for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    }
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {_normal(re.split(r"[<>=!~\[; ]", one)[0]) for one in wanted}
    assert names - pinned == set()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=sha256:)", text, re.MULTILINE)


def test_ci_runs_the_readmes_test_command() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^python3 -m venv .*pytest.*$", readme, re.MULTILINE)
    script = (PROJECT / ".ci/run").read_text("utf-8")
    assert f"\n{command}\n" in script
    assert command in (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    assert (PROJECT / ".ci/run").stat().st_mode & 0o111


def test_the_hook_runs_a_command_there_is() -> None:
    (hook,) = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"].split()[:2] == ["llmaudit", "check"]
    assert hook["pass_filenames"] is False
    assert f"id: {hook['id']}" in (PROJECT / "docs/ci.md").read_text("utf-8")


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
