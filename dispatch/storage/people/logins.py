"""Login codes and login sessions on file. Each operation is one transaction where the writer lives, so that a try is counted before the
next one is looked at, and a code or refresh token is used once.

A number that nobody has passes the same statements as one that somebody has: what differs is only to whom the code goes.
"""

import secrets
from typing import Final

from sqlite_utils import Database

from dispatch import addresses
from dispatch.errors import RateLimited
from dispatch.identity.keys import KeyRing
from dispatch.identity.login import (
    CODE_DIGITS,
    DAY_S,
    HOUR_S,
    AskCode,
    CodeExpired,
    CodeSent,
    LoggedIn,
    LoginRules,
    ReusedToken,
    WrongCode,
    code_mac,
    is_right,
    read_refresh_token,
    refresh_token,
)
from dispatch.identity.people import HIGHEST_FIRST, NewPerson, Person, RoleOnFile
from dispatch.identity.tokens import BadToken
from dispatch.ids import PersonId
from dispatch.messages.events import RoleChanged
from dispatch.messages.journal import by_nobody
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import devices, people
from dispatch.storage.tables.views import Change
from dispatch.words import PersonRole, PersonStatus

NTH_NEWEST: Final = (
    "SELECT made_at FROM login_codes WHERE {} = ? AND made_at > ? ORDER BY made_at DESC LIMIT 1 OFFSET ?"
)
NTH_FAILURE: Final = "SELECT at FROM login_failures WHERE at > ? ORDER BY at DESC LIMIT 1 OFFSET ?"
"""With the limit that is reached, and only when it is: nothing is counted beyond it."""
STANDING: Final = """
    WITH who AS (SELECT coalesce(
        (SELECT person_id FROM people WHERE phone = ?1),
        (SELECT driver_id FROM drivers WHERE phone = ?1 LIMIT 1),
        (SELECT passenger_id FROM passengers WHERE phone = ?1 LIMIT 1), '') AS id)
    SELECT (SELECT status FROM roles, who WHERE person_id = id AND role = 'staff'),
        coalesce((SELECT status FROM roles, who WHERE person_id = id AND role = 'driver'),
            (SELECT 'active' FROM drivers, who WHERE driver_id = id)),
        coalesce((SELECT status FROM roles, who WHERE person_id = id AND role = 'passenger'),
            (SELECT 'active' FROM passengers, who WHERE passenger_id = id))"""
"""The status of whoever has a phone, in each role of `HIGHEST_FIRST`. One statement, so that it takes as long where nobody has it:
nobody has the id that is looked for then."""


class Draw:
    """What nobody must guess. Tests hand in another one."""

    def code(self) -> str:
        """A login code."""
        return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"

    def name(self) -> str:
        """The id of a request or of a login session: 128 random bits."""
        return secrets.token_hex(16)


DRAW: Final = Draw()


def ask_code(writer: Writer, ask: AskCode, ring: KeyRing, rules: LoginRules, now: float, draw: Draw = DRAW) -> CodeSent:
    """Keep a new code for this phone, without waiting for the disk: should a loss of power take it, another one is asked for. `now`:
    Unix seconds. Raises RateLimited.
    """
    db = writer.db
    with explained(writer.path):
        _limit(db, "phone", ask.phone, HOUR_S, rules.codes_per_phone_hour, now)
        _limit(db, "phone", ask.phone, DAY_S, rules.codes_per_phone_day, now)
        if ask.address:
            _limit(db, "address", ask.address, HOUR_S, rules.codes_per_address_hour, now)
        standing = dict(zip(HIGHEST_FIRST, db.execute(STANDING, (ask.phone,)).fetchone(), strict=True))
    held = [role for role in HIGHEST_FIRST if standing[role] is not None]
    role = ask.role or next(iter(held), PersonRole.PASSENGER)
    is_new = role not in held and role == PersonRole.PASSENGER and rules.new_passengers
    for_nobody = not is_new and standing[role] in (None, PersonStatus.SUSPENDED)
    request_id, code, key = draw.name(), draw.code(), ring.current
    mac = code_mac(ring, key.id, request_id, code)
    insert = (
        "INSERT INTO login_codes (request_id, phone, address, role, for_nobody, key_id, mac, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (request_id, ask.phone, ask.address, str(role), for_nobody, key.id, mac, now),
    )
    tidy: Change = ("DELETE FROM login_codes WHERE made_at < ?", (now - DAY_S,))
    writer.write_soon([tidy, insert])
    return CodeSent(request_id, ask.phone, code, for_nobody)


