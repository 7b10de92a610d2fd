"""Proves that the stock `dvc` pushes and pulls through the hub with GitLab's permissions, and never half an object.

One hub and one stand-in serve all tests; each has a repository of its own. The last tests run `sharinghub serve` as a
process of its own, to kill it.
"""

import hashlib
import json
import random
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sharinghub_ext.dvc.local import PARTS
from tests.sharinghub_ext.dvc.clones import Clone, Place, Served
from tests.stac_ext.dvc.projects import Repository
from tests.support.running import RunningHub, SampleWorld
from tests.support.waiting import wait_until

PRIVATE = "crisis/damage-polygons"  # dan may push, rita may pull
PUBLIC = "earth/datasets/flood-tiles-garonne"  # maya may push


MAY_NOT_PUSH = [(PRIVATE, "rita"), (PRIVATE, "olga"), (PUBLIC, "olga"), (PUBLIC, None)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with SampleWorld(tmp_path_factory.mktemp("dvc")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield Place(world, hub)


@pytest.fixture(scope="module")
def pushed(place: Place) -> Clone:
    """What a developer pushed: a file, and a folder with some hundred small files."""
    clone = place.clone("dan", PRIVATE, "dan")
    clone.write("model.bin", random.Random(3).randbytes(5_000_000))
    clone.write("empty.txt", b"")
    for number in range(300):
        clone.write(f"tiles/row {number % 7}/tile-{number}.csv", f"{number},é\r\n")
    clone.dvc("add model.bin empty.txt tiles", "push")
    return clone


@pytest.mark.parametrize(("person", "auth"), [("rita", "bearer"), ("rita", "basic"), ("rita", "X-Gitlab-Token")])
def test_a_colleague_pulls_what_a_developer_pushed(place: Place, pushed: Clone, person: str, auth: str) -> None:
    """Before any pointer is in GitLab: the colleague has the branch in the clone only."""
    colleague = place.clone(f"colleague-{auth}", PRIVATE, person, auth)
    colleague.take(pushed)
    place.world.gitlab.reset_calls()
    colleague.dvc("pull")
    assert len(place.world.gitlab.calls) <= 2
    for name in ("model.bin", "empty.txt", "tiles"):
        assert colleague.content(name) == pushed.content(name)
    assert len(colleague.content("tiles")) == 300
    assert colleague.attempt("status", "--cloud").stdout.strip() == "Cache and remote 'hub' are in sync."


def test_every_object_is_under_its_own_hash_and_has_its_sha256(place: Place, pushed: Clone) -> None:
    objects = place.of(PRIVATE)
    assert len(objects) == 300 + 2 + 1
    for key, data in objects.items():
        assert key.startswith("files/md5/")
        assert key.removeprefix("files/md5/").replace("/", "").removesuffix(".dir") == hashlib.md5(data).hexdigest()
        beside = place.objects / str(place.world.samples.projects[PRIVATE]) / f"{key}.sha256"
        assert beside.read_text().strip() == hashlib.sha256(data).hexdigest()


def test_the_folder_is_listed_by_the_hub(place: Place, pushed: Clone) -> None:
    manifest = next(key for key in place.of(PRIVATE) if key.endswith(".dir"))
    answer = place.hub.get(f"/dvc/{place.world.samples.projects[PRIVATE]}/{manifest}", "glpat-demo-rita", limit=7)
    names = [one["name"] for one in answer.json()["files"]]
    assert names == sorted(path.removeprefix("tiles/") for path in pushed.content("tiles"))[:7]


@pytest.mark.parametrize("person", ["olga", "gus", "boris", None])
def test_who_may_not_read_pulls_nothing(place: Place, pushed: Clone, person: str | None) -> None:
    stranger = place.clone(f"stranger-{person}", PRIVATE, person)
    stranger.take(pushed)
    assert stranger.attempt("pull").returncode != 0
    assert stranger.content("tiles") == {}
    assert not (stranger.folder / "model.bin").exists()


@pytest.mark.parametrize(("project", "person"), MAY_NOT_PUSH)
def test_who_may_not_push_stores_nothing(place: Place, project: str, person: str | None) -> None:
    clone = place.clone(f"pusher-{project.replace('/', '-')}-{person}", project, person)
    clone.write("mine.txt", f"by {person}")
    clone.dvc("add mine.txt")
    before = place.of(project)
    assert clone.attempt("push").returncode != 0
    assert place.of(project) == before


def test_anybody_pulls_a_public_dataset_without_a_token(place: Place) -> None:
    owner = place.clone("maya", PUBLIC, "maya")
    owner.write("open/data.csv", b"1,2\n")
    owner.dvc("add open", "push")
    anybody = place.clone("anybody", PUBLIC, None)
    anybody.take(owner)
    anybody.dvc("pull")
    assert anybody.content("open") == {"open/data.csv": b"1,2\n"}


def test_data_of_dvc_2_is_pushed_and_pulled(place: Place) -> None:
    """Its hash is that of the text with other line ends, and its key has another shape."""
    old = hashlib.md5(b"old\n").hexdigest()
    owner = place.clone("old", PRIVATE, "dan")
    owner.write(f".dvc/cache/{old[:2]}/{old[2:]}", b"old\r\n")
    owner.write("old.txt", b"old\r\n")
    owner.write("old.txt.dvc", f"outs:\n- md5: {old}\n  size: 5\n  path: old.txt\n")
    owner.dvc("push")
    assert place.of(PRIVATE)[f"{old[:2]}/{old[2:]}"] == b"old\r\n"
    colleague = place.clone("old-colleague", PRIVATE, "rita")
    colleague.take(owner)
    colleague.dvc("pull")
    assert colleague.content("old.txt") == {"old.txt": b"old\r\n"}


def test_a_new_version_leaves_the_old_one(place: Place) -> None:
    clone = place.clone("versions", PRIVATE, "dan")
    for version in ("one", "two"):
        clone.write("data.txt", version)
        clone.dvc("add data.txt", "push")
        clone.write(f"{version}.pointer", (clone.folder / "data.txt.dvc").read_bytes())
    for version in ("one", "two"):
        reader = place.clone(f"reader-{version}", PRIVATE, "rita")
        reader.write("data.txt.dvc", (clone.folder / f"{version}.pointer").read_bytes())
        reader.dvc("pull")
        assert reader.content("data.txt") == {"data.txt": version.encode()}


@pytest.mark.parametrize(("size", "verify"), [(1, False), (100_000, False), (100_001, True)])
def test_a_byte_that_flipped_in_the_store_is_found(place: Place, size: int, verify: bool) -> None:
    """By the hub as it sends a whole object, and by `dvc` where it was told to verify."""
    clone = place.clone(f"flipped-{size}", PRIVATE, "dan")
    data = b"every byte counts" * size
    clone.write("precious.bin", data)
    clone.dvc("add precious.bin", "push")
    digest = hashlib.md5(data).hexdigest()
    stored = place.objects / str(place.world.samples.projects[PRIVATE]) / f"files/md5/{digest[:2]}/{digest[2:]}"
    flipped = bytes([data[0] ^ 1]) + data[1:]
    stored.write_bytes(flipped)
    if verify:  # as if the hub had not noticed
        stored.with_name(f"{stored.name}.sha256").write_text(hashlib.sha256(flipped).hexdigest())
    reader = place.clone(f"flipped-reader-{size}", PRIVATE, "rita")
    reader.take(clone)
    if verify:
        reader.dvc(["remote", "modify", "hub", "verify", "true"])
    told = reader.attempt("pull")
    assert told.returncode != 0, told.stdout + told.stderr
    assert not (reader.folder / "precious.bin").exists()


@pytest.fixture
def served(world: SampleWorld) -> Iterator[list[Served]]:
    """One hub that runs, and those that a test starts after it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = [Served(world, port)]
    yield running
    for one in running:
        if one.process.poll() is None:
            one.end()


def test_a_hub_that_is_killed_while_it_receives_shows_nothing_half(world: SampleWorld, served: list[Served]) -> None:
    data = random.Random(4).randbytes(3_000_000)
    digest = hashlib.md5(data).hexdigest()
    path = f"/dvc/{world.samples.projects[PRIVATE]}/files/md5/{digest[:2]}/{digest[2:]}"
    headers = {"Authorization": f"Bearer {world.token('dan')}"}
    parts = world.folder / "objects" / PARTS
    hub, parsed = served[0], urlsplit(served[0].url)
    for sent in (1, 1_500_000, len(data)):
        with socket.create_connection((parsed.hostname, parsed.port)) as connection:
            request = [f"PUT {path} HTTP/1.1", "Host: hub", f"Content-Length: {len(data) + 1}"]
            connection.sendall("\r\n".join([*request, f"Authorization: {headers['Authorization']}", "", ""]).encode())
            connection.sendall(data[:sent])
            wait_until(lambda: any(parts.iterdir()), "the upload to begin")
            hub.end()
        assert [one for one in (world.folder / "objects").rglob("*") if one.is_file() and one.parent != parts] == []
        hub = Served(world, parsed.port or 0)
        served.append(hub)
        assert list(parts.iterdir()) == []
        assert httpx.get(f"{hub.url}{path}", headers=headers, trust_env=False).status_code == 404
    assert httpx.put(f"{hub.url}{path}", headers=headers, content=data, trust_env=False).status_code == 201
    assert httpx.get(f"{hub.url}{path}", headers=headers, trust_env=False).content == data


def test_memory_stays_flat_while_large_objects_pass(world: SampleWorld, served: list[Served]) -> None:
    piece, count = random.Random(5).randbytes(1024 * 1024), 300
    digest = hashlib.md5()
    for _ in range(count):
        digest.update(piece)
    key = digest.hexdigest()
    headers = {"Authorization": f"Bearer {world.token('dan')}"}
    with httpx.Client(base_url=served[0].url, headers=headers, trust_env=False, timeout=100) as http:
        path = f"/dvc/{world.samples.projects[PRIVATE]}/files/md5/{key[:2]}/{key[2:]}"
        assert http.get(path).status_code == 404  # the first request imports and remembers
        before = served[0].memory()
        assert http.put(path, content=(piece for _ in range(count))).status_code == 201
        with http.stream("GET", path) as answer:
            received = sum(len(chunk) for chunk in answer.iter_raw())
        assert received == count * len(piece)
        assert served[0].memory() - before < 64 * 1024 * 1024


def test_the_lines_of_the_documentation_work(place: Place, tmp_path: Path) -> None:
    """Those of `docs/dvc.md`, with the address of this hub and a token of its sample world."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "dvc.md").read_text()
    block = page.partition('```sh title="Set-up"\n')[2].partition("```")[0]
    assert len(block.strip().splitlines()) == 4
    repository = Repository(tmp_path / "documented")
    repository.dvc("init")
    remote = f"{place.hub.url}/dvc/{place.world.samples.projects[PRIVATE]}"
    script = block.replace("https://hub.example.org/dvc/42", remote)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=repository.folder,
        env={**repository._env(), "GITLAB_TOKEN": "glpat-demo-dan"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "glpat" not in (repository.folder / ".dvc" / "config").read_text()
    assert json.dumps("glpat-demo-dan")[1:-1] in (repository.folder / ".dvc" / "config.local").read_text()
    repository.write("documented.txt", b"documented")
    repository.dvc("add documented.txt", "push")
    digest = hashlib.md5(b"documented").hexdigest()
    assert f"files/md5/{digest[:2]}/{digest[2:]}" in place.of(PRIVATE)
