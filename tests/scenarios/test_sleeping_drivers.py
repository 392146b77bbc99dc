"""A driver whose connection was lost, and whose phone a push can wake, may be asked where too few are awake.

Waking accepts nothing: the app connects, finds the open offer in its snapshot, and answers like any other.
"""

from typing import Any

import pytest

from dispatch.actors.driver import DriverActor
from dispatch.messages.events import OffersMade, RideAssigned, RoundConsidered
from dispatch.messages.matching import AnnounceState
from sim.network.pushes import PushRates
from sim.stories.stage import Stage, StageDriver
from sim.world import WorldOptions
from tests.scenarios.desk import Desk
from tests.scenarios.theatre import Theatre, hurt, news

SOON = WorldOptions(pushes=PushRates(delay_s=(0.5, 0.5)))


def sleeper(stage: Stage, name: str, *, at: float = 5.0, **more: Any) -> StageDriver:
    """A driver whose connection is lost at this second."""
    driver = stage.driver(name, **more)
    driver.has_device()
    driver.leaves(at=at)
    return driver


def asked(stage: Stage, ride: str) -> list[list[str]]:
    made: list[Any] = [event for event in stage.record(ride) if isinstance(event, OffersMade)]
    return [[placed.driver_id for placed in event.offers] for event in made]


def assigned(stage: Stage, ride: str) -> list[str]:
    return [event.driver.driver_id for event in stage.record(ride) if isinstance(event, RideAssigned)]


def status(stage: Stage, name: str) -> str:
    actor: Any = stage.actor(f"driver/{name}")
    return str(actor.driver.status(actor.app.link is not None))


def answers(driver: StageDriver, ride: str, frame: str) -> None:
    """Whenever the app finds an offer in its snapshot, its driver answers so, 2 s after the push."""

    def answer(heard: Any) -> None:
        if heard["offer"] is not None:
            offer_id = heard["offer"]["offer_id"]
            driver.says(frame, at=driver.stage.now + 2.0, ride_id=ride, offer_id=offer_id, driver_id=driver.name)

    driver.whenever("snapshot", answer)
    driver.wakes_by_push(driver.connect)


def test_a_sleeper_is_asked_at_once_where_too_few_are_awake_wakes_finds_the_offer_and_accepts(play: Theatre) -> None:
    stage = play(options=SOON)
    stage.driver("d1")
    driver = sleeper(stage, "d2")
    answers(driver, "r1", "accept_ride")
    stage.passenger("r1").books(at=60)
    stage.run(until=60)
    assert (status(stage, "d2"), asked(stage, "r1")) == ("asleep", [["d1", "d2"]])
    stage.run(until=60.5)
    assert [at for at, _ in driver.pushes] == [60.5]
    snapshot = driver.last("snapshot")
    assert (snapshot["status"], snapshot["offer"]["ride_id"], snapshot["ride"]) == ("available", "r1", None)
    assert snapshot["offer"]["ttl_ms"] == 29_500
    assert assigned(stage, "r1") == [], "waking accepts nothing"
    stage.run(until=63)
    assert assigned(stage, "r1") == ["d2"]
    assert driver.last()["type"] == "ride_accepted"


def test_nobody_who_sleeps_is_asked_while_a_whole_round_is_awake(play: Theatre) -> None:
    stage = play(batch=2, explain_candidates=5)
    sleeper(stage, "s1", north_km=0.1)
    stage.fleet(2)
    stage.passenger("r1").books(at=60)
    stage.run(until=61)
    assert asked(stage, "r1") == [["d1", "d2"]]
    (told,) = [event for event in stage.record("r1") if isinstance(event, RoundConsidered)]
    assert dict(zip(told.drivers, told.rules, strict=True)) == {"s1": "asleep", "d1": "asked", "d2": "asked"}


def test_a_round_with_too_few_awake_is_filled_up_with_the_nearest_sleepers_and_says_so(play: Theatre) -> None:
    stage = play(batch=2, explain_candidates=5)
    stage.driver("d1", north_km=3.0)
    sleeper(stage, "near", north_km=0.5)
    sleeper(stage, "far", north_km=2.0)
    stage.passenger("r1").books(at=60)
    stage.run(until=61)
    assert asked(stage, "r1") == [["d1", "near"]]
    (told,) = [event for event in stage.record("r1") if isinstance(event, RoundConsidered)]
    assert dict(zip(told.drivers, told.rules, strict=True)) == {"near": "pushed", "far": "behind", "d1": "asked"}


def test_without_a_device_a_lost_driver_is_offline_and_never_asked(play: Theatre) -> None:
    stage = play()
    stage.driver("d1").leaves(at=5)
    stage.passenger("r1").books(at=10)
    stage.run(until=30)
    assert (status(stage, "d1"), asked(stage, "r1")) == ("offline", [[]])


def test_with_no_time_for_sleeping_nobody_sleeps(play: Theatre) -> None:
    stage = play(sleep_max_s=0.0)
    sleeper(stage, "d1")
    stage.passenger("r1").books(at=10)
    stage.run(until=30)
    assert (status(stage, "d1"), asked(stage, "r1")) == ("offline", [[]])


