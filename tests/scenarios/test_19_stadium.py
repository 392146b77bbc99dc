"""Scenario 19. The match is over: a thousand passengers, two hundred drivers, one live offer each.

Every driver who becomes free goes to the search that has waited longest of those in reach; none starves. What a position report
costs does not depend on how many searches wait.
"""

from typing import Any

import pytest

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.zone import WaitingList
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import OffersMade
from dispatch.messages.journal import Append
from sim.stories.stage import Stage, StageDriver
from tests.scenarios.theatre import Theatre

DRIVERS, PASSENGERS = 200, 1_000
CROWD: dict[str, Any] = {"search_cap_s": 900.0, "batch": 2}


def works(driver: StageDriver) -> None:
    """Accepts every offer after a second, and is free again twenty seconds later."""
    stage = driver.stage
    driver.whenever("ride_request", lambda heard: driver.accepts(heard["ride_id"], at=stage.now + 1))
    driver.whenever(
        "ride_accepted", lambda heard: driver.says("complete_ride", at=stage.now + 20, ride_id=heard["ride_id"])
    )


def a_stadium(stage: Stage, passengers: int = PASSENGERS) -> None:
    """The drivers stand around it; a hundred passengers a second book."""
    for number in range(DRIVERS):
        stage.driver(f"d{number:03}", north_km=(number % 20) / 10, east_km=(number // 20) / 10)
    for number in range(passengers):
        stage.passenger(f"r{number:04}").books(at=number / 100)


def may_ask(search: Search, driver_id: DriverId) -> bool:
    """Whether nothing in the driver's past with this ride is against it."""
    holders = [offer.lease.driver_id for offer in search.open.values()]
    silent = search.asks.get(driver_id, 0) > search.rules.asks_after_silence
    return driver_id not in (*search.refusals, *search.blocked, *holders) and not silent


class Queue:
    """An observer that notes every offer that passed over somebody who waits longer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.offers = 0
        self.first_offers: dict[RideId, float] = {}
        self.passed_over: list[str] = []
        stage.world.runtime.observe(self)

    def __call__(self, now: float, address: str, message: Any) -> None:
        if type(message) is Append and message.reply_to == "dispatcher/0":
            for event in message.events:
                if type(event) is OffersMade:
                    self.first_offers.setdefault(event.ride_id, now)
                    self._look_behind(event)

    def _look_behind(self, event: OffersMade) -> None:
        """`searches` lie in the order in which they began; after the turn nobody before this one may want whom it asked."""
        dispatcher = self._stage.actor("dispatcher/0")
        assert isinstance(dispatcher, DispatcherActor)
        self.offers += len(event.offers)
        for ride_id, search in dispatcher.searches.items():
            if ride_id == event.ride_id:
                return
            if search.need(dispatcher.runtime.now).places and any(
                may_ask(search, one.driver_id) for one in event.offers
            ):
                self.passed_over.append(f"{event.ride_id} is served before {ride_id}")


def test_every_freed_driver_goes_to_the_longest_waiting_and_nobody_starves(play: Theatre) -> None:
    stage = play(**CROWD)
    queue = Queue(stage)
    a_stadium(stage)
    for driver in stage.drivers.values():
        works(driver)
    stage.run(until=300)
    waited = [
        (passenger.last("driver_assigned").at - passenger.heard("searching")[0].at, ride)
        for ride, passenger in stage.passengers.items()
    ]
    assert len(waited) == PASSENGERS
    assert queue.passed_over == [] and queue.offers > PASSENGERS
    assert list(queue.first_offers) == sorted(stage.passengers), "whoever booked first is the first to be offered"
    assert max(waited)[0] < 21 * PASSENGERS / DRIVERS + 30, "as long as the fleet needs for all, and little more"


@pytest.mark.parametrize("waiting", [1, PASSENGERS])
def test_a_position_report_looks_at_no_search(play: Theatre, monkeypatch: pytest.MonkeyPatch, waiting: int) -> None:
    """All drivers are free, and out of reach of whoever waits; every five seconds each is looked at once, if they moved."""
    stage = play(**CROWD, radius_m=2_000.0)
    for number in range(DRIVERS):
        stage.driver(f"d{number:03}", north_km=20.0, east_km=number / 100)
    for number in range(waiting):
        stage.passenger(f"r{number:04}").books(at=number / 1000)
    stage.run(until=11)
    looked: list[object] = []
    first = WaitingList.first
    monkeypatch.setattr(WaitingList, "first", lambda self, *where: looked.append(where) or first(self, *where))
    before = stage.world.runtime.delivered
    for driver in stage.drivers.values():
        for step in range(5):
            driver.moves(north_km=20.01 + step / 100)
    reports = 5 * DRIVERS  # one message each, to the zone's positions
    assert stage.world.runtime.delivered == before + reports and looked == []
    stage.run(until=16)
    assert len(looked) == DRIVERS
    monkeypatch.undo()
