"""Brings the ids and phones of a file into the one form that `dispatch.phones` gives them. Called by `dispatch db phones`.

Older versions knew a person by the digits that an app happened to send: `0027821234567` and `27821234567` were two. Here they become
one, with their rides, offers, ratings and blocked pairs, in the events and in the tables, in one transaction.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, islice
from math import inf
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch import addresses
from dispatch.ids import DriverId
from dispatch.phones import identity, read_phone
from dispatch.storage.failures import explained
from dispatch.storage.log.codec import BODY, decode
from dispatch.storage.tables.region import keep_region, kept_region
from dispatch.storage.tables.schema import FILED_BY_STREAM, open_database, open_read_only
from dispatch.storage.tables.views import VIEWS

PASSENGER, DRIVER = "passenger", "driver"
COLUMNS: Final = {
    PASSENGER: ("rides", "quotes", "charges", "ratings", "blocked_pairs"),
    DRIVER: ("rides", "offers", "tracks", "ratings", "blocked_pairs"),
}
"""The tables that name a passenger or a driver, beside their own."""
EVENTS_AT_ONCE: Final = 5_000
LOOKED_AT: Final = 500
"""Ids that a start looks at closely."""
_SUSPECTS: Final = """
    SELECT {what}_id, phone FROM {what}s
    WHERE {what}_id GLOB '[0+]*' OR phone GLOB '*[^0-9]*' OR (? AND {what}_id GLOB '[0-9]*' AND length({what}_id) < 11) LIMIT ?"""
_TEXTS: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"')
"""Whatever stands between quotation marks in JSON: most events are known not to change by that, and need not be decoded."""
_DRIVER_ROW: Final = frozenset(
    ("DriverRegistered", "DriverOnline", "DriverOffline", "AvailabilitySet", "DriverReserved", "DriverReleased")
)
"""Events of a driver's stream that the table `drivers` follows from."""
_FOR_MERGING: Final = {
    "merging_rides": "rides (passenger_id)",
    "merging_ratings_of_passengers": "ratings (passenger_id)",
    "merging_ratings_of_drivers": "ratings (driver_id)",
}
"""Indexes that are there while people are merged, and at no other time."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

Span = tuple[float, float]


class Merged(msgspec.Struct, frozen=True):
    """People of one number: `ids` as they are on file, and the one `into` which they become."""

    what: str
    into: str
    ids: tuple[str, ...]


class Plan(msgspec.Struct):
    """What is to change: old ids and phones with their new forms. `apart`: who stays as two, since both did something at one time."""

    ids: dict[str, dict[str, str]]
    phones: dict[str, str]
    merged: list[Merged]
    apart: list[Merged]

    @property
    def is_empty(self) -> bool:
        """Whether all is as it should be."""
        return not (self.phones or any(self.ids.values()))


def plan_of(path: str | Path, region: str = "") -> tuple[Plan, str]:
    """What `bring_over` would do now, and by which region: the given one, else the one that the file keeps. Raises DatabaseError."""
    db = open_read_only(path)
    try:
        with explained(str(path)):
            region = region or kept_region(db)
            return _plan(db, region), region
    finally:
        db.close()


def bring_over(path: str | Path, region: str = "") -> tuple[Plan, str, int]:
    """Rewrite the file in one transaction. Returns what changed, by which region, and how many events. Nobody else may have the file.

    `region`: of numbers that name no country, which the file keeps from now on; empty: the one that it keeps. Raises DatabaseError;
    then the file is as it was.
    """
    db = open_database(path)
    try:
        with explained(str(path)):
            db.execute("BEGIN IMMEDIATE")
            try:
                region = region or kept_region(db)
                plan = _plan(db, region)
                changed = _rewrite(db, plan)
                if region:
                    keep_region(db, region)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
    finally:
        db.close()
    return plan, region, changed


def has_other_forms(db: Database, region: str) -> bool:
    """Whether somebody on file is known by another form of a number than the server would use. Quick: it looks at suspects alone."""
    for what in (PASSENGER, DRIVER):
        suspects = db.execute(_SUSPECTS.format(what=what), (bool(region), LOOKED_AT)).fetchall()
        if any(_new_id(what, ident, phone, region) != ident for ident, phone in suspects):
            return True
    return False


def told(plan: Plan, region: str, changed: int | None) -> Iterator[str]:
    """A plan for people to read, line by line. `changed`: how many events were rewritten; None: nothing was, it is only a plan."""
    by = f", numbers without a country read as {region}" if region else ""
    for people in plan.merged:
        yield f"{people.what}s {', '.join(people.ids)} are one: {people.into}"
    for people in plan.apart:
        yield f"{people.what}s {', '.join(people.ids)} stay apart: they had rides or offers at the same time"
    if plan.is_empty:
        yield f"all ids are as they should be{by}"
        return
    how_many = ", ".join(f"{_counted(len(ids), 'id')} of {what}s" for what, ids in plan.ids.items())
    would = "would change" if changed is None else f"changed, in {_counted(changed, 'event')}"
    yield f"{how_many} and {_counted(len(plan.phones), 'written phone')} {would}{by}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


# -- the plan


def _plan(db: Database, region: str) -> Plan:
    phones = _phones(db, region)
    plan = Plan({PASSENGER: {}, DRIVER: {}}, phones, [], [])
    for what in (PASSENGER, DRIVER):
        groups: dict[str, list[str]] = defaultdict(list)
        for ident, phone in _people(db, what):
            groups[_new_id(what, ident, phone, region)].append(ident)
        several = {ident for ids in groups.values() if len(ids) > 1 for ident in ids}
        spans = _spans(db, what, several) if several else {}
        for into, ids in groups.items():
            people = Merged(what, into, tuple(ids))
            if len(ids) > 1 and _overlap(spans.get(ident, []) for ident in ids):
                plan.apart.append(people)
                continue
            if len(ids) > 1:
                plan.merged.append(people)
            plan.ids[what].update({ident: into for ident in ids if ident != into})
    return plan


def _new_id(what: str, ident: str, phone: str, region: str) -> str:
    """A passenger's id was made of the digits of the phone, which may say more."""
    if what == PASSENGER and phone and "".join(filter(str.isdigit, phone)) == ident:
        return read_phone(phone, region) or ident
    return identity(ident, region)


