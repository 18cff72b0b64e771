"""Clients, models and tags that another file of the repository holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.connectors.code.link import Project
from llmaudit.model import Evidence
from tests.connectors.code.test_collect import calls, scan

PYTHON = {
    "app/__init__.py": "",
    "app/settings.py": 'MODEL = "gpt-4o"\n\n\nclass Settings:\n    model = "gpt-4o-mini"\n\n\n'
    "settings = Settings()\n",
    "app/llm.py": (
        "from langchain_openai import ChatOpenAI\n"
        "from openai import OpenAI\n\n"
        'client = OpenAI(default_headers={"Helicone-Property-Team": "search"})\n'
        'chat = ChatOpenAI(model="gpt-4.1")\n\n\n'
        "def make():\n    return OpenAI()\n\n\n"
        "class Service:\n    def __init__(self):\n        self.client = OpenAI()\n\n"
        "    def ask(self, text):\n"
        '        return self.client.responses.create(model="gpt-5", input=text)\n'
    ),
    "app/passed_on.py": "from .llm import client as shared, Service\n",
}


def project(root: Path, files: dict[str, str]) -> list[Evidence]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    evidence, _ = scan(root)
    return calls(evidence)


def found(root: Path, files: dict[str, str], path: str) -> list[tuple[object, ...]]:
    """Line, provider, models, tagging and confidence of the calls of one file."""
    return [
        (c.where.line, c.provider, c.models, c.tagging, c.confidence)
        for c in project(root, files)
        if c.where.path == path
    ]


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (
            "from app.llm import client\nfrom app.settings import MODEL\n"
            "client.chat.completions.create(model=MODEL, messages=[])\n",
            (3, "openai", ("gpt-4o",), "tagged", "certain"),
        ),
        (
            "from .llm import make\nfrom .settings import settings\n"
            "make().chat.completions.create(model=settings.model, messages=[])\n",
            (3, "openai", ("gpt-4o-mini",), "untagged", "certain"),
        ),
        (
            "from .passed_on import shared\n"
            "shared.embeddings.create(model='text-embedding-3-small', input='x')\n",
            (2, "openai", ("text-embedding-3-small",), "tagged", "certain"),
        ),
        (
            "import app.llm as llm\nfrom app import settings\n"
            "llm.client.chat.completions.create(model=settings.MODEL, messages=[])\n",
            (3, "openai", ("gpt-4o",), "tagged", "certain"),
        ),
        (
            "from app.llm import chat\n\n\ndef go(text):\n    return chat.invoke(text)\n",
            (5, "openai", ("gpt-4.1",), "untagged", "certain"),
        ),
        (
            "from app.passed_on import Service\n\n\n"
            "def go(service: Service):\n"
            "    return service.client.responses.create(model='gpt-4o', input='x')\n",
            (5, "openai", ("gpt-4o",), "untagged", "certain"),
        ),
        (
            "from app.llm import Service\n\n\nclass Mine(Service):\n    def go(self):\n"
            "        return self.client.responses.create(model='gpt-4o', input='x')\n",
            (6, "openai", ("gpt-4o",), "untagged", "certain"),
        ),
    ],
)
def test_python_names_lead_across_files(
    tmp_path: Path, use: str, expected: tuple[object, ...]
) -> None:
    assert found(tmp_path, {**PYTHON, "app/use.py": use}, "app/use.py") == [expected]


def test_a_changed_constant_changes_the_other_file(tmp_path: Path) -> None:
    use = (
        "from .llm import client\nfrom .settings import MODEL\n"
        "client.responses.create(model=MODEL, input='x')\n"
    )
    files = {**PYTHON, "app/use.py": use}
    before = found(tmp_path, files, "app/use.py")
    files["app/settings.py"] = 'MODEL = "gpt-5"\n'
    after = found(tmp_path, files, "app/use.py")
    assert [row[2] for row in (*before, *after)] == [("gpt-4o",), ("gpt-5",)]


def test_an_object_of_the_project_itself_is_no_client(tmp_path: Path) -> None:
    files = {
        **PYTHON,
        "app/own.py": "class Chat:\n    def invoke(self, text):\n        return text\n\n\n"
        "chat = Chat()\n",
        "app/use.py": "from .own import chat\nfrom .llm import make\n\nchat.invoke('x')\n",
    }
    assert found(tmp_path, files, "app/use.py") == []


def test_a_file_named_after_an_sdk_is_not_the_sdk(tmp_path: Path) -> None:
    files = {
        "providers/__init__.py": "",
        "providers/openai.py": "import openai\n\nclient = openai.OpenAI()\n"
        "client.responses.create(model='gpt-4o', input='x')\n",
    }
    assert found(tmp_path, files, "providers/openai.py") == [
        (4, "openai", ("gpt-4o",), "untagged", "certain")
    ]


def test_files_that_import_each_other_end(tmp_path: Path) -> None:
    files = {
        "a.py": "from b import client\nfrom openai import OpenAI\n",
        "b.py": "from a import client\nclient.responses.create(model='gpt-4o', input='x')\n",
    }
    assert found(tmp_path, files, "b.py") == [(2, "openai", ("gpt-4o",), "untagged", "likely")]


SCRIPTS = {
    "src/lib/openai.ts": (
        "import OpenAI from 'openai'\n"
        "export const openai = new OpenAI()\n"
        "export function getClient() {\n  return openai\n}\n"
        "export default openai\n"
    ),
    "src/lib/index.ts": "export * from './openai'\nexport { MODEL as model } from './settings'\n",
    "src/lib/settings.ts": "export const MODEL = 'gpt-4o'\n"
    "export const Config = { model: 'gpt-5' }\n",
    "src/lib/common.js": (
        "const OpenAI = require('openai')\nconst shared = new OpenAI()\n"
        "module.exports = { shared, MODEL: 'gpt-4.1' }\n"
    ),
}


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (
            "import { openai } from '@/lib/openai'\nimport { MODEL } from '../lib/settings'\n"
            "await openai.chat.completions.create({ model: MODEL, messages: [] })\n",
            (3, "openai", ("gpt-4o",), "untagged", "certain"),
        ),
        (
            "import client from '../lib/openai.js'\nimport { Config } from '../lib/settings'\n"
            "await client.responses.create({ model: Config.model, input: '' })\n",
            (3, "openai", ("gpt-5",), "untagged", "certain"),
        ),
        (
            "import { getClient, model } from '../lib'\n"
            "await getClient().responses.create({ model, input: '' })\n",
            (2, "openai", ("gpt-4o",), "untagged", "certain"),
        ),
        (
            "const { shared, MODEL } = require('../lib/common')\n"
            "shared.responses.create({ model: MODEL, input: '' })\n",
            (2, "openai", ("gpt-4.1",), "untagged", "certain"),
        ),
    ],
)
def test_script_names_lead_across_files(
    tmp_path: Path, use: str, expected: tuple[object, ...]
) -> None:
    assert found(tmp_path, {**SCRIPTS, "src/api/use.ts": use}, "src/api/use.ts") == [expected]


GO = {
    "go.mod": "module acme.example/app\n",
    "internal/llm/client.go": (
        "package llm\n\n"
        'import "github.com/openai/openai-go/v3"\n\n'
        'const Model = "gpt-4o"\n\n'
        "type Service struct{ Client openai.Client }\n\n"
        "func New() *Service { return &Service{Client: openai.NewClient()} }\n"
    ),
    "azure/azure.go": "package azure\n\nfunc WithAPIKey(key string) any { return key }\n",
}


@pytest.mark.parametrize(
    ("path", "use", "expected"),
    [
        (
            "cmd/main.go",
            'package main\n\nimport (\n\t"acme.example/app/internal/llm"\n'
            '\t"github.com/openai/openai-go/v3"\n)\n\nfunc main() {\n'
            "\tllm.New().Client.Chat.Completions.New(nil, "
            "openai.ChatCompletionNewParams{Model: llm.Model})\n}\n",
            (9, "openai", ("gpt-4o",), "untagged", "certain"),
        ),
        (
            "internal/llm/ask.go",
            'package llm\n\nimport "github.com/openai/openai-go/v3"\n\n'
            "func (s *Service) Ask() {\n"
            "\ts.Client.Chat.Completions.New(nil, "
            "openai.ChatCompletionNewParams{Model: Model})\n}\n",
            (6, "openai", ("gpt-4o",), "untagged", "certain"),
        ),
        (
            # A folder of the tree that is called like a package of the SDK is not meant.
            "cmd/azured.go",
            'package main\n\nimport (\n\t"github.com/openai/openai-go/v3"\n'
            '\t"github.com/openai/openai-go/v3/azure"\n)\n\nfunc main() {\n'
            '\tclient := openai.NewClient(azure.WithAPIKey("k"))\n'
            '\tclient.Chat.Completions.New(nil, openai.ChatCompletionNewParams{Model: "m"})\n}\n',
            (10, "azure-openai", ("m",), "untagged", "certain"),
        ),
    ],
)
def test_go_names_lead_across_files(
    tmp_path: Path, path: str, use: str, expected: tuple[object, ...]
) -> None:
    assert found(tmp_path, GO | {path: use}, path) == [expected]


def test_a_package_named_as_an_sdk_is_the_programs_own_where_it_lies_beside_it(
    tmp_path: Path,
) -> None:
    files = {
        "app/agents/__init__.py": "",
        "app/agents/search.py": "from agno.agent import Agent\n\nagent = Agent(model='m')\n",
        "app/main.py": "from agents.search import agent\n\nagent.run('x')\n",
        "app/openai/__init__.py": "",
        "app/client.py": "from openai import OpenAI\n\n"
        "OpenAI().responses.create(model='gpt-4o', input='x')\n",
    }
    assert [(c.where.path, c.where.line, c.sdk) for c in project(tmp_path, files)] == [
        ("app/client.py", 3, "openai-python"),
        ("app/main.py", 3, "agno-python"),
    ]


def test_an_object_that_another_file_makes_is_called_as_a_function(tmp_path: Path) -> None:
    files = {
        "app/made.py": "from strands import Agent\n\n\ndef make() -> Agent:\n"
        "    return Agent(model='m')\n\n\ndef make_text(agent):\n    return 'x'\n",
        "app/main.py": "from .made import make, make_text\n\nagent = make()\nagent('x')\n"
        "make_text('x')\n",
    }
    assert [(c.where.path, c.where.line, c.sdk) for c in project(tmp_path, files)] == [
        ("app/main.py", 4, "strands-python")
    ]


def test_a_conftest_of_a_folder_above_gives_tests_their_clients(tmp_path: Path) -> None:
    files = {
        "tests/conftest.py": "import ollama\nimport pytest\n\n\n@pytest.fixture\n"
        "def client():\n    return ollama.Client()\n",
        "tests/unit/test_chat.py": "def test_chat(client):\n"
        "    client.chat(model='m', messages=[])\n",
        "tests/unit/helper.py": "def chat(client):\n    client.chat(model='m', messages=[])\n",
    }
    assert [(c.where.path, c.where.line, c.provider) for c in project(tmp_path, files)] == [
        ("tests/unit/test_chat.py", 2, "ollama")
    ]


@pytest.mark.parametrize("name", [".eslintrc.js", "index.ts", "__init__.py", "..js", "a/.x.ts"])
def test_files_of_any_name_are_linked(tmp_path: Path, name: str) -> None:
    (found,) = project(tmp_path, {name: "", "m/a.py": "import openai\nopenai.responses.create()\n"})
    assert found.where.path == "m/a.py"


PARTS = st.lists(
    st.sampled_from(["a", ".", "..", "__init__", "index", ".js", ".py", "x.y", "-"]), min_size=1
)
PATHS = st.tuples(PARTS, st.sampled_from(["", ".py", ".ts", ".go", ".d.ts"])).map(
    lambda pair: "/".join(pair[0]) + pair[1]
)


@given(
    st.dictionaries(PATHS, st.sampled_from(["python", "typescript", "go"]), max_size=6),
    st.text("ab./@~#$", max_size=9),
)
def test_no_name_of_a_file_or_module_is_too_odd(files: dict[str, str], module: str) -> None:
    linked = Project(lambda _: None)
    for path, analyzer in files.items():
        linked.add(path, analyzer, f"import {module}\nfrom '{module}'\n")
    linked.reaching(dict.fromkeys(files, frozenset(("sdk",))))
    for path in files:
        assert all(found in files for found in linked.resolve(module, path))
