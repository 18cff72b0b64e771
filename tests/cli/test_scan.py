# ruff: noqa: E501 - a line of a snapshot is a line of output
"""`scan` and `check`, from the words typed to what is printed and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from .running import AS_OF, POLICY, TAGGED, UNTAGGED, Ran, run, tree


def check(folder: Path, *more: str) -> Ran:
    return run("check", "--as-of", AS_OF, *more, cwd=folder)


def places(report: Path) -> list[str]:
    document = json.loads(report.read_text("utf-8"))
    return sorted(
        f"{asset['evidence'][0]['where']['repo']}:{asset['evidence'][0]['where']['path']}"
        for asset in document["assets"]
        if asset["kind"] == "call"
    )


def acme(folder: Path, **files: str) -> Path:
    """A folder of a fixed name, which is the repository's."""
    place = folder / "acme"
    place.mkdir()
    return tree(place, **files)


def test_a_broken_policy(tmp_path: Path) -> None:
    ran = check(acme(tmp_path, svc__answer_py=UNTAGGED, llmaudit_yaml=POLICY))
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == snapshot("""\
LLM audit · as of 2026-11-23 00:00Z · policy 399b8d0

CALLS      0 of 1 (0.0 %) with complete tags | untagged 1

FINDINGS   1 open: 1 error
svc/answer.py:7  error    untagged  the openai chat.completions call of gpt-4o carries no tag: it lacks team, cost_center
why, and how to mend it: llmaudit explain RULE

NOT SEEN           3 of 4 scopes (75.0 %); the figures are a floor
  not configured   cloud: no cloud account was read; cloud connectors are not part of this version
                   keys: no key register or gateway was read; add a connector of type registry
                   saas: no SaaS, identity, network or expense export was read: shadow use outside
                   code and keys is not ruled out; add a connector of type exports

POLICY BROKEN   untagged 1
""")


def test_a_policy_that_holds(tmp_path: Path) -> None:
    ran = check(acme(tmp_path, svc__answer_py=TAGGED, llmaudit_yaml=POLICY))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
LLM audit · as of 2026-11-23 00:00Z · policy 399b8d0

CALLS      1 of 1 (100.0 %) with complete tags

FINDINGS   1 open: 1 note
svc/answer.py:7  note     tag-not-reaching-bill  the openai chat.completions call of gpt-4o is tagged, but its bill cannot be split by team, cost_center
why, and how to mend it: llmaudit explain RULE

NOT SEEN           3 of 4 scopes (75.0 %); the figures are a floor
  not configured   cloud: no cloud account was read; cloud connectors are not part of this version
                   keys: no key register or gateway was read; add a connector of type registry
                   saas: no SaaS, identity, network or expense export was read: shadow use outside
                   code and keys is not ruled out; add a connector of type exports

policy holds: no open error, 1 note
""")


def test_scan_sums_up_and_says_what_check_would_do(tmp_path: Path) -> None:
    folder = acme(tmp_path, svc__answer_py=UNTAGGED, llmaudit_yaml=POLICY)
    ran = run("scan", "--as-of", AS_OF, "-o", "../report.json", "-o", "-", "--format", "json",
              "--format", "text", cwd=folder)  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
LLM audit · as of 2026-11-23 00:00Z · policy 399b8d0

INVENTORY  1 asset: 1 call
           unknown 1
SPEND      no source gives money; a connector of type exports would bring it

                   calls
  Complete tags    0 of 1   (0.0 %)
    untagged       1      (100.0 %)
  No owner         1      (100.0 %)
  At the source    untagged 1 of 1 calls (100.0 %)
  Shadow           unknown for 1 of 1 calls (100.0 %): run llmaudit decide

FIX FIRST          what                                                            llmaudit explain
  1 untagged       svc/answer.py:7 gpt-4o                                          call-13e1deea984b

NOT SEEN           3 of 4 scopes (75.0 %); the figures are a floor
  not configured   cloud: no cloud account was read; cloud connectors are not part of this version
                   keys: no key register or gateway was read; add a connector of type registry
                   saas: no SaaS, identity, network or expense export was read: shadow use outside
                   code and keys is not ruled out; add a connector of type exports

POLICY BROKEN   untagged 1   (check would exit 1)
Next  llmaudit report ../report.json --format csv -o out/
      llmaudit decide ../report.json -o decisions.csv
""")
    text = (tmp_path / "report.json").read_text("utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["repositories"] == snapshot(
        [
            {
                "repo": "local/acme",
                "root": ".",
                "commit": None,
                "dirty": None,
                "codeowners_path": None,
            }
        ]
    )
    gated = run("scan", "--gate", "--as-of", AS_OF, "--quiet", "-o", "../again.json", cwd=folder)
    assert gated == Ran(1, "", "")
    assert (tmp_path / "again.json").read_text("utf-8") == text


