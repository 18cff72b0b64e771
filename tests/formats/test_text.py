# ruff: noqa: E501 - what a reader sees is wider than the code

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from rich.cells import cell_len

from llmaudit import formats
from llmaudit.formats import Options
from llmaudit.formats.figures import money, percent
from llmaudit.formats.text_lines import fit
from llmaudit.model import Asset, Coverage, Report
from llmaudit.summary import summarise
from tests.formats import sample
from tests.formats.reports import REPORTS, is_safe

GATE = "POLICY BROKEN   untagged 1, shadow 1   (check would exit 1)"


def text(report: Report, **options: Any) -> str:
    output = formats.render("text", report, Options(**options))
    assert isinstance(output, str)
    return output


def test_a_scan_on_a_hundred_columns() -> None:
    shown = text(sample.report(), gate_sentence=GATE, saved_as="2026-10.json")

    assert shown == snapshot("""\
Acme · LLM audit · usage 2026-10-01 to 2026-10-31 UTC · as of 2026-11-23 14:02Z · policy 3f9c1a2

INVENTORY  13 assets: 6 calls, 3 keys, 1 app, 2 seats, 1 SDK | 1 not taggable
           sanctioned 4, shadow 2, unknown 7 | in test or example code, in no share: 1 call
SPEND      3,641.40 USD billed | on no asset: 93.20 USD | outside the period, left out: 12.50 USD
           48.00 EUR billed | estimated, not added: 6.00 EUR | on no asset: 3.90 EUR |
           outside the period, left out: 12.50 EUR
           880.00 credits billed | outside the period, left out: 12.50 credits

                   calls             keys              billed, USD (of taggable)
  Complete tags    1 of 4 (25.0 %)   1 of 3 (33.3 %)   1,320.60 of 3,548.20 (37.2 %)
    partial        1      (25.0 %)   0       (0.0 %)       0.00              (0.0 %)
    untagged       1      (25.0 %)   1      (33.3 %)   1,923.10             (54.2 %)
    invalid        0       (0.0 %)   1      (33.3 %)     310.00              (8.7 %)
    conflicting    0       (0.0 %)   0       (0.0 %)      -5.50             (-0.2 %)
    dynamic        1      (25.0 %)   0       (0.0 %)       0.00              (0.0 %)
  No owner         1 of 5 (20.0 %)   1      (33.3 %)   1,898.60             (53.5 %)
  Owner has left   1 of 5 (20.0 %)   1      (33.3 %)     329.00              (9.3 %)
  Shadow           1 of 5 (20.0 %)   1      (33.3 %)   1,904.10             (53.7 %)
  At the source    untagged 1 of 4 calls (25.0 %); complete but off the bill 1 of 1 calls (100.0 %),
                   0 of 1 keys (0.0 %), 0 of 1 seats (0.0 %)

                   apps               seats             billed, EUR (of taggable)
  Complete tags    0 of 1   (0.0 %)   1 of 2 (50.0 %)    0.00 of 44.10   (0.0 %)
    untagged       0        (0.0 %)   1      (50.0 %)    0.00            (0.0 %)
    invalid        0        (0.0 %)   0       (0.0 %)   44.10          (100.0 %)
    conflicting    1      (100.0 %)   0       (0.0 %)    0.00            (0.0 %)
  No owner         1      (100.0 %)   0       (0.0 %)    0.00            (0.0 %)
  Owner has left   0        (0.0 %)   1      (50.0 %)   44.10          (100.0 %)

                   billed, credits (of taggable)   estimated, EUR (of taggable)
  Complete tags      0.00 of 880.00   (0.0 %)      0.00 of 5.25   (0.0 %)
    invalid          0.00             (0.0 %)      5.25         (100.0 %)
    conflicting    880.00           (100.0 %)      0.00           (0.0 %)
  No owner         880.00           (100.0 %)      0.00           (0.0 %)
  Owner has left     0.00             (0.0 %)      5.25         (100.0 %)

BUSINESS UNIT      complete calls     incomplete cost  no owner  shadow  accountable: tech / finance
  Claims           none found           44.10 EUR             0       0  a.roth / j.chen
                                       310.00 USD
  Commerce         1 of 1 (100.0 %)      0.00 USD             0       0  m.ruiz / j.chen
  (unattributed)   0 of 3 (0.0 %)    1,917.60 USD             4       2  none: assign a cost centre
                                       880.00 credits

FIX FIRST          what                                                       USD  llmaudit explain
  1 shadow         openai key marketing-bot                              1,904.10  key-c003c003c003
  2 untagged       svc/checkout/assist.py:41 gpt-4o, 5 callers                     call-91bc91bc91bc
  3 partly-tagged  svc/\\x1b[31m[red]…%0A.py:7 claude-\\u202esonnet[bold]            call-c0dec0dec0de
  + 5 more findings (3 warning, 2 note); 1 ignored, 1 in the baseline

NOT SEEN           9 of 15 scopes (60.0 %); the figures are a floor
  failed           exports exports/\\x1b]0;owned\\x07[bold]new.csv: no schema has this header;
                   llmaudit sources lists the exports that are read
  denied           aws 123456789012/us-east-1/bedrock: AccessDenied; allow
                   bedrock:ListInferenceProfiles
  partial          code github.com/acme/legacy: 1,201 of 1,204 (99.8 %) seen: 3 files could not be
                   parsed
  throttled        openai org-acme/usage: 429 after 5 tries; run again later
  capped           openai org-acme/costs: page limit
  api disabled     gcp acme-ml: aiplatform is not enabled; enable it, or leave the project out
  skipped          exports exports/sso.csv: --offline was given
  not offered      aws 123456789012/us-west-2/bedrock
  not configured   network: no network log was read: shadow use outside code and keys is not ruled
                   out; add a connector of type exports

WARNINGS   ignore of idle-seat expired on 2026-09-30
           an unused \\x1b[5mignore

POLICY BROKEN   untagged 1, shadow 1   (check would exit 1)
Next  llmaudit report 2026-10.json --format csv -o out/
      llmaudit decide 2026-10.json -o decisions.csv
""")


