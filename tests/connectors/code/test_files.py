from __future__ import annotations

import hashlib
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.connectors.code.files import (
    Discovery,
    Disposition,
    Limits,
    discover,
    read,
    tally,
)
from llmaudit.connectors.code.text import Text
from llmaudit.errors import ConfigError, UsageError

from .repositories import git


def ends(found: Discovery) -> dict[str, str]:
    return {one.path: one.label for one in found.dispositions}


def write(root: Path, *names: str, text: str = "x = 1\n") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q")
    return root


def test_every_file_of_a_repository_ends_once(repo: Path, tmp_path: Path) -> None:
    write(repo, "app.py", "svc/web.ts", "svc/main.ex", "README.md", "types.d.ts", "setup.py")
    write(repo, "requirements-dev.txt", "uv.lock", ".github/workflows/ci.yml", "ignored/in.py")
    write(repo, "tracked.log.py", "Dockerfile", "vendor/x.py", "sp ace/new\nline.py")
    write(repo, "note.ipynb", text="{}")
    write(repo, ".gitignore", text="ignored/\n*.log.py\n")
    (repo / "tool").write_text("#!/usr/bin/env -S uv run --script\nx = 1\n")
    (repo / "deploy").write_text("#!/bin/sh\nexit\n")
    (repo / "image.py").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe\x00\x01")
    (repo / "wide.py").write_bytes("x = 'é'\n".encode("utf-16"))
    (repo / "bundle.js").write_text("a;" * 20_000)
    with (repo / "huge.py").open("wb") as file:
        file.truncate(50_000_000)
    write(tmp_path, "outside.py")
    (repo / "link.py").symlink_to(tmp_path / "outside.py")
    (repo / "loop").symlink_to(repo)
    Path(os.fsdecode(os.fsencode(repo) + b"/caf\xe9.py")).write_text("")
    git(repo, "add", "-f", "tracked.log.py", "app.py")
    write(repo, "gone.py")
    git(repo, "add", "gone.py")
    (repo / "gone.py").unlink()
    found = discover([repo], ["vendor/**"])
    assert found.ignored == {repo: 1}
    all_ends = list(found.dispositions)
    assert {one.path: one.label for one in all_ends} == snapshot(
        {
            ".github/workflows/ci.yml": "candidate: configuration",
            ".gitignore": "not relevant",
            "Dockerfile": "candidate: configuration",
            "README.md": "not relevant",
            "app.py": "candidate: python",
            "bundle.js": "candidate: javascript",
            "caf\\xe9.py": "candidate: python",
            "deploy": "candidate: bash",
            "gone.py": "skipped: tracked by git, but not in the working tree",
            "huge.py": "skipped: over the size limit",
            "image.py": "skipped: binary",
            "link.py": "skipped: symbolic link",
            "loop": "skipped: symbolic link",
            "note.ipynb": "candidate: notebook",
            "requirements-dev.txt": "candidate: manifest",
            "setup.py": "candidate: python",
            "sp ace/new\nline.py": "candidate: python",
            "svc/main.ex": "unsupported: elixir",
            "svc/web.ts": "candidate: typescript",
            "tool": "candidate: python",
            "tracked.log.py": "candidate: python",
            "types.d.ts": "not relevant",
            "uv.lock": "candidate: manifest",
            "vendor/x.py": "skipped: excluded by configuration",
            "wide.py": "candidate: python",
        }
    )
    assert sum(tally(all_ends).values()) == len(all_ends) == 25
    files = {one.path: one.file for one in all_ends if one.file}
    assert {path for path, file in files.items() if file.manifest} == {
        "requirements-dev.txt",
        "setup.py",
        "uv.lock",
    }
    texts = {one.path: one.text for one in all_ends}
    assert texts["wide.py"] == Text("x = 'é'\n", "utf-16-le", False, ("read as utf-16-le",))
    assert texts["app.py"] == Text("x = 1\n")


def test_the_same_tree_gives_the_same_answer_in_the_same_order(repo: Path) -> None:
    names = [f"d{n % 3}/f{n}.py" for n in range(9)]
    random.Random(1).shuffle(names)
    write(repo, *names)
    paths = [one.path for one in discover([repo]).dispositions]
    assert paths == sorted(paths) == [one.path for one in discover([repo]).dispositions]


