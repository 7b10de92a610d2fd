"""Proves that of all processes on one store only one is at a piece of work, and that its end, however it ends, lets the
next one in.
"""

import signal
import subprocess
import sys
import threading

import pytest

from stac_ext.store.database import Database
from stac_ext.store.opening import open_store
from tests.support.waiting import wait_until

_HOLDER = """
import sys, time
from stac_ext.store.opening import open_store
with open_store(sys.argv[1]).alone(sys.argv[2]) as taken:
    print(taken, flush=True)
    sys.stdin.read()
"""


def holder(url: str, name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def is_free(database: Database, name: str) -> bool:
    with database.alone(name) as taken:
        return taken


def test_one_is_alone_and_other_names_are_free(database: Database) -> None:
    with database.alone("project:1") as first:
        assert first
        assert not is_free(database, "project:1")
        assert is_free(database, "project:2")
        assert not is_free(database, "project:1"), "who was refused gave nothing back"
    assert is_free(database, "project:1")


def test_an_error_inside_lets_the_next_one_in(database: Database) -> None:
    with pytest.raises(ValueError, match="inside"), database.alone("a"):
        raise ValueError("inside")
    assert is_free(database, "a")


def test_two_that_opened_the_store_keep_each_other_away(store_url: str) -> None:
    one, two = open_store(store_url), open_store(store_url)
    with one.alone("a") as taken:
        assert taken
        assert not is_free(two, "a")
        three = open_store(store_url)
        assert is_free(three, "b")
        three.close()
        assert not is_free(two, "a"), "closing another opening frees nothing"
    assert is_free(two, "a")
    with two.alone("a"):
        two.close()
    assert is_free(one, "a")
    one.close()


def test_threads_keep_each_other_away(database: Database) -> None:
    inside = 0
    most = 0
    entered = 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most, entered
        for _ in range(50):
            with database.alone("a") as taken:
                if taken:
                    with guard:
                        inside += 1
                        entered += 1
                        most = max(most, inside)
                    with guard:
                        inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == 1
    assert entered > 6


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "terminated", "done"])
def test_the_end_of_a_process_lets_the_next_one_in(store_url: str, end: signal.Signals | None) -> None:
    database = open_store(store_url)
    process = holder(store_url, "project:1")
    assert not is_free(database, "project:1")
    assert is_free(database, "project:2")
    if end is None:
        assert process.stdin is not None
        process.stdin.close()
    else:
        process.send_signal(end)
    process.wait(20)
    wait_until(lambda: is_free(database, "project:1"), "the server notices the end of the connection")
    database.close()
