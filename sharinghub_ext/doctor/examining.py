"""All checks in their order: what depends on something that is at fault is not tried."""

from collections.abc import Iterator
from functools import partial

from sharinghub_ext.doctor.address import look_at_address
from sharinghub_ext.doctor.data import look_at_data
from sharinghub_ext.doctor.finding import Check, Finding, Situation, State, fault, skipped
from sharinghub_ext.doctor.gitlab import look_at_clock, look_at_gitlab, look_at_service_token, look_at_visitor_token
from sharinghub_ext.doctor.hooks import look_at_hooks
from sharinghub_ext.doctor.objects import look_at_objects
from sharinghub_ext.doctor.settings import look_at_settings
from sharinghub_ext.doctor.sign_in import look_at_application
from sharinghub_ext.doctor.store import (
    look_at_database,
    look_at_deliveries,
    look_at_migrations,
    look_at_worker,
    look_at_writing,
)

CHECKS = (
    Check("settings", look_at_settings),
    Check("database", look_at_database),
    Check("migrations", look_at_migrations, ("database",)),
    Check("writing", look_at_writing, ("database", "migrations")),
    Check("worker", look_at_worker, ("database", "migrations")),
    Check("deliveries", look_at_deliveries, ("database", "migrations")),
    Check("objects", look_at_objects),
    Check("gitlab", look_at_gitlab),
    Check("clock", look_at_clock, ("gitlab",)),
    Check("service token", look_at_service_token, ("gitlab",)),
    Check("visitor token", look_at_visitor_token, ("gitlab",)),
    Check("application", look_at_application, ("gitlab",)),
    Check("hooks", look_at_hooks, ("gitlab", "database", "migrations")),
    Check("public url", look_at_address),
)


def examine(situation: Situation, project: str | None = None) -> Iterator[tuple[str, Finding]]:
    """What each check found, as soon as it is known; with a project also whether its data is there."""
    failed: set[str] = set()
    of_project = partial(look_at_data, project=project) if project is not None else None
    data = (Check("data", of_project, ("database", "migrations", "objects")),) if of_project is not None else ()
    for check in (*CHECKS, *data):
        if missing := [one for one in check.needs if one in failed]:
            yield check.name, skipped(f"not looked at, since {missing[0]} is at fault")
            continue
        for found in _looked(check, situation):
            if found.state is State.FAULT:
                failed.add(check.name)
            yield check.name, found


def _looked(check: Check, situation: Situation) -> Iterator[Finding]:
    """A check that breaks is a finding, too, and hides no other."""
    try:
        yield from check.look(situation)
    except Exception as error:
        yield fault(f"the check itself failed ({type(error).__name__})", "please report this; its text may be private")
