"""Cases that the explorer must meet are told by messages. The explorer's own tests say that it meets them all."""

from dispatch.messages.events import RideRequested, SearchFailed
from dispatch.messages.journal import Append
from sim.checks.coverage_goals import GOALS, CoverageGoals
from tests.actors.rig import ANN, RIDE, TRIP


def test_a_case_counts_as_often_as_it_is_met() -> None:
    goals = CoverageGoals()
    again = RideRequested(RIDE, 2, ANN, TRIP, 0.0)
    for event in (RideRequested(RIDE, 1, ANN, TRIP, 0.0), again, again, SearchFailed(RIDE, "cap", 4, 20)):
        goals(0.0, "journal", Append("ride/r1", 1, 1, 0.0, (event,)))
    assert goals.seen == {"superseded search": 2, "no drivers": 1}
    assert goals.seen.keys() <= set(GOALS)
