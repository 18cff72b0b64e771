"""Score the scanner, and others beside it, on labelled sets of LLM calls.

Run from a checkout: ``python benchmarks/accuracy/run.py SET SOURCES [SET SOURCES]...``, where
SET holds ``calls.tsv files.tsv clients.tsv`` and SOURCES is the folder of source trees that the
set's own script rebuilds. The first SET with a ``score.py`` lends its scorer to all.

--halves OUT      also our own two halves (labels/), as ``labels/fetch.py`` wrote them below OUT
--half NAME       only this half (``open`` or ``held``); may be given twice
--lang L,L        only these languages
--list            every miss, false positive and wrong answer; never those of the held half
--peers FOLDER    also the tools that ``peers.py FOLDER`` installed
--cost            CPU seconds and peak memory on the first SOURCES
--json FILE       the figures, for ``tables.py``

After ``--`` stand options of the scorer; then it prints its own figures of ours instead.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

# Run as a script, only its own folder is searched for modules.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy import tables, tools
from benchmarks.accuracy.cost import cost
from benchmarks.accuracy.figures import SAYS, figures
from benchmarks.accuracy.peers import PEERS
from benchmarks.accuracy.scoring import Answer, LabelledSet, Said, Scored, score

CHECKOUT = Path(__file__).resolve().parents[2]
HALVES = Path(__file__).parent / "labels"
TITLES = {
    "given": "The given set",
    "open": "Our own set, the open half",
    "held": "Our own set, the half that no writer of rules reads",
}


def main() -> None:
    """Scan every set with every tool, score the findings, print and write the figures."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options, extra = _parser().parse_args(arguments[:cut]), arguments[cut + 1 :]
    sets = _sets(options.sets, options.halves, options.half)
    scorer = next((one.labels / "score.py" for one in sets if _scores(one)), None)
    if scorer is None:
        sys.exit("none of the sets holds a score.py")
    if options.half:
        sets = [one for one in sets if one.name in options.half]
    if extra:
        sys.exit(max(_own_words(scorer, one, extra) for one in sets))
    languages = options.lang.split(",") if options.lang else None
    scored = {"llmaudit": {one.name: score(scorer, one, _scanned(one)) for one in sets}}
    known: dict[str, tuple[str, tuple[str, ...]]] = {"llmaudit": (_version(), SAYS)}
    for peer in PEERS if options.peers else ():
        known[peer.name] = (peer.version, peer.says)
        scored[peer.name] = {}
        for one in sets:
            with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as folder:
                rows = peer.rows(options.peers / peer.name, one, Path(folder))
            scored[peer.name][one.name] = score(scorer, one, rows)
    document: dict[str, object] = {
        "sets": {one.name: TITLES.get(one.name, one.name) for one in sets},
        "tools": {
            tool: {
                "version": known[tool][0],
                "sets": {
                    name: figures([_only(languages, result)], known[tool][1])
                    for name, result in results.items()
                },
                "together": figures(
                    [_only(languages, result) for result in results.values()], known[tool][1]
                ),
            }
            for tool, results in scored.items()
        },
    }
    if options.cost:
        document["cost"] = cost(sets[0].sources, options.peers)
    sys.stdout.write(tables.tables(document))
    if options.list:
        for one in sets:
            result = _only(languages, scored["llmaudit"][one.name])
            sys.stdout.writelines(f"{line}\n" for line in listed(one, result))
    if options.json:
        text = json.dumps(document, indent=1, ensure_ascii=False)
        options.json.write_text(f"{text}\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        usage=__doc__, add_help=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--halves", type=Path)
    parser.add_argument("--half", action="append", choices=("open", "held"))
    parser.add_argument("--lang")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--json", type=Path)
    return parser


