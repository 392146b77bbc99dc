"""The contract: names and JSON types of frames, what is refused and in which words, and that the document says the same."""

import re
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import msgspec
import pytest

from dispatch.transport import wire
from dispatch.transport.wire.desk import BookRequest
from tests.transport.rig import FIND_DRIVER

PROTOCOL = (Path(__file__).parents[2] / "docs" / "PROTOCOL.md").read_text("utf-8")


def from_passenger(frame: object) -> Any:
    return wire.FROM_PASSENGER.read(msgspec.json.encode(frame))


def from_driver(frame: object) -> Any:
    return wire.FROM_DRIVER.read(msgspec.json.encode(frame))


def refusal(answer: Any) -> tuple[str, str, str | None]:
    assert isinstance(answer, wire.Refused), answer
    return answer.code, answer.message, answer.field


class TestWhatAppsSend:
    def test_the_seeds_find_driver_is_read_with_every_field(self) -> None:
        assert from_passenger(FIND_DRIVER) == wire.FindDriver(
            -26.2041, 28.0473, -26.1850, 28.0550, "123 Main St", "456 Oak Ave", 5.2, 15.0, 85.5
        )

    def test_the_seeds_accept_ride_is_read(self) -> None:
        frame = {"type": "accept_ride", "ride_id": "123", "driver_id": "27821234568"}
        assert from_driver(frame) == wire.AcceptRide("123", "27821234568")

    def test_unknown_fields_are_ignored(self) -> None:
        assert from_driver({"type": "ping", "battery": 0.4, "x": [{}]}) == wire.Ping()

    def test_whole_numbers_are_taken_for_any_number(self) -> None:
        frame = {**FIND_DRIVER, "pickup_latitude": -26, "distance_km": 5, "fare_amount": 85}
        assert from_passenger(frame).fare_amount == 85.0

    def test_a_field_that_need_not_be_there_may_be_null(self) -> None:
        answer = from_passenger({**FIND_DRIVER, "note": None, "vehicle_type": None, "passenger_name": None, "id": None})
        assert isinstance(answer, wire.FindDriver)

    def test_a_key_that_comes_twice_counts_as_it_came_last(self) -> None:
        twice = '{"type":"location_update","latitude":91,"latitude":1.5,"longitude":2}'
        assert wire.FROM_DRIVER.read(twice) == wire.LocationUpdate(1.5, 2.0)

    def test_frames_of_the_other_side_are_unknown_and_told_where_they_belong(self) -> None:
        text = "find_driver belongs on a ride's socket, /ws/ride/<ride_id>/, not on this one"
        assert refusal(from_driver(FIND_DRIVER))[:2] == ("unknown_type", text)
        text = "accept_ride belongs on a driver's socket, /ws/driver/<driver_id>/, not on this one"
        assert refusal(from_passenger({"type": "accept_ride"}))[:2] == ("unknown_type", text)


