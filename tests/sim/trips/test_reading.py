"""Files of trips as they are published and as spreadsheets save them: what is used, and that every other row is counted."""

import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.demand import DemandError
from sim.trips import BadTrips, TripRow, Trips, TripsWanted

PUBLISHED = Path(__file__).parents[2] / "data" / "trips"
HEADER = "pickup_time,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon"
GOOD = "2015-01-15 08:00:00,40.75,-73.99,40.76,-73.98"
NEW_YORK = [((40.721567, -73.991957), (40.695922, -73.993803)), ((40.73629, -73.982102), (40.76803, -73.95585))]


def reading(path: Path, **wanted: object) -> tuple[list[TripRow], Trips]:
    trips = Trips(path, TripsWanted(**wanted))  # type: ignore[arg-type]
    return list(trips), trips


def file_of(folder: Path, *lines: str, header: str = HEADER, name: str = "trips.csv") -> Path:
    file = folder / name
    file.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return file


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\t\r\n'), max_size=12)


class TestPublishedFiles:
    """Rows are invented, columns and forms are those of the public files."""

    @pytest.mark.parametrize(
        ("name", "year"),
        [
            ("new-york-2009.csv", 2009),
            ("new-york-2013-yellow.csv", 2013),
            ("new-york-2013-by-driver.csv", 2013),
            ("new-york-2014-green.csv", 2014),
            ("new-york-2015-yellow.csv", 2015),
            ("bicycles.csv", 2023),
        ],
    )
    def test_new_yorks_files_of_every_year_with_places_are_read_as_they_are(self, name: str, year: int) -> None:
        rows, trips = reading(PUBLISHED / name, timed=True)
        assert [row.at for row in rows] == [datetime(year, 3, 2, 8, *clock) for clock in ((0, 0), (5, 0), (10, 30))]
        assert [(row.pickup, row.dropoff) for row in rows][:2] == [
            (pytest.approx(pickup), pytest.approx(dropoff)) for pickup, dropoff in NEW_YORK
        ]
        assert [row.duration_s for row in rows] == [570.0, 660.0, 1_236.0]
        assert (trips.skipped.rows, trips.skipped.reasons) == (4, {"no place": 1})

    def test_chicagos_american_times_and_seconds_are_read(self) -> None:
        rows, trips = reading(PUBLISHED / "chicago.csv", timed=True)
        assert [row.at for row in rows] == [datetime(2019, 3, 2, *clock) for clock in ((8, 0), (12, 0), (23, 45))]
        assert rows[0].pickup == (41.880994471, -87.632746489)
        assert [row.duration_s for row in rows] == [570.0, 660.0, 1_236.0], "not the times, rounded to quarters"
        assert trips.skipped.reasons == {"no place": 1}

    def test_portos_lines_are_read_from_their_first_point_to_their_last(self) -> None:
        rows, trips = reading(PUBLISHED / "porto.csv", timed=True)
        assert [row.at for row in rows] == [datetime(2019, 3, 2, 8, *clock) for clock in ((0, 0), (5, 0), (10, 30))]
        assert (rows[0].pickup, rows[0].dropoff) == ((41.141412, -8.618643), (41.14251, -8.620326))
        assert [row.duration_s for row in rows] == [30.0, 45.0, 15.0], "a point every 15 seconds"
        assert trips.skipped.reasons == {"no place": 1}

    @pytest.mark.parametrize("name", ["new-york-2017-zones.csv", "new-york-2017-for-hire.csv"])
    def test_files_with_zone_numbers_only_are_refused_by_that_word(self, name: str) -> None:
        with pytest.raises(DemandError, match=r"(?i)has zone numbers only \(PULocationID, DOLocationID\)"):
            reading(PUBLISHED / name)


