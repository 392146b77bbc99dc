"""What a ride's passenger and driver owe each other in time and money: free cancelling, waiting, fees, the final price, charges.

What both were told at the arrival is on record and holds, even if the settings change before the passenger gets in. Times are Unix
seconds; fees are minor units of the currency, and the tariff says how high they are.
"""

from collections.abc import Callable
from typing import Final

from dispatch.domain.pricing.money import in_minor, rounded
from dispatch.domain.pricing.tariff import Tariff
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, CHARGED, MAY_CANCEL, Decision, RideRecord, RideRules
from dispatch.messages.events import ChargeDeclined, ChargeRequested, ChargeSettled
from dispatch.messages.providers import FareCollected, FareDeclined
from dispatch.values import CARD, CLOCK_SLACK_S, CancelTerms, Money, Price, RideTerms, WaitTerms
from dispatch.words import Party

FREE: Final = CancelTerms(0.0)

# -- time


def cancels_free(ride: RideRecord, now: float, rules: RideRules) -> bool:
    """Whether the passenger may leave this ride at `now` without a fee."""
    if ride.status not in (ACCEPTED, ARRIVED) or ride.assigned_at is None:
        return True
    return now - ride.assigned_at <= rules.free_cancel_s + CLOCK_SLACK_S or driver_is_late(ride, now, rules)


def driver_is_late(ride: RideRecord, now: float, rules: RideRules) -> bool:
    """Whether the driver came, or has not come by `now`, at least `driver_late_s` later than the passenger was told."""
    if ride.assigned_at is None or ride.told_eta_s is None:
        return False
    came = ride.arrived_at if ride.arrived_at is not None else now
    expected = max(ride.assigned_at + ride.told_eta_s, ride.pickup_at or 0.0)
    return came - expected >= rules.driver_late_s - CLOCK_SLACK_S


def waits_until(arrived_at: float, pickup_at: float | None, rules: RideRules) -> tuple[float, float]:
    """Until when waiting is free, and when the driver may leave. A driver who came early waits since the time that was booked."""
    since = max(arrived_at, pickup_at or 0.0)
    return since + rules.free_wait_s, since + rules.no_show_s


def told_waits(ride: RideRecord, rules: RideRules) -> tuple[float, float]:
    """The same, as both were told when the driver of this ride arrived."""
    assert ride.arrived_at is not None
    if ride.free_wait_ends_at is None or ride.no_show_at is None:  # recorded by a version that did not keep them
        return waits_until(ride.arrived_at, ride.pickup_at, rules)
    return ride.free_wait_ends_at, ride.no_show_at


def paid_wait_s(ride: RideRecord, rules: RideRules) -> float:
    """Seconds that the driver waited at the pickup beyond the free time; 0 unless both the arrival and the start were reported."""
    if ride.arrived_at is None or ride.started_at is None:
        return 0.0
    return max(0.0, ride.started_at - told_waits(ride, rules)[0] + CLOCK_SLACK_S)


# -- money


def fee(ride: RideRecord, rules: RideRules, of: Callable[[Tariff, str], Money]) -> int:
    """What the passenger owes by the tariff: `Tariff.cancellation_fee` or `Tariff.no_show_fee`. 0 where there is no tariff."""
    tariff, trip = rules.tariff, ride.trip
    return of(tariff, trip.vehicle_type).minor if tariff is not None and trip is not None else 0


def cancel_terms(ride: RideRecord, now: float, rules: RideRules) -> CancelTerms | None:
    """What its passenger is told at `now` of cancelling this ride; None where they cannot. `cancels_free` decides by the same times."""
    if Party.PASSENGER not in MAY_CANCEL[ride.status]:
        return None
    if ride.status not in (ACCEPTED, ARRIVED) or ride.assigned_at is None or driver_is_late(ride, now, rules):
        return FREE
    return terms_since(ride, ride.assigned_at, rules)


def terms_since(ride: RideRecord, assigned_at: float, rules: RideRules) -> CancelTerms:
    """The same for a ride that has a driver since `assigned_at`."""
    tariff, trip = rules.tariff, ride.trip
    if tariff is None or trip is None:
        return FREE
    owed = tariff.cancellation_fee(trip.vehicle_type)
    return CancelTerms(owed.major, assigned_at + rules.free_cancel_s) if owed.minor else FREE


def wait_terms(ride: RideRecord, rules: RideRules) -> WaitTerms | None:
    """What passenger and driver are told of the wait at the pickup; None while nobody waits there."""
    if ride.status != ARRIVED:
        return None
    told, tariff, trip = told_waits(ride, rules), rules.tariff, ride.trip
    if tariff is None or trip is None:
        return WaitTerms(*told, 0.0, 0.0)
    of = trip.vehicle_type
    # Waiting is added to a price of the server alone: the fare of an app stays as it is.
    per_minute = tariff.waiting_per_minute(of) if ride.price is not None else 0.0
    return WaitTerms(*told, per_minute, tariff.no_show_fee(of).major)


def terms(ride: RideRecord, now: float, rules: RideRules) -> RideTerms:
    """What cancelling and waiting cost at `now`."""
    return RideTerms(cancel_terms(ride, now, rules), wait_terms(ride, rules))


def final_price(ride: RideRecord, rules: RideRules) -> Price | None:
    """The price that was agreed, and the paid wait at the pickup; None where the app's fare holds."""
    if ride.price is None or rules.tariff is None:
        return ride.price
    return rules.tariff.with_waiting(ride.price, paid_wait_s(ride, rules))


def charge(
    ride: RideRecord, rules: RideRules, price: Price | None, owed: int | None = None
) -> tuple[ChargeRequested, ...]:
    """The event that follows the end of a ride for which the provider collects money; nothing where it collects none.

    `owed`: the fee that the ride ends with; None: its fare, at `price` where the server sets prices. A price that has a currency of its
    own keeps it.
    """
    trip, passenger = ride.trip, ride.passenger
    if trip is None or passenger is None or trip.payment_method != CARD:
        return ()
    currency, digits = rules.currency, rules.currency_digits
    if price is not None and price.fare.currency:
        currency, digits = price.fare.currency, price.fare.digits
    if owed is None:
        owed = price.fare.minor if price is not None else rounded(in_minor(trip.fare, digits))
    if owed <= 0:
        return ()
    return (ChargeRequested(ride.ride_id, passenger.passenger_id, Money(owed, currency, digits)),)


def collected(ride: RideRecord, message: FareCollected) -> Decision:
    """The provider collected the money. It does not matter which question this answers: what was collected is collected."""
    if ride.payment_status != CHARGED:
        return Decision()
    return Decision((ChargeSettled(ride.ride_id, message.reference),))


def declined(ride: RideRecord, message: FareDeclined, asked: int) -> Decision:
    """The provider will not collect the money. Only the answer to the last question (number `asked`) counts: an older one may have
    been answered otherwise since.
    """
    if ride.payment_status != CHARGED or message.number != asked:
        return Decision()
    return Decision((ChargeDeclined(ride.ride_id, message.reason),))


def pause_s(asked: int, rules: RideRules) -> float:
    """Seconds before a provider that was asked `asked` times (1 or more) is asked again: each time twice as long, up to a limit."""
    return min(rules.payment_retry_s * float(2 ** min(asked - 1, 30)), rules.payment_retry_most_s)
