from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.connectors.code import git as asking
from llmaudit.connectors.code.repository import Listing, describe, is_ignored, listing, remote_name

from .repositories import git


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "Search"
    (folder / "svc").mkdir(parents=True)
    (folder / "svc/app.py").write_text("print(1)\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("git@github.com:Acme/Search.git", "github.com/acme/search"),
        ("github.com:acme/search", "github.com/acme/search"),
        ("ssh://git@git.example.com:2222/Acme/Search.git", "git.example.com/acme/search"),
        ("ssh://git@[2001:db8::1]:22/acme/search", "2001:db8::1/acme/search"),
        ("git@[2001:db8::1]:acme/search.git", "2001:db8::1/acme/search"),
        ("https://ada:s3cr%40t@GitHub.com/Acme/Search.git/", "github.com/acme/search"),
        ("https://ada:a@b@github.com/acme/search", "github.com/acme/search"),
        ("https://git.example.com:8443/a/b/c.git?x=1", "git.example.com/a/b/c"),
        ("git://example.com/acme/search.git", "example.com/acme/search"),
        ("file:///srv/git/Search.git", "local/search"),
        ("/srv/git/search.git/", "local/search"),
        ("/srv/git/search/.git", "local/search"),
        ("../search.git", "local/search"),
        ("C:\\git\\search.git", "local/search"),
        ("", None),
        ("https://", None),
        ("/", None),
    ],
)
def test_a_remote_is_named_the_same_however_it_is_written(url: str, name: str | None) -> None:
    assert remote_name(url) == name


@given(
    user=st.text("abcXYZ019._-", min_size=1, max_size=8),
    secret=st.text("SECRETsecret0189!$*", min_size=12, max_size=20),
    port=st.integers(1, 65535),
)
def test_no_part_of_a_credential_is_in_the_name(user: str, secret: str, port: int) -> None:
    assert remote_name(f"https://{user}:{secret}@example.com:{port}/acme/x") == "example.com/acme/x"


@given(st.text())
def test_any_text_is_a_remote_or_none(url: str) -> None:
    name = remote_name(url)
    assert name is None or (name == name.lower() and not name.endswith("/"))


def test_a_repository_is_described_from_below(repo: Path) -> None:
    git(repo, "remote", "add", "origin", "https://ada:hunter2@github.com/Acme/Search.git")
    (repo / "CODEOWNERS").write_text("* @acme/root\n")
    (repo / "docs").mkdir()
    (repo / "docs/CODEOWNERS").write_text("* @acme/docs\n")
    tree = describe(repo / "svc/app.py")
    assert (tree.repo, tree.root, tree.git) == ("github.com/acme/search", repo.resolve(), True)
    assert tree.commit == git(repo, "rev-parse", "HEAD")
    assert (tree.codeowners_path, tree.codeowners) == ("CODEOWNERS", "* @acme/root\n")
    assert tree.notes == ()


def test_the_owners_of_the_github_folder_come_first(repo: Path) -> None:
    (repo / ".github").mkdir()
    (repo / ".github/CODEOWNERS").write_text("* @acme/first\n")
    (repo / "CODEOWNERS").write_text("* @acme/root\n")
    assert describe(repo).codeowners_path == ".github/CODEOWNERS"


def test_an_owners_file_that_is_a_link_is_not_followed(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("* @intruder\n")
    (repo / "CODEOWNERS").symlink_to(tmp_path / "elsewhere")
    tree = describe(repo)
    assert tree.codeowners is None
    assert "CODEOWNERS is not a regular file and was not read" in tree.notes


def test_without_a_remote_the_folder_names_it_and_the_ledger_hears(repo: Path) -> None:
    tree = describe(repo)
    assert tree.repo == "local/search"
    assert tree.notes == (
        "no remote origin with a host: the repository is called local/search; --repo "
        "host/owner/name gives it a name that other machines share",
    )


def test_a_given_name_overrules_the_remote(repo: Path) -> None:
    git(repo, "remote", "add", "origin", "https://github.com/acme/other.git")
    assert describe(repo, "GitHub.com/Acme/Search").repo == "github.com/acme/search"
    assert describe(repo, "git@github.com:Acme/Search.git").repo == "github.com/acme/search"


def test_a_folder_without_git(tmp_path: Path) -> None:
    tree = describe(tmp_path)
    assert (tree.git, tree.commit, tree.dirty, tree.root) == (False, None, None, tmp_path.resolve())


def test_a_repository_before_its_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    tree = describe(tmp_path)
    assert (tree.git, tree.commit, tree.dirty) == (True, None, None)
    assert listing(tree) == Listing((), (), (), 0)


def test_a_bare_repository_says_that_it_holds_no_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "x.git")
    assert describe(tmp_path / "x.git").bare


