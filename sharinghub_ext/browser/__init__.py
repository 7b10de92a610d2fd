"""STAC Browser at /browser, as its own build has made it, with the hub's sign-in beside it.

Source: https://github.com/radiantearth/stac-browser
"""
