"""Staff and apps act on one ride in the same instant, in every order; or the server dies at any point of what staff do.

Whoever comes first is obeyed, the other one hears why not. One driver a ride, one ride a driver, one end. Staff are answered, and what
they are told is on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.actors.driver import DriverActor
from dispatch.ids import RideId
from dispatch.messages.commands import AssignRide, CancelRide, ChangeFare, FindDriver, ReassignRide
from dispatch.messages.events import RideAssigned, RideCancelled, RideCompleted, RideUnassigned, StaffActed
from dispatch.messages.matching import ForDriver
from dispatch.values import Place
from sim.stories.stage import Stage, near_pickup
from sim.world import WorldOptions
from tests.crash_points import assert_none_is_missing, points_of
from tests.scenarios.desk import Desk, drivers_of, ends_of
from tests.scenarios.theatre import Theatre, every_order, every_point, hurt

AT = 20.0
"""When everything happens at once."""
ELM_ST = Place(*near_pickup(north_km=0.5), "9 Elm St")
Play = Callable[[Stage, Desk], None]


def searched(stage: Stage, desk: Desk) -> None:
    """r1 is a caller's; d1 is asked, d2 and d3 are too far away."""
    stage.driver("d1", north_km=1)
    stage.driver("d2", north_km=11)
    stage.driver("d3", north_km=12)
    desk.books("r1", at=1)


def booked_by_app(stage: Stage, desk: Desk) -> None:
    """r1 is a passenger's own; otherwise the same."""
    for number, km in ((1, 1), (2, 11), (3, 12)):
        stage.driver(f"d{number}", north_km=km)
    stage.passenger("r1").books(at=1)


def driven(stage: Stage, desk: Desk) -> None:
    """d1 has r1."""
    searched(stage, desk)
    stage.drivers["d1"].accepts("r1", at=5)


def on_trip(stage: Stage, desk: Desk) -> None:
    """d1 drives r1's passenger."""
    driven(stage, desk)
    stage.drivers["d1"].says("arrived", at=8, ride_id="r1")
    stage.drivers["d1"].says("start_ride", at=9, ride_id="r1")


