"""Evidence is given the catalogue's own provider ids."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit import catalogue
from llmaudit.catalogue import normalise
from llmaudit.model import Evidence, Location, RedactedKey

KNOWN = catalogue.load()
PIECE = Evidence("registry", "api_key", "a key", Location(uri="file:keys.csv#row=2"))


def provider(**fields) -> str | None:
    (found,) = normalise((replace(PIECE, **fields),), KNOWN)
    assert replace(found, provider=None, redacted=None) == replace(
        PIECE, **{**fields, "provider": None, "redacted": None}
    )
    return found.provider


@pytest.mark.parametrize(
    ("spelt", "wanted"),
    [
        ("openai", "openai"),
        ("OpenAI", "openai"),
        ("azure", "azure-openai"),
        ("Azure OpenAI", "azure-openai"),
        ("bedrock", "aws-bedrock"),
        ("Amazon Bedrock", "aws-bedrock"),
        ("vertex", "google-vertex"),
        ("vertex_ai", "google-vertex"),
        ("Gemini", "google-gemini"),
        ("GitHub Copilot", "github-copilot"),
        ("M365 Copilot", "microsoft-365-copilot"),
        ("ChatGPT Enterprise", "chatgpt"),
        ("unknown", "unknown"),
        ("*", "*"),
        ("Acme Models", "Acme Models"),
    ],
)
def test_a_name_becomes_the_catalogue_s_id(spelt, wanted):
    assert provider(provider=spelt) == wanted


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, None),
        ({"redacted": RedactedKey("OpenAI", "", "sk-...abcd")}, "openai"),
        ({"redacted": RedactedKey("", "", "sk-ant-api03-...AbCd")}, "anthropic"),
        ({"redacted": RedactedKey("", "", "sk-...abcd")}, None),
        ({"same_as": ("app:github-copilot",)}, "github-copilot"),
        ({"same_as": ("seat:cursor:u_1@example.com",)}, "cursor"),
        ({"same_as": ("app:acme-chat",)}, None),
        ({"same_as": ("egress:api.mistral.ai",)}, "mistral"),
        ({"attributes": {"endpoint": "acme.openai.azure.com"}}, "azure-openai"),
        ({"attributes": {"host": "intranet.example"}}, None),
        ({"models": ("own-model", "claude-sonnet-4-5")}, "anthropic"),
        ({"models": ("us.anthropic.claude-sonnet-4-20250514-v1:0",)}, None),
    ],
)
def test_a_missing_provider_is_filled_from_what_tells_it(fields, wanted):
    assert provider(**fields) == wanted


def test_a_redacted_key_belongs_to_the_same_provider():
    pieces = (
        replace(PIECE, provider="Azure", redacted=RedactedKey("azure", "o", "...abcd")),
        replace(PIECE, provider="Mistral AI", redacted=RedactedKey("", "", "...abcd")),
        replace(PIECE, provider="unknown", redacted=RedactedKey("", "", "...abcd")),
    )
    assert [piece.redacted for piece in normalise(pieces, KNOWN)] == [
        RedactedKey("azure-openai", "o", "...abcd"),
        RedactedKey("mistral", "", "...abcd"),
        RedactedKey("", "", "...abcd"),
    ]


@given(st.lists(st.sampled_from([*sorted(KNOWN.names), *KNOWN.providers, "unknown", "", "Zed"])))
def test_normalising_twice_changes_nothing_more(names):
    once = normalise([replace(PIECE, provider=name or None) for name in names], KNOWN)
    again = normalise(once, KNOWN)
    assert all(a is b for a, b in zip(once, again, strict=True))


def test_many_pieces_take_no_longer_than_their_number_asks():
    told = [replace(PIECE, models=(f"gpt-4o-{n}",)) for n in range(10_000)]
    settled = [replace(PIECE, provider=name) for name in ("openai", "aws-bedrock", "unknown")]
    pieces = [*told, *settled * 60_000, *told]
    assert len(pieces) == 200_000
    start = time.process_time()
    found = normalise(pieces, KNOWN)
    assert time.process_time() - start < 2
    assert sum(piece.provider == "openai" for piece in found) == 80_000
    assert all(a is b for a, b in zip(found, pieces, strict=True) if b.provider is not None)
