"""Opening a file: migrations, and every reason to refuse with a sentence that helps."""

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from dispatch.errors import DatabaseError
from dispatch.storage.failures import (
    NewerSchema,
    NotADatabase,
    StorageBusy,
    StorageDamaged,
    StorageMissing,
    StorageReadOnly,
    StorageUnreachable,
)
from dispatch.storage.file.owner import beside
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.made import MadeTables, made
from dispatch.storage.tables.opening import open_database, open_read_only
from dispatch.storage.tables.schema import APPLICATION_ID, migrations
from tests.storage.stories import booked

NOBODY = 65_534


def contents(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_a_new_file_gets_all_tables_in_wal_mode(path: Path) -> None:
    db = open_database(path)
    assert {"passengers", "drivers", "rides", "offers", "events"} <= set(db.table_names())
    assert db.journal_mode == "wal"
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA busy_timeout").fetchone() == (5_000,)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


@pytest.mark.parametrize(("word", "level"), [("full", 2), ("normal", 1), ("off", 0)])
def test_the_word_for_synchronous_reaches_sqlite(path: Path, word: str, level: int) -> None:
    assert open_database(path, word).execute("PRAGMA synchronous").fetchone() == (level,)


def test_another_word_for_synchronous_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="full, normal, off, got 'sometimes'"):
        open_database(path, "sometimes")
    assert not path.exists()


def test_opening_again_changes_nothing(path: Path) -> None:
    open_database(path).close()
    before = contents(path)
    again = open_database(path)
    assert migrations.pending(again) == []
    assert len(migrations.applied(again)) == again["_sqlite_migrations"].count
    again.close()
    assert contents(path) == before


def test_tables_that_cannot_be_made_leave_no_trace(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "dispatch.storage.tables.schema.FIRST_TABLES", ("CREATE TABLE passengers (x)", "CREATE TABEL rides (x)")
    )
    monkeypatch.setattr("dispatch.storage.tables.made.made", made.__wrapped__)
    with pytest.raises(DatabaseError, match="syntax error"):
        open_database(path)
    assert contents(path) == []


