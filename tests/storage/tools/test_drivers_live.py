"""Drivers as they are now, and why somebody is asked for nothing."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dispatch import addresses
from dispatch.identity.people import Document, NewPerson
from dispatch.ids import DriverId, PersonId
from dispatch.messages.events import DriverOnline, DriverRegistered
from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import people
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.drivers_live import drivers_page, held_back, names_of, why_not_offered
from dispatch.values import DriverCard
from dispatch.words import PersonRole, PersonStatus

READY = {
    "is_suspended": 0,
    "is_expired": 0,
    "is_asleep": 0,
    "ride_id": None,
    "online": 1,
    "wants_offers": 1,
    "open_offers": 0,
}


@pytest.mark.parametrize(
    ("changed", "is_fresh", "why_not"),
    [
        ({}, True, None),
        ({}, False, "stale"),
        ({"open_offers": 1}, True, "holds_offer"),
        ({"wants_offers": 0}, True, "unavailable"),
        ({"online": 0, "is_asleep": 1}, False, None),
        ({"online": 0, "is_asleep": 1, "open_offers": 1}, False, "holds_offer"),
        ({"online": 0, "wants_offers": 0}, False, "offline"),
        ({"ride_id": "r1", "online": 0}, False, "busy"),
        ({"is_expired": 1}, True, "document_ended"),
        ({"is_suspended": 1, "is_expired": 1}, True, "suspended"),
    ],
)
def test_the_first_reason_that_holds_is_told(changed: dict[str, Any], is_fresh: bool, why_not: str | None) -> None:
    assert why_not_offered({**READY, **changed}, is_fresh, 1) == why_not


def test_a_page_has_whoever_is_live_or_everybody_and_what_their_file_says(tmp_path: Path) -> None:
    path = tmp_path / "dispatch.db"
    writer = Writer(path, "off")
    for number in (1, 2, 3):
        card = DriverCard(DriverId(f"d{number}"), f"Driver {number}", f"2782000000{number}")
        events = (DriverRegistered(card), *((DriverOnline(card.driver_id),) if number < 3 else ()))
        writer.write([Append(addresses.driver(card.driver_id), 1, 1, 1.0, events)])
    new = NewPerson(role=PersonRole.DRIVER, phone="27820000001", name="Driver 1")
    people.add(writer, new, 2.0, "", lambda: PersonId("unused"))
    people.set_status(writer, PersonId("d1"), PersonRole.DRIVER, PersonStatus.SUSPENDED, 3.0)
    people.keep_document(writer, PersonId("d1"), Document("licence", "", 100.0), 4.0)
    writer.close()
    with closing(open_read_only(path)) as db:
        live, after = drivers_page(db, False, "", 10, 50.0)
        first, follows = drivers_page(db, True, "", 2, 200.0)
        rest, end = drivers_page(db, True, follows or "", 2, 200.0)
        assert names_of(db, ["d1", "nobody"]) == {
            "d1": rest[0]["name"] if rest[0]["driver_id"] == "d1" else first[0]["name"]
        }
        awake, _ = drivers_page(db, False, "", 10, 50.0, [DriverId("d3")])
    assert ([row["driver_id"] for row in live], after) == (["d1", "d2"], None)
    assert [(row["driver_id"], row["is_asleep"]) for row in awake] == [("d1", 0), ("d2", 0), ("d3", 1)]
    assert [(row["is_suspended"], row["is_expired"]) for row in live] == [(1, 0), (0, 0)]
    assert ([row["driver_id"] for row in (*first, *rest)], follows, end) == (["d1", "d2", "d3"], "d2", None)
    assert first[0]["is_expired"] == 1


@pytest.mark.parametrize(
    ("changed", "word"),
    [({}, None), ({"is_expired": 1}, "document_ended"), ({"is_suspended": 1, "is_expired": 1}, "suspended")],
)
def test_the_file_keeps_offers_away_for_one_reason(changed: dict[str, Any], word: str | None) -> None:
    assert held_back({**READY, **changed}) == word
