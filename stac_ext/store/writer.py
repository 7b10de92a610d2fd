"""What the index writes: the items of one project at a time, whole or not at all, and never over a newer denial."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, true, update

from stac_ext.model import Visibility
from stac_ext.references import VERSION_RELATIONS, Reference
from stac_ext.store.columns import storable_text
from stac_ext.store.database import Database, next_seq, retried
from stac_ext.store.records import ItemRecord, ProjectRecord, is_id
from stac_ext.store.references import packed, unpacked
from stac_ext.store.schema import alias, denial, grant, item, item_box, project
from stac_ext.store.text_index import rendered


class Put(Enum):
    """What became of a write: stored, nothing to change, or refused as something newer came after the read began."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


class CatalogueWriter:
    """Writes of the catalogue. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def put(self, record: ProjectRecord, began: int, now: int) -> Put:
        """Replace what the index holds of a project.

        `began` is the change counter when the read of GitLab began: if the project was denied, dropped or written
        after it, what was read may be older than that, nothing is written, and the caller reads again.
        """
        with self._database.write() as conn:
            denied = conn.execute(select(denial.c.seq).where(denial.c.project_id == record.id)).scalar_one_or_none()
            if denied is not None and denied > began:
                return Put.SUPERSEDED
            old = conn.execute(select(project).where(project.c.id == record.id)).one_or_none()
            if old is not None and old.seq > began:
                return Put.SUPERSEDED
            if old is not None and old.fingerprint == record.fingerprint and old.visibility == record.visibility:
                conn.execute(update(project).where(project.c.id == record.id).values(indexed_at=now))
                return Put.UNCHANGED
            seq = next_seq(conn)
            narrower = old is None or record.visibility > old.visibility
            _put_project(conn, record, now, seq, seq if old is None or narrower else old.known_seq)
            if old is not None and old.path != record.path.lower():
                conn.execute(delete(alias).where(alias.c.path == old.path))
                conn.execute(insert(alias).values(path=old.path, project_id=record.id))
            conn.execute(delete(alias).where(alias.c.path == record.path.lower()))
            _drop_items(conn, record.id, tuple(record.kept))
            for tag, beside in record.kept.items():
                _keep_version(conn, record, tag, beside)
            for one in record.items:
                _insert_item(conn, record, one)
            return Put.CHANGED

    @retried
    def drop(self, project_id: int, began: int) -> Put:
        """Forget a project: its items, its aliases and everybody's grants for it; UNCHANGED where it was not known.

        SUPERSEDED where something newer than `began` wrote it.
        """
        if not is_id(project_id):
            return Put.UNCHANGED
        with self._database.write() as conn:
            written = conn.execute(select(project.c.seq).where(project.c.id == project_id)).scalar_one_or_none()
            if written is not None and written > began:
                return Put.SUPERSEDED
            return Put.CHANGED if drop_project(conn, project_id) else Put.UNCHANGED

    @retried
    def lower(self, project_id: int, visibility: Visibility) -> None:
        """Apply at once that GitLab states a narrower visibility than the index has; a wider one waits for `put`."""
        if not is_id(project_id):
            return
        with self._database.read() as conn:
            held = conn.execute(select(project.c.visibility).where(project.c.id == project_id)).scalar_one_or_none()
        if held is not None and held < int(visibility):
            with self._database.write() as conn:
                seq = next_seq(conn)
                note_denial(conn, project_id, seq)
                lower_project(conn, project_id, visibility, seq)

    @retried
    def fingerprint(self, project_id: int) -> str | None:
        """The fingerprint of what the project's items were built from; None where it must be read anew."""
        if not is_id(project_id):
            return None
        with self._database.read() as conn:
            found = conn.execute(select(project.c.fingerprint).where(project.c.id == project_id)).scalar_one_or_none()
        return found or None

    @retried
    def versions(self, project_id: int, collections: Collection[str]) -> dict[str, str]:
        """The tags of the versions that the index holds in each of these collections, and what they were built from."""
        if not is_id(project_id):
            return {}
        rows = select(item.c.version, item.c.collection, item.c.source).where(
            item.c.project_id == project_id, item.c.version.is_not(None)
        )
        held: dict[str, dict[str, str | None]] = {}
        with self._database.read() as conn:
            for row in conn.execute(rows):
                held.setdefault(row.version, {})[row.collection] = row.source
        return {
            tag: sources.pop()
            for tag, each in held.items()
            if set(each) == set(collections) and len(sources := {one for one in each.values() if one}) == 1
        }

    @retried
    def problems(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """(path, problems) of each project in whose sources something could not be used; for those who run the hub."""
        found = select(project.c.path, project.c.problems).where(project.c.problems != "[]").order_by(project.c.path)
        with self._database.read() as conn:
            return [(row.path, orjson.loads(row.problems)) for row in conn.execute(found)]

    @retried
    def project_ids(self) -> frozenset[int]:
        """The projects that the index holds, for comparing with GitLab's list; not for showing to anybody."""
        with self._database.read() as conn:
            return frozenset(conn.execute(select(project.c.id)).scalars())

    @retried
    def path_of(self, project_id: int) -> str | None:
        """Where a known project is, in lower case; not for showing to anybody."""
        with self._database.read() as conn:
            return conn.execute(select(project.c.path).where(project.c.id == project_id)).scalar_one_or_none()

    @retried
    def projects_below(self, path: str) -> frozenset[int]:
        """The known projects whose path lies below a group or user."""
        with self._database.read() as conn:
            return frozenset(conn.execute(select(project.c.id).where(lies_below(path))).scalars())


def lies_below(path: str) -> ColumnElement[bool]:
    """The condition that a project's path lies below a group or user. As an interval, for which the index is used."""
    above = path.lower().rstrip("/")
    return and_(project.c.path >= f"{above}/", project.c.path < f"{above}0")  # "0" comes after "/"


def drop_project(conn: Connection, project_id: int) -> bool:
    """Forget a project inside a write transaction."""
    known = conn.execute(select(project.c.id).where(project.c.id == project_id)).scalar_one_or_none() is not None
    if known:
        note_denial(conn, project_id, next_seq(conn))
        _drop_items(conn, project_id)
        conn.execute(delete(project).where(project.c.id == project_id))
    conn.execute(delete(grant).where(grant.c.project_id == project_id))
    return known


def lower_project(conn: Connection, project_id: int, visibility: Visibility, seq: int) -> None:
    """Make a project and its items at most this visible, inside a write transaction."""
    conn.execute(
        update(project)
        .where(project.c.id == project_id, project.c.visibility < int(visibility))
        .values(visibility=int(visibility), known_seq=seq, fingerprint="")
    )
    conn.execute(
        update(item)
        .where(item.c.project_id == project_id, item.c.visibility < int(visibility))
        .values(visibility=int(visibility))
    )


def note_denial(conn: Connection, project_id: int, seq: int) -> None:
    """Let every read of the project, and every listing of rights, that began before `seq` be repeated."""
    if conn.execute(update(denial).where(denial.c.project_id == project_id).values(seq=seq)).rowcount == 0:
        conn.execute(insert(denial).values(project_id=project_id, seq=seq))


def _put_project(conn: Connection, record: ProjectRecord, now: int, seq: int, known_seq: int) -> None:
    values = {
        "path": record.path.lower(),
        "visibility": int(record.visibility),
        "fingerprint": record.fingerprint,
        "indexed_at": now,
        "seq": seq,
        "known_seq": known_seq,
        "problems": orjson.dumps([_storable(asdict(problem)) for problem in record.problems]).decode(),
    }
    if conn.execute(update(project).where(project.c.id == record.id).values(**values)).rowcount == 0:
        conn.execute(insert(project).values(id=record.id, **values))


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    return {name: storable_text(value) if isinstance(value, str) else value for name, value in values.items()}


def _drop_items(conn: Connection, project_id: int, kept: Collection[str] = ()) -> None:
    stays = item.c.version.in_(kept) & item.c.version.is_not(None)
    gone = and_(item.c.project_id == project_id, ~stays if kept else true())
    if conn.dialect.name == "sqlite":
        pks = list(conn.execute(select(item.c.pk).where(gone)).scalars())
        for n in (0, 1):
            conn.execute(delete(item_box).where(item_box.c.id.in_([pk * 2 + n for pk in pks])))
    conn.execute(delete(item).where(gone))


def _keep_version(conn: Connection, record: ProjectRecord, tag: str, beside: Mapping[str, Sequence[Reference]]) -> None:
    """A version stays as it was built, but for who may see it and for which versions are beside it."""
    mine = and_(item.c.project_id == record.id, item.c.version == tag)
    for row in conn.execute(select(item.c.pk, item.c.collection, item.c.refs).where(mine)).all():
        own = [one for one in unpacked(row.refs) if one.rel not in VERSION_RELATIONS]
        values = {"visibility": int(record.visibility), "refs": packed([*own, *beside.get(row.collection, ())])}
        conn.execute(update(item).where(item.c.pk == row.pk).values(**values))


def _insert_item(conn: Connection, record: ProjectRecord, one: ItemRecord) -> None:
    west, south, east, north = one.bbox or (None, None, None, None)
    result = conn.execute(
        insert(item).values(
            collection=one.collection,
            item_id=one.item_id,
            project_id=record.id,
            visibility=int(record.visibility),
            updated=one.updated,
            start=one.start,
            end=one.end,
            west=west,
            south=south,
            east=east,
            north=north,
            geometry=one.geometry,
            doc=one.doc,
            datetime=one.searched.datetime,
            created=one.searched.created,
            title=one.searched.title,
            license=one.searched.license,
            stars=one.searched.stars,
            words=rendered(one.searched.words, conn.dialect.name),
            version=one.version,
            source=one.source,
            refs=packed(one.references),
        )
    )
    if conn.dialect.name == "sqlite":
        assert result.inserted_primary_key is not None
        pk = result.inserted_primary_key[0]
        for n, (w, s, e, n_) in enumerate(one.boxes):
            conn.execute(insert(item_box).values(id=pk * 2 + n, west=w, east=e, south=s, north=n_))
