"""That the index is made with every connection refused but those to GitLab and to the store.

The command runs in a process of its own whose audit hook stands below every library: it sees each name that is looked
up and each address that is connected to, and refuses what is not allowed.
Source: https://docs.python.org/3/library/audit_events.html
"""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.support.running import RunningHub, SampleWorld

GUARD = """
import os
import sys

ALLOWED = {tuple(each.rsplit(":", 1)) for each in os.environ["ALLOWED_ADDRESSES"].split(",")}
HOSTS = {host for host, _ in ALLOWED}


def guard(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        refused = isinstance(address, tuple) and (str(address[0]), str(address[1])) not in ALLOWED
        wanted = address
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        wanted = args[0].decode() if isinstance(args[0], bytes) else args[0]
        refused = wanted not in HOSTS | {None, "localhost"}
    else:
        return
    if refused:
        with open(os.environ["REFUSED_FILE"], "a") as file:
            file.write(f"{event} {wanted!r}\\n")
        raise ConnectionRefusedError(f"not allowed here: {wanted!r}")


sys.addaudithook(guard)
"""
PUBLIC_URL = "https://hub.example"


def guarded(folder: Path, allowed: list[str], *arguments: str, **settings: str) -> tuple[int, str, str]:
    """Run Python behind the guard: the exit code, what was said, and what was refused."""
    (folder / "sitecustomize.py").write_text(GUARD)
    refused = folder / "refused.txt"
    refused.touch()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHARINGHUB_")}
    own = {
        "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "ALLOWED_ADDRESSES": ",".join(allowed),
        "REFUSED_FILE": str(refused),
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**clean, **own, **{f"SHARINGHUB_{name}": value for name, value in settings.items()}},
        capture_output=True,
        text=True,
        timeout=110,
        cwd=Path(__file__).resolve().parents[2],
    )
    return done.returncode, done.stdout + done.stderr, refused.read_text()


def items(database: Path) -> dict[tuple[str, str], Any]:
    """Every stored item by collection and id, with the references that it makes on each read."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT collection, item_id, doc, refs FROM item").fetchall()
    return {(collection, item_id): (orjson.loads(doc), refs) for collection, item_id, doc, refs in rows}


def test_the_guard_refuses_what_is_not_allowed(tmp_path: Path) -> None:
    code, said, refused = guarded(
        tmp_path, ["127.0.0.1:1"], "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 5)"
    )
    assert code == 1
    assert "not allowed here" in said
    assert "192.0.2.1" in refused


def test_the_index_needs_no_network_but_gitlab_and_the_store(tmp_path: Path) -> None:
    with SampleWorld(tmp_path) as world:
        with RunningHub(world.settings(public_url=PUBLIC_URL)) as hub:
            assert not hub.sweep().failed
        alone = tmp_path / "alone.db"
        code, said, refused = guarded(
            tmp_path,
            [urlsplit(world.gitlab.url).netloc],
            *("-m", "sharinghub_ext.cli", "sync"),
            GITLAB_URL=world.gitlab.url,
            GITLAB_TOKEN=world.samples.service_token,
            DATABASE_URL=f"sqlite:///{alone}",
            PUBLIC_URL=PUBLIC_URL,
        )
        assert (code, refused) == (0, ""), said
        indexed = items(alone)
        assert len(indexed) >= 20
        assert indexed == items(tmp_path / "hub.db")
