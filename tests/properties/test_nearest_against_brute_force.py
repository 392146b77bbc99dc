"""Whom a search asks is what a look at every driver says: near enough, of the right type, never blocked, nor asked too often."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dispatch.domain.matching.policy import Ask, SearchOpened
from dispatch.domain.matching.rounds import Rounds
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import Search, Searches
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.matching.zone import Zone, considered
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.places.positions import PositionBoard
from dispatch.ids import DriverId
from dispatch.values import RideCard
from dispatch.words import AskVerdict
from sim.city.offsets import destination
from tests.domain.matching.searches import ANN, RIDE, TRIP, Played

TYPES = ("sedan", "suv", "van")
NOW = 100.0


class Town:
    """Drivers d0, d1, … as a plain list, and the search among them."""

    def __init__(self, people: list[tuple[str, float, bool, str]], wanted: str, policy: SearchRules) -> None:
        """Each is `(vehicle type, metres, available, past)`; `past` is what became of their last offer, if they had one."""
        self.policy = policy
        board = PositionBoard()
        self.supply = Supply(board, 1, explains=True)
        searches = Searches(policy, lambda passenger_id: ())
        self.zone = Zone(policy, self.supply, searches)
        self.zone.now = NOW
        trip = type(TRIP)(TRIP.pickup, TRIP.dropoff, 1.0, 1.0, 1.0, wanted)
        self.search = searches[RIDE] = Search(RideCard(RIDE, 1, ANN, trip), 0.0, policy)
        self.played = Played(self.search)
        self.played.open_round()
        self.people = {DriverId(f"d{number}"): person for number, person in enumerate(people)}
        for driver_id, (vehicle_type, metres, available, past) in self.people.items():
            board.report(driver_id, *destination(*TRIP.pickup.point, metres, 0.0), NOW)
            self.supply.announced(driver_id, "available" if available else "busy", vehicle_type)
            self.supply.update(driver_id)
            self._remember(driver_id, past)
        self.metres = {
            driver_id: haversine_m(*TRIP.pickup.point, *self.supply.position(driver_id, NOW) or (0.0, 0.0))
            for driver_id in self.people
        }

    def _remember(self, driver_id: DriverId, past: str) -> None:
        if past == "blocked":
            self.search.blocked[driver_id] = None
        elif past:
            lease = self.played.offer(driver_id, 1.0, NOW - 1.0)
            if past == "declined":
                self.played.ends(lease.offer_id, "declined")
            elif past == "silent":
                self.played.ends(lease.offer_id, "expired")

    def expected(self, k: int, radius_m: float) -> list[DriverId]:
        """Never asked before silent, each by distance and id."""

        def rank(driver_id: DriverId) -> tuple[bool, float, DriverId]:
            return self.people[driver_id][3] == "silent", self.metres[driver_id], driver_id

        suited = [d for d in self.people if self._suits(d) and self.metres[d] <= radius_m]
        return sorted(suited, key=rank)[:k]

    def _suits(self, driver_id: DriverId) -> bool:
        vehicle_type, _, available, past = self.people[driver_id]
        wanted = self.search.card.trip.vehicle_type
        does = not wanted or wanted == vehicle_type or (wanted, vehicle_type) == ("sedan", "suv")
        return available and does and past in ("", "silent")

    def expected_rule(self, driver_id: DriverId) -> str:
        """Why the driver is not asked, told by nothing but what was said of the driver."""
        vehicle_type, _, available, past = self.people[driver_id]
        wanted = self.search.card.trip.vehicle_type
        if not available:
            return "busy"
        if self.metres[driver_id] > self.search.radius_m:
            return "outside_radius"
        if wanted and wanted != vehicle_type and (wanted, vehicle_type) != ("sedan", "suv"):
            return "wrong_vehicle"
        return {"open": "thinking"}.get(past, past if past in ("blocked", "declined") else "behind")


def reaches(policy: SearchRules) -> list[float]:
    """How far a first round may reach, the least first."""
    steps, radius_m = [], policy.radius_from_m
    while policy.radius_from_m and radius_m < policy.radius_m:
        steps.append(radius_m)
        radius_m *= policy.radius_growth
    return [*steps, policy.radius_m]


people = st.lists(
    st.tuples(
        st.sampled_from(TYPES),
        st.sampled_from((100.0, 1_000.0, 1_999.0, 2_500.0, 5_000.0)) | st.floats(0.0, 14_000.0),
        st.booleans(),
        st.sampled_from(("", "", "", "blocked", "declined", "silent", "open")),
    ),
    max_size=12,
)
policies = st.builds(
    SearchRules,
    radius_from_m=st.sampled_from((0.0, 500.0, 2_000.0)),
    radius_growth=st.sampled_from((1.5, 3.0)),
    explain_candidates=st.integers(1, 14),
    vehicles=st.just(Vehicles.of("sedan: suv, suv, van")),
)


@settings(max_examples=120)
@given(people, st.sampled_from(("", *TYPES)), policies, st.integers(1, 5))
def test_the_nearest_who_suit_are_picked_and_nobody_else(
    drivers: list[tuple[str, float, bool, str]], wanted: str, policy: SearchRules, k: int
) -> None:
    town = Town(drivers, wanted, policy)
    hits = town.zone.nearest(town.search, k, policy.radius_m)
    assert [driver_id for _, driver_id in hits] == town.expected(k, policy.radius_m)


@settings(max_examples=120)
@given(people, st.sampled_from(("", *TYPES)), policies, st.integers(1, 5))
def test_a_round_reaches_just_as_far_as_somebody_is(
    drivers: list[tuple[str, float, bool, str]], wanted: str, policy: SearchRules, k: int
) -> None:
    town = Town(drivers, wanted, policy)
    policy = replace(policy, batch=k)
    town.zone.rules = town.search.rules = policy
    town.search.radius_m, town.search.round_no = 0.0, 0
    (ask,) = Rounds().decide(SearchOpened(RIDE), town.zone)
    assert isinstance(ask, Ask)
    hits, radius_m = ask.hits, ask.radius_m
    steps = reaches(policy)
    within = next((step for step in steps if town.expected(k, step)), steps[-1])
    assert radius_m == within
    assert [driver_id for _, driver_id in hits] == town.expected(k, within)


@settings(max_examples=120)
@given(people, st.sampled_from(("", *TYPES)), policies, st.integers(1, 5))
def test_everybody_who_is_near_is_told_of_and_whoever_is_not_asked_with_the_rule(
    drivers: list[tuple[str, float, bool, str]], wanted: str, policy: SearchRules, k: int
) -> None:
    town = Town(drivers, wanted, policy)
    picked = town.zone.nearest(town.search, k, town.search.radius_m)
    told = considered(
        town.zone, town.supply.everybody, town.search, town.search.asking(picked, town.search.radius_m, NOW)
    )
    asked = {driver_id for _, driver_id in picked}
    by_distance = sorted(town.people, key=lambda d: (town.metres[d], d))
    near = [driver_id for driver_id in by_distance if driver_id not in asked][: policy.explain_candidates]
    assert list(told.drivers) == [driver_id for driver_id in by_distance if driver_id in asked or driver_id in near]
    expected = [AskVerdict.ASKED if driver_id in asked else town.expected_rule(driver_id) for driver_id in told.drivers]
    assert list(told.rules) == expected
    assert list(told.metres) == [round(town.metres[driver_id], 1) for driver_id in told.drivers]
    assert sum(count for _, count in told.others) == len(town.people) - len(told.drivers)
