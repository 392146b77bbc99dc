"""A small town where people have logged in: the real sessions and actors on virtual time, and a ride in each of its states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.tokens import Claims, make_token
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import RideRequested, RideScheduled
from dispatch.principals import Principal, Role
from dispatch.timestamps import rfc3339
from dispatch.transport.http.proofs import Proofs
from dispatch.transport.sessions.context import NobodyOnFile
from dispatch.transport.sessions.memory import MemoryLink
from dispatch.transport.sessions.session import Session
from dispatch.values import Passenger as Rider
from sim.stories.stage import Stage, StageDriver, StagePassenger, StagePerson, near_pickup

RIDE: Final = "r1"
RING: Final = KeyRing((Key("k1", b"s" * 32, 0.0),))
WHO: Final = {
    "owner": Principal(Role.PASSENGER, "p-owner"),
    "other": Principal(Role.PASSENGER, "p-other"),
    "assigned": Principal(Role.DRIVER, "27830000001"),
    "asked": Principal(Role.DRIVER, "27830000002"),
    "driver": Principal(Role.DRIVER, "27830000003"),
    "dispatcher": Principal(Role.STAFF, "s1"),
    "manager": Principal(Role.STAFF, "s2", is_manager=True),
}
"""Everybody who can be at a socket, but for those who have proved nothing."""
NAMES: Final = {"p-owner": ("Olga Owner", "27820000001"), "p-other": ("Otto Other", "27820000002")}
TRIP: Final[dict[str, Any]] = {
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "distance_km": 5.2,
    "estimated_duration_minutes": 15,
    "fare_amount": 85.5,
}
HERE: Final = {"latitude": -26.2, "longitude": 28.0473}


SOON: Final = {"search_cap_s": 20.0, "no_show_s": 20.0, "link_grace_s": 20.0}
"""Seconds after which what nobody does happens by itself."""


class Records(NobodyOnFile):
    """What the file says, of the journal in memory."""

    def __init__(self, stage: Stage) -> None:
        self._journal = stage.world.journal

    def is_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        events = self._journal.events_of_ride(ride_id)
        booked = [event for event in events if isinstance(event, RideRequested | RideScheduled)]
        return any(event.passenger.passenger_id == passenger_id for event in booked)

    def is_open(self, ride_id: RideId) -> bool:
        return ride_id in self._journal.open_rides()

    def has_ride(self, driver_id: DriverId) -> bool:
        return driver_id in self._journal.reserved_drivers()

    def passenger(self, person_id: str) -> Rider | None:
        known = NAMES.get(person_id)
        return Rider(PassengerId(person_id), *known) if known is not None else None


def with_token(session: Session, principal: Principal) -> Session:
    """The session of somebody who has logged in."""
    session.claims = Claims(principal, "s1", 0, 4_000_000_000)
    return session


class Rides(StagePassenger):
    """A passenger with a token, at the path of the ride."""

    def __init__(self, stage: Stage, role: str, ride_id: str = RIDE) -> None:
        self.principal, self.ride_id = WHO[role], RideId(ride_id)
        super().__init__(stage, f"{role}-{ride_id}")

    def make_session(self, link: MemoryLink) -> Session:
        gateway = self.stage.world.gateway
        return with_token(gateway.passenger_session(self.principal, self.ride_id, link.server_end), self.principal)


class Drives(StageDriver):
    """A driver with a token."""

    def make_session(self, link: MemoryLink) -> Session:
        principal = Principal(Role.DRIVER, self.name)
        return with_token(self.stage.world.gateway.driver_session(principal, link.server_end), principal)


class Works(StagePerson):
    """Somebody at the desk with a token."""

    def __init__(self, stage: Stage, role: str) -> None:
        self.principal = WHO[role]
        super().__init__(stage, role)

    def make_session(self, link: MemoryLink) -> Session:
        return with_token(self.stage.world.gateway.staff_session(self.principal, link.server_end), self.principal)


class Town:
    """The ride `r1` in this state, and everybody connected. `people`: by their role in the table."""

    def __init__(self, state: str) -> None:
        self.stage = stage = Stage(7, auth="on", rounds=1, asks_after_silence=0, town_name="T", **SOON)
        gateway = stage.world.gateway
        gateway.on_file = Records(stage)
        gateway.proofs = Proofs(lambda: RING, lambda: stage.world.runtime.now, 5_000_000_000.0)
        self.people: dict[str, StagePerson] = {}
        for role, north_km in (("assigned", 1.0), ("asked", 2.0), ("driver", 50.0)):
            driver = Drives(stage, WHO[role].id, near_pickup(north_km), reports=True)
            stage.drivers[driver.name] = driver
            self.people[role] = driver
        for role in ("owner", "other"):
            self.people[role] = Rides(stage, role)
        for role in ("dispatcher", "manager"):
            self.people[role] = Works(stage, role)
        for person in self.people.values():
            if person is not self.people["other"]:
                person.returns()
        stage.run(until=1)
        WAYS[state](self)
        self.people["other"].returns()
        stage.run(until=stage.now + 0.5)
        assert self.status == state, (self.status, state)

    @property
    def status(self) -> str:
        """As its passenger would read it."""
        actor: Any = self.stage.world.runtime.actor(f"ride/{RIDE}")
        return str(actor.ride.status) if actor is not None else "unbooked"

    def runs(self, seconds: float) -> None:
        self.stage.run(until=self.stage.now + seconds)

    def says(self, role: str, frame_type: str, **fields: Any) -> list[dict[str, Any]]:
        """What comes of a frame, to whoever sent it, within a tenth of a second."""
        person, since = self.people[role], self.stage.now
        person.says(frame_type, **fields)
        self.runs(0.1)
        return [dict(frame) for frame in person.heard() if frame.at >= since and frame["type"] not in UNASKED]

    def heard_by_others(self, role: str, since: float) -> dict[str, list[str]]:
        """What everybody else heard from second `since` on, by type."""
        told = {
            name: [frame["type"] for frame in person.heard(since=since) if frame["type"] not in UNASKED]
            for name, person in self.people.items()
            if name != role
        }
        return {name: types for name, types in told.items() if types}

    def end(self) -> list[str]:
        """The desk goes home, and all ends as it can. Returns the invariants that broke, in words."""
        for role in ("dispatcher", "manager"):
            self.people[role].leaves()
        return self.stage.end()

    def record(self) -> bytes:
        """All that is on record of the ride."""
        return msgspec.json.encode(self.stage.record(RIDE))

    def token(self, role: str) -> str:
        """A newer token of this person."""
        now = int(self.stage.world.runtime.now)
        return make_token(Claims(WHO[role], "s1", now, now + 4_000_000), RING)


UNASKED: Final = ("driver_location", "token_expiring", "board", "board_changed", "board_moved")
"""Frames that come by themselves."""


def _books(town: Town, **fields: Any) -> None:
    town.people["owner"].says("find_driver", **TRIP, **fields)
    town.runs(0.5)


def _is_accepted(town: Town) -> None:
    _books(town)
    town.people["assigned"].says("accept_ride", ride_id=RIDE, driver_id=WHO["assigned"].id)
    town.runs(0.5)


def _is_driven(*steps: str) -> Callable[[Town], None]:
    def ride(town: Town) -> None:
        _is_accepted(town)
        for step in steps:
            if step == "no_show":
                town.runs(21)
            town.people["assigned"].says(step, ride_id=RIDE)
            town.runs(0.5)

    return ride


def _is_cancelled(town: Town) -> None:
    _is_accepted(town)
    town.people["owner"].says("cancel_ride")
    town.runs(0.5)


def _finds_nobody(town: Town) -> None:
    _books(town)
    for role in ("assigned", "asked"):
        town.people[role].says("decline_ride", ride_id=RIDE)
    town.runs(21)


WAYS: Final[dict[str, Callable[[Town], None]]] = {
    "unbooked": lambda town: None,
    "scheduled": lambda town: _books(town, pickup_at=rfc3339(town.stage.world.runtime.now + 86_400)),
    "pending": _books,
    "accepted": _is_accepted,
    "arrived": _is_driven("arrived"),
    "in_progress": _is_driven("arrived", "start_ride"),
    "completed": _is_driven("arrived", "start_ride", "complete_ride"),
    "cancelled": _is_cancelled,
    "no_drivers": _finds_nobody,
    "no_show": _is_driven("arrived", "no_show"),
}
"""How a ride comes into each state."""
