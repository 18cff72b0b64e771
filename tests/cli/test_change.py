"""``check --diff`` and ``check --staged`` in real repositories, through the installed command."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from .running import AS_OF, POLICY, TAGGED, UNTAGGED, Ran, run

ENV = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": "2026-11-01T12:00:00Z",
    "GIT_COMMITTER_DATE": "2026-11-01T12:00:00Z",
}


def git(folder: Path, *arguments: str, code: int = 0) -> str:
    identity = ("-c", "user.name=Ann Lee", "-c", "user.email=ann@acme.example")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env={**os.environ, **ENV},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout.strip()


def commit(folder: Path, message: str = "more") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository whose branch ``main`` holds one untagged call; HEAD is on ``feature``."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", "https://github.com/acme/shop.git")
    (folder / "llmaudit.yaml").write_text(POLICY)
    (folder / "app.py").write_text(UNTAGGED)
    commit(folder, "first")
    git(folder, "switch", "-q", "-c", "feature")
    return folder


def check(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Ran:
    return run("check", *arguments, "--as-of", AS_OF, cwd=folder, env=env)


def test_old_calls_do_not_break_a_change(shop: Path) -> None:
    assert check(shop).code == 1
    (shop / "README.md").write_text("A shop.\n")
    ran = check(shop, "--diff", "main")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == snapshot(
        "policy holds: no open error, 1 stood before the change (since 1a72b5b172cb, where HEAD left main)"  # noqa: E501
    )


def test_a_new_call_breaks_it_and_is_the_only_one_listed(shop: Path) -> None:
    (shop / "more.py").write_text(UNTAGGED.replace("answer", "other"))
    ran = check(shop, "--diff", "main")
    assert (ran.code, ran.out.partition("\n\n")[2], ran.err) == snapshot(
        (
            1,
            """\
CALLS      0 of 2 (0.0 %) with complete tags | untagged 2

FINDINGS   1 open: 1 error; 1 stood before the change
more.py:7  error    untagged  the openai chat.completions call of gpt-4o carries no tag: it lacks team, cost_center
why, and how to mend it: llmaudit explain RULE

NOT SEEN           3 of 4 scopes (75.0 %); the figures are a floor
  not configured   cloud: no cloud account was read; cloud connectors are not part of this version
                   keys: no key register or gateway was read; add a connector of type registry
                   saas: no SaaS, identity, network or expense export was read: shadow use outside
                   code and keys is not ruled out; add a connector of type exports

