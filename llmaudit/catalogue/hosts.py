"""Host names, read label by label from the right, so that no part of a label ever matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from llmaudit.catalogue.facts import Provider


@dataclass(slots=True)
class Label:
    """One label of a host name and what lies to its left.

    Attributes:
        here: Who answers when the name ends with this label.
        below: Who answers for a longer name that nothing more particular knows.
        exact: Labels to the left, spelt out.
        endings: Labels to the left by their endings, the beginning being free.
    """

    here: Provider | None = None
    below: Provider | None = None
    exact: dict[str, Label] = field(default_factory=dict)
    endings: list[tuple[str, Label]] = field(default_factory=list)


def host_tree(providers: Iterable[Provider]) -> Label:
    """The hosts of all providers as one tree."""
    root = Label()
    for provider in providers:
        for host in provider.hosts:
            labels = host.split(".")
            only_below = labels[0] == "*"
            node = root
            for label in reversed(labels[1:] if only_below else labels):
                node = _child(node, label)
            node.below = provider
            if not only_below:
                node.here = provider
    return root


def find_host(root: Label, name: str) -> Provider | None:
    """Provider of a host name, with or without a port; the most particular entry answers."""
    labels = name.strip().casefold().partition(":")[0].rstrip(".").split(".")
    return _find(root, labels, len(labels))


def _child(node: Label, label: str) -> Label:
    if not label.startswith("*"):
        return node.exact.setdefault(label, Label())
    for ending, child in node.endings:
        if ending == label[1:]:
            return child
    node.endings.append((label[1:], Label()))
    return node.endings[-1][1]


def _find(node: Label, labels: list[str], left: int) -> Provider | None:
    if left == 0:
        return node.here
    label = labels[left - 1]
    if label in node.exact:
        found = _find(node.exact[label], labels, left - 1)
        if found is not None:
            return found
    for ending, child in node.endings:
        if label.endswith(ending) and len(label) > len(ending):
            found = _find(child, labels, left - 1)
            if found is not None:
                return found
    return node.below
