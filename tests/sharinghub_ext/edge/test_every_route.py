"""Proves that each route is one that was reviewed, and that its answers have the headers of every answer."""

import re

import httpx
import pytest
from starlette.routing import Mount
from structlog.testing import capture_logs

from sharinghub_ext.edge.caching import VARY
from sharinghub_ext.former.routes import GONE, MOVED, NOT_KEPT
from tests.sharinghub_ext.edge.routes import application, declared
from tests.support.running import LittleWorld, RunningHub

Standing = tuple[LittleWorld, RunningHub]

READ = frozenset({"GET"})
REVIEWED = {
    "/": READ,
    "/api": READ,
    "/api.html": READ,
    "/api.static": frozenset(),
    "/api/stac": READ | {"POST"},
    "/api/stac/{rest:path}": READ | {"POST"},
    "/api/check/{project:path}": READ,
    "/api/download/{rest:path}": READ,
    **dict.fromkeys(MOVED, READ),
    **dict.fromkeys(GONE, frozenset(NOT_KEPT)),
    "/.well-known/oauth-protected-resource": READ,
    "/browser": READ,
    "/browser/{path:path}": READ,
    "/healthz": READ,
    "/readyz": READ,
    "/metrics": READ,
    "/hooks/gitlab": frozenset({"POST"}),
    "/auth/me": READ,
    "/auth/explain": READ,
    "/auth/login": READ,
    "/auth/callback": READ,
    "/auth/logout": READ | {"POST"},
    "/assets/sign": frozenset({"POST"}),
    "/assets/{project_id}/archive/{revision}.zip": READ,
    "/assets/{project_id}/packages/{names:path}": READ,
    "/assets/{project_id}/{revision}/{path:path}": READ,
    "/dvc/{project_id}/setup": READ,
    "/dvc/{project_id}/health": READ,
    "/dvc/{project_id}/{key:path}": READ | {"POST", "PUT"},
    "/stac": READ,
    "/stac/": READ,
    "/stac/conformance": READ,
    "/stac/queryables": READ,
    "/stac/sortables": READ,
    "/stac/collections": READ,
    "/stac/collections/{collection_id}": READ,
    "/stac/collections/{collection_id}/queryables": READ,
    "/stac/collections/{collection_id}/sortables": READ,
    "/stac/collections/{collection_id}/items": READ,
    "/stac/collections/{collection_id}/items/{item_id}": READ,
    "/stac/collections/{collection_id}/items/{path:path}": READ,
    "/stac/search": READ | {"POST"},
    "/stac/children": READ,
    "/stac/collections-queryables": READ,
    "/stac/aggregations": READ,
    "/stac/aggregate": READ | {"POST"},
    "/stac/collections/{collection_id}/aggregations": READ,
    "/stac/collections/{collection_id}/aggregate": READ | {"POST"},
}
VALUES = {
    "rest:path": "search",
    "project:path": "sea/waves",
    "collection_id": "ai-model",
    "revision": "HEAD",
    "path:path": "sea/waves",
    "names:path": "generic/a/1/b",
    "key:path": "files/md5/00/" + "0" * 30,
}
NO_STORE = {"/healthz", "/readyz", "/metrics", "/hooks/gitlab"}


def path_of(template: str, project_id: int) -> str:
    """A path that a route answers, about a public project."""
    values = {**VALUES, "project_id": str(project_id), "item_id": str(project_id)}
    if template == "/api.static":
        template = "/api.static/swagger-ui.css"
    if template.startswith("/assets/"):
        values["path:path"] = "README.md"
    return re.sub(r"\{([^}]+)\}", lambda found: values[found[1]], template)


def test_there_is_no_route_but_the_reviewed_ones(signing: RunningHub) -> None:
    """Nothing passes any path on to GitLab. Add a route here once it is clear what it reads, and for whom."""
    found: dict[str, frozenset[str]] = {}
    for path, methods in declared(application(signing).routes):
        found[path] = found.get(path, frozenset()) | methods
    assert found == REVIEWED


def test_nothing_answers_every_path(plain: Standing) -> None:
    app = application(plain[1])
    assert not [one for one in declared(app.routes) if re.fullmatch(r"/?\{[^}]*\}", one[0])]
    assert [one.path for one in app.routes if isinstance(one, Mount)] == ["/api.static"]
    for path in ("/api/v4/projects", "/gitlab/api/v4/projects", "/api/graphql", "/proxy", "/-/metadata"):
        for method in ("GET", "POST"):
            assert plain[1].http.request(method, path).status_code in (404, 405), path


