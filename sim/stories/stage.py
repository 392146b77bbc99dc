"""A stage on which people do what a story says: who sends what at which second, and what each of them heard. Tests tell stories on it.

Apps send and get JSON through real sessions and the real codec, and every check watches. Times are seconds since its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import cos, degrees, radians
from typing import Any

import msgspec

from dispatch import addresses, principals
from dispatch.config import Settings, SimulateSettings
from dispatch.domain.places.geo import EARTH_RADIUS_M
from dispatch.ids import DriverId, PersonId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import DocumentKept, RoleChanged
from dispatch.messages.matching import DevicesChanged, DriverFileChanged
from dispatch.messages.providers import PushOffer
from dispatch.runtime import Actor
from dispatch.storage.log.on_file import Writer
from dispatch.transport.sessions.memory import MemoryLink
from dispatch.transport.sessions.session import Session
from dispatch.words import PersonRole, PersonStatus
from sim.checks.livelock import LivelockGuard
from sim.stories.crash import die, start
from sim.world import World, WorldOptions

PICKUP = (-26.2041, 28.0473)
DROPOFF = (-26.1850, 28.0550)
REPORT_EVERY_S = 10.0
"""How often a connected driver sends a position."""
REPORT_AT_THE_END_EVERY_S = 30.0
"""The same while a story ends, when nobody looks at cars any more: often enough to stay on the board."""

Action = Callable[[], None]
Reaction = Callable[["HeardFrame"], None]


def near_pickup(north_km: float = 0.0, east_km: float = 0.0) -> tuple[float, float]:
    """Latitude and longitude of a point so far from `PICKUP`."""
    lat = PICKUP[0] + degrees(north_km * 1000.0 / EARTH_RADIUS_M)
    return lat, PICKUP[1] + degrees(east_km * 1000.0 / EARTH_RADIUS_M) / cos(radians(lat))


class HeardFrame(dict[str, Any]):
    """A frame as the app read it, and the second `at` which it came. `again`: its number is not new, so an app ignores it."""

    def __init__(self, frame: dict[str, Any], at: float, again: bool) -> None:
        super().__init__(frame)
        self.at = at
        self.again = again


class _Cue(Message, frozen=True, gc=False):
    """It is time for this line of a person's script."""

    line: int


