# ruff: noqa: E501 - a line of a snapshot is a line of output
from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.config import Policy, RequiredTag, RuleSetting, tighten

DEFAULTS = {"untagged": "error", "shadow": "error", "no-owner": "warning", "stale-key": "note"}

ORG = {
    "required_tags": {
        "team": {},
        "environment": {"values": ["dev", "staging", "prod"], "aliases": ["env"]},
        "cost_center": {"pattern": "^CC-[0-9]{4}$"},
    },
    "rules": {"untagged": "error", "no-owner": {"level": "error", "allow": "5%"}},
    "never_ignore": ["key-in-code"],
    "sanctioned": [{"provider": "openai"}],
    "owners": {"people": "people.csv"},
}


def joined(tree: dict[str, Any], org: dict[str, Any] | None = None):
    return tighten(
        Policy.model_validate(org or ORG), Policy.model_validate(tree), "llmaudit.yaml", DEFAULTS
    )


def test_a_tree_may_ask_for_more() -> None:
    result = joined(
        {
            "required_tags": {
                "product": None,
                "environment": {"values": ["PROD"]},
                "team": {"values": ["search"]},
            },
            "require_at": "call",
            "rules": {"no-owner": {"level": "error", "allow": "2 %"}, "stale-key": "warning"},
            "never_ignore": ["shadow"],
            "owners": {"units": "units.csv"},
        }
    )
    assert result.warnings == ()
    assert result.by_tree is False
    assert result.policy == Policy.model_validate(
        ORG
        | {
            "required_tags": {
                "team": {"values": ["search"]},
                "environment": {"values": ["prod"], "aliases": ["env"]},
                "cost_center": {"pattern": "^CC-[0-9]{4}$"},
                "product": {},
            },
            "require_at": "call",
            "rules": {
                "untagged": "error",
                "no-owner": {"level": "error", "allow": "2 %"},
                "stale-key": "warning",
            },
            "never_ignore": ["key-in-code", "shadow"],
            "owners": {"people": "people.csv", "units": "units.csv"},
        }
    )


def test_what_would_loosen_is_dropped_and_said() -> None:
    org = ORG | {"require_at": "call"}
    result = joined(
        {
            "required_tags": {
                "environment": {"values": ["dev", "sandbox"], "aliases": ["env", "stage"]},
                "cost_center": {"pattern": ".*", "values_from": "units.csv"},
            },
            "require_at": "effective",
            "rules": {
                "untagged": {"level": "error", "allow": 3},
                "shadow": "off",
                "no-owner": {"level": "error", "allow": "50%"},
            },
            "sanctioned": [{"provider": "deepseek"}],
            "owners": {"people": "ours.csv"},
        },
        org,
    )
    assert list(result.warnings) == snapshot(
        [
            "llmaudit.yaml: policy.sanctioned was dropped: only the organisation's policy says what is permitted",
            "llmaudit.yaml: policy.required_tags.environment.values: sandbox was dropped: the organisation does not list it",
            "llmaudit.yaml: policy.required_tags.environment.aliases: stage was dropped: a further spelling accepts more",
            "llmaudit.yaml: policy.required_tags.cost_center.pattern was dropped: the organisation's is ^CC-[0-9]{4}$",
            "llmaudit.yaml: policy.require_at: effective was dropped: the organisation says call",
            "llmaudit.yaml: policy.rules.untagged.allow: 3 was dropped: the organisation allows 0",
            "llmaudit.yaml: policy.rules.shadow: off was dropped: the organisation says error",
            "llmaudit.yaml: policy.rules.no-owner.allow: 50% was dropped: the organisation allows 5%",
            "llmaudit.yaml: policy.owners.people was dropped: the organisation has a file of its own",
        ]
    )
    expected = Policy.model_validate(org)
    assert result.policy == expected.model_copy(
        update={
            "required_tags": expected.required_tags
            | {
                "environment": RequiredTag(values=("dev",), aliases=("env",)),
                "cost_center": RequiredTag(pattern="^CC-[0-9]{4}$", values_from="units.csv"),
            }
        }
    )


def test_the_trees_path_map_and_ignores_count_as_far_as_trust_allows() -> None:
    tree = {
        "attribution": [{"path": "svc/**", "tags": {"team": "search"}}],
        "ignores": [{"rule": "untagged", "path": "svc/**", "reason": "soon"}],
    }
    allowed = joined(tree)
    assert (len(allowed.policy.attribution), len(allowed.policy.ignores)) == (1, 1)
    assert allowed.by_tree is True
    assert allowed.warnings == ()
    denied = joined(tree, ORG | {"trust": {"path_map": False, "inline_ignores": False}})
    assert (denied.policy.attribution, denied.policy.ignores, denied.by_tree) == ((), (), False)
    assert list(denied.warnings) == snapshot(
        [
            "llmaudit.yaml: policy.attribution was dropped: the organisation sets trust.path_map: false",
            "llmaudit.yaml: policy.ignores was dropped: the organisation sets trust.inline_ignores: false",
        ]
    )
    mixed = joined(tree, ORG | {"attribution": [{"path": "lib/**", "owner": "@acme/lib"}]})
    assert [rule.path for rule in mixed.policy.attribution] == ["lib/**", "svc/**"]
    assert mixed.by_tree is False


LEVELS = ["off", "note", "warning", "error"]
ALLOWANCES = st.integers(0, 20).map(str) | st.integers(0, 100).map(lambda n: f"{n}%")
SETTINGS = st.builds(RuleSetting, level=st.sampled_from(LEVELS), allow=ALLOWANCES)
RULES = st.dictionaries(st.sampled_from(sorted(DEFAULTS)), SETTINGS)


def tolerated(setting: RuleSetting, assets: int) -> float:
    """Findings a rule tolerates before the gate breaks; infinite where it never does."""
    if setting.level != "error":
        return float("inf")
    text = str(setting.allow)
    return assets * float(text[:-1]) / 100 if text.endswith("%") else float(text)


@given(org=RULES, tree=RULES, assets=st.integers(0, 1000))
def test_no_tree_can_loosen_a_gate(
    org: dict[str, RuleSetting], tree: dict[str, RuleSetting], assets: int
) -> None:
    policy = tighten(Policy(rules=org), Policy(rules=tree), "x", DEFAULTS).policy
    for rule, default in DEFAULTS.items():
        bound = org.get(rule, RuleSetting.model_validate({"level": default}))
        result = policy.rules.get(rule, RuleSetting.model_validate({"level": default}))
        assert LEVELS.index(result.level) >= LEVELS.index(bound.level)
        assert tolerated(result, assets) <= tolerated(bound, assets)
