from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.connectors.code.manifests import is_manifest, read_manifest


def declared(path: str, text: str) -> list[tuple[int, str, str, str]]:
    found = read_manifest(path, text)
    assert found.problems == ()
    return [(one.line, one.ecosystem, one.name, one.specifier) for one in found.declared]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("requirements.txt", True),
        ("svc/requirements-dev.txt", True),
        ("dev_requirements.in", True),
        ("requirements/base.txt", True),
        ("pyproject.toml", True),
        ("a/setup.py", True),
        ("Pipfile", True),
        ("environment.yml", True),
        ("package.json", True),
        ("constraints.txt", False),
        ("notes.txt", False),
        ("composer.yaml", False),
        ("uv.lock", True),
    ],
)
def test_which_files_are_manifests(path: str, known: bool) -> None:
    assert is_manifest(path) is known


def test_requirements() -> None:
    text = """\
# openai==0
--index-url https://ada:hunter2@example.com/simple
-r base.txt
-c constraints.txt
-e .
./local
openai>=1.2,<2  # the client
LangChain_OpenAI[extra]==0.1 ; python_version >= "3.9"
litellm \\
    >=1.0 \\
    --hash=sha256:abc
anthropic @ https://ada:hunter2@example.com/anthropic-1.whl
-e git+https://example.com/acme/x.git@main#egg=Acme_X
https://example.com/files/some.whl
"""
    assert declared("requirements.txt", text) == snapshot(
        [
            (7, "pypi", "openai", "<2,>=1.2"),
            (8, "pypi", "langchain-openai", "==0.1"),
            (9, "pypi", "litellm", ">=1.0"),
            (12, "pypi", "anthropic", ""),
            (13, "pypi", "acme-x", ""),
        ]
    )


def test_windows_line_ends_and_a_broken_line_lose_nothing() -> None:
    found = read_manifest("requirements.txt", "openai\r\n== what\r\nlitellm\r\n")
    assert [(one.line, one.name) for one in found.declared] == [(1, "openai"), (3, "litellm")]
    assert found.problems == ("line 2: not a requirement that can be read",)


def test_prose_is_named_briefly() -> None:
    found = read_manifest("requirements/notes.txt", "this is no requirement\n" * 9)
    assert found.problems == (
        "line 1: not a requirement that can be read",
        "line 2: not a requirement that can be read",
        "line 3: not a requirement that can be read",
        "6 more lines cannot be read",
    )


def test_pyproject() -> None:
    text = """\
[build-system]
requires = ["hatchling"]

[project]
name = "x"
description = "wraps openai>=1"
dependencies = [
  # "openai>=1",
  "openai>=1",
  'litellm[proxy]',
]

[project.optional-dependencies]
claude = ["anthropic"]
all = [
  "anthropic",
]

[dependency-groups]
dev = ["pytest", {include-group = "eval"}]
eval = [ "ragas~=0.2" ]

[tool.uv]
dev-dependencies = ["cohere"]

[tool.poetry.dependencies]
python = "^3.11"
"mistralai" = "^1.0"
groq = {version = "0.9", extras = ["x"]}
own = {git = "https://ada:hunter2@example.com/own.git"}
split = [{version = "1", python = "<3.12"}, {version = "2"}]

[tool.poetry.dependencies.together]
version = "1.3"

[tool.poetry.group.eval.dependencies]
openai = "*"
"""
    assert declared("pyproject.toml", text) == snapshot(
        [
            (9, "pypi", "openai", ">=1"),
            (10, "pypi", "litellm", ""),
            (14, "pypi", "anthropic", ""),
            (16, "pypi", "anthropic", ""),
            (20, "pypi", "pytest", ""),
            (21, "pypi", "ragas", "~=0.2"),
            (24, "pypi", "cohere", ""),
            (28, "pypi", "mistralai", "^1.0"),
            (29, "pypi", "groq", "0.9"),
            (30, "pypi", "own", ""),
            (31, "pypi", "split", "1"),
            (33, "pypi", "together", "1.3"),
            (37, "pypi", "openai", "*"),
        ]
    )


def test_pipfile() -> None:
    text = """\
[[source]]
url = "https://ada:hunter2@example.com/simple"
name = "own"

[packages]
openai = "*"
litellm = {version = ">=1", extras = ["proxy"]}

[dev-packages]
openai = "*"

[requires]
python_version = "3.11"
"""
    assert declared("Pipfile", text) == snapshot(
        [
            (6, "pypi", "openai", "*"),
            (7, "pypi", "litellm", ">=1"),
            (10, "pypi", "openai", "*"),
        ]
    )


