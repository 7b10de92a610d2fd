"""Which conformance classes the API says it has: those that are wholly there."""

from typing import Final

CONFORMANCE: Final = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/children",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    *(f"https://api.stacspec.org/v1.0.0/{part}#sort" for part in ("item-search", "ogcapi-features")),
    *(f"https://api.stacspec.org/v1.0.0-rc.3/{part}#fields" for part in ("item-search", "ogcapi-features")),
    *(
        f"https://api.stacspec.org/v1.0.0-rc.1/{part}#{extension}"
        for part in ("item-search", "ogcapi-features")
        for extension in ("free-text", "query")
    ),
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#filter",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",
    *(f"https://api.stacspec.org/v0.3.0/aggregation{part}" for part in ("", "#query", "#filter")),
    *(f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{part}" for part in ("filter", "features-filter")),
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    *(f"http://www.opengis.net/spec/cql2/1.0/conf/{part}" for part in ("cql2-text", "cql2-json", "basic-cql2")),
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{part}"
        for part in (
            *("advanced-comparison-operators", "case-insensitive-comparison", "accent-insensitive-comparison"),
            *("basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions", "temporal-functions"),
            *("array-functions", "property-property", "arithmetic"),
        )
    ),
)
