"""A sandbox in the browser: somebody to be by a click, the bar of the desk, and an offer that goes to one's own app."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from dispatch.web import FOLDER
from tests.browser.conftest import Errors, Open
from tests.browser.people import press
from tests.browser.server import Server

KEYS = [key for key in json.loads((FOLDER / "texts" / "en.json").read_text("utf-8")) if "_" in key]
"""Those that no sentence has in it by accident."""
PAGES = {"passenger": ("/", 360), "driver": ("/driver", 360), "desk": ("/desk", 1440), "developer": ("/client/", 360)}
FIRST_SEEN = {
    "passenger": "[data-test=pickup]",
    "driver": "[data-test=online]",
    "desk": "[data-test=ride-list]",
    "developer": "[data-test=get-tokens]",
}
VIEWS = ("rides", "drivers", "people", "day", "audit")
Look = Callable[[Page], None]
Picture = Callable[[Page, str], None]
AT_THE_STATION = {"latitude": 60.1711, "longitude": 24.9414}


class Town(Server):
    """A sandbox with six drivers, on a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.db, self._flags = folder, folder / "sandbox.db", ("--sandbox", "6")
        self._codes: queue.Queue[tuple[str, str]] = queue.Queue()
        self.address = ""

    def told(self) -> dict[str, Any]:
        with urlopen(f"{self.address}/api/sandbox", timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Town(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


def be_the_one_of(page: Page) -> None:
    """Logs in by one click, as whom the page offers."""
    page.get_by_test_id("sandbox-person").click()
    expect(page.get_by_test_id("log-in")).to_have_count(0)


def test_one_click_logs_in_and_the_desk_steers_the_town(
    open_page: Open, server: Town, accessible: Look, picture: Picture
) -> None:
    page = open_page("/desk", width=1440, height=900, maps=True)
    expect(page.get_by_test_id("sandbox-person")).to_contain_text("Ann Lindqvist")
    accessible(page)
    be_the_one_of(page)
    pause = page.get_by_test_id("pause")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    assert server.told()["is_paused"] is True
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "false")
    page.get_by_test_id("misbehave").click()
    page.get_by_test_id("wrong-vanish").fill("2")
    page.get_by_test_id("misbehave-apply").click()
    expect(page.get_by_test_id("misbehave-apply")).to_have_count(0)
    assert server.told()["misbehaving"]["vanish"] == 2
    page.get_by_test_id("speed").select_option("4")
    page.get_by_test_id("add-drivers").click()
    expect(page.get_by_test_id("sandbox-bar")).to_contain_text("16 drivers")
    assert (server.told()["speed"], server.told()["drivers"]) == (4.0, 16)
    picture(page, "desk")


def test_the_next_offer_rings_at_the_page_of_whoever_wants_it(open_page: Open, server: Town, picture: Picture) -> None:
    driver = open_page("/driver", geolocation=AT_THE_STATION, permissions=["geolocation"])
    be_the_one_of(driver)
    press(driver, "button[data-test=online]", "go-off")
    desk = open_page("/desk", width=1440, height=900)
    be_the_one_of(desk)
    desk.get_by_test_id("next-offer").click()
    expect(driver.get_by_test_id("request-dialog")).to_be_visible(timeout=20_000)
    picture(driver, "offer")


def test_a_passenger_sees_free_cars_and_hears_where_the_town_does_not_drive(
    open_page: Open, server: Town, errors: Errors
) -> None:
    page = open_page("/", maps=True)
    be_the_one_of(page)
    within_ms = 25_000  # it is looked now and then, and the map comes last
    expect(page.get_by_test_id("cars-near")).to_have_text("Free cars are near.", timeout=within_ms)
    expect(page.locator(".mark-free").first).to_be_attached(timeout=within_ms)
    page.get_by_test_id("pickup").fill("60.1700, 24.9414")
    page.get_by_test_id("dropoff").fill("60.3000, 24.9600")
    page.get_by_test_id("quote").click()
    expect(page.locator("#where-dropoff-error")).to_contain_text(
        "We do not drive there. The nearest street that we serve is"
    )
    expect(page.get_by_test_id("dropoff")).to_be_focused()
    errors.forgive("409 (Conflict)")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_page_is_whole_in_other_languages(
    open_page: Open, server: Town, accessible: Look, fits: Look, picture: Picture, language: str
) -> None:
    def read(page: Page, name: str) -> None:
        text = page.locator("body").inner_text()
        assert [key for key in KEYS if key in text] == [], "a key stands where its words should"
        fits(page)
        picture(page, f"{language}-{name}")

    for name, (path, width) in PAGES.items():
        page = open_page(path, width=width, height=900 if width > 1000 else 740, language=language)
        root = page.locator("html")
        expect(root).to_have_attribute("lang", language)
        expect(root).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        if name != "developer":
            be_the_one_of(page)
        page.locator(FIRST_SEEN[name]).first.wait_for()
        read(page, name)
        accessible(page)
        for view in VIEWS if name == "desk" else ():
            page.get_by_test_id(f"view-{view}").click()
            expect(page.get_by_test_id(f"{view}-view")).to_be_visible()
            read(page, f"desk-{view}")
        page.close()