def test_a_sleeper_who_wakes_and_declines_is_not_asked_for_that_ride_again(play: Theatre) -> None:
    stage = play(options=SOON)
    driver = sleeper(stage, "d1")
    answers(driver, "r1", "decline_ride")
    stage.passenger("r1").books(at=60)
    stage.run(until=300)
    assert asked(stage, "r1") == [["d1"]]
    assert stage.passengers["r1"].last()["type"] == "no_drivers"


def test_a_sleeper_who_wakes_and_does_nothing_was_silent(play: Theatre) -> None:
    """The second round asks once more, as it asks anybody who was silent: this time the app is awake."""
    stage = play(options=SOON)
    driver = sleeper(stage, "d1")
    driver.wakes_by_push(driver.connect)
    stage.passenger("r1").books(at=60)
    stage.run(until=100)
    assert assigned(stage, "r1") == []
    assert [frame["reason"] for frame in driver.heard("offer_closed")] == ["expired"]
    assert asked(stage, "r1") == [["d1"], ["d1"]]
    assert len(driver.pushes) == 1
    assert driver.heard("ride_request")[-1].at == pytest.approx(92.0)


def test_a_sleeper_who_never_wakes_was_silent_and_the_next_round_pushes_again(play: Theatre) -> None:
    stage = play(options=SOON)
    driver = sleeper(stage, "d1")
    stage.passenger("r1").books(at=60)
    stage.run(until=400)
    assert asked(stage, "r1") == [["d1"], ["d1"]], "a silent driver is asked once more"
    assert [at for at, _ in driver.pushes] == [60.5, 92.5]
    assert stage.passengers["r1"].last()["type"] == "no_drivers"


def test_a_sleeper_who_wakes_too_late_finds_no_offer_and_an_accept_hears_that_it_is_over(play: Theatre) -> None:
    stage = play(options=WorldOptions(pushes=PushRates(late=1.0, late_s=40.0)), asks_after_silence=0)
    driver = sleeper(stage, "d1")
    driver.wakes_by_push(driver.connect)
    stage.passenger("r1").books(at=60)
    stage.run(until=105)
    assert driver.last("snapshot")["offer"] is None
    ((_, push),) = driver.pushes
    driver.accepts("r1", at=105, offer_id=push.offer_id, id="a1")
    stage.run(until=106)
    assert [(frame["type"], frame.get("reason")) for frame in driver.heard(since=105)] == [
        ("offer_closed", "expired"),
        ("ack", None),
    ]


def test_an_offer_that_somebody_else_took_is_told_to_a_sleeper_who_wakes(play: Theatre) -> None:
    stage = play(options=WorldOptions(pushes=PushRates(delay_s=(4.0, 4.0))))
    stage.passenger("r0").books(at=1)  # so that there is something to resume after
    driver = sleeper(stage, "d2", at=50)
    stage.passengers["r0"].cancels(at=40)
    driver.wakes_by_push(driver.resumes)
    awake = stage.driver("d1")
    awake.whenever("ride_request", lambda heard: awake.accepts("r1", at=stage.now + 1.0))
    stage.passenger("r1").books(at=60)
    stage.run(until=65)
    assert assigned(stage, "r1") == ["d1"]
    told = [(frame["type"], frame.get("reason")) for frame in driver.heard(since=60)]
    assert ("offer_closed", "taken") in told
    assert driver.last("snapshot")["offer"] is None


def test_after_the_longest_sleep_a_driver_is_offline(play: Theatre) -> None:
    stage = play(sleep_max_s=600.0)
    sleeper(stage, "d1")
    stage.passenger("early").books(at=500)
    stage.run(until=500)
    assert asked(stage, "early") == [["d1"]]
    stage.passengers["early"].cancels(at=550)
    stage.passenger("late").books(at=605)
    stage.run(until=606)
    assert (status(stage, "d1"), asked(stage, "late")) == ("offline", [[]])


def test_an_offer_that_is_open_when_the_sleep_ends_stands_to_its_end(play: Theatre) -> None:
    stage = play(options=SOON, sleep_max_s=600.0)
    driver = sleeper(stage, "d1")
    driver.wakes_by_push(lambda: driver.returns(at=stage.now + 10.0))
    answers_later = driver.whenever
    answers_later("snapshot", lambda heard: driver.accepts("r1") if heard["offer"] else None)
    stage.passenger("r1").books(at=600)
    stage.run(until=620)
    assert assigned(stage, "r1") == ["d1"]


@pytest.mark.parametrize("how", ["unavailable", "logged out", "suspended"])
def test_a_driver_who_wants_or_may_have_no_offers_is_offline_and_not_asleep(play: Theatre, how: str) -> None:
    stage = play()
    driver = stage.driver("d1")
    driver.has_device()
    if how == "unavailable":
        driver.wants_offers(False, at=2)
    elif how == "suspended":
        stage.keeps_file("d1", at=2, status="suspended")
    else:
        link: Any = driver.link
        driver.does(link._session.revoked, at=2)
    driver.leaves(at=5)
    stage.passenger("r1").books(at=10)
    stage.run(until=20)
    assert (status(stage, "d1"), asked(stage, "r1")) == ("offline", [[]])


