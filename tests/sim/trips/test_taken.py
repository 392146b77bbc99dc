"""Which trips of a file a run gets: the shipped day, parts of it, and files of any size and order."""

import gzip
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.city.demand import DemandError
from sim.trips import SHIPPED, TripFile, TripRow, TripsWanted, read, timed_rows
from sim.trips import taken as module

HEADER = "pickup_time,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon"
GOOD = "2015-01-15 08:00:00,40.75,-73.99,40.76,-73.98"


def take(
    path: Path | None = None, *, from_time: str | None = None, for_s: float | None = None, rides: int | None = None
) -> TripFile:
    return read(None if path is None else str(path), from_time=from_time, for_s=for_s, rides=rides)


def file_of(folder: Path, *lines: str, header: str = HEADER) -> Path:
    file = folder / "trips.csv"
    file.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return file


def at(time: str, day: int = 15) -> str:
    return f"2015-01-{day} {time},40.75,-73.99,40.76,-73.98"


class TestTheShippedDay:
    def test_it_holds_9982_trips_and_all_are_usable(self) -> None:
        day = take()
        assert len(day.demands) == 9_982
        assert (day.skipped.rows, day.skipped.count, str(day.skipped)) == (9_982, 0, "")
        assert day.start == datetime(2015, 1, 15, 0, 0, 13)

    def test_its_first_and_last_trips_are_the_files(self) -> None:
        first, last = take().demands[0], take().demands[-1]
        assert first.at == 0.0
        assert (first.trip.pickup.lat, first.trip.pickup.lon) == (40.77608109, -73.95809174)
        assert (first.trip.dropoff.lat, first.trip.dropoff.lon) == (40.74098969, -74.00556183)
        assert first.trip.pickup.address == "40.7761, -73.9581"
        assert last.at == 86_385.0, "23:59:58 less 00:00:13"

    def test_a_part_of_it_is_the_trips_of_that_time(self) -> None:
        halves = [take(from_time=f"{hour:02}:00", for_s=12 * 3_600) for hour in (0, 12)]
        assert sum(len(half.demands) for half in halves) == 9_982
        assert len(take(from_time="04:00", for_s=3_600).demands) == 53
        assert len(take(from_time="21:00", for_s=3_600).demands) == 661

    def test_its_times_never_go_back_and_its_first_trips_come_first(self) -> None:
        day = take()
        times = [demand.at for demand in day.demands]
        assert times == sorted(times)
        assert take(rides=500).demands == day.demands[:500]

    def test_its_claims_are_near_what_the_meters_said(self) -> None:
        """The median trip, metered over crow-fly, is 1.29: the model's 1.3 is no invention."""
        with gzip.open(Path(sim.__file__).parent / "data" / SHIPPED, "rt") as text:
            metered = sorted(float(line.split(",")[6]) for line in text.readlines()[1:])
        claimed = sorted(demand.trip.distance_km for demand in take().demands)
        assert claimed[4_991] == pytest.approx(metered[4_991], rel=0.05)


class TestWhatIsTaken:
    def test_rows_are_sorted_by_time_and_equal_times_keep_the_files_order(self, tmp_path: Path) -> None:
        rows = [at("09:00:00"), at("08:00:00") + "1", at("08:00:00") + "2", at("07:30:00")]
        taken = take(file_of(tmp_path, *rows))
        assert taken.start == datetime(2015, 1, 15, 7, 30)
        assert [demand.at for demand in taken.demands] == [0.0, 1_800.0, 1_800.0, 5_400.0]
        assert [demand.trip.dropoff.lon for demand in taken.demands] == [-73.98, -73.981, -73.982, -73.98]

    def test_without_any_wish_it_is_24_hours_from_the_first_trip(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, at("08:00:00"), at("07:59:59", day=16), at("08:00:00", day=16))
        assert [demand.at for demand in take(file).demands] == [0.0, 86_399.0]

    def test_a_count_alone_reaches_beyond_the_first_day(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, at("08:00:00"), at("08:00:00", day=17), at("09:00:00", day=17))
        assert [demand.at for demand in take(file, rides=2).demands] == [0.0, 172_800.0]

    def test_a_duration_alone_counts_from_the_first_trip_and_excludes_its_end(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, at("08:00:00"), at("08:59:59"), at("09:00:00"))
        assert [demand.at for demand in take(file, for_s=3_600).demands] == [0.0, 3_599.0]

    def test_the_scarcer_of_count_and_duration_decides(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, at("08:00:00"), at("08:10:00"), at("08:20:00"), at("08:30:00"))
        assert len(take(file, rides=2, for_s=3_600).demands) == 2
        assert len(take(file, rides=4, for_s=601).demands) == 2
        assert len(take(file, rides=9, for_s=3_600).demands) == 4

    @pytest.mark.parametrize(
        ("from_time", "first_at"),
        [("08:00", 600.0), ("08:10:00", 0.0), ("2015-01-15T08:09:59", 1.0), ("2015-01-15", 29_400.0)],
    )
    def test_time_begins_at_the_moment_asked_for(self, tmp_path: Path, from_time: str, first_at: float) -> None:
        file = file_of(tmp_path, at("07:00:00", day=16), at("08:10:00"))
        assert take(file, from_time=from_time).demands[0].at == first_at

    def test_a_moment_leaves_out_what_was_before_it_and_24_hours_after_it(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, at("08:00:00"), at("09:00:00"), at("08:59:00", day=16), at("09:00:00", day=16))
        taken = take(file, from_time="09:00")
        assert taken.start == datetime(2015, 1, 15, 9)
        assert [demand.at for demand in taken.demands] == [0.0, 86_340.0]

    def test_other_columns_and_their_order_do_not_matter(self, tmp_path: Path) -> None:
        header = "tip, dropoff_lon,dropoff_lat ,pickup_lon,pickup_lat,pickup_time"
        file = file_of(tmp_path, '"1,50",-73.98,40.76, -73.99,40.75,2015-01-15T08:00:00.500', header=header)
        taken = take(file)
        assert taken.skipped.count == 0
        assert taken.start == datetime(2015, 1, 15, 8, 0, 0, 500_000)
        assert taken.demands[0].trip.pickup.address == "40.7500, -73.9900"

    def test_a_packed_file_with_a_byte_order_mark_and_windows_line_ends_reads_the_same(self, tmp_path: Path) -> None:
        lines = [HEADER, at("08:00:00"), at("09:00:00")]
        plain, packed = file_of(tmp_path, *lines[1:]), tmp_path / "trips.csv.gz"
        packed.write_bytes(gzip.compress(("\ufeff" + "\r\n".join(lines) + "\r\n\r\n").encode()))
        assert take(packed) == take(plain)

    def test_no_rides_are_a_wish_too(self, tmp_path: Path) -> None:
        taken = take(file_of(tmp_path, GOOD), rides=0)
        assert taken.demands == []
        assert taken.sample(Random(1)) == (40.75, -73.99), "drivers still have somewhere to be"


