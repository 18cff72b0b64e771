# ruff: noqa: E501 - a line of a snapshot is a line of output
"""What the world hands to the command, whole: one sentence, the right code, a line in the ledger.

Files that are wrong together are looked at in one run, so that each costs no start of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from .running import AS_OF, UNTAGGED, Ran, run, tree

KEY = "sk-proj-" + "aB3dE5gH7jK9mN1pQ2rS" * 2 + "T3BlbkFJ" + "aB3dE5gH7jK9mN1pQ2rS" * 2
# A key of a form that the catalogue does not know: only its prefix and its randomness tell.
NEW_KEY = "sk-proj-CaNaRy0123456789abcdefghijklmnop"
USAGE = (Path(__file__).parents[1] / "data/exports/premium.csv").read_text("utf-8-sig")
HEADER, _, ROWS = USAGE.partition("\n")


def lines(report: str, *fields: str) -> list[tuple[Any, ...]]:
    """The configured lines of a JSON report's ledger."""
    return [
        tuple(line[name] for name in fields)
        for line in json.loads(report)["coverage"]
        if line["status"] != "not_configured"
    ]


def write(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_tree_of_files_that_cannot_be_read_as_they_are(tmp_path: Path) -> None:
    write(
        tmp_path / "acme",
        {
            "good.py": UNTAGGED,
            "binary.py": b"\x89PNG\x00\x01\x02" * 300,
            "sixteen.py": UNTAGGED.encode("utf-16"),
            "huge.py": UNTAGGED + ("#" * 79 + "\n") * (50 * 2**20 // 80),
            "syntax.py": UNTAGGED + "\n\ndef broken(:\n    pass\n",
            "syntax.ipynb": '{"cells": [ openai',
            "package.json": '{"dependencies": {"openai":',
        },
    )
    ran = run("scan", "--as-of", AS_OF, "-f", "json", cwd=tmp_path / "acme")
    assert (ran.code, ran.err) == (0, "")
    assert lines(ran.out, "scope", "status", "seen", "of", "why", "fix", "counts") == snapshot(
        [
            (
                "local/acme",
                "partial",
                4,
                7,
                "3 of 7 files could not be read whole: huge.py: over the size limit; package.json: line 1: not valid JSON: expecting value; syntax.ipynb: line 1: not valid JSON: expecting value; files read as utf-16-le: 1; no remote origin with a host: the repository is called local/acme; --repo host/owner/name gives it a name that other machines share",
                "mend or exclude these files",
                {
                    "error: notebook that cannot be read": 1,
                    "scanned": 3,
                    "scanned: partly, a manifest could not be read whole": 1,
                    "skipped: binary": 1,
                    "skipped: over the size limit": 1,
                },
            )
        ]
    )
    called = [a["evidence"][0]["where"] for a in json.loads(ran.out)["assets"]]
    assert sorted(where["path"] for where in called) == ["good.py", "sixteen.py", "syntax.py"]


def test_links_never_lead_out_and_never_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path, {"outside/secret.py": UNTAGGED, "acme/good.py": UNTAGGED, "acme/in/x.py": ""})
    for name, target in {
        "away": "../outside",
        "away.py": "../outside/secret.py",
        "in/up": "..",
        "self.py": "self.py",
        "twin.py": "good.py",
    }.items():
        (tmp_path / "acme" / name).symlink_to(target)
    ran = run("scan", "--as-of", AS_OF, "-f", "json", cwd=tmp_path / "acme")
    assert (ran.code, ran.err) == (0, "")
    assert lines(ran.out, "status", "seen", "of", "counts") == snapshot(
        [
            (
                "ok",
                2,
                7,
                {"scanned": 1, "scanned: no literal of a rule": 1, "skipped: symbolic link": 5},
            )
        ]
    )
    assert [a["evidence"][0]["where"]["path"] for a in json.loads(ran.out)["assets"]] == ["good.py"]
    given = run("check", "acme/away.py", "--as-of", AS_OF, "-f", "github", cwd=tmp_path)
    assert (given.code, given.out, given.err) == snapshot(
        (
            0,
            "::warning title=llmaudit could not see everything::code local/acme: skipped, none of 1 files was read: symbolic link 1; no remote origin with a host: the repository is called local/acme; --repo host/owner/name gives it a name that other machines share%0Ahelp: give the files themselves, or take back what excludes them\n",
            "",
        )
    )


def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    write(
        tmp_path, {"acme/good.py": UNTAGGED, "acme/shut.py": UNTAGGED, "acme/closed/x.py": UNTAGGED}
    )
    (tmp_path / "acme/shut.py").chmod(0)
    (tmp_path / "acme/closed").chmod(0)
    try:
        ran = as_anybody("check", "acme", "--as-of", AS_OF, "-f", "json", cwd=tmp_path)
    finally:
        (tmp_path / "acme/closed").chmod(0o700)
    assert (ran.code, ran.err) == (1, "")
    assert lines(ran.out, "status", "seen", "of", "why", "fix") == snapshot(
        [
            (
                "partial",
                1,
                3,
                "2 of 3 files could not be read whole: closed/: permission denied; shut.py: permission denied; no remote origin with a host: the repository is called local/acme; --repo host/owner/name gives it a name that other machines share",
                "mend or exclude these files",
            )
        ]
    )


def as_anybody(*arguments: str, cwd: Path) -> Ran:
    """Run the command without root's right to read everything."""
    from .running import LLMAUDIT

    drop = ("--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-dac_override,-dac_read_search")  # fmt: skip
    command = ("setpriv", *drop, str(LLMAUDIT)) if os.geteuid() == 0 else (str(LLMAUDIT),)
    return run(*arguments, cwd=cwd, command=command)


def test_nothing_to_read_and_no_repository(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "bare.git").mkdir()
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare.git")], check=True)
    subprocess.run(["git", "init", "-q", str(tmp_path / "fresh")], check=True)
    ran = run("scan", "acme", "fresh", "bare.git", "--as-of", AS_OF, "-f", "json", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert lines(ran.out, "scope", "status", "of", "why", "fix") == snapshot(
        [
            (
                "local/acme",
                "empty",
                0,
                "there is no file; no remote origin with a host: the repository is called local/acme; --repo host/owner/name gives it a name that other machines share",
                "give a path that holds code",
            ),
            (
                "local/bare.git",
                "skipped",
                17,
                "this is a bare git repository: it holds no files to read; no remote origin with a host: the repository is called local/bare.git; --repo host/owner/name gives it a name that other machines share",
                "check it out, and give the checkout",
            ),
            (
                "local/fresh",
                "empty",
                0,
                "there is no file; no remote origin with a host: the repository is called local/fresh; --repo host/owner/name gives it a name that other machines share",
                "give a path that holds code",
            ),
        ]
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "policy:\n  rules: {untagged: error\n",
            snapshot("""\
error: llmaudit.yaml:3:1: not valid YAML: expected ',' or '}', but got '<stream end>'
help: mend the line
"""),
        ),
        (
            "policy:\n  rulez: {untagged: error}\n",
            snapshot("""\
error: llmaudit.yaml:2:3: unknown key 'rulez'
help: did you mean 'rules'? the keys here are: attribution, ignores, never_ignore, owners, require_at, required_tags, rules, sanctioned, trust
"""),
        ),
        (
            f"organization: Acme\nconnectors: [{{type: registry, path: {KEY}}}]\n",
            snapshot("""\
error: llmaudit.yaml:2:37: a literal secret stands in the configuration
help: write env:NAME or file:PATH in its place, and replace the key: it has been seen
"""),
        ),
        (
            f"organization: {NEW_KEY}\n",
            snapshot("""\
error: llmaudit.yaml:1:15: a literal secret stands in the configuration
help: write env:NAME or file:PATH in its place, and replace the key: it has been seen
"""),
        ),
        (
            "connectors: [{type: openai, admin_key: env:OPENAI_ADMIN_KEY}]\n",
            snapshot("""\
error: llmaudit.yaml:1:21: there is no connector 'openai'
help: the connectors are: code, exports, registry
"""),
        ),
        (
            "connectors: [{type: registry, path: env:HOME}]\n",
            snapshot("""\
error: llmaudit.yaml:1:37: env: stands where no secret belongs
help: env: and file: are for keys, tokens and passwords; write the value itself
"""),
        ),
        (
            "connectors: [{type: exports, paths: ['/etc/*.csv']}]\n",
            snapshot("""\
error: llmaudit.yaml:1:38: a configuration found in the audited tree reads '/etc/*.csv', which lies outside the tree
help: pass it with --config if you trust it
"""),
        ),
    ],
)
def test_a_failed_run_leaves_last_weeks_file(tmp_path: Path, text: str, says: str) -> None:
    tree(tmp_path, llmaudit_yaml=text, a_py=UNTAGGED, last_json="last week\n")
    ran = run("check", "-o", "last.json", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == says
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.py",
        "last.json",
        "llmaudit.yaml",
    ]
    assert (tmp_path / "last.json").read_text() == "last week\n"


