"""The passenger's own actor: which ride is open, asked of the rides themselves."""

from collections.abc import Iterator

import pytest

from dispatch.actors.passenger import PassengerActor
from dispatch.ids import PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.matching import (
    AnnounceHold,
    HoldPassenger,
    LeavePassenger,
    PassengerBusy,
    PassengerTaken,
    TakePassenger,
)
from dispatch.runtime import VirtualRuntime

ADDRESS = "passenger/27821234567"
ASKED = AnnounceHold(PassengerId("27821234567"))
ONE, TWO, THREE = RideId("r1"), RideId("r2"), RideId("r3")


class Rides:
    """Stands at the addresses of three rides and keeps what they hear."""

    def __init__(self) -> None:
        self.runtime = VirtualRuntime(1)
        self.runtime.factory("passenger", lambda address, message: PassengerActor(self.runtime, address))
        self.heard: list[tuple[str, Message]] = []
        for ride in (ONE, TWO, THREE):
            self.appear(ride)

    def appear(self, ride: RideId) -> None:
        rides = self

        class Ear:
            def deliver(self, message: Message) -> None:
                rides.heard.append((ride, message))

        self.runtime.sink(f"ride/{ride}", Ear())

    def say(self, *messages: Message) -> list[tuple[str, Message]]:
        """What rides hear of it."""
        for message in messages:
            self.runtime.tell(ADDRESS, message)
        self.runtime.run(self.runtime.now + 1.0)
        heard, self.heard = self.heard, []
        return heard

    @property
    def is_awake(self) -> bool:
        return self.runtime.actor(ADDRESS) is not None


@pytest.fixture()
def rides() -> Iterator[Rides]:
    yield Rides()


def test_the_first_ride_is_taken_and_the_second_waits_until_the_first_says_how_it_is(rides: Rides) -> None:
    assert rides.say(TakePassenger(ONE, 1)) == [(ONE, PassengerTaken(1))]
    assert rides.say(TakePassenger(TWO, 4)) == [(ONE, ASKED)]
    assert rides.say(HoldPassenger(ONE)) == [(TWO, PassengerBusy(4, ONE))]
    assert rides.say(TakePassenger(TWO, 5)) == [(ONE, ASKED)]
    assert rides.say(LeavePassenger(ONE)) == [(TWO, PassengerTaken(5))]


def test_the_same_ride_may_ask_again(rides: Rides) -> None:
    rides.say(TakePassenger(ONE, 1))
    assert rides.say(TakePassenger(ONE, 2)) == [(ONE, PassengerTaken(2))]


def test_of_several_that_wait_the_first_has_it(rides: Rides) -> None:
    rides.say(TakePassenger(ONE, 1), TakePassenger(TWO, 2), TakePassenger(THREE, 3))
    assert rides.say(LeavePassenger(ONE)) == [(TWO, PassengerTaken(2)), (THREE, PassengerBusy(3, TWO))]


def test_a_ride_that_is_not_there_any_more_holds_nobody(rides: Rides) -> None:
    rides.say(TakePassenger(ONE, 1))
    rides.runtime.remove_sink("ride/r1")
    assert rides.say(TakePassenger(TWO, 2)) == [(TWO, PassengerTaken(2))]


def test_whoever_left_is_answered_no_more_and_the_actor_leaves_memory(rides: Rides) -> None:
    rides.say(TakePassenger(ONE, 1), TakePassenger(TWO, 2))
    assert rides.say(LeavePassenger(TWO)) == []
    assert rides.is_awake
    assert rides.say(LeavePassenger(ONE)) == []
    assert not rides.is_awake


def test_made_anew_it_knows_what_it_knew(rides: Rides) -> None:
    rides.say(TakePassenger(ONE, 1), TakePassenger(TWO, 2))
    rides.runtime.rebuild(ADDRESS)
    assert rides.say(HoldPassenger(ONE)) == [(TWO, PassengerBusy(2, ONE))]
