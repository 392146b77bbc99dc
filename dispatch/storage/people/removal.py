"""Takes a person out of a file. Called by `dispatch people remove`.

It rewrites history, in one transaction: every event and row that names the person has a pseudonym instead, what people wrote is
gone, and places are known to about a kilometre. What remains says when rides were, what they cost and who else was there.
"""

import secrets
from collections.abc import Callable, Collection, Iterator
from string import ascii_lowercase
from typing import Final

import msgspec

from dispatch import addresses
from dispatch.domain.driver.record import stranger
from dispatch.identity.people import NoSuchPerson, RideIsOpen, StillConnected
from dispatch.ids import DriverId, PersonId, RideId
from dispatch.messages.events import PersonRemoved
from dispatch.messages.journal import by_nobody
from dispatch.storage.failures import StorageDamaged, explained
from dispatch.storage.health.bindings import SET_ASIDE
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import BODY, Writer
from dispatch.storage.people import erasing, people, requests
from dispatch.storage.people.coarse_rows import coarse_quote, coarse_ride, coarse_track
from dispatch.storage.tables.region import agreed_region
from dispatch.storage.tables.schema import TABLES
from dispatch.storage.tables.views import Change

REMOVED: Final = "removed-"
"""Before the letters of a pseudonym: no id that the program gives, and no phone number, looks like it."""
LETTERS: Final = 24
SHORTEST_PHONE: Final = 7
"""Fewer digits than these may stand in a text for something else."""
_ROLES: Final = ("passenger", "driver")
_COLUMNS: Final = {
    name: [column for column in table.columns.split(", ") if column in erasing.IDS] for name, table in TABLES.items()
}
_DELETED: Final = ("documents", "roles", "people", "blocked_pairs", "devices")
"""What is of no use without the person."""
_TEXTS: Final = {
    "rides": ("pickup_address", "dropoff_address", "reason"),
    "ratings": ("comment",),
    "charges": ("reason",),
}
DrawPseudonym = Callable[[], str]


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a person is named. `ids`: what they are called; `rides`: of theirs as a passenger; `driven`: rides of others."""

    person_id: PersonId
    ids: tuple[str, ...]
    rides: tuple[RideId, ...]
    driven: tuple[RideId, ...]


class Removed(msgspec.Struct, frozen=True):
    """What a removal came to. `ids`: what the person was called, each with its pseudonym; `events`: how many were rewritten; `phones`:
    numbers that were the person's alone.
    """

    pseudonym: PersonId
    ids: dict[str, str]
    events: int
    phones: tuple[str, ...] = ()


def draw_pseudonym() -> str:
    """A name that says nothing of a person."""
    return REMOVED + "".join(secrets.choice(ascii_lowercase) for _ in range(LETTERS))


def named(writer: Writer, person: str, phone_region: str = "") -> PersonId:
    """Who has this phone, in any written form, or else this id. Raises NoSuchPerson, RegionDiffers."""
    db = writer.db
    with explained(writer.path):
        region = agreed_region(db, writer.path, phone_region)
        found = people.person(db, people.named(db, person, region)) if not person.startswith(REMOVED) else None
    if found is None:
        raise NoSuchPerson
    return found.person_id


def whereabouts(writer: Writer, person_id: PersonId) -> Whereabouts:
    """Where this person is named, if they can be taken out. Raises NoSuchPerson, RideIsOpen."""
    with explained(writer.path):
        ids = _ids(writer, person_id, people.require(writer.db, person_id).phone)
        _require_rides_over(writer, ids)
        among = _among(ids)
        rides, driven = (
            tuple(row[0] for row in writer.db.execute(f"SELECT ride_id FROM rides WHERE {who} {among}", ids).fetchall())
            for who in ("passenger_id", "driver_id")
        )
    return Whereabouts(person_id, tuple(ids), rides, driven)


def remove(
    writer: Writer, person_id: PersonId, now: float, by: str = "", draw: DrawPseudonym = draw_pseudonym
) -> Removed:
    """Take this person out of the file, in one transaction. Its free pages may have them still: `wiping` comes next.

    `now`: Unix seconds. `by`: the id of the member of staff who does it.
    Raises NoSuchPerson, RideIsOpen, StillConnected, StorageDamaged.
    """
    with explained(writer.path):
        person = people.require(writer.db, person_id)
        ids = {ident: draw() for ident in _ids(writer, person_id, person.phone)}
        _require_rides_over(writer, ids)
        _require_disconnected(writer, ids)
        phones = _phones(writer, ids, person.phone)
        news = list(_rewritten(writer, ids, phones))
        changes = [*(("UPDATE events SET body = ? WHERE n = ?", new) for new in news), *_rows(writer, ids, phones, now)]
    pseudonym = PersonId(ids[person_id])
    removed = PersonRemoved(pseudonym, ids.get(by, by))
    with wiping.thorough(writer):
        writer.write([by_nobody(addresses.person(pseudonym), now, removed)], [*changes, wiping.IS_DUE])
    return Removed(pseudonym, ids, len(news), phones)


# -- who it is


def _ids(writer: Writer, person_id: PersonId, phone: str) -> list[str]:
    """What the person is called: the id on file, and that of whoever drives or rides with the same phone."""
    ids = {str(person_id): None}
    if phone:
        for role in _ROLES:
            ids |= dict(writer.db.execute(f"SELECT {role}_id, NULL FROM {role}s WHERE phone = ?", (phone,)).fetchall())
    return list(ids)


def _among(ids: Collection[str]) -> str:
    return f"IN ({', '.join('?' * len(ids))})"


def _has_any(writer: Writer, query: str, ids: Collection[str]) -> bool:
    """Whether there is such a row. The query says `{0}` where one of the ids must stand."""
    values = [ident for _ in range(query.count("{0}")) for ident in ids]
    return writer.db.execute(query.format(_among(ids)) + " LIMIT 1", values).fetchone() is not None


def _require_rides_over(writer: Writer, ids: Collection[str]) -> None:
    """Raises RideIsOpen."""
    open_ride = "SELECT 1 FROM rides WHERE ended_at IS NULL AND (passenger_id {0} OR driver_id {0})"
    held = "SELECT 1 FROM drivers WHERE ride_id IS NOT NULL AND driver_id {0}"
    if _has_any(writer, open_ride, ids) or _has_any(writer, held, ids):
        raise RideIsOpen("a ride of this person is not over")
    unpaid = (
        "SELECT 1 FROM charges JOIN rides USING (ride_id) WHERE charges.status = 'pending'"
        " AND (charges.passenger_id {0} OR driver_id {0})"
    )
    if _has_any(writer, unpaid, ids):
        raise RideIsOpen("a ride of this person is not paid yet")


def _require_disconnected(writer: Writer, ids: Collection[str]) -> None:
    """Raises StillConnected."""
    if _has_any(writer, "SELECT 1 FROM drivers WHERE online AND driver_id {0}", ids):
        raise StillConnected("this driver is connected; suspend the driver, or have the app closed, and try again")


def _phones(writer: Writer, ids: dict[str, str], phone: str) -> tuple[str, ...]:
    """Numbers of the person, of now and before, that are nobody else's by now: they are looked for in what others wrote."""
    found = {phone, *ids}
    for ident in ids:
        stream = addresses.person(PersonId(ident))
        told = writer.db.execute("SELECT json_extract(body, '$.phone') FROM events WHERE stream = ?", (stream,))
        found |= {row[0] for row in told.fetchall() if row[0]}
    digits = sorted(each for each in found if each.isdigit() and len(each) >= SHORTEST_PHONE)
    return tuple(each for each in digits if not _is_anothers(writer, each, ids))


