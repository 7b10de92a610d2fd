"""Writes what golden projects become anew, so that a change of the builder is reviewed as a difference of items.

python -m tests.golden.update [NAME…]
"""

import sys

from tests.golden.building import build, item_text, report_text
from tests.golden.loading import load, names


def main(wanted: list[str]) -> None:
    for name in wanted or names():
        project = load(name)
        built = build(project)
        for file, text in (("item.json", item_text(built)), ("report.txt", report_text(built))):
            path = project.folder / file
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
                print(path.relative_to(project.folder.parent))


if __name__ == "__main__":
    main(sys.argv[1:])
