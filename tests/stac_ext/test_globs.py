"""That globs name the paths they should, at any depth unless bound, and cannot be made slow."""

import pytest

from stac_ext.globs import Glob, GlobSet


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.tif", ["a.tif", "x/a.tif", "x/y/.tif"], ["a.tiff", "a.tif/b", "atif"]),
        ("/*.tif", ["a.tif"], ["x/a.tif"]),
        ("./*.tif", ["a.tif", "x/a.tif"], ["a.png"]),
        ("data/*.tif", ["data/a.tif", "x/data/a.tif"], ["data/x/a.tif", "a.tif"]),
        ("**/*.tif", ["a.tif", "x/a.tif", "x/y/a.tif"], ["a.png"]),
        ("data/**", ["data/a", "data/x/y"], ["other/a"]),
        ("data/**/*.tif", ["data/a.tif", "data/x/y/a.tif"], ["a.tif"]),
        ("**/x/**/y/**/*.z", ["x/y/a.z", "a/x/b/y/c/d.z", "x/x/y/y/a.z"], ["y/x/a.z", "x/a.z"]),
        ("**/**/a", ["a", "x/a", "x/y/a"], ["ab"]),
        ("a?c", ["abc", "a.c", "aéc"], ["ac", "abbc", "a/c"]),
        ("[ab].c", ["a.c", "b.c"], ["c.c", "[ab].c"]),
        ("[!ab].c", ["c.c"], ["a.c"]),
        ("[^ab].c", ["c.c"], ["b.c"]),
        ("[a-c]x", ["bx"], ["dx", "-x"]),
        ("[]x]", ["]", "x"], ["y"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[unclosed", ["[unclosed"], ["u"]),
        ("a*b*c", ["abc", "axxbyyc", "abcbc"], ["acb", "ab"]),
        ("*a*", ["a", "bab"], ["b"]),
        ("*ab", ["aab", "abab"], ["aba"]),
        ("a.b+(c)$", ["a.b+(c)$"], ["aXb"]),
        ("a\nb*", ["a\nbc"], ["ab"]),
        ("été/*", ["été/x"], ["ete/x"]),
    ],
)
def test_what_a_glob_names(pattern: str, yes: list[str], no: list[str]) -> None:
    glob = Glob(pattern)
    assert [path for path in yes if not glob.matches(path)] == []
    assert [path for path in no if glob.matches(path)] == []


@pytest.mark.parametrize("pattern", ["", "/", "  ", "../*", "a/../b", "[z-a]", "x" * 513])
def test_globs_that_cannot_be_used(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Glob(pattern)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 200 + "b", "a" * 4000),
        ("*" * 500, "a" * 4000),
        ("a*" * 250, "a" * 4000),
        ("**/" * 150 + "x", "a/" * 2000 + "b"),
        ("**/a/" * 90 + "x", "a/" * 2000 + "b"),
        ("**/a/" * 90 + "*", "a/" * 2000 + "b"),
        ("*?" * 250, "a" * 4000),
        ("*[a-z]" * 80 + "1", "a" * 4000),
    ],
)
def test_every_glob_ends(pattern: str, path: str) -> None:
    """One that went back and forth would not end before the time of the whole test run is over."""
    assert Glob(pattern).matches(path) in (True, False)


def test_a_set_is_the_sum_of_its_globs_in_any_letter_case() -> None:
    patterns = ("*.tif", "MLmodel", "/README*", "*.zarr/.zmetadata", "*.[ch]")
    paths = ["A.TIF", "x/MLmodel", "mlmodel", "readme.md", "x/README.md", "d/a.zarr/.zmetadata", "x.C", "x.py", "tif"]
    expected = [path for path in paths if any(Glob(p, ignore_case=True).matches(path) for p in patterns)]
    assert [path for path in paths if GlobSet(patterns).matches(path)] == expected
    assert expected == ["A.TIF", "x/MLmodel", "mlmodel", "readme.md", "d/a.zarr/.zmetadata", "x.C"]
