"""What a viewer with very many private projects costs: `PROJECTS=20000 make bench`.

How long until all rights are known where GitLab answers at once, what the longest other write waits meanwhile, and the
same search by somebody with 20 grants and with all of them, taken in turns.
"""

import os
import statistics
import threading
import time
from pathlib import Path

import httpx

from sharinghub_ext.auth.viewers import ANONYMOUS_NOTE
from sharinghub_ext.config import Settings
from stac_ext.store.database import Database
from tests.support.bulk import fill
from tests.support.running import RunningHub
from tests.support.vast_gitlab import TOKENS, VastGitLab

PROJECTS = int(os.environ.get("PROJECTS", "20000"))
ROUNDS = 100
SEARCHES = ("limit=10", "limit=10&bbox=0,40,20,60", "limit=100", "limit=10&collections=dataset")


class OtherWriter:
    """Writes a note again and again while a block runs, and keeps the longest time that one took."""

    def __init__(self, database: Database) -> None:
        self._database, self._ended = database, threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.longest = 0.0

    def _write(self) -> None:
        while not self._ended.wait(0.005):
            began = time.perf_counter()
            self._database.set_note("bench", "x")
            self.longest = max(self.longest, time.perf_counter() - began)

    def __enter__(self) -> "OtherWriter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def test_many_grants(tmp_path: Path) -> None:
    gitlab = VastGitLab({"vast": [], "small": [], "nosy": []})
    settings = Settings(
        gitlab_url=gitlab.url, database_url=f"sqlite:///{tmp_path}/hub.db", sweep_seconds=0, requests_per_minute=0
    )
    with gitlab.listening(), RunningHub(settings) as hub:
        database = hub.hub.database
        database.set_note(ANONYMOUS_NOTE, "yes")
        fill(database, PROJECTS * 2, public=0.25)
        with database.read() as conn:
            rows = conn.exec_driver_sql("SELECT id FROM project WHERE visibility > 0 ORDER BY id").scalars()
            private = list(rows)
        gitlab.granted.update(vast=private[:PROJECTS], small=private[-20:])
        with OtherWriter(database) as other:
            began = time.perf_counter()
            first = hub.get("/stac/search?limit=1", TOKENS["vast"])
            answered = time.perf_counter() - began
            while hub.get("/stac/search?limit=1", TOKENS["vast"]).headers.get("sharinghub-grants") == "filling":
                time.sleep(0.01)
            filled = time.perf_counter() - began
        assert first.status_code == 200
        print(
            f"\n{PROJECTS} grants: first answer {answered:.2f} s, all known after {filled:.2f} s; "
            f"another write waited {other.longest * 1000:.0f} ms at most"
        )
        hub.get("/stac", TOKENS["small"])
        for search in SEARCHES:
            few, many = _side_by_side(hub.address, search)
            print(f"  {search}: {few * 1000:.2f} ms with 20, {many * 1000:.2f} ms with all: {many / few:.2f} times")


def _side_by_side(address: str, search: str) -> tuple[float, float]:
    took: dict[str, list[float]] = {"small": [], "vast": []}
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as http:
        for number in range(ROUNDS + 10):
            for who, times in took.items():
                began = time.perf_counter()
                answer = http.get(f"/stac/search?{search}", headers={"Authorization": f"Bearer {TOKENS[who]}"})
                if number >= 10:  # the first ones prepare statements
                    times.append(time.perf_counter() - began)
                assert answer.status_code == 200
    return statistics.median(took["small"]), statistics.median(took["vast"])
