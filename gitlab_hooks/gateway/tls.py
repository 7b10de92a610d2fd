"""Which certificate authorities are trusted when GitLab is asked: the same for the index and for callers."""

import ssl
from functools import lru_cache
from pathlib import Path

import certifi


def trust(ca_file: str | None) -> ssl.SSLContext:
    """With a file only what it holds; else what the machine and the Mozilla list hold. Raises ssl.SSLError, OSError.

    To read them takes longer than all else that a client needs, so that what was read is shared.
    """
    return _read(ca_file, Path(ca_file).stat().st_mtime_ns if ca_file else 0)


@lru_cache(maxsize=4)
def _read(ca_file: str | None, changed: int) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is None:
        context.load_verify_locations(certifi.where())
    return context