def test_a_scan_on_eighty_columns() -> None:
    assert text(sample.report(), width=80) == snapshot("""\
Acme · LLM audit · usage 2026-10-01 to 2026-10-31 UTC ·
as of 2026-11-23 14:02Z · policy 3f9c1a2

INVENTORY  13 assets: 6 calls, 3 keys, 1 app, 2 seats, 1 SDK | 1 not taggable
           sanctioned 4, shadow 2, unknown 7 | in test or example code, in no
           share: 1 call
SPEND      3,641.40 USD billed | on no asset: 93.20 USD |
           outside the period, left out: 12.50 USD
           48.00 EUR billed | estimated, not added: 6.00 EUR |
           on no asset: 3.90 EUR | outside the period, left out: 12.50 EUR
           880.00 credits billed | outside the period, left out: 12.50 credits

                   calls             keys
  Complete tags    1 of 4 (25.0 %)   1 of 3 (33.3 %)
    partial        1      (25.0 %)   0       (0.0 %)
    untagged       1      (25.0 %)   1      (33.3 %)
    invalid        0       (0.0 %)   1      (33.3 %)
    dynamic        1      (25.0 %)   0       (0.0 %)
  No owner         1 of 5 (20.0 %)   1      (33.3 %)
  Owner has left   1 of 5 (20.0 %)   1      (33.3 %)
  Shadow           1 of 5 (20.0 %)   1      (33.3 %)
  At the source    untagged 1 of 4 calls (25.0 %); complete but off the bill 1
                   of 1 calls (100.0 %), 0 of 1 keys (0.0 %), 0 of 1 seats
                   (0.0 %)

                   billed, USD (of taggable)       apps
  Complete tags    1,320.60 of 3,548.20 (37.2 %)   0 of 1   (0.0 %)
    untagged       1,923.10             (54.2 %)   0        (0.0 %)
    invalid          310.00              (8.7 %)   0        (0.0 %)
    conflicting       -5.50             (-0.2 %)   1      (100.0 %)
  No owner         1,898.60             (53.5 %)   1      (100.0 %)
  Owner has left     329.00              (9.3 %)   0        (0.0 %)
  Shadow           1,904.10             (53.7 %)   0        (0.0 %)

                   seats             billed, EUR (of taggable)
  Complete tags    1 of 2 (50.0 %)    0.00 of 44.10   (0.0 %)
    untagged       1      (50.0 %)    0.00            (0.0 %)
    invalid        0       (0.0 %)   44.10          (100.0 %)
  Owner has left   1      (50.0 %)   44.10          (100.0 %)

                   billed, credits (of taggable)   estimated, EUR (of taggable)
  Complete tags      0.00 of 880.00   (0.0 %)      0.00 of 5.25   (0.0 %)
    invalid          0.00             (0.0 %)      5.25         (100.0 %)
    conflicting    880.00           (100.0 %)      0.00           (0.0 %)
  No owner         880.00           (100.0 %)      0.00           (0.0 %)
  Owner has left     0.00             (0.0 %)      5.25         (100.0 %)

BUSINESS UNIT      complete calls     incomplete cost  no owner  shadow
  Claims           none found           44.10 EUR             0       0
                                       310.00 USD
  Commerce         1 of 1 (100.0 %)      0.00 USD             0       0
  (unattributed)   0 of 3 (0.0 %)    1,917.60 USD             4       2
                                       880.00 credits

FIX FIRST          what                                                      USD
  1 shadow         openai key marketing-bot                             1,904.10
  2 untagged       svc/checkout/assist.py:41 gpt-4o, 5 callers
  3 partly-tagged  svc/\\x1b[31m[red…%0A.py:7 claude-\\u202esonnet[bold]
  + 5 more findings (3 warning, 2 note); 1 ignored, 1 in the baseline

NOT SEEN           9 of 15 scopes (60.0 %); the figures are a floor
  failed           exports exports/\\x1b]0;owned\\x07[bold]new.csv: no schema has
                   this header; llmaudit sources lists the exports that are read
  denied           aws 123456789012/us-east-1/bedrock: AccessDenied; allow
                   bedrock:ListInferenceProfiles
  partial          code github.com/acme/legacy: 1,201 of 1,204 (99.8 %) seen: 3
                   files could not be parsed
  throttled        openai org-acme/usage: 429 after 5 tries; run again later
  capped           openai org-acme/costs: page limit
  api disabled     gcp acme-ml: aiplatform is not enabled; enable it, or leave
                   the project out
  skipped          exports exports/sso.csv: --offline was given
  not offered      aws 123456789012/us-west-2/bedrock
  not configured   network: no network log was read: shadow use outside code and
                   keys is not ruled out; add a connector of type exports

WARNINGS   ignore of idle-seat expired on 2026-09-30
           an unused \\x1b[5mignore

Next  llmaudit scan -o report.json
      llmaudit report report.json --format csv -o out/
      llmaudit decide report.json -o decisions.csv
""")


