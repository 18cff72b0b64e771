"""A minified script: its literals are read, and the ledger says that nothing else is."""

from __future__ import annotations

from pathlib import Path

from tests.connectors.code.test_collect import scan


def test_a_bundle_is_scanned_by_its_literals_and_said_so(tmp_path: Path) -> None:
    filler = ";".join(f"var a{n}=function(b){{return b+{n}}}" for n in range(1_500))
    call = (
        "fetch('https://api.openai.com/v1/chat/completions',{method:'POST'});"
        "fetch('https://api.openai.com/v1/models');fetch('https://cdn.example.com/x')"
    )
    (tmp_path / "app.js").write_text(f"{filler}\n{filler};{call}")
    evidence, (line,) = scan(tmp_path)
    assert [
        (one.kind, one.name, one.provider, one.where.path, one.where.line, one.context)
        for one in evidence
    ] == [("route", "api.openai.com", "openai", "app.js", 2, "generated")]
    assert line.status == "partial"
    assert line.counts == {"scanned: partly, minified: by its literals alone": 1}
    assert "app.js: minified, so that only its literals are read" in line.why
