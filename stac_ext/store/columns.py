"""How a column differs between the two engines: text by code point, exact geometry, and words for free text."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import BigInteger, UserDefinedType

CRS84_SRID = 4326


class _PostgisGeometry(UserDefinedType[bytes]):
    """PostGIS `geometry`, written and compared as WKB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return f"geometry(Geometry,{CRS84_SRID})"

    def bind_expression(self, bindvalue: BindParameter[bytes]) -> ColumnElement[bytes]:
        return func.ST_GeomFromWKB(bindvalue, CRS84_SRID, type_=self)


# Compared and sorted by code point on both engines, whatever the locale of the server is.
PlainText = Text().with_variant(Text(collation="C"), "postgresql")
# WKB in CRS84.
Geometry = LargeBinary().with_variant(_PostgisGeometry(), "postgresql")
# What `stac_ext/words.py` makes of an item's texts, in the engine's own form.
Words = Text().with_variant(TSVECTOR(), "postgresql")
# A key that the engine counts up: SQLite does so for the exact type INTEGER only.
Serial = BigInteger().with_variant(Integer(), "sqlite")
