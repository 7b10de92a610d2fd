"""Proves over the hub's own OpenAPI document that no request gives a 5xx and that answers are of the declared types.

`API_EXAMPLES` sets how many requests each operation gets from each caller in each mode.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance

from tests.support.running import LittleWorld, RunningHub

EXAMPLES = int(os.environ.get("API_EXAMPLES", "4"))
FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="API_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
CALLERS = ("nobody", "rita", "a broken token")
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_HEADERS = (
    *("Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Content-Type", "Host", "If-Match"),
    *("If-Modified-Since", "If-None-Match", "If-Range", "JOB-TOKEN", "Origin", "PRIVATE-TOKEN", "Range", "Sudo"),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Gitlab-Token", "X-HTTP-Method-Override", "Forwarded", "Prefer"),
)


@dataclass
class Place:
    """A hub on a little world, and its document."""

    world: LittleWorld
    hub: RunningHub
    schema: Any

    def headers(self, caller: str) -> dict[str, str]:
        if caller == "nobody":
            return {}
        token = self.world.token(caller) or "glpat-that-nobody-was-given"
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    world = LittleWorld(tmp_path_factory.mktemp("little"))
    with world, RunningHub(world.settings(refusals_per_minute=1_000_000)) as hub:
        hub.sweep()
        yield Place(world, hub, schemathesis.openapi.from_url(f"{hub.address}/api"))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as one:
        one.trust_env = False
        yield one


def require_an_answer(status: int, headers: Any, documented: Any, asked: str) -> None:
    """No 5xx, but a 503 that the document tells of and that says when to come back."""
    if status == 503 and "503" in documented:
        assert "retry-after" in headers, asked
    else:
        assert status < 500, asked


@pytest.mark.parametrize("mode", _MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("caller", CALLERS)
def test_every_operation_answers_every_caller(
    place: Place, session: requests.Session, caller: str, mode: GenerationMode
) -> None:
    asked = 0
    for found in place.schema.get_all_operations():
        operation = found.ok()

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            nonlocal asked
            answer = case.call(
                place.hub.address,
                session,
                headers=place.headers(caller),
                allow_redirects=False,
                timeout=30,
            )
            asked += 1
            documented = case.operation.definition.raw.get("responses", {})
            require_an_answer(answer.status_code, answer.headers, documented, case.as_curl_command())
            case.validate_response(answer, checks=[content_type_conformance])

        with suppress(Unsatisfiable):  # what has no parameters may not be asked wrongly
            ask()
    assert asked > EXAMPLES


@st.composite
def wild(draw: st.DrawFn, paths: list[str]) -> tuple[str, list[tuple[bytes, bytes]]]:
    """An address of the hub with any query, and any headers."""
    part = st.binary(max_size=12).map(lambda one: quote(one, safe=""))
    odd = st.sampled_from(
        ["", "1", "-1", "1e999", "NaN", "null", "[]", "{}", "%", "%zz", "%00", "%ff", "..", "a,b", "@"]
    )
    names = st.sampled_from(["limit", "bbox", "ids", "token", "datetime", "filter", "q", "sortby", "intersects"]) | part
    query = draw(st.lists(st.tuples(names, odd | part), max_size=4))
    path = draw(st.sampled_from(paths) | st.builds("{}/{}".format, st.sampled_from(paths), part))
    # Control characters are left to test_malformed.py: no client library sends them.
    value = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
    headers = draw(st.lists(st.tuples(st.sampled_from(_HEADERS), value), max_size=5, unique_by=lambda one: one[0]))
    url = path + ("?" + "&".join(f"{name}={given_}" for name, given_ in query) if query else "")
    return url, [(name.encode(), one.strip().encode("latin-1")) for name, one in headers]


def test_any_query_and_any_headers_are_answered(place: Place) -> None:
    known = {"collection_id": "ai-model", "item_id": "1", "path": "earth/models/cloud-mask-onnx", "project_id": "1"}
    paths = [
        "".join(known.get(part, "x") if n % 2 else part for n, part in enumerate(template.replace("}", "{").split("{")))
        for template in place.schema.raw_schema["paths"]
    ]

    @settings(FEW, max_examples=40 * EXAMPLES)
    @given(asked=wild(paths))
    def ask(asked: tuple[str, list[tuple[bytes, bytes]]]) -> None:
        url, headers = asked
        answer = place.hub.http.get(f"{place.hub.address}{url}", headers=httpx.Headers(headers))
        require_an_answer(answer.status_code, answer.headers, (), f"{url} {headers}")

    ask()


def test_the_document_names_what_is_asked(place: Place) -> None:
    """Else an empty document would pass."""
    labels = {found.ok().label for found in place.schema.get_all_operations()}
    assert labels >= {"GET /stac/search", "POST /stac/search", "GET /stac/collections/{collection_id}/items/{item_id}"}
