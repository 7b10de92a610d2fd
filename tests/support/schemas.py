"""The public STAC schemas, offline and strict, where they are beside the repository."""

import functools
import importlib.util
from collections.abc import Callable
from pathlib import Path

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
    validate: Callable[..., list[str]] = module.validate
    return validate
