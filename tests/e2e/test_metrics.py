"""What `/metrics` of a real server shows after a ride: every family of the list, nobody's id, phone or name, and all that the alert
rules and the dashboard in docs/deploy ask for.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from dispatch.metric_families import FAMILIES
from tests.e2e.test_quotes import A_PHONE, BOOKING, ROOT, heard, metrics_of, served

DRIVER, RIDE, NAMES = "27821234568", "ride-of-sarah", ("Sarah", "Main St", "Oak Ave")


async def after_a_ride(folder: Path) -> str:
    """The page once a driver has completed a ride and declined another, and asked for what is not possible."""
    async with (
        served(folder, 'synchronous = "off"\n') as (host, _),
        connect(f"ws://{host}/ws/driver/{DRIVER}/") as driver,
        connect(f"ws://{host}/ws/ride/{RIDE}/") as passenger,
        connect(f"ws://{host}/ws/ops/"),
    ):
        place = {"latitude": BOOKING["pickup_latitude"], "longitude": BOOKING["pickup_longitude"]}
        await driver.send(json.dumps({"type": "location_update", **place}))
        await passenger.send(json.dumps(BOOKING))
        await heard(driver, "ride_request")
        for answer in ("accept_ride", "complete_ride"):
            await driver.send(json.dumps({"type": answer, "ride_id": RIDE, "driver_id": DRIVER}))
        await heard(passenger, "ride_completed")
        async with connect(f"ws://{host}/ws/ride/unloved/") as other:
            await other.send(json.dumps(BOOKING))
            await heard(driver, "ride_request")
            await driver.send(json.dumps({"type": "decline_ride", "ride_id": "unloved", "driver_id": DRIVER}))
            await other.send(json.dumps({"type": "cancel_ride", "ride_id": "unloved"}))
            await heard(other, "ride_cancelled")
        await driver.send(json.dumps({"type": "complete_ride", "ride_id": "unloved", "driver_id": DRIVER}))
        await heard(driver, "error")
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://{host}/nothing")).status_code == 404
        return await asyncio.to_thread(metrics_of, host)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return asyncio.run(after_a_ride(tmp_path_factory.mktemp("metrics")))


@pytest.fixture(scope="module")
def shown(page: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(page)}


def values(family: Metric) -> dict[Any, float]:
    """By the value of its one label, or by none."""
    return {
        next(iter(sample.labels.values()), ""): sample.value
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_a_live_server_shows_every_family_of_the_list_and_no_other(shown: dict[str, Metric]) -> None:
    own = {name for name in shown if name.startswith("dispatch_")}
    assert own == set(FAMILIES)
    for name, family in FAMILIES.items():
        assert (shown[name].type, shown[name].documentation) == (family.kind, family.help)


def test_labels_are_those_of_the_list_and_their_values_are_words_or_numbers_of_ours(shown: dict[str, Metric]) -> None:
    for name, family in FAMILIES.items():
        for sample in shown[name].samples:
            labels = {label: value for label, value in sample.labels.items() if label != "le"}
            assert list(labels) == ([family.label] if family.label else []), sample
            assert all(len(value) < 24 for value in labels.values()), sample


def test_no_id_phone_name_or_address_stands_in_a_metric(page: str) -> None:
    assert not A_PHONE.findall(page)
    for private in (DRIVER, RIDE, "unloved", *NAMES):
        assert private not in page


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dispatch_rides_requested", {"": 2}),
        ("dispatch_rides_ended", {"completed": 1, "cancelled": 1, "no_show": 0, "no_drivers": 0}),
        ("dispatch_rides", {"scheduled": 0, "pending": 0, "accepted": 0, "arrived": 0, "in_progress": 0}),
        ("dispatch_offers_made", {"": 2}),
        ("dispatch_offers", {"accepted": 1, "declined": 1, "expired": 0}),
        ("dispatch_drivers", {"available": 1, "busy": 0, "unavailable": 0, "offline": 0, "asleep": 0}),
        ("dispatch_sockets", {"driver": 1, "ride": 1, "ops": 1}),
        ("dispatch_ready", {"": 1}),
        ("dispatch_charges_unsettled", {"": 0}),
        ("dispatch_commit_failures", {"": 0}),
    ],
)
def test_what_happened_is_what_is_counted(shown: dict[str, Metric], name: str, expected: dict[str, float]) -> None:
    assert values(shown[name]) == expected


@pytest.mark.parametrize(
    "name", ["dispatch_time_to_assign_seconds", "dispatch_commit_seconds", "dispatch_loop_lag_seconds"]
)
def test_what_takes_time_was_measured(shown: dict[str, Metric], name: str) -> None:
    counts = {sample.name: sample.value for sample in shown[name].samples}
    assert counts[f"{name}_count"] >= 1
    assert 0.0 <= counts[f"{name}_sum"] < 30.0


DEPLOY = ROOT / "docs" / "deploy"
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
SELECTOR = re.compile(r"\b((?:dispatch|process)_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r"([a-z_]+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")
BY = re.compile(r"\bby \(([a-z, ]+)\)")
OF_THE_SCRAPE = ("instance", "job")
"""Labels that Prometheus adds."""


def all_queries() -> Iterator[tuple[str, str]]:
    """Each query of both files with whose it is."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for note in DASHBOARD["annotations"]["list"]:
        yield note["name"], note["expr"]


@pytest.mark.parametrize(("whose", "query"), [*all_queries()])
def test_a_query_asks_for_what_a_server_shows(shown: dict[str, Metric], whose: str, query: str) -> None:
    labels: dict[str, list[dict[str, str]]] = {}
    for family in shown.values():
        for sample in family.samples:
            labels.setdefault(sample.name, []).append(sample.labels)
    asked = SELECTOR.findall(query)
    assert asked or query.startswith("up{")
    for name, matchers in asked:
        assert name in labels, f"{whose} asks for {name}, which no server shows"
        for label, _, wanted in MATCHER.findall(matchers):
            if label in OF_THE_SCRAPE:
                continue
            there = {each.get(label) for each in labels[name]}
            missing = [] if name == "dispatch_dead_letters_total" else [v for v in wanted.split("|") if v not in there]
            assert not missing, f"{whose}: {name} has no {label} {missing}, it has {there}"
    grouped = {label.strip() for found in BY.findall(query) for label in found.split(",")}
    known = {label for name, _ in asked for each in labels[name] for label in each}
    assert grouped <= known, f"{whose} groups by {grouped - known}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_means_what_to_do_and_whether_it_wakes_somebody(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    for text in (rule["annotations"]["summary"], rule["annotations"]["do"]):
        assert text[0].isupper() and text.endswith("."), text


def test_panels_lie_side_by_side_and_no_two_on_one_place() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        assert panel["description"], panel["title"]
        taken |= cells


def test_prometheus_itself_takes_the_rules_and_fires_them_when_it_should() -> None:
    promtool = shutil.which("promtool")
    cases = ROOT / "tests" / "data" / "alerts_test.yml"
    tried = {
        case["alertname"]
        for test in yaml.safe_load(cases.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
    }
    assert tried <= {rule["alert"] for rule in RULES}
    for command in (["check", "rules", str(DEPLOY / "alerts.yml")], ["test", "rules", str(cases)]) if promtool else ():
        outcome = subprocess.run([str(promtool), *command], capture_output=True, text=True, check=False)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
