"""Which categories an operator may configure: checked at start, with messages that name the entry and its field.

An entry with the id of a category that the hub has anyway need only say what it changes.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stac_ext.categories import COMMON_RULES, DEFAULT_CATEGORIES, Category, Localised
from stac_ext.globs import Glob
from stac_ext.urls import safe_url

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_TOPIC = re.compile(r"[^,\x00-\x1f\x7f]{1,255}")
_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,40}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?", re.ASCII)


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("must be up to 64 letters, digits, `-`, `_` and `.`, since it stands in URLs")
    return value


def _topic(value: str) -> str:
    if not _TOPIC.fullmatch(value) or value != value.strip():
        raise ValueError("must be a topic of GitLab: up to 255 characters without a comma, no blanks around it")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _web(value: str) -> str:
    try:
        return safe_url(value)
    except ValueError as error:
        raise ValueError(f"must be an http or https URL: {error}") from None


def _glob(value: str) -> str:
    Glob(value)
    return value


def _prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value):
        raise ValueError("must be the prefix of an extension, such as eo")
    return value


def _languages(value: Any) -> Any:
    wrong = [str(tag) for tag in value if not _LANGUAGE.fullmatch(str(tag))] if isinstance(value, dict) else []
    if wrong:
        raise ValueError(f"has the language {wrong[0][:40]!r}; write a tag such as fr or pt-BR")
    return value


Text = Annotated[str, AfterValidator(_text)]
WebUrl = Annotated[str, AfterValidator(_web)]


class LocaleSettings(BaseModel):
    """A category in another language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text | None = Field(None, description="The title in this language.")
    description: Text | None = Field(None, description="The description in this language.")


class CategorySettings(BaseModel):
    """One category as an operator writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, AfterValidator(_id)] = Field(description="The id of the STAC collection; it stands in URLs.")
    topic: Annotated[str, AfterValidator(_topic)] = Field(description="The GitLab topic that its projects carry.")
    title: Text = Field(description="The title of the collection.")
    description: str = Field("", description="The description of the collection, in Markdown.")
    keywords: tuple[Text, ...] = Field((), description="Keywords of the collection.")
    assets: tuple[Annotated[str, AfterValidator(_glob)], ...] = Field(
        COMMON_RULES, description="Globs of the files that are assets unasked."
    )
    extensions: tuple[Annotated[str, AfterValidator(_prefix)], ...] = Field(
        (), description="Prefixes of extensions that a README need not declare."
    )
    ml_model: bool = Field(False, description="Whether its items are models, with the ml-model extension.")
    logo: WebUrl | None = Field(None, description="A picture for the collection.")
    icon: WebUrl | None = Field(None, description="A small picture for it.")
    locales: Annotated[dict[str, LocaleSettings], BeforeValidator(_languages)] = Field(
        default_factory=dict, description="Title and description in other languages, by their tags."
    )

    @model_validator(mode="before")
    @classmethod
    def _as_the_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        default = next((one for one in DEFAULT_CATEGORIES if one.id == value.get("id")), None)
        known = _written(default) if default else {}
        return {**known, **({"title": value["id"]} if not known and "id" in value else {}), **value}

    def category(self) -> Category:
        """The category that the catalogue is built from."""
        locales = [Localised(tag, one.title, one.description) for tag, one in self.locales.items()]
        return Category(
            id=self.id,
            topic=self.topic,
            title=self.title,
            description=self.description,
            keywords=self.keywords,
            asset_rules=self.assets,
            ml_model=self.ml_model,
            extensions=self.extensions,
            logo=self.logo,
            icon=self.icon,
            locales=tuple(locales),
        )


def _written(category: Category) -> dict[str, Any]:
    return {
        "topic": category.topic,
        "title": category.title,
        "description": category.description,
        "keywords": category.keywords,
        "assets": category.asset_rules,
        "extensions": category.extensions,
        "ml_model": category.ml_model,
    }


def _distinct(entries: tuple[CategorySettings, ...]) -> tuple[CategorySettings, ...]:
    if not entries:
        raise ValueError("must have at least one category; leave it away for the two that the hub has")
    for name in ("id", "topic"):
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            value = getattr(entry, name).casefold()
            if value in first:
                raise ValueError(f"categories[{index}].{name}: is that of categories[{first[value]}] too")
            first[value] = index
    return entries


CategoryList = Annotated[tuple[CategorySettings, ...], AfterValidator(_distinct)]


def resolve_categories(entries: Sequence[CategorySettings] | None) -> tuple[Category, ...]:
    """The categories of the catalogue: the configured ones, or the two that the hub has."""
    return tuple(entry.category() for entry in entries) if entries else DEFAULT_CATEGORIES


def place_of(location: Sequence[str | int]) -> str:
    """Where in a nested setting a validation error lies: `categories[1].topic`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
