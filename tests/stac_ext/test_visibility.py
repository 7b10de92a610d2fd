"""Proves that the two forms of the authorization predicate mean the same, and what they mean, for any rows and viewer.

The arms share no row, so that what they count may be added up.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, delete, insert, select

from stac_ext.model import Viewer, Visibility
from stac_ext.store.schema import grant, tables
from stac_ext.visibility import arms, visible

rows = Table("rows", MetaData(), *(Column(name, Integer) for name in ("id", "visibility", "project_id")))
_viewers = st.builds(
    Viewer,
    level=st.sampled_from((None, Visibility.PUBLIC, Visibility.INTERNAL)),
    principal=st.sampled_from((None, "user:1", "user:2", "user:3", "")),
)
_projects = st.integers(1, 5)
_grants = st.sets(st.tuples(st.sampled_from(("user:1", "user:2", "")), _projects))
_rows = st.lists(st.tuples(st.sampled_from(Visibility), _projects), max_size=20)


@pytest.fixture(scope="module")
def conn() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        tables.create_all(opened, [grant])
        rows.metadata.create_all(opened)
        yield opened
    engine.dispose()


@given(viewer=_viewers, held=_grants, found=_rows)
def test_the_arms_are_disjoint_and_together_the_predicate(
    conn: Connection, viewer: Viewer, held: set[tuple[str, int]], found: list[tuple[Visibility, int]]
) -> None:
    for table in (rows, grant):
        conn.execute(delete(table))
    if held:
        conn.execute(insert(grant), [{"principal": one, "project_id": project} for one, project in held])
    for number, (visibility, project) in enumerate(found):
        conn.execute(insert(rows).values(id=number, visibility=int(visibility), project_id=project))
    level = -1 if viewer.level is None else viewer.level
    expected = [
        number
        for number, (visibility, project) in enumerate(found)
        if visibility <= level or (viewer.principal, project) in held
    ]
    ids = select(rows.c.id).order_by(rows.c.id)
    assert list(conn.execute(ids.where(visible(viewer, rows))).scalars()) == expected
    by_arm = [one for arm in arms(viewer, rows) for one in conn.execute(ids.where(arm)).scalars()]
    assert sorted(by_arm) == expected


@pytest.mark.parametrize(
    ("viewer", "levels", "by_grants"),
    [
        (Viewer(None), 0, False),
        (Viewer(None, "user:1"), 0, True),
        (Viewer(Visibility.PUBLIC), 1, False),
        (Viewer(Visibility.PUBLIC, "user:1"), 1, True),
        (Viewer(Visibility.INTERNAL), 2, False),
        (Viewer(Visibility.INTERNAL, "user:1"), 2, True),
    ],
)
def test_there_is_an_arm_for_each_level_and_one_for_the_grants(viewer: Viewer, levels: int, by_grants: bool) -> None:
    found = [str(arm) for arm in arms(viewer, rows)]
    assert len(found) == levels + by_grants
    assert [("grant_" in one) for one in found] == [False] * levels + [True] * by_grants


@pytest.mark.parametrize("principal", [None, "user:1"])
def test_no_form_shows_private_rows_by_level(principal: str | None) -> None:
    viewer = Viewer(Visibility.PRIVATE, principal)
    for form in (visible, arms):
        with pytest.raises(ValueError, match="nobody sees private items"):
            form(viewer, rows)


def test_grants_are_looked_up_per_row_and_never_by_exists() -> None:
    """PostgreSQL makes a hash of all grants of `EXISTS`, and of `IN` where it can."""
    said = str(select(rows.c.id).where(visible(Viewer(Visibility.PUBLIC, "user:1"), rows)))
    assert "LIMIT" in said
    assert "EXISTS" not in said
    assert " IN " not in said
