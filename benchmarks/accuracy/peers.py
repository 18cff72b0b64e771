"""Other scanners of LLM use, each in an environment of its own.

``python benchmarks/accuracy/peers.py FOLDER`` installs the pinned versions below FOLDER, which
is then given to ``run.py --peers FOLDER``. They are never part of our own environment.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":  # run as a script, only its own folder is searched
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy import tools
from benchmarks.accuracy.scoring import LabelledSet


@dataclass(frozen=True)
class Peer:
    """A tool that is run beside ours.

    Attributes:
        name: Of the package, and of its folder.
        version: The one that is installed.
        says: What it says of a call beside its place.
        scan: From the folder of its environment, the sources and a scratch folder to the
            command that scans them; the report is printed or stands in ``report.json`` there.
        rows: From the environment's folder, a labelled set and a scratch folder to its findings.
        codes: With which a scan that worked may end.
    """

    name: str
    version: str
    says: tuple[str, ...]
    scan: Callable[[Path, Sequence[Path], Path], list[str]]
    rows: Callable[[Path, LabelledSet, Path], list[tools.Row]]
    codes: tuple[int, ...] = (0,)


def install(peer: Peer, folder: Path) -> None:
    """Make the environment of one peer, if it does not stand yet."""
    home = folder / peer.name
    stands = home / f"installed-{peer.version}"
    if stands.exists():
        return
    venv.create(home, clear=True, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"{peer.name}=={peer.version}"], check=True)
    stands.touch()


def _tokentoll(home: Path, sources: Sequence[Path], scratch: Path) -> list[str]:
    # Examples and tests, which it leaves out by default, are labelled too.
    settings = scratch / "tokentoll.yml"
    settings.write_text("use_default_excludes: false\n", encoding="utf-8")
    program = str(home / "bin" / "tokentoll")
    return [program, "scan", "--format", "json", "--config", str(settings), *map(str, sources)]


def _tokentoll_rows(home: Path, labelled: LabelledSet, scratch: Path) -> list[tools.Row]:
    command = _tokentoll(home, [labelled.sources], scratch)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tools.tokentoll(json.loads(done.stdout), labelled.sources)


def _shadowscan(home: Path, sources: Sequence[Path], scratch: Path) -> list[str]:
    return [
        str(home / "bin" / "shadowscan"), "code", "--no-default-excludes", "--include-tests",
        "--no-secrets", "--format", "json", "--output", str(scratch / "report.json"),
        *map(str, sources),
    ]  # fmt: skip


def _shadowscan_rows(home: Path, labelled: LabelledSet, scratch: Path) -> list[tools.Row]:
    laid_out: dict[str, tuple[str, str]] = {}
    with (labelled.labels / "files.tsv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t")):
            kept = labelled.sources / row["source"] / row["path"]
            if kept.is_file():
                folder = scratch / "files" / f"{number:05}"
                folder.mkdir(parents=True)
                shutil.copyfile(kept, folder / kept.name)
                laid_out[str(folder)] = (row["source"], row["path"])
    command = _shadowscan(home, [Path(name) for name in laid_out], scratch)
    subprocess.run(command, check=False, capture_output=True)
    document = json.loads((scratch / "report.json").read_text(encoding="utf-8"))

    def read(row: tools.Row) -> str:
        path = labelled.sources / str(row["source"]) / str(row["path"])
        return path.read_text(encoding="utf-8")

    return tools.in_cells(tools.shadowscan(document, laid_out), read)


def _airom(home: Path, sources: Sequence[Path], scratch: Path) -> list[str]:
    return [
        str(home / "bin" / "airom"), "fs", *map(str, sources), "--offline", "--include-tests",
        "--no-progress", "--quiet", "--output", f"json={scratch / 'report.json'}",
    ]  # fmt: skip


def _airom_rows(home: Path, labelled: LabelledSet, scratch: Path) -> list[tools.Row]:
    subprocess.run(_airom(home, [labelled.sources], scratch), check=True, stdout=subprocess.DEVNULL)
    return tools.airom(json.loads((scratch / "report.json").read_text(encoding="utf-8")))


PEERS = (
    Peer("tokentoll", "0.8.3", ("provider", "model"), _tokentoll, _tokentoll_rows),
    # Code 3: something could not be read, which it says and which ends no scan.
    Peer("nexusshadowscan", "0.1.4", ("provider",), _shadowscan, _shadowscan_rows, (0, 3)),
    Peer("airom", "0.5.0", ("provider", "model"), _airom, _airom_rows),
)


def main() -> None:
    """Install every peer."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for peer in PEERS:
        install(peer, Path(sys.argv[1]))
        print(f"{peer.name} {peer.version} stands")


if __name__ == "__main__":
    main()
