"""Files that an older version left, and today's server on one of them: its real parts on virtual time, from that moment on."""

import tarfile
from pathlib import Path
from typing import Any

import msgspec

from dispatch import principals
from dispatch.addresses import JOURNAL, PAYMENTS
from dispatch.assembly import assemble, recover
from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId, RideId
from dispatch.messages.journal import Append, Appended
from dispatch.providers.payment import VirtualPayments
from dispatch.runtime import VirtualRuntime
from dispatch.storage.health.startup_check import require_sound
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.log.restart import mark_all_disconnected
from dispatch.transport.sessions.gateway import Gateway
from dispatch.transport.sessions.memory import MemoryLink
from dispatch.transport.sessions.session import Session

FOLDER = Path(__file__).parent.parent / "data" / "files-0.1.0"
SOUND = ("a-day", "open-searches", "reserved-driver", "scheduled-ride", "unsettled-charge")
CONTRADICTING = "two-servers"
ANN, BEN, EVE, MIA = (DriverId(f"2783000000{number}") for number in range(1, 5))
"""Who drives in them, see `make.py` beside them."""


def old_file(name: str, folder: Path) -> Path:
    """The database, and what lies beside it, as the killed server left them."""
    with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "rides.db"


class Served:
    """A start on this file a second after its last event, and apps that come then. Times are seconds since."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.settings = Settings(**{"explain_candidates": 0, **settings})
        opened = Writer(path, "off")
        (newest,) = opened.db.execute("SELECT max(at) FROM events").fetchone()
        opened.close()
        self.start_at = round(newest + 1.0, 6)
        self.writer = Writer(path, "off")
        require_sound(self.writer.db, path)
        mark_all_disconnected(self.writer, self.start_at)
        self.store = Reader(path)
        self.runtime = VirtualRuntime(1, start_at=self.start_at)
        self.runtime.sink(JOURNAL, self)
        self.payments = VirtualPayments(self.runtime)
        self.runtime.sink(PAYMENTS, self.payments)
        zone = assemble(self.settings, self.runtime, self.store, travel=TravelModel(), make_policy=None)
        recover(self.runtime, self.store)
        self.gateway = zone.gateway

    def deliver(self, append: Append) -> None:
        """The journal."""
        self.writer.write([append])
        self.runtime.tell(append.reply_to, Appended(append.incarnation, append.through))

    def run(self, until: float) -> None:
        """Let time pass until so many seconds after the start."""
        self.runtime.run(self.start_at + until)

    def driver(self, name: DriverId) -> "App":
        """The driver's app comes, and is at the pickup."""
        app = App()
        app.join(self.gateway, self.gateway.driver_session(principals.driver(name), app.link.server_end))
        app.says("location_update", latitude=-26.2041, longitude=28.0473)
        return app

    def passenger(self, ride: str) -> "App":
        """The app of whoever booked this comes."""
        app = App()
        app.join(
            self.gateway,
            self.gateway.passenger_session(principals.passenger_of(RideId(ride)), RideId(ride), app.link.server_end),
        )
        return app

    def close(self) -> None:
        """The file is let go."""
        self.store.close()
        self.writer.close()


class App:
    """What it hears, and its line."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.link = MemoryLink(lambda code: None)

    def join(self, gateway: Gateway, session: Session) -> None:
        """Connect."""
        self.link.join(gateway, session, self.frames.append, msgspec.json.decode)

    def says(self, frame_type: str, **fields: Any) -> None:
        """One frame."""
        self.link.send({"type": frame_type, **fields})  # type: ignore[arg-type]

    def last(self, frame_type: str) -> dict[str, Any]:
        """The latest frame of this type. Raises IndexError where there was none."""
        return [frame for frame in self.frames if frame["type"] == frame_type][-1]