def test_a_scan_on_a_hundred_and_forty_columns() -> None:
    assert text(sample.report(), width=140, saved_as="r.json") == snapshot("""\
Acme · LLM audit · usage 2026-10-01 to 2026-10-31 UTC · as of 2026-11-23 14:02Z · policy 3f9c1a2

INVENTORY  13 assets: 6 calls, 3 keys, 1 app, 2 seats, 1 SDK | 1 not taggable
           sanctioned 4, shadow 2, unknown 7 | in test or example code, in no share: 1 call
SPEND      3,641.40 USD billed | on no asset: 93.20 USD | outside the period, left out: 12.50 USD
           48.00 EUR billed | estimated, not added: 6.00 EUR | on no asset: 3.90 EUR | outside the period, left out: 12.50 EUR
           880.00 credits billed | outside the period, left out: 12.50 credits

                   calls             keys              billed, USD (of taggable)       apps               seats
  Complete tags    1 of 4 (25.0 %)   1 of 3 (33.3 %)   1,320.60 of 3,548.20 (37.2 %)   0 of 1   (0.0 %)   1 of 2 (50.0 %)
    partial        1      (25.0 %)   0       (0.0 %)       0.00              (0.0 %)   0        (0.0 %)   0       (0.0 %)
    untagged       1      (25.0 %)   1      (33.3 %)   1,923.10             (54.2 %)   0        (0.0 %)   1      (50.0 %)
    invalid        0       (0.0 %)   1      (33.3 %)     310.00              (8.7 %)   0        (0.0 %)   0       (0.0 %)
    conflicting    0       (0.0 %)   0       (0.0 %)      -5.50             (-0.2 %)   1      (100.0 %)   0       (0.0 %)
    dynamic        1      (25.0 %)   0       (0.0 %)       0.00              (0.0 %)   0        (0.0 %)   0       (0.0 %)
  No owner         1 of 5 (20.0 %)   1      (33.3 %)   1,898.60             (53.5 %)   1      (100.0 %)   0       (0.0 %)
  Owner has left   1 of 5 (20.0 %)   1      (33.3 %)     329.00              (9.3 %)   0        (0.0 %)   1      (50.0 %)
  Shadow           1 of 5 (20.0 %)   1      (33.3 %)   1,904.10             (53.7 %)   0        (0.0 %)   0       (0.0 %)
  At the source    untagged 1 of 4 calls (25.0 %); complete but off the bill 1 of 1 calls (100.0 %), 0 of 1 keys (0.0 %), 0 of 1 seats
                   (0.0 %)

                   billed, EUR (of taggable)   billed, credits (of taggable)   estimated, EUR (of taggable)
  Complete tags     0.00 of 44.10   (0.0 %)      0.00 of 880.00   (0.0 %)      0.00 of 5.25   (0.0 %)
    invalid        44.10          (100.0 %)      0.00             (0.0 %)      5.25         (100.0 %)
    conflicting     0.00            (0.0 %)    880.00           (100.0 %)      0.00           (0.0 %)
  No owner          0.00            (0.0 %)    880.00           (100.0 %)      0.00           (0.0 %)
  Owner has left   44.10          (100.0 %)      0.00             (0.0 %)      5.25         (100.0 %)

BUSINESS UNIT      complete calls     incomplete cost  no owner  shadow  accountable: tech / finance
  Claims           none found           44.10 EUR             0       0  a.roth / j.chen
                                       310.00 USD
  Commerce         1 of 1 (100.0 %)      0.00 USD             0       0  m.ruiz / j.chen
  (unattributed)   0 of 3 (0.0 %)    1,917.60 USD             4       2  none: assign a cost centre
                                       880.00 credits

FIX FIRST          what                                                                                               USD  llmaudit explain
  1 shadow         openai key marketing-bot                                                                      1,904.10  key-c003c003c003
  2 untagged       svc/checkout/assist.py:41 gpt-4o, 5 callers                                                             call-91bc91bc91bc
  3 partly-tagged  svc/\\x1b[31m[red]x[/red]\\x0a\\x3a:set-env name=A::b,c%0A.py:7 claude-\\u202esonnet[bold]                  call-c0dec0dec0de
  + 5 more findings (3 warning, 2 note); 1 ignored, 1 in the baseline

NOT SEEN           9 of 15 scopes (60.0 %); the figures are a floor
  failed           exports exports/\\x1b]0;owned\\x07[bold]new.csv: no schema has this header; llmaudit sources lists the exports that are
                   read
  denied           aws 123456789012/us-east-1/bedrock: AccessDenied; allow bedrock:ListInferenceProfiles
  partial          code github.com/acme/legacy: 1,201 of 1,204 (99.8 %) seen: 3 files could not be parsed
  throttled        openai org-acme/usage: 429 after 5 tries; run again later
  capped           openai org-acme/costs: page limit
  api disabled     gcp acme-ml: aiplatform is not enabled; enable it, or leave the project out
  skipped          exports exports/sso.csv: --offline was given
  not offered      aws 123456789012/us-west-2/bedrock
  not configured   network: no network log was read: shadow use outside code and keys is not ruled out; add a connector of type exports

WARNINGS   ignore of idle-seat expired on 2026-09-30
           an unused \\x1b[5mignore

Next  llmaudit report r.json --format csv -o out/   |   llmaudit decide r.json -o decisions.csv
""")


