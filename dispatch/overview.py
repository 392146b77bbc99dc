"""What the desks of a zone see: its drivers and rides as their actors are, positions as its board has them, packed once for all desks.

No actor is asked, and none tells: that would put a message behind every change, whether or not anybody looks. While a desk is
connected, whoever got mail is looked at a moment later, in the state that is on disk. While none is, nothing at all is done. A
position costs nothing: once in a beat the positions of all drivers are compared with those that were told last.
"""

from math import inf
from typing import Any, Final

import msgspec

from dispatch import addresses
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor
from dispatch.actors.ride import RideActor
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.ride.record import PENDING, TERMINAL, UNBOOKED, RideRecord
from dispatch.ids import NO_NUMBER, DriverId, Number, RideId
from dispatch.messages.base import Message
from dispatch.messages.matching import LeaveOverview, WatchOverview
from dispatch.messages.notices import Board, BoardChanged, BoardMoved, DriverRow, RideRow
from dispatch.runtime import Runtime
from dispatch.timestamps import rfc3339
from dispatch.values import Lease

CHANGES_EVERY_S: Final = 0.1
"""What changes within this time is told together."""
STEPS_A_DEGREE: Final = 100_000
"""Positions are told in whole steps, of about a metre."""
LOOKED_AT: Final = (addresses.RIDE + "/", addresses.DRIVER + "/")


class _Beat(Message, frozen=True, gc=False):
    """It is time to tell positions. `of`: since which first desk."""

    of: Number


class _Tell(Message, frozen=True, gc=False):
    """It is time to tell what has changed. `of`: since which first desk."""

    of: Number


class _Driver(msgspec.Struct, gc=False):
    """A driver as desks were told. `at`: of the position that was looked at last (Unix seconds)."""

    index: int
    driver_id: DriverId
    status: str = ""
    connected: bool = False
    ride_id: RideId | None = None
    vehicle_type: str = ""
    at: float = -inf
    fresh: bool = False
    lat: int | None = None
    lon: int | None = None

    def row(self) -> DriverRow:
        """The row of a frame."""
        place = self.fresh, self.lat, self.lon
        return (self.index, self.driver_id, self.status, self.connected, *place, self.ride_id, self.vehicle_type)


class _Ride(msgspec.Struct):
    """A ride as desks were told. `told`: what its own record says; None: not yet looked at. `asked`: who holds an offer of it.
    `unasked_since`: since when nobody does (Unix seconds).
    """

    told: RideRow | None = None
    requested_at: float = 0.0
    asked: dict[DriverId, None] = msgspec.field(default_factory=dict)
    search_no: int = 0
    round_no: int = 0
    unasked_since: float | None = None


