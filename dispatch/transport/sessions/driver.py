"""The driver's connection. Positions go straight to the board; all else to the driver's own actor.

A phone's clock may be wrong and its positions late: the board says what it makes of each, and an app that gave an `id` hears it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from dispatch import addresses, principals
from dispatch.domain.places.positions import BELIEVED, NEWS, Verdict
from dispatch.errors import BadField, Forbidden
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages import commands
from dispatch.messages.base import Command
from dispatch.messages.matching import DriverSeen
from dispatch.phones import identity
from dispatch.transport import wire
from dispatch.transport.sessions.frames import FOR_DRIVER
from dispatch.transport.sessions.limits import TokenBucket
from dispatch.transport.sessions.session import A_MINUTE_S, Handlers, Link, Session

if TYPE_CHECKING:
    from dispatch.transport.sessions.gateway import Gateway

Positioned = wire.Position | wire.LocationUpdate
NOT_ACCURATE: Final[Verdict] = "not_accurate"
NO_PLACE: Final[Verdict] = "no_place"


class DriverSession(Session):
    """Frames of the driver's app to the driver's actor, its notices back."""

    __slots__ = ("_kept", "driver_id")
    incoming = wire.FROM_DRIVER
    frames = FOR_DRIVER
    patient = (wire.Ping, wire.LocationUpdate)

    def __init__(self, gateway: Gateway, number: int, driver_id: DriverId, link: Link) -> None:
        super().__init__(gateway, number, principals.driver(driver_id), addresses.driver(driver_id), link)
        self.driver_id = driver_id
        self._kept: TokenBucket | None = None

    # -- where the driver is

    def _location_update(self, message: wire.LocationUpdate) -> None:
        """The hot path of the whole server: no mailbox, and a message only for a driver who was not known before."""
        gateway = self._gateway
        lat, lon = message.latitude, message.longitude
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0 and (lat or lon)):
            raise _impossible(lat, lon)
        if message.driver_id is not None:
            self._require_own(message.driver_id)
        if message.recorded_at is None and message.accuracy_m is None and message.heading is None:
            verdict = gateway.board.report(self.driver_id, lat, lon, gateway.runtime.now)
        else:
            verdict = self._judge(message, *self._seconds((message,), ("recorded_at",)))
        if verdict == NEWS:
            self._is_seen(lat, lon)
        if message.id is not None:
            self._acknowledge(message, "" if verdict == NEWS else verdict)

    def _location_batch(self, message: wire.LocationBatch) -> None:
        """Each is judged as if it had come alone, at its own time."""
        self._require_own(message.driver_id)
        positions = message.positions
        times = self._seconds(positions, [f"positions[{number}].recorded_at" for number in range(len(positions))])
        verdicts = [self._judge(each, at) for each, at in zip(positions, times, strict=True)]
        if NEWS in verdicts:
            self._is_seen(positions[-1].latitude, positions[-1].longitude)
        if message.id is not None:
            ignored = Counter(verdict for verdict in verdicts if verdict not in (BELIEVED, NEWS))
            took = ignored.total() < len(verdicts)
            reason = None if took else verdicts[-1]
            self._send(wire.Ack("ok" if took else "ignored", message.id, reason, dict(ignored) or None))

    def _seconds(self, positions: Sequence[Positioned], fields: Sequence[str]) -> list[float]:
        """The runtime second of each position, as far as the phone's clock is known. Raises BadField, by the names in `fields`."""
        gateway = self._gateway
        now, texts = gateway.runtime.now, [position.recorded_at for position in positions]
        told = [
            self._runtime_second(field, text) if text is not None else None
            for field, text in zip(fields, texts, strict=True)
        ]
        recorded = [at for at in told if at is not None]
        if not recorded:
            return [now] * len(told)
        clock = gateway.board.clock_of(self.driver_id)
        clock.learn(max(recorded), now)
        return [clock.when(at, now) if at is not None else now for at in told]

    def _judge(self, position: Positioned, at: float) -> Verdict:
        """Report it, unless it cannot be one."""
        gateway, lat, lon = self._gateway, position.latitude, position.longitude
        if not (lat or lon):
            gateway.counters.inaccurate += 1
            return NO_PLACE
        accuracy = position.accuracy_m
        if accuracy is not None and not 0.0 <= accuracy <= gateway.limits.max_accuracy_m:
            gateway.counters.inaccurate += 1
            return NOT_ACCURATE
        return gateway.board.report_late(self.driver_id, lat, lon, at, gateway.runtime.now, _heading(position))

    def _has_reserve(self, message: wire.ClientMessage, now: float) -> bool:
        """After a tunnel the positions of a while come at once, and all of them count."""
        most = self._gateway.limits.kept_positions
        if type(message) is not wire.LocationUpdate or not most:
            return False
        if self._kept is None:
            self._kept = TokenBucket(most / A_MINUTE_S, most)
        return self._kept.take(now)

    def report(self, lat: float, lon: float) -> None:
        """A place as it is, without a frame: of a phone in memory that keeps its cadence."""
        if not self.ended:
            gateway = self._gateway
            self.last_heard = now = gateway.runtime.now
            if gateway.board.report(self.driver_id, lat, lon, now) == NEWS:
                self._is_seen(lat, lon)

    def _is_seen(self, lat: float, lon: float) -> None:
        """No fresh position of this driver was known."""
        zone = addresses.zone_of(lat, lon)
        self._gateway.runtime.tell(addresses.dispatcher(zone), DriverSeen(self.driver_id))

    # -- what the driver says

    def _accept_ride(self, message: wire.AcceptRide) -> None:
        self._require_own(message.driver_id)
        offer_id = _offer_id(message.offer_id)
        self._tell(commands.AcceptOffer(self.principal, RideId(message.ride_id), offer_id, self._command_of(message)))

    def _decline_ride(self, message: wire.DeclineRide) -> None:
        self._require_own(message.driver_id)
        offer_id = _offer_id(message.offer_id)
        reason = message.reason or ""
        self._tell(
            commands.DeclineOffer(self.principal, RideId(message.ride_id), offer_id, reason, self._command_of(message))
        )

    def _set_availability(self, message: wire.SetAvailability) -> None:
        self._require_own(message.driver_id)
        self._tell(commands.SetAvailability(self.principal, message.available, self._command_of(message)))

    def _start_ride(self, message: wire.StartRide) -> None:
        self._require_own(message.driver_id)
        pin = (message.pin or "").strip()
        self._tell(commands.StartRide(self.principal, RideId(message.ride_id), self._command_of(message), pin))

    def _report_step(self, message: wire.Arrived | wire.CompleteRide | wire.NoShow) -> None:
        self._require_own(message.driver_id)
        step = _STEPS[type(message)]
        self._tell(step(self.principal, RideId(message.ride_id), self._command_of(message)))

    def _cancel_ride(self, message: wire.DriverCancelRide) -> None:
        self._require_own(message.driver_id)
        ride_id, reason = RideId(message.ride_id), message.reason or ""
        self._tell(commands.CancelRide(self.principal, ride_id, reason, self._command_of(message)))

    def _command_of(self, message: wire.ClientMessage) -> Command | None:
        command = super()._command_of(message)
        return command and Command(command.id, command.fingerprint, self.driver_id)

    def _rate_passenger(self, message: wire.RatePassenger) -> None:
        self._require_own(message.driver_id)
        ride_id, comment = RideId(message.ride_id), message.comment or ""
        self._tell(commands.RateRide(self.principal, ride_id, message.rating, comment, self._command_of(message)))

    def _require_own(self, driver_id: str | None) -> None:
        """Who speaks is known already; a frame that says otherwise is refused whole."""
        if driver_id is None or driver_id == self.driver_id:
            return
        if identity(driver_id, self._gateway.limits.phone_region) != self.driver_id:
            self._gateway.counters.forbidden += 1
            raise Forbidden

    handlers: ClassVar[Handlers] = {
        wire.LocationUpdate: _location_update,
        wire.LocationBatch: _location_batch,
        wire.AcceptRide: _accept_ride,
        wire.DeclineRide: _decline_ride,
        wire.SetAvailability: _set_availability,
        wire.Arrived: _report_step,
        wire.StartRide: _start_ride,
        wire.CompleteRide: _report_step,
        wire.NoShow: _report_step,
        wire.DriverCancelRide: _cancel_ride,
        wire.RatePassenger: _rate_passenger,
        wire.Ping: Session._ping,
        wire.Resume: Session._resume,
    }


_STEPS: dict[type[wire.ClientMessage], type[commands.ReportArrived | commands.CompleteRide | commands.ReportNoShow]] = {
    wire.Arrived: commands.ReportArrived,
    wire.CompleteRide: commands.CompleteRide,
    wire.NoShow: commands.ReportNoShow,
}


def _heading(position: Positioned) -> float | None:
    """Where the driver looks; phones say -1 where they do not know."""
    heading = position.heading
    return heading if heading is None or heading >= 0.0 else None


def _offer_id(text: str | None) -> OfferId | None:
    return OfferId(text) if text is not None else None


def _impossible(lat: float, lon: float) -> BadField:
    """Where nobody can be, and where phones say they are when they do not know: 0, 0."""
    if not -90.0 <= lat <= 90.0:
        return BadField("latitude", f"latitude must be from -90 to 90, got {lat}")
    if not -180.0 <= lon <= 180.0:
        return BadField("longitude", f"longitude must be from -180 to 180, got {lon}")
    return BadField("latitude", "latitude and longitude must be a place, got 0, 0: the phone does not know where it is")
