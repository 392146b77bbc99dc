"""The desk: a phone booking by keyboard alone, why a ride went to whom, each view under axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from dispatch.travel.streets import SHIPPED
from tests.browser.apps import drivers
from tests.browser.conftest import Open
from tests.browser.people import log_in
from tests.browser.server import ANN, OTHERS, Server

Look = Callable[[Page], None]
Picture = Callable[[Page, str], None]
HELSINKI = (60.1690, 24.9410)
VIEWS = ("rides", "drivers", "people", "day", "audit", "map")
FLAGS = ("--auth", "on", "--pricing", "tariff", "--currency", "EUR", "--base-fare", "5", "--per-km", "1.2")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("desk"), *FLAGS, "--map-streets", str(SHIPPED)) as server:
        yield server


def desk(open_page: Open, server: Server, **options: object) -> Page:
    """The page of Ann, who is logged in."""
    page = open_page("/desk", width=1440, height=900, **options)
    log_in(page, server, ANN)
    expect(page.get_by_test_id("ride-list")).to_be_visible()
    return page


def test_a_caller_is_booked_for_by_keyboard_alone_and_why_says_who_was_asked(
    open_page: Open, server: Server, accessible: Look, picture: Picture
) -> None:
    page = desk(open_page, server)
    with drivers(server, OTHERS[:2], HELSINKI) as (nearest, other):
        page.keyboard.press("b")
        for words, field in (("0821230000", "phone"), ("Thandi Nkosi", "name")):
            expect(page.locator(f"#book-{field}")).to_be_focused()
            page.keyboard.type(words)
            page.keyboard.press("Enter")
        for words, field in (("mannerheim", "from"), ("aleksant", "to")):
            expect(page.locator(f"#book-{field}")).to_be_focused()
            page.keyboard.type(words)
            expect(page.locator("[role=listbox] [role=option]").first).to_be_visible()
            page.keyboard.press("Enter")
        expect(page.get_by_test_id("call-booking")).to_be_focused()
        expect(page.locator(".book-price")).to_contain_text("€")
        page.keyboard.press("Enter")
        asked = nearest.hear("ride_request")
        nearest.say("decline_ride", ride_id=asked["ride_id"])
        request = other.hear("ride_request")
        other.say("accept_ride", ride_id=request["ride_id"], driver_id=OTHERS[1])
        other.hear("ride_accepted")
        expect(page.locator("#book-phone")).to_be_focused()
        ride = page.get_by_test_id("ride-panel")
        expect(ride).to_contain_text("Thandi Nkosi")
        page.keyboard.press("Escape")
        page.get_by_test_id("why-button").click()
        why = page.get_by_test_id("why")
        expect(why).to_contain_text("Driver 1")
        expect(why.get_by_role("row").filter(has_text="Driver 1")).to_contain_text("declined")
        expect(why.get_by_role("row").filter(has_text="Driver 2")).to_contain_text("accepted")
        accessible(page)
        picture(page, "why")


def test_what_is_typed_ahead_of_the_look_up_goes_into_the_next_field(open_page: Open, server: Server) -> None:
    page = desk(open_page, server)
    page.keyboard.press("b")
    for words in ("0821239999", "Lerato Zulu", "mannerheim", "aleksant"):
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    for field, words in (
        ("phone", "0821239999"),
        ("name", "Lerato Zulu"),
        ("from", "Mannerheimintie"),
        ("to", "Aleksanterinkatu"),
    ):
        expect(page.locator(f"#book-{field}")).to_have_value(words)
    expect(page.get_by_test_id("call-booking")).to_be_focused()


def test_every_view_is_open_to_everybody(open_page: Open, server: Server, accessible: Look, picture: Picture) -> None:
    page = desk(open_page, server)
    for view in VIEWS:
        page.get_by_test_id(f"view-{view}").click()
        expect(page.get_by_test_id(f"view-{view}")).to_have_attribute("aria-current", "page")
        accessible(page)
        picture(page, view)


def test_the_desk_reads_from_right_to_left_in_arabic(
    open_page: Open, server: Server, fits: Look, picture: Picture
) -> None:
    page = desk(open_page, server, language="ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    fits(page)
    picture(page, "ar")
