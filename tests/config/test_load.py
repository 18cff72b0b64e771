# ruff: noqa: E501 - a line of a snapshot is a line of output
from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit.config import RequiredTag, RuleSetting, check_trust, find, repository_root
from llmaudit.config.document import parse
from llmaudit.errors import ConfigError, LlmauditError, TrustError

from .reading import SECRET, VOCABULARY, read

WHOLE = """\
version: 1
organization: Acme
policy:
  required_tags:
    team:
    cost_center: {pattern: "(?i)^cc-[0-9]{4}$", aliases: [CostCenter]}
    environment: {values: [dev, prod]}
    api_key: {values_from: units.csv}
  rules: {untagged: error, stale-key: off, no-owner: {level: error, allow: 5%}}
  never_ignore: [key-in-code]
  sanctioned:
    - {provider: openai, accounts: [012345678901], until: 2027-06-30}
  ignores: [{rule: "*-key", path: "examples/**", reason: demo}]
  trust: {path_map: no}
connectors:
  - {type: code, paths: [.]}
  - {type: remote, admin_key: env:REMOTE_KEY, pages: 3}
"""


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_values_are_what_the_file_says(tmp_path: Path) -> None:
    loaded = read(tmp_path, WHOLE)
    policy = loaded.config.policy
    assert policy is not None
    assert policy.required_tags["team"] == RequiredTag()
    assert policy.required_tags["environment"].values == ("dev", "prod")
    assert policy.rules == {
        "untagged": RuleSetting(level="error"),
        "stale-key": RuleSetting(level="off"),
        "no-owner": RuleSetting(level="error", allow="5%"),
    }
    assert policy.sanctioned is not None
    assert policy.sanctioned[0].accounts == ("012345678901",)
    assert policy.sanctioned[0].until == date(2027, 6, 30)
    assert policy.trust.path_map is False
    assert loaded.config.connectors[1] == {
        "type": "remote",
        "admin_key": "env:REMOTE_KEY",
        "pages": "3",
    }
    assert (loaded.root, loaded.path) == (tmp_path, tmp_path / "llmaudit.yaml")
    assert loaded.digest == hashlib.sha256(WHOLE.encode()).hexdigest()[:12]


