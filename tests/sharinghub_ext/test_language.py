"""Proves that collections are told in the language that callers want, and that they say in which they are."""

from collections.abc import Iterator

import pytest

from sharinghub_ext.api.language import language_of, wanted_languages
from stac_ext.categories import DATASET, Localised
from tests.support.running import RunningHub, SampleWorld
from tests.support.schemas import validator

FRENCH = {"title": "Jeux de données", "description": "Des jeux de données."}
CATEGORIES = [
    {"id": "ai-model"},
    {"id": "dataset", "locales": {"fr": FRENCH, "pt-BR": {"title": "Conjuntos de dados"}}},
]


@pytest.fixture
def hub(world: SampleWorld) -> Iterator[RunningHub]:
    with RunningHub(world.settings(categories=CATEGORIES)) as one:
        yield one


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        (None, []),
        ("", []),
        ("fr", ["fr"]),
        ("en;q=0.5, fr-CH;q=0.9, *;q=0.1", ["fr-ch", "en", "*"]),
        ("fr;q=0, de", ["de"]),
        ("fr;q=2, de;q=x, ;;, é, " + "x" * 99, []),
        ("a," * 10_000, ["a"] * 50),
    ],
)
def test_ranges_are_taken_by_weight(header: str | None, ranges: list[str]) -> None:
    assert wanted_languages(header) == ranges


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ([], "en"),
        (["fr"], "fr"),
        (["fr-ch"], "fr"),
        (["pt-br"], "pt-BR"),
        (["pt"], "en"),
        (["de", "fr"], "fr"),
        (["en", "fr"], "en"),
        (["*", "fr"], "en"),
        (["de"], "en"),
    ],
)
def test_the_first_range_counts_that_fits_a_language(wanted: list[str], language: str) -> None:
    category = DATASET.__class__("d", "t", "T", "D", locales=(Localised("fr"), Localised("pt-BR")))
    assert language_of(category, wanted) == language


def test_a_collection_is_told_in_french(hub: RunningHub) -> None:
    answer = hub.http.get("/stac/collections/dataset", headers={"Accept-Language": "fr-CH, en;q=0.5"})
    collection = answer.json()
    assert {name: collection[name] for name in FRENCH} == FRENCH
    assert collection["language"] == {"code": "fr"}
    assert collection["languages"] == [{"code": "en"}, {"code": "pt-BR"}]
    assert answer.headers["content-language"] == "fr"
    assert "Accept-Language" in answer.headers["vary"]
    assert "Authorization" in answer.headers["vary"]


def test_what_is_not_translated_stays_and_a_collection_of_one_language_says_nothing(hub: RunningHub) -> None:
    found = hub.http.get("/stac/collections", headers={"Accept-Language": "pt-BR"}).json()["collections"]
    model, dataset = found
    assert (dataset["title"], dataset["description"]) == ("Conjuntos de dados", DATASET.description)
    assert not {"language", "languages"} & model.keys()
    assert not any("/language/" in one for one in model["stac_extensions"])
    assert "content-language" not in hub.get("/stac/collections/ai-model").headers
    plain = hub.get("/stac/collections/dataset").json()
    assert (plain["title"], plain["language"]) == (DATASET.title, {"code": "en"})


def test_the_collection_is_valid(hub: RunningHub) -> None:
    collection = hub.http.get("/stac/collections/dataset", headers={"Accept-Language": "fr"}).json()
    assert validator()(collection) == []