def test_how_a_run_ends_is_decided_by_the_worst(tmp_path: Path) -> None:
    folder = acme(tmp_path, svc__answer_py=UNTAGGED, legacy_ex="defmodule Legacy do end\n")
    assert check(folder).code == 1
    assert check(folder, "--strict").code == 1
    assert check(folder, "--strict", "--ignore", "untagged").code == 3
    assert check(folder, "--strict", "--exit-zero").code == 0
    assert run("scan", "--strict", "--quiet", "-o", "r.json", cwd=folder).code == 3
    assert check(folder, "nowhere", "--exit-zero").code == 2


def test_given_paths_replace_the_configured_ones(tmp_path: Path) -> None:
    folder = acme(
        tmp_path,
        a__one_py=UNTAGGED,
        b__two_py=UNTAGGED,
        llmaudit_yaml=POLICY + "connectors: [{type: code, paths: [a]}]\n",
    )
    (folder / ".git").mkdir()
    (folder / "b/deep").mkdir()
    run("scan", "-o", "../configured.json", "-q", cwd=folder)
    assert places(tmp_path / "configured.json") == ["local/a:one.py"]
    run("scan", "..", "-o", "../../../given.json", "-q", cwd=folder / "b/deep")
    assert places(tmp_path / "given.json") == ["local/b:two.py"]
    run("scan", "--no-config", "-o", "../all.json", "-q", "--repo", "Acme/Shop", cwd=folder)
    assert places(tmp_path / "all.json") == ["acme/shop:a/one.py", "acme/shop:b/two.py"]


def test_a_baseline_holds_what_moved_and_not_what_is_new(tmp_path: Path) -> None:
    folder = acme(tmp_path, svc__answer_py=UNTAGGED)
    run("scan", "-o", "../old.json", "-q", cwd=folder)
    tree(folder, svc__answer_py="# a comment moves every line\n" + UNTAGGED)
    assert check(folder, "--baseline", "../old.json").code == 0
    tree(folder, svc__other_py=UNTAGGED.replace("answer", "rank"))
    assert check(folder, "--baseline", "../old.json").code == 1


ORG = """\
organization: Acme
policy:
  required_tags: {team: {values_from: teams.csv}}
  rules: {untagged: error, no-owner: off}
connectors: [{type: registry, path: never-read.csv}]
"""


