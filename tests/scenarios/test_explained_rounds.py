"""Each round keeps who was near and by which rule each was not asked, in the same commit as its offers."""

from typing import Any

from dispatch.ids import DriverId, PassengerId
from dispatch.messages.events import OffersMade, RoundConsidered
from dispatch.messages.journal import Append
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre

EXPLAINED: dict[str, Any] = {"explain_candidates": 20}


def considered(stage: Stage, ride: str = "r1") -> list[RoundConsidered]:
    return [event for event in stage.record(ride) if isinstance(event, RoundConsidered)]


def rules(event: RoundConsidered) -> dict[str, str]:
    return dict(zip(event.drivers, event.rules, strict=True))


def test_every_driver_who_is_near_is_there_with_their_rule(play: Theatre) -> None:
    stage = play(batch=2, **EXPLAINED)
    stage.world.journal.block(PassengerId("27821234567"), DriverId("blocked"))
    stage.driver("blocked", north_km=0.5)
    stage.driver("van", north_km=0.6, vehicle_type="van")
    stage.driver("gone", north_km=0.7).leaves(at=2)
    stage.driver("resting", north_km=0.8).wants_offers(False, at=2)
    stage.driver("busy", north_km=0.9)
    stage.driver("holds", north_km=0.95)
    stage.driver("first", north_km=2.0)
    stage.driver("second", north_km=3.0)
    stage.driver("third", north_km=4.0)
    stage.driver("far", north_km=11.2)
    stage.driver("old", north_km=1.5, reports=False)
    stage.passenger("r0").books(at=90, vehicle_type="sedan")
    stage.drivers["busy"].accepts("r0", at=94)
    stage.passenger("r2").books(at=95, vehicle_type="sedan")
    stage.passenger("r1").books(at=100, vehicle_type="sedan", passenger_phone="27821234567")
    stage.run(until=101)
    (told,) = considered(stage)
    assert rules(told) == {
        "blocked": "blocked",
        "van": "wrong_vehicle",
        "gone": "offline",
        "resting": "unavailable",
        "busy": "busy",
        "holds": "holds_offer",
        "old": "stale",
        "first": "asked",
        "second": "asked",
        "third": "behind",
        "far": "outside_radius",
    }


def test_a_round_with_nobody_near_says_how_far_the_nearest_was(play: Theatre) -> None:
    stage = play(**EXPLAINED)
    stage.driver("far", north_km=11.2)
    stage.passenger("r1").books(at=0)
    stage.run(until=1)
    (told,) = considered(stage)
    assert (told.rules, told.radius_m, told.others) == (("outside_radius",), 10_000.0, ())
    assert told.metres == (11_200.0,)


def test_a_no_and_a_silence_are_remembered_in_the_next_rounds(play: Theatre) -> None:
    stage = play(batch=2, asks_after_silence=0, **EXPLAINED)
    stage.fleet(3)
    stage.drivers["d1"].declines("r1", at=5)
    stage.passenger("r1").books(at=0)
    stage.run(until=33)
    first, second = considered(stage)
    assert rules(first) == {"d1": "asked", "d2": "asked", "d3": "behind"}
    assert rules(second) == {"d1": "declined", "d2": "thinking", "d3": "asked"}
    assert (first.round_no, second.round_no, second.refill) == (1, 2, False)


def test_a_refill_is_told_as_one(play: Theatre) -> None:
    stage = play(batch=2, **EXPLAINED)
    stage.fleet(3)
    stage.drivers["d1"].leaves(at=5)
    stage.passenger("r1").books(at=0)
    stage.run(until=6)
    assert [(told.refill, rules(told)) for told in considered(stage)] == [
        (False, {"d1": "asked", "d2": "asked", "d3": "behind"}),
        (True, {"d1": "offline", "d2": "thinking", "d3": "asked"}),
    ]


def test_only_so_many_are_listed_and_the_others_are_counted(play: Theatre) -> None:
    stage = play(batch=1, explain_candidates=2)
    stage.fleet(6)
    stage.drivers["d5"].wants_offers(False, at=0)
    stage.passenger("r1").books(at=1)
    stage.run(until=2)
    (told,) = considered(stage)
    assert rules(told) == {"d1": "asked", "d2": "behind", "d3": "behind"}
    assert told.others == (("available", 2), ("unavailable", 1))


def test_the_look_and_its_offers_are_one_commit(play: Theatre) -> None:
    stage = play(**EXPLAINED)
    appended: list[list[type]] = []

    def watch(now: float, address: str, message: Any) -> None:
        if isinstance(message, Append) and message.reply_to == "dispatcher/0":
            appended.append([type(event) for event in message.events])

    stage.world.runtime.observe(watch)
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.run(until=1)
    assert appended == [[RoundConsidered, OffersMade]]


def test_nothing_is_kept_unless_it_is_wanted(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.run(until=1)
    assert considered(stage) == []


def test_what_is_explained_goes_as_it_goes_unexplained(play: Theatre) -> None:
    stories = []
    for candidates in (0, 20):
        stage = play(explain_candidates=candidates)
        stage.fleet(8)
        stage.passenger("r1").books(at=0)
        stage.drivers["d1"].declines("r1", at=3)
        stage.drivers["d7"].accepts("r1", at=35)
        stage.run(until=60)
        stories.append(
            [(person.name, list(person.frames)) for person in [*stage.drivers.values(), *stage.passengers.values()]]
        )
    assert stories[0] == stories[1]
