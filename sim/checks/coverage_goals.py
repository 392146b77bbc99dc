"""Cases that a hundred small worlds must meet at least once: an explorer that never meets them proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from dispatch.addresses import DRIVER, RIDE, kind_of, name_of
from dispatch.ids import DriverId, Number, OfferId, RideId
from dispatch.messages.commands import Attach, CancelRide, Detach
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    OffersMade,
    RideAssigned,
    RideCancelled,
    RideRequested,
    SearchFailed,
)
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.messages.matching import ClaimGranted, ClaimRefused, ClaimRide, PassengerBusy
from dispatch.messages.notices import OfferClosed, OfferMade
from dispatch.principals import Role

GOALS: Final = (
    "two claims for one ride in one instant",
    "late accept inside the grace wins",
    "accept after the end is told expired",
    "accept after the end is told taken",
    "cancel meets accept and cancel is first",
    "cancel meets accept and accept is first",
    "all five decline",
    "a ride needs three rounds",
    "refill after a vanished driver",
    "failed commit of a reservation",
    "failed commit of an assignment",
    "driver reconnects within the search",
    "passenger lost beyond the grace",
    "ghost declared dead while holding an offer",
    "driver rebuilt",
    "a driver read from a fold on",
    "ride rebuilt",
    "dispatcher rebuilt",
    "no drivers",
    "superseded search",
    "a round reaches farther than the one before",
    "a later claim has the ride",
    "a second ride of one passenger is refused",
)
ROUND_OF_FIVE = 5


class CoverageGoals:
    """The observer of `GOALS_IN`. `seen` counts how often each case was met. The world calls `note` for cases that no message tells."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._flying: dict[tuple[str, Number], list[Append]] = {}
        self._claims: dict[RideId, tuple[float, dict[DriverId, None]]] = {}
        self._cancels: dict[RideId, float] = {}
        self._expires: dict[OfferId, float] = {}
        self._late: dict[OfferId, None] = {}
        self._held: dict[DriverId, dict[OfferId, RideId]] = {}
        self._closed: dict[str, dict[int, None]] = {}
        self._rounds: dict[OfferId, dict[OfferId, None]] = {}
        self._vanished: dict[RideId, float] = {}
        self._pending: dict[RideId, None] = {}
        self._reach: dict[RideId, tuple[int, float]] = {}
        self._first_claims: dict[tuple[RideId, int], DriverId] = {}
        self._missed: dict[DriverId, dict[RideId, None]] = {}

    def __call__(self, now: float, address: str, message: Any) -> None:
        _LOOK[type(message)](self, now, address, message)

    def note(self, name: str) -> None:
        """Count this case once more."""
        self.seen[name] += 1

    # -- the journal

    def _append(self, now: float, address: str, message: Append) -> None:
        self._flying.setdefault((message.reply_to, message.incarnation), []).append(message)
        for event in message.events:
            take = _TAKE.get(type(event))
            if take is not None:
                take(self, now, event)

    def _appended(self, now: float, address: str, message: Appended) -> None:
        flying = self._flying.get((address, message.incarnation), [])
        flying[:] = [append for append in flying if append.through > message.through]

    def _not_appended(self, now: float, address: str, message: NotAppended) -> None:
        lost = [event for append in self._flying.pop((address, message.incarnation), ()) for event in append.events]
        for kind, name in FAILED_COMMITS.items():
            if any(type(event) is kind for event in lost):
                self.note(name)

    def _reserved(self, now: float, event: DriverReserved) -> None:
        if now >= self._expires.get(event.offer_id, now + 1.0):
            self._late[event.offer_id] = None

    def _assigned(self, now: float, event: RideAssigned) -> None:
        self._pending.pop(event.ride_id, None)
        if event.round_no >= 3:
            self.note("a ride needs three rounds")
        search_no = int(event.offer_id.rsplit(".", 2)[1])
        if self._first_claims.get((event.ride_id, search_no)) != event.driver.driver_id:
            self.note("a later claim has the ride")

    def _declined(self, now: float, event: OfferDeclined) -> None:
        asked = self._rounds.get(event.offer_id, {})
        asked.pop(event.offer_id, None)
        if event.offer_id in self._rounds and not asked:
            self.note("all five decline")

    def _offers_made(self, now: float, event: OffersMade) -> None:
        search_no, reach_m = self._reach.get(event.ride_id, (0, 0.0))
        if search_no == event.search_no and not event.refill and event.radius_m > reach_m:
            self.note("a round reaches farther than the one before")
        self._reach[event.ride_id] = (event.search_no, event.radius_m)
        if event.refill:
            if self._vanished.pop(event.ride_id, None) == now:
                self.note("refill after a vanished driver")
        elif len(event.offers) == ROUND_OF_FIVE:
            asked = {placed.offer_id: None for placed in event.offers}
            self._rounds.update(dict.fromkeys(list(asked), asked))

    def _offers_closed(self, now: float, event: OffersClosed) -> None:
        if event.reason == "vanished":
            self._vanished[event.ride_id] = now

    def _refused_second_ride(self, now: float, address: str, message: PassengerBusy) -> None:
        self.note("a second ride of one passenger is refused")

    def _requested(self, now: float, event: RideRequested) -> None:
        self._pending[event.ride_id] = None
        if event.search_no == 2:
            self.note("superseded search")

    def _cancelled(self, now: float, event: RideCancelled) -> None:
        self._pending.pop(event.ride_id, None)
        if event.by == "system":
            self.note("passenger lost beyond the grace")

    def _failed(self, now: float, event: SearchFailed) -> None:
        self._pending.pop(event.ride_id, None)
        self.note("no drivers")

    # -- claims

    def _claimed(self, now: float, address: str, message: ClaimRide) -> None:
        ride_id, driver_id = message.ride_id, message.driver.driver_id
        self._first_claims.setdefault((ride_id, message.search_no), driver_id)
        at, drivers = self._claims.get(ride_id, (now, {}))
        if at != now:
            drivers = {}
        drivers[driver_id] = None
        self._claims[ride_id] = (now, drivers)
        if len(drivers) == 2:
            self.note("two claims for one ride in one instant")

    def _granted(self, now: float, address: str, message: ClaimGranted) -> None:
        if message.offer_id in self._late:
            self.note("late accept inside the grace wins")

    def _refused(self, now: float, address: str, message: ClaimRefused) -> None:
        if message.reason == "cancelled" and self._cancels.get(message.ride_id) == self._claims[message.ride_id][0]:
            self.note("cancel meets accept and cancel is first")

    def _cancel(self, now: float, address: str, message: CancelRide) -> None:
        if kind_of(address) != RIDE or message.principal.role is not Role.PASSENGER:
            return
        self._cancels[message.ride_id] = now
        claimed_at, _ = self._claims.get(message.ride_id, (-1.0, {}))
        if claimed_at == now and message.ride_id not in self._pending:
            self.note("cancel meets accept and accept is first")

    # -- drivers

    def _offered(self, now: float, address: str, message: OfferMade) -> None:
        lease = message.lease
        self._expires[lease.offer_id] = lease.expires_at
        self._held.setdefault(lease.driver_id, {})[lease.offer_id] = lease.ride_id

    def _offer_closed(self, now: float, address: str, message: OfferClosed) -> None:
        heard = self._closed.setdefault(address, {})
        if message.seq in heard and message.reason in ("expired", "taken"):
            self.note(f"accept after the end is told {message.reason}")
        heard[message.seq] = None
        for held in self._held.values():
            held.pop(message.offer_id, None)

    def _detached(self, now: float, address: str, message: Detach) -> None:
        held = self._held.pop(DriverId(name_of(address)), None)
        if kind_of(address) == DRIVER and held:
            self._missed[DriverId(name_of(address))] = dict.fromkeys(held.values())
            if message.reason == "silent":
                self.note("ghost declared dead while holding an offer")

    def _attached(self, now: float, address: str, message: Attach) -> None:
        missed = self._missed.pop(DriverId(name_of(address)), {}) if kind_of(address) == DRIVER else {}
        if any(ride_id in self._pending for ride_id in missed):
            self.note("driver reconnects within the search")


