"""What must hold after every message. `Watch` is an observer: the actors do not know that they are watched.

It compares each delivery with the ledger of what is on disk, in constant time. `Watch.finish` checks the rest at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any

from dispatch.addresses import DRIVER, kind_of, name_of
from dispatch.domain.driver.decisions import may_sleep
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import NO_NUMBER, DriverId, Number, OfferId, RideId
from dispatch.messages.commands import AcceptOffer, Attach, Detach
from dispatch.messages.events import DriverReserved, OffersMade, RideRequested
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.messages.matching import CloseOffer, DriverState
from dispatch.messages.notices import (
    DriverAssigned,
    DriverCancelled,
    Faulted,
    NoDrivers,
    NotYours,
    OfferClosed,
    OfferMade,
    PassengerSnapshot,
    Replaced,
    RideAccepted,
    RideEnded,
    RideProgress,
    Searching,
)
from dispatch.messages.providers import PushOffer
from dispatch.ports import EventStore
from dispatch.values import Lease, RideCard
from sim.checks.ledger import Ledger, Violations

SETTLING_S = 1.0
"""How long a commit and its announcement may take in virtual time."""
NOBODY = (NO_NUMBER, "")
"""The connection of an app that has none."""


class Watch:
    """The observer of `LOOKED_AT`. `checked` counts what some invariant looked at."""

    def __init__(
        self, policy: SearchRules, board: PositionBoard, store: EventStore, start: float = 0.0, sleep_max_s: float = 0.0
    ) -> None:
        """`start`: when the run began, in Unix seconds. `sleep_max_s`: how long a driver whose connection was lost may be asked."""
        self.violations = Violations()
        self.ledger = Ledger(self.violations, start)
        self.checked = 0
        self._policy = policy
        self._board = board
        self._store = store
        self._open: dict[OfferId, tuple[DriverId, RideId]] = {}
        self._held: dict[DriverId, dict[OfferId, None]] = {}
        self._deadlines: deque[tuple[float, OfferId]] = deque()
        self._closes: dict[OfferId, float] = {}
        self._links: dict[DriverId, tuple[Number, str]] = {}
        """The number and the address of each driver's newest connection."""
        self._sleep_max_s = sleep_max_s
        self._asleep: dict[DriverId, float] = {}
        """Drivers who can be woken by a push, each with the second until which they may be asked."""
        self._slept: dict[str, float] = {}
        """For each session of a driver, until when they might have been asked in their sleep."""
        self._said_yes: dict[tuple[DriverId, RideId], None] = {}
        """Who accepted which ride, until it is recorded."""
        self._longest_s = policy.search_cap_s + policy.offer_timeout_s + policy.late_grace_s + SETTLING_S
        self._asked_at: dict[RideId, float] = {}
        self._by_desk_until: dict[RideId, float] = {}
        """Until when the last driver whom staff had asked may answer."""
        self._searches: deque[tuple[float, RideId]] = deque()
        self._later: deque[tuple[float, Callable[[Watch, float, Any], None], Any]] = deque()
        self._passengers: dict[RideId, tuple[Number, str]] = {}
        """The same of the passengers' connections."""
        self._told: dict[RideId, str] = {}
        self._before: dict[str, Any] = {}
        """For each session that came after another of the same app, that other one."""
        self._replaced: set[str] = set()
        """Sessions that were told that a newer one speaks for their app."""
        self._look_again_at = inf
        self._started_at = -SETTLING_S

    def __call__(self, now: float, address: str, message: Any) -> None:
        self.checked += 1
        if now > self._look_again_at:
            self._keep_time(now)
        _LOOK[type(message)](self, now, address, message)

    def _by(self, due: float) -> float:
        """`_keep_time` looks at something as soon as this second is over. Returns the second."""
        if due < self._look_again_at:
            self._look_again_at = due
        return due

    def _keep_time(self, now: float) -> None:
        """Check what must have happened before this instant."""
        deadlines = self._deadlines
        while deadlines and deadlines[0][0] < now:
            self._outlived(now, deadlines.popleft()[1])
        searches = self._searches
        while searches and max(searches[0][0] + self._longest_s, self._started_at + SETTLING_S) < now:
            self._unanswered(now, *searches.popleft())
        later = self._later
        while later and later[0][0] < now:
            _, check, subject = later.popleft()
            check(self, now, subject)
        self._look_again_at = min(
            deadlines[0][0] if deadlines else inf,
            searches[0][0] + self._longest_s if searches else inf,
            later[0][0] if later else inf,
        )

    def crashed(self, now: float, is_on_disk: Callable[[Append], bool]) -> None:
        """The server's process died: connections, offers and what was not on disk are gone."""
        for forgotten in (self._links, self._passengers, self._told, self._open, self._held, self._closes):
            forgotten.clear()
        self._asleep.clear()
        self.ledger.crashed(now, is_on_disk)
        self.ledger.decided.clear()

    def started(self, now: float, board: PositionBoard) -> None:
        """The server serves again, with an empty board. What became due while it was down may take `SETTLING_S` more."""
        self._board = board
        self._started_at = now

    # -- the journal

    def committed(self, append: Append) -> None:
        """These events were on disk before the turn that recorded them ended."""
        now = append.at
        self.checked += 1
        self._recorded(now, append)
        self.ledger.take(now, append)
        if self.ledger.decided:
            self._look_at_decided(now)

    def _append(self, now: float, address: str, message: Append) -> None:
        self.ledger.append(message)
        self._recorded(now, message)

    def _recorded(self, now: float, append: Append) -> None:
        for event in append.events:
            if type(event) is RideRequested:
                self._asked_at[event.ride_id] = event.at
                self._searches.append((event.at, event.ride_id))
                self._by(event.at + self._longest_s)
            elif type(event) is OffersMade:
                if event.by_desk:
                    ends_at = event.expires_at + self._policy.late_grace_s + SETTLING_S
                    self._by_desk_until[event.ride_id] = ends_at
            elif type(event) is DriverReserved:
                self._reserved(now, event)

    def _reserved(self, now: float, event: DriverReserved) -> None:
        """Only a yes in time reserves a driver: their own, or that of staff for them; never that the app woke up."""
        driver_id, ride_id = event.driver_id, event.ride_id
        if now >= self._closes.get(event.offer_id, now + 1.0):
            self.violations.add(now, "deadline", f"{driver_id} accepts {event.offer_id} after its end")
        said = (driver_id, ride_id) in self._said_yes or (ride_id, driver_id) in self.ledger.named_by_staff
        self._said_yes.pop((driver_id, ride_id), None)
        if not said:
            self.violations.add(now, "said-yes", f"{driver_id} is reserved for {ride_id} and never accepted it")

    def _accepts(self, now: float, address: str, message: AcceptOffer) -> None:
        self._said_yes[DriverId(name_of(address)), message.ride_id] = None

    def _appended(self, now: float, address: str, message: Appended) -> None:
        self.ledger.appended(now, address, message)
        if self.ledger.decided:
            self._look_at_decided(now)

    def _look_at_decided(self, now: float) -> None:
        for offered in self.ledger.decided:
            self._later.append((self._by(now + SETTLING_S), Watch._withdrawn, offered))
        self.ledger.decided.clear()

    def _not_appended(self, now: float, address: str, message: NotAppended) -> None:
        self.ledger.not_appended(address, message)

    def _unanswered(self, now: float, asked_at: float, ride_id: RideId) -> None:
        """This search has lasted as long as any may. It must be over, unless the ride was asked for anew meanwhile, or staff had a
        driver asked when its time was nearly over: that driver has the whole time of an offer.
        """
        if self._asked_at.get(ride_id) != asked_at or now <= self._by_desk_until.get(ride_id, -inf):
            return
        del self._asked_at[ride_id]
        if self.ledger.status.get(ride_id) == "pending":
            self.violations.add(now, "search-ends", f"{ride_id} was asked for at {asked_at:.3f} s and is still pending")

    # -- drivers

    def _attached(self, now: float, address: str, message: Attach) -> None:
        """Of several connections the one with the highest number speaks for the app, in whatever order they are announced."""
        links: dict[Any, tuple[Number, str]] = self._links if kind_of(address) == DRIVER else self._passengers
        name, link = name_of(address), (message.number, message.session)
        if links is self._links:
            self._slept[message.session] = self._asleep.pop(DriverId(name), -inf)
        before = links.get(name)
        links[name] = max(link, before or link)
        if before is not None:
            self._before[message.session] = before

    def _turned_away(self, now: float, address: str, message: NotYours) -> None:
        """The ride is somebody else's, who speaks for it as before."""
        for ride_id, (_, session) in self._passengers.items():
            if session == address:
                self._passengers[ride_id] = self._before.pop(session, NOBODY)
                return

    def _detached(self, now: float, address: str, message: Detach) -> None:
        name = name_of(address)
        if kind_of(address) == DRIVER:
            if self._links.get(DriverId(name), NOBODY)[0] == message.number:
                driver_id = DriverId(name)
                del self._links[driver_id]
                if self._sleep_max_s and may_sleep(message.reason) and self._store.has_device(driver_id):
                    self._asleep[driver_id] = now + self._sleep_max_s
                held = tuple(self._held.get(driver_id, ()))
                self._later.append((self._by(now + SETTLING_S), Watch._ghost, (driver_id, held)))
        elif self._passengers.get(RideId(name), NOBODY)[0] == message.number:
            del self._passengers[RideId(name)]
            self._told.pop(RideId(name), None)  # an app that left need not know

    def _faulted(self, now: float, address: str, message: Faulted) -> None:
        """This app's connection ended without a `Detach`. The driver's older one speaks on if this one was never taken."""
        self._ended(address)

    def _was_replaced(self, now: float, address: str, message: Replaced) -> None:
        """A newer connection was taken, whatever became of it."""
        self._replaced.add(address)
        self._ended(address)

    def _ended(self, address: str) -> None:
        for ride_id, (_, session) in self._passengers.items():
            if session == address:
                self._told.pop(ride_id, None)
                del self._passengers[ride_id]
                return
        for driver_id, (_, session) in self._links.items():
            if session == address:
                before = self._before.pop(session, None)
                if before is not None and before[1] not in self._replaced:
                    self._links[driver_id] = before
                    return
                self._asleep[driver_id] = self._slept.get(session, -inf)  # they sleep on
                del self._links[driver_id]
                return

    def _offered(self, now: float, address: str, message: OfferMade) -> None:
        if message.lease.driver_id not in self._links:
            self.violations.add(
                now, "no-offer-to-offline", f"{message.lease.driver_id} is offered {message.ride.ride_id}"
            )
        self._holds(now, message.lease, message.ride)

    def _pushed(self, now: float, address: str, message: PushOffer) -> None:
        """A driver is asked who is not connected: they must be asleep, and the offer is held to the rules for all offers."""
        driver_id, ride_id = message.driver_id, message.ride_id
        if now > self._asleep.get(driver_id, -inf):
            what = "is connected" if driver_id in self._links else "is neither awake nor asleep"
            self.violations.add(now, "no-offer-to-offline", f"{driver_id} is offered {ride_id} by push and {what}")
        events = self._store.events_of_ride(ride_id)
        asked: Any = next((event for event in reversed(events) if type(event) is RideRequested), None)
        made: Any = [event for event in events if type(event) is OffersMade]
        offers = [(event, placed) for event in made for placed in event.offers if placed.offer_id == message.offer_id]
        if asked is None or not offers:
            self.violations.add(now, "on-disk-first", f"offer {message.offer_id}, which is pushed, is not on disk")
            return
        event, placed = offers[0]
        ends = event.expires_at, event.expires_at + self._policy.late_grace_s
        lease = Lease(
            placed.offer_id, ride_id, driver_id, event.search_no, event.round_no, *ends, placed.pickup_distance_m
        )
        self._holds(now, lease, RideCard(ride_id, event.search_no, asked.passenger, asked.trip))

    def _holds(self, now: float, lease: Lease, ride: RideCard) -> None:
        """A driver holds an offer from now on."""
        ledger = self.ledger
        driver_id, ride_id, offer_id = lease.driver_id, lease.ride_id, lease.offer_id
        if offer_id in self._closes or now >= lease.closes_at + SETTLING_S:
            return  # a repetition
        add = self.violations.add
        if driver_id in ledger.reserved or driver_id in ledger.ride_of:
            add(now, "no-offer-to-busy", f"{driver_id} is offered {ride_id}")
        if driver_id in ledger.refused.get(ride_id, ()):
            add(now, "no-offer-after-decline", f"{driver_id} is offered {ride_id} again")
        by_desk = offer_id in ledger.by_desk
        self._suitable(now, driver_id, ride, by_desk)
        if offer_id not in ledger.offered.get(ride_id, ()) and ride_id not in ledger.ended:
            add(now, "on-disk-first", f"offer {offer_id} is not on disk")
        held = self._held.get(driver_id)
        if held:
            self._replace(held, ride_id)
        held = self._held.setdefault(driver_id, {})
        held[offer_id] = None
        if len(held) > self._policy.live_offers:
            self._later.append((self._by(now + SETTLING_S), Watch._crowded, (driver_id, tuple(held))))
        self._near_and_fresh(now, driver_id, ride, by_desk)
        self._open[offer_id] = (driver_id, ride_id)
        self._closes[offer_id] = lease.closes_at
        self._deadlines.append((self._by(lease.closes_at + SETTLING_S), offer_id))

    def held(self, driver_id: DriverId) -> bool:
        """Whether this driver holds an offer."""
        return driver_id in self._held

    def _replace(self, held: dict[OfferId, None], ride_id: RideId) -> None:
        """A new offer of a ride replaces an older one, without a message from the driver's actor."""
        for offer_id in [offer_id for offer_id in held if self._open[offer_id][1] == ride_id]:
            self._forget(offer_id)

    def _suitable(self, now: float, driver_id: DriverId, ride: RideCard, by_desk: bool) -> None:
        """By what is on file: no driver is asked whom this passenger must not meet, or whose vehicle is of another type than wanted,
        unless staff wanted them asked.
        """
        if driver_id in self._store.blocked_drivers(ride.passenger.passenger_id):
            self.violations.add(now, "no-offer-to-blocked", f"{driver_id} is offered {ride.ride_id}")
        wanted = ride.trip.vehicle_type
        if wanted and not by_desk:
            card = self._store.driver_card(driver_id)
            if card is None or not self._policy.vehicles.serves(wanted, card.vehicle_type):
                self.violations.add(now, "no-offer-of-wrong-vehicle", f"{driver_id} is offered {ride.ride_id}")

    def _near_and_fresh(self, now: float, driver_id: DriverId, ride: RideCard, by_desk: bool) -> None:
        """How far a driver is whom staff want asked is for them to judge. Who is asleep is believed to be at their last place."""
        policy, fix, pickup, ride_id = self._policy, self._board.position(driver_id), ride.trip.pickup, ride.ride_id
        slack_s, slack_m = SETTLING_S, self._board.max_speed_mps * SETTLING_S
        max_age_s = max(self._board.max_age_s, self._sleep_max_s if driver_id in self._asleep else 0.0)
        if fix is None or now - fix.at > max_age_s + slack_s:
            self.violations.add(now, "no-offer-to-stale", f"{driver_id} is offered {ride_id}")
        elif not by_desk and haversine_m(fix.lat, fix.lon, pickup.lat, pickup.lon) > policy.radius_m + slack_m:
            self.violations.add(now, "no-offer-beyond-radius", f"{driver_id} is offered {ride_id}")

    def _state(self, now: float, address: str, message: DriverState) -> None:
        if message.ended is not None:
            self._forget(message.ended)
        held = self._held.get(message.driver_id)
        if held is not None:
            for offer_id in [offer for offer in held if offer not in message.offers]:
                self._forget(offer_id)

    def _offer_closed(self, now: float, address: str, message: OfferClosed) -> None:
        self._forget(message.offer_id)

    def _forget(self, offer_id: OfferId) -> None:
        driver_id, _ = self._open.pop(offer_id, (None, None))
        if driver_id is not None:
            held = self._held[driver_id]
            held.pop(offer_id, None)
            if not held:
                del self._held[driver_id]

    def _withdrawn_from(self, now: float, address: str, message: CloseOffer) -> None:
        """Who is asleep hears of it when they wake. Who is connected holds the offer until their app is told."""
        if DriverId(name_of(address)) not in self._links:
            self._forget(message.offer_id)

    def _outlived(self, now: float, offer_id: OfferId) -> None:
        self._closes.pop(offer_id, None)
        if offer_id in self._open:
            driver_id, ride_id = self._open[offer_id]
            self._forget(offer_id)
            self.violations.add(now, "deadline", f"{driver_id} still holds {offer_id} of {ride_id}")

    def _ghost(self, now: float, gone: tuple[DriverId, tuple[OfferId, ...]]) -> None:
        driver_id, held = gone
        kept = [offer_id for offer_id in held if offer_id in self._open]
        if driver_id not in self._links and kept:
            self.violations.add(now, "dead-link", f"{driver_id} is gone and holds {kept}")

    def _crowded(self, now: float, crowd: tuple[DriverId, tuple[OfferId, ...]]) -> None:
        """Checked a moment after the offer: the end of another offer may be announced at the same instant."""
        driver_id, offers = crowd
        if all(offer_id in self._open for offer_id in offers):
            self.violations.add(now, "live-offers", f"{driver_id} holds {list(offers)}")

    def _withdrawn(self, now: float, offered: dict[OfferId, DriverId]) -> None:
        for offer_id, driver_id in offered.items():
            if offer_id in self._open:
                self.violations.add(now, "withdrawn", f"{driver_id} holds {offer_id} of a ride that is decided")

    # -- what apps are told

    def _told_searching(self, now: float, address: str, message: Searching) -> None:
        if self._is_passenger(address, message.ride_id):
            self._told[message.ride_id] = "pending"
        self._must_be(now, message.ride_id, "pending")

    def _told_assigned(self, now: float, address: str, message: DriverAssigned) -> None:
        ride_id, driver_id = message.ride_id, message.driver.driver_id
        if self._is_passenger(address, ride_id):
            self._told[ride_id] = "accepted"
        ledger = self.ledger
        if ledger.driver_of.get(ride_id) == driver_id or ride_id in ledger.ended:
            return
        if driver_id not in ledger.restarted.get(ride_id, ()):  # or it was so, and an app that missed it hears it now
            self.violations.add(now, "on-disk-first", f"{ride_id} is told {driver_id}, which is not on disk")

    def _told_withdrawn(self, now: float, address: str, message: DriverCancelled) -> None:
        ride_id, ledger = message.ride_id, self.ledger
        if self._is_passenger(address, ride_id):
            self._told[ride_id] = "pending"
        if ride_id not in ledger.restarted and ride_id not in ledger.ended:
            self.violations.add(
                now, "on-disk-first", f"{ride_id} is told that its driver gave up, which is not on disk"
            )

    def _told_accepted(self, now: float, address: str, message: RideAccepted) -> None:
        ride_id = message.ride.ride_id
        ledger = self.ledger
        if ride_id not in ledger.driver_of and ride_id not in ledger.ended and ride_id not in ledger.restarted:
            self.violations.add(now, "on-disk-first", f"{ride_id} is not assigned on disk")

    def _told_progress(self, now: float, address: str, message: RideProgress) -> None:
        if self._is_passenger(address, message.ride_id):
            self._told[message.ride_id] = message.status
        if message.status == "completed":
            self._must_be(now, message.ride_id, message.status)
        elif message.ride_id not in self.ledger.ended:
            actual = self.ledger.status.get(message.ride_id)
            if actual != message.status and (message.status, actual) != ("arrived", "in_progress"):
                self.violations.add(
                    now, "on-disk-first", f"{message.ride_id} is told {message.status}, on disk it is {actual}"
                )

    def _told_end(self, now: float, address: str, message: RideEnded | NoDrivers) -> None:
        status = _end_of(message)
        if self._is_passenger(address, message.ride_id):
            self._told[message.ride_id] = status
        elif message.ride_id in self.ledger.restarted:
            return  # the notice is for a driver, who gave the ride up
        self._must_be(now, message.ride_id, status)

    def _is_passenger(self, address: str, ride_id: RideId) -> bool:
        """Whether this session is the passenger's. A driver may be told the same again long after."""
        return address == self._passengers.get(ride_id, NOBODY)[1]

    def _told_snapshot(self, now: float, address: str, message: PassengerSnapshot) -> None:
        if self._is_passenger(address, message.ride_id):
            self._told[message.ride_id] = message.status

    def _must_be(self, now: float, ride_id: RideId, status: str) -> None:
        ledger = self.ledger
        actual = ledger.ended.get(ride_id) or ledger.status.get(ride_id)
        if actual != status and not (status == "pending" and actual is not None):
            self.violations.add(now, "on-disk-first", f"{ride_id} is told {status}, on disk it is {actual}")

    # -- the full check

    def finish(self, now: float) -> None:
        """The world is at rest: every ride is over, no driver is reserved, no offer is open, and every passenger knows the end."""
        ledger, add = self.ledger, self.violations.add
        for ride_id, status in ledger.status.items():
            add(now, "ends", f"{ride_id} is still {status}")
        for driver_id, ride_id in ledger.reserved.items():
            add(now, "no-busy-without-ride", f"{driver_id} is still reserved for {ride_id}")
        for offer_id, (driver_id, _) in self._open.items():
            add(now, "closed", f"{driver_id} still holds {offer_id}")
        for ride_id, told in self._told.items():
            if ledger.ended.get(ride_id) not in (told, None):
                add(now, "passenger-knows", f"{ride_id} is {ledger.ended[ride_id]}, its passenger was last told {told}")


