"""The journal of virtual time: events stay objects in memory, commits take as long and fail as often as one asks.

A simulation gives it the address `journal` as a sink, and asks it what a server asks of its `Reader`.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from dispatch import addresses
from dispatch.ids import DriverId, PassengerId, PersonId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverFolded,
    DriverRegistered,
    Event,
    OffersMade,
    RideAssigned,
    SearchFailed,
)
from dispatch.messages.journal import Append, Appended, by_nobody
from dispatch.ports import Post
from dispatch.storage.log.journal import Losses
from dispatch.storage.log.restart import Disconnected, held_offers, restart_events
from dispatch.storage.tables.views import NOTES, Notes
from dispatch.values import DriverCard, DriverFile, Passenger

if TYPE_CHECKING:
    from dispatch.storage.log.on_file import Writer

EVENTS_A_WRITE: Final = 1_000


class Archive:
    """Bytes by number, one behind the other: what was put in can be read, and nothing is ever taken out.

    As objects of their own they would lie among all that comes and goes, and keep the memory around them from being used again.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", (0,))

    def put(self, packed: bytes) -> int:
        """Keep this, under the number that is returned."""
        self._bytes += packed
        self._ends.append(len(self._bytes))
        return len(self._ends) - 2

    def read(self, number: int) -> bytes:
        """What was put in under this number."""
        return bytes(self._bytes[self._ends[number] : self._ends[number + 1]])


