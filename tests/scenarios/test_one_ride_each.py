"""A passenger who is known has one open ride at a time: a double tap in an app that makes a new ride id for each sends one car."""

import pytest

from dispatch.actors.passenger import PassengerActor
from dispatch.messages.events import RideRequested
from dispatch.messages.matching import HoldPassenger, LeavePassenger, TakePassenger
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre, every_order, hurt

ADA = {"passenger_phone": "27821234567"}


def booked(stage: Stage, *rides: str) -> list[str]:
    """Those of the rides that are on record."""
    return [ride for ride in rides if any(isinstance(event, RideRequested) for event in stage.record(ride))]


def test_a_second_ride_is_refused_and_told_which_one_is_open(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("tap-1").books(at=1, **ADA)
    stage.passenger("tap-2").books(at=2, passenger_phone="+27 82 123-4567", id="k1")
    stage.run(until=3)
    assert stage.passengers["tap-1"].story() == ["searching"]
    (error,) = stage.passengers["tap-2"].heard()
    assert (error["code"], error["id"], error["ride_id"]) == ("illegal_now", "k1", "tap-2")
    assert error["message"] == "cannot book another ride: ride tap-1 of this passenger is open (one_ride_each)"
    assert stage.record("tap-2") == ()


def test_the_same_ride_again_is_no_second_ride(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    passenger = stage.passenger("r1")
    passenger.books(at=1, **ADA)
    passenger.books(at=2, **ADA)
    passenger.books(at=3, fare=90.0, **ADA)
    stage.run(until=4)
    assert passenger.story() == ["searching", "snapshot", "searching"]


def test_of_two_taps_in_one_instant_exactly_one_books_in_every_order(play: Theatre) -> None:
    for dice in every_order(since=1.0, surprises=2):
        stage = play.in_order(dice)
        stage.fleet(1)
        taps = [stage.passenger("tap-1"), stage.passenger("tap-2")]
        for tap in taps:
            tap.books(at=1, **ADA)
        stage.run(until=5)
        assert len(booked(stage, "tap-1", "tap-2")) == 1
        assert sorted(tap.story()[0] for tap in taps) == ["error", "searching"]


def ends(stage: Stage, how: str) -> None:
    """The ride tap-1 of the driver d1 ends so, at second 1000 at the latest."""
    passenger, driver = stage.passengers["tap-1"], stage.drivers["d1"]
    match how:
        case "cancelled while searching":
            passenger.cancels(at=10)
        case "cancelled with a driver":
            driver.accepts("tap-1", at=5)
            passenger.cancels(at=10)
        case "completed":
            driver.accepts("tap-1", at=5)
            driver.drives("tap-1", step_s=10, at=10)
        case "no drivers":
            pass
        case "no show":
            driver.accepts("tap-1", at=5)
            driver.says("arrived", at=10, ride_id="tap-1")
            driver.says("no_show", at=400, ride_id="tap-1")
        case "the passenger left":
            passenger.leaves(at=10)


@pytest.mark.parametrize(
    "how",
    [
        "cancelled while searching",
        "cancelled with a driver",
        "completed",
        "no drivers",
        "no show",
        "the passenger left",
    ],
)
def test_after_the_end_of_the_first_the_next_is_free_at_once(play: Theatre, how: str) -> None:
    for seed in range(5):
        stage = play(seed, options=WorldOptions(permute=True, commit_delay_s=(0.01, 0.05)), told=seed)
        stage.fleet(1)
        first, second = stage.passenger("tap-1"), stage.passenger("tap-2")
        for told in ("ride_cancelled", "ride_completed", "no_drivers"):
            first.whenever(told, lambda heard, second=second: second.books(**ADA))  # type: ignore[misc]
        first.books(at=1, **ADA)
        ends(stage, how)
        if how == "the passenger left":
            second.books(at=75, **ADA)
        stage.run(until=1000)
        assert second.story()[0] == "searching", second.frames


def test_a_search_that_no_app_is_connected_to_gives_way(play: Theatre) -> None:
    """Its app was closed, or made a new connection and a new id for the second tap."""
    for dice in every_order(since=12.0, surprises=2):
        stage = play.in_order(dice)
        driver = stage.driver("d1")
        first, second = stage.passenger("tap-1"), stage.passenger("tap-2")
        first.books(at=1, **ADA)
        first.leaves(at=10)
        driver.accepts("tap-1", at=12)
        second.books(at=12, **ADA)
        first.returns(at=14)
        stage.run(until=15)
        status = first.last("snapshot")["status"]
        if status == "accepted":
            assert "ride tap-1 of this passenger is open" in second.last("error")["message"]
        else:
            assert (status, second.story()[0]) == ("cancelled", "searching")


def test_a_ride_that_has_a_driver_holds_without_an_app(play: Theatre) -> None:
    stage = play()
    stage.driver("d1")
    first, second = stage.passenger("tap-1"), stage.passenger("tap-2")
    first.books(at=1, **ADA)
    stage.drivers["d1"].accepts("tap-1", at=5)
    first.leaves(at=10)
    second.books(at=12, **ADA)
    stage.run(until=15)
    assert second.story() == ["error"]


def test_whoever_is_not_known_may_have_two(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    for ride, who in (("r1", {}), ("r2", {}), ("r3", {"passenger_name": "Ada"}), ("r4", {"passenger_name": "Ada"})):
        stage.passenger(ride).books(at=1, **who)
    stage.run(until=2)
    assert booked(stage, "r1", "r2", "r3", "r4") == ["r1", "r2", "r3", "r4"]


def test_others_are_not_kept_from_riding(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    stage.passenger("r1").books(at=1, **ADA)
    stage.passenger("r2").books(at=1, passenger_phone="27821234568")
    stage.run(until=2)
    assert booked(stage, "r1", "r2") == ["r1", "r2"]


def test_the_setting_lets_everybody_have_as_many_as_they_like(play: Theatre) -> None:
    stage = play(one_ride_each="never")
    stage.fleet(2)
    stage.passenger("r1").books(at=1, **ADA)
    stage.passenger("r2").books(at=2, **ADA)
    stage.run(until=3)
    assert booked(stage, "r1", "r2") == ["r1", "r2"]


def test_a_ride_for_tomorrow_forbids_none_today_and_is_not_forbidden_by_it(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("later").books(at=1, pickup_at="2026-01-01T02:00:00Z", **ADA)
    stage.passenger("now").books(at=2, **ADA)
    stage.passenger("even-later").books(at=3, pickup_at="2026-01-01T03:00:00Z", **ADA)
    stage.drivers["d1"].accepts("now", at=4)
    stage.passenger("one-more").books(at=6301, **ADA)  # the search for the ride of 02:00 has begun by then
    stage.drivers["d1"].says("complete_ride", at=6302, ride_id="now")
    stage.passenger("and-again").books(at=6303, **ADA)
    stage.run(until=6304)
    assert booked(stage, "later", "now", "one-more") == ["later", "now"]
    assert stage.passengers["even-later"].last()["status"] == "scheduled"
    assert "ride later of this passenger is open" in stage.passengers["and-again"].last("error")["message"]


def test_a_restart_forgets_no_open_ride_and_keeps_nobody_from_riding(play: Theatre) -> None:
    stage = play()
    stage.fleet(1)
    first, second = stage.passenger("tap-1"), stage.passenger("tap-2")
    first.books(at=1, **ADA)
    stage.crashes(at=2)
    first.returns(at=3)
    second.returns(at=3)
    second.books(at=4, **ADA)
    first.cancels(at=5)
    stage.crashes(at=6)
    second.returns(at=7)
    second.books(at=8, **ADA)
    stage.run(until=9)
    assert second.story() == ["error", "searching"]


@pytest.mark.parametrize("failure_rate", [0.3, 0.9])
def test_a_booking_that_was_lost_with_the_disk_keeps_nobody_from_riding(play: Theatre, failure_rate: float) -> None:
    for seed in range(10):
        options = WorldOptions(supervise=True, commit_delay_s=(0.0, 0.02), failure_rate=failure_rate)
        stage = play(seed, told=seed, options=options)
        stage.fleet(1)
        first, second = stage.passenger("tap-1"), stage.passenger("tap-2")
        first.books(at=1, **ADA)
        stage.run(until=2)
        stage.world.journal._failure_rate = 0.0
        second.books(at=3, **ADA)
        stage.run(until=4)
        was_booked = bool(booked(stage, "tap-1"))
        assert second.story()[0] == ("error" if was_booked else "searching")


@pytest.mark.parametrize("message_type", [TakePassenger, HoldPassenger, LeavePassenger])
def test_a_failure_of_the_passengers_actor_lets_no_second_ride_through(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, message_type: type
) -> None:
    hurt(monkeypatch, PassengerActor, message_type, times=1)
    stage = play(options=WorldOptions(supervise=True))
    stage.fleet(1)
    first, second = stage.passenger("tap-1"), stage.passenger("tap-2")
    first.books(at=1, **ADA)
    first.books(at=20, **ADA)
    second.books(at=21, **ADA)
    second.books(at=40, **ADA)
    first.cancels(at=60)
    second.books(at=61, **ADA)
    second.books(at=80, **ADA)
    stage.run(until=82)
    assert "searching" not in [frame["type"] for frame in second.heard() if frame.at < 60]
    assert second.heard("searching"), second.frames


def test_nobody_stays_in_memory_for_passengers_who_are_gone(play: Theatre) -> None:
    stage = play(pricing="tariff")
    stage.fleet(1)
    stage.passenger("r1").books(at=1, **ADA)
    stage.passengers["r1"].cancels(at=5)
    stage.passenger("r2").books(at=6, quote_id="made-up", passenger_phone="27821234568")
    stage.passenger("r3").books(at=7, pickup_at="2026-01-01T02:00:00Z", passenger_phone="27821234569")
    stage.run(until=8)
    assert stage.passengers["r2"].last("error")["code"] == "quote_expired"
    assert list(stage.world.runtime.addresses("passenger")) == []