FAILED_COMMITS: Final = {
    DriverReserved: "failed commit of a reservation",
    RideAssigned: "failed commit of an assignment",
}
_TAKE: Final[dict[type, Callable[[CoverageGoals, float, Any], None]]] = {
    DriverReserved: CoverageGoals._reserved,
    RideAssigned: CoverageGoals._assigned,
    OfferDeclined: CoverageGoals._declined,
    OffersMade: CoverageGoals._offers_made,
    OffersClosed: CoverageGoals._offers_closed,
    RideRequested: CoverageGoals._requested,
    RideCancelled: CoverageGoals._cancelled,
    SearchFailed: CoverageGoals._failed,
}
_LOOK: Final[dict[type, Callable[[CoverageGoals, float, str, Any], None]]] = {
    Append: CoverageGoals._append,
    Appended: CoverageGoals._appended,
    NotAppended: CoverageGoals._not_appended,
    ClaimRide: CoverageGoals._claimed,
    ClaimGranted: CoverageGoals._granted,
    ClaimRefused: CoverageGoals._refused,
    CancelRide: CoverageGoals._cancel,
    OfferMade: CoverageGoals._offered,
    OfferClosed: CoverageGoals._offer_closed,
    Detach: CoverageGoals._detached,
    Attach: CoverageGoals._attached,
    PassengerBusy: CoverageGoals._refused_second_ride,
}
GOALS_IN: Final = frozenset(_LOOK)
"""The messages that `CoverageGoals` is to see."""
