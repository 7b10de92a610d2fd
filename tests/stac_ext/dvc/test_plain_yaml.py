"""That YAML is read as text, lists and mappings, and no further than its limits."""

from typing import Any

import pytest
import yaml

from stac_ext.dvc import plain_yaml
from stac_ext.dvc.lock import read_lock
from stac_ext.dvc.plain_yaml import MAX_DEPTH, PlainReader, PlainYamlError
from stac_ext.dvc.pointers import read_pointer
from stac_ext.problem_log import ProblemLog


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("'~'", "~"),
        ("a: 0123\nb: 1e5\nc: yes\nd:\ne: 'null'", {"a": "0123", "b": "1e5", "c": "yes", "d": None, "e": "null"}),
        ("- [1, {a: b}]\n- !!python/name:os.system x", [["1", {"a": "b"}], "x"]),
        ("a: 1\na: 2", {"a": "2"}),
        ("? [x]\n: 1\n? ~\n: 2\nb: 3", {"b": "3"}),
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {b: 4, <<: [*x, {c: 5, a: 6}]}",
         {"x": {"a": "1", "b": "2"}, "y": {"a": "1", "b": "3"}, "z": {"b": "4", "a": "1", "c": "5"}}),
        ("a\n--- \nb", "a"),
        ("\ufeffa: 1", {"a": "1"}),
    ],
)  # fmt: skip
def test_values(text: str, value: Any) -> None:
    assert PlainReader().read(text.encode()) == value


@pytest.mark.parametrize("data", [b"a: [", b"\xff", b"*a", b"a: b: c", b"\x00", b"%YAML 9\n--- a", b"{" * 1_000])
def test_what_is_no_yaml(data: bytes) -> None:
    with pytest.raises(PlainYamlError):
        PlainReader().read(data)


def test_an_alias_may_lead_back_to_itself() -> None:
    value = PlainReader().read(b"&a [*a]")
    assert value[0] is value


def test_limits() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert PlainReader().read(deep.encode()) is not None
    with pytest.raises(PlainYamlError, match="nested"):
        PlainReader().read(f"[{deep}]".encode())
    reader = PlainReader(10)
    assert reader.read(b"[a, b, c]") == ["a", "b", "c"]
    with pytest.raises(PlainYamlError, match="more values"):
        reader.read(b"[a, b, c, d, e, f, g]")


def test_merged_keys_count() -> None:
    merged = "\n".join(f"m{n}: {{<<: *x}}" for n in range(100))
    wide = ", ".join(f"k{n}: v" for n in range(49))
    with pytest.raises(PlainYamlError, match="more values"):
        PlainReader(5_000).read(f"x: &x {{{wide}}}\n{merged}".encode())


def test_without_libyaml_the_values_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a: ~\nb: '~'\nc: 0123\nd: [&x {e: 1}, *x]\nf: {<<: *x}\n"
    fast = PlainReader().read(text)
    monkeypatch.setattr(plain_yaml, "_LOADER", yaml.SafeLoader)
    assert PlainReader().read(text) == fast
    with pytest.raises(PlainYamlError):
        PlainReader().read(b"[" * 10_000)


def test_problems_of_dvc_files_have_the_line_of_what_they_are_about() -> None:
    """Only what was no YAML at all had a line."""
    log = ProblemLog()
    good = b"- md5: 0123456789abcdef0123456789abcdef\n  path: fine\n"
    pointer = b"outs:\n" + good + b"- md5: none\n  size: many\n  path: a\n- path: ../b\n"
    read_pointer(PlainReader().read(pointer), "x.dvc", log)
    lock = b"schema: '2.0'\nstages:\n  one:\n    cmd: x\n    outs:\n    - path: /etc\n"
    read_lock(PlainReader().read(lock), "dvc.lock", {}, log)
    told = [(one.path, one.rule, one.line) for one in log.result()]
    assert told == [
        ("x.dvc", "dvc-hash", 4),
        ("x.dvc", "dvc-size", 4),
        ("x.dvc", "dvc-path", 7),
        ("dvc.lock", "dvc-path", 6),
    ]
