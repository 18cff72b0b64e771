# ruff: noqa: E501 - a line of a snapshot is a line of output
from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from llmaudit import catalogue
from llmaudit.connectors import Run, registry
from llmaudit.ledger import Ledger
from llmaudit.model import Coverage, Evidence
from llmaudit.redact import People

# A key of the right shape that was never issued.
SECRET = "sk-proj-" + "Madeup0Key" * 2 + "T3BlbkFJ" + "Never0Issu" * 2


def run_in(root: Path, *, confine: Path | None = None) -> Run:
    return Run(
        root=root,
        confine=confine,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="Acme",
        catalogue=catalogue.load(),
        people=People(b"key"),
    )


def read(tmp_path: Path, text: str | bytes, name: str = "keys.csv"):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    ledger = Ledger("registry", "keys")
    settings = registry.Settings(path=name)
    rows = list(registry.collect(settings, run_in(tmp_path), ledger))
    (line,) = ledger.lines
    assert all(isinstance(row, Evidence) and row.register for row in rows)
    return rows, line


def told(row: Evidence) -> dict[str, object]:
    """The parts of a register row that a reader can check, without what is empty."""
    parts = {
        "kind": row.kind,
        "name": row.name,
        "where": str(row.where),
        "same_as": row.same_as,
        "registers": tuple(r.to for r in row.relates if r.type == "registers"),
        "redacted": row.redacted and (row.redacted.provider, row.redacted.form),
        "provider": row.provider,
        "environment": row.environment,
        "project": row.project,
        "account": row.account,
        "owner": row.owner and (row.owner, row.owner_source),
        "tags": [(t.key, t.value, t.source, t.reaches_bill, t.by_tree) for t in row.tags],
        "sanction": row.sanction
        and (
            row.sanction.decision,
            row.sanction.approved_by,
            str(row.sanction.until),
            row.sanction.reason,
        ),
        "attributes": dict(row.attributes),
    }
    return {name: part for name, part in parts.items() if part}


def test_every_shape_of_a_key(tmp_path):
    rows, line = read(
        tmp_path,
        "Provider,Key,Name,Owner E-mail,Team,CostCenter,Env,Sanctioned,Approved by,Until,Review-Date,Reason,Project,tag:Product\n"
        "OpenAI,key_abc123,search prod,ana@acme.example.com,search,CC-1001,prod,yes,AI board,2027-06-30,2026-12-01,pilot,proj_1,atlas\n"
        "openai,key_dev_*,,@acme/search,search,CC-1001,dev,,,,,,,\n"
        "openai,sk-proj-...9Qa1,,,,,,no,,,,,,\n"
        "anthropic,sk-ant-api03-****AbCd,,,,,,,,,,,,\n",
    )
    assert [told(row) for row in rows] == snapshot(
        [
            {
                "kind": "api_key",
                "name": "search prod",
                "where": "file:keys.csv#row=2",
                "same_as": ("key-id:openai:key_abc123",),
                "provider": "openai",
                "environment": "prod",
                "project": "proj_1",
                "owner": ("ana@acme.example.com", "register"),
                "tags": [
                    ("team", "search", "register", False, False),
                    ("cost_center", "CC-1001", "register", False, False),
                    ("environment", "prod", "register", False, False),
                    ("Product", "atlas", "register", False, False),
                ],
                "sanction": ("sanctioned", "AI board", "2027-06-30", "pilot"),
                "attributes": {"review_date": "2026-12-01"},
            },
            {
                "kind": "api_key",
                "name": "openai key_dev_*",
                "where": "file:keys.csv#row=3",
                "same_as": ("register:openai:key_dev_*",),
                "registers": ("key-glob:openai:key_dev_*",),
                "provider": "openai",
                "environment": "dev",
                "owner": ("@acme/search", "register"),
                "tags": [
                    ("team", "search", "register", False, False),
                    ("cost_center", "CC-1001", "register", False, False),
                    ("environment", "dev", "register", False, False),
                ],
            },
            {
                "kind": "api_key",
                "name": "openai sk-proj-...9Qa1",
                "where": "file:keys.csv#row=4",
                "same_as": ("register:openai:sk-proj-...9Qa1",),
                "redacted": ("openai", "sk-proj-...9Qa1"),
                "provider": "openai",
                "sanction": ("shadow", "", "None", ""),
            },
            {
                "kind": "api_key",
                "name": "anthropic sk-ant-api03-...AbCd",
                "where": "file:keys.csv#row=5",
                "same_as": ("register:anthropic:sk-ant-api03-...AbCd",),
                "redacted": ("anthropic", "sk-ant-api03-...AbCd"),
                "provider": "anthropic",
            },
        ]
    )
    assert line == snapshot(
        Coverage(connector="registry", scope="keys.csv", status="ok", side="keys", seen=4, of=4)
    )


