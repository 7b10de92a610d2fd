"""Proves `sharinghub dvc setup` with the real `git` and `dvc`: what it writes, where it refuses, and whom it tells."""

import hashlib
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sharinghub_ext.cli import app
from tests.stac_ext.dvc.projects import Repository
from tests.support.running import LittleWorld, RunningHub

PROJECT = "earth/models/vessel-detection-sar"  # maya may push, exa may pull
PUBLIC = "sea/waves"
pytestmark = pytest.mark.xdist_group("dvc-setup")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("setup")) as one:
        yield one


@pytest.fixture(scope="module")
def hub(world: LittleWorld) -> Iterator[RunningHub]:
    with RunningHub(world.settings()) as one:
        one.sweep()
        yield one


class Setup:
    """A clone, and the command in it."""

    def __init__(self, template: Path, folder: Path, world: LittleWorld, hub: RunningHub) -> None:
        self.world, self.hub, self.template = world, hub, template
        self.clone = Repository(folder)
        shutil.copytree(template / ".dvc", folder / ".dvc")
        self.clone.git("remote", "add", "origin", f"https://oauth2:glpat-unused@gitlab.example.org/{PROJECT}.git")
        self.dvc = folder / ".dvc"

    def run(self, *arguments: str, token: str | None = None, below: str = ".") -> tuple[int, str]:
        """Exit code and output, with nothing of the environment that names a token."""
        environment = {"GITLAB_TOKEN": token, "CI_JOB_TOKEN": None}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.clone.folder / below)
            done = CliRunner().invoke(app, ["dvc", "setup", *arguments], env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        assert token is None or token not in done.output
        return done.exit_code, done.output

    def read(self, name: str) -> str:
        return (self.dvc / name).read_text()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as `dvc init` leaves it."""
    one = Repository(tmp_path_factory.mktemp("template") / "clone")
    one.dvc("init")
    return one.folder


@pytest.fixture
def setup(template: Path, tmp_path: Path, world: LittleWorld, hub: RunningHub) -> Setup:
    return Setup(template, tmp_path / "clone", world, hub)


def test_one_command_and_dvc_pushes_and_pulls(setup: Setup, tmp_path: Path) -> None:
    """The project is the one of `origin`; nothing secret is in what git would take."""
    (setup.clone.folder / "below").mkdir()
    code, said = setup.run(setup.hub.url, token="glpat-maya", below="below")
    assert (code, "pull and push" in said) == (0, True), said
    number = setup.world.samples.projects[PROJECT]
    assert f"{setup.hub.url}/dvc/{number}" in setup.read("config")
    assert "glpat" not in setup.read("config")
    assert "glpat-maya" in setup.read("config.local")
    assert stat.S_IMODE((setup.dvc / "config.local").stat().st_mode) == 0o600
    setup.clone.write("data.csv", b"1,2\n")
    setup.clone.dvc("add data.csv", "push")
    setup.clone.commit()
    assert "config.local" not in setup.clone.git("ls-files")
    colleague = Setup(setup.template, tmp_path / "colleague", setup.world, setup.hub)
    colleague.clone.write("data.csv.dvc", (setup.clone.folder / "data.csv.dvc").read_bytes())
    code, said = colleague.run(f"{setup.hub.url}/dvc/{number}", token="glpat-exa")
    assert (code, "you may pull." in said) == (0, True), said
    colleague.clone.dvc("pull")
    assert (colleague.clone.folder / "data.csv").read_bytes() == b"1,2\n"


def test_a_commit_that_changes_the_address_gets_no_token(setup: Setup) -> None:
    assert setup.run(setup.hub.url, token="glpat-maya")[0] == 0
    setup.clone.write(".dvc/config", setup.read("config").replace(setup.hub.url, "http://127.0.0.1:1"))
    setup.clone.write("data.csv", b"3,4\n")
    setup.clone.dvc("add data.csv", "push")
    number, digest = setup.world.samples.projects[PROJECT], _md5(b"3,4\n")
    assert setup.hub.get(f"/dvc/{number}/files/md5/{digest}", "glpat-exa").content == b"3,4\n"


def test_a_second_run_changes_the_token_and_nothing_else(setup: Setup) -> None:
    assert setup.run(setup.hub.url, token="glpat-maya")[0] == 0
    before = setup.read("config")
    assert setup.run(setup.hub.url, token="glpat-exa")[0] == 0
    assert setup.read("config") == before
    assert "glpat-maya" not in setup.read("config.local")
    assert setup.read("config.local").count("password") == 1


def test_public_data_needs_no_token(setup: Setup) -> None:
    code, said = setup.run(setup.hub.url, PUBLIC)
    assert (code, "you may pull." in said) == (0, True), said
    assert not (setup.dvc / "config.local").exists()
    number = str(setup.world.samples.projects[PUBLIC])
    assert setup.run(setup.hub.url, number, "--anonymous", token="glpat-maya")[0] == 0
    assert not (setup.dvc / "config.local").exists()


@pytest.mark.parametrize(
    ("arguments", "token", "code", "says"),
    [
        ((), "glpat-olga", 1, "shows you no project"),
        (("999999",), "glpat-maya", 1, "404"),
        ((), "glpat-unknown", 1, "401"),
        ((), None, 1, "GITLAB_TOKEN"),
        (("--remote", "a b"), "glpat-maya", 2, "name of the remote"),
        ((), "glpat-with,comma", 2, "characters that none has"),
    ],
)
def test_a_refusal_writes_nothing(
    setup: Setup, arguments: tuple[str, ...], token: str | None, code: int, says: str
) -> None:
    before = setup.read("config")
    ended, said = setup.run(setup.hub.url, *arguments, token=token)
    assert (ended, says in said) == (code, True), said
    assert setup.read("config") == before
    assert not (setup.dvc / "config.local").exists()


@pytest.mark.parametrize(
    ("address", "code", "says"),
    [
        ("hub.example.org", 2, "https://hub.example.org"),
        ("https://user:password@hub.example.org", 2, "without user"),
        ("http://hub.example.org", 2, "in clear"),
        ("http://127.0.0.1:1", 3, "does not answer"),
        ("https://hub.example.org/a,b", 2, "cannot hold"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(setup: Setup, address: str, code: int, says: str) -> None:
    ended, said = setup.run(address, "42", token="glpat-maya")
    assert (ended, says in said) == (code, True), said


def test_a_committed_local_file_takes_no_token(setup: Setup) -> None:
    setup.clone.write(".dvc/config.local", "")
    setup.clone.git("add", "-f", ".dvc/config.local")
    code, said = setup.run(setup.hub.url, token="glpat-maya")
    assert (code, "git rm --cached" in said) == (2, True), said
    assert setup.read("config.local") == ""


def test_a_local_file_that_git_would_take_is_ignored_first(setup: Setup) -> None:
    (setup.dvc / ".gitignore").unlink()
    assert setup.run(setup.hub.url, token="glpat-maya")[0] == 0
    setup.clone.git("add", "-A")
    assert "config.local" not in setup.clone.git("ls-files")
    (setup.dvc / ".gitignore").unlink()
    setup.clone.write(".gitignore", "!.dvc/config.local\n")
    setup.clone.write(".git/info/exclude", "")
    assert setup.run(setup.hub.url, token="glpat-maya")[0] == 0


def test_links_and_other_remotes_are_left_alone(setup: Setup, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    (setup.dvc / "config.local").symlink_to(elsewhere)
    assert setup.run(setup.hub.url, token="glpat-maya")[0] == 2
    assert elsewhere.read_text() == "theirs"
    (setup.dvc / "config.local").unlink()
    setup.clone.dvc("remote add -d hub https://other.example.org/dvc/1")
    code, said = setup.run(setup.hub.url, token="glpat-maya")
    assert (code, "--force" in said) == (2, True), said
    assert setup.run(setup.hub.url, "--remote", "second", token="glpat-maya")[0] == 0
    assert "remote = hub" in setup.read("config")
    assert setup.run(setup.hub.url, "--force", token="glpat-maya")[0] == 0
    assert "other.example.org" not in setup.read("config")


def test_without_dvc_it_says_what_to_do(setup: Setup, tmp_path: Path) -> None:
    code, said = setup.run(setup.hub.url, below="..")
    assert (code, "dvc init" in said) == (2, True), said


def test_the_hub_says_the_lines_itself(world: LittleWorld, hub: RunningHub) -> None:
    path = f"/dvc/{world.samples.projects[PROJECT]}/setup"
    told = hub.get(path, "glpat-exa").json()
    assert (told["pull"], told["push"]) == (True, False)
    assert told["commands"][0] == f"dvc remote add -d hub {told['url']}"
    assert hub.get(path, "glpat-maya").json()["push"] is True
    assert hub.get(path, "glpat-olga").status_code == hub.get(path).status_code == 404
    assert hub.get(f"/dvc/{world.samples.projects[PUBLIC]}/setup").json()["push"] is False
    assert hub.get("/dvc/0/setup").status_code == 404


def _md5(data: bytes) -> str:
    digest = hashlib.md5(data).hexdigest()
    return f"{digest[:2]}/{digest[2:]}"
