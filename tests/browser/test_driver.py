"""What a driver's page must never do, and what it must come back from. The passenger is a few frames here."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import ClientConnection, connect

import cli
from tests.browser.conftest import Open
from tests.browser.server import MICHAEL, OTHERS, SARAH, Server

HERE = {"latitude": -26.2041, "longitude": 28.0473, "accuracy": 8}
TRIP = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.185,
    "dropoff_longitude": 28.055,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.5,
    "passenger_name": "Sarah Johnson",
    "passenger_phone": SARAH,
}
RIDES = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Nobody logs in on it."""
    with Server(tmp_path_factory.mktemp("driver"), "--auth", "off") as server:
        yield server


class Sarah:
    """A passenger who has booked one ride."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    def hears(self, kind: str) -> dict[str, Any]:
        """The next frame of this type."""
        while True:
            frame: dict[str, Any] = json.loads(self.socket.recv(timeout=10))
            if frame["type"] == kind:
                return frame


@contextmanager
def booked(server: Server, **more: Any) -> Iterator[Sarah]:
    """Sarah, whose app stays connected until the end of the block."""
    address = f"{server.address.rstrip('/').replace('http', 'ws', 1)}/ws/ride/browser-{next(RIDES)}/"
    with connect(address) as socket:
        sarah = Sarah(socket)
        sarah.say("find_driver", **TRIP, **more)
        yield sarah


def online(open_page: Open, phone: str = MICHAEL, **more: Any) -> Page:
    """A driver who waits for requests."""
    page = open_page("/driver", **{"geolocation": HERE, "permissions": ["geolocation"], **more})
    page.get_by_test_id("phone").fill(phone)
    page.get_by_test_id("log-in").click()
    page.get_by_test_id("online").click()
    expect(page.get_by_test_id("go-off")).to_be_visible()
    expect(page.get_by_text("8 m exact").first).to_be_visible()
    expect(page.locator(".thumb button")).to_have_count(0)
    return page


def test_no_stray_touch_and_no_stray_key_accepts_a_request(open_page: Open, server: Server) -> None:
    page = online(open_page)
    # The touch lands as soon as the button stands there: that is the one that was meant for something else.
    page.evaluate(
        """() => new MutationObserver((_, observer) => {
            const accept = document.querySelector("[data-test=accept]");
            if (accept === null) return;
            observer.disconnect();
            for (const type of ["pointerdown", "pointerup"]) accept.dispatchEvent(new PointerEvent(type, {bubbles: true}));
            accept.dispatchEvent(new MouseEvent("click", {bubbles: true, detail: 1}));
        }).observe(document.body, {childList: true})"""
    )
    with booked(server) as sarah:
        dialog = page.get_by_test_id("request-dialog")
        expect(dialog).to_be_visible()
        for key in ("Enter", "Space", "Escape", "Escape"):
            page.keyboard.press(key)
        expect(page.get_by_role("heading", name="Ride request")).to_be_focused()
        expect(page.get_by_test_id("accept")).to_be_enabled()
        page.keyboard.press("Tab")
        expect(page.get_by_test_id("accept")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_test_id("decline")).to_be_focused()
        expect(dialog).to_be_visible()
        page.get_by_test_id("accept").click()
        assert sarah.hears("driver_assigned")["driver_name"] == "Michael Brown"
        page.get_by_test_id("give-back").click()
        expect(page.get_by_test_id("give-back-yes")).to_be_visible()
        sarah.say("cancel_ride")
        expect(page.get_by_test_id("give-back-yes")).to_have_count(0)  # the question went with what it asked about
        expect(page.get_by_test_id("go-off")).to_be_visible()
        expect(page.get_by_text("cancelled the ride. There is no fee.").first).to_be_visible()


def test_a_request_closes_by_itself_and_says_why(open_page: Open, server: Server) -> None:
    page = online(open_page)
    with booked(server) as sarah:
        expect(page.get_by_test_id("request-dialog")).to_be_visible()
        sarah.say("cancel_ride")
        expect(page.get_by_test_id("request-dialog")).to_have_count(0)
        expect(page.get_by_test_id("request-closed")).to_have_text("The passenger cancelled")
        assert page.title() == "Driver"


def test_a_reload_comes_back_to_the_same_step(open_page: Open, server: Server) -> None:
    page = online(open_page)
    with booked(server, require_pin=True) as sarah:
        for step, shows in (("request-dialog", "accept"), ("arrived", "arrived"), ("start", "start")):
            expect(page.get_by_test_id(step)).to_be_visible()
            page.reload()
            expect(page.get_by_test_id(step)).to_be_visible()
            if step != "start":
                page.get_by_test_id(shows).click()
        expect(page.get_by_test_id("no-show")).to_contain_text("No-show in 4:5")
        page.get_by_test_id("pin").fill(sarah.hears("driver_assigned")["start_pin"])
        page.get_by_test_id("start").click()
        expect(page.get_by_test_id("complete")).to_be_visible()
        page.reload()
        page.get_by_test_id("complete").click()
        expect(page.get_by_test_id("collect")).to_have_text("85.5")
        page.reload()
        expect(page.get_by_test_id("collect")).to_have_text("85.5")
        page.get_by_test_id("ready").click()
        expect(page.get_by_test_id("takings")).to_contain_text("1 ride")


def test_a_page_that_was_replaced_says_so_and_comes_back_when_it_is_wanted(open_page: Open) -> None:
    page = online(open_page)
    other = open_page("/driver", beside=page)
    other.get_by_test_id("phone").fill(MICHAEL)
    other.get_by_test_id("log-in").click()
    expect(page.get_by_role("heading", name="Open somewhere else")).to_be_visible()
    page.get_by_test_id("use-here").click()
    expect(page.get_by_test_id("go-off")).to_be_visible()
    expect(other.get_by_role("heading", name="Open somewhere else")).to_be_visible()


def test_without_a_position_the_page_says_what_is_lost_and_takes_a_mark(open_page: Open) -> None:
    page = open_page("/driver", permissions=[])
    page.get_by_test_id("phone").fill(MICHAEL)
    page.get_by_test_id("log-in").click()
    page.get_by_test_id("online").click()
    expect(page.get_by_text("gives no position, so you get no requests")).to_be_visible()
    page.get_by_role("button", name="Use a mark on the map").click()
    expect(page.get_by_text("gives no position")).to_have_count(0)


def test_what_a_drivers_file_keeps_away_is_said_until_it_does_not(open_page: Open, server: Server) -> None:
    page = online(open_page, OTHERS[0])

    def licence_ends(day: date) -> None:
        order = [
            "people",
            "document",
            OTHERS[0],
            "--kind",
            "licence",
            "--expires",
            day.isoformat(),
            "--db",
            str(server.db),
        ]
        subprocess.run([sys.executable, cli.__file__, *order], check=True, capture_output=True)

    licence_ends(date.today() + timedelta(days=5))
    expect(page.locator("[data-band=ending]")).to_contain_text("licence")
    licence_ends(date.today() - timedelta(days=5))
    expect(page.locator("[data-band=held_back]")).to_contain_text("You get no requests.")
    licence_ends(date.today() + timedelta(days=500))
    expect(page.locator("[data-band=held_back]")).to_have_count(0)


def test_the_map_is_fetched_after_the_socket_stands(open_page: Open) -> None:
    page = open_page("/driver", geolocation=HERE, permissions=["geolocation"])
    order: list[str] = []
    page.on("websocket", lambda socket: order.append("socket"))
    page.on("request", lambda asked: order.append("map") if "maplibre-gl.mjs" in asked.url else None)
    page.get_by_test_id("phone").fill(MICHAEL)
    page.get_by_test_id("log-in").click()
    page.get_by_test_id("online").click()
    expect(page.locator(".map.town-map")).to_be_visible()
    assert order[0] == "socket"
    assert order.count("map") == 1
