"""Drive semgrep-core: one process, JSON rules, an explicit list of targets.

The core's flags and target format are not a public interface. Three things hold that in check:
the supported version range below, a canary file in every run whose known match must come back,
and the ledger, which hears of every file the core could not finish.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llmaudit.errors import EngineError

SUPPORTED = ">=1.150,<2"
# One name the engine does not know ends its whole run: only these are passed.
ANALYZERS = frozenset(
    {"python", "javascript", "typescript", "go", "java", "kotlin", "scala", "csharp", "ruby"}
    | {"php", "rust", "swift", "bash", "yaml"}
)
_OLDEST, _NEWEST = (1, 150), (2, 0)
_CANARY_RULE = {
    "id": "canary",
    "languages": ["python"],
    "severity": "INFO",
    "message": "canary",
    "pattern": "llmaudit_canary.sing($X, ...)",
}
_CANARY_SOURCE = b"from llmaudit_canary import sing as tweet\n# \xc3\xa9\ntweet(1, 2)\n"
_CANARY_SPAN = (47, 58)
_RULES_FILE = "llmaudit-rules.json"
# A file is given ten seconds a rule, and up after three rules that took longer.
OPTIONS = ("-timeout", "10", "-timeout_threshold", "3", "-max_memory", "0", "-fast")
# A young heap of 4 million words and room to grow spare the engine a third of its work.
_MEMORY = "s=4M,o=200"


@dataclass(frozen=True, slots=True)
class Target:
    """A file to parse: where its bytes are, the analyzer to use, and the rules to try on it.

    ``rules`` of None are all.
    """

    file: Path
    analyzer: str
    rules: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One rule's match: a span of byte offsets in the target's file."""

    rule: str
    start: int
    end: int
    line: int
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the engine could not do with a file.

    ``whole`` is True when nothing of the file may be relied on (timeout, parser failure),
    False when only a span was left out.
    """

    kind: str
    message: str
    line: int | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back, per target file."""

    matches: Mapping[Path, tuple[Match, ...]]
    troubles: Mapping[Path, tuple[Trouble, ...]]


