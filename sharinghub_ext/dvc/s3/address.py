"""Where objects are in S3: `s3://bucket/prefix`, with `endpoint` and `region` as parameters where AWS is not meant.

What is not given is what the AWS tools take: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, profiles.
Credentials never stand in the address: they are `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, the file
`AWS_SHARED_CREDENTIALS_FILE`, or the role of the machine or pod.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE: Final = "s3://bucket/prefix, or s3://bucket?endpoint=https://s3.example.org&region=eu-west-1"
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]", re.ASCII)
_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket, what all keys in it begin with (empty, or with a slash at its end), and where it is served."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None


def parse_address(url: str, environment: Mapping[str, str] = os.environ) -> S3Address:
    """What an `s3://` URL says. Raises ValueError with what is wrong with it, and without its text."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
        raise ValueError(f"use {EXAMPLE}; credentials do not stand in it")
    folders = [unquote(one) for one in parts.path.split("/") if one]
    if any(one in (".", "..") or "/" in one or not one.isprintable() for one in folders):
        raise ValueError("the prefix may not hold . or .. or what cannot be printed")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(given.keys() - {"endpoint", "region"}):
        raise ValueError(f"{unknown[0]} is no parameter of it; use {EXAMPLE}")
    endpoint = given.get("endpoint") or _first(environment, _ENDPOINTS)
    if endpoint is not None:
        where = urlsplit(endpoint)
        if where.scheme not in ("http", "https") or not where.hostname or where.query or "@" in where.netloc:
            raise ValueError("the endpoint must be an http or https URL without user and password")
    region = given.get("region") or _first(environment, _REGIONS)
    if region is not None and not _REGION.fullmatch(region):
        raise ValueError("the region is none")
    return S3Address(parts.netloc, "".join(f"{one}/" for one in folders), endpoint, region)


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
