"""Proves `sharinghub migrate` as an operator runs it: what it prints, its exit codes, and that `--check` changes
nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from typer.testing import CliRunner, Result

from sharinghub_ext.cli import app
from sharinghub_ext.config import Settings, load_settings
from sharinghub_ext.storing import store_options
from stac_ext.store.database import StoreError, StoreOptions
from stac_ext.store.migrations import CURRENT, STEPS, migrate, version_of
from stac_ext.store.opening import connect
from tests.e2e.test_command_line import run
from tests.support.postgres import PostgresServer
from tests.support.running import RunningHub, SampleWorld

LINES = [f"{step.number}: {step.purpose}" for step in STEPS]
NOTHING = f"nothing to do: the store has schema version {CURRENT}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/folder/cli.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    one = server.create()
    yield one
    server.drop(one)


@pytest.fixture
def call(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", url)


def told(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["migrate", *arguments])


@pytest.mark.usefixtures("call")
class TestCommand:
    def test_check_lists_everything_of_a_store_that_is_not_there_and_makes_nothing(
        self, url: str, tmp_path: Path
    ) -> None:
        for _ in range(2):
            done = told("--check")
            assert (done.exit_code, done.stdout.splitlines()) == (1, [f"pending {line}" for line in LINES])
        assert list(tmp_path.iterdir()) == []

    def test_it_makes_a_store_and_says_when_nothing_is_to_do(self) -> None:
        done = told()
        assert done.exit_code == 0
        assert done.stdout.splitlines()[:-1] == [f"step {line}" for line in LINES]
        assert done.stdout.splitlines()[-1].startswith("done in ")
        for arguments in ((), ("--check",)):
            again = told(*arguments)
            assert (again.exit_code, again.stdout.splitlines()) == (0, [NOTHING])

    @pytest.mark.parametrize("version", range(1, CURRENT))
    def test_it_applies_what_is_pending_only(self, url: str, version: int) -> None:
        earlier = connect(url)
        migrate(earlier, upto=version)
        checked = told("--check")
        assert (checked.exit_code, checked.stdout.splitlines()) == (1, [f"pending {one}" for one in LINES[version:]])
        assert version_of(earlier) == version
        assert told().stdout.splitlines()[:-1] == [f"step {line}" for line in LINES[version:]]
        assert version_of(earlier) == CURRENT
        earlier.close()

    @pytest.mark.parametrize("arguments", [(), ("--check",)])
    def test_a_store_of_a_newer_program_is_no_use(self, url: str, arguments: tuple[str, ...]) -> None:
        told()
        newer = connect(url)
        with newer.write() as conn:
            conn.exec_driver_sql("UPDATE meta SET value = '99' WHERE key = 'version'")
        newer.close()
        assert isinstance(told(*arguments).exception, StoreError)


class TestProcesses:
    """As processes, whose exit codes scripts look at."""

    def test_exit_codes(self, tmp_path: Path) -> None:
        settings = {"GITLAB_URL": "https://gitlab.example.org"}
        assert run(tmp_path, "migrate", "--check", **settings).returncode == 1
        assert not (tmp_path / "cli.db").exists()
        assert run(tmp_path, "migrate", **settings).returncode == 0
        assert run(tmp_path, "migrate", "--check", **settings).returncode == 0
        (tmp_path / "cli.db").write_bytes(b"something else" * 100)
        for arguments in (("migrate",), ("migrate", "--check"), ("serve",)):
            done = run(tmp_path, *arguments, **settings)
            assert done.returncode == 4, done.stderr
            assert "the store cannot be used" in done.stderr
            assert "Traceback" not in done.stderr
        assert run(tmp_path, "migrate").returncode == 2

    @pytest.mark.parametrize("command", ["serve", "sync", "migrate"])
    def test_a_server_that_does_not_answer(self, tmp_path: Path, command: str) -> None:
        url = "postgresql+psycopg://user:pass-word@127.0.0.1:1/db"
        done = run(tmp_path, command, GITLAB_URL="https://gitlab.example.org", DATABASE_URL=url)
        assert done.returncode == 4
        assert "postgresql://127.0.0.1:1/db does not answer" in done.stderr
        assert "pass-word" not in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("command", ["serve", "sync"])
    def test_a_hub_that_may_not_migrate_refuses_what_is_not_migrated(
        self, world: SampleWorld, tmp_path: Path, command: str
    ) -> None:
        settings = {"GITLAB_URL": world.gitlab.url, "DATABASE_MIGRATE": "false"}
        done = run(tmp_path, command, **settings)
        assert done.returncode == 4
        assert "run `sharinghub migrate`" in done.stderr
        assert not (tmp_path / "cli.db").exists()
        assert run(tmp_path, "migrate", **settings).returncode == 0
        assert run(tmp_path, "sync", **settings).returncode == 0


class TestSettings:
    def test_they_arrive_at_the_store(self, world: SampleWorld) -> None:
        settings = world.settings(database_timeout=1.5, database_pool_size=3)
        assert store_options(settings) == StoreOptions(pool_size=3, timeout=1.5, patience=1.5)
        assert store_options(world.settings()) == StoreOptions()
        with RunningHub(settings) as hub:
            assert hub.get("/readyz").status_code == 200

    def test_the_url_of_the_store_is_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
        url = make_url("postgresql+psycopg://user@host/db").set(password="pass-word")
        monkeypatch.setenv("SHARINGHUB_DATABASE_URL", url.render_as_string(hide_password=False))
        settings = load_settings()
        assert "pass-word" in settings.database_url
        assert "pass-word" not in f"{settings} {settings!r}"
        assert isinstance(settings, Settings)
