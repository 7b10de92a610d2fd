"""Which names of properties a filter may use, and where an item holds them."""

from typing import Final

from stac_ext.cql2.tree import TOP_LEVEL, Property

MAX_NAME: Final = 200
GEOMETRY: Final = "geometry"
# Properties that are objects: what follows a dot is a key in them, dots of its own included.
OBJECTS: Final = ("sharinghub:metrics", "mlm:hyperparameters", "ml-model:hyperparameters")


def property_of(name: str) -> Property:
    """The property that a filter calls `name`, with or without `properties.` before it. Raises ValueError."""
    bare = name.removeprefix("properties.")
    if not bare or len(bare) > MAX_NAME or any(char < " " or char in '"\\' for char in bare):
        raise ValueError("is no name of a property")
    if bare in TOP_LEVEL or bare == GEOMETRY:
        return Property((bare,), bare)
    for above in OBJECTS:
        if bare.startswith(f"{above}."):
            return Property(("properties", above, bare.removeprefix(f"{above}.")), bare)
    return Property(("properties", bare), bare)
