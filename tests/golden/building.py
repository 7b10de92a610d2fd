"""What the catalogue makes of a golden project, as the two texts that are compared and reviewed.

`item.json` is the item, or the list of all items; `report.txt` says for each what its owner is told, which projects it
refers to, and where its values come from.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from stac_ext.items.builder import BuildContext, build_item
from stac_ext.model import BuiltItem, ProjectFacts, Release
from stac_ext.references import Reference
from tests.golden.loading import GITLAB, GoldenProject

CONTEXT: Final = BuildContext(
    "https://hub.example/stac", "https://hub.example/assets", "Example GitLab", GITLAB, "https://hub.example/dvc"
)


def build(project: GoldenProject) -> list[BuiltItem]:
    """All items of a project: those of its head by category, then those of its versions."""
    facts: list[tuple[ProjectFacts, Release | None]] = [(head, None) for head in project.heads]
    for release in project.releases:
        at = replace(project.heads[0], head_sha=release.sha, head_committed_at=release.released_at)
        facts.append((at, release))
    return [build_item(at, category, CONTEXT, release) for at, release in facts for category in project.categories]


def item_text(built: list[BuiltItem]) -> str:
    items = [one.item for one in built]
    return json.dumps(items[0] if len(items) == 1 else items, indent=1, ensure_ascii=False) + "\n"


def report_text(built: list[BuiltItem]) -> str:
    return "\n".join("".join(f"{line}\n" for line in _report(one)) for one in built)


def _report(built: BuiltItem) -> Iterator[str]:
    yield f"{built.item['collection']}/{built.item['id']}"
    for problem in built.problems:
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path or "GitLab"
        fix = f" ({problem.fix})" if problem.fix else ""
        yield f"  {place}: {problem.rule}: {problem.message}{fix}"
    for reference in built.references:
        yield f"  refers: {_shown(reference)}"
    for told in built.provenance:
        yield f"  {told.field} = {told.value!r} from {told.source}"


def _shown(reference: Reference) -> str:
    whom = reference.path or str(reference.project_id)
    at = f"@{reference.version}" if reference.version else ""
    where = f" in {reference.collection}" if reference.collection else ""
    return f"{reference.rel} {whom}{at}{where}"