@pytest.mark.parametrize("how", ["suspended", "a document ends", "the device is gone"])
def test_what_ends_a_sleep_gives_the_place_of_an_open_offer_back_at_once(play: Theatre, how: str) -> None:
    stage = play(batch=1)
    driver = sleeper(stage, "d1")
    stage.passenger("r1").books(at=60)
    if how == "suspended":
        stage.keeps_file("d1", at=65, status="suspended")
    elif how == "a document ends":
        stage.keeps_file("d1", at=1, licence=65.0)
    else:
        driver.loses_device(at=65)
    sleeper(stage, "d2", north_km=4.0)
    stage.run(until=64.9)
    assert asked(stage, "r1") == [["d1"]]
    stage.run(until=65.1)
    assert (status(stage, "d1"), asked(stage, "r1")) == ("offline", [["d1"], ["d2"]])


def test_a_busy_driver_who_is_lost_sleeps_only_when_the_ride_is_over(play: Theatre) -> None:
    stage = play(options=SOON)
    driver = stage.driver("d1")
    driver.has_device()
    driver.whenever("ride_request", lambda heard: driver.accepts(heard["ride_id"]))
    stage.passenger("r1").books(at=1)
    driver.leaves(at=10)
    stage.passenger("r2").books(at=20)
    stage.run(until=21)
    assert (status(stage, "d1"), asked(stage, "r2")) == ("busy", [[]])
    stage.passengers["r1"].cancels(at=30)
    stage.run(until=31)
    assert (status(stage, "d1"), asked(stage, "r2")) == ("asleep", [[], ["d1"]])
    assert [push.ride_id for _, push in driver.pushes] == ["r2"]


def test_a_driver_who_is_lost_with_an_open_offer_is_asked_anew_by_push(play: Theatre) -> None:
    """Nobody else is near. The lost offer does not count as silence."""
    stage = play(options=SOON)
    driver = stage.driver("d1")
    driver.has_device()
    answers(driver, "r1", "accept_ride")
    stage.passenger("r1").books(at=1)
    driver.leaves(at=10)
    stage.run(until=13)
    assert asked(stage, "r1") == [["d1"], ["d1"]]
    assert assigned(stage, "r1") == ["d1"]


def test_one_who_wakes_is_awake_for_every_other_ride(play: Theatre) -> None:
    stage = play(options=SOON)
    driver = sleeper(stage, "d1")
    driver.returns(at=60)
    stage.passenger("r1").books(at=61)
    stage.run(until=62)
    assert driver.pushes == []
    assert driver.last()["type"] == "ride_request"


def test_a_push_that_comes_twice_wakes_twice_and_offers_once(play: Theatre) -> None:
    stage = play(options=WorldOptions(pushes=PushRates(delay_s=(0.5, 1.5), double=1.0)))
    driver = sleeper(stage, "d1")
    answers(driver, "r1", "accept_ride")
    stage.passenger("r1").books(at=60)
    stage.run(until=70)
    assert len(driver.pushes) == 2
    assert asked(stage, "r1") == [["d1"]]
    assert assigned(stage, "r1") == ["d1"]
    assert news(driver).count("ride_accepted") == 1


def test_the_desk_may_ask_a_sleeper_and_may_not_bind_one(play: Theatre) -> None:
    stage = play(options=SOON, batch=1)
    stage.driver("d1")
    driver = sleeper(stage, "d2", north_km=20.0)
    desk = Desk(stage)
    stage.passenger("r1").books(at=60)
    desk.assigns("r1", "d2", at=62, bind=True)
    desk.assigns("r1", "d2", at=64)
    stage.run(until=65)
    assert [told.code for told in desk.told] == ["illegal_now", ""]
    assert asked(stage, "r1") == [["d1"], ["d2"]]
    assert [push.ride_id for _, push in driver.pushes] == ["r1"]


def test_after_a_restart_nobody_sleeps_until_their_app_was_there(play: Theatre) -> None:
    stage = play(options=SOON)
    sleeper(stage, "d1")
    stage.passenger("r1").books(at=60)
    stage.crashes(at=70)
    stage.passengers["r1"].returns(at=71)
    stage.run(until=80)
    assert asked(stage, "r1")[1:] == []


def test_a_driver_whose_actor_is_made_anew_sleeps_on(play: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = play(options=WorldOptions(pushes=PushRates(delay_s=(0.5, 0.5)), supervise=True), sleep_max_s=600.0)
    sleeper(stage, "d1")
    hurt(monkeypatch, DriverActor, AnnounceState)
    stage.drivers["d1"].does(lambda: stage.world.runtime.tell("driver/d1", AnnounceState()), at=50)
    stage.passenger("r1").books(at=60)
    stage.run(until=61)
    assert (status(stage, "d1"), asked(stage, "r1")) == ("asleep", [["d1"]])
    stage.run(until=650)
    assert status(stage, "d1") == "offline"
