"""How a clone gets the remote of its project: the address for everybody, the token for this clone alone.

1. The hub is asked first: nothing is written for a project that the caller cannot pull.
2. `.dvc/config` gets the address, and is to be committed. `.dvc/config.local` gets the token, 0600, never committed.
3. The address stands beside the token as well. DVC lets the local file win, so that a commit that changes the address
   in `.dvc/config` does not send the token elsewhere.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from sharinghub_ext.dvc_client.asking import Hub
from sharinghub_ext.dvc_client.clone import LOCAL, SHARED, Clone
from sharinghub_ext.dvc_client.config_text import remote_section, value_of, with_values
from sharinghub_ext.dvc_client.errors import SetupError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,4096}", re.ASCII)
_CREDENTIALS: Final = ("url", "auth", "custom_auth_header", "user", "password", "ask_password")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of GitLab; `is_job` for that of a CI job. Its text is no part of its representation."""

    value: str = field(repr=False)
    is_job: bool = False

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.value):
            raise SetupError(2, "the token is not one of GitLab's: it holds characters that none has")

    def __repr__(self) -> str:
        return "Token(…)"

    @property
    def header(self) -> tuple[str, str]:
        """The header that carries it."""
        return ("JOB-TOKEN", self.value) if self.is_job else ("Authorization", f"Bearer {self.value}")


@dataclass(frozen=True, slots=True)
class Done:
    """The remote that was written, and whether this caller may push to it."""

    url: str
    push: bool


def set_up(clone: Clone, hub: Hub, project: str | None, remote: str, token: Token | None, *, force: bool) -> Done:
    """Write the remote into the clone, and check it. Raises SetupError."""
    if not _NAME.fullmatch(remote):
        raise SetupError(2, "the name of the remote is made of letters, digits, - and _")
    named = project or clone.project_path()
    if named is None:
        raise SetupError(2, "which project? Name it by its id or path, for the clone has no `origin`")
    number = hub.project_id(named)
    told = hub.setup(number)
    url, section = f"{hub.address}/dvc/{number}", remote_section(remote)
    shared = clone.read(SHARED)
    before = value_of(shared, section, "url")
    if before not in (None, url) and not force:
        raise SetupError(2, f"the remote '{remote}' leads elsewhere: --force changes it, --remote makes another one")
    if token is not None:
        clone.keep_local_out_of_git()
    if told["push"]:
        hub.round_trip(number)
    default = value_of(shared, "core", "remote")
    local = clone.read(LOCAL)
    secret = dict.fromkeys(_CREDENTIALS) if token is None else _secret(url, token)
    try:
        shared = with_values(shared, section, {"url": url})
        if default is None or force:
            shared = with_values(shared, "core", {"remote": remote})
        changed = with_values(local, section, secret)
    except ValueError as error:
        raise SetupError(2, str(error)) from error
    if changed != local:
        clone.write(LOCAL, changed)
    clone.write(SHARED, shared)
    return Done(url, told["push"])


def _secret(url: str, token: Token) -> dict[str, str | None]:
    name, value = token.header
    given = {"url": url, "auth": "custom", "custom_auth_header": name, "password": value}
    return {key: given.get(key) for key in _CREDENTIALS}
