"""What collections say of the assets that the hub itself gives to items, whatever the project.

Source: https://github.com/radiantearth/stac-spec/blob/v1.1.0/commons/assets.md, item_assets
"""

from typing import Any, Final

from stac_ext.cards.overview import MEDIA_TYPE, OVERVIEW

ITEM_ASSETS: Final[dict[str, dict[str, Any]]] = {
    OVERVIEW: {"title": "README as a page", "type": MEDIA_TYPE, "roles": [OVERVIEW]},
    "README.md": {"title": "README", "type": "text/markdown", "roles": ["metadata"]},
    "release": {"title": "Source code of the newest release", "type": "application/zip", "roles": ["source"]},
}
