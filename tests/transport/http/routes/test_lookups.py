"""In which order drivers are shown for a ride. The routes themselves run in tests/e2e/test_desk_http.py."""

from typing import Any

from dispatch.domain.places.geo import TravelModel
from dispatch.transport.http.routes.lookups import MOST_OF_A_KIND, ranked

PICKUP = (60.17, 24.94)


def driver(name: str, metres: float | None, why_not: str | None = None) -> dict[str, Any]:
    point = None if metres is None else (PICKUP[0] + metres / 111_195.0, PICKUP[1])
    return {"driver_id": name, "point": point, "distance_m": metres, "why_not_asked": why_not}


def test_who_can_be_asked_stands_first_the_soonest_first_then_the_nearest_others() -> None:
    drivers = [
        driver("far", 900.0),
        driver("busy", 100.0, "busy"),
        driver("near", 300.0),
        driver("lost", None, "stale"),
    ]
    told = ranked(drivers, PICKUP, TravelModel(), 0.0)
    assert [row["driver_id"] for row in told["drivers"]] == ["near", "far", "busy", "lost"]
    assert [row.get("eta_s", 0) > 0 for row in told["drivers"]] == [True, True, False, False]
    assert not any("point" in row for row in told["drivers"])
    assert (told["askable"], told["others"]) == (2, 2)


def test_of_many_only_some_are_shown_and_all_are_counted() -> None:
    told = ranked([driver(str(n), float(n)) for n in range(50)], PICKUP, TravelModel(), 0.0)
    assert (len(told["drivers"]), told["askable"], told["others"]) == (MOST_OF_A_KIND, 50, 0)
