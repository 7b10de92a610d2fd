"""The public STAC schemas, offline and strict, where they are beside the repository."""

import functools
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

VALIDATOR = Path(__file__).resolve().parents[3] / "shared" / "stac" / "validate_item.py"


@functools.cache
def validator() -> Callable[..., list[str]]:
    """A function from a STAC document to the list of its errors; skips the test where the schemas are absent."""
    if not VALIDATOR.exists():
        pytest.skip("needs the public STAC schemas in ../shared, which are not here")
    spec = importlib.util.spec_from_file_location("validate_item", VALIDATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    @functools.cache
    def judged(text: bytes, strict: bool) -> list[str]:
        errors: list[str] = module.validate(orjson.loads(text), strict=strict)
        return errors

    def validate(document: Any, strict: bool = False) -> list[str]:
        """Each member by itself: one that many callers see alike is judged once."""
        members = document.get("features", document.get("collections")) if isinstance(document, dict) else None
        if isinstance(members, list) and (document.get("type") == "FeatureCollection" or "type" not in document):
            return [error for one in members for error in validate(one, strict)]
        return list(judged(orjson.dumps(document), strict))

    return validate