def assign_meets_accept(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    stage.drivers["d1"].accepts("r1", at=AT)
    desk.assigns("r1", "d2", at=AT)


def bind_meets_accept(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    stage.drivers["d1"].accepts("r1", at=AT)
    desk.assigns("r1", "d2", at=AT, bind=True)


def bind_meets_accept_of_another_ride(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    stage.passenger("r2").books(at=2, pickup_latitude=-26.11)
    stage.drivers["d2"].accepts("r2", at=AT)
    desk.assigns("r1", "d2", at=AT, bind=True)


def bind_meets_bind(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.assigns("r1", "d2", at=AT, bind=True)
    desk.assigns("r1", "d3", at=AT, bind=True)


def bind_meets_decline(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.assigns("r1", "d1", at=AT, bind=True)
    stage.drivers["d1"].declines("r1", at=AT)


def bind_meets_a_lost_connection(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.assigns("r1", "d2", at=AT, bind=True)
    stage.drivers["d2"].leaves(at=AT)


def assign_meets_a_lost_connection(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.assigns("r1", "d2", at=AT)
    stage.drivers["d2"].leaves(at=AT)


def bind_meets_cancel(stage: Stage, desk: Desk) -> None:
    booked_by_app(stage, desk)
    desk.assigns("r1", "d2", at=AT, bind=True)
    stage.passengers["r1"].cancels(at=AT)


def bind_meets_close(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.assigns("r1", "d2", at=AT, bind=True)
    desk.closes("r1", at=AT)


def close_meets_accept(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    stage.drivers["d1"].accepts("r1", at=AT)
    desk.closes("r1", at=AT)


def close_meets_complete(stage: Stage, desk: Desk) -> None:
    on_trip(stage, desk)
    stage.drivers["d1"].says("complete_ride", at=AT, ride_id="r1")
    desk.closes("r1", at=AT)


def close_meets_cancel(stage: Stage, desk: Desk) -> None:
    booked_by_app(stage, desk)
    stage.passengers["r1"].cancels(at=AT)
    desk.closes("r1", at=AT)


def reassign_meets_arrival(stage: Stage, desk: Desk) -> None:
    driven(stage, desk)
    stage.drivers["d1"].says("arrived", at=AT, ride_id="r1")
    desk.reassigns("r1", at=AT)


def reassign_meets_the_drivers_own_cancel(stage: Stage, desk: Desk) -> None:
    driven(stage, desk)
    stage.drivers["d1"].says("cancel_ride", at=AT, ride_id="r1")
    desk.reassigns("r1", at=AT)


def reassign_meets_cancel(stage: Stage, desk: Desk) -> None:
    booked_by_app(stage, desk)
    stage.drivers["d1"].accepts("r1", at=5)
    stage.passengers["r1"].cancels(at=AT)
    desk.reassigns("r1", at=AT)


def reassign_meets_reassign(stage: Stage, desk: Desk) -> None:
    driven(stage, desk)
    desk.reassigns("r1", at=AT)
    desk.reassigns("r1", at=AT)


def fare_meets_complete(stage: Stage, desk: Desk) -> None:
    on_trip(stage, desk)
    stage.drivers["d1"].says("complete_ride", at=AT, ride_id="r1")
    desk.changes_fare("r1", 80.0, at=AT)


def fare_meets_reassign(stage: Stage, desk: Desk) -> None:
    driven(stage, desk)
    desk.changes_fare("r1", 80.0, at=AT)
    desk.reassigns("r1", at=AT)


def booking_meets_itself(stage: Stage, desk: Desk) -> None:
    stage.driver("d1", north_km=1)
    desk.books("r1", at=AT)
    desk.books("r1", at=AT)


def edit_meets_accept(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    stage.drivers["d1"].accepts("r1", at=AT)
    desk.edits("r1", at=AT, pickup=ELM_ST)


def edit_meets_other_terms(stage: Stage, desk: Desk) -> None:
    booked_by_app(stage, desk)
    stage.passengers["r1"].books(at=AT, fare=120.0)
    desk.edits("r1", at=AT, pickup=ELM_ST)


def edit_meets_bind(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.edits("r1", at=AT, note="the blue gate")
    desk.assigns("r1", "d2", at=AT, bind=True)


def edit_meets_close(stage: Stage, desk: Desk) -> None:
    searched(stage, desk)
    desk.edits("r1", at=AT, pickup=ELM_ST)
    desk.closes("r1", at=AT)


RACES: list[Play] = [
    edit_meets_accept,
    edit_meets_other_terms,
    edit_meets_bind,
    edit_meets_close,
    assign_meets_accept,
    bind_meets_accept,
    bind_meets_accept_of_another_ride,
    bind_meets_bind,
    bind_meets_decline,
    bind_meets_a_lost_connection,
    assign_meets_a_lost_connection,
    bind_meets_cancel,
    bind_meets_close,
    close_meets_accept,
    close_meets_complete,
    close_meets_cancel,
    reassign_meets_arrival,
    reassign_meets_the_drivers_own_cancel,
    reassign_meets_cancel,
    reassign_meets_reassign,
    fare_meets_complete,
    fare_meets_reassign,
    booking_meets_itself,
]


def check(stage: Stage, desk: Desk) -> None:
    """Staff had their answers at once; what they were told follows from the record."""
    events: list[Any] = list(stage.record("r1"))
    assert all(told.at == AT for told in desk.told if told.at >= AT)
    assert len(ends_of(stage, "r1")) <= 1
    taken_back = [event for event in events if isinstance(event, RideUnassigned) and event.by == "ops"]
    assert desk.codes(ReassignRide).count("") == len(taken_back)
    if "" in desk.codes(CancelRide):
        assert ends_of(stage, "r1") == ["RideCancelled"]
    for event in events:
        if isinstance(event, RideCompleted) and "" in desk.codes(ChangeFare):
            assert event.fare == 80.0
    assert sum(event.search_no == 1 for event in events if type(event).__name__ == "RideRequested") == 1
    desk.check.finish(stage.world.runtime.now + 60.0)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_in_every_order_of_deliveries_somebody_is_first_and_nobody_is_forgotten(play: Theatre, race: Play) -> None:
    for dice in every_order(since=AT, surprises=1):
        stage = play.in_order(dice)
        desk = Desk(stage)
        race(stage, desk)
        stage.run(until=AT + 1.0)
        check(stage, desk)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_while_commits_are_slow_or_fail_it_is_the_same(play: Theatre, race: Play) -> None:
    for seed in range(6):
        stage = play(
            seed,
            told=race.__name__,
            options=WorldOptions(permute=True, supervise=True, commit_delay_s=(0.0, 0.3), failure_rate=0.2),
        )
        desk = Desk(stage)
        race(stage, desk)
        stage.run(until=AT + 10.0)
        assert len(ends_of(stage, "r1")) <= 1
        desk.check.finish(stage.world.runtime.now + 60.0)


def test_who_is_bound_first_has_the_ride_and_the_others_hear_that_it_is_taken(play: Theatre) -> None:
    stage = play()
    desk = Desk(stage)
    bind_meets_accept(stage, desk)
    stage.run(until=AT + 1.0)
    (driver,) = drivers_of(stage, "r1")
    assert driver in ("d1", "d2")
    loser = stage.drivers["d1" if driver == "d2" else "d2"]
    assert loser.story() in (["ride_request", "offer_closed"], ["offer_closed"])


def test_a_caller_is_texted_who_comes_each_time_and_that_nobody_does(play: Theatre) -> None:
    stage = play(search_cap_s=60.0)
    desk = Desk(stage)
    driven(stage, desk)
    desk.reassigns("r1", at=AT)
    desk.assigns("r1", "d2", at=AT + 1, bind=True)
    stage.passenger("r2").books(at=2)
    stage.run(until=AT + 2)
    desk.books("r3")
    stage.run(until=AT + 200)
    texts = [(text.ride_id, text.driver.driver_id if text.driver else None) for text in stage.world.texts]
    assert texts == [("r1", "d1"), ("r1", "d2"), ("r3", None)], "and not the passenger whose app tells it"
    assert all(text.eta_s for text in stage.world.texts if text.driver)
    assert {text.phone for text in stage.world.texts} == {"27820000009"}


# -- at the edge of time


@pytest.mark.parametrize("bind", [False, True], ids=["asked", "bound"])
@pytest.mark.parametrize("late_s", [-0.001, 0.0, 0.001])
def test_at_the_end_of_the_search_a_driver_is_asked_or_staff_hear_that_it_is_over(
    play: Theatre, bind: bool, late_s: float
) -> None:
    for seed in range(10):
        stage = play.permuted(f"{seed}/{late_s}/{bind}", search_cap_s=60.0, rounds=1)
        desk = Desk(stage)
        stage.driver("d2", north_km=11)
        desk.books("r1", at=0)
        desk.assigns("r1", "d2", at=60.0 + late_s, bind=bind)
        stage.run(until=61)
        (code,) = desk.codes(AssignRide)
        assert code in ("", "illegal_now", "unavailable")
        if code == "":
            assert stage.drivers["d2"].heard("ride_accepted" if bind else "ride_request")
        else:
            assert ends_of(stage, "r1") == ["SearchFailed"]


def test_an_offer_that_staff_had_made_runs_out_like_any(play: Theatre) -> None:
    stage = play()
    desk = Desk(stage)
    searched(stage, desk)
    desk.assigns("r1", "d2", at=5)
    stage.drivers["d2"].accepts("r1", at=37.5)
    stage.run(until=40)
    assert stage.drivers["d2"].story() == ["ride_request", "offer_closed"]
    assert drivers_of(stage, "r1") == []


def test_a_driver_who_holds_an_offer_of_the_ride_is_bound_by_that_one(play: Theatre) -> None:
    stage = play()
    desk = Desk(stage)
    searched(stage, desk)
    stage.run(until=4)
    offer = stage.drivers["d1"].offer("r1")["offer_id"]
    desk.assigns("r1", "d1", at=5)
    desk.assigns("r1", "d1", at=6, bind=True)
    stage.drivers["d1"].declines("r1", at=8)
    stage.run(until=9)
    assert desk.codes(AssignRide) == ["illegal_now", ""], "asking again is another matter"
    (assigned,) = [event for event in stage.record("r1") if isinstance(event, RideAssigned)]
    assert (assigned.driver.driver_id, assigned.offer_id) == ("d1", offer)
    assert stage.drivers["d1"].story() == ["ride_request", "ride_accepted", "error"], "no offer is closed, none is new"


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
def test_a_driver_lost_while_staff_take_the_ride_hears_that_it_is_gone(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    stage = play(options=WorldOptions(supervise=True))
    desk = Desk(stage)
    driven(stage, desk)
    desk.reassigns("r1", at=AT)
    hurting = hurt(monkeypatch, DriverActor, ForDriver, after=after)
    stage.run(until=AT + 1.0)
    assert len(hurting) == 1 and desk.codes(ReassignRide) == [""]
    assert stage.drivers["d1"].last("snapshot")["ride"] is None


# -- the server dies


def a_day_at_the_desk(stage: Stage) -> Desk:
    """A call is booked; d2 is bound, gets another fare and loses the ride; d3 is bound, and drives to the end."""
    desk = Desk(stage)
    for number, km in ((2, 11), (3, 12)):
        stage.driver(f"d{number}", north_km=km, reports=False)
    desk.books("r1", at=1)
    desk.assigns("r1", "d2", at=3, bind=True, key="bind d2")
    desk.changes_fare("r1", 80.0, at=5, key="fare")
    desk.reassigns("r1", at=7, key="reassign")
    desk.assigns("r1", "d3", at=8, bind=True, key="bind d3")
    for at, step in ((10, "arrived"), (11, "start_ride"), (12, "complete_ride")):
        stage.drivers["d3"].says(step, at=at, ride_id="r1", id=step)
    return desk


def test_no_point_of_a_day_at_the_desk_is_missing() -> None:
    assert_none_is_missing("a day at the desk", every_point(a_day_at_the_desk, since=0.9, until=13))


@pytest.mark.parametrize("point", points_of("a day at the desk"))
def test_wherever_the_server_dies_staff_can_go_on_and_the_ride_ends_once(play: Theatre, point: str) -> None:
    first: list[Desk] = []
    stage = play.dying(lambda stage: first.append(a_day_at_the_desk(stage)), point, until=13)
    died_at, first[0].is_closed = stage.now, True
    for driver in stage.drivers.values():
        driver.returns(at=died_at + 0.5)
        driver.moves(11, at=died_at + 0.6)
    desk = Desk(stage, page=2)  # it asks again whatever may not have come through
    desk.books("r1", at=died_at + 1)
    desk.assigns("r1", "d3", at=died_at + 2, bind=True)
    desk.changes_fare("r1", 80.0, at=died_at + 3)
    for after_s, step in ((4, "arrived"), (5, "start_ride"), (6, "complete_ride")):
        for driver in stage.drivers.values():
            driver.says(step, at=died_at + after_s, ride_id="r1", id=f"{step} again")
    stage.run(until=died_at + 20)
    assert desk.codes(FindDriver) == [""]
    assert ends_of(stage, "r1") == ["RideCompleted"], "the booking is there once, and somebody drove it"
    completed = [event for event in stage.record("r1") if isinstance(event, RideCompleted)]
    assert [event.fare for event in completed] == [80.0]
    assert [type(event) for event in stage.record("r1")].count(RideCancelled) == 0
    assert 1 <= [type(event) for event in stage.record("r1")].count(RideAssigned) <= 2
    desk.check.finish(stage.world.runtime.now + 60.0)


@pytest.mark.parametrize("point", points_of("a day at the desk"))
def test_wherever_the_server_dies_what_staff_ask_again_under_the_same_keys_is_done_once(
    play: Theatre, point: str
) -> None:
    first: list[Desk] = []
    stage = play.dying(lambda stage: first.append(a_day_at_the_desk(stage)), point, until=13)
    died_at, first[0].is_closed = stage.now, True
    before = acts_of(stage)
    for driver in stage.drivers.values():
        driver.returns(at=died_at + 0.5)
        driver.moves(11, at=died_at + 0.6)
    desk = Desk(stage, page=2)
    for after_s in (1, 10):  # and once more, when there is nothing left to do
        desk.assigns("r1", "d2", at=died_at + after_s, bind=True, key="bind d2")
        desk.changes_fare("r1", 80.0, at=died_at + after_s + 2, key="fare")
        desk.reassigns("r1", at=died_at + after_s + 4, key="reassign")
        desk.assigns("r1", "d3", at=died_at + after_s + 6, bind=True, key="bind d3")
    stage.run(until=died_at + 20)
    acts = acts_of(stage)
    assert acts[: len(before)] == before and len(set(acts)) == len(acts), "nothing is done twice"
    answers: dict[str, list[str]] = {}
    for told in desk.told:
        answers.setdefault(told.question.command.id, []).append(told.code)
    assert all(answers[key] == ["", ""] for key in before), "what was done before it died is answered as done"
    assert all(codes[1] == "" for key, codes in answers.items() if key in acts), "and what was done since, too"


@pytest.mark.parametrize("delay_s", [(0.0, 0.0), (0.2, 0.2)], ids=["at once", "while it is on its way to the disk"])
def test_what_is_asked_twice_in_an_instant_is_done_once_and_answered_twice(
    play: Theatre, delay_s: tuple[float, float]
) -> None:
    stage = play(options=WorldOptions(commit_delay_s=delay_s))
    desk = Desk(stage)
    searched(stage, desk)
    for at in (AT, AT, AT + 1):
        desk.assigns("r1", "d2", at=at, bind=True, key="bind d2")
    for at in (AT + 5, AT + 5, AT + 6):
        desk.reassigns("r1", at=at, key="reassign")
    desk.changes_fare("r1", 80.0, at=AT + 7, key="reassign")
    stage.run(until=AT + 8)
    assert acts_of(stage) == ["bind d2", "reassign"]
    assert desk.codes(AssignRide) == desk.codes(ReassignRide) == ["", "", ""]
    assert desk.codes(ChangeFare) == ["id_reused"], "another request under the same key"


def acts_of(stage: Stage) -> list[str]:
    """The keys of what staff did, in order."""
    return [
        event.command.id
        for event in stage.world.journal.events_of_ride(RideId("r1"))
        if isinstance(event, StaffActed) and event.command is not None
    ]
