"""That a category says its titles in the languages it has, and that every default rule is a glob."""

import pytest

from stac_ext.categories import DEFAULT_CATEGORIES, Category, Localised
from stac_ext.extensions.known import BY_PREFIX
from stac_ext.globs import Glob

TOOLS = Category(
    "tools",
    "t",
    "Tools",
    "What helps.",
    locales=(Localised("fr", "Outils", None), Localised("pt-BR", "Ferramentas", "O que ajuda.")),
)


@pytest.mark.parametrize(
    ("language", "title", "description"),
    [
        ("fr", "Outils", "What helps."),
        ("fr-CA", "Outils", "What helps."),
        ("PT-br", "Ferramentas", "O que ajuda."),
        ("pt", "Tools", "What helps."),
        ("de", "Tools", "What helps."),
        ("", "Tools", "What helps."),
    ],
)
def test_titles_in_languages(language: str, title: str, description: str) -> None:
    said = TOOLS.in_language(language)
    assert (said.title, said.description) == (title, description)


@pytest.mark.parametrize("category", DEFAULT_CATEGORIES)
def test_what_the_defaults_name_exists(category: Category) -> None:
    for rule in category.asset_rules:
        Glob(rule)
    assert set(category.extensions) <= set(BY_PREFIX)
