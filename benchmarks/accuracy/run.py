"""Score the scanner on a labelled set of LLM calls, with the set's own scorer.

Run from a checkout: ``python benchmarks/accuracy/run.py SET SOURCES``, where SET holds
``calls.tsv`` and ``score.py`` and SOURCES is the folder of source trees that its own script
rebuilds. Everything after ``--`` is handed to the scorer (``-- --lang python``).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SAID = {
    "tagged": "yes",
    "partial": "partial",
    "dynamic": "dynamic",
    "untagged": "no",
    "untaggable": "no",
}


def main() -> None:
    """Scan the sources, write the findings in the scorer's form, run the scorer."""
    arguments = sys.argv[1:]
    extra = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if len(given) != 2 or not Path(given[0], "score.py").is_file():
        sys.exit(__doc__)
    labels, sources = Path(given[0]), Path(given[1])
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as folder:
        report = Path(folder, "report.json")
        scanner = Path(sys.executable).with_name("llmaudit")
        subprocess.run(
            [str(scanner), "scan", "--no-config", "-q", "--format", "json",
             "-o", str(report), str(sources)],
            check=True,
        )  # fmt: skip
        findings = Path(folder, "findings.jsonl")
        document = json.loads(report.read_text(encoding="utf-8"))
        findings.write_text(
            "".join(f"{json.dumps(row)}\n" for row in rows(document)), encoding="utf-8"
        )
        command = [sys.executable, str(labels / "score.py"), str(findings), *extra]
        done = subprocess.run(command, check=False)
    sys.exit(done.returncode)


def rows(document: dict[str, Any]) -> list[dict[str, object]]:
    """Every call of a report as the scorer reads it."""
    found: list[dict[str, object]] = []
    for asset in document["assets"]:
        for seen in asset["evidence"]:
            if asset["kind"] != "call" or seen["connector"] != "code":
                continue
            where, provider = seen["where"], seen["provider"]
            source, _, path = where["path"].partition("/")
            found.append(
                {
                    "source": source,
                    "path": path,
                    "line": where["line"],
                    "cell": where.get("cell"),
                    "cell_line": where.get("cell_line"),
                    # A router's call is labelled with the library it goes through.
                    "provider": seen["sdk"] if provider == "unknown" else provider,
                    "model": seen.get("model") or "",
                    "tagged": SAID[seen["tagging"]],
                }
            )
    return found


if __name__ == "__main__":
    main()
