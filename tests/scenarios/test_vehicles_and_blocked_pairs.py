"""A passenger who wants a certain vehicle is offered to its drivers alone, and never to a driver of a blocked pair."""

from dispatch.ids import DriverId, PassengerId
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre

SUVS = "sedan: suv, suv, van"


def mixed_fleet(stage: Stage) -> list[str]:
    """Six drivers, one a kilometre: sedan, suv, van, sedan, suv, van."""
    types = ("sedan", "suv", "van", "sedan", "suv", "van")
    for number, vehicle_type in enumerate(types, 1):
        stage.driver(f"d{number}", north_km=number, vehicle_type=vehicle_type)
    return list(stage.drivers)


def asked(stage: Stage, ride: str) -> list[str]:
    """Who got an offer of it so far."""
    return [
        name
        for name, driver in stage.drivers.items()
        if any(x["ride_id"] == ride for x in driver.heard("ride_request"))
    ]


def test_only_drivers_of_the_type_are_asked(play: Theatre) -> None:
    stage = play(vehicle_types=SUVS)
    mixed_fleet(stage)
    stage.passenger("r1").books(at=0, vehicle_type="van")
    stage.run(until=1)
    assert asked(stage, "r1") == ["d3", "d6"]
    assert stage.passengers["r1"].last("searching")["drivers_notified"] == 2


def test_a_type_that_does_for_another_is_asked_too(play: Theatre) -> None:
    stage = play(vehicle_types=SUVS)
    mixed_fleet(stage)
    stage.passenger("r1").books(at=0, vehicle_type="sedan")
    stage.run(until=1)
    assert asked(stage, "r1") == ["d1", "d2", "d4", "d5"]


def test_a_type_is_the_same_however_the_app_the_drivers_card_and_the_setting_write_it(play: Theatre) -> None:
    for setting in ("", "SEDAN, Van"):
        stage = play(vehicle_types=setting)
        stage.driver("d1", vehicle_type="Sedan ")
        stage.driver("d2", vehicle_type="van")
        stage.passenger("r1").books(at=0, vehicle_type=" sEDAN")
        stage.run(until=1)
        assert asked(stage, "r1") == ["d1"]


def test_whoever_names_no_type_gets_the_nearest_whatever_they_drive(play: Theatre) -> None:
    stage = play(vehicle_types=SUVS)
    mixed_fleet(stage)
    stage.passenger("r1").books(at=0)
    stage.run(until=1)
    assert asked(stage, "r1") == ["d1", "d2", "d3", "d4", "d5"]


def test_a_type_that_is_not_on_the_list_is_refused_by_name(play: Theatre) -> None:
    stage = play(vehicle_types=SUVS)
    passenger = stage.passenger("r1")
    passenger.books(at=0, vehicle_type="boat", id="k1")
    stage.run(until=1)
    told = passenger.last("error")
    assert (told["code"], told["field"], told["id"]) == ("bad_field", "vehicle_type", "k1")
    assert told["message"] == 'vehicle_type must be sedan, suv or van, got "boat"'


def test_a_newcomer_of_another_type_is_not_asked_and_one_of_the_type_is(play: Theatre) -> None:
    stage = play()
    stage.passenger("r1").books(at=0, vehicle_type="suv")
    stage.driver("d1", at=5)
    stage.driver("d2", at=6, vehicle_type="suv")
    stage.run(until=10)
    assert asked(stage, "r1") == ["d2"]


def test_another_type_in_new_terms_asks_other_drivers(play: Theatre) -> None:
    stage = play(vehicle_types=SUVS)
    mixed_fleet(stage)
    passenger = stage.passenger("r1")
    passenger.books(at=0, vehicle_type="suv")
    passenger.books(at=5, vehicle_type="van")
    stage.run(until=6)
    assert stage.drivers["d2"].last()["reason"] == "superseded"
    assert asked(stage, "r1") == ["d2", "d3", "d5", "d6"]


def test_a_blocked_driver_is_never_asked_however_near_and_others_are(play: Theatre) -> None:
    stage = play()
    stage.world.journal.block(PassengerId("27821234567"), DriverId("d1"))
    stage.fleet(2)
    stage.passenger("r1").books(at=0, passenger_phone="27821234567")
    stage.drivers["d2"].declines("r1", at=2)
    stage.run(until=100)
    assert asked(stage, "r1") == ["d2"]
    stage.passenger("r2").books(at=100, passenger_phone="27821234568")
    stage.run(until=101)
    assert asked(stage, "r2") == ["d1", "d2"]


def test_a_search_that_was_blocked_for_everyone_near_says_that_nobody_is(play: Theatre) -> None:
    stage = play()
    stage.world.journal.block(PassengerId("27821234567"), DriverId("d1"))
    stage.driver("d1")
    stage.passenger("r1").books(at=0, passenger_phone="27821234567")
    stage.run(until=181)
    assert stage.passengers["r1"].last()["reason"] == "nobody near"


def test_a_pair_that_is_blocked_after_the_driver_gave_the_ride_up_stays_apart(play: Theatre) -> None:
    stage = play()
    stage.driver("d1")
    stage.passenger("r1").books(at=0, passenger_phone="27821234567")
    stage.drivers["d1"].accepts("r1", at=1)
    stage.driver("d2", north_km=2.0, at=2)
    stage.drivers["d1"].does(lambda: stage.world.journal.block(PassengerId("27821234567"), DriverId("d2")), at=3)
    stage.drivers["d1"].says("cancel_ride", at=4, ride_id="r1")
    stage.run(until=20)
    assert asked(stage, "r1") == ["d1"]