def _phones(db: Database, region: str) -> dict[str, str]:
    """Phones on file that are written in another form, each with its new one. What cannot be read stays."""
    found = db.execute("SELECT phone FROM passengers UNION SELECT phone FROM drivers").fetchall()
    read = ((phone, read_phone(phone, region) or phone) for (phone,) in found)
    return {phone: form for phone, form in read if form != phone}


def _people(db: Database, what: str) -> Iterator[tuple[str, str]]:
    """Everybody whom the tables name, with the phone on file where there is one, by id."""
    named = " UNION ".join(f"SELECT {what}_id AS ident FROM {table}" for table in (f"{what}s", *COLUMNS[what]))
    yield from db.execute(
        f"SELECT ident, ifnull(phone, '') FROM ({named}) LEFT JOIN {what}s ON {what}_id = ident"
        " WHERE ident IS NOT NULL ORDER BY ident"
    )


def _spans(db: Database, what: str, ids: set[str]) -> dict[str, list[Span]]:
    """When these people had a ride, an offer or a reservation, in unix seconds."""
    spans: dict[str, list[Span]] = defaultdict(list)
    queries = ["SELECT {0}_id, {1}, ended_at FROM rides WHERE {0}_id IS NOT NULL"]
    if what == DRIVER:
        queries.append("SELECT driver_id, made_at, CASE outcome WHEN 'open' THEN NULL ELSE closed_at END FROM offers")
    began = "coalesce(assigned_at, requested_at)" if what == DRIVER else "coalesce(pickup_at, requested_at)"
    for query in queries:
        for ident, since, until in db.execute(query.format(what, began)):
            if ident in ids:
                end = inf if until is None else until
                spans[ident].append((min(since, end), end))
    if what == DRIVER:
        for ident in ids:
            spans[ident] += _reservations(db, ident)
    return spans


