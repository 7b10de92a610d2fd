"""Proves that a delivery counts by its signature where it has one, else by its secret, and never by less."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest

from tests.support.running import HOOK_SECRET, RunningHub, SampleWorld

NEW, OLD, FOREIGN = (bytes([number]) * 32 for number in (1, 2, 3))
BODY = orjson.dumps({"event_name": "project_update", "project_id": 1, "path_with_namespace": "a/b"})
BEFORE = "a-hook-secret-of-before"


def whsec(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def signed(
    key: bytes = NEW, *, body: bytes = BODY, identifier: str = "msg_1", age: timedelta = timedelta(0)
) -> dict[str, str]:
    timestamp = str(int((datetime.now(UTC) - age).timestamp()))
    mac = hmac.digest(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": identifier, "webhook-timestamp": timestamp, "webhook-signature": signature}


@pytest.fixture
def hub(world: SampleWorld) -> Iterator[RunningHub]:
    keys = f"{whsec(NEW)} {whsec(OLD)}"
    with RunningHub(world.settings(hook_signing_key=keys, hook_secret_before=BEFORE)) as one:
        yield one


def deliver(hub: RunningHub, headers: dict[str, str], body: bytes = BODY) -> httpx.Response:
    return hub.http.post("/hooks/gitlab", content=body, headers=headers)


@pytest.mark.parametrize("key", [NEW, OLD], ids=["new", "old"])
def test_each_key_of_a_rotation_counts(hub: RunningHub, key: bytes) -> None:
    assert deliver(hub, signed(key)).status_code == 200
    assert hub.hub.inbox.counts() == {"queued": 1}


@pytest.mark.parametrize("secret", [HOOK_SECRET, BEFORE])
def test_each_secret_of_a_rotation_counts(hub: RunningHub, secret: str) -> None:
    assert deliver(hub, {"X-Gitlab-Token": secret}).status_code == 200


def test_one_of_several_signatures_is_enough(hub: RunningHub) -> None:
    headers = signed()
    headers["webhook-signature"] = f"v2,x v1,AAAA v1,é {headers['webhook-signature']}".encode(
        "latin-1", "replace"
    ).decode("latin-1")
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    assert hub.http.post("/hooks/gitlab", content=BODY, headers=raw).status_code == 200


WRONG = {
    "a foreign key": signed(FOREIGN),
    "another body": signed(body=b"{}"),
    "another id": {**signed(), "webhook-id": "msg_2"},
    "no id": {**signed(), "webhook-id": ""},
    "an endless id": {**signed(identifier="m" * 201)},
    "a time that is none": {**signed(), "webhook-timestamp": "now"},
    "a time of other digits": {**signed(), "webhook-timestamp": "1" * 400},
    "no signature": {**signed(), "webhook-signature": ""},
    "a version that is unknown": {**signed(), "webhook-signature": signed()["webhook-signature"].replace("v1", "v2")},
    "only an id": {"webhook-id": "msg_1"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_a_wrong_signature_is_refused_even_with_the_right_secret(hub: RunningHub, headers: dict[str, str]) -> None:
    """A signature that could be left out by who cannot make it would protect nothing."""
    for secret in ({}, {"X-Gitlab-Token": HOOK_SECRET}):
        answer = deliver(hub, {**headers, **secret})
        assert answer.status_code == 401
        assert HOOK_SECRET not in answer.text
    assert hub.hub.inbox.counts() == {}


@pytest.mark.parametrize(("minutes", "status"), [(4, 200), (-4, 200), (6, 401), (-6, 401)])
def test_a_signature_counts_five_minutes(hub: RunningHub, minutes: int, status: int) -> None:
    assert deliver(hub, signed(age=timedelta(minutes=minutes))).status_code == status


def test_a_delivery_that_is_sent_again_is_one(hub: RunningHub) -> None:
    """What names a delivery is signed, too: another Idempotency-Key does not make it another one."""
    headers = signed()
    for key in ("one", "two"):
        assert deliver(hub, {**headers, "Idempotency-Key": key}).status_code == 200
    assert hub.hub.inbox.counts() == {"queued": 1}


def test_without_a_key_a_signed_delivery_says_what_to_set(world: SampleWorld) -> None:
    with RunningHub(world.settings()) as hub:
        answer = deliver(hub, {**signed(), "X-Gitlab-Token": HOOK_SECRET})
    assert answer.status_code == 401
    assert "SHARINGHUB_HOOK_SIGNING_KEY" in answer.json()["detail"]


def test_signatures_alone_turn_hooks_on(world: SampleWorld) -> None:
    with RunningHub(world.settings(hook_secret=None, hook_signing_key=whsec(NEW))) as hub:
        assert deliver(hub, {"X-Gitlab-Token": ""}).status_code == 401
        assert deliver(hub, {}).status_code == 401
        assert deliver(hub, signed()).status_code == 200
