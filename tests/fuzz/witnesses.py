"""People in the same world who have no part in what is sent: they are served on, and hear nothing that does not concern them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tests.fuzz.cases import TOKEN, handshake
from tests.fuzz.wires import PING, PONG, TEXT, Wire, frame, frames_in
from tests.fuzz.world import PHONES, World

RENEWED_AFTER: Final = 20
"""Episodes. Then their ride ends, and they connect again for another one."""
HERE: Final = {"latitude": 52.52, "longitude": 13.4}
TRIP: Final = {
    "pickup_latitude": 52.521, "pickup_longitude": 13.401, "dropoff_latitude": 52.6, "dropoff_longitude": 13.5,
    "pickup_address": "Hidden Lane 7", "dropoff_address": "Quiet Court 8", "distance_km": 12.0, "estimated_duration_minutes": 20,
    "fare_amount": 99.0, "note": "knock twice",
}  # fmt: skip
SECRETS: Final = (
    b"Hidden Lane",
    b"Quiet Court",
    b"knock twice",
    PHONES["pw"].encode(),
    PHONES["dw"].encode(),
    b"Name pw",
    b"Name dw",
)


class Witness:
    """One of them, at a socket."""

    def __init__(self, world: World, who: str, path: str) -> None:
        self.wire: Wire = world.wire("127.0.0.2")
        self.wire.feed(handshake(None, path, who).replace(TOKEN, world.token(who).encode()))

    def says(self, **said: Any) -> None:
        self.wire.feed(frame(TEXT, msgspec.json.encode(said)))

    def heard(self) -> list[dict[str, Any]]:
        """What came since it was last asked."""
        told = []
        head, blank, _ = bytes(self.wire.came).partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/"):
            if not blank:
                return []
            del self.wire.came[: len(head) + 4]
        for opcode, payload in frames_in(self.wire.came):
            if opcode == PING:
                self.wire.feed(frame(PONG, payload))
            elif opcode == TEXT:
                told.append(msgspec.json.decode(payload))
            else:
                told.append({"type": f"frame {opcode} {payload!r}"})
        return told


class Witnesses:
    """A passenger under way, their driver, and a desk."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = 0

    @staticmethod
    def ids(seed: int, episode: int) -> tuple[str, ...]:
        """What attackers may name of them, and get nothing by it: nothing of SECRETS, which may stand nowhere in what they say."""
        return f"w{seed}x{episode // RENEWED_AFTER}", "pw", "dw", PHONES["sw"]

    async def begin(self, ride: str) -> list[str]:
        """Connect and get under way. What did not go as it should."""
        self._ride, self._number = ride, 0
        self._driver = Witness(self._world, "dw", "/ws/driver/dw/")
        self._rider = Witness(self._world, "pw", f"/ws/ride/{ride}/")
        self._desk = Witness(self._world, "sw", "/ws/ops/")
        self._driver.says(type="location_update", id="l", **HERE)
        wrong = [*await self._expect(self._driver, "ack", but=("snapshot",))]
        self._rider.says(type="find_driver", **TRIP)
        wrong += await self._expect(self._driver, "ride_request")
        self._driver.says(type="accept_ride", ride_id=ride, driver_id="dw")
        wrong += await self._expect(self._driver, "ride_accepted")
        for said, heard in (("arrived", "driver_arrived"), ("start_ride", "ride_started")):
            self._driver.says(type=said, ride_id=ride)
            wrong += await self._expect(self._driver, heard)
        wrong += await self._expect(
            self._rider, "searching", "driver_assigned", "driver_arrived", "ride_started", but=("driver_location",)
        )
        return wrong

    def look(self) -> list[str]:
        """Ask all three for a sign of life, which a server gives at once. What is not as it should be."""
        wrong = [*self._look_at_board()]
        for each in (self._driver, self._rider):
            each.says(type="ping")
            heard = [*self._types(each, but=("driver_location",))]
            wrong += [f"a witness heard {heard} in the place of a pong"] if heard != ["pong"] else []
        return wrong

    async def end(self) -> list[str]:
        """The ride ends as it should."""
        self._driver.says(type="complete_ride", ride_id=self._ride)
        wrong = await self._expect(self._driver, "ride_completed")
        wrong += await self._expect(self._rider, "ride_completed", but=("driver_location",))
        for each in (self._driver, self._rider, self._desk):
            each.wire.hang_up()
        await self._world.settle()
        return wrong

    async def _expect(self, witness: Witness, *wanted: str, but: tuple[str, ...] = ()) -> list[str]:
        """These came and nothing else, whatever came of `but`."""
        heard: list[str] = []
        await self._world.settle(lambda: bool(heard.extend(self._types(witness, but))) or len(heard) >= len(wanted))
        return [] if tuple(heard) == wanted else [f"a witness heard {heard} in the place of {list(wanted)}"]

    @staticmethod
    def _types(witness: Witness, but: tuple[str, ...]) -> Iterator[str]:
        for told in witness.heard():
            if told["type"] not in but:
                yield told["type"] if told["type"] not in ("error", "ride_cancelled") else str(told)

    def _look_at_board(self) -> Iterator[str]:
        """A desk hears the town, and no number of it is left out."""
        self._desk.says(type="ping")
        for told in self._desk.heard():
            if "number" in told:
                if self._number and told["number"] != self._number + 1:
                    yield f"the desk heard number {told['number']} behind {self._number}"
                self._number = told["number"]
            elif told["type"] != "pong":
                yield f"the desk heard {told}"
