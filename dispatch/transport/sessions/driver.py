"""The driver's connection. Positions go to the position board; every other command goes to the driver's own actor.

A phone's clock may be wrong, and its positions may be late. The board judges each; an app that gave an `id` hears the verdict.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from dispatch import addresses
from dispatch.domain.places.positions import BELIEVED, NEWS, Verdict
from dispatch.errors import BadField, Forbidden
from dispatch.ids import DriverId
from dispatch.messages.commands import Request
from dispatch.messages.matching import DriverSeen
from dispatch.phones import identity
from dispatch.principals import Principal
from dispatch.timestamps import unix_time
from dispatch.transport import wire
from dispatch.transport.sessions.context import SessionContext
from dispatch.transport.sessions.frames import FOR_DRIVER
from dispatch.transport.sessions.session import IGNORED, OK, Handler, Link, Session, command_of, request_of
from dispatch.words import PositionVerdict

Positioned = wire.Position | wire.LocationUpdate
NOT_ACCURATE: Final = PositionVerdict.NOT_ACCURATE
NO_PLACE: Final = PositionVerdict.NO_PLACE


class DriverSession(Session):
    """Speaks for a driver's actor."""

    __slots__ = ("driver_id",)
    incoming = wire.FROM_DRIVER
    frames = FOR_DRIVER
    patient = (wire.Ping, wire.LocationUpdate)

    def __init__(self, context: SessionContext, number: int, principal: Principal, link: Link) -> None:
        self.driver_id = driver_id = DriverId(principal.id)
        super().__init__(context, number, principal, addresses.driver(driver_id), link)

    # -- where the driver is

    def _location_update(self, message: wire.LocationUpdate) -> None:
        """The most frequent frame of all. No mailbox is involved, except when the board knew no fresh position of the driver."""
        context = self._context
        lat, lon = message.latitude, message.longitude
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0 and (lat or lon)):
            raise _impossible(lat, lon)
        if message.driver_id is not None:
            self._require_own(message.driver_id)
        if message.recorded_at is None and message.accuracy_m is None and message.heading is None:
            verdict = context.board.report(self.driver_id, lat, lon, context.runtime.now)
        else:
            verdict = self._judge(message, *self._seconds((message,), ("recorded_at",)))
        if verdict == NEWS:
            self.is_seen(lat, lon)
        if message.id is not None:
            self._acknowledge(message, "" if verdict == NEWS else verdict)

    def _location_batch(self, message: wire.LocationBatch) -> None:
        """Judge each position as if it had come alone, at its own time."""
        self._require_own(message.driver_id)
        positions = message.positions
        times = self._seconds(positions, [f"positions[{number}].recorded_at" for number in range(len(positions))])
        verdicts = [self._judge(each, at) for each, at in zip(positions, times, strict=True)]
        if NEWS in verdicts:
            self.is_seen(positions[-1].latitude, positions[-1].longitude)
        if message.id is not None:
            ignored = Counter(verdict for verdict in verdicts if verdict not in (BELIEVED, NEWS))
            took = ignored.total() < len(verdicts)
            reason = None if took else verdicts[-1]
            self._send(wire.Ack(OK if took else IGNORED, message.id, reason, dict(ignored) or None))

    def _seconds(self, positions: Sequence[Positioned], fields: Sequence[str]) -> list[float]:
        """The Unix second of each position, as far as the phone's clock is known. Raises BadField, by the names in `fields`."""
        context = self._context
        now, texts = context.runtime.now, [position.recorded_at for position in positions]
        told = [unix_time(field, text) if text is not None else None for field, text in zip(fields, texts, strict=True)]
        recorded = [at for at in told if at is not None]
        if not recorded:
            return [now] * len(told)
        clock = context.board.clock_of(self.driver_id)
        clock.learn(max(recorded), now)
        return [clock.when(at, now) if at is not None else now for at in told]

    def _judge(self, position: Positioned, at: float) -> Verdict:
        """Report a position to the board, unless it is no place or too inaccurate."""
        context, lat, lon = self._context, position.latitude, position.longitude
        if not (lat or lon):
            context.counters.inaccurate += 1
            return NO_PLACE
        accuracy = position.accuracy_m
        if accuracy is not None and not 0.0 <= accuracy <= context.settings.gps_max_accuracy_m:
            context.counters.inaccurate += 1
            return NOT_ACCURATE
        return context.board.report_late(self.driver_id, lat, lon, at, context.runtime.now, _heading(position))

    def is_seen(self, lat: float, lon: float) -> None:
        """Tell the dispatcher that the board has a fresh position of this driver again."""
        zone = self._context.zones.zone_at(lat, lon)
        self._context.runtime.tell(addresses.dispatcher(zone), DriverSeen(self.driver_id))

    # -- what the driver says

    def _ask(self, message: wire.DriverMessage | wire.AcceptRide) -> Request:
        self._require_own(message.driver_id)
        return request_of(message, self.principal, command=command_of(message, self.driver_id))

    def _require_own(self, driver_id: str | None) -> None:
        """Raise Forbidden if a frame names another driver than the one who is connected."""
        if driver_id is None or driver_id == self.driver_id:
            return
        if identity(driver_id, self._context.settings.phone_region) != self.driver_id:
            self._context.counters.forbidden += 1
            raise Forbidden

    handlers: ClassVar[Mapping[type[wire.ClientMessage], Handler]] = {
        **dict.fromkeys(wire.DRIVER_FRAMES, _ask),
        wire.LocationUpdate: _location_update,
        wire.LocationBatch: _location_batch,
        wire.Ping: Session._ping,
        wire.Resume: Session._resume,
    }


def _heading(position: Positioned) -> float | None:
    """The heading in degrees; None: unknown. Phones send -1 if they do not know it."""
    heading = position.heading
    return heading if heading is None or heading >= 0.0 else None


def _impossible(lat: float, lon: float) -> BadField:
    """The error of a place off the globe, or of 0, 0, which phones send if they do not know where they are."""
    if not -90.0 <= lat <= 90.0:
        return BadField("latitude", f"latitude must be from -90 to 90, got {lat}")
    if not -180.0 <= lon <= 180.0:
        return BadField("longitude", f"longitude must be from -180 to 180, got {lon}")
    return BadField("latitude", "latitude and longitude must be a place, got 0, 0: the phone does not know where it is")