class Overview:
    """The sink at the address `overview/<zone>`. Desks come and go by `WatchOverview` and `LeaveOverview`."""

    def __init__(self, runtime: Runtime, board: PositionBoard, zone: str, beat_s: float) -> None:
        """`beat_s`: how often positions are told."""
        self._runtime = runtime
        self._board = board
        self._dispatcher = addresses.dispatcher(zone)
        self._beat_s = beat_s
        self._address = addresses.overview(zone)
        self._watchers: dict[str, None] = {}
        self._of = NO_NUMBER
        self._forget()

    def _forget(self) -> None:
        """Know nobody, as long as no desk looks."""
        self._touched: dict[str, None] = {}
        self._is_to_tell = False
        self._drivers: dict[DriverId, _Driver] = {}
        self._by_index: list[_Driver | None] = []
        self._free: list[int] = []
        self._rides: dict[RideId, _Ride] = {}
        self._holds: dict[DriverId, tuple[RideId, ...]] = {}
        self._changed_drivers: dict[int, None] = {}
        self._changed_rides: dict[RideId, None] = {}
        self._number = 0
        self._packed: Board | None = None

    # -- desks

    def deliver(self, message: Any) -> None:
        """A desk comes or goes, or it is time for something."""
        kind = type(message)
        if kind is WatchOverview:
            self._watch(message.reply_to)
        elif kind is LeaveOverview:
            self._leave(message.reply_to)
        elif message.of == self._of and self._watchers:
            if kind is _Beat:
                self._beat()
            else:
                self._tell_changes()

    def _watch(self, desk: str) -> None:
        if not self._watchers:
            self._begin()
        self._tell_changes()
        self._watchers[desk] = None
        if self._packed is None:
            self._packed = self._pack()
        self._runtime.tell(desk, self._packed)

    def _begin(self) -> None:
        """The first desk: look at everybody, and from now on at whoever gets mail."""
        runtime = self._runtime
        self._of = runtime.next_number()
        for kind in (addresses.RIDE, addresses.DRIVER):
            self._touched.update(dict.fromkeys(runtime.addresses(kind)))
        self._look()
        self._compare_positions()
        runtime.observe(self._note)
        runtime.set_timer(self._beat_s, self._address, _Beat(self._of))

    def _leave(self, desk: str) -> None:
        if desk in self._watchers:
            del self._watchers[desk]
            if not self._watchers:
                self._runtime.unobserve(self._note)
                self._forget()

    def _pack(self) -> Board:
        drivers = tuple([each.row() for each in self._drivers.values()])
        rides = tuple([row for ride_id in self._rides if (row := self._row_of(ride_id)) is not None])
        return Board(self._number, rfc3339(self._runtime.now), round(self._beat_s * 1000.0), drivers, rides)

    # -- telling

    def _note(self, now: float, address: str, message: Any) -> None:
        """Somebody is about to get mail."""
        if address.startswith(LOOKED_AT):
            self._touched[address] = None
            if not self._is_to_tell:
                self._is_to_tell = True
                self._runtime.set_timer(CHANGES_EVERY_S, self._address, _Tell(self._of))

    def _beat(self) -> None:
        """Tell what has changed, and then who has moved: also that nobody has, so that a desk knows that its board lives."""
        self._runtime.set_timer(self._beat_s, self._address, _Beat(self._of))
        self._tell_changes()
        moved = self._compare_positions()
        self._tell_changes()
        self._tell(BoardMoved(self._next(), rfc3339(self._runtime.now), moved))

    def _tell_changes(self) -> None:
        self._is_to_tell = False
        self._look()
        indexes, self._changed_drivers = self._changed_drivers, {}
        ride_ids, self._changed_rides = self._changed_rides, {}
        rides = tuple([row for ride_id in ride_ids if (row := self._row_of(ride_id)) is not None])
        for row in rides:
            if row.status in TERMINAL:
                del self._rides[RideId(row.ride_id)]
        if not (indexes or rides) or not self._watchers:
            return
        known = self._by_index
        drivers = tuple([each.row() for index in indexes if (each := known[index]) is not None])
        gone = tuple([index for index in indexes if known[index] is None])
        self._tell(BoardChanged(self._next(), rfc3339(self._runtime.now), gone, drivers, rides))

    def _next(self) -> int:
        self._packed = None
        self._number += 1
        return self._number

    def _tell(self, notice: Message) -> None:
        for desk in list(self._watchers):
            self._runtime.tell(desk, notice)

    # -- drivers

    def _look(self) -> None:
        """Look at whoever got mail. Who waits for the disk gets mail when that is done, and is looked at then."""
        touched, self._touched = self._touched, {}
        for address in touched:
            actor = self._runtime.actor(address)
            if isinstance(actor, DriverActor):
                if actor.is_committed:
                    self._look_at_driver(actor)
            elif isinstance(actor, RideActor):
                if actor.is_committed:
                    self._look_at_ride(actor.ride)
            elif addresses.kind_of(address) == addresses.DRIVER:
                self._driver_is_gone(DriverId(addresses.name_of(address)))

    def _look_at_driver(self, actor: DriverActor) -> None:
        driver, is_connected = actor.driver, actor.app.link is not None
        each = self._drivers.get(actor.driver_id) or self._enter(actor.driver_id)
        status, reservation = driver.status(is_connected), driver.reservation
        ride_id = reservation.ride_id if reservation is not None else None
        vehicle_type = driver.card.vehicle_type if driver.card is not None else ""
        if (each.status, each.connected, each.ride_id, each.vehicle_type) != (
            status, is_connected, ride_id, vehicle_type,
        ):  # fmt: skip
            each.status, each.connected, each.ride_id, each.vehicle_type = status, is_connected, ride_id, vehicle_type
            self._changed_drivers[each.index] = None
        for offer in actor.offers.open.values():
            self._note_offer(actor.driver_id, offer.lease)
        self._holds_only(actor.driver_id, tuple(actor.offers.open))

    def _note_offer(self, driver_id: DriverId, lease: Lease) -> None:
        """The driver holds this offer. One of the desk is beside the rounds, and has none."""
        ride = self._rides.setdefault(lease.ride_id, _Ride())
        if lease.search_no > ride.search_no:
            ride.search_no, ride.round_no = lease.search_no, 0
        if driver_id not in ride.asked or lease.round_no > ride.round_no:
            ride.asked[driver_id] = None
            ride.round_no = max(ride.round_no, lease.round_no)
            self._changed_rides[lease.ride_id] = None

    def _holds_only(self, driver_id: DriverId, held: tuple[RideId, ...]) -> None:
        before = self._holds.get(driver_id, ())
        if before == held:
            return
        for ride_id in before:
            ride = self._rides.get(ride_id) if ride_id not in held else None
            if ride is not None and driver_id in ride.asked:
                del ride.asked[driver_id]
                self._changed_rides[ride_id] = None
                if ride.told is None and not ride.asked:
                    del self._rides[ride_id]
        if held:
            self._holds[driver_id] = held
        else:
            del self._holds[driver_id]

    def _enter(self, driver_id: DriverId) -> _Driver:
        index = self._free.pop() if self._free else len(self._by_index)
        each = self._drivers[driver_id] = _Driver(index, driver_id)
        if index == len(self._by_index):
            self._by_index.append(each)
        else:
            self._by_index[index] = each
        return each

    def _driver_is_gone(self, driver_id: DriverId) -> None:
        self._holds_only(driver_id, ())
        each = self._drivers.pop(driver_id, None)
        if each is not None:
            self._by_index[each.index] = None
            self._free.append(each.index)
            self._changed_drivers[each.index] = None

    def _compare_positions(self) -> tuple[int, ...]:
        """Who has moved since the last comparison: how many indexes further, and how many steps north and east; and so on.

        Drivers whose position is the first, or became fresh or old, are told by their rows.
        """
        position, max_age_s, now = self._board.position, self._board.max_age_s, self._runtime.now
        moved: list[int] = []
        last = -1
        for each in self._by_index:
            if each is None or (fix := position(each.driver_id)) is None:
                continue
            at = fix.at
            fresh = now - at <= max_age_s
            if at == each.at and fresh == each.fresh:
                continue
            lat, lon = round(fix.lat * STEPS_A_DEGREE), round(fix.lon * STEPS_A_DEGREE)
            if each.lat is None or each.lon is None or fresh != each.fresh:
                each.fresh = fresh
                self._changed_drivers[each.index] = None
            elif lat != each.lat or lon != each.lon:
                moved += (each.index - last, lat - each.lat, lon - each.lon)
                last = each.index
            each.at, each.lat, each.lon = at, lat, lon
        return tuple(moved)

    # -- rides

    def _look_at_ride(self, record: RideRecord) -> None:
        """Take over what the record says. A ride that was over before it was ever told is not told."""
        known = self._rides.get(record.ride_id)
        if record.status == UNBOOKED or (record.status in TERMINAL and known is None):
            return
        if known is None:
            known = self._rides[record.ride_id] = _Ride()
        row = _row(record)
        if known.told is None:
            self._remember_search(record.ride_id, known)
        elif known.told == row:
            return
        known.told, known.requested_at = row, record.requested_at
        self._changed_rides[record.ride_id] = None

    def _remember_search(self, ride_id: RideId, known: _Ride) -> None:
        """What the offers that are over tell of a search that began before anybody looked."""
        dispatcher = self._runtime.actor(self._dispatcher)
        search = dispatcher.searches.get(ride_id) if isinstance(dispatcher, DispatcherActor) else None
        if search is not None and search.shown_at > -inf:
            known.unasked_since = search.shown_at
            if known.round_no == 0:
                known.search_no, known.round_no = search.card.search_no, search.round_no

    def _row_of(self, ride_id: RideId) -> RideRow | None:
        """The row of a frame; None: it is told when its record was looked at."""
        known = self._rides.get(ride_id)
        if known is None or known.told is None:
            return None
        if known.told.status != PENDING or known.asked:
            known.unasked_since = None
        elif known.unasked_since is None:
            known.unasked_since = self._runtime.now if known.search_no else known.requested_at
        return msgspec.structs.replace(
            known.told,
            round=known.round_no,
            asked=tuple(sorted(known.asked)),
            unasked_since=rfc3339(known.unasked_since) if known.unasked_since is not None else None,
        )


def _row(record: RideRecord) -> RideRow:
    """What the record of a booked ride says."""
    trip, passenger, driver = record.trip, record.passenger, record.driver
    assert trip is not None and passenger is not None
    return RideRow(
        record.ride_id,
        record.status,
        rfc3339(record.requested_at) if record.requested_at else None,
        passenger.name,
        trip.pickup.lat,
        trip.pickup.lon,
        trip.pickup.address,
        trip.dropoff.lat,
        trip.dropoff.lon,
        trip.dropoff.address,
        driver_id=driver.driver_id if driver is not None else None,
        pickup_at=rfc3339(record.pickup_at) if record.pickup_at is not None else None,
        by_phone=bool(record.booked_by),
    )
