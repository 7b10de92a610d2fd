"""Why a user sees an item or not, in words: from what the store knows, when it was learnt, and the bounds.

1. Seen is what is at most as private as the level of the user, and what GitLab granted in a listing that counts still:
   one that is not older than the hard limit and that no hook has thrown into doubt.
2. A read asks GitLab first where it must: about who calls, past the hard limit; about what may be seen, where the
   listing does not count or the project is newer than it. What is said of it is then what holds until GitLab answers.

It decides as `sharinghub_ext/auth/viewers.py` and the store's reader do; a test holds them together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sharinghub_ext.auth.identities import Freshness
from stac_ext.model import Visibility
from stac_ext.store.evidence import Evidence, Hold, IndexedProject, Waiting
from stac_ext.store.grants import Principal
from stac_ext.times import format_rfc3339, from_micros

_WHO: Final = {
    Visibility.PUBLIC: "everybody sees it, without a token too where GitLab shows public projects to everybody",
    Visibility.INTERNAL: "every account sees it, external users only with a grant",
    Visibility.PRIVATE: "only those see it whom GitLab lets download its code: it takes a grant",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is known, in words, and when it was learnt, where that is a moment."""

    about: str  # item, user, rights, pending, next
    said: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Within which time a change is noticed: the limits of rights, and seconds between sweeps (0: there are none)."""

    fresh: Freshness
    sweep_seconds: int
    hooks: bool
    last_sweep: str | None = None
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer. `sees` is None for a user of whom nothing is known; `asks_first`: a read asks GitLab before it."""

    user: str
    item: str
    sees: bool | None
    asks_first: bool
    statements: tuple[Statement, ...]

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        if self.sees is None:
            return f"{self.user} is not known to the hub, so whether they see {self.item} is found out when they call."
        verb = "sees" if self.sees else "does not see"
        until = ", by what is known until GitLab is asked, which their next read does first" if self.asks_first else ""
        return f"{self.user} {verb} {self.item}{until}."

    def as_json(self) -> dict[str, Any]:
        """The same as JSON."""
        said = [
            {"about": one.about, "said": one.said, **({"at": format_rfc3339(one.at)} if one.at else {})}
            for one in self.statements
        ]
        answer = {"sees": self.sees, "asks_gitlab_first": self.asks_first, "headline": self.headline}
        return {"user": self.user, "item": self.item, **answer, "statements": said}


def explain(evidence: Evidence, bounds: Bounds, now: datetime, *, full: bool) -> Explanation:
    """The explanation. Without `full`, what maintainers of the project may know: of the user nothing but the right to
    this one project, and of deliveries no error.
    """
    project = evidence.project if evidence.project and evidence.project.places else None
    verdicts = [verdict(one, project, bounds.fresh, now) for one in evidence.holds]
    statements = [*_of_item(evidence, project)]
    if not evidence.holds:
        statements.append(_unknown(evidence))
    for hold, one in zip(evidence.holds, verdicts, strict=True):
        statements += _of_hold(hold, one, project, bounds.fresh, now, full, evidence.project_id is not None)
    statements += [_of_waiting(one, full) for one in evidence.waiting]
    statements += _next(bounds, evidence)
    sees, asks_first = verdicts[0] if verdicts else (None if project else False, False)
    return Explanation(evidence.user, evidence.asked.text, sees, asks_first, tuple(statements))


def verdict(hold: Hold, project: IndexedProject | None, fresh: Freshness, now: datetime) -> tuple[bool, bool]:
    """Whether a principal sees the item by what is known, and whether a read asks GitLab before it answers."""
    must_confirm = not _is_confirmed(hold.principal, fresh, now)
    if project is None:
        return False, must_confirm
    if project.visibility <= hold.principal.level:
        return True, must_confirm
    listed = _counts(hold.principal.snapshot_at, fresh, now)
    return listed and hold.granted, must_confirm or not listed or hold.unasked


def _is_confirmed(one: Principal, fresh: Freshness, now: datetime) -> bool:
    """Whether the identity is used without asking: not any more in the moment in which it is as old as the limit."""
    return _counts(one.confirmed_at, fresh, now) and now - from_micros(one.confirmed_at) < fresh.hard


def _counts(micros: int, fresh: Freshness, now: datetime) -> bool:
    """Whether what was learnt then is used without asking again. A moment to come: the clock was set back."""
    return bool(micros and fresh.soft) and timedelta(0) <= now - from_micros(micros) <= fresh.hard


