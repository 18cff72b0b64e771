# ruff: noqa: E501 - what a reader sees is wider than the code

"""What each format says of one small report, whole, and where each stops."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from inline_snapshot import snapshot

from llmaudit import formats
from llmaudit.formats import Options, sarif
from llmaudit.model import Coverage, InlineIgnore, Location, Report
from tests.formats import sample


def rendered(name: str, report: Report, **options: Any) -> str:
    output = formats.render(name, report, Options(**options))
    assert isinstance(output, str)
    return output


def small() -> Report:
    """One call of an application, open; one of a test, ignored; one of a notebook, noted."""
    whole = sample.code_only()
    kept = {"call-91bc91bc91bc", "call-7e577e577e57", "call-d1d1d1d1d1d1"}
    return replace(
        whole,
        assets=tuple(asset for asset in whole.assets if asset.id in kept),
        findings=tuple(f for f in whole.findings if f.asset in kept and f.rule != "orphaned-owner"),
        coverage=(
            Coverage("code", sample.SEARCH, "ok", seen=9, of=9),
            Coverage("code", sample.LEGACY, "partial", why="3 files could not be parsed"),
        ),
    )


def many(number: int) -> Report:
    report = small()
    one = next(f for f in report.findings if f.rule == "untagged" and f.state == "open")
    notes = tuple(replace(one, level="note", fingerprint=f"{n:016x}") for n in range(number))
    return replace(report, findings=(*notes, replace(one, fingerprint="f" * 16)))


def test_sarif() -> None:
    run = json.loads(rendered("sarif", small()))["runs"][0]

    assert run["results"] == snapshot(
        [
            {
                "ruleId": "untagged",
                "ruleIndex": 1,
                "level": "error",
                "message": {
                    "text": """\
