"""What CQL2 itself asks in its examples and abstract tests, of the properties that the items here have.

The expressions are those of OGC 21-065r2 with other names and values: its clauses 6 to 8 (by number), and annex A with
its placeholders filled in. Copyright of the standard: Open Geospatial Consortium, https://www.ogc.org/legal/
"""

CLAUSES = {
    # 6.2: logical expressions, 6.3: comparisons
    "6.2 and, or, not": [
        "license = 'MIT' AND stars > 5",
        "license = 'MIT' OR stars > 5",
        "NOT stars < 5 OR open = true",
        "open = true AND (stars > 5 OR name LIKE 'brick%' OR name LIKE '%brick')",
        "(stars > 5 AND name = 'brick') OR open = true",
        "(name LIKE 'mike%' OR name LIKE 'Mike%') AND stars < 4",
    ],
    "6.3 comparisons": [
        *("license = 'MIT'", "stars - 150.0 > 0", "updated >= DATE('2020-05-12')", "stars <= 500", "open = true"),
        *("stars = 5", "stars <> 5", "stars > 5", "stars < 5", "stars >= 5", "stars <= 5", "name IS NULL"),
        *("name IS NOT NULL", "stars IS NOT NULL AND name IS NULL", "true", "false"),
    ],
    # 7.1: advanced comparisons
    "7.1 like": [
        *("name LIKE '%Jones%'", "name LIKE 'Mike%'", "name NOT LIKE '%Mike%'", "name LIKE '%'", "name LIKE '_%'"),
        *("name LIKE ''", "name LIKE '%%'", r"name LIKE '\%\_'", r"name LIKE '%\_%'", "name LIKE 'br_ck%'"),
    ],
    "7.1 between": ["stars BETWEEN 0 AND 100", "stars BETWEEN 100.0 AND 1.0", "stars NOT BETWEEN 4 AND 8"],
    "7.1 in": ["stars IN (1, 5, 7)", "name NOT IN ('brick', 'Mike')", "name IN ('brick', 'Mike Jones')"],
    # 7.2 and 7.3: texts whatever their letter case and accents
    "7.2 letter case": [
        *("CASEI(name) = CASEI('BRICK')", "CASEI(name) <> CASEI('brick')", "CASEI(name) LIKE CASEI('BRI%')"),
        *("CASEI(name) IN (CASEI('οδος'), CASEI('STRASSE'))", "CASEI(name) LIKE CASEI('%JONES')"),
    ],
    "7.3 accents": [
        *("ACCENTI(name) = ACCENTI('débárquér')", "ACCENTI(name) <> ACCENTI('debarquer')"),
        *("ACCENTI(name) LIKE ACCENTI('D%')", "ACCENTI(name) LIKE ACCENTI('dé%')"),
        *("ACCENTI(CASEI(name)) = ACCENTI(CASEI('DÉBARQUER'))", "ACCENTI(CASEI(name)) LIKE ACCENTI(CASEI('ÄÖ%'))"),
    ],
    # 7.4 to 7.7: places
    "7.4 intersects": [
        *("S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))", "S_INTERSECTS(geometry, POINT(7.02 49.92))"),
        *("S_INTERSECTS(geometry, POINT(90 80))", "S_INTERSECTS(geometry, LINESTRING(-180 -45, 0 -45))"),
        "S_INTERSECTS(geometry, BBOX(-180, -90, -90, 90)) AND S_INTERSECTS(geometry, BBOX(90, -90, 180, 90))",
        "S_INTERSECTS(geometry, MULTIPOINT(7.02 49.92, 90 80))",
        "S_INTERSECTS(geometry, MULTILINESTRING((-180 -45, 0 -45), (0 45, 180 45)))",
        "S_INTERSECTS(geometry, POLYGON((-180 -90, -90 -90, -90 90, -180 90, -180 -90), "
        "(-120 -50, -100 -50, -100 -40, -120 -40, -120 -50)))",
        "S_INTERSECTS(geometry, MULTIPOLYGON(((-180 -90, -90 -90, -90 90, -180 90, -180 -90)), "
        "((0 0, 10 0, 10 10, 0 10, 0 0))))",
        "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(7.02 49.92), POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))))",
    ],
    "7.6 spatial functions": [
        f"S_{name}(geometry, {shape})"
        for name in ("INTERSECTS", "DISJOINT", "EQUALS", "TOUCHES", "CROSSES", "WITHIN", "CONTAINS", "OVERLAPS")
        for shape in (
            *("POLYGON((0 40, 10 40, 10 50, 0 50, 0 40))", "LINESTRING(7 50, 10 51)", "POINT(7.02 49.92)"),
            *("MULTIPOINT(7 50, 10 51)", "BBOX(-180, -90, 180, 90)"),
        )
    ],
    # 7.8: times
    "7.8 instants": [
        f"T_{name}({value}, {other})"
        for name in ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS")
        for value in ("updated", "datetime")
        for other in (
            *("TIMESTAMP('2020-05-12T07:59:57Z')", "DATE('2020-05-12')", "INTERVAL('2020-01-01', '2020-12-31')"),
            "INTERVAL('2020-01-01T00:00:00Z', '2020-12-31T23:59:59Z')",
        )
    ],
    "7.8 intervals": [
        f"T_{name}(INTERVAL(start_datetime, end_datetime), INTERVAL({span}))"
        for name in (
            *("AFTER", "BEFORE", "CONTAINS", "DISJOINT", "DURING", "EQUALS", "FINISHEDBY", "FINISHES", "INTERSECTS"),
            *("MEETS", "METBY", "OVERLAPPEDBY", "OVERLAPS", "STARTEDBY", "STARTS"),
        )
        for span in (
            "'2020-06-10T07:30:00Z', '2020-06-11T10:30:00Z'",
            "'..', '2020-06-11T10:30:00Z'",
            "'2020-06-10', '..'",
        )
    ],
    # 7.9: lists
    "7.9 lists": [
        f"A_{name}(layers, {values})"
        for name in ("CONTAINS", "CONTAINEDBY", "EQUALS", "OVERLAPS")
        for values in ("('layers-ca', 'layers-us')", "('layers-ca')", "('layers-us', 'layers-ca', 'x')")
    ],
    # 7.10 and 7.11: properties against each other, arithmetic
    "7.10 properties": [
        f"{one} {op} {other}"
        for one, other in (("stars", "size"), ("size", "stars"), ("name", "license"), ("stars", "stars"))
        for op in ("=", "<>", "<", "<=", ">", ">=")
    ],
    "7.11 arithmetic": [
        *("size = stars * 0.25 + 1", "stars + size > 3", "stars - size < 3", "stars * 2 >= size", "stars / 2 = 3.5"),
        *("stars DIV 2 = 3", "stars % 2 = 1", "stars ^ 2 > 20", "5 + stars * 2 = 15", "(5 + stars) * 2 = 20"),
        *("1 + stars BETWEEN 3 AND 7", "-stars < -4", "2 ^ stars = 32"),
    ],
}
# 6.5: functions of one's own are a class that the API does not have.
REFUSED = ["avg(stars) < 4", "Foo(name) = true", "min(stars) + 2 > 5", "bar(geometry, 5, 'meters') = true"]
PLACES = [
    "POLYGON((0 40, 10 40, 10 50, 0 50, 0 40))",
    "LINESTRING(7 50, 10 51)",
    "POINT(7.02 49.92)",
    "POINT(-100 -45)",
]
PLACES += ["MULTIPOINT(7 50, 10 51)", "POLYGON((5 45, 15 45, 15 55, 5 55, 5 45))", "LINESTRING(-5 45, 20 45)"]
NAMES = [
    "brick",
    "Mike Jones",
    "mike",
    "BRICK red",
    "débárquér",
    "debarquer",
    "Straße",
    "ΟΔΟΣ",
    "%_",
    "a_b",
    "äöü",
    None,
]
LISTS = [["layers-ca", "layers-us"], ["layers-ca"], [], None, ["x", "layers-us", "layers-ca"], ["y"]]
SPANS = [
    *(("2020-06-10T07:30:00Z", "2020-06-11T10:30:00Z"), ("2020-06-10T08:00:00Z", "2020-06-11T10:00:00Z")),
    *(("2020-06-11T10:30:00Z", "2020-06-12T00:00:00Z"), ("2020-06-01T00:00:00Z", "2020-06-10T07:30:00Z")),
    *(("2020-06-01T00:00:00Z", "2020-06-10T12:00:00Z"), ("2020-06-10T07:30:00Z", "2020-06-10T12:00:00Z")),
    *(("2020-06-10T12:00:00Z", "2020-06-20T00:00:00Z"), ("2020-06-10T12:00:00Z", "2020-06-11T10:30:00Z")),
    *(("2020-05-01T00:00:00Z", "2020-07-01T00:00:00Z"), ("2020-06-10T00:00:00Z", "2020-06-11T10:30:00Z")),
]
