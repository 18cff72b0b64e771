"""CPU and memory of each tool on the same files, measured in turns.

In each round every tool runs once, so that what else the machine does falls on all of them;
ratios are taken within a round.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.accuracy.peers import PEERS
from benchmarks.measured import measure, median

RUNS = 3
RATIO_GOAL = 2.0
MEMORY_GOAL = 400
COLD, WARM = "llmaudit, cold", "llmaudit, warm"

Cost = dict[str, object]


def cost(sources: Path, peers: Path | None) -> Cost:
    """Medians of some runs of each tool, and the ratios of ours to the others."""
    scan = [
        str(Path(sys.executable).with_name("llmaudit")),
        "scan", "--no-config", "-q", "--format", "json", "-o", os.devnull, str(sources),
    ]  # fmt: skip
    rounds: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as name:
        folder = Path(name)
        warm = {**os.environ, "XDG_CACHE_HOME": str(folder / "warm")}
        measure(scan, warm)
        for number in range(RUNS):
            cold = {**os.environ, "XDG_CACHE_HOME": str(folder / f"cold-{number}")}
            rounds.append({COLD: measure(scan, cold), WARM: measure(scan, warm)})
            for peer in PEERS if peers else ():
                assert peers is not None
                scratch = folder / f"{peer.name}-{number}"
                scratch.mkdir()
                command = peer.scan(peers / peer.name, [sources], scratch)
                rounds[-1][peer.name] = measure(command, cold, expected=peer.codes)
    files = [path for path in sources.rglob("*") if path.is_file()]
    return {
        "files": len(files),
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 1),
        "runs": RUNS,
        "tools": {name: median([one[name] for one in rounds]) for name in rounds[0]},
        "ratio": {
            f"{ours} / {peer.name}": _ratio(rounds, ours, peer.name)
            for ours in (COLD, WARM)
            for peer in PEERS
            if peers
        },
    }


def _ratio(rounds: list[dict[str, dict[str, float]]], ours: str, peer: str) -> float:
    return round(statistics.median(one[ours]["cpu"] / one[peer]["cpu"] for one in rounds), 2)


def verdict(measured: Mapping[str, object]) -> str:
    """The goals in one line."""
    tools, ratios = measured["tools"], measured["ratio"]
    assert isinstance(tools, dict)
    assert isinstance(ratios, dict)
    memory = max(tools[COLD]["memory"], tools[WARM]["memory"])
    said = [
        _goal(f"CPU {name}", ratio, RATIO_GOAL, "")
        for name, ratio in ratios.items()
        if name.endswith("/ tokentoll")
    ]
    said.append(_goal("peak memory", memory, MEMORY_GOAL, " MB"))
    return "; ".join(said)


def _goal(what: str, value: float, goal: float, unit: str) -> str:
    met = "met" if value <= goal else "missed"
    return f"{what} {value:.2f}{unit} (goal {goal:g}{unit}: {met})"
