"""Where the driver is: what of his positions reaches the board, and what does not."""

from typing import Any

import pytest

from dispatch.messages.matching import DriverSeen
from dispatch.transport import wire
from dispatch.types import DriverId, Fix
from tests.transport.rig import DRIVER, Rig

HERE = {"type": "location_update", "latitude": -26.2, "longitude": 28.0}
EIGHT_O_CLOCK = 1_795_420_800.0
"""2026-11-23 08:00:00 UTC"""


def where(rig: Rig) -> tuple[float, float, float] | None:
    fix = rig.board.position(DRIVER)
    return (fix.lat, fix.lon, fix.at) if fix is not None else None


class TestPositions:
    def test_a_position_goes_to_the_board_and_is_not_answered(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        rig.runtime.run(3.0)
        app.says(**HERE, heading=90.0, speed_mps=8.5, accuracy_m=12)
        assert rig.board.position(DRIVER) == Fix(-26.2, 28.0, 3.0, 90.0)
        assert app.got == []
        assert len(rig.heard("driver/27821234568")) == 1, "only Attach"

    def test_with_an_id_it_is_acknowledged(self) -> None:
        app, _ = Rig().driver()
        app.says(**HERE, id="k1")
        assert app.got == [{"type": "ack", "result": "ok", "id": "k1"}]

    def test_the_dispatcher_hears_of_a_driver_who_was_not_known_and_of_nothing_else(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**HERE)
        app.says(**HERE)
        rig.runtime.run(30.0)
        app.says(**HERE)
        assert rig.heard("dispatcher/0") == [DriverSeen(DRIVER)]
        rig.runtime.run(91.0)
        app.says(**HERE)
        assert rig.heard("dispatcher/0") == [DriverSeen(DRIVER)] * 2, "his position had grown old"

    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({"latitude": 91}, "latitude must be from -90 to 90, got 91"),
            ({"longitude": 180.5}, "longitude must be from -180 to 180, got 180.5"),
            (
                {"latitude": 0, "longitude": 0.0},
                "latitude and longitude must be a place, got 0, 0: the phone does not know where it is",
            ),
            ({"recorded_at": "noon"}, 'recorded_at must be an RFC 3339 time such as 2026-11-23T08:00:00Z, got "noon"'),
            (
                {"recorded_at": "2026-11-23T08:00:00"},
                'recorded_at must be an RFC 3339 time such as 2026-11-23T08:00:00Z, got "2026-11-23T08:00:00"',
            ),
        ],
    )  # fmt: skip
    def test_an_impossible_one_is_an_error_and_changes_nothing(self, fields: dict[str, Any], text: str) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**HERE)
        app.says(**{**HERE, "latitude": -26.1999, **fields}, id="k1")
        (error,) = app.got
        assert (error["code"], error["message"], error["id"]) == ("bad_field", text, "k1")
        assert where(rig) == (-26.2, 28.0, 0.0)

    @pytest.mark.parametrize(("lat", "lon"), [(float("nan"), 28.0), (-26.2, float("nan")), (-91.0, 28.0), (0.0, 0.0)])
    def test_so_is_one_that_never_saw_the_codec(self, lat: float, lon: float) -> None:
        rig = Rig()
        app, session = rig.driver()
        session.on_message(wire.LocationUpdate(lat, lon))
        assert [frame["code"] for frame in app.got] == ["bad_field"]
        assert where(rig) is None

    def test_a_phone_that_does_not_know_where_it_is_is_not_cut_off(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        for second in range(40):
            rig.runtime.run(float(second))
            app.says(type="location_update", latitude=0, longitude=0)
        assert app.closes == []

    def test_on_the_equator_or_the_meridian_one_may_be(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(type="location_update", latitude=0, longitude=6.6)
        assert where(rig) == (0.0, 6.6, 0.0)

    @pytest.mark.parametrize(
        ("accuracy_m", "believed"), [(100, True), (100.5, False), (-1, False), (0, True), (None, True)]
    )
    def test_one_that_the_phone_itself_does_not_trust_is_dropped_and_counted(
        self, accuracy_m: float | None, believed: bool
    ) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**HERE, accuracy_m=accuracy_m)
        assert (where(rig) is not None) == believed
        assert rig.gateway.counters.inaccurate == (not believed)
        assert app.got == []

    @pytest.mark.parametrize("heading", [-1, 360.5, 400, "north", None, True])
    def test_a_heading_that_is_none_costs_no_position(self, heading: Any) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**HERE, heading=heading, speed_mps=-1)
        assert rig.board.position(DRIVER) == Fix(-26.2, 28.0, 0.0, None)

    def test_what_was_recorded_earlier_counts_as_then(self) -> None:
        rig = Rig(wall_zero=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.runtime.run(100.0)
        app.says(**HERE, recorded_at="2026-11-23T10:01:30.500+02:00")
        assert where(rig) == (-26.2, 28.0, 90.5)

    def test_what_was_recorded_before_the_known_position_changes_nothing(self) -> None:
        rig = Rig(wall_zero=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.runtime.run(100.0)
        app.says(**HERE)
        app.says(type="location_update", latitude=-26.201, longitude=28.0, recorded_at="2026-11-23T08:01:00Z")
        assert where(rig) == (-26.2, 28.0, 100.0)

    def test_what_was_recorded_in_the_future_counts_as_now(self) -> None:
        rig = Rig(wall_zero=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.runtime.run(100.0)
        app.says(**HERE, recorded_at="2026-11-23T09:00:00Z")
        assert where(rig) == (-26.2, 28.0, 100.0)

    def test_in_a_flood_the_latest_is_applied_and_the_rest_counted(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        rig.runtime.run(1.0)
        for step in range(1000):
            app.says(type="location_update", latitude=-26.2 + step * 1e-7, longitude=28.0)
        assert rig.board.reports == 40
        rig.runtime.run(2.0)
        assert rig.board.reports == 41
        fix = rig.board.position(DRIVER)
        assert fix is not None
        assert fix.lat == -26.2 + 999 * 1e-7
        assert fix.at == pytest.approx(1.5, abs=0.001)
        assert rig.gateway.counters.coalesced == 1000 - 41
        assert len(rig.heard("driver/27821234568")) == 1
        assert app.got == []

    def test_a_position_that_passes_makes_the_one_that_waits_old(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        for _ in range(41):
            app.says(**HERE)
        rig.runtime.run(0.1)
        app.says(type="location_update", latitude=-26.2001, longitude=28.0)
        rig.runtime.run(5.0)
        assert where(rig) == (-26.2001, 28.0, 0.1)
        assert rig.board.reports == 41


def test_two_drivers_write_two_slots() -> None:
    rig = Rig()
    one, _ = rig.driver()
    two, _ = rig.driver(DriverId("2"))
    one.says(**HERE)
    two.says(type="location_update", latitude=1.5, longitude=2.5)
    assert where(rig) == (-26.2, 28.0, 0.0)
    assert rig.board.position(DriverId("2")) == Fix(1.5, 2.5, 0.0)