def test_a_broken_git_folder_is_said_and_does_not_hide_the_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree = describe(tmp_path)
    assert not tree.git
    assert "git cannot read this folder's .git: all files below the path were read" in tree.notes


def test_an_empty_git_folder_does_not_cut_a_part_off_its_repository(repo: Path) -> None:
    (repo / "svc/.git").mkdir()
    assert describe(repo / "svc").root == repo.resolve()


def test_without_git_the_ledger_hears(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo))
    tree = describe(repo)
    assert not tree.git
    assert tree.notes[0].startswith("git is not installed: all files below the path were read")


def test_a_linked_worktree_has_its_own_root(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", str(tmp_path / "side"), "-b", "side")
    tree = describe(tmp_path / "side")
    assert (tree.root, tree.git, tree.dirty) == ((tmp_path / "side").resolve(), True, False)
    assert listing(tree) == Listing(("svc/app.py",), (), (), 0)


def test_the_environment_of_a_git_hook_does_not_lead_astray(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "none"))
    tree = describe(repo)
    assert listing(tree) == Listing(("svc/app.py",), (), (), 0)


def test_the_tree_cannot_move_its_own_root(repo: Path, tmp_path: Path) -> None:
    # Seen from another root a tracked file would be untracked, and this one ignored too.
    (repo / ".git/info/exclude").write_text("*.py\n")
    git(repo, "config", "core.worktree", str(tmp_path))
    tree = describe(repo)
    assert (tree.root, tree.git, tree.dirty) == (repo.resolve(), True, False)
    assert listing(tree) == Listing(("svc/app.py",), (), (), 0)


def test_what_git_lists(repo: Path) -> None:
    (repo / ".gitignore").write_text("*.log\nbuild/\n")
    (repo / "kept.log").write_text("")
    git(repo, "add", "-f", "kept.log")
    (repo / "new file.py").write_text("")
    (repo / "line\nbreak.py").write_text("")
    (repo / "drop.log").write_text("")
    (repo / "build").mkdir()
    (repo / "build/a.py").write_text("")
    (repo / "build/b.py").write_text("")
    Path(os.fsdecode(os.fsencode(repo) + b"/caf\xe9.py")).write_text("")
    git(repo, "init", "-q", "inner")
    git(repo / "inner", "commit", "-q", "--allow-empty", "-m", "x")
    tree = describe(repo)
    assert listing(tree) == Listing(
        (".gitignore", "caf\udce9.py", "kept.log", "line\nbreak.py", "new file.py", "svc/app.py"),
        (),
        ("inner",),
        2,
    )
    assert listing(tree, "svc") == Listing(("svc/app.py",), (), (), 0)
    assert (is_ignored(tree, "build"), is_ignored(tree, "svc")) == (True, False)


def test_the_tree_cannot_hide_files_by_its_own_list_of_ignored_names(repo: Path) -> None:
    (repo / "new.py").write_text("")
    (repo / "hide").write_text("*\n")
    git(repo, "config", "core.excludesFile", str(repo / "hide"))
    listed = listing(describe(repo))
    assert listed is not None
    assert "new.py" in listed.files


