"""The codec: events as rows and back, on two clocks."""

import msgspec
import pytest

from dispatch.ids import RideId
from dispatch.messages.events import EVENT_TYPES, Event, RideCancelled
from dispatch.storage.log.on_file import decode, encode
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


def test_text_that_is_not_unicode_is_refused() -> None:
    event = RideCancelled(RideId("r1"), "passenger", "\ud800")
    with pytest.raises(ValueError, match="surrogates"):
        encode(event)


def test_a_body_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError, match="RideTeleported"):
        decode('{"type":"RideTeleported","ride_id":"ride-1"}')
