"""Login codes: made on the event loop by a look at the file, and put on file a moment later, where the writer lives.

Those of the last day are counted in memory. A code that is not on file when the process is killed is lost: another one is asked for.
A number that nobody has passes the same statements as one that somebody has: what differs is only to whom the code goes.
"""

import secrets
from collections.abc import Collection, Sequence
from typing import Final

from sqlite_utils import Database

from dispatch.errors import RateLimited
from dispatch.identity.keys import KeyRing
from dispatch.identity.login import (
    CODE_DIGITS,
    DAY_S,
    HOUR_S,
    AskCode,
    CodeSent,
    LoginCode,
    LoginRules,
    code_mac,
    who_logs_in,
)
from dispatch.identity.made_codes import REMEMBERED, Made, MadeCodes
from dispatch.identity.people import HIGHEST_FIRST
from dispatch.storage.failures import explained
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.views import Change

NTH_NEWEST: Final = (
    "SELECT made_at FROM login_codes WHERE {} = ? AND made_at > ? AND made_at <= ?"
    " ORDER BY made_at DESC LIMIT 1 OFFSET ?"
)
"""With what is left of a limit: nothing is counted beyond it."""
OF_A_DAY: Final = "SELECT made_at, phone, address FROM login_codes WHERE made_at > ? ORDER BY made_at DESC LIMIT ?"
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
INSERT: Final = (
    "INSERT INTO login_codes (request_id, phone, address, role, for_nobody, key_id, mac, made_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


class Draw:
    """What nobody must guess. Tests hand in another one."""

    def code(self) -> str:
        """A login code."""
        return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"

    def name(self) -> str:
        """The id of a request or of a login session: 128 random bits."""
        return secrets.token_hex(16)


DRAW: Final = Draw()


class NewCodes:
    """Makes codes, and has those that are not on file yet. Belongs to the thread of its connection, which need not write."""

    def __init__(self, db: Database, path: str, now: float, most: int = REMEMBERED) -> None:
        """`path`: of the file, as the user named it. `now`: Unix seconds. `most`: codes that are counted without a look at the file.
        Raises DatabaseError.
        """
        self._db = db
        self._path = path
        self._waiting: list[LoginCode] = []
        with explained(path):
            newest_first = db.execute(OF_A_DAY, (now - DAY_S, most + 1)).fetchall()
        self._made = MadeCodes(map(Made._make, reversed(newest_first)), most)

    @property
    def waiting(self) -> int:
        """How many are to be taken."""
        return len(self._waiting)

    def ask(self, ask: AskCode, ring: KeyRing, rules: LoginRules, now: float, draw: Draw = DRAW) -> CodeSent:
        """Make a code for this phone, and keep it until it is taken. `now`: Unix seconds. Raises RateLimited, DatabaseError."""
        with explained(self._path):
            self._require_fewer(ask, rules, now)
            standing = self._db.execute(STANDING, (ask.phone,)).fetchone()
        role, for_nobody = who_logs_in(ask.role, dict(zip(HIGHEST_FIRST, standing, strict=True)), rules)
        request_id, code, key = draw.name(), draw.code(), ring.current
        mac = code_mac(ring, key.id, request_id, code) or ""
        self._made.add(Made(now, ask.phone, ask.address))
        self._waiting.append(LoginCode(request_id, ask.phone, ask.address, role, for_nobody, key.id, mac, now))
        return CodeSent(request_id, ask.phone, code, for_nobody)

    def take(self) -> list[LoginCode]:
        """The codes that wait, for whoever writes them now. They count all the same, also if they are lost."""
        taken, self._waiting = self._waiting, []
        return taken

    def forget(self, phones: Collection[str]) -> None:
        """As if nobody had asked for codes for these phones; those on file are somebody else's to erase."""
        self._made.forget(phones)

    def _require_fewer(self, ask: AskCode, rules: LoginRules, now: float) -> None:
        """Raises RateLimited if so many codes were made within a window of time."""
        phone, address = self._made.of_phone(ask.phone), self._made.of_address(ask.address)
        for column, whose, made, window_s, most in (
            ("phone", ask.phone, phone, HOUR_S, rules.codes_per_phone_hour),
            ("phone", ask.phone, phone, DAY_S, rules.codes_per_phone_day),
            ("address", ask.address, address, HOUR_S, rules.codes_per_address_hour),
        ):
            since, nth = now - window_s, None
            if len(made) >= most:
                nth = made[-most]
            elif since < self._made.until:
                values = whose, since, self._made.until, most - len(made) - 1
                (nth,) = self._db.execute(NTH_NEWEST.format(column), values).fetchone() or (None,)
            if nth is not None and nth > since:
                raise later(nth + window_s - now)


def later(wait_s: float) -> RateLimited:
    """The refusal of what is possible again in so many seconds."""
    return RateLimited(max(1, round(wait_s * 1000.0)))


def keep(writer: Writer, codes: Sequence[LoginCode]) -> None:
    """Put these codes on file, without waiting for the disk."""
    writer.write_soon(changes_of(codes))


def changes_of(codes: Sequence[LoginCode]) -> list[Change]:
    """What puts these codes on file, and takes those out that are older than a day."""
    if not codes:
        return []
    tidy: Change = ("DELETE FROM login_codes WHERE made_at < ?", (codes[-1].made_at - DAY_S,))
    rows = [
        (
            code.request_id,
            code.phone,
            code.address,
            str(code.role),
            code.for_nobody,
            code.key_id,
            code.mac,
            code.made_at,
        )
        for code in codes
    ]
    return [tidy, *((INSERT, row) for row in rows)]