def test_an_organisations_policy_cannot_be_loosened(tmp_path: Path) -> None:
    tree(tmp_path, org_yaml=ORG, teams_csv="team,cost_center,business_unit\nsearch,CC-1,Shop\n")
    folder = acme(
        tmp_path,
        svc__answer_py=UNTAGGED,
        hidden__rank_py=UNTAGGED,
        llmaudit_yaml="policy:\n  rules: {untagged: off}\n"
        "  attribution: [{path: 'svc/**', tags: {team: search}}]\n"
        "exclude: ['hidden/**']\n"
        "connectors: [{type: code, paths: [svc]}]\n",
    )
    ran = run("check", "--policy", "../org.yaml", "--format", "json", "--format", "text",
              "-o", "../report.json", "--as-of", AS_OF, cwd=folder)  # fmt: skip
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (ran.code, ran.err) == (1, "")
    assert report["warnings"] == snapshot(
        [
            "llmaudit.yaml: exclude: hidden/** was dropped: under --policy a discovered configuration cannot narrow what is looked at",
            "llmaudit.yaml: connectors.0.paths was dropped: under --policy a discovered configuration cannot narrow what is looked at",
            "llmaudit.yaml: policy.rules.untagged: off was dropped: the organisation says error",
        ]
    )
    assert [
        (finding["where"]["path"], finding["rule"], finding["level"])
        for finding in report["findings"]
    ] == snapshot(
        [
            ("hidden/rank.py", "untagged", "error"),
            ("svc/answer.py", "tag-not-reaching-bill", "note"),
        ]
    )
    assert str(tmp_path) not in json.dumps(report)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_a_change_is_judged_by_the_policy_it_goes_to(tmp_path: Path) -> None:
    folder = acme(tmp_path, svc__answer_py=UNTAGGED, llmaudit_yaml=POLICY)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    tree(folder, llmaudit_yaml="policy: {rules: {untagged: off}}\n")
    assert check(folder).code == 0
    bound = check(folder, "--policy", "git:main:llmaudit.yaml")
    assert bound.code == 1
    assert "untagged: off was dropped" in " ".join(bound.out.split())
    lost = check(folder, "--policy", "git:gone:llmaudit.yaml")
    assert (lost.code, lost.out, lost.err) == snapshot(
        (
            2,
            "",
            """\
error: git has no 'llmaudit.yaml' at 'gone'
help: fetch that ref (in a CI checkout: fetch-depth: 0), and check the path
""",
        )
    )


def test_people_are_pseudonyms_and_a_weak_key_is_said(tmp_path: Path) -> None:
    folder = acme(
        tmp_path,
        keys_csv="provider,key,owner\nopenai,key_1,ana@example.com\n",
        org_yaml="organization: Acme\nconnectors: [{type: registry, path: keys.csv}]\n",
    )
    seats = Path(__file__).parents[1] / "data/exports/m365-v1.csv"
    (folder / "seats.csv").write_bytes(seats.read_bytes())
    tree(
        folder,
        org_yaml="organization: Acme\nconnectors: [{type: exports, paths: [seats.csv]}]\n",
    )
    weak = run("scan", "--config", "org.yaml", "--format", "json", cwd=folder)
    assert weak.err == snapshot(
        "warning: pseudonyms of people are derived from the organisation's name, so that anybody can recompute them: set LLMAUDIT_PEOPLE_KEY to a secret of your own\n"
    )
    assert "ana@" not in weak.out
    own = run("scan", "--config", "org.yaml", "--format", "json", cwd=folder,
              env={"LLMAUDIT_PEOPLE_KEY": "ours"})  # fmt: skip
    assert own.err == ""
    assert own.out != weak.out
    shown = run("scan", "--config", "org.yaml", "--format", "json", "--reveal-people", cwd=folder)
    assert (shown.err, "ana@acme.example.com" in shown.out) == ("", True)


@pytest.mark.parametrize("name", ["text", "github"])
def test_standard_output_is_the_report_alone(tmp_path: Path, name: str) -> None:
    folder = acme(tmp_path, svc__answer_py=UNTAGGED)
    ran = check(folder, "--format", name)
    assert ran.err == ""
    assert ran.out.startswith({"text": "LLM audit", "github": "::error file="}[name])


def test_what_failed_is_said_where_no_answer_tells_it(tmp_path: Path) -> None:
    tree(
        tmp_path,
        app_py=UNTAGGED,
        llmaudit_yaml=("connectors:\n  - {type: code}\n  - {type: registry, path: gone.csv}\n"),
    )
    ended = run("scan", "-q", "-o", "report.json", cwd=tmp_path)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("warning: registry ")
    assert "gone.csv" in ended.err
    assert "\nhelp: " in ended.err
    told = run("scan", "-q", cwd=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert "gone.csv" in told.out