POLICY BROKEN   untagged 1 (new since 1a72b5b172cb, where HEAD left main)
""",  # noqa: E501
            "",
        )
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("app.py", "svc/chat.py", id="moved"),
        pytest.param("app.py", "app.py", id="edited around"),
    ],
)
def test_a_moved_or_shifted_call_is_not_new(shop: Path, before: str, after: str) -> None:
    text = (shop / before).read_text()
    (shop / before).unlink()
    (shop / after).parent.mkdir(exist_ok=True)
    (shop / after).write_text("import os\n\nROOT = os.getcwd()\n\n" + text)
    commit(shop)
    assert check(shop, "--diff", "main").code == 0


def test_a_renamed_function_is_not_new(shop: Path) -> None:
    (shop / "app.py").write_text(UNTAGGED.replace("def answer", "def reply"))
    assert check(shop, "--diff", "main").code == 0


def test_a_reformatted_call_is_not_new(shop: Path) -> None:
    (shop / "app.py").write_text(
        UNTAGGED.replace('[{"role": "user", "content": question}]\n', '[\n  {"role": "user",\n'
                         '   "content": question}\n  ],\n')
    )  # fmt: skip
    assert check(shop, "--diff", "main").code == 0


def test_a_second_identical_call_is_new(shop: Path) -> None:
    body = UNTAGGED.partition("    return ")[2]
    (shop / "app.py").write_text(
        UNTAGGED.replace("    return ", "    first = ") + "    return " + body
    )
    ran = check(shop, "--diff", "main")
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == snapshot(
        "POLICY BROKEN   untagged 1 (new since 1a72b5b172cb, where HEAD left main)"
    )


def test_a_call_that_lost_a_tag_is_worse(shop: Path) -> None:
    git(shop, "switch", "-q", "main")
    (shop / "app.py").write_text(TAGGED)
    commit(shop, "tags")
    git(shop, "switch", "-q", "-C", "feature")
    (shop / "app.py").write_text(TAGGED.replace('"team": "search", ', ""))
    assert check(shop, "--diff", "main").code == 0
    (shop / "llmaudit.yaml").write_text(
        POLICY.replace("untagged:", "partly-tagged: error, untagged:")
    )
    assert check(shop, "--diff", "main").code == 1
    # The same rule is broken before and after, but by one tag more.
    three = POLICY.replace("untagged:", "partly-tagged: error, untagged:").replace(
        "cost_center:}", "cost_center:, environment:}"
    )
    (shop / "llmaudit.yaml").write_text(three)
    assert check(shop, "--diff", "main").code == 1
    (shop / "app.py").write_text(TAGGED)
    assert check(shop, "--diff", "main").code == 0


def test_only_what_was_made_since_the_merge_base_counts(shop: Path) -> None:
    (shop / "own.txt").write_text("x")
    commit(shop)
    git(shop, "switch", "-q", "main")
    (shop / "app.py").unlink()
    commit(shop, "main goes on without the call")
    git(shop, "switch", "-q", "feature")
    assert check(shop, "--diff", "main").code == 0


def test_staged_reads_the_index_not_the_working_tree(shop: Path) -> None:
    (shop / "more.py").write_text(UNTAGGED.replace("answer", "other"))
    assert check(shop, "--staged").code == 0
    git(shop, "add", "more.py")
    (shop / "more.py").unlink()
    ran = check(shop, "--staged")
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == snapshot(
        "POLICY BROKEN   untagged 1 (new since HEAD (1a72b5b172cb))"
    )
    assert "more.py:7" in ran.out


def test_staged_in_a_hook_reads_the_index_of_that_commit(shop: Path) -> None:
    (shop / "more.py").write_text(UNTAGGED.replace("answer", "other"))
    other = {"GIT_INDEX_FILE": str(shop / ".git" / "next-index.lock")}
    done = subprocess.run(
        ["git", "read-tree", "HEAD"], cwd=shop, env={**os.environ, **ENV, **other}, check=True
    )
    assert done.returncode == 0
    subprocess.run(
        ["git", "add", "more.py"], cwd=shop, env={**os.environ, **ENV, **other}, check=True
    )
    assert check(shop, "--staged").code == 0
    assert check(shop, "--staged", env=other).code == 1


def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "llmaudit.yaml").write_text(POLICY)
    (tmp_path / "app.py").write_text(UNTAGGED)
    assert check(tmp_path, "--staged").code == 0
    git(tmp_path, "add", "-A")
    assert check(tmp_path, "--staged").code == 1
    ran = check(tmp_path, "--diff", "main")
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            2,
            "",
            """\
error: --diff main: this branch has no commit yet, so that it has no merge-base
help: --staged judges what is about to be committed
""",
        )
    )


def test_what_cannot_be_compared_says_what_to_do(shop: Path, tmp_path: Path) -> None:
    (shop / "own.txt").write_text("x")
    commit(shop)
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{shop}", "shallow")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{shop}", "single")
    git(shop, "switch", "-q", "--orphan", "alone")
    (shop / "x.txt").write_text("x")
    commit(shop)
    answers = {
        "no such branch": check(shop, "--diff", "nothing"),
        "an option": check(shop, "--diff", "--output=x"),
        "no common commit": check(shop, "--diff", "main"),
        "shallow": check(tmp_path / "shallow", "--diff", "origin/main"),
        "single": check(tmp_path / "single", "--diff", "origin/next"),
        "near": check(tmp_path / "shallow", "--diff", "main"),
        "no git": check(tmp_path, "--diff", "main", "--no-config"),
        "both": check(shop, "--diff", "main", "--staged"),
        "baseline": check(shop, "--diff", "main", "--baseline", "x.json"),
    }
    assert {ran.code for ran in answers.values()} == {2}
    assert {ran.out for ran in answers.values()} == {""}
    assert {what: ran.err for what, ran in answers.items()} == snapshot(
        {
            "no such branch": """\
