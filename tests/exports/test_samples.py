# ruff: noqa: E501 - a line of a snapshot is a line of output
"""Each generation of each shipped export, read whole."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from .reading import Reading, sample


def told(reading: Reading) -> dict[str, object]:
    """What a reading came to, in the words a reviewer can check against the file."""
    return {
        "schema": reading.schema,
        "seats": [
            {
                "link": seat.same_as[0],
                "name": seat.name,
                "where": str(seat.where),
                "provider": seat.provider,
                "account": seat.account,
                "owner": (seat.owner, seat.owner_source),
                "tags": [
                    (t.key, t.value, t.source, t.mechanism, t.reaches_bill) for t in seat.tags
                ],
                "used": (str(seat.first_seen), str(seat.last_used)),
                "attributes": dict(seat.attributes),
            }
            for seat in reading.seats
        ],
        "app": [(e.name, *e.same_as, str(e.where)) for e in reading.evidence if e.kind == "app"],
        "usage": [
            " ".join(
                str(part)
                for part in (
                    u.day,
                    u.asset,
                    u.model,
                    u.charge_kind,
                    u.requests,
                    (u.input_tokens, u.output_tokens, u.cached_tokens),
                    u.amount,
                    u.currency,
                    u.basis,
                )
            )
            for u in reading.usage
        ],
        "problems": reading.outcome.problems,
        "data through": str(reading.outcome.last_day),
    }


def test_premium_requests():
    assert told(sample("premium.csv")) == snapshot(
        {
            "schema": "github-premium-requests",
            "seats": [
                {
                    "link": "seat:github-copilot:ana-acme",
                    "name": "GitHub Copilot seat ana-acme",
                    "where": "file:premium.csv#row=2",
                    "provider": "github-copilot",
                    "account": None,
                    "owner": ("ana-acme", "seat_holder"),
                    "tags": [
                        ("cost_center", "CC-1001", "resource", "cost_center_name", True),
                        ("cost_center", "CC-1002", "resource", "cost_center_name", True),
                        ("organization", "acme", "resource", "organization", True),
                        ("organization", "acme-labs", "resource", "organization", True),
                    ],
                    "used": ("2026-03-02", "2026-03-02"),
                    "attributes": {
                        "activity": "seen",
                        "exceeds_quota": "yes",
                        "export": "github-premium-requests",
                        "holder": "named",
                        "last_activity": "2026-03-02",
                        "monthly_quota": "300",
                        "sku": "coding_agent_premium_request; copilot_premium_request",
                    },
                },
                {
                    "link": "seat:github-copilot:ben-acme",
                    "name": "GitHub Copilot seat ben-acme",
                    "where": "file:premium.csv#row=4",
                    "provider": "github-copilot",
                    "account": None,
                    "owner": ("ben-acme", "seat_holder"),
                    "tags": [("organization", "acme", "resource", "organization", True)],
                    "used": ("2026-03-03", "2026-03-03"),
                    "attributes": {
                        "activity": "seen",
                        "exceeds_quota": "no",
                        "export": "github-premium-requests",
                        "holder": "named",
                        "last_activity": "2026-03-03",
                        "monthly_quota": "1000",
                        "sku": "copilot_premium_request",
                    },
                },
            ],
            "app": [("GitHub Copilot", "app:github-copilot", "file:premium.csv")],
            "usage": [
                "2026-03-02 seat:github-copilot:ana-acme Claude Opus 4.6 inference 111 (None, None, None) 4.000000000000003 USD billed",
                "2026-03-02 seat:github-copilot:ana-acme Coding Agent model inference 2 (None, None, None) 0.08 USD billed",
                "2026-03-03 seat:github-copilot:ben-acme Auto: GPT-5.2-Codex inference 30.59999999999998 (None, None, None) 0 USD billed",
                "2026-03-03 app:github-copilot Code Review model inference 1 (None, None, None) 0.000094 USD billed",
            ],
            "problems": {},
            "data through": "2026-03-03",
        }
    )


def test_premium_requests_with_ai_credits_adds_no_aic_money():
    assert told(sample("premium-aic.csv"))["usage"] == snapshot(
        [
            "2026-03-04 seat:github-copilot:ana-acme GPT-5.2 inference 25 (None, None, None) 0.75 USD billed"
        ]
    )


def test_premium_requests_with_tokens():
    assert told(sample("premium-tokens.csv"))["usage"] == snapshot(
        [
            "2026-02-01 seat:github-copilot:ana-acme Claude Sonnet 4.5 inference 34 (28464, 10649, 1648611) 0 USD billed"
        ]
    )


def test_ai_usage_counts_credits_as_money_and_not_as_requests():
    assert told(sample("ai-usage.csv")) == snapshot(
        {
            "schema": "github-ai-usage",
            "seats": [
                {
                    "link": "seat:github-copilot:ana-acme",
                    "name": "GitHub Copilot seat ana-acme",
                    "where": "file:ai-usage.csv#row=2",
                    "provider": "github-copilot",
                    "account": None,
                    "owner": ("ana-acme", "seat_holder"),
                    "tags": [
                        ("cost_center", "CC-1001", "resource", "cost_center_name", True),
                        ("organization", "acme", "resource", "organization", True),
                    ],
                    "used": ("2026-06-01", "2026-06-01"),
                    "attributes": {
                        "activity": "seen",
                        "export": "github-ai-usage",
                        "holder": "named",
                        "last_activity": "2026-06-01",
                        "monthly_quota": "3900",
                        "sku": "copilot_ai_credit",
                    },
                },
                {
                    "link": "seat:github-copilot:ben-acme",
                    "name": "GitHub Copilot seat ben-acme",
                    "where": "file:ai-usage.csv#row=3",
                    "provider": "github-copilot",
                    "account": None,
                    "owner": ("ben-acme", "seat_holder"),
                    "tags": [
                        ("cost_center", "CC-1002", "resource", "cost_center_name", True),
                        ("organization", "acme", "resource", "organization", True),
                    ],
                    "used": ("2026-06-02", "2026-06-02"),
                    "attributes": {
                        "activity": "seen",
                        "export": "github-ai-usage",
                        "holder": "named",
                        "last_activity": "2026-06-02",
                        "monthly_quota": "3900",
                        "sku": "spark_ai_credit",
                    },
                },
            ],
            "app": [("GitHub Copilot", "app:github-copilot", "file:ai-usage.csv")],
            "usage": [
                "2026-06-01 seat:github-copilot:ana-acme Auto: Claude Haiku 4.5 inference None (None, None, None) 0.1 USD billed",
                "2026-06-02 seat:github-copilot:ben-acme Claude Sonnet 4.6 inference None (None, None, None) 0.5 USD billed",
            ],
            "problems": {},
            "data through": "2026-06-02",
        }
    )


def test_premium_legacy_has_no_money_and_seven_digit_seconds():
    assert told(sample("premium-legacy.csv")) == snapshot(
        {
            "schema": "github-premium-legacy",
            "seats": [
                {
                    "link": "seat:github-copilot:ana-acme",
                    "name": "GitHub Copilot seat ana-acme",
                    "where": "file:premium-legacy.csv#row=2",
                    "provider": "github-copilot",
                    "account": None,
                    "owner": ("ana-acme", "seat_holder"),
                    "tags": [],
                    "used": ("2025-06-11", "2025-06-11"),
                    "attributes": {
                        "activity": "seen",
                        "exceeds_quota": "no",
                        "export": "github-premium-legacy",
                        "holder": "named",
                        "last_activity": "2025-06-11",
                        "monthly_quota": "Unlimited",
                    },
                },
                {
                    "link": "seat:github-copilot:ben-acme",
                    "name": "GitHub Copilot seat ben-acme",
                    "where": "file:premium-legacy.csv#row=3",
                    "provider": "github-copilot",
                    "account": None,
                    "owner": ("ben-acme", "seat_holder"),
                    "tags": [],
                    "used": ("2025-06-11", "2025-06-11"),
                    "attributes": {
                        "activity": "seen",
                        "exceeds_quota": "yes",
                        "export": "github-premium-legacy",
                        "holder": "named",
                        "last_activity": "2025-06-11",
                        "monthly_quota": "300",
                    },
                },
            ],
            "app": [("GitHub Copilot", "app:github-copilot", "file:premium-legacy.csv")],
            "usage": [
                "2025-06-11 seat:github-copilot:ana-acme gpt-4.1-2025-04-14 inference 1 (None, None, None) None None billed",
                "2025-06-11 seat:github-copilot:ben-acme gpt-4o inference 107.03398500000002 (None, None, None) None None billed",
                "2025-06-11 seat:github-copilot:ben-acme gpt-4o inference 2 (None, None, None) None None billed",
            ],
            "problems": {},
            "data through": "2025-06-11",
        }
    )


def test_microsoft_365_copilot_v1():
    assert told(sample("m365-v1.csv")) == snapshot(
        {
            "schema": "microsoft-copilot-user-detail",
            "seats": [
                {
                    "link": "seat:microsoft-365-copilot:ana@acme.example.com",
                    "name": "Microsoft 365 Copilot seat ana@acme.example.com",
                    "where": "file:m365-v1.csv#row=2",
                    "provider": "microsoft-365-copilot",
                    "account": None,
                    "owner": ("ana@acme.example.com", "seat_holder"),
                    "tags": [],
                    "used": ("None", "2026-10-28"),
                    "attributes": {
                        "activity": "seen",
                        "export": "microsoft-copilot-user-detail",
                        "holder": "named",
                        "last_activity": "2026-10-28",
                        "last_activity_chat": "2026-10-20",
                        "last_activity_word": "2026-10-28",
                        "period_days": "30",
                        "report_day": "2026-10-30",
                    },
                },
                {
                    "link": "seat:microsoft-365-copilot:ben@acme.example.com",
                    "name": "Microsoft 365 Copilot seat ben@acme.example.com",
                    "where": "file:m365-v1.csv#row=3",
                    "provider": "microsoft-365-copilot",
                    "account": None,
                    "owner": ("ben@acme.example.com", "seat_holder"),
                    "tags": [],
                    "used": ("None", "None"),
                    "attributes": {
                        "activity": "none",
                        "export": "microsoft-copilot-user-detail",
                        "holder": "named",
                        "period_days": "30",
                        "report_day": "2026-10-30",
                    },
                },
                {
                    "link": "seat:microsoft-365-copilot:dc8c64d6ec3a3aa17481d7e5eb5b68a6",
                    "name": "Microsoft 365 Copilot seat dc8c64d6ec3a3aa17481d7e5eb5b68a6",
                    "where": "file:m365-v1.csv#row=4",
                    "provider": "microsoft-365-copilot",
                    "account": None,
                    "owner": (None, None),
                    "tags": [],
                    "used": ("None", "2026-10-01"),
                    "attributes": {
                        "activity": "seen",
                        "export": "microsoft-copilot-user-detail",
                        "holder": "concealed",
                        "last_activity": "2026-10-01",
                        "last_activity_teams": "2026-10-01",
                        "period_days": "30",
                        "report_day": "2026-10-30",
                    },
                },
            ],
            "app": [("Microsoft 365 Copilot", "app:microsoft-365-copilot", "file:m365-v1.csv")],
            "usage": [],
            "problems": {},
            "data through": "2026-10-30",
        }
    )


def test_microsoft_365_copilot_v1_is_the_same_in_both_column_orders():
    first, second = told(sample("m365-v1.csv")), told(sample("m365-v1-beta-order.csv"))
    assert str(second).replace("m365-v1-beta-order", "m365-v1") == str(first)


def test_microsoft_365_copilot_v2():
    assert told(sample("m365-v2.csv"))["seats"] == snapshot(
        [
            {
                "link": "seat:microsoft-365-copilot:ana@acme.example.com",
                "name": "Microsoft 365 Copilot seat ana@acme.example.com",
                "where": "file:m365-v2.csv#row=2",
                "provider": "microsoft-365-copilot",
                "account": None,
                "owner": ("ana@acme.example.com", "seat_holder"),
                "tags": [],
                "used": ("None", "2026-10-28"),
                "attributes": {
                    "active_days": "19",
                    "activity": "seen",
                    "export": "microsoft-copilot-user-detail",
                    "holder": "named",
                    "last_activity": "2026-10-28",
                    "last_activity_agent": "2026-10-01",
                    "last_activity_app": "2026-10-28",
                    "last_activity_chat": "2026-10-20",
                    "last_activity_chat_work": "2026-10-20",
                    "last_activity_edge": "2026-10-30",
                    "last_activity_word": "2026-10-28",
                    "period_days": "28",
                    "prompts": "142",
                    "report_day": "2026-10-30",
                },
            }
        ]
    )


def test_chatgpt_credits_are_never_dollars():
    assert told(sample("chatgpt-credits.csv")) == snapshot(
        {
            "schema": "openai-chatgpt-credit-usage",
            "seats": [
                {
                    "link": "seat:chatgpt:ana@acme.example.com",
                    "name": "ChatGPT seat ana@acme.example.com",
                    "where": "file:chatgpt-credits.csv#row=2",
                    "provider": "chatgpt",
                    "account": "acct-1",
                    "owner": ("ana@acme.example.com", "seat_holder"),
                    "tags": [],
                    "used": ("2026-05-02", "2026-05-02"),
                    "attributes": {
                        "activity": "seen",
                        "export": "openai-chatgpt-credit-usage",
                        "holder": "named",
                        "last_activity": "2026-05-02",
                    },
                },
                {
                    "link": "seat:chatgpt:ben@acme.example.com",
                    "name": "ChatGPT seat ben@acme.example.com",
                    "where": "file:chatgpt-credits.csv#row=5",
                    "provider": "chatgpt",
                    "account": "acct-1",
                    "owner": ("ben@acme.example.com", "seat_holder"),
                    "tags": [],
                    "used": ("2026-05-03", "2026-05-03"),
                    "attributes": {
                        "activity": "seen",
                        "export": "openai-chatgpt-credit-usage",
                        "holder": "named",
                        "last_activity": "2026-05-03",
                    },
                },
            ],
            "app": [("ChatGPT", "app:chatgpt", "file:chatgpt-credits.csv")],
            "usage": [
                "2026-05-02 seat:chatgpt:ana@acme.example.com codex_fast_gpt_5_5_2026_04_23 api.codex_fast_gpt_5_5_2026_04_23_text_input_v_1 None (1000000, None, None) 100.5 credits billed",
                "2026-05-02 seat:chatgpt:ana@acme.example.com codex_fast_gpt_5_5_2026_04_23 api.codex_fast_gpt_5_5_2026_04_23_text_cached_input_v_1 None (None, None, 5000000) 50.25 credits billed",
                "2026-05-02 seat:chatgpt:ana@acme.example.com codex_fast_gpt_5_5_2026_04_23 api.codex_fast_gpt_5_5_2026_04_23_text_output_v_1 None (None, 200000, None) 25 credits billed",
                "2026-05-03 seat:chatgpt:ben@acme.example.com None chat.completion.5.pro 3 (None, None, None) 12 credits billed",
                "2026-05-03 seat:chatgpt:ben@acme.example.com None codex -1 (None, None, None) -2.5 credits billed",
            ],
            "problems": {},
            "data through": "2026-05-03",
        }
    )


@pytest.mark.parametrize("name", ["premium.csv", "m365-v1.csv", "chatgpt-credits.csv"])
def test_same_input_same_output(name):
    assert told(sample(name)) == told(sample(name))
