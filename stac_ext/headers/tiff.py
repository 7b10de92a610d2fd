"""Which tags the first image of a TIFF or BigTIFF file has, without its pixels.

Source: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf (section 2), https://libtiff.gitlab.io/libtiff/
"""

import struct
from typing import Final

from stac_ext.headers.reach import BrokenError, OutOfReachError, Reach

MAX_TAGS: Final = 4_096
MAX_VALUES: Final = 20_000

# The codes of `struct` for each type of TIFF; text and undefined bytes are bytes.
# fmt: off
_TYPES: Final = {
    1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii",
    11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q",
}
# fmt: on

Tags = dict[int, tuple[int | float | bytes, ...]]


def read_tags(reach: Reach, wanted: frozenset[int]) -> Tags:
    """The values of the wanted tags as far as they are at hand, text as one value of bytes.

    Raises BrokenError for what is no TIFF, OutOfReachError where the directory is not at hand.
    """
    start = reach.take(0, 16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None:
        raise BrokenError("it does not begin as a TIFF file")
    (magic,) = struct.unpack(f"{order}H", start[2:4])
    if magic == 42:
        (place,) = struct.unpack(f"{order}I", start[4:8])
        (count,), entry, inline, offset = struct.unpack(f"{order}H", reach.take(place, 2)), 12, 4, "I"
        place += 2
    elif magic == 43:
        (place,) = struct.unpack(f"{order}Q", start[8:16])
        (count,), entry, inline, offset = struct.unpack(f"{order}Q", reach.take(place, 8)), 20, 8, "Q"
        place += 8
    else:
        raise BrokenError("it does not begin as a TIFF file")
    if not 0 < count <= MAX_TAGS:
        raise BrokenError(f"its directory has {count} tags")
    directory = reach.take(place, count * entry)
    tags: Tags = {}
    for at in range(0, len(directory), entry):
        code, kind = struct.unpack(f"{order}HH", directory[at : at + 4])
        (values,) = struct.unpack(f"{order}{offset}", directory[at + 4 : at + 4 + inline])
        if code not in wanted or kind not in _TYPES or not 0 < values <= MAX_VALUES:
            continue
        field = directory[at + 4 + inline : at + entry]
        layout = f"{values}s" if _TYPES[kind] == "s" else _TYPES[kind] * values
        size = struct.calcsize(f"{order}{layout}")
        try:
            data = field[:size] if size <= inline else reach.take(struct.unpack(f"{order}{offset}", field)[0], size)
        except OutOfReachError:
            continue
        tags[code] = struct.unpack(f"{order}{layout}", data)
    return tags
