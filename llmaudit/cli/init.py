"""``llmaudit init``: a configuration to start from."""

from __future__ import annotations

from typing import Annotated

import typer

STARTER = """\
# Where this repository uses LLMs, and what is asked of each use. See docs/configuration.md.
version: 1
organization: ""                 # name of the company, shown in every report

policy:
  required_tags:
    team:
    cost_center:
      aliases: [CostCenter, cost-center]
      # pattern: "(?i)^cc-[0-9]{4}$"
    environment: {values: [dev, staging, prod]}
  rules:
    untagged: error
    partly-tagged: warning
    no-owner: warning
    key-in-code: error
  never_ignore: [key-in-code]
  # Without this list nothing is shadow use: llmaudit decide helps to write it.
  # sanctioned:
  #   - {provider: openai, models: ["gpt-4o*"], environments: [prod], until: 2027-06-30}

connectors:
  - {type: code, paths: [.]}
  # - {type: registry, path: keys.csv}
  # - {type: exports, paths: ["exports/*"]}
"""


def init(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="The file to write.")
    ] = "llmaudit.yaml",
) -> None:
    """Write a configuration to start from.

    Nothing is overwritten.
    """
    from pathlib import Path

    from llmaudit.cli.streams import say
    from llmaudit.errors import UsageError

    try:
        with Path(file).open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(STARTER)
    except FileExistsError:
        raise UsageError(f"{file} is there already", "remove it, or name another file") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from None
    say("written", f"{file}; next: llmaudit check")
