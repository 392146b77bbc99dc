"""What SQLite's errors are called here, and that each says which file and what to do."""

import sqlite3
from pathlib import Path

import pytest

from dispatch.errors import DatabaseError
from dispatch.storage.failures import (
    EventRefused,
    StorageBusy,
    StorageDamaged,
    StorageEmpty,
    StorageFault,
    StorageFull,
    StorageLinked,
    StorageMissing,
    StorageOwned,
    StorageReadOnly,
    StorageUnreachable,
    explained,
    failure_of,
)

ALL = (
    StorageFull,
    StorageBusy,
    StorageReadOnly,
    StorageUnreachable,
    StorageMissing,
    StorageOwned,
    StorageLinked,
    StorageEmpty,
    StorageDamaged,
    StorageFault,
    EventRefused,
)


def error_from(statement: str, *values: object, setup: str = "") -> sqlite3.Error:
    connection = sqlite3.connect(":memory:")
    connection.executescript(setup)
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute(statement, values).fetchall()
    return caught.value


def test_every_failure_has_a_code_of_its_own() -> None:
    codes = [failure.code for failure in ALL]
    assert len({*codes, DatabaseError.code}) == len(ALL) + 1


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (error_from("INSERT INTO t VALUES (NULL)", setup="CREATE TABLE t (x NOT NULL)"), EventRefused),
        (error_from("INSERT INTO t VALUES ('word')", setup="CREATE TABLE t (x REAL) STRICT"), EventRefused),
        (error_from("SELECT ?", object()), EventRefused),
        (error_from("SELECT CAST(x'ff' AS TEXT)"), StorageDamaged),
        (error_from("SELECT * FROM nowhere"), StorageFault),
    ],
    ids=["broken rule", "wrong type", "no such value", "unreadable text", "bug"],
)
def test_an_error_becomes_the_failure_that_it_stands_for(error: sqlite3.Error, failure: type[DatabaseError]) -> None:
    told = failure_of(error, "rides.db")
    assert type(told) is failure
    assert "rides.db" in str(told)


def test_the_failure_keeps_the_error_it_came_from() -> None:
    with pytest.raises(StorageFault) as caught, explained("rides.db"):
        sqlite3.connect(":memory:").execute("SELEC 1")
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_a_file_where_a_directory_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "does not exist" in str(StorageUnreachable(str(tmp_path / "file" / "x.db")))