openai chat.completions gpt-4o lacks team, cost_center and environment
help: pass metadata={'team': ..., 'cost_center': ...}\
"""
                },
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {
                                "uri": "svc/checkout/assist.py",
                                "uriBaseId": "SRCROOT2",
                            },
                            "region": {"startLine": 41, "endLine": 47, "startColumn": 5},
                        }
                    }
                ],
                "partialFingerprints": {
                    "primaryLocationLineHash": "0891bc91bc91bcab:1",
                    "llmaudit/v1": "0891bc91bc91bcab",
                },
                "properties": {
                    "asset": "call-91bc91bc91bc",
                    "state": "open",
                    "provider": "openai",
                    "models": ["gpt-4o"],
                },
            },
            {
                "ruleId": "dynamic-tags",
                "ruleIndex": 0,
                "level": "note",
                "message": {"text": "the tags of this call cannot be read (cell 5, line 2)"},
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {
                                "uri": "nb/Explore.ipynb",
                                "uriBaseId": "SRCROOT1",
                            },
                            "region": {"startLine": 210, "endLine": 210},
                        }
                    }
                ],
                "partialFingerprints": {
                    "primaryLocationLineHash": "12d1d1d1d1d1d1ab:1",
                    "llmaudit/v1": "12d1d1d1d1d1d1ab",
                },
                "properties": {
                    "asset": "call-d1d1d1d1d1d1",
                    "state": "open",
                    "provider": "unknown",
                    "cell": 4,
                    "cellLine": 2,
                },
            },
            {
                "ruleId": "untagged",
                "ruleIndex": 1,
                "level": "note",
                "message": {
                    "text": "openai chat.completions gpt-4o lacks team, cost_center and environment"
                },
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {
                                "uri": "tests/test_rank.py",
                                "uriBaseId": "SRCROOT2",
                            },
                            "region": {"startLine": 12, "endLine": 18, "startColumn": 5},
                        }
                    }
                ],
                "partialFingerprints": {
                    "primaryLocationLineHash": "087e577e577e57ab:1",
                    "llmaudit/v1": "087e577e577e57ab",
                },
                "properties": {
                    "asset": "call-7e577e577e57",
                    "state": "ignored",
                    "provider": "openai",
                    "models": ["gpt-4o"],
                },
                "suppressions": [
                    {
                        "kind": "external",
                        "status": "accepted",
                        "justification": "demo code (until 2027-03-31)",
                    }
                ],
            },
        ]
    )
    assert run["invocations"] == snapshot(
        [
            {
                "executionSuccessful": True,
                "endTimeUtc": "2026-11-23T14:02:00Z",
                "toolExecutionNotifications": [
                    {
                        "descriptor": {"id": "coverage"},
                        "level": "none",
                        "message": {"text": "code github.com/acme/search: ok"},
                        "properties": {"status": "ok", "seen": 9, "of": 9},
                    },
                    {
                        "descriptor": {"id": "coverage"},
                        "level": "warning",
                        "message": {
                            "text": "code github.com/acme/legacy: partial, 3 files could not be parsed"
                        },
                        "properties": {"status": "partial", "seen": 0, "of": None},
                    },
                ],
            }
        ]
    )


def test_gitlab() -> None:
    assert json.loads(rendered("gitlab", small())) == snapshot(
        [
            {
                "type": "issue",
                "check_name": "llmaudit/untagged",
                "description": "openai chat.completions gpt-4o lacks team, cost_center and environment; help: pass metadata={'team': ..., 'cost_center': ...}",
                "categories": ["Style"],
                "severity": "major",
                "fingerprint": "0891bc91bc91bcab",
                "location": {"path": "svc/checkout/assist.py", "lines": {"begin": 41, "end": 47}},
            },
            {
                "type": "issue",
                "check_name": "llmaudit/dynamic-tags",
                "description": "the tags of this call cannot be read (cell 5, line 2)",
                "categories": ["Style"],
                "severity": "info",
                "fingerprint": "12d1d1d1d1d1d1ab",
                "location": {"path": "nb/Explore.ipynb", "lines": {"begin": 210, "end": 210}},
            },
            {
                "type": "issue",
                "check_name": "llmaudit/coverage",
                "description": "not everything was seen: code github.com/acme/legacy: partial, 3 files could not be parsed",
                "categories": ["Bug Risk"],
                "severity": "info",
                "fingerprint": "1844a8f598f581fb",
                "location": {"path": "llmaudit.yaml", "lines": {"begin": 1}},
            },
        ]
    )


def test_junit() -> None:
    assert rendered("junit", small()) == snapshot("""\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="llmaudit" tests="5" failures="1" errors="0">
  <testsuite name="llmaudit call" tests="3" failures="1" errors="0" skipped="1" timestamp="2026-11-23T14:02:00">
    <testcase name="tests/test_rank.py:12 openai chat.completions gpt-4o" classname="tests/test_rank.py">
      <skipped message="untagged: demo code" />
    </testcase>
    <testcase name="svc/checkout/assist.py:41 openai chat.completions gpt-4o" classname="svc/checkout/assist.py">
      <failure type="untagged" message="openai chat.completions gpt-4o lacks team, cost_center and environment">error untagged: openai chat.completions gpt-4o lacks team, cost_center and environment
help: pass metadata={'team': ..., 'cost_center': ...}
why: llmaudit explain call-91bc91bc91bc REPORT</failure>
    </testcase>
    <testcase name="nb/Explore.ipynb:210 unknown chain.invoke" classname="nb/Explore.ipynb">
      <system-out>note dynamic-tags: the tags of this call cannot be read (cell 5, line 2)
why: llmaudit explain call-d1d1d1d1d1d1 REPORT</system-out>
    </testcase>
  </testsuite>
  <testsuite name="llmaudit coverage" tests="2" failures="0" errors="0" skipped="1" timestamp="2026-11-23T14:02:00">
    <testcase name="github.com/acme/search" classname="coverage.code" />
    <testcase name="github.com/acme/legacy" classname="coverage.code">
      <skipped message="code github.com/acme/legacy: partial, 3 files could not be parsed" type="partial" />
      <system-err>code github.com/acme/legacy: partial, 3 files could not be parsed</system-err>
    </testcase>
  </testsuite>
</testsuites>
""")


def test_markdown() -> None:
    assert rendered("markdown", small(), gate_sentence="POLICY BROKEN   untagged 1") == snapshot("""\
<!-- llmaudit -->
### llmaudit: 2 open findings (1 error, 1 note)

