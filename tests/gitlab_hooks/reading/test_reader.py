"""Proves what is read of a project, with how many calls, and that nothing that changes goes unnoticed."""

import hashlib
from collections.abc import Callable

import pytest

from gitlab_hooks.reading import ProjectReader, Read, Unchanged
from stac_ext.model import FileText, OmittedFacet
from tests.gitlab_hooks.conftest import Registry
from tests.gitlab_hooks.reading.asking import facts, fingerprint, ignore, read

GRAPHQL = "POST /api/graphql"


# What is read


def test_everything_beside_the_files_is_read(full: Registry) -> None:
    found = facts(full)
    head = full.world.head(full.project)
    assert found.head_sha == head
    (release,) = found.releases
    assert (release.tag, release.name, release.description, release.sha) == ("v1.0.0", "One", "First", head)
    assert {(link.name, link.kind) for link in release.links} == {("Report", "other"), ("Weights", "package")}
    urls = {link.name: link.url for link in release.links}
    assert urls["Report"] == "https://reports.example.org/1"
    assert urls["Weights"] == f"{full.gitlab.url}/earth/flood/-/releases/v1.0.0/downloads/weights"
    assert {(one.name, one.version, one.kind) for one in found.packages} == {
        ("flood", "1.0.0", "generic"),
        ("flood-tools", "0.1", "pypi"),
        ("flood", "1.0.0", "ml_model"),
    }
    generic = next(one for one in found.packages if one.kind == "generic")
    assert [(file.name, file.size, file.sha256, file.md5) for file in generic.files] == [
        ("a.bin", 10, hashlib.sha256(b"a" * 10).hexdigest(), hashlib.md5(b"a" * 10).hexdigest()),
        ("b.bin", 1, hashlib.sha256(b"b").hexdigest(), hashlib.md5(b"b").hexdigest()),
    ]
    (image,) = found.images
    assert image.location.endswith("/earth/flood/server")
    assert [tag.name for tag in image.tags] == ["1.0", "latest"]
    assert all(tag.digest and tag.digest.startswith("sha256:") for tag in image.tags)
    (model,) = found.models
    assert (model.model, model.version, model.description) == ("flood", "1.0.0", "d")
    assert model.parameters == (("lr", "0.1"),)
    assert model.metrics == (("iou", 0.8),)
    assert model.package is not None
    assert [file.name for file in model.package.files] == ["MLmodel"]
    assert found.omitted == ()


def test_files_have_sizes_and_those_in_lfs_their_content_s(full: Registry) -> None:
    files = {file.path: file for file in facts(full).files}
    content = b"onnx" * 100_000
    assert files["model.onnx"].size == len(content)
    assert files["model.onnx"].lfs_sha256 == hashlib.sha256(content).hexdigest()
    assert files["README.md"].size == 8
    assert files["README.md"].lfs_sha256 is None


def test_texts_are_the_files_to_the_byte(registry: Registry) -> None:
    odd = {"sub/latin.dvc": "# é\n".encode("latin-1"), "bom.dvc": b"\xef\xbb\xbfouts: []\n", "crlf.dvc": b"a: 1\r\n"}
    registry.world.commit(registry.project, odd)
    texts = facts(registry).texts
    assert {path: texts[path] for path in odd} == {path: FileText(data) for path, data in odd.items()}
    assert texts["CITATION.cff"] == FileText(b"cff-version: 1.2.0\n")
    assert "README.md" not in texts
    assert "plots.csv" not in texts


def test_the_head_of_a_large_file_comes_from_lfs(full: Registry) -> None:
    ends = facts(full).ends["model.onnx"]
    assert ends.head == b"onnx" * 100_000
    assert ends.whole
    assert ends.size == 400_000


def test_an_empty_repository_has_facets_too(registry: Registry) -> None:
    empty = registry.world.add_project("earth/empty", visibility="public", topics=("sharinghub:aimodel",))
    registry.world.add_package(empty, "late", "1", {"x": b"x"})
    found = registry.reader.read(empty.id, None, None, ignore)
    assert isinstance(found, Read)
    assert found.facts.head_sha is None
    assert [one.name for one in found.facts.packages] == ["late"]


def test_without_a_token_the_same_is_read_of_a_public_project(full: Registry) -> None:
    reader = ProjectReader(full.another_client(None), ("sharinghub:aimodel",), "salt", full.clock)
    named, anonymous = facts(full), facts(full, reader)
    for part in ("files", "texts", "ends", "releases", "packages", "images", "models"):
        assert getattr(anonymous, part) == getattr(named, part), part


# How many calls


def test_a_small_project_costs_five_calls_and_each_package_one_more(registry: Registry) -> None:
    facts(registry)
    base = f"/api/v4/projects/{registry.project.id}"
    assert registry.rest == [
        f"GET {base}",
        GRAPHQL,  # what may have changed
        f"GET {base}/repository/tree",
        f"GET {base}/repository/files/.gitattributes/raw",
        GRAPHQL,  # sizes
        f"GET {base}/repository/files/README.md/raw",
        GRAPHQL,  # texts
    ]
    registry.world.add_package(registry.project, "p", "1", {"x": b"x"})
    registry.gitlab.reset_calls()
    facts(registry)
    assert registry.rest == [
        f"GET {base}",
        GRAPHQL,
        f"GET {base}/packages/1/package_files",
        f"GET {base}/repository/tree",
    ]


