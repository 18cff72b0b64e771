"""Command lines that send a model request: a vendor's CLI, or an HTTP client to its endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import tree_sitter
import tree_sitter_bash

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.findings import Source
from llmaudit.connectors.code.surfaces.requests import api_of, is_inference, models_in
from llmaudit.connectors.code.surfaces.scripts import Script, tagged
from llmaudit.connectors.code.surfaces.variables import model_id
from llmaudit.connectors.code.syntax.bash_programs import program_name
from llmaudit.connectors.code.tagging import TagReading
from llmaudit.connectors.code.view import Found

# Programs that only start another one, and their flags that take a value.
_STARTERS = {
    "sudo": ("-u", "-g"), "env": ("-u",), "time": (), "timeout": ("-k", "-s"), "nohup": (),
    "exec": (), "command": (), "xargs": ("-I", "-n", "-P", "-L", "-d"), "nice": ("-n",),
    "npx": ("-p", "--package"), "bunx": (), "uvx": ("--from", "--with"), "pipx": (), "pnpm": (),
    "yarn": (), "bun": (), "uv": (), "poetry": (), "docker": (), "stdbuf": ("-o", "-e", "-i"),
}  # fmt: skip
_RUNNERS = {
    "pipx": ("run",), "pnpm": ("dlx", "exec"), "yarn": ("dlx", "exec"), "bun": ("x",),
    "uv": ("run", "tool"), "poetry": ("run",),
}  # fmt: skip
# Words that belong to the starter itself.
_FIRST_WORDS = {
    "timeout": re.compile(r"[\d.]+[smhd]?"),
    "env": re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL),
}
_SHELLS = frozenset({"bash", "sh", "zsh", "dash"})
_HTTP = frozenset(
    {"curl", "wget", "http", "https", "xh", "xhs", "az", "irm", "iwr"}
    | {"Invoke-RestMethod", "Invoke-WebRequest"}
)
_INFORMATION = frozenset({"--help", "--version", "-h", "-V", "-v", "help", "version"})
_BARE_URL = re.compile(r"(?:\$\{?\w+\}?|[\w.-]+\.[a-z]{2,})/")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_NESTING = 4


@dataclass(frozen=True, slots=True)
class Run:
    """One command that sends a request.

    Attributes:
        line, end_line: Lines of the script, from 0.
        id: The row that knows the command.
        text: The command without its redirections, for its identity.
        models: What its flags or its body name.
        default: The model that counts only where nothing else is given.
        reading: Its tags, where more is known than its headers say.
    """

    line: int
    end_line: int
    id: str
    provider: str
    api: str
    text: str
    models: tuple[str, ...] = ()
    host: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    default: str = ""
    reading: TagReading | None = None


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def commands_in(
    script: str, source: Source, before: str = "", variables: Mapping[str, str] | None = None
) -> Iterator[Run]:
    """The commands of a script that send a request, in its order.

    A parser's error costs the command it stands in, not the script. Functions, loops and
    substitutions are looked into; nothing is run.

    Args:
        before: What ran before it in the same job.
        variables: The settled variables of its environment.
    """
    script = shell_text(script)
    read = Script(script, source, before, variables or {}) if _may_send().search(script) else None
    yield from _in(script, 0, source, 0, read)


def shell_text(script: str) -> str:
    """A script with words for the expressions of a workflow, which the shell never sees."""
    return _EXPRESSION.sub(lambda m: re.sub(r"[^\n]", "_", m[0]), script)


@cache
def _may_send() -> re.Pattern[str]:
    names = sorted(map(re.escape, {*known.commands(), *_HTTP}))
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(names)})(?![\w:/-])")


def _in(script: str, first: int, source: Source, depth: int, read: Script | None) -> Iterator[Run]:
    data = script.encode("utf-8", "replace")
    stack = [_parser().parse(data).root_node]
    found: list[tuple[int, Run]] = []
    while stack:
        node = stack.pop()
        if node.type == "command":
            words, flags, spans = _words(node, data)
            runs = _runs(words, flags, spans, node, first, source, depth, read)
            found += [(node.start_byte, run) for run in runs]
        stack += node.children
    for _, run in sorted(found, key=lambda pair: pair[0]):
        yield run


def _words(
    node: tree_sitter.Node, data: bytes
) -> tuple[list[str], list[bool], list[tuple[int, int]]]:
    """The words of a command, whether each is settled, and where it stands."""
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    settled_words: list[bool] = []
    for child in node.children:
        if child.type in ("variable_assignment", "file_redirect", "herestring_redirect"):
            continue
        inner = (
            child.named_children[0]
            if child.type == "command_name" and child.named_children
            else child
        )
        raw = data[inner.start_byte : inner.end_byte].decode("utf-8", "replace")
        spans.append((inner.start_byte, inner.end_byte))
        if inner.type in ("raw_string", "ansi_c_string"):
            words.append(raw[raw.find("'") + 1 : -1])
            settled_words.append(True)
        elif inner.type == "string":
            words.append(raw[1:-1].replace('\\"', '"'))
            settled_words.append(not any(c.type != "string_content" for c in inner.named_children))
        else:
            words.append(raw.replace("\\\n", "").replace('"', "").replace("'", ""))
            settled_words.append("$" not in raw and "`" not in raw)
    return words, settled_words, spans


def _runs(
    words: list[str],
    is_settled: list[bool],
    spans: list[tuple[int, int]],
    node: tree_sitter.Node,
    first: int,
    source: Source,
    depth: int,
    read: Script | None,
) -> Iterator[Run]:
    start = _program(words)
    if start is None:
        return
    program = program_name(words[start])
    rest, rest_settled = words[start + 1 :], is_settled[start + 1 :]
    line, end = first + node.start_point[0], first + node.end_point[0]
    if program in _SHELLS and "-c" in rest and depth < _NESTING:
        at = rest.index("-c") + 1
        if at < len(rest):
            yield from _in(rest[at], line, source, depth + 1, None)
        return
    text = " ".join((program, *rest))
    if program in _HTTP:
        run = _request(rest, line, end, text, source)
        found = read.request(*spans[start]) if read is not None else None
        if found is not None:
            run = _followed(run, found, line, end, text)
        if run is not None:
            yield run
        return
    followed = read.words(*spans[start]) if read is not None and not all(rest_settled) else []
    if len(followed) == len(rest):
        # Words that stand in variables; what is known of them only by default stays open.
        texts = [text for text, _ in followed]
        rest = [
            word if ok or not text else text
            for word, ok, text in zip(rest, rest_settled, texts, strict=True)
        ]
        rest_settled = [ok or bool(text) for ok, text in zip(rest_settled, texts, strict=True)]
    for row in known.commands().get(program, ()):
        if sends(row, rest):
            run = _known(row, rest, rest_settled, line, end, text, source)
            yield replace(run, default="" if run.models else _default(row, rest, followed))
            return


def _default(row: known.Command, rest: Sequence[str], followed: Sequence[tuple[str, str]]) -> str:
    """The model that a flag's variable stands for where nothing else is given."""
    for (flag, _), (_, (_, default)) in pairwise(zip(rest, followed, strict=False)):
        if flag in row.models and default:
            return model_id(default)
    return ""


