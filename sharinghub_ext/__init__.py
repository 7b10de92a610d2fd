"""What clients meet: the STAC API, credentials, downloads, the command line and the composition root."""

from importlib.metadata import version

__version__ = version("sharinghub")