def _reservations(db: Database, driver_id: str) -> Iterator[Span]:
    since: float | None = None
    of_stream = f"SELECT at, kind FROM events WHERE stream = ? AND {FILED_BY_STREAM} ORDER BY n"
    for at, kind in db.execute(of_stream, (addresses.driver(DriverId(driver_id)),)):
        if kind == "DriverReserved":
            since = at
        elif kind == "DriverReleased" and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, inf


def _overlap(people: Iterable[list[Span]]) -> bool:
    """Whether two of them did something at one time. Who ended as the other began did not."""
    for one, other in combinations(people, 2):
        both = sorted([(*span, 0) for span in one] + [(*span, 1) for span in other])
        latest = [-inf, -inf]
        for since, until, whose in both:
            if since < latest[1 - whose]:
                return True
            latest[whose] = max(latest[whose], until)
    return False


# -- the rewriting


def _rewrite(db: Database, plan: Plan) -> int:
    if plan.is_empty:
        return 0
    changed = _rewrite_events(db, plan)
    db.execute("CREATE TEMP TABLE renamed (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID")
    for what, ids in plan.ids.items():
        _keep_forms(db, ids)
        _rename(db, what)
    _keep_forms(db, plan.phones)
    for table in ("passengers", "drivers"):
        db.execute(
            f"UPDATE {table} SET phone = (SELECT new FROM temp.renamed WHERE old = phone)"
            " WHERE phone IN (SELECT old FROM temp.renamed)"
        )
    db.execute("DROP TABLE temp.renamed")
    for name, on in _FOR_MERGING.items():
        db.execute(f"CREATE INDEX {name} ON {on}")
    for people in plan.merged:
        _merge(db, people)
    for name in _FOR_MERGING:
        db.execute(f"DROP INDEX {name}")
    return changed


def _keep_forms(db: Database, forms: dict[str, str]) -> None:
    db.execute("DELETE FROM temp.renamed")
    db.conn.executemany("INSERT INTO temp.renamed VALUES (?, ?)", forms.items())


def _rewrite_events(db: Database, plan: Plan) -> int:
    changed, last = 0, 0
    old = {form.encode() for forms in (*plan.ids.values(), plan.phones) for form in forms}
    page = f"SELECT n, {BODY} FROM events WHERE n > ? ORDER BY n LIMIT {EVENTS_AT_ONCE}"
    while rows := db.execute(page, (last,)).fetchall():
        last = rows[-1][0]
        news = []
        for n, body in rows:
            if not old.isdisjoint(_TEXTS.findall(body)):
                told = _decode(body)
                if _renamed(told, plan):
                    news.append((_encode(told).decode(), n))
        db.conn.executemany("UPDATE events SET body = ? WHERE n = ?", news)
        changed += len(news)
    moved = (
        (addresses.driver(DriverId(new)), addresses.driver(DriverId(old))) for old, new in plan.ids[DRIVER].items()
    )
    db.conn.executemany(f"UPDATE events SET stream = ? WHERE stream = ? AND {FILED_BY_STREAM}", moved)
    return changed


def _renamed(told: Any, plan: Plan) -> bool:
    """Put new ids and phones into this event, wherever they stand in it; whether any did."""
    is_changed = False
    for part in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        is_changed |= _renamed(part, plan)
    if not isinstance(told, dict):
        return is_changed
    for name, forms in (("driver_id", plan.ids[DRIVER]), ("passenger_id", plan.ids[PASSENGER]), ("phone", plan.phones)):
        if told.get(name) in forms:
            told[name] = forms[told[name]]
            is_changed = True
    drivers = told.get("drivers")
    if drivers and not plan.ids[DRIVER].keys().isdisjoint(drivers):
        told["drivers"] = [plan.ids[DRIVER].get(driver_id, driver_id) for driver_id in drivers]
        is_changed = True
    return is_changed