def _end_of(message: RideEnded | NoDrivers) -> str:
    """The status of a ride that ended with this notice."""
    if isinstance(message, NoDrivers):
        return "no_drivers"
    return "no_show" if message.reason == "no_show" and message.by == "driver" else "cancelled"


_LOOK: dict[type, Callable[[Watch, float, str, Any], None]] = {
    Append: Watch._append,
    Appended: Watch._appended,
    NotAppended: Watch._not_appended,
    AcceptOffer: Watch._accepts,
    Attach: Watch._attached,
    Detach: Watch._detached,
    OfferMade: Watch._offered,
    PushOffer: Watch._pushed,
    DriverState: Watch._state,
    CloseOffer: Watch._withdrawn_from,
    OfferClosed: Watch._offer_closed,
    Faulted: Watch._faulted,
    Replaced: Watch._was_replaced,
    NotYours: Watch._turned_away,
    Searching: Watch._told_searching,
    DriverAssigned: Watch._told_assigned,
    DriverCancelled: Watch._told_withdrawn,
    RideAccepted: Watch._told_accepted,
    RideProgress: Watch._told_progress,
    RideEnded: Watch._told_end,
    NoDrivers: Watch._told_end,
    PassengerSnapshot: Watch._told_snapshot,
}
LOOKED_AT = frozenset(_LOOK)
"""The messages that `Watch` is to see."""
