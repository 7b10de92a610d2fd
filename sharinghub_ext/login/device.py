"""The device flow of RFC 8628: a code is shown, a person enters it at GitLab in any browser, and until then GitLab is
asked again and again, as slowly as it says: for a token, a refusal, or the end of the code.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sharinghub_ext.login.errors import NotSignedIn, Unanswered, Unusable
from sharinghub_ext.login.kept import Kept, of_answer
from sharinghub_ext.login.places import Place, own
from sharinghub_ext.login.web import Web
from stac_ext.clock import Clock

SCOPE: Final = "read_api"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_INTERVAL: Final = 5  # seconds, where GitLab names none, and what `slow_down` adds
_LONGEST_INTERVAL: Final = 60
_LONGEST: Final = 3600
Waiter = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person is shown: where to go, and the code to enter there. Times in seconds."""

    page: str
    page_with_code: str | None
    code: str
    lasts: int
    interval: int
    device_code: str = field(repr=False)


def sign_in(web: Web, place: Place, show: Callable[[Prompt], None], wait: Waiter, clock: Clock) -> Kept:
    """Tokens of whoever enters the code. `wait` waits for some seconds.

    Raises NotSignedIn where nobody did in time or somebody refused, Unusable and Unanswered.
    """
    prompt = begin(web, place)
    show(prompt)
    ends, interval = clock.now().timestamp() + prompt.lasts, float(prompt.interval)
    while True:
        wait(interval)
        error, answer = _asked(web, place, prompt)
        now = clock.now().timestamp()
        if error is None:
            return of_answer(place, answer, now)
        if error == "access_denied":
            raise NotSignedIn("The request was refused at GitLab. Nothing was kept.")
        if error == "expired_token" or now >= ends:
            raise NotSignedIn("Nobody entered the code in time. Begin again: the next code is another one.")
        if error == "slow_down":
            interval += _INTERVAL
        elif error == "unreachable":
            interval = min(interval * 2, _LONGEST_INTERVAL)
        elif error != "authorization_pending":
            raise Unanswered(f"{place.gitlab} refused: {_word(error)}")


def begin(web: Web, place: Place) -> Prompt:
    """A code to be shown. Raises Unusable for an application that GitLab does not take, Unanswered."""
    status, told = web.post(place.device_endpoint, {"client_id": place.client_id, "scope": SCOPE})
    if status in (400, 401, 403) and "error" in told:
        raise Unusable(
            f"{place.gitlab} does not take the application of {place.hub} ({_word(told['error'])}). Tell those who run "
            "the hub: it must not be confidential, have the scope read_api, and the device flow must be on."
        )
    page, code, device_code = told.get("verification_uri"), told.get("user_code"), told.get("device_code")
    if status != 200 or not isinstance(device_code, str) or not _is_code(code):
        raise Unanswered(f"{place.gitlab} gave no code to sign in with ({status}). Is it GitLab 17.9 or newer?")
    if not own(page, place.gitlab):
        raise Unanswered(f"{place.gitlab} names a page to sign in at that is not its own. Tell those who run it.")
    whole = told.get("verification_uri_complete")
    return Prompt(
        str(page),
        str(whole) if own(whole, place.gitlab) else None,
        str(code),
        _number(told.get("expires_in"), 300, _LONGEST),
        _number(told.get("interval"), _INTERVAL, _LONGEST_INTERVAL),
        device_code,
    )


def _asked(web: Web, place: Place, prompt: Prompt) -> tuple[str | None, dict[str, Any]]:
    """The error of a token answer, None where there is a token; `unreachable` for what may pass by itself."""
    form = {"grant_type": _GRANT, "device_code": prompt.device_code, "client_id": place.client_id}
    try:
        status, answer = web.post(place.token_endpoint, form)
    except Unanswered:
        return "unreachable", {}
    if status == 200:
        return None, answer
    if status >= 500 or status == 429:
        return "unreachable", {}
    return str(answer.get("error", f"status {status}")), answer


def _is_code(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 32 and value.isascii() and value.replace("-", "").isalnum()


def _number(value: object, usual: int, most: int) -> int:
    return min(value, most) if isinstance(value, int) and value > 0 else usual


def _word(text: object) -> str:
    """What may be told of an error of another: a few words, which name no value."""
    return "".join(char for char in str(text) if char.isascii() and (char.isalnum() or char in "_ "))[:40]
