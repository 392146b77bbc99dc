"""Orders that rewrite history, as the command gives them to a file that nobody serves."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dispatch import addresses
from dispatch.identity.people import NoSuchPerson
from dispatch.ids import PersonId
from dispatch.messages.events import DriverOnline, DriverRegistered
from dispatch.storage.health.check import findings
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people.removal import remove
from dispatch.storage.tools.orders import decode, encode, perform
from dispatch.storage.tools.privacy_orders import RemovePerson, finish
from tests.storage.stories import DRIVER_ID, MICHAEL, append

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
