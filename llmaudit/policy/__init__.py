"""Judge assets by the policy, then set aside what was accepted."""

from llmaudit.policy.document import document
from llmaudit.policy.explain import explain, explain_finding
from llmaudit.policy.judge import in_force, judge, order
from llmaudit.policy.rule import Rule
from llmaudit.policy.rules import KNOWN_IDS, PLANNED, RULES, nearest_rule
from llmaudit.policy.suppress import set_aside_earlier, suppress

__all__ = [
    "KNOWN_IDS",
    "PLANNED",
    "RULES",
    "Rule",
    "document",
    "explain",
    "explain_finding",
    "in_force",
    "judge",
    "nearest_rule",
    "order",
    "set_aside_earlier",
    "suppress",
]