def test_a_folder_without_git_is_walked(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "tests/test_app.py", "node_modules/x/index.js", "a/__pycache__/x.pyc")
    write(tmp_path, "env/pyvenv.cfg", "env/lib/site.py", ".hidden/x.py")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.py")
    found = discover([tmp_path])
    assert found.trees[0].git is False
    assert ends(found) == snapshot(
        {
            ".hidden/x.py": "candidate: python",
            "a/__pycache__/": "skipped: folder of compiled Python",
            "a/loop": "skipped: symbolic link",
            "app.py": "candidate: python",
            "env/": "skipped: folder of installed packages",
            "node_modules/": "skipped: folder of installed packages",
            "pipe.py": "skipped: not a regular file",
            "tests/test_app.py": "candidate: python",
        }
    )


def test_a_folder_that_cannot_be_read_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    write(tmp_path, "app.py")
    # A path that is longer than the system accepts: no right of any user opens it.
    handle = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=handle)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    labels = tally(discover([tmp_path]).dispositions)
    assert labels == {"candidate: python": 1, "error: file name too long": 1}


def test_a_file_that_disappears_while_scanning_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py")
    found = discover([tmp_path])
    first = next(found.dispositions)
    (tmp_path / "b.py").unlink()
    assert [first.label, *(one.label for one in found.dispositions)] == [
        "candidate: python",
        "error: no such file or directory",
    ]


def test_a_candidate_that_changes_before_it_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    file = next(discover([tmp_path]).dispositions).file
    assert file is not None
    assert read(file) == Text("x = 1\n")
    (tmp_path / "a.py").write_text("x" * 100)
    assert read(file, Limits(code=50)) == Disposition(
        file.tree, "a.py", "skipped", "over the size limit"
    )
    (tmp_path / "a.py").unlink()
    (tmp_path / "a.py").symlink_to("/etc/hostname")
    assert isinstance(refused := read(file), Disposition)
    assert refused.kind == "error"
    (tmp_path / "a.py").unlink()
    os.mkfifo(tmp_path / "a.py")
    assert isinstance(refused := read(file), Disposition)
    assert refused.label == "skipped: not a regular file"


def test_overlapping_paths_are_counted_once(repo: Path, tmp_path: Path) -> None:
    write(repo, "a.py", "svc/b.py")
    write(tmp_path, "plain/c.py", "plain/deep/d.py")
    paths = [repo / "svc", repo, repo / "svc/b.py", tmp_path / "plain/deep", tmp_path / "plain"]
    found = discover(paths)
    assert [tree.root for tree in found.trees] == [tmp_path / "plain", repo]
    assert [(one.tree.root.name, one.path) for one in found.dispositions] == [
        ("plain", "c.py"),
        ("plain", "deep/d.py"),
        ("repo", "a.py"),
        ("repo", "svc/b.py"),
    ]


def test_a_path_inside_a_repository_keeps_the_repositorys_paths(repo: Path) -> None:
    write(repo, "a.py", "svc/b.py", "svc[1]/c.py", "svc1/d.py")
    assert ends(discover([repo / "svc"])) == {"svc/b.py": "candidate: python"}
    assert ends(discover([repo / "svc/b.py"])) == {"svc/b.py": "candidate: python"}
    assert ends(discover([repo / "svc[1]"])) == {"svc[1]/c.py": "candidate: python"}


def test_what_is_named_outright_is_read_even_where_git_ignores_it(repo: Path) -> None:
    write(repo, "build/a.py", "build/b.py")
    write(repo, ".gitignore", text="build/\n")
    assert list(ends(discover([repo]))) == [".gitignore"]
    assert list(ends(discover([repo / "build"]))) == ["build/a.py", "build/b.py"]
    assert list(ends(discover([repo / "build/a.py"]))) == ["build/a.py"]


def test_repositories_inside_a_folder_are_trees_of_their_own(tmp_path: Path) -> None:
    for name in ("one", "two", "two/inner"):
        write(tmp_path / "all" / name, "a.py")
        git(tmp_path / "all" / name, "init", "-q")
        git(tmp_path / "all" / name, "remote", "add", "origin", f"https://example.com/acme/{name}")
        git(tmp_path / "all" / name, "commit", "-q", "--allow-empty", "-m", "x")
    write(tmp_path / "all", "loose.py")
    assert [(one.tree.repo, one.path) for one in discover([tmp_path / "all"]).dispositions] == [
        ("local/all", "loose.py"),
        ("example.com/acme/one", "a.py"),
        ("example.com/acme/two", "a.py"),
        ("example.com/acme/two/inner", "a.py"),
    ]


