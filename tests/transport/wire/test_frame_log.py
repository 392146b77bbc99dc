"""What the log says of a frame."""

import json
from typing import Any

import pytest

from dispatch.transport.wire.frame_log import LONGEST, shown

DEEP = '{"a":' * 3000


def told(frame: Any) -> dict[str, Any]:
    return shown(json.dumps(frame))


def test_a_frame_is_told_by_its_type_and_ids() -> None:
    frame = {"type": "accept_ride", "ride_id": "r1", "driver_id": "2782", "offer_id": "o1", "id": "k1", "seq": 7}
    assert told(frame) == {**frame, "length": len(json.dumps(frame))}


def test_nothing_else_that_people_wrote_is_told() -> None:
    frame = {
        "type": "start_ride",
        "pin": "4711",
        "start_pin": "4712",
        "token": "t0ken",
        "passenger_phone": "27821234567",
        "passenger_name": "Sarah",
        "note": "my note",
        "pickup_address": "1 Main St",
        "latitude": 1.5,
        "offer": {"pin": "4713"},
    }
    assert told(frame) == {"type": "start_ride", "length": len(json.dumps(frame))}


def test_an_error_is_told_with_its_reason() -> None:
    frame = {
        "type": "error",
        "code": "bad_field",
        "message": "rating must be from 1 to 5, got 6",
        "field": "rating",
        "id": "k1",
    }
    assert (told(frame)["why"], told(frame)["code"], told(frame)["field"]) == (frame["message"], "bad_field", "rating")
    assert "why" not in told({"type": "ack", "message": "nobody reads it"})


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", "[1]", '"token abc"', '{"pin": 4711', "null", "\ud800", DEEP, "[" * 8000]
)
def test_what_is_no_object_is_told_by_its_length_alone(data: str | bytes) -> None:
    assert shown(data) == {"type": "no JSON object", "length": len(data)}


def test_a_field_of_another_kind_or_length_than_meant_keeps_the_line_short() -> None:
    line = told({"type": {"pin": "4711"}, "id": ["4711"], "ride_id": "x" * 10_000, "seq": None})
    assert (line["type"], line["id"], len(line["ride_id"])) == ("(dict)", "(list)", LONGEST + 3)
    assert "seq" not in line
