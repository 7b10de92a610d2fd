"""The authorization predicate: which rows a viewer may see, and nothing else decides it.

A row is visible when its effective visibility is at most the viewer's level, or when the viewer's principal holds a
grant for its project. The predicate is composed with a query, never written into the user's own filter; a viewer
without level and principal sees nothing.
"""

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, or_

from stac_ext.model import Viewer, Visibility
from stac_ext.store.schema import grant


def visible(viewer: Viewer, rows: FromClause) -> ColumnElement[bool]:
    """The condition on `rows` (with columns `visibility` and `project_id`) for `viewer`.

    The grant is probed once per candidate row by its primary key: `IN (SELECT …)` over 20,000 grants was measured to
    cost 26 to 180 times as much on an ordered scan.
    """
    if viewer.level is Visibility.PRIVATE:
        raise ValueError("nobody sees private items without a grant")
    by_level: ColumnElement[bool] = false()
    if viewer.level is not None:
        by_level = rows.c.visibility <= int(viewer.level)
    if viewer.principal is None:
        return by_level
    granted = exists().where(and_(grant.c.principal == viewer.principal, grant.c.project_id == rows.c.project_id))
    return or_(by_level, granted)
