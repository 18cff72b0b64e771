"""Which surface a path belongs to, before anything of the file is read."""

from __future__ import annotations

import re
from functools import cache

import ahocorasick_rs

from llmaudit.connectors.code.surfaces import known

# Paths that say what the file is; the first that fits counts. Lower case, from the root.
_PATHS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("workflow", (r"(?:.*/)?\.(?:github|gitea|forgejo)/(?:workflows|actions)/.+\.ya?ml",
                  r"(?:.*/)?action\.ya?ml")),
    ("pipeline", (r"(?:.*/)?[^/]*\.?gitlab-ci\.ya?ml", r"(?:.*/)?\.gitlab/ci/.+\.ya?ml",
                  r"(?:.*/)?\.circleci/.+\.ya?ml", r"(?:.*/)?[^/]*azure-pipelines?[^/]*\.ya?ml",
                  r"(?:.*/)?\.(?:azure-?pipelines|azuredevops|pipelines)/.+\.ya?ml",
                  r"(?:.*/)?bitbucket-pipelines\.ya?ml", r"(?:.*/)?\.(?:drone|travis)\.ya?ml",
                  r"(?:.*/)?\.(?:woodpecker|buildkite)/.+\.ya?ml",
                  r"(?:.*/)?\.woodpecker\.ya?ml",
                  r"(?:.*/)?taskfile[^/]*\.ya?ml",
                  r"(?:.*/)?[^/]*cloudbuild[^/]*\.(?:ya?ml|json)")),
    ("makefile", (r"(?:.*/)?(?:gnu)?makefile(?:\.[\w-]+)?", r".+\.(?:mk|mak|just)",
                  r"(?:.*/)?\.?justfile")),
    ("jenkinsfile", (r"(?:.*/)?jenkinsfile[^/]*", r".+\.jenkinsfile")),
    ("terraform", (r".+\.(?:tf|tofu|tf\.json)", r"(?:.*/)?terragrunt\.hcl")),
    ("tfvars", (r".+\.tfvars",)),
    ("bicep", (r".+\.bicep",)),
    ("compose", (r"(?:.*/)?(?:docker-)?compose[^/]*\.ya?ml",
                 r"(?:.*/)?[^/]*\.(?:docker-)?compose\.ya?ml")),
    ("dockerfile", (r"(?:.*/)?(?:dockerfile|containerfile)(?:[._-][^/]*)?",
                    r".+\.(?:dockerfile|containerfile)")),
    ("serverless", (r"(?:.*/)?serverless[^/]*\.(?:ya?ml|json)",)),
    ("pulumi", (r"(?:.*/)?pulumi(?:\.[^/]+)?\.ya?ml",)),
    ("dotenv", (r"(?:.*/)?(?:\.env|env)(?:[._-][^/]*)?", r".+\.env(?:\.[^/]*)?",
                r"(?:.*/)?\.(?:envrc|flaskenv|dev\.vars)")),
    ("settings", (r"(?:.*/)?(?:appsettings|local\.settings)[^/]*\.json",
                  r"(?:.*/)?(?:application|bootstrap)[^/]*\.(?:ya?ml|properties)",
                  r"(?:.*/)?\.streamlit/secrets\.toml", r"(?:.*/)?app\.(?:ya?ml|json)",
                  r"(?:.*/)?(?:fly|netlify|railway|wrangler)\.(?:toml|jsonc?)",
                  r"(?:.*/)?(?:vercel|railway)\.json", r"(?:.*/)?render\.ya?ml")),
    ("prompt", (r".+\.prompt\.ya?ml", r".+\.prompty")),
    ("devcontainer", (r"(?:.*/)?\.?devcontainer(?:/.+)?\.json",)),
)  # fmt: skip
SETTINGS = re.compile(
    r"(?:.*/)?(?:config|conf|settings)/(?!.*(?:locale|i18n|lang|translation))"
    r".+\.(?:ya?ml|json|toml|ini)"
    r"|(?:.*/)?[^/]*(?:config|settings|secrets|credentials)[^/]*"
    r"\.(?:ya?ml|jsonc?|toml|ini|properties)"
)
"""Settings by their name; they hold many other things, so a literal must stand in them."""
VALUES = re.compile(r"(?:.*/)?[^/]*values[^/]*\.ya?ml")
"""Values of Helm charts."""

