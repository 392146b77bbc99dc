"""The codec: events as rows and back, on two clocks."""

import msgspec
import pytest

from dispatch.ids import RideId
from dispatch.messages.events import EVENT_TYPES, Event, RideCancelled, RideRequested
from dispatch.storage.log.codec import TIMES, decode, encode, shifted
from tests.storage.stories import ONE_OF_EACH

each_event = pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)


def test_the_examples_are_one_of_each_kind() -> None:
    assert tuple(type(event) for event in ONE_OF_EACH) == EVENT_TYPES


@each_event
def test_an_event_comes_back_from_its_row_as_it_was(event: Event) -> None:
    kind, body = encode(event)
    assert kind == type(event).__name__
    assert decode(body) == event


@each_event
def test_a_field_that_a_later_version_added_is_passed_over(event: Event) -> None:
    body = msgspec.json.decode(encode(event)[1])
    body["colour_of_the_seats"] = {"any": ["thing"]}
    assert decode(msgspec.json.encode(body).decode()) == event


@each_event
def test_an_event_keeps_its_times_to_the_microsecond_over_two_clocks(event: Event) -> None:
    wall_zero = 1_763_953_290.123456
    there = shifted(event, wall_zero)
    back = shifted(there, -wall_zero)
    for name in TIMES[type(event)]:
        if getattr(event, name) is None:
            assert getattr(there, name) is None
            continue
        assert getattr(there, name) == pytest.approx(getattr(event, name) + wall_zero, abs=1e-6)
        assert getattr(back, name) == pytest.approx(getattr(event, name), abs=1e-6)
    untimed = dict.fromkeys(TIMES[type(event)], 0.0)
    assert msgspec.structs.replace(back, **untimed) == msgspec.structs.replace(event, **untimed)


def test_only_events_with_a_time_are_made_anew() -> None:
    timed = {type(event) for event in ONE_OF_EACH if shifted(event, 1.0) is not event}
    assert RideRequested in timed
    assert timed == {event_type for event_type, names in TIMES.items() if names}


def test_text_that_is_not_unicode_is_refused() -> None:
    event = RideCancelled(RideId("r1"), "passenger", "\ud800")
    with pytest.raises(ValueError, match="surrogates"):
        encode(event)


def test_a_body_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError, match="RideTeleported"):
        decode('{"type":"RideTeleported","ride_id":"ride-1"}')