def test_an_empty_file_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    assert read(tmp_path, "").config == read(tmp_path, "# nothing yet\n").config
    marked = read(tmp_path, b"\xef\xbb\xbfversion: 1\norganization: Acme\n")
    assert marked.config.organization == "Acme"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "version: 1\npolcy: {}\n",
            snapshot("""\
llmaudit.yaml:2:1: unknown key 'polcy'
help: did you mean 'policy'? the keys here are: connectors, exclude, gateways, organization, policy, version, wrappers\
"""),
        ),
        (
            "policy:\n  rules:\n    untagged: {level: error, alow: 3}\n",
            snapshot("""\
llmaudit.yaml:3:30: unknown key 'alow'
help: did you mean 'allow'? the keys here are: allow, level\
"""),
        ),
        (
            "policy:\n  sanctioned:\n    - {provider: openai, model: [gpt-4o]}\n",
            snapshot("""\
llmaudit.yaml:3:26: unknown key 'model'
help: did you mean 'models'? the keys here are: accounts, app, approved_by, environments, keys, models, paths, projects, provider, reason, repositories, sdk, until\
"""),
        ),
        (
            "policy:\n  rules: {untagged: eror}\n",
            snapshot("""\
llmaudit.yaml:2:21: policy.rules.untagged is 'eror'
help: write 'error', 'warning', 'note' or 'off'\
"""),
        ),
        (
            "policy:\n  rules: {untaged: error}\n",
            snapshot("""\
llmaudit.yaml:2:11: there is no rule 'untaged'
help: did you mean 'untagged'?\
"""),
        ),
        (
            "policy:\n  never_ignore: [shadow, xyz]\n",
            snapshot("""\
llmaudit.yaml:2:26: there is no rule 'xyz'
help: llmaudit rules list --policy lists them\
"""),
        ),
        (
            "policy:\n  ignores:\n    - {rule: shadw, path: a, reason: b}\n",
            snapshot("""\
llmaudit.yaml:3:14: there is no rule 'shadw'
help: did you mean 'shadow'?\
"""),
        ),
        (
            "policy:\n  ignores:\n    - {rule: shadow, reason: b}\n",
            snapshot("llmaudit.yaml:3:7: an ignore names a path or an asset"),
        ),
        (
            "policy:\n  ignores:\n    - {rule: shadow, path: a}\n",
            snapshot("""\
llmaudit.yaml:3:7: 'reason' is missing in policy.ignores.0
help: add reason: to it\
"""),
        ),
        (
            "policy:\n  sanctioned: [{provider: openai, until: soon}]\n",
            snapshot(
                "llmaudit.yaml:2:42: policy.sanctioned.0.until: input should be a valid date or datetime, input is too short"
            ),
        ),
        (
            "policy: [a]\n",
            snapshot("""\
llmaudit.yaml:1:9: policy is not a mapping
help: write keys and values below it\
"""),
        ),
        (
            "exclude: vendor\n",
            snapshot("""\
llmaudit.yaml:1:10: exclude is not a list
help: write it as [a, b], or one - per line\
"""),
        ),
        (
            "version: 2\nextra: 1\n",
            snapshot("""\
llmaudit.yaml:1:10: version is '2' (and 1 more problem)
help: write 1\
"""),
        ),
        (
            "connectors:\n  - {type: registri, path: keys.csv}\n",
            snapshot("""\
llmaudit.yaml:2:12: there is no connector 'registri'
help: did you mean 'registry'? the connectors are: code, exports, registry, remote\
"""),
        ),
        (
            "connectors:\n  - {path: keys.csv}\n",
            snapshot("""\
llmaudit.yaml:2:5: a connector has no type
help: the connectors are: code, exports, registry, remote\
"""),
        ),
        (
            "connectors:\n  - {type: exports, path: [a.csv]}\n",
            snapshot("""\
llmaudit.yaml:2:5: 'paths' is missing in connectors.0 (and 1 more problem)
help: add paths: to it\
"""),
        ),
        (
            "connectors:\n  - type: exports\n    paths: []\n",
            snapshot("""\
llmaudit.yaml:3:12: connectors.0.paths is empty
help: name at least one\
"""),
        ),
        (
            "connectors:\n  - {type: registry, path: env:KEYS}\n",
            snapshot("""\
llmaudit.yaml:2:28: env: stands where no secret belongs
help: env: and file: are for keys, tokens and passwords; write the value itself\
"""),
        ),
        (
            "organization: Acme\norganization: Other\n",
            snapshot("""\
llmaudit.yaml:2:1: the key 'organization' stands in line 1 already
help: keep one\
"""),
        ),
        (
            "a: [1, 2\nb: 3\n",
            snapshot("""\
llmaudit.yaml:2:2: not valid YAML: expected ',' or ']', but got ':'
help: mend the line\
"""),
        ),
        (
            "- a\n- b\n",
            snapshot("""\
llmaudit.yaml: the file is not a mapping of keys to values
help: start it with: version: 1\
"""),
        ),
        (
            "a: 1\n---\nb: 2\n",
            snapshot("""\
llmaudit.yaml:2:1: not valid YAML: but found another document
help: mend the line\
"""),
        ),
        (
            "? [a]\n: b\n",
            snapshot("""\
llmaudit.yaml:1:3: a key is not plain text
help: write a word before the colon\
"""),
        ),
        (
            "organization: !!python/object/apply:os.system [id]\n",
            snapshot("""\
llmaudit.yaml:1:15: explicit YAML tags are not used here
help: write the plain value\
"""),
        ),
        (
            b"organization: Acm\xe9\n",
            snapshot("""\
llmaudit.yaml:1: the text is not UTF-8
help: save it as UTF-8\
"""),
        ),
        (
            b"organization: a\x00b\n",
            snapshot("""\
llmaudit.yaml holds a character that YAML does not allow
help: remove control characters\
"""),
        ),
        (
            "a: &a [*a]\n",
            snapshot("""\
llmaudit.yaml:1:4: an anchor contains itself
help: write the value out\
"""),
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    assert refusal(tmp_path, text) == says


def test_files_made_to_exhaust_are_refused_quickly(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    assert refusal(tmp_path, bomb) == snapshot("""\
llmaudit.yaml:1:26: more than 50000 values
help: check the anchors of the file\
""")
    assert refusal(tmp_path, "a: " + "[" * 100_000) == snapshot("""\
llmaudit.yaml:1:35: nested deeper than 32 levels
help: flatten it\
""")
    assert refusal(tmp_path, "#" * (1024 * 1024 + 1)) == snapshot("""\
llmaudit.yaml is larger than 1 MiB
help: a configuration is a few kilobytes\
""")


@pytest.mark.parametrize(
    "text",
    [
        f"connectors:\n  - {{type: remote, admin_key: {SECRET}}}\n",
        "connectors:\n  - {type: remote, admin_key: hunter2}\n",
        f"connectors:\n  - {{type: remote, admin_key: env:K, base_url: {SECRET}}}\n",
        f"organization: Acme\npolicy:\n  owners: {{people: {SECRET}}}\n",
        f"organization: Acme\n{SECRET}: 1\n",
        "organization: Acme\npassword: hunter2\n",
        f"organization: Acme\npolicy: {{ignores: [{{rule: shadow, asset: a, reason: {SECRET}}}]}}\n",
    ],
)
def test_a_literal_secret_is_refused_and_never_shown(tmp_path: Path, text: str) -> None:
    said = refusal(tmp_path, text)
    assert said.startswith(("llmaudit.yaml:2:", "llmaudit.yaml:3:"))
    assert ": a literal secret stands in the configuration\nhelp: " in said
    assert "hunter2" not in said
    assert SECRET not in said


def test_a_broken_line_is_not_quoted(tmp_path: Path) -> None:
    said = refusal(tmp_path, f"admin_key: [{SECRET}\n")
    assert SECRET not in said


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!'\"\n #?|>%@,", max_size=60))
def test_whatever_the_bytes_the_answer_is_a_document_or_one_sentence(data: bytes | str) -> None:
    raw = data.encode() if isinstance(data, str) else data
    problem = ""
    try:
        parse(raw, "x.yaml")
    except LlmauditError as error:
        problem = error.problem
    assert problem == "" or problem.startswith("x.yaml")
    assert "\n" not in problem


class TestFind:
    def test_the_nearest_file_up_to_the_repository_wins(self, tmp_path: Path) -> None:
        (tmp_path / "llmaudit.yaml").write_text("version: 1\n")
        inner = tmp_path / "repo/services/search"
        inner.mkdir(parents=True)
        (tmp_path / "repo/.git").mkdir()
        assert find(inner) is None
        (tmp_path / "repo/.llmaudit.yaml").write_text("version: 1\n")
        assert find(inner) == tmp_path / "repo/.llmaudit.yaml"
        (tmp_path / "repo/llmaudit.yaml").write_text("version: 1\n")
        assert find(inner) == tmp_path / "repo/llmaudit.yaml"
        (inner / "llmaudit.yaml").write_text("version: 1\n")
        assert find(inner) == inner / "llmaudit.yaml"
        assert repository_root(inner) == tmp_path / "repo"

    def test_outside_a_repository_only_the_folder_itself_counts(self, tmp_path: Path) -> None:
        (tmp_path / "llmaudit.yaml").write_text("version: 1\n")
        (tmp_path / "inner").mkdir()
        assert find(tmp_path / "inner") is None
        assert find(tmp_path) == tmp_path / "llmaudit.yaml"

    def test_a_folder_of_that_name_is_not_a_configuration(self, tmp_path: Path) -> None:
        (tmp_path / "llmaudit.yaml").mkdir()
        assert find(tmp_path) is None


class TestTrust:
    def distrusted(self, folder: Path, text: str) -> str:
        loaded = read(folder, text)
        with pytest.raises(TrustError) as caught:
            check_trust(loaded, VOCABULARY, folder)
        return str(caught.value).replace(f"{folder}/", "")

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (
                "connectors:\n  - {type: remote, admin_key: env:K}\n",
                "llmaudit.yaml:2:12: a configuration found in the audited tree uses the network "
                "connector 'remote'",
            ),
            (
                "connectors:\n  - {type: registry, path: ../keys.csv}\n",
                "llmaudit.yaml:2:28: a configuration found in the audited tree reads "
                "'../keys.csv', which lies outside the tree",
            ),
            (
                "connectors:\n  - {type: registry, path: /etc/passwd}\n",
                "llmaudit.yaml:2:28: a configuration found in the audited tree reads "
                "'/etc/passwd', which lies outside the tree",
            ),
            (
                "connectors:\n  - {type: exports, paths: ['x/*/../../../*.csv']}\n",
                "llmaudit.yaml:2:29: a configuration found in the audited tree reads "
                "'x/*/../../../*.csv', which lies outside the tree",
            ),
            (
                "connectors:\n  - {type: code, paths: [link]}\n",
                "llmaudit.yaml:2:26: a configuration found in the audited tree reads 'link', "
                "which lies outside the tree",
            ),
            (
                "connectors:\n  - {type: exports, paths: [a.csv], schemas: own}\n",
                "llmaudit.yaml:2:46: a configuration found in the audited tree brings its own "
                "schemas",
            ),
            (
                "policy:\n  owners: {people: ../people.csv}\n",
                "llmaudit.yaml:2:20: a configuration found in the audited tree reads "
                "'../people.csv', which lies outside the tree",
            ),
            (
                "policy:\n  required_tags: {team: {values_from: ../units.csv}}\n",
                "llmaudit.yaml:2:39: a configuration found in the audited tree reads "
                "'../units.csv', which lies outside the tree",
            ),
        ],
    )
    def test_a_discovered_file_may_not(self, tmp_path: Path, text: str, says: str) -> None:
        (tmp_path / "link").symlink_to("/")
        assert (
            self.distrusted(tmp_path, text)
            == f"{says}\nhelp: pass it with --config if you trust it"
        )

    def test_a_discovered_file_may_name_what_lies_inside(self, tmp_path: Path) -> None:
        loaded = read(
            tmp_path,
            "policy:\n  owners: {people: hr/people.csv}\n"
            "  ignores: [{rule: shadow, path: '../*', reason: 'env: production'}]\n"
            "connectors:\n  - {type: code, paths: [., svc/../lib]}\n"
            "  - {type: exports, paths: ['exports/**/*.csv']}\n",
        )
        check_trust(loaded, VOCABULARY, tmp_path)
