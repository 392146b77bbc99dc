"""What staff may do to a ride that is booked: offer it to one driver, take it from its driver, change its fare. Pure."""

from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.domain.ride.journey import NO_SUCH_RIDE, NOTHING
from dispatch.domain.ride.record import (
    ACCEPTED,
    PENDING,
    UNBOOKED,
    WITH_DRIVER,
    Decision,
    Refusal,
    RideRecord,
    RideRules,
)
from dispatch.errors import IllegalTransition
from dispatch.messages.commands import AssignRide, ChangeFare, ReassignRide
from dispatch.messages.events import FareChanged, RideRequested, RideUnassigned
from dispatch.words import Party, RefusalCode, RideStatus


def assign(ride: RideRecord, message: AssignRide, now: float, rules: RideRules) -> Decision:
    """Nothing happens to the ride itself: its dispatcher asks the driver, if the ride looks for one. Only managers bind."""
    if message.bind and not message.principal.is_manager:
        return Decision(refusal=Refusal(RefusalCode.FORBIDDEN, "only a manager may bind a driver"))
    return _illegal("assign", ride) if ride.status != PENDING else NOTHING


def reassign(ride: RideRecord, message: ReassignRide, now: float, rules: RideRules) -> Decision:
    """The ride loses its driver and is searched for from now on, however often that happened before."""
    if ride.status != ACCEPTED:
        return _illegal("offer anew", ride)
    assert ride.driver is not None and ride.passenger is not None and ride.trip is not None
    driver_id, search_no = ride.driver.driver_id, ride.search_no + 1
    lost = RideUnassigned(ride.ride_id, driver_id, search_no, Party.OPS, message.reason, now)
    claim = ride.asked if ride.asked != ride.trip else None
    terms = (None, ride.price, claim, ride.quote_id, False, ride.known, ride.zone, ride.booked_by, ride.body)
    since = max(now, ride.pickup_at or 0.0)
    again = RideRequested(ride.ride_id, search_no + 1, ride.passenger, ride.trip, since, ride.pickup_at, *terms)
    return Decision((lost, again))


def change_fare(ride: RideRecord, message: ChangeFare, now: float, rules: RideRules) -> Decision:
    """Another fare, while somebody has the ride: both sides are told. Only managers do that."""
    if not message.principal.is_manager:
        return Decision(refusal=Refusal(RefusalCode.FORBIDDEN, "only a manager may change a fare"))
    if ride.status not in WITH_DRIVER:
        return _illegal("change the fare of", ride)
    minor = rounded(in_minor(message.fare, ride.price.fare.digits)) if ride.price is not None else None
    fare = minor / 10**ride.price.fare.digits if ride.price is not None and minor is not None else message.fare
    return Decision((FareChanged(ride.ride_id, fare, message.reason, message.principal.id, now, minor),))


def _illegal(verb: str, ride: RideRecord) -> Decision:
    if ride.status == UNBOOKED:
        return NO_SUCH_RIDE
    return Decision(refusal=Refusal(IllegalTransition.code, f"cannot {verb} a ride that is {RideStatus(ride.status)}"))
