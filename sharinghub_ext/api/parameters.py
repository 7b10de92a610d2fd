"""Which parameters a route takes: any other is refused, as an ignored condition would answer another question."""

from collections.abc import Collection, Iterable

from fastapi import Request

from stac_ext.query import InvalidParameter


def given(request: Request, names: Iterable[str]) -> dict[str, str | None]:
    """The texts of these parameters, None where they are absent."""
    return {name: request.query_params.get(name) for name in names}


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Raise InvalidParameter for a parameter that is not known, or given twice.

    Source: OGC API - Features, /req/core/query-param-unknown
    """
    for name in request.query_params:
        if name not in known:
            raise InvalidParameter(name[:100], "is not a parameter of this route", ", ".join(known) or "none")
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidParameter(name, "is given more than once", f"{name}=a,b")
