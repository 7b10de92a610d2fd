"""Proves `sharinghub lint` as a user runs it: what it prints, its exit codes, and that a checkout needs no network."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.generate import DOCS
from tests.sharinghub_ext.lint.checkouts import card, checkout, git, pointer, write
from tests.support.running import RunningHub, SampleWorld

HUB = [sys.executable, "-m", "sharinghub_ext.cli", "lint"]
BROKEN = "---\ntitle: Crops\nlicense: MIT\nextent:\n  spatial: [500, 0, 1, 1]\n---\nText\n"
# Refuses every connection and every look-up of a name, in this process and in those of Python that it starts.
REFUSING = """
import socket
def refuse(*arguments, **options):
    raise AssertionError(f"the network is used: {arguments}")
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
"""


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run it with no more of an environment than what finds git."""
    return subprocess.run(
        [*HUB, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def at_gitlab(world: SampleWorld, folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    settings = {"SHARINGHUB_GITLAB_URL": world.gitlab.url, "SHARINGHUB_GITLAB_TOKEN": world.samples.service_token}
    return run(folder, *arguments, **{**settings, "SHARINGHUB_GITLAB_RETRIES": "0", **more})


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return checkout(tmp_path / "crops", {"README.md": BROKEN})


def test_the_checkout_that_one_is_in_is_linted(broken: Path) -> None:
    write(broken, {"deep/er/file.txt": "x"})
    for folder in (broken, broken / "deep" / "er"):
        done = run(folder, "--category", "dataset")
        assert done.returncode == 1, done.stderr
        assert re.search(r"^README.md:5: warning spatial-extent: The spatial extent is not used", done.stdout)
        assert done.stdout.endswith("crops as dataset: 0 errors, 1 warning, 0 info\n")
        assert done.stderr == ""


def test_a_good_project_ends_with_0_and_says_so(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "good", {"README.md": card()})
    done = run(tmp_path, "good", "--category", "dataset")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "good as dataset: 0 errors, 0 warnings, 0 info\n"
    guessed = run(folder)
    assert "--category says it" in guessed.stderr
    assert guessed.returncode == 0


def test_the_item_alone_is_on_the_standard_output(broken: Path) -> None:
    done = run(broken, "--category", "dataset", "--item")
    item = json.loads(done.stdout)
    assert (item["type"], item["collection"], item["properties"]["title"]) == ("Feature", "dataset", "Crops")
    assert "spatial-extent" in done.stderr
    assert done.returncode == 1
    both = json.loads(run(broken, "--item").stdout)
    assert [one["collection"] for one in both["features"]] == ["ai-model", "dataset"]


def test_the_item_is_valid(broken: Path, shared: Path) -> None:
    done = run(broken, "--category", "ai-model", "--item")
    file = broken.parent / "item.json"
    file.write_text(done.stdout)
    validator = shared / "stac" / "validate_item.py"
    checked = subprocess.run([sys.executable, str(validator), str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_where_values_come_from_is_shown(broken: Path) -> None:
    done = run(broken, "--category", "ai-model", "--provenance")
    assert re.search(r"^  title +Crops  \(README.md front matter\)$", done.stdout, re.MULTILINE)
    assert "ml-model:architecture" in done.stdout


def test_json_is_one_document(broken: Path) -> None:
    done = run(broken, "--format", "json", "--item", "--provenance", "--category", "dataset")
    document = json.loads(done.stdout)
    assert [(one["rule"], one["line"]) for one in document["problems"]] == [("spatial-extent", 5)]
    assert document["items"]["dataset"]["collection"] == "dataset"
    assert document["provenance"]["dataset"]


def test_a_report_for_gitlab_goes_to_a_file_and_the_text_to_the_log(broken: Path) -> None:
    done = run(broken, "--category", "dataset", "--format", "gitlab", "--output", "report.json")
    assert "spatial-extent" in done.stdout
    (entry,) = json.loads((broken / "report.json").read_text())
    assert entry["check_name"] == "spatial-extent"
    assert entry["location"] == {"path": "README.md", "lines": {"begin": 5}}
    assert json.loads(run(broken, "--category", "dataset", "--format", "gitlab").stdout) == [entry]


def test_it_says_the_same_each_time(tmp_path: Path) -> None:
    files = {f"data/{n}.csv.dvc": "outs: 5" for n in range(20)}
    folder = checkout(tmp_path / "a", {"README.md": BROKEN, "CITATION.cff": "title: 5\n", **files})
    told = {run(folder, "--format", "json", "--item", PYTHONHASHSEED=seed).stdout for seed in ("1", "2")}
    assert len(told) == 1


def test_a_job_prints_utf_8_whatever_its_locale_is(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": card(assets=["données/été.csv"])})
    done = run(folder, "--category", "dataset", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "données/été.csv" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["group/project"], "SHARINGHUB_GITLAB_URL: must be set"),
        (["./nowhere"], "there is no such folder"),
        (["--format", "gitlab", "--item"], "--item"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(broken: Path, arguments: list[str], says: str) -> None:
    done = run(broken, *arguments)
    assert done.returncode == 2, done.stdout
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_help_teaches(tmp_path: Path) -> None:
    told = run(tmp_path, "--help").stdout
    for text in ("gl-code-quality-report.json", "codequality:", "--category", "Exit code 0", "SHARINGHUB_GITLAB_URL"):
        assert text in told


# Without a network


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """A checkout with all that could tempt to ask somebody: a remote, DVC remotes, addresses, missing objects."""
    files = {
        "README.md": card("[x](https://example.org) ![p](https://example.org/p.png)", doi="10.5281/zenodo.1234567"),
        "CITATION.cff": "cff-version: 1.2.0\ntitle: T\nauthors: [{name: A}]\nurl: https://example.org\n",
        ".gitattributes": "*.onnx filter=lfs\n",
        "model.onnx": pointer(b"weights"),
        ".dvc/config": "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/data\n",
        "data.dvc": "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: data\n",
    }
    folder = checkout(tmp_path / "all", files, "https://gitlab.example.org/soil/crops.git")
    git(folder, "config", "remote.origin.promisor", "true")
    return folder


def test_a_checkout_is_linted_with_sockets_refused(everything: Path, tmp_path: Path) -> None:
    write(tmp_path / "site", {"sitecustomize.py": REFUSING})
    refused = {"PYTHONPATH": str(tmp_path / "site")}
    check = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"],
        env={"PATH": os.environ["PATH"], **refused},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the network is used" in check.stderr  # so the proof can fail
    done = run(everything, **refused)
    assert "the network is used" not in done.stderr
    assert done.stdout.splitlines()[-1].startswith("soil/crops as ai-model, dataset:")


def test_a_checkout_is_linted_on_a_machine_without_a_network(everything: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        pytest.skip("needs unshare, and leave to make a network namespace")
    alone = subprocess.run(
        ["unshare", "-rn", *HUB], cwd=everything, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False
    )
    assert alone.stdout.decode() == run(everything).stdout


def test_without_git_the_variables_of_the_job_are_enough(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "crops", {"README.md": BROKEN})
    job = {
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(folder),
        "CI_PROJECT_PATH": "soil/crops",
        "CI_PROJECT_ID": "42",
        "CI_SERVER_URL": "https://gitlab.example.org",
        "CI_PROJECT_TOPICS": "sharinghub:dataset",
        "CI_COMMIT_SHA": "a" * 40,
        "CI_COMMIT_TIMESTAMP": "2024-05-06T07:08:09+02:00",
    }
    done = run(folder, "--item", **{**job, "PATH": str(tmp_path)})
    item = json.loads(done.stdout)
    assert (item["id"], item["collection"]) == ("42", "dataset")
    assert item["properties"]["sharinghub:revision"] == "a" * 40
    assert item["properties"]["datetime"] == "2024-05-06T05:08:09Z"
    assert "git is not installed" in done.stderr


# At GitLab


def test_a_project_at_gitlab_is_linted_with_the_service_token(
    standing: tuple[SampleWorld, RunningHub], tmp_path: Path
) -> None:
    world, _ = standing
    path = "earth/models/soil-moisture-lstm"
    done = at_gitlab(world, tmp_path, path)
    assert done.returncode == 1, done.stderr
    assert "README.md:2: warning front-matter-yaml" in done.stdout
    assert done.stderr == ""  # what moves is for terminals
    assert done.stdout.splitlines()[-1].startswith(f"{path} as ai-model:")
    number = str(world.samples.projects[path])
    assert at_gitlab(world, tmp_path, f"{world.gitlab.url}/{path}").stdout == done.stdout
    assert json.loads(at_gitlab(world, tmp_path, number, "--item").stdout)["id"] == number
    assert world.samples.service_token not in done.stdout + done.stderr


def test_a_folder_of_the_same_name_is_read_unless_gitlab_is_meant(
    standing: tuple[SampleWorld, RunningHub], tmp_path: Path
) -> None:
    world, _ = standing
    path = "earth/models/soil-moisture-lstm"
    write(tmp_path / path, {"README.md": card()})
    assert "front-matter-yaml" not in at_gitlab(world, tmp_path, path).stdout
    assert "front-matter-yaml" in at_gitlab(world, tmp_path, "--gitlab", path).stdout


def test_what_gitlab_refuses_is_one_message_and_exit_code_3(
    standing: tuple[SampleWorld, RunningHub], tmp_path: Path
) -> None:
    world, _ = standing
    for done, says in (
        (at_gitlab(world, tmp_path, "no/such"), "no such project"),
        (at_gitlab(world, tmp_path, "a/b", SHARINGHUB_GITLAB_URL="http://127.0.0.1:9"), "no GitLab answers"),
    ):
        assert done.returncode == 3, done.stderr
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        assert "glpat-" not in done.stderr


# The documentation


def jobs() -> dict[str, Any]:
    written = re.search(r'```yaml title=".gitlab-ci.yml"\n(.*?)```', (DOCS / "lint.md").read_text(), re.DOTALL)
    assert written is not None
    found = yaml.safe_load(written[1])
    assert isinstance(found, dict)
    return found


def test_the_job_of_the_documentation_does_what_it_says(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "crops", {"README.md": BROKEN})
    (job,) = jobs().values()
    assert set(job) <= {"image", "stage", "script", "artifacts", "rules", "allow_failure", "needs", "variables"}
    report = job["artifacts"]["reports"]["codequality"]
    assert job["artifacts"]["when"] == "always"
    command = next(line for line in job["script"] if "sharinghub lint" in line)
    script = command.replace("sharinghub lint", " ".join(HUB))
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["sh", "-ec", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "spatial-extent" in done.stdout
    assert "spatial-extent" in {one["check_name"] for one in json.loads((folder / report).read_text())}
