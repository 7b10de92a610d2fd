"""Which licence a repository has: a few well-known ones, told apart by a phrase in the file `LICENSE`."""

from __future__ import annotations

from dataclasses import dataclass

from gitlab_hooks.standin.repository import Repository

_FILES = ("license", "license.md", "license.txt", "licence", "licence.md", "licence.txt", "copying")


@dataclass(frozen=True)
class Licence:
    """A licence as the REST API names it."""

    key: str
    name: str
    nickname: str | None
    html_url: str
    source_url: str
    phrases: tuple[str, ...]


_KNOWN = (
    Licence(
        "apache-2.0",
        "Apache License 2.0",
        None,
        "http://choosealicense.com/licenses/apache-2.0/",
        "https://www.apache.org/licenses/LICENSE-2.0",
        ("apache license", "version 2.0"),
    ),
    Licence(
        "mit",
        "MIT License",
        None,
        "http://choosealicense.com/licenses/mit/",
        "https://opensource.org/licenses/MIT",
        ("permission is hereby granted, free of charge",),
    ),
    Licence(
        "bsd-3-clause",
        'BSD 3-Clause "New" or "Revised" License',
        None,
        "http://choosealicense.com/licenses/bsd-3-clause/",
        "https://opensource.org/licenses/BSD-3-Clause",
        ("redistribution and use in source and binary forms", "neither the name"),
    ),
    Licence(
        "gpl-3.0",
        "GNU General Public License v3.0",
        "GNU GPLv3",
        "http://choosealicense.com/licenses/gpl-3.0/",
        "https://www.gnu.org/licenses/gpl-3.0.en.html",
        ("gnu general public license", "version 3"),
    ),
    Licence(
        "cc-by-4.0",
        "Creative Commons Attribution 4.0 International",
        None,
        "http://choosealicense.com/licenses/cc-by-4.0/",
        "https://creativecommons.org/licenses/by/4.0/",
        ("attribution 4.0 international",),
    ),
)
_OTHER = Licence("other", "Other", None, "", "", ())


def licence_of(repository: Repository) -> tuple[str, Licence] | None:
    """Path of the licence file on the default branch, and which licence it is."""
    sha = repository.resolve()
    for entry in (repository.listing(sha) or []) if sha else []:
        if entry.type == "blob" and entry.name.lower() in _FILES:
            text = " ".join((repository.blob(entry.sha) or b"").decode(errors="replace").lower().split())
            found = next((known for known in _KNOWN if all(phrase in text for phrase in known.phrases)), _OTHER)
            return entry.path, found
    return None
