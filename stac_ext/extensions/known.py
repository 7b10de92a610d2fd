"""Which extensions the hub knows by their fields."""

from typing import Final

from stac_ext.extensions.content import CLASSIFICATION, FILE, LABEL, LANGUAGE, TABLE, THEMES, VERSION
from stac_ext.extensions.datacube import CUBE
from stac_ext.extensions.earth import EO, PROCESSING, SAR, SAT, VIEW
from stac_ext.extensions.model import Extension
from stac_ext.extensions.places import GRID, PROJ, RASTER

# fmt: off
EXTENSIONS: Final[tuple[Extension, ...]] = (
    EO, SAR, SAT, VIEW, PROCESSING, PROJ, RASTER, GRID, LABEL, CLASSIFICATION, CUBE, TABLE, FILE,
    LANGUAGE, THEMES, VERSION,
)
# fmt: on
BY_PREFIX: Final = {extension.prefix: extension for extension in EXTENSIONS}