def _followed(run: Run | None, found: Found, line: int, end: int, text: str) -> Run:
    """A request whose address, body and headers stand in variables, files or pipes."""
    models, reading = tuple(m for one in found.models if (m := model_id(one))), tagged(found)
    default = "" if models else model_id(found.model_default)
    if run is None:
        return Run(
            line, end, "http", found.provider, found.api, text, models, found.endpoint,
            default=default, reading=reading,
        )  # fmt: skip
    return replace(run, models=models or run.models, default=default, reading=reading)


def _program(words: Sequence[str]) -> int | None:
    """Where the program stands, behind ``sudo``, ``npx`` and the like."""
    at = 0
    for _ in range(8):
        if at >= len(words):
            return None
        name = words[at].rpartition("/")[2]
        if name not in _STARTERS or words[at].startswith("@"):
            return at
        takes = _STARTERS[name]
        following = at + 1
        while following < len(words):
            word = words[following]
            if word.startswith("-"):
                following += 2 if word in takes else 1
            elif name in _FIRST_WORDS and _FIRST_WORDS[name].fullmatch(word):
                following += 1
            elif name in _RUNNERS:
                if word in _RUNNERS[name]:
                    following += 1
                    name = "" if name != "uv" else "uv-"
                else:
                    break
            elif name == "uv-" and word == "run":
                following += 1
                name = ""
            else:
                break
        if name in _RUNNERS or name == "docker":
            return at
        at = following
    return None


