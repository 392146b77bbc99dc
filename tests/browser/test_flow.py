"""The whole ride of the seed, from the login to the rating, with passenger and driver side by side in one browser; and with a reload in
each state and a network that is gone for a while.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Errors, Open
from tests.browser.people import asks_for_price, books, michael, press, sarah
from tests.browser.server import Server

Look = Callable[[Page], None]
Picture = Callable[[Page, str], None]
TARIFF = ("--pricing", "tariff", "--currency", "ZAR", "--base-fare", "12.5", "--per-km", "9.8", "--per-minute", "1.2")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Each test has its own: what a driver has taken is that of one ride."""
    with Server(tmp_path, "--auth", "on", *TARIFF) as server:
        yield server


def test_a_ride_goes_from_the_booking_to_the_rating(
    open_page: Open, server: Server, accessible: Look, fits: Look, picture: Picture
) -> None:
    driver = michael(open_page, server, maps=True)
    passenger = sarah(open_page, server, beside=driver)

    def both(state: str) -> None:
        for name, page in (("passenger", passenger), ("driver", driver)):
            accessible(page)
            fits(page)
            picture(page, f"{state}-{name}")

    both("waiting")
    asks_for_price(passenger)
    price = re.search(r"R\s*\d+\.\d\d", passenger.get_by_test_id("book").inner_text())
    assert price is not None
    passenger.get_by_test_id("book").click()
    expect(passenger.get_by_test_id("searching")).to_be_visible()
    request = driver.get_by_test_id("request-dialog")
    expect(request).to_contain_text("Sarah")
    expect(request).to_contain_text(price[0])
    both("searching")
    driver.get_by_test_id("accept").click()
    expect(passenger.get_by_test_id("driver-card")).to_contain_text("CA 999 GP")
    expect(passenger.get_by_test_id("driver-card")).to_contain_text("Michael")
    expect(passenger.get_by_test_id("eta")).to_be_visible()
    expect(driver.get_by_test_id("arrived")).to_be_visible()
    both("coming")
    driver.get_by_test_id("arrived").click()
    expect(driver.get_by_test_id("start")).to_be_visible()
    expect(passenger.get_by_text("Michael is here").first).to_be_visible()
    both("here")
    passenger.get_by_test_id("cancel").click()
    expect(passenger.get_by_test_id("cancel-yes")).to_be_visible()
    driver.get_by_test_id("start").click()
    expect(driver.get_by_test_id("complete")).to_be_visible()
    expect(passenger.get_by_test_id("cancel")).to_be_hidden()
    expect(passenger.get_by_test_id("cancel-yes")).to_have_count(0)  # the question went with what it asked about
    both("trip")
    driver.get_by_test_id("complete").click()
    expect(passenger.get_by_test_id("receipt")).to_contain_text(price[0])
    expect(driver.get_by_test_id("collect")).to_contain_text(price[0])
    both("done")
    passenger.get_by_test_id("star-5").check()
    passenger.get_by_test_id("rate").click()
    expect(passenger.get_by_text("Thank you.")).to_be_visible()
    driver.get_by_test_id("ready").click()
    expect(driver.get_by_test_id("takings")).to_contain_text(price[0])


def test_a_reload_and_a_lost_network_lose_nothing(open_page: Open, server: Server, errors: Errors) -> None:
    driver, passenger = michael(open_page, server), sarah(open_page, server)
    books(passenger)
    passenger.reload()
    expect(passenger.get_by_test_id("searching")).to_be_visible()
    driver.reload()
    expect(driver.get_by_test_id("request-dialog")).to_be_visible()
    driver.get_by_test_id("accept").click()
    expect(driver.get_by_test_id("arrived")).to_be_visible()
    for page, sign in ((driver, "arrived"), (passenger, "driver-card")):
        page.reload()
        expect(page.get_by_test_id(sign)).to_be_visible()
    driver.context.set_offline(True)
    expect(driver.get_by_text("No connection").first).to_be_visible(timeout=20_000)
    driver.get_by_test_id("arrived").click()
    expect(driver.get_by_text("Waiting for the link").first).to_be_visible()
    driver.context.set_offline(False)
    expect(driver.get_by_test_id("start")).to_be_visible(timeout=20_000)
    expect(passenger.get_by_text("Michael is here").first).to_be_visible()
    for step, follows in (("start", "complete"), ("complete", "ready")):
        press(driver, f"[data-test={step}]", follows)
    expect(passenger.get_by_test_id("receipt")).to_be_visible()
    errors.forgive("net::ERR_INTERNET_DISCONNECTED")
