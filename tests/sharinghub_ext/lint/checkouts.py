"""Checkouts made with git itself, for the tests of lint."""

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from sharinghub_ext.lint.findings import Linted, lint
from sharinghub_ext.lint.local import read_folder
from stac_ext.categories import DEFAULT_CATEGORIES

WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
MOMENT = "2024-05-06T07:08:09+02:00"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *WHO, *arguments],
        cwd=folder,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": MOMENT,
            "GIT_COMMITTER_DATE": MOMENT,
        },
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def checkout(folder: Path, files: Mapping[str, str | bytes], remote: str | None = None) -> Path:
    """A folder with these files in one commit on `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    write(folder, files)
    if remote:
        git(folder, "remote", "add", "origin", remote)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=all")
    return folder


def card(body: str = "A text.", **fields: object) -> str:
    """A README with front matter, and nothing of its own to complain about."""
    known = {"license": "Apache-2.0", **fields}
    return f"---\n{yaml.safe_dump(known, sort_keys=False)}---\n\n{body}\n"


def pointer(content: bytes) -> str:
    sha = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha}\nsize {len(content)}\n"


def linted(folder: Path, *categories: str, **environment: str) -> Linted:
    return lint(read_folder(folder, DEFAULT_CATEGORIES, categories, environment))


def told(outcome: Linted) -> list[tuple[str, int | None, str]]:
    return [(one.problem.path, one.problem.line, one.problem.rule) for one in outcome.findings]
