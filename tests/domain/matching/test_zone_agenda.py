"""What a dispatcher has to look after, and the one timer for it."""

from math import inf

from dispatch.domain.matching.search import Search
from dispatch.domain.matching.zone import Agenda
from dispatch.ids import RideId
from tests.domain.matching.searches import searching


def agenda_of(*names: str) -> tuple[Agenda, dict[RideId, Search]]:
    searches = {RideId(name): searching(ride_id=RideId(name)).search for name in names}
    return Agenda(searches), searches


def test_a_timer_is_asked_for_only_if_none_is_set_that_fires_as_early() -> None:
    agenda, searches = agenda_of("r1", "r2")
    assert agenda.add(30.0, searches[RideId("r1")]) == 30.0
    assert agenda.next_timer() is None
    assert agenda.add(40.0, searches[RideId("r2")]) is None
    assert agenda.add(20.0, searches[RideId("r2")]) == 20.0


def test_what_is_due_comes_oldest_first_each_search_once() -> None:
    agenda, searches = agenda_of("r1", "r2")
    one, other = searches.values()
    timers = [agenda.add(at, search) for at, search in ((30.0, other), (20.0, one), (10.0, other))]
    assert timers == [30.0, 20.0, 10.0]
    assert list(agenda.due(10.0, 30.0)) == [other, one]
    assert agenda.next_timer() is None


def test_an_older_timer_is_for_nothing() -> None:
    agenda, searches = agenda_of("r1")
    agenda.add(30.0, searches[RideId("r1")])
    agenda.next_timer()
    assert list(agenda.due(29.0, 30.0)) == []
    assert list(agenda.due(30.0, 30.0)) == [searches[RideId("r1")]]


def test_a_search_that_ended_or_began_anew_needs_no_timer_for_what_it_was() -> None:
    agenda, searches = agenda_of("r1")
    agenda.add(30.0, searches[RideId("r1")])
    assert list(agenda.due(30.0, 29.0)) == [], "too early"
    searches[RideId("r1")] = searching(ride_id=RideId("r1")).search
    assert agenda.next_timer() is None
    assert agenda.add(40.0, searches[RideId("r1")]) == 40.0


def test_one_that_ends_while_another_is_looked_after_is_not_due_any_more() -> None:
    agenda, searches = agenda_of("r1", "r2")
    for search in searches.values():
        agenda.add(30.0, search)
    agenda.next_timer()
    looked_after = []
    for search in agenda.due(30.0, 30.0):
        looked_after.append(search.card.ride_id)
        searches.pop(RideId("r2"), None)
    assert looked_after == ["r1"]


def test_never_is_no_entry() -> None:
    agenda, searches = agenda_of("r1")
    agenda.add(inf, searches[RideId("r1")])
    assert agenda.next_timer() is None
