"""That every output which the real DVC tracks is found, once, under its path, hash and project."""

import hashlib
from typing import Any

from stac_ext.dvc.manifest import page_of, read_manifest
from stac_ext.dvc.outputs import MAX_OUTPUTS, DvcOutput
from stac_ext.dvc.repository import read_dvc
from stac_ext.model import FileText
from stac_ext.problem_log import ProblemLog
from stac_ext.sources import wanted_texts
from tests.stac_ext.dvc.conftest import objects_below
from tests.stac_ext.dvc.projects import Repository, make_facts, rules

MD5 = "0123456789abcdef0123456789abcdef"


def outputs_of(files: dict[str, Any], **changes: Any) -> tuple[dict[str, DvcOutput], list[str]]:
    log = ProblemLog()
    found = read_dvc(make_facts(files, **changes), log).outputs
    assert len({output.path for output in found}) == len(found)
    return {output.path: output for output in found}, rules(log)


def found_in(repository: Repository) -> dict[str, DvcOutput]:
    log = ProblemLog()
    outputs = read_dvc(repository.facts(), log).outputs
    assert rules(log) == []
    return {output.path: output for output in outputs}


def test_what_dvc_tracks_is_found(tracked: Repository) -> None:
    found = found_in(tracked)
    assert sorted(found) == [
        *("data.csv", "grid-1-nir.csv", "grid-1-red.csv", "grid-2-nir.csv", "grid-2-red.csv", "images", "north.tif"),
        *("south.tif", "sub/folder/x y.onnx", "trained/log.txt", "trained/model", "trained/scores.json"),
    ]
    data = found["data.csv"]
    assert (data.md5, data.size) == (hashlib.md5(b"a,b\r\n1,2\r\n").hexdigest(), 10)
    assert (data.is_dir, data.legacy, data.source, data.origin) == (False, False, "data.csv.dvc", None)
    images = found["images"]
    assert (images.is_dir, images.size, images.nfiles) == (True, 3, 2)
    assert found["sub/folder/x y.onnx"].source == "sub/folder/x y.onnx.dvc"
    assert found["north.tif"].source == "dvc.lock"


def test_the_pipeline_says_how_outputs_are_kept(tracked: Repository) -> None:
    found = found_in(tracked)
    assert (found["trained/model"].remote, found["trained/model"].description) == ("bucket", "Weights of the model")
    assert [path for path, output in found.items() if not output.cached] == ["trained/scores.json"]
    grids = [path for path in found if path.startswith("grid-")]
    assert [path for path, output in found.items() if not output.pushed] == [*grids, "trained/log.txt"]


def test_keys_are_those_that_dvc_pushes(tracked: Repository) -> None:
    """Every object in the store is that of an output, or is named by the manifest of one."""
    stored = objects_below(tracked.folder.parent / "store")
    named: set[str] = set()
    for output in found_in(tracked).values():
        if not (output.cached and output.pushed and output.remote is None):
            continue
        assert output.key is not None
        named.add(output.key)
        assert hashlib.md5(stored[output.key]).hexdigest() == output.md5
        if output.is_dir:
            files = page_of(read_manifest(stored[output.key])).files
            assert len(files) == output.nfiles
            named |= {f"files/md5/{file.md5[:2]}/{file.md5[2:]}" for file in files}
        else:
            assert len(stored[output.key]) == output.size
    assert named == set(stored)
    model = found_in(tracked)["trained/model"].key
    assert model in objects_below(tracked.folder.parent / "bucket")


def test_imports_say_where_they_come_from(importing: Repository) -> None:
    found = found_in(importing)
    head = importing_head(importing)
    imported = found["imported"].origin
    assert imported is not None
    assert (imported.kind, imported.path, imported.revision) == ("repository", "set", head)
    assert imported.url is None, "a folder of this machine is not shown"
    outside, web, later = (found[path].origin for path in ("outside.txt", "web.csv", "later.csv"))
    assert outside is not None
    assert (outside.kind, outside.url) == ("url", None)
    assert outside.checksum == hashlib.md5(b"outside").hexdigest()
    assert web is not None
    assert web.url is not None
    assert web.url.endswith("/web.csv")
    assert web.checksum is not None
    assert hashlib.md5(b"/web.csv").hexdigest() in web.checksum
    assert found["web.csv"].md5 == hashlib.md5(b"/web.csv").hexdigest()
    assert later is not None
    assert (found["later.csv"].md5, found["later.csv"].key) == (None, None)


def importing_head(repository: Repository) -> str:
    other = repository.folder.parent / "other" / ".git"
    head = (other / "HEAD").read_text().strip().removeprefix("ref: ")
    return (other / head).read_text().strip()


