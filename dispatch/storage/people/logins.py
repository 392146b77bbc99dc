"""Logins on file: a code is tried, and a login session begins, goes on and ends. Each operation is one transaction where the writer
lives, so that a try is counted before the next one is looked at, and a code or refresh token is used once.
"""

from collections.abc import Sequence
from typing import Final

from sqlite_utils import Database

from dispatch import addresses
from dispatch.errors import FrameError
from dispatch.identity.keys import KeyRing
from dispatch.identity.login import (
    HOUR_S,
    CodeExpired,
    LoggedIn,
    LoginCode,
    LoginRules,
    ReusedToken,
    WrongCode,
    is_right,
    read_refresh_token,
    refresh_token,
)
from dispatch.identity.people import NewPerson, Person, RoleOnFile
from dispatch.identity.tokens import BadToken
from dispatch.ids import PersonId
from dispatch.messages.events import RoleChanged
from dispatch.messages.journal import by_nobody
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import devices, people
from dispatch.storage.people.codes import DRAW, Draw, changes_of, later
from dispatch.storage.tables.views import Change
from dispatch.words import PersonRole, PersonStatus

_TRIED: Final = """
    SELECT (SELECT at FROM login_failures WHERE at > ? ORDER BY at DESC LIMIT 1 OFFSET ?),
        phone, role, for_nobody, key_id, mac, made_at, tries, used_at
    FROM (SELECT 1) LEFT JOIN login_codes ON request_id = ?"""
"""The failure by which the limit of all is reached, if it is: nothing is counted beyond it. And the code, if there is such a one."""
_IS_TRIED: Final = "UPDATE login_codes SET tries = tries + 1 WHERE request_id = ?"
_IS_USED: Final = "UPDATE login_codes SET tries = tries + 1, used_at = ? WHERE request_id = ?"


def use_code(
    writer: Writer,
    request_id: str,
    code: str,
    ring: KeyRing,
    rules: LoginRules,
    now: float,
    new: Sequence[LoginCode] = (),
    draw: Draw = DRAW,
) -> LoggedIn:
    """Log in with a code. The try is on file before anybody knows what came of it. `new`: codes that the same commit puts on file.

    Raises RateLimited while too many codes were guessed wrong on the whole server, CodeExpired, WrongCode.
    """
    with writer.one_commit():
        writer.write([], changes_of(new))
        outcome = _outcome(writer, request_id, code, ring, rules, now, draw)
    if isinstance(outcome, LoggedIn):
        return outcome
    raise outcome


def _outcome(
    writer: Writer, request_id: str, code: str, ring: KeyRing, rules: LoginRules, now: float, draw: Draw
) -> LoggedIn | FrameError:
    with explained(writer.path):
        failed_at, *row = writer.db.execute(_TRIED, (now - HOUR_S, rules.code_failures_hour - 1, request_id)).fetchone()
    if failed_at is not None:
        return later(failed_at + HOUR_S - now)
    is_known = row[0] is not None
    phone, role, for_nobody, key_id, mac, made_at, tries, used_at = (
        row if is_known else ("", "", 1, "", "", 0.0, 0, None)
    )
    is_right_one = is_right(mac, ring, key_id, request_id, code) and not for_nobody
    is_over = used_at is not None or tries >= rules.code_tries or made_at + rules.code_ttl_s <= now
    if is_over or not is_right_one:
        failures: list[Change] = [
            ("DELETE FROM login_failures WHERE at <= ?", (now - HOUR_S,)),
            ("INSERT INTO login_failures (at) VALUES (?)", (now,)),
        ]
        writer.write([], [(_IS_TRIED, (request_id,)), *failures])
        return CodeExpired() if is_over else WrongCode()
    writer.write([], [(_IS_USED, (now, request_id))])
    person = _person(writer, phone, PersonRole(role), now)
    return log_in(writer, person, PersonRole(role), ring, rules, now, draw) or CodeExpired()


def _person(writer: Writer, phone: str, role: PersonRole, now: float) -> Person:
    """Who has this phone; a passenger who logs in for the first time is on file from now on."""
    known = people.find(writer.db, phone)
    if known is not None and known.as_(role) is not None:
        return known
    name = known.name if known is not None else ""
    new = NewPerson(role=PersonRole.PASSENGER, name=name, phone=phone, status=PersonStatus.ACTIVE)
    return people.add(writer, new, now)[0]


