"""Rows of the settings by which a ride goes on from its driver to its end."""

from __future__ import annotations

from dispatch.actors.driver import DriverActor
from dispatch.messages.events import RideCancelled, RideRequested, TrackRecorded
from dispatch.messages.journal import Append
from dispatch.messages.notices import PassengerSnapshot
from dispatch.timestamps import rfc3339
from sim.stories.stage import Stage, StageDriver
from tests.scenarios.desk import Desk
from tests.settings.table import Given, changes


def assigned(given: Given, *, north_km: float = 1.0, at: float = 5) -> Stage:
    """d1 accepts r1 and, unless told otherwise, stands where they are."""
    stage = given.stage()
    stage.driver("d1", north_km=north_km)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].accepts("r1", at=at)
    return stage


def cancelled_at(stage: Stage, *, until: float) -> list[float]:
    """When the ride was cancelled, if it was by then."""
    times: list[float] = []

    def note(now: float, address: str, message: object) -> None:
        if isinstance(message, Append) and any(isinstance(event, RideCancelled) for event in message.events):
            times.append(now - stage.world.started_at)

    stage.world.runtime.observe(note)
    stage.run(until=until)
    return times


@changes("document_warning", {"1h": [3600.0], "90m": [1800.0]})
def when_a_driver_is_warned_whose_licence_ends_after_two_hours(given: Given) -> object:
    stage = given.stage()
    stage.keeps_file("d1", licence=7200.0)
    stage.driver("d1")
    stage.run(until=7000)
    return [frame.at for frame in stage.drivers["d1"].heard("document_expiring")]


@changes("link_grace", {"10s": [20.0], "30s": [40.0]})
def when_a_search_ends_whose_passenger_left_at_ten(given: Given) -> object:
    stage = given.booked(drivers=0)
    stage.passengers["r1"].leaves(at=10)
    return cancelled_at(stage, until=60)


@changes("sleep_max", {"0s": "offline", "1m": "offline", "10m": "asleep"})
def how_a_driver_with_a_device_is_two_minutes_after_the_connection_was_lost(given: Given) -> object:
    stage = given.stage()
    driver = stage.driver("d1")
    driver.has_device()
    driver.leaves(at=5)
    stage.run(until=125)
    actor = stage.world.runtime.actor("driver/d1")  # who is offline has left memory by then
    return str(actor.driver.status(actor.app.link is not None)) if isinstance(actor, DriverActor) else "offline"


@changes("schedule_lead", {"15m": 6300.0, "30m": 5400.0})
def when_drivers_are_asked_for_a_ride_at_7200(given: Given) -> object:
    stage = given.booked(pickup_at="2026-01-01T02:00:00Z")
    stage.run(until=7000)
    return stage.drivers["d1"].heard("ride_request")[0].at


@changes("schedule_ahead", {"1h": "error", "3h": "snapshot"})
def what_who_books_two_hours_ahead_hears(given: Given) -> object:
    stage = given.booked(pickup_at="2026-01-01T02:00:00Z")
    stage.run(until=2)
    return stage.passengers["r1"].last()["type"]


@changes("free_cancel", {"30s": 25, "5m": 0}, cancellation_fee="25")
def what_it_costs_to_cancel_a_minute_after_the_accept(given: Given) -> object:
    return fee_of_a_cancel(given, at=65)


@changes("driver_late", {"1m": 0, "1h": 25}, cancellation_fee="25")
def what_it_costs_to_cancel_a_driver_who_should_have_come_long_ago(given: Given) -> object:
    return fee_of_a_cancel(given, at=900)


def fee_of_a_cancel(given: Given, *, at: float) -> object:
    stage = assigned(given)
    stage.passengers["r1"].cancels(at=at)
    stage.run(until=at + 1)
    return stage.passengers["r1"].last("ride_cancelled")["fee"]


@changes(
    "free_wait",
    {"60s": ("2026-01-01T00:02:40.000Z", 8.0), "4m": ("2026-01-01T00:05:40.000Z", 2.0)},
    pricing="tariff",
    base_fare="10",
    waiting_per_minute="2",
)
def until_when_waiting_is_free_and_what_five_minutes_cost(given: Given) -> object:
    stage = given.driven(arrived=100, start=400, complete=500)
    passenger = stage.passengers["r1"]
    told = passenger.last("driver_arrived")["waiting_free_until"]
    return told, passenger.last("ride_completed")["breakdown"]["waiting"]


