"""Proves where the settings put the objects, and that a place that cannot be used is told at start."""

from pathlib import Path
from typing import Any

import pytest

from sharinghub_ext.config import Settings, SettingsError
from sharinghub_ext.dvc.building import object_folder, open_objects
from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from tests.sharinghub_ext.dvc.conftest import PUBLIC, Remote, key_of
from tests.support.running import RunningHub, SampleWorld


def settings(**values: Any) -> Settings:
    return Settings(gitlab_url="https://gitlab.example.org", **values)


@pytest.mark.parametrize(
    ("values", "folder"),
    [
        ({}, "data/objects"),
        ({"database_url": "sqlite:////var/lib/hub/index.db"}, "/var/lib/hub/objects"),
        ({"database_url": "sqlite:///index.db"}, "objects"),
        ({"store_url": "file:///srv/objects"}, "/srv/objects"),
        ({"store_url": "file://localhost/srv/my%20objects/"}, "/srv/my objects"),
        ({"store_url": "file:///srv/o", "database_url": "postgresql+psycopg://u:p@host/db"}, "/srv/o"),
    ],
)
def test_where_the_objects_are(values: dict[str, str], folder: str) -> None:
    assert object_folder(settings(**values)) == Path(folder)


def test_postgresql_alone_names_no_place() -> None:
    assert open_objects(settings(database_url="postgresql+psycopg://u:p@host/db")) is None


@pytest.mark.parametrize("url", ["", "/srv/objects", "file:///", "file://", "file://host/srv", "s3://bucket"])
def test_another_place_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SHARINGHUB_STORE_URL"):
        object_folder(settings(store_url=url))


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="SHARINGHUB_STORE_URL"):
        open_objects(settings(store_url=f"file://{tmp_path}/file/objects"))


async def test_data_in_the_layout_of_sharinghub_is_used_in_place(tmp_path: Path) -> None:
    key = ObjectKey("0" * 32, legacy=True)
    (tmp_path / "42" / "00").mkdir(parents=True)
    (tmp_path / "42" / key.text).write_bytes(b"old")
    store = open_objects(settings(store_url=f"file://{tmp_path}"))
    assert store is not None
    found = await store.stat(ObjectName(42, key))
    assert found is not None
    assert found.size == 3


def test_sizes_are_read_as_people_write_them() -> None:
    assert settings(dvc_object_limit="50GiB").dvc_object_limit == 50 * 2**30
    assert settings(dvc_project_quota=1000).dvc_project_quota == 1000
    with pytest.raises(ValueError, match="dvc_object_limit"):
        settings(dvc_object_limit="-1")


def test_a_public_address_with_a_path_is_in_every_link(tmp_path: Path) -> None:
    with SampleWorld(tmp_path) as world:
        public = world.settings(public_url="https://hub.example.org/catalogue")
        with RunningHub(public) as hub:
            content = b'[{"md5": "%s", "relpath": "a.csv"}]' % (b"0" * 32)
            key, number = key_of(content, directory=True).text, world.samples.projects[PUBLIC]
            headers = {"PRIVATE-TOKEN": "glpat-demo-maya"}
            assert hub.http.put(f"/catalogue/dvc/{number}/{key}", content=content, headers=headers).status_code == 201
            page = hub.http.get(f"/dvc/{number}/{key}?limit=1", headers=headers).json()
    base = f"https://hub.example.org/catalogue/dvc/{number}"
    assert page["files"][0]["href"] == f"{base}/files/md5/00/{'0' * 30}"
    assert page["links"][0]["href"].startswith(f"{base}/{key}?")


def test_a_store_that_fails_is_503_until_it_is_back(remote: Remote) -> None:
    parts = remote.folder / ".parts"
    parts.rename(remote.folder / ".away")
    answer = remote.put(PUBLIC, b"meanwhile", "maya")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert str(remote.folder) not in answer.text
    (remote.folder / ".away").rename(parts)
    assert remote.put(PUBLIC, b"meanwhile", "maya").status_code == 201
