"""What a scan costs: against the plain engine, cold and warm, and on a very large tree.

Run from a checkout: ``python benchmarks/scan.py [engine|large]``; without a word both are run.

``engine``: CPU on the first 1,000 modules of the running interpreter's standard library, none
of which uses an LLM, against the plain engine with the same rules. Goal: at most one third.
Beside it ours with an empty cache folder and with the rules compiled before.

``large``: time and memory on a generated tree of 100,000 files in 14 languages, in 100 of which
there is one call. Goal: all 100 are found, within 400 MB.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

# Run as a script, only its own folder is searched for modules.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measured import measure, median

FILES = 1_000
RUNS = 3
GOAL = 1 / 3
LARGE_FILES = 100_000
LARGE_CALLS = 100
LARGE_MEMORY_GOAL = 400
RULES = Path(__file__).resolve().parents[1] / "rules"
SCRIPTS = Path(sys.executable).parent
QUIET = {"SEMGREP_ENABLE_VERSION_CHECK": "0", "SEMGREP_SEND_METRICS": "off"}

CALLING = """\
from openai import OpenAI

client = OpenAI()


def summary_{number}(text):
    return client.responses.create(model="gpt-4o-mini", input=text)
"""
# One small file of each language, with a request of its own that goes to no model.
PLAIN = {
    "py": 'import requests\n\n\ndef f_{number}(u):\n    return requests.get(f"{{u}}/orders")\n',
    "js": "export const f{number} = async (u) => (await fetch(`${{u}}/orders`)).json();\n",
    "ts": "export function f{number}(a: number, b: number): number {{\n  return a + b;\n}}\n",
    "go": 'package p\n\nimport "net/http"\n\nfunc F{number}() {{ http.Get("/orders") }}\n',
    "java": "class F{number} {{\n  int add(int a, int b) {{ return a + b; }}\n}}\n",
    "kt": "fun f{number}(a: Int, b: Int): Int = a + b\n",
    "scala": "object F{number} {{ def add(a: Int, b: Int): Int = a + b }}\n",
    "cs": "class F{number} {{ int Add(int a, int b) => a + b; }}\n",
    "rb": 'require "net/http"\n\ndef f_{number}(u)\n  Net::HTTP.get(URI("#{{u}}/orders"))\nend\n',
    "php": "<?php\nfunction f_{number}($a, $b) {{ return $a + $b; }}\n",
    "rs": "pub fn f_{number}(a: i64, b: i64) -> i64 {{ a + b }}\n",
    "swift": "func f{number}(_ a: Int, _ b: Int) -> Int {{ return a + b }}\n",
    "sh": "#!/bin/sh\ncurl -s https://shop.example.com/orders/{number}\n",
    "yaml": "service: shop\nreplicas: {number}\n",
}


def main() -> None:
    """Run the parts asked for."""
    parts = sys.argv[1:] or ["engine", "large"]
    if not set(parts) <= {"engine", "large"}:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as name:
        if "engine" in parts:
            engine(Path(name))
        if "large" in parts:
            large(Path(name))


def engine(folder: Path) -> None:
    """CPU of ours, cold and warm, and of the plain engine, measured in turns."""
    tree = folder / "modules"
    size = lay_out(tree)
    print(f"{FILES} files, {size / 1e6:.1f} MB, {RUNS} runs each in turns, median CPU seconds")
    ours = [str(SCRIPTS / "llmaudit"), "scan", "--no-config", "-q", str(tree)]
    plain = [
        str(SCRIPTS / "semgrep"), "scan", "--config", str(RULES), "--quiet", "--metrics=off",
        str(tree),
    ]  # fmt: skip
    warm = environment(folder / "warm")
    measure(ours, warm)
    measure(plain, warm)
    rounds = [
        (
            measure(ours, environment(folder / f"cold-{number}")),
            measure(ours, warm),
            measure(plain, warm),
        )
        for number in range(RUNS)
    ]
    cold, cached, semgrep = (median([one[index] for one in rounds]) for index in range(3))
    ratio = median([{"cpu": one[1]["cpu"] / one[2]["cpu"]} for one in rounds])["cpu"]
    print(f"llmaudit scan    {cached['cpu']:6.2f}   {cached['memory']:.0f} MB")
    print(f"  nothing cached {cold['cpu']:6.2f}   {cold['memory']:.0f} MB")
    print(f"semgrep scan     {semgrep['cpu']:6.2f}   {semgrep['memory']:.0f} MB")
    print(
        f"ratio            {ratio:6.2f}   goal {GOAL:.2f}: {'met' if ratio <= GOAL else 'missed'}"
    )


def large(folder: Path) -> None:
    """Time and memory of one scan of the generated tree, cold and then warm."""
    tree = folder / "large"
    size = generate(tree, LARGE_FILES, LARGE_CALLS)
    print(f"{LARGE_FILES} generated files, {size / 1e6:.1f} MB, {LARGE_CALLS} calls, one run each")
    report = folder / "report.json"
    command = [str(SCRIPTS / "llmaudit"), "scan", "--no-config", "-q", "--format", "json"]
    for name in ("nothing cached", "rules cached"):
        start = time.monotonic()
        used = measure([*command, "-o", str(report), str(tree)], environment(folder / "cache"))
        wall = time.monotonic() - start
        found = len(calls(report))
        met = found == LARGE_CALLS and used["memory"] <= LARGE_MEMORY_GOAL
        print(
            f"{name:15} {used['cpu']:6.2f} CPU seconds, {wall:.0f} s, {used['memory']:.0f} MB, "
            f"{found} calls; goal {LARGE_CALLS} calls, {LARGE_MEMORY_GOAL} MB: "
            f"{'met' if met else 'missed'}"
        )


def calls(report: Path) -> list[str]:
    """Where the calls of a report stand."""
    document = json.loads(report.read_text(encoding="utf-8"))
    return [
        seen["where"]["path"]
        for asset in document["assets"]
        for seen in asset["evidence"]
        if asset["kind"] == "call" and seen["connector"] == "code"
    ]


def environment(cache: Path) -> dict[str, str]:
    """The environment of a run that keeps what it compiles in this folder."""
    return {**os.environ, **QUIET, "XDG_CACHE_HOME": str(cache)}


def lay_out(tree: Path) -> int:
    """Copy the modules into a git repository; their size in bytes."""
    library = Path(sysconfig.get_path("stdlib"))
    found = sorted(p for p in library.rglob("*.py") if "site-packages" not in p.parts)[:FILES]
    if len(found) < FILES:
        sys.exit(f"the standard library at hand has only {len(found)} modules; {FILES} are needed")
    for path in found:
        target = tree / path.relative_to(library)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    commit(tree)
    return sum(path.stat().st_size for path in found)


def generate(tree: Path, files: int, calling: int) -> int:
    """Write a git repository of small files, some with a call; their size in bytes."""
    size = 0
    endings = list(PLAIN)
    for number in range(files):
        folder = tree / f"area{number // 10_000:02}" / f"part{number // 100 % 100:02}"
        if number % 100 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        if number % (files // calling) == 0:
            name, text = f"f{number}.py", CALLING
        else:
            ending = endings[number % len(endings)]
            name, text = f"f{number}.{ending}", PLAIN[ending]
        size += (folder / name).write_text(text.format(number=number), encoding="utf-8")
    commit(tree)
    return size


def commit(tree: Path) -> None:
    """Make the tree a repository whose files git lists."""
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    subprocess.run(["git", "-C", str(tree), "add", "-A"], check=True)


if __name__ == "__main__":
    main()
