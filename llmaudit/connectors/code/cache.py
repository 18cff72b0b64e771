"""What the engine found in a file, kept for the next scan of the same bytes.

A file that did not change is not parsed by the engine again, and where none changed the engine is
not started. The key is everything an answer depends on: the bytes that were parsed, the
analyzer, the rules that were tried and the engine's version. Offsets and names of rules are
all that is kept, so no text of a file, and no secret in it, gets here; a file the engine could
not finish is never kept. Names across files are followed anew on every scan.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from llmaudit.cachefolder import cache_folder
from llmaudit.connectors.code import engine

_FILE = "code-1.sqlite3"
_ROWS = 200_000
_ASKED_AT_ONCE = 500
# Two scans at once wait for each other this long; then the later one goes on without.
_PATIENCE = 2.0


def key_of(data: bytes, analyzer: str, name: str, rules: Iterable[str], digest: str) -> bytes:
    """SHA-256 over everything that the engine's answer for a file depends on.

    Args:
        data: What is parsed.
        analyzer: The engine's language.
        name: The file's name; only its suffix counts.
        rules: Ids of the rules that are tried.
        digest: Of the rules themselves.
    """
    head = [
        analyzer,
        Path(name).suffix,
        *sorted(rules),
        digest,
        engine.core()[1],
        *engine.OPTIONS,
    ]
    whole = hashlib.sha256(json.dumps(head).encode())
    whole.update(hashlib.sha256(data).digest())
    return whole.digest()


def kept(keys: Iterable[bytes]) -> dict[bytes, tuple[engine.Match, ...]]:
    """The matches of files that were scanned before; empty where there is no cache."""
    found: dict[bytes, tuple[engine.Match, ...]] = {}
    wanted = list(dict.fromkeys(keys))
    today = datetime.now(UTC).toordinal()
    with suppress(sqlite3.Error, OSError, ValueError, TypeError), _open() as store:
        old: list[tuple[int, bytes]] = []
        for start in range(0, len(wanted), _ASKED_AT_ONCE):
            some = wanted[start : start + _ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = store.execute(
                f"SELECT key, used, found FROM matches WHERE key IN ({marks})",  # noqa: S608
                some,
            )
            for key, used, body in rows:
                found[key] = tuple(engine.Match(*row) for row in json.loads(body))
                if used != today:
                    old.append((today, key))
        if old:
            store.executemany("UPDATE matches SET used = ? WHERE key = ?", old)
            store.commit()
    return found


def keep(answers: Mapping[bytes, tuple[engine.Match, ...]]) -> None:
    """Keep what the engine answered; a cache that cannot be written costs time, nothing else."""
    if not answers:
        return
    today = datetime.now(UTC).toordinal()
    with suppress(sqlite3.Error, OSError), _open() as store:
        store.executemany(
            "INSERT OR REPLACE INTO matches VALUES (?, ?, ?)",
            (
                (key, today, json.dumps([_row(match) for match in matches]))
                for key, matches in answers.items()
            ),
        )
        (rows,) = store.execute("SELECT count(*) FROM matches").fetchone()
        if rows > _ROWS:
            # What was not asked for the longest goes first, a fifth of all.
            store.execute(
                "DELETE FROM matches WHERE key IN "
                "(SELECT key FROM matches ORDER BY used, key LIMIT ?)",
                (rows - _ROWS * 4 // 5,),
            )
        store.commit()


def _row(match: engine.Match) -> list[object]:
    return [match.rule, match.start, match.end, match.line, match.suppressed]


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    folder = cache_folder()
    if folder is None:
        raise FileNotFoundError
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _FILE
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE)) as store:
            store.execute(
                "CREATE TABLE IF NOT EXISTS matches "
                "(key BLOB PRIMARY KEY, used INTEGER NOT NULL, found TEXT NOT NULL) WITHOUT ROWID"
            )
            yield store
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):
            # Damaged: the next scan begins a new one.
            file.unlink(missing_ok=True)
        raise
