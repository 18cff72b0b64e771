"""Sorts incoming claims."""

import anthropic

client = anthropic.Anthropic()


def triage(claim: str) -> str:
    message = client.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=200,
        messages=[{"role": "user", "content": claim}],
    )
    return message.content[0].text