def exports_only(folder: Path, paths: str) -> Ran:
    tree(folder, org_yaml=f"organization: Acme\nconnectors: [{{type: exports, paths: {paths}}}]\n")
    return run("scan", "--config", "org.yaml", "--as-of", AS_OF, "-f", "json", cwd=folder,
               env={"LLMAUDIT_PEOPLE_KEY": "ours"})  # fmt: skip


def test_exports_as_people_save_them(tmp_path: Path) -> None:
    first, *others = ROWS.strip().splitlines()
    for number, (name, text) in enumerate(
        {
            "bom": "\ufeff" + USAGE,
            "semicolons": USAGE.replace('","', '";"'),
            "preamble": "Report for Acme\nGenerated 2026-04-01\n\n" + USAGE,
            "twice": "\n".join(
                [f'{HEADER},"username"', *(f'{row},"x"' for row in (first, *others))]
            ),
        }.items()
    ):
        # Each export is of a month of its own, so that none repeats another's days.
        dated = text.replace("2026-03-", f"2026-{number + 4:02}-")
        write(tmp_path, {f"in/{name}.csv": dated})
    write(tmp_path, {"in/sixteen.csv": USAGE.encode("utf-16")})
    ran = exports_only(tmp_path, "['in/*.csv']")
    assert (ran.code, ran.err) == (0, "")
    assert lines(ran.out, "scope", "status", "seen", "of", "why") == snapshot(
        [
            (
                "exports/bom.csv",
                "ok",
                4,
                4,
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
            ),
            (
                "exports/preamble.csv",
                "ok",
                4,
                4,
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
            ),
            (
                "exports/semicolons.csv",
                "ok",
                4,
                4,
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
            ),
            (
                "exports/sixteen.csv",
                "ok",
                4,
                4,
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
            ),
            (
                "exports/twice.csv",
                "ok",
                4,
                4,
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1; columns not read: username (stands twice; the first was read)",
            ),
        ]
    )


