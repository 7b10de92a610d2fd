"""Repositories that the real DVC made, each once for all tests."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.stac_ext.dvc.projects import Repository

PIPELINE = """
stages:
  train:
    wdir: trained
    cmd:
    - python -c "import os; os.mkdir('model'); open('model/a.bin', 'w').write('weights')"
    - python -c "[open(path, 'w').write(path) for path in ('scores.json', 'log.txt')]"
    outs:
    - model:
        desc: Weights of the model
        remote: bucket
    - log.txt:
        push: false
    metrics:
    - scores.json:
        cache: false
  tile:
    foreach: [north, south]
    do:
      cmd: python -c "open('${item}.tif', 'w').write('${item}')"
      outs:
      - ${item}.tif
  grid:
    matrix:
      level: [1, 2]
      band: [red, nir]
    cmd: python -c "open('grid-${item.level}-${item.band}.csv', 'w').write('${item.level}${item.band}')"
    outs:
    - grid-${item.level}-${item.band}.csv:
        push: false
"""


@pytest.fixture(scope="session")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Files, a directory, subfolders and a pipeline, pushed to a folder `store` beside the repository."""
    repository = Repository(tmp_path_factory.mktemp("tracked") / "repository")
    repository.write("data.csv", b"a,b\r\n1,2\r\n")
    repository.write("images/one.png", b"1")
    repository.write("images/deep/two.png", b"22")
    repository.write("sub/folder/x y.onnx", b"onnx")
    repository.write("trained/.keep", b"")
    repository.write("dvc.yaml", PIPELINE)
    repository.dvc(
        "init",
        "config core.analytics false",
        "remote add -d Store ../store",
        "remote add bucket ../bucket",
        "add data.csv images",
        ["add", "sub/folder/x y.onnx"],
        "repro",
    )
    repository.dvc("push", "remote modify bucket url s3://bucket/prefix")
    repository.commit()
    return repository


@pytest.fixture(scope="session")
def importing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Imports from another repository, from a folder and from a web server, and one that was never downloaded."""
    folder = tmp_path_factory.mktemp("importing")
    other = Repository(folder / "other")
    other.write("set/a.txt", b"a")
    other.write("plain.txt", b"in git")
    other.dvc("init", "config core.analytics false", "add set")
    other.commit()
    repository = Repository(folder / "repository")
    (folder / "outside.txt").write_bytes(b"outside")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tagged)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    repository.dvc(
        "init",
        "config core.analytics false",
        "import ../other set -o imported",
        "import ../other plain.txt",
        f"import-url {folder / 'outside.txt'} outside.txt",
        f"import-url {url}/web.csv",
        f"import-url --no-download {url}/later.csv",
    )
    repository.commit()
    yield repository
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, str, dict[str, bytes]]]:
    """A repository whose default remote is a web server, with its URL, and what DVC uploaded by path.

    It holds one file of DVC 3 and one that DVC 2 tracked, whose hash is that of the text with other line ends.
    """
    _Store.uploads = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/dvc"
    repository = Repository(tmp_path_factory.mktemp("pushed") / "repository")
    repository.write("new/a.bin", b"new")
    repository.dvc("init", "config core.analytics false", f"remote add -d hub {url}/42", "add new")
    old = hashlib.md5(b"old\n").hexdigest()
    repository.write("old.txt", b"old\r\n")
    repository.write(f".dvc/cache/{old[:2]}/{old[2:]}", b"old\r\n")
    repository.write("old.txt.dvc", f"outs:\n- md5: {old}\n  size: 5\n  path: old.txt\n")
    repository.write(".gitignore", "/new\n/old.txt\n")
    repository.dvc("push")
    repository.commit()
    yield repository, url, _Store.uploads
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two DVC projects in one repository, neither at its root, and each with a remote of its own."""
    repository = Repository(tmp_path_factory.mktemp("nested") / "repository")
    for name, url in (("east", "https://store.example/east"), ("west/inner", "s3://west")):
        repository.write(f"{name}/data/raw.bin", name)
        repository.dvc(
            "init --subdir",
            "config core.analytics false",
            f"remote add -d main {url}",
            "add data/raw.bin",
            below=name,
        )
    repository.commit()
    return repository


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A directory of 10,000 files as one output."""
    repository = Repository(tmp_path_factory.mktemp("large") / "repository")
    folder = repository.folder / "tiles"
    for number in range(10_000):
        path = folder / f"{number % 100:02}" / f"{number:05}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
    repository.dvc("init", "config core.analytics false", "add tiles")
    repository.commit()
    return repository


class _Tagged(BaseHTTPRequestHandler):
    """Answers with the path, under an ETag as DVC needs one."""

    def do_GET(self) -> None:
        self._answer(self.path.encode())

    def do_HEAD(self) -> None:
        self._answer(b"")

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.md5(self.path.encode()).hexdigest()}"')
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(body)


class _Store(BaseHTTPRequestHandler):
    """Keeps what is posted to it by path."""

    protocol_version = "HTTP/1.1"
    uploads: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        self._answer(200 if self.path in self.uploads else 404)

    def do_POST(self) -> None:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.uploads[self.path] = body
        self._answer(200)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def objects_below(folder: Path) -> dict[str, bytes]:
    """The objects of a store by their keys."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