def test_named_columns_settle_the_shape(tmp_path):
    rows, _ = read(
        tmp_path,
        "provider;key_id;key_glob;redacted\nopenai;key_1;;\nopenai;;key_?;\nopenai;;;sk-\u2026wxyz\n",
    )
    assert [(row.same_as, [r.to for r in row.relates]) for row in rows] == [
        (("key-id:openai:key_1",), []),
        (("register:openai:key_?",), ["key-glob:openai:key_?"]),
        (("register:openai:sk-...wxyz",), []),
    ]


def test_a_whole_secret_is_refused_and_never_shown(tmp_path):
    rows, line = read(
        tmp_path,
        f"provider,key,name,reason\nopenai,{SECRET},search,\nopenai,key_2,x,was {SECRET} before\n",
    )
    assert [told(row) for row in rows] == snapshot(
        [
            {
                "kind": "api_key",
                "name": "search",
                "where": "file:keys.csv#row=2",
                "same_as": (
                    "key-sha256:814f794d27ea608a961bac893327a075a4c15b7e4754cc7a807d36a7709be010",
                ),
                "redacted": ("openai", "sk-proj-...Issu"),
                "provider": "openai",
            },
            {
                "kind": "api_key",
                "name": "x",
                "where": "file:keys.csv#row=3",
                "same_as": ("key-id:openai:key_2",),
                "provider": "openai",
            },
        ]
    )
    assert rows[0].same_as == (f"key-sha256:{hashlib.sha256(SECRET.encode()).hexdigest()}",)
    assert line == snapshot(
        Coverage(
            connector="registry",
            scope="keys.csv",
            status="partial",
            side="keys",
            seen=2,
            of=2,
            why="rows 2, 3: a whole secret key stands in it; only its redacted form was taken",
            fix="remove the keys from the file and rotate them: they stood in plain text",
            counts={"rows with a whole secret key": 2},
        )
    )
    assert SECRET not in repr(rows) + repr(line)
    assert "Madeup0Key" not in repr(rows) + repr(line)


def test_rows_that_register_a_scope_instead_of_a_key(tmp_path):
    rows, line = read(
        tmp_path,
        "provider,project,account,app,repository,sanctioned,owner\n"
        "openai,proj_1,,,,yes,ana@acme.example.com\n"
        "aws-bedrock,,123456789012,,,yes,\n"
        ",,,ChatGPT,,no,\n"
        "openai,,,,github.com/acme/search,yes,\n"
        "openai,,,,,yes,\n",
    )
    assert [told(row) for row in rows] == snapshot(
        [
            {
                "kind": "project",
                "name": "openai project proj_1",
                "where": "file:keys.csv#row=2",
                "same_as": ("register:openai:project:proj_1",),
                "registers": ("project:openai:proj_1",),
                "provider": "openai",
                "project": "proj_1",
                "owner": ("ana@acme.example.com", "register"),
                "sanction": ("sanctioned", "", "None", ""),
            },
            {
                "kind": "project",
                "name": "aws-bedrock account 123456789012",
                "where": "file:keys.csv#row=3",
                "same_as": ("register:aws-bedrock:account:123456789012",),
                "registers": ("account:aws-bedrock:123456789012",),
                "provider": "aws-bedrock",
                "account": "123456789012",
                "sanction": ("sanctioned", "", "None", ""),
            },
            {
                "kind": "app",
                "name": "chatgpt app chatgpt",
                "where": "file:keys.csv#row=4",
                "same_as": ("register:chatgpt:app:chatgpt",),
                "registers": ("app:chatgpt:chatgpt",),
                "provider": "chatgpt",
                "sanction": ("shadow", "", "None", ""),
            },
            {
                "kind": "project",
                "name": "openai repository github.com/acme/search",
                "where": "file:keys.csv#row=5",
                "same_as": ("register:openai:repository:github.com/acme/search",),
                "registers": ("repository:openai:github.com/acme/search",),
                "provider": "openai",
                "sanction": ("sanctioned", "", "None", ""),
            },
        ]
    )
    assert line == snapshot(
        Coverage(
            connector="registry",
            scope="keys.csv",
            status="partial",
            side="keys",
            seen=4,
            of=5,
            why="row 6: no provider, or no key, project, account, app or repository",
            fix="correct the rows named",
        )
    )