def test_a_check_lists_the_findings() -> None:
    shown = text(sample.report(), command="check", gate_sentence="POLICY BROKEN   untagged 1")

    assert shown == snapshot("""\
Acme · LLM audit · usage 2026-10-01 to 2026-10-31 UTC · as of 2026-11-23 14:02Z · policy 3f9c1a2

CALLS      1 of 4 (25.0 %) with complete tags | partial 1, untagged 1, dynamic 1 | 1 not taggable |
           in test or example code: 1

FINDINGS   8 open: 3 error, 3 warning, 2 note; 1 ignored, 1 in the baseline
svc/checkout/assist.py:41                                     error    untagged         openai chat.completions gpt-4o lacks team, cost_center and environment
svc/checkout/assist.py:41                                     warning  orphaned-owner   p.novak@example.com left on 2026-09-30
svc/\\x1b[31m[red]x[/red]\\x0a\\x3a:set-env name=A::b,c%0A.py:7  error    partly-tagged    50% of tags\\x0d\\x0a\\x3a:set-env name=PATH::/evil\\x1b[2J [blink]hidden[/blink] %0A\\x3a:error\\x3a:x
nb/Explore.ipynb:210                                          note     dynamic-tags     the tags of this call cannot be read
file:keys.csv#row=c                                           error    shadow           no entry of the sanctioned list permits this key
file:keys.csv#row=c                                           warning  no-owner         nobody answers for this key
file:exports/chatgpt.csv                                      warning  conflicting-tag  team is search at the resource, ads in the register
file:exports/premium.csv#row=a                                note     idle-seat        no activity since 2026-08-01
why, and how to mend it: llmaudit explain RULE

NOT SEEN           9 of 15 scopes (60.0 %); the figures are a floor
  failed           exports exports/\\x1b]0;owned\\x07[bold]new.csv: no schema has this header;
                   llmaudit sources lists the exports that are read
  denied           aws 123456789012/us-east-1/bedrock: AccessDenied; allow
                   bedrock:ListInferenceProfiles
  partial          code github.com/acme/legacy: 1,201 of 1,204 (99.8 %) seen: 3 files could not be
                   parsed
  throttled        openai org-acme/usage: 429 after 5 tries; run again later
  capped           openai org-acme/costs: page limit
  api disabled     gcp acme-ml: aiplatform is not enabled; enable it, or leave the project out
  skipped          exports exports/sso.csv: --offline was given
  not offered      aws 123456789012/us-west-2/bedrock
  not configured   network: no network log was read: shadow use outside code and keys is not ruled
                   out; add a connector of type exports

WARNINGS   ignore of idle-seat expired on 2026-09-30
           an unused \\x1b[5mignore

POLICY BROKEN   untagged 1
""")