def _is_anothers(writer: Writer, phone: str, ids: dict[str, str]) -> bool:
    holders = writer.db.execute(
        "SELECT person_id FROM people WHERE phone = ?1 UNION SELECT driver_id FROM drivers WHERE phone = ?1"
        " UNION SELECT passenger_id FROM passengers WHERE phone = ?1",
        (phone,),
    ).fetchall()
    return any(ident not in ids for (ident,) in holders)


# -- the events


def _rewritten(writer: Writer, ids: dict[str, str], phones: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """The new bodies of all events that have anything of the person, with their numbers."""
    wanted = [erasing.encode(ident) for ident in ids] + list(phones)
    needles = [text for text in wanted if not any(part != text and part in text for part in wanted)]
    own = ", ".join("?" * len(ids))
    has_any = " OR ".join(["instr(body, ?)"] * len(needles))
    rows = writer.db.execute(
        f"""
        SELECT n, {BODY}, ifnull(ride_no IN (SELECT ride_no FROM rides WHERE passenger_id IN ({own})), 0)
            OR stream IN (SELECT 'quote/' || quotes.quote_id FROM quotes JOIN rides USING (ride_id)
                WHERE rides.passenger_id IN ({own})) AS is_of_own_ride
        FROM events WHERE is_of_own_ride OR {has_any} ORDER BY n""",
        (*ids, *ids, *needles),
    )
    for n, body, is_of_own_ride in rows:
        try:
            told = erasing.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StorageDamaged(writer.path, f"event {n} cannot be read: {error}") from error
        if _erased(told, ids, phones, bool(is_of_own_ride)):
            yield erasing.encode(told), n


def _erased(told: erasing.Body, ids: dict[str, str], phones: tuple[str, ...], is_of_own_ride: bool) -> bool:
    """Take the person out of an event. `is_of_own_ride`: of a ride, or of its quote, in which they were the passenger."""
    rider = told["passenger"]["passenger_id"] if isinstance(told.get("passenger"), dict) else told.get("passenger_id")
    is_own_trip = rider in ids if rider is not None else is_of_own_ride
    is_own_track = told["type"] == "TrackRecorded" and told["driver_id"] in ids
    is_named = erasing.rename(told, ids)
    has_lost_texts = (is_named or is_of_own_ride) and erasing.empty_texts(told)
    is_coarse = (is_own_trip or is_own_track) and erasing.make_coarse(told)
    return erasing.empty_mentions(told, phones) or is_named or has_lost_texts or is_coarse


# -- the rows


def _rows(writer: Writer, ids: dict[str, str], phones: tuple[str, ...], now: float) -> Iterator[Change]:
    """What is changed in the tables, the names of people last: all else is found by them."""
    for table, columns in _TEXTS.items():
        for column in columns:
            for phone in phones:
                yield f"UPDATE {table} SET {column} = '' WHERE instr({column}, ?)", (phone,)
    yield requests.FORGET_ALL
    for phone in phones:
        yield "DELETE FROM login_codes WHERE phone = ?", (phone,)
    for old, new in ids.items():
        yield "UPDATE login_sessions SET revoked_at = ifnull(revoked_at, ?) WHERE person_id = ?", (now, old)
        yield from _streams(old, new)
        yield from _rides(writer, old, new)
        yield from _tracks(writer, old)
        yield from _quotes(writer, old)
        yield "UPDATE ratings SET comment = '' WHERE passenger_id = ?1 OR driver_id = ?1", (old,)
        yield (
            "UPDATE charges SET reason = '' WHERE status = 'declined'"
            " AND ride_id IN (SELECT ride_id FROM rides WHERE passenger_id = ?)",
            (old,),
        )
        yield (
            "DELETE FROM passengers WHERE passenger_id = ?1 AND is_default"
            " AND NOT EXISTS (SELECT 1 FROM rides WHERE passenger_id = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM roles WHERE person_id = ?1 AND role = 'passenger')",
            (old,),
        )
        yield (
            "UPDATE passengers SET passenger_id = ?2, name = ?2, phone = ?2, is_default = 0 WHERE passenger_id = ?1",
            (old, new),
        )
        yield from _driver(writer, old, new)
        for table in _DELETED:
            for column in _COLUMNS[table]:
                yield f"DELETE FROM {table} WHERE {column} = ?", (old,)
    for table, named_by in _COLUMNS.items():
        for column in named_by:
            for old, new in ids.items():
                if table not in (*_DELETED, "passengers", "drivers"):
                    yield f"UPDATE {table} SET {column} = ?2 WHERE {column} = ?1", (old, new)


def _streams(old: str, new: str) -> Iterator[Change]:
    for name in (addresses.DRIVER, addresses.PERSON):
        for before in ("", SET_ASIDE):
            yield "UPDATE events SET stream = ? WHERE stream = ?", (f"{before}{name}/{new}", f"{before}{name}/{old}")


def _rides(writer: Writer, old: str, new: str) -> Iterator[Change]:
    for (ride_id,) in writer.db.execute("SELECT ride_id FROM rides WHERE passenger_id = ?", (old,)).fetchall():
        yield from coarse_ride(writer.db, ride_id)
    yield "UPDATE rides SET reason = '' WHERE status = 'cancelled' AND passenger_id = ?", (old,)
    named_in = "SELECT ride_id FROM events WHERE kind = 'RideCancelled' AND ride_no = rides.ride_no"
    yield (
        "UPDATE rides SET reason = '' WHERE status = 'cancelled' AND driver_id = ?1"
        f" AND EXISTS ({named_in} AND json_extract(body, '$.driver_id') IN (?1, ?2))",
        (old, new),
    )


def _tracks(writer: Writer, old: str) -> Iterator[Change]:
    found = writer.db.execute(
        "SELECT tracks.ride_id, tracks.driver_id, leg, start_at, points FROM tracks LEFT JOIN rides USING (ride_id)"
        " WHERE tracks.driver_id = ?1 OR passenger_id = ?1",
        (old,),
    )
    for *key, points in found.fetchall():
        yield coarse_track(tuple(key), points)


def _quotes(writer: Writer, old: str) -> Iterator[Change]:
    found = writer.db.execute(
        "SELECT quotes.quote_id FROM quotes LEFT JOIN rides USING (ride_id)"
        " WHERE quotes.passenger_id = ?1 OR (quotes.passenger_id IS NULL AND rides.passenger_id = ?1)",
        (old,),
    )
    for (quote_id,) in found.fetchall():
        yield from coarse_quote(writer.db, quote_id)


def _driver(writer: Writer, old: str, new: str) -> Iterator[Change]:
    """A stranger's card becomes a stranger's: that is how events tell it as well."""
    row = writer.db.execute(
        "SELECT name, phone, vehicle_registration FROM drivers WHERE driver_id = ?", (old,)
    ).fetchone()
    if row is None:
        return
    of_stranger = stranger(DriverId(old))
    is_strange = row == (of_stranger.name, of_stranger.phone, of_stranger.vehicle_registration)
    name = stranger(DriverId(new)).name if is_strange else new
    registration = erasing.NO_REGISTRATION
    yield (
        "UPDATE drivers SET driver_id = ?, name = ?, phone = ?, vehicle_registration = ? WHERE driver_id = ?",
        (new, name, new, registration, old),
    )
