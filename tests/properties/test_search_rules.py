"""Random searches, played as a dispatcher plays them: every rule of places, rounds and asking holds after each step, and what is on
record tells the same search.

The player keeps a plain list of all offers ever made and what became of them; the rules are counted from that list.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import (
    NEWCOMERS,
    NOTHING,
    PLACES,
    ROUND,
    SPENT,
    USES_UP,
    Need,
    Search,
    Searches,
    ride_of,
)
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverReserved,
    OfferDeclined,
    OffersClosed,
    RideRequested,
    RoundEnded,
)
from dispatch.values import Lease, RideCard
from tests.domain.matching.searches import ANN, OPENED, RIDE, TRIP, Played
from tests.thorough import times

DRIVERS = [DriverId(f"d{number:02}") for number in range(14)]
"""Nearest first."""

policies = st.builds(
    SearchRules,
    batch=st.integers(1, 5),
    rounds=st.integers(1, 4),
    late_grace_s=st.sampled_from((0.0, 2.0, 45.0)),
    asks_after_silence=st.integers(0, 2),
    stagger_s=st.sampled_from((0.0, 0.0, 5.0)),
    search_cap_s=st.sampled_from((20.0, 180.0, 600.0)),
)
picks = st.integers(0, 99)


@dataclass
class Told:
    """An offer as an onlooker remembers it."""

    lease: Lease
    outcome: str = "open"
    ran_out: bool = False
    claimed: bool = False

    @property
    def is_open(self) -> bool:
        return self.outcome == "open"

    @property
    def counts(self) -> bool:
        """Whether the driver had it and did not take it, or still may."""
        return self.outcome in ("open", *USES_UP)


class SearchMachine(RuleBasedStateMachine):
    """One ride, its search, and everything that drivers and time can do to it."""

    @initialize(policy=policies, near=st.sets(st.sampled_from(DRIVERS), max_size=10))
    def a_passenger_asks(self, policy: SearchRules, near: set[DriverId]) -> None:
        self.policy, self.near = policy, near
        self.now, self.search_no, self.is_over, self.late, self.dry = 0.0, 0, False, False, False
        self.events: list[Message] = []
        self.searches = Searches(policy, lambda passenger_id: ())
        self.told: list[Told] = []
        self.before: list[Told] = []
        self._begin(TRIP.fare)

    # -- what drivers do

    @rule(pick=picks, reason=st.sampled_from(("", "too far")))
    def a_driver_declines(self, pick: int, reason: str) -> None:
        told = self._pick_open(pick)
        if told is not None:
            self._happens(OfferDeclined(RIDE, told.lease.driver_id, told.lease.offer_id, reason))
            self._end(told, "declined")

    @rule(pick=picks, outcome=st.sampled_from(OPENED))
    def a_driver_is_gone_or_turns_out_busy(self, pick: int, outcome: str) -> None:
        told = self._pick_open(pick)
        if told is not None:
            self.near.discard(told.lease.driver_id)
            self._close([told], outcome)
            self._end(told, outcome)

    @rule(pick=picks)
    def a_driver_says_that_it_is_too_late(self, pick: int) -> None:
        told = self._pick_open(pick)
        if told is not None:
            self._close([told], "expired")
            self._end(told, "expired")

    @rule(pick=picks)
    def a_driver_accepts_and_the_ride_has_not_answered_yet(self, pick: int) -> None:
        told = self._pick_open(pick)
        if told is not None:
            self._claim(told)

    @rule(pick=picks)
    def a_driver_accepts_in_the_grace(self, pick: int) -> None:
        late = [] if self.is_over else self._closing()
        if late:
            self._claim(late[pick % len(late)])

    @rule(driver_id=st.sampled_from(DRIVERS))
    def a_driver_becomes_eligible(self, driver_id: DriverId) -> None:
        self.near.add(driver_id)
        search = self.search
        need = search.need(self.now)
        if self.is_over or not need.places or driver_id not in self._eligible(self.may_ask):
            return
        if need.kind == ROUND:
            self._open_round()
        else:
            self._ask([driver_id], refill=True)

    @rule(driver_id=st.sampled_from(DRIVERS))
    def a_driver_leaves(self, driver_id: DriverId) -> None:
        self.near.discard(driver_id)

    # -- what time does

    @rule(duration_s=st.sampled_from((0.5, 1.0, 5.0, 29.5, 30.0, 32.0, 120.0)))
    def time_passes(self, duration_s: float) -> None:
        until = self.now + duration_s
        while not self.is_over and (due := self._next_due()) <= until:
            self.now = due
            for told in self.told:
                told.ran_out = told.ran_out or (told.is_open and not told.claimed and told.lease.expires_at <= due)
            expired = {lease.offer_id for lease in self.search.overdue(due)}
            assert expired == {told.lease.offer_id for told in self._closing() if told.lease.closes_at <= due}
            closed = [told for told in self.told if told.lease.offer_id in expired]
            if closed:
                self._close(closed, "expired")
            for told in closed:
                told.outcome = "expired"
            self._advance()
        self.now = until

    @rule()
    def the_next_offer_runs_out(self) -> None:
        due = self._next_due()
        if due != inf:
            self.time_passes(due - self.now)

    @rule()
    def the_cap_is_reached(self) -> None:
        if self._cap() > self.now:
            self.time_passes(self._cap() - self.now)

    @rule(fare=st.floats(1.0, 500.0))
    def the_passenger_changes_the_terms(self, fare: float) -> None:
        if not self.is_over:
            self.before += self.told
            self.told = []
            self._begin(fare)

    # -- what holds

    @invariant()
    def no_driver_holds_two_offers(self) -> None:
        holders = [told.lease.driver_id for told in self.told if told.is_open]
        assert len(set(holders)) == len(holders)
        assert [told.lease.offer_id for told in self.told if told.is_open] == list(self.search.open)

    @invariant()
    def what_it_needs_follows_from_what_became_of_its_offers(self) -> None:
        search, batch, rules = self.search, self.policy.batch, self.policy
        assert search.late is self.late
        used = len([told for told in self._of_this_round() if told.counts and _is_answer(told)])
        running = [told for told in self.told if told.is_open and not told.ran_out]
        assert search.is_running(self.now) is bool(running)
        if self.late:  # a yes in the grace of the last round comes on top of the newcomers
            assert len([told for told in running if not told.claimed]) <= batch
        else:
            assert used + len(running) <= batch
        is_over = used > 0 and not self._thinking() and self._all_shown(used)
        expected = Need(NOTHING)
        if self._cap() <= self.now:
            expected = Need(NOTHING if self._thinking() else SPENT)
        elif is_over and search.round_no < rules.rounds:
            expected = Need(ROUND, self._at_once())
        elif is_over or self.late:
            if search.round_no == rules.rounds and len(running) < batch:
                expected = Need(NEWCOMERS, batch - len(running))
        else:
            free = batch - used - len(running)
            if rules.stagger_s:
                free = 0 if running and self.now < self._shown_at() + rules.stagger_s else min(1, free)
            expected = Need(PLACES, free, used) if free else expected
        assert search.need(self.now) == expected

    @invariant()
    def nothing_that_time_brings_is_missed(self) -> None:
        assert self.is_over or self.search.next_due(self.now) == self._next_due()

    @invariant()
    def a_driver_may_be_asked_as_often_as_the_policy_says_but_not_after_a_decline_nor_twice_at_once(self) -> None:
        refused = {told.lease.driver_id for told in self.before + self.told if told.outcome == "declined"}
        for driver_id in DRIVERS:
            asks = [told for told in self.told if told.lease.driver_id == driver_id and told.counts]
            assert len(asks) <= 1 + self.policy.asks_after_silence
            holds = any(told.is_open for told in asks)
            may = driver_id not in refused and not holds and len(asks) <= self.policy.asks_after_silence
            assert self.may_ask(driver_id) is may
            assert self.never_asked(driver_id) is (driver_id not in refused and not asks)

    @invariant()
    def a_round_is_never_more_than_the_last(self) -> None:
        assert 1 <= self.search.round_no <= self.policy.rounds

    @invariant()
    def every_offer_ever_made_has_a_name_of_its_own(self) -> None:
        names = [told.lease.offer_id for told in self.before + self.told]
        assert len(set(names)) == len(names)

    @invariant()
    def the_record_tells_the_same_search(self) -> None:
        folded = Searches(self.policy, lambda passenger_id: ()).of_ride(RIDE, self.events)
        assert folded == self.search
        assert list(folded.open) == list(self.search.open)

    # -- the player

    def _happens(self, event: Message) -> None:
        self.events.append(event)
        self.searches.apply(event)

    def may_ask(self, driver_id: DriverId) -> bool:
        return self.played.may_ask(driver_id)

    def never_asked(self, driver_id: DriverId) -> bool:
        return self.played.never_asked(driver_id)

    def _begin(self, fare: float) -> None:
        self.search_no, self.late = self.search_no + 1, False
        trip = type(TRIP)(TRIP.pickup, TRIP.dropoff, TRIP.distance_km, TRIP.duration_min, fare)
        self._happens(RideRequested(RIDE, self.search_no, ANN, trip, self.now))
        self.search: Search = self.searches[RIDE]
        self.played = Played(self.search)
        self._open_round()

    def _advance(self) -> None:
        need = self.search.need(self.now)
        if need.kind == SPENT:
            self.is_over = True
        elif need.kind == ROUND:
            if self._nearest(1):
                self._open_round()
        elif need.kind == PLACES:
            nearest = self._nearest(need.places)
            self._ask(nearest, refill=True)
            self.dry = bool(
                not nearest and self.policy.stagger_s and need.used and not self.search.is_running(self.now)
            )
            if self.dry:
                self._happens(RoundEnded(RIDE, self.search_no, self.search.round_no))
                self._advance()

    def _open_round(self) -> None:
        if self.search.round_no:
            assert not self._thinking(), "a round ends when no offer of it is open"
        picked, self.dry = self._nearest(self._at_once()), False
        self._ask(picked, refill=False)

    def _ask(self, drivers: list[DriverId], refill: bool) -> None:
        """A refill each has an event of its own, as every driver is found alone."""
        for group in ([driver_id] for driver_id in drivers) if refill else [drivers]:
            for told in self.before + self.told:
                assert not (told.lease.driver_id in group and told.outcome == "declined"), "declined this ride before"
            used = len([told for told in self._of_this_round() if told.counts and _is_answer(told)])
            self.late = self.late or (refill and used > 0 and not self._thinking() and self._all_shown(used))
            hits = [(100.0 * DRIVERS.index(driver_id), driver_id) for driver_id in group]
            made = self.search.asking(hits, self.policy.radius_m, self.now)
            assert made.refill is refill
            self._happens(made)
            for placed in made.offers:
                lease = self.search.open[placed.offer_id].lease
                assert lease.expires_at == self.now + self.policy.offer_timeout_s
                assert lease.closes_at == lease.expires_at + self.policy.late_grace_s
                assert lease.round_no == self.search.round_no
                self.told.append(Told(lease))

    def _nearest(self, k: int) -> list[DriverId]:
        first = self._eligible(self.never_asked)
        again = [driver_id for driver_id in self._eligible(self.may_ask) if driver_id not in first]
        return [*first, *again][:k]

    def _eligible(self, admits: Callable[[DriverId], bool]) -> list[DriverId]:
        holding = {told.lease.driver_id for told in self.told if told.is_open}
        return [driver_id for driver_id in DRIVERS if driver_id in self.near - holding and admits(driver_id)]

    def _pick_open(self, pick: int) -> Told | None:
        candidates = [] if self.is_over else [told for told in self.told if told.is_open and not told.claimed]
        return candidates[pick % len(candidates)] if candidates else None

    def _close(self, closed: Iterable[Told], reason: str) -> None:
        leases = [told.lease for told in closed]
        offers, drivers = tuple(x.offer_id for x in leases), tuple(x.driver_id for x in leases)
        self._happens(OffersClosed(RIDE, offers, drivers, reason))

    def _end(self, told: Told, outcome: str) -> None:
        assert told.lease.offer_id not in self.search.open
        told.outcome = outcome
        self._advance()

    def _claim(self, told: Told) -> None:
        lease = told.lease
        self._happens(DriverReserved(RIDE, lease.driver_id, lease.offer_id, lease.search_no, lease.round_no))
        told.claimed = True
        told.ran_out = told.ran_out and told not in self._of_this_round()

    def _thinking(self) -> list[Told]:
        """Who may still answer in the time that was told, or whose yes waits for the ride."""
        return [told for told in self.told if told.is_open and (told.claimed or not told.ran_out)]

    def _closing(self) -> list[Told]:
        return [told for told in self.told if told.is_open and told.ran_out and not told.claimed]

    def _next_due(self) -> float:
        waiting = [told for told in self.told if told.is_open and not told.claimed]
        dues = [told.lease.closes_at if told.ran_out else told.lease.expires_at for told in waiting]
        next_place = self._shown_at() + self.policy.stagger_s
        dues += [self._cap()] if self._cap() > self.now else []
        return min([*dues, next_place] if self.policy.stagger_s and next_place > self.now else dues, default=inf)

    def _at_once(self) -> int:
        """How many places of a round are shown when it opens."""
        return 1 if self.policy.stagger_s else self.policy.batch

    def _cap(self) -> float:
        return self.search.since + self.policy.search_cap_s

    def _shown_at(self) -> float:
        """When somebody was asked last."""
        return max((told.lease.expires_at for told in self.told), default=0.0) - self.policy.offer_timeout_s

    def _all_shown(self, used: int) -> bool:
        """Whether every place of the round was, or nobody was left for the others."""
        return not self.policy.stagger_s or used >= self.policy.batch or self.dry

    def _of_this_round(self) -> list[Told]:
        return [told for told in self.told if told.lease.round_no == self.search.round_no]


def _is_answer(told: Told) -> bool:
    """A decline, or a silence whose time is over."""
    return told.outcome in USES_UP or told.ran_out


def test_every_rule_of_a_search_holds_after_every_step_and_the_record_tells_the_same() -> None:
    run_state_machine_as_test(
        SearchMachine, settings=settings(max_examples=times(100), stateful_step_count=40, deadline=None)
    )


@given(st.sets(st.tuples(st.text("ab.1", min_size=1, max_size=5), st.integers(1, 12)), min_size=2, max_size=6))
def test_no_two_offers_of_any_rides_and_searches_share_a_name_and_each_tells_its_ride(
    searches: set[tuple[str, int]],
) -> None:
    names: list[OfferId] = []
    for name, search_no in sorted(searches):
        search = Search(RideCard(RideId(name), search_no, ANN, TRIP), 0.0, SearchRules())
        hits = [(0.0, driver_id) for driver_id in DRIVERS]
        own = [placed.offer_id for placed in search.asking(hits, 1.0, 0.0).offers]
        assert {ride_of(offer_id) for offer_id in own} == {name}
        names += own
    assert len(set(names)) == len(names)
