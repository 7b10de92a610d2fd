"""Proves that the scan for secrets can fail: a token is put at each place where one must not be, and is found there."""

import base64
import gzip
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import brotli
import httpx
import pytest
import structlog
import typer
from fastapi import FastAPI
from sqlalchemy import text
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sharinghub_ext.config import Settings
from stac_ext.store.opening import open_store
from tests.support.leaks import LEAKS, Leak, Secret, forms
from tests.support.leaks_of_programs import look_at_ended_programs
from tests.support.postgres import PostgresServer
from tests.support.running import LittleWorld, RunningHub

SESSION = "0123456789abcdefghij"
PLANTED = "glpat-planted+by/the=test"
Little = tuple[LittleWorld, RunningHub]


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """What is found is taken by each test; what is left over would fail it."""
    LEAKS.keep(PLANTED, "a planted token")
    yield
    LEAKS.forget(PLANTED)


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Little]:
    with LittleWorld(tmp_path_factory.mktemp("little")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


def kinds() -> set[str]:
    return {leak.kind for leak in LEAKS.take()}


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode, bytes.hex, quote, bytes.decode])
def test_a_secret_is_found_however_it_is_written(write: object, shift: int) -> None:
    written = write(b"x" * shift + PLANTED.encode() + b"y" * shift)  # type: ignore[operator]
    written = written.encode() if isinstance(written, str) else written
    LEAKS.hear("log", "somewhere", b"before " + written + b" after")
    assert kinds() == {"log"}
    assert any(form in written for form in forms(PLANTED))


@pytest.mark.parametrize("before", [0, 65_536 - 30, 65_536 - 7, 65_536, 9_000_000])
def test_a_secret_is_found_wherever_it_stands(before: int) -> None:
    LEAKS.hear("log", "somewhere", b"x" * before + PLANTED.encode())
    assert kinds() == {"log"}


def test_what_is_no_secret_is_not_found(little: Little) -> None:
    _, hub = little
    hub.get("/stac/search")
    LEAKS.hear("log", "somewhere", PLANTED[:-1])
    assert LEAKS.take() == []


def test_a_message_shows_no_secret() -> None:
    LEAKS.hear("log", f"a place that holds {PLANTED}, too", PLANTED)
    (leak,) = LEAKS.take()
    assert "a planted token (glpa…" in str(leak)
    assert PLANTED not in str(leak)
    assert PLANTED[:10] not in str(leak)


def test_a_test_that_leaks_fails_and_is_named(pytester_like: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(pytester_like)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "2 passed, 1 error" in done.stdout
    assert "test_leaking" in done.stdout
    assert "log: somewhere" in done.stdout


@pytest.fixture
def pytester_like(tmp_path: Path) -> Path:
    """Two tests under the same conftest; one leaks and both pass by themselves."""
    root = Path(__file__).parents[2]
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "test_two.py").write_text(
        "from tests.support.leaks import LEAKS\n"
        "def test_clean(): pass\n"
        "def test_leaking():\n"
        "    LEAKS.keep('a-secret-value', 'planted')\n"
        "    LEAKS.hear('log', 'somewhere', 'it is a-secret-value')\n"
    )
    assert (root / "tests/conftest.py").is_file()
    return tmp_path


# Where secrets come from


def test_tokens_of_a_world_are_known(little: Little) -> None:
    world, _ = little
    new = world.world.add_token(world.world.user_named("rita")).value
    for token in (new, str(world.token("rita")), world.samples.service_token):
        LEAKS.hear("log", "somewhere", token)
    assert [leak.secret.what for leak in LEAKS.take()] == ["token of rita"] * 2 + ["token of sharinghub-bot"]


def test_secrets_of_settings_are_known() -> None:
    values = {
        name: f"a-secret-of-the-tests-for-{name}"
        for name in ("hook_secret", "secret_key", "metrics_token", "visitor_token")
    }
    Settings(gitlab_url="https://gitlab.test", database_url="postgresql+psycopg://u:pass-word-1@h/n", **values)
    for value in (*values.values(), "pass-word-1"):
        LEAKS.hear("log", "somewhere", value)
        assert kinds() == {"log"}, value


