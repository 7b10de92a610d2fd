"""That nothing which a repository holds in DVC's files makes them raise, leave the repository or break the item."""

import contextlib
from typing import Any

import orjson
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.dvc.assets import dvc_assets
from stac_ext.dvc.plain_yaml import PlainReader, PlainYamlError
from stac_ext.dvc.repository import read_dvc
from stac_ext.model import FileText
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.dvc.projects import CONTEXT, DVC_URL, make_facts
from tests.stac_ext.dvc.test_assets import check

MD5 = "0123456789abcdef0123456789abcdef"
PATHS = (
    "a.dvc",
    "sub/b.dvc",
    "dvc.lock",
    "dvc.yaml",
    ".dvc/config",
    "sub/.dvc/config",
    "\ud800.dvc",
    "../x.dvc",
    "/y.dvc",
)

scalars = st.sampled_from(
    [
        *("a.tif", "../x", "/x", "s3://b/x", "https://u:p@h/x", "remote://r/x", MD5, f"{MD5}.dir", "md5", "r", "false"),
        *("${item}", "s@a", "git@h:p", "true", "[", "1e9", "-1", "2.0"),
    ]
) | (st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12))
keys = st.sampled_from(
    [
        *("outs", "deps", "path", "md5", "hash", "size", "nfiles", "cache", "push", "remote", "cloud", "files", "repo"),
        *("url", "rev", "rev_lock", "stages", "schema", "wdir", "cmd", "do", "foreach", "metrics", "plots", "s", "s@a"),
        *("desc", "type", "labels", "meta", "config", "fs_config", "version_id", "etag", "relpath", "<<", "r"),
    ]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=15
)
outs = st.fixed_dictionaries(
    {"path": scalars},
    optional={
        "md5": scalars,
        "hash": st.just("md5"),
        "size": scalars,
        "nfiles": scalars,
        "cloud": values,
        "files": values,
        "remote": scalars,
        "cache": scalars,
        "push": scalars,
    },
)
documents = values | st.fixed_dictionaries(
    {"outs": st.lists(outs | values, max_size=3)}, optional={"deps": st.lists(values, max_size=1), "wdir": scalars}
)
locks = st.fixed_dictionaries(
    {
        "schema": st.just("2.0"),
        "stages": st.dictionaries(keys, st.fixed_dictionaries({"outs": st.lists(outs)}), max_size=3),
    }
)
written = (documents | locks).map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace"))
settings_lines = st.lists(
    st.sampled_from(
        [
            *(
                "[core]",
                "remote = r",
                "['remote \"r\"']",
                "['remote \"s\"']",
                "url = s3://b/p",
                "url = remote://s/x",
                "x",
            ),
            *(
                "url = https://u:p@h:1/x?y",
                "url = https://[",
                "url = /x",
                f"url = {DVC_URL}/42",
                "password = p",
                "= =",
                "[",
            ),
            *("endpointurl = https://e", "version_aware = true", "url = azure://c", "account_name = a", "url = gs://b"),
        ]
    )
    | st.text(max_size=20)
)
noise = st.lists(
    st.sampled_from(
        [*"[]{}:,&*!|>'\"%@`#?<=~ \t\n ab1.\\é", "\n- ", "outs:\n- ", "path: ", "<<: *", "&a ", "*a", "!!"]
    ),
    max_size=60,
).map(lambda pieces: "".join(pieces).encode())
contents = (
    st.binary(max_size=200)
    | noise
    | written
    | settings_lines.map(lambda lines: "\n".join(lines).encode("utf-8", "replace"))
)
any_input = settings(max_examples=125, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@any_input
@given(
    files=st.dictionaries(st.sampled_from(PATHS), st.builds(FileText, contents, st.booleans()), max_size=6),
    used=st.sets(st.sampled_from(["a.tif", "a", "sub/a.tif"])),
    dvc_url=st.sampled_from([DVC_URL, None, "", "https://[bad"]),
    ml_model=st.booleans(),
)
def test_any_files_of_dvc_give_a_valid_item(
    files: dict[str, FileText], used: set[str], dvc_url: str | None, ml_model: bool
) -> None:
    log = ProblemLog()
    facts = make_facts(files)
    repository = read_dvc(facts, log)
    built = dvc_assets(repository, facts, CONTEXT, dvc_url, used, log, ml_model=ml_model)
    check(built)
    shown: dict[str, Any] = {key: asset.to_dict() for key, asset in built.assets.items()}
    assert not used & set(shown)
    assert orjson.loads(orjson.dumps([shown, dict(built.properties)])) == [shown, built.properties]
    assert "//u:p@" not in repr((shown, built.properties, log.result()))
    for output in repository.outputs:
        assert not output.path.startswith(("/", "../"))
        assert output.path not in ("", ".", "..")
    for problem in log.result():
        orjson.dumps([problem.message, problem.path, problem.fix])
        assert problem.rule.startswith("dvc-")


@any_input
@given(data=contents)
def test_any_bytes_are_plain_or_refused(data: bytes) -> None:
    with contextlib.suppress(PlainYamlError):
        check_plain(PlainReader(1_000).read(data))


def check_plain(value: Any) -> None:
    """An alias may lead back to itself, so that each value is looked at once."""
    seen: set[int] = set()
    left = [value]
    while left:
        each = left.pop()
        assert each is None or isinstance(each, str | list | dict)
        if id(each) not in seen and isinstance(each, list | dict):
            seen.add(id(each))
            left += each.values() if isinstance(each, dict) else each
