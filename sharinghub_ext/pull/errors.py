"""Why a pull ends before its end."""


class PullError(Exception):
    """`code` is the exit code: 1 the hub says no, or a file could not be had; 2 something here; 3 no answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
