"""Workflows and composite actions of GitHub, Gitea and Forgejo."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.surfaces.commands import (
    commands_in,
    provider_of_model,
    shell_text,
)
from llmaudit.connectors.code.surfaces.containers import container
from llmaudit.connectors.code.surfaces.expressions import Given
from llmaudit.connectors.code.surfaces.findings import Found, Problem, Said, Source
from llmaudit.connectors.code.surfaces.nodes import Scalar, Table, walk
from llmaudit.connectors.code.surfaces.steps import RULE, called, request_tags, symbol_of
from llmaudit.connectors.code.surfaces.variables import (
    Environment,
    host_of,
    meaning,
    model_id,
    provider_of_host,
    settled,
)
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml

_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)")
_MODEL_INPUT = re.compile(r"(?:^|[_-])model(?:[_-]?(?:name|id))?$", re.IGNORECASE)
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_TRUE = frozenset({"true", "1", "yes", "on"})
# Actions of these owners set up machines; a key among their inputs runs no model.
_SETUP = ("actions/", "docker/", "./", "github/codeql-action")
# Keys that are handed to actions which publish models or read data as well.
_NOT_BY_KEY = frozenset({"databricks", "huggingface", "replicate", "google-vertex", "unknown"})


def read(source: Source) -> Iterator[Said]:
    """Steps that run a model, and the secrets they are given."""
    document = read_yaml(source.text)
    for text in document.problems:
        yield Problem(text, whole=not document.roots)
    for root in document.tables:
        yield from _steps(root, source)
    yield from _mentioned(source)


def is_workflow(root: Table) -> bool:
    """Whether a document is a workflow that stands elsewhere: an example, a template."""
    jobs = [job for _, _, job in root.table("jobs").all() if isinstance(job, Table)]
    return any(job.get("runs-on") is not None and job.items("steps") for job in jobs)


def read_document(root: Table, source: Source) -> Iterator[Said]:
    """The steps of a workflow that stands elsewhere; its secrets are an example's."""
    yield from _steps(root, source)


def _steps(root: Table, source: Source) -> Iterator[Said]:
    top = root.table("env")
    given = Given(root)
    for job_id, _, job in root.table("jobs").all():
        if isinstance(job, Table):
            own = given.of_job(job)
            yield from _job(job_id, job, [top, job.table("env")], own, source)
    runs = root.table("runs")
    if runs.get("steps") is not None:
        yield from _job("", runs, [top], given, source)


def _job(
    name: str, job: Table, scopes: list[Table], given: Given, source: Source
) -> Iterator[Said]:
    services = [(key, line, one) for key, line, one in job.table("services").all()]
    for key, line, service in [*services, ("container", job.line, job.get("container"))]:
        if isinstance(service, Table):
            yield from container(symbol_of(name, key), service, source, RULE, line=line)
    before = ""
    for index, step in enumerate(job.items("steps"), 1):
        if not isinstance(step, Table):
            continue
        label = step.text("id") or step.text("name") or str(index)
        symbol = symbol_of(name, label)
        inputs = step.table("with")
        everything = [*scopes, step.table("env")]
        environment = Environment.of(source, f"{RULE}.variable")
        for scope in everything:
            _take(scope, environment)
        used = step.get("uses")
        if isinstance(used, Scalar) and used.value:
            yield from _action(
                used, inputs, given.of_step(everything), environment, symbol, _last(step), source
            )
        script = step.get("run")
        shell = step.text("shell")
        if isinstance(script, Scalar) and script.value and not re.match(r"python|node|cmd", shell):
            variables = given.of_step(everything).variables()
            for run in commands_in(script.value, source, before, variables):
                yield called(run, script, symbol, environment, everything, source, "github-actions")
            before += shell_text(script.value) + "\n"
        yield from environment.found()


def _take(scope: Table, environment: Environment) -> None:
    for key, line, value in scope.all():
        if isinstance(value, Scalar):
            environment.add(key, line, value)


def _last(step: Table) -> int:
    """The last line that a node of the step begins on."""
    return max(node.line for _, node in walk(step))


def _action(
    used: Scalar,
    inputs: Table,
    given: Given,
    environment: Environment,
    symbol: str,
    end: int,
    source: Source,
) -> Iterator[Said]:
    name = (used.value or "").strip().partition("@")[0]
    row = _row(name)
    if row is None:
        found = _by_key(name, used, inputs, given, environment, symbol, end, source)
        if found is not None:
            yield found
        return
    for key, line, value in inputs.all():
        if key in row.keys and isinstance(value, Scalar):
            environment.add(row.keys[key], line, value)
    models, default = _models(row, inputs, given)
    provider, hosts = row.provider, list(environment.hosts)
    for switch, runs in row.switches.items():
        if inputs.text(switch).casefold() in _TRUE:
            provider = runs
    for key in row.urls:
        host, port = host_of(inputs.text(key))
        if host:
            provider = provider_of_host(host, port, provider, source)
            hosts.append(host)
    if provider == "unknown":
        provider = provider_of_model(models, source)
        if provider == "unknown":
            provider = environment.provider or "unknown"
    others = {
        one.provider
        for one in environment.routes
        if one.key in hosts and one.provider not in (None, "unknown", provider)
    }
    reading = request_tags(given.scopes, source)
    named = any(_named(inputs, key) for key in row.models)
    yield Found(
        "call",
        symbol,
        used.line,
        f"yaml.github-actions.{row.id}",
        end_line=end,
        provider=provider,
        sdk=row.id,
        api=row.api,
        models=models,
        symbol=symbol,
        text=name,
        tags=reading.tags,
        tagging=reading.tagging,
        weak=reading.weak,
        secrets=environment.secrets,
        hosts=tuple(dict.fromkeys(hosts)),
        attributes={
            "model_default": default or (row.default if not (models or named) else ""),
            # A base URL may lead to somebody else who speaks the same protocol.
            "also_providers": ";".join(sorted(one for one in others if one)),
        },
    )


