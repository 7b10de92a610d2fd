"""The tables of the documentation that are made from the code: `python -m tests.docs.generate` writes them anew."""

import ast
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.metrics import MetricWrapperBase
from pydantic_core import PydanticUndefined

from sharinghub_ext.config import PREFIX, Settings
from sharinghub_ext.hook_care import Hearing
from sharinghub_ext.metrics.meters import Meters
from sharinghub_ext.metrics.state import State
from sharinghub_ext.standing import IndexStatus, Standing
from stac_ext.clock import SystemClock
from stac_ext.rules import RULES
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("sharinghub_ext", "gitlab_hooks", "stac_ext")
STANDIN = "gitlab_hooks/standin"  # one row: it is for demos and tests, and no part of a running hub


def modules() -> dict[str, str]:
    """The first sentence of every module, by its path in the repository; a package stands for its `__init__.py`."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = str(file.relative_to(ROOT)).removesuffix("/__init__.py")
            if name == STANDIN or not name.startswith(f"{STANDIN}/"):
                found[name] = first_sentence(ast.get_docstring(ast.parse(file.read_text())) or "")
    return dict(sorted(found.items(), key=lambda one: (PACKAGES.index(one[0].partition("/")[0]), one[0])))


def first_sentence(docstring: str) -> str:
    """The text up to the first full stop before a blank, in one line."""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]


def module_table() -> str:
    rows = [f"| `{name}` | {_cell(sentence)} |" for name, sentence in modules().items()]
    return "\n".join(["| module | what it decides |", "|---|---|", *rows])


def settings_table() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        if field.description is None:
            continue
        default = _default(field.get_default(call_default_factory=True))
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {_cell(field.description)} |")
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def rules_table() -> str:
    rows = [f"| `{one.name}` | {one.severity.word} | {one.meaning} | {one.fix} |" for one in RULES]
    return "\n".join(["| rule | severity | what it means | what to do |", "|---|---|---|---|", *rows])


def metrics_table() -> str:
    """Every number of `/metrics` but those of the process, as a hub gives it that has swept once."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_store(f"sqlite:///{folder}/hub.db")
        inbox, index = Inbox(database), IndexStatus("ready", "2026-01-01T00:00:00Z")
        standing = Standing(database, index, SystemClock())
        standing.beat()
        GrantTable(database).confirm("user:1", 1, "somebody", False, 1)
        state = State(database, inbox, index, Hearing(inbox, on=True), standing, SystemClock())
        found = [*_counted(Meters()), *state.collect()]
        database.close()
    rows = []
    for one in found:
        labels = ", ".join(f"`{label}`" for label in getattr(one, "_labelnames", ()))
        suffix = "_total" if one.type == "counter" else ""
        rows.append(f"| `{one.name}{suffix}` | {one.type} | {labels or '-'} | {_cell(one.documentation)} |")
    return "\n".join(["| name | type | labels | meaning |", "|---|---|---|---|", *rows])


def _counted(meters: Meters) -> Iterator[Metric]:
    for meter in vars(meters).values():
        if isinstance(meter, MetricWrapperBase):
            for metric in meter.describe():
                metric._labelnames = meter._labelnames
                yield metric


BLOCKS = {
    "operations/watch.md": {"metrics": metrics_table},
    "architecture.md": {"modules": module_table},
    "lint.md": {"rules": rules_table},
    "configuration.md": {
        "settings": settings_table,
    },
}


def block(page: str, name: str) -> str:
    """What a page holds between `<!-- name -->` and `<!-- /name -->`."""
    match = _marked(name).search((DOCS / page).read_text())
    assert match is not None, f"docs/{page} has no block `{name}`"
    return match[1]


def write() -> None:
    """Bring every block up to date."""
    for page, blocks in BLOCKS.items():
        text = (DOCS / page).read_text()
        for name, make in blocks.items():
            made = f"<!-- {name} -->\n\n{make()}\n\n<!-- /{name} -->"
            before, _, rest = text.partition(f"<!-- {name} -->")
            text = before + made + rest.partition(f"<!-- /{name} -->")[2]
        (DOCS / page).write_text(text)


def _marked(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {name} -->\n\n(.*?)\n*<!-- /{name} -->", re.DOTALL)


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "must be set"
    if value is None or value == {}:
        return "-"
    text = '["*"]' if value == ["*"] else str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write()
