"""Rows of the settings by which drivers are asked."""

from __future__ import annotations

from pathlib import Path

from dispatch.assembly import position_board, supply_of
from dispatch.domain.places.geo import Curve, TravelModel
from dispatch.ids import DriverId
from dispatch.messages.events import OffersMade, RoundConsidered
from dispatch.messages.matching import ClaimRide
from dispatch.travel.node_link import read
from dispatch.travel.roads import RoadModel, Roads
from dispatch.words import DriverStatus
from sim.stories.stage import Stage
from tests.settings.table import Given, changes
from tests.travel.maps import at, map_file, river_map


def asked(stage: Stage) -> list[str]:
    """Who has been offered something."""
    return [name for name, driver in stage.drivers.items() if driver.heard("ride_request")]


@changes("offer_timeout", {"10s": 11.0, "20s": 21.0}, late_grace="0s")
def when_an_offer_closes(given: Given) -> object:
    stage = given.booked()
    stage.run(until=60)
    return stage.drivers["d1"].heard("offer_closed")[0].at


@changes("late_grace", {"0s": [], "5s": ["d1"]}, asks_after_silence="0")
def who_wins_with_an_accept_three_seconds_late(given: Given) -> object:
    stage = given.booked()
    stage.drivers["d1"].accepts("r1", at=34)
    stage.run(until=35)
    return [frame["driver_id"] for frame in stage.passengers["r1"].heard("driver_assigned")]


@changes("policy", {"seed": ["d1", "d2", "d3"], "exclusive": ["d1"]})
@changes("batch", {"1": ["d1"], "2": ["d1", "d2"]})
@changes("radius_km", {"1.5": ["d1"], "2.5": ["d1", "d2"]})
@changes("radius_from_km", {"0": ["d1", "d2", "d3"], "2.5": ["d1", "d2"]})
def who_is_asked_at_once(given: Given) -> object:
    stage = given.booked(drivers=3)
    stage.run(until=1)
    return asked(stage)


@changes("radius_growth", {"2": [1000.0, 2000.0], "3": [1000.0, 3000.0]}, radius_from_km="1")
def how_far_the_first_rounds_reach(given: Given) -> object:
    stage = given.stage()
    for name, north_km in (("d1", 0.5), ("d2", 1.9)):
        stage.driver(name, north_km=north_km)
    stage.passenger("r1").books(at=1)
    stage.drivers["d1"].declines("r1", at=2)
    stage.run(until=3)
    return [event.radius_m for event in stage.record("r1") if isinstance(event, OffersMade)]


@changes("stagger", {"0s": [1.0, 1.0], "5s": [1.0, 6.0]})
def when_each_of_two_is_asked(given: Given) -> object:
    stage = given.booked(drivers=2)
    stage.run(until=10)
    return [driver.heard("ride_request")[0].at for driver in stage.drivers.values()]


@changes("window", {"2s": [2.0], "10s": [10.0]}, policy="batched")
def when_the_driver_is_asked(given: Given) -> object:
    stage = given.booked()
    stage.run(until=15)
    return [frame.at for frame in stage.drivers["d1"].heard("ride_request")]


@changes("rounds", {"1": 1, "3": 3})
def how_many_rounds_there_were(given: Given) -> object:
    stage = given.booked()
    stage.drivers["d1"].leaves(at=100)
    for number in range(2, 6):
        stage.driver(f"d{number}", at=number * 33.0 - 33.0)
    stage.run(until=300)
    return stage.passengers["r1"].last("no_drivers")["rounds"]


@changes("search_cap", {"1m": 61.0, "2m": 121.0})
def when_a_search_gives_up(given: Given) -> object:
    stage = given.booked(drivers=0)
    stage.run(until=200)
    return stage.passengers["r1"].last("no_drivers").at


@changes("explain_candidates", {"0": [], "2": [2]}, batch="1")
def how_many_who_were_not_asked_are_explained(given: Given) -> object:
    stage = given.booked(drivers=5)
    stage.run(until=2)
    rounds = [event for event in stage.record("r1") if isinstance(event, RoundConsidered)]
    return [sum(rule != "asked" for rule in event.rules) for event in rounds]


@changes("vehicle_types", {"": "searching", "sedan: suv, suv": "error"})
def what_a_passenger_who_wants_a_van_hears(given: Given) -> object:
    stage = given.booked(vehicle_type="van")
    stage.run(until=2)
    return stage.passengers["r1"].last()["type"]


