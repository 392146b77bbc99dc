"""What dispatcher tests share: a real dispatcher, and drivers and rides that are listeners for which the test answers."""

from __future__ import annotations

from typing import Any

from dispatch.domain.matching.rules import SearchRules
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Recorded
from dispatch.messages.events import OfferDeclined, RideRequested
from dispatch.messages.journal import Append
from dispatch.messages.matching import CloseOffer, DriverState, OfferRide, SearchDriver
from dispatch.values import Lease, RideCard
from tests.actors.rig import ANN, TRIP, Rig

ME = "dispatcher/0"
KM = 0.0089932
"""Degrees of latitude in a kilometre."""


class Zone:
    """A dispatcher with drivers d1, d2, … at 1, 2, … kilometres from the pickup, all of them available."""

    def __init__(self, drivers: int = 0, **policy: Any) -> None:
        self.rig = Rig()
        self.rig.dispatcher(SearchRules(**policy))
        self._versions: dict[str, int] = {}
        self._lives: dict[str, int] = {}
        for km in range(1, drivers + 1):
            self.driver(f"d{km}", km)

    def driver(self, name: str, km: float) -> None:
        """The driver comes online."""
        self.rig.listen(f"driver/{name}")
        self.rig.board.report(DriverId(name), TRIP.pickup.lat + km * KM, TRIP.pickup.lon, self.rig.runtime.now)
        self.says(name)

    def says(self, name: str, status: str = "available", **fields: Any) -> None:
        """The driver announces the whole state, one version higher than before."""
        version = self._versions[name] = self._versions.get(name, 0) + 1
        life = self._lives.setdefault(name, 1)
        self.rig.tell(ME, DriverState(DriverId(name), (0, life), version, status, **fields))

    def is_made_anew(self, name: str, **fields: Any) -> None:
        """The driver's actor was rebuilt, and says so."""
        self._lives[name] = self._lives.get(name, 1) + 1
        self._versions[name] = 0
        self.says(name, asked=True, **fields)

    def answers(self, lease: Lease, outcome: str, status: str = "available") -> None:
        """The driver says how this offer ended."""
        if outcome == "declined":
            self.journal(f"driver/{lease.driver_id}", OfferDeclined(lease.ride_id, lease.driver_id, lease.offer_id))
        self.says(lease.driver_id, status, ended=lease.offer_id, outcome=outcome, ride_id=lease.ride_id)

    def books(self, ride: str, search_no: int = 1, trip: Any = TRIP) -> None:
        """A ride is searched for."""
        if search_no == 1:
            self.rig.listen(f"ride/{ride}")
        now = self.rig.runtime.now
        self.journal(f"ride/{ride}", RideRequested(RideId(ride), search_no, ANN, trip, now))
        self.rig.tell(ME, SearchDriver(RideCard(RideId(ride), search_no, ANN, trip), now))

    def asks_ahead(self, ride: str) -> None:
        """A ride is searched for while its own event is on its way to the disk."""
        self.rig.listen(f"ride/{ride}")
        address, now = f"ride/{ride}", self.rig.runtime.now
        self.journal(address, RideRequested(RideId(ride), 1, ANN, TRIP, now))
        self.rig.tell(ME, SearchDriver(RideCard(RideId(ride), 1, ANN, TRIP), now, after=Recorded(address, 1, 1)))

    def journal(self, address: str, event: Any) -> None:
        """Somebody else's event is on disk."""
        self.rig.journal.deliver(Append(address, 0, 1, self.rig.runtime.now, (event,)))

    def wait(self, seconds: float) -> None:
        """Time passes. Drivers say every minute where they are, and are where they were."""
        self.rig.wait(seconds)
        for name in self._versions:
            fix = self.rig.board.position(DriverId(name))
            assert fix is not None
            self.rig.board.report(DriverId(name), fix.lat, fix.lon, self.rig.runtime.now)

    def offers(self) -> dict[str, Lease]:
        """Who was asked since this was asked last, in the order in which they came online. Closings are left for `closings`."""
        return {name: mail.lease for name in self._versions for mail in self.take(f"driver/{name}", OfferRide)}

    def closings(self) -> dict[str, str]:
        """Whose offer was closed since this was asked last, and why."""
        return {name: mail.reason for name in self._versions for mail in self.take(f"driver/{name}", CloseOffer)}

    def take(self, address: str, kind: type) -> list[Any]:
        """The mail of this type that came there since this was asked last."""
        listener = self.rig.listener(address)
        taken = [message for message in listener.mail if type(message) is kind]
        listener.mail = [message for message in listener.mail if type(message) is not kind]
        return taken