def test_a_table_that_cannot_be_made_takes_those_before_it_along(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = MadeTables((("passengers", "CREATE TABLE passengers (x)"), ("rides", "CREATE TABEL rides (x)")), ())
    monkeypatch.setattr("dispatch.storage.tables.made.made", lambda: broken)
    with pytest.raises(DatabaseError, match="syntax error"):
        open_database(path)
    assert contents(path) == []


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_database(path).close()
    before, later = contents(path), Migrations("dispatch")
    later._migrations = [*migrations._migrations]

    @later()
    def m999_a_table_more(db: Database) -> None:
        db.execute("CREATE TABLE more (x)")
        db.execute("CREATE TABEL rides (x)")

    monkeypatch.setattr("dispatch.storage.tables.opening.migrations", later)
    with pytest.raises(DatabaseError, match="syntax error"):
        open_database(path)
    assert contents(path) == before != []


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    db = open_database(path)
    db["_sqlite_migrations"].insert({"migration_set": "dispatch", "name": "m999_flying_cars", "applied_at": "2031"})
    db.close()
    before = contents(path)
    for opener in (open_database, open_read_only):
        with pytest.raises(
            NewerSchema, match=r"dispatch\.db was written by a newer dispatch.*m999_flying_cars.*upgrade"
        ):
            opener(path)
    assert contents(path) == before


def test_what_is_no_sqlite_file_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("dear diary, " * 1_000)
    for opener in (open_database, open_read_only):
        with pytest.raises(NotADatabase, match=r"dispatch\.db is not an SQLite database of dispatch"):
            opener(path)
    assert path.read_text().startswith("dear diary")


def test_the_sqlite_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    before = contents(path)
    for opener in (open_database, open_read_only):
        with pytest.raises(NotADatabase):
            opener(path)
    assert contents(path) == before


@pytest.mark.parametrize(
    ("where", "why"),
    [("no/such/folder/x.db", r"the directory .*no/such/folder does not exist"), (".", "it is a directory")],
)
def test_a_place_where_no_file_can_be_says_why(tmp_path: Path, where: str, why: str) -> None:
    with pytest.raises(StorageUnreachable, match=why):
        open_database(tmp_path / where)


def test_reading_never_makes_a_file(path: Path) -> None:
    with pytest.raises(StorageMissing, match=r"there is no file .*dispatch\.db"):
        open_read_only(path)
    assert not path.exists()


def test_a_file_whose_tables_are_behind_says_how_to_update_it(path: Path) -> None:
    db = open_database(path)
    db["_sqlite_migrations"].delete_where()
    db.close()
    with pytest.raises(DatabaseError, match="older dispatch; run `dispatch serve` on it once"):
        open_read_only(path)


def test_a_name_with_marks_that_mean_something_in_a_uri_is_just_a_name(tmp_path: Path) -> None:
    path = tmp_path / "who? #1 100%.db"
    open_database(path).close()
    assert path.exists()
    open_read_only(path).close()


def test_a_file_locked_by_another_process_is_told_after_the_wait(path: Path) -> None:
    open_database(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy, match="locked by another process"):
        open_database(path, busy_timeout_s=0.05)
    other.execute("ROLLBACK")
    open_database(path, busy_timeout_s=0.05).close()


class NotTrusted(Exception):
    """What a test finds wrong with a file."""


def distrusts(db: object) -> None:
    raise NotTrusted


@pytest.mark.parametrize("is_killed", [False, True], ids=["closed", "of a killed process"])
def test_a_file_that_is_not_trusted_stays_as_it_is_byte_by_byte(path: Path, tmp_path: Path, is_killed: bool) -> None:
    writer = Writer(path, "off")
    writer.write([booked("r1")])
    left = tmp_path / "left" / "rides.db"
    left.parent.mkdir()
    if not is_killed:
        writer.close()
    for ending in ("", "-wal") if is_killed else ("",):
        shutil.copy(beside(path, ending), beside(left, ending))
    before = {file.name: file.read_bytes() for file in left.parent.iterdir()}
    for _ in range(2):
        with pytest.raises(NotTrusted):
            open_database(left, trusts=distrusts)
        assert {file.name: file.read_bytes() for file in left.parent.iterdir() if file.suffix != ".db-shm"} == before
    with closing(Writer(left, "off", trusts=lambda db: None)) as opened:
        assert opened.db.execute("SELECT ride_id FROM rides").fetchall() == [("r1",)]
    writer.close()


def test_tables_are_not_brought_up_to_date_in_a_file_that_is_not_trusted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(path).close()
    before = path.read_bytes()
    later = Migrations("dispatch")
    later._migrations = [*migrations._migrations]

    @later()
    def m999_a_table_more(db: Database) -> None:
        db.execute("CREATE TABLE more (x)")

    seen: list[str] = []

    def looks(db: Database) -> None:
        seen.extend(db.table_names())
        raise NotTrusted

    monkeypatch.setattr("dispatch.storage.tables.opening.migrations", later)
    with pytest.raises(NotTrusted):
        open_database(path, trusts=looks)
    assert "more" in seen, "it is looked at as it would be served"
    assert path.read_bytes() == before


def test_a_log_without_its_file_is_not_taken_for_a_new_one(path: Path) -> None:
    writer = Writer(path, "off")
    writer.write([booked("r1")])
    log = shutil.copy(beside(path, "-wal"), path.parent / "gone.db-wal")
    writer.close()
    with pytest.raises(
        StorageDamaged, match=r"gone\.db is damaged \(it is not there, though its log gone\.db-wal is\)"
    ):
        open_database(path.parent / "gone.db")
    assert log.exists() and not (path.parent / "gone.db").exists()


@pytest.mark.usefixtures("as_nobody")
class TestReadOnly:
    """As a user who may not write: root may write anything, so it becomes nobody for the test."""

    @pytest.fixture()
    def folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o755)
            yield folder
            folder.chmod(0o755)

    @pytest.fixture()
    def as_nobody(self) -> Iterator[None]:
        was = os.geteuid()
        if was == 0:
            os.seteuid(NOBODY)
        yield
        os.seteuid(was)

    @pytest.fixture()
    def file(self, folder: Path) -> Path:
        path = folder / "dispatch.db"
        open_database(path).close()
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        folder.chmod(0o555)
        return path

    @pytest.fixture()
    def bare(self, folder: Path) -> Path:
        folder.chmod(0o555)
        return folder

    def test_a_file_that_may_only_be_read_is_refused_by_name(self, file: Path) -> None:
        with pytest.raises(StorageReadOnly, match=r"cannot write .*dispatch\.db: .* read-only; make both writable"):
            open_database(file)

    def test_it_is_refused_in_a_directory_that_may_be_written_as_well(self, file: Path, folder: Path) -> None:
        folder.chmod(0o755)
        with pytest.raises(StorageReadOnly, match=r"cannot write .*dispatch\.db: "):
            open_database(file)
        assert list(folder.iterdir()) == [file]

    def test_it_can_be_read_where_nothing_may_be_made_beside_it(self, file: Path, folder: Path) -> None:
        with closing(open_read_only(file)) as db:
            assert db["events"].count == 0
        assert list(folder.iterdir()) == [file]

    def test_what_a_log_beside_it_holds_is_read_there_too(self, folder: Path) -> None:
        path = folder / "dispatch.db"
        with closing(open_database(path)) as writer:
            writer["passengers"].insert({"passenger_id": "p1", "name": "Ann", "phone": "", "rating": 5.0})
            folder.chmod(0o555)
            with closing(open_read_only(path)) as db:
                assert [row["name"] for row in db["passengers"].rows] == ["Ann"]
            folder.chmod(0o755)

    def test_a_directory_that_may_only_be_read_is_refused_by_name(self, bare: Path) -> None:
        with pytest.raises(StorageUnreachable, match=r"the directory .* is read-only; name another file"):
            open_database(bare / "dispatch.db")
