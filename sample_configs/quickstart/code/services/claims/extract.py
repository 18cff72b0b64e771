"""Reads amounts and dates out of claims."""

import boto3

bedrock = boto3.client("bedrock-runtime")


def extract(document: str) -> dict:
    return bedrock.converse(
        modelId="anthropic.claude-3-haiku-20240307-v1:0",
        messages=[{"role": "user", "content": [{"text": document}]}],
        requestMetadata={"team": "claims", "cost_center": "CC-2002", "environment": "prod"},
    )
