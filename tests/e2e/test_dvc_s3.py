"""Proves that the stock `dvc` pushes and pulls through a hub on S3, in the layout that `dvc-s3` and SharingHub use.

The server of S3 is a real one over HTTP. The last tests run `sharinghub serve` as a process of its own, to kill it and
to see its memory.
"""

import hashlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sharinghub_ext.dvc.s3.writing import MIB
from tests.sharinghub_ext.dvc.clones import Clone, Served
from tests.sharinghub_ext.dvc.places import Bucket
from tests.support.running import LittleWorld, RunningHub
from tests.support.s3 import BUCKET, KEY_ID, SECRET, S3Server
from tests.support.waiting import wait_until

PROJECT = "earth/models/vessel-detection-sar"  # maya may push, exa may pull
MODEL = random.Random(6).randbytes(9_000_000)  # in two parts
pytestmark = pytest.mark.xdist_group("dvc-s3")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("dvc-s3")) as one:
        yield one


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> Bucket:
    return Bucket(s3)


@pytest.fixture(scope="module")
def hub(world: LittleWorld, bucket: Bucket) -> Iterator[RunningHub]:
    with RunningHub(world.settings(store_url=bucket.url)) as one:
        one.sweep()
        yield one


def clone(world: LittleWorld, hub: RunningHub | Served, name: str, person: str | None) -> Clone:
    token = world.token(person) if person else None
    return Clone(world.folder / name, hub.url, world.samples.projects[PROJECT], token)


@pytest.fixture(scope="module")
def pushed(world: LittleWorld, hub: RunningHub) -> Clone:
    one = clone(world, hub, "maya", "maya")
    one.write("model.bin", MODEL)
    one.write("empty.txt", b"")
    for number in range(40):
        one.write(f"tiles/row {number % 3}/tile-{number}.csv", f"{number},é\r\n")
    one.dvc("add model.bin empty.txt tiles", "push")
    return one


def test_a_colleague_pulls_what_a_developer_pushed(world: LittleWorld, hub: RunningHub, pushed: Clone) -> None:
    colleague = clone(world, hub, "exa", "exa")
    colleague.take(pushed)
    colleague.dvc("pull")
    for name in ("model.bin", "empty.txt", "tiles"):
        assert colleague.content(name) == pushed.content(name)
    assert len(colleague.content("tiles")) == 40
    assert colleague.attempt("status", "--cloud").stdout.strip() == "Cache and remote 'hub' are in sync."
    stranger = clone(world, hub, "olga", "olga")
    stranger.take(pushed)
    assert stranger.attempt("pull").returncode != 0
    assert stranger.content("tiles") == {}


def test_every_object_is_under_its_own_hash(world: LittleWorld, bucket: Bucket, pushed: Clone) -> None:
    number = world.samples.projects[PROJECT]
    listed = bucket.keys()
    keys = [key for key in listed if not key.endswith(".sha256")]
    assert len(keys) == 40 + 2 + 1
    for key in keys:
        data = bucket.read(key)
        assert key.startswith(f"{number}/files/md5/")
        digest = key.removeprefix(f"{number}/files/md5/").replace("/", "").removesuffix(".dir")
        assert digest == hashlib.md5(data).hexdigest()
        assert bucket.sha256(key) == hashlib.sha256(data).hexdigest()


def test_data_of_dvc_s3_is_used_in_place_and_the_other_way_round(
    world: LittleWorld, hub: RunningHub, bucket: Bucket, pushed: Clone
) -> None:
    """A bucket that SharingHub or `dvc` itself filled is served as it is; whoever has its keys reads ours."""
    remote = f"s3://{BUCKET}/{bucket.prefix}{world.samples.projects[PROJECT]}"
    modify = ["remote", "modify", "--local", "bucket"]
    commands = [
        ["remote", "add", "bucket", remote],
        [*modify, "endpointurl", bucket.server.endpoint],
        [*modify, "access_key_id", KEY_ID],
        [*modify, "secret_access_key", SECRET],
    ]
    owner = clone(world, hub, "old-owner", None)
    owner.write("old.bin", MODEL[:70_000])
    owner.dvc(*commands, "add old.bin", "push -r bucket")
    reader = clone(world, hub, "old-reader", "exa")
    reader.take(owner)
    reader.dvc("pull")
    assert reader.content("old.bin") == {"old.bin": MODEL[:70_000]}
    keeper = clone(world, hub, "keeper", None)
    keeper.take(pushed)
    keeper.dvc(*commands, "pull -r bucket")
    assert keeper.content("model.bin") == {"model.bin": MODEL}


class Hubs:
    """Hubs in processes of their own, one after the other at the same address and on the same bucket."""

    def __init__(self, world: LittleWorld, bucket: Bucket, folder: Path) -> None:
        self.world, self.bucket, self.folder = world, bucket, folder
        self.headers = {"Authorization": f"Bearer {world.token('maya')}"}
        self._running: list[Served] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def start(self) -> Served:
        database = f"sqlite:///{self.folder}/served.db"
        more = {"SHARINGHUB_STORE_URL": self.bucket.url, "SHARINGHUB_DATABASE_URL": database}
        self._running.append(Served(self.world, self.port, **more))
        return self._running[-1]

    def path(self, digest: str) -> str:
        return f"/dvc/{self.world.samples.projects[PROJECT]}/files/md5/{digest[:2]}/{digest[2:]}"

    def end(self) -> None:
        for one in self._running:
            if one.process.poll() is None:
                one.end()


@pytest.fixture
def hubs(world: LittleWorld, s3: S3Server, tmp_path: Path) -> Iterator[Hubs]:
    several = Hubs(world, Bucket(s3), tmp_path)
    yield several
    several.end()


def test_a_hub_that_is_killed_before_s3_joins_the_parts_shows_nothing_half(hubs: Hubs, s3: S3Server) -> None:
    path = hubs.path(hashlib.md5(MODEL).hexdigest())
    hub = hubs.start()
    s3.hold("POST", "uploadId")
    with socket.create_connection(("127.0.0.1", hubs.port)) as connection:
        lines = [f"PUT {path} HTTP/1.1", "Host: hub", f"Content-Length: {len(MODEL)}"]
        lines += [f"{name}: {value}" for name, value in hubs.headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + MODEL)
        wait_until(s3.paused.is_set, "all parts to be there")
        hub.end()
    s3.resume.set()
    assert hubs.bucket.keys() == []
    with httpx.Client(base_url=hubs.start().url, headers=hubs.headers, trust_env=False, timeout=60) as http:
        assert http.get(path).status_code == 404
        assert http.put(path, content=MODEL).status_code == 201
        assert http.get(path).content == MODEL


def test_memory_stays_flat_while_large_objects_pass(hubs: Hubs) -> None:
    piece, count = random.Random(7).randbytes(MIB), 200
    digest = hashlib.md5()
    for _ in range(count):
        digest.update(piece)
    key = digest.hexdigest()
    path, hub = hubs.path(key), hubs.start()
    with httpx.Client(base_url=hub.url, headers=hubs.headers, trust_env=False, timeout=100) as http:
        assert http.get(path).status_code == 404  # the first request imports and remembers
        before = hub.memory()
        assert http.put(path, content=(piece for _ in range(count))).status_code == 201
        with http.stream("GET", path) as answer:
            received = hashlib.md5()
            for chunk in answer.iter_raw():
                received.update(chunk)
        assert received.hexdigest() == key
        assert hub.memory() - before < 64 * MIB