def test_setup_cfg() -> None:
    text = """\
[metadata]
name = openai

[options]
install_requires =
    openai>=1; python_version > "3"
    # litellm
    anthropic

[options.extras_require]
eval = ragas; deepeval
"""
    assert declared("setup.cfg", text) == snapshot(
        [
            (6, "pypi", "openai", ">=1"),
            (8, "pypi", "anthropic", ""),
            (11, "pypi", "deepeval", ""),
            (11, "pypi", "ragas", ""),
        ]
    )


def test_setup_py_is_read_and_not_run() -> None:
    text = """\
from setuptools import setup
COMMON = ["openai>=1"]
raise SystemExit
setup(
    name="x",
    install_requires=COMMON + [
        "litellm",
        '''anthropic
        cohere''',
    ],
    extras_require={"eval": ["ragas"], "more": compute()},
)
"""
    found = read_manifest("setup.py", text)
    assert [(one.line, one.name, one.specifier) for one in found.declared] == snapshot(
        [
            (2, "openai", ">=1"),
            (7, "litellm", ""),
            (8, "anthropic", ""),
            (9, "cohere", ""),
            (11, "ragas", ""),
        ]
    )
    assert found.problems == ("line 11: part of extras_require is computed when setup.py runs",)


def test_conda_environment() -> None:
    text = """\
name: x
channels: [conda-forge]
dependencies:
  - python=3.11
  - conda-forge::openai>=1
  - pip
  - pip:
      - litellm[proxy]==1.0
      - -r requirements.txt
"""
    assert declared("environment.yml", text) == snapshot(
        [
            (4, "pypi", "python", "=3.11"),
            (5, "pypi", "openai", ">=1"),
            (6, "pypi", "pip", ""),
            (8, "pypi", "litellm", "==1.0"),
        ]
    )


def test_package_json() -> None:
    text = """\
{
  "name": "web",
  "config": {"dependencies": {"openai": "0"}},
  "dependencies": {
    "openai": "^4.0.0",
    "@ai-sdk/openai": "1.x",
    "llm": "npm:@Anthropic-ai/sdk@^0.30",
    "own": "git+https://ada:hunter2@example.com/own.git"
  },
  "devDependencies": {"openai": "workspace:*"},
  "peerDependencies": {},
  "scripts": {"openai": "x"}
}
"""
    assert declared("web/package.json", text) == snapshot(
        [
            (5, "npm", "openai", "^4.0.0"),
            (6, "npm", "@ai-sdk/openai", "1.x"),
            (7, "npm", "@anthropic-ai/sdk", "^0.30"),
            (8, "npm", "own", ""),
            (10, "npm", "openai", "workspace:*"),
        ]
    )


_OTHER_FORM = "well-formed, but not in the form of a manifest of that name"


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("pyproject.toml", "a = \n", "not valid TOML: Invalid value (at line 1, column 5)"),
        ("pyproject.toml", "project = 3", _OTHER_FORM),
        ("package.json", '{\n"a": }', "line 2: not valid JSON: expecting value"),
        ("package.json", "[]", _OTHER_FORM),
        ("package.json", "[" * 100_000, "nested too deeply"),
        ("setup.cfg", "x = 1\n", "not valid INI: File contains no section headers."),
        ("setup.py", "setup(\n", "line 1: not valid Python: '(' was never closed"),
        ("environment.yml", "a: [\n", "line 2: not valid YAML: did not find expected node content"),
        ("readme.md", "", "this kind of manifest is not read"),
    ],
)  # fmt: skip
def test_a_broken_manifest_gets_one_sentence(path: str, text: str, problem: str) -> None:
    assert read_manifest(path, text) == ((), (problem,))


@given(
    st.sampled_from(["requirements.txt", "pyproject.toml", "setup.cfg", "setup.py", "Pipfile"])
    | st.sampled_from(["environment.yml", "package.json"]),
    st.text("[]{}()=\"'\n\\#:;,.@-_ dependncis\0é", max_size=60),
)
def test_any_text_is_read_without_an_exception(path: str, text: str) -> None:
    read_manifest(path, text)


@given(
    st.dictionaries(
        st.builds("{}{}".format, st.sampled_from(["", "@acme/"]), st.text("abz", min_size=1)),
        st.just("1"),
        max_size=6,
    )
)
def test_every_npm_package_is_declared_on_its_own_line(
    packages: dict[str, str],
) -> None:
    text = json.dumps({"dependencies": packages}, indent=2)
    rows = text.split("\n")
    found = declared("package.json", text)
    assert {name for _, _, name, _ in found} == set(packages)
    assert all(f'"{name}": "1"' in rows[line - 1] for line, _, name, _ in found)
