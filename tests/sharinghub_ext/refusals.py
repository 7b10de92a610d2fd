"""What the specifications forbid a search to ask: by parameter, the texts of GET and the values of POST.

Sources: RFC 3339 and its errata, RFC 7946, OGC API - Features - Part 1 (17-069r4) and its abstract tests, STAC API
1.0.0 (item search) and its extensions filter, sort, fields, query, free-text, aggregation, CQL2 (21-065r2)
"""

import json
from typing import Any

BEGIN, END = "1985-04-12T23:20:50Z", "1996-12-19T16:39:57-08:00"
TIMES = [
    # RFC 3339, 5.6: the parts and how many digits each has
    *("1985-04-12", "1985-04-12T23:20Z", "1985-04-12T23:20:50", "1985-04-12T23:20:50.52", "37-01-01T12:00:27Z"),
    *("21985-12-12T23:20:50.52Z", "1985-4-12T23:20:50Z", "1985-04-1T23:20:50Z", "1985-04-12T3:20:50Z", "1985"),
    *("1985-04-12T23:20:50.Z", "1985-04-12T23:20:50,52Z", "1985-04-12T23:20:50,Z", "1985-04-12t23.20.50Z"),
    *("1937-01-01T12:00:27.87+0100", "1937-01-01T12:00:27+1:00", "1937-01-01T12:00:27+01", "1937-01-01T12:00:27ZZ"),
    *("1985-04-12_23:20:50Z", "1985/04/12T23:20:50Z", "19850412T232050Z", "1985-W15-5T23:20:50Z", "1985-102T23:20:50Z"),
    *("-1985-04-12T23:20:50Z", "1985-04-12T23:20:50Z ", " 1985-04-12T23:20:50Z", "١٩٨٥-04-12T23:20:50Z", "482196050"),
    # 5.7: the ranges of the parts
    *("1985-13-12T23:20:50Z", "1985-00-12T23:20:50Z", "1985-12-32T23:20:50Z", "1985-02-29T00:00:00Z"),
    *("1985-12-00T00:00:00Z", "1985-04-31T00:00:00Z", "1900-02-29T00:00:00Z", "1985-12-01T24:00:00Z"),
    *("1985-12-01T25:20:50Z", "1985-12-01T00:60:50Z", "1985-12-01T00:06:61Z", "1990-12-31T23:59:61Z"),
    *("1985-04-12T23:20:50+24:00", "1985-04-12T23:20:50-00:60", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00"),
    # OGC API - Features, 7.15.3: intervals; STAC API: their open ends
    *("/", "../..", "/..", "../", "..", f"/{BEGIN}/{END}", f"{BEGIN}/{END}/", f"{BEGIN}//{END}", f"{END}/{BEGIN}"),
    *(f"{BEGIN}/{END}/{END}", f"{BEGIN}--{END}", f"{BEGIN}/...", f"{BEGIN}/now", f"{BEGIN}/P1Y", f"{BEGIN},{END}"),
    *("now", "yesterday", "null", "P1Y", f"[{BEGIN}]", f"{BEGIN}\\{END}", f"{BEGIN}/{END}" * 5),
]
BOXES: list[list[Any]] = [
    # OGC API - Features, 7.15.2: four or six numbers in degrees
    [],
    [0],
    [0, 0],
    [0, 0, 1],
    [0, 0, 0, 1, 1],
    [0, 0, 0, 1, 1, 1, 1],
    [0, 0, 0, 1, 1, 1, 0, 0],
    [0, 10, 10, 0],
    [0, 10, 0, 10, 0, 0],
    [0, 0, 10, 1, 1, 0],
    [0, 0, 10, 91],
    [0, -91, 10, 0],
    [0, 0, 10, 1e9],
    [-361, 0, 10, 10],
    [0, 0, 361, 10],
    [500_000, 5_000_000, 600_000, 5_100_000],
]
POINT = {"type": "Point", "coordinates": [7.4, 46.9]}
RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


def _of(kind: Any, coordinates: Any) -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


GEOMETRIES: list[Any] = [
    # RFC 7946, 3.1: the types and the depth of their coordinates
    *(
        {},
        [],
        5,
        True,
        [POINT],
        {"type": "Point"},
        {"coordinates": [0, 0]},
        _of("point", [0, 0]),
        _of("Circle", [0, 0]),
    ),
    *(_of("Feature", [0, 0]), {"type": "Feature", "geometry": POINT}, {"type": "FeatureCollection", "features": []}),
    *(_of(None, [0, 0]), _of(["Point"], [0, 0]), _of("Point", []), _of("Point", [0]), _of("Point", [0, 0, 0, 0])),
    *(_of("Point", [[0, 0]]), _of("Point", "0,0"), _of("Point", ["0", "0"]), _of("Point", [None, 0])),
    *(_of("Point", [True, 0]), _of("Point", {"x": 0, "y": 0}), _of("MultiPoint", []), _of("MultiPoint", [0, 0])),
    *(_of("MultiPoint", [[[0, 0]]]), _of("LineString", [0, 0]), _of("LineString", [[0, 0]]), _of("LineString", [[]])),
    *(_of("LineString", [[0, 0], [1]]), _of("MultiLineString", [[0, 0], [1, 1]]), _of("MultiLineString", [[]])),
    *(_of("Polygon", []), _of("Polygon", [[]]), _of("Polygon", RING), _of("Polygon", [[[0, 0], [1, 1]]])),
    *(_of("Polygon", [[[0, 0], [1, 1], [0, 0]]]), _of("MultiPolygon", [RING]), _of("MultiPolygon", [])),
    # 3.1.6 and OGC 06-103r4: rings are closed and do not cross themselves
    *(
        _of("Polygon", [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]),
        _of("Polygon", [RING, [[5, 5], [6, 5], [6, 6], [5, 5]]]),
    ),
    *(_of("MultiPolygon", [[RING], [RING]]), _of("Polygon", [[[0, 0], [0, 0], [0, 0], [0, 0]]])),
    # 4: longitude and latitude in degrees
    *(_of("Point", [181, 0]), _of("Point", [0, 91]), _of("Point", [-181, 0]), _of("Point", [0, -91])),
    *(_of("Point", [500_000, 5_000_000]), _of("LineString", [[170, 0], [190, 0]])),
    # 3.1.8
    *({"type": "GeometryCollection"}, {"type": "GeometryCollection", "geometries": []}),
    *({"type": "GeometryCollection", "geometries": POINT}, {"type": "GeometryCollection", "geometries": [5]}),
    *(
        {"type": "GeometryCollection", "geometries": [_of("Point", [0])]},
        {"type": "GeometryCollection", "geometries": [{}]},
    ),
]
FILTERS = [
    # CQL2, annex B: what the grammar has no rule for
    *("(((", ")", "title", "title =", "= 'x'", "title = 'x", "title == 'x'", "title = 'x' AND"),
    *("AND title = 'x'", "title = 'x' title = 'y'", "NOT", "title IS", "title NULL", "title IS 5", "title LIKE"),
    *("title LIKE 5", "title IN", "title IN ()", "title BETWEEN 1", "title BETWEEN 1 AND", "5 = 'x'"),
    *("title = 'x';", "title = 'x' -- y", "SELECT 1", "title = @x", "title = $1", 'title = "x', "1 +", "(title = 'x'"),
    *("nosuch(title)", "nosuch(title) = 1", "CASEI(5) = 'x'", "CASEI() = 'x'", "ACCENTI(title, 1) = 'x'"),
    *("title = DATE('2020-13-01')", "created > TIMESTAMP('now')", "created > 5"),
    *("created > DATE('2020')", "T_AFTER(created)", "T_AFTER(created, 'x')", "T_AFTER(5, created)"),
    *("T_DURING(created, INTERVAL('2021-01-01', '2020-01-01'))", "T_DURING(created, INTERVAL('2021-01-01'))"),
    *("S_INTERSECTS(geometry)", "S_INTERSECTS(geometry, POINT(1))", "S_INTERSECTS(geometry, POINT(200 0))"),
    *(
        "S_INTERSECTS(geometry, BBOX(1, 2, 3))",
        "S_INTERSECTS(title, POINT(1 2))",
        "S_INTERSECTS(geometry, 'POINT(1 2)')",
    ),
    *("S_INTERSECTS(geometry, CIRCLE(1 2, 3))", "S_NEAR(geometry, POINT(1 2))", "A_CONTAINS(keywords)"),
    *("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "title + 'a' = 'b'"),
    *("title LIKE '%\\'", '"" = 1'),
]
FILTER_OBJECTS: list[Any] = [
    # CQL2, annex B: the schema of CQL2 JSON
    *({}, [], 5, {"op": "="}, {"args": [1, 2]}, {"op": "=", "args": []}, {"op": "=", "args": [1]}),
    *({"op": "=", "args": [{"property": "title"}]}, {"op": "==", "args": [{"property": "title"}, "x"]}),
    *({"op": 5, "args": [1, 2]}, {"op": "=", "args": {"a": 1}}, {"op": "and", "args": []}, {"op": "and", "args": [5]}),
    *({"op": "not", "args": []}, {"op": "not", "args": [5]}, {"op": "isNull", "args": []}),
    *({"op": "=", "args": [{"property": 5}, "x"]}, {"op": "=", "args": [{"property": ""}, "x"]}),
    *({"op": "=", "args": [{"property": "title"}, {"value": "x"}]}, {"op": "=", "args": [{"property": "title"}, None]}),
    *({"op": "in", "args": [{"property": "title"}, "x"]}, {"op": "in", "args": [{"property": "title"}, []]}),
    *({"op": "between", "args": [{"property": "title"}, 1]}, {"op": "like", "args": [{"property": "title"}, 5]}),
    *({"op": "t_after", "args": [{"property": "created"}, {"date": "x"}]}, {"op": "casei", "args": ["x"]}),
    *({"eq": [1, 1]}, {"op": "t_after", "args": [{"property": "created"}]}),
    *({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [500, 0]}]},),
    *({"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3]}]}, {"op": "nosuch", "args": [1]}),
    *({"op": "a_contains", "args": [{"property": "keywords"}, "x"]}, {"property": "title"}),
]
LIMITS: list[Any] = [
    0,
    -1,
    -10_000,
    1.5,
    0.999,
    "x",
    "ten",
    "1e3",
    "0x10",
    "1_000",
    "+",
    "NaN",
    "None",
    "9" * 30,
    "-0",
    "1,2",
]
NAMES: list[Any] = [[""], ["a", ""], ["", ""], [str(n) for n in range(1_001)]]
QUERIES: list[Any] = [
    # the query extension: an object of properties, of which each is an object of operators
    *([], 5, "x", {"title": "x"}, {"title": {}}, {"title": []}, {"title": {"is": "x"}}, {"title": {"EQ": "x"}}),
    *({"title": {"eq": None}}, {"title": {"eq": {}}}, {"title": {"in": "x"}}, {"title": {"in": []}}),
    *({"title": {"startsWith": 5}}, {"title": {"endsWith": True}}, {"title": {"in": [None]}}, {"": {"eq": 1}}),
    *({"created": {"gt": 5}}, {"created": {"gt": "yesterday"}}),
]
FIELDS: list[Any] = [[], 5, "title", True, {"includes": []}, {"include": "title"}, {"include": [5]}, {"exclude": {}}]
FIELDS += [{"include": [""]}, {"include": None, "exclude": 5}, {"include": ["x" * 301]}, {"include": ["a"] * 201}]
SORTS: list[Any] = [5, "title", {"field": "title"}, ["title"], [{}], [{"field": 5}], [{"field": "nowhere"}], [[]]]
SORTS += [[{"direction": "asc"}], [{"field": "title", "direction": "up"}], [{"field": "title", "direction": "ASC"}]]
SORTS += [[{"field": "geometry"}], [{"field": None}], [{"field": "title", "direction": None}], [{"field": "id"}] * 6]
AGGREGATIONS: list[Any] = ["nosuch", "total", "TOTAL_COUNT", "count(*)"]
OPTIONS = {
    "datetime_frequency_interval": ["week", "DAY", "P1D", "1"],
    "centroid_geohash_grid_frequency_precision": ["0", "7", "-1", "1.5", "x"],
}
CRS = ["EPSG:4326", "CRS84", "4326", "http://www.opengis.net/def/crs/EPSG/0/4326", "urn:ogc:def:crs:OGC:1.3:CRS84"]
TOKENS = ["x", "1", "next", "A" * 100, "é", "=", "A" * 5_000]


def _texts(values: list[Any]) -> list[str]:
    return [value if isinstance(value, str) else json.dumps(value) for value in values]


GET: dict[str, list[str]] = {
    "datetime": TIMES,
    "bbox": [
        *(",".join(map(str, one)) for one in BOXES if one),
        *(
            "x",
            "a,b,c,d",
            "0,0,1,",
            ",,,",
            "0 0 1 1",
            "0;0;1;1",
            "[0,0,1,1]",
            "0,0,1,NaN",
            "0,0,Infinity,1",
            "0,0,1e999,1",
        ),
    ],
    "intersects": [*_texts(GEOMETRIES), "POINT(1 2)", "{", "{'type':'Point'}", "null,", "1,2"],
    "ids": ["a,", ",", ",a", "a,,b", ",".join(map(str, range(1_001)))],
    "collections": ["dataset,", ",", "dataset,,ai-model"],
    "limit": _texts(LIMITS),
    "sortby": [
        "nowhere",
        "-nowhere",
        "-",
        "+",
        ",",
        "title,",
        "title asc",
        "title:asc",
        "geometry",
        "--",
        "properties.",
        "*",
    ],
    "fields": ["x" * 301, ",".join(f"a{n}" for n in range(201)), "id,-" + "x" * 301],
    "query": [*_texts(QUERIES[:2] + QUERIES[3:]), "{", "title=x", "{'title':{'eq':1}}"],
    "filter": FILTERS,
    "filter-lang": ["cql2", "cql-text", "CQL2-TEXT", "ecql", "sql", "json"],
    "filter-crs": CRS,
    "token": TOKENS,
    "q": [",".join(["a"] * 51), " ".join(["a"] * 1_001)],
    "unknown": ["1"],
    "Limit": ["1"],
    "filter_lang": ["cql2-text"],
}
POST: dict[str, list[Any]] = {
    "datetime": [*TIMES[:20], 5, [], ["2020-01-01T00:00:00Z", None], {}, True],
    "bbox": [*BOXES, "0,0,1,1", 5, {}, ["0", "0", "1", "1"], [0, 0, 1, None], [True, 0, 1, 1], [[0, 0], [1, 1]]],
    "intersects": [*GEOMETRIES, "POINT(1 2)", json.dumps(POINT)],
    "ids": [*NAMES, "42", 42, [42], [None], [["42"]], {"42": 1}, True],
    "collections": [*NAMES, "dataset", 5, [5], [None], {}, True],
    "limit": [*(one for one in LIMITS), "10", [10], {}, True],
    "sortby": SORTS,
    "fields": FIELDS,
    "query": QUERIES,
    "filter": [*FILTERS[:12], *FILTER_OBJECTS],
    "filter-lang": ["cql2", "sql", 5, [], {}],
    "filter-crs": [*CRS, 5, {}],
    "token": [*TOKENS, 5, {}, []],
    "q": [5, {}, [5], [None], [["a"]], ["a"] * 51, True],
    "unknown": [1],
    "filterLang": ["cql2-text"],
}
AGGREGATE_GET: dict[str, list[str]] = {
    "aggregations": _texts(AGGREGATIONS),
    **OPTIONS,
    "limit": ["10"],
    "sortby": ["title"],
}
AGGREGATE_POST: dict[str, list[Any]] = {
    "aggregations": [*AGGREGATIONS, 5, {}, [5], ["nosuch"], ["total_count", "x"], True],
    "datetime_frequency_interval": ["week", 5, []],
    "centroid_geohash_grid_frequency_precision": [0, 7, 1.5, "2", True],
    "limit": [10],
}
