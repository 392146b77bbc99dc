"""A ride's life: every status meets every event, and the record remembers what events tell."""

import csv
from pathlib import Path

import msgspec
import pytest

from dispatch.domain.ride.record import (
    ACCEPTED,
    ARRIVED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    MAY_CANCEL,
    NO_DRIVERS,
    NO_SHOW,
    PENDING,
    SCHEDULED,
    STATUSES,
    STEPS_BEFORE_END,
    TERMINAL,
    TRANSITIONS,
    UNBOOKED,
    VERBS,
    WITH_DRIVER,
    RideRecord,
    next_status,
)
from dispatch.errors import IllegalTransition
from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages import events
from dispatch.messages.base import Command
from dispatch.messages.events import (
    CallerTexted,
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    CommandDone,
    FareChanged,
    NoteChanged,
    PassengerNoShow,
    PinRefused,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    SearchFailed,
    TrackRecorded,
)
from dispatch.values import DriverCard, Money, Passenger, Place, Trip

ILLEGAL = "illegal"
TABLE = Path(__file__).parents[2] / "data" / "ride_transitions.csv"
with TABLE.open(encoding="utf-8", newline="") as rows:
    CELLS = [(row["status"], row["event"], row["next"]) for row in csv.DictReader(rows)]

RIDE, OFFER = RideId("ride-1"), OfferId("ride-1.1.1")
TRIP = Trip(Place(-33.92, 18.42, "1 Long St"), Place(-33.9, 18.5, "Pier"), 8.5, 20.0, 95.0)
DEARER = msgspec.structs.replace(TRIP, fare=120.0)
ANN = Passenger(PassengerId("p1"), "Ann", "27820000001")
DAN = DriverCard(DriverId("d1"), "Dan", "27830000001")
DRIVER_ID = DAN.driver_id

EXAMPLES: dict[str, events.Event] = {
    "RideRequested": RideRequested(RIDE, 1, ANN, TRIP, 3.0),
    "RideScheduled": RideScheduled(RIDE, ANN, TRIP, 7200.0, 3.0),
    "RideAssigned": RideAssigned(RIDE, DAN, OFFER, 2, 9.5),
    "RideUnassigned": RideUnassigned(RIDE, DRIVER_ID, 2, "driver", "a flat tyre", 80.0),
    "RideArrived": RideArrived(RIDE, DRIVER_ID, 150.0),
    "PinRefused": PinRefused(RIDE, DRIVER_ID, 190.0),
    "RideStarted": RideStarted(RIDE, DRIVER_ID, 200.0),
    "RideCompleted": RideCompleted(RIDE, DRIVER_ID, 95.0),
    "RideCancelled": RideCancelled(RIDE, "passenger", "too slow"),
    "PassengerNoShow": PassengerNoShow(RIDE, DRIVER_ID, 500),
    "TrackRecorded": TrackRecorded(RIDE, DRIVER_ID, "on_trip", 340.0, ((0.0, -26.2, 28.0),), 1490.5),
    "RideRated": RideRated(RIDE, "passenger", 4, "", DRIVER_ID, ANN.passenger_id),
    "SearchFailed": SearchFailed(RIDE, "nobody accepted", 4, 17),
    "CommandDone": CommandDone(Command("k1", 1), "ok", RIDE),
    "ChargeRequested": ChargeRequested(RIDE, ANN.passenger_id, Money(9500, "ZAR")),
    "ChargeSettled": ChargeSettled(RIDE, "ch_1"),
    "ChargeDeclined": ChargeDeclined(RIDE, "refused"),
    "FareChanged": FareChanged(RIDE, 80.0, "agreed", "ops", 90.0),
    "NoteChanged": NoteChanged(RIDE, "the blue gate", "ops", 90.0),
    "CallerTexted": CallerTexted(RIDE, 1),
}
WAYS: dict[str, tuple[str, ...]] = {
    UNBOOKED: (),
    SCHEDULED: ("RideScheduled",),
    PENDING: ("RideRequested",),
    ACCEPTED: ("RideRequested", "RideAssigned"),
    ARRIVED: ("RideRequested", "RideAssigned", "RideArrived"),
    IN_PROGRESS: ("RideRequested", "RideAssigned", "RideArrived", "RideStarted"),
    COMPLETED: ("RideRequested", "RideAssigned", "RideArrived", "RideStarted", "RideCompleted"),
    CANCELLED: ("RideRequested", "RideCancelled"),
    NO_DRIVERS: ("RideRequested", "SearchFailed"),
    NO_SHOW: ("RideRequested", "RideAssigned", "RideArrived", "PassengerNoShow"),
}


