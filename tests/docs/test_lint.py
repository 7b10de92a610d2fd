"""Proves that the page on lint lists the rules of the program, its options and its exit codes."""

import re

import typer

from sharinghub_ext.cli import lint
from tests.docs.generate import BLOCKS, DOCS, block

AGAIN = "write the tables anew with `python -m tests.docs.generate`"
PAGE = (DOCS / "lint.md").read_text()


def test_the_table_of_rules_is_made_from_the_code() -> None:
    assert block("lint.md", "rules") == BLOCKS["lint.md"]["rules"](), AGAIN


def test_every_option_of_the_page_is_one_of_the_command_and_none_is_left_out() -> None:
    app = typer.Typer(add_completion=False)
    app.command()(lint.command)
    known = {name for one in typer.main.get_command(app).params for name in one.opts if name.startswith("--")}
    text = PAGE.partition("## Rules")[0]
    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text)) == known - {"--help"}
