"""A project and an item around a model, as small as they can be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from stac_ext.ml.model import Model, read_model
from stac_ext.model import ProjectFacts, Visibility
from stac_ext.problem_log import ProblemLog
from tests.support.schemas import validator

WHEN = datetime(2024, 5, 1, tzinfo=UTC)


def make_facts(**changes: Any) -> ProjectFacts:
    known: dict[str, Any] = {
        "id": 42,
        "path": "group/crop-types",
        "name": "Crop types",
        "description": "",
        "web_url": "https://gl.example/group/crop-types",
        "visibility": "public",
        "effective_visibility": Visibility.PUBLIC,
        "topics": ("sharinghub:aimodel",),
        "created_at": WHEN,
    }
    return ProjectFacts(**(known | changes))


def read(fields: dict[str, Any], **changes: Any) -> tuple[Model, list[str]]:
    """The model, and the rules of the problems that were told."""
    log = ProblemLog()
    model = read_model(fields, make_facts(**changes), log)
    return model, [problem.rule for problem in log.result()]


def item_of(model: Model, assets: Sequence[str] = ("model.onnx",)) -> dict[str, Any]:
    """A STAC Item with the model's properties and one asset for each path."""
    written: dict[str, Any] = {}
    for path in assets:
        told = model.asset_fields(path) or {}
        roles = ["data", *told.get("roles", [])]
        written[path] = {"href": f"https://hub.example/{path}", **told, "roles": roles}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": model.extensions(),
        "id": "42",
        "geometry": None,
        "properties": {"datetime": "2024-05-01T00:00:00Z", **model.properties()},
        "links": [],
        "assets": written,
    }


def errors(model: Model, assets: Sequence[str] = ("model.onnx",)) -> list[str]:
    """What the public schemas say against the item, the model being told of its assets first."""
    told = model.with_assets([(path, ()) for path in assets], ProblemLog())
    return validator()(item_of(told, assets), strict=True)