def test_a_submodule_is_named_and_not_entered(repo: Path, tmp_path: Path) -> None:
    write(tmp_path / "lib", "a.py")
    git(tmp_path / "lib", "init", "-q")
    git(tmp_path / "lib", "add", ".")
    git(tmp_path / "lib", "commit", "-qm", "x")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../lib", "lib")
    assert ends(discover([repo])) == {
        ".gitmodules": "not relevant",
        "lib/": "skipped: git submodule: give its path to scan it",
    }
    assert ends(discover([repo / "lib"])) == {"a.py": "candidate: python"}


def test_a_link_above_a_tracked_file_is_not_followed(repo: Path, tmp_path: Path) -> None:
    write(repo, "svc/a.py")
    git(repo, "add", ".")
    write(tmp_path, "elsewhere/a.py")
    (repo / "svc/a.py").unlink()
    (repo / "svc").rmdir()
    (repo / "svc").symlink_to(tmp_path / "elsewhere")
    assert ends(discover([repo])) == {
        "svc": "skipped: symbolic link",
        "svc/a.py": "skipped: symbolic link",
    }


def test_a_name_in_the_index_cannot_lead_out_of_the_repository(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, "aa/secret.py")
    write(repo, "xx/aa/secret.py")
    git(repo, "add", ".")
    index = (repo / ".git/index").read_bytes()
    (repo / ".git/index").write_bytes(index.replace(b"xx/aa/secret.py", b"../aa/secret.py"))
    body = (repo / ".git/index").read_bytes()[:-20]
    (repo / ".git/index").write_bytes(body + hashlib.sha1(body).digest())
    labels = ends(discover([repo]))
    assert labels == {
        "../aa/secret.py": "skipped: its name leads out of the repository",
        "xx/aa/secret.py": "candidate: python",
    }


def test_an_empty_repository_has_no_files(repo: Path) -> None:
    found = discover([repo])
    assert (len(found.trees), list(found.dispositions)) == (1, [])


def test_the_trees_own_ignore_file_for_the_engine_hides_nothing(repo: Path) -> None:
    write(repo, "a.py")
    write(repo, ".semgrepignore", text="*.py\n")
    assert ends(discover([repo]))["a.py"] == "candidate: python"


def test_a_head_that_says_generated_decides_the_context(repo: Path) -> None:
    write(repo, "a.py", "vendor/b.py", text="# Generated by a tool. Do not edit.\n")
    contexts = {one.path: one.file.context for one in discover([repo]).dispositions if one.file}
    assert contexts == {"a.py": "generated", "vendor/b.py": "vendored"}


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "none", tmp_path / "loop", Path("a\0b")):
        with pytest.raises(UsageError, match="there is no file or folder"):
            discover([path])


def test_one_name_for_two_repositories_is_refused(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, "other/a.py")
    with pytest.raises(UsageError, match="one repository name is given"):
        discover([repo, tmp_path / "other"], name="github.com/acme/x")
    assert discover([repo], name="github.com/acme/x").trees[0].repo == "github.com/acme/x"


def test_a_glob_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="in exclude cannot be read"):
        discover([tmp_path], ["!"])


@given(
    st.dictionaries(
        st.sampled_from(["a.py", "d/b.ts", "d/c.ex", "e.md", "f", "g.ipynb", "d/e/package.json"]),
        st.binary(max_size=40),
    ),
    st.sampled_from([(), ("d/",), ("*.py", "f"), ("*",)]),
    st.sampled_from([0, 10, 2_000_000]),
)
def test_the_counts_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, bytes],
    exclude: tuple[str, ...],
    limit: int,
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    found = list(discover([root], exclude, Limits(code=limit, notebook=limit)).dispositions)
    assert sorted(one.path for one in found) == sorted(files)
    assert sum(tally(found).values()) == len(files)
    for one in found:
        assert (one.kind == "candidate") == (one.file is not None) == (one.text is not None)
        if one.file is not None:
            assert read(one.file) == one.text
            assert replace(one.file, context="app").size == len(files[one.path])