def log_in(
    writer: Writer, person: Person, role: PersonRole, ring: KeyRing, rules: LoginRules, now: float, draw: Draw
) -> LoggedIn | None:
    """Begin a login session of this person, who has proved who they are. None: they may not act in this role."""
    own = person.as_(role)
    if own is None or own.status == PersonStatus.SUSPENDED:
        return None
    session, key_id = draw.name(), ring.current.id
    insert: Change = (
        "INSERT INTO login_sessions (session_id, person_id, role, key_id, generation, made_at, rotated_at, ends_at)"
        " VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
        (session, person.person_id, str(own.role), key_id, now, now, now + rules.login_ttl_s),
    )
    appends = []
    if own.status == PersonStatus.INVITED:
        own = RoleOnFile(own.role, PersonStatus.ACTIVE, own.is_manager)
        changed = RoleChanged(person.person_id, own.role, own.status, own.is_manager)
        appends.append(by_nobody(addresses.person(person.person_id), now, changed))
    tidy: Change = ("DELETE FROM login_sessions WHERE ends_at <= ?", (now,))
    writer.write(appends, [tidy, insert])
    return LoggedIn(person, own, session, refresh_token(ring, key_id, session, 0))


def refresh(writer: Writer, text: str, ring: KeyRing, rules: LoginRules, now: float) -> LoggedIn:
    """Go on with a login session. Its refresh token changes; the one before gets the same successor for a few seconds more, because
    the answer may have been lost. Later it is taken for stolen, and ends the session.

    Raises BadToken; ReusedToken when the session has ended by this.
    """
    token = read_refresh_token(text, ring)
    if token is None:
        raise BadToken
    with explained(writer.path):
        row = writer.db.execute(
            "SELECT person_id, role, key_id, generation, rotated_at FROM login_sessions"
            " WHERE session_id = ? AND revoked_at IS NULL AND ends_at > ?",
            (token.session, now),
        ).fetchone()
        person = people.person(writer.db, PersonId(row[0])) if row is not None else None
    own = person.as_(PersonRole(row[1])) if person is not None else None
    if person is None or own is None or own.status == PersonStatus.SUSPENDED:
        raise BadToken
    _, _, key_id, generation, rotated_at = row
    if token.generation == generation:
        generation, key_id = generation + 1, ring.current.id
        rotate: Change = (
            "UPDATE login_sessions SET generation = ?, key_id = ?, rotated_at = ?, ends_at = ? WHERE session_id = ?",
            (generation, key_id, now, now + rules.login_ttl_s, token.session),
        )
        writer.write([], [rotate])
    elif token.generation != generation - 1 or now > rotated_at + rules.refresh_again_s:
        revoke(writer, now, session=token.session)
        raise ReusedToken(token.session)
    return LoggedIn(person, own, token.session, refresh_token(ring, key_id, token.session, generation))


def revoke(writer: Writer, now: float, *, session: str = "", person_id: PersonId | None = None) -> tuple[str, ...]:
    """End this login session, or all of this person. Returns the sessions that ended by it."""
    column, value = ("person_id", person_id) if person_id is not None else ("session_id", session)
    with explained(writer.path):
        ended = writer.db.execute(
            f"SELECT session_id FROM login_sessions WHERE {column} = ? AND revoked_at IS NULL AND ends_at > ?",
            (value, now),
        ).fetchall()
    if ended:
        statement = f"UPDATE login_sessions SET revoked_at = ? WHERE {column} = ? AND revoked_at IS NULL"
        sessions = [session_id for (session_id,) in ended]
        writer.write([], [(statement, (now, value)), *devices.gone_with(sessions)])
    return tuple(session_id for (session_id,) in ended)


def log_out(writer: Writer, text: str, ring: KeyRing, now: float) -> tuple[str, ...]:
    """End the login session of a refresh token, also of one that was replaced. Returns the session that ended; none if it had."""
    token = read_refresh_token(text, ring)
    return revoke(writer, now, session=token.session) if token is not None else ()


def revoked_since(db: Database, since: float) -> tuple[str, ...]:
    """Login sessions that were ended since this Unix second: access tokens of theirs may not have ended yet."""
    rows = db.execute("SELECT session_id FROM login_sessions WHERE revoked_at > ? ORDER BY session_id", (since,))
    return tuple(session_id for (session_id,) in rows.fetchall())