def test_a_filled_decision_sheet(tmp_path):
    rows, line = read(
        tmp_path,
        "provider,scope_kind,scope,current,assets,calls,keys,seats,models,cost,example,decision,approved_by,until,reason\n"
        "openai,project,proj_1,unknown,3,2,1,0,gpt-4o,12.30 USD,svc/app.py:3,sanctioned,AI board,2027-06-30,pilot\n"
        "openai,key,key_1,unknown,1,0,1,0,,,,Shadow,AI board,,nobody owns it\n"
        "github-copilot,app,GitHub Copilot,unknown,4,0,0,4,,,,sanctioned,,,\n"
        "openai,repository,'=github.com/acme/search,unknown,1,1,0,0,,,,sanctioned,,,\n"
        "openai,account,org-1,unknown,1,1,0,0,,,,,,,\n"
        "openai,planet,mars,unknown,1,1,0,0,,,,sanctioned,,,\n"
        "openai,project,proj_2,unknown,1,1,0,0,,,,maybe,,,\n",
    )
    assert [told(row) for row in rows] == snapshot(
        [
            {
                "kind": "project",
                "name": "decision: openai project proj_1",
                "where": "file:keys.csv#row=2",
                "same_as": ("register:decision:openai:project:proj_1",),
                "registers": ("project:openai:proj_1",),
                "provider": "openai",
                "sanction": ("sanctioned", "AI board", "2027-06-30", "pilot"),
            },
            {
                "kind": "api_key",
                "name": "decision: openai key key_1",
                "where": "file:keys.csv#row=3",
                "same_as": ("register:decision:openai:key:key_1",),
                "registers": ("key:openai:key_1",),
                "provider": "openai",
                "sanction": ("shadow", "AI board", "None", "nobody owns it"),
            },
            {
                "kind": "app",
                "name": "decision: github-copilot app github-copilot",
                "where": "file:keys.csv#row=4",
                "same_as": ("register:decision:github-copilot:app:github-copilot",),
                "registers": ("app:github-copilot:github-copilot",),
                "provider": "github-copilot",
                "sanction": ("sanctioned", "", "None", ""),
            },
            {
                "kind": "project",
                "name": "decision: openai repository =github.com/acme/search",
                "where": "file:keys.csv#row=5",
                "same_as": ("register:decision:openai:repository:=github.com/acme/search",),
                "registers": ("repository:openai:=github.com/acme/search",),
                "provider": "openai",
                "sanction": ("sanctioned", "", "None", ""),
            },
        ]
    )
    assert line == snapshot(
        Coverage(
            connector="registry",
            scope="keys.csv",
            status="partial",
            side="keys",
            seen=4,
            of=7,
            skipped=1,
            why="row 7: scope_kind is none of key, project, account, repository, app, deployment, seat, or no scope; row 8: decision is neither yes nor no (sanctioned or shadow)",
            fix="correct the rows named",
            counts={"rows without a decision": 1},
        )
    )


def test_yaml_says_the_same_as_csv(tmp_path):
    table, _ = read(
        tmp_path,
        "provider,key,owner,cost_center,sanctioned,until,tag:product\nopenai,key_1,ana,0012,yes,2027-01-31,atlas\n",
    )
    listed, line = read(
        tmp_path,
        "keys:\n- provider: openai\n  key: key_1\n  owner: ana\n  cost_center: 0012\n"
        "  sanctioned: yes\n  until: 2027-01-31\n  reason: null\n  tags: {product: atlas}\n",
        "keys.yaml",
    )
    assert str(listed[0].where) == "file:keys.yaml#line=2"
    assert [told(row) | {"where": ""} for row in listed] == [
        told(row) | {"where": ""} for row in table
    ]
    assert (line.status, line.seen) == ("ok", 1)


def test_a_decision_is_never_looser_than_it_was_written(tmp_path):
    rows, line = read(
        tmp_path,
        "provider,key,sanctioned,until,review_date\nopenai,key_1,yes,someday,2026-01-01\n"
        "openai,key_2,yes,05/01/2027,\nopenai,key_3,perhaps,,\nopenai,key_4,yes,2020-01-01,\n"
        "openai,key_5, prod,yes,2020-01-01,2026-01-01\n",
    )
    assert [(row.name, row.sanction and str(row.sanction.until)) for row in rows] == [
        ("openai key_1", None),
        ("openai key_2", None),
        ("openai key_3", None),
        ("openai key_4", "2020-01-01"),
    ]
    assert (line.status, line.why) == snapshot(
        (
            "partial",
            "rows 2, 3: until cannot be read as a date such as 2026-10-31; row 4: sanctioned is neither yes nor no (sanctioned or shadow); row 6: has more cells than the table",
        )
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path, encoding, delimiter):
    text = "provider,key,owner\r\nopenai,key_1,J\u00f6rg\r\n".replace(",", delimiter)
    rows, line = read(tmp_path, text.encode(encoding))
    assert [(row.same_as, row.owner) for row in rows] == [(("key-id:openai:key_1",), "J\u00f6rg")]
    assert line.status == ("partial" if encoding == "cp1252" else "ok")


