"""A ride on its way: who gets it, arrival, pin, start and end, giving up, cancelling, no-show, ratings, and what staff may do. Pure.

Each function is given the record, a message, the time (Unix seconds) and the rules, and decides which events follow, or why none
does.
"""

from collections.abc import Iterable
from math import ceil, inf
from typing import Final

from msgspec.structs import replace

from dispatch.domain.places.following import GIVEN_UP, TOLD
from dispatch.domain.places.geo import EtaModel
from dispatch.domain.pricing.money import in_minor, rounded, rounded_parts
from dispatch.domain.pricing.tariff import Tariff
from dispatch.domain.ride.agreement import (
    cancel_terms,
    cancels_free,
    charge,
    edited,
    fee,
    final_price,
    told_waits,
    wait_terms,
    waits_until,
)
from dispatch.domain.ride.record import (
    ACCEPTED,
    ARRIVED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    MAY_CANCEL,
    NO_DRIVERS,
    PENDING,
    SCHEDULED,
    STEPS_BEFORE_END,
    TRANSITIONS,
    UNBOOKED,
    VERBS,
    WITH_DRIVER,
    Decision,
    Refusal,
    RideRecord,
    RideRules,
)
from dispatch.errors import IdReused, IllegalTransition, NoSuchRide
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import (
    AssignRide,
    CancelRide,
    ChangeFare,
    CompleteRide,
    EditRide,
    FindDriver,
    RateRide,
    ReassignRide,
    ReportArrived,
    ReportNoShow,
    Request,
    StartRide,
)
from dispatch.messages.events import (
    CallerTexted,
    FareChanged,
    NoteChanged,
    PassengerNoShow,
    PinRefused,
    RideArrived,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideStarted,
    RideUnassigned,
    SearchFailed,
    StaffActed,
)
from dispatch.messages.matching import (
    AskDriver,
    ClaimRefused,
    ClaimRide,
    DeskAnswered,
    DriverStalled,
    RoundOpened,
    SearchExhausted,
)
from dispatch.messages.notices import (
    NOWHERE,
    DriverUnreachable,
    DriverWarned,
    RideEnded,
    RideProgress,
    Searching,
    Way,
)
from dispatch.messages.providers import TextCaller, TextSent
from dispatch.principals import DRIVER, STAFF
from dispatch.values import CLOCK_SLACK_S, CancelTerms, Place, WaitTerms
from dispatch.words import OfferOutcome, Party, RefusalCode, RideStatus, SearchEnd, StaffAction

Step = ReportArrived | StartRide | CompleteRide
STEPS: Final[dict[type[Message], type[Message]]] = {
    ReportArrived: RideArrived,
    StartRide: RideStarted,
    CompleteRide: RideCompleted,
}
"""The event that each step of a driver causes if the ride allows it."""
END_A_LEG: Final = frozenset((*STEPS, ReassignRide))
"""What ends a leg of the driver's way: where the driver went so far is put on record."""
REFUSALS: Final[dict[RideStatus, OfferOutcome]] = {
    PENDING: OfferOutcome.SUPERSEDED,
    SCHEDULED: OfferOutcome.SUPERSEDED,
    CANCELLED: OfferOutcome.CANCELLED,
    NO_DRIVERS: OfferOutcome.EXPIRED,
}
"""What a driver hears whose claim of a ride in this status is refused; in every other status another driver has it: `taken`."""
NO_SUCH_RIDE: Final = Decision(refusal=Refusal(NoSuchRide.code, NoSuchRide.says))
NOTHING: Final = Decision()
BY_DESK: Final = 0
"""The round of an offer that staff had made."""


def _illegal(text: str) -> Decision:
    return Decision(refusal=Refusal(IllegalTransition.code, text))


# -- the search, and who gets the ride


def round_opened(ride: RideRecord, message: RoundOpened, now: float, rules: RideRules) -> Decision:
    """The passenger hears that drivers were asked, if that search is still under way."""
    if ride.status != PENDING or message.search_no != ride.search_no:
        return NOTHING
    searching = Searching(
        ride.ride_id,
        round=message.round_no,
        drivers_notified=message.drivers_notified,
        fare=ride.fare,
        fare_by_agreement=ride.trip is not None and ride.trip.by_agreement,
        expires_at=message.expires_at,
        rounds_max=message.rounds_max,
        asked_total=message.asked_total,
        search_expires_at=ride.requested_at + rules.search_cap_s,
    )
    return Decision(say=searching)


