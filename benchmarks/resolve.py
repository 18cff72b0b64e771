"""How time and memory of the stages after collection grow with the evidence.

Run ``python benchmarks/resolve.py``. Each size runs in a process of its own, which makes its
evidence and then resolves, joins usage, attributes, classifies and judges it. Printed are CPU
seconds of these stages, peak memory of the whole process and, per stage, what ten times the
evidence costs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from sys import intern
from typing import TypeVar

from llmaudit.model import Asset, Evidence, Location, RedactedKey, Relation, Tag, Usage

T = TypeVar("T")

PIECES = 200_000
RUNS = 3
GOAL_SECONDS = 20
GOAL_MEGABYTES = 400
GOAL_RATIO = 12
AS_OF = date(2026, 11, 23)

_PROVIDERS = ("openai", "anthropic", "mistral")
_SDKS = {"openai": "openai-python", "anthropic": "anthropic-python", "mistral": "mistralai-python"}
_MODELS = ("gpt-4o", "gpt-4o-mini", "o3-mini", "text-embedding-3-small")
_APIS = ("chat.completions", "responses", "embeddings")


def evidence(pieces: int) -> Iterator[Evidence]:
    """A company's evidence: of 20 pieces 12 calls, 2 SDKs, 2 keys, 2 register rows, 2 seats.

    About half of the calls that can carry tags carry them all; one in seven has no owner.
    """
    for number in range(pieces):
        block, turn = divmod(number, 20)
        if turn < 12:
            yield _call(block, turn)
        elif turn < 14:
            yield _sdk(block, turn)
        elif turn < 16:
            yield _key(block, turn)
        elif turn < 18:
            yield _registered(block, turn)
        else:
            yield _seat(block, turn)


def usage(pieces: int) -> Iterator[Usage]:
    """One row per four pieces of evidence: most on a seat or a key, some on nothing known."""
    for number in range(pieces // 4):
        block, turn = divmod(number, 5)
        link = (
            f"seat:github-copilot:u_{block:010x}@example.com",
            f"key-id:openai:key_{block:x}_14",
            None,
        )[turn % 3]
        yield Usage(
            source="exports:usage.csv",
            day=date(2026, 9, 25) + timedelta(days=number % 40),
            asset=link,
            model=_MODELS[number % 4],
            requests=Decimal(1),
            input_tokens=number % 900,
            output_tokens=number % 90,
            amount=Decimal(number % 1000) / 100,
            currency="USD",
        )


@cache
def _file(block: int) -> tuple[str, str]:
    """Repository and path; the calls of one file hold the same text, as they do when read."""
    return f"github.com/acme/service-{block // 50}", f"svc/team{block % 7}/module{block % 50}.py"


def _call(block: int, turn: int) -> Evidence:
    repo, path = _file(block)
    provider = _PROVIDERS[block % 3]
    api = _APIS[turn % 3]
    symbol = intern(f"handler{turn // 4}")
    where = Location(repo, path, turn * 9 + 1, turn * 9 + 5, 5)
    tagged = turn % 3 != 2 and turn != 1
    return Evidence(
        connector="code",
        kind="call",
        name=f"{path}:{symbol} {api}",
        where=where,
        same_as=(f"call:{repo}:{path}#{symbol}:{api}:{block:06x}{turn:06x}:1",),
        relates=(Relation("uses_key", f"key-id:openai:key_{block:x}_14", "the key's variable"),)
        if turn % 4 == 0
        else (Relation("uses_key", "env:OPENAI_API_KEY"),),
        provider=provider,
        sdk=_SDKS[provider],
        api=api,
        models=(_MODELS[turn % 4],),
        tagging="tagged" if tagged else "untagged",
        symbol=symbol,
        callers=turn,
        rule=intern(f"python-{provider}-{api}"),
        context="test" if turn == 11 else "app",
        tags=(Tag("team", f"team{block % 7}", "call", "metadata", False, where),) if tagged else (),
    )


def _sdk(block: int, turn: int) -> Evidence:
    repo = f"github.com/acme/service-{block // 50}"
    return Evidence(
        connector="code",
        kind="sdk",
        name="openai-python",
        where=Location(repo, f"svc/module{block % 50}.py", turn),
        same_as=(f"sdk:{repo}:openai-python",),
        provider="openai",
        sdk="openai-python",
        context="app",
    )


def _key(block: int, turn: int) -> Evidence:
    number = f"{block:x}_{turn}"
    return Evidence(
        connector="gateway",
        kind="api_key",
        name=f"key {number}",
        where=Location(uri=f"openai://proj_{block % 40}/key_{number}"),
        same_as=(f"key-id:openai:key_{number}",),
        relates=(Relation("in_project", f"project:openai:proj_{block % 40}"),),
        redacted=RedactedKey("openai", "acme", f"sk-pr...{_tail(block, turn)}"),
        provider="openai",
        project=f"proj_{block % 40}",
        last_used=AS_OF - timedelta(days=block % 200),
    )


def _registered(block: int, turn: int) -> Evidence:
    """Register rows: most by redacted form, every hundredth a glob over keys."""
    where = Location(uri=f"file:keys.csv#row={block * 2 + turn}")
    tags = (
        Tag("team", f"team{block % 7}", "register", "register", False, where),
        Tag("cost_center", f"CC-100{block % 7}", "register", "register", False, where),
    )
    form = f"sk-pr...{_tail(block, turn - 2)}"
    glob = f"key_{block:x}*" if turn == 16 and block % 100 == 0 else ""
    return Evidence(
        connector="registry",
        kind="api_key",
        name=f"openai {glob or form}",
        where=where,
        same_as=(f"register:openai:{glob or form}",),
        relates=(Relation("registers", f"key-glob:openai:{glob}", "keys.csv"),) if glob else (),
        redacted=None if glob else RedactedKey("openai", "", form),
        provider="openai",
        tags=tags,
        owner=f"@acme/team{block % 7}",
        owner_source="register",
        register=True,
    )


def _seat(block: int, turn: int) -> Evidence:
    holder = f"u_{block:010x}@example.com"
    app = "github-copilot" if turn == 18 else "chatgpt"
    return Evidence(
        connector="exports",
        kind="seat",
        name=f"{app} seat {holder}",
        where=Location(uri=f"file:exports/seats.csv#row={block * 2 + turn}"),
        same_as=(f"seat:{app}:{holder}",),
        provider="github" if turn == 18 else "openai",
        owner=holder,
        owner_source="seat_holder",
        last_used=AS_OF - timedelta(days=block % 90),
        attributes={"plan": "business"},
    )


def _tail(block: int, turn: int) -> str:
    return f"{(block * 4 + turn) * 2654435761 % 2**32:08x}"


def measure(pieces: int) -> dict[str, float]:
    """Run the stages on so many pieces of evidence, in this process."""
    from llmaudit import attribution, catalogue, identity, policy, sanction
    from llmaudit import usage as money
    from llmaudit.bulk import collector_paused
    from llmaudit.config import PathRule, Policy, RequiredTag, SanctionedEntry
    from llmaudit.model import Period
    from llmaudit.redact import People

    rules = Policy(
        required_tags={
            "team": RequiredTag(),
            "cost_center": RequiredTag(pattern="(?i)^cc-[0-9]{4}$"),
        },
        sanctioned=(
            SanctionedEntry(provider="openai"),
            SanctionedEntry(provider="anthropic", models=("gpt-4o*", "o3*")),
            SanctionedEntry(provider="mistral", repositories=("github.com/acme/service-1*",)),
            SanctionedEntry(app="GitHub Copilot"),
        ),
        attribution=tuple(
            PathRule(
                path=f"svc/team{team}/**",
                owner=f"@acme/team{team}",
                tags={"cost_center": f"CC-100{team}"},
            )
            for team in range(6)
        ),
    )
    people, units = attribution.read_registers(rules.owners, Path.cwd(), People(b"benchmark"))
    known = catalogue.load()
    seen = tuple(evidence(pieces))
    rows = tuple(usage(pieces))
    period = Period(date(2026, 10, 1), date(2026, 11, 1))
    seconds: dict[str, float] = {}

    def timed(stage: str, run: Callable[[], T]) -> T:
        start = time.process_time()
        result = run()
        seconds[stage] = time.process_time() - start
        return result

    # One pause around all stages, as in llmaudit.pipeline.run.
    with collector_paused():
        assets: tuple[Asset, ...] = timed("resolve", lambda: identity.resolve(seen))
        count = len(assets)
        assets, _ = timed("join usage", lambda: money.join(assets, rows, period))
        # As the pipeline does: all of it lives on in the assets.
        seen, rows = (), ()
        assets = timed(
            "attribute",
            lambda: attribution.attribute(
                assets,
                rules,
                known,
                repositories=(),
                people=people,
                units=units,
                by_tree=False,
                as_of=AS_OF,
            ),
        )
        assets = timed("classify", lambda: sanction.classify(assets, rules.sanctioned, AS_OF))
        findings = timed("judge", lambda: policy.judge(assets, rules, as_of=AS_OF))
    return {
        **seconds,
        "all stages": sum(seconds.values()),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "assets": count,
        "findings": len(findings),
    }


def main() -> None:
    """Measure two sizes, each in its own process, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=PIECES, help="evidence of the larger run")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return
    sizes = (arguments.pieces // 10, arguments.pieces)
    # The two sizes in turn, so that a machine that slows down slows both.
    runs = [[_in_a_process(size) for size in sizes] for _ in range(RUNS)]
    small, large = (
        {name: statistics.median(run[at][name] for run in runs) for name in runs[0][at]}
        for at in (0, 1)
    )
    print(f"medians of {RUNS} runs, CPU seconds per stage")
    print(f"{'':<12} {sizes[0]:>12,} {sizes[1]:>12,}  ratio")
    for name, value in large.items():
        ratio = value / small[name] if small[name] else 0
        print(f"{name:<12} {small[name]:>12,.2f} {value:>12,.2f} {ratio:>6.1f}")
    if arguments.pieces != PIECES:
        print(f"the goals are stated for {PIECES:,} pieces, so they are not compared here")
        return
    goals = (
        ("CPU seconds", large["all stages"], GOAL_SECONDS),
        ("peak MB", large["peak MB"], GOAL_MEGABYTES),
        ("ratio", large["all stages"] / small["all stages"], GOAL_RATIO),
    )
    for name, value, goal in goals:
        print(f"{name}: {value:,.1f}, goal {goal} at most: {'met' if value <= goal else 'MISSED'}")


def _in_a_process(pieces: int) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, __file__, "--measure", str(pieces)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


if __name__ == "__main__":
    main()
