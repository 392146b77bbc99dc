"""What people do on the pages, for tests that are about something else: log in, go online, ask for a price, book."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import Open
from tests.browser.server import MICHAEL, SARAH, Server

PICKUP, DROPOFF = (-26.2041, 28.0473), (-26.1850, 28.0550)
NEAR = {"latitude": PICKUP[0] + 0.0005, "longitude": PICKUP[1]}
"""Where Michael is: some 50 m from the pickup."""


def log_in(page: Page, server: Server, phone: str) -> None:
    """By the code that the server prints."""
    page.get_by_test_id("phone").fill(f"+{phone}")
    page.get_by_test_id("log-in").click()
    page.get_by_test_id("code").fill(server.code(phone))
    page.get_by_test_id("log-in").click()
    expect(page.get_by_test_id("code")).to_have_count(0)


def michael(open_page: Open, server: Server, **options: Any) -> Page:
    """The page of Michael, who is online beside the pickup."""
    page = open_page("/driver", geolocation=NEAR, permissions=["geolocation"], **options)
    log_in(page, server, MICHAEL)
    press(page, "button[data-test=online]", "go-off")
    return page


def press(page: Page, button: str, follows: str) -> None:
    """Presses a button that takes no tap until it has stood there for a moment, until what follows is there."""
    for _ in range(10):
        with suppress(TimeoutError):
            page.locator(button).click(timeout=1_000)
        with suppress(AssertionError):
            return expect(page.get_by_test_id(follows)).to_be_visible(timeout=1_500)
    raise AssertionError(f"{follows} never followed")


def sarah(open_page: Open, server: Server, **options: Any) -> Page:
    """The page of Sarah, who has not said where to."""
    page = open_page("/", **options)
    log_in(page, server, SARAH)
    expect(page.get_by_test_id("pickup")).to_be_visible()
    return page


def says_where(page: Page) -> None:
    """Sarah says from where and to where, by coordinates: the server has no streets."""
    for end, (lat, lon) in (("pickup", PICKUP), ("dropoff", DROPOFF)):
        page.get_by_test_id(end).fill(f"{lat}, {lon}")
    page.get_by_test_id("quote").click()
    expect(page.get_by_test_id("book")).to_be_visible()


def asks_for_price(page: Page) -> None:
    """Sarah says where to, on a server with a tariff."""
    says_where(page)
    expect(page.get_by_test_id("book")).to_contain_text("R")


def books(page: Page) -> None:
    """Sarah books a ride, which is searched for from now on."""
    asks_for_price(page)
    page.get_by_test_id("book").click()
    expect(page.get_by_test_id("searching")).to_be_visible()
