"""What a check needs of the world that it looks at. `sim.world.World` is one."""

from __future__ import annotations

from typing import Protocol

from dispatch.config import Settings
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId, RideId
from dispatch.runtime import VirtualRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.transport.sessions.gateway import Gateway
from sim.checks.invariants import Watch
from sim.people.driver import DriverPhone
from sim.people.passenger import PassengerPhone


class Subject(Protocol):
    """A world: its parts, its apps and what was noted of it so far."""

    settings: Settings
    runtime: VirtualRuntime
    board: PositionBoard
    journal: MemoryJournal
    gateway: Gateway
    watch: Watch
    drivers: dict[DriverId, DriverPhone]
    passengers: dict[RideId, PassengerPhone]
