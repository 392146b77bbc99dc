"""Where the driver is: which positions reach the board, and which do not."""

from typing import Any

import pytest

from dispatch.ids import DriverId
from dispatch.messages.matching import DriverSeen
from dispatch.timestamps import rfc3339
from dispatch.transport import wire
from dispatch.values import Fix
from tests.transport.rig import DRIVER, App, Rig

HERE = {"type": "location_update", "latitude": -26.2, "longitude": 28.0}
EIGHT_O_CLOCK = 1_795_420_800.0
"""2026-11-23 08:00:00 UTC"""
AT_ONCE = 40 + 100
"""So many positions pass at once: what any message may, and what a phone may have kept."""


def where(rig: Rig) -> tuple[float, float, float] | None:
    """Latitude, longitude, and the seconds since the start."""
    fix = rig.board.position(DRIVER)
    return (fix.lat, fix.lon, fix.at - rig.start_at) if fix is not None else None


class TestPositions:
    def test_a_position_goes_to_the_board_and_is_not_answered(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        rig.run(3.0)
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
        rig.run(30.0)
        app.says(**HERE)
        assert rig.heard("dispatcher/0") == [DriverSeen(DRIVER)]
        rig.run(91.0)
        app.says(**HERE)
        assert rig.heard("dispatcher/0") == [DriverSeen(DRIVER)] * 2, "the position had grown old"

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
            rig.run(float(second))
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
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(100.0)
        app.says(**HERE, recorded_at="2026-11-23T10:01:30.500+02:00")
        assert where(rig) == (-26.2, 28.0, 90.5)

    def test_what_was_recorded_before_the_known_position_changes_nothing(self) -> None:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(100.0)
        app.says(**HERE)
        app.says(type="location_update", latitude=-26.201, longitude=28.0, recorded_at="2026-11-23T08:01:00Z")
        assert where(rig) == (-26.2, 28.0, 100.0)

    def test_what_was_recorded_in_the_future_counts_as_now(self) -> None:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(100.0)
        app.says(**HERE, recorded_at="2026-11-23T09:00:00Z")
        assert where(rig) == (-26.2, 28.0, 100.0)

    def test_a_hundred_kept_positions_at_once_all_count_beside_what_else_is_said(self) -> None:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(1000.0)
        for _ in range(40):
            app.says(type="ping")
        assert len(app.got) == 40
        for step in range(100):
            recorded_at = rfc3339(EIGHT_O_CLOCK + 500.0 + 5.0 * step)
            app.says(**{**HERE, "latitude": -26.2 + step * 1e-3}, recorded_at=recorded_at, id=f"k{step}")
            assert where(rig) == (-26.2 + step * 1e-3, 28.0, 500.0 + 5.0 * step)
        assert app.got == [{"type": "ack", "result": "ok", "id": f"k{step}"} for step in range(100)]

    def test_in_a_flood_the_latest_is_applied_and_the_rest_counted(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        rig.run(1.0)
        for step in range(1000):
            app.says(type="location_update", latitude=-26.2 + step * 1e-7, longitude=28.0)
        assert rig.board.reports == AT_ONCE
        rig.run(2.0)
        assert rig.board.reports == AT_ONCE + 1
        fix = rig.board.position(DRIVER)
        assert fix is not None
        assert fix.lat == -26.2 + 999 * 1e-7
        assert fix.at == pytest.approx(1.5, abs=0.001)
        assert rig.gateway.counters.coalesced == 1000 - AT_ONCE - 1
        assert len(rig.heard("driver/27821234568")) == 1
        assert app.got == []

    def test_of_a_flood_each_that_had_an_id_is_told_what_became_of_it(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        for step in range(200):
            app.says(**HERE, id=f"k{step}")
        rig.run(5.0)
        told = {frame["id"]: (frame["result"], frame.get("reason")) for frame in app.got}
        assert list(told.values()).count(("ok", None)) == AT_ONCE + 1
        assert told["k150"] == ("ignored", "superseded") and told["k199"] == ("ok", None)
        assert len(told) == 200

    def test_a_position_that_passes_makes_the_one_that_waits_old(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        for _ in range(AT_ONCE + 1):
            app.says(**HERE)
        rig.run(0.1)
        app.says(type="location_update", latitude=-26.2001, longitude=28.0)
        rig.run(5.0)
        assert where(rig) == (-26.2001, 28.0, 0.1)
        assert rig.board.reports == AT_ONCE + 1


class TestWhatIsNotBelievedIsSaid:
    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"accuracy_m": 500}, "not_accurate"),
            ({"accuracy_m": -1}, "not_accurate"),
            ({"recorded_at": rfc3339(EIGHT_O_CLOCK + 9_999.0)}, "out_of_order"),
            ({"recorded_at": rfc3339(EIGHT_O_CLOCK + 6_000.0)}, "too_old"),
            ({"latitude": -17.2}, "impossible_speed"),
            ({"latitude": -26.2, "recorded_at": rfc3339(EIGHT_O_CLOCK + 9_999.0)}, "out_of_order"),
        ],
    )
    def test_with_an_id_it_is_ignored_for_a_reason_and_without_one_nothing_is_said(
        self, fields: dict[str, Any], reason: str
    ) -> None:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(10_000.0)
        app.says(**HERE)
        app.says(**{**HERE, "latitude": -26.2001, **fields}, id="k1")
        app.says(**{**HERE, "latitude": -26.2001, **fields})
        assert app.got == [{"type": "ack", "result": "ignored", "reason": reason, "id": "k1"}]
        assert where(rig) == (-26.2, 28.0, 10_000.0)

    def test_a_place_that_is_believed_at_last_is_acknowledged(self) -> None:
        rig = Rig()
        app, _ = rig.driver()
        app.says(**HERE)
        for step in range(3):
            app.says(**{**HERE, "latitude": -17.2}, id=f"k{step}")
        assert [frame["result"] for frame in app.got] == ["ignored", "ignored", "ok"]


