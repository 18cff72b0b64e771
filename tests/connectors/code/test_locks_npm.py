"""Lock files tell what the tree itself asks for, and not what came along with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmaudit.connectors.code.manifests import is_manifest, read_manifest
from tests.connectors.code.test_collect import scan

_PACKAGE_LOCK = """{
  "name": "acme",
  "lockfileVersion": 3,
  "packages": {
    "": {
      "dependencies": {"openai": "^4.0.0", "ai-alias": "npm:ai@4.0.1", "web": "*"},
      "devDependencies": {"@anthropic-ai/sdk": "0.30.0", "gone": "1"}
    },
    "node_modules/@anthropic-ai/sdk": {"version": "0.30.0"},
    "node_modules/ai-alias": {"name": "ai", "version": "4.0.1"},
    "node_modules/cohere-ai": {"version": "7.0.0"},
    "node_modules/openai": {
      "version": "4.77.0",
      "dependencies": {"cohere-ai": "7"}
    },
    "node_modules/web": {"resolved": "packages/web", "link": true},
    "packages/web": {"dependencies": {"openai": "^5.0.0"}},
    "packages/web/node_modules/openai": {"version": "5.1.0"}
  }
}
"""
_FIRST_FORM = """{
  "lockfileVersion": 1,
  "dependencies": {
    "langchain": {
      "version": "0.1.0",
      "requires": {"openai": "^4.0.0"},
      "dependencies": {"ollama": {"version": "0.5.0"}}
    },
    "openai": {"version": "4.0.0"},
    "ollama": {"version": "0.4.0"},
    "replicate": {"version": "git+ssh://ada:hunter2@example.com/x.git"}
  }
}
"""
_YARN = """# yarn lockfile v1


"@anthropic-ai/sdk@^0.30.0":
  version "0.30.1"
  resolved "https://registry.example.com/a.tgz#abc"
  dependencies:
    "@types/node" "^18.11.18"
    node-fetch "^2.6.7"

"@types/node@^18.11.18":
  version "18.19.1"

langchain@0.1.0:
  version "0.1.0"
  dependencies:
    openai "^4.26.0"

node-fetch@^2.6.7:
  version "2.7.0"

openai@^4.0.0, openai@^4.26.0:
  version "4.77.0"

openai-old@npm:openai@3.3.0:
  version "3.3.0"
"""
_BERRY = """__metadata:
  version: 8
  cacheKey: 10c0

"acme@workspace:.":
  version: 0.0.0-use.local
  resolution: "acme@workspace:."
  dependencies:
    "@acme/web": "workspace:*"
    "@anthropic-ai/sdk": "npm:^0.30.0"
    old: "npm:openai@3.3.0"
    openai: "npm:^4.0.0"
  languageName: unknown
  linkType: soft

"@acme/web@workspace:*, @acme/web@workspace:packages/web":
  version: 0.0.0-use.local
  resolution: "@acme/web@workspace:packages/web"
  languageName: unknown

"@anthropic-ai/sdk@npm:^0.30.0":
  version: 0.30.1
  dependencies:
    cohere-ai: "npm:^7.0.0"

"cohere-ai@npm:^7.0.0":
  version: 7.14.0

"old@npm:openai@3.3.0":
  version: 3.3.0

"openai@npm:^4.0.0, openai@npm:^4.26.0":
  version: 4.77.0
"""
_PNPM = """lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      openai:
        specifier: ^4.0.0
        version: 4.77.0(zod@3.23.8)
      old:
        specifier: npm:openai@3.3.0
        version: openai@3.3.0
  packages/web:
    devDependencies:
      '@anthropic-ai/sdk':
        specifier: ^0.30.0
        version: 0.30.1
      acme:
        specifier: workspace:*
        version: link:../..

packages:

  cohere-ai@7.14.0:
    resolution: {integrity: sha512-x}
"""
_PNPM_OLD = """lockfileVersion: 5.4

specifiers:
  openai: ^3.0.0
  react: ^18.0.0

dependencies:
  openai: 3.3.0_debug@4.0.0
  old: /openai/3.2.1

packages:
  /cohere-ai/7.0.0:
    dev: false
