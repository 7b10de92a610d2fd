"""What a hook may speak of whose token is that of one project or one group: its own, and nothing beside it.

Whoever maintains a project can learn what its hook is called with, and must not be able to end rights elsewhere by it.
"""

from collections.abc import Iterator

from gitlab_hooks.events import Hint
from gitlab_hooks.places import Places, read_places
from stac_ext.store.database import Database
from stac_ext.store.writer import CatalogueWriter


class HookScopes:
    """Compares deliveries with what their tokens speak for. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = CatalogueWriter(database)

    def candidates(self, hint: Hint) -> Iterator[str]:
        """The scopes whose token the delivery may have: its project's, and those of the groups with a hook of ours."""
        if hint.project_id is not None:
            yield f"project:{hint.project_id}"
        yield from (f"group:{one}" for one in self._places().groups)

    def covers(self, scope: str, hint: Hint) -> bool:
        """Whether all that the delivery asks for lies within `project:<id>` or `group:<id>`.

        Where a project is, the index knows better than a delivery may claim.
        """
        kind, _, number = scope.partition(":")
        of, _, what = (hint.scope or "").partition(":")
        asked = {int(what)} if of == "project" else set()
        asked |= {one.project_id for one in hint.denials if hasattr(one, "project_id")}
        if kind == "project":
            users = any(not hasattr(one, "project_id") for one in hint.denials)
            return asked <= {int(number)} and not users and of != "below"
        above = self._places().groups.get(int(number))
        if above is None:
            return False
        if of == "below" and not _below(what, above):
            return False
        # Rights of a user that are asked again take none away, so whose they are does not matter.
        return all(_below(self._writer.path_of(one) or hint.path, above) for one in asked)

    def _places(self) -> Places:
        return read_places(self._database)


def _below(path: str, above: str) -> bool:
    return f"{path.lower()}/".startswith(f"{above.lower()}/")
