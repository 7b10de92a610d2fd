"""An item with what a front matter says by extensions, as small as it can be."""

from typing import Any

import yaml

from stac_ext.extensions.reading import Extensions, read_extensions
from stac_ext.problem_log import ProblemLog
from tests.support.schemas import validator


def read(fields: dict[str, Any] | str, **options: Any) -> tuple[Extensions, list[str]]:
    """What was read, of fields or of YAML, and the rules of the problems that were told."""
    log = ProblemLog()
    given = yaml.safe_load(fields) if isinstance(fields, str) else fields
    found = read_extensions(given, log, **options)
    return found, [problem.rule for problem in log.result()]


def item_of(found: Extensions, media_type: str = "image/tiff; application=geotiff") -> dict[str, Any]:
    """A STAC Item with the properties and one asset of this media type."""
    image = {"href": "https://hub.example/a", "type": media_type, **found.of_asset(media_type)}
    if "bands" not in image:
        found = found.without_bands(ProblemLog())
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(found.schemas),
        "id": "42",
        "geometry": None,
        "properties": {"datetime": "2024-05-01T00:00:00Z", **found.properties()},
        "links": [],
        "assets": {"a": image},
    }


def errors(found: Extensions, media_type: str = "image/tiff; application=geotiff") -> list[str]:
    """What the public schemas say against that item."""
    return validator()(item_of(found, media_type), strict=True)