@changes("acceptance", {"first": ("d2", 3.0), "best_of_window": ("d1", 6.0)})
@changes("accept_window", {"1s": ("d2", 4.0), "5s": ("d1", 8.0)}, acceptance="best_of_window")
def who_has_a_ride_that_the_farther_accepts_first_and_when(given: Given) -> object:
    stage = given.booked(drivers=2)
    stage.drivers["d2"].accepts("r1", at=3)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=20)
    (told,) = stage.passengers["r1"].heard("driver_assigned")
    return told["driver_id"], told.at


@changes("live_offers", {"1": ["r1"], "2": ["r1", "r2"]})
def which_of_two_rides_one_driver_is_asked_for_at_once(given: Given) -> object:
    stage = given.booked()
    stage.passenger("r2").books(at=2)
    stage.run(until=3)
    return [frame["ride_id"] for frame in stage.drivers["d1"].heard("ride_request")]


@changes("asks_after_silence", {"0": 1, "2": 3})
def how_often_a_silent_driver_is_asked(given: Given) -> object:
    stage = given.booked()
    stage.run(until=250)
    return len(stage.drivers["d1"].heard("ride_request"))


@changes("position_max_age", {"10s": [], "10m": ["d1"]})
def who_is_asked_long_after_the_last_position(given: Given) -> object:
    stage = given.stage()
    stage.driver("d1", reports=False)
    stage.passenger("r1").books(at=60)
    stage.run(until=61)
    return asked(stage)


@changes("sweep_every", {"5s": 16.0, "30s": 31.0})
def when_a_driver_who_drove_into_reach_is_asked(given: Given) -> object:
    stage = given.stage()
    driver = stage.driver("d1", north_km=10.04)
    stage.passenger("r1").books(at=1)
    driver.moves(9.96, at=12)
    stage.run(until=60)
    return driver.heard("ride_request")[0].at


@changes("claim_retry", {"1s": [5.0, 6.0, 7.0, 8.0, 9.0], "2s": [5.0, 7.0, 9.0]})
def when_a_driver_claims_a_ride_that_does_not_answer(given: Given) -> object:
    stage = given.booked()
    claims: list[float] = []

    def note(now: float, address: str, message: object) -> None:
        if isinstance(message, ClaimRide):
            claims.append(now - stage.world.started_at)

    def the_disk_is_slow() -> None:
        stage.world.journal._delay_s = (30.0, 30.0)

    stage.world.runtime.observe(note)
    stage.drivers["d1"].does(the_disk_is_slow, at=4)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.run(until=9.5)
    return claims


@changes("rank_by", {"distance": ["across", "along"], "eta": ["along", "across"]})
def who_comes_first_where_a_river_has_one_bridge(given: Given) -> object:
    return ranked(given, 2)


@changes("rank_candidates", {"1": ["across"], "20": ["along"]}, rank_by="eta")
def who_is_the_first_of_so_many_that_were_compared(given: Given) -> object:
    return ranked(given, 1)


def ranked(given: Given, count: int) -> list[str]:
    """The best drivers for a pickup at the river: one is near and on the other side, one is farther along."""
    steady = Curve(1.0, (60.0,) * 24)
    streets = Roads(read(Path(map_file(given.folder, river_map()))))
    travel = RoadModel(streets, steady, lambda at: at, TravelModel(curve=steady, hour_of=float))
    board = position_board(given.settings)
    supply = supply_of(given.settings, board, travel)
    for name, place in {"across": at(1, 0), "along": at(0, 3)}.items():
        board.report(DriverId(name), *place, 0.0)
        supply.get(DriverId(name)).status = DriverStatus.AVAILABLE
        supply.update(DriverId(name))
    hits = supply.nearest(*at(0, 0), count, 5_000.0, 0.0, lambda driver_id: True)
    return [str(driver_id) for _, driver_id in hits]


@changes("one_ride_each", {"known": "error", "never": "searching"})
def what_who_books_a_second_ride_hears(given: Given) -> object:
    stage = given.booked(passenger_phone="+27821234567")
    stage.passenger("r2").books(at=2, passenger_phone="+27821234567")
    stage.run(until=3)
    return stage.passengers["r2"].last()["type"]


@changes("offer_shows", {"all": ("Sarah Johnson", "456 Oak Ave"), "area": ("Sarah", "Oak Ave")})
def what_a_driver_reads_who_is_asked(given: Given) -> object:
    stage = given.booked(passenger_name="Sarah Johnson")
    stage.run(until=2)
    offer = stage.drivers["d1"].offer("r1")
    return offer["passenger_name"], offer["dropoff_address"]