class StagePerson:
    """A person with an app. Each thing that a person does has an `at`: the second when it is done; None: now."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage = stage
        self.name = name
        self.link: MemoryLink | None = None
        self.frames: list[HeardFrame] = []
        self.closes: list[tuple[float, int]] = []
        self._script: list[Action] = []
        self._reactions: dict[str, Reaction] = {}
        self._numbered: dict[str, dict[int, dict[str, Any]]] = {}
        self._fresh_link = True
        self._address = f"script/{name}"
        stage.world.runtime.sink(self._address, self)

    # -- what this person does

    def does(self, action: Action, at: float | None = None) -> None:
        """Do anything at all."""
        if at is None:
            action()
            return
        self._script.append(action)
        self.stage.world.runtime.set_timer(at - self.stage.now, self._address, _Cue(len(self._script) - 1))

    def says(self, frame_type: str, *, at: float | None = None, **fields: Any) -> None:
        """Send a frame. Nobody hears it while this person has no connection."""
        self.does(lambda: self._send({"type": frame_type, **fields}), at)

    def says_raw(self, text: str, *, at: float | None = None) -> None:
        """Send a frame that may be no JSON at all."""
        self.does(lambda: self._send(msgspec.Raw(text.encode())), at)

    def whenever(self, frame_type: str, reaction: Reaction) -> None:
        """React to each frame of this type at once, from now on."""
        self._reactions[frame_type] = reaction

    def dies(self, at: float | None = None) -> None:
        """The connection goes silent: nothing passes any more, and the server is not told."""
        self.does(lambda: self._part(MemoryLink.silence), at)

    def leaves(self, at: float | None = None) -> None:
        """The app hangs up."""
        self.does(lambda: self._part(MemoryLink.close), at)

    def returns(self, at: float | None = None) -> None:
        """The app connects, again or for the first time."""
        self.does(self.connect, at)

    def resumes(self, at: float | None = None, **fields: Any) -> None:
        """The app connects again, and says first up to which number it has heard. `fields` add to that frame, or replace its own."""
        self.does(lambda: self._resume(fields), at)

    def connect(self, first: dict[str, Any] | None = None) -> None:
        """Open a connection. The server ends the one before. `first`: the frame that the app sends at once.

        Nothing happens while the server is down.
        """
        if self.stage.world.is_down:
            return
        gateway = self.stage.world.gateway
        link = MemoryLink(lambda code: self._on_close(link, code))
        self.link, self._fresh_link = link, first is None
        link.join(gateway, self.make_session(link), self._on_frame, msgspec.json.decode, may_resume=first is not None)
        if first is not None:
            self._send(first)

    def make_session(self, link: MemoryLink) -> Session:
        """The server's end of this person's connection."""
        raise NotImplementedError

    # -- what this person heard

    def heard(self, frame_type: str | None = None, *, since: float = 0.0) -> list[HeardFrame]:
        """Every frame but positions, or those of one type, oldest first."""
        wanted = [frame for frame in self.frames if frame.at >= since]
        if frame_type is None:
            return [frame for frame in wanted if frame["type"] != "driver_location"]
        return [frame for frame in wanted if frame["type"] == frame_type]

    def story(self, *, since: float = 0.0) -> list[str]:
        """The types of the frames that came, without repetitions."""
        return [frame["type"] for frame in self.heard(since=since) if not frame.again]

    def last(self, frame_type: str | None = None) -> HeardFrame:
        """The latest frame, or the latest of its type. Raises IndexError when there was none."""
        return self.heard(frame_type)[-1]

    # -- inside

    def deliver(self, cue: _Cue) -> None:
        self._script[cue.line]()

    def _send(self, frame: Any) -> None:
        if self.link is not None:
            self.link.send(frame)

    def _resume(self, fields: dict[str, Any]) -> None:
        last = next(frame for frame in reversed(self.frames) if "seq" in frame)
        numbers = self._numbered[last["epoch"]]
        self.connect({"type": "resume", "epoch": last["epoch"], "last_seq": max(numbers), **fields})

    def _part(self, how: Callable[[MemoryLink], None]) -> None:
        link, self.link = self.link, None
        if link is not None:
            how(link)

    def _on_frame(self, frame: dict[str, Any]) -> None:
        heard = HeardFrame(frame, self.stage.now, self._is_known(frame))
        self.frames.append(heard)
        reaction = self._reactions.get(heard["type"])
        if reaction is not None:
            reaction(heard)

    def _is_known(self, frame: dict[str, Any]) -> bool:
        """Whether the frame's number in the stream was heard before. A number that means two things, or is left out, breaks a rule."""
        number: int | None = frame.get("seq")
        if number is None:
            return False
        numbers, add = self._numbered.setdefault(frame.get("epoch", ""), {}), self.stage.world.watch.violations.add
        last, known = max(numbers, default=0), numbers.setdefault(number, frame)
        if _lasting(known) != _lasting(frame):
            add(self.stage.now, "one-number-one-frame", f"{self.name} hears {known} and then {frame}")
        tells_all = self._fresh_link or frame.get("recovered") is False
        if number > last + 1 and not tells_all:
            add(self.stage.now, "no-gap", f"{self.name} hears {frame}, and nothing between it and {last}")
        self._fresh_link = False
        return number <= last

    def _on_close(self, link: MemoryLink, code: int) -> None:
        if self.link is link:
            self.link = None
        self.closes.append((self.stage.now, code))


