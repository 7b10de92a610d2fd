"""Proves where the settings put the objects, and that a place that cannot be used is told at start."""

import sys
from pathlib import Path
from typing import Any

import pytest

from sharinghub_ext.config import Settings, SettingsError
from sharinghub_ext.dvc.building import object_place, open_objects
from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from sharinghub_ext.dvc.s3.address import S3Address, parse_address
from stac_ext.clock import SystemClock
from tests.sharinghub_ext.dvc.conftest import PUBLIC, Remote, key_of
from tests.support.running import RunningHub, SampleWorld

NO_S3 = [
    "s3://",
    "s3:///prefix",
    "s3://no",
    "s3://user:password@bucket",
    "s3://bucket:443",
    "s3://bucket/../other",
    "s3://bucket/a%2Fb",
    "s3://bucket#part",
    "s3://bucket?secret_access_key=x",
    "s3://bucket?endpoint=host",
    "s3://bucket?endpoint=https://user:password@host",
    "s3://bucket?region=a/b",
]


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
    assert object_place(settings(**values)) == Path(folder)


@pytest.mark.parametrize(
    ("url", "environment", "address"),
    [
        ("s3://bucket", {}, S3Address("bucket")),
        ("s3://bucket/", {}, S3Address("bucket")),
        ("s3://bucket//a/b%20c/", {}, S3Address("bucket", "a/b c/")),
        (
            "s3://bucket/a?endpoint=https://s3.example.org:9000&region=eu-west-1",
            {"AWS_ENDPOINT_URL_S3": "https://other", "AWS_REGION": "other"},
            S3Address("bucket", "a/", "https://s3.example.org:9000", "eu-west-1"),
        ),
        (
            "s3://bucket",
            {"AWS_ENDPOINT_URL": "https://all", "AWS_ENDPOINT_URL_S3": "https://s3", "AWS_DEFAULT_REGION": "r-1"},
            S3Address("bucket", "", "https://s3", "r-1"),
        ),
    ],
)
def test_which_bucket_is_meant(url: str, environment: dict[str, str], address: S3Address) -> None:
    assert parse_address(url, environment) == address


@pytest.mark.parametrize("url", NO_S3)
def test_what_is_wrong_with_an_address_is_told_without_its_text(url: str) -> None:
    with pytest.raises(SettingsError) as told:
        object_place(settings(store_url=url))
    assert "password@" not in str(told.value)


def test_a_hub_without_the_library_of_s3_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sharinghub_ext.dvc.s3.store", None)
    with pytest.raises(SettingsError, match="pip install"):
        open_objects(settings(store_url="s3://bucket"), SystemClock())


def test_postgresql_alone_names_no_place() -> None:
    assert open_objects(settings(database_url="postgresql+psycopg://u:p@host/db"), SystemClock()) is None


@pytest.mark.parametrize("url", ["", "/srv/objects", "file:///", "file://", "file://host/srv", "ftp://host/a", *NO_S3])
def test_another_place_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SHARINGHUB_STORE_URL"):
        object_place(settings(store_url=url))


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="SHARINGHUB_STORE_URL"):
        open_objects(settings(store_url=f"file://{tmp_path}/file/objects"), SystemClock())


async def test_data_in_the_layout_of_sharinghub_is_used_in_place(tmp_path: Path) -> None:
    key = ObjectKey("0" * 32, legacy=True)
    (tmp_path / "42" / "00").mkdir(parents=True)
    (tmp_path / "42" / key.text).write_bytes(b"old")
    store = open_objects(settings(store_url=f"file://{tmp_path}"), SystemClock())
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
