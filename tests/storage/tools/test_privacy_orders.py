"""Orders that rewrite history, as the command gives them to a file that nobody serves."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dispatch import addresses
from dispatch.config.options import options_of
from dispatch.identity.people import NoSuchPerson
from dispatch.ids import PersonId
from dispatch.messages.events import DriverOnline, DriverRegistered
from dispatch.storage.health.check import findings
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people.removal import remove
from dispatch.storage.people.retention import DAY_S, Keep
from dispatch.storage.tools.orders import decode, encode, perform
from dispatch.storage.tools.privacy_orders import PurgeOld, RemovePerson, finish, would_go
from tests.storage.stories import DRIVER_ID, MICHAEL, Town, append

GONE = MICHAEL.phone.encode()


def fill(writer: Writer) -> None:
    """A driver who was connected when the server died."""
    writer.write([append(addresses.driver(DRIVER_ID), DriverRegistered(MICHAEL), DriverOnline(DRIVER_ID), at=5.0)])


def test_a_line_removes_a_person_whom_a_killed_server_left_connected(writer: Writer, path: Path) -> None:
    fill(writer)
    answer = perform(writer, decode(encode(RemovePerson(who=f"+{MICHAEL.phone}"))), 10.0)
    assert answer["pseudonym"].startswith("removed-") and answer["events"] >= 2 and answer["unwiped"] == ""
    assert GONE not in path.read_bytes() and list(findings(path)) == []
    with pytest.raises(NoSuchPerson):
        perform(writer, RemovePerson(who=MICHAEL.phone), 11.0)


def test_a_line_purges_and_a_dry_run_says_the_same_and_changes_nothing(writer: Writer, path: Path) -> None:
    for each in Town(3, 30).story():
        writer.write([each])
    keep, now = Keep(keep_tracks_days=1, keep_quotes_days=1, keep_addresses_days=1), 10 * DAY_S
    size = writer.db.execute("SELECT count(*), total(length(body)) FROM events").fetchone()
    before = would_go(str(path), keep, now)
    assert writer.db.execute("SELECT count(*), total(length(body)) FROM events").fetchone() == size
    answer = perform(writer, decode(encode(options_of(PurgeOld, keep))), now)
    assert answer == {**before, "unwiped": ""} and answer["gone"]["addresses"]["count"] > 10
    assert list(findings(path)) == [] and b"123 Main St" in path.read_bytes()
    assert sum(gone["count"] for gone in would_go(str(path), keep, now)["gone"].values()) == 0


def test_an_answer_says_why_free_pages_still_have_the_person(writer: Writer, path: Path) -> None:
    fill(writer)
    writer.hurry(True)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM drivers").fetchall()
        assert "locked by another process" in perform(writer, RemovePerson(who=MICHAEL.phone), 10.0)["unwiped"]
    assert finish(writer) == "" and GONE not in path.read_bytes()


def test_asking_again_finishes_what_a_process_that_died_left_undone(writer: Writer, path: Path) -> None:
    fill(writer)
    writer.write([append(addresses.driver(DRIVER_ID), at=6.0)], [("UPDATE drivers SET online = 0", ())])
    remove(writer, PersonId(DRIVER_ID), 10.0)
    assert wiping.is_due(writer.db)
    with pytest.raises(NoSuchPerson):
        perform(writer, RemovePerson(who=MICHAEL.phone), 11.0)
    assert not wiping.is_due(writer.db) and GONE not in path.read_bytes()
