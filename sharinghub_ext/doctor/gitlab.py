"""Whether GitLab answers, which version it is, whether its clock agrees with ours, and whether the tokens are good."""

from collections.abc import Iterator

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.gateway.greeting import greeting
from gitlab_hooks.gateway.service import ServiceClient, ServiceIdentity
from sharinghub_ext.checks import GitLabCheckFailed, check_visitor, explained
from sharinghub_ext.config import Secret
from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, skipped, warning

_OLDEST = (17, 0)
_DEVICES = (17, 9)
_CLOCKS = 60  # seconds by which the identity tokens of sign-in may differ
_HOOKS = 300  # and the signatures of deliveries


def _text(secret: Secret | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def look_at_gitlab(situation: Situation) -> Iterator[Finding]:
    """Whether the address is GitLab's, and which version answers."""
    settings = situation.settings
    try:
        found = greeting(situation.gitlab, _text(settings.gitlab_token))
    except GitLabError as error:
        yield fault(f"no GitLab answers at {settings.api_url}: {error}", "see SHARINGHUB_GITLAB_URL, and the network")
        return
    if found.redirects_to is not None:
        yield fault(f"{settings.api_url} redirects to {found.redirects_to}", "set SHARINGHUB_GITLAB_URL to that")
    elif not found.is_gitlab:
        yield fault(f"what answers at {settings.api_url} is no GitLab", "set SHARINGHUB_GITLAB_URL to GitLab's address")
    elif found.version is None:
        yield good(f"{settings.api_url} answers; it tells its version to no caller without a token")
    elif found.numbers < _OLDEST:
        yield warning(f"it is GitLab {found.version}", "the hub is made for GitLab 17 and newer: update GitLab")
    elif settings.oauth_device_client_id is not None and found.numbers < _DEVICES:
        yield warning(f"it is GitLab {found.version}", "`sharinghub login` needs GitLab 17.9: update GitLab")
    else:
        yield good(f"it is GitLab {found.version}")


def look_at_clock(situation: Situation) -> Iterator[Finding]:
    """How far the clocks are apart: sign-in and signed hooks depend on them."""
    told = greeting(situation.gitlab, None).time
    if told is None:
        yield skipped("GitLab's answer tells no time")
        return
    apart = abs((situation.clock.now() - told).total_seconds())
    if apart > _CLOCKS:
        also = " and signed hooks are refused" if apart > _HOOKS else ""
        yield fault(
            f"the clocks of the hub and of GitLab are {apart:.0f} s apart: nobody can sign in{also}",
            "run a time service (chrony, systemd-timesyncd) on both machines",
        )
    else:
        yield good("it agrees with GitLab's")


def look_at_service_token(situation: Situation) -> Iterator[Finding]:
    """What the service token may do: enough, and not more."""
    token = _text(situation.settings.gitlab_token)
    client = ServiceClient(situation.gitlab, token)
    try:
        identity = client.identity()
    except GitLabError as error:
        advice = "create one with the scope read_api, of a bot that is Reporter where projects are to be catalogued"
        yield fault(str(explained(error, situation.gitlab.url, client.anonymous)), advice)
        return
    if identity is None:
        yield skipped("there is none")
        return
    yield from _judged(identity)


def _judged(identity: ServiceIdentity) -> Iterator[Finding]:
    narrow = True
    if "api" in identity.scopes:
        narrow = False
        yield warning("it may write", "create one with the scope read_api alone")
    if identity.admin:
        narrow = False
        yield warning(
            f"its account {identity.username} is an administrator", "use a bot that is Reporter of the groups"
        )
    if narrow:
        yield good(f"it reads as {identity.username} ({', '.join(identity.scopes) or 'GitLab tells no scopes'})")


def look_at_visitor_token(situation: Situation) -> Iterator[Finding]:
    """The token that is lent to everybody must read and do nothing else."""
    token = _text(situation.settings.visitor_token)
    if token is None:
        yield skipped("there is none: who brings no token sees what is public")
        return
    try:
        check_visitor(situation.settings, ServiceClient(situation.gitlab, token))
    except GitLabCheckFailed as error:
        yield fault(str(error), "create one with the scope read_api alone, of a bot")
    else:
        yield good("it reads, and can do nothing else")
