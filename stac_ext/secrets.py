"""Which parts of a text are secrets by their form, and what is left of it without them.

A secret is a user of an address, a parameter of one that holds a secret or signs it, and what has the form of a token
of a well-known service. A name that stands where a secret would (`<token>`, `$TOKEN`) is none.
"""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

MAX_DEPTH: Final = 64

TOKEN: Final = re.compile(
    r"gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[\w-]{8}|gh[opsur]_\w{16}|github_pat_\w{16}|hf_[A-Za-z]{20}"
    r"|A[KS]IA[0-9A-Z]{16}|eyJ[\w-]{8,500}\.eyJ",
    re.ASCII,
)
_WHOLE_TOKEN: Final = re.compile(f"(?<![A-Za-z0-9])(?:{TOKEN.pattern})[\\w.~-]{{0,2000}}", re.ASCII)
# Names, without their case, dashes and underscores, of parameters that hold a secret or sign an address.
_PARAMETERS: Final = frozenset(
    {
        *("privatetoken", "accesstoken", "jobtoken", "gitlabtoken", "personalaccesstoken", "token", "authtoken"),
        *("idtoken", "refreshtoken", "apikey", "accesskey", "secretkey", "secret", "clientsecret"),
        *("password", "passwd", "sig", "signature", "xamzsignature", "xamzsecuritytoken", "xamzcredential"),
        *("xgoogsignature", "xgoogcredential", "awsaccesskeyid", "googleaccessid", "sharedaccesssignature"),
    }
)
_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)([^\s<>\"'`{}]{1,4096})", re.ASCII)
_AUTHORITY: Final = re.compile(r"[^/?#]*")
_USERS_ARE_PUBLIC: Final = frozenset({"ssh://", "git+ssh://", "sftp://", "hdfs://", "webhdfs://"})
_NAME_OF_NONE: Final = re.compile(r"\$\w+|[A-Z][A-Z_]+|[xX*.…]+|%3[Cc].*%3[Ee]", re.ASCII)


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of this name holds a secret or signs an address."""
    return name.lower().replace("-", "").replace("_", "") in _PARAMETERS


def secret_parameters(query: str) -> bool:
    """Whether a query holds a parameter that is a secret."""
    return any(is_secret_parameter(name) for name, _ in parse_qsl(query))


def cut_secrets(text: str) -> str:
    """A text without its secrets; the very same one where there is none."""
    if "://" in text:
        text = _ADDRESS.sub(_without_secrets, text)
    return _WHOLE_TOKEN.sub("…", text)


def cut_all(value: Any, depth: int = 0) -> Any:
    """A value of lists, mappings and scalars without the secrets in its texts, its keys included."""
    if isinstance(value, str):
        return cut_secrets(value)
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {cut_all(key): cut_all(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list):
        return [cut_all(entry, depth + 1) for entry in value]
    return value


def _without_secrets(match: re.Match[str]) -> str:
    scheme, rest = match[1], match[2]
    found = _AUTHORITY.match(rest)
    authority = found[0] if found else ""
    user, at, host = authority.rpartition("@")
    tail = rest[len(authority) :]
    if at and _is_secret_user(scheme.lower(), user):
        authority = host
    before, mark, query = tail.partition("?")
    if mark:
        query, sharp, fragment = query.partition("#")
        kept = [part for part in query.split("&") if not _is_secret_part(part)]
        tail = f"{before}{mark if kept else ''}{'&'.join(kept)}{sharp}{fragment}"
    base, sharp, fragment = tail.partition("#")
    if sharp:
        kept = [part for part in fragment.split("&") if not _is_secret_part(part)]
        tail = f"{base}{sharp if kept else ''}{'&'.join(kept)}"
    return f"{scheme}{authority}{tail}"


def _is_secret_user(scheme: str, user: str) -> bool:
    name, colon, password = user.partition(":")
    if colon:
        return not _NAME_OF_NONE.fullmatch(password)
    return scheme not in _USERS_ARE_PUBLIC and not _NAME_OF_NONE.fullmatch(name)


def _is_secret_part(part: str) -> bool:
    name, equals, value = part.partition("=")
    return bool(equals) and bool(value) and is_secret_parameter(name) and not _NAME_OF_NONE.fullmatch(value)
