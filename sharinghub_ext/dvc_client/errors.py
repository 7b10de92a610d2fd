"""What ends `sharinghub dvc`: a message that says what to do, and an exit code."""


class SetupError(Exception):
    """`code` is 1 where the hub says no, 2 where something here must change, 3 where the hub does not answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
