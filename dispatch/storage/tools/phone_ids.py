"""Brings the ids and phones of a file into the one form that `dispatch.phones` gives them. Called by `dispatch db phones`.

Older versions knew a person by the digits that an app happened to send: `0027821234567` and `27821234567` were two. Here they become
one, with their rides, offers, ratings and blocked pairs, in the events and in the tables, in one transaction.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import combinations
from math import inf
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from dispatch import addresses
from dispatch.ids import DriverId
from dispatch.phones import identity, read_phone
from dispatch.storage.failures import explained
from dispatch.storage.health.check import differing, repairs, scratch, told_again
from dispatch.storage.log.on_file import BODY
from dispatch.storage.tables.opening import open_database, reading
from dispatch.storage.tables.region import keep_region, kept_region
from dispatch.storage.tables.schema import FILED_BY_STREAM, TABLES
from dispatch.text import counted

PASSENGER, DRIVER = "passenger", "driver"
COLUMNS: Final = {
    what: [name for name, table in TABLES.items() if f"{what}_id" in table.columns.split(", ") and name != f"{what}s"]
    for what in (PASSENGER, DRIVER)
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
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

Span = tuple[float, float]


class Merged(msgspec.Struct, frozen=True):
    """People of one number: `ids` as they are on file, and the one `into` which they become."""

    what: str
    into: str
    ids: tuple[str, ...]


class PhoneIdPlan(msgspec.Struct):
    """What is to change: old ids and phones with their new forms. `apart`: who stays as two, since both did something at one time."""

    ids: dict[str, dict[str, str]]
    phones: dict[str, str]
    merged: list[Merged]
    apart: list[Merged]

    @property
    def is_empty(self) -> bool:
        """Whether all is as it should be."""
        return not (self.phones or any(self.ids.values()))


def plan_of(path: str | Path, region: str = "") -> tuple[PhoneIdPlan, str]:
    """What `bring_over` would do now, and by which region: the given one, else the one that the file keeps. Raises DatabaseError."""
    with reading(path) as db:
        region = region or kept_region(db)
        return _plan(db, region), region


def bring_over(path: str | Path, region: str = "") -> tuple[PhoneIdPlan, str, int]:
    """Rewrite the file in one transaction. Returns what changed, by which region, and how many events. Nobody else may have the file.

    `region`: of numbers that name no country, which the file keeps from now on; empty: the one that it keeps. Raises DatabaseError;
    then the file is as it was.
    """
    with closing(open_database(path)) as db, explained(str(path)), db.conn:  # which commits, or rolls back
        db.execute("BEGIN IMMEDIATE")
        region = region or kept_region(db)
        plan = _plan(db, region)
        changed = _rewrite(db, plan)
        if region:
            keep_region(db, region)
    return plan, region, changed


def has_other_forms(db: Database, region: str) -> bool:
    """Whether somebody on file is known by another form of a number than the server would use. Quick: it looks at suspects alone."""
    for what in (PASSENGER, DRIVER):
        suspects = db.execute(_SUSPECTS.format(what=what), (bool(region), LOOKED_AT)).fetchall()
        if any(_new_id(what, ident, phone, region) != ident for ident, phone in suspects):
            return True
    return False


def told(plan: PhoneIdPlan, region: str, changed: int | None) -> Iterator[str]:
    """A plan for people to read, line by line. `changed`: how many events were rewritten; None: nothing was, it is only a plan."""
    by = f", numbers without a country read as {region}" if region else ""
    for people in plan.merged:
        yield f"{people.what}s {', '.join(people.ids)} are one: {people.into}"
    for people in plan.apart:
        yield f"{people.what}s {', '.join(people.ids)} stay apart: they had rides or offers at the same time"
    if plan.is_empty:
        yield f"all ids are as they should be{by}"
        return
    how_many = ", ".join(f"{counted(len(ids), 'id')} of {what}s" for what, ids in plan.ids.items())
    would = "would change" if changed is None else f"changed, in {counted(changed, 'event')}"
    yield f"{how_many} and {counted(len(plan.phones), 'written phone')} {would}{by}"


# -- the plan


def _plan(db: Database, region: str) -> PhoneIdPlan:
    phones = _phones(db, region)
    plan = PhoneIdPlan({PASSENGER: {}, DRIVER: {}}, phones, [], [])
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


def _rewrite(db: Database, plan: PhoneIdPlan) -> int:
    """Rewrite the events, and make the tables what they tell then. Returns how many events changed."""
    if plan.is_empty:
        return 0
    changed = _rewrite_events(db, plan)
    rename = db.conn.executemany  # what follows: rows that no event tells of
    for what, ids in plan.ids.items():
        rename(f"UPDATE OR REPLACE blocked_pairs SET {what}_id = ?2 WHERE {what}_id = ?1", ids.items())
    of_default = "UPDATE OR REPLACE passengers SET {0} = ?2 WHERE {0} = ?1 AND is_default".format
    rename(of_default("passenger_id"), plan.ids[PASSENGER].items())
    rename(of_default("phone"), plan.phones.items())
    with closing(scratch()) as made:
        for _ in told_again(db, made):
            pass  # what was wrong with the file before is not for this command to say
        for difference in differing(db, made):
            for statement, values in repairs(difference):
                db.execute(statement, values)
    return changed


def _rewrite_events(db: Database, plan: PhoneIdPlan) -> int:
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


def _renamed(told: Any, plan: PhoneIdPlan) -> bool:
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