def test_code_alone_without_a_policy() -> None:
    assert text(sample.code_only()) == snapshot("""\
LLM audit · as of 2026-11-23 14:02Z · no policy

INVENTORY  6 assets: 6 calls | 1 not taggable
           unknown 6 | in test or example code, in no share: 1 call
SPEND      no source gives money; a connector of type exports would bring it

                   calls
  Complete tags    1 of 4  (25.0 %)
    partial        1       (25.0 %)
    untagged       1       (25.0 %)
    dynamic        1       (25.0 %)
  No owner         5 of 5 (100.0 %)
  At the source    untagged 1 of 4 calls (25.0 %); complete but off the bill 1 of 1 calls (100.0 %)
  Shadow           unknown for 5 of 5 calls (100.0 %): run llmaudit decide

FIX FIRST          what                                                            llmaudit explain
  1 untagged       svc/checkout/assist.py:41 gpt-4o, 5 callers                     call-91bc91bc91bc
  2 partly-tagged  svc/\\x1b[31m[red]x[/…=A::b,c%0A.py:7 claude-\\u202esonnet[bold]  call-c0dec0dec0de
  3 dynamic-tags   nb/Explore.ipynb:210                                            call-d1d1d1d1d1d1
  + 1 more finding (1 warning); 1 ignored

NOT SEEN           nothing: 1 of 1 scopes (100.0 %) read

Next  llmaudit scan -o report.json   |   llmaudit report report.json --format csv -o out/
      llmaudit decide report.json -o decisions.csv
""")


