"""Files that declare or run a model without being program code.

Pipelines, infrastructure, settings, agents' configuration and exported automations: each
surface has one reader, chosen by the file's path and, where the path tells nothing, by the
document. Knowledge of actions, resource types, images and the like is data in ``data/``.
Readers yield small findings; `read_surface` makes evidence of them. Nothing is run, nothing is
expanded, and no value of a secret is kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from llmaudit.connectors.code.surfaces.evidence import Place, marked_comments, to_evidence
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Shared, Source
from llmaudit.connectors.code.surfaces.paths import is_template, surface_of
from llmaudit.connectors.code.surfaces.registry import may_hold, read
from llmaudit.connectors.code.syntax.tree import Comment

__all__ = [
    "Place",
    "Source",
    "Surface",
    "inherit_tags",
    "is_template",
    "may_hold",
    "read_surface",
    "surface_of",
    "to_evidence",
]


@dataclass(slots=True)
class Surface:
    """What one file gave.

    Attributes:
        shared: Tags that its provider blocks give every resource, in its folder and in
            modules called from there.
        problems: Sentences on what was not read.
        failed: Nothing of the file could be read.
        comments: Those that speak to llmaudit, by their line.
    """

    found: list[Found] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failed: bool = False
    comments: dict[int, Comment] = field(default_factory=dict)


def read_surface(surface: str, source: Source) -> Surface:
    """Read a file by the reader of its surface; secrets and routes once per file."""
    result = Surface()
    seen: set[tuple[str, ...]] = set()
    for one in read(surface, source):
        if isinstance(one, Problem):
            result.problems.append(one.text)
            result.failed |= one.whole
        elif isinstance(one, Shared):
            result.shared.append(one)
        else:
            key = (one.kind, one.key, one.variable, one.exposed, *one.models)
            if one.scope == "repository" and one.kind != "automation":
                if key in seen:
                    continue
                seen.add(key)
            result.found.append(one)
    result.comments = marked_comments(source.text)
    result.found.sort(key=lambda one: one.line)
    return result


def inherit_tags(
    found: Iterable[tuple[str, Found]], shared: Iterable[tuple[str, Shared]]
) -> list[Found]:
    """Give resources the tags of their provider's block (``default_tags``).

    In the block's own folder they are the resource's; elsewhere in the tree a module may be
    called with that provider, so that a resource without tags may have them.

    Args:
        found: Findings with the folder of their file.
        shared: The blocks' tags with the folder of theirs.
    """
    blocks = list(shared)
    result: list[Found] = []
    for folder, one in found:
        type_ = one.attributes.get("resource_type", "")
        # Rows that cannot carry tags are left as they are.
        fitting = [(where, block) for where, block in blocks if type_.startswith(block.prefix)]
        if not fitting or one.tagging is None:
            result.append(one)
            continue
        here = [block for where, block in fitting if where == folder]
        own = {tag.key for tag in one.tags}
        tags = (*one.tags, *(t for block in here for t in block.tags if t.key not in own))
        tagging = one.tagging
        if tags:
            tagging = "tagged"
        elif here or tagging == "untagged":
            tagging = "dynamic"
        result.append(dataclasses.replace(one, tags=tags, tagging=tagging))
    return result