error: --diff nothing: git has no commit of that name
help: fetch it (in a CI checkout: fetch-depth: 0), or check the name
""",
            "an option": """\
error: --diff --output=x: git has no commit of that name
help: fetch it (in a CI checkout: fetch-depth: 0), or check the name
""",
            "no common commit": """\
error: --diff main: it shares no commit with HEAD
help: name a branch that HEAD came from
""",
            "shallow": """\
error: --diff origin/main: this clone is shallow and does not reach the commit at which HEAD left it
help: fetch the whole history: fetch-depth: 0 in a CI checkout, git fetch --unshallow here
""",
            "single": """\
error: --diff origin/next: git has no commit of that name, and this clone is shallow
help: fetch the whole history: fetch-depth: 0 in a CI checkout, git fetch --unshallow here, or check the name
""",  # noqa: E501
            "near": """\
error: --diff main: git has no commit of that name, and this clone is shallow
help: did you mean origin/main?
""",
            "no git": """\
error: test_what_cannot_be_compared_s0 is in no git repository, so that no change of it is known
help: leave out --diff and --staged
""",
            "both": """\
error: --diff and --staged were both given
help: give one of them
""",
            "baseline": """\
error: --diff and --baseline were both given
help: leave the baseline out: what stood before the change is set aside anyway
""",
        }
    )


def test_a_detached_head_a_worktree_and_a_submodule(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    (other / "lib.py").write_text(UNTAGGED)
    commit(other)
    git(
        shop, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        f"file://{other}", "lib",
    )  # fmt: skip
    commit(shop)
    assert check(shop, "--diff", "main").code == 0
    git(shop, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "HEAD")
    tree = tmp_path / "tree"
    assert check(tree, "--diff", "main").code == 0
    (tree / "more.py").write_text(UNTAGGED.replace("answer", "other"))
    assert check(tree, "--diff", "main").code == 1
    assert check(tree, "--staged").code == 0
    git(tree, "add", "-A")
    assert check(tree, "--staged").code == 1


def test_a_narrower_path_still_knows_where_a_call_came_from(shop: Path) -> None:
    (shop / "svc").mkdir()
    git(shop, "mv", "app.py", "svc/app.py")
    assert check(shop, "svc", "--diff", "main").code == 0
    assert check(shop, "svc", "--staged").code == 0


def test_nothing_of_the_repository_runs(shop: Path) -> None:
    ran_it = shop.parent / "ran"
    trap = shop.parent / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {ran_it}\ncat\n")
    trap.chmod(0o755)
    (shop / ".gitattributes").write_text("*.py filter=trap diff=trap\n")
    commit(shop)
    for key in (
        "core.fsmonitor", "core.pager", "filter.trap.smudge", "filter.trap.clean",
        "filter.trap.process", "diff.trap.textconv", "diff.trap.command", "diff.external",
        "core.sshCommand",
    ):  # fmt: skip
        git(shop, "config", key, str(trap))
    git(shop, "config", "alias.merge-base", f"!{trap}")
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (shop / ".git/hooks").mkdir(exist_ok=True)
        (shop / ".git/hooks" / hook).write_text(trap.read_text())
        (shop / ".git/hooks" / hook).chmod(0o755)
    (shop / "more.py").write_text(UNTAGGED.replace("answer", "other"))
    assert check(shop, "--diff", "main").code == 1
    assert check(shop, "--staged").code == 0
    assert not ran_it.exists()


def test_an_allowance_is_for_the_whole_tree(shop: Path) -> None:
    (shop / "more.py").write_text(UNTAGGED.replace("answer", "other"))
    policy = POLICY.replace("untagged: error", "untagged: {level: error, allow: N}")
    (shop / "llmaudit.yaml").write_text(policy.replace("N", "2"))
    assert check(shop, "--diff", "main").code == 0
    (shop / "llmaudit.yaml").write_text(policy.replace("N", "1"))
    ran = check(shop, "--diff", "main")
    assert (ran.code, ran.out.splitlines()[-1]) == snapshot(
        (1, "POLICY BROKEN   untagged 2 > 1 (new since 1a72b5b172cb, where HEAD left main)")
    )


def test_the_ratchet_lets_go_of_what_is_mended_and_takes_in_nothing(shop: Path) -> None:
    (shop / "two.py").write_text(UNTAGGED)
    assert check(shop, "--baseline", "b.json", "--update-baseline").code == 2
    made = check(shop, "--baseline", "b.json", "--update-baseline", "--baseline-may-grow")
    assert (made.code, made.err) == snapshot(
        (1, "note: b.json: findings kept 0, let go 0, taken in 2\n")
    )
    (shop / "two.py").write_text(TAGGED)
    (shop / "three.py").write_text(UNTAGGED.replace("answer", "third"))
    ran = check(shop, "--baseline", "b.json", "--update-baseline")
    assert (ran.code, ran.out.splitlines()[-1], ran.err) == snapshot(
        (1, "POLICY BROKEN   untagged 1", "note: b.json: findings kept 1, let go 1\n")
    )
    # What left it is new when it comes back.
    (shop / "two.py").write_text(UNTAGGED)
    (shop / "three.py").unlink()
    assert check(shop, "--baseline", "b.json").code == 1
    grown = check(shop, "--baseline", "b.json", "--update-baseline", "--baseline-may-grow", "-q")
    assert (grown.code, grown.err) == (1, "")
    assert check(shop, "--baseline", "b.json").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--update-baseline",),
        ("--baseline-may-grow",),
        (".", "--update-baseline", "--baseline", "b.json"),
        ("--select", "untagged", "--update-baseline", "--baseline", "b.json"),
    ],
    ids=" ".join,
)
def test_a_baseline_is_updated_by_a_whole_run_only(shop: Path, arguments: tuple[str, ...]) -> None:
    ran = check(shop, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 2


def test_simulate_says_who_would_turn_red(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "docs"
    other.mkdir()
    (other / "app.py").write_text(TAGGED)
    loose = POLICY.replace("untagged: error", "untagged: warning")
    for folder, repo in ((shop, "github.com/acme/shop"), (other, "github.com/acme/docs")):
        (folder / "llmaudit.yaml").write_text(loose)
        assert run("scan", "--repo", repo, "-o", "r.json", "-q", cwd=folder).code == 0
    strict = tmp_path / "strict.yaml"
    strict.write_text(POLICY)
    ran = check(shop, "--simulate", "r.json", "--config", str(strict))
    assert (ran.code, ran.out, ran.err) == snapshot(
        (
            1,
            """\