def sends(row: known.Command, rest: Sequence[str]) -> bool:
    """Whether the words after a program make it send a request."""
    given = {word.partition("=")[0] for word in rest if word.startswith("-")}
    plain = plain_words(rest)
    if row.flags:
        return bool(given & set(row.flags))
    if row.subcommands:
        return any(follows(plain, sub.split()) is not None for sub in row.subcommands)
    if given & _INFORMATION and not plain:
        return False
    if plain:
        return plain[0] not in row.not_after and plain[0] not in _INFORMATION
    return row.bare


def plain_words(rest: Sequence[str]) -> list[str]:
    """The words that are no flags."""
    return [word for word in rest if not word.startswith("-")]


def follows(plain: Sequence[str], words: Sequence[str]) -> int | None:
    """Where a subcommand's words stand; values of global flags may stand before it."""
    for start in range(min(len(plain), 6)):
        if list(plain[start : start + len(words)]) == list(words):
            return start + len(words)
    return None


def _known(
    row: known.Command,
    rest: Sequence[str],
    rest_settled: Sequence[bool],
    line: int,
    end: int,
    text: str,
    source: Source,
) -> Run:
    models: list[str] = []
    for index, word in enumerate(rest):
        flag, equals, value = word.partition("=")
        if flag in row.models:
            if not equals and index + 1 < len(rest):
                value, known_value = rest[index + 1], rest_settled[index + 1]
            else:
                known_value = rest_settled[index]
            model = model_id(value.strip("\"'")) if known_value else ""
            if model and set(model) != {"_"}:
                models.append(model)
    if row.model_word is not None:
        plain = plain_words(rest)
        after = next(
            (at for s in row.subcommands if (at := follows(plain, s.split())) is not None), 0
        )
        if after + row.model_word < len(plain):
            model = model_id(plain[after + row.model_word])
            if model:
                models.append(model)
    provider = row.provider
    if provider == "unknown":
        provider = provider_of_model(models, source)
    return Run(line, end, row.id, provider, row.api, text, tuple(models))


def provider_of_model(models: Sequence[str], source: Source) -> str:
    """Who runs a model that a tool of many providers was given: its prefix, else its maker."""
    for model in models:
        head, slash, _ = model.partition("/")
        named = source.catalogue.provider_id(head) if slash else None
        if named is not None:
            return named
        if not source.catalogue.cloud_model(model):
            made = source.catalogue.model(model)
            if made is not None:
                return made.id
    return "unknown"


def _request(rest: Sequence[str], line: int, end: int, text: str, source: Source) -> Run | None:
    for word in rest:
        bare = word.partition("=")[2] if word.startswith("--url=") else word
        if "://" not in bare and not _BARE_URL.match(bare):
            continue
        found = is_inference(bare, source)
        if found is None:
            continue
        provider, host = found
        return Run(
            line, end, "http", provider, api_of(bare), text, models_in(rest, bare), host,
            tuple(_headers(rest)),
        )  # fmt: skip
    return None


def _headers(rest: Sequence[str]) -> Iterator[tuple[str, str]]:
    for flag, value in pairwise(rest):
        if flag in ("-H", "--header"):
            name, colon, content = value.partition(":")
            if colon:
                yield name.strip(), content.strip()
