"""That whatever stands below an extension's prefix, the item stays valid, and what was not used is kept."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.extensions.known import EXTENSIONS
from tests.stac_ext.extensions.support import errors, read
from tests.stac_ext.extensions.test_reading import BLOCKS

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=10),
    st.sampled_from(
        ["EPSG:4326", "x", "spatial", "temporal", "geometry", "raster", "vector", "2020-01-01T00:00:00Z", "red", "fr"]
    ),
)
WORDS = st.one_of(
    st.sampled_from(
        [
            *("name", "classes", "value", "description", "type", "axis", "extent", "values", "bbox", "dimensions"),
            *("code", "scheme", "concepts", "id", "url", "lat", "lon", "coordinates", "format", "expression", "count"),
            *("step", "unit", "offset", "length", "summary", "min", "max", "buckets", "statistics", "reference_system"),
        ]
    ),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(WORDS, inner, max_size=6)),
    max_leaves=12,
)
PREFIXES = st.sampled_from([extension.prefix for extension in EXTENSIONS])


@st.composite
def front_matters(draw: st.DrawFn) -> dict[str, Any]:
    """Blocks and prefixed keys of the fields that the hub knows, with values of any kind."""
    fields: dict[str, Any] = {}
    for extension in draw(st.lists(st.sampled_from(EXTENSIONS), min_size=1, max_size=3)):
        names = st.sampled_from([*extension.fields, *extension.required, "bands", "unknown"])
        block = draw(st.dictionaries(names, VALUES, max_size=6))
        if extension.bare:
            fields |= block
        elif draw(st.booleans()):
            fields |= {f"{extension.prefix}:{name}": value for name, value in block.items()}
        else:
            fields[extension.prefix] = block
    return fields


@given(front_matters())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_below_any_known_key(fields: dict[str, Any]) -> None:
    found, _ = read(fields)
    assert errors(found) == []
    assert errors(found, "text/csv") == []


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Any]:
    """A block that is right, with one value in its depths replaced by any other."""
    import yaml

    prefix = draw(st.sampled_from(sorted(BLOCKS)))
    document = yaml.safe_load(BLOCKS[prefix][0])
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            spots.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    walk(document)
    node, key = draw(st.sampled_from(spots))
    node[key] = draw(VALUES)
    return prefix, document


@given(damaged())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_right_block_with_one_value_replaced(case: tuple[str, Any]) -> None:
    found, _ = read(case[1])
    assert errors(found) == []


@given(st.dictionaries(st.one_of(PREFIXES, st.just("extensions"), st.just("bands")), VALUES, max_size=5))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_in_place_of_a_block(fields: dict[str, Any]) -> None:
    found, _ = read(fields)
    assert errors(found) == []