def test_an_unchanged_project_costs_one_call_in_a_sweep_and_one_for_its_tags(full: Registry) -> None:
    known = fingerprint(full)
    (listed,) = full.client.tagged_projects("sharinghub:aimodel")
    full.gitlab.reset_calls()
    assert full.reader.read(full.project.id, known, listed, ignore) == Unchanged()
    tags = f"GET /api/v4/projects/{full.project.id}/repository/tags"  # as the project has a release
    assert full.rest == [GRAPHQL, tags]
    full.gitlab.reset_calls()
    restarted = ProjectReader(full.another_client(), ("sharinghub:aimodel",), "salt", full.clock)
    assert restarted.read(full.project.id, known, listed, ignore) == Unchanged()
    assert full.rest == [GRAPHQL, tags, GRAPHQL]  # the ids of images, then their tags


def test_a_hundred_pointers_cost_two_calls(registry: Registry) -> None:
    registry.world.commit(registry.project, {f"d/{n}.dvc": b"outs: []\n# %d\n" % n for n in range(100)})
    found = facts(registry)
    assert len(found.texts) == 103
    assert registry.rest.count(GRAPHQL) == 1 + 2 + 2
    assert len([call for call in registry.rest if call.endswith("/raw")]) == 2


def test_a_push_costs_what_it_changed(full: Registry) -> None:
    facts(full)
    full.world.commit(full.project, {"b.dvc": b"outs: [1]\n"})
    full.gitlab.reset_calls()
    assert facts(full).texts["b.dvc"] == FileText(b"outs: [1]\n")
    assert [call for call in full.rest if call.endswith("/raw")] == []


# What changes the fingerprint


CHANGES: dict[str, Callable[[Registry], object]] = {
    "a commit": lambda r: r.world.commit(r.project, {"x": b"x"}),
    "a release": lambda r: r.world.add_release(r.project, "v2"),
    "a release's notes": lambda r: r.world.update_release(r.project, "v1.0.0", description="Other"),
    "a release that has gone": lambda r: r.world.remove_release(r.project, "v1.0.0"),
    "a link": lambda r: r.world.add_release_link(r.project, "v1.0.0", "More", "https://example.org/more"),
    "a package": lambda r: r.world.add_package(r.project, "more", "1", {"x": b"x"}),
    "a file of a package": lambda r: r.world.add_package(r.project, "flood", "1.0.0", {"c.bin": b"c"}),
    "a package that has gone": lambda r: r.world.remove_package(r.project, next(iter(r.project.packages.values()))),
    "an image": lambda r: r.world.push_image(r.project, "1", "trainer"),
    "a tag": lambda r: r.world.push_image(r.project, "2.0", "server"),
    "a tag that moved": lambda r: r.world.push_image(r.project, "latest", "server", digest="sha256:" + "a" * 64),
    "a model's version": lambda r: r.world.add_model_version(r.project, "flood", "1.1.0"),
    "a narrower level": lambda r: r.world.set_facet_level(r.project, "releases", "private"),
    "a disabled part": lambda r: r.world.set_facet_level(r.project, "releases", "disabled"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_changes_the_fingerprint(full: Registry, change: Callable[[Registry], object]) -> None:
    known = fingerprint(full)
    assert read(full, known) == Unchanged()
    change(full)
    found = read(full, known)
    assert isinstance(found, Read)
    assert found.fingerprint != known
    assert read(full, found.fingerprint) == Unchanged()


# Parts that fewer people may see than the code


@pytest.mark.parametrize(
    ("facet", "part", "gone"),
    [
        ("releases", "releases", ()),
        ("package_registry", "packages", ()),
        ("container_registry", "images", ()),
        ("model_registry", "models", ()),
    ],
)
def test_a_narrower_part_is_left_out_and_recorded(full: Registry, facet: str, part: str, gone: object) -> None:
    full.world.set_facet_level(full.project, facet, "private")  # type: ignore[arg-type]
    found = facts(full)
    assert getattr(found, part) == gone
    assert found.omitted == (OmittedFacet(part, "private"),)
    if facet == "model_registry":
        assert "ml_model" not in {one.kind for one in found.packages}
    if facet == "package_registry":
        assert [one.package for one in found.models] == [None]
        assert not [call for call in full.rest if "package_files" in call]


def test_a_narrower_part_with_nothing_in_it_is_not_worth_a_word(registry: Registry) -> None:
    registry.world.set_facet_level(registry.project, "package_registry", "private")
    assert facts(registry).omitted == ()


def test_what_is_switched_off_is_neither_read_nor_recorded(full: Registry) -> None:
    for facet in ("releases", "package_registry", "container_registry", "model_registry"):
        full.world.set_facet_level(full.project, facet, "disabled")
    found = facts(full)
    assert (found.releases, found.packages, found.images, found.models, found.omitted) == ((), (), (), (), ())
