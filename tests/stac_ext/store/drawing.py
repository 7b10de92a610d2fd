"""Any content of a store, any viewer and any search, from few values, so that they meet each other often."""

from datetime import datetime, timedelta
from typing import Any

import shapely
from hypothesis import assume
from hypothesis import strategies as st
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from stac_ext.model import Viewer, Visibility
from stac_ext.query import DEFAULT_SORT, SortKey
from stac_ext.store.ordering import SORTABLES
from stac_ext.times import EARLIEST, EPOCH, LATEST, format_rfc3339, to_micros
from tests.stac_ext.store.evaluator import Asked, Entry

PROJECTS = range(1, 13)
COLLECTIONS = ("ai-model", "dataset")
PRINCIPALS = ("user:1", "user:2", "token:é")
PATHS = ("earth/ships", "earth/clouds", "earth/Snow", "sea/ice_1", "sea/ice-1", "é/水")
TITLES = (None, "", "Ships at sea", "SHIPS", "ships", "Ébène", "ebene", "Straße", "水稻 map", "İstanbul", "_", "\u0301")
TEXTS = (
    *("ships at sea", "at sea", "snow and ice", "Snow, and  ice", "水田の地図", "ResNet-50", "a b a b c", "Grüße aus"),
    *("ﬁne 2", "カタカナ", "🚢", ""),
)
PHRASES = (
    *("ship", "ships", "SHIPS AT", "at sea", "sea at", "snow and", "ice", "ébène", "strasse", "水", "水稻", "稻 map"),
    *("resnet 50", "a b c", "b a", "earth", "sea/ice", "地図", "fine", "", "…", "grusse"),
    *("sea ships", "ships ships", "sea snow", "ice snow", "ships earth", "sea earth"),  # of two texts
)
_DAYS = tuple(datetime(2024, 6, day, tzinfo=EPOCH.tzinfo) for day in (1, 2))
MOMENTS = (
    *(EARLIEST, LATEST, LATEST.replace(microsecond=0), EPOCH, EPOCH - timedelta(microseconds=1)),
    *(day + timedelta(microseconds=n) for day in _DAYS for n in (-1, 0, 1)),
)
_moments = st.sampled_from(MOMENTS)
_longitudes = st.sampled_from((-180, -179, -90, -10, -5, 0, 5, 10, 90, 178, 180))
_latitudes = st.sampled_from((-90, -45, -10, -5, 0, 5, 10, 45, 90))
_points = st.tuples(_longitudes, _latitudes)
_rarely = st.sampled_from((False, False, False, False, False, True))
_subsets = st.sampled_from((COLLECTIONS, COLLECTIONS[:1], COLLECTIONS[1:], COLLECTIONS, ()))


@st.composite
def boxes(draw: st.DrawFn) -> BaseGeometry:
    """A box that is wider than nothing; may cross the antimeridian, and is cut there then."""
    west, east = draw(st.lists(_longitudes, min_size=2, max_size=2, unique=True))
    south, north = sorted(draw(st.lists(_latitudes, min_size=2, max_size=2, unique=True)))
    if west < east:
        return shapely.box(west, south, east, north)
    assume((west, east) != (180, -180))
    parts = [shapely.box(w, south, e, north) for w, e in ((west, 180), (-180, east)) if w < e]
    return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]


@st.composite
def bands(draw: st.DrawFn) -> BaseGeometry:
    """From pole to pole: what crosses the antimeridian and what does not meet it at every latitude."""
    west, east = sorted(draw(st.lists(_longitudes, min_size=2, max_size=2, unique=True)))
    return shapely.box(west, -90, east, 90)


def _valid(geometry: BaseGeometry) -> bool:
    return bool(geometry.is_valid) and not geometry.is_empty


_simple = st.one_of(
    boxes(),
    _points.map(shapely.Point),
    st.lists(_points, min_size=1, max_size=4).map(shapely.MultiPoint),
    st.lists(_points, min_size=2, max_size=4, unique=True).map(shapely.LineString),
    st.lists(st.tuples(_points, _points), min_size=1, max_size=3).map(shapely.MultiLineString).filter(_valid),
    st.lists(_points, min_size=3, max_size=3, unique=True).map(shapely.Polygon).filter(_valid),
)
geometries = st.one_of(_simple, st.lists(_simple, min_size=1, max_size=3).map(shapely.GeometryCollection))