def search_exhausted(ride: RideRecord, message: SearchExhausted, now: float, rules: RideRules) -> Decision:
    """Nobody takes the ride, if that search is still under way."""
    if ride.status != PENDING or message.search_no != ride.search_no:
        return NOTHING
    return Decision((SearchFailed(ride.ride_id, message.reason, message.rounds, message.drivers_asked),))


def refuse_claim(ride: RideRecord, claim: ClaimRide) -> ClaimRefused:
    """The driver does not have the ride. The reason follows from the record alone."""
    return ClaimRefused(ride.ride_id, claim.offer_id, REFUSALS.get(ride.status, OfferOutcome.TAKEN))


def way(travel: EtaModel, lat: float | None, lon: float | None, to: Place, now: float) -> Way:
    """The way from a position to a place, if one leaves at `now`; nothing where the position is unknown."""
    if lat is None or lon is None:
        return NOWHERE
    start, end = (lat, lon), (to.lat, to.lon)
    return lat, lon, round(travel.road_m(start, end), 1), round(travel.eta_s(start, end, now), 1)


def decides_at_once(claim: ClaimRide, rules: RideRules) -> bool:
    """Whether this claim has the ride, and no other can do better: where the first has it, or staff had this driver asked."""
    return not rules.accept_window_s or claim.round_no == BY_DESK


class WaitingClaims:
    """Claims of a ride while other drivers may still do better: the window after the first accept. No event tells of them."""

    __slots__ = ("by_driver", "decides_at")

    def __init__(self) -> None:
        self.by_driver: dict[DriverId, ClaimRide] = {}
        self.decides_at = inf

    def add(self, claim: ClaimRide, now: float, window_s: float) -> bool:
        """Keep this claim. Returns whether `decides_at` changed: the window opens with the first claim, and closes before any driver
        in it has waited beyond the end of their own offer.
        """
        before, closes_at = self.decides_at, claim.closes_at
        if not self.by_driver:
            self.decides_at = now + window_s
        self.by_driver[claim.driver.driver_id] = claim
        if closes_at is not None and closes_at < self.decides_at:
            self.decides_at = closes_at
        return self.decides_at != before

    def take_best(self, travel: EtaModel, pickup: Place, now: float) -> ClaimRide:
        """The claim of the driver who is at the pickup first; of equals, the one that came first. It waits no longer."""

        def takes_s(claim: ClaimRide) -> float:
            eta_s = way(travel, claim.lat, claim.lon, pickup, now)[-1]
            return inf if eta_s is None else eta_s

        best = min(self.by_driver.values(), key=takes_s)
        del self.by_driver[best.driver.driver_id]
        return best

    def take_all(self) -> list[ClaimRide]:
        """All claims. None waits any longer."""
        claims, self.by_driver = list(self.by_driver.values()), {}
        return claims


# -- the driver's steps


def step(ride: RideRecord, message: Step, now: float, rules: RideRules) -> Decision:
    """The driver arrived, starts, or completed."""
    event_type, driver_id, command = STEPS[type(message)], message.driver_id, message.command
    status = ride.status
    if not ride.is_driven_by(driver_id):
        return NO_SUCH_RIDE
    if event_type is RideStarted and status == IN_PROGRESS:
        return Decision(refusal=Refusal(RefusalCode.ALREADY_STARTED, "this ride has started already"))
    if event_type not in TRANSITIONS[status]:
        return _illegal(f"cannot {VERBS[event_type]} a ride that is {status}")
    if event_type is RideArrived:
        told = waits_until(now, ride.pickup_at, rules)
        return Decision((RideArrived(ride.ride_id, driver_id, now, command, *told),))
    if isinstance(message, StartRide):
        refused = _refuse_pin(ride, message, now, rules) if ride.pin else None
        return refused or Decision((RideStarted(ride.ride_id, driver_id, now, command),))
    # Apps of the seed complete what they never started; not where steps are strict, or the start takes a pin.
    if status != IN_PROGRESS and (rules.strict_steps or ride.pin):
        pin = ", with the pin of the passenger" if ride.pin else ""
        return _illegal(f"cannot {VERBS[event_type]} a ride that is {status}: send start_ride first{pin}")
    price = final_price(ride, rules)
    fare = ride.fare if price is None else price.fare.major
    completed = RideCompleted(ride.ride_id, driver_id, fare, STEPS_BEFORE_END.get(status, ()), price, command)
    return Decision((completed, *charge(ride, rules, price)))


