"""Requests on the driver's page that come after others have declined, or that nobody answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.apps import drivers
from tests.browser.conftest import Open
from tests.browser.people import PICKUP, books, michael, press, sarah
from tests.browser.server import OTHERS, Server

FLAGS = ("--auth", "on", "--pricing", "tariff", "--currency", "ZAR", "--base-fare", "12.5", "--per-km", "9.8")
FAR = {"latitude": PICKUP[0] + 0.006, "longitude": PICKUP[1]}
"""Farther from the pickup than five other drivers."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An offer runs out after five seconds, and drivers are asked twice."""
    with Server(tmp_path_factory.mktemp("requests"), *FLAGS, "--offer-timeout", "5s", "--rounds", "2") as server:
        yield server


def completes(driver: Page, passenger: Page) -> None:
    """Michael drives Sarah, and both are free again."""
    for step, follows in (("arrived", "start"), ("start", "complete"), ("complete", "ready")):
        press(driver, f"[data-test={step}]", follows)
    expect(passenger.get_by_test_id("receipt")).to_be_visible()


def test_five_decline_and_the_sixth_driver_gets_the_ride(open_page: Open, server: Server) -> None:
    driver = michael(open_page, server)
    driver.context.set_geolocation(FAR)
    passenger = sarah(open_page, server)
    with drivers(server, OTHERS[:5], PICKUP) as others:
        books(passenger)
        expect(passenger.get_by_test_id("searching")).to_contain_text("5 drivers")
        for other in others:
            request = other.hear("ride_request")
            other.say("decline_ride", ride_id=request["ride_id"])
            assert other.hear("offer_closed")["reason"] == "declined"
        expect(driver.get_by_test_id("request-dialog")).to_be_visible()
        driver.get_by_test_id("accept").click()
        expect(passenger.get_by_test_id("driver-card")).to_contain_text("CA 999 GP")
    driver.context.set_geolocation({"latitude": PICKUP[0], "longitude": PICKUP[1]})
    expect(driver.get_by_text("· 0 m")).to_be_visible()
    completes(driver, passenger)


def test_a_request_that_nobody_answers_closes_by_itself_and_says_why(open_page: Open, server: Server) -> None:
    driver, passenger = michael(open_page, server), sarah(open_page, server)
    books(passenger)
    expect(driver.get_by_test_id("request-dialog")).to_be_visible()
    expect(driver.get_by_role("alert").get_by_text("Time ran out")).to_be_attached(timeout=15_000)
    expect(driver.get_by_test_id("request-dialog")).to_have_count(0, timeout=20_000)
    passenger.get_by_test_id("cancel").click()
    expect(passenger.get_by_text("Nothing is charged.").first).to_be_visible()