class TestOtherForms:
    """Strict about meaning, liberal about form: one rule for each kind of value, whatever field or message it stands in."""

    @pytest.mark.parametrize(("written", "meant"), [("5.0", 5), ("5e0", 5), ("0.5e1", 5), ("1", 1)])
    def test_a_whole_number_may_be_written_with_a_point_or_an_exponent(self, written: str, meant: int) -> None:
        for_passenger = wire.FROM_PASSENGER.read(f'{{"type":"rate_driver","rating":{written}}}')
        for_driver = wire.FROM_DRIVER.read(f'{{"type":"rate_passenger","ride_id":"r","rating":{written}}}')
        heard = wire.FROM_DRIVER.read(f'{{"type":"resume","epoch":"e","last_seq":{written}}}')
        assert for_passenger == wire.RateDriver(meant)
        assert for_driver == wire.RatePassenger("r", meant)
        assert heard == wire.Resume("e", meant)
        assert isinstance(heard.last_seq, int)

    @pytest.mark.parametrize("written", ["4.5", "5.0000001", '"5"', "true", "1e400", "-0.5", "[5]"])
    def test_what_is_no_whole_number_is_refused_as_it_came(self, written: str) -> None:
        answer = wire.FROM_PASSENGER.read(f'{{"type":"rate_driver","rating":{written}}}')
        assert refusal(answer)[1].startswith("rating must be ")

    def test_minus_nought_is_nought(self) -> None:
        assert wire.FROM_DRIVER.read('{"type":"resume","epoch":"e","last_seq":-0.0}') == wire.Resume("e", 0)
        assert wire.FROM_DRIVER.read('{"type":"resume","epoch":"e","last_seq":-0}') == wire.Resume("e", 0)

    @pytest.mark.parametrize("written", ["sedan", "Sedan", " SEDAN ", "\tsedan\n", "\uff33edan"])
    def test_a_word_may_have_any_case_and_spaces_around_it(self, written: str) -> None:
        frame = from_passenger({**FIND_DRIVER, "vehicle_type": written, "payment_method": written})
        assert (frame.vehicle_type, frame.payment_method) == ("sedan", "sedan")

    @pytest.mark.parametrize("written", ["ping", "Ping", " PING "])
    def test_so_may_the_type_of_a_message(self, written: str) -> None:
        assert from_driver({"type": written}) == from_passenger({"type": written}) == wire.Ping()

    def test_what_names_something_may_be_a_number(self) -> None:
        assert from_driver(
            {"type": "accept_ride", "ride_id": 123, "driver_id": 27821234568, "id": 7}
        ) == wire.AcceptRide("123", "27821234568", id="7")
        assert from_driver({"type": "ping", "id": 7.0}) == wire.Ping(id="7")
        assert from_passenger({**FIND_DRIVER, "passenger_phone": 27821234567}).passenger_phone == "27821234567"

    def test_a_pin_that_is_a_number_has_its_zeros_back(self) -> None:
        assert from_driver({"type": "start_ride", "ride_id": "r", "pin": 42}).pin == "0042"
        assert from_driver({"type": "start_ride", "ride_id": "r", "pin": "42"}).pin == "42"

    def test_the_error_of_a_frame_has_the_number_that_is_its_id(self) -> None:
        answer = from_driver({"type": "arrived", "ride_id": 5, "id": 7, "driver_id": []})
        assert (answer.id, answer.ride_id) == ("7", "5")

    @pytest.mark.parametrize("field", ["heading", "speed_mps", "accuracy_m"])
    @pytest.mark.parametrize("odd", ["360.5e9", "1e400", '"north"', "true", "{}", "[1]", "null", "-7e300"])
    def test_an_odd_ornament_never_costs_a_position(self, field: str, odd: str) -> None:
        answer = wire.FROM_DRIVER.read(f'{{"type":"location_update","latitude":1.5,"longitude":2,"{field}":{odd}}}')
        assert isinstance(answer, wire.LocationUpdate)
        assert (answer.latitude, answer.longitude) == (1.5, 2.0)

    @pytest.mark.parametrize("frame", [{"type": "ping"}, FIND_DRIVER])
    def test_a_byte_order_mark_is_ignored(self, frame: dict[str, Any]) -> None:
        text = msgspec.json.encode(frame).decode()
        plain = wire.FROM_PASSENGER.read(text)
        assert not isinstance(plain, wire.Refused)
        assert wire.FROM_PASSENGER.read("\ufeff" + text) == plain
        assert wire.FROM_PASSENGER.read(b"\xef\xbb\xbf" + text.encode()) == plain

    def test_bodies_of_requests_go_by_the_same_rules(self) -> None:
        trip = {name: FIND_DRIVER[name] for name in FIND_DRIVER if name.endswith("itude")}
        body = b"\xef\xbb\xbf" + msgspec.json.encode({**trip, "vehicle_type": " SUV", "passenger_phone": 27821234567})
        asked = wire.read_body(body, wire.QuoteRequest)
        assert (asked.vehicle_type, asked.passenger_phone) == ("suv", "27821234567")

    def test_a_surrogate_pair_is_one_letter(self) -> None:
        frame = msgspec.json.encode({**FIND_DRIVER, "note": "N"}).replace(b'"N"', b'"\\ud83d\\ude95"')
        assert wire.FROM_PASSENGER.read(frame).note == "\U0001f695"  # type: ignore[union-attr]