def test_an_output_belongs_to_the_nearest_dvc_project(nested: Repository) -> None:
    facts = nested.facts()
    log = ProblemLog()
    repository = read_dvc(facts, log)
    roots = {output.path: (output.root, repository.config_of(output).default) for output in repository.outputs}
    assert roots == {"east/data/raw.bin": ("east", "main"), "west/inner/data/raw.bin": ("west/inner", "main")}
    urls = {root: [remote.url for remote in config.remotes] for root, config in repository.configs.items()}
    assert urls == {"": [], "east": ["https://store.example/east"], "west/inner": ["s3://west"]}
    assert rules(log) == []


def test_all_that_dvc_writes_is_read_by_a_catalogue(tracked: Repository) -> None:
    """The files that make the outputs are among those that the index reads."""
    facts = tracked.facts()
    wanted = {path for path, _ in wanted_texts(facts.files)}
    needed = {path for path in facts.texts if path.endswith((".dvc", "dvc.lock", "dvc.yaml", ".dvc/config"))}
    assert needed <= wanted


def test_a_large_directory_is_one_output(large: Repository) -> None:
    found = found_in(large)
    assert list(found) == ["tiles"]
    assert found["tiles"].nfiles == 10_000


def test_a_pointer_of_dvc_2() -> None:
    found, said = outputs_of({"a/d.dvc": f"outs:\n- md5: {MD5}.dir\n  size: 5\n  nfiles: 2\n  path: d\n"})
    output = found["a/d"]
    assert (output.legacy, output.key, output.is_dir) == (True, f"01/{MD5[2:]}.dir", True)
    assert said == []


def test_a_stage_file_of_dvc_0() -> None:
    text = f"cmd: x\nwdir: ..\ndeps:\n- path: in\n  md5: {MD5}\nouts:\n- path: out.bin\n  cache: false\n  md5: {MD5}\n"
    found, said = outputs_of({"stages/train.dvc": text})
    assert (found["out.bin"].cached, found["out.bin"].origin, said) == (False, None, [])


def test_a_lock_of_dvc_1() -> None:
    found, said = outputs_of({"p/dvc.lock": f"train:\n  cmd: x\n  outs:\n  - path: m.bin\n    md5: {MD5}\n"})
    assert (found["p/m.bin"].md5, found["p/m.bin"].legacy, said) == (MD5, True, [])


def test_an_empty_lock_says_nothing() -> None:
    assert outputs_of({"dvc.lock": "schema: '2.0'\n", "a/dvc.lock": ""}) == ({}, [])


def test_cloud_versions() -> None:
    text = (
        f"outs:\n- path: one.bin\n  hash: md5\n  md5: {MD5}\n  size: 3\n  cloud:\n    bucket:\n      etag: x\n"
        "      version_id: v.1\n- path: many\n  files:\n  - relpath: a\n    size: 2\n    md5: {0}\n    cloud:\n"
        "      bucket:\n        version_id: v2\n  - relpath: b\n    size: 3\n    md5: {0}\n"
    ).replace("{0}", MD5)
    found, said = outputs_of({"x.dvc": text})
    assert found["one.bin"].versions == (("bucket", "v.1"),)
    many = found["many"]
    assert (many.versions, many.is_dir, many.nfiles, many.size) == ((("bucket", None),), True, 2, 5)
    assert said == []


def test_the_same_output_counts_once_and_a_hash_wins() -> None:
    lock = (
        f"schema: '2.0'\nstages:\n  s:\n    cmd: x\n    outs:\n    - path: d.bin\n      hash: md5\n      md5: {MD5}\n"
    )
    found, said = outputs_of({"d.bin.dvc": "outs:\n- path: d.bin\n", "dvc.lock": lock})
    assert (found["d.bin"].source, said) == ("dvc.lock", [])
    other = f"outs:\n- path: d.bin\n  hash: md5\n  md5: {MD5[::-1]}\n"
    found, said = outputs_of({"d.bin.dvc": other, "dvc.lock": lock})
    assert (found["d.bin"].source, said) == ("d.bin.dvc", ["dvc-output-twice"])


def test_no_output_leaves_the_repository() -> None:
    paths = ["../../x", "/etc/passwd", "~/x", "s3://b/x", "remote://r/x", "C:\\x", "a\\b", '"a\\u0007"', "..", "''"]
    for path in paths:
        found, said = outputs_of({"a/d.dvc": f"outs:\n- path: {path}\n  md5: {MD5}\n- path: ok\n"})
        assert (list(found), said) == (["a/ok"], ["dvc-path"]), path
    assert outputs_of({"a/d.dvc": f"wdir: ../..\nouts:\n- path: x\n  md5: {MD5}\n"}) == ({}, ["dvc-wdir"])
    assert outputs_of({"d.dvc": f"outs:\n- path: .\n  md5: {MD5}\n"}) == ({}, ["dvc-path"])
    assert list(outputs_of({"a/d.dvc": "outs:\n- path: ../x\n"})[0]) == ["x"]


