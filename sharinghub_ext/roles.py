"""What a process of a hub does: everything, or where there are several, answering callers or working."""

from enum import StrEnum


class Role(StrEnum):
    """`api` answers callers and takes hooks in; `worker` reads GitLab, and answers only how it is; `all` is both."""

    ALL = "all"
    API = "api"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        return self is not Role.API
