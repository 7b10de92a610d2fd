"""That SharingHub's configuration becomes settings that the hub accepts, and that nothing of it is lost unsaid."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sharinghub_ext.categories import CategorySettings
from sharinghub_ext.cli.sharinghub_file import NotSharingHubError, convert
from sharinghub_ext.config import Settings

# In the shape of a real deployment: categories as a list, features, locales, pages, stores and secrets.
WHOLE = """
gitlab:
  url: https://gitlab.example.org
  oauth:
    client-id: an-id
    client-secret: a-secret
    default-token: a-token
  ignore:
    topics: [devops]
server:
  log-level: WARNING
  prefix: /api
  allowed-origins: [http://localhost:8000]
  http_client: {timeout: 600.0}
  session: {max-age: 7200.0}
jupyterlab: {url: https://nb.example.org}
s3: {enable: true, bucket: a-bucket}
stac:
  projects: {cache-timeout: 30}
  extensions:
    eo: https://stac-extensions.github.io/eo/v1.1.0/schema.json
    sci: https://stac-extensions.github.io/scientific/v1.0.0/schema.json
    ours: https://schemas.example.org/ours/v1.0.0/schema.json
  root:
    id: gitlab-org
    title: Models and data
    description: All that we train.
    locales: {fr: {title: Modèles et données}}
  categories:
  - ai-model:
      title: AI Models
      description: Browse them.
      gitlab_topic: sharinghub:aimodel
      logo: https://data.example.org/ai-model.jpg
      icon: https://data.example.org/ai-model.png
      locales: {fr: {title: Modèles IA, description: Parcourez-les.}}
      features: {jupyter: enable, store-s3: enable}
  - challenge:
      title: Challenges
      gitlab_topic: sharinghub:challenge
      assets: ['*.py', {glob: '*.tiff', type-as: cog}, {key: x, href: https://x.example/a}]
      colour: red
tags:
  sections: [{name: Computer Vision, keywords: [Object detection]}]
external-urls: [{name: Docs, url: /docs/}]
alerts: {title: Welcome}
"""


def test_a_whole_configuration() -> None:
    converted = convert(WHOLE)
    assert converted.settings == {
        "gitlab_url": "https://gitlab.example.org",
        "oauth_client_id": "an-id",
        "log_level": "warning",
        "cors_origins": ["http://localhost:8000"],
        "gitlab_timeout": 300.0,
        "title": "Models and data",
        "description": "All that we train.",
        "categories": [
            {
                "id": "ai-model",
                "title": "AI Models",
                "description": "Browse them.",
                "topic": "sharinghub:aimodel",
                "logo": "https://data.example.org/ai-model.jpg",
                "icon": "https://data.example.org/ai-model.png",
                "locales": {"fr": {"title": "Modèles IA", "description": "Parcourez-les."}},
                "ml_model": True,
            },
            {
                "id": "challenge",
                "title": "Challenges",
                "topic": "sharinghub:challenge",
                "assets": ["*.py", "*.tiff"],
            },
        ],
    }
    assert sorted(line.partition(": ")[0] for line in converted.left_out) == [
        "alerts",
        "external-urls",
        "gitlab.ignore",
        "gitlab.oauth.client-secret",
        "gitlab.oauth.default-token",
        "jupyterlab",
        "s3",
        "server.prefix",
        "server.session",
        "stac.categories.ai-model.features",
        "stac.categories.challenge.assets[1]",
        "stac.categories.challenge.assets[2]",
        "stac.categories.challenge.colour",
        "stac.extensions.ours",
        "stac.projects",
        "stac.root.id",
        "stac.root.locales",
        "tags",
    ]
    assert not any("a-secret" in line or "a-token" in line for line in converted.left_out)


def test_what_it_becomes_is_accepted() -> None:
    converted = convert(WHOLE).settings
    categories = [CategorySettings.model_validate(entry) for entry in converted["categories"]]
    assert [one.category().ml_model for one in categories] == [True, False]
    rest = {name: value for name, value in converted.items() if name != "categories"}
    assert Settings(**rest).title == "Models and data"


@pytest.mark.parametrize(
    "text",
    [
        "stac: {categories: {dataset: {gitlab_topic: t}}}",
        "stac: {categories: {definitions: {dataset: {gitlab_topic: t}}}}",
        "stac: {catalogs: {topics: {dataset: {gitlab_name: t}}}}",
        "config: |-\n  stac:\n    categories:\n    - dataset:\n        gitlab_topic: t\nreplicaCount: 1\n",
        "stac:\n  categories:\n  - dataset:\n      gitlab_topic: x\n  - dataset:\n      gitlab_topic: t\n",
    ],
)
def test_the_shapes_that_categories_have_had(text: str) -> None:
    converted = convert(text)
    assert converted.settings == {"categories": [{"id": "dataset", "topic": "t"}]}
    assert converted.left_out == []


@pytest.mark.parametrize(
    ("category", "left", "told"),
    [
        ("{gitlab_topic: t, logo: 'javascript:x'}", [{"id": "x", "topic": "t"}], ["stac.categories.x.logo"]),
        ("{gitlab_topic: t, assets: ['../a']}", [{"id": "x", "topic": "t"}], ["stac.categories.x.assets[0]"]),
        ("{gitlab_topic: 'a,b'}", [], ["stac.categories.x.topic"]),
        ("{title: X}", [], ["stac.categories.x.topic"]),
        ("text", [], ["stac.categories.x"]),
        ("{gitlab_topic: t, locales: {fr: x, de: {title: D, icon: i}}}", None, None),
    ],
)
def test_a_category_that_the_hub_refuses(category: str, left: Any, told: Any) -> None:
    converted = convert(f"stac: {{categories: {{x: {category}}}}}")
    if left is None:
        assert converted.settings["categories"][0]["locales"] == {"de": {"title": "D"}}
        assert len(converted.left_out) == 2
        return
    assert converted.settings.get("categories", []) == left
    assert [line.partition(": ")[0] for line in converted.left_out] == told


@pytest.mark.parametrize("text", ["", "- a", "text", "a: [b", "{}", "config: '- a'", "x: " + "a" * 5_000_000])
def test_what_is_no_configuration(text: str) -> None:
    with pytest.raises(NotSharingHubError):
        convert(text)


def test_debug_is_a_level_of_the_log() -> None:
    assert convert("server: {debug: true, log-level: INFO}").settings == {"log_level": "debug"}
    assert convert("server: {debug: false, log-level: CRITICAL}").settings == {"log_level": "error"}


KEYS = st.sampled_from(
    [
        *("stac", "categories", "gitlab", "url", "server", "root", "title", "locales", "fr", "assets", "extensions"),
        *("gitlab_topic", "definitions", "http_client", "timeout", "log-level", "logo", "catalogs", "topics", "config"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text("abc:/,*.", max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_file_is_converted_or_refused(document: dict[str, Any]) -> None:
    try:
        converted = convert(yaml.safe_dump(document))
    except NotSharingHubError:
        return
    for entry in converted.settings.get("categories", []):
        CategorySettings.model_validate(entry)
