"""The supply answers as a look at every driver does, after any history of announcements, offers, positions and time."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dispatch.domain.matching.supply import Supply
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.places.positions import NEWS, PositionBoard
from dispatch.ids import DriverId, OfferId, RideId
from sim.city.offsets import destination
from tests.thorough import times

MAX_AGE_S = 60.0
CENTRES = ((-33.92, 18.42), (-17.0, 180.0), (89.99, 0.0), (0.0, -179.9999))
DRIVERS = [DriverId(f"d{number}") for number in range(8)]

drivers = st.sampled_from(DRIVERS)
offers = st.sampled_from([OfferId(f"o{number}") for number in range(5)])
statuses = st.sampled_from(("available", "available", "busy", "offline", "unavailable"))
metres = st.sampled_from((-12_000.0, -500.0, 0.0, 500.0, 1_000.0)) | st.floats(-15_000.0, 15_000.0)
seconds = st.sampled_from((0.0, 1.0, 20.0, MAX_AGE_S, MAX_AGE_S + 0.5))


@dataclass
class Driver:
    """What anyone who was listening knows of a driver."""

    status: str = "offline"
    offers: set[OfferId] = field(default_factory=set)
    place: tuple[float, float] | None = None
    heard_at: float = 0.0


class SupplyMachine(RuleBasedStateMachine):
    """The supply beside a model that remembers everything and indexes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.board = PositionBoard(max_speed_mps=1e9, max_age_s=MAX_AGE_S)
        self.model = {driver_id: Driver() for driver_id in DRIVERS}
        self.now = 0.0

    @initialize(live_offers=st.integers(1, 3), centre=st.sampled_from(CENTRES))
    def open_the_zone(self, live_offers: int, centre: tuple[float, float]) -> None:
        self.live_offers, self.centre = live_offers, centre
        self.supply = Supply(self.board, live_offers)

    # -- what happens

    @rule(driver_id=drivers, status=statuses)
    def announces(self, driver_id: DriverId, status: str) -> None:
        self.supply.get(driver_id).status = self.model[driver_id].status = status
        self._updated(driver_id)

    @rule(driver_id=drivers, offer_id=offers)
    def is_offered_or_answers(self, driver_id: DriverId, offer_id: OfferId) -> None:
        held, pending = self.model[driver_id].offers, self.supply.get(driver_id).pending
        if offer_id in held:
            held.remove(offer_id)
            del pending[offer_id]
        else:
            held.add(offer_id)
            pending[offer_id] = RideId("ride-1")
        self._updated(driver_id)

    @rule(driver_id=drivers, north_m=metres, east_m=metres, again=st.booleans())
    def reports(self, driver_id: DriverId, north_m: float, east_m: float, again: bool) -> None:
        known = self.model[driver_id]
        place = known.place if again and known.place else destination(*self.centre, north_m, east_m)
        self.now += 0.25  # nobody is in two places at one instant
        was_fresh = known.place is not None and self.now - known.heard_at <= MAX_AGE_S
        known.place, known.heard_at = place, self.now
        if self.board.report(driver_id, *place, self.now) == NEWS:
            assert not was_fresh, "only who was not known is news"
            self.supply.drain()
            assert self.supply.seen(driver_id) is self._eligible(driver_id)
        else:
            assert was_fresh

    @rule(duration_s=seconds)
    def time_passes(self, duration_s: float) -> None:
        self.now += duration_s

    @rule()
    def drains(self) -> None:
        self.supply.drain()

    @rule()
    def a_sweep_asks_who_moved(self) -> None:
        moved = self.supply.moved_since_sweep()
        assert len(set(moved)) == len(moved)
        assert all(self._eligible(driver_id) for driver_id in moved)
        assert self.supply.moved_since_sweep() == []

    # -- what holds

    @invariant()
    def exactly_the_documented_drivers_are_eligible(self) -> None:
        for driver_id in DRIVERS:
            assert self.supply.eligible(driver_id) is self._eligible(driver_id)

    @rule(
        north_m=metres,
        east_m=metres,
        k=st.integers(1, 9),
        radius_m=st.sampled_from((0.0, 800.0, 10_000.0, 1e8)),
        data=st.data(),
    )
    def the_nearest_are_those_that_a_look_at_everyone_finds(
        self, north_m: float, east_m: float, k: int, radius_m: float, data: st.DataObject
    ) -> None:
        admitted = data.draw(st.sets(drivers, min_size=4), label="admitted")
        at = destination(*self.centre, north_m, east_m)
        self.supply.drain()
        wanted = sorted(
            (haversine_m(*at, *known.place), driver_id)
            for driver_id, known in self.model.items()
            if known.place is not None and self._eligible(driver_id) and self._fresh(known) and driver_id in admitted
        )
        answer = self.supply.nearest(*at, k, radius_m, self.now, admitted.__contains__)
        assert answer == [hit for hit in wanted if hit[0] <= radius_m][:k]

    @rule(driver_id=drivers)
    def a_place_is_told_while_it_is_fresh(self, driver_id: DriverId) -> None:
        known = self.model[driver_id]
        told = self.supply.position(driver_id, self.now)
        assert told == (known.place if self._fresh(known) else None)

    # -- the model

    def _updated(self, driver_id: DriverId) -> None:
        before = self.supply.eligible(driver_id)
        assert self.supply.update(driver_id) is (self._eligible(driver_id) and not before)

    def _eligible(self, driver_id: DriverId) -> bool:
        known = self.model[driver_id]
        return known.status == "available" and len(known.offers) < self.live_offers and known.place is not None

    def _fresh(self, known: Driver) -> bool:
        return known.place is not None and self.now - known.heard_at <= MAX_AGE_S


def test_no_history_of_drivers_shows_in_who_is_eligible_or_nearest() -> None:
    run_state_machine_as_test(
        SupplyMachine, settings=settings(max_examples=times(50), stateful_step_count=40, deadline=None)
    )