`POLICY BROKEN   untagged 1`

| level | rule | where | owner |
|---|---|---|---|
| error | `untagged` | `github.com/acme/search svc/checkout/assist.py:41` | nobody |
| note | `dynamic-tags` | `github.com/acme/legacy nb/Explore.ipynb:210 (cell 5, line 2)` | nobody |

**What to change**

<details>
<summary><code>untagged at github.com/acme/search svc/checkout/assist.py:41</code></summary>

`openai chat.completions gpt-4o lacks team, cost_center and environment`

Owner: nobody is named.

To mend it: `pass metadata={'team': ..., 'cost_center': ...}`

Or say it in a comment beside the call, with your values:

```
# llmaudit: team=... cost_center=... environment=...
```

```
llmaudit explain 0891bc91bc91bcab REPORT
```

</details>

<details>
<summary><code>dynamic-tags at github.com/acme/legacy nb/Explore.ipynb:210 (cell 5, line 2)</code></summary>

`the tags of this call cannot be read`

Owner: nobody is named.

```
llmaudit explain 12d1d1d1d1d1d1ab REPORT
```

</details>

Accepted earlier: 1 ignored.

<details>
<summary>Not everything was seen: 1 scope</summary>

- `code github.com/acme/legacy: partial, 3 files could not be parsed`

