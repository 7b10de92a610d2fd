"""How a column differs between the two engines: text by code point, exact geometry, and words for free text."""

import re
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Dialect, Integer, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import BigInteger, TypeDecorator, TypeEngine, UserDefinedType

CRS84_SRID = 4326
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def storable_text(text: str) -> str:
    """`text` with U+FFFD for what one of the engines refuses: NUL, and halves of surrogate pairs."""
    return _UNSTORABLE.sub("\ufffd", text)


class _PlainText(TypeDecorator[str]):
    """Text that is compared and sorted by code point on both engines, whatever the locale of the server is.

    What is written and what is asked for is made storable in the same way, so no text makes a statement fail.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable_text(value)


class _PostgisGeometry(UserDefinedType[bytes]):
    """PostGIS `geometry`, written and compared as WKB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return f"geometry(Geometry,{CRS84_SRID})"

    def bind_expression(self, bindvalue: BindParameter[bytes]) -> ColumnElement[bytes]:
        return func.ST_GeomFromWKB(bindvalue, CRS84_SRID, type_=self)


PlainText = _PlainText()
# WKB in CRS84.
Geometry = LargeBinary().with_variant(_PostgisGeometry(), "postgresql")
# What `stac_ext/words.py` makes of an item's texts, in the engine's own form.
Words = Text().with_variant(TSVECTOR(), "postgresql")
# A key that the engine counts up: SQLite does so for the exact type INTEGER only.
Serial = BigInteger().with_variant(Integer(), "sqlite")
