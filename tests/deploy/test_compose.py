"""compose.yaml is one, gives no power and no secret away, and with what its page says the program runs."""

import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sharinghub_ext.config import load_settings
from sharinghub_ext.doctor.finding import Situation, State
from sharinghub_ext.doctor.objects import look_at_objects
from stac_ext.clock import SystemClock
from tests.deploy.charts import ROOT
from tests.deploy.shapes import FOLDER
from tests.support.waiting import wait_until

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("migration", "worker", "hub")
PAGE = (ROOT / "docs" / "operations" / "one-machine.md").read_text()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's lines were run."""
    folder = tmp_path_factory.mktemp("machine")
    lines = re.findall(r"```sh\n(install -d -m 700 secrets.*?)```", PAGE, re.DOTALL)[0]
    subprocess.run(["bash", "-euc", lines], cwd=folder, check=True, timeout=60)
    (folder / "sharinghub.yaml").write_text(re.findall(r"```yaml\n# sharinghub.yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    return folder


def test_it_is_a_compose_file() -> None:
    schema = FOLDER / "compose-spec.json"
    if not schema.is_file():
        pytest.skip("needs build/crds: .ci/run fetches the schema with Go")
    jsonschema.validate(COMPOSE, yaml.safe_load(schema.read_text()))


def test_no_container_has_power() -> None:
    for name, service in SERVICES.items():
        assert not {"privileged", "network_mode", "pid", "cap_add", "devices"} & service.keys(), name
        assert re.search(r":v?\d+[\w.-]*$", service["image"]), name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", ()))
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]


def test_only_the_hub_is_reached_and_only_from_this_machine() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"hub"}
    assert SERVICES["hub"]["ports"] == ["127.0.0.1:8080:8080"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {tuple(SERVICES[name]["networks"]) for name in ("database", "objects")} == {("inside",)}


def test_things_start_in_order() -> None:
    for name in ("worker", "hub"):
        assert SERVICES[name]["depends_on"]["migration"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migration"]["depends_on"]["database"] == {"condition": "service_healthy"}


def test_the_page_makes_every_secret_and_the_program_reads_them(
    machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted = tmp_path / "run"
    mounted.mkdir()
    for name in SERVICES["hub"]["secrets"]:
        shutil.copy(machine / COMPOSE["secrets"][name]["file"], mounted / name)
    assert all((machine / each["file"]).is_file() for each in COMPOSE["secrets"].values())
    monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(machine / "sharinghub.yaml"))
    monkeypatch.setenv("SHARINGHUB_SECRETS_DIR", str(mounted))
    settings = load_settings()
    password = (machine / "secrets" / "database_password").read_text().strip()
    assert settings.database_url == f"postgresql+psycopg://sharinghub:{password}@database/sharinghub"
    assert settings.secret_key is not None
    assert settings.hook_secret is not None
    assert settings.public_url == "https://sharinghub.example.org"
    text = (ROOT / "compose.yaml").read_text() + (machine / "sharinghub.yaml").read_text()
    for file in (machine / "secrets").iterdir():
        assert not (said := file.read_text().strip()) or said not in text


def test_the_s3_server_takes_what_the_hub_stores(
    machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The server's own command, with its folders led to this machine."""
    if shutil.which("versitygw") is None:
        pytest.skip("needs versitygw: .ci/run installs it with Go")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service: dict[str, Any] = SERVICES["objects"]
    script = service["command"][0].replace("$$", "$").replace(":7070", f"127.0.0.1:{port}")
    script = re.sub(r"(?<= )/objects", str(tmp_path / "objects"), script)
    script = script.replace("/run/secrets", str(machine / "secrets"))
    environment = {
        "PATH": str(Path(str(shutil.which("versitygw"))).parent) + ":/usr/bin:/bin",
        **service["environment"],
    }
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # of the S3 server that other tests share
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(machine / "secrets" / "aws_credentials"))
    monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(machine / "sharinghub.yaml"))
    settings = load_settings()
    where = str(settings.store_url).replace("objects:7070", f"127.0.0.1:{port}")
    with subprocess.Popen([*service["entrypoint"], script], env=environment, cwd=tmp_path) as server:
        try:
            wait_until(lambda: _listens(port), "the S3 server listens", 120)
            (found,) = look_at_objects(Situation(settings.model_copy(update={"store_url": where}), SystemClock()))
        finally:
            server.terminate()
    assert found.state is State.GOOD, found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
