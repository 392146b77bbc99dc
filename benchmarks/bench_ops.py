"""What the desk's live stream costs: `python benchmarks/bench_ops.py [drivers]`.

A town in virtual time: the real actors, 5,000 drivers who move and report once a second, and two rides a second. It is played without
a desk, with one and with twenty. What a desk adds is the difference of the CPU times, by the seconds that were played: a share of one
core. Frames are encoded and framed as the server does it; the system's own work for a socket is not in it. Takes two minutes.
"""

from __future__ import annotations

import sys
import time
from statistics import median
from typing import Any, NamedTuple

from websockets.server import ServerProtocol

from dispatch import principals
from dispatch.config import Settings
from dispatch.ids import DriverId
from dispatch.transport import wire
from sim.city.demand import poisson
from sim.city.model import City
from sim.people.behaviour import DriverBehaviour, PassengerBehaviour
from sim.people.movement import StraightDrive
from sim.world import World, WorldOptions

DRIVERS, RIDES_A_SECOND = 5_000, 2.0
WARM_UP_S, PLAYED_S = 20.0, 30.0
DESKS, TIMES = (0, 1, 20), 3


class Desk:
    """A link that does what a socket does up to the system call. All desks share what was encoded last."""

    last: tuple[Any, bytes] = (None, b"")

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}
        self._protocol = ServerProtocol()
        self._protocol.state = self._protocol.state.__class__.OPEN

    def send(self, message: wire.ServerMessage) -> None:
        if message is not Desk.last[0]:
            Desk.last = message, wire.encode(message)
        self._protocol.send_text(Desk.last[1])
        kind = type(message).__name__
        self.bytes[kind] = self.bytes.get(kind, 0) + sum(map(len, self._protocol.data_to_send()))

    def close(self, code: int, reason: str = "") -> None: ...
    def challenge(self) -> None: ...


class Measured(NamedTuple):
    """CPU seconds of one second of the town, and the bytes of one desk: of its board, and of a second after it."""

    cpu_s: float
    board: int
    changes: float
    positions: float


def measured(drivers: int, desks: int) -> Measured:
    """Play the town with so many desks."""
    world = World(1, Settings(explain_candidates=0), WorldOptions(plain=True, position_every_s=1.0))
    dice, city = world.runtime.rng, City()
    for number in range(drivers):
        world.add_driver(DriverId(f"2782{number:07d}"), city.sample(dice("fleet")), DriverBehaviour())
    for phone in world.drivers.values():  # everybody is on the move, all of the time
        lat, lon = phone.leg.end
        phone.leg = StraightDrive((lat, lon), (lat + 0.3, lon + 0.3), world.runtime.now, world.travel)
    world.report_positions()
    lasting_s = WARM_UP_S + PLAYED_S
    world.expect(
        poisson(city, dice("demand"), rides=int(RIDES_A_SECOND * lasting_s), for_s=lasting_s), PassengerBehaviour()
    )
    world.run(WARM_UP_S)
    links = [Desk() for _ in range(desks)]
    for link in links:
        world.gateway.staff_session(principals.OPERATIONS, link).open()
    before = time.process_time()
    world.run(lasting_s)
    cpu_s = (time.process_time() - before) / PLAYED_S
    sent = links[0].bytes if links else {}
    world.close()
    changes, positions = (sent.get(kind, 0) / PLAYED_S for kind in ("BoardChanged", "BoardMoved"))
    return Measured(cpu_s, sent.get("Board", 0), changes, positions)


def main() -> None:
    """Print a table: what so many desks cost, and what one of them gets."""
    drivers = int(sys.argv[1]) if len(sys.argv) > 1 else DRIVERS
    found: dict[int, list[Measured]] = {desks: [] for desks in DESKS}
    for _ in range(TIMES):
        for desks in DESKS:
            found[desks].append(measured(drivers, desks))
    alone = median(each.cpu_s for each in found[0])
    print(f"{drivers} drivers at 1 Hz, {RIDES_A_SECOND:g} rides a second; without a desk {alone * 100:.1f} % of a core")
    for desks in DESKS[1:]:
        added = median(each.cpu_s for each in found[desks]) - alone
        print(f"{desks:>3} desks: {added * 100:.2f} % of a core more")
    one = found[1][-1]
    print(f"one desk: its board {one.board / 1000:.0f} kB, then {one.positions / 1000:.1f} kB/s of positions")
    print(f"          and {one.changes / 1000:.1f} kB/s of drivers and rides")


if __name__ == "__main__":
    main()
