"""Which fields describe what data hold (label, classification, table, file), and items: language, themes, version.

Source: https://github.com/stac-extensions/label (v1.0.1), https://github.com/stac-extensions/classification (v1.1.0),
https://github.com/stac-extensions/table (v1.2.0), https://github.com/stac-extensions/file (v2.1.0),
https://github.com/stac-extensions/language (v1.0.0), https://github.com/stac-extensions/themes (v1.0.0),
https://github.com/stac-extensions/version (v1.2.0)
"""

import re
from typing import Any, Final

from stac_ext.extensions.checks import (
    boolean,
    choice,
    entries,
    line,
    null_or,
    number,
    prose,
    record,
    whole,
)
from stac_ext.extensions.model import Extension, MisfitError, Values, published
from stac_ext.ml.values import bounded
from stac_ext.sanitize import quoted
from stac_ext.urls import safe_url

_COLOUR = re.compile(r"#?([0-9A-Fa-f]{6})", re.ASCII)
_HEX = re.compile(r"[a-f0-9]{1,300}", re.ASCII)
_LOCAL_PATH = re.compile(r"[^\r\n\t\\:'\"/]+(/[^\r\n\t\\:'\"/]+)*/?")
# A language tag as most are: https://www.rfc-editor.org/rfc/rfc5646
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?", re.ASCII)

# Labels


def _class_values(value: Any) -> list[Any]:
    plain = isinstance(value, list) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
    found: list[Any] = entries(number() if plain else _class_name, least=1)(value)
    return found


def _class_name(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else line(value)


def _labels_of_rasters(values: Values) -> Values:
    """Labels in rasters belong to no property of a feature: null says so."""
    if "properties" not in values and str(values.get("type")).strip().lower() == "raster":
        return {**values, "properties": None}
    return values


def _named_as_their_type(values: Values) -> Values:
    """The classes of rasters have no name, those of vectors have one."""
    raster = values.get("type") == "raster"
    classes = values.get("classes")
    if classes and not raster and any(one["name"] is None for one in classes):
        raise MisfitError("classes", "a class of vector labels needs the `name` of its property")
    if classes and raster:
        return {**values, "classes": [{**one, "name": None} for one in classes]}
    return values


LABEL: Final = Extension(
    "label",
    published("label", "1.0.1"),
    {
        "properties": null_or(entries(line, least=1)),
        "classes": entries(record({"name": null_or(line), "classes": _class_values})),
        "description": prose,
        "type": choice("raster", "vector"),
        "tasks": entries(line),
        "methods": entries(line),
        "overviews": entries(
            record(
                {},
                {
                    "property_key": line,
                    "counts": entries(record({}, {"name": _class_name, "count": whole(0)})),
                    "statistics": entries(record({}, {"name": line, "value": number()})),
                },
            )
        ),
    },
    required=("properties", "description", "type"),
    complete=_labels_of_rasters,
    settle=_named_as_their_type,
)

# Classes


def _colour(value: Any) -> str:
    match = _COLOUR.fullmatch(line(value))
    if match is None:
        raise ValueError(f"{quoted(value)} is no colour such as 1F77B4")
    return match[1].upper()


_CLASS_FIELDS = record({"value": whole(), "description": prose}, {"name": line, "color_hint": _colour})


def _class(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and value.get("description") is None:
        value = {**value, "description": value.get("name") or value.get("title")}
    found: dict[str, Any] = _CLASS_FIELDS(value)
    return found


CLASSES = entries(_class, least=1, unique=True)
CLASSIFICATION: Final = Extension(
    "classification",
    published("classification", "1.1.0"),
    {
        "classes": CLASSES,
        "bitfields": entries(
            record(
                {"offset": whole(0), "length": whole(1), "classes": CLASSES},
                {"roles": entries(line, least=1, unique=True), "description": prose, "name": line},
            ),
            least=1,
            unique=True,
        ),
    },
)

# Tables and files

TABLE: Final = Extension(
    "table",
    published("table", "1.2.0"),
    {
        "columns": entries(record({"name": line}, {"description": prose, "type": line})),
        "primary_geometry": line,
        "row_count": whole(0),
        "tables": entries(record({"name": line}, {"description": prose})),
    },
)


def _checksum(value: Any) -> str:
    text = line(value).lower()
    if not _HEX.fullmatch(text):
        raise ValueError(f"{quoted(value)} is no multihash in hexadecimal digits")
    return text


def _local_path(value: Any) -> str:
    text = line(value)
    if not _LOCAL_PATH.fullmatch(text) or any(part in (".", "..") for part in text.split("/")):
        raise ValueError(f"{quoted(value)} is no relative path")
    return text


FILE: Final = Extension(
    "file",
    published("file", "2.1.0"),
    {
        "byte_order": choice("big-endian", "little-endian"),
        "checksum": _checksum,
        "header_size": whole(0),
        "size": whole(0),
        "values": entries(record({"values": entries(bounded, least=1), "summary": line}), least=1),
        "local_path": _local_path,
    },
    anywhere=False,
)

# Of every item


def _language_code(value: Any) -> str:
    text = line(value)
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{quoted(value)} is no language such as fr or pt-BR")
    return text


_LANGUAGE_OBJECT = record({"code": _language_code}, {"name": line, "alternate": line, "dir": choice("ltr", "rtl")})


def _is_object(value: Any) -> bool:
    """Cards of models and datasets say `language: [en, fr]` of texts; the extension means its metadata by an object."""
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(one, dict) for one in value))


LANGUAGE: Final = Extension(
    "language",
    published("language", "1.0.0"),
    {"language": _LANGUAGE_OBJECT, "languages": entries(_LANGUAGE_OBJECT, unique=True)},
    required=("language",),
    bare=True,
    means=_is_object,
)

THEMES: Final = Extension(
    "themes",
    published("themes", "1.0.0"),
    {
        "themes": entries(
            record(
                {
                    "scheme": line,
                    "concepts": entries(
                        record({"id": line}, {"title": line, "description": prose, "url": safe_url}), least=1
                    ),
                }
            ),
            least=1,
        )
    },
    required=("themes",),
    bare=True,
    means=_is_object,
)

VERSION: Final = Extension(
    "version",
    published("version", "1.2.0"),
    {"deprecated": boolean, "experimental": boolean},
    bare=True,
    means=lambda value: isinstance(value, bool),
)
