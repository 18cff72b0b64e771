"""What is compiled from data files: it comes with the package, or is kept in the user's cache.

The catalogue, the scan rules and the engine's formulas of them are slow to read and check, and
change only with their files. A build compiles them into the package (``hatch_build.py``), so that
the first start on a fresh machine finds them; in a checkout whose files were edited since, they
are compiled once more and kept in the cache folder. What does not bear the digest of the files
it was made from, or is not whole, is never used.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from llmaudit import __version__
from llmaudit.cachefolder import cache_folder

PACKAGED = Path(__file__).with_name("compiled")


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256, in hex, over the tool's version and files by name."""
    digest = hashlib.sha256(__version__.encode())
    for name, data in files.items():
        digest.update(f"\0{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def precompiled(kind: str, folder: Path, digest: str, make: Callable[[], Any], by: str) -> Any:
    """What ``make`` gives, made only where nobody has made it for that digest yet.

    A cache that is missing, damaged or cannot be written costs time, nothing else.

    Args:
        kind: One word, the name under which it is kept.
        folder: Where the data files lie: each folder has one state kept, so that old ones
            leave nothing behind.
        digest: Of everything it is made from.
        make: Gives it as JSON can hold it; its errors pass through.
        by: The source file of ``make``: when it changes, so may the form of what it gives.
    """
    with suppress(OSError):
        digest = digest_of({"files": digest.encode(), "by": Path(by).read_bytes()})
    cached = _cache_file(kind, folder)
    for file in (PACKAGED / f"{kind}.json", cached):
        found = _kept(file, digest) if file is not None else None
        if found is not None:
            return found
    made = make()
    if cached is not None:
        _keep(cached, digest, made)
    return made


def _kept(file: Path, digest: str) -> Any:
    """The compiled value, if it is that of the digest and whole."""
    try:
        head, _, body = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    if head.decode(errors="replace") != f"{digest} {hashlib.sha256(body).hexdigest()}":
        return None
    return json.loads(body)


def _keep(file: Path, digest: str, value: Any) -> None:
    body = json.dumps(value, separators=(",", ":")).encode()
    head = f"{digest} {hashlib.sha256(body).hexdigest()}\n".encode()
    draft: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as handle:
            draft = Path(handle.name)
            handle.write(head + body)
        draft.replace(file)
    except OSError:
        # Without a cache every start compiles; the answers are the same.
        if draft is not None:
            draft.unlink(missing_ok=True)


def _cache_file(kind: str, folder: Path) -> Path | None:
    base = cache_folder()
    try:
        place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    except (OSError, RuntimeError):
        return None
    return base / f"{kind}-{place}.json" if base is not None else None
