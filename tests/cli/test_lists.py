"""What the tool says of itself."""

from __future__ import annotations

import json
from pathlib import Path

from inline_snapshot import snapshot

from llmaudit.connectors import KINDS
from llmaudit.connectors.code import rulebook
from llmaudit.exports import list_schemas
from llmaudit.policy import KNOWN_IDS

from .running import AS_OF, UNTAGGED, run, tree


def test_every_scan_rule_is_listed(tmp_path: Path) -> None:
    listed = json.loads(run("rules", "list", "--format", "json", cwd=tmp_path).out)
    assert [rule["id"] for rule in listed] == sorted(rulebook.load().rules)
    assert all((rulebook.folder() / rule["path"]).is_file() for rule in listed)
    assert next(rule for rule in listed if rule["id"] == "javascript.anthropic.client") == snapshot(
        {
            "id": "javascript.anthropic.client",
            "languages": ["javascript", "typescript"],
            "provider": "anthropic",
            "sdk": "anthropic-node",
            "api": "client",
            "tier": "shape",
            "path": "javascript/anthropic.yaml",
        }
    )
    text = run("rules", cwd=tmp_path).out
    assert text.splitlines()[0].split() == snapshot(
        ["ID", "LANGUAGES", "PROVIDER", "SDK", "API", "TIER", "PATH"]
    )
    assert len(text.splitlines()) == len(listed) + 1


def test_every_policy_rule_is_listed(tmp_path: Path) -> None:
    listed = json.loads(run("rules", "list", "--policy", "-f", "json", cwd=tmp_path).out)
    assert [rule["id"] for rule in listed] == sorted(KNOWN_IDS)


def test_every_source_is_listed(tmp_path: Path) -> None:
    listed = json.loads(run("sources", "-f", "json", cwd=tmp_path).out)
    assert [one["type"] for one in listed["connectors"]] == list(KINDS)
    assert [one["id"] for one in listed["exports"]] == [one.id for one in list_schemas()]
    text = run("sources", cwd=tmp_path).out
    assert all(f"{name} (" in text for name in KINDS)


def test_the_starter_is_a_configuration_that_gates(tmp_path: Path) -> None:
    made = run("init", cwd=tmp_path)
    assert (made.code, made.out, made.err) == snapshot(
        (0, "", "written: llmaudit.yaml; next: llmaudit check\n")
    )
    tree(tmp_path, app_py=UNTAGGED)
    ran = run("check", "--as-of", AS_OF, cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
