"""What clients meet: the STAC API, credentials, downloads, the command line and the composition root."""

import logging
from importlib.metadata import version

# stac-fastapi reads settings of its own when it is imported, and warns that they are defaults; ours are passed in.
logging.getLogger("stac_fastapi.types.config").setLevel(logging.ERROR)

__version__ = version("sharinghub")
