"""The journal of virtual time, on the real virtual runtimes."""

import random
import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from dispatch import addresses
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverReleased,
    DriverReserved,
    OfferPlaced,
    OffersMade,
    RideAssigned,
    RideCompleted,
    RideRequested,
)
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.runtime import PermutedRuntime, Runtime, VirtualRuntime
from dispatch.storage.log.memory import EVENTS_A_WRITE, MemoryJournal
from dispatch.storage.log.on_file import Writer
from dispatch.values import DriverCard, Passenger, Place, Trip
from tests.storage.stories import DISPATCHER, DRIVER_ID, MICHAEL, OFFER, RIDE, Town, append, booked

Heard = list[tuple[float, str, Message]]


class Ear:
    """The sink of one address: notes what it is told and when."""

    def __init__(self, runtime: Runtime, address: str, heard: Heard) -> None:
        self.runtime, self.address, self.heard = runtime, address, heard

    def deliver(self, message: Message) -> None:
        self.heard.append((self.runtime.now, self.address, message))


class Desk:
    """A memory journal at its address in a runtime."""

    def __init__(self, runtime: VirtualRuntime, **options: object) -> None:
        self.runtime = runtime
        self.journal = MemoryJournal(runtime, **options)
        self.heard: Heard = []
        runtime.sink(addresses.JOURNAL, self.journal)

    def tell(self, *appends: Append) -> None:
        for told in appends:
            self.runtime.sink(told.reply_to, Ear(self.runtime, told.reply_to, self.heard))
            self.runtime.tell(addresses.JOURNAL, told)

    def answers(self) -> list[tuple[str, Message]]:
        return [(address, message) for _, address, message in self.heard]


class Deaf:
    """A runtime whose actors never listen, so that only the journal holds on to anything."""

    now = 0.0

    def tell(self, address: str, message: Message) -> None: ...

    def set_timer(self, delay_s: float, address: str, message: Message) -> None: ...

    def rng(self, name: str) -> random.Random:
        return random.Random(name)


either_runtime = pytest.mark.parametrize("kind", [VirtualRuntime, PermutedRuntime])


def test_without_delay_an_append_is_kept_and_answered_on_the_spot() -> None:
    desk = Desk(VirtualRuntime(1))
    desk.tell(booked("r1", through=4))
    assert desk.heard == [(0.0, "ride/r1", Appended(1, 4))]
    assert desk.journal.events_of("ride/r1") == booked("r1").events


@either_runtime
def test_with_delay_commits_take_their_time_and_never_overtake(kind: type[VirtualRuntime]) -> None:
    desk = Desk(kind(7), delay_s=(0.005, 0.020))
    told = [booked(f"r{n}", through=n) for n in range(200)]
    desk.tell(*told)
    assert desk.heard == [], "nothing is committed at once"
    assert not desk.journal.ride_exists(RideId("r0"))
    desk.runtime.run()
    assert desk.answers() == [(each.reply_to, Appended(1, each.through)) for each in told]
    times = [at for at, _, _ in desk.heard]
    assert times == sorted(times)
    assert times[0] >= 0.005
    assert times[-1] <= 0.020 + 1e-9
    assert len(set(times)) < 20, "those behind a slow commit share it"


def test_what_is_under_way_is_not_on_record_yet() -> None:
    desk = Desk(VirtualRuntime(1), delay_s=(1.0, 1.0))
    desk.tell(booked("r1"))
    desk.runtime.run(until_s=0.999)
    assert desk.journal.events_of("ride/r1") == ()
    desk.runtime.run(until_s=1.0)
    assert desk.journal.events_of("ride/r1") == booked("r1").events


def test_the_same_seed_commits_at_the_same_times_and_loses_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(seed: int) -> Heard:
        desk = Desk(VirtualRuntime(seed), delay_s=(0.0, 0.02), failure_rate=0.3)
        desk.tell(*(booked(f"r{n}") for n in range(60)))
        desk.runtime.run()
        return desk.heard

    assert run(3) == run(3)
    assert run(3) != run(4)


@pytest.mark.parametrize("delay_s", [(0.0, 0.0), (0.0, 0.02)])
def test_what_is_lost_is_answered_and_neither_it_nor_what_builds_on_it_is_kept(delay_s: tuple[float, float]) -> None:
    desk = Desk(VirtualRuntime(5), delay_s=delay_s, failure_rate=0.25)
    for through in (1, 2, 3):
        desk.tell(*(append(f"driver/{n}", *booked(f"{n}-{through}").events, through=through) for n in range(100)))
    desk.runtime.run()
    lost = {address for address, answer in desk.answers() if isinstance(answer, NotAppended)}
    assert 40 < len(lost) < 75
    for n in range(100):
        mine = [answer for address, answer in desk.answers() if address == f"driver/{n}"]
        kinds = [type(answer) for answer in mine]
        assert [answer.through for answer in mine] == [1, 2, 3]
        assert kinds == sorted(kinds, key=[Appended, NotAppended].index), "after a loss there is nothing but refusals"
        assert len(desk.journal.events_of(f"driver/{n}")) == kinds.count(Appended)
        assert desk.journal.ride_exists(RideId(f"{n}-3")) == (kinds[2] is Appended)