def test_what_a_hub_and_gitlab_send_each_other_at_a_sign_in_is_known(little: Little) -> None:
    world = little[0].world
    person, application = world.user_named("rita"), world.add_application("Hub", ["http://hub.test/"])
    assert person is not None
    refresh = world.sign_in(application, person, ("read_api",)).refresh
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh,
        "redirect_uri": "http://hub.test/",
        "client_id": application.client_id,
        "client_secret": application.secret,
        "code_verifier": "a-verifier-of-the-tests",
    }
    answer = httpx.post(f"{little[0].gitlab.url}/oauth/token", data=form, headers={"User-Agent": "sharinghub"}).json()
    assert LEAKS.take() == []
    said = [answer["access_token"], answer["refresh_token"], refresh, application.secret, "a-verifier-of-the-tests"]
    for secret in said:
        LEAKS.hear("log", "somewhere", secret)
        assert kinds() == {"log"}


@pytest.mark.parametrize("name", ["PRIVATE-TOKEN", "X-Gitlab-Token", "JOB-TOKEN", "Cookie", "Authorization", "Basic"])
def test_whatever_a_caller_sends_as_a_credential_is_known(little: Little, name: str) -> None:
    token = f"glxyz-never-seen-{name}"
    basic = base64.b64encode(f"me:{token}".encode()).decode()
    value = {"Cookie": f"a=b; c={token}", "Authorization": f"Bearer {token}", "Basic": f"Basic {basic}"}.get(
        name, token
    )
    little[1].http.get("/stac", headers={"Authorization" if name == "Basic" else name: value})
    assert LEAKS.take() == []
    LEAKS.hear("log", "somewhere", token)
    assert kinds() == {"log"}


def test_a_stores_own_key_is_looked_for_everywhere_but_in_the_store(little: Little) -> None:
    key = little[1].hub.database.secret().hex()
    LEAKS.hear("database", "the store", key)
    assert LEAKS.take() == []
    LEAKS.hear("body", "an answer", key)
    assert kinds() == {"body"}


# Where they are looked for


@pytest.fixture
def leaking() -> TestClient:
    """An application, as the hub is one, that leaks in every way."""
    app = FastAPI()
    answers = {
        "body": lambda: Response(json.dumps({"token": PLANTED})),
        "br": lambda: Response(brotli.compress(PLANTED.encode()), headers={"Content-Encoding": "br"}),
        "gzip": lambda: Response(gzip.compress(PLANTED.encode()), headers={"Content-Encoding": "gzip"}),
        "location": lambda: RedirectResponse(f"/elsewhere?access_token={quote(PLANTED)}"),
        "cookie": lambda: Response(headers={"Set-Cookie": f"session={quote(PLANTED)}; Path=/"}),
        "session": lambda: Response(headers={"Set-Cookie": f"session={SESSION}; Path=/"}),
        "parts": lambda: StreamingResponse(iter([PLANTED[:9], PLANTED[9:]])),
    }
    for name, answer in answers.items():
        app.add_api_route(f"/{name}", answer)

    @app.get("/raise")
    def fail() -> None:
        raise RuntimeError(f"the token {PLANTED} failed")

    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("body", "body"),
        ("parts", "body"),
        ("br", "body"),
        ("gzip", "body"),
        ("location", "header"),
        ("cookie", "cookie"),
        ("raise", "traceback"),
    ],
)
def test_answers(leaking: TestClient, path: str, kind: str) -> None:
    leaking.get(f"/{path}")
    assert kinds() == {kind}


def test_a_cookie_may_be_given_but_not_told(leaking: TestClient) -> None:
    leaking.get("/session")
    assert LEAKS.take() == []
    LEAKS.hear("body", "an answer", SESSION)
    assert kinds() == {"body"}


