"""What counts as a key in a text that may hold anything."""

from __future__ import annotations

import time

import pytest

from llmaudit.catalogue import load
from llmaudit.secrets import hider, keys_in


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk-proj-CaNaRy0123456789abcdefghijklmnop", "sk-proj-...mnop"),
        ("https://u:sk-abcdef0123456789abcdef0123456789@host", "https://u:sk-a...6789@host"),
        ("@acme/gsk_a1B2c3D4e5F6g7H8i9J0k1", "@acme/gsk_...J0k1"),
    ],
)
def test_a_key_of_an_unknown_form_is_known_by_its_prefix_and_randomness(
    text: str, shown: str
) -> None:
    assert hider(load())(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "hf_llama3_8b_instruct_finetuned_on_claims_2024",
        "sk-learn-model-2024-01-01-with-a-long-name",
        "task-0123456789abcdef0123456789abcdef",
        "key_abc123def456ghi789jkl012",
        "apikey_01Rj2N8SVvo6BePZj99NhmiT",
        "sk-proj-...9Qa1",
        "sk-proj-*",
    ],
)
def test_names_ids_and_redacted_forms_stay(text: str) -> None:
    assert (hider(load())(text), keys_in(text, load())) == (text, [])


def test_a_text_made_to_exhaust_is_searched_in_time() -> None:
    started = time.process_time()
    for text in ("sk-" * 60_000, "sk-" + "a" * 200_000, "sk-proj-" + "a-" * 100_000):
        hider(load())(text)
    assert time.process_time() - started < 2