class StageDriver(StagePerson):
    """A person who drives. A connected driver sends a position every ten seconds, unless `reports` is off."""

    def __init__(self, stage: Stage, name: str, place: tuple[float, float], reports: bool) -> None:
        super().__init__(stage, name)
        self.place = place
        self.pushes: list[tuple[float, PushOffer]] = []
        self._wakes: Callable[[], None] = lambda: None
        if reports:
            self._report_on()

    def make_session(self, link: MemoryLink) -> Session:
        return self.stage.world.gateway.driver_session(principals.driver(DriverId(self.name)), link.server_end)

    def connect(self, first: dict[str, Any] | None = None) -> None:
        super().connect(first)
        self.reports()

    def has_device(self) -> None:
        """From now on a push can wake the app. What comes is in `pushes`, each with its second."""
        driver_id, world = DriverId(self.name), self.stage.world
        world.journal.devices[driver_id] = None
        world.pushes.phones[driver_id] = self._on_push

    def loses_device(self, at: float | None = None) -> None:
        """The login that the device was registered under ends: no push can wake it any more."""
        self.does(self._lose_device, at)

    def wakes_by_push(self, wakes: Callable[[], None]) -> None:
        """What the driver does whenever a push comes, instead of nothing."""
        self._wakes = wakes

    def _lose_device(self) -> None:
        world = self.stage.world
        world.journal.devices.pop(DriverId(self.name), None)
        world.runtime.tell(addresses.driver(DriverId(self.name)), DevicesChanged())

    def _on_push(self, push: PushOffer) -> None:
        self.pushes.append((self.stage.now, push))
        self._wakes()

    def reports(self, at: float | None = None, **fields: Any) -> None:
        """Send the position. `fields` add to the frame, or replace its own."""
        lat, lon = self.place
        self.says("location_update", at=at, **{"latitude": lat, "longitude": lon, **fields})

    def moves(self, north_km: float, east_km: float = 0.0, at: float | None = None) -> None:
        """Be so far from the pickup from now on, and send that position."""
        self.does(lambda: self._go(near_pickup(north_km, east_km)), at)

    def accepts(self, ride: str, at: float | None = None, **fields: Any) -> None:
        """Accept the offer of this ride. `fields`: `offer_id` to name the offer, `id` to be acknowledged."""
        self.says("accept_ride", at=at, ride_id=ride, driver_id=self.name, **fields)

    def declines(self, ride: str, at: float | None = None, **fields: Any) -> None:
        """Decline the offer of this ride."""
        self.says("decline_ride", at=at, ride_id=ride, **fields)

    def wants_offers(self, available: bool, at: float | None = None) -> None:
        """Say whether offers are wanted."""
        self.says("set_availability", at=at, available=available)

    def drives(self, ride: str, *, step_s: float, at: float | None = None) -> None:
        """Arrive, start and complete, so many seconds apart."""
        start = self.stage.now if at is None else at
        for number, step in enumerate(("arrived", "start_ride", "complete_ride")):
            self.says(step, at=start + number * step_s, ride_id=ride)

    def offer(self, ride: str) -> HeardFrame:
        """The latest offer of this ride. Raises IndexError when there was none."""
        return [frame for frame in self.heard("ride_request") if frame["ride_id"] == ride][-1]

    def _go(self, place: tuple[float, float]) -> None:
        self.place = place
        self.reports()

    def _report_on(self) -> None:
        if self.link is not None:
            self.reports()
        self.does(self._report_on, at=self.stage.now + self.stage.report_every_s)


class StagePassenger(StagePerson):
    """A person who rides, once."""

    def make_session(self, link: MemoryLink) -> Session:
        ride_id = RideId(self.name)
        return self.stage.world.gateway.passenger_session(principals.passenger_of(ride_id), ride_id, link.server_end)

    def books(self, at: float | None = None, *, fare: float = 85.5, **fields: Any) -> None:
        """Ask for a ride from `PICKUP` to `DROPOFF`. `fields` add to the frame, or replace its own."""
        trip = {
            "pickup_latitude": PICKUP[0],
            "pickup_longitude": PICKUP[1],
            "dropoff_latitude": DROPOFF[0],
            "dropoff_longitude": DROPOFF[1],
            "pickup_address": "123 Main St",
            "dropoff_address": "456 Oak Ave",
            "distance_km": 5.2,
            "estimated_duration_minutes": 15,
            "fare_amount": fare,
        }
        self.says("find_driver", at=at, **{**trip, **fields})

    def cancels(self, at: float | None = None, **fields: Any) -> None:
        """Cancel the ride."""
        self.says("cancel_ride", at=at, **fields)


