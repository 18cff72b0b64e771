"""What `explain` says of a rule, and of the chain behind a finding."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import date

import pytest
from inline_snapshot import snapshot

from llmaudit.errors import UsageError
from llmaudit.model import Owner, Relation, Tag
from llmaudit.policy import explain, explain_finding, judge
from tests.policy.assets import AS_OF, call, key, policy, report, row, tag

RULED = policy(required_tags={"team": None, "cost_center": None, "environment": None})
CALL = call(
    tag_status="partial",
    missing_tags=("environment",),
    tags={
        "team": tag("search", reaches_bill=False, overruled=(Tag("team", "ads", "register"),)),
        "cost_center": tag(None, "client", overruled=(Tag("cost_center", None, "path_map"),)),
        "owner": tag("@acme/search", "comment", reaches_bill=True, by_tree=True),
    },
    relations=(Relation("uses_key", "env:OPENAI_API_KEY"),),
    owner=Owner("@acme/search", "codeowners", "active", ("p.novak@example.com",)),
    verdict="shadow",
    verdict_reason="no entry permits it; nearest is entry 1 (provider openai), but the model is x",
)
FINDINGS = judge((CALL,), RULED, as_of=AS_OF)


def wrapped(text: str) -> str:
    """Long lines folded, so that a test can show them."""
    return "\n".join(
        textwrap.fill(line, 92, subsequent_indent="    ", break_on_hyphens=False)
        for line in text.split("\n")
    )


def test_explain_a_rule():
    assert explain("key-in-code") == snapshot("""\
key-in-code: Key in the code

  Applies to       api_key, secret
  Default level    error
  Why              Whoever can read the repository can spend on the key, and history
                   keeps it for ever.
  Example          `OpenAI(api_key="sk-...")` with the whole key.
  How to satisfy   Revoke the key, make a new one, and read it at run time from a secret
                   store.
  Source           CWE-798: Use of Hard-coded Credentials.
""")


def test_explain_a_rule_without_evidence_in_this_version():
    assert explain("over-budget") == snapshot(
        "over-budget: no evidence in this version; it comes with budgets\n"
    )


def test_explain_something_that_is_no_rule():
    with pytest.raises(UsageError) as near:
        explain("untaged")
    with pytest.raises(UsageError) as far:
        explain("qqq")
    assert [str(near.value), str(far.value)] == snapshot(
        [
            """\
there is no rule 'untaged'
help: did you mean untagged?\
""",
            """\
there is no rule 'qqq'
help: llmaudit rules list --policy shows them\
""",
        ]
    )


def test_the_whole_chain_of_an_asset():
    kept = tuple(
        replace(one, state="ignored", state_reason="pilot", state_until=date(2027, 3, 31))
        if one.rule == "shadow"
        else one
        for one in FINDINGS
    )
    whole = report(CALL, key(), findings=kept, policy=RULED)
    assert wrapped(explain_finding(whole, CALL.id)) == snapshot("""\
call-e3e3bad38ffb  call  svc/app.py

Seen by    code at svc/app.py:12: openai, openai-python, chat.completions, gpt-4o
Linked to  uses_key env:OPENAI_API_KEY
Tags       partial
           team: search from call (metadata), does not reach the bill
             overruled: ads from register
           cost_center: (decided at run time) from client (metadata), bill unknown
             overruled: (decided at run time) from path_map
           environment: missing
           owner: @acme/search from comment (metadata), reaches the bill, the tree's own
    word
Owner      @acme/search from codeowners, active; passed over, has left: p.novak@example.com
Verdict    shadow: no entry permits it; nearest is entry 1 (provider openai), but the model
    is x
Finding    partly-tagged, warning, open, cb321387c0ba85d6
           the openai chat.completions call of gpt-4o lacks environment
           help: pass the tags in the provider's own field (metadata, labels,
    requestMetadata, a gateway's tag header), or give its path the tags under
    policy.attribution
Finding    orphaned-owner, note, open, 4a33c030dd00e8bb
           the openai chat.completions call of gpt-4o still names p.novak@example.com, who
    has left; @acme/search answers for it (read from: codeowners)
           help: name somebody who works here where the departed owner stands
Finding    shadow, warning, ignored (pilot) until 2027-03-31, 4c654ff93053c52b
           the openai chat.completions call of gpt-4o is not a sanctioned use: no entry
    permits it; nearest is entry 1 (provider openai), but the model is x
           help: have it approved under policy.sanctioned or in the register, or remove it
Policy     a793a133c032 requires team, cost_center, environment; entries of sanctioned: 0
""")


def test_a_register_row_without_a_policy():
    one = key(also=(row(),), tag_status=None, owner=Owner())
    assert explain_finding(report(one), "key-") == snapshot("""\
key-4046e553b6f4  api_key  key_1

Seen by    litellm at openai://key_1: openai
           registry at file:keys.csv#row=2: openai
Tags       not asked for
Owner      none
Verdict    unknown
Policy     none: judged by the default rules
""")


def test_a_fingerprint_shows_its_finding_only():
    (partly,) = (one for one in FINDINGS if one.rule == "partly-tagged")
    text = explain_finding(report(CALL, findings=FINDINGS, policy=RULED), partly.fingerprint[:9])
    assert "partly-tagged" in text
    assert "Finding    shadow" not in text


@pytest.mark.parametrize("name", ["", "call-", "call-0000", "key-in-code"])
def test_a_name_that_is_not_one_asset_is_refused(name):
    two = report(CALL, call("svc/b.py"), findings=FINDINGS)
    with pytest.raises(UsageError) as refused:
        explain_finding(two, name)
    assert str(refused.value) == (
        f"{'2' if name == 'call-' else 'no'} assets of the report answer to {name!r}\n"
        "help: give a whole asset id or fingerprint from the report"
    )


def test_hostile_names_reach_no_terminal():
    one = call("svc/\x1b[31m\u202e\n\udcffapp.py", models=("gpt\x07",), name="a\rb")
    text = explain_finding(report(one), one.id)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert r"svc/\x1b[31m\u202e\n\udcffapp.py" in text
