"""That any content of a project at all gives a valid item that shows GitLab's facts, safe addresses and no secret.

`EXAMPLES=20000` draws as many projects; else as many as a pipeline has time for.
"""

import math
import os
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from stac_ext.categories import DEFAULT_CATEGORIES
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.model import (
    BuiltItem,
    ContainerImage,
    DetectedLicence,
    FileText,
    ImageTag,
    Package,
    PackageFile,
    ProjectFacts,
    Release,
    ReleaseLink,
    RepositoryFile,
)
from stac_ext.sources import wanted_ends, wanted_texts
from tests.golden.drawing import CREATED, project, projects
from tests.golden.drawing_readme import written
from tests.support.schemas import validator

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "0"))
CONTEXT: Final = BuildContext(
    "https://hub.example/stac",
    "https://hub.example/assets",
    "Our GitLab",
    "https://gl.example",
    "https://hub.example/dvc",
)
MAX_ITEM_BYTES: Final = 4 * 1024 * 1024
# The last line: where the data of a DVC remote or of an asset's owner may lie beside the web and S3.
SCHEMES: Final = frozenset(
    {
        *("http", "https", "s3", "oci"),
        *("gs", "ftp", "azure", "ssh", "sftp", "hdfs", "webhdfs", "webdav", "webdavs", "oss", "gdrive"),
    }
)
any_project = settings(
    max_examples=EXAMPLES or 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not EXAMPLES,
    database=None,
)


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and finite(key) and finite(entry) for key, entry in value.items())
    if isinstance(value, list | tuple):
        return all(finite(entry) for entry in value)
    if isinstance(value, str):
        return not any((c < " " and c not in "\n\t") or "\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, float) or math.isfinite(value)


def addresses(value: Any) -> Iterator[str]:
    """Every address in the links, assets and providers of an item, those of alternates included."""
    if isinstance(value, list):
        for entry in value:
            yield from addresses(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in ("href", "url") and isinstance(entry, str):
                yield entry
            else:
                yield from addresses(entry)


def check_address(address: str) -> None:
    assert not re.search(r"[\s\\<>\"\x00-\x1f\x7f]", address), address
    parts = urlsplit(address)
    assert parts.scheme in SCHEMES, address
    assert parts.netloc, address
    assert "@" not in parts.netloc or parts.scheme == "oci", address
    if address.startswith(CONTEXT.assets_url):
        segments = unquote(parts.path).split("/")
        assert segments[:3] == ["", "assets", "42"], address
        assert ".." not in parts.path.split("/"), address
        assert "packages" in segments or ".." not in segments, address


def check_own_fields(built: BuiltItem, facts: ProjectFacts) -> None:
    found = built.item["properties"]
    assert found["sharinghub:id"] == 42
    assert found["sharinghub:path"] == "group/sub/wine"
    assert found["sharinghub:visibility"] == "private"
    assert found["sharinghub:archived"] is facts.archived
    assert found["sharinghub:stars"] == min(max(0, facts.stars), 2**53)
    assert found["created"] == "2024-01-01T00:00:00Z"
    links = {link["rel"]: link["href"] for link in built.item["links"]}
    own = f"{CONTEXT.stac_url}/collections/{built.item['collection']}"
    assert (links["parent"], links["collection"], links["root"]) == (own, own, CONTEXT.stac_url)
    assert links["self"].startswith(f"{own}/items/42")


def check(facts: ProjectFacts) -> None:
    assert {path for path, _ in wanted_texts(facts.files)} | set(wanted_ends(facts.files)) <= {
        f.path for f in facts.files
    }
    released = next((one for one in facts.releases if one.sha and not one.upcoming), None)
    for category in DEFAULT_CATEGORIES:
        for release in (None, released) if released else (None,):
            check_item(build_item(facts, category, CONTEXT, release), facts, category.id, release)


def check_item(built: BuiltItem, facts: ProjectFacts, collection: str, release: Release | None) -> None:
    assert all(problem.rule != "internal-error" for problem in built.problems), built.problems
    text = orjson.dumps(built.item)
    assert orjson.loads(text) == built.item
    assert len(text) <= MAX_ITEM_BYTES
    assert finite(built.item)
    assert validator()(built.item, strict=True) == []
    assert built.item["collection"] == collection
    assert (built.item["id"] == "42") is (release is None)
    check_own_fields(built, facts)
    for part in ("links", "assets"):
        for address in addresses(built.item[part]):
            check_address(address)
    for address in addresses(built.item["properties"]["providers"]):
        check_address(address)
    assert all(finite(one.message) and finite(one.fix) and len(one.message) <= 500 for one in built.problems)
    assert len(built.problems) <= 201
    assert all(finite(told.value) and len(told.value) <= 2_000 for told in built.provenance)


@any_project
@given(facts=projects())
def test_any_project_gives_a_valid_item(facts: ProjectFacts) -> None:
    check(facts)


SECRET: Final = "glpat-Zq3sXw9vTy7bNm5kLp2c"
LEAKS: Final = (
    f"https://oauth2:{SECRET}@h.example/x",
    f"https://{SECRET}@h.example/x",
    f"https://h.example/x?private_token={SECRET}",
    f"https://h.example/x#access_token={SECRET}",
)


@pytest.mark.parametrize("leak", LEAKS)
def test_no_secret_of_an_address_is_shown(leak: str) -> None:
    front = {
        "preview": leak,
        "license": "custom",
        "license-url": leak,
        "providers": [{"name": "A", "url": leak}],
        "links": [leak, {"rel": "about", "href": leak}],
        "assets": [{"key": "a", "href": leak}],
        "related": {"dataset": leak},
        "datasets": [leak],
        "base_model": leak,
        "mlm": {"pretrained_source": leak},
        "themes": [{"scheme": "x", "concepts": [{"id": "a", "url": leak}]}],
    }
    config = f"[core]\n    remote = r\n['remote \"r\"']\n    url = {leak}\n    password = {SECRET}\n"
    pointer = f"deps: [{{path: '{leak}'}}]\nouts: [{{path: x.csv, md5: {'a' * 32}, hash: md5}}]\n"
    citation = f"cff-version: 1.2.0\ntitle: T\nurl: '{leak}'\nlicense-url: '{leak}'\nrepository-code: '{leak}'\n"
    contents = {".dvc/config": config, "x.csv.dvc": pointer, "CITATION.cff": citation}
    facts = project(
        readme=written(front),
        files=tuple(RepositoryFile(path, "b" * 40, 1) for path in contents),
        texts={path: FileText(text.encode()) for path, text in contents.items()},
        http_url_to_repo=leak,
        web_url=leak,
        licence=DetectedLicence("other", "Other", leak),
        releases=(Release("v1", "One", "", CREATED, "d" * 40, links=(ReleaseLink("a", leak),)),),
    )
    for category in DEFAULT_CATEGORIES:
        built = build_item(facts, category, CONTEXT)
        # what nothing reads is kept as its owner wrote it
        built.item["properties"].pop("sharinghub:extra", None)
        assert SECRET not in str(built)


def test_the_size_of_an_item_is_bounded() -> None:
    """As much as the readers of a repository let through, of everything that an item lists."""
    many, wide = range(3_000), "wide " * 400
    front = {
        "description": wide * 10,
        "keywords": [f"{n} {wide}" for n in range(400)],
        "providers": [{"name": f"{n} {wide}", "description": wide} for n in range(50)],
        "links": [{"rel": "about", "href": f"https://h.example/{n}/{'x' * 900}", "title": wide} for n in range(200)],
        "related": {"dataset": [f"g/p{n}" for n in range(500)]},
        "publications": [{"doi": f"10.1234/{n}", "citation": wide} for n in range(100)],
        "sci:publications": [{"doi": f"10.1234/{n}", "citation": wide} for n in range(100)],
        "rest": {str(n): "x" * 50 for n in range(500)},
    }
    lock = {"schema": "2.0", "stages": {f"s{n}": {"outs": [{"path": f"o/{n}", "md5": f"{n:032x}"}]} for n in many}}
    facts = project(
        readme=written(front, "text " * 100_000),
        files=tuple(RepositoryFile(f"tiles/{'d' * 200}/{n}.tif", "b" * 40, n) for n in many),
        texts={"dvc.lock": FileText(yaml.safe_dump(lock).encode())},
        topics=tuple(f"{n} {wide}" for n in many),
        images=tuple(
            ContainerImage(f"registry.example/g/p/i{n}", tuple(ImageTag(f"t{m}") for m in range(100)))
            for n in range(50)
        ),
        packages=tuple(
            Package(n, f"p{n}", "1", "generic", CREATED, tuple(PackageFile(m, f"{m}.bin") for m in range(10)))
            for n in range(300)
        ),
    )
    for category in DEFAULT_CATEGORIES:
        built = build_item(facts, category, CONTEXT)
        assert len(orjson.dumps(built.item)) <= MAX_ITEM_BYTES
        assert len(built.problems) <= 201
        assert len(built.references) <= 110
