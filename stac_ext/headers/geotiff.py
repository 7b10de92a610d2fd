"""What the header of a GeoTIFF file tells: its size in pixels, its grid and reference system, the type of its values.

Source: https://docs.ogc.org/is/19-008r4/19-008r4.html (OGC GeoTIFF 1.1)
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.headers.reach import BrokenError, Reach
from stac_ext.headers.systems import box_in_degrees, known_code
from stac_ext.headers.tiff import Tags, read_tags
from stac_ext.model import FileEnds
from stac_ext.sanitize import MAX_INTEGER

_WIDTH, _HEIGHT, _BITS, _FORMAT, _NODATA = 256, 257, 258, 339, 42113
_SCALE, _TIEPOINT, _MATRIX, _KEYS = 33550, 33922, 34264, 34735
_WANTED: Final = frozenset({_WIDTH, _HEIGHT, _BITS, _FORMAT, _NODATA, _SCALE, _TIEPOINT, _MATRIX, _KEYS})
_RASTER_TYPE, _GEOGRAPHIC, _PROJECTED = 1025, 2048, 3072
_POINT: Final = 2
_USER_DEFINED: Final = 32767
# The name of a type in STAC, by `SampleFormat`; a size that STAC does not have is `other`.
_KINDS: Final = {1: "uint", 2: "int", 3: "float", 5: "cint", 6: "cfloat"}
# fmt: off
_SIZES: Final = {
    "uint": (8, 16, 32, 64), "int": (8, 16, 32, 64), "float": (16, 32, 64), "cint": (32, 64), "cfloat": (64, 128),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Grid:
    """The pixels of an image. `transform` has the six numbers of `proj:transform`; `code` is that of the system."""

    width: int
    height: int
    transform: tuple[float, ...] | None = None
    code: str | None = None
    data_type: str | None = None
    nodata: float | str | None = None

    @property
    def bounds(self) -> list[float] | None:
        """The box of all pixels in the reference system: least x, least y, greatest x, greatest y."""
        if self.transform is None:
            return None
        a, b, c, d, e, f = self.transform
        corners = [(x, y) for x in (0, self.width) for y in (0, self.height)]
        xs = [a * x + b * y + c for x, y in corners]
        ys = [d * x + e * y + f for x, y in corners]
        box = [min(xs), min(ys), max(xs), max(ys)]
        return box if all(math.isfinite(number) for number in box) else None

    def box(self) -> list[float] | None:
        """West, south, east, north in degrees, where the file tells."""
        return box_in_degrees(self.bounds, {"proj:code": self.code}) if self.bounds and self.code else None

    def fields(self) -> dict[str, Any]:
        """As fields of an asset: of the extension proj, and of common metadata."""
        told: dict[str, Any] = {"proj:shape": [self.height, self.width]} if self.transform else {}
        if self.code:
            told["proj:code"] = self.code
        if self.transform and self.bounds:
            told |= {"proj:transform": list(self.transform), "proj:bbox": self.bounds}
        if self.data_type:
            told["data_type"] = self.data_type
        if self.nodata is not None:
            told["nodata"] = self.nodata
        return told


def read_geotiff(ends: FileEnds) -> Grid:
    """The grid of the first image. Raises BrokenError for what is no TIFF, OutOfReachError where it is not at hand."""
    tags = read_tags(Reach(ends), _WANTED)
    width, height = _whole(tags, _WIDTH), _whole(tags, _HEIGHT)
    if width is None or height is None:
        raise BrokenError("it does not say its width and height")
    keys = _keys(tags)
    code = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC)
    named = None if code in (None, 0, _USER_DEFINED) else known_code(f"EPSG:{code}")
    transform = _transform(tags, keys.get(_RASTER_TYPE) == _POINT) if keys else None
    return Grid(width, height, transform, named if transform else None, _data_type(tags), _nodata(tags))


def _whole(tags: Tags, tag: int) -> int | None:
    value = tags.get(tag, (None,))[0]
    return value if isinstance(value, int) and 0 < value <= MAX_INTEGER else None


def _numbers(tags: Tags, tag: int, count: int) -> list[float] | None:
    values = [value for value in tags.get(tag, ())[:count] if isinstance(value, int | float) and math.isfinite(value)]
    return [float(value) for value in values] if len(values) == count else None


def _keys(tags: Tags) -> dict[int, int]:
    """The keys whose value stands in the directory itself, as all codes do."""
    directory = [value for value in tags.get(_KEYS, ()) if isinstance(value, int)]
    entries = [directory[at : at + 4] for at in range(4, len(directory) - 3, 4)]
    return {key: value for key, location, _, value in entries if location == 0}


def _transform(tags: Tags, of_points: bool) -> tuple[float, ...] | None:
    """The affine map from column and row to x and y of a pixel's outer corner."""
    if matrix := _numbers(tags, _MATRIX, 16):
        a, b, c, d, e, f = matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]
    else:
        scale, tie = _numbers(tags, _SCALE, 2), _numbers(tags, _TIEPOINT, 6)
        if not scale or not tie or len(tags[_TIEPOINT]) > 6:
            return None
        a, b, d, e = scale[0], 0.0, 0.0, -scale[1]
        c, f = tie[3] - tie[0] * a, tie[4] - tie[1] * e
    if a * e == b * d:
        return None
    if of_points:
        c, f = c - (a + b) / 2, f - (d + e) / 2
    return (a, b, c, d, e, f)


def _data_type(tags: Tags) -> str | None:
    bits = {value for value in tags.get(_BITS, (1,)) if isinstance(value, int)}
    kind = _KINDS.get(_whole(tags, _FORMAT) or 1)
    if kind is None or len(bits) != 1:
        return None
    size = bits.pop()
    return f"{kind}{size // 2 if kind.startswith('c') else size}" if size in _SIZES[kind] else "other"


def _nodata(tags: Tags) -> float | str | None:
    value = tags.get(_NODATA, (b"",))[0]
    text = value.rstrip(b"\0 ").decode("ascii", "ignore").strip().lower()[:40] if isinstance(value, bytes) else ""
    if text in ("nan", "inf", "-inf"):
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and abs(number) <= MAX_INTEGER else number
