"""Which extensions an operator adds: a prefix, the address of a schema and a file that holds it, checked at start."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from sharinghub_ext.categories import WebUrl
from stac_ext.extensions.known import BY_PREFIX
from stac_ext.extensions.schema_file import MAX_SCHEMA, SchemaError, SchemaExtension, load_extension

_READ_OTHERWISE = frozenset({"sci", "mlm", "ml-model", "sharinghub", "alternate"})


class ExtensionSettings(BaseModel):
    """One extension as an operator writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_url: WebUrl = Field(description="The address of the schema, which items declare; it is never opened.")
    file: Path = Field(description="A file with the JSON Schema.")
    references: dict[WebUrl, Path] = Field(
        default_factory=dict, description="Files with the schemas that it refers to, by their addresses."
    )


def load_extensions(entries: Mapping[str, ExtensionSettings]) -> tuple[SchemaExtension, ...]:
    """The configured extensions. Raises ValueError with a line for each entry that cannot be used."""
    loaded: list[SchemaExtension] = []
    problems: list[str] = []
    for prefix, entry in entries.items():
        try:
            if prefix in BY_PREFIX or prefix in _READ_OTHERWISE:
                raise SchemaError("is a prefix that the hub knows anyway")
            others = {address: _read(file) for address, file in entry.references.items()}
            loaded.append(load_extension(prefix, entry.schema_url, _read(entry.file), others))
        except SchemaError as error:
            problems.append(f"extensions.{prefix}: {error}")
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(loaded)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_SCHEMA + 1)
    except OSError as error:
        raise SchemaError(f"{file}: {error.strerror or error}") from None
