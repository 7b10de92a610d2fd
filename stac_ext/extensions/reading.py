"""Which extensions an item declares: those that its README uses, and of which a field that the hub knows is right.

A field is written in a block below the prefix, in a block below `extensions`, or as `prefix:field`; the last of these
counts. What cannot be used costs that field alone, and an extension whose required field is missing is left out whole;
both are kept for `sharinghub:extra`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from stac_ext.extensions.bands import Bands, read_bands
from stac_ext.extensions.blocks import field_name, gather
from stac_ext.extensions.known import BY_PREFIX, EXTENSIONS
from stac_ext.extensions.model import Extension, MisfitError
from stac_ext.extensions.schema_file import SchemaExtension
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted

MAX_BYTES: Final = 64 * 1024

_IMAGES = ("image/tiff", "image/jp2", "application/netcdf", "application/x-netcdf", "application/x-hdf5")
_BAND_KEYS = ("bands", "eo:bands", "raster:bands")
_CITED = "/scientific/"  # fields of this extension are read as citation
_NO_BANDS: Final = Bands((), {})


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions say about an item, or about one of its assets.

    `values` are the fields by their keys in the item, `schemas` what to declare for them; `bands` has what its images
    have. `left` is the front matter without what was read here, `unread` what of that could not be used.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    schemas: tuple[str, ...] = ()
    bands: Bands = _NO_BANDS
    left: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, Any] = field(default_factory=dict)

    def properties(self) -> dict[str, Any]:
        """As properties of a STAC Item; `bands` only together with those of an asset."""
        return {**self.values, **({"bands": self._bands()} if self.bands.bands else {})}

    def of_asset(self, media_type: str | None) -> dict[str, Any]:
        """What an asset of this media type has: the bands, if it is an image of measured values."""
        image = (media_type or "").partition(";")[0].strip().lower() in _IMAGES
        return {"bands": self._bands()} if image and self.bands.bands else {}

    def without_bands(self, log: ProblemLog) -> "Extensions":
        """What is left where the item has no image: STAC knows bands only of those."""
        if not self.bands.bands:
            return self
        said = "The bands are kept in `sharinghub:extra`: no asset of the item is an image that has them."
        log.add("extension-bands", said, "Name the image in `assets`.", field="bands")
        prefixes = {key.partition(":")[0] for key in self.values}
        of_bands = [one.schema for one in EXTENSIONS if self.bands.uses(one.prefix) and one.prefix not in prefixes]
        schemas = tuple(schema for schema in self.schemas if schema not in of_bands)
        return Extensions(self.values, schemas, _NO_BANDS, self.left, {**self.unread, "bands": self._bands()})

    def _bands(self) -> list[dict[str, Any]]:
        return [dict(band) for band in self.bands.bands]


def read_extensions(
    fields: Mapping[str, Any],
    log: ProblemLog,
    *,
    defaults: Collection[str] = (),
    configured: Collection[SchemaExtension] = (),
) -> Extensions:
    """Read all that the fields of a front matter say by extensions that the hub knows.

    `defaults` are the prefixes whose blocks are meant as extensions without being declared. `configured` are
    extensions that the hub knows by a schema alone; they come after those that it knows field by field.
    """
    left = dict(fields)
    values: dict[str, Any] = {}
    schemas: list[str] = []
    unread: dict[str, Any] = {}
    bands: dict[str, Any] = {}
    listed = _listed(fields.get("extensions"), log)
    for extension in EXTENSIONS:
        if listed is not None and not _is_same(listed.get(extension.prefix), extension):
            continue
        if extension.bare:
            declared = _gather_bare(left, listed, extension)
        else:
            declared = gather(left, listed, extension.prefix, extension.fields, extension.prefix in defaults, log)
        bands |= {f"{extension.prefix}:bands": declared.pop("bands")} if _has_bands(extension, declared) else {}
        if not declared:
            continue
        found, rest = _check(extension, declared, log, "")
        if found:
            schemas.append(extension.schema)
            values |= {extension.key(name): value for name, value in found.items()}
        if rest:
            unread |= rest if extension.bare else {extension.prefix: rest}
    for schema in configured:
        if schema.prefix not in BY_PREFIX and _is_meant(schema, listed, fields, defaults):
            found, rest = schema.check(gather(left, listed, schema.prefix, (), True, log), log)
            schemas += [schema.schema] if found else []
            values |= {f"{schema.prefix}:{name}": value for name, value in found.items()}
            unread |= {schema.prefix: rest} if rest else {}
    if listed is not None:
        left.pop("extensions", None)
        left |= {"extensions": listed} if listed else {}
    return _with_bands(values, schemas, bands, left, unread, log)


def _listed(value: Any, log: ProblemLog) -> dict[str, Any] | None:
    """The declared extensions by their prefixes, those left out that others read; None where there is no mapping."""
    if isinstance(value, dict):
        return {prefix: entry for prefix, entry in value.items() if not (prefix == "sci" and _CITED in str(entry))}
    if value is not None:
        fix = "Write `extensions: {eo: https://stac-extensions.github.io/eo/v2.0.0/schema.json}`."
        log.add(
            "extension-list", f"`extensions` is {quoted(value)}, no mapping from prefixes.", fix, field="extensions"
        )
    return None


def read_asset_fields(fields: Mapping[str, Any], log: ProblemLog, place: str) -> Extensions:
    """Read the keys `prefix:field` and `bands` of an entry below `assets`; `place` is that entry, as `assets.2`.

    `properties()` are then fields of the asset.
    """
    left = dict(fields)
    values: dict[str, Any] = {}
    schemas: list[str] = []
    unread: dict[str, Any] = {}
    bands = {key: left.pop(key) for key in _BAND_KEYS[1:] if key in left}
    for extension in EXTENSIONS:
        keys = [] if extension.bare else [key for key in left if key.startswith(f"{extension.prefix}:")]
        if not keys:
            continue
        declared = {field_name(key, extension.prefix, extension.fields): left.pop(key) for key in keys}
        found, rest = _check(extension, declared, log, f"{place}.", on_asset=True)
        if found:
            schemas.append(extension.schema)
            values |= {extension.key(name): value for name, value in found.items()}
        unread |= {extension.key(name): value for name, value in rest.items()}
    return _with_bands(values, schemas, bands, left, unread, log, f"{place}.")


def _with_bands(
    values: dict[str, Any],
    schemas: list[str],
    bands: dict[str, Any],
    left: dict[str, Any],
    unread: dict[str, Any],
    log: ProblemLog,
    place: str = "",
) -> Extensions:
    if isinstance(left.get("bands"), list):
        bands = {"bands": left.pop("bands"), **bands}
    read = read_bands(bands, log, place) if bands else _NO_BANDS
    used = [one.schema for one in EXTENSIONS if read.uses(one.prefix) and one.schema not in schemas]
    return Extensions(values, (*schemas, *used), read, left, {**unread, **read.unread})


def _is_same(address: Any, extension: Extension) -> bool:
    """Whether the schema that is declared for a prefix is a version of the extension that the hub knows."""
    if not isinstance(address, str):
        return True
    return extension.name in address.strip().split("/") or not address.strip()


def _has_bands(extension: Extension, declared: dict[str, Any]) -> bool:
    return f"{extension.prefix}:bands" in _BAND_KEYS and "bands" in declared


def _gather_bare(left: dict[str, Any], listed: dict[str, Any] | None, extension: Extension) -> dict[str, Any]:
    if listed is not None:
        listed.pop(extension.prefix, None)
    return {name: left.pop(name) for name in extension.fields if name in left and extension.means(left[name])}


def _is_meant(
    extension: SchemaExtension,
    listed: dict[str, Any] | None,
    fields: Mapping[str, Any],
    defaults: Collection[str],
) -> bool:
    """Whether a README declares the configured schema, of whatever version, or need not."""
    prefix = extension.prefix
    if listed is not None and prefix in listed:
        address = listed[prefix]
        return not isinstance(address, str) or extension.is_version_of(address)
    return prefix in defaults or any(key.startswith(f"{prefix}:") for key in fields)


def _check(
    extension: Extension, declared: dict[str, Any], log: ProblemLog, place: str, *, on_asset: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that are right, and those that are not; none where the extension is left out whole."""
    found: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    declared = extension.complete(declared)

    def refuse(rule: str, name: str, why: str, fix: str) -> None:
        key = clean_line(extension.key(name), 100)
        log.add(rule, f"`{key}` is kept in `sharinghub:extra`: {why}.", fix, field=_line_of(extension, name, place))
        rest[name] = declared[name]
        found.pop(name, None)

    if not (extension.anywhere or on_asset):
        for name in declared:
            refuse("extension-field", name, "only a file has it", f"Write `{extension.key(name)}` in `assets`.")
        return {}, rest
    size = 0
    for name, value in declared.items():
        check = extension.fields.get(name)
        if check is None:
            fix = f"Known are {', '.join(extension.fields)}."
            refuse("extension-field", name, f"version {_version(extension)} has no such field", fix)
            continue
        try:
            checked = check(value)
            size += len(orjson.dumps(checked))
            if size > MAX_BYTES:
                raise ValueError("it is longer than 64 KiB")
            found[name] = checked
        except ValueError as error:
            if value is not None:
                refuse("extension-value", name, str(error), f"See {_documented(extension)}.")
    _settle(extension, found, refuse)
    missing = [name for name in extension.required if name not in found]
    if found and missing and not on_asset:
        names = ", ".join(f"`{extension.key(name)}`" for name in missing)
        said = f"The extension `{extension.name}` is left out, since {names} is missing."
        log.add("extension-incomplete", said, f"Add {names}.", field=f"{place}{extension.prefix}")
        return {}, {**found, **rest}
    return found, rest


def _settle(extension: Extension, found: dict[str, Any], refuse: Any) -> None:
    while found:
        try:
            found.update(extension.settle(found))
        except MisfitError as error:
            refuse("extension-value", error.name, str(error), f"See {_documented(extension)}.")
        else:
            return


def _line_of(extension: Extension, name: str, place: str) -> str:
    """The field in whose line a problem is told: the block, where the README has the field in one."""
    return f"{place}{extension.prefix}:{name}" if place else (name if extension.bare else f"{extension.prefix}.{name}")


def _version(extension: Extension) -> str:
    return extension.schema.split("/")[-2].removeprefix("v")


def _documented(extension: Extension) -> str:
    return f"https://github.com/stac-extensions/{extension.name}"