def test_unknown_columns_are_named_with_the_nearest(tmp_path):
    _, line = read(tmp_path, "provider,key,onwer,comment of mine\nopenai,key_1,ana,x\n")
    assert (line.status, line.seen, line.why, line.fix) == snapshot(
        (
            "partial",
            1,
            "unknown column 'onwer', nearest is owner; unknown column 'comment of mine'",
            "rename the columns; a column of your own begins with tag:",
        )
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys.csv", ""),
        ("keys.csv", "hello,world\n1,2\n"),
        ("keys.csv", b"\x89PNG\x00\x01"),
        ("keys.yaml", "a: [1"),
        ("keys.yaml", "just text"),
        ("keys.yaml", "- &a {key: x}\n- *a\n"),
        ("keys.yaml", "[" * 50 + "]" * 50),
        ("keys.yaml", "- provider: openai\n  key: [a, b]\n"),
    ],
)
def test_files_that_are_no_register(tmp_path, name, text):
    rows, line = read(tmp_path, text, name)
    assert (rows, line.status) == ([], "failed")
    assert (line.why, line.fix) == EXPECTED[name, str(text)[:12]]


EXPECTED = {
    ("keys.csv", ""): snapshot(("keys.csv is empty", "its first row names the columns")),
    ("keys.csv", "hello,world\n"): snapshot(
        (
            "keys.csv has no header row that names account or app or key or key_glob or key_id or project or redacted or repository or scope",
            "let its first row name the columns",
        )
    ),
    ("keys.csv", "b'\\x89PNG\\x0"): snapshot(
        (
            "keys.csv is not a text file in UTF-8, UTF-16 or Windows-1252",
            "save it as CSV in UTF-8, or export it again",
        )
    ),
    ("keys.yaml", "a: [1"): snapshot(
        (
            "keys.yaml is not YAML: did not find expected ',' or ']' in line 2, column 1",
            "correct the line",
        )
    ),
    ("keys.yaml", "just text"): snapshot(
        ("keys.yaml is not a list of entries", "write a list, or a list under `keys:`")
    ),
    ("keys.yaml", "- &a {key: x"): snapshot(
        ("keys.yaml uses a YAML alias in line 2", "write the entry out")
    ),
    ("keys.yaml", "[[[[[[[[[[[["): snapshot(
        ("keys.yaml nests deeper than 10 levels", "write a flat list of entries")
    ),
    ("keys.yaml", "- provider: "): snapshot(
        (
            "keys.yaml has a list or mapping in line 2 where one value is expected",
            "write one value per name; only `tags:` takes a mapping",
        )
    ),
}


def test_missing_and_forbidden_files(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "outside.csv").write_text("provider,key\nopenai,key_1\n")
    (tree / "inside.csv").write_text("provider,key,team\nopenai,key_2,search\n")
    (tree / "link.csv").symlink_to("../outside.csv")
    ledger = Ledger("registry", "keys")
    settings = registry.Settings(paths=("missing.csv", "link.csv", "inside.csv", "inside.csv"))
    rows = list(registry.collect(settings, run_in(tree, confine=tree), ledger))
    assert [(line.scope, line.status, line.why) for line in ledger.lines] == snapshot(
        [
            ("missing.csv", "failed", "missing.csv cannot be read: No such file or directory"),
            (
                "link.csv",
                "failed",
                "link.csv lies outside the audited tree, which a discovered configuration may not read",
            ),
            ("inside.csv", "ok", ""),
        ]
    )
    assert [told(row) for row in rows if isinstance(row, Evidence)] == snapshot(
        [
            {
                "kind": "api_key",
                "name": "openai key_2",
                "where": "file:inside.csv#row=2",
                "same_as": ("key-id:openai:key_2",),
                "provider": "openai",
                "tags": [("team", "search", "register", False, True)],
            }
        ]
    )


def test_a_setting_names_a_file():
    with pytest.raises(ValueError, match="name a register with path: or paths:"):
        registry.Settings()
