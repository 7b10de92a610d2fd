"""Whether the hub's hooks are at GitLab, and whether its token may look after them."""

from collections.abc import Iterator
from itertools import islice

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.places import read_places
from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, skipped, warning
from sharinghub_ext.doctor.store import opened
from sharinghub_ext.hook_care import HOOKS_PATH, build_admin, build_care
from sharinghub_ext.hub import known_address
from stac_ext.store.writer import CatalogueWriter

_MOST = 50


def look_at_hooks(situation: Situation) -> Iterator[Finding]:
    """The hooks that `sharinghub hooks install` made; of many, the first."""
    settings = situation.settings
    if settings.hook_secret is None and settings.hook_signing_key is None:
        yield skipped("they are off")
        return
    if settings.gitlab_admin_token is None or settings.hook_secret is None:
        called = f"{situation.public_url}{HOOKS_PATH}"
        advice = f"set SHARINGHUB_GITLAB_ADMIN_TOKEN, or see at GitLab that its hooks call {called}"
        yield skipped("the hub cannot look at them", advice)
        return
    admin = build_admin(settings)
    try:
        admin.is_administrator()
    except GitLabError as error:
        yield fault(
            f"GitLab refuses SHARINGHUB_GITLAB_ADMIN_TOKEN: {error}",
            "create one with the scope api, of an administrator or of an owner of the groups",
        )
        return
    with opened(situation) as database:
        care = build_care(settings, admin, known_address(settings, database))
        places = list(islice(care.places(read_places(database), CatalogueWriter(database).project_ids()), _MOST))
    if not places:
        yield warning("none are installed: the index is right by sweeps alone", "run `sharinghub hooks install`")
        return
    wrong = [one for one in map(care.look, places) if one.problems]
    for one in wrong:
        yield fault(f"{one.place}: {'; '.join(one.problems)}", "run `sharinghub hooks repair`")
    if not wrong:
        yield good(f"{'the first ' if len(places) == _MOST else ''}{len(places)} looked at, all right")
