"""The files of a built STAC Browser: listed once, so that no request names a path of the machine."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCRIPTS: Final = '<script defer="defer" src="./config.js"></script><script defer="defer" src="./hub.js"></script>'
_STYLE: Final = '<link rel="stylesheet" href="./hub.css">'
_PLACEHOLDER: Final = "<!-- " + '<script defer="defer" src="/config.js"></script>' + " -->"
_OWN: Final = Path(__file__).parent
INDEX: Final = "index.html"


class NotBuilt(Exception):
    """The folder holds no STAC Browser."""


@dataclass(frozen=True, slots=True)
class File:
    """One file that is served. `lasts` says that its name changes with what it holds."""

    path: Path
    media_type: str
    lasts: bool


def files_of(folder: Path) -> dict[str, File]:
    """Each file below a folder by its path there, and the hub's own beside them. Raises NotBuilt."""
    if not (folder / INDEX).is_file():
        raise NotBuilt(f"{folder} holds no {INDEX}: `make browser` builds a STAC Browser into build/browser")
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            name = path.relative_to(folder).as_posix()
            found[name] = File(path, _media_type(name), lasts=name.startswith(("js/", "css/", "img/")))
    for name in ("hub.js", "hub.css"):
        found[name] = File(_OWN / name, _media_type(name), lasts=False)
    return found


def index_page(folder: Path) -> str:
    """STAC Browser's page, which loads the settings and the hub's own script before its own."""
    page = (folder / INDEX).read_text(encoding="utf-8").replace(_PLACEHOLDER, "")
    return page.replace("</title>", f"</title>{_STYLE}{_SCRIPTS}", 1)


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
