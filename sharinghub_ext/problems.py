"""How errors look: RFC 9457 problem details with a stable type, and STAC API's `code` and `description` beside."""

from typing import Any

from starlette.responses import JSONResponse, Response

CODES = {
    400: ("InvalidParameter", "Invalid parameter"),
    401: ("Unauthorized", "Credential refused"),
    403: ("Forbidden", "Forbidden"),
    404: ("NotFound", "Not found"),
    405: ("MethodNotAllowed", "Method not allowed"),
    408: ("Timeout", "The request took too long"),
    410: ("Gone", "Gone"),
    413: ("TooLarge", "Request too large"),
    414: ("AddressTooLong", "Address too long"),
    415: ("UnsupportedMediaType", "Media type not supported"),
    416: ("RangeNotSatisfiable", "Range not satisfiable"),
    422: ("Unprocessable", "Cannot be processed"),
    429: ("TooManyRequests", "Too many requests"),
    431: ("HeadersTooLarge", "Headers too large"),
    500: ("InternalError", "Internal error"),
    502: ("BadGateway", "GitLab's answer cannot be passed on"),
    503: ("Unavailable", "Temporarily unavailable"),
    507: ("InsufficientStorage", "Not enough room"),
}


class Problem(Exception):
    """An answer that is an error. `detail` tells the reader what to do next and holds no secret."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, headers or {}, members

    def response(self) -> Response:
        """The answer."""
        code, title = CODES.get(self.status, ("Error", "Error"))
        body = {
            "type": f"urn:sharinghub:problem:{code}",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "code": code,
            "description": self.detail,
            **self.members,
        }
        return JSONResponse(body, self.status, self.headers, media_type="application/problem+json")


def not_found() -> Problem:
    """The one answer for what does not exist and for what the caller may not see."""
    return Problem(404, "There is nothing here that you may see. A token of GitLab may show more.")
