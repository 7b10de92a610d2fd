"""That an extension which an operator configured by its schema alone is applied offline, field by field."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.extensions.schema_file import SchemaError, SchemaExtension, load_extension
from tests.stac_ext.extensions.support import item_of, read
from tests.stac_ext.extensions.test_any_input import VALUES

ADDRESS = "https://schemas.example.org/crop/v1.2.0/schema.json"
UNITS = "https://schemas.example.org/units.json"
# In the form of the template of the STAC community.
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": f"{ADDRESS}#",
    "oneOf": [
        {
            "allOf": [
                {"$ref": "#/definitions/stac_extensions"},
                {
                    "type": "object",
                    "required": ["type", "properties", "assets"],
                    "properties": {
                        "type": {"const": "Feature"},
                        "properties": {"allOf": [{"required": ["crop:kind"]}, {"$ref": "#/definitions/fields"}]},
                    },
                },
            ]
        },
        {"type": "object", "required": ["type"], "properties": {"type": {"const": "Collection"}}},
    ],
    "definitions": {
        "stac_extensions": {
            "type": "object",
            "required": ["stac_extensions"],
            "properties": {"stac_extensions": {"type": "array", "contains": {"const": ADDRESS}}},
        },
        "fields": {
            "type": "object",
            "properties": {
                "crop:kind": {"type": "string", "enum": ["wheat", "maize"]},
                "crop:yield": {"type": "number", "minimum": 0},
                "crop:unit": {"$ref": UNITS},
            },
            "patternProperties": {"^(?!crop:)": {}},
            "additionalProperties": False,
        },
    },
}
OTHERS = {UNITS: b'{"type": "string", "maxLength": 3}'}


def crop() -> SchemaExtension:
    return load_extension("crop", ADDRESS, json.dumps(SCHEMA).encode(), OTHERS)


CROP = crop()
DECLARED = {"extensions": {"crop": "https://schemas.example.org/crop/v1.0.0/schema.json"}}


def faults(item: dict[str, Any]) -> list[str]:
    return [error.message for error in CROP.validator.iter_errors(item)]


@pytest.mark.parametrize(
    "fields",
    [
        {**DECLARED, "crop": {"kind": "wheat", "yield": 3, "unit": "t"}},
        {"crop:kind": "wheat", "crop:yield": 3, "crop:unit": "t"},
        {"extensions": {"crop": {"kind": "wheat", "yield": 3, "unit": "t"}}},
    ],
)
def test_a_configured_extension_is_read(fields: dict[str, Any]) -> None:
    found, problems = read(fields, configured=[CROP])
    assert problems == []
    assert (found.values, found.schemas) == ({"crop:kind": "wheat", "crop:yield": 3, "crop:unit": "t"}, (ADDRESS,))
    assert (found.left, found.unread) == ({}, {})
    assert faults(item_of(found)) == []


@pytest.mark.parametrize(
    "fields", [{"crop": {"kind": "wheat"}}, {"extensions": {"crop": "https://else.example/v1/s.json"}, "crop": {}}]
)
def test_a_block_that_is_not_declared_is_none_of_it(fields: dict[str, Any]) -> None:
    found, problems = read(fields, configured=[CROP])
    assert (found.values, found.left, problems) == ({}, fields, [])
    assert read({"crop": {"kind": "wheat"}}, configured=[CROP], defaults=("crop",))[0].schemas == (ADDRESS,)


def test_a_broken_field_costs_itself_alone() -> None:
    fields = {**DECLARED, "crop": {"kind": "wheat", "yield": -1, "unit": "tonnes", "colour": "gold", "more": 1}}
    found, problems = read(fields, configured=[CROP])
    assert found.values == {"crop:kind": "wheat"}
    assert found.unread == {"crop": {"yield": -1, "unit": "tonnes", "colour": "gold", "more": 1}}
    assert problems == ["extension-value"] * 4
    assert faults(item_of(found)) == []


@pytest.mark.parametrize("block", [{"yield": 3}, {"kind": "rye", "yield": 3}])
def test_without_a_required_field_it_is_left_out_whole(block: dict[str, Any]) -> None:
    found, problems = read({**DECLARED, "crop": block}, configured=[CROP])
    assert (found.values, found.schemas, found.unread) == ({}, (), {"crop": block})
    assert problems[-1] == "extension-incomplete"


def test_what_the_hub_knows_by_its_fields_is_not_configured_anew() -> None:
    other = load_extension("eo", "https://schemas.example.org/eo/v9.0.0/schema.json", b"{}")
    found, _ = read({"eo": {"cloud_cover": 200}}, configured=[other])
    assert found.schemas == ()


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"type": 3}', b"{" + b" " * 2_000_000 + b"}"])
def test_a_schema_that_is_none(text: bytes) -> None:
    with pytest.raises(SchemaError):
        load_extension("crop", ADDRESS, text)


def test_a_schema_that_leads_elsewhere_opens_no_connection() -> None:
    """The reference is not there, so nothing can be said by the extension."""
    alone = load_extension("crop", ADDRESS, json.dumps(SCHEMA).encode())
    found, problems = read({**DECLARED, "crop": {"kind": "wheat", "unit": "t"}}, configured=[alone])
    assert (found.schemas, problems) == ((), ["extension-incomplete"])


@given(st.dictionaries(st.sampled_from(["kind", "yield", "unit", "other", ""]), st.one_of(VALUES, st.just("wheat"))))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_below_the_prefix(block: dict[str, Any]) -> None:
    found, _ = read({**DECLARED, "crop": block}, configured=[CROP])
    if found.schemas:
        assert faults(item_of(found)) == []
