"""Say why: a rule's section, or the chain that leads to one finding."""

from __future__ import annotations

from llmaudit.errors import UsageError
from llmaudit.model import Asset, Finding, Report
from llmaudit.policy.rules import PLANNED, RULES
from llmaudit.policy.suppress import nearest_rule


def explain(rule_id: str) -> str:
    """What a rule is about, as docs/rules.md has it.

    Raises:
        UsageError: There is no such rule.
    """
    for rule in RULES:
        if rule.id == rule_id:
            return (
                f"{rule.id}: {rule.title}\n\n"
                f"  Applies to       {', '.join(rule.kinds)}\n"
                f"  Default level    {rule.level}\n"
                f"  Why              {rule.why}\n"
                f"  Example          {rule.example}\n"
                f"  How to satisfy   {rule.satisfy}\n"
                f"  Source           {rule.source}\n"
            )
    if rule_id in PLANNED:
        return (
            f"{rule_id}: this version has no evidence for it; it comes with {PLANNED[rule_id]}.\n"
        )
    near = nearest_rule(rule_id)
    raise UsageError(
        f"there is no rule or finding {rule_id!r}",
        f"did you mean {near}?" if near else "llmaudit rules list --policy shows them",
    )


def explain_finding(report: Report, name: str) -> str:
    """The chain behind a finding or asset: evidence, tags, owner, verdict, state.

    Args:
        report: A run's report.
        name: A finding's fingerprint, an asset's id, or the unique start of either.

    Raises:
        UsageError: Nothing in the report, or more than one thing, begins with the name.
    """
    assets = [asset for asset in report.assets if asset.id.startswith(name)]
    findings = [f for f in report.findings if f.fingerprint.startswith(name)]
    wanted = {asset.id for asset in assets} | {finding.asset for finding in findings}
    if len(wanted) != 1:
        raise UsageError(
            f"{len(wanted) or 'no'} assets of the report answer to {name!r}",
            "give a whole asset id (call-...) or fingerprint from the report",
        )
    asset = next(a for a in report.assets if a.id in wanted)
    about = findings or [f for f in report.findings if f.asset == asset.id]
    lines = [f"{asset.id}  {asset.kind}  {asset.name}", ""]
    lines += _evidence(asset)
    lines += _tags(asset, report)
    lines += _owner(asset)
    lines += [
        f"Verdict   {asset.verdict}: {asset.verdict_reason}"
        if asset.verdict_reason
        else f"Verdict   {asset.verdict}"
    ]
    lines += [line for finding in about for line in _finding(finding)]
    return "\n".join(lines) + "\n"


def _evidence(asset: Asset) -> list[str]:
    lines = ["Seen by"]
    for entry in asset.evidence:
        said = ", ".join(
            part
            for part in (
                entry.provider or "",
                entry.sdk or "",
                entry.api or "",
                "/".join(entry.models),
                f"tagging {entry.tagging}" if entry.tagging else "",
                entry.confidence if entry.confidence != "certain" else "",
                f"rule {entry.rule}" if entry.rule else "",
            )
            if part
        )
        lines.append(f"  {entry.connector:<10}{entry.where}  {said}")
    return lines


def _tags(asset: Asset, report: Report) -> list[str]:
    lines = [f"Tags      {asset.tag_status or 'not asked for'}"]
    for key in report.policy.required or tuple(sorted(asset.tags)):
        tag = asset.tags.get(key)
        if tag is None:
            lines.append(f"  {key:<16}missing")
            continue
        bill = {True: "reaches the bill", False: "does not reach the bill", None: "bill unknown"}
        lines.append(
            f"  {key:<16}{tag.value if tag.value is not None else '(decided at run time)'}  "
            f"from {tag.source} ({tag.mechanism or 'as written'}), {bill[tag.reaches_bill]}"
        )
        lines += [
            f"  {'':<16}overruled: {other.value} from {other.source}" for other in tag.overruled
        ]
    return lines


def _owner(asset: Asset) -> list[str]:
    owner = asset.owner
    if owner.value is None:
        return ["Owner     none"]
    passed = f"; passed over: {', '.join(owner.passed_over)}" if owner.passed_over else ""
    return [f"Owner     {owner.value} from {owner.source}, {owner.status}{passed}"]


def _finding(finding: Finding) -> list[str]:
    state: str = finding.state
    if finding.state_reason:
        state += f" ({finding.state_reason})"
    if finding.state_until:
        state += f" until {finding.state_until}"
    return [
        f"Finding   {finding.rule}  {finding.level}  {state}  {finding.fingerprint}",
        f"  {finding.message}",
        f"  {finding.help}",
    ]
