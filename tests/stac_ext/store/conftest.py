"""A real store of each engine for each test, and short ways to fill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import connect, open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.sessions import SessionTable
from stac_ext.store.writer import CatalogueWriter
from tests.support.postgres import PostgresServer

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """The name of a database that holds an empty store."""
    url = postgres.create()
    open_store(url).close()
    return str(make_url(url).database)


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store of the test's own may be: a file that is not there yet, or a database with an empty store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create(request.getfixturevalue("template"))
    yield url
    server.drop(url)


@pytest.fixture(params=ENGINES)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where no store is yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def bare(bare_url: str) -> Iterator[Database]:
    """A store without tables."""
    database = connect(bare_url)
    yield database
    database.close()


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def reader(database: Database) -> CatalogueReader:
    return CatalogueReader(database)


@pytest.fixture
def writer(database: Database) -> CatalogueWriter:
    return CatalogueWriter(database)


@pytest.fixture
def grants(database: Database) -> GrantTable:
    return GrantTable(database)


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


@pytest.fixture
def sessions(database: Database) -> SessionTable:
    return SessionTable(database)