def pin_locked_s(ride: RideRecord, now: float, rules: RideRules) -> float:
    """Seconds for which no pin is accepted any more; 0 or less: one is. Every `pin_tries` wrong pins lock the ride for `pin_lock_s`.

    Wrong pins are on record: a ride that is made anew, or woken by another process, is locked as long.
    """
    is_locked = ride.wrong_pins > 0 and ride.wrong_pins % rules.pin_tries == 0
    return ride.wrong_pin_at + rules.pin_lock_s - now if is_locked else 0.0


def _refuse_pin(ride: RideRecord, message: StartRide, now: float, rules: RideRules) -> Decision | None:
    """Why the ride does not start with what the driver typed; None: it does."""
    locked_s = pin_locked_s(ride, now, rules)
    if locked_s > 0.0:
        text = f"too many wrong pins; try again in {ceil(locked_s)} s"
        return Decision(refusal=Refusal(RefusalCode.WRONG_PIN, text, None, locked_s, 0))
    pin = message.pin.strip()
    if pin == ride.pin:
        return None
    if not pin:  # no guess: an app that knows no pins locks nobody out
        return Decision(refusal=Refusal(RefusalCode.WRONG_PIN, "this ride starts with the passenger's pin"))
    # The refusal is told behind the event: no guess is free.
    wrong = PinRefused(ride.ride_id, message.driver_id, now)
    tries = rules.pin_tries - 1 - ride.wrong_pins % rules.pin_tries
    wait_s = 0.0 if tries else rules.pin_lock_s
    return Decision((wrong,), Refusal(RefusalCode.WRONG_PIN, "that is not the passenger's pin", None, wait_s, tries))


def stalled(ride: RideRecord, message: DriverStalled, now: float, rules: RideRules) -> Decision:
    """The driver does not come nearer: first the driver is warned, then the passenger told, then other drivers are asked."""
    if ride.status != ACCEPTED or not ride.is_driven_by(message.driver_id):
        return NOTHING
    if message.stage == GIVEN_UP:
        return offer_anew(ride, Party.SYSTEM, message.what, now, rules)
    if message.stage == TOLD:
        return Decision(say=DriverUnreachable(ride.ride_id, reason=message.what))
    return Decision(warn=DriverWarned(ride.ride_id, reason=message.what))


# -- ends before the dropoff


def cancel(ride: RideRecord, message: CancelRide, now: float, rules: RideRules) -> Decision:
    """The passenger, the driver, staff or the system cancels: the ride ends, or is offered anew if its driver gives it up."""
    principal, status = message.principal, ride.status
    command = message.command if principal.role is not STAFF else None
    by = principal.by
    if principal.role is DRIVER:
        driver_id = message.driver_id
        if driver_id is None or not ride.is_driven_by(driver_id):
            return NO_SUCH_RIDE
        if status == ARRIVED:
            return _leave_pickup(ride, driver_id, command, now, rules)
    if status == UNBOOKED:
        return NO_SUCH_RIDE
    if by not in MAY_CANCEL[status]:
        if status == CANCELLED and principal.role is not DRIVER:
            return Decision(say_end=True)
        return _illegal(f"cannot cancel a ride that is {status}")
    if principal.role is DRIVER:
        return offer_anew(ride, by, message.reason, now, rules, command)
    return end(ride, by, message.reason, now, rules, command)


def end(
    ride: RideRecord, by: Party, reason: str, now: float, rules: RideRules, command: Command | None = None
) -> Decision:
    """The ride is cancelled. A passenger who is late with it owes a fee."""
    is_free = by != Party.PASSENGER or cancels_free(ride, now, rules)
    owed = 0 if is_free else fee(ride, rules, Tariff.cancellation_fee)
    driver_id = ride.driver.driver_id if ride.driver else None
    cancelled = RideCancelled(ride.ride_id, by, reason, driver_id, owed, command)
    return Decision((cancelled, *charge(ride, rules, ride.price, owed)))


def offer_anew(
    ride: RideRecord, by: Party, reason: str, now: float, rules: RideRules, command: Command | None = None
) -> Decision:
    """The driver does not come. Other drivers are asked, unless that was tried too often or the time to search is over."""
    assert ride.status == ACCEPTED and ride.driver is not None
    driver_id, search_no = ride.driver.driver_id, ride.search_no + 1
    lost = RideUnassigned(ride.ride_id, driver_id, search_no, by, reason, now, command)
    if ride.restarts < rules.max_restarts and now < ride.requested_at + rules.search_cap_s:
        return Decision((lost,))
    return Decision((lost, SearchFailed(ride.ride_id, SearchEnd.GIVEN_UP, 0, 0)))