@changes("no_show", {"2m": ("ride_cancelled", []), "4m": ("driver_arrived", ["too_early"])})
def what_a_driver_gets_who_leaves_the_pickup_after_three_minutes(given: Given) -> object:
    stage = assigned(given)
    driver = stage.drivers["d1"]
    driver.says("arrived", at=100, ride_id="r1")
    driver.says("no_show", at=280, ride_id="r1")
    stage.run(until=281)
    return stage.passengers["r1"].last()["type"], [error["code"] for error in driver.heard("error")]


@changes("max_restarts", {"0": "no_drivers", "1": "searching"})
def what_a_passenger_hears_whose_driver_gives_up(given: Given) -> object:
    stage = given.booked(drivers=2)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.drivers["d1"].says("cancel_ride", at=20, ride_id="r1")
    stage.run(until=21)
    return stage.passengers["r1"].last()["type"]


@changes("ride_cap", {"10m": [605.0], "20m": [1205.0]})
def when_a_ride_that_nobody_ends_is_ended(given: Given) -> object:
    stage = assigned(given)
    return cancelled_at(stage, until=2000)


@changes("retire_after", {"10s": False, "10m": True})
def whether_a_ride_is_in_memory_a_minute_after_its_end(given: Given) -> object:
    stage = given.driven(arrived=10, start=20, complete=30)
    stage.passengers["r1"].leaves()
    stage.run(until=95)
    return stage.world.runtime.actor("ride/r1") is not None


# -- the steps


@changes("arrived_within_m", {"100": ["far_from_pickup"], "5000": []})
def what_a_driver_is_told_who_arrives_a_kilometre_away(given: Given) -> object:
    stage = assigned(given)
    stage.drivers["d1"].says("arrived", at=10, ride_id="r1")
    stage.run(until=11)
    return [frame["reason"] for frame in stage.drivers["d1"].heard("warning")]


@changes("strict_steps", {"false": [], "true": ["illegal_now"]})
def what_a_driver_is_told_who_completes_a_ride_before_its_start(given: Given) -> object:
    stage = assigned(given)
    stage.drivers["d1"].says("complete_ride", at=10, ride_id="r1")
    stage.run(until=11)
    return [error["code"] for error in stage.drivers["d1"].heard("error")]


@changes("text_callers", {"true": ["r1"], "false": []})
def whether_a_caller_is_texted_that_a_driver_comes(given: Given) -> object:
    stage = given.stage()
    stage.driver("d1")
    Desk(stage).books("r1", at=1)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=6)
    return [text.ride_id for text in stage.world.texts]


@changes("start_pin", {"false": False, "true": True})
def whether_a_passenger_who_asked_for_no_pin_is_told_one(given: Given) -> object:
    stage = assigned(given)
    stage.run(until=6)
    return "start_pin" in stage.passengers["r1"].last("driver_assigned")


@changes("pin_tries", {"2": 1, "4": 0}, start_pin="true")
def how_often_of_three_wrong_pins_one_is_told_to_wait(given: Given) -> object:
    return sum("try again in" in text for text in answers_to_wrong_pins(given, 3))


@changes("pin_lock", {"30s": "30 s", "5m": "300 s"}, start_pin="true", pin_tries="1")
def how_long_a_locked_pin_is_locked(given: Given) -> object:
    return answers_to_wrong_pins(given, 2)[-1].rpartition("try again in ")[2]


def answers_to_wrong_pins(given: Given, count: int) -> list[str]:
    stage = assigned(given)
    driver = stage.drivers["d1"]
    driver.says("arrived", at=10, ride_id="r1")
    stage.run(until=11)
    wrong = f"{(int(stage.passengers['r1'].last('driver_assigned')['start_pin']) + 1) % 10_000:04d}"
    for _ in range(count):
        driver.says("start_ride", ride_id="r1", pin=wrong)
    stage.run(until=12)
    return [error["message"] for error in driver.heard("error")]


# -- the way of the driver


def comes(driver: StageDriver, *, until: float, every_s: float = 1.0) -> None:
    """Ten metres nearer each second, from a kilometre away on."""
    for second in range(10, int(until)):
        if (second - 10) % every_s == 0:
            driver.moves(1.0 - 0.01 * (second - 10), at=float(second))


@changes("follow_drivers", {"off": 0, "on": 15})
@changes("location_every", {"2s": 15, "10s": 3})
def how_many_positions_a_passenger_sees_in_half_a_minute(given: Given) -> object:
    stage = assigned(given)
    comes(stage.drivers["d1"], until=40)
    stage.run(until=40)
    return len(stage.passengers["r1"].heard("driver_location", since=10.0))


