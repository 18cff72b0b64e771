"""Scripts are taken out of Vue, Svelte, Astro and HTML files without moving a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmaudit.connectors.code.markup import Markup, Scripts, extract
from tests.connectors.code.test_collect import calls, scan


@pytest.mark.parametrize(
    ("markup", "text", "dialect"),
    [
        ("vue", "<script setup>ONE\n</script>\nx", "javascript"),
        ("vue", "<p>{{ a > b }}</p><script lang='ts'>ONE</script><p/>", "typescript"),
        ("vue", '<SCRIPT lang="tsx" setup>ONE</SCRIPT>', "tsx"),
        (
            "vue",
            '<script lang="ts" setup generic="T extends A<B>">\nONE\n</script>\n'
            "<script>\nTWO\n</script>\n",
            "typescript",
        ),
        ("svelte", "<script context=module lang=ts>ONE</script>", "typescript"),
        ("astro", "---\nONE\n---\n<p/><script>TWO</script>", "typescript"),
        ("astro", "<p>---</p>", "javascript"),
        ("html", "<!-- <script>x</script> -->\né<script>ONE</script>", "javascript"),
        ("html", '<script type="application/ld+json">{}</script>', "javascript"),
        ("html", '<script src="a.js"></script>', "javascript"),
        ("html", '<script type="text/babel">ONE</script>', "javascript"),
    ],
)
def test_what_is_no_script_is_blank(markup: Markup, text: str, dialect: str) -> None:
    found = extract(text, markup)
    assert (found.dialect, found.skipped, found.problem) == (dialect, (), "")
    before, after = text.encode(), found.source.encode()
    places = [(word, at) for word in (b"ONE", b"TWO", b"\n") for at in _places(word, before)]
    assert [(word, at) for word, at in places if not after.startswith(word, at)] == []
    assert len(after) == len(before)
    assert set(after.decode()) <= {*"ONETW; \n"}
    assert after.count(b"E") == before.count(b"ONE")


def _places(word: bytes, text: bytes) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(word, at)]


def test_other_languages_and_open_blocks_are_told() -> None:
    text = '<script lang="coffee">a</script>\n<script type="text/python">b</script>\n<script>c'
    blank = "\n".join(len(line) * " " for line in text.split("\n"))
    assert extract(text, "vue") == Scripts(
        blank, "javascript", ("coffee", "python"), "line 3: a script is not closed"
    )


@pytest.mark.parametrize("text", ["<script" + " a" * 50_000, "<script" * 20_000, "<!--" * 50_000])
def test_a_hostile_file_takes_no_time(text: str) -> None:
    assert extract(text, "html").source == len(text) * " "


def test_calls_in_components_are_found_where_they_stand(tmp_path: Path) -> None:
    vue = """<template><p v-if="a > b">{{ client.responses.create({ model: "x" }) }}</p></template>
<script lang="ts">
import OpenAI from "openai";
const client = new OpenAI();
</script>
<script setup lang="ts" generic="T extends Record<string, unknown>">
const ask = async (q: string): Promise<T> =>
  (await client.chat.completions.create({ model: "gpt-4o", messages: [] })) as unknown as T;
</script>
<script lang="coffee">
x = 1
</script>
"""
    svelte = """<script context="module">
  import { generateText } from "ai";
  import { openai } from "@ai-sdk/openai";
</script>
<p>ü</p><script>const run = () => generateText({ model: openai("gpt-4o"), prompt: "x" });</script>
"""
    astro = """---
import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
await client.messages.create({ model: "claude-sonnet-4-5", max_tokens: 1, messages: [] });
---
<p>{client.apiKey}</p>
"""
    page = """<html><script type="module">
import Groq from "groq-sdk";
await new Groq().chat.completions.create({ model: "llama-3.1-8b-instant", messages: [] });
</script></html>
"""
    (tmp_path / "a.vue").write_text(vue)
    (tmp_path / "b.svelte").write_text(svelte)
    (tmp_path / "c.astro").write_text(astro)
    (tmp_path / "d.html").write_text(page)
    evidence, (line,) = scan(tmp_path)
    assert [
        (one.where.path, one.where.line, one.where.column, one.symbol, one.models)
        for one in calls(evidence)
    ] == [
        ("a.vue", 8, 10, "ask", ("gpt-4o",)),
        ("b.svelte", 5, 36, "run", ("gpt-4o",)),
        ("c.astro", 4, 7, None, ("claude-sonnet-4-5",)),
        ("d.html", 3, 7, None, ("llama-3.1-8b-instant",)),
    ]
    assert (line.status, line.why.split("; ")[0], line.counts) == (
        "ok",
        "scripts left out: coffee: 1",
        {"scanned": 4},
    )
