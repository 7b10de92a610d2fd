"""Proves that log lines of one request share an id, that a broken answer tells it, and that a delivery of a hook can be
followed from GitLab's own id of it to the item.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
import structlog

from sharinghub_ext.edge.request_ids import HEADER
from sharinghub_ext.logs import configure_logs
from stac_ext.store.database import StoreUnavailable
from tests.support.running import HOOK_SECRET, LittleWorld, RunningHub


@pytest.fixture
def hub(tmp_path: Any) -> Iterator[tuple[LittleWorld, RunningHub]]:
    with LittleWorld(tmp_path) as world:
        settings = world.settings(log_format="json")
        with RunningHub(settings) as one:
            one.sweep()
            configure_logs(settings)
            yield world, one
    structlog.reset_defaults()


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]


def test_a_delivery_is_followed_to_the_item(
    hub: tuple[LittleWorld, RunningHub], capfd: pytest.CaptureFixture[str]
) -> None:
    world, one = hub
    number = world.samples.projects["sea/waves"]
    for key in ("gitlab-says-1", "gitlab-says-2"):
        headers = {"X-Gitlab-Token": HOOK_SECRET, "X-Gitlab-Event": "System Hook", "Idempotency-Key": key}
        body = {"event_name": "project_update", "project_id": number, "path_with_namespace": "sea/waves"}
        assert one.http.post("/hooks/gitlab", json=body, headers=headers).status_code == 200
    one.drain()
    told = lines(capfd)
    received = [line for line in told if line["event"] == "hook received"]
    assert [line["delivery"] for line in received] == ["key:gitlab-says-1", "key:gitlab-says-2"]
    assert len({line["request_id"] for line in received}) == 2
    (refreshed,) = [line for line in told if line["event"] == "project refreshed"]
    assert refreshed["deliveries"] == ["key:gitlab-says-1", "key:gitlab-says-2"]
    assert refreshed["project_id"] == number


def test_an_answer_that_is_broken_tells_under_which_id_it_is_logged(
    hub: tuple[LittleWorld, RunningHub], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, one = hub

    def gone(*_: object, **__: object) -> NoReturn:
        raise StoreUnavailable("the store is gone")

    monkeypatch.setattr(one.hub.reader, "search", gone)
    answer = one.http.get("/stac/search", headers={HEADER: "a-callers-own"})
    assert answer.status_code == 503
    (line,) = [line for line in lines(capfd) if line["event"] == "the store did not answer"]
    assert answer.headers[HEADER] == line["request_id"] != "a-callers-own"
    assert HEADER not in one.http.get("/stac/collections/none").headers
