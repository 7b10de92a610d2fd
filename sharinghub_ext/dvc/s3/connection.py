"""One connection pool to S3: calls with their retries, and what the failures of S3 mean for a store.

What S3 refuses for a moment (503 SlowDown, 500, a broken connection) is tried again by the library, with growing
pauses. A call whose answer was lost is sent again, so it may meet what it did itself the first time.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Final

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, ProfileNotFound

from sharinghub_ext.dvc.s3.address import S3Address
from sharinghub_ext.dvc.store import StoreBroken, StoreFailure, StoreFull, StoreRefused

_ABSENT: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_TAKEN: Final = frozenset({"PreconditionFailed", "412"})
_FULL: Final = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507", "EntityTooLarge"})
_REFUSED: Final = frozenset(
    {
        *("AccessDenied", "AllAccessDisabled", "AuthorizationHeaderMalformed", "ExpiredToken", "InvalidAccessKeyId"),
        *("InvalidBucketName", "InvalidToken", "NoSuchBucket", "PermanentRedirect", "SignatureDoesNotMatch"),
    }
)
_UNKNOWN: Final = (NoCredentialsError, PartialCredentialsError, ProfileNotFound)
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 256
FAILURES: Final = (ClientError, BotoCoreError, aiohttp.ClientError, OSError, TimeoutError)


class Absent(StoreFailure):
    """There is no such object."""


class Taken(StoreFailure):
    """There is an object already, or another one than was expected."""


class UploadEnded(StoreFailure):
    """The multipart upload is not under way: it was completed, or given up."""


class Unconditional(StoreFailure):
    """The service does not know the condition of a request."""


class OutOfRange(StoreFailure):
    """The object has no such bytes."""


class S3Connection:
    """Calls of one bucket. Opened at the first call, in the event loop that then runs."""

    def __init__(self, address: S3Address) -> None:
        self.address = address
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._client: Any = None

    async def call(self, operation: str, **given: Any) -> dict[str, Any]:
        """The answer to an operation on the bucket. Raises StoreFailure."""
        try:
            client = self._client or await self._open()
            answer: dict[str, Any] = await getattr(client, operation)(Bucket=self.address.bucket, **given)
        except FAILURES as error:
            raise translated(error) from error
        return answer

    async def close(self) -> None:
        """End all connections."""
        self._client = None
        await self._stack.aclose()

    async def _open(self) -> Any:
        async with self._opening:
            if self._client is None:
                endpoint = self.address.endpoint
                config = AioConfig(
                    connect_timeout=5,
                    read_timeout=30,
                    max_pool_connections=_CONNECTIONS,
                    retries={"mode": "standard", "max_attempts": _ATTEMPTS},
                    # Checksums beyond Content-MD5, which the hub sends itself, are not known to every service.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    # Services beside AWS seldom have a host name for each bucket.
                    s3={"addressing_style": "path"} if endpoint else None,
                )
                opened = get_session().create_client(
                    "s3", region_name=self.address.region, endpoint_url=endpoint, config=config
                )
                self._client = await self._stack.enter_async_context(opened)
        return self._client


def translated(error: BaseException) -> StoreFailure:
    """The failure of the store that an error of the library is. Its text names bucket and operation, no credential."""
    if not isinstance(error, ClientError):
        kind = StoreRefused if isinstance(error, _UNKNOWN) else StoreBroken
        return kind(f"S3: {type(error).__name__}: {error}")
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    kinds: tuple[tuple[bool, type[StoreFailure]], ...] = (
        (code in _ABSENT, Absent),
        (code in _TAKEN, Taken),
        (code == "NoSuchUpload", UploadEnded),
        (code == "NotImplemented" or status == 501, Unconditional),
        (code in ("InvalidRange", "416"), OutOfRange),
        (code in _REFUSED, StoreRefused),
        (code in _FULL or status == 507, StoreFull),
    )
    found = next((kind for fits, kind in kinds if fits), StoreBroken)
    return found(f"S3: {error}")
