"""One state of a drawn world as each caller may see it by the oracle, and what holds of every answer to them."""

import hashlib
import random
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.authz.drawn import Drawn
from tests.authz.history import COLLECTIONS
from tests.authz.oracle import NOBODY, Account, GitLab
from tests.support.in_process import Answer, InProcess

MISSING = 999_999
NAMED = re.compile(r"/(?:items|assets|dvc)/([0-9]+)")
_DERIVED = "derived_from"
DVC_KEY = "files/md5/" + re.sub("^(..)", r"\1/", hashlib.md5(b"data").hexdigest())  # of `data`, as a push stores it
Key = tuple[str, str]  # collection, item


@dataclass(slots=True)
class Looker:
    """One caller, and what the catalogue may show them in this state."""

    name: str
    token: str | None
    account: Account
    chance: random.Random
    status: int = 200  # with which everything is refused, if not 200
    heads: set[Key] = field(default_factory=set)
    versions: set[Key] = field(default_factory=set)

    @property
    def projects(self) -> set[str]:
        return {one for _, one in self.heads}


class State:
    """A world after one more change: GitLab as the oracle has it, the index, and who looks."""

    def __init__(self, drawn: Drawn, http: InProcess, docs: dict[Key, dict[str, Any]], seed: str) -> None:
        self.drawn, self.http, self.docs, self.seed = drawn, http, docs, seed
        self.gitlab: GitLab = drawn.plain()
        self.heads = {
            (COLLECTIONS[topic], str(one.id))
            for one in drawn.projects
            for topic in one.topics
            if topic in COLLECTIONS and one.repository_access_level != "disabled" and not one.marked_for_deletion_on
        }
        self.related = {str(one.id): {str(other) for other in drawn.refers_to(one)} for one in drawn.projects}
        self.lookers = [self._looker(name, token) for name, token in drawn.tokens.items()]
        self.tags: dict[str, dict[str, str]] = {}  # by address: the body of each entity tag that was answered

    def _looker(self, name: str, token: str | None) -> Looker:
        who, chance = self.gitlab.caller(token) if token else NOBODY, random.Random(f"{self.seed} {name}")
        if isinstance(who, int):
            return Looker(name, token, NOBODY, chance, who)
        shown = {str(one.id) for one in self.gitlab.projects.values() if self.gitlab.catalogued(who, one)}
        return Looker(
            name,
            token,
            who,
            chance,
            heads={key for key in self.heads if key[1] in shown},
            versions={key for key in self.docs if "@" in key[1] and key[1].partition("@")[0] in shown},
        )

    async def ask(self, who: Looker, path: str, method: str = "GET", **given: Any) -> Answer:
        """One answer, with what holds of every answer."""
        headers = {**given.pop("headers", {}), **self._credential(who)}
        answer = await self.http.ask(path, method, headers=headers, **given)
        assert answer.status < 500, (who.name, path, answer.text)
        if who.status != 200:
            assert answer.status == who.status, (who.name, path, answer.status)
        elif answer.status == 200:
            self._names_nothing_hidden(who, answer)
            self._tagged(answer)
        return answer

    def _credential(self, who: Looker) -> dict[str, str]:
        if (cookie := self.drawn.cookies.get(who.name)) is not None:
            return {"Cookie": cookie}
        return {"Authorization": f"Bearer {who.token}"} if who.token else {}

    def _names_nothing_hidden(self, who: Looker, answer: Answer) -> None:
        if not answer.headers["content-type"].startswith("application/octet"):
            hidden = set(NAMED.findall(unquote(answer.text))) - who.projects - self.pullable(who)
            assert not hidden, f"{who.name} is told of {hidden} by {answer.address}"

    def pullable(self, who: Looker) -> set[str]:
        return {str(one.id) for one in self.gitlab.projects.values() if self.gitlab.downloads(who.account, one)}

    def _tagged(self, answer: Answer) -> None:
        """Of one address, equal entity tags have equal bodies, whoever asked."""
        if tag := answer.headers.get("etag"):
            known = self.tags.setdefault(f"{answer.method} {answer.address}", {})
            assert known.setdefault(tag, answer.text) == answer.text, f"one entity tag, two bodies: {answer.address}"

    async def found(self, who: Looker, **asked: Any) -> list[dict[str, Any]]:
        """The items of one page of a search, by GET or POST, after the counts and bodies were checked."""
        if who.chance.random() < 0.5:
            answer = await self.ask(who, "/stac/search", "POST", json=_body(asked))
        else:
            answer = await self.ask(who, "/stac/search", params=asked)
        return self.checked(who, answer)

    def checked(self, who: Looker, answer: Answer) -> list[dict[str, Any]]:
        """The items of an answer."""
        if who.status != 200:
            return []
        page = answer.json()
        assert page["numberReturned"] == len(page["features"])
        for one in page["features"]:
            self.right_body(who, one)
        return list(page["features"])

    def right_body(self, who: Looker, item: dict[str, Any]) -> None:
        """An item is shown as it is stored, with links to those related ones that this caller sees, and no others."""
        stored = self.docs[item["collection"], item["id"]]
        assert {**item, "links": 0} == {**stored, "links": 0}
        project = item["id"].partition("@")[0]
        assert project in who.projects, f"{who.name} sees {item['id']}"
        links = {NAMED.findall(link["href"])[0] for link in item["links"] if link["rel"] == _DERIVED}
        if "@" not in item["id"]:
            assert links == (self.related[project] - {project}) & who.projects, f"links of {item['id']} to {who.name}"
        assert links <= who.projects

    def some(self, who: Looker, number: int = 1) -> list[Key]:
        """Items of the index by chance, seen or not."""
        keys = sorted(key for key in self.docs if "@" not in key[1])
        return who.chance.sample(keys, min(number, len(keys)))

    async def same_as_missing(self, who: Looker, answer: Answer, missing: str) -> None:
        """What is hidden is answered as what does not exist, byte by byte."""
        if who.status == 200:
            other = await self.ask(who, missing)
            assert (answer.status, other.status) == (404, 404), (who.name, answer.address, answer.status)
            assert answer.same() == other.same()


def _body(asked: dict[str, Any]) -> dict[str, Any]:
    """A search as the body of POST, from its parameters as GET takes them."""
    body = dict(asked)
    if "ids" in body:
        body["ids"] = [body["ids"]]
    if "bbox" in body:
        body["bbox"] = [float(one) for one in body["bbox"].split(",")]
    if "filter" in body:
        body["filter-lang"] = "cql2-text"
    if (order := body.get("sortby")) is not None:
        body["sortby"] = [{"field": order.lstrip("-"), "direction": "desc" if order.startswith("-") else "asc"}]
    return body


def ids(items: list[dict[str, Any]]) -> list[Key]:
    """The keys of items."""
    return [(one["collection"], one["id"]) for one in items]
