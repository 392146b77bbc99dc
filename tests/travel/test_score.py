"""The figures of a test, by hand."""

from dispatch.domain.places.geo import Curve, TravelModel
from dispatch.travel.fit import TimedTrip
from dispatch.travel.score import Score, ask, score

HERE = (0.0, 0.0)
BY_HOUR = Curve(1.0, tuple(100.0 if hour < 12 else 200.0 for hour in range(24)))


def test_the_error_is_the_mean_of_seconds_and_the_median_of_shares() -> None:
    there = (0.0, 0.01)
    model = TravelModel(detour=1.0, speed_mps=1111.949266445587 / 100.0)  # a hundred seconds to there
    trips = [TimedTrip(8.0, HERE, there, duration_s) for duration_s in (100.0, 110.0, 160.0)]
    assert score(ask(model, trips)) == Score(trips=3, mae_s=23.3, median_error=round(10 / 110, 4))


def test_each_trip_is_asked_for_at_its_own_hour() -> None:
    km_away = (0.0, 1.0 / 111.1949266445587)
    trips = [TimedTrip(6.5, HERE, km_away, 100.0), TimedTrip(18.5, HERE, km_away, 200.0)]
    assert score(ask(TravelModel(curve=BY_HOUR, hour_of=float), trips)).mae_s == 0.0
