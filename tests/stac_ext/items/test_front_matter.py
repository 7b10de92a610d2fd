"""That any README gives text and fields, and that what is broken costs its field and is told with its line."""

import pytest

from stac_ext.items.front_matter import FrontMatter, read_front_matter


def read(text: str | bytes, **options: bool) -> FrontMatter:
    return read_front_matter(text.encode() if isinstance(text, str) else text, **options)


def rules(front: FrontMatter) -> list[str]:
    return [problem.rule for problem in front.problems]


@pytest.mark.parametrize(
    ("raw", "title", "body"),
    [
        (b"---\ntitle: a\n---\nbody", "a", "body"),
        (b"---\ntitle: a\n...\nbody", "a", "body"),
        (b"---\r\ntitle: a\r\n---\r\nbody\r\nmore", "a", "body\nmore"),
        (b"---\rtitle: a\r---\rbody", "a", "body"),
        (b"---  \ntitle: a\n---\t\nbody", "a", "body"),
        (b"\n\n---\ntitle: a\n---\nbody", "a", "body"),
        (b"---\ntitle: a\n---", "a", ""),
        (b"\xef\xbb\xbf---\ntitle: a\n---\nbody", "a", "body"),
        ("\ufeff---\ntitle: é\n---\nbody".encode("utf-16-le"), "é", "body"),
        ("\ufeff---\ntitle: é\n---\nbody".encode("utf-16-be"), "é", "body"),
        ("\ufeff---\ntitle: é\n---\nbody".encode("utf-32-le"), "é", "body"),
        ("---\ntitle: a\n---\nbody".encode("utf-16-le"), "a", "body"),
        ("---\ntitle: a\n---\nbody".encode("utf-16-be"), "a", "body"),
        ("---\ntitle: 日本 🛰\n---\nbody".encode(), "日本 🛰", "body"),
        (b"---\n---\nbody", None, "body"),
        (b"body\n---\ntitle: a\n---\n", None, "body\n---\ntitle: a\n---"),
        (b"\n---\nplain text\n---\nmore", None, "---\nplain text\n---\nmore"),
        (b"", None, ""),
    ],
)
def test_a_readme_is_split_into_fields_and_body(raw: bytes, title: str | None, body: str) -> None:
    front = read(raw)
    assert (front.fields.get("title"), front.body) == (title, body)
    assert front.problems == ()


def test_a_byte_order_mark_costs_no_metadata() -> None:
    """The incumbent loses the metadata of a README that starts with a byte order mark."""
    assert read(b"\xef\xbb\xbf---\ntitle: kept\n---\n").fields == {"title": "kept"}


@pytest.mark.parametrize(
    ("raw", "rule", "title"),
    [
        (b"---\ntitle: caf\xe9\n---\n", "readme-encoding", "café"),
        (b"---\ntitle: \x93a\x94\n---\n", "readme-encoding", "“a”"),
        (b"---\ntitle: \x81a\n---\n", "readme-encoding", "a"),
        (b"\xff\xfe-\x00-\x00\x00\xd8", "readme-encoding", None),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "readme-binary", None),
        (b"---\ntitle: a\nno end", "front-matter-end", None),
        (b"---\n- a\n- list\n---\n", "front-matter-type", None),
        (b"---\njust text\n---\n", "front-matter-type", None),
        (b"---\ntitle: a\nb: " + b"x" * 300_000 + b"\n---\n", "front-matter-size", None),
    ],
)
def test_broken_readmes_are_told(raw: bytes, rule: str, title: str | None) -> None:
    front = read(raw)
    assert rules(front) == [rule]
    assert front.fields.get("title") == title


def test_a_cut_readme_may_end_inside_a_character() -> None:
    front = read("---\ntitle: a\n---\né".encode()[:-1], truncated=True)
    assert (front.fields, front.problems) == ({"title": "a"}, ())
    assert "only the head" in read(b"---\ntitle: a\n", truncated=True).problems[0].message


@pytest.mark.parametrize(
    ("block", "lost_line"),
    [
        ("title: a\nbroken: [1, 2\nlicense: MIT", 3),
        ("title: a\nbroken: a: b\nlicense: MIT", 3),
        ("title: a\nbroken: *nowhere\nlicense: MIT", 3),
        ("title: a\nbroken:\n\t- tab\nlicense: MIT", 4),
        ('title: a\nbroken: "open\nlicense: MIT', 3),
        ("title: a\nbroken: !!python/object/apply:os.system [id]\nlicense: MIT", 3),
        ("title: a\nbroken: !custom x\nlicense: MIT", 3),
        ("title: a\nbroken: !!binary YQ==\nlicense: MIT", 3),
        ("title: a\nbroken: !!set {a, b}\nlicense: MIT", 3),
        ("title: a\nbroken: !!int many\nlicense: MIT", 3),
        ('title: a\nbroken: "\\U00110000"\nlicense: MIT', 3),
        ("title: a\nbroken: @at\nlicense: MIT", 3),
    ],
)
def test_a_broken_field_costs_itself(block: str, lost_line: int) -> None:
    """The incumbent answers 500 for a page that holds one project with broken YAML."""
    front = read(f"---\n{block}\n---\nbody")
    assert front.fields == {"title": "a", "license": "MIT"}
    assert front.body == "body"
    assert [problem.line for problem in front.problems] in ([lost_line], [lost_line + 1])


