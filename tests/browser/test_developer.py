"""The page for app developers: it connects, shows what passes, and what it gives to copy runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.server import Server
from tests.web.node import NODE

WITHIN_S = 20.0
Look = Callable[[Page], None]
Picture = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Nobody logs in on it, and an offer runs out soon."""
    with Server(tmp_path_factory.mktemp("developer"), "--auth", "off", "--offer-timeout", "2s") as server:
        yield server


def frame(page: Page, words: str) -> None:
    """A row of the frames has these words, in this order."""
    expect(
        page.get_by_test_id("frames").get_by_role("listitem").filter(has_text=re.compile(words)).first
    ).to_be_visible()


def test_an_offer_is_seen_on_both_sockets_and_its_steps_are_ticked(
    open_page: Open, accessible: Look, picture: Picture
) -> None:
    page = open_page("/client/", width=1100, height=1000)
    accessible(page)
    page.get_by_test_id("scenario-offer").click()
    expect(page.get_by_test_id("scenario-offer-state")).to_have_text("All 6 came.")
    frame(page, r"heard.*driver.*ride_request.*seq \d+.*\d+ B")
    frame(page, r"sent.*passenger.*find_driver")
    page.get_by_test_id("frames").get_by_text("ride_request").click()
    expect(page.get_by_test_id("frames").locator("pre")).to_contain_text('"pickup_address": "1 Test Street"')
    accessible(page)
    picture(page, "offer")


def test_an_offer_runs_out(open_page: Open) -> None:
    page = open_page("/client/", width=1100)
    page.get_by_test_id("scenario-expire").click()
    expect(page.get_by_test_id("scenario-expire-state")).to_have_text("All 4 came.", timeout=20_000)


def test_a_second_connection_of_the_same_driver_replaces_the_first(open_page: Open) -> None:
    page = open_page("/client/", width=1100)
    page.get_by_test_id("scenario-replace").click()
    expect(page.get_by_test_id("scenario-replace-state")).to_have_text("All 2 came.")
    frame(page, r"link.*driver.*closed 4504.*closed by the server")


def test_rows_stop_by_a_key_and_go_on(open_page: Open) -> None:
    page = open_page("/client/", width=1100)
    page.get_by_test_id("connect-driver").click()
    frame(page, "driver.*open")
    page.keyboard.press("s")
    page.get_by_test_id("connect-passenger").click()
    expect(page.get_by_text(re.compile(r"\d+ frames? waits?"))).to_be_visible()  # a ping may have passed as well
    page.keyboard.press("s")
    frame(page, "passenger.*open")


@pytest.mark.parametrize(("language", "running"), [("javascript", [NODE, "-e"]), ("python", [sys.executable, "-c"])])
def test_what_is_copied_runs(open_page: Open, language: str, running: list[str]) -> None:
    page = open_page("/client/", width=1100, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#copy-language").select_option(language)
    page.get_by_test_id("copy").click()
    expect(page.get_by_text("Copied").first).to_be_visible()
    program = page.evaluate("navigator.clipboard.readText()")
    with subprocess.Popen([*running, program], stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        assert '"pong"' in app.stdout.readline() + app.stdout.readline()
        app.kill()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_it_fits_a_phone_in_other_languages(
    open_page: Open, fits: Look, accessible: Look, picture: Picture, language: str
) -> None:
    page = open_page("/client/", language=language, color_scheme="dark")
    page.get_by_test_id("scenario-offer").click()
    expect(page.get_by_test_id("scenario-offer-state")).to_contain_text("6")
    fits(page)
    accessible(page)
    picture(page, language)