"""
_BUN = """{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "acme",
      "dependencies": {
        "openai": "^4.0.0", // the client
        "web": "workspace:*",
      },
    },
  },
  "packages": {
    "cohere-ai": ["cohere-ai@7.14.0", "", {}, "sha512-x"],
    "openai": ["openai@4.77.0", "", { "dependencies": { "cohere-ai": "7" } }, "sha512-x"],
    "web": ["web@workspace:packages/web"],
  }
}
"""
_DENO_LOCK = """{
  "version": "4",
  "specifiers": {
    "jsr:@openai/openai@^4.68.1": "4.77.0",
    "npm:cohere-ai@7": "7.14.0",
    "npm:openai@4": "4.77.0_zod@3.23.8"
  },
  "npm": {"cohere-ai@7.14.0": {}},
  "workspace": {
    "dependencies": [
      "jsr:@openai/openai@^4.68.1"
    ],
    "packageJson": {"dependencies": ["npm:openai@4"]}
  }
}
"""
_DENO = """{
  // names
  "imports": {
    "@std/assert": "jsr:@std/assert@1",
    "openai": "npm:openai@^4.77.0",
    "oai": "jsr:@openai/openai@^4.68.1",
    "anthropic": "https://esm.sh/@anthropic-ai/sdk@0.30.0/index.mjs",
    "bare": "npm:/replicate",
    "lib/": "./lib/",
  },
}
"""


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        (
            "package-lock.json",
            _PACKAGE_LOCK,
            [
                (9, "@anthropic-ai/sdk", "0.30.0"),
                (10, "ai", "4.0.1"),
                (12, "openai", "4.77.0"),
                (18, "openai", "5.1.0"),
            ],
        ),
        (
            "a/npm-shrinkwrap.json",
            _FIRST_FORM,
            [(4, "langchain", "0.1.0"), (11, "replicate", "")],
        ),
        (
            "yarn.lock",
            _YARN,
            [
                (4, "@anthropic-ai/sdk", "0.30.1"),
                (14, "langchain", "0.1.0"),
                (22, "openai", "4.77.0"),
                (25, "openai", "3.3.0"),
            ],
        ),
        (
            "yarn.lock",
            _BERRY,
            [
                (21, "@anthropic-ai/sdk", "0.30.1"),
                (29, "openai", "3.3.0"),
                (32, "openai", "4.77.0"),
            ],
        ),
        (
            "pnpm-lock.yaml",
            _PNPM,
            [(7, "openai", "4.77.0"), (10, "openai", "3.3.0"), (15, "@anthropic-ai/sdk", "0.30.1")],
        ),
        ("pnpm-lock.yaml", _PNPM_OLD, [(8, "openai", "3.3.0"), (9, "openai", "3.2.1")]),
        ("bun.lock", _BUN, [(14, "openai", "4.77.0")]),
        (
            "deno.lock",
            _DENO_LOCK,
            [(4, "@jsr/openai__openai", "4.77.0"), (6, "openai", "4.77.0")],
        ),
    ],
)
def test_locked_packages(path: str, text: str, wanted: list[tuple[int, str, str]]) -> None:
    assert is_manifest(path)
    found = read_manifest(path, text)
    assert found.problems == ()
    assert [(one.line, one.name, one.specifier) for one in found.declared] == wanted
    assert all(one.locked and one.ecosystem == "npm" for one in found.declared)


def test_names_of_a_deno_configuration() -> None:
    found = read_manifest("deno.jsonc", _DENO)
    assert [(one.line, one.name, one.specifier, one.locked) for one in found.declared] == [
        (4, "@jsr/std__assert", "1", False),
        (5, "openai", "^4.77.0", False),
        (6, "@jsr/openai__openai", "^4.68.1", False),
        (7, "@anthropic-ai/sdk", "0.30.0", False),
        (8, "replicate", "", False),
    ]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("package-lock.json", "{", "line 1: not valid JSON: expecting property name"),
        ("package-lock.json", "[]", "well-formed, but not in the form of a manifest of that name"),
        ("pnpm-lock.yaml", "importers: [\n", "line 2: not valid YAML"),
        ("bun.lock", '{"packages": {}, "workspaces": 2}', "well-formed, but not in the form of a"),
        ("yarn.lock", "\0", ""),
    ],
)
def test_a_broken_lock_costs_a_sentence(path: str, text: str, problem: str) -> None:
    found = read_manifest(path, text)
    assert found.declared == ()
    assert "".join(found.problems).startswith(problem)


def test_a_package_declared_and_locked_is_one_asset(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"openai": "^4.0.0"}}))
    (tmp_path / "yarn.lock").write_text(_YARN)
    evidence, _ = scan(tmp_path)
    assert [(e.sdk, str(e.where), e.attributes) for e in evidence if e.provider == "openai"] == [
        ("openai-node", "package.json:1", {"seen_as": "dependency", "version": "^4.0.0"}),
        ("openai-node", "yarn.lock:22", {"seen_as": "locked", "version": "4.77.0"}),
        ("openai-node", "yarn.lock:25", {"seen_as": "locked", "version": "3.3.0"}),
    ]
    assert len({e.same_as for e in evidence if e.provider == "openai"}) == 1