class TestWhatIsNoMessage:
    @pytest.mark.parametrize(
        ("data", "code", "text"),
        [
            ("", "bad_json", "the frame is not JSON: it ends early, or has half of a surrogate pair"),
            ('{"type":', "bad_json", "the frame is not JSON: it ends early, or has half of a surrogate pair"),
            ('{"type":"ping"} x', "bad_json", "the frame is not JSON: trailing characters (byte 17)"),
            ('{"type":"ping","x":NaN}', "bad_json", "the frame is not JSON: invalid character (byte 19)"),
            ('{"type":"ping","x":-Infinity}', "bad_json", "the frame is not JSON: invalid character (byte 20)"),
            ('{"type":"ping","x":"\\ud800"}', "bad_json", None),
            ('{"type":"ping","x":"\ud800"}', "bad_json", "the frame is not UTF-8 text"),
            (b'{"type":"ping","x":"\xff"}', "bad_json", "the frame is not UTF-8 text"),
            ("\ufeff\ufeff{}", "bad_json", "the frame is not JSON: invalid character (byte 0)"),
            ("[" * 8000, "bad_json", "the frame is nested too deeply"),
            ('{"type":"ping","x":' + "[" * 8000, "bad_json", "the frame is nested too deeply"),
            ("1" * 5000, "bad_json", "the frame is not JSON: a number in it has too many digits"),
            ("[]", "bad_message", "a message is a JSON object with a string field `type`, got an array"),
            ("null", "bad_message", "a message is a JSON object with a string field `type`, got null"),
            ("{}", "bad_message", "a message is a JSON object with a string field `type`"),
            ('{"type":5}', "bad_message", "a message is a JSON object with a string field `type`, got 5"),
            ('{"type":"acept_ride"}', "unknown_type", "unknown type 'acept_ride'; did you mean 'accept_ride'?"),
            ('{"type":"introduce"}', "unknown_type", "unknown type 'introduce'"),
        ],
    )
    def test_the_answer_says_what_it_is_instead(self, data: str | bytes, code: str, text: str | None) -> None:
        found, message, _ = refusal(wire.FROM_DRIVER.read(data))
        assert found == code
        assert text is None or message == text

    @pytest.mark.parametrize("later", ["introduce", "teleport"])
    def test_types_of_later_versions_are_unknown(self, later: str) -> None:
        assert refusal(from_driver({"type": later}))[0] == refusal(from_passenger({"type": later}))[0] == "unknown_type"


