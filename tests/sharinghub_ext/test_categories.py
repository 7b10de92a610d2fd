"""That configured categories become those of the catalogue, and that a wrong one is refused by its entry and field."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from sharinghub_ext.categories import CategoryList, place_of, resolve_categories
from stac_ext.categories import AI_MODEL, COMMON_RULES, DATASET, DEFAULT_CATEGORIES, Localised


class Holder(BaseModel):
    categories: CategoryList | None = None


def resolve(*entries: Any) -> Any:
    return resolve_categories(Holder(categories=entries).categories)


def refusals(*entries: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        Holder.model_validate({"categories": list(entries)})
    return [f"{place_of(one['loc'])}: {one['msg']}" for one in refused.value.errors()]


def test_without_any_the_two_defaults() -> None:
    assert resolve_categories(None) == DEFAULT_CATEGORIES
    assert resolve_categories(Holder().categories) == DEFAULT_CATEGORIES


def test_an_entry_of_a_default_says_only_what_it_changes() -> None:
    assert resolve({"id": "ai-model"}, {"id": "dataset"}) == DEFAULT_CATEGORIES
    (models,) = resolve({"id": "ai-model", "title": "Modèles", "assets": ["*.onnx"]})
    assert (models.title, models.asset_rules, models.topic) == ("Modèles", ("*.onnx",), AI_MODEL.topic)
    assert models.ml_model


def test_a_whole_entry() -> None:
    (tools,) = resolve(
        {
            "id": "processor",
            "topic": "sharinghub:processor",
            "title": "Tools",
            "description": "What helps.",
            "keywords": ["tool"],
            "assets": [],
            "extensions": ["eo"],
            "ml_model": True,
            "logo": "https://a.example/logo.png",
            "icon": "https://a.example/icon.svg",
            "locales": {"fr": {"title": "Outils"}},
        }
    )
    assert (tools.id, tools.topic, tools.asset_rules, tools.extensions) == (
        "processor",
        "sharinghub:processor",
        (),
        ("eo",),
    )
    assert tools.locales == (Localised("fr", "Outils"),)
    assert (tools.logo, tools.icon) == ("https://a.example/logo.png", "https://a.example/icon.svg")


def test_the_least_of_an_entry() -> None:
    (tools,) = resolve({"id": "processor", "topic": "p"})
    assert (tools.title, tools.asset_rules, tools.ml_model) == ("processor", COMMON_RULES, False)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"id": "a"}, "categories[1].topic: Field required"),
        ({"topic": "t"}, "categories[1].id: Field required"),
        ({"id": "a b", "topic": "t"}, "categories[1].id: Value error, must be up to 64 letters"),
        ({"id": "../x", "topic": "t"}, "categories[1].id: "),
        ({"id": ["a"], "topic": "t"}, "categories[1].id: "),
        ({"id": "a", "topic": "x,y"}, "categories[1].topic: Value error, must be a topic"),
        ({"id": "a", "topic": " x"}, "categories[1].topic: "),
        ({"id": "a", "topic": "t", "title": " "}, "categories[1].title: Value error, must not be empty"),
        ({"id": "a", "topic": "t", "logo": "javascript:x"}, "categories[1].logo: Value error, must be an http"),
        ({"id": "a", "topic": "t", "logo": "https://u:p@h/x"}, "categories[1].logo: "),
        ({"id": "a", "topic": "t", "assets": ["ok", "../x"]}, "categories[1].assets[1]: Value error, a glob stays"),
        ({"id": "a", "topic": "t", "assets": "*.tif"}, "categories[1].assets: "),
        ({"id": "a", "topic": "t", "extensions": ["E O"]}, "categories[1].extensions[0]: "),
        ({"id": "a", "topic": "t", "locales": {"french": {}}}, "categories[1].locales: Value error, has the language"),
        ({"id": "a", "topic": "t", "locales": {False: {}}}, "categories[1].locales: "),
        ({"id": "a", "topic": "t", "locales": {"fr": {"name": "x"}}}, "categories[1].locales.fr.name: Extra inputs"),
        ({"id": "a", "topic": "t", "features": {}}, "categories[1].features: Extra inputs"),
        ("ai-model", "categories[1]: "),
    ],
)
def test_a_wrong_entry_is_named(entry: Any, says: str) -> None:
    assert any(said.startswith(says) for said in refusals({"id": "dataset"}, entry))


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([{"id": "dataset"}, {"id": "Dataset", "topic": "t"}], "categories[1].id: is that of categories[0] too"),
        ([{"id": "dataset"}, {"id": "b", "topic": DATASET.topic}], "categories[1].topic: is that of categories[0] too"),
        ([], "must have at least one category"),
    ],
)
def test_entries_that_exclude_each_other(entries: list[Any], says: str) -> None:
    (said,) = refusals(*entries)
    assert says in said