_DATA = (".yaml", ".yml", ".json", ".jsonc", ".toml", ".ini", ".properties", ".cfg", ".conf")
# `env.ts` and `env.md` are no key files.
_ENV_ELSE = re.compile(r".+\.(?:py|[cm]?[jt]sx?|rb|go|rs|java|kt|php|sh|md|html|json|ya?ml|toml)")
_SHOWS = re.compile(
    r"(?:^|[._-])(?:example|sample|template|tmpl|dist|default|demo)(?:[._-]|$)", re.IGNORECASE
)


@cache
def _paths() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{'|'.join(patterns)})" for name, patterns in _PATHS))


# One of these stands in every path that the patterns above know.
_MARKS = (
    ".github/", ".gitea/", ".forgejo/", "action.y", "gitlab", "circleci", "pipeline", "azuredevops",
    ".drone", ".travis", "woodpecker", "buildkite", "jenkinsfile", ".tf", ".tofu", "terragrunt",
    ".bicep", "compose", "dockerfile", "containerfile", "serverless", "pulumi", "env", ".dev.vars",
    "appsettings", "local.settings", "application", "bootstrap", "streamlit", ".prompt",
    "devcontainer", "cloudbuild", "app.y", "app.json", "fly.toml", "netlify", "railway", "wrangler",
    "vercel.json", "render.y", "makefile", ".mk", ".mak", "just", "taskfile",
)  # fmt: skip


@cache
def _telling() -> ahocorasick_rs.AhoCorasick:
    """Literals of all patterns: most paths hold none, and need no pattern tried on them."""
    found = set(_MARKS)
    for tool in known.rows("tools", known.Tool):
        for glob in (*tool.files, *tool.each):
            found.add(max(glob.lower().split("*"), key=len).strip("/"))
    return ahocorasick_rs.AhoCorasick(sorted(found))


def glob_pattern(glob: str) -> str:
    """A glob over paths as a regular expression over a lower-case path."""
    text = re.escape(glob.lower())
    text = text.replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return f"{text}$"


@cache
def _tools() -> tuple[tuple[re.Pattern[str], known.Tool, bool], ...]:
    found: list[tuple[re.Pattern[str], known.Tool, bool]] = []
    for tool in known.rows("tools", known.Tool):
        for globs, each in ((tool.each, True), (tool.files, False)):
            if globs:
                pattern = "|".join(glob_pattern(glob) for glob in globs)
                found.append((re.compile(pattern), tool, each))
    return tuple(found)


@cache
def _any_tool() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _tools()))


def tool_of(path: str) -> tuple[known.Tool, bool] | None:
    """The tool that keeps a file at this path, and whether the file is an agent of its own."""
    text = path.lower()
    if _any_tool().match(text) is None:
        return None
    return next(((tool, each) for pattern, tool, each in _tools() if pattern.match(text)), None)


def surface_of(path: str) -> tuple[str, bool] | None:
    """The surface of a file by its path, and whether the path is sure of it.

    A file that only may be one is read where a literal of a reader stands in it.
    """
    text = path.lower()
    if _telling().find_matches_as_indexes(text):
        if tool_of(text) is not None:
            return "agent", True
        found = _paths().fullmatch(text)
        surface = found.lastgroup if found is not None else None
        if surface is not None and not (surface == "dotenv" and _ENV_ELSE.fullmatch(text)):
            return surface, True
    return ("document", False) if text.endswith(_DATA) else None


def is_template(path: str) -> bool:
    """Whether a file only shows which variables there are (``.env.example``)."""
    return bool(_SHOWS.search(path.rpartition("/")[2]))
