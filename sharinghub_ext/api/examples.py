"""A right example of a parameter, as the request that went wrong has to write it: texts in GET, JSON in POST."""

from typing import Final

import orjson

from stac_ext.asking import values_of_text

BODY: Final = '{"collections":["dataset"],"limit":10}'


def example_for(method: str, name: str, example: str) -> str:
    """The example, which is written as GET takes it, for a method."""
    if method != "POST":
        return example
    value = example.split(",") if name == "aggregations" else values_of_text({name: example}).get(name, example)
    return value if isinstance(value, str) else orjson.dumps(value).decode()