class TestWhereDriversBegin:
    def test_it_is_at_pickups_of_the_trips_taken_by_the_dice(self) -> None:
        hour = take(from_time="08:00", for_s=600)
        pickups = {(demand.trip.pickup.lat, demand.trip.pickup.lon) for demand in hour.demands}
        rng, again = Random(5), Random(5)
        starts = [hour.sample(rng) for _ in range(300)]
        assert starts == [hour.sample(again) for _ in range(300)]
        assert set(starts) <= pickups
        assert len(set(starts)) > len(pickups) / 2


class TestAFileOfAnySize:
    """Rows are kept only while they may be taken, whatever order they come in."""

    @given(
        st.lists(st.integers(0, 2_000), min_size=1, max_size=60),
        st.sampled_from([None, "00:10", "2015-01-15T00:10"]),
        st.sampled_from([None, 300.0, 3_600.0]),
        st.sampled_from([None, 0, 3, 20]),
    )
    def test_what_is_taken_is_what_sorting_all_of_it_would_take(
        self, minutes: list[int], from_time: str | None, for_s: float | None, rides: int | None
    ) -> None:
        midnight = datetime(2015, 1, 15)
        rows = [TripRow(n, midnight + timedelta(minutes=at), (1.0, n), (2.0, n)) for n, at in enumerate(minutes, 1)]
        first = min(row.at for row in rows)
        start = {None: first, "00:10": first.replace(hour=0, minute=10)}.get(from_time, datetime(2015, 1, 15, 0, 10))
        end = for_s if for_s is not None or rides is not None else module.DAY_S
        inside = [row for row in rows if row.at >= start and (end is None or (row.at - start).total_seconds() < end)]
        window = module.Window(from_time, end, rides, room=4)
        for row in rows:
            window.add(row)
        assert window.start == start
        assert window.taken() == sorted(inside, key=lambda row: row.at)[:rides]

    def test_no_more_rows_are_kept_than_may_be_taken(self) -> None:
        window = module.Window(None, None, 3, room=4)
        for number in range(1_000):
            window.add(TripRow(number, datetime(2015, 1, 15) + timedelta(minutes=number), (1.0, 1.0), (1.0, 1.0)))
            assert window.kept <= 3 + 4
        assert [row.number for row in window.taken()] == [0, 1, 2]

    def test_timed_trips_are_thinned_evenly_where_they_are_very_many(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "TIMED_AT_MOST", 10)
        lines = [f"{at(f'08:{n:02}:00')},2015-01-15 09:00:00" for n in range(50)]
        file = file_of(tmp_path, *lines, header=HEADER + ",dropoff_time")
        every, _ = timed_rows(str(file), TripsWanted(), None)
        assert [row.number for row in every] == [1, 9, 17, 25, 33, 41, 49]
        odd, _ = timed_rows(str(file), TripsWanted(), 1)
        assert [row.number for row in odd] == [1, 9, 17, 25, 33, 41, 49]


def test_a_moment_after_the_last_trip_is_told_from_when_to_when_there_are_trips(tmp_path: Path) -> None:
    file = file_of(tmp_path, at("08:00:00"), at("09:00:00"))
    with pytest.raises(DemandError, match=r"no trip from 2015-01-16 00:00:00 on.* 08:00:00 to 2015-01-15 09:00:00"):
        take(file, from_time="2015-01-16T00:00:00")


def test_a_moment_that_is_none_is_refused(tmp_path: Path) -> None:
    for wrong in ("25:00", "yesterday", "2015-01-15T08:00:00Z", "08:00+01:00"):
        with pytest.raises(DemandError, match="is not a local time"):
            take(file_of(tmp_path, GOOD), from_time=wrong)
