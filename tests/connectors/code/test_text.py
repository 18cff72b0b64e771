from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.connectors.code.text import Text, decode, is_minified


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(encoding: str) -> None:
    found = decode("from openai import OpenAI\nx = 'é'\n".encode(encoding))
    assert found is not None
    assert (found.text, found.verbatim) == ("from openai import OpenAI\nx = 'é'\n", False)


def test_a_mark_before_utf8_is_not_text() -> None:
    assert decode(b"\xef\xbb\xbfx = 1\n") == Text("x = 1\n", "utf-8", False)


def test_a_coding_comment_counts_in_python_only() -> None:
    data = "# -*- coding: cp1251 -*-\nx = 'я'\n".encode("cp1251")
    assert decode(data, python=True) == Text(
        "# -*- coding: cp1251 -*-\nx = 'я'\n", "cp1251", False, ("read as cp1251",)
    )
    assert (found := decode(data)) is not None
    assert found.encoding == "latin-1"


@pytest.mark.parametrize("codec", [b"rot13", b"zlib", b"undefined", b"none-such"])
def test_a_codec_that_is_no_encoding_is_passed_over(codec: bytes) -> None:
    data = b"# coding: " + codec + b"\nask()\n"
    assert decode(data, python=True) == Text(data.decode())


def test_a_codec_that_hides_code_is_decoded_as_python_does() -> None:
    found = decode(b"# coding: unicode_escape\n# \\nask()\n", python=True)
    assert found is not None
    assert found.text == "# coding: unicode_escape\n# \nask()\n"


def test_a_lone_return_ends_a_comment_and_a_few_nuls_make_no_binary() -> None:
    found = decode(b"# hidden\rask()\r\n" + b"x = 1\n" * 99 + b"# \0\n")
    assert found is not None
    assert found.text.startswith("# hidden\nask()\r\nx = 1\n")
    assert found.text.endswith("#  \n")
    assert found.notes == (
        "with NUL characters, read as blanks",
        "with lone carriage returns, read as line ends",
    )


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_text_that_encodes_or_binary(data: bytes, python: bool) -> None:
    found = decode(data, python)
    assert found is None or found.data.decode() == found.text
    if found is not None and found.verbatim:
        assert found.data == data


def test_one_long_line_does_not_make_a_file_minified() -> None:
    assert not is_minified("x\n" * 30_000 + "a" * 20_000)
    assert is_minified("x\n" * 100 + "a" * 20_000)
