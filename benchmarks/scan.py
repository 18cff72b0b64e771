"""CPU of a scan of 1,000 files without LLM use, against the plain engine on the same files.

Run from a checkout: ``python benchmarks/scan.py``. The files are the first 1,000 modules of the
running interpreter's standard library; both commands read the same rules. Goal: at most one
third.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

FILES = 1_000
RUNS = 3
GOAL = 1 / 3
RULES = Path(__file__).resolve().parents[1] / "rules"


def main() -> None:
    """Print CPU seconds of both commands and their ratio."""
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as name:
        tree = Path(name, "tree")
        size = lay_out(tree)
        print(f"{FILES} files, {size / 1e6:.1f} MB, {RUNS} runs each, median CPU seconds")
        scripts = Path(sys.executable).parent
        own = measure([str(scripts / "llmaudit"), "scan", "--no-config", "-q", str(tree)])
        plain = measure(
            [
                str(scripts / "semgrep"),
                "scan",
                "--config",
                str(RULES),
                "--quiet",
                "--metrics=off",
                str(tree),
            ]
        )
    ratio = own / plain
    print(f"llmaudit scan    {own:6.2f}")
    print(f"semgrep scan     {plain:6.2f}")
    print(
        f"ratio            {ratio:6.2f}   goal {GOAL:.2f}: {'met' if ratio <= GOAL else 'missed'}"
    )


def lay_out(tree: Path) -> int:
    """Copy the files into a git repository; their size in bytes."""
    library = Path(sysconfig.get_path("stdlib"))
    found = sorted(p for p in library.rglob("*.py") if "site-packages" not in p.parts)[:FILES]
    if len(found) < FILES:
        sys.exit(f"the standard library at hand has only {len(found)} modules; {FILES} are needed")
    for path in found:
        target = tree / path.relative_to(library)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    subprocess.run(["git", "-C", str(tree), "add", "-A"], check=True)
    return sum(path.stat().st_size for path in found)


def measure(command: list[str]) -> float:
    """Median CPU seconds (user and system) of a command, after one run that warms caches."""
    environment = {
        **os.environ,
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "SEMGREP_SEND_METRICS": "off",
    }
    seconds: list[float] = []
    for _ in range(RUNS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command[:2])} ended with code {done.returncode}")
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