@pytest.mark.parametrize(
    ("block", "fields", "line"),
    [
        ("a: 1\nb: 2\na: 3", {"a": 3, "b": 2}, 4),
        ("m:\n  k: 1\n  k: 2", {"m": {"k": 2}}, 4),
    ],
)
def test_of_a_key_given_twice_the_last_counts(block: str, fields: dict[str, object], line: int) -> None:
    front = read(f"---\n{block}\n---\n")
    assert front.fields == fields
    assert [(p.rule, p.line) for p in front.problems] == [("front-matter-duplicate", line)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("text", "text"),
        ("12", 12),
        ("0x1F", 31),
        ("1_000", 1000),
        ("12:30:00", "12:30:00"),
        ("9007199254740993", "9007199254740993"),
        ("9" * 5000, "9" * 5000),
        ("1.5", 1.5),
        (".nan", None),
        ("-.inf", None),
        ("yes", True),
        ("~", None),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T10:00:00Z", "2020-01-01T10:00:00Z"),
        ("2020-13-45", "2020-13-45"),
        ("'a\\0b'", "a\\0b"),
        ('"a\\0b\\u0007c"', "abc"),
        ('"\\ud800x"', "x"),
        ("[1, [2, {a: b}]]", [1, [2, {"a": "b"}]]),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_values_are_json_ready(written: str, value: object) -> None:
    assert read(f"---\nkey: {written}\n---\n").fields == {"key": value}


def test_keys_are_text_as_written() -> None:
    front = read("---\n1: a\non: b\n2020-01-01: c\n? [x, y]\n: d\nnull: e\n---\n")
    assert front.fields == {"1": "a", "on": "b", "2020-01-01": "c", "null": "e"}
    assert rules(front) == ["front-matter-key"]


def test_aliases_and_merge_keys_are_read() -> None:
    front = read("---\nbase: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nmany:\n  <<: [*b, {x: 9, z: 4}]\n---\n")
    assert front.fields["more"] == {"x": 1, "y": 3}
    assert front.fields["many"] == {"x": 1, "y": 2, "z": 4}
    assert front.problems == ()


def bomb(width: int, depth: int) -> str:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "block",
    [
        bomb(9, 9),
        bomb(3, 30),
        "a: &a [*a]",
        "a: &a {<<: *a}",
        "a: " + "[" * 40 + "]" * 40,
        "a: " + "[" * 200_000,
        "a: " + "{b: " * 60_000,
        "? " * 100_000,
        "- " * 100_000,
        "\n".join(f"k{n}: v" for n in range(20_000)),
        f"a: &a {'x' * 200_000}\nb: [{', '.join(['*a'] * 90)}]",
        "a: [" + "1, " * 80_000 + "]",
        "\n".join(f"k{n}: [" for n in range(30_000)),
        "a: !" + "x" * 200_000,
        "a: &" + "x" * 200_000,
        "a: '" + "''" * 120_000,
        '"' + "a" * 250_000,
        "%" * 250_000,
        "a:\n" + " " * 250_000,
        "\n".join(["a: b"] * 60_000),
    ],
)
def test_hostile_blocks_end_with_a_problem(block: str) -> None:
    front = read(f"---\n{block}\n---\nbody")
    assert front.body == "body"
    assert front.problems or len(front.fields) <= 1
    assert len(str(front.fields)) < 2_000_000


def test_lines_lead_to_the_second_level() -> None:
    lines = read("---\ntitle: a\nextent:\n  spatial: x\nlinks:\n  - a\n  - b\n---\n").lines
    assert lines == {"title": 2, "extent": 3, "extent.spatial": 4, "links": 5, "links.0": 6, "links.1": 7}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("body", 1),
        ("\n\nbody", 3),
        ("---\na: b\n---\nbody", 4),
        ("---\na: b\n---\n\n\nbody", 6),
        ("---\na: b\nbody", 1),
    ],
)
def test_the_line_in_which_the_body_begins_is_known(text: str, line: int) -> None:
    assert read(text).body_line == line


@pytest.mark.parametrize(
    "large",
    ["x: " + "[" * 40 + "]" * 40, "x: [" + "1," * 60_000 + "]", "a: &a [1]\nx: [" + "*a, " * 120 + "]"],
    ids=["deep", "many values", "many aliases"],
)
def test_a_field_that_is_too_large_costs_that_field_alone(large: str) -> None:
    """One deep or long value took the title before it and the licence behind it along."""
    found = read(f"---\ntitle: First\n{large}\nlicense: MIT\n---\n")
    assert (found.fields["title"], found.fields["license"]) == ("First", "MIT")
    assert "x" not in found.fields
    assert {problem.rule for problem in found.problems} & {"front-matter-size", "front-matter-yaml"}


def test_a_shape_of_thousands_of_vertices_is_read() -> None:
    ring = ", ".join(f"[{n / 1000}, 1]" for n in range(4_000))
    found = read(f"---\nextent: {{spatial: {{type: LineString, coordinates: [{ring}]}}}}\n---\n")
    assert len(found.fields["extent"]["spatial"]["coordinates"]) == 4_000