def no_show(ride: RideRecord, message: ReportNoShow, now: float, rules: RideRules) -> Decision:
    """The driver reports that nobody came to the pickup."""
    if not ride.is_driven_by(message.driver_id):
        return NO_SUCH_RIDE
    if PassengerNoShow not in TRANSITIONS[ride.status]:
        return _illegal(f"cannot {VERBS[PassengerNoShow]} a ride that is {ride.status}")
    return _leave_pickup(ride, message.driver_id, message.command, now, rules)


def _leave_pickup(
    ride: RideRecord, driver_id: DriverId, command: Command | None, now: float, rules: RideRules
) -> Decision:
    """Nobody came, if the driver has waited long enough."""
    wait_s = told_waits(ride, rules)[1] - now - CLOCK_SLACK_S
    if wait_s > 0.0:
        return Decision(
            refusal=Refusal(RefusalCode.TOO_EARLY, f"no_show is possible in {ceil(wait_s)} s", None, wait_s)
        )
    owed = fee(ride, rules, Tariff.no_show_fee)
    left = PassengerNoShow(ride.ride_id, driver_id, owed, command)
    return Decision((left, *charge(ride, rules, ride.price, owed)))


# -- ratings


def rate(ride: RideRecord, message: RateRide, now: float, rules: RideRules) -> Decision:
    """The passenger or the driver says what they think of the other one, once each."""
    driver_id, by = message.driver_id, message.principal.by
    if ride.passenger is None or by not in (Party.PASSENGER, Party.DRIVER):
        return NO_SUCH_RIDE
    if driver_id is not None and not ride.is_driven_by(driver_id):
        return NO_SUCH_RIDE
    if ride.status != COMPLETED:
        return _illegal(f"cannot rate a ride that is {ride.status}")
    if by in ride.rated_by:
        return _illegal(f"the {by} has rated this ride already")
    assert ride.driver is not None
    whom = (ride.driver.driver_id, ride.passenger.passenger_id)
    return Decision((RideRated(ride.ride_id, by, message.rating, message.comment, *whom, message.command),))


def mean_rating(first: float, stars: int, ratings: int) -> float:
    """The mean of the `first` rating, which a person begins with, and of `ratings` more that add up to `stars`.

    To the hundredth, where a half goes up. Without ratings it is the first one as it is. SQL calls this function as well: SQLite rounds
    differently from version to version, and a simulated driver has the rating of a real one.
    """
    return rounded_parts(round(first * 100) + 100 * stars, ratings + 1) / 100 if ratings else first


# -- the end as it is told


def end_notice(ride: RideRecord) -> RideEnded | RideProgress:
    """How a ride that is over ended, for whoever did not hear it when it did."""
    if ride.status != COMPLETED:
        return RideEnded(ride.ride_id, by=ride.ended_by, reason=ride.reason, fee=ride.fee)
    assert ride.trip is not None
    return _progress(ride, ride.trip.duration_min)


def progress(ride: RideRecord, now: float, rules: RideRules) -> RideProgress:
    """The step that a ride has just taken, at `now`."""
    assert ride.trip is not None
    minutes = ride.trip.duration_min
    if ride.status == COMPLETED and ride.started_at is not None:
        minutes = round((now - ride.started_at) / 60.0, 2)
    if ride.status != ARRIVED:
        return _progress(ride, minutes)
    return _progress(ride, minutes, wait_terms(ride, rules), cancel_terms(ride, now, rules))


def _progress(
    ride: RideRecord, minutes: float, waiting: WaitTerms | None = None, cancel: CancelTerms | None = None
) -> RideProgress:
    """`minutes`: how long the trip took, or is expected to."""
    assert ride.trip is not None
    driven_m, price = (ride.driven_m, ride.price) if ride.status == COMPLETED else (None, None)
    told = (ride.ride_id, ride.status, ride.fare, ride.trip.distance_km, minutes, waiting, cancel)
    return RideProgress(*told, driven_m, price, ride.payment_status, ride.trip.by_agreement)


# -- what staff may do


ACTIONS: Final[dict[type[Message], StaffAction]] = {
    FindDriver: StaffAction.BOOK,
    CancelRide: StaffAction.CLOSE,
    ReassignRide: StaffAction.REASSIGN,
    ChangeFare: StaffAction.FARE,
    EditRide: StaffAction.EDIT,
}
"""What the audit calls what staff ask, where the ride itself does it."""


