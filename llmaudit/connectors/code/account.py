"""Where each file of a tree ended, as the tree's line of the ledger says it."""

from __future__ import annotations

from llmaudit.connectors.code.candidates import Candidate, TreeWork
from llmaudit.ledger import Scope


def end_of(item: Candidate, tangled: bool, work: TreeWork) -> str:
    """The count a parsed file ends in; what is wrong with it is noted."""
    whole = [trouble for trouble in item.troubles if trouble.whole]
    if whole:
        work.problems.append(f"{item.file.path}: {whole[0].kind}: {whole[0].message}")
        return f"error: {whole[0].kind}"
    if item.troubles:
        first = item.troubles[0]
        work.problems.append(f"{item.file.path}:{first.line or 1}: {first.message}")
        return "scanned: partly, a span could not be parsed"
    if tangled:
        work.problems.append(
            f"{item.file.path}: its values are too tangled to be followed to the end"
        )
        return "scanned: partly, values were not followed to the end"
    return "scanned"


def account(work: TreeWork, scope: Scope, ignored: int) -> None:
    """Write the tree's files into its ledger line: the counts add up to ``of``."""
    ends = work.ends
    scope.of = sum(ends.values())
    scope.seen = sum(count for label, count in ends.items() if label.startswith("scanned"))
    scope.skipped = scope.of - scope.seen
    scope.counts = dict(ends)
    if ignored:
        work.asides["untracked entries that git ignores, not looked at"] = ignored
    broken = sum(
        count
        for label, count in ends.items()
        if label.startswith(("error", "scanned: partly", "skipped: over"))
    )
    unsupported = sum(c for label, c in ends.items() if label.startswith("unsupported"))
    if work.tree.bare and not scope.seen:
        scope.end(
            "skipped",
            "this is a bare git repository: it holds no files to read",
            fix="check it out, and give the checkout",
        )
    elif not scope.of:
        scope.end("empty", "there is no file", fix="give a path that holds code")
    elif broken or work.problems:
        examples = "; ".join(sorted(work.problems)[:3])
        scope.end(
            "partial",
            f"{max(broken, len(work.problems))} of {scope.of} files could not be read whole"
            + (f": {examples}" if examples else ""),
            fix="mend or exclude these files",
        )
    elif unsupported:
        scope.end(
            "partial",
            f"{unsupported} of {scope.of} files are in languages this version does not scan: "
            + ", ".join(sorted({k.partition(": ")[2] for k in ends if k.startswith("unsupp")})),
            fix="exclude them if they hold no calls",
        )
    elif not scope.seen and (left := sorted(k for k in ends if k.startswith("skipped"))):
        scope.end(
            "skipped",
            f"none of {scope.of} files was read: "
            + ", ".join(f"{label.partition(': ')[2]} {ends[label]}" for label in left),
            fix="give the files themselves, or take back what excludes them",
        )
    else:
        scope.end("ok", "")
    asides = [f"{text}: {count}" for text, count in sorted(work.asides.items())]
    scope.why = "; ".join(part for part in (scope.why, *asides, *work.tree.notes) if part)