def ride_that_is(status: str) -> RideRecord:
    """A record led to this status by the shortest whole way."""
    ride = RideRecord(RIDE)
    for name in WAYS[status]:
        ride.apply(EXAMPLES[name])
    assert ride.status == status
    return ride


def test_the_written_table_has_every_cell_once() -> None:
    written = [(status, event) for status, event, _ in CELLS]
    assert sorted(written) == sorted((status, event) for status in STATUSES for event in EXAMPLES)
    assert {following for *_, following in CELLS} <= {*STATUSES, ILLEGAL}


def test_every_event_of_a_ride_is_in_the_table() -> None:
    own = {kind.__name__ for kind in events.EVENT_TYPES if kind.__name__.startswith(("Ride", "Charge"))}
    own |= {
        "SearchFailed",
        "PassengerNoShow",
        "PinRefused",
        "TrackRecorded",
        "FareChanged",
        "NoteChanged",
        "CallerTexted",
    }
    assert own | {"CommandDone"} == set(EXAMPLES)
    assert {kind.__name__ for kind in VERBS} == own


@pytest.mark.parametrize(("status", "event", "following"), CELLS)
def test_a_ride_goes_where_the_written_table_says(status: str, event: str, following: str) -> None:
    ride, example = ride_that_is(status), EXAMPLES[event]
    before = msgspec.structs.replace(ride)
    if following == ILLEGAL:
        with pytest.raises(IllegalTransition):
            next_status(status, type(example))
        with pytest.raises(IllegalTransition):
            ride.apply(example)
        assert ride == before, "what is illegal changes nothing"
    else:
        assert next_status(status, type(example)) == following
        ride.apply(example)
        assert ride.status == following


def test_the_end_of_a_ride_is_where_no_event_leads_on() -> None:
    ends = {status for status in STATUSES if all(to in (ILLEGAL, status) for at, _, to in CELLS if at == status)}
    assert ends == TERMINAL == {COMPLETED, CANCELLED, NO_DRIVERS, NO_SHOW}
    assert {status for status in STATUSES if ride_that_is(status).is_over} == ends


def test_every_status_can_be_reached_and_every_ride_can_end() -> None:
    reached = {UNBOOKED}
    for _ in STATUSES:
        reached |= {to for status in reached for to in TRANSITIONS[status].values()}
    assert reached == set(STATUSES)
    ending = set(TERMINAL)
    for _ in STATUSES:
        ending |= {status for status in STATUSES if ending.intersection(TRANSITIONS[status].values())}
    assert ending == set(STATUSES)


def test_a_refusal_says_what_was_wanted_and_what_the_ride_is() -> None:
    with pytest.raises(IllegalTransition, match=r"^cannot start a ride that is pending$") as refusal:
        next_status(PENDING, RideStarted)
    assert refusal.value.code == "illegal_now"


def test_a_booking_is_remembered_whole() -> None:
    ride = ride_that_is(PENDING)
    assert (ride.search_no, ride.passenger, ride.trip, ride.requested_at) == (1, ANN, TRIP, 3.0)
    assert ride.driver is None
    assert not ride.is_driven_by(DRIVER_ID)