def test_an_unknown_export_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "only").mkdir()
    write(tmp_path, {"only/other.csv": USAGE.replace('"sku"', '"SKU code"')})
    alone = exports_only(tmp_path / "only", "[other.csv]")
    assert (alone.code, alone.out, alone.err) == snapshot(
        (
            2,
            "",
            """\
error: every connector failed; the first, exports on exports/other.csv: other.csv is no export that is known; its columns are: date, username, product, SKU code, model, quantity, unit_type, applied_cost_per_quantity, gross_amount, discount_amount, net_amount, exceeds_quota, total_monthly_quota, organization, cost_center_name
help: nearest: github-premium-requests lacks sku; github-ai-usage lacks sku, repository, aic_quantity, aic_gross_amount; github-premium-legacy lacks timestamp, user, requests used, exceeds monthly quota, total monthly quota
""",
        )
    )
    write(
        tmp_path,
        {"a.csv": USAGE, "b.csv": f"when,{NEW_KEY}\n1,2\n", "c.csv": "", "d.csv": b"\0" * 99},
    )
    beside = exports_only(tmp_path, "['*.csv', 'none/*.csv']")
    assert (beside.code, beside.err) == snapshot(
        (
            0,
            """\
warning: exports exports/b.csv: b.csv is no export that is known; its columns are: when, (not a column name)
help: no known export has one of them; `llmaudit sources` lists the exports that are known
warning: exports exports/c.csv: c.csv is empty
help: export it again; an export has a header row
warning: exports exports/d.csv: d.csv is not a text file in UTF-8, UTF-16 or Windows-1252
help: save it as CSV in UTF-8, or export it again
warning: exports exports/none/*.csv: no file matches none/*.csv
help: correct the path, or put the export there; paths start at the configuration's folder
""",
        )
    )
    assert lines(beside.out, "scope", "status", "why", "fix") == snapshot(
        [
            (
                "exports/a.csv",
                "ok",
                "recognised as github-premium-requests; rows that name nobody and count for the application: 1",
                "",
            ),
            (
                "exports/b.csv",
                "failed",
                "b.csv is no export that is known; its columns are: when, (not a column name)",
                "no known export has one of them; `llmaudit sources` lists the exports that are known",
            ),
            (
                "exports/c.csv",
                "failed",
                "c.csv is empty",
                "export it again; an export has a header row",
            ),
            (
                "exports/d.csv",
                "failed",
                "d.csv is not a text file in UTF-8, UTF-16 or Windows-1252",
                "save it as CSV in UTF-8, or export it again",
            ),
            (
                "exports/none/*.csv",
                "failed",
                "no file matches none/*.csv",
                "correct the path, or put the export there; paths start at the configuration's folder",
            ),
        ]
    )


