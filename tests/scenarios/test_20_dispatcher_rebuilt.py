"""Scenario 20. A handler of the dispatcher raises in the middle of a round.

The message that hurt is set aside. The dispatcher is made anew from events and from what drivers say of themselves; rounds go on,
and no ride waits longer than its round.
"""

from itertools import count

import pytest

from dispatch.actors.dispatcher import DispatcherActor, _Due, _Sweep
from dispatch.messages.matching import DriverSeen, DriverState, EndSearch, SearchDriver
from sim.stories.stage import Stage
from sim.world import WorldOptions
from tests.scenarios.theatre import Theatre, hurt, nth

SUPERVISED = WorldOptions(supervise=True)
MOMENTS = pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
MESSAGES = pytest.mark.parametrize(
    "message_type", [SearchDriver, EndSearch, DriverState, DriverSeen, _Due, _Sweep], ids=lambda kind: kind.__name__
)


def two_rides(stage: Stage) -> None:
    """r1: one declines, one hangs up, the others are silent until the second round brings a driver. r2: nobody wants it."""
    fleet = stage.fleet(9)
    stage.passenger("r1").books(at=0)
    fleet[0].declines("r1", at=5)
    fleet[1].leaves(at=10)
    fleet[8].accepts("r1", at=45)
    stage.passenger("r2").books(at=60)
    for driver in fleet[:6]:
        driver.declines("r2", at=65)


def check_that_both_went_on(stage: Stage) -> None:
    first, second = stage.passengers["r1"], stage.passengers["r2"]
    rounds = [frame.at for frame in first.heard("searching") if not frame.again]
    assert rounds[0] == 0.0 and 40.0 <= rounds[1] <= 42.01
    assert (first.last("driver_assigned").at, first.last("driver_assigned")["driver_id"]) == (45.0, "d9")
    rounds = [frame.at for frame in second.heard("searching") if not frame.again]
    assert rounds[0] == 60.0 and rounds[1] == 65.0
    assert second.heard("no_drivers")[0].at == 240.0


@MOMENTS
@MESSAGES
def test_whatever_message_hurts_every_search_goes_on_in_time(
    play: Theatre, monkeypatch: pytest.MonkeyPatch, message_type: type, after: bool
) -> None:
    for number in count(1):
        stage = play(told=f"{message_type.__name__} number {number}", options=SUPERVISED)
        with monkeypatch.context() as patched:
            hurting = hurt(patched, DispatcherActor, message_type, when=nth(number), after=after)
            two_rides(stage)
            stage.run(until=250)
        if not hurting:
            break
        check_that_both_went_on(stage)
        (letter,) = stage.world.runtime.dead_letters.recent
        assert letter.message is hurting[0] and "hurts" in letter.reason
    assert number > 1, "it came at least once"


def test_made_anew_while_a_request_is_on_its_way_to_the_disk_it_searches_all_the_same(play: Theatre) -> None:
    for offset in (0.0, 0.005, 0.01, 0.015, 0.02):
        stage = play(told=f"{offset} s after the request", options=WorldOptions(commit_delay_s=(0.01, 0.01)))
        fleet = stage.fleet(6)
        passenger = stage.passenger("r1")
        passenger.books(at=10)
        passenger.does(lambda: stage.world.runtime.rebuild("dispatcher/0"), at=10 + offset)  # noqa: B023
        for driver in fleet[:5]:
            driver.declines("r1", at=15)
        fleet[5].accepts("r1", at=20)
        stage.run(until=21)
        assert passenger.last("driver_assigned")["driver_id"] == "d6"