def test_nothing_found() -> None:
    assert text(sample.nothing()) == snapshot("""\
LLM audit · as of 2026-11-23 14:02Z · no policy

INVENTORY  none found
SPEND      no source gives money; a connector of type exports would bring it

FIX FIRST          nothing is open

NOT SEEN           nothing: 1 of 1 scopes (100.0 %) read
""")
    assert text(sample.nothing(), command="check", gate_sentence="policy holds") == snapshot("""\
LLM audit · as of 2026-11-23 14:02Z · no policy

CALLS      none found

FINDINGS   none open

NOT SEEN           nothing: 1 of 1 scopes (100.0 %) read

policy holds
""")


def test_a_scan_lists_the_findings_when_asked() -> None:
    plain, verbose = (text(sample.code_only(), list_findings=wanted) for wanted in (False, True))
    added = [line for line in verbose.splitlines() if line not in plain.splitlines()]

    assert added == snapshot(
        [
            "FINDINGS   4 open: 2 error, 1 warning, 1 note; 1 ignored",
            "svc/checkout/assist.py:41                                     error    untagged        openai chat.completions gpt-4o lacks team, cost_center and environment",
            "svc/checkout/assist.py:41                                     warning  orphaned-owner  p.novak@example.com left on 2026-09-30",
            "svc/\\x1b[31m[red]x[/red]\\x0a\\x3a:set-env name=A::b,c%0A.py:7  error    partly-tagged   50% of tags\\x0d\\x0a\\x3a:set-env name=PATH::/evil\\x1b[2J [blink]hidden[/blink] %0A\\x3a:error\\x3a:x",
            "nb/Explore.ipynb:210                                          note     dynamic-tags    the tags of this call cannot be read",
            "why, and how to mend it: llmaudit explain RULE",
        ]
    )


def test_every_gap_is_named() -> None:
    shown = text(sample.report(), width=200)
    gaps = [line for line in sample.coverage() if line.status not in ("ok", "empty")]

    assert len(gaps) == 9
    for line in gaps:
        assert line.status.replace("_", " ") in shown
        assert line.why in shown
        assert line.fix in shown
    assert "the figures are a floor" in shown


def test_scopes_with_one_reason_share_a_line() -> None:
    denied = tuple(
        Coverage("aws", f"123456789012/{region}/bedrock", "denied", why="AccessDenied", fix="allow")
        for region in ("eu-west-1", "us-east-1", "us-west-2")
    )
    shown = text(replace(sample.nothing(), coverage=denied))

    assert shown.partition("NOT SEEN")[2] == snapshot("""\
           3 of 3 scopes (100.0 %); the figures are a floor
  denied           aws 123456789012/eu-west-1/bedrock and 2 more: AccessDenied; allow
""")


def test_coverage_that_is_whole_is_no_floor() -> None:
    assert "floor" not in text(sample.code_only())


def test_a_second_currency_has_its_own_line_and_is_never_added() -> None:
    shown = text(sample.report())
    spend = shown[shown.index("SPEND") :].partition("\n\n")[0]

    assert spend == snapshot("""\
SPEND      3,641.40 USD billed | on no asset: 93.20 USD | outside the period, left out: 12.50 USD
           48.00 EUR billed | estimated, not added: 6.00 EUR | on no asset: 3.90 EUR |
           outside the period, left out: 12.50 EUR
           880.00 credits billed | outside the period, left out: 12.50 credits\
""")


def test_the_three_to_start_with_are_three_assets() -> None:
    shown = text(sample.report())
    block = shown[shown.index("FIX FIRST") :].partition("\n\n")[0]
    ids = re.findall(r"(?:key|call|app|seat)-\w{10,12}\b", block)

    assert ids == ["key-c003c003c003", "call-91bc91bc91bc", "call-c0dec0dec0de"]


def test_units_beyond_the_screen_are_counted() -> None:
    key = next(asset for asset in sample.assets() if asset.id == "key-a001a001a001")
    assets = tuple(
        replace(key, id=f"key-{n}", unit=replace(sample.COMMERCE, business_unit=f"Unit {n:02d}"))
        for n in range(11)
    )
    report = replace(sample.report(), assets=assets, findings=())
    shown = text(replace(report, summary=summarise(report)))

    assert shown.count("  Unit ") == 8
    assert "  + 3 more units (csv: units.csv)\n" in shown