CALL = """\
from openai import OpenAI

client = OpenAI(api_key="{key}")  # {key}


def answer(question):
    # llmaudit: team={key}
    return client.chat.completions.create(model="{key}", messages=[], metadata={{"team": "{key}"}})
"""


@pytest.mark.parametrize("key", [KEY, NEW_KEY], ids=["known", "new"])
def test_no_key_comes_out_wherever_it_was_put(tmp_path: Path, key: str) -> None:
    write(
        tmp_path,
        {
            "acme/a.py": CALL.format(key=key),
            f"acme/{key}/b.py": CALL.format(key="gpt-4o"),
            "acme/broken.py": CALL.format(key=key) + f"\ndef ({key}:\n",
            "acme/package.json": f'{{"dependencies": {{"openai": "{key}"',
            "acme/requirements.txt": f"openai @ https://u:{key}@example.com/x.whl\n",
            "acme/CODEOWNERS": f"* @acme/{key}\n[{key}\n",
            "keys.csv": f"provider,key,name,owner,team,reason,until,{key}\n"
            + f"openai,{key},{key},{key},{key},{key},{key},\nopenai,key_1,{key},{key},{key},{key},,\n",
            "keys.yaml": f'keys:\n- {{provider: openai, key: "{key}", "{key}": 1}}\n',
            f"in/{key}.csv": USAGE.replace("ana-acme", key).replace("CC-1001", key),
            "in/unknown.csv": f"{key},b\n1,2\n",
            "people.csv": f"person,email,status\n{key},{key}@example.com,left\n",
            "units.csv": f"cost_center,business_unit,technology_owner,finance_owner\n{key},{key},{key},{key}\n",
            "org.yaml": """\
organization: Acme
policy:
  required_tags: {team:, cost_center:}
  rules: {untagged: error, shadow: error, no-owner: error, orphaned-owner: error, invalid-tag: error}
  sanctioned: [{provider: openai, models: ["gpt-4o*"]}]
  owners: {codeowners: true, people: people.csv, units: units.csv}
connectors:
  - {type: code, paths: [acme], standalone: true}
  - {type: registry, paths: [keys.csv, keys.yaml]}
  - {type: exports, paths: ["in/*"]}
""",
        },
    )
    said = run("scan", "--config", "org.yaml", "--as-of", AS_OF, "-v", "-f", "json", "-o", "out.json",
               "-f", "csv", "-o", "tables", "-f", "github", "-o", "out.log", cwd=tmp_path,
               env={"LLMAUDIT_PEOPLE_KEY": "ours", "XDG_CACHE_HOME": str(tmp_path / "cache")})  # fmt: skip
    sheet = run("decide", "out.json", cwd=tmp_path)
    assert (said.code, sheet.code) == (0, 0)
    written = [tmp_path / "out.json", tmp_path / "out.log", *(tmp_path / "tables").iterdir()]
    written += [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    told = [
        said.out,
        said.err,
        sheet.out,
        sheet.err,
        *(p.read_text("utf-8", "replace") for p in written),
    ]
    middle = key[20:36]
    assert [text for text in told if middle.casefold() in text.casefold()] == []
    # It was there to be found: its redacted form is told.
    assert f"...{key[-4:]}" in told[4]


def test_a_name_cannot_give_a_runner_orders(tmp_path: Path) -> None:
    write(tmp_path / "acme", {"::error file=x::owned.py": UNTAGGED, "##vso[task.x]a.py": UNTAGGED})
    text = run("check", "--as-of", AS_OF, cwd=tmp_path / "acme")
    notes = run("check", "--as-of", AS_OF, "-f", "github", cwd=tmp_path / "acme")
    assert re.findall(r"^\S.*\.py.*$", text.out, re.MULTILINE) == snapshot(
        [
            "##vso\\x5btask.x]a.py:7         error    untagged  the openai chat.completions call of gpt-4o carries no tag",
            "\\x3a:error file=x::owned.py:7  error    untagged  the openai chat.completions call of gpt-4o carries no tag",
        ]
    )
    assert notes.out == snapshot("""\
::error file=##vso\\x5btask.x]a.py,line=7,endLine=9,title=llmaudit untagged::the openai chat.completions call of gpt-4o carries no tag%0Ahelp: pass the tags in metadata on the call, or give its path the tags under policy.attribution
::error file=\\x3a%3Aerror file=x%3A%3Aowned.py,line=7,endLine=9,title=llmaudit untagged::the openai chat.completions call of gpt-4o carries no tag%0Ahelp: pass the tags in metadata on the call, or give its path the tags under policy.attribution
""")
