"""Answers questions on the product catalogue."""

from openai import OpenAI

client = OpenAI()


def answer(question: str, passages: list[str]) -> str:
    reply = client.chat.completions.create(
        model="gpt-4o",
        messages=[
            {"role": "system", "content": "Answer from the passages only."},
            {"role": "user", "content": "\n".join([question, *passages])},
        ],
        store=True,
        metadata={"team": "search", "cost_center": "CC-1001", "environment": "prod"},
    )
    return reply.choices[0].message.content or ""
