"""Rebuild the labelled source files from git mirrors and verify their checksums.

Run ``python benchmarks/accuracy/labels/fetch.py MIRRORS OUT [HALF...]``. MIRRORS holds one bare
git folder ``OWNER+NAME/repo`` (or ``OWNER+NAME``) per project; the files of each half (``open``
and ``held`` unless told otherwise) are written below ``OUT/HALF/src/SOURCE``. Source code is
never part of this checkout: the tables name files, commits and checksums only.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HALVES = ("open", "held")


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a tab-separated file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\"))


def repository(mirrors: Path, name: str) -> Path | None:
    """The git folder of ``owner/name``, if it has been mirrored."""
    folder = mirrors / name.replace("/", "+")
    return next((path for path in (folder / "repo", folder) if path.is_dir()), None)


def rebuild(half: str, mirrors: Path, out: Path) -> tuple[int, list[str]]:
    """Write the files of one half: how many stand now, and what is wrong with the others."""
    sources = {row["id"]: row for row in table(HERE / half / "sources.tsv")}
    names = sorted({row["name"] for row in sources.values()})
    good = 0
    wrong = [f"{half}: no mirror of {name}" for name in names if not repository(mirrors, name)]
    for row in table(HERE / half / "files.tsv"):
        source = sources[row["source"]]
        git = repository(mirrors, source["name"])
        if git is None:
            continue
        blob = f"{source['version_or_commit']}:{row['path']}"
        # The mirror's own configuration is not ours: only the object is read, and by git alone.
        read = subprocess.run(
            ["git", "-C", str(git), "cat-file", "blob", blob], capture_output=True, check=False
        )
        if read.returncode:
            wrong.append(f"{half}: {source['name']} has no {blob}")
        elif hashlib.sha256(read.stdout).hexdigest() != row["sha256"]:
            wrong.append(f"{half}: another checksum: {row['source']} {row['path']}")
        else:
            target = out / half / "src" / row["source"] / row["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(read.stdout)
            good += 1
    return good, wrong


def main() -> None:
    """Rebuild the halves asked for and say what could not be had."""
    arguments = sys.argv[1:]
    if len(arguments) < 2 or not set(arguments[2:]) <= set(HALVES):
        sys.exit(__doc__)
    failed = False
    for half in arguments[2:] or HALVES:
        good, wrong = rebuild(half, Path(arguments[0]), Path(arguments[1]))
        print(f"{half}: {good} files stand, {len(wrong)} do not")
        for line in wrong:
            print(line)
        failed = failed or bool(wrong)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