@cache
def core() -> tuple[Path, str]:
    """The engine's executable and version.

    Raises:
        EngineError: semgrep is not installed or outside the supported range.
    """
    try:
        installed = version("semgrep")
        spec = find_spec("semgrep")
    except PackageNotFoundError:
        spec, installed = None, ""
    if spec is None or not spec.submodule_search_locations:
        raise EngineError("the scan engine semgrep is not installed", f"install semgrep{SUPPORTED}")
    numbers = tuple(int(part) for part in installed.split(".")[:2])
    if not _OLDEST <= numbers < _NEWEST:
        raise EngineError(
            f"semgrep {installed} is outside the supported range {SUPPORTED}",
            f"install semgrep{SUPPORTED}",
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "bin"
    for name in ("semgrep-core", "semgrep-core.exe"):
        if (folder / name).is_file():
            return folder / name, installed
    raise EngineError(f"semgrep {installed} came without its core", f"install semgrep{SUPPORTED}")


def necessary_literals(rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Per rule id, the formula over identifiers that every match must contain."""
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as folder:
        file = Path(folder, "rules.json")
        file.write_text(json.dumps({"rules": list(rules)}), encoding="utf-8")
        output = _call(["-prefilter_of_rules", str(file)])
    try:
        return {entry["rule_id"]: entry["filter"] for entry in json.loads(output)}
    except (ValueError, KeyError, TypeError) as error:
        raise _incompatible("its prefilter formulas have another form") from error


def run(rules: Sequence[Mapping[str, Any]], targets: Sequence[Target], jobs: int = 1) -> Outcome:
    """Match the rules against the targets.

    Args:
        rules: Rules in semgrep's JSON form.
        targets: Files; the same file may stand once per analyzer.
        jobs: Processes the engine may use.

    Returns:
        Matches and troubles per file.

    Raises:
        EngineError: The engine failed as a whole, refused a rule, or answered in a form
            this version does not know.
    """
    if not targets:
        return Outcome({}, {})
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as name:
        folder = Path(name)
        canary = folder / "canary.py"
        canary.write_bytes(_CANARY_SOURCE)
        wanted = [Target(canary, "python", frozenset(["canary"])), *targets]
        known = [_CANARY_RULE, *rules]
        every = frozenset(rule["id"] for rule in known)
        tried = every.intersection(
            one for target in wanted for one in (every if target.rules is None else target.rules)
        )
        chosen = [rule for rule in known if rule["id"] in tried]
        marks = {rule["id"]: f"r{number}" for number, rule in enumerate(chosen)}
        (folder / _RULES_FILE).write_text(
            json.dumps({"rules": [_on_its_files(rule, marks) for rule in chosen]}),
            encoding="utf-8",
        )
        (folder / "targets.json").write_text(
            json.dumps(["Targets", [_code_target(target, marks) for target in wanted]]),
            encoding="utf-8",
        )
        arguments = [
            "-json_nodots", "-rules", str(folder / _RULES_FILE),
            "-targets", str(folder / "targets.json"), "-j", str(jobs),
            *OPTIONS,
        ]  # fmt: skip
        answer = _parse(_call(arguments))
    spans = {(m.rule, m.start, m.end) for m in answer.matches.get(canary, ())}
    if ("canary", *_CANARY_SPAN) not in spans:
        raise _incompatible("it does not find the known call of the self-test")
    return Outcome(
        {path: found for path, found in answer.matches.items() if path != canary},
        {path: found for path, found in answer.troubles.items() if path != canary},
    )


def _on_its_files(rule: Mapping[str, Any], marks: Mapping[str, str]) -> dict[str, Any]:
    """The rule, tried only on targets that bear its mark: matching costs more than parsing."""
    return {**rule, "paths": {"include": [f"**/{marks[rule['id']]}/**"]}}


def _code_target(target: Target, marks: Mapping[str, str]) -> list[object]:
    # The path that rules are chosen by need not be where the file lies.
    rules = marks if target.rules is None else target.rules
    bears = "/".join(sorted(marks[rule] for rule in rules if rule in marks))
    return [
        "CodeTarget",
        {
            "path": {"fpath": str(target.file), "ppath": f"/{bears}/{target.file.name}"},
            "analyzer": target.analyzer,
            "products": ["sast"],
        },
    ]


def _call(arguments: list[str]) -> str:
    executable, _ = core()
    environment = {
        "OCAMLRUNPARAM": _MEMORY,
        **os.environ,
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "SEMGREP_SEND_METRICS": "off",
    }
    done = subprocess.run(
        [str(executable), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 and not output.lstrip().startswith(("{", "[")):
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EngineError(
            f"the scan engine ended with code {done.returncode}: {last[-1] if last else 'no word'}",
            f"supported is semgrep{SUPPORTED}; the one installed is {core()[1]}",
        )
    return output


def _parse(output: str) -> Outcome:
    matches: dict[Path, list[Match]] = {}
    troubles: dict[Path, list[Trouble]] = {}
    try:
        document = json.loads(output)
        for result in document["results"]:
            matches.setdefault(Path(result["path"]), []).append(
                Match(
                    result["check_id"],
                    result["start"]["offset"],
                    result["end"]["offset"],
                    result["start"]["line"],
                    bool(result["extra"].get("is_ignored")),
                )
            )
        for error in document["errors"]:
            _add_trouble(error, troubles)
    except (ValueError, KeyError, TypeError) as error:
        raise _incompatible("its answer has another form") from error
    return Outcome(
        {path: tuple(sorted(set(found), key=_order)) for path, found in matches.items()},
        {path: tuple(dict.fromkeys(found)) for path, found in troubles.items()},
    )


def _add_trouble(error: Mapping[str, Any], troubles: dict[Path, list[Trouble]]) -> None:
    kind = error["error_type"]
    name = kind if isinstance(kind, str) else str(kind[0])
    place = error.get("location")
    if place is None:
        raise EngineError(f"the scan engine reports: {error.get('message', name)}")
    if Path(place["path"]).name == _RULES_FILE:
        first = next(iter(str(error.get("message", name)).splitlines()), name)
        raise EngineError(f"the scan engine refuses rule {error.get('rule_id')}: {first}")
    message = str(error.get("message", "")).splitlines()
    troubles.setdefault(Path(place["path"]), []).append(
        Trouble(
            name,
            message[0] if message else name,
            place.get("start", {}).get("line"),
            whole=name not in ("PartialParsing", "OtherParseError"),
        )
    )


def _order(match: Match) -> tuple[int, int, str]:
    return (match.start, match.end, match.rule)


def _incompatible(how: str) -> EngineError:
    return EngineError(
        f"semgrep {core()[1]} is not an engine this version can use: {how}",
        f"install a version in {SUPPORTED}",
    )
