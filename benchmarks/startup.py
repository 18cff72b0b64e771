"""How long ``llmaudit --help`` takes, against the smallest program typer can make.

Run ``python benchmarks/startup.py``. It prints the ratio of processor time, the median of
several runs (goal: at most 1.4), and every heavy package that was imported (goal: none).
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys

RUNS = 9
GOAL = 1.4
HEAVY = (
    "ahocorasick_rs", "boto3", "httpx", "pathspec", "pydantic", "pygments", "python_calamine",
    "requests", "rich", "semgrep", "tree_sitter", "yaml",
)  # fmt: skip
BARE = """\
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def one(): pass
@app.command()
def two(): pass
app()
"""
OURS = "from llmaudit.cli import main; main()"


def cpu_seconds(code: str) -> float:
    """Processor seconds, user and system, of one ``--help`` in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(
        [sys.executable, "-c", code, "--help"], check=True, capture_output=True, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imported(*arguments: str) -> tuple[str, ...]:
    """Heavy packages among all that ``llmaudit ARGUMENTS`` imports."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\n', *sorted(sys.modules), file=sys.stderr))\n" + OURS
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}
    return tuple(sorted(loaded & set(HEAVY)))


def main() -> int:
    """Measure, print, and end with 1 where a goal was missed."""
    bare: list[float] = []
    ours: list[float] = []
    for _ in range(RUNS + 1):
        bare.append(cpu_seconds(BARE))
        ours.append(cpu_seconds(OURS))
    # The first run of each fills the file cache and compiles modules.
    ratio = statistics.median(ours[1:]) / statistics.median(bare[1:])
    found = imported("--help")
    print(f"llmaudit --help   {statistics.median(ours[1:]) * 1000:.0f} ms of processor time")
    print(f"bare typer        {statistics.median(bare[1:]) * 1000:.0f} ms")
    print(f"ratio             {ratio:.2f} (goal: at most {GOAL})")
    print(f"heavy imports     {', '.join(found) or 'none'} (goal: none)")
    return int(ratio > GOAL or bool(found))


if __name__ == "__main__":
    sys.exit(main())