def test_colour_only_where_it_is_wanted() -> None:
    plain, coloured = (
        text(sample.report(), gate_sentence=GATE),
        text(sample.report(), gate_sentence=GATE, color=True),
    )

    assert "\x1b" not in plain
    assert "\x1b[1;31mPOLICY BROKEN" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@pytest.mark.parametrize("name", ["NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"])
def test_the_environment_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = text(sample.report())
    monkeypatch.setenv(name, "1")

    assert text(sample.report()) == expected


def test_names_cannot_drive_the_terminal_or_the_markup() -> None:
    shown = text(sample.report(), command="check", width=400)

    assert r"svc/\x1b[31m[red]x[/red]\x0a\x3a:set-env name=A::b,c%0A.py:7" in shown
    assert r"exports/\x1b]0;owned\x07[bold]new.csv" in shown
    assert all(line.isprintable() for line in shown.split("\n"))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(REPORTS, st.sampled_from([30, 60, 80, 100, 160]), st.sampled_from(["scan", "check"]))
def test_no_report_drives_the_terminal_or_a_workflow(
    drawn: Report, width: int, command: str
) -> None:
    report = replace(drawn, summary=summarise(drawn))
    shown = text(report, width=width, command=command, list_findings=True)

    for line in shown.split("\n"):
        assert is_safe(line), line
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    shown.encode("utf-8")


@pytest.mark.parametrize("path", ["::set-env name=A::b", "  ::add-mask::x", "##[add-path]/x"])
def test_a_path_is_no_command_to_a_runner(path: str) -> None:
    found = sample.findings(sample.assets())[0]
    finding = replace(found, where=replace(found.where, path=path))
    shown = text(replace(sample.report(), findings=(finding,)), command="check")

    assert [line for line in shown.splitlines() if line.lstrip().startswith("::")] == []
    assert "##[" not in shown


@pytest.mark.parametrize("width", [80, 100, 140])
def test_lines_fit_the_screen(width: int) -> None:
    for report in (sample.report(), sample.code_only(), sample.nothing()):
        for line in text(report, width=width, saved_as="r.json").splitlines():
            assert cell_len(line) <= width, line


def test_rows_of_zero_are_left_out_but_the_complete_one_names_the_whole() -> None:
    shown = text(sample.code_only())

    assert "Complete tags" in shown
    assert "conflicting" not in shown
    assert "Owner has left" not in shown


def test_a_kind_of_which_nothing_can_be_tagged() -> None:
    calls = tuple(a for a in sample.assets() if a.kind == "call" and a.tag_status == "untaggable")
    report = replace(sample.code_only(), assets=calls, findings=())
    shown = text(replace(report, summary=summarise(report)))

    assert "Complete tags    none taggable\n" in shown


def test_shares_are_never_rounded_to_nothing_or_to_all() -> None:
    assert [percent(*pair) for pair in [(0, 3), (1, 3), (1, 9999), (9999, 10000), (3, 3)]] == [
        "0.0 %", "33.3 %", "<0.1 %", ">99.9 %", "100.0 %",
    ]  # fmt: skip
    assert percent(0, 0) == ""


def test_money_is_never_rounded_to_nothing() -> None:
    amounts = ["0", "0.004", "-0.001", "0.005", "1234567.895", "-3.1", "1e-9", "1E+3"]

    assert [money(Decimal(amount)) for amount in amounts] == snapshot(
        ["0.00", "<0.01", ">-0.01", "<0.01", "1,234,567.90", "-3.10", "<0.01", "1,000.00"]
    )


@given(st.text(max_size=20), st.integers(0, 30))
def test_a_cell_has_its_width(value: str, width: int) -> None:
    from llmaudit.formats.printable import printable

    assert cell_len(fit(printable(value), width)) == width


def test_a_cell_too_long_keeps_both_ends() -> None:
    assert fit("services/search/ranking/rank.py:88", 20) == "servic…ng/rank.py:88"
    assert fit("\u6f22\u5b57\u6f22\u5b57", 5) == snapshot("…字  ")


def heaviest(*assets: Asset) -> str:
    report = replace(sample.report(), assets=assets)
    return text(replace(report, summary=summarise(report)))


def test_a_finding_whose_asset_is_gone_is_still_shown() -> None:
    assert "svc/checkout/assist.py:41" in heaviest(sample.assets()[0])
