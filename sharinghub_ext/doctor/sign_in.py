"""Whether people can sign in: GitLab must know the application and its secret, and lead people back to the hub."""

from collections.abc import Iterator

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.gateway.greeting import application_error, applications
from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, skipped, warning

_REFUSED = ("invalid_client", "unauthorized_client")


def look_at_application(situation: Situation) -> Iterator[Finding]:
    """The application of sign-in, as far as GitLab tells of it to somebody who does not sign in."""
    settings = situation.settings
    if settings.oauth_client_id is None:
        yield skipped("there is none: nobody signs in", "set SHARINGHUB_OAUTH_CLIENT_ID for sign-in")
        return
    redirect = f"{situation.public_url}/auth/callback"
    secret = settings.oauth_client_secret.get_secret_value() if settings.oauth_client_secret else None
    try:
        answer = application_error(situation.gitlab, settings.oauth_client_id, secret, redirect)
    except GitLabError as error:
        yield fault(f"it cannot be tried: {error}", "see SHARINGHUB_GITLAB_URL")
        return
    if answer in _REFUSED:
        yield fault(
            f"GitLab does not take it ({answer})",
            "compare SHARINGHUB_OAUTH_CLIENT_ID and SHARINGHUB_OAUTH_CLIENT_SECRET with the application at GitLab",
        )
    elif answer != "invalid_grant":  # what a code that nobody was given deserves, from a known application
        yield warning(f"GitLab answered {answer or 'nothing known'}", "sign in once, and see the log")
    else:
        yield from _redirects(situation, settings.oauth_client_id, redirect)


def _redirects(situation: Situation, client_id: str, redirect: str) -> Iterator[Finding]:
    """GitLab tells administrators where an application leads back to."""
    advice = f"its redirect URI at GitLab must be {redirect}"
    admin = situation.settings.gitlab_admin_token
    listed = applications(situation.gitlab, admin.get_secret_value()) if admin is not None else None
    known = next((one for one in listed or () if one.client_id == client_id), None)
    if known is None:
        yield good(f"GitLab takes it; who signs in is led back to {redirect}, which must be its redirect URI there")
    elif redirect not in known.redirects:
        yield fault(f"GitLab leads back to {', '.join(known.redirects)}", advice)
    else:
        yield good(f"GitLab takes it, and leads back to {redirect}")
