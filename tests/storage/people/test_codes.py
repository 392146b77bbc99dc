"""Codes that are made in memory and put on file later: limits see both, and nothing is counted twice."""

from pathlib import Path
from random import Random

import pytest

from dispatch.errors import RateLimited
from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.login import DAY_S, HOUR_S, AskCode, CodeExpired, LoginRules, code_mac
from dispatch.identity.people import NewPerson
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import codes, logins, people
from dispatch.storage.people.codes import NewCodes
from dispatch.storage.tables.opening import open_read_only
from dispatch.words import PersonRole

NOW = 1_800_000_000.0
RING = KeyRing((Key("k1", b"1" * 32, 0.0),))
RULES = LoginRules()
PHONE = "27821234570"


class Server:
    """Makes codes by a connection of its own, as beside the writer of a live server. `most`: how many it counts in memory."""

    def __init__(self, writer: Writer, path: Path, now: float = NOW, most: int = 10_000) -> None:
        self.writer, self.now = writer, now
        self.new = NewCodes(open_read_only(path), str(path), now, most)

    def ask(self, phone: str = PHONE, address: str = "192.0.2.1", rules: LoginRules = RULES) -> bool:
        """Whether a code is made."""
        try:
            self.new.ask(AskCode(phone=phone, address=address), RING, rules, self.now)
        except RateLimited:
            return False
        return True

    def keep(self) -> None:
        codes.keep(self.writer, self.new.take())


def on_file(writer: Writer) -> int:
    return int(writer.db.execute("SELECT count(*) FROM login_codes").fetchone()[0])


def test_a_code_is_not_on_file_until_it_is_kept_and_then_once(writer: Writer, path: Path) -> None:
    server = Server(writer, path)
    assert server.ask() and server.new.waiting == 1 and on_file(writer) == 0
    server.keep()
    assert server.new.waiting == 0 and on_file(writer) == 1
    server.keep()
    assert on_file(writer) == 1


def test_a_code_counts_from_when_it_is_made_and_once_wherever_it_is(writer: Writer, path: Path) -> None:
    server = Server(writer, path)
    assert server.ask() and server.ask()
    server.keep()
    assert server.ask()
    server.new.take()  # these are lost
    assert [server.ask() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("most", [2, 10_000])
def test_limits_hold_across_a_restart(writer: Writer, path: Path, most: int) -> None:
    """Also for a server that remembers next to nothing, and asks the file."""
    before = Server(writer, path)
    for _ in range(4):
        assert before.ask()
        before.now += 1.0
    before.keep()
    after = Server(writer, path, NOW + 10.0, most)
    assert [after.ask() for _ in range(2)] == [True, False]
    assert after.ask("27829999999", address="192.0.2.2")
    after.now = NOW + HOUR_S
    assert after.ask(), "the first of the five is an hour old"


@pytest.mark.parametrize("seed", range(4))
def test_with_little_memory_the_same_is_allowed_as_with_much(tmp_path: Path, seed: int) -> None:
    """Hours of asking at random, kept in batches, of servers that count the last 3 and the last 10,000 codes in memory."""
    rules = LoginRules(codes_per_phone_hour=3, codes_per_phone_day=5, codes_per_address_hour=6)
    said = []
    for most in (3, 10_000):
        path, dice = tmp_path / f"{most}.db", Random(seed)
        writer = Writer(path, "off")
        server, answers = Server(writer, path, most=most), []
        for _ in range(300):
            server.now += dice.choice((0.0, 1.0, 300.0))
            answers.append(server.ask(f"2782123457{dice.randrange(3)}", f"192.0.2.{dice.randrange(2)}", rules))
            if dice.random() < 0.5 or server.new.waiting > 1:
                server.keep()
        writer.close()
        said.append(answers)
    assert said[0] == said[1] and set(said[0]) == {True, False}


def test_codes_that_are_a_day_old_leave_the_file_with_the_next(writer: Writer, path: Path) -> None:
    server = Server(writer, path)
    server.ask()
    server.keep()
    server.now += DAY_S + 1.0
    server.ask("27829999999")
    server.keep()
    assert writer.db.execute("SELECT phone FROM login_codes").fetchall() == [("27829999999",)]


def test_who_is_forgotten_may_ask_as_if_for_the_first_time(writer: Writer, path: Path) -> None:
    server = Server(writer, path)
    assert [server.ask() for _ in range(6)][-2:] == [True, False]
    server.new.forget((PHONE,))
    assert server.ask()


def test_a_code_of_a_file_of_before_is_used_like_any_other(writer: Writer) -> None:
    person = people.add(writer, NewPerson(role=PersonRole.DRIVER, name="Thabo", phone=PHONE), NOW)[0]
    writer.db.execute(
        "INSERT INTO login_codes (request_id, phone, address, role, for_nobody, key_id, mac, made_at)"
        " VALUES ('r', ?, '10.0.0.1', 'driver', 0, 'k1', ?, ?)",
        (PHONE, code_mac(RING, "k1", "r", "123456"), NOW),
    )
    assert logins.use_code(writer, "r", "123456", RING, RULES, NOW).person.person_id == person.person_id
    with pytest.raises(CodeExpired):
        logins.use_code(writer, "r", "123456", RING, RULES, NOW)
