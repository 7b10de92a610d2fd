"""Proves that no token reaches the log, in neither form, and that a log that cannot be written fails nothing."""

import io
import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
import structlog

from sharinghub_ext.config import Settings
from sharinghub_ext.logs import configure_logs
from stac_ext.store.database import StoreUnavailable
from tests.support.running import RunningHub, SampleWorld


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
def test_local_variables_with_tokens_are_not_in_a_traceback(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(gitlab_url="https://gitlab.example.org", log_format=form))
    try:
        authorization = "Bearer " + "glpat-plainly-visible"
        assert authorization
        raise RuntimeError("a failure")
    except RuntimeError as error:
        structlog.get_logger().error("request failed", exc_info=error)
    told = capfd.readouterr().err
    assert "a failure" in told
    assert "plainly-visible" not in told


def closed() -> io.TextIOBase:
    stream = io.StringIO()
    stream.close()
    return stream


def full() -> io.TextIOBase:
    return open("/dev/full", "w", buffering=1)


def unread() -> io.TextIOBase:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", buffering=1)


@pytest.mark.parametrize("broken", [closed, full, unread])
def test_a_log_that_cannot_be_written_fails_no_request(
    standing: tuple[SampleWorld, RunningHub], monkeypatch: pytest.MonkeyPatch, broken: Callable[[], io.TextIOBase]
) -> None:
    """It was a 500 in place of the answer, for as long as the log could not be written."""

    def gone(_: object) -> NoReturn:
        raise StoreUnavailable("the store is gone")

    _, hub = standing
    monkeypatch.setattr("sys.stderr", broken())
    configure_logs(hub.hub.settings)
    monkeypatch.setattr(type(hub.hub.database), "read", gone)
    answer = hub.get("/stac/search")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_log_follows_standard_error(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", closed())
    configure_logs(Settings(gitlab_url="https://gitlab.example.org"))
    monkeypatch.undo()
    structlog.get_logger().error("told after all")
    assert "told after all" in capfd.readouterr().err
