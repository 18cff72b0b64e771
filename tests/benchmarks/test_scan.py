"""The generated tree is what the benchmark says it is."""

import json
import subprocess

from benchmarks.scan import CALLING, PLAIN, calls, generate


def test_a_generated_tree(tmp_path):
    size = generate(tmp_path / "tree", 210, 3)
    listed = subprocess.run(
        ["git", "-C", str(tmp_path / "tree"), "ls-files"], capture_output=True, text=True
    )
    paths = listed.stdout.splitlines()
    assert len(paths) == 210
    assert size == sum((tmp_path / "tree" / path).stat().st_size for path in paths)
    calling = [path for path in paths if "OpenAI" in (tmp_path / "tree" / path).read_text("utf-8")]
    assert calling == [
        "area00/part00/f0.py",
        "area00/part00/f70.py",
        "area00/part01/f140.py",
    ]
    plain = tmp_path / "tree" / "area00" / "part02" / "f206.rs"
    assert plain.read_text("utf-8") == "pub fn f_206(a: i64, b: i64) -> i64 { a + b }\n"


def test_every_text_can_be_filled_in():
    filled = [text.format(number=5) for text in (*PLAIN.values(), CALLING)]
    assert [text for text in filled if "5" not in text or "{{" in text] == []


def test_where_the_calls_of_a_report_stand(tmp_path):
    seen = {"connector": "code", "where": {"path": "a.py", "line": 3}}
    assets = [{"kind": "call", "evidence": [seen]}, {"kind": "sdk", "evidence": [seen]}]
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"assets": assets}), encoding="utf-8")
    assert calls(report) == ["a.py"]
