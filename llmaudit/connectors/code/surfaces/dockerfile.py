"""Dockerfiles: the images they start from, the variables they set, the commands they run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from llmaudit.connectors.code.surfaces.commands import commands_in
from llmaudit.connectors.code.surfaces.containers import image_found
from llmaudit.connectors.code.surfaces.findings import Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar
from llmaudit.connectors.code.surfaces.steps import called
from llmaudit.connectors.code.surfaces.variables import Environment, settled

RULE = "dockerfile"
_INSTRUCTION = re.compile(r"^\s*([A-Za-z]+)\s+(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s]*)")


def read(source: Source) -> Iterator[Said]:
    """What the instructions declare. ``ARG`` names count: their values are given at build."""
    environment = Environment.of(source, f"{RULE}.variable")
    arguments: dict[str, str] = {}
    last_image = ("", 1)
    values: dict[str, str] = {}
    words: list[str] = []
    started: list[tuple[str, Scalar]] = []
    for line, text in _instructions(source.text):
        match = _INSTRUCTION.match(text)
        if match is None:
            continue
        word, rest = match[1].upper(), match[2].strip()
        if word == "FROM":
            parts = [part for part in rest.split() if not part.startswith("--")]
            if parts:
                last_image = (_image(parts[0], arguments), line)
                values, words = {}, []
        elif word in ("ENV", "ARG"):
            pairs = _VARIABLE.findall(rest)
            if not pairs:
                name, _, value = rest.partition(" ")
                pairs = [(name, value)]
            for name, value in pairs:
                value = value.strip("\"'")
                if word == "ARG":
                    arguments[name] = value
                else:
                    values[name] = value
                environment.add(name, line, Scalar(value, line))
        elif word in ("CMD", "ENTRYPOINT"):
            argv = _argv(rest)
            words += argv if argv is not None else rest.split()
            script = " ".join(_quoted(one) for one in argv) if argv is not None else rest
            started.append((script, Scalar(script, line)))
        elif word == "RUN":
            started.append((rest, Scalar(rest, line - 1, block=True)))
    image, at = last_image
    served = image_found(image, source.path, at, RULE, words, values, environment)
    if served is not None:
        yield served
    for script, place in started:
        for run in commands_in(script, source):
            yield called(run, place, "", environment, [], source, "dockerfile")
    yield from environment.found()


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """Each instruction with its first line; continuation lines and heredocs belong to it."""
    held: list[str] = []
    first = 0
    heredoc = ""
    for number, line in enumerate(text.splitlines(), 1):
        if heredoc:
            held.append(line)
            if line.strip() == heredoc:
                yield first, "\n".join(held)
                held, heredoc = [], ""
            continue
        if not held and (not line.strip() or line.lstrip().startswith("#")):
            continue
        if held and line.lstrip().startswith("#"):
            held.append("\\")
            continue
        if not held:
            first = number
        held.append(line)
        opened = re.search(r"<<-?\s*[\"']?(\w+)[\"']?", line)
        if opened and re.match(r"\s*(?:RUN|COPY)\b", held[0], re.IGNORECASE):
            heredoc = opened[1]
        elif not line.rstrip().endswith(("\\", "`")):
            yield first, "\n".join(held)
            held = []
    if held:
        yield first, "\n".join(held)


def _image(text: str, arguments: dict[str, str]) -> str:
    def given(match: re.Match[str]) -> str:
        return arguments.get(match[1] or match[2], "")

    return settled(re.sub(r"\$\{(\w+)[^}]*\}|\$(\w+)", given, text))


def _argv(text: str) -> list[str] | None:
    """The words of the JSON form; None for the shell form."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return [str(word) for word in words] if isinstance(words, list) else None


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./:=@+-]+", word) else "'" + word.replace("'", "'\\''") + "'"