def acted(ride: RideRecord, message: Request, events: tuple[Message, ...]) -> tuple[Message, ...]:
    """What the audit keeps beside these events. `ride`: as it was before."""
    if not events or message.principal.role is not STAFF:
        return ()
    action = ACTIONS[type(message)]
    if action is StaffAction.BOOK and ride.passenger is not None:
        action = StaffAction.EDIT
    command: Command | None = message.command  # type: ignore[attr-defined]
    return (StaffActed(ride.ride_id, message.principal.id, action, command=command),)


def act_known(ride: RideId, command: Command, events: Iterable[Message], status: RideStatus) -> DeskAnswered | None:
    """What somebody hears who asked for this before, as these events tell; None: they did not, or nothing came of it."""
    for event in events:
        before: Command | None = getattr(event, "command", None)
        if before is not None and before.name == command.name and getattr(event, "ride_id", None) == ride:
            return told_again(before, command, DeskAnswered(status))
    return None


def told_again(before: Command, command: Command, answer: DeskAnswered) -> DeskAnswered:
    """The `answer` to what they asked `before`; or, where the command is another one, that its key is taken."""
    if before.fingerprint != command.fingerprint:
        return DeskAnswered(answer.status, IdReused.code, "this Idempotency-Key was used for another request")
    return replace(answer, again=True)


def text_to_caller(ride: RideRecord, rules: RideRules) -> TextCaller | None:
    """What the caller of a ride that was booked by phone is texted now that it has a driver, or gets none; None: nothing, or that has
    left already. It is of no use any more once the driver is there.
    """
    if not (ride.booked_by and rules.text_callers and ride.passenger is not None and ride.passenger.phone):
        return None
    if ride.texts == ride.texted or ride.status not in (ACCEPTED, NO_DRIVERS):
        return None
    return TextCaller(ride.ride_id, ride.passenger.phone, ride.driver, ride.told_eta_s, ride.texts)


def text_sent(ride: RideRecord, message: TextSent, now: float, rules: RideRules) -> Decision:
    """The caller's text has left: no later life sends it again."""
    if not ride.texted < message.number <= ride.texts:
        return NOTHING
    return Decision((CallerTexted(ride.ride_id, message.number),))


def told_desk(ride: RideRecord) -> DeskAnswered:
    """How the ride stands, now that what staff asked is done; of one that was cancelled, by whom and why."""
    end = (ride.ended_by, ride.reason) if ride.status == CANCELLED else ("", "")
    return DeskAnswered(ride.status, by=end[0], reason=end[1])


def assign(ride: RideRecord, message: AssignRide, now: float, rules: RideRules) -> Decision:
    """Nothing happens to the ride itself: its dispatcher asks the driver, if the ride looks for one. Only managers bind."""
    if message.bind and not message.principal.is_manager:
        return Decision(refusal=Refusal(RefusalCode.FORBIDDEN, "only a manager may bind a driver"))
    if ride.status != PENDING:
        return _not_now("assign", ride)
    return Decision(
        ask=AskDriver(
            ride.ride_id,
            ride.search_no,
            message.driver,
            message.bind,
            message.reply_to,
            message.principal.id,
            message.command,
        )
    )


def reassign(ride: RideRecord, message: ReassignRide, now: float, rules: RideRules) -> Decision:
    """The ride loses its driver and is searched for from now on, however often that happened before."""
    if ride.status != ACCEPTED:
        return _not_now("offer anew", ride)
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
        return _not_now("change the fare of", ride)
    minor = rounded(in_minor(message.fare, ride.price.fare.digits)) if ride.price is not None else None
    fare = minor / 10**ride.price.fare.digits if ride.price is not None and minor is not None else message.fare
    return Decision((FareChanged(ride.ride_id, fare, message.reason, message.principal.id, now, minor),))


def edit(ride: RideRecord, message: EditRide, now: float, rules: RideRules) -> Decision:
    """Other places, while nobody has the ride: it is priced and searched for anew, as if it had been booked so. Another note."""
    note, moves = message.note, message.pickup is not None or message.dropoff is not None
    if ride.status in (PENDING, SCHEDULED):
        return Decision(book=edited(ride, message, now, rules))
    if moves or ride.status not in WITH_DRIVER:
        return _not_now("move the pickup or the drop-off of" if moves else "edit", ride)
    changed = NoteChanged(ride.ride_id, note, message.principal.id, now) if note is not None else None
    return Decision((changed,) if changed is not None else ())


def _not_now(verb: str, ride: RideRecord) -> Decision:
    return NO_SUCH_RIDE if ride.status == UNBOOKED else _illegal(f"cannot {verb} a ride that is {ride.status}")
