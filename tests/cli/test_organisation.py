# ruff: noqa: E501 - a line of a snapshot is a line of output
"""Which files are in force, and what a tree's own can change under an organisation's policy."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from llmaudit.cli.settings import in_force
from llmaudit.errors import LlmauditError

from .running import tree

ORG = """\
organization: Acme
policy:
  required_tags: {team: {values_from: units.csv}}
  rules: {untagged: error, shadow: warning, over-budget: error}
  owners: {people: hr/people.csv}
gateways: [{host: llm.acme.example, provider: litellm}]
connectors: [{type: exports, paths: ["*.csv"]}]
"""
TREE = """\
organization: Somebody else
policy:
  rules: {untagged: off, shadow: error}
  attribution: [{path: "svc/**", owner: "@acme/search"}]
gateways: [{host: hidden.example, provider: litellm}]
exclude: ["secret/**"]
connectors: [{type: code, paths: [lib], exclude: ["*.py"]}]
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with its own configuration, beside a folder with the organisation's."""
    tree(tmp_path, policies__org_yaml=ORG, app__llmaudit_yaml=TREE, app__svc__a_py="")
    subprocess.run(["git", "init", "-q", str(tmp_path / "app")], check=True)
    return tmp_path / "app"


def commit(folder: Path, message: str) -> None:
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", message],
        cwd=folder,
        check=True,
    )


def test_without_any_file_nothing_is_decided(tmp_path: Path) -> None:
    found = in_force(None, no_config=False, policy=None, cwd=tmp_path)
    assert (found.policy, found.digest, found.root, found.confine) == (None, "", tmp_path, None)


def test_a_file_that_is_found_is_the_trees_word_and_one_that_is_named_is_not(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout / "svc")
    found = in_force(None, no_config=False, policy=None, cwd=checkout / "svc")
    assert (found.by_tree, found.confine, found.root) == (True, checkout, checkout)
    named = in_force("../llmaudit.yaml", no_config=False, policy=None, cwd=checkout / "svc")
    assert (named.by_tree, named.confine, named.root) == (False, None, checkout)
    assert named.config == found.config
    assert named.digest == found.digest
    left = in_force(None, no_config=True, policy=None, cwd=checkout / "svc")
    assert left.policy is None


def test_a_tree_under_an_organisation(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    found = in_force(None, no_config=False, policy="../policies/org.yaml", cwd=checkout)
    policy = found.policy
    assert policy is not None
    assert {rule: setting.level for rule, setting in policy.rules.items()} == {
        "untagged": "error",
        "shadow": "error",
        "over-budget": "error",
    }
    assert policy.owners.people == "../policies/hr/people.csv"
    assert policy.required_tags["team"].values_from == "../policies/units.csv"
    assert [rule.path for rule in policy.attribution] == ["svc/**"]
    assert found.config.organization == "Acme"
    assert [gateway.host for gateway in found.config.gateways] == ["llm.acme.example"]
    assert found.config.exclude == ()
    assert found.config.connectors == ({"type": "code"},)
    assert list(found.warnings) == snapshot(
        [
            "the rule over-budget has no evidence in this version; it comes with budgets",
            "llmaudit.yaml: exclude: secret/** was dropped: under --policy a discovered configuration cannot narrow what is looked at",
            "llmaudit.yaml: gateways: hidden.example was dropped: under --policy a discovered configuration cannot narrow what is looked at",
            "llmaudit.yaml: connectors.0.paths was dropped: under --policy a discovered configuration cannot narrow what is looked at",
            "llmaudit.yaml: connectors.0.exclude was dropped: under --policy a discovered configuration cannot narrow what is looked at",
            "llmaudit.yaml: policy.rules.untagged: off was dropped: the organisation says error",
        ]
    )


def test_a_policy_from_a_git_ref_is_the_one_before_the_change(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    (checkout / "llmaudit.yaml").write_text("policy: {rules: {untagged: error}}\n")
    commit(checkout, "strict")
    (checkout / "llmaudit.yaml").write_text("policy: {rules: {untagged: off}}\n")
    commit(checkout, "loose")
    found = in_force(None, no_config=False, policy="git:HEAD~1:llmaudit.yaml", cwd=checkout)
    assert found.policy is not None
    assert found.policy.rules["untagged"].level == "error"
    assert list(found.warnings) == snapshot(
        ["llmaudit.yaml: policy.rules.untagged: off was dropped: the organisation says error"]
    )


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "git:HEAD:none.yaml",
            snapshot("""\
git has no 'none.yaml' at 'HEAD'
help: fetch that ref (in a CI checkout: fetch-depth: 0), and check the path\
"""),
        ),
        (
            "git:--output=x:llmaudit.yaml",
            snapshot("""\
--policy 'git:--output=x:llmaudit.yaml' names no file of a git ref
help: write git:origin/main:llmaudit.yaml\
"""),
        ),
        (
            "git:HEAD:llmaudit.yaml",
            snapshot("""\
git:HEAD:llmaudit.yaml names 'people.csv', and only the policy itself is read from a git ref
help: give the policy as a file, or leave its people, units and values_from to the tree\
"""),
        ),
        (
            "../policies/empty.yaml",
            snapshot("""\
../policies/empty.yaml holds no policy
help: add policy: to it\
"""),
        ),
    ],
)
def test_a_policy_that_cannot_bind_is_refused(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, source: str, says: str
) -> None:
    monkeypatch.chdir(checkout)
    (checkout / "llmaudit.yaml").write_text("policy: {owners: {people: people.csv}}\n")
    (checkout / "../policies/empty.yaml").write_text("organization: Acme\n")
    commit(checkout, "people")
    with pytest.raises(LlmauditError) as caught:
        in_force(None, no_config=False, policy=source, cwd=checkout)
    assert str(caught.value) == says