</details>
""")


def test_cyclonedx() -> None:
    document = json.loads(rendered("cyclonedx", small()))

    assert document["components"] == snapshot(
        [
            {
                "bom-ref": "sdk:langchain",
                "evidence": {
                    "occurrences": [
                        {
                            "additionalContext": "call-d1d1d1d1d1d1 github.com/acme/legacy chain.invoke",
                            "bom-ref": "sdk:langchain@000001",
                            "line": 210,
                            "location": "nb/Explore.ipynb",
                            "symbol": "handler",
                        }
                    ]
                },
                "name": "langchain",
                "properties": [
                    {"name": "llmaudit:count:call", "value": "1"},
                    {"name": "llmaudit:tag-status", "value": "dynamic"},
                    {"name": "llmaudit:verdict", "value": "unknown"},
                ],
                "type": "library",
            },
            {
                "bom-ref": "sdk:openai-python",
                "evidence": {
                    "occurrences": [
                        {
                            "additionalContext": "call-91bc91bc91bc github.com/acme/search chat.completions",
                            "bom-ref": "sdk:openai-python@000001",
                            "line": 41,
                            "location": "svc/checkout/assist.py",
                            "symbol": "handler",
                        },
                        {
                            "additionalContext": "call-7e577e577e57 github.com/acme/search chat.completions",
                            "bom-ref": "sdk:openai-python@000002",
                            "line": 12,
                            "location": "tests/test_rank.py",
                            "symbol": "handler",
                        },
                    ]
                },
                "name": "openai-python",
                "properties": [
                    {"name": "llmaudit:count:call", "value": "2"},
                    {"name": "llmaudit:tag-status", "value": "untagged"},
                    {"name": "llmaudit:verdict", "value": "unknown"},
                ],
                "type": "library",
            },
            {
                "bom-ref": "model:openai/gpt-4o",
                "evidence": {
                    "occurrences": [
                        {
                            "additionalContext": "call-91bc91bc91bc github.com/acme/search chat.completions",
                            "bom-ref": "model:openai/gpt-4o@000001",
                            "line": 41,
                            "location": "svc/checkout/assist.py",
                            "symbol": "handler",
                        },
                        {
                            "additionalContext": "call-7e577e577e57 github.com/acme/search chat.completions",
                            "bom-ref": "model:openai/gpt-4o@000002",
                            "line": 12,
                            "location": "tests/test_rank.py",
                            "symbol": "handler",
                        },
                    ]
                },
                "group": "openai",
                "name": "gpt-4o",
                "properties": [
                    {"name": "llmaudit:count:call", "value": "2"},
                    {"name": "llmaudit:provider", "value": "openai"},
                    {"name": "llmaudit:tag-status", "value": "untagged"},
                    {"name": "llmaudit:verdict", "value": "unknown"},
                ],
                "type": "machine-learning-model",
            },
            {
                "bom-ref": "model:unknown/(not named in what was read)",
                "evidence": {
                    "occurrences": [
                        {
                            "additionalContext": "call-d1d1d1d1d1d1 github.com/acme/legacy chain.invoke",
                            "bom-ref": "model:unknown/(not named in what was read)@000001",
                            "line": 210,
                            "location": "nb/Explore.ipynb",
                            "symbol": "handler",
                        }
                    ]
                },
                "group": "unknown",
                "name": "(not named in what was read)",
                "properties": [
                    {"name": "llmaudit:count:call", "value": "1"},
                    {"name": "llmaudit:provider", "value": "unknown"},
                    {"name": "llmaudit:tag-status", "value": "dynamic"},
                    {"name": "llmaudit:verdict", "value": "unknown"},
                ],
                "type": "machine-learning-model",
            },
        ]
    )
    assert document["services"] == snapshot(
        [
            {
                "bom-ref": "provider:openai",
                "name": "openai",
                "properties": [
                    {"name": "llmaudit:api", "value": "chat.completions"},
                    {"name": "llmaudit:count:call", "value": "2"},
                    {"name": "llmaudit:tag-status", "value": "untagged"},
                    {"name": "llmaudit:verdict", "value": "unknown"},
                ],
            },
            {
                "bom-ref": "provider:unknown",
                "name": "unknown",
                "properties": [
                    {"name": "llmaudit:api", "value": "chain.invoke"},
                    {"name": "llmaudit:count:call", "value": "1"},
                    {
                        "name": "llmaudit:seen-at",
                        "value": "github.com/acme/legacy nb/Explore.ipynb:210",
                    },
                    {"name": "llmaudit:tag-status", "value": "dynamic"},
                    {"name": "llmaudit:verdict", "value": "unknown"},
                ],
            },
        ]
    )


def test_a_run_of_sarif_holds_what_github_takes_errors_first() -> None:
    run = json.loads(rendered("sarif", many(sarif.MOST_RESULTS)))["runs"][0]

    assert len(run["results"]) == sarif.MOST_RESULTS
    assert run["results"][0]["level"] == "error"
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"].startswith(
        "1 findings are not in this file"
    )


def test_a_fingerprint_follows_no_line() -> None:
    report = small()
    moved = replace(
        report,
        findings=tuple(
            replace(f, where=replace(f.where, line=(f.where.line or 0) + 40, end_line=None))
            for f in report.findings
        ),
    )
    prints = [
        [r["partialFingerprints"] for r in json.loads(rendered("sarif", r_))["runs"][0]["results"]]
        for r_ in (report, moved)
    ]

    assert prints[0] == prints[1]
    assert len({p["primaryLocationLineHash"] for p in prints[0]}) == len(prints[0])


def test_an_ignore_beside_the_call_is_in_the_source() -> None:
    report = small()
    ignored = next(f for f in report.findings if f.state == "ignored")
    beside = InlineIgnore(("untagged",), ignored.state_until, "demo code", Location(path="x"))
    assets = tuple(
        replace(a, evidence=tuple(replace(e, ignores=(beside,)) for e in a.evidence))
        if a.id == ignored.asset
        else a
        for a in report.assets
    )
    results = json.loads(rendered("sarif", replace(report, assets=assets)))["runs"][0]["results"]

    assert [s for r in results for s in r.get("suppressions", ())] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "demo code (until 2027-03-31)",
        }
    ]


def test_a_comment_is_cut_between_findings_and_says_so() -> None:
    for longest in (4_000, 20_000, formats.LONGEST_COMMENT):
        text = rendered("markdown", many(3_000), longest=longest)

        assert len(text.encode()) <= longest
        assert text.count("<details>") == text.count("</details>")
        rows = len(re.findall(r"^\| (?:error|warning|note) ", text, re.MULTILINE))
        more = re.search(r"^([\d,]+) more findings?: see", text, re.MULTILINE)
        assert more is not None
        assert rows + int(more[1].replace(",", "")) == 3_001
        assert text.splitlines()[6].startswith("| error |") or "| error |" in text
