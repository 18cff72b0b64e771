"""Exports of SaaS administration: one reader, and one YAML schema per report of a vendor.

A new export is one new YAML file in this folder.
"""

from __future__ import annotations

from llmaudit.exports.decode import decode, header_name, rows_listed
from llmaudit.exports.detect import Detected, detect
from llmaudit.exports.files import MAX_BYTES, Layout, Table, read_bytes, tables
from llmaudit.exports.mapping import Outcome, read
from llmaudit.exports.schema import Schema, list_schemas, with_folder

__all__ = [
    "MAX_BYTES",
    "Detected",
    "Layout",
    "Outcome",
    "Schema",
    "Table",
    "decode",
    "detect",
    "header_name",
    "list_schemas",
    "read",
    "read_bytes",
    "rows_listed",
    "tables",
    "with_folder",
]
