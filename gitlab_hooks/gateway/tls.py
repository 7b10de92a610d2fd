"""Which certificate authorities are trusted when GitLab is asked: the same for the index and for callers."""

import ssl

import certifi


def trust(ca_file: str | None) -> ssl.SSLContext:
    """With a file only what it holds; else what the machine and the Mozilla list hold. Raises ssl.SSLError, OSError."""
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is None:
        context.load_verify_locations(certifi.where())
    return context