REPOSITORIES   1 turns red
turns red    github.com/acme/shop  POLICY BROKEN   untagged 1

UNITS   1 turns red
turns red    (none)  POLICY BROKEN   untagged 1
""",
            "",
        )
    )
    clean = check(other, "--simulate", "r.json", "--config", str(strict))
    assert (clean.code, clean.out, clean.err) == snapshot(
        (
            0,
            """\
REPOSITORIES   1 stays green
stays green  github.com/acme/docs  policy holds: no open error, 1 note

UNITS   1 stays green
stays green  (none)  policy holds: no open error, 1 note
""",
            "",
        )
    )
    wider = tmp_path / "wider.yaml"
    wider.write_text(
        POLICY.replace("cost_center:}", "cost_center:, environment:}").replace(
            "untagged: error", "partly-tagged: error"
        )
    )
    shown = check(other, "--simulate", "r.json", "--config", str(wider), "-f", "json")
    assert (shown.code, json.loads(shown.out)["rows"][0]["turn"]) == (1, "turns red")
    zero = check(other, "--simulate", "r.json", "--config", str(wider), "--exit-zero")
    assert zero.code == 0
    assert check(other, ".", "--simulate", "r.json").code == 2
    assert check(other, "--simulate", "r.json", "-f", "csv").code == 2
    assert check(other, "--simulate", "none.json").code == 2