def _rename(db: Database, what: str) -> None:
    """In every table that names such people. Their own rows of those who are merged are made anew afterwards."""
    column, table = f"{what}_id", f"{what}s"
    for other in COLUMNS[what]:
        db.execute(
            f"UPDATE OR REPLACE {other} SET {column} = (SELECT new FROM temp.renamed WHERE old = {column})"
            f" WHERE {column} IN (SELECT old FROM temp.renamed)"
        )
    of_default = "SELECT new FROM temp.renamed JOIN passengers ON passenger_id = old WHERE is_default"
    defaults = db.execute(of_default).fetchall() if what == PASSENGER else []
    db.execute(
        f"UPDATE OR IGNORE {table} SET {column} = (SELECT new FROM temp.renamed WHERE old = {column})"
        f" WHERE {column} IN (SELECT old FROM temp.renamed)"
    )
    db.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT old FROM temp.renamed)")
    db.conn.executemany("UPDATE passengers SET is_default = 1 WHERE passenger_id = ?", defaults)


def _merge(db: Database, people: Merged) -> None:
    """Make the row of these people as their events, which are one person's now, tell it."""
    what, ident = people.what, people.into
    if what == DRIVER:
        db.execute("DELETE FROM drivers WHERE driver_id = ?", (ident,))
        told = f"SELECT at, kind, {BODY} FROM events WHERE stream = ? AND {FILED_BY_STREAM} ORDER BY n"
        _follow(db, told, addresses.driver(DriverId(ident)), _DRIVER_ROW.__contains__)
    else:
        is_default = db.execute("SELECT 1 FROM passengers WHERE passenger_id = ? AND is_default", (ident,)).fetchone()
        booked = "passenger_id = ?1 AND EXISTS (SELECT 1 FROM rides WHERE passenger_id = ?1)"
        db.execute(f"DELETE FROM passengers WHERE {booked}", (ident,))  # who was only seeded has no event
        told = (
            f"SELECT at, kind, {BODY} FROM events"
            " WHERE ride_no IN (SELECT ride_no FROM rides WHERE passenger_id = ?) ORDER BY n"
        )
        _follow(db, told, ident, ("RideRequested", "RideScheduled").__contains__)
        if is_default:
            db.execute("UPDATE passengers SET is_default = 1 WHERE passenger_id = ?", (ident,))
    first = "registered_rating" if what == DRIVER else "5.0"
    by = PASSENGER if what == DRIVER else DRIVER
    db.execute(
        f"UPDATE {what}s SET (stars, ratings) ="
        f" (SELECT ifnull(sum(r.rating), 0), count(*) FROM ratings r WHERE r.{what}_id = ?1 AND by = ?2) WHERE {what}_id = ?1",
        (ident, by),
    )
    db.execute(
        f"UPDATE {what}s SET rating = CASE ratings WHEN 0 THEN {first} ELSE round(({first} + stars) / (ratings + 1), 2) END"
        f" WHERE {what}_id = ?",
        (ident,),
    )


def _follow(db: Database, told: str, name: str, is_wanted: Callable[[str], bool]) -> None:
    """Take what these events say of the people's own row into it."""
    rows = iter(db.execute(told, (name,)).fetchall())
    while batch := list(islice(rows, EVENTS_AT_ONCE)):
        for at, kind, body in batch:
            if is_wanted(kind):
                event = decode(body)
                for statement, values in VIEWS[type(event)](event, at):
                    if "drivers" in statement or "INTO passengers" in statement:
                        db.execute(statement, values)