def _of_item(evidence: Evidence, project: IndexedProject | None) -> Iterator[Statement]:
    held = evidence.project
    if held is None:
        said = "The index holds no such item: there is no such project, it lacks the topic, or the hub cannot read it."
        yield Statement("item", said)
        return
    place = f"Project {held.id} ({held.path})"
    if project is None:
        among = ", ".join(held.collections) or "no collection"
        yield Statement("item", f"{place} is in the index in {among}, but not as {evidence.asked.text}.")
    for collection, item_id in held.places:
        yield Statement("item", f"{place} is the item {item_id} of the collection {collection}.")
    read_at = from_micros(held.read_at)
    level = held.visibility.name.lower()
    said = f"Its effective visibility is {level}: {_WHO[held.visibility]}. Written {_told(read_at)}, as GitLab said."
    yield Statement("item", said, read_at)


def _unknown(evidence: Evidence) -> Statement:
    said = (
        f"{evidence.user} is not known to the hub: nobody of this name or number has called in the last 30 days. "
        "GitLab is asked when they call."
    )
    return Statement("user", said)


def _of_hold(
    hold: Hold,
    decided: tuple[bool, bool],
    project: IndexedProject | None,
    fresh: Freshness,
    now: datetime,
    full: bool,
    is_named: bool,
) -> Iterator[Statement]:
    one = hold.principal
    kind = "The account" if one.key.startswith("user:") else "A token with rights of its own"
    who = f" is user {one.user_id} ({one.username})" if full else ""
    limits = full or (project is not None and project.visibility is Visibility.INTERNAL)
    external = "" if not limits else ", an external user" if one.external else ", not an external user"
    confirmed = from_micros(one.confirmed_at)
    stale = "" if _is_confirmed(one, fresh, now) else " That counts no more: GitLab is asked at the next call."
    by = f"{kind}{who}{external}: GitLab confirmed it {_told(confirmed)}.{stale}"
    yield Statement("user", by, confirmed)
    if project is not None and project.visibility <= one.level:
        said = f"No grant is needed: it sees whatever is {project.visibility.name.lower()}."
        yield Statement("rights", said)
    elif is_named:
        yield from _of_grant(hold, fresh, now, full)
    if not one.key.startswith("user:"):
        yield Statement("rights", f"With this token: {'sees it' if decided[0] else 'does not see it'}.")


def _of_grant(hold: Hold, fresh: Freshness, now: datetime, full: bool) -> Iterator[Statement]:
    one = hold.principal
    listed_at = from_micros(one.snapshot_at) if one.snapshot_at else None
    granted = "It holds a grant" if hold.granted else "It holds no grant"
    if listed_at is None and not full:  # why would tell of other projects
        yield Statement("rights", "GitLab lists its rights before they count: until then it sees what needs no grant.")
    elif listed_at is None and one.denied_seq:
        yield Statement("rights", f"{granted}, but a hook told that its rights changed, so GitLab lists them again.")
    elif listed_at is None:
        yield Statement("rights", "GitLab has not listed its rights yet: until then it sees what needs no grant.")
    else:
        counts = _counts(one.snapshot_at, fresh, now)
        late = (
            "" if counts else " That listing is too old and does not count: GitLab lists anew before the next answer."
        )
        how = "" if hold.granted else ", so GitLab does not let it download the code, as a member, or was not asked"
        yield Statement(
            "rights", f"{granted} for the project by the listing of {_told(listed_at)}{how}.{late}", listed_at
        )
    if hold.unasked:
        said = "The project became known or less public after that: GitLab is asked about it before the next answer."
        yield Statement("rights", said)
    elif hold.denied:
        yield Statement("rights", "Rights to the project were taken away, or it changed, after that listing.")


def _of_waiting(one: Waiting, full: bool) -> Statement:
    came = from_micros(one.received_at)
    error = f": {one.error}" if full and one.error else ""
    what = f"A delivery of GitLab ({one.event}) about the project came {_told(came)} and"
    if one.given_up:
        return Statement("pending", f"{what} was given up after {one.tries} tries{error}.", came)
    tried = f", after {one.tries} tries, again from {_told(from_micros(one.not_before))}" if one.tries else ""
    return Statement("pending", f"{what} waits to be acted on{tried}{error}.", came)


def _next(bounds: Bounds, evidence: Evidence) -> Iterator[Statement]:
    soft, hard = (int(one.total_seconds()) for one in (bounds.fresh.soft, bounds.fresh.hard))
    if not soft:
        yield Statement("next", "Rights: GitLab is asked before every read.")
    else:
        said = (
            f"Rights: older than {soft} s they are asked anew in the background, older than {hard} s before the answer."
        )
        yield Statement("next", said)
    hooks = "A hook about the project tells at once; " if bounds.hooks else "Hooks are off; "
    if not bounds.sweep_seconds:
        yield Statement("next", f"The item: {hooks}there are no sweeps.")
        return
    last = f" The last one ended {bounds.last_sweep}." if bounds.last_sweep else ""
    failing = " It failed: until one succeeds, the index only ages." if bounds.failing else ""
    yield Statement("next", f"The item: {hooks}a sweep every {bounds.sweep_seconds} s finds the rest.{last}{failing}")


def _told(moment: datetime) -> str:
    return format_rfc3339(moment)