class TestClocks:
    @pytest.mark.parametrize("off_s", [-86_400.0, -3_600.0, -70.0, -3.0, 3.0, 70.0, 7_200.0, 1.7e9])
    def test_a_phone_whose_clock_is_off_is_known_to_be_here_now_after_its_second_report(self, off_s: float) -> None:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        for second in (100.0, 105.2):
            rig.run(second)
            app.says(**HERE, recorded_at=rfc3339(EIGHT_O_CLOCK + second - 0.2 - off_s))
        assert rig.board.fresh(DRIVER, EIGHT_O_CLOCK + 106.0)
        assert rig.heard("dispatcher/0")[-1:] == [DriverSeen(DRIVER)]
        fix = rig.board.position(DRIVER)
        assert fix is not None and 100.0 < fix.at - EIGHT_O_CLOCK < 105.3
        rig.run(110.0)
        app.says(**HERE, recorded_at=rfc3339(EIGHT_O_CLOCK + 110.0 - 0.2 - off_s), id="k")
        assert app.got == [{"type": "ack", "result": "ok", "id": "k"}]

    def test_what_is_learnt_outlives_the_connection_and_tells_when_kept_positions_were(self) -> None:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, session = rig.driver()
        for second in (100.0, 110.0):
            rig.run(second)
            app.says(**HERE, recorded_at=rfc3339(EIGHT_O_CLOCK + second - 7_200.0))
        session.closed()
        rig.run(400.0)
        app, _ = rig.driver()
        for step in range(1, 51):
            recorded_at = rfc3339(EIGHT_O_CLOCK + 110.0 + 5.0 * step - 7_200.0)
            app.says(**{**HERE, "latitude": -26.2 + step * 1e-3}, recorded_at=recorded_at)
            assert where(rig) == (-26.2 + step * 1e-3, 28.0, pytest.approx(110.0 + 5.0 * step))

    def test_a_burst_of_kept_positions_makes_no_driver_here_who_is_not(self) -> None:
        """They come at once: so it is not the clock that is wrong."""
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(1000.0)
        for step in range(60):
            app.says(**HERE, recorded_at=rfc3339(EIGHT_O_CLOCK + 200.0 + 5.0 * step))
        assert where(rig) == (-26.2, 28.0, 495.0)