def _sets(
    pairs: Sequence[Path], halves: Path | None, half: Sequence[str] | None
) -> list[LabelledSet]:
    """The sets that were asked for; one that holds a scorer is the given one."""
    if len(pairs) % 2:
        sys.exit(__doc__)
    found = [_set(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=True)]
    if halves:
        names = ("open", "held")
        found += [_set(HALVES / name, halves.resolve() / name / "src") for name in names]
    elif half:
        sys.exit("--half needs --halves OUT")
    for one in found:
        if not one.sources.is_dir():
            sys.exit(f"{one.sources} is no folder of sources")
    return found


def _set(labels: Path, sources: Path) -> LabelledSet:
    labels, sources = labels.resolve(), sources.resolve()
    name = "given" if (labels / "score.py").is_file() else labels.name
    return LabelledSet(name, labels, sources, held=labels.name == "held")


def _scores(labelled: LabelledSet) -> bool:
    return (labelled.labels / "score.py").is_file()


def _scanned(labelled: LabelledSet) -> list[tools.Row]:
    """Our own findings in the sources of a set."""
    with tempfile.TemporaryDirectory(prefix="llmaudit-benchmark-") as folder:
        report = Path(folder, "report.json")
        subprocess.run(
            [_program(), "scan", "--no-config", "-q", "--format", "json",
             "-o", str(report), str(labelled.sources)],
            check=True,
        )  # fmt: skip
        return tools.llmaudit(json.loads(report.read_text(encoding="utf-8")))


def _own_words(scorer: Path, labelled: LabelledSet, extra: Sequence[str]) -> int:
    """Let the scorer print what it makes of our findings; its exit code."""
    if labelled.held and {"--fn", "--fp"} & set(extra):
        sys.exit("the held half is not listed")
    rows = "".join(f"{json.dumps(row)}\n" for row in _scanned(labelled))
    command = [sys.executable, str(scorer), "-", "--corpus", str(labelled.labels), *extra]
    return subprocess.run(command, input=rows, text=True, check=False).returncode


def _program() -> str:
    return str(Path(sys.executable).with_name("llmaudit"))


def _version() -> str:
    """Our version, with the last commit that changed the scanner or its rules."""
    done = subprocess.run([_program(), "--version"], check=True, capture_output=True, text=True)
    commit = subprocess.run(
        ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%h", "--", "llmaudit", "rules"],
        check=False,
        capture_output=True,
        text=True,
    )
    return " ".join([done.stdout.split()[-1], *commit.stdout.split()])


def _only(languages: Sequence[str] | None, scored: Scored) -> Scored:
    """What concerns these languages."""
    if languages is None:
        return scored
    return replace(
        scored,
        answers=tuple(one for one in scored.answers if one.language in languages),
        strays=tuple(one for one in scored.strays if one.language in languages),
    )


def listed(labelled: LabelledSet, scored: Scored) -> Iterator[str]:
    """Everything that is wrong in one set, a line each; of a held one only the counts."""
    lines = [*_misses(scored.answers), *_strays(scored), *_mistakes(scored.answers)]
    yield f"\n{labelled.name}: {len(lines)} misses, false positives and wrong answers"
    yield from ("not listed: this half is held back",) if labelled.held else lines


def _misses(answers: Iterable[Answer]) -> Iterator[str]:
    for one in answers:
        if one.said is None:
            yield f"{one.place}: missed: {one.api} {_words(one.right)}"


def _strays(scored: Scored) -> Iterator[str]:
    for one in scored.strays:
        yield f"{one.place}: no call: said {_words(one.said)}"


def _mistakes(answers: Iterable[Answer]) -> Iterator[str]:
    for one in answers:
        if one.said is None:
            continue
        for field in ("provider", "model", "tagging"):
            if not getattr(one, field):
                said = getattr(one.said, field) or "nothing"
                right = getattr(one.right, field) or "nothing"
                yield f"{one.place}: {field}: said {said}, right is {right}"


def _words(said: Said) -> str:
    return f"provider={said.provider} model={said.model or '-'} tagging={said.tagging}"


if __name__ == "__main__":
    main()