class Stage:
    """The world of a story. Settings are named as in `Settings`: `Stage(seed=7, offer_timeout_s=10.0)`."""

    def __init__(
        self,
        seed: int | str = SimulateSettings.seed,
        *,
        options: WorldOptions | None = None,
        writer: Writer | None = None,
        **settings: Any,
    ) -> None:
        """`writer`: events are also written with it, when the world is closed. Rounds are explained only if the settings say so."""
        self.world = World(seed, Settings(**{"explain_candidates": 0, **settings}), options, writer=writer)
        self.world.runtime.observe(LivelockGuard())
        self.drivers: dict[str, StageDriver] = {}
        self.passengers: dict[str, StagePassenger] = {}
        self.report_every_s = REPORT_EVERY_S
        self._server = StagePerson(self, "the server")

    @property
    def now(self) -> float:
        """Seconds since the story began."""
        return self.world.elapsed_s

    def driver(
        self,
        name: str,
        *,
        north_km: float = 1.0,
        east_km: float = 0.0,
        at: float | None = None,
        reports: bool = True,
        vehicle_type: str | None = None,
    ) -> StageDriver:
        """A driver comes online so far from the pickup, now or `at` some second. `vehicle_type`: the driver is registered with it."""
        if vehicle_type is not None:
            self.world.register(DriverId(name), vehicle_type)
        driver = self.drivers[name] = StageDriver(self, name, near_pickup(north_km, east_km), reports)
        driver.returns(at)
        return driver

    def fleet(self, count: int, *, first: int = 1) -> list[StageDriver]:
        """Drivers d1, d2, … at 1, 2, … kilometres from the pickup."""
        return [self.driver(f"d{number}", north_km=number) for number in range(first, first + count)]

    def keeps_file(
        self, name: str, *, at: float | None = None, status: str = PersonStatus.ACTIVE, **documents: float
    ) -> None:
        """Staff put a driver on file, or change that file. `documents`: until which second of the story each of them holds."""
        self._server.does(partial(self._keep_file, PersonId(name), PersonStatus(status), documents), at)

    def _keep_file(self, who: PersonId, status: PersonStatus, documents: dict[str, float]) -> None:
        starts = self.world.started_at
        kept = [DocumentKept(who, kind, "", starts + ends) for kind, ends in documents.items()]
        self.world.journal.keep_file(who, RoleChanged(who, PersonRole.DRIVER, status, False), *kept)
        address = addresses.driver(DriverId(who))
        if self.world.runtime.actor(address) is not None:
            self.world.runtime.tell(address, DriverFileChanged())

    def passenger(self, ride: str, *, at: float | None = None) -> StagePassenger:
        """A passenger opens the app for this ride, and does not book yet."""
        passenger = self.passengers[ride] = StagePassenger(self, ride)
        passenger.returns(at)
        return passenger

    def crashes(self, at: float | None = None, *, down_s: float = 0.0) -> None:
        """The server's process dies, and another one starts `down_s` later. People who want a connection then must make a new one."""
        self._server.does(partial(self._crash, down_s), at)

    def _crash(self, down_s: float) -> None:
        for person in (*self.drivers.values(), *self.passengers.values()):
            person.dies()
        die(self.world)
        self._server.does(self._start, self.now + down_s if down_s else None)

    def _start(self) -> None:
        if self.world.is_down:  # else it crashed once more meanwhile, and serves again
            start(self.world)

    def run(self, until: float) -> None:
        """Let time pass up to and including this second."""
        self.world.run(until)

    def record(self, ride: str) -> Sequence[Message]:
        """Every event on disk that names this ride, oldest first."""
        return self.world.journal.events_of_ride(RideId(ride))

    def actor(self, address: str) -> Actor:
        """The actor that is awake at this address.

        Raises:
            LookupError: nobody is awake there.
        """
        actor = self.world.runtime.actor(address)
        if actor is None:
            raise LookupError(f"nobody is awake at {address}")
        return actor

    def end(self) -> list[str]:
        """Let every driver come back and finish their ride, and searches run out. Returns the invariants that broke, in words."""
        self.report_every_s = min(REPORT_AT_THE_END_EVERY_S, self.world.settings.position_max_age_s / 2)
        for driver in self.drivers.values():
            driver.whenever("snapshot", lambda heard, driver=driver: _finish(driver, heard))  # type: ignore[misc]
            driver.whenever("ride_accepted", lambda heard, driver=driver: _finish(driver, heard))  # type: ignore[misc]
            driver.connect()
        rules = self.world.settings
        self.run(
            max(self.now, self._booked_until()) + rules.search_cap_s + rules.link_grace_s + 2 * rules.late_grace_s + 5.0
        )
        self.world.judge()
        self.world.close()
        return list(self.world.watch.violations)

    def _booked_until(self) -> float:
        """The latest second for which a ride was booked ahead; 0: none was."""
        events = [event for ride in self.passengers for event in self.record(ride)]
        booked = [at for event in events if (at := getattr(event, "pickup_at", None)) is not None]
        return max(booked, default=self.world.started_at) - self.world.started_at


def _lasting(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame without the times that are left: those differ when it is repeated."""
    return {name: value for name, value in frame.items() if not name.endswith("ttl_ms")}


def _finish(driver: StageDriver, heard: HeardFrame) -> None:
    ride = heard["ride"] if heard["type"] == "snapshot" else heard
    if ride is not None:
        driver.says("complete_ride", ride_id=ride["ride_id"])