class TestDirty:
    def test_clean_and_untracked(self, repo: Path) -> None:
        (repo / "new.py").write_text("")
        assert describe(repo).dirty is False

    def test_a_changed_file(self, repo: Path) -> None:
        (repo / "svc/app.py").write_text("print(2)\n")
        assert describe(repo).dirty is True

    def test_a_change_that_keeps_size_and_time_of_a_fresh_index(self, repo: Path) -> None:
        times = (repo / "svc/app.py").stat()
        (repo / "svc/app.py").write_text("print(2)\n")
        os.utime(repo / "svc/app.py", ns=(times.st_atime_ns, times.st_mtime_ns))
        os.utime(repo / ".git/index", ns=(times.st_mtime_ns, times.st_mtime_ns))
        assert describe(repo).dirty is True

    def test_a_touched_file_is_compared_by_content(self, repo: Path) -> None:
        os.utime(repo / "svc/app.py", (1, 1))
        assert describe(repo).dirty is False

    def test_a_staged_change(self, repo: Path) -> None:
        (repo / "b.py").write_text("")
        git(repo, "add", "b.py")
        assert describe(repo).dirty is True

    def test_a_deleted_file(self, repo: Path) -> None:
        (repo / "svc/app.py").unlink()
        assert describe(repo).dirty is True

    def test_a_sparse_checkout_is_clean(self, repo: Path) -> None:
        git(repo, "update-index", "--skip-worktree", "svc/app.py")
        (repo / "svc/app.py").unlink()
        assert describe(repo).dirty is False

    def test_windows_line_ends_are_not_a_change(self, repo: Path) -> None:
        (repo / "svc/app.py").write_bytes(b"print(1)\r\n")
        assert describe(repo).dirty is False

    def test_a_link_that_points_elsewhere(self, repo: Path) -> None:
        (repo / "link").symlink_to("svc")
        git(repo, "add", "link")
        git(repo, "commit", "-qm", "link")
        assert describe(repo).dirty is False
        (repo / "link").unlink()
        (repo / "link").symlink_to("docs")
        assert describe(repo).dirty is True

    def test_only_a_filter_could_tell(self, repo: Path) -> None:
        (repo / ".gitattributes").write_text("*.py filter=large\n")
        git(repo, "add", ".gitattributes")
        git(repo, "commit", "-qm", "attributes")
        (repo / "svc/app.py").write_text("print(2)\n")
        assert describe(repo).dirty is None

    def test_sha256_repositories(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q", "--object-format=sha256")
        (tmp_path / "a.py").write_text("1\n")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-qm", "x")
        os.utime(tmp_path / "a.py", (1, 1))
        assert describe(tmp_path).dirty is False


@pytest.fixture
def trapped(repo: Path, tmp_path: Path) -> Path:
    """A repository whose configuration runs a program at every occasion git offers."""
    trap, sprung = tmp_path / "trap.sh", tmp_path / "sprung"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> "{sprung}"\ncat\n')
    trap.chmod(0o755)
    (repo / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "attributes")
    for key in (
        "filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command",
        "diff.external", "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor",
        "core.askPass", "credential.helper", "uploadpack.packObjectsHook",
    ):  # fmt: skip
        git(repo, "config", key, str(trap))
    for alias in ("ls-files", "rev-parse", "diff-index"):
        git(repo, "config", f"alias.{alias}", f"!{trap}")
    hooks = repo / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in (
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "fsmonitor-watchman",
    ):
        (hooks / hook).write_bytes(trap.read_bytes())
        (hooks / hook).chmod(0o755)
    os.utime(repo / "svc/app.py", (1, 1))
    return repo


def test_nothing_that_the_tree_names_is_run(trapped: Path, tmp_path: Path) -> None:
    before = (trapped / ".git/index").read_bytes()
    tree = describe(trapped)
    listing(tree)
    is_ignored(tree, "svc")
    assert not (tmp_path / "sprung").exists()
    assert (trapped / ".git/index").read_bytes() == before


def test_the_trap_would_have_sprung_on_status(trapped: Path, tmp_path: Path) -> None:
    assert asking.ask(trapped, "status", "--porcelain") is not None
    assert (tmp_path / "sprung").exists()


def test_missing_objects_are_not_fetched(trapped: Path, tmp_path: Path) -> None:
    objects = trapped / ".git/objects"
    tree_id = git(trapped, "-c", "core.fsmonitor=false", "rev-parse", "HEAD^{tree}")
    (objects / tree_id[:2] / tree_id[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://git@example.com/acme/search.git",
        "protocol.ssh.allow": "always",
    }.items():
        git(trapped, "config", key, value)
    (tmp_path / "sprung").unlink(missing_ok=True)
    tree = describe(trapped)
    assert (tree.repo, tree.dirty) == ("example.com/acme/search", None)
    assert not (tmp_path / "sprung").exists()
