"""Which compiler turns a filter into SQL."""

from sqlalchemy import ColumnElement

from stac_ext.cql2.tree import Condition
from stac_ext.store.filters import Compiler
from stac_ext.store.filters_postgres import PostgreSQLCompiler
from stac_ext.store.filters_sqlite import SQLiteCompiler


def compiler_of(dialect: str) -> Compiler:
    """The compiler for `sqlite` or `postgresql`."""
    return SQLiteCompiler() if dialect == "sqlite" else PostgreSQLCompiler()


def condition_of(tree: Condition, dialect: str) -> ColumnElement[bool]:
    """The condition on a row of `item` that a filter is, for `sqlite` or `postgresql`."""
    return compiler_of(dialect).condition(tree)