def test_the_next_incarnation_is_served_again() -> None:
    desk = Desk(VirtualRuntime(5), failure_rate=1.0)
    desk.tell(booked("r1"), append("ride/r1", through=2))
    desk.journal._failure_rate = 0.0
    desk.tell(append("ride/r1", through=3), booked("r1", incarnation=2), append("ride/r1", incarnation=2, through=2))
    refused = [NotAppended(1, through, "disk_full") for through in (1, 2, 3)]
    assert [answer for _, answer in desk.answers()] == [*refused, Appended(2, 1), Appended(2, 2)]


def finished(ride_id: RideId, driver_id: DriverId = DRIVER_ID) -> tuple[Append, ...]:
    """A ride from booking to release, as its ride, its dispatcher and its driver record it."""
    ride, driver = addresses.ride(ride_id), addresses.driver(driver_id)
    card = DriverCard(driver_id, MICHAEL.name, str(driver_id))
    offer_id = OfferId(f"{ride_id}-1")
    trip = Trip(
        Place(40.7 + 1e-9, -73.9, f"{ride_id} Broadway"), Place(40.6, -73.8, f"{ride_id} Main St"), 5.0, 9.0, 12.0
    )
    passenger = Passenger(PassengerId(f"p-{ride_id}"), f"Passenger {ride_id}", "27830000000")
    return (
        append(ride, RideRequested(ride_id, 1, passenger, trip, 1.0)),
        append(DISPATCHER, OffersMade(ride_id, 1, 1, (OfferPlaced(offer_id, driver_id, 10.0),), 31.0)),
        append(driver, DriverReserved(ride_id, driver_id, offer_id, 1, 1)),
        append(ride, RideAssigned(ride_id, card, offer_id, 1, 5.0)),
        append(ride, RideCompleted(ride_id, driver_id, 12.0)),
        append(driver, DriverReleased(ride_id, driver_id, offer_id, "completed")),
    )


def test_a_forgotten_ride_keeps_its_own_story_and_nobody_elses_word_about_it() -> None:
    desk = Desk(VirtualRuntime(1))
    told = finished(RIDE)
    desk.tell(*told, append("driver/" + DRIVER_ID, DriverReserved(RideId("next"), DRIVER_ID, OFFER, 1, 1)))
    desk.journal.forget(RIDE)
    own = tuple(event for each in told if each.reply_to == "ride/ride-1" for event in each.events)
    assert desk.journal.events_of("ride/ride-1") == own
    assert desk.journal.events_of_ride(RIDE) == own
    assert desk.journal.ride_exists(RIDE)
    desk.journal.forget(RIDE)  # as an actor does that a latecomer woke once more
    assert desk.journal.events_of_ride(RIDE) == own
    assert desk.journal.events_of(DISPATCHER) == ()
    assert desk.journal.events_of("driver/" + DRIVER_ID) == (DriverReserved(RideId("next"), DRIVER_ID, OFFER, 1, 1),)


def test_a_latecomers_word_does_not_bring_a_forgotten_ride_back() -> None:
    desk = Desk(VirtualRuntime(1))
    told = finished(RIDE)
    desk.tell(*told[:-1])
    desk.journal.forget(RIDE)
    before = desk.journal.events_of_ride(RIDE)
    desk.tell(told[-1])
    assert desk.journal.events_of_ride(RIDE) == before
    assert desk.journal.events_of("driver/" + DRIVER_ID) == ()


@pytest.mark.parametrize("name", ["open", "unknown"])
def test_a_ride_that_has_not_ended_cannot_be_forgotten(name: str) -> None:
    desk = Desk(VirtualRuntime(1))
    desk.tell(booked("open"))
    with pytest.raises(ValueError, match="has not ended"):
        desk.journal.forget(RideId(name))


def test_forgotten_rides_stay_small_however_many_they_are() -> None:
    journal = MemoryJournal(Deaf())
    tracemalloc.start()
    for n in range(2_000):
        ride_id = RideId(f"ride-{n}")
        *story, release = finished(ride_id, DriverId(f"d{n % 50}"))
        for told in story:
            journal.deliver(told)
        journal.forget(ride_id)
        journal.deliver(release)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / 2_000 < 1_200, "bytes a ride"


def test_a_file_behind_it_holds_exactly_what_was_committed(path: Path) -> None:
    desk = Desk(VirtualRuntime(2), delay_s=(0.0, 0.01), failure_rate=0.005, writer=Writer(path, "off"))
    story = list(Town(3, rides=600).story())
    desk.tell(*story)
    desk.runtime.run()
    kept = sum(isinstance(answer, Appended) for _, answer in desk.answers())
    assert len(desk.answers()) == len(story)
    assert EVENTS_A_WRITE < kept < len(story)
    desk.journal.close()
    streams = {each.reply_to for each in story}
    with sqlite3.connect(path) as connection:
        for stream in sorted(streams):
            rows = connection.execute("SELECT kind FROM events WHERE stream = ? ORDER BY n", (stream,)).fetchall()
            assert [kind for (kind,) in rows] == [type(event).__name__ for event in desk.journal.events_of(stream)]
