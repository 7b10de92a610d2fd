"""Proves that the sample world is what it claims: real formats, readable cards, and rights as GitLab would decide."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import onnx
import pytest
import yaml
from safetensors.numpy import load as load_safetensors

from gitlab_hooks.standin import samples
from gitlab_hooks.standin.samples import (
    ADMIN_BY_MEMBERSHIP,
    ADMIN_BY_RULES,
    AIMODEL,
    ANONYMOUS,
    DATASET,
    EXPECTED_CODE_ACCESS,
    PROJECTS,
)
from gitlab_hooks.standin.samples.people import API_TOKEN_OF_ROOT, INVITATIONS, MEMBERS, PEOPLE
from gitlab_hooks.standin.samples.projects import files_of
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World

ROOT = Path(samples.__file__).parent
BY_SLUG = {sample.slug: sample for sample in PROJECTS}
TAGGED = {sample.path for sample in PROJECTS if sample.tagged}
FILES = {
    f"{sample.slug}/{path}": data
    for sample in PROJECTS
    if not sample.empty
    for path, data in files_of(sample.slug).items()
}


def _ending(*suffixes: str) -> list[str]:
    return sorted(name for name in FILES if name.endswith(suffixes))


def _front_matter(slug: str) -> str:
    return FILES[f"{slug}/README.md"].decode().split("---\n")[1]


# The tables


def test_there_is_enough_to_look_at() -> None:
    assert len(TAGGED) >= 16
    assert len(PEOPLE) >= 8
    assert len({sample.path for sample in PROJECTS}) == len(BY_SLUG) == len(PROJECTS)


def test_every_kind_comes_in_every_visibility() -> None:
    for topic in (AIMODEL, DATASET):
        assert {sample.visibility for sample in PROJECTS if topic in sample.topics} == {"public", "internal", "private"}


def test_edge_cases_are_there() -> None:
    assert BY_SLUG["canopy-height"].topics[:2] == (AIMODEL, DATASET)
    assert [sample.slug for sample in PROJECTS if not sample.tagged] == ["lab-handbook"]
    assert [sample.slug for sample in PROJECTS if sample.empty] == ["methane-plume-detector"]
    assert [sample.slug for sample in PROJECTS if sample.archived] == ["land-cover-2019-legacy"]
    assert [sample.slug for sample in PROJECTS if sample.repository == "private"] == ["embargoed-field-campaign"]
    assert [sample.slug for sample in PROJECTS if sample.versions] == ["flood-segmentation-unet"]
    assert "wave-height-emulator/README.md" not in FILES
    assert "<script>" in FILES["urban-heat-island/README.md"].decode()
    assert len([name for name in FILES if name.startswith("sentinel2-chips/")]) > 120
    assert any(" " in name and not name.isascii() for name in FILES)
    assert any(member.expires_at for member in MEMBERS)
    assert {invitation.where for invitation in INVITATIONS} == {"crisis/burned-area-mapping", "ocean"}


def test_every_folder_of_files_belongs_to_a_project() -> None:
    folders = {folder.name for folder in (ROOT / "files").iterdir()}
    assert folders == {sample.slug for sample in PROJECTS if not sample.empty}


def test_the_samples_stay_small() -> None:
    assert sum(file.stat().st_size for file in ROOT.rglob("*") if file.is_file() and file.suffix != ".pyc") < 400_000


# The files


def test_onnx_models_pass_the_checker() -> None:
    names = _ending(".onnx")
    assert names
    for name in names:
        onnx.checker.check_model(onnx.load_from_string(FILES[name]), full_check=True)


def test_safetensors_load() -> None:
    names = _ending(".safetensors")
    assert len(names) >= 2
    for name in names:
        assert load_safetensors(FILES[name])


@pytest.mark.parametrize(
    ("suffix", "magic", "at_least"),
    [
        (".png", b"\x89PNG\r\n\x1a\n", 3),
        (".tif", b"II*\x00", 4),
        (".joblib", b"x", 1),  # zlib: joblib with compression
        (".pkl", b"\x80\x05", 2),  # pickle protocol 5
    ],
)
def test_binaries_begin_as_their_format_does(suffix: str, magic: bytes, at_least: int) -> None:
    names = _ending(suffix)
    assert len(names) >= at_least
    assert [name for name in names if not FILES[name].startswith(magic)] == []


def test_text_formats_parse() -> None:
    for name in _ending(".json", ".ipynb"):
        json.loads(FILES[name])
    for name in _ending(".yaml", "MLmodel", ".dvc"):
        assert isinstance(yaml.safe_load(FILES[name]), dict), name
    for name in _ending(".geojson"):
        assert json.loads(FILES[name])["type"] in ("Feature", "FeatureCollection")
    for name in _ending(".csv"):
        widths = {line.count(",") for line in FILES[name].decode().splitlines()}
        assert len(widths) == 1, name


def test_mlmodel_names_files_that_exist() -> None:
    model = yaml.safe_load(FILES["sea-ice-concentration/model/MLmodel"])
    assert f"sea-ice-concentration/model/{model['flavors']['sklearn']['pickled_model']}" in FILES
    assert model["model_size_bytes"] == len(FILES["sea-ice-concentration/model/model.pkl"])


def test_licences_begin_with_their_own_text() -> None:
    heads = {name: FILES[name].decode().split("\n", 1)[0].strip() for name in _ending("/LICENSE")}
    assert set(heads.values()) == {"MIT License", "Apache License", "Attribution 4.0 International"}


@pytest.mark.parametrize("slug", sorted(BY_SLUG))
def test_front_matter_is_yaml_where_it_should_be(slug: str) -> None:
    card = FILES.get(f"{slug}/README.md", b"").decode()
    if not card.startswith("---\n"):
        assert slug in ("methane-plume-detector", "wave-height-emulator", "lab-handbook")
    elif slug == "soil-moisture-lstm":
        with pytest.raises(yaml.YAMLError):
            yaml.safe_load(_front_matter(slug))
    elif slug == "super-resolution-sen2":
        assert yaml.safe_load(_front_matter(slug)) is None
    else:
        assert isinstance(yaml.safe_load(_front_matter(slug)), dict)


def test_the_complete_card_has_a_full_ml_model_block() -> None:
    card = yaml.safe_load(_front_matter("flood-segmentation-unet"))
    assert {"title", "preview", "license", "extent", "providers", "links", "related", "assets"} <= set(card)
    assert {"type", "learning_approach", "prediction_type", "architecture"} <= set(card["ml-model"])
    assert card["related"]["dataset"] in TAGGED


def test_one_extent_is_wkt() -> None:
    card = yaml.safe_load(_front_matter("sea-surface-temperature-med"))
    assert card["extent"]["spatial"].startswith("POLYGON ((")


def test_dvc_pointer_leads_to_every_object() -> None:
    objects = samples.dvc_objects("sentinel1-vessels")
    (out,) = yaml.safe_load(FILES["sentinel1-vessels/data.dvc"])["outs"]
    assert out["hash"] == "md5"
    listing = json.loads(objects.pop(_key(out["md5"])))
    assert len(listing) == out["nfiles"]
    assert out["size"] == sum(len(objects[_key(entry["md5"])]) for entry in listing)
    assert set(objects) == {_key(entry["md5"]) for entry in listing}
    for key, data in objects.items():
        assert key == _key(hashlib.md5(data, usedforsecurity=False).hexdigest())
    assert samples.dvc_objects("cloud-mask-onnx") == {}


def _key(md5: str) -> str:
    return f"files/md5/{md5[:2]}/{md5[2:]}"


# The world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repositories")


def test_populate_adds_every_row(world: World) -> None:
    answer = samples.populate(world, hub_url="https://hub.example.org/")
    assert list(answer.projects) == [sample.path for sample in PROJECTS]
    assert set(answer.tokens) == {person.username for person in PEOPLE}
    assert world.tokens[answer.service_token].user.username == "sharinghub-bot"
    writing = {value for value, token in world.tokens.items() if token.scopes != ("read_api",)}
    assert writing == {answer.api_token, API_TOKEN_OF_ROOT}
    for sample in PROJECTS:
        project = world.projects[answer.projects[sample.path]]
        assert project.full_path == sample.path
        assert project.repository.empty == sample.empty
        assert project.archived == sample.archived
    flood = world.projects[answer.projects["earth/models/flood-segmentation-unet"]]
    assert list(flood.releases) == ["v1.0.0", "v1.1.0"]
    assert flood.releases["v1.0.0"].sha != flood.releases["v1.1.0"].sha


def test_the_dvc_remote_names_the_project(world: World) -> None:
    answer = samples.populate(world, hub_url="https://hub.example.org/")
    identity = answer.projects["earth/datasets/sentinel1-vessels"]
    config = world.projects[identity].repository.git("show", "main:.dvc/config").decode()
    assert f"url = https://hub.example.org/dvc/{identity}\n" in config


def test_no_project_is_more_open_than_its_group(world: World) -> None:
    samples.populate(world)
    order = ("private", "internal", "public")
    for project in world.projects.values():
        if project.group:
            openness = order.index(project.visibility)
            assert all(openness <= order.index(group.visibility) for group in project.group.lineage()), project.path


# Who may download the code


def test_expected_access_speaks_of_everybody_and_of_tagged_projects_only() -> None:
    assert set(EXPECTED_CODE_ACCESS) == {person.username for person in PEOPLE} | {ANONYMOUS}
    assert frozenset().union(*EXPECTED_CODE_ACCESS.values()) == TAGGED
    assert EXPECTED_CODE_ACCESS["root"] == ADMIN_BY_RULES == TAGGED
    assert EXPECTED_CODE_ACCESS["olga"] < ADMIN_BY_MEMBERSHIP < ADMIN_BY_RULES
    assert EXPECTED_CODE_ACCESS["sharinghub-bot"] == TAGGED, "the service account must be able to catalogue all"


def test_expected_access_is_what_the_roles_give(world: World) -> None:
    """Without HTTP, hence without boris: a blocked account fails at its token, not at its roles."""
    answer = samples.populate(world)
    for who, expected in EXPECTED_CODE_ACCESS.items():
        if who != "boris":
            reader = world.reader(world.user_named(who))
            answered = {path for path in TAGGED if reader.on(world.projects[answer.projects[path]]).download_code}
            assert answered == expected, who


QUERY = "query($path: ID!) { project(fullPath: $path) { userPermissions { downloadCode } } }"


@pytest.fixture
def gitlab(world: World) -> Iterator[tuple[httpx.Client, samples.Samples]]:
    answer = samples.populate(world)
    with StandIn(world) as standin, httpx.Client(base_url=standin.url) as client:
        yield client, answer


def _may_download(client: httpx.Client, path: str, token: str | None) -> bool:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = client.post("/api/graphql", json={"query": QUERY, "variables": {"path": path}}, headers=headers)
    if response.status_code in (401, 403):
        return False
    body = response.raise_for_status().json()
    assert "errors" not in body, body
    project = body["data"]["project"]
    return bool(project and project["userPermissions"]["downloadCode"])


def test_expected_access_is_what_gitlab_answers(gitlab: tuple[httpx.Client, samples.Samples]) -> None:
    client, answer = gitlab
    answered = {
        who: frozenset(path for path in TAGGED if _may_download(client, path, answer.tokens.get(who)))
        for who in EXPECTED_CODE_ACCESS
    }
    assert answered == EXPECTED_CODE_ACCESS


def test_expected_access_by_the_repository_tree(gitlab: tuple[httpx.Client, samples.Samples]) -> None:
    """The same table once more over REST; an empty repository has no tree and is left out."""
    client, answer = gitlab
    paths = TAGGED - {"earth/models/methane-plume-detector"}
    for who, expected in EXPECTED_CODE_ACCESS.items():
        headers = {"PRIVATE-TOKEN": answer.tokens[who]} if who != ANONYMOUS else {}
        answered = {
            path: client.get(f"/api/v4/projects/{answer.projects[path]}/repository/tree", headers=headers).status_code
            for path in paths
        }
        assert {path for path, status in answered.items() if status == 200} == expected & paths, who
        assert set(answered.values()) <= {200, 401, 403, 404}
