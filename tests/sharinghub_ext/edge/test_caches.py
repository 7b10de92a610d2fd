"""Proves which answers caches may keep, and that an entity tag stands for a caller's own bytes and nothing else."""

import httpx
import pytest

from sharinghub_ext.auth.credentials import _HEADERS
from sharinghub_ext.edge.caching import CREDENTIAL_HEADERS, SESSION_COOKIES, is_anonymous
from sharinghub_ext.edge.entity_tags import EntityTags, entity_tag, is_known
from stac_ext.model import ANONYMOUS, Viewer, Visibility
from tests.support.running import LittleWorld, RunningHub

Standing = tuple[LittleWorld, RunningHub]
PATHS = ("/stac", "/stac/collections", "/stac/collections/ai-model", "/stac/search", "/stac/queryables", "/api")


class TestWhoMayKeepAnAnswer:
    @pytest.mark.parametrize("header", CREDENTIAL_HEADERS)
    def test_an_answer_to_a_credential_is_for_one_caller_even_where_it_is_refused(
        self, plain: Standing, header: str
    ) -> None:
        for path in PATHS:
            answer = plain[1].http.get(path, headers={header: "Bearer glpat-maya"})
            assert answer.headers["cache-control"].startswith("private")
            assert header in answer.headers["vary"]

    def test_every_header_that_can_hold_a_token_is_known_here(self) -> None:
        accepted = {name for name, _ in _HEADERS}
        assert {*accepted, "authorization", "deploy-token"} == {one.lower() for one in CREDENTIAL_HEADERS}

    @pytest.mark.parametrize("cookie", sorted(SESSION_COOKIES))
    def test_a_session_makes_an_answer_private_and_another_cookie_does_not(self, plain: Standing, cookie: str) -> None:
        for sent, scope in ((f"a=1; {cookie}=x", "private"), (f"a={cookie}; not-{cookie}=1", "public")):
            answer = plain[1].http.get("/stac", headers={"Cookie": sent})
            assert answer.headers["cache-control"] == f"{scope}, no-cache"

    def test_visitors_with_rights_of_their_own_are_not_everybody(self) -> None:
        assert is_anonymous([], ANONYMOUS)
        assert is_anonymous([], Viewer(level=None))
        assert is_anonymous([], None)
        assert not is_anonymous([], Viewer(Visibility.PUBLIC, principal="token:1"))
        assert not is_anonymous([], Viewer(Visibility.INTERNAL))
        assert not is_anonymous([], Viewer(Visibility.PUBLIC, notes=("filling",)))

    def test_hidden_and_missing_are_kept_nowhere_and_look_the_same(self, plain: Standing) -> None:
        world, hub = plain
        hidden = world.samples.projects["earth/models/vessel-detection-sar"]
        for token in (None, world.token("rita")):
            seen = []
            for number in (hidden, 987654):
                answer = hub.get(f"/stac/collections/ai-model/items/{number}", token)
                assert answer.status_code == 404
                assert answer.headers["cache-control"] == "private, no-store"
                assert "etag" not in answer.headers
                seen.append((answer.content, [one for one in answer.headers.multi_items() if one[0] != "date"]))
            assert seen[0] == seen[1]
        shown = hub.get(f"/stac/collections/ai-model/items/{hidden}", world.token("maya"))
        assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-cache")


class TestEntityTags:
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
    def test_who_names_the_tag_gets_no_body_again(self, plain: Standing, path: str, coding: str) -> None:
        http = plain[1].http
        first = http.get(path, headers={"Accept-Encoding": coding})
        tag = first.headers["etag"]
        assert tag.startswith('W/"')
        kept = ("cache-control", "vary", "etag", "content-type", "content-security-policy")
        for named in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*", f'"a,b" , {tag},"c"'):
            for method in ("GET", "HEAD"):
                again = http.request(method, path, headers={"Accept-Encoding": coding, "If-None-Match": named})
                assert (again.status_code, again.content) == (304, b"")
                assert "content-length" not in again.headers
                assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]
        for named in ('"other"', "W/", tag[:-2], tag.strip('W/"'), ""):
            assert http.get(path, headers={"If-None-Match": named}).status_code == 200

    def test_a_tag_is_the_same_in_every_coding(self, plain: Standing) -> None:
        codings = ("identity", "gzip", "br")
        tags = {plain[1].http.get("/stac", headers={"Accept-Encoding": one}).headers["etag"] for one in codings}
        assert len(tags) == 1

    def test_several_lines_of_tags_are_one_list(self, plain: Standing) -> None:
        tag = plain[1].get("/stac").headers["etag"]
        sent = [("If-None-Match", '"a"'), ("If-None-Match", tag)]
        assert plain[1].http.get("/stac", headers=sent).status_code == 304

    def test_an_answer_to_post_has_no_tag(self, plain: Standing) -> None:
        answer = plain[1].http.post("/stac/search", json={}, headers={"If-None-Match": "*"})
        assert answer.status_code == 200
        assert "etag" not in answer.headers

    def test_one_viewers_tag_opens_nothing_for_another(self, plain: Standing) -> None:
        """And says only whether both would get the same bytes, which each sees for themselves."""
        world, hub = plain
        maya, rita = (hub.get("/stac/search", world.token(name)) for name in ("maya", "rita"))
        assert maya.headers["etag"] != rita.headers["etag"]
        sent = {"Authorization": "Bearer glpat-rita", "If-None-Match": maya.headers["etag"]}
        answer = hub.http.get("/stac/search", headers=sent)
        assert (answer.status_code, answer.content) == (200, rita.content)
        hidden = world.samples.projects["earth/models/vessel-detection-sar"]
        for named in ("*", hub.get(f"/stac/collections/ai-model/items/{hidden}", "glpat-maya").headers["etag"]):
            refused = hub.http.get(f"/stac/collections/ai-model/items/{hidden}", headers={"If-None-Match": named})
            assert refused.status_code == 404

    def test_equal_bytes_have_equal_tags_and_others_do_not(self) -> None:
        assert entity_tag(b"a") == entity_tag(b"a") != entity_tag(b"b")
        assert is_known([b'W/"x"'], b'W/"x"')
        assert not is_known([], b'W/"x"')
        assert not is_known([b'"x', b'"xy"', b"x"], b'W/"x"')

    async def test_a_body_in_pieces_passes_as_it_is(self) -> None:
        async def app(_: object, __: object, send: object) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
            for piece, more in ((b"a", True), (b"b", False)):
                await send({"type": "http.response.body", "body": piece, "more_body": more})  # type: ignore[operator]

        transport = httpx.ASGITransport(EntityTags(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
            answer = await http.get("/stac/search", headers={"If-None-Match": "*"})
        assert (answer.status_code, answer.content) == (200, b"ab")
        assert "etag" not in answer.headers


def test_rights_that_are_lost_change_the_tag(plain: Standing) -> None:
    """The links and counts of the answer are those of the viewer, so they are in the tag."""
    world, hub = plain
    both = [hub.get("/stac/collections/ai-model/items?limit=1", token) for token in (None, world.token("maya"))]
    assert both[0].json()["numberMatched"] < both[1].json()["numberMatched"]
    assert both[0].headers["etag"] != both[1].headers["etag"]
