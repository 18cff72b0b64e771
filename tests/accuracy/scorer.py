"""A scorer of the make that a labelled set brings, small and strict, for the tests."""

import csv
import json
import sys
from pathlib import Path
from typing import Any


def prov(name):
    return str(name or "").replace("-", "")


def model_ok(said, models, defaults):
    return said in models if models else said in ("", None, *defaults)


def tag(said):
    return str(said or "unknown")


def main():
    corpus = sys.argv[sys.argv.index("--corpus") + 1]

    def rd(name: str) -> list[dict[str, str]]:
        with Path(corpus, name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, delimiter="\t"))

    files = {(row["source"], row["path"]): row for row in rd("files.tsv")}
    lab: list[dict[str, Any]] = [{**row, "i": index} for index, row in enumerate(rd("calls.tsv"))]
    finds = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    finds = [row for row in finds if (row["source"], row["path"]) in files]
    rm: dict[int, int] = {}
    dup, fps = [], []
    for index, row in enumerate(finds):
        at = (row["source"], row["path"], str(row["line"]))
        for label in lab:
            if (label["source"], label["path"], label["line"]) == at:
                if label["i"] in rm:
                    dup.append(index)
                rm.setdefault(label["i"], index)
                break
        else:
            fps.append(index)
    required = [row for row in lab if row["status"] == "required"]
    hits = sum(row["i"] in rm for row in required)
    print(f"RECALL x % ({hits}/{len(required)}) PRECISION x % ({hits}/{hits + len(fps)})")
