"""That an operator's extensions are loaded from their files, and that a wrong one is named."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from sharinghub_ext.extensions import ExtensionSettings, load_extensions

ADDRESS = "https://schemas.example.org/crop/v1.0.0/schema.json"


class Holder(BaseModel):
    extensions: dict[str, ExtensionSettings] = {}


def test_an_extension_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "crop.json").write_text('{"type": "object"}')
    entries = Holder.model_validate(
        {"extensions": {"crop": {"schema_url": ADDRESS, "file": str(tmp_path / "crop.json")}}}
    ).extensions
    (crop,) = load_extensions(entries)
    assert (crop.prefix, crop.schema) == ("crop", ADDRESS)
    assert load_extensions({}) == ()


@pytest.mark.parametrize(
    ("prefix", "content", "says"),
    [
        ("eo", "{}", "extensions.eo: is a prefix that the hub knows anyway"),
        ("sci", "{}", "extensions.sci: is a prefix"),
        ("crop", None, "No such file"),
        ("crop", "[]", "extensions.crop: is no JSON object"),
        ("crop", '{"type": 1}', "extensions.crop: is no JSON Schema"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, prefix: str, content: str | None, says: str) -> None:
    if content is not None:
        (tmp_path / "s.json").write_text(content)
    entry = ExtensionSettings(schema_url=ADDRESS, file=tmp_path / "s.json")
    with pytest.raises(ValueError, match="extensions") as refused:
        load_extensions({prefix: entry})
    assert says in str(refused.value)


def test_an_address_that_is_none() -> None:
    with pytest.raises(ValidationError):
        ExtensionSettings(schema_url="schema.json", file=Path("x"))
