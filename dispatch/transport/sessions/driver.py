"""The driver's connection. Positions go to the zone in which they lie; every other command goes to the driver's own actor.

A phone's clock may be wrong, and its positions may be late. The zone judges each; an app that gave an `id` hears the verdict.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from dispatch import addresses
from dispatch.domain.places.positions import BELIEVED, NEWS, Judgement
from dispatch.errors import BadField, Forbidden
from dispatch.ids import DriverId, Number
from dispatch.messages.commands import Request
from dispatch.messages.matching import DriverAt, PositionsJudged, ReportPositions, Seen
from dispatch.phones import identity
from dispatch.principals import Principal
from dispatch.timestamps import unix_time
from dispatch.transport import wire
from dispatch.transport.sessions.context import SessionContext
from dispatch.transport.sessions.frames import FOR_DRIVER, Frames, MakeFrame
from dispatch.transport.sessions.session import IGNORED, OK, FrameHandler, Link, Session, command_of, request_of
from dispatch.words import PositionVerdict

Positioned = wire.Position | wire.LocationUpdate
NOT_ACCURATE: Final = PositionVerdict.NOT_ACCURATE
NO_PLACE: Final = PositionVerdict.NO_PLACE


def _as_ack(_: Frames, judged: PositionsJudged) -> wire.Ack:
    """Positions take effect if one of them does; the reason why they do not is that of the last."""
    ignored = Counter(verdict for verdict in judged.verdicts if verdict not in (BELIEVED, NEWS))
    took = ignored.total() < len(judged.verdicts)
    counts = dict(ignored) if judged.is_batch and ignored else None
    return wire.Ack(OK if took else IGNORED, judged.id, None if took else judged.verdicts[-1], counts)


class DriverSession(Session):
    """Speaks for a driver's actor."""

    __slots__ = ("_own_names", "driver_id", "known_as")
    incoming = wire.FROM_DRIVER
    frames: ClassVar[Mapping[type, MakeFrame]] = {**FOR_DRIVER, PositionsJudged: _as_ack}
    patient = (wire.Ping, wire.LocationUpdate)

    def __init__(self, context: SessionContext, number: Number, principal: Principal, link: Link) -> None:
        self.driver_id = driver_id = DriverId(principal.id)
        self.known_as: str = driver_id
        """What the path calls the driver: the id, or a phone number."""
        self._own_names: tuple[str, ...] = (driver_id,)
        super().__init__(context, number, principal, addresses.driver(driver_id), link)

    # -- where the driver is

    def _location_update(self, message: wire.LocationUpdate) -> None:
        """The most frequent frame of all. No mailbox is involved, except where the zone knew no fresh position."""
        context = self._context
        lat, lon = message.latitude, message.longitude
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0 and (lat or lon)):
            raise _impossible(lat, lon)
        if message.driver_id is not None:
            self._require_own(message.driver_id)
        if (
            message.recorded_at is None
            and message.accuracy_m is None
            and message.heading is None
            and message.id is None
        ):
            runtime = context.runtime
            runtime.tell(context.positions_at(lat, lon), DriverAt(self.driver_id, lat, lon, runtime.now))
        else:
            self._report((self._seen(message, *self._seconds((message,), ("recorded_at",))),), message)

    def _location_batch(self, message: wire.LocationBatch) -> None:
        """Positions that a phone kept: each is judged as if it had come alone, at its own time."""
        self._require_own(message.driver_id)
        positions = message.positions
        times = self._seconds(positions, [f"positions[{number}].recorded_at" for number in range(len(positions))])
        self._report(tuple(map(self._seen, positions, times)), message)

    def _report(self, seen: tuple[Seen | Judgement, ...], message: wire.LocationUpdate | wire.LocationBatch) -> None:
        """Report to the zone of the last position. An app that gave an `id` hears what became of them."""
        is_batch, places = type(message) is wire.LocationBatch, [each for each in seen if not isinstance(each, str)]
        if places:
            reply_to, frame_id = (self.address, message.id) if message.id is not None else (None, "")
            report = ReportPositions(self.driver_id, seen, reply_to, frame_id, is_batch)
            self._context.runtime.tell(self._context.positions_at(*places[-1][:2]), report, reply_to)
        elif message.id is not None:
            self.deliver(PositionsJudged(message.id, tuple(map(str, seen)), is_batch))

    def _seconds(self, positions: Sequence[Positioned], fields: Sequence[str]) -> list[float]:
        """The Unix second of each position, as far as the phone's clock is known. Raises BadField, by the names in `fields`."""
        context = self._context
        now, texts = context.runtime.now, [position.recorded_at for position in positions]
        told = [unix_time(field, text) if text is not None else None for field, text in zip(fields, texts, strict=True)]
        recorded = [at for at in told if at is not None]
        if not recorded:
            return [now] * len(told)
        clock = context.clock_of(self.driver_id)
        clock.learn(max(recorded), now)
        return [clock.when(at, now) if at is not None else now for at in told]

    def _seen(self, position: Positioned, at: float) -> Seen | Judgement:
        """A position as a zone is told it, or why nobody is: it is no place, or too inaccurate."""
        context, lat, lon, accuracy = self._context, position.latitude, position.longitude, position.accuracy_m
        if not (lat or lon):
            context.counters.inaccurate += 1
            return NO_PLACE
        if accuracy is not None and not 0.0 <= accuracy <= context.settings.gps_max_accuracy_m:
            context.counters.inaccurate += 1
            return NOT_ACCURATE
        return lat, lon, at, _heading(position)

    def _is_needed(self) -> bool:
        return self._context.on_file.has_ride(self.driver_id)

    # -- what the driver says

    def _ask(self, message: wire.DriverMessage | wire.AcceptRide) -> Request:
        self._require_own(message.driver_id)
        return request_of(message, self.principal, command=command_of(message, self.driver_id))

    def _require_own(self, driver_id: str | None) -> None:
        """Raise Forbidden if a frame names another driver than the one who is connected."""
        if driver_id is None or driver_id in self._own_names:
            return
        named = identity(driver_id, self._context.settings.phone_region)
        if named != self.known_as and self._context.on_file.id_of(named) != self.driver_id:
            self._context.counters.forbidden += 1
            raise Forbidden
        self._own_names = (self.driver_id, driver_id)  # an app writes it the same way in every frame

    handlers: ClassVar[Mapping[type[wire.ClientMessage], FrameHandler]] = {
        **dict.fromkeys(wire.DRIVER_FRAMES, _ask),
        wire.LocationUpdate: _location_update,
        wire.LocationBatch: _location_batch,
        wire.Authenticate: Session._authenticate,
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
