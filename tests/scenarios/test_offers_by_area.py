"""What a driver reads of a ride: the area form while asked, all of it once they have it."""

from __future__ import annotations

from typing import Any

from tests.scenarios.theatre import Theatre

SAID = {
    "passenger_name": "Sarah Johnson",
    "passenger_phone": "27821234567",
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
}
SECRET = ("Johnson", "27821234567", "456 ", "-26.185", "28.055")
SEED = {
    "type", "ride_id", "passenger_name", "passenger_phone", "pickup_address", "dropoff_address", "pickup_latitude", "pickup_longitude",
    "dropoff_latitude", "dropoff_longitude", "distance", "fare", "estimated_duration",
}  # fmt: skip


def test_an_offer_has_every_field_of_the_seed_and_its_drop_off_is_an_area(play: Theatre) -> None:
    offers = []
    for shows in ("all", "area"):
        stage = play(told=shows, offer_shows=shows, show_phone="never")
        stage.driver("d1")
        stage.passenger("r1").books(at=1, **SAID)
        stage.run(until=2)
        offers.append(dict(stage.drivers["d1"].offer("r1")))
    whole, area = offers
    assert set(area) >= SEED
    assert {name: type(value) for name, value in area.items()} == {name: type(value) for name, value in whole.items()}
    changed = {name: value for name, value in area.items() if value != whole[name]}
    assert changed == {
        "passenger_name": "Sarah",
        "dropoff_address": "Oak Ave",
        "dropoff_latitude": -26.19 if whole["dropoff_latitude"] < -26.185 else -26.18,
        "dropoff_longitude": 28.06 if whole["dropoff_longitude"] > 28.055 else 28.05,
    }
    assert (area["passenger_phone"], area["pickup_address"]) == ("2782•••4567", "123 Main St")


def test_whoever_is_asked_reads_no_more_when_they_come_back(play: Theatre) -> None:
    stage = play(offer_shows="area", show_phone="never")
    first, second = stage.fleet(2)
    stage.passenger("r1").books(at=1, **SAID)
    second.leaves(at=3)
    second.returns(at=4)
    first.leaves(at=5)
    first.resumes(at=6)
    stage.run(until=10)
    for driver in (first, second):
        assert driver.heard("ride_request")
        assert not [secret for secret in SECRET if secret in str(driver.frames)]


def test_the_whole_comes_with_the_ride(play: Theatre) -> None:
    stage = play(offer_shows="area", show_phone="never")
    first, second = stage.fleet(2)
    stage.passenger("r1").books(at=1, **SAID)
    first.accepts("r1", at=3)
    first.leaves(at=5)
    first.returns(at=6)
    stage.run(until=8)
    asked: dict[str, Any] = dict(first.offer("r1"))
    whole, again = dict(first.last("ride_accepted")), first.last("snapshot")["ride"]
    for told in (whole, again):
        assert (told["passenger_name"], told["passenger_phone"]) == ("Sarah Johnson", "27821234567")
        assert (told["dropoff_address"], told["dropoff_latitude"]) == ("456 Oak Ave", -26.185)
    assert asked["passenger_name"] == "Sarah"
    assert not [secret for secret in SECRET if secret in str(second.frames)]
