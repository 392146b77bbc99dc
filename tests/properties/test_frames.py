"""Whatever comes in, a known answer goes out; whatever goes out, an app can read."""

from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import errors
from dispatch.transport import wire
from tests.transport.rig import FIND_DRIVER, Rig

CODES = {kind.code for kind in errors.FrameError.__subclasses__()}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=10,
)
numbers = st.floats(-1000.0, 1000.0) | st.integers(-1000, 1000) | st.sampled_from([0, 90, 91, 1e300, -1])


def mutated(frames: tuple[type[wire.ClientMessage], ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Frames with the right names and anything in their fields."""

    def of(frame: type[wire.ClientMessage]) -> st.SearchStrategy[dict[str, Any]]:
        value = (
            numbers
            | json_values
            | st.sampled_from(["123", "27821234568", "2026-11-23T08:00:00Z", "0001-01-01T00:00:00+14:00"])
        )
        fields = dict.fromkeys(frame.__struct_encode_fields__, value)
        return st.fixed_dictionaries({"type": st.just(frame.__struct_config__.tag)}, optional=fields)

    return st.one_of([of(frame) for frame in frames])


def answers(data: str | bytes, *, of_driver: bool) -> list[dict[str, Any]]:
    rig = Rig()
    app, session = rig.driver() if of_driver else rig.passenger()
    session.receive(data)
    rig.runtime.run()
    assert not session.ended, "one frame never ends a connection"
    return app.got


def check(data: str | bytes, *, of_driver: bool) -> None:
    for answer in answers(data, of_driver=of_driver):
        assert answer["type"] in ("error", "ack", "pong")
        if answer["type"] == "error":
            assert answer["code"] in CODES - {"internal", "unavailable"}
            assert answer["message"]


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_answered(data: bytes, of_driver: bool) -> None:
    check(data, of_driver=of_driver)


@given(st.text(st.characters(), max_size=300), st.booleans())
def test_any_text_is_answered_even_with_lone_surrogates(data: str, of_driver: bool) -> None:
    check(data, of_driver=of_driver)


@given(json_values, st.booleans())
def test_any_json_is_answered(value: Any, of_driver: bool) -> None:
    check(msgspec.json.encode(value), of_driver=of_driver)


@given(mutated(wire.DRIVER_FRAMES))
def test_any_driver_frame_with_anything_in_it_is_answered(frame: dict[str, Any]) -> None:
    check(msgspec.json.encode(frame), of_driver=True)


@given(
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(wire.Position.__struct_fields__, numbers | json_values)))
)
def test_any_list_of_positions_with_anything_in_them_is_answered(positions: list[dict[str, Any]]) -> None:
    check(msgspec.json.encode({"type": "location_batch", "positions": positions, "id": "k"}), of_driver=True)


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=30), json_values)
def test_of_positions_that_can_be_read_each_is_judged_whatever_else_is_said_with_it(
    places: list[tuple[float, float]], odd: Any
) -> None:
    positions = [{"latitude": lat, "longitude": lon, "heading": odd, "speed_mps": odd} for lat, lon in places]
    (answer,) = answers(
        msgspec.json.encode({"type": "location_batch", "positions": positions, "id": "k"}), of_driver=True
    )
    ignored = sum(answer.get("ignored", {}).values())
    assert answer["type"] == "ack"
    assert (answer["result"] == "ignored") == (ignored == len(places))


@given(mutated(wire.PASSENGER_FRAMES))
def test_any_passenger_frame_with_anything_in_it_is_answered(frame: dict[str, Any]) -> None:
    check(msgspec.json.encode(frame), of_driver=False)


@given(st.sampled_from(sorted(set(FIND_DRIVER) - {"type"})), json_values)
def test_one_wrong_field_of_a_booking_is_named(field: str, value: Any) -> None:
    """Either the booking is taken, or the answer is about this very field."""
    for answer in answers(msgspec.json.encode({**FIND_DRIVER, field: value}), of_driver=False):
        assert (answer["code"], answer["field"]) == ("bad_field", field)
        assert answer["message"].startswith((f"{field} must be ", "dropoff_latitude and dropoff_longitude must "))


@given(st.data())
def test_cutting_or_flipping_any_byte_of_a_frame_is_answered(data: st.DataObject) -> None:
    frame = bytearray(msgspec.json.encode(FIND_DRIVER))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at] = data.draw(st.integers(0, 255))
    check(bytes(frame), of_driver=False)
    check(bytes(frame[:at]), of_driver=False)


texts = st.text(max_size=30)
counts = st.integers(0, 2**53)
amounts = st.floats(allow_nan=False, allow_infinity=False)


def filled(frame: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any message of this type."""
    by_type: dict[Any, st.SearchStrategy[Any]] = {str: texts, int: counts, float: amounts, bool: st.booleans()}

    def values(kind: Any) -> st.SearchStrategy[Any]:
        kind = getattr(kind, "__supertype__", kind)
        if kind in by_type:
            return by_type[kind]
        if isinstance(kind, type) and issubclass(kind, Enum):
            return st.sampled_from(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return filled(kind)
        if get_origin(kind) is dict:
            return st.dictionaries(*map(values, get_args(kind)), max_size=5)
        return st.one_of([values(part) if part is not type(None) else st.none() for part in kind.__args__])

    hints = get_type_hints(frame)
    return st.builds(frame, **{name: values(hints[name]) for name in frame.__struct_fields__})


@pytest.mark.parametrize("frame", wire.TO_PASSENGER_FRAMES, ids=lambda frame: frame.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_every_message_to_a_passenger_is_read_as_it_was_sent(frame: type[Any], data: st.DataObject) -> None:
    message = data.draw(filled(frame))
    assert wire.to_passenger(wire.encode(message)) == message


@pytest.mark.parametrize("frame", wire.TO_DRIVER_FRAMES, ids=lambda frame: frame.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_every_message_to_a_driver_is_read_as_it_was_sent(frame: type[Any], data: st.DataObject) -> None:
    message = data.draw(filled(frame))
    assert wire.to_driver(wire.encode(message)) == message