def checked(answer: httpx.Response) -> httpx.Headers:
    """The headers of an answer that has all that every answer must have."""
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert headers.get("x-frame-options") == "DENY" or "frame-ancestors" in policy
    assert "script-src 'unsafe" not in policy
    assert "server" not in headers
    assert "access-control-allow-credentials" not in headers
    for name in ("cache-control", "vary", "content-security-policy", "x-content-type-options", "x-frame-options"):
        assert len(headers.get_list(name)) <= 1, name
    varies = [one.strip() for one in headers["vary"].split(",")]
    assert set(VARY) <= set(varies)
    assert len(varies) == len({one.lower() for one in varies})
    return headers


def expected(template: str, answer: httpx.Response, *, anonymous: bool) -> str:
    """The rule for `Cache-Control`."""
    if template.startswith("/auth/"):
        return "private, no-store"
    if template in NO_STORE:
        return "no-store"
    if answer.status_code >= 400 or template.startswith(("/assets/", "/dvc/")):
        return "private, no-store"
    return "public, no-cache" if anonymous else "private, no-cache"


@pytest.mark.parametrize("template", sorted(REVIEWED))
def test_every_answer_is_guarded_and_says_who_may_keep_it(plain: Standing, signing: RunningHub, template: str) -> None:
    world, hub = plain
    hub = signing if template.startswith(("/auth/", "/assets/sign")) else hub
    path = path_of(template, world.samples.projects["sea/waves"])
    for method in sorted(REVIEWED[template] | {"GET", "HEAD", "OPTIONS", "DELETE"}):
        for token in (None, world.token("maya"), "glpat-unknown"):
            sent = {"Authorization": f"Bearer {token}"} if token else {}
            answer = hub.http.request(method, path, headers=sent)
            assert answer.status_code < 500
            headers = checked(answer)
            assert headers["cache-control"] == expected(template, answer, anonymous=token is None), method
            told = template.startswith(("/stac", "/api")) and template != "/api/check/{project:path}"  # has no body
            if answer.status_code == 200 and method in ("GET", "HEAD") and told:
                assert headers["etag"]


def test_answers_that_no_route_makes_are_guarded_too(plain: Standing) -> None:
    _, hub = plain
    for answer, status in (
        (hub.get("/nothing"), 404),
        (hub.get("/stac/search?bbox=1"), 400),
        (hub.get("/stac?" + "a" * 17_000), 414),
        (hub.http.get("/stac", headers={"X-Long": "a" * 33_000}), 431),
        (hub.http.post("/stac/search", content=b" " * (1024 * 1024 + 1)), 413),
        (hub.http.post("/hooks/gitlab", json={}), 401),
    ):
        assert answer.status_code == status
        assert checked(answer)["cache-control"].endswith("no-store")
        assert answer.json()["status"] == status


def test_https_is_for_good_where_the_public_url_has_it(plain: Standing, proxied: RunningHub) -> None:
    assert "strict-transport-security" not in plain[1].get("/stac").headers
    for path in ("/stac", "/healthz", "/nothing"):
        headers = checked(proxied.get(path))
        assert headers["strict-transport-security"] == "max-age=31536000"


def test_a_failure_of_the_hub_is_guarded_and_tells_nothing(plain: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    _, hub = plain

    def failing(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(hub.hub.reader, "summary", failing)
    with capture_logs() as logged:
        answer = hub.get("/stac/collections")
    assert answer.status_code == 500
    assert [(one["event"], one["log_level"]) for one in logged] == [("request failed", "error")]
    assert checked(answer)["cache-control"] == "private, no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "secret" not in answer.text


@pytest.mark.parametrize("name", ["private_token", "PRIVATE_TOKEN", "access_token", "gitlab_token", "job%5Ftoken"])
def test_no_route_takes_a_token_in_its_address_or_repeats_it(standing: Standing, name: str) -> None:
    """Routes that read nothing let it pass, and redirects repeated it."""
    for path, methods in REVIEWED.items():
        concrete = re.sub(r"\{[^}]*\}", "1", path)
        for method in methods or {"GET"}:
            answer = standing[1].http.request(method, f"{concrete}?limit=1&{name}=glpat-of-somebody")
            assert answer.status_code == 400, (method, path)
            assert "glpat-of-somebody" not in answer.text + str(answer.headers)
            assert "do not belong into URLs" in answer.json()["detail"]