def test_what_is_asked_of_gitlab(little: Little) -> None:
    url = f"{little[0].gitlab.url}/api/v4/projects?private_token={quote(PLANTED)}"
    httpx.get(url)
    assert LEAKS.take() == [], "what a test asks is no matter"
    httpx.get(url, headers={"User-Agent": "sharinghub"})
    assert kinds() == {"url"}


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_logs_at_every_level(level: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        getattr(structlog.get_logger(), level)("an event", header=("Authorization", PLANTED))
        structlog.get_logger().bind(token=PLANTED).debug("bound before")
    finally:
        structlog.reset_defaults()
    assert [leak.place for leak in LEAKS.take()] == [f"{level}: an event", "debug: bound before"]


def test_logs_of_libraries_and_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("sent %s", {"Authorization": PLANTED})
    assert [leak.place for leak in LEAKS.take()] == ["some.library"]
    try:
        raise ValueError(PLANTED)
    except ValueError as error:
        structlog.get_logger().error("request failed", exc_info=error)
        assert kinds() == {"log"}
        logging.getLogger("some.library").exception("failed")
        assert kinds() == {"log"}


def test_a_local_variable_is_not_in_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        authorization = "glpat-planted" + "+by/the=test"
        raise RuntimeError("a failure")
    except RuntimeError as error:
        structlog.get_logger().error("request failed", exc_info=error)
    assert authorization == PLANTED
    LEAKS.hear("output", "standard output", capsys.readouterr().out)
    assert LEAKS.take() == []


def test_the_store_of_a_hub_that_ends(tmp_path: Path) -> None:
    with LittleWorld(tmp_path) as world, RunningHub(world.settings()) as hub:
        hub.hub.database.set_note("planted", PLANTED)
        assert LEAKS.take() == []
    assert kinds() == {"database"}


def test_the_store_of_a_hub_on_postgresql(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.create()
    with LittleWorld(tmp_path) as world, RunningHub(world.settings(database_url=url)) as hub:
        with hub.hub.database.write() as conn:
            values = {"sealed": PLANTED.encode()}
            conn.execute(text("INSERT INTO session VALUES ('k', 'user:1', :sealed, 1, 1, 1)"), values)
        assert LEAKS.take() == []
    assert kinds() == {"database"}
    postgres.drop(url)


def test_a_program_that_a_test_starts(tmp_path: Path) -> None:
    store = tmp_path / "program.db"
    database = open_store(f"sqlite:///{store}")
    database.set_note("planted", PLANTED)
    database.close()
    told = tmp_path / "told"
    program = f"import sys; print({PLANTED!r}); print({PLANTED!r}, file=sys.stderr)"
    command = [sys.executable, "-c", program, "sharinghub_ext.cli"]
    environment = {"SHARINGHUB_DATABASE_URL": f"sqlite:///{store}", "SHARINGHUB_HOOK_SECRET": "secret-of-the-program"}
    subprocess.run(command, capture_output=True, check=True, env=environment)
    assert kinds() == {"output"}
    look_at_ended_programs()
    assert kinds() == {"database"}
    with told.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        process.wait(30)
    look_at_ended_programs()
    assert {Path(leak.place).name for leak in LEAKS.take()} == {"told", "program.db"}
    LEAKS.hear("log", "somewhere", "secret-of-the-program")
    assert kinds() == {"log"}


def test_commands_that_run_inside() -> None:
    command = typer.Typer()

    @command.command()
    def tell(fail: bool = False) -> None:
        if fail:
            raise RuntimeError(PLANTED)
        typer.echo(PLANTED)

    CliRunner().invoke(command, [])
    assert kinds() == {"output"}
    CliRunner().invoke(command, ["--fail"])
    assert kinds() == {"traceback"}


def test_what_cannot_be_looked_for_is_left_out() -> None:
    for value in ("short", "x" * 40, ""):
        LEAKS.keep(value, "nothing")
        LEAKS.hear("log", "somewhere", f"{value} " * 3)
    assert LEAKS.take() == []
    assert not Secret("narrow", "a word").can_be_looked_for
    assert str(Leak("log", "a place", Secret("0123456789", "a key"))) == "log: a place: a key (0123…, 10 characters)"
