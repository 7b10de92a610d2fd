"""Proves that what the hub does is counted, that only who holds the token reads it, and that it names nobody."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitlab_hooks.gateway.errors import GitLabUnavailable
from tests.support.running import HOOK_SECRET, RunningHub, SampleWorld

TOKEN = "a-metrics-token-of-the-tests"


@pytest.fixture
def hub(world: SampleWorld) -> Iterator[RunningHub]:
    with RunningHub(world.settings(metrics_token=TOKEN, database_timeout=0.2, gitlab_retries=0)) as one:
        yield one


def read(hub: RunningHub) -> dict[str, float]:
    """Every sample as `name{label=value,…}`."""
    answer = hub.get("/metrics", TOKEN)
    assert answer.status_code == 200, answer.text
    return {
        f"{sample.name}{{{','.join(f'{k}={v}' for k, v in sorted(sample.labels.items()))}}}": sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_without_a_token_of_its_own_there_are_no_metrics(world: SampleWorld) -> None:
    with RunningHub(world.settings()) as hub:
        for token in (None, world.token("ada"), ""):
            answer = hub.get("/metrics", token)
            assert answer.status_code == 403
            assert "SHARINGHUB_METRICS_TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize("header", [None, "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"])
def test_who_does_not_send_the_token_reads_nothing(hub: RunningHub, header: str | None) -> None:
    headers = {"Authorization": header.encode()} if header else {}
    answer = hub.http.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "sharinghub_" not in answer.text
    assert TOKEN not in answer.text


def test_a_sweep_its_changes_and_its_age_are_counted(hub: RunningHub) -> None:
    before = read(hub)
    assert before["sharinghub_index_state{state=empty}"] == 1
    assert "sharinghub_sweep_age_seconds{}" not in before
    hub.sweep()
    hub.sweep()
    after = read(hub)
    assert after["sharinghub_index_state{state=ready}"] == 1
    assert after["sharinghub_index_state{state=empty}"] == 0
    assert 0 <= after["sharinghub_sweep_age_seconds{}"] < 60
    assert after["sharinghub_sweeps_total{outcome=done}"] == 2
    assert after["sharinghub_sweep_projects_total{change=indexed}"] == 23
    assert after["sharinghub_sweep_projects_total{change=unchanged}"] == 23
    assert after["sharinghub_store_bytes{}"] > before["sharinghub_store_bytes{}"] > 0


def test_a_sweep_that_failed_is_counted(world: SampleWorld, hub: RunningHub) -> None:
    world.gitlab.faults.add(r"/api/", status=502, times=1000)
    with pytest.raises(GitLabUnavailable):
        hub.sweep()
    assert read(hub)["sharinghub_sweeps_total{outcome=failed}"] == 1


def test_requests_are_counted_by_route_and_name_nobody(world: SampleWorld, hub: RunningHub) -> None:
    hub.sweep()
    rita = world.token("rita")
    for _ in range(3):
        hub.get("/stac/search", rita)
    hub.get("/stac/collections/ai-model/items/earth/models/soil-moisture-lstm", rita)
    hub.get("/assets/1/main/a-secret-path.csv", rita)
    hub.http.head("/stac")
    hub.http.request("BREW", "/stac/search")
    hub.get("/no/such/route/of-rita")
    found = read(hub)
    assert found["sharinghub_requests_total{method=GET,route=/stac/search,status=200}"] == 3
    assert found["sharinghub_request_seconds_count{route=/stac/search}"] == 3
    assert found["sharinghub_sent_bytes_total{route=/stac/search}"] > 1000
    assert found["sharinghub_requests_total{method=GET,route=unknown,status=404}"] == 1
    assert (
        found["sharinghub_requests_total{method=GET,route=/assets/{project_id}/{revision}/{path:path},status=404}"] == 1
    )
    text = hub.get("/metrics", TOKEN).text
    for private in ("soil-moisture", "a-secret-path", "rita", "of-rita", "BREW", rita, TOKEN):
        assert private not in text


def test_questions_with_callers_tokens_are_counted(world: SampleWorld, hub: RunningHub) -> None:
    hub.get("/stac/search", world.token("rita"))
    assert read(hub)["sharinghub_gitlab_calls_total{status=2xx,token=viewer}"] >= 1
    hub.get("/stac/search", "glpat-wrong")
    assert read(hub)["sharinghub_gitlab_calls_total{status=4xx,token=viewer}"] >= 1


def test_questions_with_the_service_token_are_counted_with_what_gitlab_still_allows(
    world: SampleWorld, hub: RunningHub
) -> None:
    world.gitlab.limiter.per_minute = 5_000
    world.gitlab.reset_calls()
    hub.sweep()
    of_service = [call for call in world.gitlab.calls if call[2] is not None]
    found = read(hub)
    assert found["sharinghub_gitlab_calls_total{status=2xx,token=service}"] >= len(of_service) > 50
    assert 0 < found["sharinghub_gitlab_budget_remaining{}"] < 5_000


def test_deliveries_are_counted_by_event_and_outcome_and_age(world: SampleWorld, hub: RunningHub) -> None:
    def deliver(body: object, secret: str = HOOK_SECRET) -> int:
        return hub.http.post("/hooks/gitlab", json=body, headers={"X-Gitlab-Token": secret}).status_code

    assert read(hub)["sharinghub_inbox_oldest_seconds{}"] == 0
    update = {"event_name": "project_update", "project_id": 1, "path_with_namespace": "a/b"}
    assert [deliver(update), deliver(update), deliver({"event_name": "earth/secret-project"})] == [200, 200, 200]
    assert [deliver(update, "wrong"), deliver([])] == [401, 400]
    found = read(hub)
    assert found["sharinghub_inbox_deliveries{state=queued}"] == 1
    assert found["sharinghub_inbox_oldest_seconds{}"] > 0
    hooks = {key: value for key, value in found.items() if key.startswith("sharinghub_hooks_total")}
    assert hooks == {
        "sharinghub_hooks_total{event=project_update,outcome=new}": 1,
        "sharinghub_hooks_total{event=project_update,outcome=repeated}": 1,
        "sharinghub_hooks_total{event=other,outcome=ignored}": 1,
        "sharinghub_hooks_total{event=other,outcome=refused}": 2,
    }


def test_a_store_that_does_not_answer_is_a_number_too(world: SampleWorld, hub: RunningHub) -> None:
    file = world.folder / "hub.db"
    away = file.rename(file.with_name("away.db"))
    found = read(hub)
    assert found["sharinghub_store_up{}"] == 0
    assert "sharinghub_store_bytes{}" not in found
    away.rename(file)
    assert read(hub)["sharinghub_store_up{}"] == 1