class TestBadFields:
    @pytest.mark.parametrize(
        ("field", "value", "text"),
        [
            ("pickup_latitude", 91.0, "pickup_latitude must be from -90 to 90, got 91.0"),
            ("pickup_latitude", "1", 'pickup_latitude must be a number from -90 to 90, got "1"'),
            ("pickup_latitude", True, "pickup_latitude must be a number from -90 to 90, got true"),
            ("pickup_latitude", None, "pickup_latitude must be a number from -90 to 90, got null"),
            ("dropoff_longitude", -180.5, "dropoff_longitude must be from -180 to 180, got -180.5"),
            ("fare_amount", 1_000_001, "fare_amount must be from 0 to 1000000, got 1000001"),
            ("fare_amount", -1, "fare_amount must be from 0 to 1000000, got -1"),
            ("distance_km", -0.1, "distance_km must be from 0 to 1000000, got -0.1"),
            (
                "estimated_duration_minutes",
                [15],
                "estimated_duration_minutes must be a number from 0 to 1000000, got an array",
            ),
            ("pickup_address", 7, "pickup_address must be text of at most 300 characters, got 7"),
            (
                "pickup_address",
                "x" * 301,
                "pickup_address must be text of at most 300 characters, got text of 301 characters",
            ),
            (
                "passenger_name",
                "x" * 81,
                "passenger_name must be at most 80 printable characters, got text of 81 characters",
            ),
            (
                "passenger_name",
                "a\u001b[31m",
                'passenger_name must be at most 80 printable characters, got "a\\u001b[31m"',
            ),
            ("passenger_name", "a\u202eb", 'passenger_name must be at most 80 printable characters, got "a\u202eb"'),
            ("passenger_phone", True, "passenger_phone must be a phone number of 3 to 20 digits, got true"),
            ("id", 7.5, "id must be text of 1 to 64 characters, got 7.5"),
            ("id", True, "id must be text of 1 to 64 characters, got true"),
            ("fare_amount", "85.5", 'fare_amount must be a number from 0 to 1000000, got "85.5"'),
            ("require_pin", "true", 'require_pin must be true or false, got "true"'),
            ("require_pin", 1, "require_pin must be true or false, got 1"),
            (
                "vehicle_type",
                "x" * 41,
                "vehicle_type must be a word of at most 40 characters, in capitals or not, got text of 41 characters",
            ),
            ("payment_method", 5, "payment_method must be a word of at most 40 characters, in capitals or not, got 5"),
            ("id", "x" * 65, "id must be text of 1 to 64 characters, got text of 65 characters"),
        ],
    )
    def test_the_answer_names_the_field_what_came_and_what_is_wanted(self, field: str, value: Any, text: str) -> None:
        assert refusal(from_passenger({**FIND_DRIVER, field: value})) == ("bad_field", text, field)

    @pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400])
    def test_no_number_is_infinite(self, number: str) -> None:
        frame = msgspec.json.encode({**FIND_DRIVER, "distance_km": 12345}).decode().replace("12345", number)
        code, _, field = refusal(wire.FROM_PASSENGER.read(frame))
        assert (code, field) == ("bad_field", "distance_km")

    @pytest.mark.parametrize("field", [name for name in FIND_DRIVER if name != "type"])
    def test_every_field_of_the_seeds_find_driver_is_required(self, field: str) -> None:
        frame = {name: value for name, value in FIND_DRIVER.items() if name != field}
        assert refusal(from_passenger(frame)) == ("bad_field", f"{field} is missing", field)

    def test_a_missing_field_that_looks_misspelt_is_pointed_out(self) -> None:
        frame = {name.replace("pickup_latitude", "pickup_lat"): value for name, value in FIND_DRIVER.items()}
        text = "pickup_latitude is missing; you sent pickup_lat"
        assert refusal(from_passenger(frame)) == ("bad_field", text, "pickup_latitude")

    def test_a_missing_field_that_was_cut_short_is_pointed_out(self) -> None:
        answer = from_driver({"type": "location_update", "lat": 1.0, "longitude": 2.0})
        assert refusal(answer) == ("bad_field", "latitude is missing; you sent lat", "latitude")

    def test_of_thousands_of_strange_fields_only_the_first_are_compared(self) -> None:
        """Each comparison costs; a frame must not buy thousands of them."""
        strange = {f"strange_{number}": 1 for number in range(2000)}
        frame = {"type": "find_driver", **strange, "pickup_lat": 1}
        assert refusal(from_passenger(frame)) == ("bad_field", "pickup_latitude is missing", "pickup_latitude")

    @pytest.mark.parametrize("ride_id", ["", "../../x", "x" * 65, "1\n", "\u0661"])
    def test_a_ride_id_is_plain_text(self, ride_id: str) -> None:
        answer = from_driver({"type": "arrived", "ride_id": ride_id})
        assert refusal(answer)[1].startswith("ride_id must be 1 to 64 letters, digits, underscores or hyphens, got ")

    def test_the_error_carries_the_id_and_the_ride_of_the_frame_where_they_can_be_read(self) -> None:
        answer = from_driver({"type": "arrived", "ride_id": "r1", "id": "k1", "driver_id": 5})
        assert (answer.id, answer.ride_id) == ("k1", "r1")
        unreadable = from_driver({"type": "arrived", "ride_id": "../", "id": ["k1"]})
        assert (unreadable.id, unreadable.ride_id) == (None, None)
        assert from_driver({"type": "arived", "id": "k2"}).id == "k2"


