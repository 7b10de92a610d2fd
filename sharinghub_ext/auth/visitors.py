"""The visitors' token is lent to nobody before GitLab has said that it can only read: a hub that starts while GitLab is
away shows what everybody sees, and lends the token as soon as that is known.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from sharinghub_ext.auth.callers import Callers
from sharinghub_ext.checks import GitLabCheckFailed

_EVERY: Final = 30.0  # seconds between questions
log = structlog.get_logger()


async def check_or_hold_back(callers: Callers, check: Callable[[], None]) -> asyncio.Task[None] | None:
    """Ask once; where GitLab does not answer, the task that goes on asking.

    `check` blocks. Raises GitLabCheckFailed where the token must not be used.
    """
    try:
        await asyncio.to_thread(check)
    except GitLabCheckFailed as error:
        if error.fatal:
            raise
        log.warning("visitors see only what is public meanwhile", error=str(error))
        callers.lends_visitor_token = False
        return asyncio.create_task(_lend_when_checked(callers, check, _EVERY))
    return None


async def _lend_when_checked(callers: Callers, check: Callable[[], None], every: float) -> None:
    while not callers.lends_visitor_token:
        await asyncio.sleep(every)
        try:
            await asyncio.to_thread(check)
        except GitLabCheckFailed as error:
            if error.fatal:
                log.error("visitors see only what is public", error=str(error))
                return
        else:
            log.info("GitLab has said what the visitors' token can do: it is lent from now on")
            callers.lends_visitor_token = True
