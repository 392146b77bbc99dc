"""What is taken out of an event, so that it says no more whom it is about. Pure: it changes bodies as they are decoded from JSON.

Whatever is done to an event is done to the rows that follow from it (`removal`, `retention`), so that both still agree.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from dispatch.domain.driver.record import stranger
from dispatch.ids import DriverId

GRID_DIGITS: Final = 2
"""Of a degree: a point is kept to 0.01°, which is 1.1 km of latitude and less of longitude."""
WHO: Final = ("passenger_id", "driver_id", "person_id")
"""Fields that name a person. A name, a phone, a plate and a number that stand beside one are that person's."""
IDS: Final = (*WHO, "staff_id", "booked_by")
"""And those that name who did it."""
TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "RideCancelled": ("reason",),
    "RideUnassigned": ("reason",),
    "RideRated": ("comment",),
    "OfferDeclined": ("reason",),
    "ChargeDeclined": ("reason",),
    "FareChanged": ("reason",),
    "NoteChanged": ("note",),
    "RoleChanged": ("reason",),
}
"""What people, or a provider, wrote in an event, beside what stands in a trip."""
PLACES: Final = ("pickup", "dropoff")
TRIPS: Final = ("trip", "claim")
NO_REGISTRATION: Final = "-"

Body = dict[str, Any]
decode: Final = msgspec.json.Decoder(Body).decode
"""A body as it can be changed. Raises msgspec.MsgspecError."""
_encode: Final = msgspec.json.Encoder().encode


def encode(value: object) -> str:
    """The text of a body, or of the points of a track."""
    return _encode(value).decode()


def coarse(degrees: float) -> float:
    """The same place, to about a kilometre."""
    return round(degrees, GRID_DIGITS)


def coarse_points(points: list[list[float]]) -> list[list[float]]:
    """A track whose points are seconds, latitude, longitude, to about a kilometre."""
    return [[at, coarse(lat), coarse(lon)] for at, lat, lon in points]


def rename(told: Any, pseudonyms: Mapping[str, str]) -> bool:
    """Give people of these ids their pseudonyms, for ids, names and phones, wherever they stand in an event. Whether any does."""
    is_changed = False
    for part in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        is_changed |= rename(part, pseudonyms)
    if not isinstance(told, dict):
        return is_changed
    own = next((pseudonyms[told[name]] for name in WHO if told.get(name) in pseudonyms), "")
    if own and "name" in told and told == _card_of(stranger(DriverId(told.get("driver_id", ""))), told):
        # A stranger's card replaces no other one: it must stay a stranger's.
        told.update(_card_of(stranger(DriverId(own)), told))
        return True
    for name in IDS:
        if told.get(name) in pseudonyms:
            told[name] = pseudonyms[told[name]]
            is_changed = True
    if "person_id" in told and told.get("by") in pseudonyms:
        told["by"] = pseudonyms[told["by"]]
        is_changed = True
    if not pseudonyms.keys().isdisjoint(drivers := told.get("drivers") or ()):
        told["drivers"] = [pseudonyms.get(driver_id, driver_id) for driver_id in drivers]
        is_changed = True
    if own:
        for name, now in (("name", own), ("phone", own), ("vehicle_registration", NO_REGISTRATION), ("number", "")):
            if name in told:
                told[name] = now
    return is_changed


def _card_of(card: Any, like: Body) -> Body:
    """The fields of `like` as this card has them."""
    return {name: getattr(card, name, None) for name in like}


def empty_texts(told: Body) -> bool:
    """Take out what people wrote in this event, beside what stands in its trips. Whether there was any."""
    found = [name for name in TEXTS.get(told["type"], ()) if told.get(name)]
    told.update(dict.fromkeys(found, ""))
    return bool(found)


def make_coarse(told: Body) -> bool:
    """Leave of the trip, the way or the places of an event no more than about where it was. Whether that changed anything."""
    before = encode(told)
    for part in _with_places(told):
        for name in PLACES:
            place = part.get(name)
            if place is not None:
                place.update(lat=coarse(place["lat"]), lon=coarse(place["lon"]), address="")
        if part.get("note"):
            part["note"] = ""
    if told["type"] == "TrackRecorded":
        told["points"] = coarse_points(told["points"])
    return encode(told) != before


def empty_mentions(told: Body, phones: tuple[str, ...]) -> bool:
    """Take out texts in which one of these numbers stands. Whether there was any."""
    is_changed = False
    for part, names in _texts(told):
        for name in names:
            text = part.get(name)
            if text and any(phone in text for phone in phones):
                part[name] = ""
                is_changed = True
    return is_changed


def _with_places(told: Body) -> Iterator[Body]:
    yield told
    for name in TRIPS:
        if told.get(name) is not None:
            yield told[name]


def _texts(told: Body) -> Iterator[tuple[Body, tuple[str, ...]]]:
    yield told, TEXTS.get(told["type"], ())
    for part in _with_places(told):
        yield part, ("note",)
        for name in PLACES:
            if part.get(name) is not None:
                yield part[name], ("address",)