class MemoryJournal:
    """A sink for `Append`, and `JournalReads` over what was committed.

    With no delay an append is committed and answered on the spot. Otherwise it takes a time drawn from `rng("journal")`, and never
    overtakes one delivered before it.

    `on_commit` makes it quicker, where no test wants anything between a commit and its announcement: appends are kept within the
    turn that recorded them, nobody is told, and `on_commit` hears of each.
    """

    on_commit: Callable[[Append], None] | None = None

    def __init__(
        self,
        clock: Post,
        *,
        delay_s: tuple[float, float] = (0.0, 0.0),
        failure_rate: float = 0.0,
        default_passenger: Passenger | None = None,
        writer: Writer | None = None,
    ) -> None:
        """`delay_s`: shortest and longest commit. `failure_rate`: the share of appends that are lost, from 0 to 1. `writer`: keeps
        the committed events in a file as well, a thousand at a time; `close` writes the rest.
        """
        self._clock = clock
        self._dice = clock.rng("journal")
        self._delay_s = delay_s if delay_s[1] > 0 else None
        self._failure_rate = failure_rate
        self._default_passenger = default_passenger
        self._writer = writer
        self._unwritten: list[Append] = []
        self._unwritten_events = 0
        self._pending: deque[tuple[Append, bool]] = deque()
        self._last_commit_at = 0.0
        self._losses = Losses()
        self._streams: dict[str, _Stream] = {}
        self._rides: dict[RideId, list[Event]] = {}
        self._notes = Notes()
        self._archive = Archive()
        self._forgotten: dict[RideId, int] = {}
        self._blocked: dict[PassengerId, dict[DriverId, None]] = {}
        self.devices: dict[DriverId, None] = {}
        """Drivers whose apps can be woken by a push."""
        if default_passenger is not None:
            self.meet(default_passenger)

    # -- what is there before anybody comes

    def introduce(self, card: DriverCard) -> None:
        """This driver was registered once."""
        self._keep(by_nobody(addresses.driver(card.driver_id), self._clock.now, DriverRegistered(card)))

    def keep_file(self, person_id: PersonId, *events: Event) -> None:
        """Staff did this to somebody's file."""
        self._keep(by_nobody(addresses.person(person_id), self._clock.now, *events))

    def meet(self, passenger: Passenger) -> None:
        """This passenger is on file, and never booked."""
        self._notes.passengers[passenger.passenger_id] = passenger

    def block(self, passenger_id: PassengerId, driver_id: DriverId) -> None:
        """These two are never to meet."""
        self._blocked.setdefault(passenger_id, {})[driver_id] = None

    # -- the journal

    def deliver(self, message: Append | _Commit) -> None:
        """Take an append; or commit the oldest that waits."""
        if type(message) is _Commit:
            if self._pending:  # else a crash took it
                self._settle(*self._pending.popleft())
            return
        assert type(message) is Append
        fails = self._failure_rate > 0 and self._dice.random() < self._failure_rate
        if self._delay_s is None:
            self._settle(message, fails)
            return
        shortest, longest = self._delay_s
        now = self._clock.now
        commit_at = max(self._last_commit_at, now + shortest + (longest - shortest) * self._dice.random())
        self._last_commit_at = commit_at
        self._pending.append((message, fails))
        self._clock.set_timer(commit_at - now, addresses.JOURNAL, _Commit())

    def crash(self) -> None:
        """The process dies: what is on its way is lost, what is committed stays."""
        self._pending.clear()
        self._losses = Losses()

    @property
    def keeps_at_once(self) -> bool:
        return self.on_commit is not None

    def keep_now(self, append: Append) -> bool:
        if self.on_commit is None:
            return False
        self._keep(append)
        self.on_commit(append)
        return True

    def may_send_ahead(self, address: str) -> bool:
        """Always: all actors record here, and nobody knows beforehand which commit will fail."""
        return True

    def mark_all_disconnected(self) -> Disconnected:
        """What a start does before it serves anyone, as `recovery` does on file."""
        drivers = sorted(self._notes.online)
        offers = [
            offer
            for ride_id in sorted(self._notes.open_rides)
            for offer in held_offers(self._rides[ride_id])
            if self._notes.reserved.get(offer.driver_id) != ride_id
        ]
        for append in restart_events(drivers, offers, self._clock.now):
            self._keep(append)
        return Disconnected(len(drivers), len(offers))

    def close(self) -> None:
        """Put on file what is not there yet, and close the file. Without a writer: nothing."""
        if self._writer is not None:
            self._write()
            self._writer.close()

    def _settle(self, append: Append, fails: bool) -> None:
        refusal = self._losses.refusal(append)
        if refusal is None and fails:
            refusal = self._losses.lose(append, "disk_full")
        if refusal is not None:
            self._clock.tell(append.reply_to, refusal)
            return
        self._keep(append)
        self._clock.tell(append.reply_to, Appended(append.incarnation, append.through))

    def _keep(self, append: Append) -> None:
        name = append.reply_to
        stream = self._streams.get(name)
        if stream is None:
            stream = self._late_stream(name) if self._forgotten else _Stream()
            self._streams[name] = stream
        for event in append.events:
            kind = type(event)
            if kind is DriverFolded:
                stream.fold()
            stream.append(event)
            ride_id: RideId | None = getattr(event, "ride_id", None)
            if ride_id is not None and ride_id not in self._forgotten:
                ride = self._rides.get(ride_id)
                if ride is None:
                    ride = self._rides[ride_id] = []
                ride.append(event)
            note = _note_of(kind)
            if note is not None:
                note(self._notes, event)
        if len(stream) > stream.prune_above:
            stream.prune(self._forgotten)
        if self._writer is not None:
            self._unwritten.append(append)
            self._unwritten_events += len(append.events)
            if self._unwritten_events >= EVENTS_A_WRITE:
                self._write()

    def _late_stream(self, name: str) -> _Stream:
        """Of an actor that records again. A ride that had been forgotten is remembered: it is rated, and will be forgotten anew."""
        stream = _Stream()
        if addresses.kind_of(name) == addresses.RIDE:
            ride_id = RideId(addresses.name_of(name))
            archived = self._forgotten.pop(ride_id, None)
            if archived is not None:
                stream.extend(self._unpacked(archived))
                self._rides[ride_id] = list(stream)
        return stream

    def _write(self) -> None:
        assert self._writer is not None
        self._writer.write(self._unwritten)
        self._unwritten.clear()
        self._unwritten_events = 0

    # -- what is on record

    def events_of(self, stream: str) -> tuple[Event, ...]:
        if addresses.kind_of(stream) == addresses.RIDE:
            archived = self._forgotten.get(RideId(addresses.name_of(stream)))
            if archived is not None:
                return self._unpacked(archived)
        own = self._streams.get(stream)
        if own is None:
            return ()
        forgotten = self._forgotten
        return tuple(_without(event, forgotten) for event in own[own.read_from :] if _ride_of(event) not in forgotten)

    def events_of_ride(self, ride_id: RideId) -> tuple[Event, ...]:
        archived = self._forgotten.get(ride_id)
        return tuple(self._rides.get(ride_id, ())) if archived is None else self._unpacked(archived)

    def was_asked(self, driver_id: DriverId, ride_id: RideId) -> bool:
        return any(_asks(event, driver_id) for event in self.events_of_ride(ride_id))

    def _unpacked(self, archived: int) -> tuple[Event, ...]:
        return _unpack(self._archive.read(archived))

    def ride_exists(self, ride_id: RideId) -> bool:
        return ride_id in self._rides or ride_id in self._forgotten

    def open_rides(self) -> list[RideId]:
        return sorted(self._notes.open_rides, key=lambda ride_id: (self._notes.open_rides[ride_id], ride_id))

    def unserved_since(self, at: float) -> list[RideId]:
        """All of them: events in memory have no time of their own."""
        rides = self._rides.items()
        return [ride_id for ride_id, events in rides if any(type(event) is SearchFailed for event in events)]

    def unpaid_rides(self) -> list[RideId]:
        return list(self._notes.unpaid)

    def reserved_drivers(self) -> list[DriverId]:
        return sorted(self._notes.reserved)

    def driver_card(self, driver_id: DriverId) -> DriverCard | None:
        return self._notes.cards.get(driver_id)

    def driver_file(self, driver_id: DriverId) -> DriverFile | None:
        return self._notes.driver_file(driver_id)

    def has_device(self, driver_id: DriverId) -> bool:
        return driver_id in self.devices

    def passenger(self, passenger_id: PassengerId) -> Passenger | None:
        return self._notes.passengers.get(passenger_id)

    def default_passenger(self) -> Passenger | None:
        return self._default_passenger

    def blocked_drivers(self, passenger_id: PassengerId) -> tuple[DriverId, ...]:
        return tuple(self._blocked.get(passenger_id, ()))

    def forget(self, ride_id: RideId) -> None:
        """Keep of an ended ride only what it recorded itself, packed; let go of what drivers and dispatcher recorded about it.

        For rides that nobody will ask about but a latecomer; doing it again changes nothing. Raises ValueError for a ride that
        is open or was never booked.
        """
        if ride_id in self._forgotten:
            return
        if ride_id in self._notes.open_rides or ride_id not in self._rides:
            raise ValueError(f"ride {ride_id} has not ended")
        del self._rides[ride_id]
        self._forgotten[ride_id] = self._archive.put(_pack(self._streams.pop(addresses.ride(ride_id), ())))


