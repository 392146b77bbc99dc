"""Codes and login sessions on file, with a clock and codes of the tests' own."""

import pytest

from dispatch.errors import FrameError, RateLimited
from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.login import AskCode, CodeExpired, CodeSent, LoggedIn, LoginRules, WrongCode
from dispatch.identity.people import NewPerson
from dispatch.identity.tokens import BadToken
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import logins, people
from dispatch.storage.people.codes import Draw, NewCodes
from dispatch.words import PersonRole, PersonStatus

NOW = 1_800_000_000.0
RING = KeyRing((Key("k1", b"1" * 32, 0.0),))
RULES = LoginRules()
PHONE, STRANGER = "27821234570", "27829999999"


class Counted(Draw):
    """Codes 000001, 000002, … and names r1, r2, …"""

    def __init__(self) -> None:
        self.codes = self.names = 0

    def code(self) -> str:
        self.codes += 1
        return f"{self.codes:06d}"

    def name(self) -> str:
        self.names += 1
        return f"r{self.names}"


class Desk:
    """One server's logins at a time that tests set."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.now, self.rules, self.draw = writer, NOW, RULES, Counted()
        self.codes = NewCodes(writer.db, writer.path, NOW)
        self.driver = people.add(
            writer, NewPerson(role=PersonRole.DRIVER, name="Thabo", phone=PHONE), NOW, draw=people.draw_id
        )[0]

    def ask(self, phone: str = PHONE, role: PersonRole | None = None, address: str = "192.0.2.1") -> CodeSent:
        ask = AskCode(phone=phone, role=role, address=address)
        return self.codes.ask(ask, RING, self.rules, self.now, self.draw)

    def use(self, sent: CodeSent, code: str = "") -> LoggedIn:
        new = self.codes.take()
        return logins.use_code(
            self.writer, sent.request_id, code or sent.code, RING, self.rules, self.now, new, self.draw
        )

    def refresh(self, token: str) -> LoggedIn:
        return logins.refresh(self.writer, token, RING, self.rules, self.now)


@pytest.fixture()
def desk(writer: Writer) -> Desk:
    return Desk(writer)


def refused(how: type[FrameError], do: object, *args: object) -> FrameError:
    with pytest.raises(how) as error:
        do(*args)  # type: ignore[operator]
    return error.value


def test_an_invited_driver_logs_in_by_the_code_and_is_active(desk: Desk) -> None:
    sent = desk.ask()
    assert (sent.phone, sent.for_nobody) == (PHONE, False)
    logged_in = desk.use(sent)
    assert logged_in.person.person_id == desk.driver.person_id
    assert (logged_in.role.role, logged_in.role.status) == (PersonRole.DRIVER, PersonStatus.ACTIVE)
    assert people.require(desk.writer.db, desk.driver.person_id).roles[0].status == PersonStatus.ACTIVE


def test_a_code_is_used_once(desk: Desk) -> None:
    sent = desk.ask()
    desk.use(sent)
    refused(CodeExpired, desk.use, sent)


def test_a_code_ends_after_five_minutes(desk: Desk) -> None:
    sent = desk.ask()
    desk.now += 300.0
    refused(CodeExpired, desk.use, sent)


def test_five_wrong_tries_use_a_code_up_and_the_right_one_comes_too_late(desk: Desk) -> None:
    sent = desk.ask()
    for _ in range(5):
        refused(WrongCode, desk.use, sent, "999999")
    refused(CodeExpired, desk.use, sent)
    assert desk.writer.db.execute("SELECT tries FROM login_codes").fetchone() == (6,)


def test_the_fifth_try_may_be_right(desk: Desk) -> None:
    sent = desk.ask()
    for _ in range(4):
        refused(WrongCode, desk.use, sent, "999999")
    assert desk.use(sent).person.name == "Thabo"


def test_a_code_is_not_in_the_file(desk: Desk) -> None:
    desk.draw.codes = 424_241
    assert desk.ask().code == "424242"
    assert "424242" not in str(desk.writer.db.execute("SELECT * FROM login_codes").fetchall())


def test_a_passenger_is_made_at_the_first_login_and_only_then(desk: Desk) -> None:
    sent = desk.ask(STRANGER)
    assert not sent.for_nobody and people.find(desk.writer.db, STRANGER) is None
    logged_in = desk.use(sent)
    assert logged_in.role.role == PersonRole.PASSENGER
    assert people.id_of_phone(desk.writer.db, STRANGER) == logged_in.person.person_id
    assert desk.use(desk.ask(STRANGER)).person.person_id == logged_in.person.person_id


def test_where_passengers_are_not_made_a_stranger_gets_a_code_that_goes_nowhere(desk: Desk) -> None:
    desk.rules = LoginRules(new_passengers=False)
    assert desk.ask(STRANGER).for_nobody


@pytest.mark.parametrize("role", [PersonRole.DRIVER, PersonRole.STAFF])
def test_a_driver_and_staff_must_be_on_file_and_even_the_right_code_lets_nobody_in(
    desk: Desk, role: PersonRole
) -> None:
    sent = desk.ask(STRANGER, role)
    assert sent.for_nobody
    refused(WrongCode, desk.use, sent)


def test_who_is_suspended_gets_no_code(desk: Desk) -> None:
    sent = desk.ask()
    people.set_status(desk.writer, desk.driver.person_id, PersonRole.DRIVER, PersonStatus.SUSPENDED, NOW)
    refused(CodeExpired, desk.use, sent)
    assert desk.ask(role=PersonRole.DRIVER).for_nobody


def test_a_login_that_names_no_role_is_in_the_highest(desk: Desk) -> None:
    people.add(desk.writer, NewPerson(role=PersonRole.STAFF, name="Thabo", phone=PHONE, is_manager=True), NOW)
    assert desk.use(desk.ask()).role.is_manager
    assert desk.use(desk.ask(role=PersonRole.DRIVER)).role.role == PersonRole.DRIVER
    assert desk.use(desk.ask(role=PersonRole.PASSENGER)).role.role == PersonRole.PASSENGER


def test_a_phone_gets_five_codes_an_hour_and_ten_a_day_whoever_has_it(desk: Desk) -> None:
    for phone in (PHONE, STRANGER):
        desk.now = NOW
        for _ in range(5):
            desk.ask(phone, PersonRole.DRIVER)
        error = refused(RateLimited, desk.ask, phone, PersonRole.DRIVER)
        assert error.retry_after_ms == 3_600_000
        desk.now += 3600.0
        for _ in range(5):
            desk.ask(phone)
        desk.now += 3600.0
        assert refused(RateLimited, desk.ask, phone).retry_after_ms == (24 - 2) * 3_600_000
        desk.now = NOW + 86_400.0
        desk.ask(phone)


def test_an_address_gets_three_hundred_codes_an_hour(desk: Desk) -> None:
    desk.rules = LoginRules(codes_per_address_hour=3)
    for number in range(3):
        desk.ask(f"2782000000{number}")
    refused(RateLimited, desk.ask, "27820000009")
    desk.ask("27820000009", None, "192.0.2.2")


def test_while_the_whole_server_is_guessed_at_nobody_gets_in(desk: Desk) -> None:
    desk.rules = LoginRules(code_failures_hour=3)
    sent = desk.ask()
    for _ in range(3):
        refused(WrongCode, desk.use, sent, "999999")
    refused(RateLimited, desk.use, sent)
    desk.now += 3600.0
    assert desk.use(desk.ask()).person.name == "Thabo"


# -- refresh tokens


def test_a_refresh_token_changes_at_each_use(desk: Desk) -> None:
    first = desk.use(desk.ask()).refresh_token
    second = desk.refresh(first)
    third = desk.refresh(second.refresh_token)
    assert len({first, second.refresh_token, third.refresh_token}) == 3
    assert third.person.person_id == desk.driver.person_id and third.role.role == PersonRole.DRIVER


def test_the_same_token_again_within_ten_seconds_gets_the_same_successor(desk: Desk) -> None:
    first = desk.use(desk.ask()).refresh_token
    successor = desk.refresh(first).refresh_token
    desk.now += 10.0
    assert desk.refresh(first).refresh_token == successor
    desk.refresh(successor)


def test_a_token_that_was_replaced_longer_ago_ends_the_session_for_both(desk: Desk) -> None:
    first = desk.use(desk.ask()).refresh_token
    successor = desk.refresh(first).refresh_token
    desk.now += 10.1
    refused(BadToken, desk.refresh, first)
    refused(BadToken, desk.refresh, successor)


def test_a_token_two_generations_old_ends_the_session_at_once(desk: Desk) -> None:
    first = desk.use(desk.ask()).refresh_token
    newest = desk.refresh(desk.refresh(first).refresh_token).refresh_token
    refused(BadToken, desk.refresh, first)
    refused(BadToken, desk.refresh, newest)


def test_a_login_session_ends_when_nobody_uses_it_for_so_long(desk: Desk) -> None:
    token = desk.use(desk.ask()).refresh_token
    desk.now += RULES.login_ttl_s - 1.0
    token = desk.refresh(token).refresh_token
    desk.now += RULES.login_ttl_s
    refused(BadToken, desk.refresh, token)


def test_logging_out_ends_one_session_and_revoking_a_person_all(desk: Desk) -> None:
    one, two, three = (desk.use(desk.ask()) for _ in range(3))
    assert logins.log_out(desk.writer, one.refresh_token, RING, NOW) == (one.session,)
    assert logins.log_out(desk.writer, one.refresh_token, RING, NOW) == ()
    refused(BadToken, desk.refresh, one.refresh_token)
    ended = logins.revoke(desk.writer, NOW + 1.0, person_id=desk.driver.person_id)
    assert set(ended) == {two.session, three.session}
    refused(BadToken, desk.refresh, three.refresh_token)
    assert logins.revoked_since(desk.writer.db, NOW) == tuple(sorted(ended))


def test_who_was_suspended_meanwhile_cannot_go_on(desk: Desk) -> None:
    token = desk.use(desk.ask()).refresh_token
    people.set_status(desk.writer, desk.driver.person_id, PersonRole.DRIVER, PersonStatus.SUSPENDED, NOW)
    refused(BadToken, desk.refresh, token)