@changes("track_step_m", {"20": 26, "100": 6})
def how_many_points_the_track_of_half_a_kilometre_has(given: Given) -> object:
    stage = assigned(given)
    comes(stage.drivers["d1"], until=61)
    stage.drivers["d1"].says("arrived", at=70, ride_id="r1")
    stage.run(until=71)
    (track,) = [event for event in stage.record("r1") if isinstance(event, TrackRecorded)]
    return len(track.points)


@changes("watch_every", {"10s": 45.0, "1m": 65.0}, watch_warn="30s")
@changes("watch_warn", {"30s": 45.0, "60s": 75.0})
def when_a_driver_who_stands_still_is_warned(given: Given) -> object:
    stage = assigned(given)
    stage.run(until=150)
    return stage.drivers["d1"].heard("warning")[0].at


@changes("watch_tell", {"60s": 75.0, "90s": 105.0})
def when_the_passenger_of_a_driver_who_stands_still_is_told(given: Given) -> object:
    stage = assigned(given)
    stage.run(until=150)
    return stage.passengers["r1"].heard("driver_unreachable")[0].at


@changes("watch_give_up", {"0s": [], "90s": [105.0]})
def when_a_driver_who_stands_still_loses_the_ride(given: Given) -> object:
    stage = assigned(given)
    stage.run(until=150)
    return [frame.at for frame in stage.passengers["r1"].heard("driver_cancelled")]


@changes("gps_max_speed_mps", {"50": 1000, "500": 2000})
def how_far_a_driver_is_who_jumped_a_kilometre_in_four_seconds(given: Given) -> object:
    return distance_after(given)


@changes("gps_max_accuracy_m", {"20": 1000, "200": 2000}, gps_max_speed_mps="1000")
def how_far_a_driver_is_who_says_that_the_position_is_good_to_fifty_metres(given: Given) -> object:
    return distance_after(given, accuracy_m=50)


@changes("gps_max_delay", {"5m": ["ignored"], "30m": ["ok"]})
def what_is_said_of_a_position_that_was_kept_for_ten_minutes(given: Given) -> object:
    stage = given.stage()
    driver = stage.driver("d1", reports=False)
    driver.leaves(at=1)
    driver.returns(at=1_000)
    driver.reports(at=2_000, recorded_at=rfc3339(stage.world.started_at + 1_400.0), id="k1")
    stage.run(until=2_001)
    return [frame["result"] for frame in driver.heard("ack")]


def distance_after(given: Given, **fields: float) -> object:
    stage = given.stage()
    driver = stage.driver("d1", reports=False)
    lat, lon = driver.place
    driver.reports(at=4, latitude=lat + 0.008993, longitude=lon, **fields)
    stage.passenger("r1").books(at=5)
    stage.run(until=6)
    return round(driver.offer("r1")["pickup_distance_m"], -1)


# -- what is remembered for apps


@changes("stream_kept", {"2": [False], "16": [True]})
def whether_four_missed_messages_are_told_again(given: Given) -> object:
    stage = given.booked()
    passenger, driver = stage.passengers["r1"], stage.drivers["d1"]
    passenger.leaves(at=3)
    driver.accepts("r1", at=5)
    for at, step in ((10, "arrived"), (20, "start_ride"), (30, "complete_ride")):
        driver.says(step, at=at, ride_id="r1")
    passenger.resumes(at=31)
    stage.run(until=32)
    return [frame["recovered"] for frame in passenger.heard("snapshot")]


@changes("answers_kept", {"1": [False], "16": [True]})
def whether_the_older_of_two_commands_said_again_changes_nothing(given: Given) -> object:
    stage = given.stage()
    driver = stage.driver("d1")
    driver.says("set_availability", at=1, available=False, id="rests")
    driver.says("set_availability", at=2, available=True, id="works")
    driver.says("set_availability", at=3, available=False, id="rests")
    stage.passenger("r1").books(at=4)
    stage.run(until=5)
    return [bool(driver.heard("ride_request"))]


@changes("mailbox_limit", {"10": 10, "20": 20})
def how_many_messages_wait_in_one_mailbox(given: Given) -> object:
    stage = given.booked()
    stage.run(until=2)
    for _ in range(30):
        stage.world.runtime.tell("ride/r1", PassengerSnapshot)
    return stage.world.runtime.waiting()


@changes("phone_region", {"": ["0821234567"], "ZA": ["27821234567"]})
def whom_a_number_without_a_country_is_known_as(given: Given) -> object:
    stage = given.booked(passenger_phone="082 123 4567")
    stage.run(until=2)
    return [event.passenger.passenger_id for event in stage.record("r1") if isinstance(event, RideRequested)]