_note_of: Final = NOTES.get
"""Looked up once: Python makes a method of its own for each call on a name that was imported."""
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[Event, ...]).decode


def _asks(event: Event, driver_id: DriverId) -> bool:
    """Whether the event says that this driver was asked. Of a forgotten ride it is known of who had it alone."""
    if isinstance(event, OffersMade):
        return any(offer.driver_id == driver_id for offer in event.offers)
    return isinstance(event, RideAssigned) and event.driver.driver_id == driver_id


def _ride_of(event: Event) -> RideId | None:
    return getattr(event, "ride_id", None)


def _without(event: Event, forgotten: dict[RideId, int]) -> Event:
    """A fold knows of the ride that the driver was on. What released them from it is forgotten with it."""
    if type(event) is DriverFolded and event.ride is not None and event.ride.ride_id in forgotten:
        return msgspec.structs.replace(event, ride=None)
    return event


class _Stream(list[Event]):
    """What one actor recorded. Forgotten rides are swept out each time it has doubled.

    `read_from`: where the last fold but one is, as in a file; 0 where there are not two.
    """

    __slots__ = ("_newest_fold", "prune_above", "read_from")

    def __init__(self) -> None:
        super().__init__()
        self.prune_above = 16
        self.read_from = 0
        self._newest_fold = 0

    def fold(self) -> None:
        """All before is folded into the event that comes next."""
        self.read_from, self._newest_fold = self._newest_fold, len(self)

    def prune(self, forgotten: dict[RideId, int]) -> None:
        self.read_from, self._newest_fold = (
            sum(_ride_of(event) not in forgotten for event in self[:place])
            for place in (self.read_from, self._newest_fold)
        )
        self[:] = [event for event in self if _ride_of(event) not in forgotten]
        self.prune_above = 2 * len(self) + 16


class _Commit(Message, frozen=True, gc=False):
    """The journal -> itself: the oldest append that waits is on disk, or lost."""
