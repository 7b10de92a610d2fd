"""Proves that the complete cards on paper become valid items without a single finding, and that short examples work."""

import re
from datetime import UTC, datetime

import pytest
import yaml

from stac_ext.categories import AI_MODEL, DATASET, Category
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.media_types import TYPE_AS
from stac_ext.model import BuiltItem, ProjectFacts, RepositoryFile, Visibility
from tests.docs.generate import DOCS

PAGE = (DOCS / "owners.md").read_text()
FILES = (
    *("README.md", "LICENSE", "images/preview.png", "weights/crops.safetensors", "config/training.yaml"),
    *("notebooks/predict.ipynb", "plots.geojson", "docs/report.pdf", "tiles/2021/a.tif"),
)
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets", "gl.example", "https://gl.example")


def build(readme: str, category: Category) -> BuiltItem:
    facts = ProjectFacts(
        id=42,
        path="soil/crops",
        name="Crops",
        description="",
        web_url="https://gl.example/soil/crops",
        visibility="public",
        effective_visibility=Visibility.PUBLIC,
        topics=(category.topic,),
        created_at=MOMENT,
        default_branch="main",
        head_sha="a" * 40,
        head_committed_at=MOMENT,
        files=tuple(RepositoryFile(path, "b" * 40) for path in FILES),
        readme_path="README.md",
        readme=readme.encode(),
    )
    return build_item(facts, category, CONTEXT)


def card(title: str) -> str:
    found = re.search(rf'````markdown title="{title}"\n(.*?)````', PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("title", "category"), [("README.md of a model", AI_MODEL), ("README.md of a dataset", DATASET)]
)
def test_the_complete_card_has_no_problem(title: str, category: Category) -> None:
    built = build(card(title), category)
    assert built.problems == ()
    assert built.item["geometry"] is not None
    assert built.item["properties"]["start_datetime"].startswith("2021")
    assert "sharinghub:extra" not in built.item["properties"]


def test_the_model_card_says_all_that_it_shows() -> None:
    item = build(card("README.md of a model"), AI_MODEL).item
    said = item["properties"]
    assert said["title"] == "Crop types of Gascony"
    assert said["license"] == "Apache-2.0"
    assert said["ml-model:architecture"] == "Random forest"
    assert said["sci:doi"] == "10.5281/zenodo.1234567"
    assert item["assets"]["training"]["type"] == TYPE_AS["yaml"]
    assert item["assets"]["weights/crops.safetensors"]["roles"] == ["data", "ml-model:checkpoint"]
    assert {"example", "about", "preview", "cite-as"} <= {link["rel"] for link in item["links"]}


def snippets() -> list[str]:
    """Every short YAML example; of a key that is given several times, each choice in an example of its own."""
    found = []
    for text in re.findall(r"^```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE):
        lines = text.rstrip().split("\n")
        keys = [line.partition(":")[0] for line in lines]
        repeated = {key for key in keys if keys.count(key) > 1 and key.strip() and not key.lstrip().startswith("-")}
        fixed = [line for line, key in zip(lines, keys, strict=True) if key not in repeated]
        choices = [line for line, key in zip(lines, keys, strict=True) if key in repeated]
        found += ["\n".join([*fixed, choice]) for choice in choices] or [text]
    return found


# What an example says of itself that it is reported, or what the page says of every card without it.
EXPECTED = {"licence-missing", "ml-model-unknown"}


@pytest.mark.parametrize("front", snippets())
def test_a_short_example_is_understood(front: str) -> None:
    assert isinstance(yaml.safe_load(front), dict)
    rules = {problem.rule for problem in build(f"---\n{front}\n---\ntext", AI_MODEL).problems}
    allowed = EXPECTED | ({"licence-unknown"} if "Our own terms" in front else set())
    allowed |= {"asset-missing"} if "docs/*.pdf" in front else set()
    assert rules <= allowed


def test_the_short_types_are_those_of_the_program() -> None:
    row = next(line for line in PAGE.split("\n") if line.startswith("| `type-as`"))
    assert set(re.findall(r"`([a-z]+)`", row.partition("|")[2].partition("|")[2])) == set(TYPE_AS)
