"""That files behind the catalogue say which credentials they take where they need one, and no others say so."""

from dataclasses import replace
from typing import Any

import pytest

from stac_ext.categories import AI_MODEL, DATASET
from stac_ext.collections import build_collection
from stac_ext.items.authentication import EXTENSION, schemes
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.model import FileText, RepositoryFile, Visibility
from tests.stac_ext.items.test_builder import make_facts
from tests.support.schemas import validator

CONTEXT = BuildContext(
    "https://hub.example/stac",
    "https://hub.example/assets",
    "Our GitLab",
    "https://gl.example/git",
    "https://hub.example/dvc",
)
README = """---
assets: [{href: "https://hub.example/assets.zip"}, {href: "https://elsewhere.example/assets/x.tif"}]
links: [{rel: about, href: notes.md}, {rel: related, href: "https://elsewhere.example/"}]
---
Text"""
POINTER = b"outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 3\n  hash: md5\n  path: data.tif\n"
FILES = tuple(RepositoryFile(path, "b", 10) for path in ("README.md", "notes.md", "data.tif.dvc", "model.onnx"))
TEXTS = {"data.tif.dvc": FileText(POINTER)}


def item(effective: Visibility, category: Any = DATASET, **changes: Any) -> dict[str, Any]:
    known = {"files": FILES, "texts": TEXTS, "effective_visibility": effective, **changes}
    built: dict[str, Any] = build_item(make_facts(README, **known), category, CONTEXT).item
    return built


@pytest.mark.parametrize("category", [DATASET, AI_MODEL])
@pytest.mark.parametrize("visibility", [Visibility.INTERNAL, Visibility.PRIVATE])
def test_what_lies_behind_the_catalogue_takes_each_scheme(visibility: Visibility, category: Any) -> None:
    found = item(visibility, category)
    names = list(schemes(CONTEXT))
    assert found["properties"]["auth:schemes"] == schemes(CONTEXT)
    assert EXTENSION in found["stac_extensions"]
    behind = ("https://hub.example/assets/", "https://hub.example/dvc/")
    for entry in (*found["assets"].values(), *found["links"]):
        assert entry.get("auth:refs") == (names if entry["href"].startswith(behind) else None), entry["href"]
    hrefs = {entry["href"] for entry in found["assets"].values() if "auth:refs" in entry}
    assert any(href.startswith("https://hub.example/dvc/42/") for href in hrefs)
    assert any(href.endswith("/README.html") for href in hrefs)
    assert [link["rel"] for link in found["links"] if "auth:refs" in link] == ["about"]
    assert validator()(found, strict=True) == []


def test_what_is_public_takes_none() -> None:
    found = item(Visibility.PUBLIC)
    assert "auth:" not in str(found)
    assert EXTENSION not in found["stac_extensions"]


def test_a_public_project_with_a_repository_for_members_is_not_public() -> None:
    assert "auth:schemes" in item(Visibility.PRIVATE, visibility="public")["properties"]


def test_an_item_without_files_of_its_own_says_nothing() -> None:
    facts = replace(make_facts(visibility="private"), head_sha=None, files=())
    assert "auth:schemes" not in build_item(facts, DATASET, CONTEXT).item["properties"]


def test_owners_cannot_say_where_tokens_go() -> None:
    """A scheme of theirs could lead clients with a token elsewhere."""
    front = """---
"auth:schemes": {evil: {type: oauth2, flows: {authorizationCode: {tokenUrl: "https://evil.example"}}}}
auth: {schemes: {evil: {type: http, scheme: bearer}}}
assets: [{href: "https://evil.example/x.tif", "auth:refs": [bearer]}]
---
Text"""
    for visibility in (Visibility.PUBLIC, Visibility.PRIVATE):
        found = build_item(make_facts(front, effective_visibility=visibility), DATASET, CONTEXT).item
        told = found["properties"].get("auth:schemes")
        assert told == (None if visibility is Visibility.PUBLIC else schemes(CONTEXT))
        assert not [one for one in found["assets"].values() if "evil" in one["href"] and "auth:refs" in one]


def test_schemes_lead_to_the_configured_gitlab_and_hold_nothing_else() -> None:
    told = schemes(CONTEXT)
    assert told["openIdConnect"]["openIdConnectUrl"] == "https://gl.example/git/.well-known/openid-configuration"
    flow = told["oauth2"]["flows"]["authorizationCode"]
    assert {url for name, url in flow.items() if name.endswith("Url")} == {
        "https://gl.example/git/oauth/authorize",
        "https://gl.example/git/oauth/token",
    }
    told["oauth2"]["flows"].clear()
    assert schemes(CONTEXT)["oauth2"]["flows"], "a copy each time"


def test_collections_tell_the_schemes_whatever_is_in_them() -> None:
    found = build_collection(DATASET, CONTEXT)
    assert found["auth:schemes"] == schemes(CONTEXT)
    assert EXTENSION in found["stac_extensions"]
    assert validator()(found, strict=True) == []
