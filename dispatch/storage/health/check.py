"""Looks at all of a file: its pages, every event, and whether its tables are what the events make them. Called by `dispatch db check`,
also beside a running server.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from sqlite_utils import Database

from dispatch.messages.events import Event
from dispatch.storage.file.header import require_whole
from dispatch.storage.health.bindings import SET_ASIDE, Bindings
from dispatch.storage.health.startup_check import page_faults, schema_faults
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import BODY, decode
from dispatch.storage.tables.made import lay_tables
from dispatch.storage.tables.opening import reading
from dispatch.storage.tables.schema import FOLLOWING, TableRow
from dispatch.storage.tables.views import VIEWS, Change, teach
from dispatch.words import Word

PAGE_FAULTS_TOLD: Final = 20
UNWIPED: Final = (
    "who was removed may still be read from free pages, since the removal was cut short; a start of the server, or any removal,"
    " finishes it"
)
_EVENTS: Final = f"SELECT n, at, stream, ride_id, ride_no, kind, {BODY} FROM events ORDER BY n"


class RowDifference(NamedTuple):
    """The rows under one key, as the file has them and as its events tell them; `columns` in their order."""

    table: str
    key: tuple[Any, ...]
    columns: list[str]
    held: list[tuple[Any, ...]]
    true: list[tuple[Any, ...]]


HELD, TRUE = "held", "true"
Sided = tuple[tuple[Any, ...], str, tuple[Any, ...]]
"""The key of a row, whether the file has it so or its events, and the row."""
_key: Final = itemgetter(0)


def findings(path: str | Path) -> Iterator[str]:
    """What is wrong with the file, a clause each; none: it is sound. Raises DatabaseError for one that cannot be read at all."""
    require_whole(path)
    with reading(path) as db:
        db.execute("BEGIN")  # all of it as of one moment, though a server may write meanwhile
        bad_pages = list(page_faults(db, f"integrity_check({PAGE_FAULTS_TOLD})"))
        yield from bad_pages
        yield from schema_faults(db)
        if wiping.is_due(db):
            yield UNWIPED
        if not bad_pages:
            with closing(scratch()) as made:
                yield from told_again(db, made)
                yield from map(clause, differing(db, made))


def told_again(db: Database, made: sqlite3.Connection) -> Iterator[str]:
    """Take every event into the tables of `made`; what cannot be read, is missing or binds somebody twice."""
    bindings, expected = Bindings(), 1
    ride_numbers = dict(db.execute("SELECT ride_id, ride_no FROM rides").fetchall())
    for n, at, stream, ride_id, ride_no, kind, body in db.execute(_EVENTS):
        if n != expected:
            yield f"events {expected} to {n - 1} are missing" if n > expected + 1 else f"event {expected} is missing"
        expected = n + 1
        try:
            event = decode(body)
        except msgspec.MsgspecError as error:
            yield f"event {n} cannot be read: {error}"
            continue
        if stream.startswith(SET_ASIDE):
            continue
        if wrong := misfiled(n, event, kind, ride_id):
            yield wrong
        elif ride_no is not None and ride_no != ride_numbers.get(ride_id):
            yield f"event {n} is filed under ride number {ride_no}, which is not that of {ride_id}"
        if wrong := bindings.fault(n, stream, event):
            yield wrong
        yield from unknown_words(n, event)
        yield from taken(made, n, event, at)


def misfiled(n: int, event: Event, kind: str, ride_id: str | None) -> str:
    """Whether an event is found by what it says itself; if not, that."""
    is_own = (kind, ride_id) == (type(event).__name__, getattr(event, "ride_id", None))
    return "" if is_own else f"event {n} is not filed under its own kind and ride"


def unknown_words(n: int, event: Event) -> Iterator[str]:
    """The words of an event that no version up to this one chooses, each as a clause."""
    for name in event.__struct_fields__:
        held = getattr(event, name)
        for word in held if isinstance(held, tuple) else (held,):
            if isinstance(word, Word) and not word.is_known:
                yield f"event {n}, {type(event).__name__}, has an unknown word for {name}: {word}"


def taken(made: sqlite3.Connection, n: int, event: Event, at: float) -> Iterator[str]:
    """Take an event into the tables of `made`; what it says if they do not take it."""
    try:
        for statement, values in VIEWS[type(event)](event, at):
            made.execute(statement, values)
    except sqlite3.Error as error:
        yield f"event {n} cannot have happened: {error}"


def differing(db: Database, made: sqlite3.Connection) -> Iterator[RowDifference]:
    """Every key of every table whose rows in the file are not those of `made`."""
    for table, follows in FOLLOWING.items():
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in follows.aside]
        spared = set(db.execute(f"SELECT {', '.join(follows.key)} FROM {table} WHERE {follows.unless}").fetchall())
        both = merge(_rows(db, table, columns, follows, HELD), _rows(made, table, columns, follows, TRUE), key=_key)
        for key, sides in groupby(both, _key):
            told: dict[str, list[tuple[Any, ...]]] = {HELD: [], TRUE: []}
            for _, side, row in sides:
                told[side].append(row)
            if told[HELD] != told[TRUE] and (told[TRUE] or key not in spared):
                yield RowDifference(table, key, columns, told[HELD], told[TRUE])


def repairs(difference: RowDifference) -> list[Change]:
    """What makes these rows what their events tell."""
    table, key, columns, held, true = difference
    where = " AND ".join(f"{name} = ?" for name in FOLLOWING[table].key)
    if len(held) == len(true) == 1:
        cells = ", ".join(f"{column} = ?" for column in columns)
        return [(f"UPDATE {table} SET {cells} WHERE {where}", (*true[0], *key))]
    added = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    return [(f"DELETE FROM {table} WHERE {where}", key), *((added, row) for row in true)]


def clause(difference: RowDifference) -> str:
    """What is wrong with these rows."""
    table, key, columns, held, true = difference
    name = f"{table}: {' '.join(map(str, key))}"
    if not held:
        return f"{name} is missing, though events tell of it"
    if not true:
        return f"{name} is there, though no event tells of it"
    if len(held) != len(true):
        return f"{name} is there {len(held)} times, though events tell of it {len(true)} times"
    cells = (cell for rows in zip(held, true, strict=True) for cell in zip(columns, *rows, strict=True))
    wrong = ", ".join(f"{column} {is_so} instead of {should}" for column, is_so, should in cells if is_so != should)
    return f"{name} has {wrong}, as its events tell it"


def _rows(source: Any, table: str, columns: list[str], follows: TableRow, side: str) -> Iterator[Sided]:
    wanted = ", ".join((*follows.key, *columns))
    width = len(follows.key)
    for row in source.execute(f"SELECT {wanted} FROM {table} ORDER BY {wanted}"):
        yield row[:width], side, row[width:]


def scratch() -> sqlite3.Connection:
    """Empty tables in a file of SQLite's own, which is gone when it is closed."""
    connection = sqlite3.connect("", isolation_level=None)
    teach(connection)
    lay_tables(Database(connection, execute_plugins=False))
    connection.execute("BEGIN")
    return connection
