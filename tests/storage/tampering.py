"""Files as somebody leaves them who tampers with them: cells, events, schema, bytes, files beside. Ways are drawn from dice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.storage.damage import beside

PAGE: Final = 4_096
VALUES: Final[tuple[Any, ...]] = (
    None, "", 0, -1, 1e300, -1e300, float("inf"), 2**63 - 1, -(2**63), "x" * 100_000, "\x00", "a\x1b[2J", "\u202e", "NaN", "null", "{}",
    "[]", '{"type":"RideRequested"}', "2026-13-01",
    "0001-01-01T00:00:00Z", 5e-324, 253402300800.0, 1e15, -62135596801.0, "../x", "driver/",
    "'; DROP TABLE rides; --", b"\xff\xfe", b"",
)  # fmt: skip
IN_JSON: Final = (*(value for value in VALUES if not isinstance(value, bytes)), [], {}, [1] * 9, {"a": 1}, True)
STATEMENTS: Final = (
    "CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM events; END",
    "CREATE TRIGGER evil BEFORE INSERT ON rides BEGIN SELECT RAISE(ABORT, 'no'); END",
    "CREATE VIEW evil AS SELECT * FROM nothing",
    "CREATE TABLE evil (a, b)",
    "CREATE INDEX evil ON events (body)",
    "CREATE VIRTUAL TABLE evil USING fts5 (a)",
    "DROP TABLE people",
    "DROP TABLE rides",
    "ALTER TABLE rides ADD COLUMN evil",
    "ALTER TABLE people RENAME TO folk",
    "PRAGMA user_version = 999",
    "PRAGMA application_id = 1",
    "PRAGMA journal_mode = DELETE",
    "DELETE FROM _sqlite_migrations",
    "DELETE FROM events",
    "DELETE FROM events WHERE n = 3",
    "UPDATE events SET n = n + 1000",
    "UPDATE events SET at = -1e15",
    "UPDATE events SET stream = 'driver/\x1b[2J'",
    "INSERT INTO _sqlite_migrations SELECT migration_set, 'zzz', applied_at FROM _sqlite_migrations LIMIT 1",
    "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE TABLE rides (x' WHERE name = 'rides'",
    "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'rides'",
    "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE VIEW rides AS SELECT * FROM rides' WHERE name = 'rides'",
)


def tampered(path: Path, seed: str) -> str:
    """Tamper with this file in one way. Returns what was done to it."""
    dice = Random(seed)
    return dice.choice(_WAYS)(path, dice)


def _cell(path: Path, dice: Random) -> str:
    """A value of another kind in one row, or in all of a column."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        filled = [name for name in tables if file.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]
        table = dice.choice(filled)
        column = dice.choice([row[1] for row in file.execute(f'PRAGMA table_info("{table}")')])
        row = dice.choice(("", "WHERE rowid = 1", "WHERE rowid = 7"))
        return _done(file, f'UPDATE OR REPLACE "{table}" SET "{column}" = ? {row}', dice.choice(VALUES))


def _body(path: Path, dice: Random) -> str:
    """A field of an event."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        n, body = dice.choice(file.execute("SELECT n, body FROM events ORDER BY n").fetchall())
        said = json.loads(body)
        inside = said
        name = dice.choice([*said])
        while isinstance(inside[name], dict) and inside[name] and dice.random() < 0.7:
            inside = inside[name]
            name = dice.choice([*inside])
        inside[name] = dice.choice(IN_JSON)
        written = json.dumps(said)
        kind = written if isinstance(body, str) else written.encode()
        return f"{name} of a {said['type']}: " + _done(file, f"UPDATE events SET body = ? WHERE n = {n}", kind)


def _schema(path: Path, dice: Random) -> str:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        return _done(file, dice.choice(STATEMENTS))


def _done(file: sqlite3.Connection, sql: str, *values: Any) -> str:
    try:
        file.execute(sql, values) if values else file.executescript(sql)
    except sqlite3.Error as error:
        return f"{sql} (not done: {error})"
    return f"{sql} {str(values)[:200]}"


def _flipped(path: Path, dice: Random) -> str:
    data, bits = bytearray(path.read_bytes()), dice.choice((1, 1, 8, 64))
    for _ in range(bits):
        data[dice.randrange(dice.choice((100, len(data), len(data))))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)
    return f"{bits} bits flipped"


def _cut(path: Path, dice: Random) -> str:
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))])
    return "cut"


def _page(path: Path, dice: Random) -> str:
    data = path.read_bytes()
    number = dice.randrange(len(data) // PAGE)
    page = dice.choice((bytes(PAGE), dice.randbytes(PAGE)))
    path.write_bytes(data[: number * PAGE] + page + data[(number + 1) * PAGE :])
    return f"page {number} is another"


def _beside(path: Path, dice: Random) -> str:
    suffix = dice.choice(("-wal", "-journal", "-shm"))
    beside(path, suffix).write_bytes(dice.choice((b"", dice.randbytes(50), dice.randbytes(5_000), bytes(PAGE))))
    return f"a foreign {suffix}"


_WAYS: Final[tuple[Callable[[Path, Random], str], ...]] = (
    *([_cell] * 6), *([_body] * 6), *([_schema] * 4), *([_flipped] * 3), _cut, _page, _beside,
)  # fmt: skip
