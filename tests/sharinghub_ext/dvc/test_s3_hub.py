"""Proves what a hub on S3 tells whom: no caller's token to S3, nothing of S3 to callers, mistakes to operators."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sharinghub_ext.cli.serve import listen, serve
from sharinghub_ext.config import SettingsError
from sharinghub_ext.dvc.building import check_objects
from sharinghub_ext.logs import configure_logs
from tests.sharinghub_ext.dvc.conftest import key_of
from tests.sharinghub_ext.dvc.places import Bucket
from tests.support.leaks import forms
from tests.support.running import LittleWorld, RunningHub
from tests.support.s3 import SECRET, S3Server

PROJECT = "earth/models/vessel-detection-sar"
DATA = b"kept in S3" * 30_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("s3")) as one:
        yield one


@pytest.fixture
def hub(world: LittleWorld, s3: S3Server) -> Iterator[RunningHub]:
    s3.calm()
    with RunningHub(world.settings(store_url=Bucket(s3).url)) as one:
        yield one
    s3.calm()


def path(world: LittleWorld) -> str:
    return f"/dvc/{world.samples.projects[PROJECT]}/{key_of(DATA).text}"


@pytest.mark.parametrize("header", ["Authorization", "PRIVATE-TOKEN", "X-Gitlab-Token", "Basic"])
def test_no_credential_of_a_caller_reaches_the_service(
    world: LittleWorld, hub: RunningHub, s3: S3Server, header: str
) -> None:
    token = str(world.token("maya"))
    headers = {"Cookie": f"session={token}", "Referer": f"https://hub.example.org/{token}", "X-Amz-Meta-Token": token}
    auth = ("maya", token) if header == "Basic" else None
    if auth is None:
        headers[header] = f"Bearer {token}" if header == "Authorization" else token
    assert hub.http.put(path(world), content=DATA, headers=headers, auth=auth).status_code == 201
    assert hub.http.get(path(world), headers=headers, auth=auth).content == DATA
    assert hub.http.head(path(world), headers=headers, auth=auth).status_code == 200
    said = "\n".join(str(one) for one in s3.asked).encode()
    assert b"aws4_request" in said.lower()
    assert not [form for form in forms(token) if form in said]
    assert SECRET.encode() not in said


def test_callers_learn_nothing_of_the_service(world: LittleWorld, hub: RunningHub, s3: S3Server) -> None:
    headers = {"PRIVATE-TOKEN": str(world.token("maya"))}
    answer = hub.http.put(path(world), content=DATA, headers=headers)
    said = [f"{answer.headers}{answer.text}"]
    answer = hub.http.get(path(world), headers=headers)
    said.append(f"{answer.headers}")
    s3.fail("slow", "GET", times=100)
    answer = hub.http.get(path(world), headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    said.append(f"{answer.headers}{answer.text}")
    for text in said:
        for word in (s3.endpoint, "hub-objects", "amz", "aws", "s3"):
            assert word not in text.lower()


async def test_a_hub_does_not_start_on_a_bucket_that_refuses_it(
    world: LittleWorld, s3: S3Server, tmp_path: Path
) -> None:
    url = s3.url().replace("hub-objects", "no-such-bucket")
    database = f"sqlite:///{tmp_path}/hub.db"
    with listen("127.0.0.1", 0) as listening, pytest.raises(SettingsError, match=r"SHARINGHUB_STORE_URL.*NoSuchBucket"):
        await serve(world.settings(store_url=url, database_url=database), listening)


def test_a_hub_starts_while_the_service_is_away(
    world: LittleWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs(world.settings())  # another test may have made the log say less
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobodys-secret-access-key")
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    with RunningHub(world.settings(store_url="s3://bucket?endpoint=http://127.0.0.1:1&region=us-east-1")) as hub:
        hub.run(check_objects(hub.hub.dvc))
        assert hub.http.get("/stac").status_code == 200
        headers = {"PRIVATE-TOKEN": str(world.token("maya"))}
        assert hub.http.get(path(world), headers=headers).status_code == 503
    assert "the store of DVC data does not answer" in "".join(capsys.readouterr())
