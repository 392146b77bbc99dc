"""What is taken out of one event."""

from typing import Any

import msgspec
import pytest

from dispatch.messages.events import EVENT_TYPES, Event
from dispatch.storage.log.on_file import encode
from dispatch.storage.people import erasing
from tests.storage.stories import DRIVER_ID, ONE_OF_EACH, SARAH

NOBODYS = {"id", "ride_id", "offer_id", "quote_id", "taken_by", "currency", "zone", "vehicle_type", "payment_method", "pin",
           "reference", "kind", "phone", "name", "vehicle_registration", "number", "by"}  # fmt: skip
"""Texts of the program, of apps for themselves, and of providers; and those that a person's own id, beside them, takes along."""
TAKEN = {name for names in erasing.TEXTS.values() for name in names} | {"note", "address"} | set(erasing.IDS)


def texts(kind: Any, seen: tuple[Any, ...] = ()) -> set[str]:
    """Names of all fields, also of structs within, that hold text of any length."""
    found: set[str] = set()
    for field in msgspec.structs.fields(kind):
        for part in parts(field.type):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                if part not in seen:
                    found |= texts(part, (*seen, part))
            elif getattr(part, "__supertype__", part) is str:
                found.add(field.name)
    return found


def parts(kind: Any) -> list[Any]:
    within = [part for part in getattr(kind, "__args__", ()) if part is not ...]
    return [each for part in within for each in parts(part)] if within else [kind]


def body(event: Event) -> Any:
    return erasing.decode(encode(event)[1].encode())


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_every_text_of_every_event_is_a_person_s_or_known_to_be_nobody_s(kind: Any) -> None:
    """A new field with text fails here until somebody says which it is."""
    own = set(erasing.TEXTS.get(kind.__name__, ()))
    assert texts(kind) - NOBODYS - TAKEN - {"drivers", "declined", "offers", "others"} == set()
    assert not ({"reason", "comment"} & texts(kind)) - own


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)
def test_an_event_has_no_id_name_or_phone_of_a_person_any_more(event: Event) -> None:
    told = body(event)
    pseudonyms = {SARAH.passenger_id: "removed-s", DRIVER_ID: "removed-m", "p1": "removed-a"}
    erasing.rename(told, pseudonyms)
    left = erasing.encode(told)
    names = ("27821234567", "27821234568", '"p1"', "Sarah", "Michael", "CA 999", "Ann", "2782123457", "L 1")
    assert [name for name in names if name in left] == []
    msgspec.json.decode(left, type=type(event))


def test_a_place_is_known_to_a_kilometre_afterwards() -> None:
    told = body(ONE_OF_EACH[0])
    assert erasing.make_coarse(told) and not erasing.make_coarse(told)
    assert told["trip"]["pickup"] == {"lat": -26.2, "lon": 28.05, "address": ""}


def test_texts_with_a_number_go_and_others_stay() -> None:
    told = body(ONE_OF_EACH[3])
    told["reason"] = "ring 27821234567"
    assert not erasing.empty_mentions(told, ("27829999999",))
    assert erasing.empty_mentions(told, ("27821234567",)) and told["reason"] == ""