class TestWhatAppsGet:
    def test_what_there_is_none_of_is_left_out(self) -> None:
        error = wire.Refused("bad_json", "the frame is not JSON")
        assert wire.encode(error) == b'{"type":"error","code":"bad_json","message":"the frame is not JSON"}'
        assert wire.encode(wire.Ack("ok")) == b'{"type":"ack","result":"ok"}'

    def test_a_snapshot_for_a_driver_says_null_where_there_is_no_offer_and_no_ride(self) -> None:
        snapshot = wire.DriverSnapshot(status="available", offer=None, ride=None, recovered=False, seq=1, epoch="e")
        assert msgspec.json.decode(wire.encode(snapshot)) == {
            "type": "snapshot", "status": "available", "offer": None, "ride": None,
            "recovered": False, "seq": 1, "epoch": "e",
        }  # fmt: skip


# -- the document


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the tables below a heading, by the name that each begins with."""
    section = re.split(r"^## ", PROTOCOL, flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(heading + "\n"))
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def names(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


FILLED_IN = ("seq", "epoch", "ttl_ms")
"""What a notice has not and its frame always has: the stream and the session fill it in."""


def fields(frame: type[msgspec.Struct], always: bool) -> set[str]:
    told = msgspec.structs.fields(frame)
    return {field.encode_name for field in told if (field.required or field.name in FILLED_IN) == always}


@pytest.mark.parametrize(
    ("heading", "frames"),
    [
        ("From the passenger", wire.PASSENGER_FRAMES),
        ("From the driver", wire.DRIVER_FRAMES),
        ("To the passenger", wire.TO_PASSENGER_FRAMES),
        ("To the driver", wire.TO_DRIVER_FRAMES),
        ("From the desk", wire.STAFF_FRAMES),
        ("To the desk", wire.TO_STAFF_FRAMES),
    ],
)
class TestTheDocument:
    def test_it_lists_every_frame_and_no_other(self, heading: str, frames: tuple[type[msgspec.Struct], ...]) -> None:
        assert list(rows(heading)) == [frame.__struct_config__.tag for frame in frames]

    def test_it_lists_every_field_of_every_frame(self, heading: str, frames: tuple[type[msgspec.Struct], ...]) -> None:
        """In the second column those that are always there, in the third those that may be missing; `id` is said once for all."""
        documented = {name: (names(always), names(maybe)) for name, (always, maybe, *_) in rows(heading).items()}
        sent_by_apps = heading.startswith("From")
        assert documented == {
            str(frame.__struct_config__.tag): (
                fields(frame, True),
                fields(frame, False) - ({"id"} if sent_by_apps else set()),
            )
            for frame in frames
        }


def test_the_document_tells_the_limits_of_every_field_that_apps_send() -> None:
    documented = {name: row[0] for name, row in rows("What fields hold").items()}
    sent = {
        field.encode_name: field.type
        for frame in (*wire.PASSENGER_FRAMES, *wire.DRIVER_FRAMES)
        for field in msgspec.structs.fields(frame)
    }
    assert documented == {name: described(kind) for name, kind in sent.items()}


def described(kind: Any) -> str:
    """What a refusal would say that is wanted."""
    found = re.search(r"description=(['\"])(.*?)\1", str(kind))
    assert found is not None, kind
    return found[2]


def test_the_document_lists_the_fields_of_the_ride_inside_a_drivers_snapshot() -> None:
    sentence = re.search(r"^`ride` holds (.*?)\.$", PROTOCOL, re.MULTILINE | re.DOTALL)
    assert sentence is not None
    assert names(sentence[1]) == fields(wire.CurrentRide, True) | fields(wire.CurrentRide, False)


def test_a_call_is_booked_with_the_fields_of_an_apps_booking() -> None:
    """They cannot be one struct, for a frame has an id and a type. What staff leave out the server fills in; a caller has a number."""

    def without_none(kind: Any) -> Any:
        parts = get_args(kind)
        return next(part for part in parts if part is not NoneType) if NoneType in parts else kind

    app, staff = (
        {field.encode_name: without_none(field.type) for field in msgspec.structs.fields(kind)}
        for kind in (wire.FindDriver, BookRequest)
    )
    app.pop("id")
    assert staff == app
