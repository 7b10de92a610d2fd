"""Proves that `sharinghub pull` brings the bytes that an item names, checked and whole, for whom may have them."""

import hashlib
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sharinghub_ext.pull.errors import PullError
from sharinghub_ext.pull.hub import Hub
from tests.docs.generate import DOCS
from tests.sharinghub_ext.pull.conftest import (
    COMMAND,
    LFS,
    PROJECT,
    WEIGHTS,
    Scene,
    files_in,
    key,
    md5,
    tiles,
    told,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("pull")  # its world takes seconds


@pytest.fixture(autouse=True)
def quiet(scene: Scene) -> None:
    scene.world.gitlab.faults.clear()
    scene.world.gitlab.reset_calls()


def part_of(place: Path, address: str) -> Path:
    """Where a file of an address lies until it is whole."""
    return place.with_name(f"{place.name}.{hashlib.sha256(address.encode()).hexdigest()[:12]}.sharinghub-part")


def expected(tag: str) -> dict[str, bytes]:
    data = {f"tiles/{name}": data for name, data in tiles(tag).items()}
    return {"model/weights.bin": WEIGHTS[tag], **data, "weights/large.safetensors": LFS}


def test_files_lfs_packages_and_dvc_data_arrive_with_their_bytes(scene: Scene, tmp_path: Path) -> None:
    done = scene.pull(tmp_path, PROJECT)
    assert done.returncode == 0, done.stderr
    found = files_in(tmp_path)
    assert expected("v2").items() <= found.items()
    assert found["packages/generic/w/1.0/w.bin"] == b"packaged"
    assert b"Ships v2" in found["README.md"]
    manifest = told(tmp_path)
    assert (manifest["hub"], manifest["item"]) == (scene.hub.url, str(scene.number))
    assert manifest["files"].keys() == found.keys()
    for path, one in manifest["files"].items():
        assert (one["size"], one["sha256"]) == (len(found[path]), hashlib.sha256(found[path]).hexdigest())


@pytest.mark.parametrize("how", ["release", "address", "tag", "commit"])
def test_an_old_version_is_the_bytes_of_then(scene: Scene, tmp_path: Path, how: str) -> None:
    """A push of v2 never touches v1."""
    ships = scene.world.world.project_at(PROJECT)
    assert ships is not None
    item = {
        "release": f"{PROJECT}@v1",
        "address": f"{scene.hub.url}/stac/collections/ai-model/items/{scene.number}@v1",
        "tag": f"{scene.number}@v1",
        "commit": f"{scene.number}@{ships.repository.resolve('v1')}",
    }[how]
    done = scene.pull(tmp_path, item)
    assert done.returncode == 0, done.stderr
    assert expected("v1").items() <= files_in(tmp_path).items()


def test_only_what_fits_comes(scene: Scene, tmp_path: Path) -> None:
    assert scene.pull(tmp_path, PROJECT, "--path", "tiles/**").returncode == 0
    assert files_in(tmp_path) == {f"tiles/{name}": data for name, data in tiles("v2").items()}
    assert scene.pull(tmp_path, PROJECT, "--path", "/README.md").returncode == 0
    assert set(told(tmp_path)["files"]) == set(files_in(tmp_path))  # of both pulls
    none = scene.pull(tmp_path, PROJECT, "--path", "nothing")
    assert (none.returncode, "fits --path" in none.stderr) == (1, True)


@pytest.mark.parametrize(("person", "code"), [("exa", 0), ("maya", 0), ("olga", 1), (None, 1)])
def test_who_may_not_read_gets_nothing(scene: Scene, tmp_path: Path, person: str | None, code: int) -> None:
    done = scene.pull(tmp_path, PROJECT, "--path", "tiles/**", person=person)
    assert done.returncode == code
    assert bool(files_in(tmp_path)) == (code == 0)
    if code:
        assert "may you read it?" in done.stderr


def test_a_job_pulls_with_its_own_token_and_a_refused_token_says_so(scene: Scene, tmp_path: Path) -> None:
    world = scene.world.world
    ships, maya = world.project_at(PROJECT), world.user_named("maya")
    assert ships is not None
    assert maya is not None
    job = world.add_job(ships, maya).token.value
    assert scene.pull(tmp_path / "job", PROJECT, person=None, CI_JOB_TOKEN=job).returncode == 0
    refused = scene.pull(tmp_path / "none", PROJECT, person=None, GITLAB_TOKEN="glpat-no-such")
    assert (refused.returncode, "401" in refused.stderr) == (1, True)
    assert scene.pull(tmp_path / "public", "sea/waves", person=None).returncode == 0


def test_what_is_here_is_not_fetched_again_and_what_was_changed_is_mended(scene: Scene, tmp_path: Path) -> None:
    assert scene.pull(tmp_path, PROJECT).returncode == 0
    before = files_in(tmp_path)
    scene.world.gitlab.reset_calls()
    again = scene.pull(tmp_path, PROJECT)
    assert f"{len(before)} were here already" in again.stdout
    assert not [path for _, path, _ in scene.world.gitlab.calls if "/raw" in path or "/packages/generic" in path]
    (tmp_path / "weights/large.safetensors").write_bytes(b"damaged")
    assert scene.pull(tmp_path, PROJECT).returncode == 0
    assert files_in(tmp_path) == before


def test_what_somebody_else_put_there_stays(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/large.safetensors").write_bytes(b"mine")
    done = scene.pull(tmp_path, PROJECT)
    assert (done.returncode, "--force" in done.stderr) == (2, True)
    assert (tmp_path / "weights/large.safetensors").read_bytes() == b"mine"
    assert (tmp_path / "model/weights.bin").read_bytes() == WEIGHTS["v2"]  # the others came
    assert scene.pull(tmp_path, PROJECT, "--force").returncode == 0
    assert (tmp_path / "weights/large.safetensors").read_bytes() == LFS


def test_a_pull_that_was_killed_goes_on_where_it_was(scene: Scene, tmp_path: Path) -> None:
    scene.world.gitlab.faults.add(r"large\.safetensors/raw", hangs=True, times=None)
    command = [*COMMAND, PROJECT, "--to", str(tmp_path)]
    parts = lambda: list((tmp_path / "weights").glob("large.safetensors.*.sharinghub-part"))  # noqa: E731
    with subprocess.Popen(command, env=scene.environment("exa"), stderr=subprocess.DEVNULL) as running:
        wait_until(lambda: (tmp_path / "model/weights.bin").exists() and parts(), "the others are there")
        running.send_signal(signal.SIGKILL)
    assert not (tmp_path / "weights/large.safetensors").exists()
    parts()[0].write_bytes(LFS[:30_000])
    scene.world.gitlab.faults.clear()
    done = scene.pull(tmp_path, PROJECT)
    assert done.returncode == 0, done.stderr
    assert expected("v2").items() <= files_in(tmp_path).items()
    assert not list(tmp_path.rglob("*.sharinghub-part"))


def test_bytes_that_are_not_right_are_never_shown(scene: Scene, tmp_path: Path) -> None:
    """A part that holds other bytes is fetched anew."""
    (tmp_path / "model").mkdir()
    address = f"/dvc/{scene.number}/{key(md5(WEIGHTS['v2']))}"
    part_of(tmp_path / "model/weights.bin", address).write_bytes(b"other bytes")
    assert scene.pull(tmp_path, PROJECT, "--path", "weights.bin").returncode == 0
    assert files_in(tmp_path) == {"model/weights.bin": WEIGHTS["v2"]}


@pytest.mark.parametrize("revisions", [("v1", "v2"), ("v1", None), ("main", "v1"), ("v2", "v1")])
def test_another_revision_into_the_same_folder_brings_its_own_bytes(
    scene: Scene, tmp_path: Path, revisions: tuple[str, str | None]
) -> None:
    """A file without a checksum was kept as "here already" if it was as an earlier pull had brought it."""
    for revision in revisions:
        done = scene.pull(tmp_path, f"{PROJECT}@{revision}" if revision else PROJECT)
        assert done.returncode == 0, done.stderr
        tag = revision if revision in ("v1", "v2") else "v2"
        assert f"Ships {tag}".encode() in files_in(tmp_path)["README.md"]
        assert expected(str(tag)).items() <= files_in(tmp_path).items()


def test_a_part_of_one_revision_is_not_ended_with_the_bytes_of_another(scene: Scene, tmp_path: Path) -> None:
    """The part of v1 was as long as a part of v2 may be, and nothing tells the checksum of a file of the repository."""
    ships = scene.world.world.project_at(PROJECT)
    assert ships is not None
    place = tmp_path / "README.md"
    for revision in ("v1", ships.repository.resolve("v1")):
        part_of(place, f"/assets/{scene.number}/{revision}/README.md").write_bytes(b"of another time")
    for old in ("v2", "main"):
        assert scene.pull(tmp_path, f"{PROJECT}@{old}", "--path", "/README.md").returncode == 0
        assert place.read_bytes().startswith(b"---")
        assert b"of another time" not in place.read_bytes()
    assert not list(tmp_path.glob("*.sharinghub-part"))


def test_a_part_that_is_whole_is_taken_though_its_size_is_not_known(scene: Scene, tmp_path: Path) -> None:
    """A range behind the last byte is 416: a pull that was killed before it renamed the file never got it again."""
    data = tiles("v2")["deep/b c.bin"]
    place = tmp_path / "tiles/deep/b c.bin"
    place.parent.mkdir(parents=True)
    part_of(place, f"/dvc/{scene.number}/{key(md5(data))}").write_bytes(data)
    done = scene.pull(tmp_path, PROJECT, "--path", "tiles/**")
    assert done.returncode == 0, done.stderr
    assert place.read_bytes() == data
    other = tiles("v2")["a.bin"]
    place = tmp_path / "tiles/a.bin"
    place.unlink()
    part_of(place, f"/dvc/{scene.number}/{key(md5(other))}").write_bytes(b"X" * len(other))
    assert scene.pull(tmp_path, PROJECT, "--path", "tiles/**").returncode == 0
    assert place.read_bytes() == other


def test_a_small_file_that_breaks_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest of a folder that broke off ended the pull with a traceback."""

    def broken() -> Iterator[bytes]:
        yield b"["
        raise httpx.ReadError("gone")

    with Hub("https://hub.example.org", None, 1) as hub:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, content=broken()))
        monkeypatch.setattr(hub, "_http", httpx.Client(transport=transport))
        with pytest.raises(PullError, match="breaks off") as told_of:
            hub.read("/dvc/1/x", 100)
    assert told_of.value.code == 3


def test_an_object_that_is_not_in_the_store_is_told_and_the_others_come(scene: Scene, tmp_path: Path) -> None:
    gone = scene.world.folder / "objects" / str(scene.number) / key(md5(tiles("v2")["a.bin"]))
    data = gone.read_bytes()
    gone.unlink()
    try:
        done = scene.pull(tmp_path, PROJECT)
        assert done.returncode == 1
        assert "404" in done.stderr
        assert "tiles/a.bin" not in files_in(tmp_path)
        assert (tmp_path / "tiles/deep/b c.bin").exists()
    finally:
        gone.write_bytes(data)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no project"], "is no project"),
        (["https://elsewhere.example/x"], "not that of an item"),
        ([f"{PROJECT}@"], "no branch"),
        ([PROJECT, "--path", "../x"], "--path"),
    ],
)
def test_what_cannot_be_meant_is_said(scene: Scene, tmp_path: Path, arguments: list[str], says: str) -> None:
    done = scene.pull(tmp_path, *arguments)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_a_revision_that_is_not_there_is_said(scene: Scene, tmp_path: Path) -> None:
    done = scene.pull(tmp_path, f"{PROJECT}@no-such-branch")
    assert done.returncode == 1
    assert files_in(tmp_path) == {}


def test_a_hub_that_does_not_answer_is_another_exit_code(scene: Scene, tmp_path: Path) -> None:
    done = scene.pull(tmp_path, PROJECT, "--hub", "http://127.0.0.1:9", person=None)
    assert done.returncode == 3


def test_the_lines_of_the_page_do_what_it_says(scene: Scene, tmp_path: Path) -> None:
    found = re.search(r'```sh title="pull"\n(.*?)```', (DOCS / "dvc.md").read_text(), re.DOTALL)
    assert found is not None
    lines = found[1].replace("https://hub.example.org", scene.hub.url).replace("sharinghub pull", shlex.join(COMMAND))
    subprocess.run(["bash", "-euc", lines], cwd=tmp_path, env=scene.environment("exa"), check=True, timeout=120)
    for folder, tag in (("ships", "v2"), ("ships-v1", "v1")):
        assert expected(tag).items() <= files_in(tmp_path / folder).items()
    assert sorted(files_in(tmp_path / "weights")) == ["model/weights.bin", "model/weights.bin.dvc"]
