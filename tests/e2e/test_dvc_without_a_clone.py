"""Proves what the page says of `dvc get`, `dvc import`, `dvc.api.open` and `DVCFileSystem`, with the real `dvc` on the
address of a project at the stand-in: the project comes by git over HTTP, the bytes from the hub.
"""

import hashlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.generate import DOCS
from tests.support.running import LittleWorld, RunningHub

PRIVATE = "earth/models/vessel-detection-sar"  # maya may push, exa may pull, olga sees nothing of it
PUBLIC = "earth/models/cloud-mask-onnx"
DATA = {(path, tag): f"{path} of {tag}".encode() * 1000 for path in (PRIVATE, PUBLIC) for tag in ("v1", "v2")}
PAGE = (DOCS / "dvc.md").read_text()
pytestmark = pytest.mark.xdist_group("dvc-get")


def git_token(person: str | None) -> str:
    """GitLab does not let a token with `read_api` alone read by git."""
    return f"glpat-{person}-git"


@dataclass
class Scene:
    """Two projects whose `.dvc/config` names the hub, with data in two versions."""

    world: LittleWorld
    hub: RunningHub

    def run(self, folder: Path, script: str, person: str | None, *, private: bool) -> subprocess.CompletedProcess[str]:
        """A script of the page in a folder, which is also the home of somebody with or without git credentials."""
        place = urlsplit(self.world.gitlab.url)
        token = str(self.world.token(person)) if person else ""
        (folder / ".gitconfig").write_text("[credential]\n\thelper = store\n")
        if private:
            (folder / ".git-credentials").write_text(f"http://oauth2:{git_token(person)}@{place.netloc}\n")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC", "GIT"))}
        dvc = shlex.join([sys.executable, "-m", "dvc"])
        script = script.replace("https://gitlab.example.org", self.world.gitlab.url).replace("dvc get", f"{dvc} get")
        environment = {
            **kept,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "XDG_CACHE_HOME": str(folder / ".cache"),
            "GITLAB_TOKEN": token,
            "GIT_TERMINAL_PROMPT": "0",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder / ".site"),
        }
        script = re.sub(r"(?m)^dvc (init|import|update)", f"{dvc} \\1", script)
        done = subprocess.run(
            ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
        assert not token or token not in done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with LittleWorld(tmp_path_factory.mktemp("get")) as world, RunningHub(world.settings()) as hub:
        for person in ("exa", "olga"):
            user = world.world.user_named(person)
            assert user is not None
            world.world.add_token(user, git_token(person), scopes=("read_repository",))
        for path, name in ((PRIVATE, "weights.bin"), (PUBLIC, "data/masks.csv")):
            project = world.world.project_at(path)
            assert project is not None
            for tag in ("v1", "v2"):
                data = DATA[path, tag]
                md5 = hashlib.md5(data).hexdigest()
                out = f"- md5: {md5}\n  size: {len(data)}\n  hash: md5\n  path: {Path(name).name}\n"
                remote = f"{hub.url}/dvc/{project.id}"
                config = f"[core]\n    remote = hub\n['remote \"hub\"']\n    url = {remote}\n"
                world.world.commit(project, {".dvc/config": config.encode(), f"{name}.dvc": f"outs:\n{out}".encode()})
                world.world.add_release(project, tag)
                answer = hub.http.put(
                    f"/dvc/{project.id}/files/md5/{md5[:2]}/{md5[2:]}",
                    content=data,
                    headers={"Authorization": f"Bearer {world.token('maya')}"},
                )
                assert answer.status_code == 201, answer.text
        hub.sweep()
        yield Scene(world, hub)


def lines(title: str) -> str:
    """A block of the page."""
    (found,) = re.findall(rf'```\w+ title="{title}"\n(.*?)```', PAGE, re.DOTALL)
    return str(found)


def test_anybody_gets_public_data_of_any_revision(scene: Scene, tmp_path: Path) -> None:
    done = scene.run(tmp_path, lines("dvc get"), None, private=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "masks.csv").read_bytes() == DATA[PUBLIC, "v2"]
    assert (tmp_path / "v1.csv").read_bytes() == DATA[PUBLIC, "v1"]


def test_a_reader_gets_and_imports_private_data_and_no_token_is_written(scene: Scene, tmp_path: Path) -> None:
    done = scene.run(tmp_path, lines("dvc get, private"), "exa", private=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "weights.bin").read_bytes() == DATA[PRIVATE, "v2"]
    assert (tmp_path / "hub.ini").stat().st_mode & 0o077 == 0
    (tmp_path / "weights.bin").unlink()
    done = scene.run(tmp_path, "git init -q\ndvc init -q\n" + lines("dvc import"), "exa", private=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "weights.bin").read_bytes() == DATA[PRIVATE, "v2"]
    token, kept = str(scene.world.token("exa")), {".git-credentials", "hub.ini"}
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.name not in kept:
            assert token.encode() not in file.read_bytes(), file


def test_an_import_is_updated_and_the_page_warns_of_what_would_write_the_token(scene: Scene, tmp_path: Path) -> None:
    start = "git init -q\ndvc init -q\n" + lines("dvc get, private") + "rm weights.bin\n"
    old = start + lines("dvc import").replace("import ", "import --rev v1 ") + "dvc update --rev v2 weights.bin.dvc\n"
    done = scene.run(tmp_path, old, "exa", private=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "weights.bin").read_bytes() == DATA[PRIVATE, "v2"]
    options = " ".join(f"'{name}={value}'" for name, value in (("auth", "custom"), ("password", "Bearer none-such")))
    written = lines("dvc import").replace("--config ~/hub.ini", f"--force --no-download --remote-config {options} --")
    done = scene.run(tmp_path, written, "exa", private=True)
    assert done.returncode == 0, done.stderr
    assert "none-such" in (tmp_path / "weights.bin.dvc").read_text()


def test_python_reads_a_file_and_a_file_system(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(lines("dvc.api").replace("https://gitlab.example.org", scene.world.gitlab.url))
    done = scene.run(tmp_path, f"{shlex.quote(sys.executable)} page.py", "exa", private=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{len(DATA[PRIVATE, 'v1'])} bytes", "['/weights.bin']"]
    assert (tmp_path / "copy.bin").read_bytes() == DATA[PRIVATE, "v2"]


@pytest.mark.parametrize("person", ["olga", None])
def test_who_may_not_read_gets_nothing(scene: Scene, tmp_path: Path, person: str | None) -> None:
    done = scene.run(tmp_path, lines("dvc get, private"), person, private=person is not None)
    assert done.returncode != 0
    assert not (tmp_path / "weights.bin").exists()
