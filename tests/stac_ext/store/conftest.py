"""A real store file for each test, and short ways to fill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/store.db")
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