def _row(name: str) -> known.Action | None:
    rows = known.actions()
    text = name.casefold()
    found = rows.get(text)
    if found is None and text.startswith("docker://"):
        found = rows.get(text.partition(":")[0] + ":" + text.partition(":")[2].partition(":")[0])
    while found is None and text.count("/") > 1 and not text.startswith("docker:"):
        text = text.rpartition("/")[0]
        found = rows.get(text)
    return found


def _named(inputs: Table, key: str) -> bool:
    value = inputs.get(key)
    return isinstance(value, Scalar) and bool(value.value)


def _models(row: known.Action, inputs: Table, given: Given) -> tuple[tuple[str, ...], str]:
    """Models that the inputs name, or the variables; and one that counts only by default."""
    found: list[str] = []
    default = ""
    for text in (
        *(inputs.text(key) for key in row.models),
        *(one for key in row.arguments for one in _flagged(inputs.text(key))),
        *(_from_json(inputs.text(key)) for key in row.settings),
    ):
        texts, fallback = given.worth(text)
        found += [model for one in texts if (model := model_id(settled(one)))]
        default = default or model_id(settled(fallback))
    if not found and not default:
        for scope in reversed(given.scopes):
            for key in row.model_env:
                texts, fallback = given.worth(scope.text(key))
                found += [model for one in texts if (model := model_id(settled(one)))]
                default = default or model_id(settled(fallback))
    return tuple(dict.fromkeys(found)), "" if found else default


def _flagged(arguments: str) -> list[str]:
    """The model among the arguments of a command line."""
    if not arguments:
        return []
    try:
        # An expression stays one word.
        whole = _EXPRESSION.sub(lambda m: m[0].replace(" ", "\0").replace("'", "\1"), arguments)
        words = [w.replace("\0", " ").replace("\1", "'") for w in shlex.split(whole, comments=True)]
    except ValueError:
        words = arguments.split()
    found = [word.partition("=")[2] for word in words if word.startswith(("--model=", "-m="))]
    for flag, value in pairwise(words):
        if flag in ("--model", "-m"):
            found.append(value)
    return found


def _from_json(text: str) -> str:
    """The model of a settings text: ``{"model": "x"}`` or ``{"model": {"name": "x"}}``."""
    if not text.startswith("{"):
        return ""
    try:
        model = json.loads(text).get("model", "")
    except (ValueError, RecursionError):
        match = re.search(r'"model"\s*:\s*"([^"]+)"', text)
        return match[1] if match else ""
    if isinstance(model, dict):
        model = model.get("name", "")
    return model if isinstance(model, str) else ""


def _by_key(
    name: str,
    used: Scalar,
    inputs: Table,
    given: Given,
    environment: Environment,
    symbol: str,
    end: int,
    source: Source,
) -> Found | None:
    """A step of an action nobody listed, which is given a model provider's key.

    The input's name tells whose (``openai_api_key``), or the secret's (``secrets.OPENAI_API_KEY``),
    or a variable of the step itself.
    """
    text = name.casefold()
    if text.startswith(_SETUP) or "/.github/workflows/" in text:
        return None
    own = given.scopes[-1].all() if given.scopes else []
    for key, line, value in [*inputs.all(), *own]:
        if not isinstance(value, Scalar):
            continue
        held = [key, *(match[1] for match in _SECRET.finditer(value.value or ""))]
        meant = [found for one in held if (found := _key_of(one, source)) is not None]
        if not meant:
            continue
        environment.add(key, line, value)
        texts = [
            given.worth(held.value or "")
            for inner, _, held in [*inputs.all(), *own]
            if isinstance(held, Scalar) and _MODEL_INPUT.search(inner)
        ]
        models = [m for found, _ in texts for one in found if (m := model_id(settled(one)))]
        default = next((m for _, one in texts if (m := model_id(settled(one)))), "")
        providers = list(dict.fromkeys(meant))
        return Found(
            "call",
            symbol,
            used.line,
            "yaml.github-actions.key-input",
            end_line=end,
            provider=providers[0],
            sdk=None,
            api="agent",
            models=tuple(dict.fromkeys(models)),
            confidence="likely",
            symbol=symbol,
            text=name,
            tagging="untagged",
            secrets=environment.secrets,
            attributes={
                "action": name,
                "model_default": "" if models else default,
                "also_providers": ";".join(providers[1:]),
            },
        )
    return None


def _key_of(name: str, source: Source) -> str | None:
    """The model provider whose key goes by a name; None for any other, and for wide ones."""
    found = meaning(name, source.catalogue)
    if found is None or found.role != "key" or found.provider in _NOT_BY_KEY:
        return None
    return None if name.upper() == "GOOGLE_API_KEY" else found.provider


def _mentioned(source: Source) -> Iterator[Found]:
    """Secrets named anywhere in the file, in a condition or a script too."""
    seen: set[str] = set()
    for number, line in enumerate(source.text.splitlines(), 1):
        for match in _SECRET.finditer(line):
            name = match[1]
            found = meaning(name, source.catalogue) if name not in seen else None
            if found is None or found.role != "key":
                continue
            seen.add(name)
            yield Found(
                "secret",
                name,
                number,
                f"{RULE}.variable",
                "repository",
                provider=found.provider,
                confidence="certain" if found.certain else "likely",
                variable=name,
            )