class TestManyAtOnce:
    def kept(self, count: int, since: float = 0.0, step: float = 1e-3) -> list[dict[str, Any]]:
        """So many positions on the way north, one in five seconds."""
        return [
            {
                "latitude": -26.2 + number * step,
                "longitude": 28.0,
                "recorded_at": rfc3339(EIGHT_O_CLOCK + since + 5.0 * number),
            }
            for number in range(count)
        ]

    def rig(self, now: float = 1000.0) -> tuple[Rig, App]:
        rig = Rig(start_at=EIGHT_O_CLOCK)
        app, _ = rig.driver()
        rig.run(now)
        return rig, app

    def test_all_count_each_at_its_own_time_and_the_ack_says_so(self) -> None:
        rig, app = self.rig()
        seen: list[float] = []
        rig.board.follow(DRIVER)
        rig.board.follower = lambda _, fix: seen.append(fix.at - EIGHT_O_CLOCK)
        app.says(type="location_batch", positions=self.kept(100, 500.0), id="b1")
        assert app.got == [{"type": "ack", "result": "ok", "id": "b1"}]
        assert seen == [500.0 + 5.0 * number for number in range(100)]
        assert where(rig) == (-26.2 + 99e-3, 28.0, 995.0)
        assert rig.heard("dispatcher/0") == [DriverSeen(DRIVER)]

    def test_without_an_id_nothing_is_answered(self) -> None:
        _, app = self.rig()
        app.says(type="location_batch", positions=self.kept(3, 900.0))
        assert app.got == []

    def test_those_that_are_not_believed_are_counted_by_reason(self) -> None:
        rig, app = self.rig()
        first, jump, blurred, nowhere, last = self.kept(5, 900.0)
        jump["latitude"], blurred["accuracy_m"], nowhere["latitude"], nowhere["longitude"] = 10.0, 900, 0, 0
        app.says(type="location_batch", positions=[first, jump, blurred, nowhere, jump, last], id="b1")
        reasons = {"impossible_speed": 2, "not_accurate": 1, "no_place": 1}
        assert app.got == [{"type": "ack", "result": "ok", "ignored": reasons, "id": "b1"}]
        assert where(rig) == pytest.approx((-26.196, 28.0, 920.0))

    def test_if_none_is_believed_the_whole_is_ignored(self) -> None:
        rig, app = self.rig(10_000.0)
        app.says(type="location_batch", positions=self.kept(3), id="b1")
        ignored = {"result": "ignored", "reason": "too_old", "ignored": {"too_old": 3}}
        assert app.got == [{"type": "ack", **ignored, "id": "b1"}]
        assert where(rig) is None

    @pytest.mark.parametrize("ahead_s", [30.0, 3_600.0])
    def test_a_phone_whose_clock_is_ahead_kept_them_no_less(self, ahead_s: float) -> None:
        rig, app = self.rig()
        app.says(type="location_batch", positions=self.kept(50, 755.0 + ahead_s), id="b1")
        assert app.got == [{"type": "ack", "result": "ok", "id": "b1"}]
        assert where(rig) == (-26.2 + 49e-3, 28.0, 1000.0)

    @pytest.mark.parametrize(
        ("spoil", "text"),
        [
            ({"latitude": 91}, "positions[3].latitude must be from -90 to 90, got 91"),
            ({"longitude": "28"}, 'positions[3].longitude must be a number from -180 to 180, got "28"'),
            ({"recorded_at": "noon"}, "positions[3].recorded_at must be an RFC 3339 time such as"),
            ({"recorded_at": 5}, "positions[3].recorded_at must be an RFC 3339 time such as"),
        ],
    )
    def test_one_that_cannot_be_read_is_named_and_nothing_is_taken(self, spoil: dict[str, Any], text: str) -> None:
        rig, app = self.rig()
        positions = self.kept(5, 900.0)
        positions[3].update(spoil)
        app.says(type="location_batch", positions=positions, id="b1")
        (error,) = app.got
        assert (error["code"], error["id"], error["field"]) == ("bad_field", "b1", f"positions[3].{next(iter(spoil))}")
        assert error["message"].startswith(text)
        assert where(rig) is None

    @pytest.mark.parametrize(
        ("positions", "text"),
        [
            ([], "positions must be a list of 1 to 200 positions, got 0 of them"),
            (
                [{"latitude": 1, "longitude": 2}] * 201,
                "positions must be a list of 1 to 200 positions, got 201 of them",
            ),
            ({}, "positions must be a list of 1 to 200 positions, got an object"),
            ([7], "positions[0] must be an object, got 7"),
            ([{"latitude": 1, "long": 2}], "positions[0].longitude is missing; you sent long"),
        ],
    )
    def test_what_is_no_list_of_positions_is_refused(self, positions: Any, text: str) -> None:
        _, app = self.rig()
        app.says(type="location_batch", positions=positions)
        assert [frame["message"] for frame in app.got] == [text]

    def test_an_odd_ornament_costs_none_of_them(self) -> None:
        rig, app = self.rig()
        positions = [{**each, "heading": "north", "speed_mps": None, "battery": 7} for each in self.kept(3, 980.0)]
        app.says(type="location_batch", positions=positions, id="b1")
        assert app.got == [{"type": "ack", "result": "ok", "id": "b1"}]
        assert where(rig) == (-26.198, 28.0, 990.0)

    def test_in_somebody_elses_name_none_is_taken(self) -> None:
        rig, app = self.rig()
        app.says(type="location_batch", positions=self.kept(3, 980.0), driver_id="1")
        assert [frame["code"] for frame in app.got] == ["forbidden"]
        assert where(rig) is None


def test_two_drivers_write_two_slots() -> None:
    rig = Rig()
    one, _ = rig.driver()
    two, _ = rig.driver(DriverId("2"))
    one.says(**HERE)
    two.says(type="location_update", latitude=1.5, longitude=2.5)
    assert where(rig) == (-26.2, 28.0, 0.0)
    assert rig.board.position(DriverId("2")) == Fix(1.5, 2.5, 0.0)