def zipped(text: str, *others: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("trips.csv", *others):
            archive.writestr(name, text)
    return packed.getvalue()


LINES = [HEADER, GOOD, GOOD.replace("08:00", "08:10"), GOOD.replace("08:00", "08:20")]
TEXT = "\n".join(LINES) + "\n"
COMMAS = "\n".join([HEADER.replace(",", ";"), *(row.replace(",", ";").replace(".", ",") for row in LINES[1:])])
FORMS: dict[str, bytes] = {
    "semicolons": TEXT.replace(",", ";").encode(),
    "semicolons and decimal commas": COMMAS.encode(),
    "tabs and decimal commas": COMMAS.replace(";", "\t").encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "strokes": TEXT.replace(",", "|").encode(),
    "quoted decimal commas": "\n".join(
        [HEADER, *('"' + row.replace(",", '","').replace(".", ",") + '"' for row in LINES[1:])]
    ).encode(),
    "everything quoted": "\n".join('"' + line.replace(",", '","') + '"' for line in LINES).encode(),
    "a separator line": ("sep=,\n" + TEXT).encode(),
    "a separator line, semicolons": ("sep=;\r\n" + TEXT.replace(",", ";")).encode(),
    "utf-16 with its mark": TEXT.encode("utf-16"),
    "utf-16 of Excel, tabs": b"\xff\xfe" + TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "utf-16, big end first, without a mark": TEXT.encode("utf-16-be"),
    "utf-8 with a mark": TEXT.encode("utf-8-sig"),
    "utf-32": TEXT.encode("utf-32"),
    "latin-1": TEXT.replace("pickup_time", "pickup_time,straße")
    .replace("00,40", "00,Café Müller,40")
    .encode("latin-1"),
    "ends of lines of Windows": TEXT.replace("\n", "\r\n").encode(),
    "ends of lines of an old Macintosh": TEXT.replace("\n", "\r").encode(),
    "empty lines": ("\n\n" + TEXT.replace("\n", "\n\n") + "\n,,,,\n").encode(),
    "commas at the end": TEXT.replace("\n2015", ",,\n2015").replace("-73.98\n", "-73.98,,\n").encode(),
    "gzip": gzip.compress(TEXT.encode()),
    "gzip in gzip": gzip.compress(gzip.compress(TEXT.encode())),
    "zip": zipped(TEXT, "__MACOSX/._trips.csv"),
    "zip with a note": zipped(TEXT, "read.me"),
    "camel case": TEXT.replace(
        HEADER, "pickupDateTime,pickupLatitude,pickupLongitude,dropoffLatitude,dropoffLongitude"
    ).encode(),
    "capitals and blanks": TEXT.replace(
        HEADER, "Pickup Time, Pickup Lat,PICKUP LNG ,Drop-off Latitude,Drop off long"
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["trips.csv", "TRIPS.CSV.GZ", "export"])
def test_the_same_trips_come_out_of_every_form_of_a_table_whatever_its_name(
    tmp_path: Path, form: str, name: str
) -> None:
    (tmp_path / name).write_bytes(FORMS[form])
    rows, trips = reading(tmp_path / name)
    assert [(row.at.minute, row.pickup, row.dropoff) for row in rows] == [
        (minute, (40.75, -73.99), (40.76, -73.98)) for minute in (0, 10, 20)
    ]
    assert (trips.skipped.rows, trips.skipped.count) == (3, 0)


class TestRowsThatAreSkipped:
    @pytest.mark.parametrize(
        ("row", "reason", "why"),
        [
            ("2015-01-15 08:00:00,91.2,-73.99,40.76,-73.98", "bad number", "pickup_lat '91.2' is not from -90 to 90"),
            ("2015-01-15 08:00:00,40.75,-180.5,40.76,-73.98", "bad number", "'-180.5' is not from -180 to 180"),
            ("2015-01-15 08:00:00,40.75,-73.99,40.76,inf", "bad number", "dropoff_lon 'inf' is not from -180 to 180"),
            ("2015-01-15 08:00:00,40.75,west,40.76,-73.98", "bad number", "pickup_lon 'west' is not a number"),
            ("2015-01-15 08:00:00,,-73.99,40.76,-73.98", "no place", "pickup_lat is missing"),
            ("2015-01-15 08:00:00,40.75,-73.99,NULL,-73.98", "no place", "dropoff_lat is missing"),
            ("2015-01-15 08:00:00,40.75,-73.99,nan,nan", "no place", "dropoff_lat is missing"),
            ("2015-01-15 08:00:00,0,0.0,40.76,-73.98", "no place", "pickup is at 0, 0, which stands for a missing"),
            ("2015-01-15 08:00:00,40.75,-73.99,0,-0", "no place", "dropoff is at 0, 0"),
            (",,,40.76,-73.98", "no place", "pickup_lat is missing"),
            ("soon,40.75,-73.99,40.76,-73.98", "bad time", "pickup_time 'soon' is not a time like 2015-01-15 08:00:00"),
            ("2015-02-30,40.75,-73.99,40.76,-73.98", "bad time", "pickup_time '2015-02-30' is not a time"),
            ("1900-01-00,40.75,-73.99,40.76,-73.98", "bad time", "pickup_time '1900-01-00' is not a time"),
            ("0001-01-01,40.75,-73.99,40.76,-73.98", "bad time", "pickup_time '0001-01-01' is not a time"),
            (" ,40.75,-73.99,40.76,-73.98", "bad time", "pickup_time is missing"),
            ("2015-01-15 08:00:00,40.75,-73.99,36.25,-73.98", "too far", "dropoff is 500 km from the pickup"),
            ("2015-01-15 08:00:00,40.75,-73.99,-13.2,-73.98", "too far", "dropoff is 5,999 km from the pickup"),
            ("2015-01-15 08:00:00,40.75,-73.99,40.76", "unreadable line", "4 columns where the header has 5"),
            (GOOD + ",extra", "unreadable line", "6 columns where the header has 5"),
            ('"' + GOOD, "unreadable line", "pickup_time has a stray quotation mark"),
            (GOOD.replace("40.76", '40.76"'), "unreadable line", "dropoff_lat has a stray quotation mark"),
        ],
    )
    def test_a_bad_row_is_counted_by_its_reason_and_named(
        self, tmp_path: Path, row: str, reason: str, why: str
    ) -> None:
        rows, trips = reading(file_of(tmp_path, GOOD, row, GOOD))
        assert (len(rows), trips.skipped.rows, trips.skipped.reasons) == (2, 3, {reason: 1})
        assert trips.skipped.first.startswith("line 3: ")
        assert why in trips.skipped.first

    def test_the_first_bad_row_of_several_is_the_one_named(self, tmp_path: Path) -> None:
        rows, trips = reading(file_of(tmp_path, GOOD, "", "x,1,1,1,1", GOOD, "2015-01-15,99,0,1,1", "x"))
        assert (len(rows), trips.skipped.count) == (2, 3)
        assert trips.skipped.first.startswith("line 4: pickup_time 'x'"), "the empty line counts, but is no row"

    def test_bytes_that_are_no_text_spoil_only_their_row(self, tmp_path: Path) -> None:
        file = tmp_path / "trips.csv"
        file.write_bytes(f"{HEADER}\n{GOOD}\n".encode() + b"\xff\xfe,1,1,1,1\n" + GOOD.encode())
        rows, trips = reading(file)
        assert (len(rows), trips.skipped.count) == (2, 1)

    @given(st.lists(st.lists(CELLS, max_size=7), max_size=8))
    def test_whatever_stands_in_a_file_each_row_is_used_or_counted(self, cells: list[list[str]]) -> None:
        text = "\n".join([HEADER, GOOD, *(",".join(row) for row in cells), GOOD])
        rows, trips = reading(_InMemory(text.encode(errors="replace")))  # type: ignore[arg-type]
        assert len(rows) >= 2
        assert len(rows) + trips.skipped.count == trips.skipped.rows
        for row in rows:
            assert -90 <= row.pickup[0] <= 90 and -180 <= row.dropoff[1] <= 180


class _InMemory:
    """A file that is not on disk."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)

    def __str__(self) -> str:
        return "trips.csv"


class TestTooManyRowsThatAreSkipped:
    def test_more_than_a_share_of_the_rows_skipped_is_an_error_with_the_counts(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, *[GOOD] * 18, "x,1,1,1,1", "2015-01-15,1,1,1,x")
        assert len(reading(file, skip_most=10.0)[0]) == 18
        with pytest.raises(BadTrips, match=r"2 of 20 rows skipped .*10\.0%, more than --skip-most 9\.9%") as caught:
            reading(file, skip_most=9.9)
        assert caught.value.skipped.reasons == {"bad time": 1, "bad number": 1}

    def test_rows_without_a_place_do_not_count_towards_it(self, tmp_path: Path) -> None:
        file = file_of(tmp_path, GOOD, *["2015-01-15 08:00:00,,,,"] * 99)
        rows, trips = reading(file, skip_most=0.0)
        assert (len(rows), trips.skipped.reasons) == (1, {"no place": 99})

    def test_a_file_without_a_usable_row_says_what_ails_it(self, tmp_path: Path) -> None:
        with pytest.raises(
            BadTrips, match=r"has no usable trip: 2 of 2 rows skipped .*; the first: line 2: pickup_lat"
        ):
            reading(file_of(tmp_path, "2015-01-15,x,1,1,1", "2015-01-15,y,1,1,1"))
        with pytest.raises(BadTrips, match=r"has no usable trip$"):
            reading(file_of(tmp_path))


class TestTimesOfAFile:
    @pytest.mark.parametrize(
        ("times", "months"),
        [
            (["3/2/2019 08:00", "3/13/2019 08:00"], [3, 3]),
            (["3/2/2019 08:00", "13/2/2019 08:00"], [2, 2]),
            (["3/2/2019 08:00", "4/2/2019 08:00"], [3, 4]),
            (["3-2-2019 08:00", "2-28-2019 08:00"], [3, 2]),
        ],
    )
    def test_the_order_of_day_and_month_is_that_of_a_date_that_can_be_read_in_one_way(
        self, tmp_path: Path, times: list[str], months: list[int]
    ) -> None:
        rows, _ = reading(file_of(tmp_path, *(f"{time},40.75,-73.99,40.76,-73.98" for time in times)))
        assert [row.at.month for row in rows] == months

    def test_a_date_that_decides_may_come_late(self, tmp_path: Path) -> None:
        times = ["1/2/2019 08:00"] * 2_500 + ["13/2/2019 08:00"]
        rows, _ = reading(file_of(tmp_path, *(f"{time},40.75,-73.99,40.76,-73.98" for time in times)))
        assert {row.at.month for row in rows} == {2}

    def test_moments_are_told_by_the_clock_of_the_first_or_of_the_zone_that_is_named(self, tmp_path: Path) -> None:
        times = ("2019-03-02T08:00:00-05:00", "2019-03-02T13:30:00Z", "2019-07-02T08:00:00-04:00")
        file = file_of(tmp_path, *(f"{time},40.75,-73.99,40.76,-73.98" for time in times))
        assert [(row.at.hour, row.at.minute) for row in reading(file)[0]] == [(8, 0), (8, 30), (7, 0)]
        named = reading(file, zone="America/New_York")[0]
        assert [(row.at.hour, row.at.minute) for row in named] == [(8, 0), (8, 30), (8, 0)]


class TestFilesThatAreNone:
    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"PK\x03\x04" + b"x" * 40, "cannot read .*: File is not a zip file"),
            (zipped(TEXT, "other.csv"), r"holds 2 files: unpack the one to use \(trips.csv, other.csv\)"),
            (zipped(TEXT, "[Content_Types].xml"), "is an Excel workbook: save it as CSV"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a workbook of an old Excel"),
            (b"\x28\xb5\x2f\xfd\x00", "is packed by zstd: unpack it first"),
            (b"SQLite format 3\x00", "is an SQLite database"),
            (b"<!DOCTYPE html><p>404", "is a page of HTML or XML"),
            (b'[{"pickup_time": "2015"}]', "is JSON"),
            (bytes(range(256)) * 4, "is no text"),
            (b"", r"has no column pickup_time.*; it is empty"),
            (b"\n\n", r"has no column pickup_time.*; it is empty"),
            (gzip.compress(TEXT.encode() * 99)[:-20], "cannot read .*: Compressed file ended"),
            (gzip.compress(b"PAR1"), "is packed Parquet: unpack it first"),
        ],
        ids=lambda value: value if isinstance(value, str) else "file",
    )
    def test_a_file_of_another_kind_is_refused_by_its_name(self, tmp_path: Path, data: bytes, why: str) -> None:
        (tmp_path / "trips.csv").write_bytes(data)
        with pytest.raises(DemandError, match=why):
            reading(tmp_path / "trips.csv")

    @pytest.mark.parametrize("damage", ["cut", "flipped"])
    def test_a_damaged_packed_file_is_refused(self, tmp_path: Path, damage: str) -> None:
        packed = bytearray(gzip.compress("\n".join([HEADER, *[f"{GOOD}{n}" for n in range(600)]]).encode()))
        if damage == "cut":
            del packed[len(packed) // 2 :]
        else:
            packed[len(packed) // 2] ^= 0xFF
        (tmp_path / "trips.csv").write_bytes(packed)
        with pytest.raises(DemandError, match="cannot read"):
            reading(tmp_path / "trips.csv")

    def test_a_missing_file_and_a_folder_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(DemandError, match=r"cannot read .*nowhere\.csv: No such file or directory"):
            reading(tmp_path / "nowhere.csv")
        with pytest.raises(DemandError, match=r"cannot read .*: Is a directory"):
            reading(tmp_path)
