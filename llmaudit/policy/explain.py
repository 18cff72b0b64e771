"""Say why: a rule's section, or the chain that leads to the findings on one asset."""

from __future__ import annotations

import textwrap

from llmaudit.errors import UsageError
from llmaudit.model import Asset, Evidence, Finding, Report
from llmaudit.policy.document import parts
from llmaudit.policy.rule import plain
from llmaudit.policy.rules import PLANNED, RULES, nearest_rule

_BILL = {True: "reaches the bill", False: "does not reach the bill", None: "bill unknown"}
_LABEL = 11
_WIDTH = 88


def explain(rule_id: str) -> str:
    """What a rule is about, as docs/rules.md has it.

    Raises:
        UsageError: There is no such rule.
    """
    for rule in RULES:
        if rule.id == rule_id:
            section = "".join(_part(label, text) for label, text in parts(rule))
            return f"{rule.id}: {rule.title}\n\n{section}"
    if rule_id in PLANNED:
        return f"{rule_id}: no evidence in this version; it comes with {PLANNED[rule_id]}\n"
    near = nearest_rule(rule_id)
    raise UsageError(
        f"there is no rule {rule_id!r}",
        f"did you mean {near}?" if near else "llmaudit rules list --policy shows them",
    )


def _part(label: str, text: str) -> str:
    return (
        textwrap.fill(
            text,
            _WIDTH,
            initial_indent=f"  {label:<17}",
            subsequent_indent=" " * 19,
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
    )


def explain_finding(report: Report, name: str) -> str:
    """The chain behind a finding or asset: evidence, tags, owner, verdict, state, policy.

    Args:
        report: A run's report.
        name: A finding's fingerprint, an asset's id, or the start of either that only one
            asset answers to.

    Returns:
        Lines of text; characters that could drive a terminal are shown as escapes.

    Raises:
        UsageError: No asset of the report, or more than one, answers to the name.
    """
    findings = [f for f in report.findings if name and f.fingerprint.startswith(name)]
    wanted = {f.asset for f in findings}
    wanted |= {asset.id for asset in report.assets if name and asset.id.startswith(name)}
    assets = [asset for asset in report.assets if asset.id in wanted]
    if len(assets) != 1:
        raise UsageError(
            f"{len(assets) or 'no'} assets of the report answer to {name!r}",
            "give a whole asset id or fingerprint from the report",
        )
    asset = assets[0]
    about = findings or [f for f in report.findings if f.asset == asset.id]
    lines = [f"{asset.id}  {asset.kind}  {asset.name}", ""]
    lines += _labelled("Seen by", [_seen(entry) for entry in asset.evidence])
    lines += _labelled("Linked to", [f"{r.type} {r.to}" for r in asset.relations])
    lines += _labelled("Tags", _tags(asset, report))
    lines += _labelled("Owner", [_owner(asset)])
    lines += _labelled("Verdict", [": ".join(filter(None, (asset.verdict, asset.verdict_reason)))])
    for finding in about:
        lines += _labelled("Finding", _finding(finding))
    lines += _labelled("Policy", [_policy(report)])
    return "".join(f"{plain(line).rstrip()}\n" for line in lines)


def _labelled(label: str, lines: list[str]) -> list[str]:
    return [f"{label if not i else '':<{_LABEL}}{line}" for i, line in enumerate(lines)]


def _seen(entry: Evidence) -> str:
    said = (
        entry.provider,
        entry.sdk,
        entry.api,
        "/".join(entry.models),
        f"tagging {entry.tagging}" if entry.tagging else "",
        entry.confidence if entry.confidence != "certain" else "",
        f"rule {entry.rule}" if entry.rule else "",
    )
    facts = ", ".join(part for part in said if part)
    return f"{entry.connector} at {entry.where}{f': {facts}' if facts else ''}"


def _tags(asset: Asset, report: Report) -> list[str]:
    lines: list[str] = [asset.tag_status or "not asked for"]
    for key in dict.fromkeys((*report.policy.required, *sorted(asset.tags))):
        tag = asset.tags.get(key)
        if tag is None:
            lines.append(f"{key}: missing")
            continue
        how = f" ({tag.mechanism})" if tag.mechanism else ""
        word = ", the tree's own word" if tag.by_tree else ""
        bill = _BILL[tag.reaches_bill]
        lines.append(f"{key}: {_value(tag.value)} from {tag.source}{how}, {bill}{word}")
        lines += [f"  overruled: {_value(o.value)} from {o.source}" for o in tag.overruled]
    return lines


def _value(value: str | None) -> str:
    return "(decided at run time)" if value is None else value


def _owner(asset: Asset) -> str:
    owner = asset.owner
    if owner.value is None:
        return "none"
    passed = f"; passed over, has left: {', '.join(owner.passed_over)}" if owner.passed_over else ""
    return f"{owner.value} from {owner.source}, {owner.status}{passed}"


def _finding(finding: Finding) -> list[str]:
    state: str = finding.state
    if finding.state_reason:
        state += f" ({finding.state_reason})"
    if finding.state_until:
        state += f" until {finding.state_until}"
    return [
        f"{finding.rule}, {finding.level}, {state}, {finding.fingerprint}",
        finding.message,
        f"help: {finding.help}",
    ]


def _policy(report: Report) -> str:
    policy = report.policy
    if not policy.in_force:
        return "none: judged by the default rules"
    required = ", ".join(policy.required) or "no tags"
    return (
        f"{policy.digest} requires {required}; entries of sanctioned: {policy.sanctioned_entries}"
    )
