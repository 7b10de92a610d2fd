"""Where things are: every URL that the hub puts into an answer begins with the configured public URL."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
HTML = "text/html"
Link = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Urls:
    """The public addresses of the hub's parts. `public` has no slash at its end."""

    public: str

    @property
    def stac(self) -> str:
        return f"{self.public}/stac"

    @property
    def assets(self) -> str:
        return f"{self.public}/assets"

    def collection(self, collection: str) -> str:
        return f"{self.stac}/collections/{quote(collection, safe='')}"

    def items(self, collection: str) -> str:
        return f"{self.collection(collection)}/items"

    def item(self, collection: str, item_id: str) -> str:
        return f"{self.items(collection)}/{quote(item_id, safe='')}"


def link(rel: str, href: str, media_type: str = JSON, **members: Any) -> Link:
    """One link object."""
    return {"rel": rel, "type": media_type, "href": href, **members}


def with_query(url: str, parameters: dict[str, Any]) -> str:
    """`url` with those parameters that have a value."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{url}?{urlencode(given)}" if given else url
