"""Composer's manifest and lock file."""

from __future__ import annotations

import json

from llmaudit.connectors.code.manifests import is_lock, read_manifest


def declared(path: str, text: str) -> list[tuple[int, str, str, bool]]:
    found = read_manifest(path, text)
    assert found.problems == ()
    assert {one.ecosystem for one in found.declared} <= {"composer"}
    return [(one.line, one.name, one.specifier, one.locked) for one in found.declared]


def test_composer_json() -> None:
    text = """{
  "name": "acme/app",
  "require": {
    "php": "^8.2",
    "ext-json": "*",
    "OpenAI-PHP/client": "^0.10",
    "prism-php/prism": "dev-main"
  },
  "require-dev": {"phpunit/phpunit": "^11"},
  "suggest": {"openai-php/laravel": "for Laravel"}
}
"""
    assert declared("composer.json", text) == [
        (6, "openai-php/client", "^0.10", False),
        (7, "prism-php/prism", "dev-main", False),
        (9, "phpunit/phpunit", "^11", False),
    ]
    assert declared("composer.json", '{"require": []}') == []


def test_composer_lock() -> None:
    document = {
        "packages": [
            {"name": "acme/client", "version": "v0.10.3", "require": {"psr/http-client": "1"}},
            {"name": "psr/http-client", "version": "1.0.3"},
        ],
        "packages-dev": [{"version": "11.0.0", "name": "phpunit/phpunit"}],
    }
    assert is_lock("composer.lock")
    assert declared("composer.lock", json.dumps(document, indent=1)) == [
        (4, "acme/client", "0.10.3", True),
        (18, "phpunit/phpunit", "11.0.0", True),
    ]
    assert declared("composer.lock", '{"packages": [], "packages-dev": []}') == []


def test_broken_files_are_told_in_one_sentence() -> None:
    assert read_manifest("composer.json", '{\n "require": {,}\n}').problems == (
        "line 2: not valid JSON: expecting property name enclosed in double quotes",
    )
    assert read_manifest("composer.json", "[]").problems == (
        "well-formed, but not in the form of a manifest of that name",
    )
    assert read_manifest("composer.lock", '{"packages": [{"version": "1"}]}').problems == (
        "well-formed, but not in the form of a manifest of that name",
    )
