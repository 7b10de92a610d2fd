"""Proves that the complete examples on paper become valid items without a problem, and that short ones work."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from stac_ext.categories import AI_MODEL, DATASET, Category
from stac_ext.extensions.known import EXTENSIONS
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.items.extra import keep_extra
from stac_ext.media_types import TYPE_AS
from stac_ext.model import BuiltItem, FileText, ProjectFacts, RepositoryFile, Visibility
from stac_ext.problem_log import ProblemLog
from tests.docs.generate import DOCS
from tests.support.schemas import validator

PAGE = (DOCS / "owners.md").read_text()
FILES = (
    *("README.md", "LICENSE", "images/preview.png", "weights/crops.safetensors", "config/training.yaml"),
    *("notebooks/predict.ipynb", "plots.geojson", "docs/report.pdf", "tiles/2021/a.tif"),
)
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
CONTEXT = BuildContext(
    "https://hub.example.org/stac",
    "https://hub.example.org/assets",
    "gitlab.example.org",
    "https://gitlab.example.org",
    "https://hub.example.org/dvc",
)


def build(readme: str, category: Category, texts: Mapping[str, str] | None = None) -> BuiltItem:
    texts = texts or {}
    facts = ProjectFacts(
        id=42,
        path="soil/crops",
        name="Crops",
        description="",
        web_url="https://gitlab.example.org/soil/crops",
        visibility="public",
        effective_visibility=Visibility.PUBLIC,
        topics=(category.topic,),
        created_at=MOMENT,
        default_branch="main",
        head_sha="a" * 40,
        head_committed_at=MOMENT,
        files=tuple(RepositoryFile(path, "b" * 40) for path in (*FILES, *texts)),
        readme_path="README.md",
        readme=readme.encode(),
        texts={path: FileText(text.encode()) for path, text in texts.items()},
    )
    return build_item(facts, category, CONTEXT)


@dataclass(frozen=True)
class Example:
    """A whole README under a heading of the page, with the other files that are shown there."""

    heading: str
    readme: str
    category: Category
    texts: Mapping[str, str]

    def built(self) -> BuiltItem:
        return build(self.readme, self.category, self.texts)


def examples() -> list[Example]:
    found = []
    for section in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        readme = re.search(r'^````markdown title="README.md of a (model|dataset)"\n(.*?)^````', section, re.S | re.M)
        if readme is None:
            continue
        others = re.findall(r'^```(?:yaml|ini) title="([^"]+)"\n(.*?)^```', section, re.S | re.M)
        category = AI_MODEL if readme[1] == "model" else DATASET
        found.append(Example(section.partition("\n")[0], readme[2], category, dict(others)))
    return found


EXAMPLES = {example.heading: example for example in examples()}


@pytest.mark.parametrize("heading", EXAMPLES)
def test_a_whole_example_is_a_valid_item_without_a_problem(heading: str) -> None:
    built = EXAMPLES[heading].built()
    assert {problem.rule for problem in built.problems} <= {"mlm-incomplete"}  # information, as the page says
    assert "sharinghub:extra" not in built.item["properties"] or heading == "From a Hugging Face card"
    assert validator()(built.item) == []


def said(heading: str) -> dict[str, Any]:
    properties: dict[str, Any] = EXAMPLES[heading].built().item["properties"]
    return properties


def test_the_complete_model_says_all_that_it_shows() -> None:
    built = EXAMPLES["A model with its inputs and outputs"].built()
    item, properties = built.item, built.item["properties"]
    assert built.problems == ()
    assert properties["title"] == "Crop types of Gascony"
    assert properties["license"] == "Apache-2.0"
    assert properties["ml-model:architecture"] == "U-Net"
    assert properties["mlm:tasks"] == ["segmentation"]
    assert properties["mlm:framework_version"] == "2.3.1"
    assert [one["name"] for one in properties["mlm:input"]] == ["Sentinel-2 tile"]
    assert properties["sci:doi"] == "10.5281/zenodo.1234567"
    assert item["geometry"] is not None
    assert properties["start_datetime"].startswith("2021")
    assert item["assets"]["training"]["type"] == TYPE_AS["yaml"]
    weights = item["assets"]["weights/crops.safetensors"]["roles"]
    assert weights == ["data", "ml-model:checkpoint", "mlm:model", "mlm:weights"]
    assert item["assets"]["overview"]["type"] == "text/html"
    assert {"example", "about", "preview", "cite-as"} <= {link["rel"] for link in item["links"]}
    assert [(one.rel, one.path) for one in built.references] == [("ml-model:train-data", "soil/crop-plots")]


def test_a_hugging_face_card_says_what_the_table_beside_it_shows() -> None:
    built = EXAMPLES["From a Hugging Face card"].built()
    properties = built.item["properties"]
    assert properties["ml-model:prediction_type"] == "segmentation"
    assert properties["ml-model:learning_approach"] == "supervised"
    assert properties["sharinghub:metrics"] == {"mean_iou": 0.71}
    assert [row["dataset"] for row in properties["sharinghub:evaluations"]] == ["Crop plots 2021"]
    assert [(one.rel, one.path) for one in built.references] == [("ml-model:train-data", "soil/crop-plots")]
    derived = [link["href"] for link in built.item["links"] if link["rel"] == "derived_from"]
    assert derived == ["https://huggingface.co/nvidia/mit-b0"]


def test_an_mlmodel_file_gives_framework_inputs_and_outputs() -> None:
    properties = said("A model of MLflow")
    assert (properties["mlm:framework"], properties["mlm:framework_version"]) == ("ONNX", "1.16.0")
    assert properties["mlm:tasks"] == ["regression"]
    assert len(properties["mlm:input"]) == 2
    assert len(properties["mlm:output"]) == 1


def test_an_output_of_dvc_is_an_asset_at_the_hub() -> None:
    item = EXAMPLES["A data set in DVC"].built().item
    plots = item["assets"]["plots"]
    assert plots["href"] == "https://hub.example.org/dvc/42/files/md5/8d/777f385d3dfec8815d20f7496026dc.dir"
    assert (plots["sharinghub:files"], plots["sharinghub:size"]) == (4120, 48210334)
    assert item["properties"]["sharinghub:dvc"]["outputs"] == 1


def test_the_citation_file_cites_and_licenses() -> None:
    cited = re.search(r'```yaml title="CITATION.cff"\n(.*?)```', PAGE, re.DOTALL)
    assert cited is not None
    built = build("# Crops", DATASET, {"CITATION.cff": cited[1]})
    assert built.problems == ()
    properties = built.item["properties"]
    assert properties["license"] == "CC-BY-4.0"
    assert properties["sci:doi"] == "10.5281/zenodo.1234567"
    assert properties["sci:citation"].startswith("Martin, Olga (2022). Crop plots of Gascony")


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
EXPECTED = {"licence-missing", "ml-model-unknown", "mlm-incomplete"}


@pytest.mark.parametrize("front", snippets())
def test_a_short_example_is_understood(front: str) -> None:
    assert isinstance(yaml.safe_load(front), dict)
    category = DATASET if front.startswith("# of a dataset") else AI_MODEL
    built = build(f"---\n{front}\n---\ntext", category)
    allowed = EXPECTED | ({"licence-unknown"} if "Our own terms" in front else set())
    allowed |= {"asset-missing"} if "docs/*.pdf" in front else set()
    assert {problem.rule for problem in built.problems} <= allowed
    assert validator()(built.item) == []


def test_related_projects_are_linked_as_the_page_says() -> None:
    (front,) = [text for text in snippets() if text.startswith("related:")]
    found = {
        (one.rel, one.path or one.project_id, one.version) for one in build(f"---\n{front}\n---\n", AI_MODEL).references
    }
    assert found == {
        ("derived_from", "soil/raw-plots", None),
        ("derived_from", "soil/backbone", "v1.2.0"),
        ("derived_from", 17, None),
        ("ml-model:train-data", "soil/crop-plots", None),
        ("derived_from", "soil/backbone", None),
        ("related", "soil/crop-plots", None),
    }


def test_the_short_types_are_those_of_the_program() -> None:
    row = next(line for line in PAGE.split("\n") if line.startswith("| `type-as`"))
    assert set(re.findall(r"`([a-z]+)`", row.partition("|")[2].partition("|")[2])) == set(TYPE_AS)


def test_every_known_extension_is_named_with_its_version() -> None:
    section = " ".join(PAGE.partition("### Extensions")[2].partition("```")[0].split())
    for extension in EXTENSIONS:
        prefix = "" if extension.bare or extension.prefix == extension.name else rf" \(`{extension.prefix}`\)"
        version = extension.schema.split("/")[-2].removeprefix("v")
        assert re.search(rf"\b{extension.name}{prefix} {re.escape(version)}\b", section), extension.name


def test_the_fields_that_are_never_taken_are_not_and_no_others() -> None:
    section = PAGE.partition("## What is never taken")[2].partition("\n\nFields that nothing reads")[0]
    named = set(re.findall(r"`([a-z_]+)`", section))
    for field in {*named, "sharinghub:stars"}:
        log = ProblemLog()
        assert keep_extra({field: "x"}, {}, log) == {}
        assert [problem.rule for problem in log.result()] == ["reserved-field"]
    item = build("# x", DATASET).item
    assert {*item, *item["properties"]} & {"id", "bbox", "geometry", "collection", "datetime"} <= named
