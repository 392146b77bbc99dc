"""Where rides stand, by what their passengers hear."""

from dispatch.transport import wire
from sim.demo.rides import ENDS, NEWS_KEPT, STATUSES, RidesSeen


def searching(ride_id: str) -> wire.Searching:
    return wire.Searching(
        ride_id=ride_id, seq=1, epoch="e", round=1, drivers_notified=5, fare=9.0, expires_at="", ttl_ms=30_000
    )


def assigned(ride_id: str, distance_m: int | None = 310) -> wire.DriverAssigned:
    return wire.DriverAssigned(
        ride_id=ride_id,
        seq=2,
        epoch="e",
        driver_id="27830000001",
        driver_name="Amahle Dlamini",
        driver_phone="27830000001",
        driver_rating=4.8,
        vehicle_type="suv",
        vehicle_registration="CA 1 GP",
        distance_m=distance_m,
    )


def counted(seen: RidesSeen) -> dict[str, int]:
    return {status: count for status, count in seen.counts.items() if count}


def test_a_ride_is_counted_where_it_stands_and_only_there() -> None:
    seen = RidesSeen()
    life = {
        searching("a"): "pending",
        assigned("a"): "accepted",
        wire.DriverArrived(ride_id="a", seq=3, epoch="e"): "arrived",
        wire.RideStarted(ride_id="a", seq=4, epoch="e"): "in_progress",
        wire.RideCompleted(
            ride_id="a", seq=5, epoch="e", fare=9.0, distance_km=1.0, duration_minutes=3, payment_status="cash"
        ): "completed",
    }
    for frame, status in life.items():
        seen.hear("a", frame, 1.0)
        assert counted(seen) == {status: 1}


def test_ends_add_up_while_other_rides_go_on() -> None:
    seen = RidesSeen()
    for ride_id in ("a", "b", "c"):
        seen.hear(ride_id, searching(ride_id), 0.1)
    seen.hear("a", wire.NoDrivers(ride_id="a", seq=2, epoch="e", reason="nobody", rounds=4, drivers_asked=20), 180.0)
    seen.hear("b", wire.RideEnded(ride_id="b", seq=2, epoch="e", by="passenger", reason="", fee=0), 99.0)
    assert counted(seen) == {"pending": 1, "no_drivers": 1, "cancelled": 1}


def test_a_second_round_is_the_same_search() -> None:
    seen = RidesSeen()
    seen.hear("a", searching("a"), 0.1)
    seen.hear("a", searching("a"), 30.1)
    assert counted(seen) == {"pending": 1}


def test_a_snapshot_tells_where_a_ride_stands_after_a_gap() -> None:
    seen = RidesSeen()
    seen.hear("a", searching("a"), 0.1)
    seen.hear("a", wire.PassengerSnapshot(ride_id="a", seq=4, epoch="e", status="arrived", recovered=False), 60.0)
    assert counted(seen) == {"arrived": 1}


def test_what_changes_no_ride_changes_nothing() -> None:
    seen = RidesSeen()
    seen.hear("a", wire.Pong(), 0.1)
    seen.hear("a", wire.Refused(code="unavailable", message="try again"), 0.1)
    assert counted(seen) == {}


def test_a_forgotten_ride_is_counted_no_more_but_an_ended_one_stays_ended() -> None:
    seen = RidesSeen()
    seen.hear("a", searching("a"), 0.1)
    seen.hear("b", wire.RideEnded(ride_id="b", seq=2, epoch="e", by="system", reason="", fee=0), 1.0)
    seen.forget("a")
    seen.forget("b")
    seen.forget("never heard of")
    assert counted(seen) == {"cancelled": 1}


def test_news_tell_the_latest_assignments_the_newest_last() -> None:
    seen = RidesSeen()
    for number in range(1, NEWS_KEPT + 3):
        seen.hear(f"demo-6a1-{number}", assigned(f"demo-6a1-{number}", 1_310), 3.25)
    assert len(seen.news) == NEWS_KEPT
    assert seen.news[-1] == f"ride {NEWS_KEPT + 2}: Amahle Dlamini, suv, 1,310 m away, after 3.2 s"


def test_news_leave_out_a_distance_that_nobody_knows() -> None:
    seen = RidesSeen()
    seen.hear("x", assigned("x", None), 3.0)
    assert list(seen.news) == ["ride x: Amahle Dlamini, suv, after 3.0 s"]


def test_four_of_the_seven_statuses_are_of_a_ride_under_way() -> None:
    assert [status for status in STATUSES if status not in ENDS] == ["pending", "accepted", "arrived", "in_progress"]
