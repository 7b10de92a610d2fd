"""An access token that can be used now, and the end of a sign-in.

GitLab ends both old tokens when it gives new ones, so one process at a time renews, and the new ones are kept before
they are used. Sources: https://docs.gitlab.com/api/oauth2/, RFC 6749 section 6, RFC 7009
"""

from sharinghub_ext.login.errors import NotSignedIn, Unanswered
from sharinghub_ext.login.keeper import Keeper
from sharinghub_ext.login.kept import Kept, of_answer
from sharinghub_ext.login.places import Place
from sharinghub_ext.login.web import Web
from stac_ext.clock import Clock


def usable_token(hub: str, keeper: Keeper, web: Web, clock: Clock) -> str:
    """An access token for a hub, renewed where it is due.

    Raises NotSignedIn where a person has to sign in, Unusable, and Unanswered where GitLab cannot be asked.
    """
    kept = keeper.read(hub)
    if kept is not None and not kept.is_due(clock.now().timestamp()):
        return kept.access_token
    with keeper.locked():
        kept = keeper.read(hub)  # another process may have renewed it meanwhile
        now = clock.now().timestamp()
        if kept is None:
            raise NotSignedIn(f"Sign in first: sharinghub login {hub}")
        if not kept.is_due(now):
            return kept.access_token
        try:
            fresh = _renewed(web, kept, now)
        except Unanswered:
            if kept.has_ended(now):
                raise
            return kept.access_token
        except NotSignedIn:
            keeper.delete(hub)
            raise
        keeper.write(fresh)
        return fresh.access_token


def _renewed(web: Web, kept: Kept, now: float) -> Kept:
    """The sign-in with new tokens. Raises NotSignedIn where GitLab ended it, Unanswered."""
    again = f"To sign in again: sharinghub login {kept.hub}"
    if kept.refresh_token is None:
        if not kept.has_ended(now):
            return kept
        raise NotSignedIn(f"The token has ended. {again}")
    form = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token, "client_id": kept.client_id}
    status, answer = web.post(kept.token_endpoint, form)
    if status in (400, 401) and answer.get("error") == "invalid_grant":
        raise NotSignedIn(f"GitLab has ended this sign-in. {again}")
    if status != 200:
        raise Unanswered(f"{kept.gitlab} did not renew the token ({status}). Try again soon. {again}")
    place = Place(kept.hub, kept.gitlab, kept.client_id, "", kept.token_endpoint, kept.revocation_endpoint)
    return of_answer(place, answer, now, kept.refresh_token)


def revoke(web: Web, kept: Kept) -> None:
    """End both tokens at GitLab (RFC 7009). Raises Unanswered where it cannot be asked."""
    for token, hint in ((kept.refresh_token, "refresh_token"), (kept.access_token, "access_token")):
        if token is not None:
            form = {"token": token, "token_type_hint": hint, "client_id": kept.client_id}
            status, _ = web.post(kept.revocation_endpoint, form)
            if status != 200:
                raise Unanswered(f"{kept.gitlab} answered {status} to the request to end the token.")