def bbox_of(geometry: BaseGeometry) -> list[float]:
    """A box around a geometry; from west to east over the antimeridian where it is in two parts beside it."""
    west, south, east, north = geometry.bounds
    if geometry.geom_type == "MultiPolygon":
        edges = [part.bounds for part in geometry.geoms]
        west, east = max(edge[0] for edge in edges), min(edge[2] for edge in edges)
    return [west, south, east, north]


@st.composite
def items(draw: st.DrawFn, item_id: str, collection: str) -> dict[str, Any]:
    geometry = draw(st.none() | geometries)
    properties: dict[str, Any] = {
        "updated": format_rfc3339(draw(_moments)),
        "datetime": format_rfc3339(draw(_moments)),
        "title": draw(st.sampled_from(TITLES)),
        "description": draw(st.sampled_from((None, *TEXTS))),
        "keywords": draw(st.lists(st.sampled_from(TEXTS), max_size=2)),
        "license": draw(st.sampled_from((None, "MIT", "Apache-2.0", "é"))),
        "sharinghub:path": draw(st.sampled_from(PATHS)),
    }
    if draw(st.booleans()):
        start, end = draw(_moments), draw(_moments)
        interval = {"start_datetime": format_rfc3339(start), "end_datetime": format_rfc3339(end)}
        properties |= {"datetime": None, **interval}
    if draw(st.booleans()):
        properties["created"] = format_rfc3339(draw(_moments))
    if draw(st.booleans()):
        properties["sharinghub:stars"] = draw(st.sampled_from((0, 1, 7, 2**62)))
    kept = {name: value for name, value in properties.items() if value is not None or name == "datetime"}
    placed = {} if geometry is None else {"bbox": bbox_of(geometry)}
    shown = None if geometry is None else mapping(geometry)
    return {"id": item_id, "collection": collection, "geometry": shown, "properties": kept, **placed}


@st.composite
def entries(draw: st.DrawFn, project_id: int) -> tuple[Entry, ...]:
    """The items of one project: one in some collections, and perhaps those of a release."""
    found = []
    for collection in draw(_subsets):
        found.append(Entry(draw(items(str(project_id), collection))))
        if draw(_rarely):
            found.append(Entry(draw(items(f"{project_id}@v1", collection)), "v1"))
    return tuple(found)


viewers = st.builds(
    Viewer,
    level=st.sampled_from((Visibility.INTERNAL, Visibility.INTERNAL, Visibility.PUBLIC, None)),
    principal=st.sampled_from((*PRINCIPALS, None, "user:9", *PRINCIPALS)),
)
_names = st.sampled_from(
    (*map(str, PROJECTS), *(f"{n}@v1" for n in PROJECTS), *PATHS, "EARTH/SHIPS", "no/where", "a/\0", "0", "\0")
)
_sort_keys = st.builds(SortKey, st.sampled_from(sorted(SORTABLES)), st.booleans())


@st.composite
def searches(draw: st.DrawFn) -> Asked:
    """Each condition is absent in most, so that something is found."""

    def sometimes(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(strategy) if draw(_rarely) else None

    ends = sometimes(st.tuples(_moments, _moments))
    return Asked(
        collections=sometimes(st.lists(st.sampled_from((*COLLECTIONS, "other", "\0")), min_size=1).map(tuple)),
        ids=sometimes(st.lists(_names, min_size=1, max_size=12).map(tuple)),
        area=sometimes(st.booleans().flatmap(lambda band: bands() if band else geometries)),
        interval=None if ends is None else (to_micros(min(ends)), to_micros(max(ends))),
        texts=sometimes(st.lists(st.sampled_from(PHRASES), max_size=3).map(tuple)),
        sort=draw(st.one_of(st.just(DEFAULT_SORT), st.lists(_sort_keys, max_size=3).map(tuple))),
    )
