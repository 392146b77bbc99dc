"""Makes a frame of a notice: the wire's names, units and times. Sessions call it; it sends nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from dispatch.config import Settings
from dispatch.messages import notices
from dispatch.runtime import Runtime
from dispatch.timestamps import rfc3339
from dispatch.transport import wire
from dispatch.values import CASH, CancelTerms, DriverCard, RideCard, Trip, WaitTerms, as_said


class Frames:
    """Makes the frames of all notices. All sessions share one, because the offers of a round share most of their fields."""

    def __init__(
        self,
        runtime: Runtime,
        settings: Settings,
        currency_digits: int,
    ) -> None:
        """The arguments are those of `SessionContext`."""
        self._currency = settings.currency or None
        self._minor_units = int(10**currency_digits)
        self._clock = runtime
        self._deadline = (-1.0, "")
        self._waits: tuple[WaitTerms | None, float, dict[str, Any]] = (None, 0.0, {})
        self._request: tuple[RideCard, wire.RideRequest] | None = None

    # -- to the passenger

    def as_it_is(self, notice: Any) -> wire.ServerMessage:
        """It is the frame already."""
        frame: wire.ServerMessage = notice
        return frame

    def searching(self, notice: notices.Searching) -> wire.Searching:
        """A round opened."""
        at, told = float(notice.expires_at), {}
        if notice.search_expires_at is not None:
            search_at = float(notice.search_expires_at)
            told = {"search_expires_at": rfc3339(search_at), "search_ttl_ms": self._ttl_ms(search_at)}
        return replace(notice, currency=self._currency, expires_at=self._moment(at), ttl_ms=self._ttl_ms(at), **told)

    def driver_assigned(self, notice: notices.DriverAssigned) -> wire.DriverAssigned:
        """Who comes."""
        return wire.DriverAssigned(
            ride_id=notice.ride_id,
            **_driver_fields(notice.driver),
            driver_latitude=notice.lat,
            driver_longitude=notice.lon,
            eta_s=_whole(notice.eta_s),
            distance_m=_whole(notice.distance_m),
            start_pin=notice.pin or None,
            **self._cancel_fields(notice.cancel),
            seq=notice.seq,
            epoch=notice.epoch,
        )

    def passenger_snapshot(self, notice: notices.PassengerSnapshot) -> wire.PassengerSnapshot:
        """The whole ride."""
        lat, lon, distance_m, eta_s = notice.way
        return wire.PassengerSnapshot(
            ride_id=notice.ride_id,
            status=notice.status,
            fare=notice.fare,
            currency=self._currency if notice.fare is not None else None,
            **(_driver_fields(notice.driver) if notice.driver is not None else {}),
            driver_latitude=lat,
            driver_longitude=lon,
            eta_s=_whole(eta_s),
            distance_m=_whole(distance_m),
            start_pin=notice.pin or None,
            pickup_at=self._time(notice.pickup_at),
            payment_status=notice.payment_status or None,
            **{**_trip_fields(notice.trip), **self._end_fields(notice.end)},
            **self._cancel_fields(notice.terms.cancel),
            **self._wait_fields(notice.terms.waiting),
            recovered=notice.recovered,
            seq=notice.seq,
            epoch=notice.epoch,
        )

    # -- to the driver

    def ride_request(self, notice: notices.OfferMade) -> wire.RideRequest:
        """The most frequent frame. Copied from the one before if that was about the same ride."""
        known, lease, expires_at = self._request, notice.lease, notice.lease.expires_at
        if known is None or known[0] is not notice.ride:
            known = self._request = (notice.ride, self._request_of(notice.ride))
        if self._deadline[0] != expires_at:
            self._moment(expires_at)
        return replace(
            known[1],
            offer_id=lease.offer_id,
            round=lease.round_no,
            expires_at=self._deadline[1],
            ttl_ms=max(0, round((expires_at - self._clock.now) * 1000.0)),
            pickup_distance_m=round(lease.pickup_distance_m),
            pickup_eta_s=round(notice.pickup_eta_s),
            seq=notice.seq,
            epoch=notice.epoch,
        )

    def ride_accepted(self, notice: notices.RideAccepted) -> wire.RideAccepted:
        """It is yours."""
        return wire.RideAccepted(**self._ride_fields(notice.ride), seq=notice.seq, epoch=notice.epoch)

    def document_expiring(self, notice: notices.DocumentExpiring) -> wire.DocumentExpiring:
        """A document ends soon."""
        at = float(notice.expires_at)
        return replace(notice, expires_at=rfc3339(at), ttl_ms=self._ttl_ms(at))

    def driver_snapshot(self, notice: notices.DriverSnapshot) -> wire.DriverSnapshot:
        """The driver's open offer and ride."""
        current = None
        if notice.ride is not None:
            waits = self._wait_fields(notice.waiting)
            current = wire.CurrentRide(
                **self._ride_fields(notice.ride), **waits, status=notice.ride_status or "accepted"
            )
        return wire.DriverSnapshot(
            status=notice.status,
            offer=self.ride_request(notice.offer) if notice.offer is not None else None,
            ride=current,
            recovered=notice.recovered,
            seq=notice.seq,
            epoch=notice.epoch,
        )

    # -- to both

    def progress(self, notice: notices.RideProgress) -> wire.ServerMessage:
        """A step of the ride."""
        if notice.status == "completed":
            return wire.RideCompleted(
                ride_id=notice.ride_id,
                fare=notice.fare,
                currency=self._currency,
                distance_km=notice.distance_km,
                duration_minutes=as_said(notice.duration_min),
                driven_km=_driven_km(notice),
                breakdown=notice.price.breakdown if notice.price is not None else None,
                payment_status=notice.payment_status or CASH,
                fare_by_agreement=notice.by_agreement,
                seq=notice.seq,
                epoch=notice.epoch,
            )
        if notice.status == "in_progress":
            return wire.RideStarted(ride_id=notice.ride_id, seq=notice.seq, epoch=notice.epoch)
        return wire.DriverArrived(
            ride_id=notice.ride_id,
            **self._wait_fields(notice.waiting),
            **self._cancel_fields(notice.cancel),
            seq=notice.seq,
            epoch=notice.epoch,
        )

    def fare_news(self, notice: notices.FareNews) -> wire.FareNews:
        """The fare is another one."""
        return replace(notice, currency=self._currency)

    def ride_ended(self, notice: notices.RideEnded) -> wire.RideEnded:
        """Over before its end."""
        currency = self._currency if notice.fee else None
        return replace(notice, fee=as_said(notice.fee / self._minor_units), currency=currency)

    # -- parts

    def _request_of(self, card: RideCard) -> wire.RideRequest:
        """What every offer of this ride says; the rest is filled in for each."""
        fields = self._ride_fields(card)
        del fields["pin_required"]
        return wire.RideRequest(
            **fields,
            offer_id="",
            round=0,
            expires_at="",
            ttl_ms=0,
            pickup_distance_m=0,
            pickup_eta_s=0,
            seq=0,
            epoch="",
        )

    def _ride_fields(self, card: RideCard) -> dict[str, Any]:
        trip = card.trip
        return {
            "ride_id": card.ride_id,
            "passenger_name": card.passenger.name,
            "passenger_phone": card.passenger.phone,
            **_way_fields(trip),
            "distance": trip.distance_km,
            "fare": trip.fare,
            "currency": self._currency,
            "fare_by_agreement": trip.by_agreement,
            "estimated_duration": as_said(trip.duration_min),
            "vehicle_type": trip.vehicle_type or None,
            "note": trip.note or None,
            "pin_required": trip.pin,
            "pickup_at": self._time(card.pickup_at),
            "payment_method": trip.payment_method or None,
        }

    def _cancel_fields(self, terms: CancelTerms | None) -> dict[str, Any]:
        if terms is None:
            return {}
        if terms.free_until is None:
            return {"cancel_fee": as_said(terms.fee)}
        return {
            "cancel_fee": as_said(terms.fee),
            "cancel_free_until": rfc3339(terms.free_until),
            "cancel_free_ttl_ms": self._ttl_ms(terms.free_until),
        }

    def _wait_fields(self, terms: WaitTerms | None) -> dict[str, Any]:
        if terms is None:
            return {}
        told, now = self._waits, self._clock.now
        if told[0] is terms and told[1] == now:  # passenger and driver hear the same
            return told[2]
        fields = {
            "waiting_free_until": rfc3339(terms.free_until),
            "waiting_free_ttl_ms": self._ttl_ms(terms.free_until),
            "waiting_per_minute": as_said(terms.per_minute),
            "no_show_at": rfc3339(terms.no_show_at),
            "no_show_ttl_ms": self._ttl_ms(terms.no_show_at),
            "no_show_fee": as_said(terms.no_show_fee),
        }
        self._waits = terms, now, fields
        return fields

    def _end_fields(self, end: notices.RideProgress | notices.RideEnded | None) -> dict[str, Any]:
        """How a ride ended, for a snapshot."""
        if end is None:
            return {}
        if isinstance(end, notices.RideEnded):
            return {"by": end.by, "reason": end.reason, "fee": as_said(end.fee / self._minor_units)}
        return {
            "duration_minutes": as_said(end.duration_min),
            "driven_km": _driven_km(end),
            "breakdown": end.price.breakdown if end.price is not None else None,
        }

    def _time(self, at: float | None) -> str | None:
        """Unix second `at` as an RFC 3339 time, if there is one."""
        return rfc3339(at) if at is not None else None

    def _moment(self, at: float) -> str:
        """Unix second `at` as an RFC 3339 time. The last one is kept: a round has one deadline for all."""
        if self._deadline[0] != at:
            self._deadline = (at, rfc3339(at))
        return self._deadline[1]

    def _ttl_ms(self, at: float) -> int:
        return max(0, round((at - self._clock.now) * 1000.0))


