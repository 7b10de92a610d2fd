"""What each route may answer to each caller by the oracle: a check for every route that says anything of projects."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from sharinghub_ext.former.routes import GONE, MOVED, NOT_KEPT
from tests.authz.history import COLLECTIONS
from tests.authz.surface import DVC_KEY, MISSING, NAMED, Key, Looker, State, ids
from tests.support.in_process import HUB

MAINTAINER = 40  # who may administer a project


async def search(state: State, who: Looker) -> None:
    """The whole search, page by page too, and another caller with the same page tokens."""
    items = await state.found(who, limit=100)
    assert set(ids(items)) == who.heads, who.name
    assert len(items) == len(who.heads)
    if who.status == 200 and who.chance.random() < 0.4:
        await _walk(state, who, ids(items))


async def _walk(state: State, who: Looker, order: list[Key]) -> None:
    limit = who.chance.choice([1, 3])
    other = who.chance.choice([one for one in state.lookers if one.status == 200])
    path, walked = f"/stac/search?limit={limit}", list[Key]()
    while path:
        answer = await state.ask(who, path)
        page = answer.json()
        assert page["numberMatched"] == len(who.heads)
        assert page["features"] or not walked, "an empty page"
        walked += ids(state.checked(who, answer))
        back = [link["href"].removeprefix(HUB) for link in page["links"] if link["rel"] == "prev"]
        assert bool(back) == (len(walked) > len(page["features"])), who.name
        if back and who.chance.random() < 0.3:
            before = ids(state.checked(who, await state.ask(who, back[0])))
            assert before == walked[: -len(page["features"])][-limit:], who.name
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), "").removeprefix(HUB)
        if path and who.chance.random() < 0.3:
            borrowed = await state.ask(other, path)
            assert set(ids(state.checked(other, borrowed))) <= other.heads
            assert borrowed.json()["numberMatched"] == len(other.heads)
    assert walked == order, who.name


async def conditions(state: State, who: Looker) -> None:
    """Each condition of a search, about an item that this caller sees or not."""
    for key in state.some(who):
        doc = state.docs[key]
        title, path, box = doc["properties"]["title"], doc["properties"]["sharinghub:path"], doc.get("bbox")
        order = who.chance.choice(["title", "-created", "-properties.sharinghub:stars"])
        named = {at for at, one in state.docs.items() if one["properties"]["title"].lower() == title.lower()}
        same = {at for at in state.docs if at[1] == key[1]}
        asked: list[tuple[dict[str, str], set[Key]]] = [
            ({"ids": key[1]}, same),
            ({"ids": path}, same),
            ({"filter": f"title = '{title}'"}, named),
            ({"sortby": order}, set(state.docs)),
        ]
        if box:
            meeting = {at for at, one in state.docs.items() if _meet(one.get("bbox"), box)}
            asked.append(({"bbox": ",".join(map(str, box))}, meeting))
        for condition, matching in asked:
            found = ids(await state.found(who, limit=100, **condition))
            assert set(found) == matching & who.heads, (who.name, condition)
        found = ids(await state.found(who, limit=100, q=path.rpartition("/")[2]))
        assert key in found or key not in who.heads, (who.name, path)


def _meet(one: list[float] | None, other: list[float]) -> bool:
    return one is not None and one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


async def versions(state: State, who: Looker) -> None:
    """Versions are seen with their project, by address and by id."""
    keys = sorted(key for key in state.docs if "@" in key[1])
    for collection, item_id in who.chance.sample(keys, min(1, len(keys))):
        address = f"/stac/collections/{collection}/items/{quote(item_id)}"
        answer, found = await state.ask(who, address), await state.found(who, ids=item_id, limit=9)
        assert set(ids(found)) == {key for key in who.versions if key[1] == item_id}, who.name
        if (collection, item_id) in who.versions:
            state.right_body(who, answer.json())
        else:
            await state.same_as_missing(who, answer, f"/stac/collections/{collection}/items/{MISSING}@v1")


async def item(state: State, who: Looker) -> None:
    """One item by its id."""
    for collection, item_id in state.some(who):
        answer = await state.ask(who, f"/stac/collections/{collection}/items/{item_id}")
        if (collection, item_id) in who.heads:
            state.right_body(who, answer.json())
        else:
            await state.same_as_missing(who, answer, f"/stac/collections/{collection}/items/{MISSING}")


async def item_by_path(state: State, who: Looker) -> None:
    """The way to an item from its path."""
    for collection, item_id in state.some(who):
        path = state.docs[collection, item_id]["properties"]["sharinghub:path"]
        answer = await state.ask(who, f"/stac/collections/{collection}/items/{path}")
        if (collection, item_id) in who.heads:
            assert answer.status == 307
            assert answer.headers["location"] == f"{HUB}/stac/collections/{collection}/items/{item_id}"
        else:
            await state.same_as_missing(who, answer, f"/stac/collections/{collection}/items/no/such")


async def items(state: State, who: Looker) -> None:
    """The items of each collection and their number."""
    for collection in COLLECTIONS.values():
        answer = await state.ask(who, f"/stac/collections/{collection}/items", params={"limit": 100})
        found = state.checked(who, answer)
        assert set(ids(found)) == {key for key in who.heads if key[0] == collection}
        assert who.status != 200 or answer.json()["numberMatched"] == len(found)


async def collections(state: State, who: Looker) -> None:
    """Extents are those of what this caller sees; one collection is told as among all."""
    answer = await state.ask(who, "/stac/collections")
    one_of_them = who.chance.choice(sorted(COLLECTIONS.values()))
    alone = await state.ask(who, f"/stac/collections/{one_of_them}")
    if who.status != 200:
        return
    told = {one["id"]: one for one in answer.json()["collections"]}
    assert told[one_of_them]["extent"] == alone.json()["extent"]
    for collection in COLLECTIONS.values():
        docs = [state.docs[key] for key in who.heads if key[0] == collection]
        assert told[collection]["extent"] == _extent(docs)
        assert told[collection].get("summaries", {}) == _summaries(docs)
    boxes = [[0, 0, 1, 1], *(one["bbox"] for one in state.docs.values() if one.get("bbox"))]
    asked = {"bbox": ",".join(map(str, who.chance.choice(boxes)))}
    searched = await state.ask(who, "/stac/collections", params=asked)
    meeting = [
        name for name, one in told.items() if _meet(one["extent"]["spatial"]["bbox"][0], _numbers(asked["bbox"]))
    ]
    assert [one["id"] for one in searched.json()["collections"]] == meeting
    assert searched.json()["numberMatched"] == len(meeting)


def _numbers(box: str) -> list[float]:
    return [float(one) for one in box.split(",")]


def _summaries(docs: list[dict[str, Any]]) -> dict[str, Any]:
    told = [one["properties"] for one in docs]
    licences = [one["license"] for one in told if "license" in one]
    found: dict[str, Any] = {"license": sorted(set(licences), key=lambda name: (-licences.count(name), name))}
    for name in ("sharinghub:stars", "created", "updated"):
        values = [one[name] for one in told if name in one]
        found[name] = {"minimum": min(values), "maximum": max(values)} if values else None
    return {name: value for name, value in found.items() if value}


def _extent(docs: list[dict[str, Any]]) -> dict[str, Any]:
    boxes = [one["bbox"] for one in docs if one.get("bbox")]
    least, most = [min, min, max, max], [-180.0, -90.0, 180.0, 90.0]
    box = [pick(one[n] for one in boxes) for n, pick in enumerate(least)] if boxes else most
    times = [one["properties"] for one in docs]
    starts = [one.get("start_datetime") or one["datetime"] for one in times]
    ends = [one.get("end_datetime") or one["datetime"] for one in times]
    span = [min(starts), max(ends)] if times else [None, None]
    return {"spatial": {"bbox": [box]}, "temporal": {"interval": [span]}}


async def children(state: State, who: Looker) -> None:
    """The children are the collections."""
    answer, other = await state.ask(who, "/stac/children"), await state.ask(who, "/stac/collections")
    if who.status == 200:
        assert answer.json()["children"] == other.json()["collections"]


async def aggregate(state: State, who: Looker) -> None:
    """Counts are of what this caller sees: in all, of each value, of a search, and of one collection."""
    collection = who.chance.choice([None, *COLLECTIONS.values()])
    path = "/stac/aggregate" if collection is None else f"/stac/collections/{collection}/aggregate"
    licence = who.chance.choice([None, "MIT"])
    asked: dict[str, Any] = {"query": {"license": {"eq": licence}}} if licence else {}
    names = ["total_count", *_FREQUENCIES, "datetime_min", "datetime_max", "datetime_frequency", "stars_frequency"]
    names.append("centroid_geohash_grid_frequency")
    if licence is None and who.chance.random() < 0.5:
        answer = await state.ask(who, path, params={"aggregations": ",".join(names)})
    else:
        answer = await state.ask(who, path, "POST", json={"aggregations": names, **asked})
    if who.status != 200:
        return
    docs = [state.docs[key] for key in who.heads if collection in (None, key[0])]
    docs = [one for one in docs if licence in (None, one["properties"].get("license"))]
    told = {one["name"]: one for one in answer.json()["aggregations"]}
    assert list(told) == names
    assert told["total_count"]["value"] == len(docs)
    for name, of in _FREQUENCIES.items():
        values = [value for one in docs for value in _values(one, of)]
        assert _buckets(told[name]) == {value: values.count(value) for value in set(values)}, (who.name, name)
    span = _extent(docs)["temporal"]["interval"][0]
    assert [told["datetime_min"]["value"], told["datetime_max"]["value"]] == span
    for name in ("datetime_frequency", "stars_frequency", "centroid_geohash_grid_frequency"):
        assert sum(_buckets(told[name]).values()) + told[name]["overflow"] == len(docs), (who.name, name)


def _buckets(aggregation: dict[str, Any]) -> dict[str, int]:
    return {one["key"]: one["frequency"] for one in aggregation["buckets"]}


def _values(doc: dict[str, Any], name: str) -> set[str]:
    value = doc["collection"] if name == "collection" else doc["properties"].get(name, [])
    return {value} if isinstance(value, str) else set(value)


_FREQUENCIES = {
    "collection_frequency": "collection",
    "license_frequency": "license",
    "framework_frequency": "mlm:framework",
    "task_frequency": "mlm:tasks",
    "keyword_frequency": "keywords",
    "topic_frequency": "sharinghub:topics",
}


async def fixed(state: State, who: Looker) -> None:
    """Documents that say nothing of any item: the same for all who are let in."""
    for path in who.chance.sample(FIXED, 2):
        answer = await state.ask(who, path)
        if who.status == 200:
            assert answer.status == 200
            assert not NAMED.findall(answer.text)


FIXED = (
    *("/stac", "/stac/", "/stac/conformance", "/stac/sortables"),
    *(f"/stac/collections/dataset/{what}" for what in ("sortables", "aggregations")),
    *("/stac/aggregations", "/stac/collections-queryables"),
)


async def queryables(state: State, who: Looker) -> None:
    """The values that a filter may ask for are of what everybody sees: what hides from anybody is told to nobody."""
    collection = who.chance.choice([None, *COLLECTIONS.values()])
    path = "/stac/queryables" if collection is None else f"/stac/collections/{collection}/queryables"
    answer = await state.ask(who, path)
    if who.status != 200:
        return
    (anybody,) = (one for one in state.lookers if one.token is None)
    docs = [state.docs[key] for key in anybody.heads if collection in (None, key[0])]
    told = answer.json()["properties"]
    for name in ("license", "mlm:framework", "ml-model:architecture"):
        assert set(told[name].get("enum", ())) == {v for one in docs for v in _values(one, name)}, (who.name, name)
    topics = {topic for topic, of in COLLECTIONS.items() if collection in (None, of)}
    topics |= {value for one in docs for value in _values(one, "sharinghub:topics")}
    assert set(told["sharinghub:topics"]["items"]["enum"]) == topics
    metrics = {name for one in docs for name in one["properties"].get("sharinghub:metrics", {})}
    assert {name.partition(".")[2] for name in told if name.startswith("sharinghub:metrics.")} == metrics


async def files(state: State, who: Looker) -> None:
    """Files, archives and the page of the card go by the item and by what GitLab lets this caller download now."""
    for _, item_id in state.some(who):
        project = state.drawn.world.projects[int(item_id)]
        sha = state.drawn.world.head(project) or "0" * 40
        may = item_id in who.projects and state.gitlab.downloads(who.account, state.gitlab.projects[project.id])
        held = state.drawn.file(project, sha) if sha.strip("0") else None
        for path, there in (
            (f"{sha}/README.md", held is not None),
            (f"archive/{sha}.zip", bool(sha.strip("0"))),
            (f"{sha}/README.html", held is not None),
        ):
            answer = await state.ask(who, f"/assets/{item_id}/{path}")
            if may and there:
                assert answer.status == 200, (who.name, path)
                assert not path.endswith(".md") or answer.body == held
            elif not path.endswith(".html"):
                await state.same_as_missing(who, answer, f"/assets/{MISSING}/{path}")
            else:
                assert answer.status in (404, who.status)


async def packages(state: State, who: Looker) -> None:
    """A file of a package asks for the right to packages besides."""
    for _, item_id in state.some(who):
        project = state.gitlab.projects[int(item_id)]
        there = state.drawn.world.package_named(state.drawn.world.projects[project.id], "generic", "w", "1.0")
        answer = await state.ask(who, f"/assets/{item_id}/packages/generic/w/1.0/w.bin")
        if (
            who.status == 200
            and item_id in who.projects
            and there
            and state.gitlab.pulls_packages(who.account, project)
        ):
            assert (answer.status, answer.body) == (200, b"weights"), (who.name, item_id)
        else:
            await state.same_as_missing(who, answer, f"/assets/{MISSING}/packages/generic/w/1.0/w.bin")


async def dvc(state: State, who: Looker) -> None:
    """DVC data goes by the right to download code, and lies where it was pushed. Cookies do not count there."""
    if who.name in state.drawn.cookies:
        return
    for _, item_id in state.some(who):
        project = state.gitlab.projects[int(item_id)]
        answer = await state.ask(who, f"/dvc/{item_id}/{DVC_KEY}")
        reads = who.status == 200 and state.gitlab.downloads(who.account, project)
        if project.id in state.drawn.pushed and reads:
            assert (answer.status, answer.body) == (200, b"data"), (who.name, item_id)
        else:
            await state.same_as_missing(who, answer, f"/dvc/{MISSING}/{DVC_KEY}")
        pushes = reads and state.gitlab.pushes(who.account, project)
        told = await state.ask(who, f"/dvc/{item_id}/setup")
        if reads:
            assert (told.status, told.json()["push"]) == (200, pushes), (who.name, item_id)
        else:
            await state.same_as_missing(who, told, f"/dvc/{MISSING}/setup")
        health = await state.ask(who, f"/dvc/{item_id}/health")
        if reads:
            assert health.status == (200 if pushes else 403), (who.name, item_id)
        else:
            await state.same_as_missing(who, health, f"/dvc/{MISSING}/health")
        refused = await state.ask(who, f"/dvc/{item_id}/{DVC_KEY}", "PUT", content=b"data")
        if who.status == 200:
            assert (refused.status < 300) == pushes, (who.name, item_id, refused.text)
            state.drawn.pushed |= {project.id} if (refused.status < 300) else set()


async def myself(state: State, who: Looker) -> None:
    """Everybody is told who they are, and of no project that they may not download."""
    answer = await state.ask(who, "/auth/me")
    if who.status != 200:
        return
    told = answer.json()
    assert told["signed_in"] == (who.token is not None)
    if who.token is not None:
        assert (told["user_id"], told["external"]) == (who.account.id, who.account.external)
        named = {one["id"] for one in told["uncatalogued"].get("projects", [])}
        assert {str(one) for one in named} <= state.pullable(who) - who.projects


async def explained(state: State, who: Looker) -> None:
    """Only those who administer a project at GitLab are told why others see it."""
    for _, item_id in state.some(who):
        project = state.gitlab.projects[int(item_id)]
        answer = await state.ask(who, f"/auth/explain?user=1&item={item_id}")
        role = state.gitlab.role(who.account, project)[0]
        may = who.token is not None and (who.account.admin or role >= MAINTAINER)
        if not may:
            await state.same_as_missing(who, answer, f"/auth/explain?user=1&item={MISSING}")
        elif who.status == 200:
            assert answer.status == 200, (who.name, item_id, answer.text)


async def former(state: State, who: Looker) -> None:
    """SharingHub's addresses of a project: found, or led to its place, for those who see it."""
    for _, item_id in state.some(who):
        path = state.drawn.world.projects[int(item_id)].full_path
        for name, missing in ((item_id, str(MISSING)), (quote(path), "no/such")):
            seen = who.status == 200 and item_id in who.projects
            answer = await state.ask(who, f"/api/check/{name}?info=true")
            if seen:
                assert (answer.status, answer.json()["id"], answer.json()["path"]) == (200, int(item_id), path)
                pushes = state.gitlab.pushes(who.account, state.gitlab.projects[int(item_id)])
                assert answer.json()["access_level"] == (3 if pushes else 2), (who.name, item_id)
                assert set(answer.json()["categories"]) == {one for one, at in who.heads if at == item_id}
            else:
                await state.same_as_missing(who, answer, f"/api/check/{missing}?info=true")
            for rest in ("repository/README.md?ref=main", "archive.zip?ref=main"):
                answer = await state.ask(who, f"/api/download/{name}/{rest}")
                if seen:
                    assert answer.status == 307
                    assert answer.headers["location"].startswith(f"{HUB}/assets/{item_id}/")
                else:
                    await state.same_as_missing(who, answer, f"/api/download/{missing}/{rest}")


