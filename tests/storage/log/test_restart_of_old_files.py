"""Files as killed servers of older versions left them: they open, nothing is wrong with them, and today's server goes on with each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatch.ids import RideId
from dispatch.messages.events import ChargeSettled, RideAssigned, RideRequested, SearchFailed
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from tests.storage.old_files import ANN, BEN, SOUND, Served, old_file

Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts on the file of this name; whatever was done with it, it is sound in the end."""
    started: list[Served] = []

    def start(name: str, **settings: Any) -> Served:
        started.append(Served(old_file(name, tmp_path), **settings))
        return started[-1]

    yield start
    for server in started:
        server.close()
    assert list(findings(tmp_path / "rides.db")) == []


@pytest.mark.parametrize("name", SOUND)
def test_a_file_opens_and_nothing_is_wrong_with_it(tmp_path: Path, name: str) -> None:
    path = old_file(name, tmp_path)
    Writer(path).close()
    assert list(findings(path)) == []


@pytest.mark.parametrize("name", SOUND)
def test_a_start_on_it_ends_every_ride_and_binds_nobody_for_ever(serve: Serve, name: str) -> None:
    server = serve(name)
    server.run(until=24 * 3600.0)
    assert server.store.open_rides() == []
    assert server.store.reserved_drivers() == []
    assert server.store.unpaid_rides() == []


def test_an_open_search_asks_the_driver_who_comes_back_and_whoever_declined_is_left_alone(serve: Serve) -> None:
    server = serve("open-searches")
    ben, passenger = server.driver(BEN), server.passenger("near")
    server.run(until=1.0)
    assert passenger.last("snapshot")["status"] == "pending"
    ann = server.driver(ANN)
    server.run(until=2.0)
    offer = ann.last("ride_request")
    assert (offer["ride_id"], offer["passenger_name"]) == ("near", "Sarah Johnson")
    assert "ride_request" not in {frame["type"] for frame in ben.frames}
    ann.says("accept_ride", ride_id="near", driver_id=ANN, id="yes")
    server.run(until=3.0)
    assert passenger.last("driver_assigned")["driver_id"] == ANN
    assert ann.last("ack")["result"] == "ok"


def test_a_search_that_had_nobody_ends_at_its_cap_as_if_nothing_had_happened(serve: Serve) -> None:
    server = serve("open-searches")
    passenger = server.passenger("far")
    booked = server.store.events_of("ride/far")[0]
    assert isinstance(booked, RideRequested)
    server.runtime.run(booked.at + 170.0)
    assert server.store.open_rides() == ["far"]
    server.runtime.run(booked.at + 185.0)
    assert isinstance(server.store.events_of("ride/far")[-1], SearchFailed)
    assert passenger.last("no_drivers")["ride_id"] == "far"


def test_a_reserved_driver_asks_the_ride_which_gives_itself(serve: Serve) -> None:
    server = serve("reserved-driver")
    server.run(until=1.0)
    assert any(isinstance(event, RideAssigned) for event in server.store.events_of("ride/wanted"))
    ann, passenger = server.driver(ANN), server.passenger("wanted")
    server.run(until=2.0)
    assert ann.last("snapshot")["ride"]["ride_id"] == "wanted"
    assert passenger.last("snapshot")["driver_id"] == ANN
    ann.says("accept_ride", ride_id="wanted", driver_id=ANN, id="yes-wanted")
    server.run(until=3.0)
    assert ann.last("ack") == {"type": "ack", "id": "yes-wanted", "result": "ok"}


def test_a_ride_that_was_booked_ahead_is_asked_for_a_quarter_of_an_hour_before_its_time(serve: Serve) -> None:
    server = serve("scheduled-ride")
    ann, ben, passenger = server.driver(ANN), server.driver(BEN), server.passenger("later")
    server.run(until=1.0)
    assert passenger.last("snapshot")["status"] == "scheduled"
    assert ann.last("snapshot")["ride"]["status"] == "in_progress"
    booked = server.store.events_of("ride/later")[0]
    ann.says("complete_ride", ride_id="under-way")
    server.runtime.run(booked.pickup_at - 901.0)  # type: ignore[union-attr]
    assert "searching" not in {frame["type"] for frame in passenger.frames}
    for app in (ann, ben):
        app.says("location_update", latitude=-26.2041, longitude=28.0473)
    server.runtime.run(booked.pickup_at - 895.0)  # type: ignore[union-attr]
    assert passenger.last("searching")["ride_id"] == "later"
    assert ben.last("ride_request")["ride_id"] == ann.last("ride_request")["ride_id"] == "later"


def test_a_charge_that_was_not_settled_is_asked_for_again_and_settled(serve: Serve) -> None:
    server = serve("unsettled-charge", payment="http")
    assert server.store.unpaid_rides() == ["by-card"]
    server.run(until=30.0)
    assert {ride: amount.minor for ride, amount in server.payments.collected.items()} == {RideId("by-card"): 8550}
    assert server.store.unpaid_rides() == []
    assert isinstance(server.store.events_of("ride/by-card")[-1], ChargeSettled)


def test_what_was_answered_before_and_after_the_fold_of_a_driver_is_answered_so_again(serve: Serve) -> None:
    """None of it is carried out twice. The fold is behind the 98th of 130 wishes, which by turns were no and yes."""
    server = serve("a-day")
    wishes = "SELECT count(*) FROM events WHERE kind = 'AvailabilitySet'"
    (before,) = server.writer.db.execute(wishes).fetchone()
    ann = server.driver(ANN)
    for number in (90, 97, 98, 128):
        ann.says("set_availability", available=bool(number % 2), id=f"wish-{number}")
        server.runtime.run(server.runtime.now + 1.0)
        assert ann.last("ack") == {"type": "ack", "id": f"wish-{number}", "result": "ok"}
    assert server.writer.db.execute(wishes).fetchone() == (before,)
