"""The desk: a phone booking by keyboard alone, why a ride went to whom, each view under axe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from dispatch.principals import Role
from dispatch.travel.streets import SHIPPED
from tests.browser.apps import drivers
from tests.browser.conftest import Errors, Open
from tests.browser.people import log_in
from tests.browser.server import ANN, OTHERS, Server

Look = Callable[[Page], None]
Picture = Callable[[Page, str], None]
HELSINKI = (60.1690, 24.9410)
VIEWS = ("rides", "drivers", "people", "day", "audit", "map")
KUMPULA = (60.2080, 24.9640)
"""Out of reach of the drivers of other tests."""
TIKKURILA = (60.3000, 25.0400)
"""Out of reach of a search in Kumpula."""
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


def book_by_phone(server: Server, phone: str, place: tuple[float, float]) -> str:
    """A ride that the desk books for Aino Berg; its id."""
    lat, lon = place
    trip = {"pickup_latitude": lat, "pickup_longitude": lon, "dropoff_latitude": lat + 0.01, "dropoff_longitude": lon}
    named = {"pickup_address": "Kumpula", "dropoff_address": "Arabia"}
    answer = httpx2.post(
        f"{server.address}/api/rides",
        json={**trip, **named, "passenger_phone": phone, "passenger_name": "Aino Berg"},
        headers={"Authorization": f"Bearer {server.token(ANN, Role.STAFF)}"},
        trust_env=False,
    )
    assert answer.status_code in (200, 201, 202), answer.text
    return str(answer.json()["ride_id"])


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


def test_all_that_staff_do_to_a_ride_is_done_by_buttons(open_page: Open, server: Server, picture: Picture) -> None:
    page = desk(open_page, server)
    panel = page.get_by_test_id("ride-panel")
    with drivers(server, OTHERS[2:3], KUMPULA) as (near,), drivers(server, OTHERS[3:5], TIKKURILA) as (asked, bound):
        booked = book_by_phone(server, "+358401234567", KUMPULA)
        near.hear("ride_request")
        near.say("decline_ride", ride_id=booked)
        page.get_by_test_id("view-rides").click()
        page.get_by_role("row").filter(has_text="Aino Berg").first.click()
        expect(panel).to_contain_text("Aino Berg")

        panel.get_by_role("button", name="Edit").click()
        page.locator("#edit-note").fill("blue gate")
        page.get_by_test_id("edit-do").click()
        expect(panel).to_contain_text("blue gate")

        page.get_by_test_id("assign").click()
        drivers_shown = page.get_by_test_id("askable").get_by_role("row")
        drivers_shown.filter(has_text="Driver 4").get_by_role("button").first.click()
        assert asked.hear("ride_request")["ride_id"] == booked
        page.get_by_test_id("assign").click()
        drivers_shown.filter(has_text="Driver 5").get_by_role("button").last.click()
        assert bound.hear("ride_accepted")["note"] == "blue gate"

        page.get_by_test_id("fare").click()
        page.locator("#new-fare").fill("33")
        page.locator("#fare-reason").fill("agreed by phone")
        page.get_by_test_id("fare-do").click()
        expect(panel).to_contain_text("€33.00")

        page.get_by_test_id("reassign").click()
        page.get_by_test_id("reassign-do").click()
        bound.hear("ride_cancelled")
        drivers_shown.filter(has_text="Driver 4").get_by_role("button").last.click()
        asked.hear("ride_accepted")
        page.get_by_test_id("reassign").click()
        expect(page.get_by_test_id("reassign-do")).to_be_visible()
        asked.say("cancel_ride", ride_id=booked)
        expect(page.get_by_test_id("reassign-do")).to_have_count(0)
        expect(page.get_by_text("what you had open is no longer possible").first).to_be_visible()
        page.get_by_test_id("close").click()
        page.get_by_test_id("close-do").click()
        expect(panel.get_by_test_id("book-again")).to_be_visible()
    page.get_by_test_id("view-audit").click()
    fare = page.get_by_test_id("audit-view").get_by_role("row").filter(has_text="€33.00")
    expect(fare).to_contain_text(re.compile(r"€\d+\.\d\d.*€33\.00"))
    picture(page, "audit-before")


def test_people_are_imported_suspended_and_let_in_again(open_page: Open, server: Server, errors: Errors) -> None:
    page = desk(open_page, server)
    page.get_by_test_id("view-people").click()
    page.get_by_test_id("import-people").click()
    page.locator("#import-csv").fill(
        "phone,name,vehicle_type,registration\n+358401112223,Veera Laine,van,ABC-1\n1,Nobody,van,X\n"
    )
    page.get_by_test_id("import-do").click()
    panel = page.get_by_test_id("person-panel")
    expect(panel.locator(".error")).to_contain_text("phone")  # one row has none, so none was taken
    errors.forgive("400 (Bad Request)")
    panel.get_by_role("checkbox").check()
    page.get_by_test_id("import-do").click()
    page.get_by_role("row").filter(has_text="Veera Laine").click()
    page.get_by_test_id("suspend").click()
    page.get_by_test_id("activate").click()
    expect(page.get_by_test_id("suspend")).to_be_visible()
    page.get_by_test_id("view-drivers").click()
    find = page.locator("#drivers-find")
    find.fill("nobody of that name")
    find.press("Escape")
    expect(find).to_have_value("")


def test_every_view_is_open_to_everybody(open_page: Open, server: Server, accessible: Look, picture: Picture) -> None:
    page = desk(open_page, server, maps=True)
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
