"""Alerts and the dashboard ask for numbers that the hub gives, by labels that these have."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.deploy.charts import CHART, LEAST, ROOT, Helm, merged, one
from tests.docs.generate import metrics_table

RULES = yaml.safe_load((CHART / "monitoring" / "rules.yaml").read_text().replace("SWEEP_SECONDS", "300"))
DASHBOARD = json.loads((CHART / "monitoring" / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_THE_SCRAPE = {"namespace", "job", "pod", "le"}
OF_THE_PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
EXPRESSIONS = [rule["expr"] for rule in RULES] + [each["expr"] for panel in PANELS for each in panel["targets"]]


def known() -> dict[str, set[str]]:
    """The labels of every number of `/metrics`."""
    found: dict[str, set[str]] = {name: set() for name in OF_THE_PROCESS}
    for line in metrics_table().splitlines()[2:]:
        name, kind, labels = (cell.strip() for cell in line.split("|")[1:4])
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            found[name.strip("`") + suffix] = set(re.findall(r"`(\w+)`", labels))
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_numbers_and_labels_exist(expression: str) -> None:
    numbers, known_ones = re.findall(r"\b((?:sharinghub|process)_\w+)", expression), known()
    assert numbers
    assert set(numbers) <= known_ones.keys()
    allowed = set().union(*(known_ones[number] for number in numbers)) | OF_THE_SCRAPE
    matched = re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", expression)
    grouped = [name for names in re.findall(r"\bby \(([^)]*)\)", expression) for name in re.split(r",\s*", names)]
    assert {*matched, *grouped} <= allowed
    assert all(expression.count(a) == expression.count(b) for a, b in ("()", "{}", "[]"))


def test_every_number_of_the_hub_is_shown() -> None:
    shown = " ".join(each["expr"] for panel in PANELS for each in panel["targets"])
    missing = {name.removesuffix("_bucket") for name in known() if not name.endswith(("_sum", "_count"))}
    assert {name for name in missing if name not in shown} == set()


def test_every_alert_says_what_is_wrong() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")
        assert (ROOT / rule["annotations"].get("runbook", "README.md")).is_file()


def test_the_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize(("seconds", "limit"), [(None, 300), (900, 900), (0, 31_536_000)])
def test_the_alert_knows_how_often_sweeps_are(helm: Helm, seconds: int | None, limit: int) -> None:
    config: dict[str, Any] = {} if seconds is None else {"config": {"sweep_seconds": seconds}}
    rules = one(helm.render(merged(LEAST, {"monitoring": {"rules": {"enabled": True}}, **config})), "PrometheusRule")
    (alert,) = [each for each in rules["spec"]["groups"][0]["rules"] if each["alert"] == "SharingHubNotCompared"]
    assert alert["expr"].endswith(f"> 3 * {limit}")


def test_the_dashboard_is_rendered_as_it_is(helm: Helm) -> None:
    rendered = helm.render(merged(LEAST, {"monitoring": {"dashboard": {"enabled": True}}}))
    assert json.loads(one(rendered, "ConfigMap", "dashboard")["data"]["sharinghub.json"]) == DASHBOARD