def test_new_terms_replace_the_old_ones_and_count_the_search() -> None:
    ride = ride_that_is(PENDING)
    ride.apply(RideRequested(RIDE, 2, ANN, DEARER, 8.0))
    assert (ride.status, ride.search_no, ride.trip, ride.requested_at) == (PENDING, 2, DEARER, 8.0)


def test_an_assignment_names_the_driver_their_offer_and_its_round() -> None:
    ride = ride_that_is(ACCEPTED)
    assert (ride.driver, ride.offer_id, ride.round_no) == (DAN, OFFER, 2)
    assert ride.is_driven_by(DRIVER_ID)
    assert not ride.is_driven_by(DriverId("d2"))


def test_a_ride_has_a_driver_on_it_from_the_assignment_to_the_end() -> None:
    named = {status for status in STATUSES if ride_that_is(status).driver is not None}
    assert named - TERMINAL == WITH_DRIVER == {ACCEPTED, ARRIVED, IN_PROGRESS}


@pytest.mark.parametrize("status", sorted({*WITH_DRIVER, COMPLETED}))
def test_a_ride_keeps_its_driver_to_the_end(status: str) -> None:
    assert ride_that_is(status).is_driven_by(DRIVER_ID)


def test_a_ride_cancelled_after_assignment_still_knows_its_driver() -> None:
    ride = ride_that_is(ACCEPTED)
    ride.apply(RideCancelled(RIDE, "driver", "flat tyre", DRIVER_ID))
    assert (ride.ended_by, ride.reason) == ("driver", "flat tyre")
    assert ride.is_driven_by(DRIVER_ID)


def test_a_ride_that_lost_its_driver_searches_anew_at_the_same_terms() -> None:
    ride = ride_that_is(ACCEPTED)
    ride.apply(RideUnassigned(RIDE, DRIVER_ID, 2, "driver", "a flat tyre", 80.0))
    assert (ride.search_no, ride.trip, ride.requested_at, ride.restarts) == (2, TRIP, 3.0, 1)
    assert (ride.driver, ride.offer_id, ride.assigned_at, ride.pin) == (None, None, None, "")


def test_a_no_show_is_the_drivers_word_and_keeps_what_it_costs() -> None:
    ride = ride_that_is(NO_SHOW)
    assert (ride.ended_by, ride.reason, ride.fee) == ("driver", "no_show", 500)


def test_the_start_is_remembered_and_only_then_known() -> None:
    assert ride_that_is(ARRIVED).started_at is None
    assert ride_that_is(IN_PROGRESS).started_at == 200.0


def test_a_search_that_failed_was_ended_by_the_system_and_tells_what_it_tried() -> None:
    ride = ride_that_is(NO_DRIVERS)
    assert (ride.ended_by, ride.reason, ride.rounds, ride.drivers_asked) == ("system", "nobody accepted", 4, 17)


@pytest.mark.parametrize("status", sorted(WITH_DRIVER))
def test_completing_skips_exactly_the_steps_that_were_not_taken(status: str) -> None:
    steps = ("RideArrived", "RideStarted")
    untaken = tuple(name.removeprefix("Ride").lower() for name in steps if name not in WAYS[status])
    assert STEPS_BEFORE_END.get(status, ()) == untaken


@pytest.mark.parametrize(
    ("status", "who"),
    [
        (UNBOOKED, ""),
        (SCHEDULED, "passenger ops system"),
        (PENDING, "passenger ops system"),
        (ACCEPTED, "passenger driver ops system"),
        (ARRIVED, "passenger ops system"),
        (IN_PROGRESS, "ops system"),
        (COMPLETED, ""),
        (CANCELLED, ""),
        (NO_DRIVERS, ""),
        (NO_SHOW, ""),
    ],
)
def test_who_may_cancel_depends_on_how_far_the_ride_is(status: str, who: str) -> None:
    assert MAY_CANCEL[status] == set(who.split())
    assert bool(who) is (RideCancelled in TRANSITIONS[status]), "somebody may cancel exactly where a ride can be"