def test_a_working_folder_that_is_not_known_costs_its_stage() -> None:
    lock = "schema: '2.0'\nstages:\n  s:\n    outs:\n    - path: a\n  t@x:\n    outs:\n    - path: b\n"
    pipeline = "stages:\n  s:\n    wdir: ${where}\n  t:\n    foreach: [x]\n    do:\n      wdir: in/${item}\n"
    found, said = outputs_of({"dvc.lock": lock, "dvc.yaml": pipeline})
    assert (list(found), said) == (["in/x/b"], ["dvc-wdir"])


def test_what_is_broken_costs_itself() -> None:
    files = {
        "a.dvc": b"\xff\xfe\x00",
        "b.dvc": "outs: [",
        "c.dvc": "just text",
        "d.dvc": "outs:\n- path: d\n  md5: nonsense\n  size: -1\n  nfiles: 99999999999999999\n- 7\n",
        "e.dvc": "outs:\n- path: e\n  md5: " + MD5.upper() + "\n  hash: md5\n",
        "f.dvc": "outs:\n- path: f\n  md5: " + MD5 + "\n  hash: sha256\n",
        "g.dvc": "[" * 50,
    }
    found, said = outputs_of(files)
    assert sorted(found) == ["d", "e", "f"]
    assert (found["e"].md5, found["f"].md5, found["d"].md5) == (MD5, None, None)
    assert (found["d"].size, found["d"].nfiles) == (None, None)
    assert sorted(said) == [
        *("dvc-file-type", "dvc-hash", "dvc-hash", "dvc-path", "dvc-size", "dvc-size"),
        *("dvc-yaml", "dvc-yaml", "dvc-yaml"),
    ]


def test_a_yaml_fault_is_told_with_its_line() -> None:
    log = ProblemLog()
    read_dvc(make_facts({"x.dvc": "outs:\n- path: a\n  md5: [\n"}), log)
    (problem,) = log.result()
    assert (problem.path, problem.line) == ("x.dvc", 4)


def test_of_a_cut_lock_the_whole_stages_are_read() -> None:
    stages = "".join(f"  s{n}:\n    cmd: x\n    outs:\n    - path: o{n}\n      size: 1234\n" for n in range(3))
    whole = f"schema: '2.0'\nstages:\n{stages}".encode()
    for cut in range(1, 12):
        found, said = outputs_of({"dvc.lock": FileText(whole[:-cut], truncated=True)})
        assert (list(found), said) == (["o0", "o1"], ["dvc-file-size"])
    assert outputs_of({"x.dvc": FileText(b"outs:\n- path: a\n  size: 12", truncated=True)}) == ({}, ["dvc-file-size"])


def test_files_that_were_not_read_are_told() -> None:
    facts = make_facts({"a.dvc": "outs:\n- path: a\n", "b.dvc": "outs: []\n", ".dvc/config.local": "x"})
    log = ProblemLog()
    unread = make_facts({"a.dvc": "outs:\n- path: a\n"}, files=facts.files)
    assert len(read_dvc(unread, log).outputs) == 1
    assert rules(log) == ["dvc-unread", "dvc-remote-secret"]


def test_a_configuration_that_was_not_read_is_told() -> None:
    facts = make_facts({"a.dvc": "outs:\n- path: a\n", ".dvc/config": "[core]\n"})
    log = ProblemLog()
    texts = {"a.dvc": facts.texts["a.dvc"]}
    repository = read_dvc(make_facts({}, files=facts.files, texts=texts), log)
    assert (repository.configs[""].unread, rules(log)) == (True, ["dvc-config-unread"])


def test_aliases_cannot_multiply_outputs() -> None:
    outs = "".join(f"  - path: o{n}\n" for n in range(2_000))
    stages = "".join(f"  s{n}: *s\n" for n in range(5_000))
    lock = f"schema: '2.0'\nx: &s\n  outs:\n{outs}stages:\n{stages}"
    found, _ = outputs_of({"dvc.lock": lock})
    assert len(found) == 2_000


def test_outputs_are_bounded() -> None:
    many = "".join(f"- path: o{n}\n" for n in range(30_000))
    found, said = outputs_of({f"{name}/x.dvc": f"outs:\n{many}" for name in "ab"})
    assert (len(found), said) == (MAX_OUTPUTS, ["dvc-too-many"])


def test_an_empty_repository_has_none() -> None:
    assert outputs_of({"a.dvc": "outs:\n- path: a\n"}, head_sha=None) == ({}, [])


def test_files_in_the_folder_of_dvc_are_no_pointers() -> None:
    assert outputs_of({".dvc/tmp/a.dvc": "x", ".dvc/dvc.lock": "x", "b/.dvc": "x"}) == ({}, [])
