"""Which words of a DVC file are secrets that nobody may be shown, and what of a URL is left without them.

Source: https://dvc.org/doc/user-guide/data-management/remote-storage
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted
from stac_ext.secrets import TOKEN

RULE: Final = "dvc-remote-secret"
FIX: Final = (
    "Withdraw it where it was issued, for git keeps it in the history; then remove it here and give it with "
    "`dvc remote modify --local`, which git does not track."
)

_MAX_URL = 1_024
_USER = re.compile(r"(://)[^\s/@]{1,500}@")
_BAD = re.compile(r"[<>\"{}|^`\\\s]")
_HOST = re.compile(r"[^\s/?#@\[\]:%<>\"{}|^`\\]{1,255}|\[[0-9A-Fa-f:.]{2,45}\]")
_NAME = re.compile(r"[^\x00-\x1f\x7f\"\]\[]{1,100}")
_SCP = re.compile(r"(?:[\w.-]{1,64}@)?([A-Za-z0-9.-]{2,253}):(?!//)(/?[\w.~/+-]{1,512})", re.ASCII)
_USER_IS_NO_SECRET: Final = frozenset({"ssh", "git+ssh", "sftp", "hdfs", "webhdfs"})
# Those of DVC's remotes and of git's; what any other would do where it is opened, nobody knows.
_SCHEMES: Final = frozenset(
    {
        *("http", "https", "s3", "gs", "azure", "ssh", "sftp", "hdfs", "webhdfs", "webdav", "webdavs", "oss", "gdrive"),
        *("git", "git+ssh", "git+https", "remote"),
    }
)
_HEADER_NAME = re.compile(r"[A-Za-z]+(-[A-Za-z]+){0,5}")
_SECRET_KEY = re.compile(
    r"(?:.*_)?(?:password|passphrase|secret|token|credentials?)|secret_access_key|access_key_id|account_key|"
    r"connection_string|sse_customer_key|oss_key_(?:id|secret)|(?:.*_)?api_?key|.*_secret(?:_.*)?"
)
_NO_SECRET: Final = frozenset({"ask_password", "ask_passphrase"})


@dataclass(frozen=True, slots=True)
class CleanUrl:
    """A URL as it may be shown, None where nothing of it may; `secret` says that something was cut for being one."""

    url: str | None
    secret: bool = False


def clean_url(written: Any) -> CleanUrl:
    """A URL with a scheme of DVC or git, without user, password, query, fragment and last slashes. Raises nothing.

    The user name alone of an SSH or HDFS address is cut as well, but is no secret.
    """
    if not isinstance(written, str) or not written.strip() or len(written) > _MAX_URL:
        return CleanUrl(None)
    text = written.strip()
    try:
        parts = urlsplit(text)
        user, at, host = parts.netloc.rpartition("@")
        port = parts.port
        name = host.rpartition(":")[0] if re.search(r":[0-9]*$", host) and not host.endswith("]") else host
    except ValueError:  # a port that is none may be the rest of a password with `/` or `#` in it
        return CleanUrl(None, "@" in text)
    scheme = parts.scheme.lower()
    secret = bool(parts.query or parts.fragment or (at and (":" in user or scheme not in _USER_IS_NO_SECRET)))
    torn = "@" in parts.query or "@" in parts.fragment or ("@" in parts.path and port is not None)
    if torn or TOKEN.search(f"{host}{parts.path}"):
        return CleanUrl(None, True)
    path = parts.path.rstrip("/")
    if scheme not in _SCHEMES or not _HOST.fullmatch(name) or _BAD.search(path) or not f"{name}{path}".isprintable():
        return CleanUrl(None, secret)
    return CleanUrl(f"{scheme}://{name}{'' if port is None else f':{port}'}{path}", secret)


def clean_repository_url(written: Any) -> CleanUrl:
    """The address of a git repository: a URL, or `user@host:path` as SSH takes it. A folder has none to show."""
    if isinstance(written, str) and "://" in written:
        return clean_url(written)
    match = _SCP.fullmatch(written.strip()) if isinstance(written, str) else None
    return clean_url(f"ssh://{match[1]}/{match[2].lstrip('/')}") if match else CleanUrl(None)


def clean_name(written: Any) -> str | None:
    """The name of a remote, in lower case as DVC compares it; None where it is none or holds a token."""
    if not isinstance(written, str) or not _NAME.fullmatch(written) or "://" in written or TOKEN.search(written):
        return None
    return clean_line(written, 100).lower() or None


def cut_secrets(text: str) -> str:
    """Text that others wrote, without the users of URLs in it and without what has a token's form."""
    return TOKEN.sub("…", _USER.sub(r"\1", text))


def shown(value: Any) -> str:
    """A value as it is shown in a message."""
    return cut_secrets(quoted(cut_secrets(value) if isinstance(value, str) else value))


def holds_secret(key: str, value: str) -> bool:
    """Whether a setting of a DVC configuration is a secret, by its key, or by a value that has a token's form."""
    key, value = key.lower()[:100], value.strip()[:4_096]
    if not value:
        return False
    if TOKEN.search(value):
        return True
    if key == "custom_auth_header":  # the name of a header is none, the header itself is
        return _HEADER_NAME.fullmatch(value) is None
    return key not in _NO_SECRET and _SECRET_KEY.fullmatch(key) is not None and value.lower() not in ("true", "false")


def report_secret(log: ProblemLog, what: str, path: str, line: int | None = None) -> None:
    """Tell that `what` is a secret which everybody reads who reads the repository. Its value must not be in `what`."""
    log.add(
        RULE, f"{what} is in the repository, where everybody reads it who reads the code.", FIX, path=path, line=line
    )
