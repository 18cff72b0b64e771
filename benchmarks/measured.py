"""CPU seconds and peak memory of a command, with all that it starts.

Run as a program, ``python -SE benchmarks/measured.py COMMAND...`` prints one JSON object. The
command is started from that small process because the kernel counts the memory of whoever
starts a program as the program's own.
"""

from __future__ import annotations

import json
import os
import statistics
import sys


class MeasureError(Exception):
    """A measured command ended with a code that is none of the expected ones."""


def measure(
    command: list[str],
    environment: dict[str, str],
    folder: str | None = None,
    expected: tuple[int, ...] = (0,),
) -> dict[str, float]:
    """Run a command once: ``cpu`` in seconds, ``memory`` in MB (of its largest process).

    Bytecode is kept, as an installed program's is: what runs from a checkout is to be run once
    before it is measured.

    Raises:
        MeasureError: It ended with another code.
    """
    import subprocess

    done = subprocess.run(
        [sys.executable, "-SE", __file__, *command],
        stdout=subprocess.PIPE,
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": ""},
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    if result.pop("code") not in expected:
        raise MeasureError(f"{' '.join(command[:3])} did not end as it should")
    return result


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]}


def _run(command: list[str]) -> dict[str, float]:
    quiet = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(process, 0)
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return {
        "code": os.waitstatus_to_exitcode(status),
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / unit,
    }


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1:])))
