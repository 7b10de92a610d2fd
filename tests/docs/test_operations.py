"""Proves that the page for those who run the hub names the numbers that the hub gives, and no others."""

import re

from tests.docs.generate import DOCS, block, metrics_table

PAGE = (DOCS / "operations/watch.md").read_text()


def test_the_table_of_metrics_is_made_from_the_code() -> None:
    assert block("operations/watch.md", "metrics") == metrics_table(), (
        "write it anew with `python -m tests.docs.generate`"
    )


def test_no_condition_names_a_number_that_does_not_exist() -> None:
    known = set(re.findall(r"`(sharinghub_\w+)`", metrics_table()))
    outside = PAGE.replace(block("operations/watch.md", "metrics"), "")
    used = {name for name in re.findall(r"\b(sharinghub_\w+)", outside) if name != "sharinghub_token"}
    assert used, "the page names none"
    assert used <= known
