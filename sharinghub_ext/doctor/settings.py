"""Whether the settings are such that people can be served with them."""

from collections.abc import Iterator

from sharinghub_ext.categories import resolve_categories
from sharinghub_ext.config import SettingsError
from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, warning
from sharinghub_ext.extensions import load_extensions


def told(error: SettingsError) -> Iterator[Finding]:
    """Each line of an error of the settings, which names one of them."""
    for line in str(error).splitlines():
        yield fault(line, "change it: `sharinghub config --example` shows every setting")


def look_at_settings(situation: Situation) -> Iterator[Finding]:
    """What is in force, as far as it can be judged without asking anybody."""
    settings, found = situation.settings, False
    for line in settings.serving_problems(situation.public_url):
        found = True
        yield fault(line, "people cannot be served safely with this: change it")
    try:
        resolve_categories(settings.categories)
        load_extensions(settings.extensions)
    except (ValueError, SettingsError) as error:
        found = True
        yield fault(str(error), "change SHARINGHUB_CATEGORIES or SHARINGHUB_EXTENSIONS, or the files that they name")
    if settings.hook_secret is None and settings.hook_signing_key is None:
        found = True
        yield warning(
            "no hooks: changes appear at the next sweep only",
            "set SHARINGHUB_HOOK_SECRET (openssl rand -hex 32) and run `sharinghub hooks install`",
        )
    if settings.hook_secret_is_short:
        found = True
        yield warning("the hook secret could be guessed", "set a longer SHARINGHUB_HOOK_SECRET (openssl rand -hex 32)")
    if settings.gitlab_token is None:
        found = True
        yield warning(
            "no service token: only what everybody may see is catalogued",
            "set SHARINGHUB_GITLAB_TOKEN to a token with read_api of a bot that is Reporter of the groups",
        )
    if not found:
        yield good("they can be used")