def _limit(db: Database, column: str, value: str, window_s: float, most: int, now: float) -> None:
    """Raises RateLimited if so many codes were sent within the window."""
    nth = db.execute(NTH_NEWEST.format(column), (value, now - window_s, most - 1)).fetchone()
    if nth is not None:
        raise _later(nth[0] + window_s - now)


def _later(wait_s: float) -> RateLimited:
    return RateLimited(max(1, round(wait_s * 1000.0)))


def use_code(
    writer: Writer, request_id: str, code: str, ring: KeyRing, rules: LoginRules, now: float, draw: Draw = DRAW
) -> LoggedIn:
    """Log in with a code. The try is on file before it is judged.

    Raises RateLimited while too many codes were guessed wrong on the whole server, CodeExpired, WrongCode.
    """
    db = writer.db
    with explained(writer.path):
        failure = db.execute(NTH_FAILURE, (now - HOUR_S, rules.code_failures_hour - 1)).fetchone()
        row = db.execute(
            "SELECT phone, role, for_nobody, key_id, mac, made_at, tries, used_at FROM login_codes WHERE request_id = ?",
            (request_id,),
        ).fetchone()
    if failure is not None:
        raise _later(failure[0] + HOUR_S - now)
    phone, role, for_nobody, key_id, mac, made_at, tries, used_at = row or ("", "", 1, "", "", 0.0, 0, None)
    is_right_one = is_right(mac, ring, key_id, request_id, code) and not for_nobody
    is_over = used_at is not None or tries >= rules.code_tries or made_at + rules.code_ttl_s <= now
    if is_over or not is_right_one:
        writer.write(
            [],
            [
                ("UPDATE login_codes SET tries = tries + 1 WHERE request_id = ?", (request_id,)),
                ("DELETE FROM login_failures WHERE at <= ?", (now - HOUR_S,)),
                ("INSERT INTO login_failures (at) VALUES (?)", (now,)),
            ],
        )
        raise CodeExpired if is_over else WrongCode
    used: Change = ("UPDATE login_codes SET tries = tries + 1, used_at = ? WHERE request_id = ?", (now, request_id))
    person = _person(writer, phone, PersonRole(role), now)
    return log_in(writer, person, PersonRole(role), ring, rules, now, draw, used)


def _person(writer: Writer, phone: str, role: PersonRole, now: float) -> Person:
    """Who has this phone; a passenger who logs in for the first time is on file from now on."""
    known = people.find(writer.db, phone)
    if known is not None and known.as_(role) is not None:
        return known
    name = known.name if known is not None else ""
    new = NewPerson(role=PersonRole.PASSENGER, name=name, phone=phone, status=PersonStatus.ACTIVE)
    return people.add(writer, new, now)[0]


def log_in(
    writer: Writer,
    person: Person,
    role: PersonRole,
    ring: KeyRing,
    rules: LoginRules,
    now: float,
    draw: Draw,
    used: Change,
) -> LoggedIn:
    """Begin a login session of this person, who has proved who they are. `used`: keeps the proof from being used again, in the same
    commit. Raises CodeExpired if they may not act in this role; the proof is used all the same.
    """
    own = person.as_(role)
    if own is None or own.status == PersonStatus.SUSPENDED:
        writer.write([], [used])
        raise CodeExpired
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
    writer.write(appends, [used, tidy, insert])
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
