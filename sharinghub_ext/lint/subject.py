"""What is linted: the facts of one project, and the collections that its topics, or the user, put it into."""

from collections.abc import Sequence
from dataclasses import dataclass

from stac_ext.categories import Category
from stac_ext.extensions.schema_file import SchemaExtension
from stac_ext.model import ProjectFacts
from stac_ext.urls import BuildContext


class UnknownCategoryError(ValueError):
    """There is no such category; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A project to lint. `categories` are those whose items are built; `certain` is false where it is not known
    which of them the project has. `tagged` is false where GitLab said that it has none of the topics. `notes` are
    for a person: what is not as it would be in the catalogue. `extensions` are those that the hub is configured with.
    """

    facts: ProjectFacts
    context: BuildContext
    categories: tuple[Category, ...]
    certain: bool = True
    tagged: bool = True
    notes: tuple[str, ...] = ()
    extensions: tuple[SchemaExtension, ...] = ()


def named_categories(known: Sequence[Category], names: Sequence[str]) -> tuple[Category, ...]:
    """The categories with these ids. Raises UnknownCategoryError."""
    for name in names:
        if name not in {one.id for one in known}:
            there = ", ".join(one.id for one in known)
            raise UnknownCategoryError(f"there is no category {name!r}; there are {there}")
    return tuple(one for one in known if one.id in names)


def tagged_categories(known: Sequence[Category], topics: Sequence[str]) -> tuple[Category, ...]:
    """The categories whose topics a project has; GitLab CI tells topics in lower case."""
    folded = {topic.casefold() for topic in topics}
    return tuple(one for one in known if one.topic.casefold() in folded)
