"""Ranks passages by asking a small model."""

from openai import OpenAI

client = OpenAI()


def score(question: str, passage: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"How well does this answer {question}? {passage}"}],
    )
    return reply.choices[0].message.content or ""