MakeFrame = Callable[[Frames, Any], wire.ServerMessage]
FOR_BOTH: dict[type, MakeFrame] = {
    notices.RideProgress: Frames.progress,
    notices.PaymentChanged: Frames.as_it_is,
    notices.FareNews: Frames.fare_news,
    notices.NoteNews: Frames.as_it_is,
    notices.RideEnded: Frames.ride_ended,
    notices.Ack: Frames.as_it_is,
    notices.Refused: Frames.as_it_is,
}
FOR_PASSENGER: dict[type, MakeFrame] = {
    **FOR_BOTH,
    notices.Searching: Frames.searching,
    notices.DriverAssigned: Frames.driver_assigned,
    notices.DriverLocation: Frames.as_it_is,
    notices.DriverUnreachable: Frames.as_it_is,
    notices.DriverCancelled: Frames.as_it_is,
    notices.NoDrivers: Frames.as_it_is,
    notices.PassengerSnapshot: Frames.passenger_snapshot,
}
FOR_DRIVER: dict[type, MakeFrame] = {
    **FOR_BOTH,
    notices.OfferMade: Frames.ride_request,
    notices.OfferClosed: Frames.as_it_is,
    notices.RideAccepted: Frames.ride_accepted,
    notices.DriverWarned: Frames.as_it_is,
    notices.NoOffers: Frames.as_it_is,
    notices.DocumentExpiring: Frames.document_expiring,
    notices.DriverSnapshot: Frames.driver_snapshot,
}


