"""Which bands of an image are described: `bands` of STAC 1.1, or `eo:bands` and `raster:bands` of older versions.

Source: https://github.com/radiantearth/stac-spec/blob/v1.1.0/commons/common-metadata.md#bands
"""

from dataclasses import dataclass
from typing import Any, Final

from stac_ext.extensions.checks import Check, choice, line, number, prose, record, whole
from stac_ext.extensions.content import CLASSES
from stac_ext.extensions.datacube import DATA_TYPES, nodata
from stac_ext.extensions.earth import EO
from stac_ext.extensions.places import RASTER
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted

MAX_BANDS: Final = 500

_FIX = "Write `bands: [{name: B04, eo:common_name: red}]`."
_MEASURES = {name: number() for name in ("minimum", "maximum", "mean", "stddev")}
_STATISTICS = record({}, {**_MEASURES, "count": whole(0), "valid_percent": number(0, 100)}, closed=True)


def _statistics(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _STATISTICS(value)
    if not found:
        raise ValueError("it is empty")
    return found


_FIELDS: Final[dict[str, Check]] = {
    "name": line,
    "description": prose,
    "gsd": number(above=0),
    "data_type": choice(*DATA_TYPES),
    "nodata": nodata,
    "unit": line,
    "statistics": _statistics,
    "classification:classes": CLASSES,
    **{EO.key(name): check for name, check in EO.fields.items()},
    **{RASTER.key(name): check for name, check in RASTER.fields.items()},
}


@dataclass(frozen=True, slots=True)
class Bands:
    """The bands in their order. `unread` are the declarations of which a part could not be used, by their keys."""

    bands: tuple[dict[str, Any], ...]
    unread: dict[str, Any]

    def uses(self, prefix: str) -> bool:
        """Whether a band has a field of this extension."""
        return any(key.startswith(f"{prefix}:") for band in self.bands for key in band)


def read_bands(declared: dict[str, Any], log: ProblemLog, place: str = "") -> Bands:
    """Read `bands`, `eo:bands` and `raster:bands`, the n-th of each about the n-th band; the first that is set wins.

    `place` is what comes before the keys where problems name them, such as `assets.2.`.
    """
    merged: list[dict[str, Any]] = []
    unread: dict[str, Any] = {}
    for key, value in declared.items():
        found = _read(key, value, log, place)
        if found is None or (merged and len(found[0]) != len(merged)):
            said = f"`{key}` is {quoted(value)}, no list of all bands." if found is None else _other_count(key, merged)
            log.add("extension-bands", said, _FIX, field=f"{place}{key}")
            unread[key] = value
            continue
        bands, whole_list = found
        if not whole_list:
            unread[key] = value
        merged = [{**band, **before} for band, before in zip(bands, merged or [{}] * len(bands), strict=True)]
    return Bands(tuple(merged) if any(merged) else (), unread)


def _other_count(key: str, merged: list[dict[str, Any]]) -> str:
    return f"`{key}` does not describe the same {len(merged)} bands."


def _read(key: str, value: Any, log: ProblemLog, place: str) -> tuple[list[dict[str, Any]], bool] | None:
    if not isinstance(value, list) or len(value) > MAX_BANDS or not all(isinstance(band, dict) for band in value):
        return None
    prefix = key.rpartition(":")[0]
    whole_list = True
    bands: list[dict[str, Any]] = []
    for number_of_band, band in enumerate(value, 1):
        bands.append({})
        for name, entry in band.items():
            known = name if name in _FIELDS else f"{prefix}:{name}"
            try:
                if known not in _FIELDS:
                    raise ValueError("there is no such field of a band")
                bands[-1][known] = _FIELDS[known](entry)
            except ValueError as error:
                whole_list = False
                said = f"`{clean_line(str(name), 60)}` of band {number_of_band} in `{key}` is not used: {error}."
                log.add("extension-bands", said, _FIX, field=f"{place}{key}")
    return bands, whole_list
