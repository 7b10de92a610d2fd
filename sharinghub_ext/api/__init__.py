"""The STAC API: what stac-fastapi serves from the catalogue store, under a viewer."""