Check = Callable[[State, Looker], Awaitable[None]]
COVERED: dict[str, Check] = {
    **{f"GET {path}": fixed for path in ("/stac", "/stac/", "/stac/conformance", "/stac/sortables")},
    "GET /stac/queryables": queryables,
    "GET /stac/collections/{collection_id}/queryables": queryables,
    "GET /stac/collections/{collection_id}/sortables": fixed,
    "GET /stac/collections": collections,
    "GET /stac/collections/{collection_id}": collections,
    "GET /stac/collections/{collection_id}/items": items,
    "GET /stac/collections/{collection_id}/items/{item_id}": item,
    "GET /stac/collections/{collection_id}/items/{path:path}": item_by_path,
    "GET /stac/children": children,
    "GET /stac/aggregations": fixed,
    "GET /stac/collections-queryables": fixed,
    "GET /stac/collections/{collection_id}/aggregations": fixed,
    **{
        f"{method} /stac{base}/aggregate": aggregate
        for method in ("GET", "POST")
        for base in ("", "/collections/{collection_id}")
    },
    "GET /stac/search": search,
    "POST /stac/search": search,
    "GET /assets/{project_id}/archive/{revision}.zip": files,
    "GET /assets/{project_id}/packages/{names:path}": packages,
    "GET /assets/{project_id}/{revision}/{path:path}": files,
    "GET /dvc/{project_id}/setup": dvc,
    "GET /dvc/{project_id}/health": dvc,
    "GET /dvc/{project_id}/{key:path}": dvc,
    "PUT /dvc/{project_id}/{key:path}": dvc,
    "GET /auth/me": myself,
    "GET /api/check/{project:path}": former,
    "GET /api/download/{rest:path}": former,
    "GET /auth/explain": explained,
}
# What no route is named by, and yet holds of several.
BESIDES: tuple[Check, ...] = (conditions, versions)
# Routes that say nothing of projects, and why that is so.
PUBLIC: dict[str, str] = {
    "GET /": "a redirect to the catalogue",
    "GET /api/stac": "a redirect to the catalogue",
    "POST /api/stac": "a redirect to the catalogue",
    "GET /api/stac/{rest:path}": "a redirect that repeats what was asked",
    "POST /api/stac/{rest:path}": "a redirect that repeats what was asked",
    **{f"GET {path}": "a redirect to another page" for path in MOVED},
    **{f"{method} {path}": "says that it is not kept" for path in GONE for method in NOT_KEPT},
    "GET /api": "the OpenAPI document: made from the code at start",
    "GET /api.html": "the page of the OpenAPI document",
    "GET /.well-known/oauth-protected-resource": "which GitLab gives tokens: made from the settings at start",
    "GET /browser": "a redirect to the pages below",
    "GET /browser/{path:path}": "files of STAC Browser and settings made at start",
    "GET /healthz": "says that the process runs",
    "GET /readyz": "numbers about the whole index, no names",
    "GET /metrics": "asks for the operator's own token; off without one",
    "POST /hooks/gitlab": "takes deliveries that carry the secret; one answer for all",
    "GET /auth/login": "leads to GitLab; names nobody (`test_sign_in.py`)",
    "GET /auth/callback": "opens a session for whom GitLab names (`test_sign_in.py`)",
    "GET /auth/logout": "a page with a button",
    "POST /assets/sign": "signs any address for a session; its use is a live read (`assets/test_signed.py`)",
    "POST /auth/logout": "ends the session of the cookie that comes along (`test_sign_in.py`)",
    "MOUNT /api.static": "the scripts of the OpenAPI page, from the package that has them",
    "POST /dvc/{project_id}/{key:path}": "is PUT by another name: the same handler",
}
