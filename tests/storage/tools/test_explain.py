"""What `dispatch explain` reads off a file that the real actors wrote."""

from pathlib import Path

import pytest

from dispatch.ids import OfferId, RideId
from dispatch.messages.events import OfferPlaced, OffersMade
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.explain import Told, explanation
from dispatch.storage.tools.history import NoSuchRideOnFile
from dispatch.storage.tools.show import TABLES
from sim.stories.stage import Stage
from tests.storage.stories import DISPATCHER, DRIVER_ID, append, booked


@pytest.fixture()
def stage(path: Path) -> Stage:
    return Stage(7, writer=Writer(path, "off"), explain_candidates=20, batch=2)


def told_of(stage: Stage, path: Path, ride: str = "r1", *, full_phones: bool = False) -> Told:
    stage.world.close()
    return explanation(path, ride, full_phones=full_phones)


def fates(one: Told) -> dict[str, str]:
    return {row["driver_id"]: row.get("outcome", row["rule"]) for row in one["considered"]}


def test_every_round_and_refill_is_told_with_what_became_of_its_offers(stage: Stage, path: Path) -> None:
    stage.fleet(5)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].declines("r1", at=3)
    stage.drivers["d2"].leaves(at=2)
    stage.drivers["d4"].accepts("r1", at=45)
    stage.run(until=50)
    told = told_of(stage, path)
    rounds = told["rounds"]
    assert [(one["round"], one["refill"], one["radius_m"]) for one in rounds] == [
        *((1, False, 10_000.0), (1, True, 10_000.0)),
        *((2, False, 10_000.0),),
    ]
    assert [fates(one) for one in rounds] == [
        {"d1": "declined", "d2": "vanished", "d3": "behind", "d4": "behind", "d5": "behind"},
        {"d1": "thinking", "d2": "offline", "d3": "expired", "d4": "behind", "d5": "behind"},
        {"d1": "declined", "d2": "offline", "d3": "thinking", "d4": "accepted", "d5": "taken"},
    ]
    answered = rounds[0]["considered"][0]
    assert answered == {
        "driver_id": "d1",
        "distance_m": 1000.0,
        "rule": "asked",
        "offer_id": "r1.1.1",
        "outcome": "declined",
        "after_s": 3.0,
    }
    assert [(turn["what"], turn["at"]) for turn in told["turns"]] == [
        ("requested", "2026-01-01T00:00:00.000Z"),
        ("assigned", "2026-01-01T00:00:45.000Z"),
    ]
    assert (told["status"], told["driver_id"], told["vehicle_type"]) == ("accepted", "d4", None)


def test_a_ride_that_found_nobody_tells_how_far_the_nearest_was(stage: Stage, path: Path) -> None:
    stage.driver("d1", north_km=11.2)
    stage.passenger("r1").books(at=0, vehicle_type="suv")
    stage.run(until=200)
    told = told_of(stage, path)
    (only,) = told["rounds"]
    assert only["considered"] == [{"driver_id": "d1", "distance_m": 11_200.0, "rule": "outside_radius"}]
    assert (told["vehicle_type"], told["turns"][-1]["what"], told["turns"][-1]["reason"]) == (
        *("suv", "no_drivers"),
        "nobody near",
    )


def test_a_search_that_began_anew_is_told_as_another(stage: Stage, path: Path) -> None:
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.drivers["d1"].accepts("r1", at=1)
    stage.drivers["d1"].says("cancel_ride", at=5, ride_id="r1")
    stage.run(until=6)
    told = told_of(stage, path)
    assert [(one["search"], fates(one)) for one in told["rounds"]] == [
        (1, {"d1": "accepted", "d2": "taken"}),
        (2, {"d1": "busy", "d2": "open"}),  # the driver has not heard yet about being free
    ]
    assert [turn["what"] for turn in told["turns"]] == ["requested", "assigned", "unassigned"]


def test_phones_are_masked_unless_they_are_wanted(stage: Stage, path: Path) -> None:
    stage.driver("27820000001")
    stage.passenger("r1").books(at=0, passenger_phone="27821234567")
    stage.run(until=1)
    told = told_of(stage, path)
    assert fates(told["rounds"][0]) == {"2782•••0001": "open"} and told["passenger_id"] == "2782•••4567"
    assert fates(explanation(path, "r1", full_phones=True)["rounds"][0]) == {"27820000001": "open"}


def test_where_nothing_was_explained_there_are_those_who_were_asked(path: Path) -> None:
    writer = Writer(path, "off")
    offers = (OfferPlaced(OfferId("o1"), DRIVER_ID, 812.5),)
    writer.write([booked("r1"), append(DISPATCHER, OffersMade(RideId("r1"), 1, 1, offers, 31.0), at=1.0)])
    writer.close()
    (only,) = explanation(path, "r1", full_phones=True)["rounds"]
    assert not only["explained"]
    assert [(row["driver_id"], row["outcome"]) for row in only["considered"]] == [(DRIVER_ID, "open")]


def test_an_unknown_ride_is_named_with_the_newest_there_are(path: Path) -> None:
    writer = Writer(path, "off")
    writer.write([booked("r1"), booked("r2")])
    writer.close()
    with pytest.raises(NoSuchRideOnFile, match="has no ride 'r9'; its newest are r2, r1"):
        explanation(path, "r9")


def test_every_outcome_has_words_for_people() -> None:
    from dispatch.storage.tools.explain_text import OUTCOMES

    assert set(OUTCOMES) == set(TABLES["offers"].statuses)