def _driven_km(end: notices.RideProgress) -> float | None:
    return round(end.driven_m / 1000.0, 3) if end.driven_m is not None else None


def _trip_fields(trip: Trip | None) -> dict[str, Any]:
    """The way of a ride, for a snapshot."""
    if trip is None:
        return {}
    agreed = {"fare_by_agreement": trip.by_agreement}
    return {
        **_way_fields(trip),
        **agreed,
        "distance_km": trip.distance_km,
        "duration_minutes": as_said(trip.duration_min),
    }


def _way_fields(trip: Trip) -> dict[str, Any]:
    pickup, dropoff = trip.pickup, trip.dropoff
    return {
        "pickup_address": pickup.address,
        "dropoff_address": dropoff.address,
        "pickup_latitude": pickup.lat,
        "pickup_longitude": pickup.lon,
        "dropoff_latitude": dropoff.lat,
        "dropoff_longitude": dropoff.lon,
    }


def _whole(number: float | None) -> int | None:
    return round(number) if number is not None else None


def _driver_fields(card: DriverCard) -> dict[str, Any]:
    return {
        "driver_id": card.driver_id.removeprefix("+"),
        "driver_name": card.name,
        "driver_phone": card.phone,
        "driver_rating": card.rating,
        "vehicle_type": card.vehicle_type,
        "vehicle_registration": card.vehicle_registration,
    }
